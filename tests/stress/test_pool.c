/*
 * stress/test_pool.c - the pool under everything at once: each call must run or be dropped exactly once.
 *
 * Seeds are fixed; the interleaving is what differs from run to run. VOW_STRESS=n repeats everything n times.
 */
#include "execution/pool_testing.h"
#include "pace.h"

#include <sched.h>

#include <pthread.h>

#define SUBMITTERS 4
#define CALLS 20000

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

/* A call that submits children for some generations. */
struct job {
    struct vow_call call;
    struct crowd *crowd;
    int depth;
    _Atomic int times;
};

struct crowd {
    vow_pool *pool;
    struct job *jobs;
    _Atomic int used;
    _Atomic int ran;
    _Atomic int dropped;
    bool blocks;
    _Atomic bool stop;
};

static void job_run(struct vow_call *call);
static void job_dropped(struct vow_call *call);

static void job_submit(struct crowd *crowd, int depth)
{
    struct job *job = &crowd->jobs[atomic_fetch_add(&crowd->used, 1)];
    job->call.run = job_run;
    job->call.dropped = job_dropped;
    job->crowd = crowd;
    job->depth = depth;
    vow_scheduler_call(vow_pool_scheduler(crowd->pool), &job->call);
}

static void job_run(struct vow_call *call)
{
    struct job *job = vow_container_of(call, struct job, call);
    struct crowd *crowd = job->crowd;
    if (crowd->blocks && job->depth == 1) {
        vow_pool_blocking_begin();
        vow_pool_blocking_end();
    }
    for (int i = 0; job->depth > 0 && i < 2; i++)
        job_submit(crowd, job->depth - 1);
    atomic_fetch_add(&job->times, 1);
    atomic_fetch_add(&crowd->ran, 1);
}

static void job_dropped(struct vow_call *call)
{
    struct job *job = vow_container_of(call, struct job, call);
    atomic_fetch_add(&job->times, 1);
    atomic_fetch_add(&job->crowd->dropped, 1);
}

struct submitter {
    pthread_t id;
    struct crowd *crowd;
    int count;
    int depth;
};

static void *submit_all(void *context)
{
    const struct submitter *submitter = context;
    for (int i = 0; i < submitter->count; i++)
        job_submit(submitter->crowd, submitter->depth);
    return NULL;
}

static void begin(struct submitter *submitters, struct crowd *crowd, int count, int depth)
{
    for (int i = 0; i < SUBMITTERS; i++) {
        submitters[i] =
            (struct submitter){.crowd = crowd, .count = count / SUBMITTERS, .depth = depth};
        (void)pthread_create(&submitters[i].id, NULL, submit_all, &submitters[i]);
    }
}

static void join(struct submitter *submitters)
{
    for (int i = 0; i < SUBMITTERS; i++)
        (void)pthread_join(submitters[i].id, NULL);
}

static struct crowd *crowd_new(int workers, int calls)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));
    crowd->jobs = calloc((size_t)calls, sizeof(*crowd->jobs));
    crowd->pool = vow_pool_new(workers, NULL);
    return crowd;
}

/* The pool is freed already. */
static void crowd_check(struct crowd *crowd)
{
    int used = atomic_load(&crowd->used);
    for (int i = 0; i < used; i++)
        assert_int_equal(atomic_load(&crowd->jobs[i].times), 1);
    assert_int_equal(atomic_load(&crowd->ran) + atomic_load(&crowd->dropped), used);
    free(crowd->jobs);
    free(crowd);
}

static void *resize_all_the_time(void *context)
{
    struct crowd *crowd = context;
    uint32_t random = 2463534242;
    while (!atomic_load(&crowd->stop))
        (void)vow_pool_resize(crowd->pool, (int)(next_random(&random) % 9));
    return NULL;
}

static void resize_during(int calls, int depth, bool blocks)
{
    struct submitter submitters[SUBMITTERS];
    struct crowd *crowd = crowd_new(2, calls << (depth + 1));
    pthread_t resizer;
    crowd->blocks = blocks;
    begin(submitters, crowd, calls, depth);
    (void)pthread_create(&resizer, NULL, resize_all_the_time, crowd);
    join(submitters);
    atomic_store(&crowd->stop, true);
    (void)pthread_join(resizer, NULL);
    assert_int_equal(vow_pool_free(crowd->pool), VOW_OK);
    assert_int_equal(atomic_load(&crowd->dropped), 0);
    crowd_check(crowd);
}

static void no_call_is_lost_while_the_size_changes(void **state)
{
    (void)state;
    for (int i = repeats(); i > 0; i--)
        resize_during(fewer(CALLS), 0, false);
}

static void no_nested_call_is_lost_while_the_size_changes(void **state)
{
    (void)state;
    for (int i = repeats(); i > 0; i--)
        resize_during(fewer(CALLS) / 8, 3, false);
}

static void no_call_is_lost_while_workers_block_and_the_size_changes(void **state)
{
    (void)state;
    for (int i = repeats(); i > 0; i--)
        resize_during(fewer(CALLS) / 16, 3, true);
}

static void no_call_is_lost_while_workers_block(void **state)
{
    (void)state;
    for (int i = fewer(10 * repeats()); i > 0; i--) {
        struct submitter submitters[SUBMITTERS];
        struct crowd *crowd = crowd_new(1 + i % 4, CALLS);
        crowd->blocks = true;
        begin(submitters, crowd, CALLS / 40, 3);
        join(submitters);
        assert_int_equal(vow_pool_free(crowd->pool), VOW_OK);
        assert_int_equal(atomic_load(&crowd->dropped), 0);
        crowd_check(crowd);
    }
}

static void close_during(int workers, enum vow_close_mode mode, int after)
{
    struct submitter submitters[SUBMITTERS];
    struct crowd *crowd = crowd_new(workers, 16 * CALLS / 8);
    begin(submitters, crowd, CALLS / 8, 3);
    while (atomic_load(&crowd->used) < after)
        (void)sched_yield();
    assert_int_equal(vow_pool_close(crowd->pool, mode, VOW_FOREVER), VOW_OK);
    join(submitters);
    assert_int_equal(vow_pool_free(crowd->pool), VOW_OK);
    crowd_check(crowd);
}

static void a_close_in_the_middle_runs_or_drops_each_call(void **state)
{
    (void)state;
    for (int i = 0; i < fewer(40 * repeats()); i++)
        close_during(i % 5, i % 2 == 0 ? VOW_CANCEL : VOW_DRAIN, i * 37 % 2000);
}

static void pools_may_come_and_go(void **state)
{
    (void)state;
    for (int i = 0; i < fewer(500 * repeats()); i++) {
        struct crowd *crowd = crowd_new(i % 5, 70);
        for (int j = 0; j < i % 11; j++)
            job_submit(crowd, 2);
        if (i % 3 == 0)
            (void)vow_pool_resize(crowd->pool, i % 4);
        if (i % 7 == 0)
            (void)vow_pool_close(crowd->pool, VOW_CANCEL, VOW_POLL);
        assert_int_equal(vow_pool_free(crowd->pool), VOW_OK);
        crowd_check(crowd);
    }
}

/* One call at a time, there and back: any wake-up that is lost hangs this. */
static void no_wake_up_is_lost(void **state)
{
    (void)state;
    for (int workers = 1; workers <= 4; workers++) {
        struct tally ended = {0};
        struct task task = {.ended = &ended};
        vow_pool *pool = vow_pool_new(workers, NULL);
        for (uint32_t i = 1; i <= (uint32_t)fewer(5000); i++) {
            submit(pool, &task);
            tally_wait(&ended, i);
        }
        assert_int_equal(vow_pool_free(pool), VOW_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_is_lost_while_the_size_changes),
        cmocka_unit_test(no_nested_call_is_lost_while_the_size_changes),
        cmocka_unit_test(no_call_is_lost_while_workers_block),
        cmocka_unit_test(no_call_is_lost_while_workers_block_and_the_size_changes),
        cmocka_unit_test(a_close_in_the_middle_runs_or_drops_each_call),
        cmocka_unit_test(pools_may_come_and_go),
        cmocka_unit_test(no_wake_up_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
