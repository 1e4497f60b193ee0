/*
 * test_fork_child.c - fork(2): what the child may do with vow, and that the parent does not notice.
 */
#include "fork_testing.h"

#include <spawn.h>

extern char **environ;

/* A crowd of jobs that allocate, submit, wait and name things, until they are told to end: so that locks are held. ------ */

struct crowd {
    vow_pool *pool;
    _Atomic bool ended;
    _Atomic unsigned turns;
    vow_promise *jobs[8];
};

static vow_value busy(vow_value input, void *context)
{
    struct crowd *crowd = context;
    char name[16];
    while (!atomic_load(&crowd->ended)) {
        unsigned turn = atomic_fetch_add(&crowd->turns, 1);
        (void)snprintf(name, sizeof(name), "name %u", turn % 4096);
        (void)vow_name(name);
        vow_release(vow_await(
            vow_submit(vow_pool_scheduler(crowd->pool), twice, vow_text(name), NULL), VOW_FOREVER));
        (void)vow_sleep(VOW_US(1));
    }
    return input;
}

static void begin_crowd(struct crowd *crowd)
{
    crowd->pool = vow_pool_new(4, NULL);
    CHECK(crowd->pool != NULL);
    atomic_init(&crowd->ended, false);
    atomic_init(&crowd->turns, 0);
    for (int i = 0; i < 8; i++)
        crowd->jobs[i] = vow_submit(vow_pool_scheduler(crowd->pool), busy, vow_none(), crowd);
    while (atomic_load(&crowd->turns) < 100)
        (void)sched_yield();
}

static void end_crowd(struct crowd *crowd)
{
    atomic_store(&crowd->ended, true);
    for (int i = 0; i < 8; i++)
        vow_release(vow_await(crowd->jobs[i], VOW_FOREVER));
    CHECK(vow_pool_free(crowd->pool) == VOW_OK);
}

/* exec ---------------------------------------------------------------------------------------------------------------- */

static void exec_body(void)
{
    struct crowd crowd;
    begin_crowd(&crowd);
    for (int i = 0; i < 50; i++)
        CHECK_PROCESS(be_true, 0);
    end_crowd(&crowd);
}
test_in_process(child_that_execs_is_safe_while_workers_hold_locks, exec_body);

static void spawn_body(void)
{
    char name[] = "true";
    char *arguments[] = {name, NULL};
    struct crowd crowd;
    pid_t child;
    begin_crowd(&crowd);
    for (int i = 0; i < 50; i++) {
        CHECK(posix_spawnp(&child, "true", NULL, NULL, arguments, environ) == 0);
        CHECK(end_of(child) == 0);
    }
    end_crowd(&crowd);
}
test_in_process(posix_spawn_is_safe_while_workers_hold_locks, spawn_body);

/* A child that uses nothing ----------------------------------------------------------------------------------------------- */

static void leave(void)
{
    exit(7);
}

static void exit_body(void)
{
    CHECK(works(NULL));
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(loop != NULL);
    CHECK_PROCESS(leave, 7);
    CHECK(works(NULL));
}
test_in_process(child_that_exits_waits_for_no_worker, exit_body);

/* What is new in the child --------------------------------------------------------------------------------------------------- */

static void anew_body(void)
{
    use_all();
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(loop != NULL);
    CHECK_PROCESS(use_all_and_exit, 0);
    CHECK(works(vow_loop_scheduler(loop)));
    CHECK(vow_loop_free(loop) == VOW_OK);
    CHECK(works(NULL));
}
test_with_threads_in_children(child_makes_pools_and_loops_and_a_default_pool_of_its_own, anew_body);

static void under_load_body(void)
{
    struct crowd crowd;
    begin_crowd(&crowd);
    for (int i = 0; i < 20; i++)
        CHECK_PROCESS(use_all, 0);
    end_crowd(&crowd);
}
test_with_threads_in_children(child_finds_no_lock_held_that_nobody_gives_back, under_load_body);

static void fork_again(void)
{
    CHECK(works(NULL));
    CHECK_PROCESS(use_all_and_exit, 0);
    CHECK(works(NULL));
    exit(0);
}

static void grandchild_body(void)
{
    CHECK(works(NULL));
    CHECK_PROCESS(fork_again, 0);
    CHECK(works(NULL));
}
test_with_threads_in_children(child_of_a_child_does_so_too, grandchild_body);

/* A fork while another thread makes the default pool: that one comes to a halt in the first allocation for it, which it
   makes when the pool is known and no worker lives yet. */

static struct {
    _Atomic bool wanted, reached, open;
    pthread_t maker;
} halt;

static void *allocate_and_halt(size_t size, void *context)
{
    (void)context;
    if (atomic_load(&halt.wanted) && pthread_equal(pthread_self(), halt.maker) &&
        !atomic_exchange(&halt.reached, true))
        while (!atomic_load(&halt.open))
            (void)sched_yield();
    return malloc(size);
}

static void *resize_anywhere(void *memory, size_t size, void *context)
{
    (void)context;
    return realloc(memory, size);
}

static void release_anywhere(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static void *make_default_pool(void *context)
{
    vow_release(vow_await(vow_delay(VOW_US(1), vow_none()), VOW_FOREVER));
    halt.maker = pthread_self();
    atomic_store(&halt.wanted, true);
    (void)vow_default_pool();
    atomic_store(&halt.reached,
                 true); /* where nothing is asynchronous there was nothing to allocate */
    CHECK(works(NULL));
    return context;
}

static void half_made_body(void)
{
    static const struct vow_allocator halting = {.size = sizeof(halting),
                                                 .allocate = allocate_and_halt,
                                                 .resize = resize_anywhere,
                                                 .release = release_anywhere};
    pthread_t thread;
    CHECK(vow_set_allocator(&halting) == VOW_OK);
    CHECK(pthread_create(&thread, NULL, make_default_pool, NULL) == 0);
    while (!atomic_load(&halt.reached))
        (void)sched_yield();
    CHECK_PROCESS(fork_again, 0);
    atomic_store(&halt.open, true);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(works(NULL));
}
test_with_threads_in_children(child_of_a_fork_while_the_default_pool_is_made_has_its_own,
                              half_made_body);

static void *fork_much(void *context)
{
    (void)context;
    for (int i = 0; i < 20; i++)
        CHECK_PROCESS(use_all, 0);
    return NULL;
}

static void two_threads_body(void)
{
    pthread_t thread;
    CHECK(works(NULL));
    CHECK(pthread_create(&thread, NULL, fork_much, NULL) == 0);
    (void)fork_much(NULL);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(works(NULL));
}
test_with_threads_in_children(two_threads_fork_at_the_same_time, two_threads_body);

static long live_before;

static void count_objects(void)
{
    CHECK(vow_live_objects() == live_before);
    use_all();
}

static void objects_body(void)
{
    vow_value held = vow_list_new(1);
    vow_pool *pool = vow_pool_new(2, NULL);
    CHECK(works(vow_pool_scheduler(pool)));
    CHECK(vow_pool_free(pool) == VOW_OK);
    live_before = vow_live_objects();
    CHECK_PROCESS(count_objects, 0);
    vow_release(held);
}
test_in_process(count_of_objects_is_the_same_in_the_child, objects_body);

static void ledger_body(void)
{
    CHECK(setenv("VOW_DEBUG", "ledger", 1) == 0);
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(works(vow_pool_scheduler(pool)) && works(vow_loop_scheduler(loop)));
    CHECK_PROCESS(leave, 7);
    CHECK_PROCESS(use_all_and_exit, 0);
    CHECK(vow_loop_free(loop) == VOW_OK);
    CHECK(vow_pool_free(pool) == VOW_OK);
}
test_with_threads_in_children(child_exits_also_where_a_ledger_is_kept, ledger_body);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_that_execs_is_safe_while_workers_hold_locks),
        cmocka_unit_test(posix_spawn_is_safe_while_workers_hold_locks),
        cmocka_unit_test(child_that_exits_waits_for_no_worker),
        cmocka_unit_test(child_makes_pools_and_loops_and_a_default_pool_of_its_own),
        cmocka_unit_test(child_finds_no_lock_held_that_nobody_gives_back),
        cmocka_unit_test(child_of_a_child_does_so_too),
        cmocka_unit_test(child_of_a_fork_while_the_default_pool_is_made_has_its_own),
        cmocka_unit_test(two_threads_fork_at_the_same_time),
        cmocka_unit_test(count_of_objects_is_the_same_in_the_child),
        cmocka_unit_test(child_exits_also_where_a_ledger_is_kept),
    };
    if (!children_can_be_tested())
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
