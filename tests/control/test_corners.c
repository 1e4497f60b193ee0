/*
 * test_corners.c - users' code at awkward moments: waits inside a firing, cancels inside a drop, memory that comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <vow.h>
#include <cmocka.h>

static vow_value add_one(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) + 1);
}

static vow_value wait_for_it(vow_value input, void *context)
{
    vow_value value = vow_none();
    (void)input;
    assert_int_equal(vow_wait(context, VOW_FOREVER, &value), VOW_OK);
    return value;
}

/* What is waited for lies behind the waiting function in the list of work of the same firing. */
static void a_wait_inside_a_function_runs_the_work_of_its_own_firing(void **state)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    (void)state;
    vow_promise *first = vow_then(vow_promise_retain(promise), NULL, NULL);
    vow_promise *behind = vow_then(vow_then(promise, NULL, NULL), add_one, NULL);
    vow_promise *waiting = vow_then(first, wait_for_it, behind);
    assert_int_equal(vow_fire(deferred, vow_integer(1)), VOW_OK);
    assert_int_equal(vow_as_integer(vow_await(waiting, VOW_POLL)), 2);
    vow_promise_release(behind);
}

static vow_promise *to_cancel;

static void cancel_it(void *object)
{
    (void)object;
    vow_cancel(to_cancel);
}

static const struct vow_type canceling = {.name = "canceling", .drop = cancel_it};

static vow_value give_promise(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(vow_promise_retain(context));
}

static void a_drop_of_the_former_value_may_cancel_what_replaces_it(void **state)
{
    vow_promise *inner;
    vow_deferred *slow = vow_deferred_new(&inner);
    vow_deferred *deferred = vow_deferred_new(&to_cancel);
    (void)state;
    to_cancel = vow_add_callback(to_cancel, give_promise, inner);
    assert_int_equal(vow_fire(deferred, vow_box_new(&canceling, 1)), VOW_OK);
    assert_int_equal(vow_state(inner), VOW_REJECTED);
    vow_value value = vow_await(to_cancel, VOW_POLL);
    assert_true(vow_error_is(value, VOW_CANCELED));
    vow_release(value);
    vow_promise_release(inner);
    vow_deferred_release(slow);
}

static bool failing;

static void *allocate(size_t size, void *context)
{
    (void)context;
    return failing ? NULL : malloc(size);
}

static void *resize(void *memory, size_t size, void *context)
{
    (void)context;
    return failing ? NULL : realloc(memory, size);
}

static void release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static vow_value give_seven(vow_value input, void *context)
{
    (void)context;
    assert_true(vow_error_is(input, VOW_NO_MEMORY));
    return vow_integer(7);
}

/* Makes promises until memory has run out; gives the one that says so. */
static vow_promise *run_out_of_memory(vow_promise **kept, size_t room, size_t *ret_count)
{
    failing = true;
    for (size_t i = 0; i < room; i++) {
        kept[i] = vow_succeeded(vow_none());
        *ret_count = i;
        if (vow_state(kept[i]) == VOW_REJECTED)
            break;
    }
    failing = false;
    return kept[*ret_count];
}

static void a_promise_that_lacked_memory_takes_functions_once_there_is_some(void **state)
{
    vow_promise *kept[1000];
    size_t count = 0;
    (void)state;
    vow_promise *refused = run_out_of_memory(kept, 1000, &count);
    assert_int_equal(vow_as_integer(vow_await(vow_catch(refused, give_seven, NULL), VOW_POLL)), 7);
    while (count-- > 0)
        vow_promise_release(kept[count]);
}

int main(void)
{
    const struct vow_allocator allocator = {
        .size = sizeof(allocator), .allocate = allocate, .resize = resize, .release = release};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_inside_a_function_runs_the_work_of_its_own_firing),
        cmocka_unit_test(a_drop_of_the_former_value_may_cancel_what_replaces_it),
        cmocka_unit_test(a_promise_that_lacked_memory_takes_functions_once_there_is_some),
    };
    if (vow_set_allocator(&allocator) != VOW_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
