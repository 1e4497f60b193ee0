/*
 * worker.c - the life of a worker between its first and its last call (worker.h).
 */
#include "execution/worker.h"
#include "base/futex.h"
#include "base/object.h"
#include "execution/park.h"
#include "execution/pool_inside.h"
#include "wait/coroutine.h"

#define FAIR_TURN 61u /* a prime, so that it does not march with the users' own rhythms */
#define BATCH 64u
#define STEAL_MOST 32u
#define SPIN_LONGEST VOW_US(50)
#define SPIN_FIRST VOW_US(20)
#define SPIN_SHORTEST VOW_US(2) /* below it searching is not worth the while */
#define PATIENCE 64u            /* looks before a lone call is stolen */
#define GATHER_EACH 200         /* for each call of the last batch */
#define GATHER_MOST VOW_US(6)
#define TRIAL_FIRST 16u /* single calls before a pause is tried */
#define TRIAL_MOST 1024u
#define GATHER_STEP 16u                    /* pauses between looks whether calls still come */
#define SPIN_CLOCK 16u                     /* looks between two looks at the clock */
#define STACK_TO_SPARE ((size_t)64 * 1024) /* for a call that runs inside of a wait for it */
#define CLOCK_EVERY VOW_US(20) /* how long deadlines may be late because the clock is not read */
#define CLOCK_PATIENCE 16u     /* calls between two looks at the clock */

VOW_THREAD_LOCAL struct worker *vow_worker_here;

/* Records -------------------------------------------------------------------------------------------------- */

struct worker *vow_worker_new(struct vow_pool *pool, int index)
{
    struct worker *worker = vow_lines_new(sizeof(*worker));
    if (worker == NULL)
        return NULL;
    vow_deque_init(&worker->own);
    vow_deque_init(&worker->outside);
    worker->pool = pool;
    worker->index = index;
    worker->victim = (unsigned)index + 1;
    worker->spin = SPIN_FIRST;
    worker->trial = TRIAL_FIRST;
    if (vow_deque_make_room(&worker->own) && vow_deque_make_room(&worker->outside))
        return worker;
    vow_worker_delete(worker);
    return NULL;
}

void vow_worker_delete(struct worker *worker)
{
    if (worker == NULL)
        return;
    vow_deque_free(&worker->own);
    vow_deque_free(&worker->outside);
    vow_fork_free(worker);
    vow_lines_delete(worker, sizeof(*worker));
}

/* Looking --------------------------------------------------------------------------------------------------- */

/* The owner: queues calls[0] to calls[count - 1] so that the last is popped first. Without memory for it they go to
   the injector. */
static void keep(struct worker *worker, struct deque *deque, struct vow_call **calls, size_t count)
{
    size_t kept = 0;
    while (kept < count && vow_deque_push(deque, calls[kept]))
        kept++;
    for (; kept < count; kept++)
        vow_injector_push(&worker->pool->injector, calls[kept]);
    if (count == 0 || worker->searching)
        return; /* the searcher looks for more when it stops (stop_searching) */
    /* invariant 3 of sleep.h: while they were in our hands, workers that woke for them found nothing and slept again */
    vow_fence_hot(worker->own.cheap);
    uint64_t word = vow_sleep_word(&worker->pool->sleep);
    if (vow_sleep_sleepers(word) != 0)
        vow_sleep_wake_for_own(&worker->pool->sleep, word);
}

static void reverse(struct vow_call **calls, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct vow_call *call = calls[i];
        calls[i] = calls[count - 1 - i];
        calls[count - 1 - i] = call;
    }
}

/* Gathering. A worker as quick as those who submit would take each call as it comes, and for each the cache lines of the
   injector and of the call itself would go to and fro between two processors that write to them. When calls come by two
   and more, it leaves submitters alone for as long as it may take them to bring a few for each that the last batch had:
   they come by the dozen then. It ends as soon as none has come for a step. A call that came alone is followed by no
   pause, for it may be a question whose answer is waited for; but after many of them one pause is tried, and ever less
   often if only one call comes in it. */
static void gather(struct worker *worker)
{
    const struct injector *injector = &worker->pool->injector;
    int64_t end = worker->gather;
    if (end == 0 || vow_deque_seems(&worker->own) != 0)
        return;
    worker->gather = 0;
    const void *before = NULL;
    while (vow_now() < end) {
        const void *newest = vow_injector_newest(injector, worker->cursor);
        if (newest == before)
            break;
        before = newest;
        for (unsigned i = 0; i < GATHER_STEP; i++)
            vow_pause_processor();
    }
}

static bool try_gathering(struct worker *worker)
{
    if (++worker->singles < worker->trial)
        return false;
    worker->singles = 0;
    if (worker->trial < TRIAL_MOST)
        worker->trial *= 2;
    return true;
}

static int64_t gather_until(struct worker *worker, size_t count)
{
    if (count >= BATCH || (count == 1 && !try_gathering(worker)))
        return 0;
    if (count > 2)
        worker->trial = TRIAL_FIRST;
    int64_t time = (int64_t)(count + 1) * GATHER_EACH;
    return vow_now() + (time < GATHER_MOST ? time : GATHER_MOST);
}

static struct vow_call *take_batch(struct worker *worker)
{
    struct vow_call *calls[BATCH];
    gather(worker);
    size_t count = vow_injector_take(&worker->pool->injector, &worker->cursor, calls, BATCH);
    if (count == 0)
        return NULL;
    worker->gather = gather_until(worker, count);
    reverse(calls, count);
    keep(worker, &worker->outside, calls, count - 1);
    return calls[count - 1];
}

static struct vow_call *next_outside(struct worker *worker)
{
    struct vow_call *call = vow_deque_pop(&worker->outside);
    return call != NULL ? call : take_batch(worker);
}

/* How many calls a deque must seem to hold for a thief to come. A theft interrupts the victim (fence.h), which usually
   runs its last call sooner by itself: thieves in a hurry leave it that one. */
enum greed { SURELY = 0, ANY = 1, HALF_OF_SOME = 2 };

static size_t rob(struct deque *deque, struct vow_call **into, enum greed greed)
{
    if (vow_deque_seems(deque) < (size_t)greed)
        return 0;
    return vow_deque_steal(deque, into, STEAL_MOST, greed == SURELY);
}

/* Takes a share of what `victim` has; the rest of it goes where the victim had it. */
static struct vow_call *steal_from(struct worker *worker, struct worker *victim, enum greed greed)
{
    struct vow_call *calls[STEAL_MOST];
    size_t count = rob(&victim->own, calls, greed);
    struct vow_call *call = NULL;
    if (count != 0) {
        call = calls[0];
        keep(worker, &worker->own, calls + 1, count - 1);
    } else if ((count = rob(&victim->outside, calls, greed)) != 0) {
        call = calls[count - 1];
        keep(worker, &worker->outside, calls, count - 1);
    }
    vow_worker_count(&worker->stolen, count);
    return call;
}

static inline enum fork_haste fork_haste(enum greed greed)
{
    return greed == SURELY ? FORK_SURELY : greed == ANY ? FORK_FORCE : FORK_GLANCE;
}

static struct vow_call *steal(struct worker *worker, enum greed greed)
{
    struct vow_pool *pool = worker->pool;
    /* S1 acquire: pairs with S2 in pool_staff.c; the records are there */
    unsigned slots = (unsigned)atomic_load_explicit(&pool->slots, memory_order_acquire);
    for (unsigned i = 0; i < slots; i++) {
        unsigned index = (worker->victim + i) % slots;
        /* relaxed: S1 */
        struct worker *victim = atomic_load_explicit(&pool->workers[index], memory_order_relaxed);
        struct vow_call *call = victim != worker ? steal_from(worker, victim, greed) : NULL;
        if (call == NULL)
            call = vow_fork_steal(worker, victim, fork_haste(greed));
        if (call != NULL) {
            worker->victim = index;
            return call;
        }
    }
    return NULL;
}

static struct vow_call *next_call(struct worker *worker)
{
    struct vow_call *call = NULL;
    if (vow_unlikely(++worker->turn % FAIR_TURN == 0) && (call = next_outside(worker)) != NULL)
        return call;
    if ((call = vow_deque_pop(&worker->own)) != NULL)
        return call;
    if ((call = next_outside(worker)) != NULL)
        return call;
    return steal(worker, HALF_OF_SOME);
}

/* As next_call, but certain: after the rare fence, nothing that was there before it is missed. */
static struct vow_call *next_call_surely(struct worker *worker)
{
    struct vow_call *call = vow_deque_pop_surely(&worker->own);
    if (call == NULL)
        call = vow_deque_pop_surely(&worker->outside);
    if (call == NULL)
        call = take_batch(worker);
    return call != NULL ? call : steal(worker, SURELY);
}

struct vow_call *vow_worker_rob(struct worker *worker)
{
    struct vow_call *call = NULL;
    if (vow_deque_steal(&worker->outside, &call, 1, true) == 0)
        (void)vow_deque_steal(&worker->own, &call, 1, true);
    return call;
}

/* Being idle ------------------------------------------------------------------------------------------------ */

static bool is_called_away(const struct worker *worker)
{
    /* relaxed: orders need no haste, and who must not miss one holds the lock */
    return atomic_load_explicit(&worker->order, memory_order_relaxed) != ORDER_STAY ||
           vow_inbox_waiting(&worker->thread->immediate->inbox);
}

/* The worker has found something to do: another one may search for more. */
static void stop_searching(struct worker *worker)
{
    struct sleep *sleep = &worker->pool->sleep;
    if (!vow_sleep_found(sleep, worker))
        return;
    vow_fence_after_change(); /* invariant 3 of sleep.h: cleared SEARCHING, then looks */
    if (vow_pool_seems_busy(worker->pool))
        vow_sleep_wake_one(sleep);
}

/* Whether searching would leave a processor for those who bring work. */
static bool has_processor(const struct vow_pool *pool)
{
    /* relaxed: a guess */
    uint64_t word = atomic_load_explicit(&pool->sleep.word, memory_order_relaxed);
    return vow_pool_size(pool) - (int)vow_sleep_sleepers(word) < pool->processors;
}

/* Looks around for a while, if no other worker does. May end early with NULL. */
static struct vow_call *search(struct worker *worker)
{
    if (worker->spin < SPIN_SHORTEST || !has_processor(worker->pool))
        return NULL;
    if (!worker->searching && !vow_sleep_search(&worker->pool->sleep, worker))
        return NULL;
    int64_t end = vow_now() + worker->spin;
    struct vow_call *call = NULL;
    for (unsigned round = 1; call == NULL && !is_called_away(worker); round++) {
        if (round % SPIN_CLOCK == 0 && vow_now() >= end) {
            worker->spin /= 2;
            return NULL;
        }
        vow_pause_processor();
        if ((call = next_outside(worker)) == NULL)
            call = steal(worker, round > PATIENCE ? ANY : HALF_OF_SOME);
    }
    worker->spin = worker->spin * 2 < SPIN_LONGEST ? worker->spin * 2 : SPIN_LONGEST;
    return call;
}

static bool may_sleep(struct worker *worker)
{
    if ((vow_sleep_word(&worker->pool->sleep) & SLEEP_CLOSING) != 0)
        vow_pool_check_drained(worker->pool);
    return !is_called_away(worker) && vow_thread_about_to_sleep(worker->thread);
}

/* Until the bell rings, or a deadline of what waits here comes. */
static void wait_for_bell(struct worker *worker)
{
    int64_t began = vow_now();
    vow_worker_count(&worker->slept, 1);
    (void)vow_thread_await_bell(worker->thread,
                                vow_at(vow_wheel_next(&worker->thread->carrier.wheel)));
    worker->unlooked = worker->patience;  /* look at the clock next */
    if (vow_now() - began < SPIN_LONGEST) /* searching a little longer would have found it */
        worker->spin = SPIN_FIRST;
}

static struct vow_call *doze(struct worker *worker)
{
    struct sleep *sleep = &worker->pool->sleep;
    vow_sleep_enter(sleep, worker);
    struct vow_call *call = next_call_surely(worker);
    if (call == NULL && may_sleep(worker))
        wait_for_bell(worker);
    vow_sleep_leave(sleep, worker);
    /* on entering it gave up searching, and the one who does that looks for more (sleep.h) */
    if (call != NULL && !worker->searching && vow_pool_seems_busy(worker->pool))
        vow_sleep_wake_one(sleep);
    return call;
}

static struct vow_call *idle(struct worker *worker)
{
    struct vow_call *call = search(worker);
    if (call == NULL && !is_called_away(worker))
        call = doze(worker);
    /* relaxed: a rough figure */
    if (call != NULL &&
        vow_unlikely(atomic_load_explicit(&worker->pool->lacking, memory_order_relaxed) > 0))
        vow_pool_reinforce(worker->pool);
    return call;
}

/* Working --------------------------------------------------------------------------------------------------- */

static void run(struct worker *worker, struct vow_call *call)
{
    if (worker->searching)
        stop_searching(worker);
    call->run(call);
    vow_check(vow_fork_all_joined());
    vow_worker_count(&worker->completed, 1);
}

static void serve_inbox(struct worker *worker)
{
    if (vow_likely(!vow_thread_has_calls(worker->thread)))
        return;
    if (worker->searching)
        stop_searching(worker);
    (void)vow_thread_drain(worker->thread);
}

/* Deadlines of what waits here come due. While calls are short, the clock is not read before each. */
static void look_at_clock(struct worker *worker)
{
    struct wheel *wheel = &worker->thread->carrier.wheel;
    if (vow_likely(wheel->count == 0) || ++worker->unlooked < worker->patience)
        return;
    int64_t now = vow_now();
    if (now - worker->looked_at >= CLOCK_EVERY)
        worker->patience = 1;
    else if (worker->patience < CLOCK_PATIENCE)
        worker->patience *= 2;
    worker->unlooked = 0;
    worker->looked_at = now;
    (void)vow_wheel_advance(wheel, now);
}

static bool has_stack_to_spare(const struct worker *worker)
{
    const struct line *line = worker->thread->carrier.line;
    return line != NULL && vow_coroutine_stack_left(line->stack) >= STACK_TO_SPARE;
}

static void nothing_to_hand_over(struct interrupted *interrupted)
{
    (void)interrupted;
}

/* Runs `call` on the stack of a line that waits for it: the job that waits cannot go on before. */
static void run_inside(struct worker *worker, struct vow_call *call)
{
    struct here_scope outside = vow_here_enter(&worker->pool->scheduler);
    struct interrupted waiting = {.hand_over = nothing_to_hand_over, .outer = vow_locals.firing};
    waiting.running.promise = outside.job != NULL ? outside.job->promise : NULL;
    vow_locals.firing = &waiting;
    call->run(call);
    vow_locals.firing = waiting.outer;
    vow_here_leave(outside);
}

/* What a thief has taken part of may have come to its end: then nothing is there to pop. If something is, it is `call`,
   for thieves take what was pushed first. */
bool vow_pool_run_own(const struct vow_call *call)
{
    struct worker *worker = vow_worker_here;
    if (worker == NULL || !worker->on_duty || !vow_deque_ends_with(&worker->own, call) ||
        !has_stack_to_spare(worker))
        return false;
    struct vow_call *own = vow_deque_pop(&worker->own);
    if (own == NULL)
        return false;
    run_inside(worker, own);
    vow_worker_count(&worker->completed, 1);
    return true;
}

/* What is left in the worker's deques, linked in the order in which it would have run. */
static struct vow_call *empty_deques(struct worker *worker)
{
    struct call_queue queue = {NULL, NULL};
    struct vow_call *call;
    while ((call = vow_deque_pop_surely(&worker->outside)) != NULL)
        vow_queue_append(&queue, call);
    while ((call = vow_deque_pop_surely(&worker->own)) != NULL)
        vow_queue_append(&queue, call);
    return queue.first;
}

static void hand_over(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    struct vow_call *call = empty_deques(worker);
    if (call == NULL)
        return;
    vow_injector_give_back(&pool->injector, call);
    vow_pool_attend(pool, false);
}

static bool may_linger(struct worker *worker)
{
    struct vow_pool *pool = worker->pool;
    vow_lock_take(&pool->lock);
    bool ordered = vow_worker_order(worker) != ORDER_STAY;
    /* relaxed: whoever changes the order holds the lock, and then rings */
    atomic_store_explicit(&worker->thread->bell, 0, memory_order_relaxed);
    vow_lock_give(&pool->lock);
    return ordered;
}

static bool is_closed(const struct worker *worker)
{
    return (vow_sleep_word(&worker->pool->sleep) & SLEEP_CLOSED) != 0;
}

static bool is_draining(const struct worker *worker)
{
    uint64_t word = vow_sleep_word(&worker->pool->sleep);
    return (word & SLEEP_CLOSING) != 0 && (word & SLEEP_CLOSED) == 0;
}

static bool has_to_drain(struct worker *worker)
{
    return is_draining(worker) && vow_pool_seems_busy(worker->pool);
}

/* Ordered to go, with lines that parked here: they are served to their end, wherever calls go meanwhile. False if there
   are none. */
static bool linger(struct worker *worker)
{
    struct thread *thread = worker->thread;
    struct carrier *carrier = &thread->carrier;
    bool closed = is_closed(worker);
    if (closed)
        (void)vow_carrier_cancel(carrier, NULL);
    vow_carrier_ready_later(carrier);
    if (vow_carrier_has_ready(carrier))
        return true;
    if (carrier->parked_count == 0)
        return false;
    worker->on_duty = false;
    /* who closes, or queues something while all others have gone, rings under the lock */
    if (may_linger(worker) && is_closed(worker) == closed && !has_to_drain(worker))
        (void)vow_thread_nap(thread, vow_at(vow_wheel_next(&carrier->wheel)));
    worker->on_duty = !may_linger(worker);
    (void)vow_wheel_advance(&carrier->wheel, vow_now());
    return true;
}

/* The worker has its orders. False if there is still something to do. */
static bool lay_down(struct worker *worker)
{
    struct vow_call *call = NULL;
    if (is_draining(worker))
        call = next_call_surely(worker); /* nobody may be left to hand over to */
    if (call != NULL) {
        run(worker, call);
        return false;
    }
    if (worker->searching)
        stop_searching(worker);
    hand_over(worker);
    if (linger(worker))
        return false;
    /* relaxed: a drain reads it under the pool's lock, which we take next */
    atomic_store_explicit(&worker->lines, 0, memory_order_relaxed);
    worker->on_duty = !vow_pool_leave(worker);
    return !worker->on_duty;
}

/* One turn: a line that can go on, or a call. False: the worker's work is over. On a line, goes on elsewhere with
   lines that are ready. */
static bool step(struct worker *worker)
{
    struct carrier *carrier = &worker->thread->carrier;
    serve_inbox(worker);
    look_at_clock(worker);
    if (vow_unlikely(vow_carrier_has_ready(carrier))) {
        if (++worker->resumed < FAIR_TURN) {
            if (worker->searching) /* woken for a call when a deadline was due, too */
                stop_searching(worker);
            if (carrier->line != NULL)
                vow_line_replace(carrier);
            return true;
        }
        worker->resumed = 0;
    }
    /* relaxed: as in is_called_away */
    if (vow_unlikely(atomic_load_explicit(&worker->order, memory_order_relaxed) != ORDER_STAY))
        return !lay_down(worker);
    struct vow_call *call = next_call(worker);
    bool waiting = vow_unlikely(carrier->later.first != NULL) || vow_carrier_has_ready(carrier);
    if (call == NULL && !waiting)
        call = idle(worker);
    if (call != NULL)
        run(worker, call);
    vow_carrier_ready_later(carrier);
    return true;
}

/* Whether the line that runs was entered by the worker's thread itself. In the midst of a wait that sleeps on this thread (a
   blocking job's, or without memory for stacks) a line that went on ends with its call, for that wait to look again. */
static inline bool is_at_the_top(const struct worker *worker)
{
    return worker->thread->carrier.frame->line == NULL && !worker->stackless;
}

/* What a worker does on a line's stack, and after each call that parked, on another one: there it looks at its inbox and the
   clock before it goes on with a line that is ready. */
static void work(void *argument)
{
    struct worker *worker = argument;
    struct here_scope outside = vow_here_enter(&worker->pool->scheduler);
    while (is_at_the_top(worker) && !worker->over)
        worker->over = !step(worker);
    vow_here_leave(outside);
}

/* Without memory for a stack, a call runs on the thread's own; when it waits, the thread sleeps. */
static void work_without_stack(struct worker *worker)
{
    struct here_scope outside = vow_here_enter(&worker->pool->scheduler);
    worker->stackless = true;
    worker->over = !step(worker);
    worker->stackless = false;
    vow_here_leave(outside);
}

void vow_worker_work(struct worker *worker)
{
    struct carrier *carrier = &worker->thread->carrier;
    worker->on_duty = true;
    worker->over = false;
    while (!worker->over) {
        if (vow_carrier_has_ready(carrier)) /* lines have switched to each other that often */
            worker->resumed += LINE_TURNS - 1;
        if (vow_carrier_run(carrier, true, work, worker, worker->pool) != LINE_NO_MEMORY)
            continue;
        work_without_stack(worker);
        if (!worker->over && vow_carrier_has_ready(carrier))
            (void)vow_carrier_resume(carrier, true);
    }
}
