/*
 * group.c - programs over a group: promises become members, are fired and canceled, the group is canceled, closed and freed; and
 * a model of its end (vow/group.h).
 */
#include "fuzz.h"

#include <string.h>

enum { MEMBERS = 6, MOST_EVENTS = 50 };

static vow_group *group;
static vow_deferred *deferreds[MEMBERS];
static vow_promise *ended; /* of the group; NULL: not asked for yet */

/* The model ------------------------------------------------------------------------------------------------------- */

static struct {
    bool keeps_going;
    bool inside[MEMBERS], fired[MEMBERS], swallows[MEMBERS];
    int errors[MOST_EVENTS * MEMBERS]; /* statuses, as they came; a place is used again */
    int failed, count;
    bool canceled, asked, closed;
} model;

static bool has_ended(void)
{
    return model.closed && model.count == 0;
}

static void cancel_all(void);

static void member_ends(int index, int status)
{
    model.inside[index] = false;
    model.fired[index] = true;
    model.count--;
    if (status == VOW_OK || (status == VOW_CANCELED && model.canceled))
        return;
    model.errors[model.failed++] = status;
    if (!model.keeps_going && !model.canceled && fuzz_bend != BEND_GROUP)
        cancel_all();
}

static void cancel_all(void)
{
    model.canceled = true;
    for (int i = 0; i < MEMBERS; i++)
        if (model.inside[i]) {
            model.swallows[i] = true;
            member_ends(i, VOW_CANCELED);
        }
}

static vow_status fire(int index, int status)
{
    if (model.fired[index]) {
        bool swallowed = model.swallows[index];
        model.swallows[index] = false;
        return swallowed ? VOW_OK : VOW_ALREADY_FIRED;
    }
    if (model.inside[index])
        member_ends(index, status);
    model.fired[index] = true;
    return VOW_OK;
}

static vow_status add(int index)
{
    model.fired[index] = model.swallows[index] = false;
    if (has_ended() || model.canceled) {
        model.fired[index] = model.swallows[index] = true;
        return has_ended() ? VOW_CLOSED : VOW_CANCELED;
    }
    model.inside[index] = true;
    model.count++;
    return VOW_OK;
}

static void note_model(void)
{
    note_on(MODEL, "count", model.count, model.canceled);
    if (!model.closed || !has_ended())
        return;
    int status = model.failed > 0 ? model.errors[0] : model.asked ? VOW_CANCELED : VOW_OK;
    note_on(MODEL, "ended", status, model.failed > 1 ? model.failed : 0);
    for (int i = 0; i < model.failed && model.failed > 1; i++)
        note_on(MODEL, "cause", model.errors[i], 0);
}

/* The library's side ---------------------------------------------------------------------------------------------- */

static void note_real(void)
{
    vow_value value = vow_none();
    note_on(REAL, "count", (long)vow_group_count(group), vow_group_is_canceled(group));
    if (ended == NULL || !vow_peek(ended, &value))
        return;
    vow_value causes = vow_error_cause(value);
    long count = vow_is_list(causes) ? (long)vow_list_count(causes) : 0;
    note_on(REAL, "ended", vow_error_status(value), count);
    for (size_t i = 0; i < (size_t)count; i++)
        note_on(REAL, "cause", vow_error_status(vow_list_at(causes, i)), 0);
    vow_release(value);
}

static void add_both(int index)
{
    vow_promise *promise;
    if (deferreds[index] != NULL)
        return;
    deferreds[index] = vow_deferred_new(&promise);
    note_on(REAL, "add", vow_group_add(group, promise), 0);
    note_on(MODEL, "add", add(index), 0);
}

static void fire_both(int index, int status)
{
    vow_value value = status == VOW_OK ? token_box(index) : vow_fail(status, "a member");
    if (deferreds[index] == NULL) {
        vow_release(value);
        return;
    }
    note_on(REAL, "fire", vow_resolve(deferreds[index], value), 0);
    note_on(MODEL, "fire", fire(index, status), 0);
}

static void abandon_both(int index)
{
    vow_deferred *deferred = deferreds[index];
    deferreds[index] = NULL;
    if (deferred == NULL)
        return;
    vow_deferred_release(deferred);
    if (!model.fired[index])
        (void)fire(index, VOW_ABANDONED);
}

static void close_both(void)
{
    vow_promise *promise = vow_group_close(group);
    must(ended == NULL || promise == ended);
    vow_promise_release(ended);
    ended = promise;
    model.closed = true;
}

static void cancel_both(bool by_end)
{
    if (by_end && ended == NULL)
        return;
    if (by_end)
        vow_cancel(ended);
    else
        vow_group_cancel(group);
    if (has_ended() || model.canceled)
        return;
    model.asked = model.count > 0; /* otherwise its members were done */
    cancel_all();
}

static void do_event(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    int index = (int)(choice / 8 % MEMBERS);
    trace("event %u member %d", choice % 8, index);
    switch (choice % 8) {
    case 0:
    case 1:
        add_both(index);
        break;
    case 2:
        fire_both(index, VOW_OK);
        break;
    case 3:
        fire_both(index, VOW_USER + (int)next_byte(bytes));
        break;
    case 4:
        abandon_both(index);
        break;
    case 5:
        fire_both(index, VOW_CANCELED);
        break;
    case 6:
        close_both();
        break;
    default:
        cancel_both(index % 2 != 0);
        break;
    }
}

void fuzz_group(struct bytes *bytes)
{
    memset(&model, 0, sizeof(model));
    model.keeps_going = next_below(bytes, 2) != 0;
    const struct vow_grouping grouping = {.size = sizeof(grouping),
                                          .keep_going = model.keeps_going};
    group = vow_group_new(&grouping);
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        do_event(bytes);
        note_real();
        note_model();
        compare_notes();
    }
    must(vow_group_free(group) == VOW_OK);
    for (int i = 0; i < MEMBERS; i++)
        abandon_both(i);
    vow_promise_release(ended);
    ended = NULL;
}
