/*
 * turn.c - one promise after the other (turn.h).
 */
#include "control/turn.h"

#include "control/job.h"
#include "control/ring.h"

/* Notes what is under way, so that a cancel finds it. Gives whether one came before. */
static bool take_up(struct turn *turn, vow_promise *promise)
{
    vow_lock_take(&turn->lock);
    turn->promise = promise;
    bool canceled = turn->canceled;
    vow_lock_give(&turn->lock);
    return canceled;
}

static void put_down(struct turn *turn)
{
    vow_lock_take(&turn->lock);
    vow_promise *promise = turn->promise;
    turn->promise = NULL;
    vow_lock_give(&turn->lock);
    vow_promise_release(promise);
}

bool vow_turn_is_canceled(struct turn *turn)
{
    vow_lock_take(&turn->lock);
    bool canceled = turn->canceled;
    vow_lock_give(&turn->lock);
    return canceled;
}

static bool may_close_ring(vow_promise *promise)
{
    vow_promise_enter(promise);
    bool possible = vow_ring_is_possible(promise);
    vow_promise_leave(promise);
    return possible;
}

/* `promise`, where `told` hangs by now, may wait for `own`, which the turns are to settle: then that is taken back. Later
   ones are found by who adopts (adopt.c). */
static bool break_ring(vow_promise *promise, struct told *told, vow_promise *own)
{
    if (vow_likely(!may_close_ring(promise) || !vow_ring_is_closed(own, promise)))
        return false;
    vow_promise_enter(promise);
    bool removed = vow_link_remove(promise, &told->link);
    if (removed) /* what it will be rejected with is known */
        vow_promise_set(promise, PROMISE_HANDLED);
    vow_promise_leave(promise);
    return removed;
}

/* As vow_told_attach. It may be told at once, and the turn be gone. */
static bool attach(struct turn *turn, vow_promise *promise, vow_value *ret_value)
{
    struct told *told = &turn->told;
    vow_promise *own = vow_told_waiting(turn->deferred);
    vow_promise_ref(promise);
    bool settled = vow_told_attach(promise, told, ret_value);
    bool ring = !settled && break_ring(promise, told, own);
    if (ring)
        *ret_value =
            vow_fail(VOW_INVALID, "a function gave a promise that waits for what it is called for");
    vow_promise_unref(promise);
    vow_promise_unref_unseen(own);
    return settled || ring;
}

/* True: it has ended already, with *ret_value. */
static bool begin(struct turn *turn, vow_value *ret_value)
{
    if (vow_turn_is_canceled(turn)) {
        *ret_value = vow_canceled_error();
        return true;
    }
    vow_promise *promise = turn->start(turn);
    if (take_up(turn, promise))
        vow_cancel(promise);
    if (!attach(turn, promise, ret_value))
        return false;
    put_down(turn);
    return true;
}

void vow_turn_run(struct turn *turn, struct firing *firing)
{
    vow_value value;
    do
        if (!begin(turn, &value))
            return;
    while (turn->ended(turn, value, firing));
}

static void tell(struct told *told, vow_value value, struct firing *firing)
{
    struct turn *turn = vow_container_of(told, struct turn, told);
    put_down(turn);
    if (turn->ended(turn, value, firing))
        vow_turn_run(turn, firing);
}

static vow_promise *waits(struct told *told)
{
    return vow_told_waiting(vow_container_of(told, struct turn, told)->deferred);
}

void vow_turn_init(struct turn *turn, vow_deferred *deferred, unsigned flags,
                   vow_promise *(*start)(struct turn *),
                   bool (*ended)(struct turn *, vow_value, struct firing *))
{
    static const struct told_kind kind = {.tell = tell, .waits = waits};
    vow_told_init(&turn->told, LINK_AT_HOME | flags, &kind);
    turn->deferred = deferred;
    /* relaxed: not published yet */
    atomic_store_explicit(&turn->lock.word, 0, memory_order_relaxed);
    turn->canceled = false;
    turn->promise = NULL;
    turn->start = start;
    turn->ended = ended;
}

void vow_turn_cancel(struct turn *turn)
{
    vow_lock_take(&turn->lock);
    turn->canceled = true;
    vow_promise *promise = vow_promise_retain(turn->promise);
    vow_lock_give(&turn->lock);
    vow_cancel(promise);
    vow_promise_release(promise);
}

vow_promise *vow_turn_call(vow_fn *fn, vow_value input, void *context)
{
    struct vow_job job = {.size = sizeof(job), .fn = fn, .input = input, .context = context};
    return vow_job_submit(vow_home_here(), &job, "vow_submit");
}
