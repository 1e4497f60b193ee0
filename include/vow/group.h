/**
 * vow/group.h - groups: what is begun inside one has ended when it ends (a nursery).
 *
 *     vow_group *group = vow_group_new(&(struct vow_grouping){.size = sizeof(struct vow_grouping),
 *                                                             .deadline = vow_after(VOW_S(10))});
 *     for (size_t i = 0; i < count; i++)
 *         vow_group_spawn(group, fetch, vow_text(names[i]), &pages);
 *     vow_value ended = vow_await(vow_group_close(group), VOW_FOREVER);      none, or what went wrong
 *     vow_group_free(group);
 *
 * The first error of a member cancels the other members. A group is canceled as a whole, too: by `vow_group_cancel`, by its
 * deadline, and by a cancel of the promise of its end. A member that is a running job sees it by `vow_canceled()`, and its
 * waits end; other promises are canceled as by `vow_cancel`. The group's end comes when all members have ended.
 */
#ifndef VOW_GROUP_H
#define VOW_GROUP_H

#include <stdbool.h>
#include <vow/promise.h>
#include <vow/time.h>

VOW_BEGIN_DECLARATIONS

/** A group: one owner, who frees it. */
typedef struct vow_group vow_group;

/** Options of a group; zero means default. */
struct vow_grouping {
    size_t size; /**< sizeof(struct vow_grouping) */
    vow_scheduler *
        scheduler; /**< where members that are spawned run; shared; NULL: the current one of who spawns */
    vow_deadline deadline; /**< when it is canceled; zero: never */
    bool keep_going;       /**< an error of a member does not cancel the others */
};

/**
 * An open group without members. Its end is at home on the current scheduler. Copies `grouping`; NULL: all zero. NULL on
 * VOW_INVALID (a wrong `size`) and VOW_NO_MEMORY, with the reason in `vow_last_error`. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_group *vow_group_new(const struct vow_grouping *grouping);

/**
 * Begins a member: `fn(input, context)` as by `vow_spawn` on the group's scheduler. What it gives is released, but for an
 * error, which is the group's then. Borrows `group`; takes `input`, on failure too; borrows `context` until the member
 * has ended. Members may spawn members, also after the close, as long as the group has not ended.
 * VOW_INVALID: `group` or `fn` is NULL. VOW_CANCELED: the group was canceled. VOW_CLOSED: it has ended. VOW_NO_MEMORY.
 * Any thread; never waits; on immediate `fn` begins before this returns.
 */
VOW_API vow_status vow_group_spawn(vow_group *group, vow_fn *fn, vow_value input, void *context);

/**
 * Makes a promise a member: the group ends after it, and a cancel of the group cancels it, whoever else holds it. Its value
 * is released, its error is the group's. Borrows `group`; takes `promise`, on failure too, and then it is canceled.
 * VOW_INVALID: `group` or `promise` is NULL. Any thread; never waits; may run what `vow_cancel` runs, of `promise` on failure,
 * and of the other members where `promise` has been rejected already. All else as `vow_group_spawn`.
 */
VOW_API vow_status vow_group_add(vow_group *group, vow_promise *promise);

/**
 * Closes the group: it ends as soon as it has no members left. A promise of its end, the same each time: of none; or
 * rejected, with the error of a member as it is if that is the only one, else with one that has the status of the first
 * and all of them, in the order in which they came, as its causes (a list, `vow_error_cause`); with VOW_CANCELED or
 * VOW_TIMED_OUT if the group was canceled, or its deadline passed, before its members were done, and none of them failed
 * otherwise. Members that end with VOW_CANCELED after the group was canceled have not failed. Borrows `group`. Never NULL:
 * a rejected promise on VOW_INVALID (`group` is NULL). Cancel: cancels the group; the promise settles when the members have
 * ended. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_group_close(vow_group *group);

/**
 * Cancels all members, in linear time, and refuses further ones. Borrows `group`; NULL does nothing. Any thread; never
 * waits; may run links where a member's home is immediate.
 */
VOW_API void vow_group_cancel(vow_group *group);

/** Whether the group was canceled: by whomever, by an error or by its deadline. Borrows. Any thread; never waits. */
VOW_API bool vow_group_is_canceled(vow_group *group);

/** How many members have not ended. Borrows. Any thread; never waits. */
VOW_API size_t vow_group_count(vow_group *group);

/**
 * Closes the group, cancels what is left of it, waits until all members have ended, and frees it. Takes `group`;
 * NULL does nothing. An error that nobody has looked at is reported. Any thread; waits; may run links where a member's
 * home is immediate. Cancel: does not end the wait. VOW_INVALID, and nothing is freed: from one of its own
 * members. Other statuses as `vow_wait`, likewise.
 */
VOW_API vow_status vow_group_free(vow_group *group);

VOW_END_DECLARATIONS

#endif
