/*
 * broadcast.c - a consumer that feeds several.
 *
 * Invariant: the consumers in the set have not ended, as far as the broadcast has seen.
 */
#include <vow/error.h>
#include <vow/generator.h>
#include <vow/memory.h>

#include "base/fail.h"
#include "base/value.h"
#include "wait/coroutine.h"

struct set {
    size_t count;
    vow_coroutine *consumers[]; /* references */
};

static void keep_first(vow_value *error, vow_value other)
{
    if (vow_is_none(*error) && vow_is_error(other))
        *error = other;
    else
        vow_release(other);
}

/* An error that one of them ended with, or none. */
static vow_value send_to_all(struct set *set, vow_value item)
{
    vow_value error = vow_none();
    size_t left = 0;

    for (size_t i = 0; i < set->count; i++) {
        vow_coroutine *consumer = set->consumers[i];
        vow_value answer = vow_send(consumer, vow_borrow(item));
        if (vow_coroutine_state(consumer) == VOW_COROUTINE_SUSPENDED) {
            vow_release(answer);
            set->consumers[left++] = consumer;
        } else {
            keep_first(&error, answer);
            vow_coroutine_release(consumer);
        }
    }
    set->count = left;
    return error;
}

static vow_value close_all(struct set *set)
{
    vow_value error = vow_none();

    for (size_t i = 0; i < set->count; i++) {
        vow_status status = vow_coroutine_close(set->consumers[i]);
        if (status != VOW_OK)
            keep_first(&error, vow_error_from_last(__FILE__, __LINE__, status));
    }
    return error;
}

/* Begun by vow_broadcast itself: it is told of its end, then, even where no item has come. */
static vow_value broadcast(vow_value input, void *context)
{
    struct set *set = context;

    (void)input;
    for (;;) {
        vow_value item = vow_yield(vow_none());
        if (vow_coroutine_is_closing())
            return close_all(set);
        vow_value error = send_to_all(set, item);
        if (vow_is_error(error) || set->count == 0)
            return error;
    }
}

static void drop_set(void *context)
{
    struct set *set = context;

    for (size_t i = 0; i < set->count; i++)
        vow_coroutine_release(set->consumers[i]);
    vow_deallocate(set);
}

static struct set *set_new(vow_coroutine *const *consumers, size_t count)
{
    struct set *set = vow_allocate(sizeof *set + count * sizeof(void *));

    if (set == NULL) {
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_broadcast: no memory for the set of consumers");
        return NULL;
    }
    set->count = count;
    for (size_t i = 0; i < count; i++)
        set->consumers[i] = vow_coroutine_retain(consumers[i]);
    return set;
}

vow_coroutine *vow_broadcast(vow_coroutine *const *consumers, size_t count)
{
    struct vow_coroutine_options options = {
        .size = sizeof options, .body = broadcast, .drop = drop_set, .name = "broadcast"};

    for (size_t i = 0; i < count; i++) {
        if (consumers == NULL || consumers[i] == NULL) {
            (void)vow_fail_status(VOW_INVALID, "vow_broadcast: consumer %zu is NULL", i);
            return NULL;
        }
    }
    options.context = set_new(consumers, count);
    if (options.context == NULL)
        return NULL;
    vow_coroutine *made = vow_coroutine_new_with(&options);
    if (made != NULL)
        vow_release(vow_next(made));
    return made;
}
