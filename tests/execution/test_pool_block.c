/*
 * test_pool_block.c - workers that block are replaced, so that a pool of any size goes on.
 */
#include "pool_testing.h"

#include "execution/park.h"
#include "execution/worker.h"
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include <vow/memory.h>

static void block(struct task *task)
{
    struct tally *gate = task->context;
    vow_pool_blocking_begin();
    tally_wait(gate, 1);
    vow_pool_blocking_end();
}

static void a_blocked_worker_is_replaced(void **state)
{
    struct tally gate = {0};
    struct tally began = {0};
    struct tally ended = {0};
    struct task blocker = {.act = block, .context = &gate, .began = &began};
    struct task *tasks = tasks_new(100, &ended);
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    submit(pool, &blocker);
    tally_wait(&began, 1);
    for (int i = 0; i < 100; i++)
        submit(pool, &tasks[i]);
    tally_wait(&ended, 100);
    assert_int_equal(atomic_load(&blocker.fate), PENDING);
    assert_int_equal(vow_pool_size(pool), 1);
    tally_add(&gate);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(tasks);
}

static void occupy(struct task *task)
{
    tally_wait(task->context, 1);
}

static void until_asleep_and_blocked(vow_pool *pool, uint64_t asleep, int blocked)
{
    int now = -1;
    while (now != blocked || vow_sleep_sleepers(vow_sleep_word(&pool->sleep)) != asleep) {
        (void)sched_yield();
        vow_lock_take(&pool->lock);
        now = pool->blocked;
        vow_lock_give(&pool->lock);
    }
}

/* One that sleeps is there for what comes, so nobody is brought in before it is at work itself. */
static void a_blocked_worker_is_replaced_when_the_one_that_slept_is_at_work(void **state)
{
    struct tally gate = {0};
    struct tally held = {0};
    struct tally ended = {0};
    struct task blocker = {.act = block, .context = &gate};
    struct task holder = {.act = occupy, .context = &gate, .began = &held};
    struct task last = {.ended = &ended};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    until_asleep_and_blocked(pool, 2, 0);
    submit(pool, &blocker);
    until_asleep_and_blocked(pool, 1, 1);
    submit(pool, &holder);
    tally_wait(&held, 1);
    submit(pool, &last);
    tally_wait(&ended, 1);
    tally_add(&gate);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void submit_and_block(struct task *task)
{
    struct task *child = task->context;
    submit(task->pool, child);
    vow_pool_blocking_begin();
    tally_wait(child->ended, 1);
    vow_pool_blocking_end();
}

static void what_a_blocked_worker_has_queued_runs_meanwhile(void **state)
{
    (void)state;
    for (int size = 1; size <= 2; size++) {
        struct tally child_ended = {0};
        struct tally ended = {0};
        struct task child = {.ended = &child_ended};
        struct task parent = {.act = submit_and_block, .context = &child, .ended = &ended};
        vow_pool *pool = vow_pool_new(size, NULL);
        submit(pool, &parent);
        tally_wait(&ended, 1);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
    }
}

/* Each waits for the one that it submits, `number` deep: all block at once. */
struct chain {
    struct task tasks[50];
    struct tally ended[50];
};

/* They come as they are needed, and their records stay with the pool. */
static void the_record_of_a_worker_is_no_object_beside_its_pool(void **state)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    until_asleep_and_blocked(pool, 1, 0);
    long live = vow_live_objects();
    struct worker *worker = vow_worker_new(pool, 7);
    assert_non_null(worker);
    assert_int_equal(vow_live_objects(), live);
    vow_worker_delete(worker);
    assert_int_equal(vow_live_objects(), live);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void chain_run(struct task *task)
{
    struct chain *chain = task->context;
    int next = task->number + 1;
    if (next == 50)
        return;
    chain->tasks[next] = (struct task){
        .act = chain_run, .context = chain, .number = next, .ended = &chain->ended[next]};
    submit(task->pool, &chain->tasks[next]);
    vow_pool_blocking_begin();
    tally_wait(&chain->ended[next], 1);
    vow_pool_blocking_end();
}

static void many_workers_may_block_at_once(void **state)
{
    (void)state;
    for (int size = 1; size <= 8; size *= 2) {
        struct chain *chain = calloc(1, sizeof(*chain));
        vow_pool *pool = vow_pool_new(size, NULL);
        chain->tasks[0] =
            (struct task){.act = chain_run, .context = chain, .ended = &chain->ended[0]};
        submit(pool, &chain->tasks[0]);
        tally_wait(&chain->ended[0], 1);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        free(chain);
    }
}

/* Rounds of blocking: how many threads did it take? */
static void block_shortly(struct task *task)
{
    (void)task;
    vow_pool_blocking_begin();
    vow_pool_blocking_end();
}

static void count_start(int worker, void *context)
{
    (void)worker;
    tally_add(context);
}

static void workers_that_block_by_turns_share_one_spare(void **state)
{
    struct tally started = {0};
    struct tally ended = {0};
    struct vow_pool_options options = {
        .size = sizeof(options), .started = count_start, .context = &started};
    struct task *tasks = tasks_new(100, &ended);
    vow_pool *pool = vow_pool_new(1, &options);
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        tasks[i].act = block_shortly;
        submit(pool, &tasks[i]);
        tally_wait(&ended, i + 1);
    }
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_in_range(tally_now(&started), 1, 20);
    free(tasks);
}

static void a_size_of_none_is_kept_by_workers_that_come_back_from_blocking(void **state)
{
    struct tally gate = {0};
    struct tally began = {0};
    struct tally ended = {0};
    struct task blocker = {.act = block, .context = &gate, .began = &began, .ended = &ended};
    struct task after = {0};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    submit(pool, &blocker);
    tally_wait(&began, 1);
    assert_int_equal(vow_pool_resize(pool, 0), VOW_OK);
    tally_add(&gate);
    tally_wait(&ended, 1);
    submit(pool, &after);
    assert_int_equal(atomic_load(&after.fate), RAN);
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void block_twice(struct task *task)
{
    vow_pool_blocking_begin();
    vow_pool_blocking_begin();
    vow_pool_blocking_end();
    tally_wait(task->context, 1);
    vow_pool_blocking_end();
}

static void blocking_sections_nest(void **state)
{
    struct tally gate = {0};
    struct tally began = {0};
    struct tally ended = {0};
    struct task blocker = {.act = block_twice, .context = &gate, .began = &began};
    struct task other = {.ended = &ended};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    submit(pool, &blocker);
    tally_wait(&began, 1);
    submit(pool, &other);
    tally_wait(&ended, 1);
    tally_add(&gate);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void blocking_outside_of_pools_does_nothing(void **state)
{
    (void)state;
    vow_pool_blocking_begin();
    vow_pool_blocking_end();
    assert_non_null(vow_thread_here());
    vow_pool_blocking_begin();
    vow_pool_blocking_end();
}

/* Waits for `child`, which somebody has to run: the thread itself, once the pool's size is 0. */
struct waiting_thread {
    struct waiter waiter;
    _Atomic pid_t thread;
    struct tally ready;
    struct tally queued;
    struct tally gate;
};

static void wake_waiter(struct task *task)
{
    struct waiting_thread *waiting = task->context;
    if (vow_waiter_claim(&waiting->waiter, WAITER_DONE))
        vow_waiter_wake(&waiting->waiter);
}

static void *section_then_wait(void *context)
{
    struct waiting_thread *waiting = context;
    vow_pool_blocking_begin(); /* before the thread has a record */
    (void)vow_thread_here();
    vow_pool_blocking_end();
    if (vow_wait_begin(&waiting->waiter, "test", NULL) != VOW_OK)
        return NULL;
    atomic_store(&waiting->thread, gettid());
    tally_add(&waiting->ready);
    (void)vow_wait_end(&waiting->waiter, VOW_FOREVER);
    return NULL;
}

/* Whether the system says that a thread sleeps; true where it does not say. */
static bool is_asleep(pid_t thread)
{
    char path[64];
    char state = 'S';
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    bool told = fscanf(file, "%*d %*s %c", &state) == 1;
    (void)fclose(file);
    return !told || state == 'S';
}

static void until_asleep(pid_t thread)
{
    while (!is_asleep(thread))
        (void)sched_yield();
}

static void submit_child_and_hold(struct task *task)
{
    struct task *child = task->context;
    struct waiting_thread *waiting = child->context;
    submit(task->pool, child);
    tally_add(&waiting->queued);
    tally_wait(&waiting->gate, 1);
}

static void a_section_before_the_first_use_of_vow_leaves_waits_as_they_are(void **state)
{
    struct waiting_thread waiting = {.ready = {0}};
    struct task child = {.act = wake_waiter, .context = &waiting};
    struct task parent = {.act = submit_child_and_hold, .context = &child};
    vow_pool *pool = vow_pool_new(1, NULL);
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, section_then_wait, &waiting), 0);
    tally_wait(&waiting.ready, 1);
    submit(pool, &parent);
    tally_wait(&waiting.queued, 1);
    until_asleep(atomic_load(&waiting.thread));
    assert_int_equal(vow_pool_resize(pool, 0), VOW_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    tally_add(&waiting.gate);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void a_drain_replaces_blocked_workers_too(void **state)
{
    struct chain *chain = calloc(1, sizeof(*chain));
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    chain->tasks[0] = (struct task){.act = chain_run, .context = chain, .ended = &chain->ended[0]};
    submit(pool, &chain->tasks[0]);
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    assert_int_equal(tally_now(&chain->ended[0]), 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blocked_worker_is_replaced),
        cmocka_unit_test(a_blocked_worker_is_replaced_when_the_one_that_slept_is_at_work),
        cmocka_unit_test(what_a_blocked_worker_has_queued_runs_meanwhile),
        cmocka_unit_test(the_record_of_a_worker_is_no_object_beside_its_pool),
        cmocka_unit_test(many_workers_may_block_at_once),
        cmocka_unit_test(workers_that_block_by_turns_share_one_spare),
        cmocka_unit_test(a_size_of_none_is_kept_by_workers_that_come_back_from_blocking),
        cmocka_unit_test(blocking_sections_nest),
        cmocka_unit_test(blocking_outside_of_pools_does_nothing),
        cmocka_unit_test(a_section_before_the_first_use_of_vow_leaves_waits_as_they_are),
        cmocka_unit_test(a_drain_replaces_blocked_workers_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
