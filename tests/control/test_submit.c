/*
 * test_submit.c - jobs: functions on schedulers, as promises.
 */
#include "control_testing.h"
#include "execution/scheduler.h"

#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>

static vow_value give_thread(vow_value input, void *context)
{
    (void)input;
    *(struct thread **)context = vow_here.thread;
    return vow_integer(1);
}

static void on_immediate_the_job_runs_inside(void **state)
{
    (void)state;
    vow_promise *promise =
        vow_submit(vow_immediate(), add_context, vow_integer(1), number_as_context(2));
    assert_fulfilled(promise, 3);
    vow_promise_release(promise);
}

static void input_and_context_are_given_back_once(void **state)
{
    (void)state;
    struct vow_job job = {
        .size = sizeof job, .fn = give_context, .input = probe_new(), .drop = count_drop};
    vow_promise *promise = vow_submit_with(vow_immediate(), &job);
    assert_int_equal(probe_drops, 1);
    assert_int_equal(drops, 1);
    vow_promise_release(promise);
}

static void a_borrowed_input_is_shared(void **state)
{
    (void)state;
    vow_value probe = probe_new();
    vow_promise_release(vow_submit(vow_immediate(), note_context, vow_borrow(probe), NULL));
    assert_int_equal(probe_drops, 0);
    vow_release(probe);
    assert_int_equal(probe_drops, 1);
}

static void a_job_may_raise_and_give_promises(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *raised =
        vow_submit(vow_immediate(), raise_context, vow_none(), number_as_context(VOW_USER));
    vow_promise *later = vow_submit(vow_immediate(), give_promise, vow_none(), inner);
    assert_rejected(raised, VOW_USER);
    assert_pending(later);
    fire(deferred, vow_integer(4));
    assert_fulfilled(later, 4);
    vow_promise_release(raised);
    vow_promise_release(later);
    vow_promise_release(inner);
}

static vow_value note_current(vow_value input, void *context)
{
    (void)context;
    note(strcmp(vow_scheduler_name(vow_current_scheduler()), "manual") == 0 ? 1 : 2);
    return input;
}

static void on_a_users_scheduler_it_runs_there_and_its_links_at_home(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise = vow_submit(scheduler, note_current, vow_integer(5), NULL);
    promise = vow_add_callback(promise, note_current, NULL);
    assert_pending(promise);
    (void)manual_run(scheduler, manual);
    assert_logged(1, 2);
    assert_fulfilled(promise, 5);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void a_home_can_be_named(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *home = manual_new(&manual, NULL);
    struct vow_job job = {.size = sizeof job, .fn = give_context, .home = home};
    vow_promise *promise = vow_submit_with(vow_immediate(), &job);
    promise = vow_add_callback(promise, note_current, NULL);
    assert_nothing_logged();
    (void)manual_run(home, manual);
    assert_logged(1);
    vow_promise_release(promise);
    vow_scheduler_release(home);
}

static void a_closed_scheduler_rejects_with_closed(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    struct vow_job job = {
        .size = sizeof job, .fn = note_input, .input = probe_new(), .drop = count_drop};
    manual_close(manual);
    vow_promise *promise = vow_submit_with(scheduler, &job);
    assert_rejected(promise, VOW_CLOSED);
    assert_int_equal(drops, 1);
    assert_int_equal(probe_drops, 1);
    assert_nothing_logged();
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void a_refused_job_that_nobody_looks_at_is_reported(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    manual_close(manual);
    vow_promise_release(vow_submit(scheduler, note_input, vow_none(), NULL));
    assert_int_equal(unhandled, 1);
    assert_int_equal(unhandled_status, VOW_CLOSED);
    vow_scheduler_release(scheduler);
}

static void closing_drops_what_is_queued(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    struct vow_job job = {.size = sizeof job, .fn = note_input, .drop = count_drop};
    vow_promise *promise = vow_submit_with(scheduler, &job);
    promise = vow_add_both(promise, note_input, NULL);
    manual_close(manual);
    assert_logged(-VOW_CANCELED);
    assert_int_equal(drops, 1);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void a_canceled_job_that_is_dropped_ends_once(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    struct vow_job job = {.size = sizeof job, .fn = note_input, .drop = count_drop};
    vow_promise *promise = vow_submit_with(scheduler, &job);
    vow_cancel(promise);
    manual_close(manual);
    assert_int_equal(drops, 1);
    assert_rejected(promise, VOW_CANCELED);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

/* Cancels the job in the context so many calls deep. */
static vow_value cancel_deep_inside(vow_value input, void *context)
{
    int64_t further = vow_as_integer(input);
    if (further == 0)
        vow_cancel(context);
    else
        vow_promise_release(
            vow_then(vow_succeeded(vow_integer(further - 1)), cancel_deep_inside, context));
    return vow_none();
}

static void canceled_deep_inside_its_links_do_not_wait_for_the_queue(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise *promise = vow_submit(scheduler, note_input, vow_integer(1), NULL);
    promise = vow_add_both(promise, note_input, NULL);
    vow_promise_release(
        vow_then(vow_succeeded(vow_integer(VOW_NESTING - 1)), cancel_deep_inside, promise));
    assert_logged(-VOW_CANCELED);
    assert_int_equal(manual_run(scheduler, manual), 1);
    assert_logged(-VOW_CANCELED);
    vow_promise_release(promise);
    vow_scheduler_release(scheduler);
}

static void nobody_need_hold_the_promise(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_promise_release(vow_submit(scheduler, note_input, vow_integer(1), NULL));
    (void)manual_run(scheduler, manual);
    assert_logged(1);
    vow_scheduler_release(scheduler);
}

static void outside_of_jobs_nothing_is_canceled(void **state)
{
    (void)state;
    assert_false(vow_canceled());
}

/* On a loop, from another thread and back ---------------------------------------------------------------------- */

struct service {
    vow_loop *loop;
    pthread_t thread;
    sem_t ready;
};

static void *serve(void *context)
{
    struct service *service = context;
    service->loop = vow_loop_new(NULL);
    sem_post(&service->ready);
    require(vow_loop_run(service->loop) == VOW_OK);
    require(vow_loop_free(service->loop) == VOW_OK);
    return NULL;
}

static void start_service(struct service *service)
{
    assert_int_equal(sem_init(&service->ready, 0, 0), 0);
    service->thread = start_thread(serve, service);
    sem_wait(&service->ready);
}

static void stop_service(struct service *service)
{
    vow_loop_stop(service->loop);
    join_thread(service->thread);
    sem_destroy(&service->ready);
}

static void a_loop_is_called_from_another_thread_as_a_promise(void **state)
{
    (void)state;
    struct service service;
    struct thread *ran_on = NULL;
    struct thread *link_on = NULL;
    start_service(&service);
    vow_promise *promise =
        vow_call_from_thread(vow_loop_scheduler(service.loop), give_thread, vow_none(), &ran_on);
    promise = vow_then(promise, give_thread, &link_on);
    assert_int_equal(vow_as_integer(vow_await(promise, VOW_FOREVER)), 1);
    assert_ptr_equal(ran_on, atomic_load(&vow_loop_scheduler(service.loop)->owner));
    assert_ptr_equal(link_on, vow_here.thread);
    stop_service(&service);
}

static void a_loop_is_called_from_another_thread_waiting(void **state)
{
    (void)state;
    struct service service;
    start_service(&service);
    for (int i = 0; i < 100; i++)
        assert_int_equal(vow_as_integer(vow_call_from_thread_wait(
                             vow_loop_scheduler(service.loop), add_context, vow_integer(i),
                             number_as_context(1), VOW_FOREVER)),
                         i + 1);
    assert_error(vow_call_from_thread_wait(vow_loop_scheduler(service.loop), raise_context,
                                           vow_none(), number_as_context(VOW_USER), VOW_FOREVER),
                 VOW_USER);
    stop_service(&service);
}

static void running_out_of_time_cancels_the_call(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    assert_error(vow_call_from_thread_wait(scheduler, note_input, probe_new(), NULL, VOW_POLL),
                 VOW_TIMED_OUT);
    (void)manual_run(scheduler, manual);
    assert_nothing_logged();
    assert_int_equal(probe_drops, 1);
    vow_scheduler_release(scheduler);
}

static vow_value call_own_loop(vow_value input, void *context)
{
    (void)input;
    return vow_call_from_thread_wait(context, note_input, probe_new(), NULL, VOW_FOREVER);
}

static void the_loop_may_be_called_from_its_own_call(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise =
        vow_submit(vow_loop_scheduler(loop), call_own_loop, vow_none(), vow_loop_scheduler(loop));
    vow_release(vow_await(promise, VOW_FOREVER));
    assert_int_equal(probe_drops, 1);
    assert_ok(vow_loop_free(loop));
}

static void a_loop_waits_for_a_replaced_value_that_comes_from_elsewhere(void **state)
{
    (void)state;
    vow_promise *inner;
    struct shot shot = {vow_deferred_new(&inner), vow_integer(2), VOW_OK};
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise = vow_add_callback(vow_succeeded(vow_none()), give_promise, inner);
    promise = vow_add_callback(promise, note_input, NULL);
    assert_ok(
        vow_loop_run_once(loop, VOW_FOREVER)); /* the first function has run: inner is waited for */
    assert_nothing_logged();
    pthread_t thread = start_thread(shoot, &shot);
    assert_ok(vow_loop_run_until_idle(
        loop)); /* inner's home is the thread, yet this loop is owed a value */
    assert_logged(2);
    join_thread(thread);
    vow_promise_release(promise);
    assert_ok(vow_loop_free(loop));
    vow_deferred_release(shot.deferred);
    vow_promise_release(inner);
}

static void freeing_the_loop_rejects_what_hangs_on_it(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *derived = vow_then(vow_promise_retain(promise), note_input, NULL);
    assert_ok(vow_loop_free(loop));
    fire(deferred, vow_integer(1));
    assert_rejected(derived, VOW_CANCELED);
    assert_nothing_logged();
    vow_promise_release(derived);
    vow_promise_release(promise);
}

static void a_freed_loop_refuses_jobs(void **state)
{
    (void)state;
    needs_asynchrony(); /* a job that is queued */
    vow_loop *loop = vow_loop_new(NULL);
    vow_scheduler *scheduler = vow_scheduler_retain(vow_loop_scheduler(loop));
    vow_promise *queued = vow_submit(scheduler, note_input, vow_none(), NULL);
    assert_ok(vow_loop_free(loop));
    assert_error(vow_await(queued, VOW_FOREVER), VOW_CANCELED);
    assert_error(vow_call_from_thread_wait(scheduler, note_input, vow_none(), NULL, VOW_FOREVER),
                 VOW_CLOSED);
    assert_nothing_logged();
    vow_scheduler_release(scheduler);
}

/* Pools ------------------------------------------------------------------------------------------------------------ */

static vow_value square(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) * vow_as_integer(input));
}

static void jobs_run_on_pools_of_0_1_and_2(void **state)
{
    (void)state;
    enum { JOBS = 1000 };
    for (int size = 0; size <= 2; size++) {
        vow_pool *pool = vow_pool_new(size, NULL);
        vow_promise *promise[JOBS];
        for (int i = 0; i < JOBS; i++) {
            struct vow_job job = {
                .size = sizeof job, .fn = square, .input = vow_integer(i), .drop = count_drop};
            promise[i] = vow_submit_with(vow_pool_scheduler(pool), &job);
        }
        for (int i = 0; i < JOBS; i++)
            assert_int_equal(vow_as_integer(vow_await(promise[i], VOW_FOREVER)), i * i);
        assert_ok(vow_pool_free(pool));
        assert_int_equal(drops, JOBS * (size + 1));
    }
}

static void a_closed_pool_rejects_with_closed(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    assert_ok(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER));
    struct vow_job job = {.size = sizeof job, .fn = square, .drop = count_drop};
    assert_error(vow_await(vow_submit_with(vow_pool_scheduler(pool), &job), VOW_FOREVER),
                 VOW_CLOSED);
    assert_int_equal(drops, 1);
    assert_ok(vow_pool_free(pool));
}

/* Without a promise ------------------------------------------------------------------------------------------------ */

static void vow_schedule_runs_a_function_later(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    assert_ok(vow_schedule(scheduler, note_input, vow_integer(1), NULL));
    assert_ok(vow_schedule(scheduler, note_context, probe_new(), number_as_context(2)));
    assert_nothing_logged();
    assert_int_equal(manual_run(scheduler, manual), 2);
    assert_logged(1, 2);
    assert_int_equal(probe_drops, 1);
    vow_scheduler_release(scheduler);
}

static void what_a_scheduled_function_raises_is_reported(void **state)
{
    (void)state;
    assert_ok(
        vow_schedule(vow_immediate(), raise_context, vow_none(), number_as_context(VOW_USER)));
    assert_int_equal(unhandled, 1);
}

static void a_closed_scheduler_refuses_to_schedule(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    manual_close(manual);
    assert_int_equal(vow_schedule(scheduler, note_input, probe_new(), NULL), VOW_CLOSED);
    assert_sentence("vow_schedule");
    assert_int_equal(probe_drops, 1);
    vow_scheduler_release(scheduler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(on_immediate_the_job_runs_inside),
        control_test(input_and_context_are_given_back_once),
        control_test(a_borrowed_input_is_shared),
        control_test(a_job_may_raise_and_give_promises),
        control_test(on_a_users_scheduler_it_runs_there_and_its_links_at_home),
        control_test(a_home_can_be_named),
        control_test(a_closed_scheduler_rejects_with_closed),
        control_test(a_refused_job_that_nobody_looks_at_is_reported),
        control_test(closing_drops_what_is_queued),
        control_test(a_canceled_job_that_is_dropped_ends_once),
        control_test(canceled_deep_inside_its_links_do_not_wait_for_the_queue),
        control_test(nobody_need_hold_the_promise),
        control_test(outside_of_jobs_nothing_is_canceled),
        control_test(a_loop_is_called_from_another_thread_as_a_promise),
        control_test(a_loop_is_called_from_another_thread_waiting),
        control_test(running_out_of_time_cancels_the_call),
        control_test(the_loop_may_be_called_from_its_own_call),
        control_test(freeing_the_loop_rejects_what_hangs_on_it),
        control_test(a_freed_loop_refuses_jobs),
        control_test(jobs_run_on_pools_of_0_1_and_2),
        control_test(a_closed_pool_rejects_with_closed),
        control_test(vow_schedule_runs_a_function_later),
        control_test(what_a_scheduled_function_raises_is_reported),
        control_test(a_closed_scheduler_refuses_to_schedule),
        control_test(a_loop_waits_for_a_replaced_value_that_comes_from_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
