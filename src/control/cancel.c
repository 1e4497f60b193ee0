/*
 * cancel.c - asking for an end: from a promise inwards to the innermost one that it waits for.
 *
 * Each step looks at one promise, under its lock, and gives the next one to go to:
 *
 *   settled                               nothing to do
 *   adopting                              to what it adopts
 *   derived, its source's only consumer   to the source
 *   derived, otherwise                    its link is taken out of the source's queue; it is rejected
 *   with a canceller                      that runs; if it did not fire, and is not patient, the promise is rejected
 *   otherwise                             rejected; one late firing is swallowed
 */
#include "base/error.h"
#include "control/canceller.h"
#include "control/run.h"
#include "control/told.h"

/* On a line of its own: threads that cancel at the same time count it. */
static _Alignas(VOW_CACHE_LINE) struct error canceled = ERROR_STATIC(VOW_CANCELED,
                                                                     "vow_cancel: canceled");

vow_value vow_canceled_error(void)
{
    return vow_error_value(&canceled);
}

/* Jobs that run ------------------------------------------------------------------------------------------------------- */

/* The job's thread: if the job has not ended, it is in the middle of a wait, or of something that lets calls in. */
static void tell(struct vow_call *call)
{
    vow_promise *promise = vow_container_of(call, vow_promise, own.begun.telling);
    if ((vow_promise_word(promise) & PROMISE_FIRED) == 0)
        vow_job_cancel(promise->own.begun.running);
    vow_promise_unref_all(promise, PROMISE_UNREF_PRODUCER);
}

static void tell_nobody(struct vow_call *call)
{
    vow_promise *promise = vow_container_of(call, vow_promise, own.begun.telling);
    vow_promise_unref_all(promise, PROMISE_UNREF_PRODUCER);
}

/* The call is on its way to the thread where the job runs; there is one at most. Its reference is no consumer's: who cancels again
   meanwhile is to reach the job, too. That it counts among the producers abandons nothing: a job fires by itself. */
static void post_telling(vow_promise *promise, struct carrier *carrier)
{
    struct vow_call *telling = &promise->own.begun.telling;
    if (carrier == NULL)
        return;
    telling->run = tell;
    telling->dropped = tell_nobody;
    vow_promise_ref_unseen(promise);
    if (!carrier->post(carrier, telling))
        tell_nobody(telling);
}

/* The job cannot end before `told` is set. */
static void cancel_running(vow_promise *promise)
{
    struct running_job *running = promise->own.begun.running;
    /* relaxed: as vow_job_is_canceled */
    atomic_store_explicit(&running->canceled, true, memory_order_relaxed);
    post_telling(promise, running->carrier);
    /* J4 release: pairs with J3 in submit.c */
    atomic_store_explicit(&running->told, true, memory_order_release);
}

/* It has fired: if with a promise, who fires sees this after it has published the edge (fire.c), or we see the edge. */
static void mark(vow_promise *promise)
{
    /* acq_rel: as cancel_if_running */
    atomic_fetch_or_explicit(&promise->counted.word, PROMISE_CANCELED, memory_order_acq_rel);
}

enum running {
    NOT_RUNNING,
    TOLD,        /* it runs, and ends its waits */
    FIRED_BEFORE /* by somebody else, perhaps with a promise */
};

static enum running cancel_if_running(vow_promise *promise)
{
    uint64_t now = vow_promise_word(promise);
    do {
        if ((now & PROMISE_BEGUN) == 0)
            return NOT_RUNNING;
        if ((now & PROMISE_FIRED) != 0)
            return FIRED_BEFORE;
        if ((now & PROMISE_CANCELED) != 0)
            return TOLD;
        /* J2 acq_rel: pairs with J1 */
    } while (!atomic_compare_exchange_weak_explicit(&promise->counted.word, &now,
                                                    now | PROMISE_CANCELED, memory_order_acq_rel,
                                                    memory_order_relaxed));
    cancel_running(promise);
    return TOLD;
}

/* Uses the right to fire, and sets `flags` with it. False: it has been used, or the job has begun, which alone fires. */
static bool claim(vow_promise *promise, uint64_t flags)
{
    _Atomic uint64_t *word = &promise->counted.word;
    uint64_t now = vow_promise_word(promise);
    do {
        if (now & (PROMISE_FIRED | PROMISE_BEGUN))
            return false;
        /* acq_rel: as vow_promise_claim */
    } while (!atomic_compare_exchange_weak_explicit(word, &now, now | PROMISE_FIRED | flags,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return true;
}

static bool has_fired(const vow_promise *promise)
{
    return (vow_promise_word(promise) & PROMISE_FIRED) != 0;
}

/* Whether nobody has fired before it runs. Who does so meanwhile gives its answer, even a promise. */
static bool run_taken(vow_promise *promise, struct canceller *canceller)
{
    bool runs = !has_fired(promise);
    if (runs)
        canceller->run(canceller->context);
    vow_canceller_drop(canceller);
    return runs;
}

/* False: as cancel_root. */
static bool run_canceller(vow_promise *promise)
{
    struct canceller *canceller = vow_canceller_take(promise);
    if (canceller == NULL) /* it is being run already, or who has fired took it */
        return !has_fired(promise);
    bool patient = canceller->patient;
    bool ran = run_taken(promise, canceller);
    if (!ran || patient)
        return ran;
    if (claim(promise, 0)) {
        vow_promise_fire_entering(promise, vow_canceled_error());
        return true;
    }
    /* a job that has begun meanwhile is no answer, and may have ended */
    return cancel_if_running(promise) != FIRED_BEFORE;
}

/* False: somebody has fired it before, perhaps with a promise. */
static bool cancel_root(vow_promise *promise)
{
    enum running running = cancel_if_running(promise);
    if (running != NOT_RUNNING)
        return running == TOLD;
    if (vow_promise_word(promise) & PROMISE_CANCELLER)
        return run_canceller(promise);
    if (!claim(promise, PROMISE_SWALLOW | PROMISE_CANCELED)) /* the next firing is swallowed */
        return cancel_if_running(promise) == TOLD; /* it has begun meanwhile, or has fired */
    vow_promise_fire_entering(promise, vow_canceled_error());
    return true;
}

/* Derived promises ------------------------------------------------------------------------------------------------------ */

struct links {
    size_t consumers;
    size_t dead;
    bool callbacks_behind; /* a consumer's link: they want the value, too */
};

/* Inside. Callbacks before a consumer's link are the promise's own: their result is what the consumer will get. */
static struct links look_at_links(const vow_promise *source)
{
    struct links links = {.consumers = 0};
    const struct link *link = source->links;
    if (link == NULL)
        return links;
    do {
        link = link->next;
        if (link->flags & LINK_DEAD)
            links.dead++;
        else if (link->kind != LINK_CALLBACKS)
            links.consumers++;
        else if (links.consumers != 0)
            links.callbacks_behind = true;
    } while (link != source->links);
    return links;
}

/* Whether nobody but one derived promise, and the caller with one reference, looks at `source`. References that are not
   consumers': the producers', among whom those count who only look for a moment (vow_promise_ref_unseen), the link's that will
   settle it, the call's, those of derived promises that were canceled. */
static bool has_one_consumer(vow_promise *source)
{
    vow_promise_enter(source);
    vow_promise_arrive(source);
    struct links links = look_at_links(source);
    uint64_t word = vow_promise_word(source);
    uint64_t others = 1 + links.dead + (word & PROMISE_PRODUCERS) / PROMISE_PRODUCER;
    if (vow_promise_has(source, PROMISE_DERIVED) || vow_promise_phase(source) == PROMISE_ADOPTING)
        others++;
    if (vow_promise_has(source, PROMISE_SCHEDULED))
        others++;
    /* relaxed: a delivery that is not seen yet is as good as one that comes later */
    bool delivered =
        (atomic_load_explicit(&source->delivery, memory_order_relaxed) & PROMISE_DELIVERED) != 0;
    bool one = vow_promise_phase(source) != PROMISE_SETTLED && !delivered &&
               word >> 32 == others + 1 && links.consumers == 1 && !links.callbacks_behind;
    vow_promise_leave(source);
    return one;
}

/* Gives back what a link held that was taken out of the queue of `source`. True: it has to end. */
static bool give_back(vow_promise *source, struct link *link)
{
    if (link->kind == LINK_TOLD) {
        vow_told_forget(link);
        return false;
    }
    vow_promise *target = vow_link_target(link);
    bool own = (link->flags & LINK_OWN) != 0;
    vow_promise_enter(target);
    vow_promise_clear(target, PROMISE_DERIVED | PROMISE_OWN_BUSY);
    vow_promise_leave(target);
    vow_promise_unref(target);
    vow_promise_unref(source);
    return !own;
}

/* All references first: drop functions, if they cancel as well, would take them for consumers'. */
void vow_links_let_go(vow_promise *source, struct link *links)
{
    struct link *ending = NULL;
    struct link **end = &ending;
    while (links != NULL) {
        struct link *link = links;
        links = link->next;
        if (!give_back(source, link))
            continue;
        *end = link;
        end = &link->next;
    }
    *end = NULL;
    while (ending != NULL) {
        struct link *next = ending->next;
        vow_link_end(ending);
        ending = next;
    }
}

/* Takes the link of `promise` out of the queue of `source`, for vow_links_let_go. NULL: it was not there, or stays for now, and
   is marked: links are executed, or hear progress. */
static struct link *take_out(vow_promise *source, vow_promise *promise)
{
    vow_promise_enter(source);
    struct link *link = vow_link_find(source, promise);
    if (link != NULL && !vow_link_take_out(source, link))
        link = NULL;
    vow_promise_leave(source);
    return link;
}

/* With a reference to the source, which is taken. False if the link has settled it meanwhile, or has it follow a promise. */
static bool detach(vow_promise *promise, vow_promise *source)
{
    struct link *link = take_out(source, promise);
    vow_promise_unref(source);
    if (link != NULL) /* which holds it still */
        vow_links_let_go(source, link);
    return vow_promise_settle_derived(promise, vow_canceled_error());
}

/* Steps ------------------------------------------------------------------------------------------------------------------- */

enum step { STEP_NONE, STEP_IN, STEP_SOURCE, STEP_ROOT };

/* What to do about `promise`; the next one, with a reference, where there is one. */
static enum step look(vow_promise *promise, vow_promise **ret_next)
{
    enum step step = STEP_NONE;
    vow_promise_enter(promise);
    vow_promise_arrive(promise);
    unsigned phase = vow_promise_phase(promise);
    if (phase == PROMISE_ADOPTING) {
        step = STEP_IN;
        *ret_next = vow_promise_in(promise->value);
        vow_promise_ref(*ret_next);
    } else if (phase == PROMISE_PENDING && vow_promise_has(promise, PROMISE_DERIVED)) {
        step = STEP_SOURCE;
        *ret_next = promise->own.link.peer;
        vow_promise_ref(*ret_next);
    } else if (phase == PROMISE_PENDING) {
        step = STEP_ROOT;
    }
    vow_promise_leave(promise);
    return step;
}

/* A root that was fired by somebody else: the promise that it follows, with a reference; NULL: none. */
static vow_promise *look_again(vow_promise *promise)
{
    vow_promise *next = NULL;
    mark(promise);
    return look(promise, &next) == STEP_IN ? next : NULL;
}

/* Does what has to be done about `promise`; gives the one to go on with, with a reference, or NULL. */
static vow_promise *cancel_one(vow_promise *promise)
{
    vow_promise *next = NULL;
    enum step step = look(promise, &next);
    if (step == STEP_ROOT && !cancel_root(promise))
        return look_again(promise);
    if (step != STEP_SOURCE || has_one_consumer(next))
        return next;
    if (detach(promise, next))
        return NULL;
    vow_promise_ref(promise); /* it may follow a promise now: look again */
    return promise;
}

/* With a reference, which is taken. */
static void cancel_from(vow_promise *promise)
{
    while (promise != NULL) {
        vow_promise *next = cancel_one(promise);
        vow_promise_unref(promise);
        promise = next;
    }
}

void vow_cancel(vow_promise *promise)
{
    if (promise == NULL)
        return;
    vow_promise_ref(promise);
    cancel_from(promise);
}

bool vow_cancel_as_consumer(vow_promise *promise)
{
    bool alone = has_one_consumer(promise);
    if (alone)
        cancel_from(promise);
    return alone;
}
