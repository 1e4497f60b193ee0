/*
 * scheduler.c - the part that all schedulers share: references, the default, users' own kinds.
 */
#include "execution/scheduler.h"

#include "base/barrier.h"
#include "base/fail.h"
#include "base/ledger.h"
#include "base/object.h"

struct thread vow_nobody;
VOW_THREAD_LOCAL struct here vow_here;
_Atomic(vow_scheduler *) vow_default_scheduler;
struct vow_call vow_inbox_marks[2];

/* References --------------------------------------------------------------------------------------------- */

void vow_scheduler_init(vow_scheduler *scheduler, const struct scheduler_kind *kind,
                        struct thread *owner)
{
    bool owned = owner != VOW_NOBODY;
    scheduler->kind = kind;
    scheduler->biased = owned && vow_barrier_available();
    scheduler->local = owned ? 1 : 0;
    scheduler->keeper = NULL;
    /* relaxed, all: not published yet */
    atomic_store_explicit(&scheduler->owner, owner, memory_order_relaxed);
    atomic_store_explicit(&scheduler->ordinary, false, memory_order_relaxed);
    atomic_store_explicit(&scheduler->shared, owned ? SCHEDULER_OWNED : 1, memory_order_relaxed);
}

void vow_scheduler_disown(vow_scheduler *scheduler)
{
    int64_t local = scheduler->local;
    /* S2 release: pairs with the acquire in bias.c; who finds nobody sees what the owner did */
    atomic_store_explicit(&scheduler->owner, VOW_NOBODY, memory_order_release);
    /* relaxed: the caller's own reference is among `local`, so this cannot be the last */
    atomic_fetch_add_explicit(&scheduler->shared, local - SCHEDULER_OWNED, memory_order_relaxed);
}

vow_scheduler *vow_scheduler_retain(vow_scheduler *scheduler)
{
    if (scheduler != NULL)
        vow_home_retain(scheduler);
    return scheduler;
}

void vow_scheduler_release(vow_scheduler *scheduler)
{
    if (scheduler != NULL)
        vow_home_release(scheduler);
}

const char *vow_scheduler_name(const vow_scheduler *scheduler)
{
    return scheduler != NULL ? scheduler->kind->name : "";
}

/* Calls -------------------------------------------------------------------------------------------------- */

void vow_scheduler_call(vow_scheduler *scheduler, struct vow_call *call)
{
    if (vow_likely(scheduler != NULL && call != NULL)) {
        scheduler->kind->call(scheduler, call);
        return;
    }
    vow_call_drop(call);
    (void)vow_fail_status(VOW_INVALID, "vow_scheduler_call: %s is NULL",
                          scheduler == NULL ? "scheduler" : "call");
}

void vow_call_run(vow_scheduler *scheduler, struct vow_call *call)
{
    if (vow_unlikely(scheduler == NULL || call == NULL)) {
        vow_call_drop(call);
        (void)vow_fail_status(VOW_INVALID, "vow_call_run: %s is NULL",
                              scheduler == NULL ? "scheduler" : "call");
        return;
    }
    struct here_scope saved = vow_here_enter(scheduler);
    call->run(call);
    vow_here_leave(saved);
}

void vow_call_drop(struct vow_call *call)
{
    if (call != NULL)
        call->dropped(call);
}

/* The default and the current ---------------------------------------------------------------------------- */

/* Former defaults keep their reference for good: another thread may be about to make a promise at home there.
   Programs set this once or twice. */
void vow_set_scheduler(vow_scheduler *scheduler)
{
    vow_scheduler *set = scheduler == vow_immediate() ? NULL : vow_scheduler_retain(scheduler);
    vow_ledger_excuse(set);
    /* D2 release: pairs with D1 */
    atomic_store_explicit(&vow_default_scheduler, set, memory_order_release);
}

vow_scheduler *vow_current_scheduler(void)
{
    vow_scheduler *home = vow_home_here();
    return home == NULL || home->kind->immediate ? vow_immediate() : home;
}

/* Users' schedulers --------------------------------------------------------------------------------------- */

struct user_scheduler {
    vow_scheduler scheduler;
    struct scheduler_kind kind;
    struct vow_scheduler_ops ops;
    void *self;
};

static void user_call(vow_scheduler *scheduler, struct vow_call *call)
{
    struct user_scheduler *user = vow_container_of(scheduler, struct user_scheduler, scheduler);
    if (user->ops.schedule(call, user->self) != VOW_OK)
        call->dropped(call);
}

static void user_destroy(vow_scheduler *scheduler)
{
    struct user_scheduler *user = vow_container_of(scheduler, struct user_scheduler, scheduler);
    user->ops.drop(user->self);
    vow_object_delete(user, sizeof(*user));
}

static vow_status check_ops(const struct vow_scheduler_ops *ops)
{
    if (ops == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_scheduler_new: ops is NULL");
    if (ops->size != sizeof(*ops))
        return vow_fail_literal(VOW_INVALID, "vow_scheduler_new: ops->size is wrong: set it to "
                                             "sizeof(struct vow_scheduler_ops)");
    if (ops->schedule == NULL || ops->drop == NULL)
        return vow_fail_literal(VOW_INVALID,
                                "vow_scheduler_new: ops->schedule or ops->drop is NULL");
    return VOW_OK;
}

vow_scheduler *vow_scheduler_new(const struct vow_scheduler_ops *ops, void *self)
{
    if (check_ops(ops) != VOW_OK)
        return NULL;
    struct user_scheduler *user = vow_object_new(sizeof(*user));
    if (user == NULL) {
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_scheduler_new: out of memory");
        return NULL;
    }
    user->kind = (struct scheduler_kind){
        .name = ops->name != NULL ? ops->name : "user", .call = user_call, .destroy = user_destroy};
    user->ops = *ops;
    user->self = self;
    vow_ledger_name(user, "scheduler");
    vow_scheduler_init(&user->scheduler, &user->kind, VOW_NOBODY);
    return &user->scheduler;
}
