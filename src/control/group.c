/*
 * group.c - groups: members, and what ends them (group.h).
 *
 *   open ----- close ----> closed ----- no members left ----> ended: the promise of the end is fired, once
 *     '----------'-- an error, a cancel, the deadline ----> canceled: all members are, further ones are refused
 *
 * A member is in one list at a time: *fresh* until somebody cancels it, then *canceled*; when it has ended it is freed, or,
 * if it has failed, goes to *failed* with its error, so that gathering errors needs no memory until the end.
 *
 * Invariants
 * 1. `count` is how many members are in `fresh` and `canceled`.
 * 2. Once the group is canceled nothing comes into `fresh`: a cancel ends when that is empty, after linear time.
 * 3. References: the owner's, one for each member, the canceller's, one for the deadline.
 */
#include "control/group.h"

#include "base/ledger.h"

#include "control/canceller.h"
#include "control/gather.h"
#include "control/job.h"
#include <vow/delay.h>
#include <vow/line.h>
#include <vow/list.h>

/* Members ------------------------------------------------------------------------------------------------------------ */

static void list_insert(struct group_member **list, struct group_member *member)
{
    member->next = *list;
    member->link = list;
    if (*list != NULL)
        (*list)->link = &member->next;
    *list = member;
}

static void list_remove(struct group_member *member)
{
    *member->link = member->next;
    if (member->next != NULL)
        member->next->link = member->link;
}

static void release(void *context)
{
    struct vow_group *group = context;
    if (!vow_references_drop(&group->references))
        return;
    vow_deferred_release(group->end);
    vow_scheduler_release(group->scheduler);
    vow_object_delete(group, sizeof(*group));
}

/* Ending ------------------------------------------------------------------------------------------------------------- */

static vow_value list_of(struct group_member *failed, size_t count)
{
    vow_value errors = vow_list_new(count);
    for (; failed != NULL && vow_is_list(errors); failed = failed->next) {
        (void)vow_list_append(errors, failed->error);
        failed->error = vow_none();
    }
    return errors;
}

static void free_failed(struct group_member *failed)
{
    while (failed != NULL) {
        struct group_member *next = failed->next;
        vow_release(failed->error);
        vow_object_delete(failed, sizeof(*failed));
        failed = next;
    }
}

/* The members' errors as one; without memory for a list, the first. */
static vow_value errors_of(struct vow_group *group)
{
    vow_value errors = list_of(group->failed, group->failed_count);
    if (vow_is_list(errors))
        return vow_errors_together(errors, "vow_group", "members");
    return vow_retain(vow_borrow(group->failed->error));
}

static vow_value outcome_of(struct vow_group *group)
{
    if (group->failed != NULL)
        return errors_of(group);
    if (!group->caught)
        return vow_none();
    return group->timed_out ? vow_fail(VOW_TIMED_OUT, "vow_group: the deadline passed first")
                            : vow_fail(VOW_CANCELED, "vow_group: canceled");
}

/* Under the lock: whether this is the end, to be fired by who asks. */
static bool is_end(struct vow_group *group)
{
    bool end = group->closed && group->count == 0 && !group->ended;
    group->ended = group->ended || end;
    return end;
}

static void finish(struct vow_group *group, struct firing *firing)
{
    vow_value outcome = outcome_of(group);
    free_failed(group->failed);
    group->failed = NULL;
    vow_lock_take(&group->lock);
    vow_promise *delay = vow_promise_retain(group->delay);
    vow_lock_give(&group->lock);
    vow_cancel(delay);
    vow_promise_release(delay);
    vow_fire_with(group->deferred, outcome, firing);
    (void)vow_event_set(&group->done);
}

/* Canceling ---------------------------------------------------------------------------------------------------------- */

static void cancel_fresh(struct vow_group *group)
{
    for (;;) {
        vow_promise *promise = NULL;
        vow_lock_take(&group->lock);
        struct group_member *member = group->fresh;
        if (member != NULL) {
            list_remove(member);
            list_insert(&group->canceled_members, member);
            promise = vow_promise_retain(member->promise);
        }
        vow_lock_give(&group->lock);
        if (member == NULL)
            return;
        vow_cancel(promise);
        vow_promise_release(promise);
    }
}

static void cancel_group(struct vow_group *group, bool timed_out)
{
    vow_lock_take(&group->lock);
    bool first = !group->canceled && !group->ended;
    if (first) {
        group->canceled = true;
        group->timed_out = timed_out;
    }
    vow_lock_give(&group->lock);
    if (first)
        cancel_fresh(group);
}

static void cancel_end(void *context)
{
    cancel_group(context, false);
}

/* The deadline has passed, or its delay was canceled. */
static void elapsed(struct told *told, vow_value value, struct firing *firing)
{
    struct vow_group *group = vow_container_of(told, struct vow_group, elapsed);
    (void)firing;
    vow_lock_take(&group->lock);
    vow_promise *delay = group->delay;
    group->delay = NULL;
    vow_lock_give(&group->lock);
    if (!vow_is_error(value))
        cancel_group(group, true);
    vow_release(value);
    vow_promise_release(delay);
    release(group);
}

/* Members that end --------------------------------------------------------------------------------------------------- */

/* Under the lock: keeps the error (taken) of a member, which then stays. False: that it was canceled is no failure. */
static bool keep_failure(struct vow_group *group, struct group_member *member, vow_value error)
{
    if (group->canceled && vow_error_status(error) == VOW_CANCELED) {
        group->caught = true;
        return false;
    }
    member->error = error;
    member->next = NULL;
    *group->failed_end = member;
    group->failed_end = &member->next;
    group->failed_count++;
    return true;
}

static void ended(struct told *told, vow_value value, struct firing *firing)
{
    struct group_member *member = vow_container_of(told, struct group_member, told);
    struct vow_group *group = member->group;
    vow_promise *promise = member->promise;
    vow_lock_take(&group->lock);
    list_remove(member);
    group->count--;
    bool failed = vow_is_error(value) && keep_failure(group, member, value);
    bool cancels = failed && !group->keep_going && !group->canceled;
    group->canceled = group->canceled || cancels;
    bool end = is_end(group);
    vow_lock_give(&group->lock);
    if (!failed) {
        vow_release(value);
        vow_object_delete(member, sizeof(*member));
    }
    vow_promise_release(promise);
    if (cancels)
        cancel_fresh(group);
    if (end)
        finish(group, firing);
    release(group);
}

/* Members that begin ------------------------------------------------------------------------------------------------- */

static vow_status may_begin(const struct vow_group *group, const char *function)
{
    if (group->ended)
        return vow_fail_status(VOW_CLOSED, "%s: group has ended", function);
    if (group->canceled)
        return vow_fail_status(VOW_CANCELED, "%s: group was canceled", function);
    return VOW_OK;
}

static vow_promise *waits(struct told *told)
{
    return vow_told_waiting(vow_container_of(told, struct group_member, told)->group->end);
}

/* Takes `promise` in, on success alone. */
static vow_status take_in(struct vow_group *group, vow_promise *promise, const char *function,
                          struct group_member **ret_member)
{
    static const struct told_kind kind = {.tell = ended, .waits = waits};
    struct group_member *member = vow_object_new(sizeof(*member));
    if (member == NULL)
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    *member = (struct group_member){.group = group, .promise = promise};
    vow_told_init(&member->told, 0, &kind);
    vow_lock_take(&group->lock);
    vow_status status = may_begin(group, function);
    if (status == VOW_OK) {
        list_insert(&group->fresh, member);
        group->count++;
        vow_references_add(&group->references);
    }
    vow_lock_give(&group->lock);
    if (status != VOW_OK)
        vow_object_delete(member, sizeof(*member));
    *ret_member = member;
    return status;
}

static void attach(struct group_member *member, vow_promise *promise)
{
    vow_value value;
    if (vow_told_attach(promise, &member->told, &value))
        ended(&member->told, value, NULL);
}

static vow_status refuse_job(const struct vow_job *job, vow_status status)
{
    vow_promise_release(vow_job_refuse(job, status));
    return status;
}

vow_status vow_group_spawn(vow_group *group, vow_fn *fn, vow_value input, void *context)
{
    static const char function[] = "vow_group_spawn";
    struct vow_job job = {.size = sizeof(job), .fn = fn, .input = input, .context = context};
    struct group_member *member = NULL;
    if (group == NULL)
        return refuse_job(&job, vow_fail_status(VOW_INVALID, "%s: group is NULL", function));
    if (fn == NULL)
        return refuse_job(&job, vow_fail_status(VOW_INVALID, "%s: fn is NULL", function));
    vow_promise *promise = vow_job_make(&job);
    if (promise == NULL)
        return refuse_job(&job, vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function));
    vow_status status = take_in(group, promise, function, &member);
    if (status == VOW_OK) {
        vow_promise_ref(promise); /* the group's may go before the job has been handed over */
        attach(member, promise);
        vow_job_spawn(group->scheduler, promise);
    } else {
        vow_cancel(promise);
        vow_call_drop(&promise->call);
    }
    vow_promise_unref(promise);
    return status;
}

vow_status vow_group_add(vow_group *group, vow_promise *promise)
{
    static const char function[] = "vow_group_add";
    struct group_member *member = NULL;
    vow_status status = VOW_INVALID;
    if (promise == NULL)
        (void)vow_fail_status(status, "%s: promise is NULL", function);
    else if (group == NULL)
        (void)vow_fail_status(status, "%s: group is NULL", function);
    else
        status = take_in(group, promise, function, &member);
    if (status == VOW_OK) {
        attach(member, promise);
        return status;
    }
    vow_cancel(promise);
    vow_promise_release(promise);
    return status;
}

/* Whether the job that is running here is a member. */
static bool is_inside(struct vow_group *group)
{
    const struct running_job *job = vow_locals.job;
    const struct group_member *lists[2];
    bool inside = false;
    if (job == NULL)
        return false;
    vow_lock_take(&group->lock);
    lists[0] = group->fresh;
    lists[1] = group->canceled_members;
    for (int i = 0; i < 2; i++)
        for (const struct group_member *member = lists[i]; member != NULL && !inside;
             member = member->next)
            inside = member->promise == job->promise;
    vow_lock_give(&group->lock);
    return inside;
}

/* The group's life --------------------------------------------------------------------------------------------------- */

/* Under way until it has elapsed, or the group has ended. */
static void set_deadline(struct vow_group *group, vow_deadline deadline)
{
    static const struct told_kind kind = {.tell = elapsed};
    vow_value value;
    int64_t now = vow_now();
    group->delay = vow_delay(deadline.at > now ? deadline.at - now : 0, vow_none());
    vow_references_add(&group->references);
    vow_told_init(&group->elapsed, 0, &kind);
    if (vow_told_attach(group->delay, &group->elapsed, &value))
        elapsed(&group->elapsed, value, NULL);
}

static struct vow_group *group_new(const struct vow_grouping *grouping)
{
    struct vow_group *group = vow_object_new(sizeof(*group));
    if (group == NULL)
        return NULL;
    *group = (struct vow_group){.scheduler = vow_scheduler_retain(grouping->scheduler),
                                .keep_going = grouping->keep_going};
    vow_ledger_name(group, "group");
    vow_references_set(&group->references, 2);
    group->failed_end = &group->failed;
    group->deferred = vow_deferred_new(NULL);
    group->end = vow_deferred_retain(group->deferred);
    if (group->deferred != NULL &&
        vow_set_patient_canceller(group->deferred, cancel_end, group, release) == VOW_OK)
        return group;
    if (group->deferred != NULL) /* and the canceller's reference has gone */
        (void)vow_fire(group->deferred, vow_none());
    else
        release(group);
    release(group);
    return NULL;
}

vow_group *vow_group_new(const struct vow_grouping *grouping)
{
    static const struct vow_grouping plain = {.size = sizeof(plain)};
    const struct vow_grouping *what = grouping != NULL ? grouping : &plain;
    if (what->size != sizeof(*what)) {
        (void)vow_fail_status(VOW_INVALID, "vow_group_new: grouping->size is %zu, not %zu",
                              what->size, sizeof(*what));
        return NULL;
    }
    struct vow_group *group = group_new(what);
    if (group == NULL) {
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_group_new: out of memory");
        return NULL;
    }
    if (what->deadline.at != 0 && what->deadline.at != INT64_MAX)
        set_deadline(group, what->deadline);
    return group;
}

vow_promise *vow_group_close(vow_group *group)
{
    if (group == NULL)
        return vow_promise_refused(vow_fail_literal(VOW_INVALID, "vow_group_close: group is NULL"));
    vow_lock_take(&group->lock);
    group->closed = true;
    bool end = is_end(group);
    vow_lock_give(&group->lock);
    if (end)
        finish(group, NULL);
    return vow_deferred_promise(group->end);
}

void vow_group_cancel(vow_group *group)
{
    if (group != NULL)
        cancel_group(group, false);
}

bool vow_group_is_canceled(vow_group *group)
{
    if (group == NULL)
        return false;
    vow_lock_take(&group->lock);
    bool canceled = group->canceled;
    vow_lock_give(&group->lock);
    return canceled;
}

size_t vow_group_count(vow_group *group)
{
    if (group == NULL)
        return 0;
    vow_lock_take(&group->lock);
    size_t count = group->count;
    vow_lock_give(&group->lock);
    return count;
}

vow_status vow_group_free(vow_group *group)
{
    if (group == NULL)
        return VOW_OK;
    if (is_inside(group))
        return vow_fail_literal(VOW_INVALID, "vow_group_free: from one of the group's members");
    vow_promise_release(vow_group_close(group));
    vow_group_cancel(group);
    vow_shield_begin();
    vow_status status = vow_event_wait(&group->done, VOW_FOREVER);
    vow_shield_end();
    if (status == VOW_OK)
        release(group);
    return status;
}
