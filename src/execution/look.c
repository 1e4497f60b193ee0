/*
 * look.c - taking calls from the deques and the injector (look.h).
 */
#include "execution/look.h"

#include "base/clock.h"
#include "execution/pool_inside.h"

#define BATCH 64u
#define STEAL_MOST 32u
#define EASE_MOST 1600
#define GATHER_MOST VOW_US(24)
#define GATHER_STEP 2 /* between two looks whether calls still come: as long as for so many calls */
#define TRIAL_MOST 1024u

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
        return; /* the searcher looks for more when it stops (vow_idle_stop_searching) */
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

static int64_t pause_until(int64_t time)
{
    int64_t now;
    while ((now = vow_real_now()) < time)
        vow_pause_processor();
    return now;
}

/* Gathering. A worker as quick as those who submit would take each call as it comes, and for each the cache lines of the
   injector and of the call itself would go to and fro between two processors that write to them. When calls come by two
   and more, it leaves submitters alone for as long as it may take them to bring a few for each that the last batch had:
   they come by the dozen then. Calls that took as long as that by themselves are followed by no pause. It ends as soon as
   none has come for a step. A call that came alone is followed by no pause either, for it may be a question whose answer is
   waited for; but after many of them one pause is tried, and ever less often if only one call comes in it.

   Each look costs submitters a transfer of the line that they push to. So pauses, and steps with them, become longer as
   long as calls still come when they end, and shorter again when none do: then all may wait for this worker. */
static void weigh_gathering(struct worker *worker, bool still_come)
{
    if (still_come && worker->ease < EASE_MOST)
        worker->ease *= 2;
    else if (!still_come && worker->ease > EASE_LEAST)
        worker->ease /= 2;
}

static void gather(struct worker *worker)
{
    const struct injector *injector = &worker->pool->injector;
    int64_t end = worker->gather, step = worker->ease * GATHER_STEP;
    if (end == 0 || vow_deque_seems(&worker->own) != 0)
        return;
    worker->gather = 0;
    int64_t now = vow_real_now();
    if (now >= end)
        return;
    const void *before, *newest = vow_injector_newest(injector, worker->cursor);
    do {
        before = newest;
        now = pause_until(step < end - now ? now + step : end);
        newest = vow_injector_newest(injector, worker->cursor);
    } while (now < end && newest != before);
    weigh_gathering(worker, newest != before);
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
    int64_t time = (int64_t)(count + 1) * worker->ease;
    return vow_real_now() + (time < GATHER_MOST ? time : GATHER_MOST);
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

struct vow_call *vow_look_outside(struct worker *worker)
{
    struct vow_call *call = vow_deque_pop(&worker->outside);
    return call != NULL ? call : take_batch(worker);
}

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

struct vow_call *vow_look_steal(struct worker *worker, enum greed greed)
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

struct vow_call *vow_look_next(struct worker *worker)
{
    struct vow_call *call = NULL;
    if (vow_unlikely(++worker->turn % FAIR_TURN == 0) && (call = vow_look_outside(worker)) != NULL)
        return call;
    if ((call = vow_deque_pop(&worker->own)) != NULL)
        return call;
    if ((call = vow_look_outside(worker)) != NULL)
        return call;
    return vow_look_steal(worker, HALF_OF_SOME);
}

struct vow_call *vow_look_surely(struct worker *worker)
{
    struct vow_call *call = vow_deque_pop_surely(&worker->own);
    if (call == NULL)
        call = vow_deque_pop_surely(&worker->outside);
    if (call == NULL)
        call = take_batch(worker);
    return call != NULL ? call : vow_look_steal(worker, SURELY);
}

struct vow_call *vow_look_rob(struct worker *worker)
{
    struct vow_call *call = NULL;
    if (vow_deque_steal(&worker->outside, &call, 1, true) == 0)
        (void)vow_deque_steal(&worker->own, &call, 1, true);
    return call;
}
