/*
 * test_pool_worker.c - what calls and hooks find on a worker's thread.
 */
#include "pool_testing.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <vow/line.h>

/* What a call sees -------------------------------------------------------------------------------------------- */

static void note_current(struct task *task)
{
    *(vow_scheduler **)task->context = vow_current_scheduler();
}

static void the_pool_is_the_current_scheduler_of_its_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < POOL_SIZES; i++) {
        vow_scheduler *current = NULL;
        struct task task = {.act = note_current, .context = &current};
        vow_pool *pool = vow_pool_new(pool_sizes[i], NULL);
        run_to_its_end(pool, &task);
        assert_ptr_equal(current, vow_pool_scheduler(pool));
        assert_ptr_equal(vow_current_scheduler(), vow_immediate());
        assert_int_equal(vow_pool_free(pool), VOW_OK);
    }
}

static void a_pool_is_called_pool(void **state)
{
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    assert_string_equal(vow_scheduler_name(vow_pool_scheduler(pool)), "pool");
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void note_name(struct task *task)
{
    (void)pthread_getname_np(pthread_self(), task->context, 16);
}

/* With a thread of the system behind each stack, a call does not run on the worker's own. */
static void name_of_worker(const char *name, char *buffer)
{
    const char *chosen = getenv("VOW_SWITCH");
    if (chosen != NULL && strcmp(chosen, "threads") == 0)
        skip();
    struct vow_pool_options options = {.size = sizeof(options), .name = name};
    struct task task = {.act = note_name, .context = buffer};
    vow_pool *pool = vow_pool_new(1, &options);
    run_to_its_end(pool, &task);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void workers_are_called_by_the_pools_name_and_their_number(void **state)
{
    char name[16];
    (void)state;
    name_of_worker("grinder", name);
    assert_string_equal(name, "grinder-0");
    name_of_worker(NULL, name);
    assert_string_equal(name, "vow-0");
}

static void a_long_name_is_cut_but_the_number_stays(void **state)
{
    char name[16];
    (void)state;
    name_of_worker("a name that is far too long", name);
    assert_string_equal(name, "a name that i-0");
}

static void note_stack(struct task *task)
{
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        (void)pthread_attr_getstacksize(&attributes, task->context);
        (void)pthread_attr_destroy(&attributes);
    }
}

static void the_stack_size_is_what_was_asked_for(void **state)
{
    size_t size = 0;
    struct vow_pool_options options = {.size = sizeof(options), .stack_size = 1000001};
    struct task task = {.act = note_stack, .context = &size};
    vow_pool *pool = vow_pool_new(1, &options);
    (void)state;
    run_to_its_end(pool, &task);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_true(size >= 1000001);
    assert_true(size < 2000000);
}

static void note_mask(struct task *task)
{
    (void)pthread_sigmask(SIG_SETMASK, NULL, task->context);
}

static void asynchronous_signals_are_blocked_in_workers_only(void **state)
{
    sigset_t set;
    sigset_t mine;
    struct task task = {.act = note_mask, .context = &set};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    run_to_its_end(pool, &task);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_true(sigismember(&set, SIGINT) && sigismember(&set, SIGTERM) &&
                sigismember(&set, SIGCHLD));
    assert_false(sigismember(&set, SIGSEGV) || sigismember(&set, SIGFPE));
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mine);
    assert_false(sigismember(&mine, SIGINT));
}

/* Searching --------------------------------------------------------------------------------------------------- */

enum { NAPS = 300 };

static void nap_and_look(struct task *task)
{
    int *searching = task->context;
    for (int i = 0; i < NAPS; i++) {
        (void)vow_sleep(VOW_US(50));
        *searching += vow_worker_here->searching;
    }
}

/* As long as there is a searcher no other worker is woken. Here one is made of a sleeper again and again, also at the moment
   when the line's deadline wakes it. */
static void a_worker_does_not_count_as_the_searcher_while_a_line_of_its_goes_on(void **state)
{
    int searching = 0;
    struct task task = {.act = nap_and_look, .context = &searching};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    submit(pool, &task);
    while (atomic_load(&task.fate) == PENDING) {
        vow_sleep_wake_one(&pool->sleep);
        (void)sched_yield();
    }
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(searching, 0);
}

/* Hooks ------------------------------------------------------------------------------------------------------- */

static void hooks_run_once_at_the_start_and_the_end_of_each_worker(void **state)
{
    struct hooks hooks = {0};
    vow_pool *pool = hooked_pool(8, &hooks);
    (void)state;
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(tally_now(&hooks.started), 8);
    assert_int_equal(tally_now(&hooks.stopped), 8);
    assert_false(atomic_load(&hooks.wrong));
}

struct late {
    vow_pool *pool;
    struct task task;
};

static void submit_late(int worker, void *context)
{
    struct late *late = context;
    (void)worker;
    submit(late->pool, &late->task);
}

static void what_the_last_hook_submits_is_not_lost(void **state)
{
    struct late late = {0};
    struct vow_pool_options options = {
        .size = sizeof(options), .stopping = submit_late, .context = &late};
    (void)state;
    late.pool = vow_pool_new(1, &options);
    assert_int_equal(vow_pool_free(late.pool), VOW_OK);
    assert_int_equal(atomic_load(&late.task.times), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pool_is_the_current_scheduler_of_its_calls),
        cmocka_unit_test(a_pool_is_called_pool),
        cmocka_unit_test(workers_are_called_by_the_pools_name_and_their_number),
        cmocka_unit_test(a_long_name_is_cut_but_the_number_stays),
        cmocka_unit_test(the_stack_size_is_what_was_asked_for),
        cmocka_unit_test(asynchronous_signals_are_blocked_in_workers_only),
        cmocka_unit_test(a_worker_does_not_count_as_the_searcher_while_a_line_of_its_goes_on),
        cmocka_unit_test(hooks_run_once_at_the_start_and_the_end_of_each_worker),
        cmocka_unit_test(what_the_last_hook_submits_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
