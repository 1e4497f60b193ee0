/*
 * test_exit.c - the process ends while work is in flight: by return from main or exit, from anywhere; by _exit or abort.
 */
#include "process_testing.h"

#include <sys/mman.h>

#include "base/threads.h"
#include "wait/stack.h"

/* Jobs of all kinds, which are under way when the process ends: they run, wait for what never comes, hold locks, sleep, use
   thread-local memory of the library's and allocate. --------------------------------------------------------------------- */

static vow_mutex mutex = VOW_MUTEX_INIT;
static _Atomic unsigned begun;

static vow_value hold_lock(vow_value input, void *context)
{
    (void)context;
    if (vow_mutex_lock(&mutex, VOW_FOREVER) != VOW_OK)
        return input;
    atomic_fetch_add(&begun, 1);
    (void)vow_sleep(VOW_S(1000));
    vow_mutex_unlock(&mutex);
    return input;
}

static vow_value want_lock(vow_value input, void *context)
{
    (void)context;
    atomic_fetch_add(&begun, 1);
    if (vow_mutex_lock(&mutex, VOW_FOREVER) == VOW_OK)
        vow_mutex_unlock(&mutex);
    return input;
}

static vow_value churn(vow_value input, void *context)
{
    (void)context;
    atomic_fetch_add(&begun, 1);
    while (!vow_canceled()) {
        vow_value text = vow_text("some memory");
        (void)vow_sleep(VOW_US(1));
        vow_release(text);
    }
    return input;
}

static vow_value spin(vow_value input, void *context)
{
    (void)context;
    atomic_fetch_add(&begun, 1);
    for (;;)
        vow_release(vow_text("some memory"));
    return input;
}

static vow_value wait_for(vow_value input, void *context)
{
    (void)input;
    atomic_fetch_add(&begun, 1);
    return vow_await(context, VOW_FOREVER);
}

static void await_begun(unsigned count)
{
    while (atomic_load(&begun) < count)
        (void)sched_yield();
}

/* In a pool of the program's, which it does not free. */
static void begin_work(bool endless)
{
    static vow_promise *never;
    vow_pool *pool = vow_pool_new(3, NULL);
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    CHECK(vow_deferred_new(&never) != NULL);
    CHECK(vow_schedule(scheduler, hold_lock, vow_none(), NULL) == VOW_OK);
    await_begun(1);
    CHECK(vow_schedule(scheduler, want_lock, vow_none(), NULL) == VOW_OK);
    CHECK(vow_schedule(scheduler, churn, vow_none(), NULL) == VOW_OK);
    CHECK(vow_schedule(scheduler, wait_for, vow_none(), never) == VOW_OK);
    if (endless)
        CHECK(vow_schedule(scheduler, spin, vow_none(), NULL) == VOW_OK);
    await_begun(endless ? 5 : 4);
}

static void exit_with_pool(void)
{
    begin_work(true);
    exit(3);
}

static void abort_with_pool(void)
{
    begin_work(true);
    abort();
}

static void exit_quickly(void)
{
    begin_work(true);
    _exit(4);
}

static void in_flight_body(void)
{
    for (int i = 0; i < 10; i++)
        CHECK_PROCESS(exit_with_pool, 3);
    CHECK_PROCESS(exit_quickly, 4);
    CHECK_PROCESS(abort_with_pool, -SIGABRT);
}
test_in_process(pools_that_nobody_freed_do_not_keep_a_process_from_ending, in_flight_body);

/* The default pool ---------------------------------------------------------------------------------------------------------- */

static _Atomic unsigned *ended; /* also seen by the parent */

static vow_value end_later(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(VOW_MS(2));
    atomic_fetch_add(ended, 1);
    return input;
}

static void exit_with_jobs(void)
{
    for (int i = 0; i < 10; i++)
        CHECK(vow_schedule(NULL, end_later, vow_none(), NULL) == VOW_OK);
    exit(5);
}

static vow_promise *endless;

/* That it does not come is heard before the process ends. */
static vow_value wait_without_end(vow_value input, void *context)
{
    (void)context;
    (void)input;
    atomic_fetch_add(&begun, 1);
    vow_value value;
    if (vow_wait(endless, VOW_FOREVER, &value) == VOW_CANCELED)
        atomic_fetch_add(ended, 1);
    return vow_none();
}

static void exit_with_waits(void)
{
    CHECK(vow_deferred_new(&endless) != NULL);
    for (unsigned i = 0; i < 10; i++)
        CHECK(vow_schedule(NULL, wait_without_end, vow_none(), NULL) == VOW_OK);
    await_begun(10);
    exit(6);
}

/* Jobs that wake each other go on to their ends. */
static vow_value toss(vow_value input, void *context)
{
    for (int i = 0; i < 200; i++)
        vow_release(vow_await(vow_submit(NULL, twice, vow_integer(i), NULL), VOW_FOREVER));
    return end_later(input, context);
}

static void exit_with_tosses(void)
{
    for (unsigned i = 0; i < 10; i++)
        CHECK(vow_schedule(NULL, toss, vow_none(), NULL) == VOW_OK);
    exit(5);
}

static void count_ended(void)
{
    void *memory =
        mmap(NULL, sizeof(*ended), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    ended = memory;
}

static void default_pool_body(void)
{
    count_ended();
    CHECK_PROCESS(exit_with_jobs, 5);
    CHECK(atomic_load(ended) == 10);
    CHECK_PROCESS(exit_with_tosses, 5);
    CHECK(atomic_load(ended) == 20);
}
test_in_process(default_pool_does_what_it_has_before_the_process_ends, default_pool_body);

static void endless_body(void)
{
    count_ended();
    CHECK_PROCESS(exit_with_waits, 6);
    CHECK(atomic_load(ended) == 10);
}
test_in_process(wait_for_what_never_comes_does_not_keep_a_process_from_ending, endless_body);

/* From inside ------------------------------------------------------------------------------------------------------------------ */

static vow_value call_exit(vow_value input, void *context)
{
    (void)context;
    exit((int)vow_as_integer(input));
}

static void exit_from_default_job(void)
{
    vow_release(vow_await(vow_submit(NULL, call_exit, vow_integer(7), NULL), VOW_FOREVER));
}

static void exit_from_job(void)
{
    begin_work(true);
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_release(vow_await(vow_submit(vow_pool_scheduler(pool), call_exit, vow_integer(7), NULL),
                          VOW_FOREVER));
}

static void exit_from_loop(void)
{
    begin_work(false);
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(vow_schedule(vow_loop_scheduler(loop), wait_for, vow_none(),
                       vow_call_later(loop, VOW_S(1000), call_exit, vow_integer(8), NULL)) ==
          VOW_OK);
    CHECK(vow_schedule(vow_loop_scheduler(loop), call_exit, vow_integer(7), NULL) == VOW_OK);
    (void)vow_loop_run(loop);
}

static void exit_from_callback(void)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, call_exit, NULL);
    (void)vow_resolve(deferred, vow_integer(7));
}

static vow_value yield_and_exit(vow_value input, void *context)
{
    vow_release(vow_yield(input));
    return call_exit(vow_integer(7), context);
}

static void exit_from_coroutine(void)
{
    vow_coroutine *coroutine = vow_coroutine_new(yield_and_exit, NULL);
    vow_release(vow_next(coroutine));
    vow_release(vow_next(coroutine));
}

static void *run_exit(void *context)
{
    (void)context;
    exit(7);
}

static void exit_from_thread(void)
{
    pthread_t thread;
    begin_work(false);
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(pthread_create(&thread, NULL, run_exit, NULL) == 0);
    (void)vow_loop_run(loop);
}

static void inside_body(void)
{
    for (int i = 0; i < 5; i++) {
        CHECK_PROCESS(exit_from_default_job, 7);
        CHECK_PROCESS(exit_from_job, 7);
        CHECK_PROCESS(exit_from_loop, 7);
        CHECK_PROCESS(exit_from_callback, 7);
        CHECK_PROCESS(exit_from_coroutine, 7);
        CHECK_PROCESS(exit_from_thread, 7);
    }
}
test_in_process(exit_may_be_called_anywhere, inside_body);

/* Functions of atexit ----------------------------------------------------------------------------------------------------------- */

static void use_late(void)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    if (!works(NULL) || pool == NULL || !works(vow_pool_scheduler(pool)) ||
        vow_pool_free(pool) != VOW_OK)
        _exit(97);
    vow_loop *loop = vow_loop_new(NULL);
    if (loop == NULL || !works(vow_loop_scheduler(loop)) || vow_loop_free(loop) != VOW_OK)
        _exit(96);
    vow_release(vow_await(vow_delay(VOW_US(10), vow_none()), VOW_FOREVER));
}

static void exit_with_function(void)
{
    CHECK(atexit(use_late) == 0);
    CHECK(works(NULL));
    exit(9);
}

static void exit_with_first_use(void)
{
    CHECK(atexit(use_late) == 0);
    exit(9);
}

static void atexit_body(void)
{
    CHECK_PROCESS(exit_with_function, 9);
    CHECK_PROCESS(exit_with_first_use, 9);
}
test_in_process(functions_of_atexit_may_use_all, atexit_body);

/* What the end of the process finds no more ------------------------------------------------------------------------------------ */

static struct stack *given_late;

static void give_late(void)
{
    vow_stack_give(given_late);
    _exit(vow_stack_count() == 0 ? 11 : 98);
}

/* The first stack has those that are kept go at the end, which is before what was to be done at the end until then. */
static void exit_with_stack(void)
{
    vow_process_at_exit(give_late);
    given_late = vow_stack_take(STACK_DEFAULT, "a test");
    CHECK(given_late != NULL);
    exit(10);
}

static void late_stack_body(void)
{
    CHECK_PROCESS(exit_with_stack, 11);
}
test_in_process(stacks_that_come_back_when_kept_ones_have_gone_are_kept_no_more, late_stack_body);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_that_nobody_freed_do_not_keep_a_process_from_ending),
        cmocka_unit_test(default_pool_does_what_it_has_before_the_process_ends),
        cmocka_unit_test(wait_for_what_never_comes_does_not_keep_a_process_from_ending),
        cmocka_unit_test(exit_may_be_called_anywhere),
        cmocka_unit_test(functions_of_atexit_may_use_all),
        cmocka_unit_test(stacks_that_come_back_when_kept_ones_have_gone_are_kept_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
