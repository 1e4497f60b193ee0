/*
 * test_fork_thieves.c - forks that others run: stolen from busy and from parked lines, in pools that are resized or closed.
 */
#include "fork_testing.h"

#include <vow/line.h>

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

/* A join whose job is canceled while another worker runs what it waits for, on its stack. */
struct canceling {
    struct meeting meeting;
    struct tally made;
    vow_promise *joiner;
    vow_scheduler *workers;
    _Atomic bool joined;
    bool joined_too_soon;
};

static vow_value cancel_and_open_gate(vow_value input, void *context)
{
    struct canceling *canceling = context;
    vow_cancel(canceling->joiner);
    (void)vow_reschedule(); /* whom that lets go on goes on now */
    canceling->joined_too_soon = atomic_load(&canceling->joined);
    tally_add(&canceling->meeting.gate);
    return input;
}

static vow_value join_and_tell(vow_value input, void *context)
{
    struct canceling *canceling = context;
    struct meet_forked fork;
    (void)input;
    meet_fork(&fork, &canceling->meeting);
    tally_wait(&canceling->meeting.began, 1);
    tally_wait(&canceling->made, 1);
    vow_promise *opened =
        vow_submit(canceling->workers, cancel_and_open_gate, vow_none(), canceling);
    int result = meet_join(&fork);
    atomic_store(&canceling->joined, true);
    vow_promise_release(opened);
    return vow_integer(result);
}

static void a_cancel_does_not_end_a_join(void **state)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    struct canceling canceling = {.workers = vow_pool_scheduler(pool)};
    (void)state;
    canceling.joiner = vow_submit(canceling.workers, join_and_tell, vow_none(), &canceling);
    tally_add(&canceling.made);
    assert_int_equal(vow_as_integer(vow_await(canceling.joiner, VOW_FOREVER)), 42);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_false(canceling.joined_too_soon);
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
        cmocka_unit_test(another_worker_takes_what_is_forked),
        cmocka_unit_test(a_busy_line_loses_all_its_forks),
        cmocka_unit_test(joining_what_runs_lets_the_worker_go_on),
        cmocka_unit_test(a_cancel_does_not_end_a_join),
        cmocka_unit_test(forks_of_a_parked_line_are_stolen),
        cmocka_unit_test(lines_park_between_fork_and_join),
        cmocka_unit_test(the_pool_is_resized_while_forks_are_out),
        cmocka_unit_test(closing_a_pool_leaves_running_jobs_their_forks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
