/*
 * stress/test_meeting.c - as many jobs as a pool has workers wait for each other: none may be left in a queue while a
 * worker sleeps.
 *
 * Jobs that do next to nothing come before each meeting, so that it finds the workers amid falling asleep. Seeds are
 * fixed; the interleaving is what differs from run to run. VOW_STRESS=n gives it n times the time.
 */
#include "gang.h"

#include "base/futex.h"

#include <limits.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/time.h>

enum { LARGEST = 8, SHARE_MS = 600 };

static _Atomic uint32_t present;

/* Waits where the pool cannot know of it until as many are here as `everybody` says. */
static vow_value attend(vow_value everybody, void *context)
{
    uint32_t now;
    (void)context;
    atomic_fetch_add(&present, 1);
    vow_futex_wake(&present, INT_MAX);
    while ((now = atomic_load(&present)) < (uint32_t)vow_as_integer(everybody))
        (void)vow_futex_wait(&present, now, VOW_FOREVER);
    return vow_none();
}

static vow_value spin(vow_value times, void *context)
{
    (void)context;
    for (volatile int64_t i = 0; i < vow_as_integer(times); i++)
        ;
    return vow_none();
}

static void pass_time(struct member *chance, unsigned longest)
{
    (void)spin(vow_integer(random_below(chance, longest)), NULL);
}

static void stir(vow_scheduler *scheduler, struct member *chance)
{
    for (unsigned i = random_below(chance, 40); i > 0; i--)
        assert_ok(vow_schedule(scheduler, spin, vow_integer(random_below(chance, 3000)), NULL));
    pass_time(chance, 10000);
}

/* True if all have met; if not, they are let go. */
static bool meeting(vow_scheduler *scheduler, int size, struct member *chance)
{
    vow_promise *attended[LARGEST];
    atomic_store(&present, 0);
    for (int i = 0; i < size; i++) {
        attended[i] = vow_submit(scheduler, attend, vow_integer(size), NULL);
        pass_time(chance, 100);
    }
    vow_status status = vow_wait_all(attended, (size_t)size, vow_after(VOW_S(60)));
    if (status != VOW_OK) {
        atomic_fetch_add(&present, LARGEST);
        vow_futex_wake(&present, INT_MAX);
        assert_ok(vow_wait_all(attended, (size_t)size, VOW_FOREVER));
    }
    for (int i = 0; i < size; i++)
        vow_promise_release(attended[i]);
    return status == VOW_OK;
}

static vow_deadline share_of_time(void)
{
    const char *text = getenv("VOW_STRESS");
    int times = text != NULL ? atoi(text) : 1;
    return vow_after(VOW_MS(SHARE_MS) * (times > 0 ? times : 1));
}

static void meet_on(int size)
{
    struct member chance = {.random = 2463534242u};
    vow_pool *pool = vow_pool_new(size, NULL);
    vow_deadline end = share_of_time();
    int held = 0;
    bool met = true;
    while (met && vow_now() < end.at) {
        stir(vow_pool_scheduler(pool), &chance);
        met = meeting(vow_pool_scheduler(pool), size, &chance);
        held += met;
    }
    assert_ok(vow_pool_free(pool));
    if (!met)
        fail_msg("on %d workers %d jobs did not meet after %d meetings", size, size, held);
}

static void as_many_jobs_as_there_are_workers_can_meet(void **state)
{
    const int sizes[] = {2, 3, 4, LARGEST};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        meet_on(sizes[i]);
}

/* Two calls under way at a time: so short and so few that waking a second worker for them is no use. */
static void pass_calls_round(vow_scheduler *scheduler, unsigned rounds)
{
    vow_promise *under_way[2] = {NULL, NULL};
    for (unsigned i = 0; i < rounds; i++) {
        vow_promise **next = &under_way[i % 2];
        if (*next != NULL)
            assert_false(vow_is_error(vow_await(*next, VOW_FOREVER)));
        *next = vow_submit(scheduler, spin, vow_integer(1), NULL);
    }
    for (int i = 0; i < 2; i++)
        if (under_way[i] != NULL)
            assert_false(vow_is_error(vow_await(under_way[i], VOW_FOREVER)));
}

static void jobs_can_meet_after_many_calls_for_which_one_worker_was_enough(void **state)
{
    struct member chance = {.random = 88172645u};
    vow_pool *pool = vow_pool_new(3, NULL);
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    vow_deadline end = share_of_time();
    bool met = true;
    (void)state;
    while (met && vow_now() < end.at) {
        pass_calls_round(scheduler, random_below(&chance, 500));
        met = meeting(scheduler, 3, &chance);
    }
    assert_ok(vow_pool_free(pool));
    assert_true(met);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(as_many_jobs_as_there_are_workers_can_meet),
        stress_test(jobs_can_meet_after_many_calls_for_which_one_worker_was_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
