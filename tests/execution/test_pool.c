/*
 * test_pool.c - a pool of workers runs what it is given.
 */
#include "pool_testing.h"
#include <pthread.h>
#include <signal.h>

#include "base/threads.h"

#define MANY 10000u

static const int sizes[] = {0, 1, 2, 8};

/* Running ----------------------------------------------------------------------------------------------------- */

static void each_call_runs_once_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct tally ended = {0};
        struct task *tasks = tasks_new(MANY, &ended);
        vow_pool *pool = vow_pool_new(sizes[i], NULL);
        for (size_t j = 0; j < MANY; j++)
            submit(pool, &tasks[j]);
        tally_wait(&ended, MANY);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        assert_int_equal(tasks_with(tasks, MANY, RAN), MANY);
        free(tasks);
    }
}

struct order {
    int next;
    bool kept;
};

static void check_order(struct task *task)
{
    struct order *order = task->context;
    if (task->number != order->next++)
        order->kept = false;
}

static void one_worker_begins_calls_in_the_order_of_their_submission(void **state)
{
    struct tally ended = {0};
    struct order order = {0, true};
    struct task *tasks = tasks_new(MANY, &ended);
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        tasks[i].act = check_order;
        tasks[i].context = &order;
        submit(pool, &tasks[i]);
    }
    tally_wait(&ended, MANY);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_true(order.kept);
    free(tasks);
}

/* A tree of calls: each submits two more, down to depth 0. */
struct tree {
    struct vow_call call;
    vow_pool *pool;
    struct tally *ended;
    int depth;
};

static void tree_run(struct vow_call *call)
{
    struct tree *tree = vow_container_of(call, struct tree, call);
    for (int i = 0; tree->depth > 0 && i < 2; i++) {
        struct tree *child = malloc(sizeof(*child));
        *child = *tree;
        child->depth--;
        vow_scheduler_call(vow_pool_scheduler(tree->pool), &child->call);
    }
    tally_add(tree->ended);
    free(tree);
}

static void tree_dropped(struct vow_call *call)
{
    free(vow_container_of(call, struct tree, call));
}

static void calls_that_submit_calls_all_run_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct tally ended = {0};
        vow_pool *pool = vow_pool_new(sizes[i], NULL);
        struct tree *tree = malloc(sizeof(*tree));
        *tree = (struct tree){{NULL, tree_run, tree_dropped}, pool, &ended, 10};
        vow_scheduler_call(vow_pool_scheduler(pool), &tree->call);
        tally_wait(&ended, 2047);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        assert_int_equal(tally_now(&ended), 2047);
    }
}

static void submit_many(struct task *task)
{
    struct task *tasks = task->context;
    for (size_t i = 0; i < MANY; i++)
        submit(task->pool, &tasks[i]);
}

static void a_call_may_submit_more_than_a_deque_has_room_for(void **state)
{
    struct tally ended = {0};
    struct task *tasks = tasks_new(MANY, &ended);
    struct task first = {.act = submit_many, .context = tasks};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    submit(pool, &first);
    tally_wait(&ended, MANY);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(tasks_with(tasks, MANY, RAN), MANY);
    free(tasks);
}

static void calls_do_not_wait_behind_a_worker_that_is_held(void **state)
{
    struct tally ended = {0};
    struct task *tasks = tasks_new(100, &ended);
    struct held held = {0};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    hold(pool, &held);
    for (size_t i = 0; i < 100; i++)
        submit(pool, &tasks[i]);
    tally_wait(&ended, 100);
    assert_int_equal(tally_now(&held.ended), 0);
    let_go(&held);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(tasks);
}

static void submit_and_wait(struct task *task)
{
    struct task *children = task->context;
    for (int i = 0; i < 3; i++)
        submit(task->pool, &children[i]);
    tally_wait(children[0].ended, 3);
}

static void another_worker_wakes_for_calls_of_a_call_that_waits_for_them(void **state)
{
    struct tally ended = {0};
    struct tally children_ended = {0};
    struct task *children = tasks_new(3, &children_ended);
    struct task parent = {.act = submit_and_wait, .context = children, .ended = &ended};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    submit(pool, &parent);
    tally_wait(&ended, 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(children);
}

static void note_workers(struct task *task)
{
    tally_add(task->context);
    tally_wait(task->context, 8);
}

static void all_workers_come_for_calls_that_need_them_all(void **state)
{
    struct tally ended = {0};
    struct tally together = {0};
    struct task *tasks = tasks_new(8, &ended);
    vow_pool *pool = vow_pool_new(8, NULL);
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        tasks[i].act = note_workers;
        tasks[i].context = &together;
        submit(pool, &tasks[i]);
    }
    tally_wait(&ended, 8);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    free(tasks);
}

/* Fairness ---------------------------------------------------------------------------------------------------- */

/* Submits itself again until somebody sets the flag. */
struct loop_call {
    struct vow_call call;
    vow_pool *pool;
    _Atomic bool stop;
    struct tally ended;
};

static void loop_run(struct vow_call *call)
{
    struct loop_call *loop = vow_container_of(call, struct loop_call, call);
    if (atomic_load(&loop->stop))
        tally_add(&loop->ended);
    else
        vow_scheduler_call(vow_pool_scheduler(loop->pool), call);
}

static void loop_start(struct loop_call *loop, vow_pool *pool)
{
    loop->call.run = loop->call.dropped = loop_run;
    loop->pool = pool;
    vow_scheduler_call(vow_pool_scheduler(pool), &loop->call);
}

static void stop_loop(struct task *task)
{
    struct loop_call *loop = task->context;
    atomic_store(&loop->stop, true);
}

static void a_call_that_submits_itself_for_ever_does_not_starve_outside_calls(void **state)
{
    struct loop_call loop = {0};
    struct task task = {.act = stop_loop, .context = &loop};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    loop_start(&loop, pool);
    submit(pool, &task);
    tally_wait(&loop.ended, 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(atomic_load(&task.fate), RAN);
}

struct home {
    struct immediate *immediate;
    struct tally known;
};

static void note_home(struct task *task)
{
    struct home *home = task->context;
    home->immediate = vow_here.thread->immediate;
    tally_add(&home->known);
}

static void find_home(vow_pool *pool, struct home *home)
{
    struct task task = {.act = note_home, .context = home, .ended = &home->known};
    submit(pool, &task);
    tally_wait(&home->known, 2);
}

static void a_call_that_submits_itself_for_ever_does_not_starve_the_inbox(void **state)
{
    struct loop_call loop = {0};
    struct home home = {0};
    struct task task = {.call = {NULL, task_run, task_dropped}, .act = stop_loop, .context = &loop};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    find_home(pool, &home);
    loop_start(&loop, pool);
    assert_true(vow_immediate_post(home.immediate, &task.call));
    tally_wait(&loop.ended, 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void note_thread(struct task *task)
{
    *(struct immediate **)task->context = vow_here.thread->immediate;
}

static void a_sleeping_worker_serves_its_inbox(void **state)
{
    struct home home = {0};
    struct tally ended = {0};
    struct immediate *ran_at = NULL;
    struct task task = {.call = {NULL, task_run, task_dropped},
                        .act = note_thread,
                        .context = &ran_at,
                        .ended = &ended};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    find_home(pool, &home);
    for (uint32_t i = 1; i <= 100; i++) {
        assert_true(vow_immediate_post(home.immediate, &task.call));
        tally_wait(&ended, i);
        assert_ptr_equal(ran_at, home.immediate);
    }
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

/* What a call sees -------------------------------------------------------------------------------------------- */

static void note_current(struct task *task)
{
    *(vow_scheduler **)task->context = vow_current_scheduler();
}

static void the_pool_is_the_current_scheduler_of_its_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct tally ended = {0};
        vow_scheduler *current = NULL;
        struct task task = {.act = note_current, .context = &current, .ended = &ended};
        vow_pool *pool = vow_pool_new(sizes[i], NULL);
        submit(pool, &task);
        tally_wait(&ended, 1);
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

static void name_of_worker(const char *name, char *buffer)
{
    struct tally ended = {0};
    struct vow_pool_options options = {.size = sizeof(options), .name = name};
    struct task task = {.act = note_name, .context = buffer, .ended = &ended};
    vow_pool *pool = vow_pool_new(1, &options);
    submit(pool, &task);
    tally_wait(&ended, 1);
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
    struct tally ended = {0};
    size_t size = 0;
    struct vow_pool_options options = {.size = sizeof(options), .stack_size = 1000001};
    struct task task = {.act = note_stack, .context = &size, .ended = &ended};
    vow_pool *pool = vow_pool_new(1, &options);
    (void)state;
    submit(pool, &task);
    tally_wait(&ended, 1);
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
    struct tally ended = {0};
    sigset_t set;
    sigset_t mine;
    struct task task = {.act = note_mask, .context = &set, .ended = &ended};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    submit(pool, &task);
    tally_wait(&ended, 1);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_true(sigismember(&set, SIGINT) && sigismember(&set, SIGTERM) &&
                sigismember(&set, SIGCHLD));
    assert_false(sigismember(&set, SIGSEGV) || sigismember(&set, SIGFPE));
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mine);
    assert_false(sigismember(&mine, SIGINT));
}

/* Hooks ------------------------------------------------------------------------------------------------------- */

struct hooks {
    struct tally started;
    struct tally stopped;
    _Atomic int thread_of[8]; /* per worker: 1 started, 2 stopped */
    _Atomic bool wrong;
};

static void hook_started(int worker, void *context)
{
    struct hooks *hooks = context;
    if (atomic_exchange(&hooks->thread_of[worker], 1) == 1)
        atomic_store(&hooks->wrong, true);
    tally_add(&hooks->started);
}

static void hook_stopping(int worker, void *context)
{
    struct hooks *hooks = context;
    if (atomic_exchange(&hooks->thread_of[worker], 2) != 1)
        atomic_store(&hooks->wrong, true);
    tally_add(&hooks->stopped);
}

static void hooks_run_once_at_the_start_and_the_end_of_each_worker(void **state)
{
    struct hooks hooks = {0};
    struct vow_pool_options options = {.size = sizeof(options),
                                       .started = hook_started,
                                       .stopping = hook_stopping,
                                       .context = &hooks};
    vow_pool *pool = vow_pool_new(8, &options);
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

/* Bad input --------------------------------------------------------------------------------------------------- */

static void sizes_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    assert_null(vow_pool_new(-1, NULL));
    assert_string_equal(vow_last_error(), "vow_pool_new: workers is negative (-1)");
    assert_null(vow_pool_new(VOW_POOL_LARGEST + 1, NULL));
    assert_string_equal(vow_last_error(), "vow_pool_new: workers is 1025, the most is 1024");
}

static void options_without_their_size_are_refused(void **state)
{
    struct vow_pool_options options = {0};
    (void)state;
    assert_null(vow_pool_new(1, &options));
    assert_string_equal(
        vow_last_error(),
        "vow_pool_new: options->size is wrong: set it to sizeof(struct vow_pool_options)");
}

static void absurd_stack_sizes_are_refused(void **state)
{
    struct vow_pool_options options = {.size = sizeof(options), .stack_size = 1};
    (void)state;
    assert_null(vow_pool_new(1, &options));
    assert_non_null(
        strstr(vow_last_error(), "vow_pool_new: options->stack_size is 1, not between"));
    options.stack_size = SIZE_MAX;
    assert_null(vow_pool_new(1, &options));
    assert_non_null(strstr(vow_last_error(), "options->stack_size"));
}

static void every_cpu_is_a_worker_for_each_processor(void **state)
{
    vow_pool *pool = vow_pool_new(VOW_EVERY_CPU, NULL);
    (void)state;
    assert_int_equal(vow_pool_size(pool), vow_processors());
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

/* Statistics -------------------------------------------------------------------------------------------------- */

static void statistics_want_their_size(void **state)
{
    struct vow_pool_statistics stats = {0};
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    assert_int_equal(vow_pool_stats(pool, &stats), VOW_INVALID);
    assert_int_equal(vow_pool_stats(pool, NULL), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_stats: stats is NULL");
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

static void statistics_count_calls_from_inside_and_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct vow_pool_statistics stats = {.size = sizeof(stats)};
        struct tally ended = {0};
        struct task *tasks = tasks_new(MANY, &ended);
        struct task first = {.act = submit_many, .context = tasks, .ended = &ended};
        vow_pool *pool = vow_pool_new(sizes[i], NULL);
        submit(pool, &first);
        tally_wait(&ended, MANY + 1);
        assert_int_equal(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
        assert_int_equal(vow_pool_stats(pool, &stats), VOW_OK);
        assert_int_equal(stats.submitted, MANY + 1);
        assert_int_equal(stats.completed, MANY + 1);
        assert_int_equal(vow_pool_free(pool), VOW_OK);
        free(tasks);
    }
}

/* The default pool -------------------------------------------------------------------------------------------- */

static void the_default_pool_is_made_once_and_runs_calls(void **state)
{
    struct tally ended = {0};
    struct task task = {.call = {NULL, task_run, task_dropped}, .ended = &ended};
    vow_scheduler *scheduler = vow_default_pool();
    (void)state;
    assert_non_null(scheduler);
    assert_ptr_equal(vow_default_pool(), scheduler);
    vow_scheduler_call(scheduler, &task.call);
    tally_wait(&ended, 1);
    assert_int_equal(atomic_load(&task.fate), RAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_runs_once_at_every_size),
        cmocka_unit_test(one_worker_begins_calls_in_the_order_of_their_submission),
        cmocka_unit_test(calls_that_submit_calls_all_run_at_every_size),
        cmocka_unit_test(a_call_may_submit_more_than_a_deque_has_room_for),
        cmocka_unit_test(calls_do_not_wait_behind_a_worker_that_is_held),
        cmocka_unit_test(another_worker_wakes_for_calls_of_a_call_that_waits_for_them),
        cmocka_unit_test(all_workers_come_for_calls_that_need_them_all),
        cmocka_unit_test(a_call_that_submits_itself_for_ever_does_not_starve_outside_calls),
        cmocka_unit_test(a_call_that_submits_itself_for_ever_does_not_starve_the_inbox),
        cmocka_unit_test(a_sleeping_worker_serves_its_inbox),
        cmocka_unit_test(the_pool_is_the_current_scheduler_of_its_calls),
        cmocka_unit_test(a_pool_is_called_pool),
        cmocka_unit_test(workers_are_called_by_the_pools_name_and_their_number),
        cmocka_unit_test(a_long_name_is_cut_but_the_number_stays),
        cmocka_unit_test(the_stack_size_is_what_was_asked_for),
        cmocka_unit_test(asynchronous_signals_are_blocked_in_workers_only),
        cmocka_unit_test(hooks_run_once_at_the_start_and_the_end_of_each_worker),
        cmocka_unit_test(what_the_last_hook_submits_is_not_lost),
        cmocka_unit_test(sizes_that_make_no_sense_are_refused),
        cmocka_unit_test(options_without_their_size_are_refused),
        cmocka_unit_test(absurd_stack_sizes_are_refused),
        cmocka_unit_test(every_cpu_is_a_worker_for_each_processor),
        cmocka_unit_test(statistics_want_their_size),
        cmocka_unit_test(statistics_count_calls_from_inside_and_outside),
        cmocka_unit_test(the_default_pool_is_made_once_and_runs_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
