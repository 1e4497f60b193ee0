/*
 * coroutine_testing.h - what the tests of coroutines share: bodies.
 */
#ifndef VOW_TESTS_WAIT_COROUTINE_TESTING_H
#define VOW_TESTS_WAIT_COROUTINE_TESTING_H

#include "control/control_testing.h"

#include <vow/coroutine.h>

/* Yields 0, 1, 2 … below the context's number; returns that. */
static unused_here vow_value count_to(vow_value input, void *context)
{
    (void)input;
    for (int64_t i = 0; i < (int64_t)(intptr_t)context; i++) {
        vow_value sent = vow_yield(vow_integer(i));
        if (vow_is_error(sent))
            return sent;
    }
    return vow_integer((int64_t)(intptr_t)context);
}

/* Notes what it is sent, an error by its status, until that is an error, which it returns. */
static unused_here vow_value note_items(vow_value item, void *context)
{
    (void)context;
    for (;; item = vow_yield(vow_none())) {
        if (vow_is_error(item)) {
            note(-vow_error_status(item));
            return item;
        }
        note(vow_as_integer(item));
    }
}

/* Yields what it is sent, borrowed as it came; errors too. */
static unused_here vow_value echo(vow_value item, void *context)
{
    (void)context;
    while (!vow_error_is(item, VOW_CLOSED))
        item = vow_yield(item);
    note(-VOW_CLOSED);
    return item;
}

static unused_here vow_value return_error(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_fail(VOW_USER, "no");
}

static unused_here vow_coroutine *counting_to(int64_t limit)
{
    return vow_coroutine_new(count_to, number_as_context(limit));
}

/* The integer in `value`, which is released. */
static unused_here int64_t number_of(vow_value value)
{
    int64_t number = vow_as_integer(value);
    vow_release(value);
    return number;
}

#define assert_end(value) assert_true(vow_is_end(value))

#define assert_state(coroutine, wanted) assert_int_equal(vow_coroutine_state(coroutine), wanted)

/* A consumer that takes anything but two. */
static unused_here vow_value refuse_two(vow_value item, void *context)
{
    (void)context;
    while (!vow_is_error(item)) {
        if (vow_as_integer(item) == 2)
            return vow_fail(VOW_USER, "not two");
        item = vow_yield(vow_none());
    }
    return item;
}

#endif
