/*
 * stress/test_fork.c - random trees of forks in many jobs at once, while the pool changes its size: each part must run
 * exactly once, and each join see its result.
 *
 * Seeds are fixed; the interleaving is what differs from run to run. VOW_STRESS=n repeats everything n times.
 */
#include "execution/pool_testing.h"

#include <vow/fork.h>
#include <vow/line.h>
#include <vow/submit.h>
#include <vow/wait.h>

enum { JOBS = 40, ROUNDS = 5, CHILDREN = 6, DEPTH = 6 };

static _Atomic long parts_run;

static int repeats(void)
{
    const char *text = getenv("VOW_STRESS");
    int times = text != NULL ? atoi(text) : 1;
    return times > 0 ? times : 1;
}

static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

/* Now and then a part takes long, waits for another job, leaves its worker, or forks something small. */
static vow_value nothing(vow_value input, void *context)
{
    (void)context;
    return input;
}

static void disturb(uint32_t random, vow_pool *pool)
{
    if (random % 64 == 0)
        vow_release(vow_await(vow_submit(vow_pool_scheduler(pool), nothing, vow_none(), NULL),
                              VOW_FOREVER));
    else if (random % 64 == 1) {
        vow_pool_blocking_begin();
        sched_yield();
        vow_pool_blocking_end();
    } else if (random % 16 == 2) {
        (void)vow_reschedule();
    } else if (random % 64 == 3) {
        for (volatile int i = 0; i < 20000; i++)
            ;
    }
}

/* How many parts the tree has; joins its children newest first, oldest first, or each at once. */
VOW_FORKABLE(long, tree, vow_pool *, pool, uint32_t, random, int, depth)
{
    struct tree_forked forks[CHILDREN];
    long parts = 1;
    next_random(&random);
    int children = depth == 0 ? 0 : (int)(random % (CHILDREN + 1));
    unsigned order = random / 8 % 3;
    atomic_fetch_add(&parts_run, 1);
    disturb(random / 32, pool);
    for (int i = 0; i < children; i++) {
        tree_fork(&forks[i], pool, next_random(&random) | 1, depth - 1);
        if (order == 2)
            parts += tree_join(&forks[i]);
    }
    for (int i = 0; i < children && order != 2; i++)
        parts += tree_join(&forks[order == 0 ? children - 1 - i : i]);
    return parts;
}

static vow_value grow(vow_value input, void *context)
{
    return vow_integer(tree(context, (uint32_t)vow_as_integer(input), DEPTH));
}

static void round_of_jobs(int workers, uint32_t *random)
{
    vow_promise *jobs[JOBS];
    long parts = 0;
    vow_pool *pool = vow_pool_new(workers, NULL);
    atomic_store(&parts_run, 0);
    for (int i = 0; i < JOBS; i++)
        jobs[i] =
            vow_submit(vow_pool_scheduler(pool), grow, vow_integer(next_random(random) | 1), pool);
    for (int i = 0; i < JOBS; i++) {
        (void)vow_pool_resize(pool, (int)(next_random(random) % 4) + (i % 8 != 0));
        parts += (long)vow_as_integer(vow_await(jobs[i], VOW_FOREVER));
    }
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(parts, atomic_load(&parts_run));
    assert_true(parts >= JOBS);
}

static void trees_of_forks_are_counted_right(void **state)
{
    uint32_t random = 2463534242u;
    (void)state;
    for (int i = 0; i < ROUNDS * repeats(); i++)
        round_of_jobs(i % 4 + 1, &random);
}

/* Small and quick: fib without cut-off, so that thieves and lines meet at the split all the time. */
VOW_FORKABLE(long, fib, int, n)
{
    if (n < 2)
        return n;
    struct fib_forked first;
    fib_fork(&first, n - 1);
    long second = fib(n - 2);
    return fib_join(&first) + second;
}

static vow_value fib_job(vow_value input, void *context)
{
    (void)context;
    return vow_integer(fib((int)vow_as_integer(input)));
}

static void small_forks_are_stolen_all_the_time(void **state)
{
    (void)state;
    for (int workers = 2; workers <= 4; workers++) {
        vow_pool *pool = vow_pool_new(workers, NULL);
        for (int i = 0; i < 100 * repeats(); i++) {
            vow_value result =
                vow_await(vow_submit(vow_pool_scheduler(pool), fib_job, vow_integer(i % 20), NULL),
                          VOW_FOREVER);
            static const int expected[] = {0,  1,  1,   2,   3,   5,   8,   13,   21,   34,
                                           55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181};
            assert_int_equal(vow_as_integer(result), expected[i % 20]);
        }
        assert_int_equal(vow_pool_free(pool), VOW_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_of_forks_are_counted_right),
        cmocka_unit_test(small_forks_are_stolen_all_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
