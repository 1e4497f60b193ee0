/*
 * test_park.c - jobs of pools that wait: their lines park, and their workers go on.
 */
#include "park_testing.h"

#include <pthread.h>

/* Waiting for each other ------------------------------------------------------------------------------------- */

static void a_job_may_wait_for_one_that_is_queued_behind_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        vow_pool *pool = pool_of(sizes[i]);
        vow_scheduler *scheduler = vow_pool_scheduler(pool);
        vow_promise *promise =
            vow_submit(scheduler, wait_for_one_behind, vow_integer(7), scheduler);
        assert_int_equal(await_integer(promise), 7);
        free_pool(pool);
    }
}

static void the_same_with_a_deadline_parks(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    struct gate gate = gate_new();
    vow_promise *first =
        vow_submit(vow_pool_scheduler(pool), wait_for_context, vow_none(), gate.promise);
    vow_promise *second = vow_submit(vow_pool_scheduler(pool), give_input, vow_integer(2), NULL);
    assert_int_equal(await_integer(second), 2);
    gate_open(&gate);
    assert_int_equal(await_integer(first), 1);
    gate_end(&gate);
    free_pool(pool);
}

enum { CHAIN = 1000 };

/* Each waits for the next: the last one is queued behind all. */
static void a_chain_of_jobs_that_wait_for_each_other_comes_to_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        vow_pool *pool = pool_of(sizes[i]);
        int count = many(CHAIN);
        vow_promise **links = calloc((size_t)count + 1, sizeof(*links));
        struct gate gate = gate_new();
        links[0] = vow_promise_retain(gate.promise);
        for (int k = 1; k <= count; k++)
            links[k] =
                vow_submit(vow_pool_scheduler(pool), wait_for_context, vow_none(), links[k - 1]);
        gate_open(&gate);
        assert_int_equal(await_integer(links[count]), 1);
        for (int k = 0; k < count; k++)
            vow_promise_release(links[k]);
        gate_end(&gate);
        free(links);
        free_pool(pool);
    }
}

struct depth {
    vow_scheduler *scheduler;
    vow_deadline deadline;
};

static vow_value go_deeper(vow_value input, void *context)
{
    const struct depth *depth = context;
    int64_t left = vow_as_integer(input);
    if (left == 0)
        return vow_integer(0);
    vow_value value = vow_await(
        vow_submit(depth->scheduler, go_deeper, vow_integer(left - 1), context), depth->deadline);
    return vow_is_error(value) ? value : vow_integer(vow_as_integer(value) + 1);
}

static void waits_nest_ten_thousand_deep(void **state)
{
    (void)state;
    const vow_deadline deadlines[] = {VOW_FOREVER, vow_after(VOW_S(1000))};
    for (size_t i = 0; i < SIZES; i++)
        for (int k = 0; k < 2; k++) {
            vow_pool *pool = pool_of(sizes[i]);
            struct depth depth = {vow_pool_scheduler(pool), deadlines[k]};
            int deep = many(10000);
            vow_promise *promise =
                vow_submit(depth.scheduler, go_deeper, vow_integer(deep), &depth);
            assert_int_equal(await_integer(promise), deep);
            free_pool(pool);
        }
}

static void a_hundred_thousand_jobs_park_at_once_and_are_all_released(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(2);
    int count =
        many(sizeof(void *) > 4 ? 100000 : 10000); /* addresses of 32 bits have room for no more */
    vow_promise **jobs = calloc((size_t)count, sizeof(*jobs));
    struct gate gate = gate_new();
    for (int i = 0; i < count; i++)
        jobs[i] = vow_submit(vow_pool_scheduler(pool), arrive_and_wait, vow_none(), gate.promise);
    await_count(&arrived, count);
    gate_open(&gate);
    for (int i = 0; i < count; i++)
        assert_int_equal(await_integer(jobs[i]), 1);
    gate_end(&gate);
    free(jobs);
    free_pool(pool);
}

/* Order ---------------------------------------------------------------------------------------------------- */

static vow_value wait_and_note(vow_value input, void *context)
{
    (void)vow_wait(context, VOW_FOREVER, NULL);
    note(vow_as_integer(input));
    return input;
}

static void lines_go_on_in_the_order_in_which_they_became_ready(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    struct gate gates[8];
    vow_promise *jobs[8];
    const int order[] = {3, 1, 7, 0, 2, 6, 4, 5};
    for (int i = 0; i < 8; i++) {
        gates[i] = gate_new();
        jobs[i] =
            vow_submit(vow_pool_scheduler(pool), wait_and_note, vow_integer(i), gates[i].promise);
    }
    for (int i = 0; i < 8; i++)
        gate_open(&gates[order[i]]);
    for (int i = 0; i < 8; i++)
        assert_int_equal(await_integer(jobs[i]), i);
    for (int i = 0; i < 8; i++)
        gate_end(&gates[i]);
    free_pool(pool);
    /* those that had not begun when their gate was opened did not wait at all */
    assert_int_equal(the_log.count, 8);
}

static vow_value open_all(vow_value input, void *context)
{
    struct gate *gates = context;
    const int order[] = {3, 1, 2, 0};
    for (int i = 0; i < 4; i++)
        gate_open(&gates[order[i]]);
    return input;
}

static void lines_released_by_one_job_go_on_in_the_order_of_release(void **state)
{
    (void)state;
    needs_short_ways(); /* else they do not all wait yet when they are released */
    vow_pool *pool = pool_of(1);
    struct gate gates[4];
    vow_promise *jobs[5];
    for (int i = 0; i < 4; i++) {
        gates[i] = gate_new();
        jobs[i] =
            vow_submit(vow_pool_scheduler(pool), wait_and_note, vow_integer(i), gates[i].promise);
    }
    jobs[4] = vow_submit(vow_pool_scheduler(pool), open_all, vow_integer(4), gates);
    for (int i = 0; i < 5; i++)
        assert_int_equal(await_integer(jobs[i]), i);
    assert_logged(3, 1, 2, 0);
    for (int i = 0; i < 4; i++)
        gate_end(&gates[i]);
    free_pool(pool);
}

/* What is kept --------------------------------------------------------------------------------------------- */

static VOW_THREAD_LOCAL int mark;

struct keeper {
    vow_promise *gate;
    int number;
};

/* Each gives another value to errno and to the sentence, and sees its own afterwards. */
static vow_value keep_things(vow_value input, void *context)
{
    const struct keeper *keeper = context;
    char sentence[64];
    (void)snprintf(sentence, sizeof sentence, "keeper %d", keeper->number);
    vow_release(vow_fail(VOW_INVALID, "%s", sentence));
    vow_scheduler *before = vow_current_scheduler();
    pthread_t thread = pthread_self();
    char *last = strdup(vow_last_error());
    mark = 42; /* the thread's, the same for all */
    errno = keeper->number;
    atomic_fetch_add(&arrived, 1);
    (void)vow_wait(keeper->gate, VOW_FOREVER, NULL);
    bool same = errno == keeper->number && strcmp(vow_last_error(), last) == 0 &&
                vow_current_scheduler() == before && pthread_equal(thread, pthread_self()) &&
                mark == 42;
    free(last);
    return same ? input : vow_integer(-1);
}

static void errno_the_sentence_the_scheduler_and_the_thread_are_kept_over_a_wait(void **state)
{
    (void)state;
    if (getenv("VOW_SWITCH") != NULL && strcmp(getenv("VOW_SWITCH"), "threads") == 0)
        skip(); /* there each stack has a thread */
    vow_pool *pool = pool_of(2);
    struct gate gate = gate_new();
    struct keeper keepers[20];
    vow_promise *jobs[20];
    for (int i = 0; i < 20; i++) {
        keepers[i] = (struct keeper){gate.promise, i + 1};
        jobs[i] = vow_submit(vow_pool_scheduler(pool), keep_things, vow_integer(i), &keepers[i]);
    }
    await_count(&arrived, 20);
    gate_open(&gate);
    for (int i = 0; i < 20; i++)
        assert_int_equal(await_integer(jobs[i]), i);
    gate_end(&gate);
    free_pool(pool);
}

/* Boxes come whole over waits, to many who wait for the same. */
static void a_waits_value_is_owned(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(2);
    struct gate gate = gate_new();
    vow_promise *jobs[20];
    for (int i = 0; i < 20; i++)
        jobs[i] = vow_submit(vow_pool_scheduler(pool), arrive_and_wait, vow_none(), gate.promise);
    await_count(&arrived, 20);
    fire(gate.deferred, probe_new());
    for (int i = 0; i < 20; i++) {
        vow_value value = vow_await(jobs[i], VOW_FOREVER);
        assert_non_null(vow_box_as(&probe_type, value));
        vow_release(value);
    }
    vow_promise_release(gate.promise);
    free_pool(pool);
    assert_int_equal(probe_drops, 1);
}

static void a_job_that_waits_for_a_rejected_promise_sees_its_error(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    struct gate gate = gate_new();
    vow_promise *job =
        vow_submit(vow_pool_scheduler(pool), arrive_and_wait, vow_none(), gate.promise);
    await_count(&arrived, 1);
    fire(gate.deferred, vow_fail(VOW_USER, "no"));
    assert_error(vow_await(job, VOW_FOREVER), VOW_USER);
    vow_promise_release(gate.promise);
    free_pool(pool);
}

/* Statistics ----------------------------------------------------------------------------------------------------- */

static void what_was_submitted_was_completed(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(2);
    struct gate gate = gate_new();
    vow_promise *jobs[50];
    for (int i = 0; i < 50; i++)
        jobs[i] = vow_submit(vow_pool_scheduler(pool), arrive_and_wait, vow_none(), gate.promise);
    await_count(&arrived, 50);
    struct vow_pool_statistics statistics = {.size = sizeof statistics};
    assert_ok(vow_pool_stats(pool, &statistics));
    assert_int_equal(statistics.submitted, 50);
    assert_int_equal(statistics.completed, 0);
    gate_open(&gate);
    for (int i = 0; i < 50; i++)
        assert_int_equal(await_integer(jobs[i]), 1);
    assert_ok(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER));
    assert_ok(vow_pool_stats(pool, &statistics));
    assert_int_equal(statistics.completed, statistics.submitted);
    gate_end(&gate);
    free_pool(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        park_test(a_job_may_wait_for_one_that_is_queued_behind_it),
        park_test(the_same_with_a_deadline_parks),
        park_test(a_chain_of_jobs_that_wait_for_each_other_comes_to_its_end),
        park_test(waits_nest_ten_thousand_deep),
        park_test(a_hundred_thousand_jobs_park_at_once_and_are_all_released),
        park_test(lines_go_on_in_the_order_in_which_they_became_ready),
        park_test(lines_released_by_one_job_go_on_in_the_order_of_release),
        park_test(errno_the_sentence_the_scheduler_and_the_thread_are_kept_over_a_wait),
        park_test(a_waits_value_is_owned),
        park_test(a_job_that_waits_for_a_rejected_promise_sees_its_error),
        park_test(what_was_submitted_was_completed),
    };
    return cmocka_run_group_tests_name("park", tests, NULL, NULL);
}
