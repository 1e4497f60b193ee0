/*
 * detour.c - taking detours, and who asks for them (detour.h).
 */
#include "execution/detour.h"

#include "base/fail.h"
#include "base/wish.h"
#include "execution/async.h"
#include "execution/fork.h"
#include "execution/loop.h"
#include "execution/park.h"
#include "execution/system_lock.h"
#include <vow/debug.h>

bool vow_slow;

__attribute__((constructor)) static void ask_environment(void)
{
    vow_slow = vow_debug_asks_for("slow");
}

vow_status vow_set_slow(bool slow)
{
    if (vow_async_is_settled())
        return vow_fail_literal(VOW_INVALID,
                                "vow_set_slow: too late, a pool or a loop was made, or "
                                "a function submitted");
    vow_slow = slow;
    return VOW_OK;
}

static void let_others_go_first(struct carrier *carrier)
{
    struct lane *lane = vow_fork_leave();
    vow_line_yield(carrier);
    vow_fork_return(lane);
}

VOW_COLD void vow_detour_take(void)
{
    struct thread *thread = vow_here.thread;
    const struct running_job *job = vow_locals.job;
    bool blocking = job != NULL && job->blocking;
    if (!blocking)
        vow_system_lock_look();
    if (thread == NULL || vow_wait_is_canceled())
        return;
    if (vow_line_hosts_others(&thread->carrier))
        let_others_go_first(&thread->carrier);
    else if (thread->loop == NULL && vow_locals.running == NULL)
        (void)vow_thread_serve(thread);
}
