/*
 * test_adopt.c - a promise that is fired with a promise, or whose function gives one: whatever state that is in, and
 * when the two wait for each other.
 */
#include "control_testing.h"

static void firing_with_a_promise_follows_it(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_promise *outer;
    vow_deferred *in = vow_deferred_new(&inner);
    vow_deferred *out = vow_deferred_new(&outer);
    outer = vow_add_callback(outer, note_input, NULL);
    assert_ok(vow_resolve(out, vow_promise_value(inner)));
    assert_true(vow_deferred_fired(out));
    assert_pending(outer);
    fire(in, vow_integer(1));
    assert_logged(1);
    assert_fulfilled(outer, 1);
    vow_deferred_release(out);
    vow_promise_release(outer);
}

static void a_borrowed_promise_is_shared(void **state)
{
    (void)state;
    vow_promise *inner = vow_succeeded(vow_integer(1));
    vow_value value = vow_promise_value(inner);
    vow_promise *outer;
    vow_deferred *out = vow_deferred_new(&outer);
    fire(out, vow_borrow(value));
    assert_fulfilled(outer, 1);
    assert_fulfilled(inner, 1);
    vow_release(value);
    vow_promise_release(outer);
}

static void a_promise_that_has_settled_is_taken_at_once(void **state)
{
    (void)state;
    vow_promise *outer;
    vow_deferred *out = vow_deferred_new(&outer);
    fire(out, vow_promise_value(vow_succeeded(vow_integer(2))));
    assert_fulfilled(outer, 2);
    vow_promise_release(outer);
}

static void a_rejected_one_hands_its_error_on(void **state)
{
    (void)state;
    vow_promise *outer;
    vow_deferred *out = vow_deferred_new(&outer);
    fire(out, vow_promise_value(vow_failed(vow_fail(VOW_USER, "no"))));
    assert_int_equal(unhandled, 0);
    assert_rejected(outer, VOW_USER);
    vow_promise_release(outer);
    assert_int_equal(unhandled, 0);
}

static void a_second_firing_while_following_is_refused(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_promise *outer;
    vow_deferred *in = vow_deferred_new(&inner);
    vow_deferred *out = vow_deferred_new(&outer);
    assert_ok(vow_resolve(out, vow_promise_value(inner)));
    assert_int_equal(vow_resolve(out, vow_integer(2)), VOW_ALREADY_FIRED);
    fire(in, vow_integer(1));
    assert_fulfilled(outer, 1);
    vow_deferred_release(out);
    vow_promise_release(outer);
}

static void a_value_is_shared_among_all_that_follow(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *in = vow_deferred_new(&inner);
    vow_promise *outer[3];
    for (int i = 0; i < 3; i++) {
        vow_deferred *out = vow_deferred_new(&outer[i]);
        fire(out, vow_promise_value(vow_promise_retain(inner)));
    }
    fire(in, probe_new());
    vow_promise_release(inner);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vow_state(outer[i]), VOW_FULFILLED);
        assert_int_equal(probe_drops, 0);
        vow_promise_release(outer[i]);
    }
    assert_int_equal(probe_drops, 1);
}

static void following_one_that_follows_another(void **state)
{
    (void)state;
    vow_promise *promise[4];
    vow_deferred *deferred[4];
    for (int i = 0; i < 4; i++)
        deferred[i] = vow_deferred_new(&promise[i]);
    for (int i = 0; i < 3; i++)
        fire(deferred[i], vow_promise_value(vow_promise_retain(promise[i + 1])));
    assert_pending(promise[0]);
    fire(deferred[3], vow_integer(4));
    for (int i = 0; i < 4; i++) {
        assert_fulfilled(promise[i], 4);
        vow_promise_release(promise[i]);
    }
}

static void firing_a_promise_with_itself_rejects_it(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_int_equal(vow_resolve(deferred, vow_promise_value(vow_promise_retain(promise))),
                     VOW_INVALID);
    assert_sentence("vow_resolve");
    assert_rejected(promise, VOW_INVALID);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static vow_value give_cell(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(vow_promise_retain(*(vow_promise **)context));
}

static void a_function_that_gives_its_own_derived_promise_rejects_it(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_promise *derived;
    vow_deferred *deferred = vow_deferred_new(&promise);
    derived = vow_then(promise, give_cell, &derived);
    fire(deferred, vow_none());
    assert_rejected(derived, VOW_INVALID);
    vow_promise_release(derived);
}

static void a_callback_that_gives_its_own_promise_rejects_it(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, give_cell, &promise);
    fire(deferred, vow_none());
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

static void a_promise_resolved_with_what_is_derived_from_it_is_rejected(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *derived = vow_then(vow_promise_retain(promise), note_input, NULL);
    derived = vow_then(derived, note_input, NULL);
    assert_int_equal(vow_resolve(deferred, vow_promise_value(vow_promise_retain(derived))),
                     VOW_INVALID);
    assert_sentence("vow_resolve");
    assert_rejected(promise, VOW_INVALID);
    assert_rejected(derived, VOW_INVALID);
    vow_deferred_release(deferred);
    vow_promise_release(promise);
    vow_promise_release(derived);
}

static vow_value derive_from_cell(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(vow_then(vow_promise_retain(*(vow_promise **)context), NULL, NULL));
}

static void a_callback_that_gives_what_is_derived_from_its_promise_rejects_it(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_add_callback(promise, derive_from_cell, &promise);
    fire(deferred, vow_none());
    assert_rejected(promise, VOW_INVALID);
    vow_promise_release(promise);
}

/* Closes a ring of `count` promises; all are rejected. `through` puts a derived promise into each edge. */
static void close_ring(int count, bool through)
{
    vow_promise **promise = calloc((size_t)count, sizeof *promise);
    vow_deferred **deferred = calloc((size_t)count, sizeof *deferred);
    assert_non_null(promise);
    assert_non_null(deferred);
    for (int i = 0; i < count; i++)
        deferred[i] = vow_deferred_new(&promise[i]);
    for (int i = 0; i < count; i++) {
        vow_promise *next = vow_promise_retain(promise[(i + 1) % count]);
        if (through)
            next = vow_then(next, NULL, NULL);
        assert_int_equal(vow_resolve(deferred[i], vow_promise_value(next)),
                         i == count - 1 ? VOW_INVALID : VOW_OK);
        vow_deferred_release(deferred[i]);
    }
    for (int i = 0; i < count; i++) {
        assert_rejected(promise[i], VOW_INVALID);
        vow_promise_release(promise[i]);
    }
    free(promise);
    free(deferred);
}

static void rings_of_2_and_3_and_1000_are_rejected(void **state)
{
    (void)state;
    close_ring(2, false);
    close_ring(3, false);
    close_ring(1000, false);
}

static void rings_through_derived_promises_are_rejected(void **state)
{
    (void)state;
    close_ring(1, true);
    close_ring(2, true);
    close_ring(3, true);
    close_ring(1000, true);
}

static void a_chain_that_leads_into_a_ring_gets_its_error(void **state)
{
    (void)state;
    vow_promise *promise[3];
    vow_deferred *deferred[3];
    for (int i = 0; i < 3; i++)
        deferred[i] = vow_deferred_new(&promise[i]);
    fire(deferred[0], vow_promise_value(vow_promise_retain(promise[1])));
    fire(deferred[1], vow_promise_value(vow_promise_retain(promise[2])));
    fire(deferred[2], vow_promise_value(vow_promise_retain(promise[1])));
    for (int i = 0; i < 3; i++) {
        assert_rejected(promise[i], VOW_INVALID);
        vow_promise_release(promise[i]);
    }
}

static void a_ring_is_found_when_another_thread_fires(void **state)
{
    (void)state;
    vow_promise *promise[2];
    vow_deferred *deferred[2];
    for (int i = 0; i < 2; i++)
        deferred[i] = vow_deferred_new(&promise[i]);
    for (int i = 0; i < 2; i++)
        (void)fire_elsewhere(deferred[i], vow_promise_value(vow_promise_retain(promise[1 - i])));
    (void)vow_run_pending();
    for (int i = 0; i < 2; i++) {
        assert_rejected(promise[i], VOW_INVALID);
        vow_deferred_release(deferred[i]);
        vow_promise_release(promise[i]);
    }
}

/* A ring of two that two threads close at once */
enum { RINGS = 2000 };

struct half {
    pthread_barrier_t *barrier;
    vow_deferred **mine;
    vow_promise **other;
};

static void *close_halves(void *context)
{
    struct half *half = context;
    for (int i = 0; i < RINGS; i++) {
        (void)pthread_barrier_wait(half->barrier);
        (void)vow_resolve(half->mine[i], vow_promise_value(vow_promise_retain(half->other[i])));
    }
    return NULL;
}

static void rings_that_two_threads_close_at_once_are_rejected(void **state)
{
    (void)state;
    static vow_promise *promise[2][RINGS];
    static vow_deferred *deferred[2][RINGS];
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
    for (int i = 0; i < RINGS; i++)
        for (int side = 0; side < 2; side++)
            deferred[side][i] = vow_deferred_new(&promise[side][i]);
    struct half halves[2] = {{&barrier, deferred[0], promise[1]},
                             {&barrier, deferred[1], promise[0]}};
    pthread_t other = start_thread(close_halves, &halves[1]);
    (void)close_halves(&halves[0]);
    join_thread(other);
    (void)vow_run_pending();
    for (int i = 0; i < RINGS; i++)
        for (int side = 0; side < 2; side++) {
            assert_rejected(promise[side][i], VOW_INVALID);
            vow_deferred_release(deferred[side][i]);
            vow_promise_release(promise[side][i]);
        }
    pthread_barrier_destroy(&barrier);
}

/* A value that asks, when it goes, after the promise that held it. */
static vow_promise *asked;
static enum vow_state answer;

static void ask_state(void *object)
{
    (void)object;
    answer = vow_state(asked);
}

static const struct vow_type asking_type = {.name = "asking", .drop = ask_state};

static void asking_a_promise_between_two_values_finds_it_pending(void **state)
{
    (void)state;
    vow_promise *inner;
    vow_deferred *in = vow_deferred_new(&inner);
    vow_deferred *out = vow_deferred_new(&asked);
    asked = vow_add_callback(asked, give_promise, inner);
    asked = vow_add_callback(asked, note_input, NULL);
    answer = VOW_REJECTED;
    assert_ok(fire_elsewhere(out, vow_box_new(&asking_type, 1)));
    (void)vow_run_pending();
    assert_int_equal(answer, VOW_PENDING);
    assert_pending(asked);
    fire(in, vow_integer(5));
    assert_logged(5);
    vow_deferred_release(out);
    vow_promise_release(asked);
    vow_promise_release(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(firing_with_a_promise_follows_it),
        control_test(a_borrowed_promise_is_shared),
        control_test(a_promise_that_has_settled_is_taken_at_once),
        control_test(a_rejected_one_hands_its_error_on),
        control_test(a_second_firing_while_following_is_refused),
        control_test(a_value_is_shared_among_all_that_follow),
        control_test(following_one_that_follows_another),
        control_test(firing_a_promise_with_itself_rejects_it),
        control_test(a_function_that_gives_its_own_derived_promise_rejects_it),
        control_test(a_callback_that_gives_its_own_promise_rejects_it),
        control_test(a_promise_resolved_with_what_is_derived_from_it_is_rejected),
        control_test(a_callback_that_gives_what_is_derived_from_its_promise_rejects_it),
        control_test(rings_of_2_and_3_and_1000_are_rejected),
        control_test(rings_through_derived_promises_are_rejected),
        control_test(a_chain_that_leads_into_a_ring_gets_its_error),
        control_test(a_ring_is_found_when_another_thread_fires),
        control_test(rings_that_two_threads_close_at_once_are_rejected),
        control_test(asking_a_promise_between_two_values_finds_it_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
