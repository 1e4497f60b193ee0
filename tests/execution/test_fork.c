/*
 * test_fork.c - fork and join: right results wherever and in whatever order, stealing, and misuse.
 */
#include "pool_testing.h"

#include <vow/box.h>
#include <vow/error.h>
#include <vow/fork.h>
#include <vow/line.h>
#include <vow/submit.h>
#include <vow/text.h>
#include <vow/wait.h>

/* What is forked -------------------------------------------------------------------------------------------- */

VOW_FORKABLE(long, sum, int, from, int, to)
{
    if (to - from <= 1)
        return from < to ? from : 0;
    int middle = from + (to - from) / 2;
    struct sum_forked lower;
    sum_fork(&lower, from, middle);
    long upper = sum(middle, to);
    return sum_join(&lower) + upper;
}

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

/* A job that runs `fn` in a pool of `workers`. */
static vow_value in_pool(int workers, vow_fn *fn, vow_value input, void *context)
{
    vow_pool *pool = vow_pool_new(workers, NULL);
    assert_non_null(pool);
    vow_value result =
        vow_await(vow_submit(vow_pool_scheduler(pool), fn, input, context), VOW_FOREVER);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    return result;
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

/* Thieves ---------------------------------------------------------------------------------------------------- */

VOW_FORKABLE_VOID(count_in, struct tally *, tally)
{
    tally_add(tally);
}

/* Forks `input` functions, and joins only after others have run them all. */
static vow_value wait_for_thieves(vow_value input, void *context)
{
    struct tally tally = {0};
    struct count_in_forked forks[8];
    int count = (int)vow_as_integer(input);
    (void)context;
    for (int i = 0; i < count; i++)
        count_in_fork(&forks[i], &tally);
    tally_wait(&tally, (uint32_t)count);
    for (int i = count; i > 0; i--)
        count_in_join(&forks[i - 1]);
    return vow_none();
}

static void another_worker_takes_what_is_forked(void **state)
{
    (void)state;
    assert_true(vow_is_none(in_pool(2, wait_for_thieves, vow_integer(1), NULL)));
}

static void a_busy_line_loses_all_its_forks(void **state)
{
    (void)state;
    if (!vow_barrier_available())
        skip();
    assert_true(vow_is_none(in_pool(2, wait_for_thieves, vow_integer(8), NULL)));
}

/* A fork that is being run elsewhere while it is joined. */
struct meeting {
    struct tally began;
    struct tally gate;
};

VOW_FORKABLE(int, meet, struct meeting *, meeting)
{
    tally_add(&meeting->began);
    tally_wait(&meeting->gate, 1);
    return 42;
}

static void open_gate(struct task *task)
{
    tally_add(task->context);
}

static vow_value join_what_runs(vow_value input, void *context)
{
    struct meeting meeting = {{0}, {0}};
    struct tally ended = {0};
    struct task opener = {.act = open_gate, .context = &meeting.gate, .ended = &ended};
    struct meet_forked fork;
    (void)input;
    meet_fork(&fork, &meeting);
    tally_wait(&meeting.began, 1);
    submit(context, &opener); /* is run by a worker that comes in while the join waits */
    int result = meet_join(&fork);
    tally_wait(&ended, 1);
    return vow_integer(result);
}

static void joining_what_runs_lets_the_worker_go_on(void **state)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    vow_value result = vow_await(
        vow_submit(vow_pool_scheduler(pool), join_what_runs, vow_none(), pool), VOW_FOREVER);
    assert_int_equal(vow_as_integer(result), 42);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

/* A line that has left its worker: its forks are there for the others, and for the same worker. */
static void leave_with_forks(struct task *task)
{
    struct tally tally = {0};
    struct count_in_forked forks[3];
    for (int i = 0; i < 3; i++)
        count_in_fork(&forks[i], &tally);
    struct lane *lane = vow_fork_leave();
    assert_non_null(lane);
    assert_null(vow_fork_leave());
    sum(0, 1000);
    tally_wait(&tally, 3);
    vow_fork_return(lane);
    for (int i = 3; i > 0; i--)
        count_in_join(&forks[i - 1]);
    (void)task;
}

static void forks_of_a_parked_line_are_stolen(void **state)
{
    struct tally ended = {0};
    struct task task = {.act = leave_with_forks, .ended = &ended};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    submit(pool, &task);
    tally_wait(&ended, 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

/* A line that really parks, with forks outstanding, while others fork and join on its worker. */
static vow_value rest(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(VOW_MS(1));
    return input;
}

VOW_FORKABLE(long, restful_sum, vow_pool *, pool, int, from, int, to)
{
    if (to - from == 1) {
        vow_value number = vow_await(
            vow_submit(vow_pool_scheduler(pool), rest, vow_integer(from), NULL), VOW_FOREVER);
        return (long)vow_as_integer(number);
    }
    struct restful_sum_forked lower;
    int middle = from + (to - from) / 2;
    restful_sum_fork(&lower, pool, from, middle);
    (void)vow_reschedule();
    long upper = restful_sum(pool, middle, to);
    return restful_sum_join(&lower) + upper;
}

static vow_value restful_job(vow_value input, void *context)
{
    return vow_integer(restful_sum(context, 0, (int)vow_as_integer(input)));
}

static void lines_park_between_fork_and_join(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 2; workers++) {
        vow_promise *sums[10];
        vow_pool *pool = vow_pool_new(workers, NULL);
        for (int i = 0; i < 10; i++)
            sums[i] = vow_submit(vow_pool_scheduler(pool), restful_job, vow_integer(i + 1), pool);
        for (int i = 0; i < 10; i++)
            assert_int_equal(vow_as_integer(vow_await(sums[i], VOW_FOREVER)), i * (i + 1) / 2);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
    }
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

/* Size ------------------------------------------------------------------------------------------------------- */

static vow_value resize_meanwhile(vow_value input, void *context)
{
    int64_t right = 0;
    (void)input;
    for (int i = 0; i < 20; i++) {
        struct sum_forked fork;
        sum_fork(&fork, 0, 1000);
        (void)vow_pool_resize(context, i % 4 + 1);
        long other = sum(1000, 2000);
        right += sum_join(&fork) + other == 1999000;
    }
    return vow_integer(right);
}

static void the_pool_is_resized_while_forks_are_out(void **state)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    vow_value right = vow_await(
        vow_submit(vow_pool_scheduler(pool), resize_meanwhile, vow_none(), pool), VOW_FOREVER);
    assert_int_equal(vow_as_integer(right), 20);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

struct closing {
    struct tally began;
    struct tally gate;
    _Atomic long result;
};

static vow_value sum_after_gate(vow_value input, void *context)
{
    struct closing *closing = context;
    struct sum_forked fork;
    (void)input;
    sum_fork(&fork, 0, 1000);
    tally_add(&closing->began);
    tally_wait(&closing->gate, 1);
    long other = sum(1000, 2000);
    atomic_store(&closing->result, sum_join(&fork) + other);
    return vow_none();
}

static void closing_a_pool_leaves_running_jobs_their_forks(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct closing closing = {.result = 0};
        vow_pool *pool = vow_pool_new(2, NULL);
        assert_int_equal(
            vow_schedule(vow_pool_scheduler(pool), sum_after_gate, vow_none(), &closing), VOW_OK);
        tally_wait(&closing.began, 1);
        assert_int_equal(vow_pool_close(pool, i == 0 ? VOW_DRAIN : VOW_CANCEL, VOW_POLL),
                         VOW_TIMED_OUT);
        tally_add(&closing.gate);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        assert_int_equal(atomic_load(&closing.result), 1999000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_summed_by_pools_of_any_size),
        cmocka_unit_test(a_plain_thread_forks_too),
        cmocka_unit_test(functions_of_values_are_forked),
        cmocka_unit_test(forks_without_a_result_and_with_many_parameters),
        cmocka_unit_test(many_jobs_fork_at_once),
        cmocka_unit_test(forks_are_joined_in_any_order),
        cmocka_unit_test(more_forks_than_a_line_can_have_run_at_once),
        cmocka_unit_test(another_worker_takes_what_is_forked),
        cmocka_unit_test(a_busy_line_loses_all_its_forks),
        cmocka_unit_test(joining_what_runs_lets_the_worker_go_on),
        cmocka_unit_test(forks_of_a_parked_line_are_stolen),
        cmocka_unit_test(lines_park_between_fork_and_join),
        cmocka_unit_test(errors_come_out_of_the_join),
        cmocka_unit_test(inputs_are_taken_and_results_are_owned),
        cmocka_unit_test(a_promise_is_awaited_by_the_join),
        cmocka_unit_test(joining_twice_is_an_error),
        cmocka_unit_test(joining_what_was_not_forked_is_an_error),
        cmocka_unit_test(forking_no_function_is_an_error),
        cmocka_unit_test(the_pool_is_resized_while_forks_are_out),
        cmocka_unit_test(closing_a_pool_leaves_running_jobs_their_forks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
