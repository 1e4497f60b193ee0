/*
 * test_notify_order.c - progress is heard in the order in which it was sent, and before the result that was fired after it, whatever
 * the home, and whichever queues its calls stand in.
 */
#include "park_testing.h"

#include <vow/scheduler.h>

static vow_value note_hundreds(vow_value input, void *context)
{
    (void)context;
    note(100 * vow_as_integer(input));
    return input;
}

static vow_promise *listen_to(vow_promise *promise, vow_fn *notified, void *context)
{
    return vow_then_with(promise, &(vow_handlers){.size = sizeof(vow_handlers),
                                                  .fulfilled = note_input,
                                                  .notified = notified,
                                                  .context = context});
}

static void *look_at(void *context)
{
    require(vow_state(context) == VOW_PENDING);
    return NULL;
}

static void run_loop(vow_loop *loop)
{
    while (vow_loop_run_once(loop, VOW_POLL) == VOW_OK) {
    }
}

static void end_deferred(vow_deferred *deferred, vow_promise *listening)
{
    vow_deferred_release(deferred);
    vow_promise_release(listening);
}

/* Pools ---------------------------------------------------------------------------------------------------------------- */

enum { MANY = 60 };

static vow_value send_many(vow_value input, void *context)
{
    for (int i = 1; i <= MANY; i++)
        require(vow_notify(context, vow_integer(i)) == VOW_OK);
    require(vow_resolve(context, vow_integer(9)) == VOW_OK);
    return input;
}

static void check_all_heard_in_order(void)
{
    assert_int_equal(the_log.count, MANY + 1);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(the_log.numbers[i], 100 * (i + 1));
    assert_int_equal(the_log.numbers[MANY], 9);
}

static void check_a_pool(int workers, bool by_a_job)
{
    vow_pool *pool = pool_of(workers);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(vow_pool_scheduler(pool), &promise);
    vow_promise *listening = listen_to(promise, note_hundreds, NULL);
    if (by_a_job)
        vow_promise_release(vow_submit(vow_pool_scheduler(pool), send_many, vow_none(), deferred));
    else
        (void)send_many(vow_none(), deferred);
    assert_ok(vow_wait(listening, VOW_FOREVER, NULL));
    free_pool(pool);
    check_all_heard_in_order();
    end_deferred(deferred, listening);
}

static void a_pool_hears_what_others_send_in_order(void **state)
{
    (void)state;
    check_a_pool(3, false);
}

static void a_pool_of_one_worker_hears_what_its_own_job_sends_in_order(void **state)
{
    (void)state;
    check_a_pool(1, true);
}

static void a_pool_of_several_does_so_too(void **state)
{
    (void)state;
    check_a_pool(3, true);
}

static void a_pool_without_workers_does_so_too(void **state)
{
    (void)state;
    check_a_pool(0, true);
}

/* Loops ---------------------------------------------------------------------------------------------------------------- */

static void *send_and_fire(void *deferred)
{
    require(vow_notify(deferred, vow_integer(2)) == VOW_OK);
    require(vow_notify(deferred, vow_integer(3)) == VOW_OK);
    require(vow_resolve(deferred, vow_integer(4)) == VOW_OK);
    return NULL;
}

static vow_value let_others_send(vow_value input, void *context)
{
    if (vow_as_integer(input) == 1)
        on_another_thread(send_and_fire, context);
    return note_hundreds(input, NULL);
}

static void on_a_loop_what_others_send_while_a_listener_runs_is_heard_before_their_result(
    void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(vow_loop_scheduler(loop), &promise);
    on_another_thread(look_at, promise);
    vow_promise *listening = listen_to(promise, let_others_send, deferred);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    run_loop(loop);
    assert_logged(100, 200, 300, 4);
    end_deferred(deferred, listening);
    assert_ok(vow_loop_free(loop));
}

static vow_value note_turn(vow_value input, void *turn)
{
    *(int *)turn = the_log.count;
    return input;
}

static void many_pieces_let_others_have_their_turn(void **state)
{
    (void)state;
    needs_asynchrony();
    enum { PIECES = 200 };
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(vow_loop_scheduler(loop), &promise);
    vow_promise *listening = listen_to(promise, note_hundreds, NULL);
    for (int i = 0; i < PIECES; i++)
        assert_ok(vow_notify(deferred, vow_integer(i)));
    int turn = 0;
    assert_ok(vow_schedule(vow_loop_scheduler(loop), note_turn, vow_none(), &turn));
    run_loop(loop);
    assert_in_range(turn, 1, PIECES - 1);
    assert_int_equal(the_log.count, PIECES);
    end_deferred(deferred, listening);
    run_loop(loop);
    assert_ok(vow_loop_free(loop));
}

static void *send_two(void *deferred)
{
    require(vow_notify(deferred, vow_integer(2)) == VOW_OK);
    return NULL;
}

static void what_another_thread_has_sent_is_heard_before_a_result_that_is_fired_at_home(
    void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *listening = listen_to(promise, note_hundreds, NULL);
    on_another_thread(send_two, deferred);
    assert_ok(vow_resolve(deferred, vow_integer(9)));
    assert_nothing_logged();
    (void)vow_run_pending();
    assert_logged(200, 9);
    end_deferred(deferred, listening);
}

struct busy {
    struct gate gate;
    vow_deferred *deferred;
};

static vow_value wait_for_gate(vow_value input, void *context)
{
    struct busy *busy = context;
    require(vow_wait(busy->gate.promise, VOW_FOREVER, NULL) == VOW_OK);
    return note_hundreds(input, NULL);
}

static void *fire_and_open(void *context)
{
    struct busy *busy = context;
    require(vow_resolve(busy->deferred, vow_integer(9)) == VOW_OK);
    gate_open(&busy->gate);
    return NULL;
}

static vow_value start_opener(vow_value thread, void *context)
{
    *(pthread_t *)vow_as_pointer(thread) = start_thread(fire_and_open, context);
    return vow_none();
}

/* The gate is at home elsewhere, so that nothing but the result is owed to the loop. */
static void a_loop_is_not_idle_before_the_result_that_waits_for_a_listener(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *elsewhere = manual_new(&manual, NULL);
    vow_loop *loop = vow_loop_new(NULL);
    struct busy busy;
    pthread_t thread;
    vow_promise *promise;
    busy.gate.deferred = vow_deferred_new_at(elsewhere, &busy.gate.promise);
    busy.deferred = vow_deferred_new_at(vow_loop_scheduler(loop), &promise);
    on_another_thread(look_at, promise);
    vow_promise *listening = listen_to(promise, wait_for_gate, &busy);
    assert_ok(vow_notify(busy.deferred, vow_integer(1)));
    assert_ok(vow_schedule(vow_loop_scheduler(loop), start_opener, vow_pointer(&thread), &busy));
    assert_ok(vow_loop_run_until_idle(loop));
    join_thread(thread);
    assert_logged(100, 9);
    end_deferred(busy.deferred, listening);
    gate_end(&busy.gate);
    assert_ok(vow_loop_free(loop));
    vow_scheduler_release(elsewhere);
}

/* Immediate ------------------------------------------------------------------------------------------------------------- */

struct taken {
    vow_deferred *deferred;
    vow_deferred *opener; /* its callback opens the gate, and waits */
    struct gate gate, last;
};

static vow_value wait_once(vow_value input, void *context)
{
    struct taken *taken = context;
    if (vow_as_integer(input) == 1)
        require(vow_wait(taken->gate.promise, VOW_FOREVER, NULL) == VOW_OK);
    else
        gate_open(&taken->last);
    return note_hundreds(input, NULL);
}

static vow_value send_one(vow_value input, void *context)
{
    require(vow_notify(((struct taken *)context)->deferred, vow_integer(1)) == VOW_OK);
    return input;
}

static vow_value open_and_wait(vow_value input, void *context)
{
    struct taken *taken = context;
    gate_open(&taken->gate);
    require(vow_wait(taken->last.promise, VOW_FOREVER, NULL) == VOW_OK);
    return input;
}

static void *open_send_and_fire(void *context)
{
    struct taken *taken = context;
    require(vow_resolve(taken->opener, vow_none()) == VOW_OK);
    require(vow_notify(taken->deferred, vow_integer(2)) == VOW_OK);
    require(vow_resolve(taken->deferred, vow_integer(9)) == VOW_OK);
    return NULL;
}

/* A line tells the first piece, and waits. Another thread's calls are taken together; the first one lets that line go on. */
static void calls_that_a_thread_has_taken_are_not_overtaken(void **state)
{
    (void)state;
    struct taken taken = {.gate = gate_new(), .last = gate_new()};
    vow_promise *promise, *opened;
    taken.deferred = vow_deferred_new(&promise);
    taken.opener = vow_deferred_new(&opened);
    opened = vow_add_callback(opened, open_and_wait, &taken);
    on_another_thread(look_at, promise);
    vow_promise *listening = listen_to(promise, wait_once, &taken);
    vow_promise *line = vow_spawn(vow_immediate(), send_one, vow_none(), &taken);
    on_another_thread(open_send_and_fire, &taken);
    assert_ok(vow_wait(listening, VOW_FOREVER, NULL));
    assert_logged(100, 200, 9);
    assert_ok(vow_wait(opened, VOW_FOREVER, NULL));
    vow_promise_release(line);
    vow_promise_release(opened);
    vow_deferred_release(taken.opener);
    end_deferred(taken.deferred, listening);
    gate_end(&taken.gate);
    gate_end(&taken.last);
}

/* Fires one call further out than where it sends. */
static vow_value send_deeply(vow_value input, void *deferred)
{
    vow_promise *promise;
    if (vow_locals.depth == VOW_NESTING) {
        assert_ok(vow_notify(deferred, vow_integer(1)));
        return input;
    }
    vow_deferred *deeper = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, send_deeply, deferred);
    fire(deeper, vow_none());
    vow_promise_release(promise);
    if (vow_locals.depth == VOW_NESTING - 1)
        assert_ok(vow_resolve(deferred, vow_integer(9)));
    return input;
}

static void what_was_sent_nested_too_deeply_is_not_overtaken(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *listening = listen_to(promise, note_hundreds, NULL);
    (void)send_deeply(vow_none(), deferred);
    assert_logged(100, 9);
    end_deferred(deferred, listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_pool_hears_what_others_send_in_order),
        control_test(a_pool_of_one_worker_hears_what_its_own_job_sends_in_order),
        control_test(a_pool_of_several_does_so_too),
        control_test(a_pool_without_workers_does_so_too),
        control_test(on_a_loop_what_others_send_while_a_listener_runs_is_heard_before_their_result),
        control_test(many_pieces_let_others_have_their_turn),
        control_test(what_another_thread_has_sent_is_heard_before_a_result_that_is_fired_at_home),
        control_test(a_loop_is_not_idle_before_the_result_that_waits_for_a_listener),
        control_test(calls_that_a_thread_has_taken_are_not_overtaken),
        control_test(what_was_sent_nested_too_deeply_is_not_overtaken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
