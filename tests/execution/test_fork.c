/*
 * test_fork.c - fork and join: right results wherever and in whatever order, and misuse.
 */
#include "execution/fork.h"
#include "fork_testing.h"

#include <vow/coroutine.h>
#include <vow/text.h>

/* What is forked -------------------------------------------------------------------------------------------- */

VOW_FORKABLE_VOID(fill, int *, numbers, int, count, int, with)
{
    if (count == 1)
        numbers[0] = with;
    if (count <= 1)
        return;
    struct fill_forked lower;
    fill_fork(&lower, numbers, count / 2, with);
    fill(numbers + count / 2, count - count / 2, with);
    fill_join(&lower);
}

VOW_FORKABLE(double, mean, double, a, double, b, double, c, double, d)
{
    return (a + b + c + d) / 4;
}

static vow_value fibonacci(vow_value input, void *context)
{
    int64_t n = vow_as_integer(input);
    if (n < 2)
        return input;
    struct vow_forked first;
    vow_fork(&first, fibonacci, vow_integer(n - 1), context);
    int64_t second = vow_as_integer(fibonacci(vow_integer(n - 2), context));
    return vow_integer(vow_as_integer(vow_join(&first)) + second);
}

static vow_value sum_up_to(vow_value input, void *context)
{
    (void)context;
    return vow_integer(sum(0, (int)vow_as_integer(input)));
}

/* Results --------------------------------------------------------------------------------------------------- */

static void ranges_are_summed_by_pools_of_any_size(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 4; workers++)
        assert_int_equal(vow_as_integer(in_pool(workers, sum_up_to, vow_integer(20000), NULL)),
                         20000L * 19999 / 2);
}

static void a_plain_thread_forks_too(void **state)
{
    (void)state;
    assert_int_equal(sum(0, 1000), 499500);
    assert_int_equal(vow_as_integer(fibonacci(vow_integer(15), NULL)), 610);
}

static void functions_of_values_are_forked(void **state)
{
    (void)state;
    assert_int_equal(vow_as_integer(in_pool(2, fibonacci, vow_integer(20), NULL)), 6765);
}

static vow_value fill_and_check(vow_value input, void *context)
{
    int numbers[100] = {0};
    (void)context;
    fill(numbers, 100, (int)vow_as_integer(input));
    int right = 0;
    for (int i = 0; i < 100; i++)
        right += numbers[i] == (int)vow_as_integer(input);
    return vow_integer(right);
}

static void forks_without_a_result_and_with_many_parameters(void **state)
{
    (void)state;
    assert_int_equal(vow_as_integer(in_pool(2, fill_and_check, vow_integer(7), NULL)), 100);
    struct mean_forked fork;
    mean_fork(&fork, 1, 2, 3, 6);
    assert_true(mean_join(&fork) == 3);
}

static void many_jobs_fork_at_once(void **state)
{
    enum { JOBS = 50 };
    vow_promise *sums[JOBS];
    vow_pool *pool = vow_pool_new(3, NULL);
    (void)state;
    for (int i = 0; i < JOBS; i++)
        sums[i] = vow_submit(vow_pool_scheduler(pool), sum_up_to, vow_integer(i * 10), NULL);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(vow_as_integer(vow_await(sums[i], VOW_FOREVER)),
                         i * 10 * (i * 10 - 1) / 2);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

/* Between two yields of a coroutine there may be another thread: whether each fork is the present one's. */
static vow_value fork_between_yields(vow_value input, void *context)
{
    (void)context;
    while (!vow_is_error(input)) {
        struct sum_forked fork;
        sum_fork(&fork, 0, 10);
        bool here = vow_fork_lane() == NULL || !vow_fork_all_joined();
        input = vow_yield(vow_integer(sum_join(&fork) == 45 && here));
    }
    return input;
}

static vow_value resume(vow_value input, void *context)
{
    (void)input;
    return vow_next(context);
}

static void a_coroutine_forks_where_it_was_resumed(void **state)
{
    vow_pool *pools[] = {vow_pool_new(1, NULL), vow_pool_new(1, NULL)};
    vow_coroutine *coroutine = vow_coroutine_new(fork_between_yields, NULL);
    (void)state;
    for (int i = 0; i < 6; i++) {
        vow_scheduler *scheduler = vow_pool_scheduler(pools[i % 2]);
        vow_value right =
            vow_await(vow_submit(scheduler, resume, vow_none(), coroutine), VOW_FOREVER);
        assert_int_equal(vow_as_integer(right), 1);
    }
    vow_coroutine_release(coroutine);
    for (int i = 0; i < 2; i++)
        assert_int_equal(vow_pool_free(pools[i]), VOW_OK);
}

/* Order ----------------------------------------------------------------------------------------------------- */

/* Forks `count` and joins them in the order in which they were forked. */
static vow_value oldest_first(vow_value input, void *context)
{
    int count = (int)vow_as_integer(input);
    struct sum_forked *forks = calloc((size_t)count, sizeof(*forks));
    long total = 0;
    (void)context;
    for (int i = 0; i < count; i++)
        sum_fork(&forks[i], 0, i);
    for (int i = 0; i < count; i++)
        total += sum_join(&forks[i]);
    free(forks);
    return vow_integer(total);
}

static int64_t sum_of_sums(int64_t count)
{
    int64_t total = 0;
    for (int64_t i = 0; i < count; i++)
        total += i * (i - 1) / 2;
    return total;
}

static void forks_are_joined_in_any_order(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 2; workers++)
        assert_int_equal(vow_as_integer(in_pool(workers, oldest_first, vow_integer(100), NULL)),
                         sum_of_sums(100));
}

static void more_forks_than_a_line_can_have_run_at_once(void **state)
{
    (void)state;
    assert_int_equal(
        vow_as_integer(in_pool(2, oldest_first, vow_integer(VOW_FORK_MOST + 500), NULL)),
        sum_of_sums(VOW_FORK_MOST + 500));
}

/* Values ----------------------------------------------------------------------------------------------------- */

static vow_value raise_if_odd(vow_value input, void *context)
{
    (void)context;
    if (vow_as_integer(input) % 2 != 0)
        return vow_fail(VOW_LIMIT, "odd");
    return input;
}

static vow_value collect_errors(vow_value input, void *context)
{
    struct vow_forked forks[10];
    int64_t errors = 0;
    (void)input;
    for (int i = 0; i < 10; i++)
        vow_fork(&forks[i], raise_if_odd, vow_integer(i), context);
    for (int i = 9; i >= 0; i--) {
        vow_value result = vow_join(&forks[i]);
        errors += vow_error_is(result, VOW_LIMIT);
        vow_release(result);
    }
    return vow_integer(errors);
}

static void errors_come_out_of_the_join(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 2; workers++)
        assert_int_equal(vow_as_integer(in_pool(workers, collect_errors, vow_none(), NULL)), 5);
}

static vow_value give_back(vow_value input, void *context)
{
    (void)context;
    return input;
}

static vow_value pass_text(vow_value input, void *context)
{
    struct vow_forked owned;
    struct vow_forked borrowed;
    vow_fork(&owned, give_back, vow_text("owned"), context);
    vow_fork(&borrowed, give_back, input, context);
    vow_value second = vow_join(&borrowed);
    vow_value first = vow_join(&owned);
    bool right = strcmp(vow_as_text(first), "owned") == 0 && vow_value_equal(second, input) &&
                 vow_is_owned(first) && vow_is_owned(second);
    vow_release(first);
    vow_release(second);
    return vow_integer(right);
}

static void inputs_are_taken_and_results_are_owned(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 2; workers++)
        assert_int_equal(vow_as_integer(in_pool(workers, pass_text, vow_text("borrowed"), NULL)),
                         1);
}

static vow_value promise_later(vow_value input, void *context)
{
    (void)context;
    return vow_promise_value(vow_submit(NULL, give_back, vow_retain(input), NULL));
}

static void a_promise_is_awaited_by_the_join(void **state)
{
    struct vow_forked fork;
    (void)state;
    vow_fork(&fork, promise_later, vow_text("later"), NULL);
    vow_value result = vow_join(&fork);
    assert_string_equal(vow_as_text(result), "later");
    vow_release(result);
}

/* Misuse ----------------------------------------------------------------------------------------------------- */

static vow_value join_twice(vow_value input, void *context)
{
    struct vow_forked fork;
    struct sum_forked numbers;
    vow_fork(&fork, give_back, vow_text("once"), context);
    vow_release(vow_join(&fork));
    vow_value second = vow_join(&fork);
    bool right = vow_error_is(second, VOW_INVALID);
    vow_release(second);
    sum_fork(&numbers, 0, 10);
    right = right && sum_join(&numbers) == 45 && sum_join(&numbers) == 0 && sum_join(&numbers) == 0;
    (void)input;
    return vow_integer(right);
}

static void joining_twice_is_an_error(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 2; workers++)
        assert_int_equal(vow_as_integer(in_pool(workers, join_twice, vow_none(), NULL)), 1);
}

static vow_value join_unforked(vow_value input, void *context)
{
    struct vow_forked fork = {.fn = give_back};
    struct sum_forked other;
    (void)context;
    (void)input;
    sum_fork(&other, 0, 10);
    vow_value result = vow_join(&fork);
    bool right = vow_error_is(result, VOW_INVALID) && sum_join(&other) == 45;
    vow_release(result);
    return vow_integer(right);
}

static void joining_what_was_not_forked_is_an_error(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 1; workers++)
        assert_int_equal(vow_as_integer(in_pool(workers, join_unforked, vow_none(), NULL)), 1);
}

static void forking_no_function_is_an_error(void **state)
{
    struct vow_forked fork;
    (void)state;
    vow_fork(&fork, NULL, vow_text("unused"), NULL);
    vow_value result = vow_join(&fork);
    assert_true(vow_error_is(result, VOW_INVALID));
    vow_release(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_summed_by_pools_of_any_size),
        cmocka_unit_test(a_plain_thread_forks_too),
        cmocka_unit_test(functions_of_values_are_forked),
        cmocka_unit_test(forks_without_a_result_and_with_many_parameters),
        cmocka_unit_test(many_jobs_fork_at_once),
        cmocka_unit_test(a_coroutine_forks_where_it_was_resumed),
        cmocka_unit_test(forks_are_joined_in_any_order),
        cmocka_unit_test(more_forks_than_a_line_can_have_run_at_once),
        cmocka_unit_test(errors_come_out_of_the_join),
        cmocka_unit_test(inputs_are_taken_and_results_are_owned),
        cmocka_unit_test(a_promise_is_awaited_by_the_join),
        cmocka_unit_test(joining_twice_is_an_error),
        cmocka_unit_test(joining_what_was_not_forked_is_an_error),
        cmocka_unit_test(forking_no_function_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
