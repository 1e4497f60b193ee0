/*
 * run.c - running the links of promises: in order, by one runner at a time, in constant stack.
 *
 * The runner pops a link inside the promise, marks RUNNING, leaves, executes the link, and enters again. A link with a
 * function runs only at its place: on immediate that is the home's own thread; elsewhere the call that the scheduler
 * runs for this promise. A link that is met somewhere else stays where it is, and the promise's call goes to its place.
 */
#include "control/run.h"

#include "control/canceller.h"
#include "control/waiter.h"
#include "execution/immediate.h"
#include "execution/loop.h"

/* What one visit to a promise knows. */
struct visit {
    struct firing *firing;
    vow_scheduler *at; /* the scheduler in whose call this promise is being run; NULL: none */
    bool dropping;     /* the home is closed: functions do not run any more */
    bool at_home;      /* functions whose place is the home run here */
};

static void run_work(struct firing *firing);

/* Settling ---------------------------------------------------------------------------------------------------- */

static void settle_inside(vow_promise *promise, vow_value value)
{
    promise->value = value;
    promise->bits =
        (uint8_t)((promise->bits & ~(unsigned)(PROMISE_PHASE | PROMISE_HANDLED)) | PROMISE_SETTLED);
    if (vow_unlikely(vow_promise_has(promise, PROMISE_OWED))) {
        vow_promise_clear(promise, PROMISE_OWED);
        vow_loop_owe(promise->home, -1);
    }
}

static bool runnable(const vow_promise *promise)
{
    return promise->links != NULL && vow_promise_phase(promise) == PROMISE_SETTLED &&
           promise->pauses == 0 && !vow_promise_has(promise, PROMISE_RUNNING);
}

void vow_promise_queue(vow_promise *promise, struct firing *firing)
{
    if (!runnable(promise) || vow_promise_has(promise, PROMISE_SCHEDULED))
        return;
    vow_promise_set(promise, PROMISE_SCHEDULED);
    vow_promise_ref(promise);
    vow_queue_append(&firing->work, &promise->call);
}

void vow_promise_settle(vow_promise *promise, vow_value value, struct firing *firing)
{
    if (vow_unlikely(vow_is_promise(value))) {
        vow_promise_adopt(promise, value, firing);
        return;
    }
    vow_promise_enter(promise);
    settle_inside(promise, value);
    vow_promise_queue(promise, firing);
    vow_promise_leave(promise);
}

void vow_promise_arrive(vow_promise *promise)
{
    /* B4 acquire: pairs with B3 */
    if (vow_promise_phase(promise) == PROMISE_PENDING &&
        vow_unlikely(atomic_load_explicit(&promise->delivery, memory_order_acquire) != 0) &&
        !vow_is_promise(promise->value)) {
        settle_inside(promise, promise->value);
        vow_promise_set(
            promise, PROMISE_SCHEDULED); /* whoever delivers uses the call node, or comes itself */
    }
}

/* Executing one link: not inside, RUNNING ------------------------------------------------------------------------ */

static vow_fn *function_for(const struct link *link, vow_value value)
{
    return vow_is_error(value) ? link->rejected : link->fulfilled;
}

/* Settles the target of a link with `result` (taken), unless somebody settled it meanwhile. */
static void settle_target(struct link *link, vow_value result, struct firing *firing)
{
    vow_promise *target = vow_link_target(link);
    vow_promise *source = NULL;
    bool own = (link->flags & LINK_OWN) != 0;
    vow_promise_enter(target);
    if (vow_promise_has(target, PROMISE_DERIVED)) {
        source = target->own.link.peer;
        vow_promise_clear(target, PROMISE_DERIVED | PROMISE_OWN_BUSY);
    } else if (own) {
        vow_promise_clear(target, PROMISE_OWN_BUSY);
    }
    bool pending = vow_promise_phase(target) == PROMISE_PENDING;
    if (vow_likely(pending && !vow_is_promise(result))) {
        settle_inside(target, result);
        vow_promise_queue(target, firing);
    }
    vow_promise_leave(target);
    if (!pending)
        vow_release(result);
    else if (vow_is_promise(result))
        vow_promise_adopt(target, result, firing);
    if (source != NULL)
        vow_promise_unref(source);
    if (!own)
        vow_link_end(link);
    vow_promise_unref(target);
}

static vow_value give_back(vow_value input, void *context)
{
    (void)input;
    return vow_borrow(*(vow_value *)context);
}

static void drop_kept(void *context)
{
    vow_release(*(vow_value *)context);
    vow_object_delete(context, sizeof(vow_value));
}

/* vow_finally's function gave a promise: a promise of `kept` (taken) once that one is fulfilled. */
static vow_value after(vow_value waited, vow_value kept)
{
    vow_value *context = vow_object_new(sizeof(*context));
    if (context == NULL) {
        vow_release(waited);
        vow_release(kept);
        return vow_error_static(VOW_NO_MEMORY);
    }
    *context = kept;
    vow_handlers handlers = {
        .size = sizeof(handlers), .fulfilled = give_back, .context = context, .drop = drop_kept};
    return vow_promise_value(vow_then_with(vow_promise_in(waited), &handlers));
}

static vow_value keep_unless_error(vow_value result, vow_value value)
{
    if (vow_is_error(result))
        return vow_own(result);
    if (vow_is_promise(result))
        return after(vow_own(result), vow_retain(value));
    vow_release(result);
    return vow_retain(value);
}

static void execute_then(vow_promise *promise, struct link *link, const struct visit *visit)
{
    vow_value value = promise->value;
    vow_fn *fn = visit->dropping || (link->flags & LINK_DEAD) ? NULL : function_for(link, value);
    vow_value result;
    if (fn == NULL) {
        result = vow_retain(vow_borrow(value));
    } else {
        result = fn(vow_borrow(value), link->context);
        if (vow_unlikely(link->flags & LINK_FINALLY))
            result = keep_unless_error(result, vow_borrow(value));
        else
            result = vow_own(result);
    }
    settle_target(link, result, visit->firing);
}

/* Whether `result` is the value that the function was given, handed back as it was. */
static bool is_same(vow_value result, vow_value value)
{
    return result.kind == vow_borrow(value).kind && result.kind >= VOW_BOX &&
           result.as.pointer == value.as.pointer;
}

static void adopt_in(vow_promise *promise, vow_value adopted, struct firing *firing)
{
    struct firing own = {{NULL, NULL}};
    vow_promise_adopt(promise, adopted, firing != NULL ? firing : &own);
    run_work(&own);
}

/* Replaces the value, with RUNNING set. Inside, on entry and on return. Without a firing, it is one of its own. */
static __attribute__((noinline)) void replace(vow_promise *promise, vow_value result,
                                              struct firing *firing)
{
    vow_value former = promise->value;
    bool adopt = vow_is_promise(result);
    promise->value = adopt ? vow_none() : result;
    vow_promise_clear(promise, PROMISE_HANDLED);
    if (vow_unlikely(adopt))
        vow_promise_set_phase(promise, PROMISE_PENDING);
    if (vow_likely(!adopt && !vow_is_owned(former)))
        return;
    vow_promise_leave(promise);
    vow_release(former);
    if (adopt)
        adopt_in(promise, result, firing);
    vow_promise_enter(promise);
}

/* A replacing link with a full set of fields. Inside on return. */
static void execute_full_callbacks(vow_promise *promise, struct link *link,
                                   const struct visit *visit)
{
    vow_value value = promise->value;
    vow_fn *fn = visit->dropping ? NULL : function_for(link, value);
    vow_value result = value;
    if (fn != NULL)
        result = fn(vow_borrow(value), link->context);
    vow_link_end(link);
    vow_promise_enter(promise);
    if (fn != NULL && !is_same(result, value))
        replace(promise, vow_own(result), visit->firing);
}

static inline bool is_plain(const struct link *link)
{
    return link->kind == LINK_CALLBACKS && (link->flags & LINK_FULL) == 0;
}

/* A replacing link with nothing but functions: the most frequent one. It is freed before its function runs. Inside on
   entry, with the link popped, and on return. */
static VOW_ALWAYS_INLINE void execute_callbacks(vow_promise *promise, struct link *link,
                                                bool dropping, struct firing *firing)
{
    vow_value value = promise->value;
    vow_fn *fn = function_for(link, value);
    void *context = link->context;
    if (link->flags & LINK_OWN)
        vow_promise_clear(promise, PROMISE_OWN_BUSY);
    else
        vow_object_delete(link, sizeof(*link));
    if (fn == NULL || vow_unlikely(dropping))
        return;
    vow_promise_leave(promise);
    vow_value result = fn(vow_borrow(value), context);
    vow_promise_enter(promise);
    if (vow_likely((result.kind | value.kind) <
                   VOW_BOX)) /* words both: nothing to count, nothing to wait for */
        promise->value = result;
    else if (!is_same(result, value))
        replace(promise, vow_own(result), firing);
}

static void execute_wait(vow_promise *promise, struct link *link)
{
    struct waiter *waiter = vow_container_of(link, struct waiter, link);
    waiter->value = vow_retain(vow_borrow(promise->value));
    vow_waiter_complete(waiter);
}

/* An ADOPT link: its target waits for `promise`. */
static void execute_adopt(vow_promise *promise, struct link *link, struct firing *firing)
{
    vow_promise *target = vow_link_target(link);
    vow_value value = vow_retain(vow_borrow(promise->value));
    vow_promise_enter(target);
    vow_value adopted = target->value;
    if (link->flags & LINK_OWN)
        vow_promise_clear(target, PROMISE_OWN_BUSY);
    vow_check(vow_promise_phase(target) == PROMISE_ADOPTING);
    settle_inside(target, value);
    vow_promise_queue(target, firing);
    vow_promise_leave(target);
    vow_link_end(link);
    vow_release(adopted);
    vow_promise_unref(target);
}

/* Inside on entry, with the link popped, and on return. Out of line, so that the frequent links run with few
   registers to save. */
static __attribute__((noinline)) void execute_rare(vow_promise *promise, struct link *link,
                                                   const struct visit *visit)
{
    vow_promise_leave(promise);
    if (link->kind == LINK_CALLBACKS) {
        execute_full_callbacks(promise, link, visit);
        return;
    }
    if (link->kind == LINK_THEN)
        execute_then(promise, link, visit);
    else if (link->kind == LINK_ADOPT)
        execute_adopt(promise, link, visit->firing);
    else
        execute_wait(promise, link);
    vow_promise_enter(promise);
}

/* Running -------------------------------------------------------------------------------------------------------- */

static bool is_here(vow_scheduler *place, const struct visit *visit)
{
    return place == visit->at || visit->dropping ||
           (place->kind->immediate && vow_scheduler_is_mine(place));
}

/* Whether a link has no function to run for this value: it may be executed anywhere. */
static inline bool is_plumbing(const struct link *link, vow_value value)
{
    return link->kind >= LINK_ADOPT ||
           ((link->flags & LINK_FULL) == 0 && function_for(link, value) == NULL);
}

/* Whether the first link may run in this visit. */
static bool may_run(const vow_promise *promise, const struct link *link, const struct visit *visit)
{
    if (vow_likely(visit->at_home && (link->flags & LINK_FULL) == 0))
        return true;
    return is_plumbing(link, promise->value) || is_here(vow_link_place(promise, link), visit);
}

/* Inside on entry, left on return: sends the promise's call to where its next link runs. */
static __attribute__((noinline)) void post(vow_promise *promise)
{
    vow_scheduler *place = vow_link_place(promise, vow_link_first(promise));
    bool post = !vow_promise_has(promise, PROMISE_SCHEDULED);
    if (post) {
        vow_promise_set(promise, PROMISE_SCHEDULED);
        vow_promise_ref(promise);
    }
    vow_promise_leave(promise);
    if (post)
        vow_scheduler_call(place, &promise->call);
}

/* Inside. Each kind of link either looks at the error or hands it on; but a replacing link without a function for it
   leaves it where it is. */
static inline void begin_link(vow_promise *promise, struct link *link)
{
    unsigned bits = PROMISE_RUNNING;
    if (link->kind != LINK_CALLBACKS || function_for(link, promise->value) != NULL)
        bits |= PROMISE_HANDLED;
    if (link->kind == LINK_WAIT)
        vow_container_of(link, struct waiter, link)->fired = true;
    vow_promise_set(promise, bits);
    (void)vow_link_pop(promise);
}

/* Inside on entry, left on return. While functions run, the place where they run is the current scheduler. */
static void run_links(vow_promise *promise, struct visit *visit)
{
    vow_scheduler *saved = vow_here.home;
    visit->at_home = is_here(promise->home, visit);
    while (runnable(promise)) {
        struct link *link = vow_link_first(promise);
        if (vow_unlikely(!may_run(promise, link, visit))) {
            vow_here.home = saved;
            post(promise);
            return;
        }
        vow_here.home = link->flags & LINK_FULL ? vow_link_place(promise, link) : promise->home;
        begin_link(promise, link);
        if (is_plain(link))
            execute_callbacks(promise, link, visit->dropping, visit->firing);
        else
            execute_rare(promise, link, visit);
        vow_promise_clear(promise, PROMISE_RUNNING);
    }
    vow_here.home = saved;
    vow_promise_leave(promise);
}

static void run_work(struct firing *firing)
{
    struct visit visit = {.firing = firing};
    struct vow_call *call;
    while ((call = vow_queue_take(&firing->work)) != NULL) {
        vow_promise *promise = vow_container_of(call, vow_promise, call);
        vow_promise_enter(promise);
        vow_promise_clear(promise, PROMISE_SCHEDULED);
        run_links(promise, &visit);
        vow_promise_unref(promise);
    }
}

static __attribute__((noinline)) void run_and_work(vow_promise *promise, vow_scheduler *at,
                                                   bool dropping)
{
    struct firing firing = {{NULL, NULL}};
    struct visit visit = {.firing = &firing, .at = at, .dropping = dropping};
    run_links(promise, &visit);
    run_work(&firing);
}

/* Nested too deeply: the outermost call on this thread runs the links when it returns. Left on return. */
static VOW_COLD void run_later(vow_promise *promise, struct thread *thread)
{
    bool append = !vow_promise_has(promise, PROMISE_SCHEDULED);
    if (append) {
        vow_promise_set(promise, PROMISE_SCHEDULED);
        vow_promise_ref(promise);
    }
    vow_promise_leave(promise);
    if (append)
        vow_queue_append(&thread->ready, &promise->call);
}

/* The frequent case, with nothing around it: plain replacing links on the home's own thread, at home on immediate.
   Inside, on entry and on return. */
static void run_plain_links(vow_promise *promise)
{
    vow_scheduler *saved = vow_here.home;
    vow_here.home = promise->home;
    do {
        struct link *link = vow_link_first(promise);
        if (vow_unlikely(!is_plain(link)))
            break;
        begin_link(promise, link);
        execute_callbacks(promise, link, false, NULL);
        vow_promise_clear(promise, PROMISE_RUNNING);
    } while (runnable(promise));
    vow_here.home = saved;
}

void vow_promise_run(vow_promise *promise)
{
    struct thread *thread = vow_here.thread;
    if (!runnable(promise)) {
        vow_promise_leave(promise);
    } else if (vow_unlikely(thread == NULL)) {
        run_and_work(promise, NULL, false);
    } else if (vow_likely(vow_nest_begin(thread))) {
        if (vow_likely(promise->home == &thread->immediate->scheduler))
            run_plain_links(promise);
        if (runnable(promise))
            run_and_work(promise, NULL, false);
        else
            vow_promise_leave(promise);
        vow_nest_end(thread);
    } else {
        run_later(promise, thread);
    }
}

/* The call node ---------------------------------------------------------------------------------------------------- */

/* Inside, on the delivery's own visit: the call node is free again, and what was delivered arrives. */
static void arrive_by_call(vow_promise *promise, struct firing *firing)
{
    vow_promise_arrive(promise);
    vow_promise_clear(promise, PROMISE_SCHEDULED);
    /* relaxed: this visit came after the delivery */
    if (vow_unlikely(vow_promise_phase(promise) == PROMISE_PENDING &&
                     atomic_load_explicit(&promise->delivery, memory_order_relaxed) != 0)) {
        vow_value adopted = promise->value;
        promise->value = vow_none();
        vow_promise_leave(promise);
        vow_promise_adopt(promise, adopted, firing);
        vow_promise_enter(promise);
    }
}

static void visit_by_call(vow_promise *promise, bool dropping)
{
    struct firing firing = {{NULL, NULL}};
    struct visit visit = {.firing = &firing, .at = vow_here.running, .dropping = dropping};
    vow_promise_enter(promise);
    arrive_by_call(promise, &firing);
    run_links(promise, &visit);
    run_work(&firing);
    vow_promise_unref(promise);
}

void vow_promise_call_run(struct vow_call *call)
{
    visit_by_call(vow_container_of(call, vow_promise, call), false);
}

/* The home is closed: what hangs on the promise gets CANCELED instead of its value. */
void vow_promise_call_dropped(struct vow_call *call)
{
    vow_promise *promise = vow_container_of(call, vow_promise, call);
    vow_value canceled = vow_fail(VOW_CANCELED, "the promise's scheduler is closed");
    vow_promise_enter(promise);
    vow_promise_arrive(promise);
    if (vow_promise_phase(promise) == PROMISE_SETTLED &&
        !vow_promise_has(promise, PROMISE_RUNNING) && promise->links != NULL) {
        vow_value value = promise->value;
        promise->value = canceled;
        canceled = value;
    }
    vow_promise_leave(promise);
    vow_release(canceled);
    visit_by_call(promise, true);
}

/* Relays ------------------------------------------------------------------------------------------------------------- */

struct relay {
    struct vow_call call;
    vow_promise *promise;
};

static void relay_run(struct vow_call *call)
{
    struct relay *relay = vow_container_of(call, struct relay, call);
    vow_promise *promise = relay->promise;
    struct firing firing = {{NULL, NULL}};
    struct visit visit = {.firing = &firing, .at = vow_here.running};
    vow_object_delete(relay, sizeof(*relay));
    vow_promise_enter(promise);
    run_links(promise, &visit);
    run_work(&firing);
    vow_promise_unref(promise);
}

/* The links stay for the call that is under way. */
static void relay_dropped(struct vow_call *call)
{
    struct relay *relay = vow_container_of(call, struct relay, call);
    vow_promise_unref(relay->promise);
    vow_object_delete(relay, sizeof(*relay));
}

void vow_promise_run_by_relay(vow_promise *promise)
{
    const struct visit nowhere = {.firing = NULL};
    const struct link *first = vow_link_first(promise);
    if (!runnable(promise) || !vow_promise_has(promise, PROMISE_SCHEDULED) ||
        may_run(promise, first, &nowhere) || is_here(promise->home, &nowhere)) {
        vow_promise_run(promise);
        return;
    }
    vow_scheduler *place = vow_link_place(promise, first);
    vow_promise_ref(promise);
    vow_promise_leave(promise);
    struct relay *relay = vow_object_new(sizeof(*relay));
    if (relay == NULL) { /* the links run when the call node comes back */
        vow_promise_unref(promise);
        return;
    }
    *relay =
        (struct relay){.call = {.run = relay_run, .dropped = relay_dropped}, .promise = promise};
    vow_scheduler_call(place, &relay->call);
}

/* Firing ------------------------------------------------------------------------------------------------------------- */

bool vow_promise_claim_too_late(vow_promise *promise)
{
    _Atomic uint64_t *word = &promise->counted.word;
    /* relaxed: a flag alone */
    return (atomic_fetch_and_explicit(word, ~PROMISE_SWALLOW, memory_order_relaxed) &
            PROMISE_SWALLOW) != 0;
}

/* From another thread than the home's: leaves the value for the home. `call` comes with a reference. True if somebody
   has taken the bias away meanwhile: the caller has to go on by itself. */
static bool deliver(vow_promise *promise, vow_value value)
{
    promise->value = value;
    /* B3 release: pairs with B4 */
    atomic_store_explicit(&promise->delivery, 1, memory_order_release);
    vow_compiler_fence();
    if (vow_promise_word(promise) & PROMISE_SHARED)
        return true;
    vow_scheduler_call(promise->home, &promise->call);
    return false;
}

/* On the home's thread, or where the bias is gone. */
static void fire_here(vow_promise *promise, vow_value value)
{
    if (vow_unlikely((vow_promise_word(promise) & PROMISE_CANCELLER) != 0))
        vow_canceller_drop(vow_canceller_take(promise));
    if (vow_unlikely(vow_is_promise(value))) {
        adopt_in(promise, value, NULL);
        return;
    }
    vow_promise_enter(promise);
    settle_inside(promise, value);
    vow_promise_run(promise);
}

static inline bool may_enter(vow_promise *promise)
{
    return vow_scheduler_is_mine(promise->home) ||
           (vow_promise_word(promise) & (PROMISE_SHARED | PROMISE_CANCELLER)) != 0;
}

void vow_promise_fire(vow_promise *promise, vow_value value)
{
    if (vow_likely(may_enter(promise))) {
        fire_here(promise, value);
        return;
    }
    vow_promise_ref(promise);
    if (vow_unlikely(deliver(promise, value)))
        visit_by_call(promise, false);
}

void vow_promise_fire_entering(vow_promise *promise, vow_value value)
{
    if ((vow_promise_word(promise) & PROMISE_CANCELLER) != 0)
        vow_canceller_drop(vow_canceller_take(promise));
    vow_promise_enter(promise);
    settle_inside(promise, value);
    vow_promise_run_by_relay(promise);
}

void vow_promise_settle_derived(vow_promise *promise, vow_value value)
{
    vow_promise_enter(promise);
    if (vow_promise_phase(promise) != PROMISE_PENDING) {
        vow_promise_leave(promise);
        vow_release(value);
        return;
    }
    settle_inside(promise, value);
    vow_promise_run(promise);
}

/* The scheduler is done with the call: it is a promise's again. */
static void take_call_back(vow_promise *promise)
{
    promise->call.run = vow_promise_call_run;
    promise->call.dropped = vow_promise_call_dropped;
}

void vow_promise_end_job(vow_promise *promise)
{
    take_call_back(promise);
    visit_by_call(promise, false);
}

void vow_promise_fire_job(vow_promise *promise, vow_value value)
{
    take_call_back(promise);
    if (!may_enter(promise)) {
        if (vow_unlikely(deliver(promise, value)))
            visit_by_call(promise, false);
        return;
    }
    vow_promise_enter(promise);
    vow_promise_clear(promise, PROMISE_SCHEDULED);
    vow_promise_leave(promise);
    fire_here(promise, value);
    vow_promise_unref(promise);
}
