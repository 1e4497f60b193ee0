/*
 * test_notify_parked.c - listeners that wait while further progress comes: what they need stays until the last has ended,
 * and no result overtakes them.
 */
#include "park_testing.h"

/* A listener stays inside until its piece's gate opens. */
struct parked {
    vow_loop *loop;
    vow_deferred *deferred;
    vow_promise *listening;
    struct gate gates[3];
    int inside;
    bool dropped_inside;
};

static vow_value stay_inside(vow_value piece, void *context)
{
    struct parked *parked = context;
    parked->inside++;
    assert_ok(vow_wait(parked->gates[vow_as_integer(piece)].promise, VOW_FOREVER, NULL));
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

static void run_loop(const struct parked *parked)
{
    vow_status status;
    do
        status = vow_loop_run_once(parked->loop, VOW_POLL);
    while (status == VOW_OK);
}

/* Three pieces of progress are being told, each in a line that waits. */
static void begin_parked(struct parked *parked)
{
    vow_promise *promise;
    *parked = (struct parked){.loop = vow_loop_new(NULL)};
    for (int i = 0; i < 3; i++)
        parked->gates[i] = gate_new();
    parked->deferred = vow_deferred_new_at(vow_loop_scheduler(parked->loop), &promise);
    parked->listening = vow_then_with(promise, &(vow_handlers){.size = sizeof(vow_handlers),
                                                               .fulfilled = note_input,
                                                               .notified = stay_inside,
                                                               .context = parked,
                                                               .drop = drop_parked});
    for (int i = 0; i < 3; i++) {
        assert_ok(vow_notify(parked->deferred, vow_integer(i)));
        run_loop(parked);
        assert_int_equal(parked->inside, i + 1);
    }
}

static void open_gate(struct parked *parked, int number)
{
    gate_open(&parked->gates[number]);
    run_loop(parked);
}

static void end_parked(struct parked *parked)
{
    assert_int_equal(parked->inside, 0);
    assert_int_equal(drops, 1);
    assert_false(parked->dropped_inside);
    vow_deferred_release(parked->deferred);
    vow_promise_release(parked->listening);
    for (int i = 0; i < 3; i++)
        gate_end(&parked->gates[i]);
    assert_ok(vow_loop_free(parked->loop));
}

static void a_cancel_leaves_the_context_until_the_last_listener_has_ended(void **state)
{
    (void)state;
    struct parked parked;
    begin_parked(&parked);
    open_gate(&parked, 0);
    vow_cancel(parked.listening);
    assert_int_equal(drops, 0);
    open_gate(&parked, 1);
    assert_int_equal(drops, 0);
    open_gate(&parked, 2);
    assert_logged(0, 1, 2);
    end_parked(&parked);
}

static void the_result_follows_the_last_listener(void **state)
{
    (void)state;
    struct parked parked;
    begin_parked(&parked);
    assert_ok(vow_resolve(parked.deferred, vow_integer(9)));
    open_gate(&parked, 0);
    open_gate(&parked, 2);
    assert_int_equal(drops, 0);
    open_gate(&parked, 1);
    assert_logged(0, 2, 1, 9);
    end_parked(&parked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_cancel_leaves_the_context_until_the_last_listener_has_ended),
        control_test(the_result_follows_the_last_listener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
