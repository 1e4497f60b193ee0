/*
 * run.c - running the links of promises: in order, by one runner at a time, in constant stack.
 *
 * The runner pops a link inside the promise, marks RUNNING, leaves, executes the link, and enters again. A link with a
 * function runs only at its place: on immediate that is the home's own thread; elsewhere the call that the scheduler
 * runs for this promise. A link that is met somewhere else stays where it is, and the promise's call goes to its place.
 */
#include "control/run.h"

#include "control/plain.h"
#include "control/waiter.h"
#include "execution/immediate.h"

/* Settling ------------------------------------------------------------------------------------------------------- */

void vow_promise_queue(vow_promise *promise, struct firing *firing)
{
    if (vow_queue_with(promise, firing))
        vow_promise_ref(promise);
}

void vow_promise_settle(vow_promise *promise, vow_value value, struct firing *firing)
{
    if (vow_unlikely(vow_is_promise(value))) {
        (void)vow_promise_adopt(promise, value, firing);
        return;
    }
    vow_promise_enter(promise);
    vow_settle_inside(promise, value);
    vow_promise_queue(promise, firing);
    vow_promise_leave(promise);
}

void vow_promise_arrive(vow_promise *promise)
{
    /* B4 acquire: pairs with B3 */
    if (vow_promise_phase(promise) == PROMISE_PENDING &&
        vow_unlikely(atomic_load_explicit(&promise->delivery, memory_order_acquire) ==
                     PROMISE_DELIVERED)) {
        /* relaxed: nobody delivers twice; a later PENDING, between two values, must not look like a delivery */
        atomic_store_explicit(&promise->delivery, 0, memory_order_relaxed);
        vow_settle_inside(promise, promise->value);
        vow_promise_set(
            promise, PROMISE_SCHEDULED); /* whoever delivers uses the call node, or comes itself */
    }
}

/* A replacing link with nothing but functions. Inside on entry, with the link popped, and on return. */
static void execute_plain(vow_promise *promise, struct link *link, struct visit *visit)
{
    vow_value value = promise->value;
    vow_fn *fn = vow_link_function(link, value);
    void *context = link->context;
    vow_plain_free(promise, link);
    if (fn == NULL)
        return;
    vow_promise_leave(promise);
    vow_value result =
        promise->home == visit->gone ? vow_link_gone() : fn(vow_borrow(value), context);
    vow_promise_enter(promise);
    vow_plain_take_result(promise, value, result, visit);
}

/* Running -------------------------------------------------------------------------------------------------------- */

static bool is_here(vow_scheduler *place, const struct visit *visit)
{
    return place == visit->at || place == visit->gone ||
           (place->kind->immediate && vow_scheduler_is_mine(place));
}

/* Whether a link has no function to run for this value: it may be executed anywhere. */
static inline bool is_plumbing(const vow_promise *promise, const struct link *link)
{
    if (link->kind >= LINK_ADOPT)
        return (link->flags & LINK_AT_HOME) == 0;
    return (link->flags & LINK_FULL) == 0 && vow_link_function(link, promise->value) == NULL;
}

/* Whether the first link may run in this visit. */
bool vow_link_may_run(const vow_promise *promise, const struct link *link,
                      const struct visit *visit)
{
    if (vow_likely(visit->at_home && (link->flags & LINK_FULL) == 0))
        return true;
    return is_plumbing(promise, link) || is_here(vow_link_place(promise, link), visit);
}

/* Inside on entry, left on return: sends the promise's call to `place`, where its next link runs, or its home. A canceled
   job whose call is still in some scheduler's queue sends a relay. */
static void send(vow_promise *promise, vow_scheduler *place)
{
    if (vow_promise_has(promise, PROMISE_SCHEDULED)) {
        if (promise->call.run != vow_promise_call_run)
            vow_promise_send_relay(promise, place);
        else
            vow_promise_leave(promise);
        return;
    }
    vow_promise_set(promise, PROMISE_SCHEDULED);
    vow_promise_ref(promise);
    vow_home_retain(
        place); /* the link's own reference may go before the scheduler has taken the call */
    vow_promise_leave(promise);
    vow_scheduler_call(place, &promise->call);
    vow_home_release(place);
}

/* The same; then the home is owed this value no more. Not before: a loop that is owed nothing and has no call is idle, and
   would end without these links. */
static __attribute__((noinline)) void post(vow_promise *promise, vow_scheduler *place)
{
    if (vow_likely(!vow_promise_has(promise, PROMISE_OWED))) {
        send(promise, place);
        return;
    }
    vow_promise_ref(promise);
    send(promise, place);
    vow_promise_enter(promise);
    vow_promise_pay(promise);
    vow_promise_leave(promise);
    vow_promise_unref(promise);
}

/* Lines that wait ---------------------------------------------------------------------------------------------------- */

static inline bool is_wait(const struct link *link)
{
    return link != NULL && link->kind == LINK_WAIT;
}

/* Inside: gives the value to a line that waits, unless it has given up. */
static bool give_value(vow_promise *promise, struct promise_waiter *waiting)
{
    if (!vow_waiter_claim(waiting->waiter, WAITER_DONE))
        return false;
    vow_promise_set(promise, PROMISE_HANDLED);
    waiting->value = vow_retain(vow_borrow(promise->value));
    waiting->told = true;
    return true;
}

static void wake_all(struct link *link)
{
    while (link != NULL) {
        struct link *next = link->next; /* with its stack, the link goes */
        vow_waiter_wake(vow_container_of(link, struct promise_waiter, link)->waiter);
        link = next;
    }
}

/* Inside on entry and on return: lets all lines go on that wait at the head of the queue. Nothing runs meanwhile, so who has
   been woken sees a settled promise. */
static void run_waits(vow_promise *promise)
{
    struct link *told = NULL;
    struct link **end = &told;
    while (promise->links != NULL && is_wait(vow_link_first(promise))) {
        struct link *link = vow_link_pop(promise);
        if (!give_value(promise, vow_container_of(link, struct promise_waiter, link)))
            continue;
        *end = link;
        end = &link->next;
    }
    *end = NULL;
    vow_promise_leave(promise);
    wake_all(told);
    vow_promise_enter(promise);
}

/* Where the first link has to run, if that is not here; otherwise NULL. */
static inline vow_scheduler *elsewhere(const vow_promise *promise, const struct link *link,
                                       const struct visit *visit)
{
    return vow_likely(vow_link_may_run(promise, link, visit)) ? NULL
                                                              : vow_link_place(promise, link);
}

/* Inside on entry, left on return. While functions run, the place where they run is the current scheduler. */
static inline void run_links(vow_promise *promise, struct visit *visit)
{
    vow_scheduler *saved = vow_locals.home;
    visit->at_home = is_here(promise->home, visit);
    visit->firing->interrupted.running.promise = promise;
    while (vow_is_runnable(promise)) {
        struct link *link = vow_link_first(promise);
        if (is_wait(link)) {
            run_waits(promise);
            continue;
        }
        vow_scheduler *place = elsewhere(promise, link, visit);
        if (vow_unlikely(place != NULL)) {
            vow_locals.home = saved;
            visit->firing->interrupted.running.promise = NULL;
            post(promise, place);
            return;
        }
        vow_locals.home = link->flags & LINK_FULL ? vow_link_place(promise, link) : promise->home;
        vow_link_begin(promise, link);
        if (vow_link_is_plain(link))
            execute_plain(promise, link, visit);
        else
            vow_link_execute(promise, link, visit);
        vow_promise_clear(promise, PROMISE_RUNNING);
    }
    vow_locals.home = saved;
    visit->firing->interrupted.running.promise = NULL;
    vow_promise_pay(promise);
    vow_promise_leave(promise);
}

static inline void give_references(vow_promise *promise, const struct visit *visit)
{
    if (visit->unrefs != 0)
        vow_promise_unref_all(promise, visit->unrefs);
}

void vow_promise_run_links(vow_promise *promise, struct visit *visit)
{
    run_links(promise, visit);
    give_references(promise, visit);
}

/* The line stops inside of this firing, for a wait: what is still to be run goes to where it may run. */
static void hand_over(struct interrupted *interrupted)
{
    struct firing *firing = vow_container_of(interrupted, struct firing, interrupted);
    struct vow_call *call;
    while ((call = vow_queue_take(&firing->work)) != NULL) {
        vow_promise *promise = vow_container_of(call, vow_promise, call);
        vow_promise_enter(promise);
        vow_promise_clear(promise, PROMISE_SCHEDULED);
        if (vow_is_runnable(promise))
            post(promise, vow_link_place(promise, vow_link_first(promise)));
        else
            vow_promise_leave(promise);
        vow_promise_unref(promise);
    }
}

void vow_firing_begin(struct firing *firing)
{
    firing->interrupted.hand_over = hand_over;
    firing->interrupted.outer = vow_locals.firing;
    firing->interrupted.running.promise = NULL; /* its other members are the table's */
    firing->work.first = NULL;
    vow_locals.firing = &firing->interrupted;
}

/* vow_promise_leave, by one who knows the thread; it may be NULL. */
static inline void leave(vow_promise *promise, struct thread *self)
{
    if (vow_likely(self != NULL && vow_promise_is_held(promise, self)))
        vow_promise_let_go(self);
    else
        vow_promise_leave(promise);
}

void vow_firing_end(struct firing *firing)
{
    vow_firing_run(firing);
    vow_locals.firing = firing->interrupted.outer;
}

/* Inside on entry, left on return: runs the links that are due and may run in this visit, posts the rest; gives back the
   visit's references. */
static inline void run_all_links(vow_promise *promise, struct visit *visit, struct thread *thread)
{
    if (vow_likely(thread != NULL && promise->home == &thread->immediate->scheduler) &&
        vow_is_runnable(promise)) {
        visit->firing->interrupted.running.promise = promise;
        vow_plain_run(promise, visit, thread);
        visit->firing->interrupted.running.promise = NULL;
    }
    if (vow_unlikely(vow_is_runnable(promise))) {
        vow_promise_run_links(promise, visit);
        return;
    }
    vow_promise_pay(promise);
    leave(promise, thread);
    give_references(promise, visit);
}

void vow_firing_run(struct firing *firing)
{
    struct thread *thread = vow_here.thread;
    struct visit visit = {.firing = firing};
    struct vow_call *call;
    while ((call = vow_queue_take(&firing->work)) != NULL) {
        vow_promise *promise = vow_container_of(call, vow_promise, call);
        vow_promise_enter(promise);
        vow_promise_clear(promise, PROMISE_SCHEDULED);
        visit.unrefs = 1;
        run_all_links(promise, &visit, thread);
    }
}

static __attribute__((noinline)) void run_and_work(vow_promise *promise)
{
    struct firing firing;
    vow_firing_begin(&firing);
    struct visit visit = {.firing = &firing};
    run_all_links(promise, &visit, vow_here.thread);
    vow_firing_end(&firing);
}

/* Nested too deeply: the outermost call on this thread runs the links when it returns. Left on return. */
static VOW_COLD void run_later(vow_promise *promise, struct thread *thread)
{
    if (vow_promise_has(promise, PROMISE_SCHEDULED) && promise->call.run != vow_promise_call_run) {
        vow_promise_send_relay(promise, &thread->immediate->scheduler); /* as in post */
        return;
    }
    bool append = !vow_promise_has(promise, PROMISE_SCHEDULED);
    if (append) {
        vow_promise_set(promise, PROMISE_SCHEDULED);
        vow_promise_ref(promise);
    }
    vow_promise_leave(promise);
    if (append)
        vow_queue_append(&thread->ready, &promise->call);
}

void vow_promise_run(vow_promise *promise)
{
    struct thread *thread = vow_here.thread;
    if (!vow_is_runnable(promise)) {
        vow_promise_pay(promise);
        vow_promise_leave(promise);
    } else if (vow_unlikely(thread == NULL)) {
        run_and_work(promise);
    } else if (vow_likely(vow_nest_begin())) {
        if (vow_likely(promise->home == &thread->immediate->scheduler))
            vow_plain_run(promise, NULL, thread);
        if (vow_unlikely(vow_is_runnable(promise)))
            run_and_work(promise);
        else
            leave(promise, thread);
        vow_nest_end(thread);
    } else {
        run_later(promise, thread);
    }
}

void vow_promise_run_held(vow_promise *promise)
{
    if (vow_likely(!vow_is_runnable(promise))) {
        vow_promise_pay(promise);
        vow_promise_leave(promise);
        return;
    }
    vow_promise_ref_unseen(promise);
    vow_promise_run(promise);
    vow_promise_unref_all(promise, PROMISE_UNREF_PRODUCER);
}

void vow_promise_run_canceled(vow_promise *promise)
{
    if (!vow_is_runnable(promise)) {
        vow_promise_pay(promise);
        vow_promise_leave(promise);
        return;
    }
    /* relaxed: FIRED is set, or there is no producer at all: this count tells nobody but has_one_consumer, on this thread */
    atomic_fetch_add_explicit(&promise->counted.word, PROMISE_PRODUCER, memory_order_relaxed);
    vow_promise_run(promise);
    /* relaxed: as above */
    atomic_fetch_sub_explicit(&promise->counted.word, PROMISE_PRODUCER, memory_order_relaxed);
}

/* The call node ---------------------------------------------------------------------------------------------------- */

/* Inside, on the delivery's own visit: the call node is free again, and what was delivered arrives. */
static void arrive_by_call(vow_promise *promise)
{
    vow_promise_arrive(promise);
    vow_promise_clear(promise, PROMISE_SCHEDULED);
}

/* The place that dropped the promise's call. */
static vow_scheduler *place_that_is_gone(const vow_promise *promise)
{
    return vow_is_runnable(promise) ? vow_link_place(promise, vow_link_first(promise)) : NULL;
}

static void visit_promise(vow_promise *promise, bool dropped)
{
    struct firing firing;
    vow_firing_begin(&firing);
    struct visit visit = {.firing = &firing, .at = vow_locals.running, .unrefs = 1};
    vow_promise_enter(promise);
    arrive_by_call(promise);
    if (dropped)
        visit.gone = place_that_is_gone(promise);
    vow_promise_run_links(promise, &visit);
    vow_firing_end(&firing);
}

void vow_promise_visit(vow_promise *promise)
{
    visit_promise(promise, false);
}

/* The links of a promise that will be visited soon: one that follows a job was made when the job was submitted, and has
   left the cache since. Its call holds the promise; the pointer may be old or new, for a prefetch never faults (but
   ThreadSanitizer cannot know that this is all). */
static inline void fetch_links_ahead(void)
{
    const struct vow_call *ahead = vow_here.ahead;
    if (VOW_THREAD_SANITIZER || ahead == NULL || ahead->run != vow_promise_call_run)
        return;
    const vow_promise *promise =
        (const vow_promise *)(const void *)((const char *)ahead - offsetof(vow_promise, call));
    /* relaxed: see above */
    vow_ask_to_write(__atomic_load_n(&promise->links, __ATOMIC_RELAXED));
}

void vow_promise_call_run(struct vow_call *call)
{
    fetch_links_ahead();
    visit_promise(vow_container_of(call, vow_promise, call), false);
}

/* The place is closed where the next link should have run: functions there give CANCELED instead. */
void vow_promise_call_dropped(struct vow_call *call)
{
    visit_promise(vow_container_of(call, vow_promise, call), true);
}
