/*
 * test_fork_child.c - fork(2): what the child may do with vow, and that the parent does not notice.
 */
#include "process_testing.h"

#include <spawn.h>
#include <uv.h>

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

static void be_true(void)
{
    (void)execlp("true", "true", (char *)NULL);
    _exit(1);
}

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

/* What was there before ------------------------------------------------------------------------------------------------------ */

static vow_pool *old_pool;
static vow_loop *old_loop;

static void use_old_pool(void)
{
    vow_value value =
        vow_await(vow_submit(vow_pool_scheduler(old_pool), twice, vow_none(), NULL), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_CLOSED);
    CHECK(strstr(vow_error_message(value), "before fork()") != NULL);
    vow_release(value);
    CHECK(vow_pool_size(old_pool) == 0);
    CHECK(vow_pool_resize(old_pool, 2) == VOW_CLOSED);
    CHECK(strstr(vow_last_error(), "before fork()") != NULL);
    CHECK(vow_pool_close(old_pool, VOW_DRAIN, VOW_FOREVER) == VOW_OK);
    CHECK(vow_pool_free(old_pool) == VOW_OK);
}

static void pool_body(void)
{
    old_pool = vow_pool_new(2, NULL);
    CHECK(works(vow_pool_scheduler(old_pool)));
    CHECK_PROCESS(use_old_pool, 0);
    CHECK(works(vow_pool_scheduler(old_pool)));
    CHECK(vow_pool_free(old_pool) == VOW_OK);
}
test_in_process(pool_from_before_takes_nothing_in_the_child_and_says_why, pool_body);

static void use_empty_pool(void)
{
    CHECK(works(vow_pool_scheduler(old_pool)));
    CHECK(vow_pool_free(old_pool) == VOW_OK);
}

static void empty_pool_body(void)
{
    old_pool = vow_pool_new(0, NULL);
    CHECK(works(vow_pool_scheduler(old_pool)));
    CHECK_PROCESS(use_empty_pool, 0);
    CHECK(vow_pool_free(old_pool) == VOW_OK);
}
test_in_process(pool_of_size_0_goes_on_in_the_child, empty_pool_body);

static void use_old_loop(void)
{
    CHECK(vow_loop_run_until_idle(old_loop) == VOW_INVALID);
    CHECK(strstr(vow_last_error(), "before fork()") != NULL);
    vow_value value = vow_await(vow_signal(old_loop, SIGUSR1), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_INVALID);
    vow_release(value);
    value = vow_await(vow_call_later(old_loop, 0, twice, vow_none(), NULL), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_INVALID);
    vow_release(value);
    value =
        vow_await(vow_submit(vow_loop_scheduler(old_loop), twice, vow_none(), NULL), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_CLOSED);
    vow_release(value);
    CHECK(vow_loop_free(old_loop) == VOW_OK);
}

static void loop_body(void)
{
    old_loop = vow_loop_new(NULL);
    CHECK(works(vow_loop_scheduler(old_loop)));
    CHECK_PROCESS(use_old_loop, 0);
    CHECK(works(vow_loop_scheduler(old_loop)));
    CHECK(vow_loop_free(old_loop) == VOW_OK);
}
test_in_process(loop_from_before_does_nothing_in_the_child_and_says_why, loop_body);

/* The user's loop is libuv's default one. */
static bool works_over_users(void)
{
    struct vow_loop_options options = {.size = sizeof(options), .uv = uv_default_loop()};
    return works(vow_loop_scheduler(vow_loop_new(&options)));
}

static void lay_anew(void)
{
    CHECK(uv_loop_fork(uv_default_loop()) == 0 && works_over_users());
}

static void users_loop_body(void)
{
    CHECK(works_over_users());
    CHECK_PROCESS(lay_anew, 0);
}
test_in_process(loop_of_the_user_has_a_new_one_laid_over_it_in_the_child, users_loop_body);

static vow_deferred *old_deferred;
static vow_promise *old_promise;

static void fire_old(void)
{
    CHECK(vow_resolve(old_deferred, vow_integer(21)) == VOW_OK);
    CHECK(vow_as_integer(vow_await(old_promise, VOW_FOREVER)) == 42);
}

static void promise_body(void)
{
    CHECK(works(NULL));
    old_deferred = vow_deferred_new(&old_promise);
    old_promise = vow_then(old_promise, twice, NULL);
    CHECK_PROCESS(fire_old, 0);
    fire_old();
}
test_in_process(promise_of_the_thread_that_forks_is_its_own_on_both_sides, promise_body);

/* Another thread's loop: the parent's goes on, and hears nothing of the child. */

struct other {
    vow_loop *loop;
    _Atomic bool ready;
};

static void *run_other(void *context)
{
    struct other *other = context;
    other->loop = vow_loop_new(NULL);
    CHECK(other->loop != NULL);
    old_loop = other->loop;
    atomic_store(&other->ready, true);
    CHECK(vow_loop_run(other->loop) == VOW_OK);
    CHECK(vow_loop_free(other->loop) == VOW_OK);
    return NULL;
}

static void use_others_loop(void)
{
    vow_value value = vow_await(
        vow_submit(vow_loop_scheduler(old_loop), twice, vow_integer(1), NULL), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_CLOSED);
    vow_loop_stop(old_loop);
    CHECK(vow_loop_free(old_loop) == VOW_OK);
}

static void others_loop_body(void)
{
    struct other other = {.loop = NULL};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run_other, &other) == 0);
    while (!atomic_load(&other.ready))
        (void)sched_yield();
    CHECK_PROCESS(use_others_loop, 0);
    CHECK(works(vow_loop_scheduler(other.loop)));
    vow_loop_stop(other.loop);
    CHECK(pthread_join(thread, NULL) == 0);
}
test_in_process(others_loop_refuses_in_the_child_and_goes_on_in_the_parent, others_loop_body);

/* Signals that the parent waits for. ---------------------------------------------------------------------------------------- */

static bool comes_early;

static void die_of_it(void)
{
    (void)raise(SIGTERM);
    _exit(3);
}

/* As far as `loop` has looked: it has looked when it hears what was sent later. */
static bool has_heard(vow_loop *loop, vow_promise *promise)
{
    vow_value value;
    vow_promise *later = vow_signal(loop, SIGURG);
    CHECK(raise(SIGURG) == 0);
    CHECK(vow_as_integer(vow_await(later, VOW_FOREVER)) == SIGURG);
    return vow_wait(promise, vow_after(0), &value) != VOW_TIMED_OUT;
}

static void hears_nothing_of(void (*child)(void), int end)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(loop, SIGTERM);
    CHECK_PROCESS(child, end);
    CHECK(!has_heard(loop, heard));
    CHECK(raise(SIGTERM) == 0);
    CHECK(vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGTERM);
    CHECK(vow_loop_free(loop) == VOW_OK);
}

static void default_action_body(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(loop, SIGTERM);
    CHECK_PROCESS(die_of_it, -SIGTERM);
    vow_promise_release(heard);
    CHECK(vow_loop_free(loop) == VOW_OK);
}
test_in_process(child_dies_of_a_signal_that_its_parent_waits_for, default_action_body);

static void childs_signal_body(void)
{
    hears_nothing_of(die_of_it, -SIGTERM);
}
test_in_process(parent_does_not_hear_a_signal_of_its_child, childs_signal_body);

static void hear_it(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(loop, SIGTERM);
    CHECK(raise(SIGTERM) == 0);
    CHECK(vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGTERM);
    CHECK(vow_loop_free(loop) == VOW_OK);
}

static void hear_and_die(void)
{
    hear_it();
    hears_nothing_of(die_of_it, -SIGTERM);
    die_of_it();
}

static void both_hear_body(void)
{
    hears_nothing_of(hear_it, 0);
    hears_nothing_of(hear_and_die, -SIGTERM);
}
test_in_process(child_and_parent_each_hear_their_own_signals, both_hear_body);

/* The first thing in the child, of those that are done before fork returns there. */
static void raise_early(void)
{
    if (comes_early)
        (void)raise(SIGTERM);
}

static void not_reached(void)
{
    _exit(4);
}

static void early_body(void)
{
    CHECK(pthread_atfork(NULL, NULL, raise_early) == 0);
    comes_early = true;
    hears_nothing_of(not_reached, -SIGTERM);
}
test_in_process(parent_does_not_hear_a_signal_that_comes_while_its_child_begins, early_body);

static void *hear_elsewhere(void *context)
{
    struct other *other = context;
    other->loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(other->loop, SIGTERM);
    atomic_store(&other->ready, true);
    CHECK(vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGTERM);
    CHECK(vow_loop_free(other->loop) == VOW_OK);
    return NULL;
}

static void others_signal_body(void)
{
    struct other other = {.loop = NULL};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, hear_elsewhere, &other) == 0);
    while (!atomic_load(&other.ready))
        (void)sched_yield();
    hears_nothing_of(hear_and_die, -SIGTERM);
    CHECK(pthread_join(thread, NULL) == 0);
}
test_in_process(child_dies_of_a_signal_that_another_thread_waits_for, others_signal_body);

/* What is new in the child --------------------------------------------------------------------------------------------------- */

static void use_all(void)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    CHECK(pool != NULL);
    CHECK(works(vow_pool_scheduler(pool)));
    CHECK(works(NULL));
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(loop != NULL);
    CHECK(works(vow_loop_scheduler(loop)));
    vow_release(vow_await(vow_delay(VOW_US(10), vow_none()), VOW_FOREVER));
    vow_release(
        vow_await(vow_call_later(loop, VOW_US(10), twice, vow_integer(1), NULL), VOW_FOREVER));
    CHECK(vow_loop_free(loop) == VOW_OK);
    vow_release(vow_await(vow_delay(VOW_US(10), vow_none()), VOW_FOREVER));
    CHECK(works(vow_pool_scheduler(pool)));
    CHECK(vow_pool_free(pool) == VOW_OK);
}

static void use_all_and_exit(void)
{
    use_all();
    exit(0);
}

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

/* fork in a call ---------------------------------------------------------------------------------------------------------------- */

static vow_value fork_in_job(vow_value input, void *context)
{
    union {
        void *pointer;
        void (*body)(void);
    } given = {.pointer = context};
    int end = end_of(begin_process(given.body));
    vow_release(input);
    return vow_integer(end);
}

static int64_t end_of_fork_in_a_job(void (*body)(void))
{
    union {
        void (*body)(void);
        void *pointer;
    } given = {.body = body};
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_value end = vow_await(
        vow_submit(vow_pool_scheduler(pool), fork_in_job, vow_none(), given.pointer), VOW_FOREVER);
    CHECK(works(vow_pool_scheduler(pool)));
    CHECK(vow_pool_free(pool) == VOW_OK);
    return vow_as_integer(end);
}

static void job_execs_body(void)
{
    CHECK(end_of_fork_in_a_job(be_true) == 0);
}
test_in_process(job_may_fork_and_exec, job_execs_body);

static void look_at_signals(void)
{
    sigset_t blocked;
    CHECK(sigprocmask(SIG_SETMASK, NULL, &blocked) == 0);
    CHECK(sigismember(&blocked, SIGTERM) == 0 && sigismember(&blocked, SIGUSR2) == 1);
}

static void job_signals_body(void)
{
    sigset_t one;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGUSR2);
    CHECK(sigprocmask(SIG_BLOCK, &one, NULL) == 0);
    CHECK(end_of_fork_in_a_job(look_at_signals) == 0);
}
test_in_process(child_of_a_job_blocks_the_signals_that_the_pools_maker_did, job_signals_body);

static void job_uses_all_body(void)
{
    CHECK(end_of_fork_in_a_job(use_all) == 0);
    CHECK(end_of_fork_in_a_job(use_all_and_exit) == 0);
}
test_with_threads_in_children(child_of_a_job_may_use_vow_and_wait, job_uses_all_body);

static vow_value fork_and_return(vow_value input, void *context)
{
    (void)context;
    pid_t child = fork();
    if (child == 0)
        return input; /* there is nothing to return to */
    return vow_integer(end_of(child));
}

static vow_value note_run(vow_value input, void *context)
{
    atomic_fetch_add((_Atomic int *)context, 1);
    return input;
}

static void job_returns_body(void)
{
    _Atomic int ran = 0;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *forked = vow_submit(vow_pool_scheduler(pool), fork_and_return, vow_none(), NULL);
    for (int i = 0; i < 10; i++)
        CHECK(vow_schedule(vow_pool_scheduler(pool), note_run, vow_none(), &ran) == VOW_OK);
    CHECK(vow_as_integer(vow_await(forked, VOW_FOREVER)) == EXIT_FAILURE);
    CHECK(vow_pool_free(pool) == VOW_OK);
    CHECK(atomic_load(&ran) == 10);
}
test_in_process(child_ends_when_the_job_that_forked_returns_in_it, job_returns_body);

static pid_t forked_in_loop = -1;

static vow_value fork_in_call(vow_value input, void *context)
{
    forked_in_loop = fork();
    if (forked_in_loop != 0)
        vow_loop_stop(context);
    return input;
}

static void loop_call_body(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(vow_schedule(vow_loop_scheduler(loop), fork_in_call, vow_none(), loop) == VOW_OK);
    vow_status status = vow_loop_run(loop);
    if (forked_in_loop == 0) {
        CHECK(status == VOW_INVALID);
        CHECK(vow_loop_free(loop) == VOW_OK);
        use_all();
        _exit(5);
    }
    CHECK(status == VOW_OK);
    CHECK(end_of(forked_in_loop) == 5);
    CHECK(vow_loop_free(loop) == VOW_OK);
}
test_in_process(run_of_a_loop_ends_in_the_child_of_its_call, loop_call_body);

/* fork in a callback: it returns on both sides. */
static vow_value fork_in_callback(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_integer(fork());
}

/* What became of the child that has `pid`, which goes on here, too. */
static void go_on(int64_t pid)
{
    CHECK(pid >= 0);
    if (pid == 0) {
        use_all();
        exit(5);
    }
    CHECK(end_of((pid_t)pid) == 5);
    CHECK(works(NULL));
}

static void callback_body(void)
{
    vow_promise *promise;
    CHECK(works(NULL));
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, fork_in_callback, NULL);
    CHECK(vow_fire(deferred, vow_none()) == VOW_OK);
    go_on(vow_as_integer(vow_await(promise, VOW_FOREVER)));
}
test_with_threads_in_children(callback_may_fork_and_return_on_both_sides, callback_body);

static vow_value fork_in_coroutine(vow_value input, void *context)
{
    (void)context;
    vow_value next = vow_yield(vow_integer(fork()));
    vow_release(input);
    return next;
}

static void coroutine_body(void)
{
    CHECK(works(NULL));
    vow_coroutine *coroutine = vow_coroutine_new(fork_in_coroutine, NULL);
    int64_t pid = vow_as_integer(vow_next(coroutine));
    vow_release(vow_send(coroutine, vow_integer(7)));
    CHECK(vow_as_integer(vow_coroutine_result(coroutine)) == 7);
    vow_coroutine_release(coroutine);
    go_on(pid);
}
test_with_threads_in_children(coroutine_may_fork_and_yield_on_both_sides, coroutine_body);

/* Nobody can have stolen what one worker forked. */
static vow_value fork_before_join(vow_value input, void *context)
{
    struct vow_forked forked;
    (void)context;
    vow_fork(&forked, twice, vow_integer(21), NULL);
    pid_t child = fork();
    vow_value joined = vow_join(&forked);
    CHECK(vow_as_integer(joined) == 42);
    if (child == 0) {
        use_all();
        _exit(5);
    }
    vow_release(input);
    return vow_integer(end_of(child));
}

static void join_body(void)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *ended = vow_submit(vow_pool_scheduler(pool), fork_before_join, vow_none(), NULL);
    CHECK(vow_as_integer(vow_await(ended, VOW_FOREVER)) == 5);
    CHECK(vow_pool_free(pool) == VOW_OK);
}
test_with_threads_in_children(job_may_fork_a_process_between_fork_and_join, join_body);

static void ledger_body(void)
{
    CHECK(setenv("VOW_DEBUG", "ledger", 1) == 0);
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(works(vow_pool_scheduler(pool)) && works(vow_loop_scheduler(loop)));
    vow_promise *heard = vow_signal(loop, SIGTERM);
    CHECK_PROCESS(leave, 7);
    CHECK_PROCESS(use_all_and_exit, 0);
    CHECK_PROCESS(die_of_it, -SIGTERM);
    vow_promise_release(heard);
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
        cmocka_unit_test(pool_from_before_takes_nothing_in_the_child_and_says_why),
        cmocka_unit_test(pool_of_size_0_goes_on_in_the_child),
        cmocka_unit_test(loop_from_before_does_nothing_in_the_child_and_says_why),
        cmocka_unit_test(loop_of_the_user_has_a_new_one_laid_over_it_in_the_child),
        cmocka_unit_test(promise_of_the_thread_that_forks_is_its_own_on_both_sides),
        cmocka_unit_test(others_loop_refuses_in_the_child_and_goes_on_in_the_parent),
        cmocka_unit_test(child_dies_of_a_signal_that_its_parent_waits_for),
        cmocka_unit_test(parent_does_not_hear_a_signal_of_its_child),
        cmocka_unit_test(child_and_parent_each_hear_their_own_signals),
        cmocka_unit_test(parent_does_not_hear_a_signal_that_comes_while_its_child_begins),
        cmocka_unit_test(child_dies_of_a_signal_that_another_thread_waits_for),
        cmocka_unit_test(child_makes_pools_and_loops_and_a_default_pool_of_its_own),
        cmocka_unit_test(child_finds_no_lock_held_that_nobody_gives_back),
        cmocka_unit_test(child_of_a_child_does_so_too),
        cmocka_unit_test(child_of_a_fork_while_the_default_pool_is_made_has_its_own),
        cmocka_unit_test(two_threads_fork_at_the_same_time),
        cmocka_unit_test(count_of_objects_is_the_same_in_the_child),
        cmocka_unit_test(job_may_fork_and_exec),
        cmocka_unit_test(child_of_a_job_blocks_the_signals_that_the_pools_maker_did),
        cmocka_unit_test(child_of_a_job_may_use_vow_and_wait),
        cmocka_unit_test(child_ends_when_the_job_that_forked_returns_in_it),
        cmocka_unit_test(run_of_a_loop_ends_in_the_child_of_its_call),
        cmocka_unit_test(callback_may_fork_and_return_on_both_sides),
        cmocka_unit_test(coroutine_may_fork_and_yield_on_both_sides),
        cmocka_unit_test(job_may_fork_a_process_between_fork_and_join),
        cmocka_unit_test(child_exits_also_where_a_ledger_is_kept),
    };
    /* AddressSanitizer's allocator may be held by another thread at that moment; a child would wait for it for ever */
    if (stacks_are_threads() || VOW_ADDRESS_SANITIZER)
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
