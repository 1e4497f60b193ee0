/*
 * turn.c - one promise after the other (turn.h).
 */
#include "control/turn.h"

#include "control/job.h"

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

static bool is_canceled(struct turn *turn)
{
    vow_lock_take(&turn->lock);
    bool canceled = turn->canceled;
    vow_lock_give(&turn->lock);
    return canceled;
}

/* True: it has ended already, with *ret_value. */
static bool begin(struct turn *turn, vow_value *ret_value)
{
    if (is_canceled(turn)) {
        *ret_value = vow_fail(VOW_CANCELED, "vow_cancel: canceled");
        return true;
    }
    vow_promise *promise = turn->start(turn);
    if (take_up(turn, promise))
        vow_cancel(promise);
    if (!vow_told_attach(promise, &turn->told, ret_value))
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
