/*
 * gather_result.c - what each kind of gathering notes of its members, and makes of that.
 *
 *   kind           decided by                              result
 *   ------------   -------------------------------------   -----------------------------------------------
 *   SETTLED        the last of all                         `values`, by index
 *     first_value  or the first value                      a list of it and its index
 *     first_error  or the first error                      an error that names its index, because of it
 *   ALL            the last value, or the first error      `values`, by index; or that error
 *   ANY            the first value, or the last error      that value; or `errors` together
 *   RACE           the first                               that
 *   SOME           the last value that is wanted, or one   `values`, by arrival; or `errors` together
 *                  error too many
 */
#include "control/gather.h"

#include "base/list.h"
#include <vow/error.h>

/* Noting: under the lock --------------------------------------------------------------------------------------------- */

static void decide_by(struct gather *gather, size_t index, vow_value value)
{
    gather->decided = gather->by_one = true;
    gather->first = index;
    gather->result = value;
}

static void put(vow_value list, size_t index, vow_value value)
{
    vow_list_in(list)->items[index] = value;
}

static bool is_last(const struct gather *gather)
{
    return gather->fulfilled + gather->rejected == gather->count;
}

static void note_settled(struct gather *gather, size_t index, vow_value value)
{
    if (vow_is_error(value) ? gather->what.first_error : gather->what.first_value) {
        decide_by(gather, index, value);
        return;
    }
    put(gather->values, index, value);
    gather->decided = is_last(gather);
}

static void note_all(struct gather *gather, size_t index, vow_value value)
{
    if (vow_is_error(value)) {
        gather->decided = true;
        gather->failure = value;
        return;
    }
    put(gather->values, index, value);
    gather->decided = is_last(gather);
}

static void note_any(struct gather *gather, size_t index, vow_value value)
{
    if (vow_is_error(value)) {
        put(gather->errors, index, value);
        gather->decided = is_last(gather);
    } else {
        decide_by(gather, index, value);
    }
}

static void note_some(struct gather *gather, size_t index, vow_value value)
{
    if (vow_is_error(value)) {
        put(gather->errors, index, value);
        gather->decided = gather->count - gather->rejected < gather->what.wanted;
    } else {
        (void)vow_list_append(gather->values, value);
        gather->decided = gather->fulfilled == gather->what.wanted;
    }
}

void vow_gather_note(struct gather *gather, size_t index, vow_value value)
{
    if (vow_is_error(value))
        gather->rejected++;
    else
        gather->fulfilled++;
    switch (gather->what.kind) {
    case VOW_GATHER_SETTLED:
        note_settled(gather, index, value);
        break;
    case VOW_GATHER_ALL:
        note_all(gather, index, value);
        break;
    case VOW_GATHER_ANY:
        note_any(gather, index, value);
        break;
    case VOW_GATHER_RACE:
        decide_by(gather, index, value);
        break;
    case VOW_GATHER_SOME:
        note_some(gather, index, value);
        break;
    }
}

bool vow_gather_needs_nothing(const struct gather *gather)
{
    switch (gather->what.kind) {
    case VOW_GATHER_SETTLED:
    case VOW_GATHER_ALL:
        return gather->count == 0;
    case VOW_GATHER_SOME:
        return gather->what.wanted == 0;
    case VOW_GATHER_ANY:
    case VOW_GATHER_RACE:
        break;
    }
    return false;
}

/* Results ------------------------------------------------------------------------------------------------------------ */

static vow_value move(vow_value *from)
{
    vow_value value = *from;
    *from = vow_none();
    return value;
}

vow_value vow_errors_together(vow_value errors, const char *function, const char *what)
{
    const struct list *list = vow_list_in(errors);
    size_t count = list->count;
    vow_value first = vow_borrow(list->items[0]);
    if (count > 1)
        return vow_fail_because(errors, vow_error_status(first), "%s: %zu %s failed", function,
                                count, what);
    first = vow_retain(first);
    vow_release(errors);
    return first;
}

/* Takes out what are no errors. */
static vow_value errors_of(struct gather *gather)
{
    struct list *list = vow_list_in(gather->errors);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (vow_is_error(list->items[i]))
            list->items[kept++] = list->items[i];
    list->count = kept;
    return vow_errors_together(move(&gather->errors), gather->function, "promises");
}

static vow_value first_of(struct gather *gather)
{
    vow_value first = move(&gather->result);
    if (vow_is_error(first))
        return vow_fail_because(first, vow_error_status(first), "%s: promises[%zu] failed",
                                gather->function, gather->first);
    vow_value both = vow_list_new(2);
    if (vow_is_error(both)) {
        vow_release(first);
        return both;
    }
    (void)vow_list_append(both, first);
    (void)vow_list_append(both, vow_integer((int64_t)gather->first));
    return both;
}

static vow_value fill(struct gather *gather)
{
    struct list *list = vow_list_in(gather->values);
    for (size_t i = 0; i < gather->count; i++)
        if (gather->fields[i].ret_value != NULL)
            *gather->fields[i].ret_value = move(&list->items[i]);
    return move(&gather->result);
}

static vow_value all_of(struct gather *gather)
{
    if (vow_is_error(gather->failure))
        return move(&gather->failure);
    return gather->fills ? fill(gather) : move(&gather->values);
}

vow_value vow_gather_result(struct gather *gather)
{
    if (!gather->decided)
        return vow_fail(VOW_CANCELED, "%s: canceled", gather->function);
    switch (gather->what.kind) {
    case VOW_GATHER_SETTLED:
        return gather->by_one ? first_of(gather) : move(&gather->values);
    case VOW_GATHER_ALL:
        return all_of(gather);
    case VOW_GATHER_ANY:
        return gather->fulfilled > 0 ? move(&gather->result) : errors_of(gather);
    case VOW_GATHER_RACE:
        break;
    case VOW_GATHER_SOME:
        return gather->fulfilled == gather->what.wanted ? move(&gather->values) : errors_of(gather);
    }
    return move(&gather->result);
}
