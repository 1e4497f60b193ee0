/*
 * test_pool_memory.c - a pool where memory or threads are short.
 */
#include "pool_testing.h"

#include "pace.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vow/memory.h>

static _Atomic int allowed = INT_MAX; /* allocations that still succeed */

static bool allow(void)
{
    return atomic_load(&allowed) == INT_MAX || atomic_fetch_sub(&allowed, 1) > 0;
}

static void *test_allocate(size_t size, void *context)
{
    (void)context;
    return allow() ? malloc(size) : NULL;
}

static void *test_resize(void *memory, size_t size, void *context)
{
    (void)context;
    return allow() ? realloc(memory, size) : NULL;
}

static void test_release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static int use_test_allocator(void **state)
{
    static const struct vow_allocator allocator = {.size = sizeof(allocator),
                                                   .allocate = test_allocate,
                                                   .resize = test_resize,
                                                   .release = test_release};
    (void)state;
    return vow_set_allocator(&allocator) == VOW_OK ? 0 : -1;
}

static void a_pool_without_memory_is_none_and_leaves_nothing(void **state)
{
    long before = vow_live_objects();
    bool refused = false;
    bool made = false;
    (void)state;
    assert_null(vow_pool_new(-1, NULL)); /* this thread has a place for sentences now */
    for (int i = 0; !made; i++) {
        atomic_store(&allowed, i);
        vow_pool *pool = vow_pool_new(2, NULL);
        atomic_store(&allowed, INT_MAX);
        made = pool != NULL;
        if (!made) {
            refused = true;
            assert_non_null(strstr(vow_last_error(), "vow_pool_new"));
        }
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        assert_int_equal(vow_live_objects(), before);
    }
    assert_true(refused);
}

static void a_pool_that_got_the_last_memory_runs_its_calls(void **state)
{
    struct tally ended = {0};
    struct task task = {.ended = &ended};
    vow_pool *pool = NULL;
    (void)state;
    for (int i = 0; pool == NULL;
         i++) { /* just enough for the pool itself: its workers begin without any */
        atomic_store(&allowed, i);
        pool = vow_pool_new(2, NULL);
    }
    atomic_store(&allowed, 0);
    submit(pool, &task);
    tally_wait(&ended, 1);
    assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    atomic_store(&allowed, INT_MAX);
    assert_int_equal(atomic_load(&task.fate), RAN);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void submit_without_memory(struct task *task)
{
    struct task *tasks = task->context;
    atomic_store(&allowed, 0);
    for (int i = 0; i < 10000; i++)
        submit(task->pool, &tasks[i]);
    atomic_store(&allowed, INT_MAX);
}

static void submitting_needs_no_memory(void **state)
{
    struct tally ended = {0};
    struct task *tasks = tasks_new(10000, &ended);
    struct task first = {.act = submit_without_memory, .context = tasks};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    submit(pool, &first);
    tally_wait(&ended, 10000);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(tasks_with(tasks, 10000, RAN), 10000);
    free(tasks);
}

static void a_resize_without_memory_says_so_and_keeps_what_there_is(void **state)
{
    struct tally ended = {0};
    struct task task = {.ended = &ended};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    submit(pool, &task);
    tally_wait(&ended, 1);
    atomic_store(&allowed, 0);
    vow_status status = vow_pool_resize(pool, 4);
    atomic_store(&allowed, INT_MAX);
    assert_int_equal(status, VOW_NO_MEMORY);
    assert_int_equal(vow_pool_size(pool), 1);
    submit(pool, &task);
    tally_wait(&ended, 2);
    assert_int_equal(vow_pool_resize(pool, 4), VOW_OK);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void block(struct task *task)
{
    vow_pool_blocking_begin();
    tally_wait(task->context, 1);
    vow_pool_blocking_end();
}

static void until_blocked(vow_pool *pool, int wanted)
{
    int now = -1;
    while (now != wanted) {
        (void)sched_yield();
        vow_lock_take(&pool->lock);
        now = pool->blocked;
        vow_lock_give(&pool->lock);
    }
}

/* A resize while both workers of a pool block and no other can be started. */
struct blocked_resize {
    vow_status status;
    int size;
};

static struct blocked_resize resize_while_all_block(int workers)
{
    struct tally gate = {0};
    struct tally ended = {0};
    struct task blockers[2];
    struct task later = {.ended = &ended};
    struct blocked_resize result;
    vow_pool *pool = vow_pool_new(2, NULL);
    atomic_store(&allowed, 0);
    for (int i = 0; i < 2; i++) {
        blockers[i] = (struct task){.act = block, .context = &gate, .ended = &ended};
        submit(pool, &blockers[i]);
    }
    until_blocked(pool, 2);
    result.status = vow_pool_resize(pool, workers);
    result.size = vow_pool_size(pool);
    tally_add(&gate);
    tally_wait(&ended, 2);
    if (result.size != 0) {
        submit(pool, &later);
        tally_wait(&ended, 3);
    }
    atomic_store(&allowed, INT_MAX);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    return result;
}

static void a_resize_without_memory_counts_on_workers_that_block(void **state)
{
    (void)state;
    struct blocked_resize result = resize_while_all_block(4);
    assert_int_equal(result.status, VOW_NO_MEMORY);
    assert_int_equal(result.size, 2);
}

static void a_pool_shrinks_to_workers_that_block_without_memory(void **state)
{
    (void)state;
    struct blocked_resize result = resize_while_all_block(1);
    assert_int_equal(result.status, VOW_OK);
    assert_int_equal(result.size, 1);
}

/* Stacks of a gigabyte each in an address space that cannot hold them: threads cannot be started. */
static void a_pool_whose_threads_cannot_be_started_is_none(void **state)
{
    struct rlimit before;
    struct vow_pool_options options = {.size = sizeof(options), .stack_size = (size_t)1 << 30};
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    struct rlimit little = {.rlim_cur = (rlim_t)4 << 30, .rlim_max = before.rlim_max};
    if (VOW_ADDRESS_SANITIZER || VOW_THREAD_SANITIZER || kernel_is_emulated() ||
        setrlimit(RLIMIT_AS, &little) != 0)
        skip();
    vow_pool *pool = vow_pool_new(64, &options);
    (void)setrlimit(RLIMIT_AS, &before);
    assert_null(pool);
    assert_non_null(strstr(vow_last_error(), "vow_pool_new: workers is 64, only "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_without_memory_is_none_and_leaves_nothing),
        cmocka_unit_test(a_pool_that_got_the_last_memory_runs_its_calls),
        cmocka_unit_test(submitting_needs_no_memory),
        cmocka_unit_test(a_resize_without_memory_says_so_and_keeps_what_there_is),
        cmocka_unit_test(a_resize_without_memory_counts_on_workers_that_block),
        cmocka_unit_test(a_pool_shrinks_to_workers_that_block_without_memory),
        cmocka_unit_test(a_pool_whose_threads_cannot_be_started_is_none),
    };
    return cmocka_run_group_tests(tests, use_test_allocator, NULL);
}
