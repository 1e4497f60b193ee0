/*
 * gather.c - what all gatherings share: attaching, being told, ending the rest, firing (gather.h). What each kind makes of
 * the values is in gather_result.c.
 */
#include "control/gather.h"

#include "base/list.h"
#include "control/canceller.h"
#include <string.h>
#include <vow/memory.h>

/* Memory ------------------------------------------------------------------------------------------------------------- */

static size_t size_of(size_t count)
{
    return sizeof(struct gather) + count * sizeof(struct member);
}

static void destroy(struct gather *gather)
{
    vow_release(gather->result);
    vow_release(gather->failure);
    vow_release(gather->values);
    vow_release(gather->errors);
    vow_deallocate(gather->fields);
    vow_object_delete(gather, size_of(gather->count));
}

static void release(void *context)
{
    struct gather *gather = context;
    if (vow_references_drop(&gather->references))
        destroy(gather);
}

/* Going on ----------------------------------------------------------------------------------------------------------- */

enum next { NEXT_NOTHING, NEXT_END_REST, NEXT_FIRE };

/* Under the lock: what is to be done now, by whoever asks. */
static enum next next_step(struct gather *gather)
{
    bool known = gather->decided || gather->canceled;
    bool patient = gather->what.cancel_rest || gather->canceled;
    if (gather->attaching || gather->fired || !known)
        return NEXT_NOTHING;
    if (patient && gather->pending > 0) {
        bool begun = gather->ending;
        gather->ending = true;
        return begun ? NEXT_NOTHING : NEXT_END_REST;
    }
    gather->fired = true;
    return NEXT_FIRE;
}

/* Under the lock on entry, without it on return. */
static void go_on(struct gather *gather, struct firing *firing);

/* Cancels what a member waits for; lets it go if somebody else looks at it. */
static void end_member_early(struct gather *gather, struct member *member)
{
    vow_lock_take(&gather->lock);
    vow_promise *promise = vow_promise_retain(member->promise);
    vow_lock_give(&gather->lock);
    if (promise == NULL || vow_cancel_as_consumer(promise))
        return;
    vow_lock_take(&gather->lock);
    bool pending = member->promise != NULL;
    if (pending) {
        member->let_go = true;
        gather->pending--;
    }
    vow_lock_give(&gather->lock);
    if (pending)
        vow_told_let_go(promise, &member->told);
    vow_promise_unref(promise);
}

static void end_rest(struct gather *gather, struct firing *firing)
{
    for (size_t i = 0; i < gather->count; i++)
        end_member_early(gather, &gather->members[i]);
    vow_lock_take(&gather->lock);
    go_on(gather, firing);
}

static void go_on(struct gather *gather, struct firing *firing)
{
    enum next next = next_step(gather);
    vow_lock_give(&gather->lock);
    if (next == NEXT_END_REST)
        end_rest(gather, firing);
    else if (next == NEXT_FIRE)
        vow_fire_with(gather->deferred, vow_gather_result(gather), firing);
}

/* A member has ended with `value` (taken). */
static void member_ended(struct gather *gather, struct member *member, vow_value value,
                         struct firing *firing)
{
    vow_value unwanted = vow_none();
    vow_lock_take(&gather->lock);
    vow_promise *promise = member->promise;
    member->promise = NULL;
    if (!member->let_go)
        gather->pending--;
    if (gather->decided || member->let_go)
        unwanted = value;
    else
        vow_gather_note(gather, (size_t)(member - gather->members), value);
    go_on(gather, firing);
    vow_release(unwanted);
    vow_promise_unref(promise);
}

static void tell(struct told *told, vow_value value, struct firing *firing)
{
    struct member *member = vow_container_of(told, struct member, told);
    struct gather *gather = member->gather;
    member_ended(gather, member, value, firing);
    release(gather);
}

static void forget(struct told *told)
{
    struct member *member = vow_container_of(told, struct member, told);
    struct gather *gather = member->gather;
    vow_lock_take(&gather->lock);
    vow_promise *promise = member->promise;
    member->promise = NULL;
    vow_lock_give(&gather->lock);
    vow_promise_unref(promise);
    release(gather);
}

/* Inside of the promise: the lock is taken there, and no promise is entered under it. */
static vow_promise *waits(struct told *told)
{
    struct gather *gather = vow_container_of(told, struct member, told)->gather;
    vow_lock_take(&gather->lock);
    vow_promise *result = gather->fired ? NULL : vow_told_waiting(gather->deferred);
    vow_lock_give(&gather->lock);
    return result;
}

static void cancel(void *context)
{
    struct gather *gather = context;
    vow_lock_take(&gather->lock);
    gather->canceled = true;
    go_on(gather, NULL);
}

/* Beginning ---------------------------------------------------------------------------------------------------------- */

/* The room that the kind needs; false without memory. */
static bool make_room(struct gather *gather)
{
    enum vow_gathering_kind kind = gather->what.kind;
    if (kind == VOW_GATHER_SOME)
        gather->values = vow_list_new(gather->what.wanted);
    else if (kind == VOW_GATHER_ALL || kind == VOW_GATHER_SETTLED)
        gather->values = vow_list_of_none(gather->count);
    if (kind == VOW_GATHER_ANY || kind == VOW_GATHER_SOME)
        gather->errors = vow_list_of_none(gather->count);
    return !vow_is_error(gather->values) && !vow_is_error(gather->errors);
}

static struct gather *gather_new(size_t count, const struct vow_gathering *what,
                                 vow_promise **ret_promise)
{
    bool fits = count <= (SIZE_MAX - sizeof(struct gather)) / sizeof(struct member) &&
                count < UINT32_MAX - 2;
    struct gather *gather = fits ? vow_object_new(size_of(count)) : NULL;
    if (gather == NULL)
        return NULL;
    *gather = (struct gather){.what = *what, .count = count, .pending = count, .attaching = true};
    vow_references_set(&gather->references, (uint32_t)count + 2);
    vow_promise *promise = NULL;
    gather->deferred = make_room(gather) ? vow_deferred_new(&promise) : NULL;
    if (gather->deferred == NULL) {
        destroy(gather);
        return NULL;
    }
    gather->decided = vow_gather_needs_nothing(gather);
    if (vow_set_patient_canceller(gather->deferred, cancel, gather, release) != VOW_OK) {
        (void)vow_fire(gather->deferred, vow_none());
        vow_promise_release(promise);
        destroy(gather);
        return NULL;
    }
    *ret_promise = promise;
    return gather;
}

static void attach(struct gather *gather, struct member *member, vow_promise *promise)
{
    static const struct told_kind kind = {.tell = tell, .waits = waits, .forget = forget};
    vow_value value;
    member->gather = gather;
    member->promise = promise;
    member->let_go = false;
    vow_told_init(&member->told, gather->what.leave_errors ? LINK_UNSEEN : 0, &kind);
    if (vow_told_attach(promise, &member->told, &value))
        tell(&member->told, value, NULL);
}

static vow_promise *promise_at(const struct gathered *gathered, size_t index)
{
    return gathered->fields != NULL ? gathered->fields[index].promise : gathered->promises[index];
}

static void attach_all(struct gather *gather, const struct gathered *gathered)
{
    for (size_t i = 0; i < gather->count; i++)
        gather->members[i].promise = NULL;
    for (size_t i = 0; i < gather->count; i++)
        attach(gather, &gather->members[i], promise_at(gathered, i));
    vow_lock_take(&gather->lock);
    gather->attaching = false;
    go_on(gather, NULL);
    release(gather);
}

vow_promise *vow_gather_refuse(const struct gathered *gathered, vow_status status)
{
    vow_promise *refused = vow_promise_refused(status);
    bool any = gathered->fields != NULL || gathered->promises != NULL;
    for (size_t i = 0; any && i < gathered->count; i++)
        vow_promise_release(promise_at(gathered, i));
    vow_release(gathered->result);
    return refused;
}

/* The fields' own copy; `*ret_copy` NULL where there are none. False without memory. */
static bool copy_fields(const struct gathered *gathered, struct vow_field **ret_copy)
{
    size_t size =
        gathered->count * sizeof(*gathered->fields); /* of an array that exists: no overflow */
    *ret_copy = NULL;
    if (gathered->fields == NULL || size == 0)
        return true;
    *ret_copy = vow_allocate(size);
    if (*ret_copy != NULL)
        memcpy(*ret_copy, gathered->fields, size);
    return *ret_copy != NULL;
}

vow_promise *vow_gather_begin(const struct gathered *gathered, const struct vow_gathering *what,
                              const char *function)
{
    vow_promise *promise = NULL;
    struct vow_field *fields = NULL;
    struct gather *gather =
        copy_fields(gathered, &fields) ? gather_new(gathered->count, what, &promise) : NULL;
    if (gather == NULL) {
        vow_deallocate(fields);
        return vow_gather_refuse(gathered,
                                 vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function));
    }
    gather->function = function;
    gather->fields = fields;
    gather->fills = gathered->fills;
    gather->result = vow_own(gathered->result);
    attach_all(gather, gathered);
    return promise;
}
