/*
 * test_notify_parked.c - listeners that wait while further progress comes: each hears one piece at a time, what they need
 * stays until they have ended, no result overtakes them, and no thread that should go on with them is busy with the rest.
 */
#include "park_testing.h"

enum { PIECES = 3 };

/* A listener stays inside until its piece's gate opens. */
struct parked {
    vow_loop *loop;
    vow_deferred *deferred;
    vow_promise *listening;
    struct gate gates[PIECES];
    _Atomic int inside;
    bool dropped_inside;
};

static vow_value stay_inside(vow_value piece, void *context)
{
    struct parked *parked = context;
    require(++parked->inside == 1);
    require(vow_wait(parked->gates[vow_as_integer(piece)].promise, VOW_FOREVER, NULL) == VOW_OK);
    parked->inside--;
    note(vow_as_integer(piece));
    return piece;
}

static void drop_parked(void *context)
{
    struct parked *parked = context;
    parked->dropped_inside = parked->inside != 0;
    count_drop(NULL);
}

static struct vow_handlers handlers_of(struct parked *parked)
{
    return (vow_handlers){.size = sizeof(vow_handlers),
                          .fulfilled = note_input,
                          .notified = stay_inside,
                          .context = parked,
                          .drop = drop_parked};
}

static void make_parked(struct parked *parked, vow_scheduler *home)
{
    vow_promise *promise;
    for (int i = 0; i < PIECES; i++)
        parked->gates[i] = gate_new();
    parked->deferred = vow_deferred_new_at(home, &promise);
    vow_handlers handlers = handlers_of(parked);
    parked->listening = vow_then_with(promise, &handlers);
}

static void send_pieces(struct parked *parked)
{
    for (int i = 0; i < PIECES; i++)
        assert_ok(vow_notify(parked->deferred, vow_integer(i)));
}

static void end_parked(struct parked *parked)
{
    assert_int_equal(parked->inside, 0);
    assert_int_equal(drops, 1);
    assert_false(parked->dropped_inside);
    vow_deferred_release(parked->deferred);
    vow_promise_release(parked->listening);
    for (int i = 0; i < PIECES; i++)
        gate_end(&parked->gates[i]);
}

/* On a loop ---------------------------------------------------------------------------------------------------------- */

static void run_loop(const struct parked *parked)
{
    vow_status status;
    do
        status = vow_loop_run_once(parked->loop, VOW_POLL);
    while (status == VOW_OK);
}

/* One piece is being told, in a line that waits; two have come after it. */
static void begin_on_a_loop(struct parked *parked)
{
    *parked = (struct parked){.loop = vow_loop_new(NULL)};
    make_parked(parked, vow_loop_scheduler(parked->loop));
    send_pieces(parked);
    run_loop(parked);
    assert_int_equal(parked->inside, 1);
}

static void end_on_a_loop(struct parked *parked)
{
    end_parked(parked);
    assert_ok(vow_loop_free(parked->loop));
}

static void open_gate(struct parked *parked, int number)
{
    gate_open(&parked->gates[number]);
    run_loop(parked);
}

static void a_listener_hears_one_piece_at_a_time_in_order(void **state)
{
    (void)state;
    struct parked parked;
    begin_on_a_loop(&parked);
    open_gate(&parked, 1);
    assert_nothing_logged();
    open_gate(&parked, 0);
    assert_int_equal(parked.inside, 1); /* of the last piece */
    assert_logged(0, 1);
    open_gate(&parked, 2);
    assert_ok(vow_resolve(parked.deferred, vow_integer(9)));
    run_loop(&parked);
    assert_logged(0, 1, 2, 9);
    end_on_a_loop(&parked);
}

static void a_cancel_leaves_the_context_until_the_last_listener_has_ended(void **state)
{
    (void)state;
    struct parked parked;
    begin_on_a_loop(&parked);
    vow_cancel(parked.listening);
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(drops, 0);
        open_gate(&parked, i);
    }
    assert_logged(0, 1, 2);
    end_on_a_loop(&parked);
}

static void the_result_follows_the_last_piece(void **state)
{
    (void)state;
    struct parked parked;
    begin_on_a_loop(&parked);
    assert_ok(vow_resolve(parked.deferred, vow_integer(9)));
    open_gate(&parked, 0);
    open_gate(&parked, 1);
    assert_int_equal(drops, 0);
    open_gate(&parked, 2);
    assert_logged(0, 1, 2, 9);
    end_on_a_loop(&parked);
}

/* Promises derived from it -------------------------------------------------------------------------------------------- */

static vow_value note_hundreds(vow_value input, void *context)
{
    (void)context;
    note(100 * (1 + vow_as_integer(input)));
    return input;
}

static void what_derives_from_it_hears_the_pieces_in_order_before_the_result(void **state)
{
    (void)state;
    struct parked parked;
    begin_on_a_loop(&parked);
    vow_promise *derived = vow_then_with(vow_promise_retain(parked.listening),
                                         &(vow_handlers){.size = sizeof(vow_handlers),
                                                         .fulfilled = note_hundreds,
                                                         .notified = note_hundreds});
    assert_ok(vow_resolve(parked.deferred, vow_integer(9)));
    open_gate(&parked, 2);
    open_gate(&parked, 1);
    assert_nothing_logged();
    open_gate(&parked, 0);
    assert_logged(0, 100, 1, 200, 2, 300, 9, 1000);
    vow_promise_release(derived);
    end_on_a_loop(&parked);
}

/* On a pool ------------------------------------------------------------------------------------------------------------ */

/* A job. */
static vow_value open_all_gates(vow_value input, void *context)
{
    struct parked *parked = context;
    for (int i = PIECES - 1; i >= 0; i--)
        gate_open(&parked->gates[i]);
    return input;
}

/* The thread that hears the first piece has all others to take, and the call that opens the gates, before it can go on. */
static void check_a_pool(int workers, bool close)
{
    struct parked parked = {.loop = NULL};
    vow_pool *pool = pool_of(workers);
    vow_scheduler *home = vow_pool_scheduler(pool);
    struct gate gate = gate_new();
    vow_promise *waiting = vow_submit(home, wait_for_context, vow_none(), gate.promise);
    make_parked(&parked, home);
    send_pieces(&parked);
    vow_promise *opened = vow_submit(home, open_all_gates, vow_none(), &parked);
    assert_ok(vow_resolve(parked.deferred, vow_integer(9)));
    gate_open(&gate);
    if (close)
        assert_ok(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER));
    assert_ok(vow_wait(parked.listening, VOW_FOREVER, NULL));
    assert_logged(0, 1, 2, 9);
    vow_promise_release(opened);
    vow_promise_release(waiting);
    end_parked(&parked);
    free_pool(pool);
    gate_end(&gate);
}

static void who_helps_a_pool_without_workers_goes_on_with_the_listener(void **state)
{
    (void)state;
    check_a_pool(0, false);
}

static void the_only_worker_of_a_pool_does_so(void **state)
{
    (void)state;
    check_a_pool(1, false);
}

static void a_pool_that_is_being_drained_does_so(void **state)
{
    (void)state;
    check_a_pool(1, true);
}

/* Waits for what comes of the same piece ----------------------------------------------------------------------------------- */

struct family {
    vow_deferred *deferred;
    vow_promise *promise, *derived, *last;
};

/* `promise`, with a link to `derived`, and that one with a link to `last`. */
static void make_family(struct family *family, vow_scheduler *home)
{
    family->deferred = vow_deferred_new_at(home, &family->promise);
    family->derived = vow_then(vow_promise_retain(family->promise), NULL, NULL);
    family->last = vow_then(vow_promise_retain(family->derived), NULL, NULL);
}

static void end_family(struct family *family)
{
    vow_deferred_release(family->deferred);
    vow_promise_release(family->promise);
    vow_promise_release(family->derived);
    vow_promise_release(family->last);
}

static vow_value cancel_derived_and_wait(vow_value piece, void *context)
{
    struct family *family = context;
    vow_cancel(family->derived);
    note(vow_wait(family->last, VOW_FOREVER, NULL));
    return piece;
}

static void a_listener_may_wait_for_what_follows_its_cancel(void **state)
{
    (void)state;
    struct family family;
    make_family(&family, vow_immediate());
    family.promise =
        vow_add_callbacks(family.promise, &(vow_handlers){.size = sizeof(vow_handlers),
                                                          .notified = cancel_derived_and_wait,
                                                          .context = &family});
    assert_ok(vow_notify(family.deferred, vow_integer(1)));
    assert_logged(VOW_OK);
    end_family(&family);
}

static vow_value resolve_in_listener(vow_value piece, void *context)
{
    assert_ok(vow_resolve(((struct family *)context)->deferred, vow_integer(9)));
    return piece;
}

static vow_value wait_for_last(vow_value input, void *context)
{
    note(vow_wait(((struct family *)context)->last, VOW_FOREVER, NULL));
    return input;
}

static void a_callback_may_wait_for_what_has_heard_the_piece_as_well(void **state)
{
    (void)state;
    struct family family;
    make_family(&family, vow_immediate());
    family.promise =
        vow_add_callbacks(family.promise, &(vow_handlers){.size = sizeof(vow_handlers),
                                                          .fulfilled = wait_for_last,
                                                          .notified = resolve_in_listener,
                                                          .context = &family});
    assert_ok(vow_notify(family.deferred, vow_integer(1)));
    assert_logged(VOW_OK);
    end_family(&family);
}

static vow_value resolve_and_wait_for_source(vow_value piece, void *context)
{
    struct family *family = context;
    assert_ok(vow_resolve(family->deferred, vow_integer(9)));
    note(vow_wait(family->promise, VOW_FOREVER, NULL));
    return piece;
}

static void check_waiting_for_the_source(vow_scheduler *home)
{
    struct family family;
    make_family(&family, home);
    family.derived =
        vow_add_callbacks(family.derived, &(vow_handlers){.size = sizeof(vow_handlers),
                                                          .notified = resolve_and_wait_for_source,
                                                          .context = &family});
    assert_ok(vow_notify(family.deferred, vow_integer(1)));
    assert_ok(vow_wait(family.derived, VOW_FOREVER, NULL));
    assert_logged(VOW_OK);
    end_family(&family);
}

static void a_listener_may_wait_for_the_source_that_passed_the_piece_on(void **state)
{
    (void)state;
    check_waiting_for_the_source(vow_immediate());
}

static void also_on_a_pool_of_one_worker(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(1);
    check_waiting_for_the_source(vow_pool_scheduler(pool));
    free_pool(pool);
}

static void a_result_that_was_paused_and_waits_for_a_listener_is_owed_to_the_loop(void **state)
{
    (void)state;
    struct parked parked;
    begin_on_a_loop(&parked);
    assert_ok(vow_pause(parked.listening));
    assert_ok(vow_resolve(parked.deferred, vow_integer(9)));
    assert_ok(vow_unpause(parked.listening));
    for (int i = 0; i < PIECES; i++)
        gate_open(&parked.gates[i]);
    assert_ok(vow_loop_run_until_idle(parked.loop));
    assert_logged(0, 1, 2, 9);
    end_on_a_loop(&parked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_listener_hears_one_piece_at_a_time_in_order),
        control_test(a_cancel_leaves_the_context_until_the_last_listener_has_ended),
        control_test(the_result_follows_the_last_piece),
        control_test(what_derives_from_it_hears_the_pieces_in_order_before_the_result),
        control_test(who_helps_a_pool_without_workers_goes_on_with_the_listener),
        control_test(the_only_worker_of_a_pool_does_so),
        control_test(a_pool_that_is_being_drained_does_so),
        control_test(a_listener_may_wait_for_what_follows_its_cancel),
        control_test(a_callback_may_wait_for_what_has_heard_the_piece_as_well),
        control_test(a_listener_may_wait_for_the_source_that_passed_the_piece_on),
        control_test(also_on_a_pool_of_one_worker),
        control_test(a_result_that_was_paused_and_waits_for_a_listener_is_owed_to_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
