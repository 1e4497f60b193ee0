/*
 * limiter.c - a token bucket as one number: the moment when it will be full.
 *
 * Taking `count` tokens puts that moment off by count * interval; they are there when the bucket, full but for what was
 * taken, reaches back far enough: at full - burst * interval. So whoever asks has its moment at once, all moments are in
 * the order of asking, and nobody waits for anybody.
 *
 * A turn that is given up is taken back only if it was the last one given: otherwise those behind it have their moments
 * already, and the next one would meet them.
 */
#include <vow/limiter.h>

#include "control/promise.h"
#include "execution/detour.h"
#include "execution/park.h"
#include <vow/submit.h>

struct turn {
    int64_t moment; /* when the tokens are there */
    int64_t before; /* when the bucket would have been full without it … */
    int64_t after;  /* … and with it */
};

static inline _Atomic int64_t *full_of(vow_limiter *limiter)
{
    return (_Atomic int64_t *)&limiter->full;
}

/* Turns --------------------------------------------------------------------------------------------------------------------- */

static vow_status check(const vow_limiter *limiter, uint32_t count, const char *function)
{
    int64_t span;
    if (vow_unlikely(limiter == NULL))
        return vow_fail_status(VOW_INVALID, "%s: limiter is NULL", function);
    if (vow_unlikely(limiter->interval < 0 || limiter->burst == 0 ||
                     __builtin_mul_overflow(limiter->interval, (int64_t)limiter->burst, &span) ||
                     span > INT64_MAX / 4))
        return vow_fail_status(VOW_INVALID, "%s: limiter has an interval or a burst out of range",
                               function);
    if (vow_unlikely(count == 0 || count > limiter->burst))
        return vow_fail_status(VOW_INVALID, "%s: count is %u, not 1 to the burst of %u", function,
                               (unsigned)count, (unsigned)limiter->burst);
    return VOW_OK;
}

/* A turn, unless it would come after `latest`. */
static bool take_turn(vow_limiter *limiter, uint32_t count, int64_t now, int64_t latest,
                      struct turn *ret_turn)
{
    int64_t cost = limiter->interval * (int64_t)count;
    int64_t span = limiter->interval * (int64_t)limiter->burst;
    /* relaxed, all: the number is all that there is to it */
    int64_t full = atomic_load_explicit(full_of(limiter), memory_order_relaxed);
    do {
        ret_turn->before = full > now ? full : now;
        if (ret_turn->before > INT64_MAX / 2) /* nobody lives to see it */
            return false;
        ret_turn->after = ret_turn->before + cost;
        ret_turn->moment = ret_turn->after - span;
        if (ret_turn->moment > now && ret_turn->moment > latest)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(full_of(limiter), &full, ret_turn->after,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

static void give_back(vow_limiter *limiter, const struct turn *turn)
{
    int64_t after = turn->after;
    /* relaxed: as in take_turn */
    (void)atomic_compare_exchange_strong_explicit(full_of(limiter), &after, turn->before,
                                                  memory_order_relaxed, memory_order_relaxed);
}

/* Waiting ------------------------------------------------------------------------------------------------------------------- */

static vow_status sleep_until(int64_t moment, const char *function, const void *object)
{
    struct waiter waiter;
    vow_status status = vow_wait_begin(&waiter, function, object);
    if (status != VOW_OK)
        return status;
    enum outcome outcome = vow_wait_end(&waiter, vow_at(moment));
    return outcome == WAITER_TIMED_OUT ? VOW_OK : vow_wait_failed(&waiter, outcome);
}

vow_status vow_limiter_acquire(vow_limiter *limiter, uint32_t count, vow_deadline deadline)
{
    static const char function[] = "vow_limiter_acquire";
    struct turn turn;
    vow_status status = check(limiter, count, function);
    if (status != VOW_OK)
        return status;
    vow_detour(deadline);
    int64_t now = vow_now();
    if (!take_turn(limiter, count, now, deadline.at, &turn))
        return vow_fail_status(VOW_TIMED_OUT, "%s: its turn would come after the deadline",
                               function);
    if (turn.moment > now)
        status = sleep_until(turn.moment, function, limiter);
    if (status != VOW_OK)
        give_back(limiter, &turn);
    return status;
}

bool vow_limiter_try_acquire(vow_limiter *limiter, uint32_t count)
{
    struct turn turn;
    return check(limiter, count, "vow_limiter_try_acquire") == VOW_OK &&
           take_turn(limiter, count, vow_now(), 0, &turn);
}

/* Promises ------------------------------------------------------------------------------------------------------------------ */

/* A turn that a promise waits for: a reference of the sleeper's, one of the canceller's, one of who makes it. */
struct promised_turn {
    _Atomic uint32_t references;
    vow_status slept; /* how the sleep ended; as it begins: that there was no memory for it */
    vow_limiter *limiter;
    struct turn turn;
    vow_deferred *deferred; /* the sleeper's */
    vow_promise *sleeper;
};

static void release_turn(void *context)
{
    struct promised_turn *promised = context;
    /* acq_rel: pairs with itself; who frees it comes after the others */
    if (atomic_fetch_sub_explicit(&promised->references, 1, memory_order_acq_rel) != 1)
        return;
    vow_promise_release(promised->sleeper);
    vow_object_delete(promised, sizeof(*promised));
}

static vow_value sleep_for(vow_value input, void *context)
{
    struct promised_turn *promised = context;
    promised->slept =
        sleep_until(promised->turn.moment, "vow_limiter_acquire_promise", promised->limiter);
    return input;
}

/* The sleeper has ended, or never began. */
static void end_sleep(void *context)
{
    struct promised_turn *promised = context;
    (void)vow_fire(promised->deferred,
                   promised->slept == VOW_OK
                       ? vow_pointer(promised->limiter)
                       : vow_fail(promised->slept, "vow_limiter_acquire_promise: %s",
                                  vow_status_text(promised->slept)));
    release_turn(promised);
}

/* The canceller: who fires first has the turn. */
static void give_up(void *context)
{
    struct promised_turn *promised = context;
    if (vow_deferred_fired(promised->deferred))
        return;
    if (vow_resolve(promised->deferred,
                    vow_fail(VOW_CANCELED, "vow_limiter_acquire_promise: canceled")) == VOW_OK)
        give_back(promised->limiter, &promised->turn);
    vow_cancel(promised->sleeper);
}

static struct promised_turn *promised_turn_new(vow_limiter *limiter, const struct turn *turn,
                                               vow_promise **ret_promise)
{
    struct promised_turn *promised = vow_object_new(sizeof(*promised));
    vow_deferred *deferred = promised != NULL ? vow_deferred_new(ret_promise) : NULL;
    if (deferred == NULL) {
        if (promised != NULL)
            vow_object_delete(promised, sizeof(*promised));
        return NULL;
    }
    *promised = (struct promised_turn){.references = 3,
                                       .slept = VOW_NO_MEMORY,
                                       .limiter = limiter,
                                       .turn = *turn,
                                       .deferred = deferred};
    return promised;
}

/* Has the promise fulfilled when the turn comes. */
static vow_promise *promise_turn(vow_limiter *limiter, const struct turn *turn,
                                 const char *function)
{
    vow_promise *promise;
    struct promised_turn *promised = promised_turn_new(limiter, turn, &promise);
    if (promised == NULL) {
        give_back(limiter, turn);
        return vow_promise_refused(vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function));
    }
    (void)vow_set_canceller(promised->deferred, give_up, promised, release_turn);
    struct vow_job job = {.size = sizeof(job),
                          .fn = sleep_for,
                          .context = promised,
                          .drop = end_sleep,
                          .home = vow_immediate()};
    promised->sleeper = vow_submit_with(NULL, &job);
    vow_value error = vow_none();
    if (vow_peek(promised->sleeper, &error)) /* without memory for the job: end_sleep has told it */
        vow_release(error);
    release_turn(promised);
    return promise;
}

vow_promise *vow_limiter_acquire_promise(vow_limiter *limiter, uint32_t count)
{
    static const char function[] = "vow_limiter_acquire_promise";
    struct turn turn;
    vow_status status = check(limiter, count, function);
    if (status != VOW_OK)
        return vow_promise_refused(status);
    int64_t now = vow_now();
    if (!take_turn(limiter, count, now, INT64_MAX, &turn))
        return vow_promise_refused(
            vow_fail_status(VOW_TIMED_OUT, "%s: its turn would never come", function));
    if (turn.moment > now)
        return promise_turn(limiter, &turn, function);
    return vow_succeeded(vow_pointer(limiter));
}
