/*
 * schedule.c - vow_schedule: a function on a scheduler, without a promise.
 */
#include "base/fail.h"
#include "base/ledger.h"
#include "base/locals.h"
#include "base/object.h"
#include "base/report.h"
#include "execution/async.h"
#include "execution/immediate.h"
#include "execution/scheduler.h"
#include <vow/error.h>
#include <vow/pool.h>

struct scheduled {
    struct vow_call call;
    vow_fn *fn;
    void *context;
    vow_value input;
};

static void run_scheduled(struct vow_call *call)
{
    struct scheduled *scheduled = vow_container_of(call, struct scheduled, call);
    vow_value result = scheduled->fn(vow_borrow(scheduled->input), scheduled->context);
    if (vow_is_error(result))
        vow_report_unhandled(vow_is_owned(result) ? result : vow_retain(result));
    else
        vow_release(result);
    vow_release(scheduled->input);
    vow_object_delete(scheduled, sizeof(*scheduled));
}

static void drop_scheduled(struct vow_call *call)
{
    struct scheduled *scheduled = vow_container_of(call, struct scheduled, call);
    (void)vow_call_refused(call); /* vow_schedule says it */
    vow_release(scheduled->input);
    vow_object_delete(scheduled, sizeof(*scheduled));
}

/* Where it parks, the ledger says who scheduled it. */
static void run_entered(struct vow_call *call)
{
    const struct locals *locals = vow_locals_here();
    bool entered = vow_ledger_enter_origin(locals, vow_container_of(call, struct scheduled, call));
    run_scheduled(call);
    if (entered)
        vow_ledger_strike(locals);
}

static VOW_COLD struct scheduled *scheduled_new_slowly(void)
{
    struct scheduled *scheduled = vow_object_new_slowly(sizeof(*scheduled));
    if (scheduled == NULL)
        return NULL;
    scheduled->call.run = vow_ledger_kept ? run_entered : run_scheduled;
    vow_ledger_name(scheduled, "scheduled call");
    return scheduled;
}

/* With a ledger each object is made slowly (ledger.h). */
static inline struct scheduled *scheduled_new(void)
{
    struct scheduled *scheduled = vow_object_new_at_hand(sizeof(*scheduled));
    if (vow_unlikely(scheduled == NULL))
        return scheduled_new_slowly();
    scheduled->call.run = run_scheduled;
    return scheduled;
}

vow_status vow_schedule(vow_scheduler *scheduler, vow_fn *fn, vow_value input, void *context)
{
    if (vow_unlikely(fn == NULL)) {
        vow_release(input);
        return vow_fail_literal(VOW_INVALID, "vow_schedule: fn is NULL");
    }
    struct scheduled *scheduled = scheduled_new();
    if (vow_unlikely(scheduled == NULL)) {
        vow_release(input);
        return vow_fail_literal(VOW_NO_MEMORY, "vow_schedule: out of memory");
    }
    scheduled->call.dropped = drop_scheduled;
    scheduled->fn = fn;
    scheduled->context = context;
    scheduled->input = vow_is_owned(input) ? input : vow_retain(input);
    if (scheduler == NULL)
        scheduler = vow_default_pool();
    vow_scheduler *here = vow_async_off() ? vow_async_place(scheduler) : NULL;
    if (vow_unlikely(here != NULL))
        vow_immediate_run_on_line(here, &scheduled->call);
    else if (!vow_hand_over(scheduler, &scheduled->call))
        return vow_fail_literal(VOW_CLOSED, "vow_schedule: the scheduler is closed");
    return VOW_OK;
}
