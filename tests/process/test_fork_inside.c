/*
 * test_fork_inside.c - fork(2) in a job, a call, a callback and a coroutine.
 */
#include "fork_testing.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_may_fork_and_exec),
        cmocka_unit_test(child_of_a_job_blocks_the_signals_that_the_pools_maker_did),
        cmocka_unit_test(child_of_a_job_may_use_vow_and_wait),
        cmocka_unit_test(child_ends_when_the_job_that_forked_returns_in_it),
        cmocka_unit_test(run_of_a_loop_ends_in_the_child_of_its_call),
        cmocka_unit_test(callback_may_fork_and_return_on_both_sides),
        cmocka_unit_test(coroutine_may_fork_and_yield_on_both_sides),
        cmocka_unit_test(job_may_fork_a_process_between_fork_and_join),
    };
    if (!children_can_be_tested())
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
