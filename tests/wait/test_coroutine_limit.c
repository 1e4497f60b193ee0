/*
 * test_coroutine_limit.c - as many coroutines as there may be stacks, and not one more.
 */
#include "coroutine_testing.h"

#include <vow/generator.h>

enum { MOST = 8 };

static vow_coroutine *coroutines[MOST + 1];

static int make_all(void)
{
    int count = 0;
    while (count <= MOST && (coroutines[count] = counting_to(3)) != NULL)
        count++;
    return count;
}

static void release_all(int count)
{
    while (count > 0)
        vow_coroutine_release(coroutines[--count]);
}

static void one_too_many_is_answered(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        int count = make_all();
        assert_in_range(count, 1, MOST);
        assert_sentence("vow_coroutine_new: there are 8 stacks");
        for (int i = 0; i < count; i++)
            assert_int_equal(number_of(vow_next(coroutines[i])), 0);
        release_all(count);
    }
}

static void note_drop(void *context)
{
    note((int64_t)(intptr_t)context);
}

static void what_cannot_be_made_drops_its_context_and_leaves_others_alone(void **state)
{
    struct vow_coroutine_options options = {.size = sizeof options,
                                            .body = count_to,
                                            .context = number_as_context(3),
                                            .drop = note_drop};
    (void)state;
    int count = make_all();
    assert_null(vow_coroutine_new_with(&options));
    assert_logged(3);
    assert_null(vow_broadcast(coroutines, (size_t)count));
    assert_null(vow_buffer(coroutines[0], vow_immediate(), 1));
    for (int i = 0; i < count; i++)
        assert_state(coroutines[i], VOW_COROUTINE_NEW);
    release_all(count);
}

static vow_value release_itself(vow_value input, void *context)
{
    vow_coroutine_release(*(vow_coroutine **)context);
    return input;
}

/* Whoever releases the last reference while the body runs leaves the stack to the next one. */
static void stacks_of_those_that_released_themselves_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < 5 * MOST; i++) {
        vow_coroutine *coroutine = vow_coroutine_new(release_itself, &coroutine);
        assert_non_null(coroutine);
        vow_release(vow_next(coroutine));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(one_too_many_is_answered),
        control_test(what_cannot_be_made_drops_its_context_and_leaves_others_alone),
        control_test(stacks_of_those_that_released_themselves_come_back),
    };
    if (setenv("VOW_STACKS_MOST", "8", 1) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
