/*
 * test_pool_options.c - which sizes and options a pool is made with.
 */
#include "pool_testing.h"

#include "base/threads.h"

static void sizes_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    assert_null(vow_pool_new(-1, NULL));
    assert_string_equal(vow_last_error(), "vow_pool_new: workers is negative (-1)");
    assert_null(vow_pool_new(VOW_POOL_LARGEST + 1, NULL));
    assert_string_equal(vow_last_error(), "vow_pool_new: workers is 1025, the most is 1024");
}

static void options_without_their_size_are_refused(void **state)
{
    struct vow_pool_options options = {0};
    (void)state;
    assert_null(vow_pool_new(1, &options));
    assert_string_equal(
        vow_last_error(),
        "vow_pool_new: options->size is wrong: set it to sizeof(struct vow_pool_options)");
}

static void absurd_stack_sizes_are_refused(void **state)
{
    struct vow_pool_options options = {.size = sizeof(options), .stack_size = 1};
    (void)state;
    assert_null(vow_pool_new(1, &options));
    assert_non_null(
        strstr(vow_last_error(), "vow_pool_new: options->stack_size is 1, not between"));
    options.stack_size = SIZE_MAX;
    assert_null(vow_pool_new(1, &options));
    assert_non_null(strstr(vow_last_error(), "options->stack_size"));
}

static void every_cpu_is_a_worker_for_each_processor(void **state)
{
    vow_pool *pool = vow_pool_new(VOW_EVERY_CPU, NULL);
    (void)state;
    assert_int_equal(vow_pool_size(pool), vow_processors());
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_make_no_sense_are_refused),
        cmocka_unit_test(options_without_their_size_are_refused),
        cmocka_unit_test(absurd_stack_sizes_are_refused),
        cmocka_unit_test(every_cpu_is_a_worker_for_each_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
