/*
 * test_generator.c - connecting coroutines: inject and broadcast.
 */
#include "wait/coroutine_testing.h"

#include <vow/generator.h>

/* Inject ------------------------------------------------------------------------------------------------------------ */

static vow_coroutine *noting(void)
{
    return vow_coroutine_new(note_items, NULL);
}

static void inject_sends_each_item_to_the_consumer(void **state)
{
    (void)state;
    vow_coroutine *generator = counting_to(3), *consumer = noting();
    assert_true(vow_is_none(vow_inject(generator, consumer)));
    assert_logged(0, 1, 2);
    assert_true(vow_coroutine_done(generator));
    vow_coroutine_release(generator);
    vow_coroutine_release(consumer);
    assert_logged(0, 1, 2, -VOW_CLOSED);
}

static void the_consumer_may_be_fed_again(void **state)
{
    (void)state;
    vow_coroutine *consumer = noting();
    for (int i = 0; i < 2; i++) {
        vow_coroutine *generator = counting_to(2);
        assert_true(vow_is_none(vow_inject(generator, consumer)));
        vow_coroutine_release(generator);
    }
    assert_logged(0, 1, 0, 1);
    vow_coroutine_release(consumer);
}

static vow_value take_two(vow_value item, void *context)
{
    (void)context;
    note(vow_as_integer(item));
    item = vow_yield(vow_none());
    note(vow_as_integer(item));
    return vow_none();
}

static void a_consumer_that_ends_stops_it_and_no_item_is_lost(void **state)
{
    (void)state;
    vow_coroutine *generator = counting_to(10), *consumer = vow_coroutine_new(take_two, NULL);
    assert_true(vow_is_none(vow_inject(generator, consumer)));
    assert_true(vow_is_none(vow_inject(generator, consumer)));
    assert_logged(0, 1);
    assert_int_equal(number_of(vow_next(generator)), 2);
    vow_coroutine_release(generator);
    vow_coroutine_release(consumer);
}

static vow_value skip_every_other(vow_value input, void *context)
{
    (void)input;
    (void)context;
    for (int i = 0; i < 4; i++) {
        vow_value sent = vow_yield(i % 2 != 0 ? vow_skip() : vow_integer(i));
        if (vow_is_error(sent))
            return sent;
    }
    return vow_fail(VOW_USER, "no more");
}

static void skips_are_left_out_and_the_error_of_the_generator_comes_out(void **state)
{
    (void)state;
    vow_coroutine *generator = vow_coroutine_new(skip_every_other, NULL), *consumer = noting();
    assert_error(vow_inject(generator, consumer), VOW_USER);
    assert_logged(0, 2);
    assert_state(consumer, VOW_COROUTINE_SUSPENDED);
    vow_coroutine_release(generator);
    vow_coroutine_release(consumer);
}

static void the_error_of_the_consumer_comes_out(void **state)
{
    (void)state;
    vow_coroutine *generator = counting_to(10), *consumer = vow_coroutine_new(refuse_two, NULL);
    assert_error(vow_inject(generator, consumer), VOW_USER);
    assert_int_equal(number_of(vow_next(generator)), 3);
    vow_coroutine_release(generator);
    vow_coroutine_release(consumer);
}

static void inject_needs_two(void **state)
{
    (void)state;
    vow_coroutine *generator = counting_to(3);
    assert_error(vow_inject(NULL, generator), VOW_INVALID);
    assert_sentence("vow_inject: generator is NULL");
    assert_error(vow_inject(generator, NULL), VOW_INVALID);
    assert_sentence("vow_inject: consumer is NULL");
    assert_state(generator, VOW_COROUTINE_NEW);
    vow_coroutine_release(generator);
}

/* Broadcast --------------------------------------------------------------------------------------------------------- */

static vow_value note_times(vow_value item, void *context)
{
    for (; !vow_is_error(item); item = vow_yield(vow_none()))
        note(vow_as_integer(item) * (int64_t)(intptr_t)context);
    note(-vow_error_status(item));
    return item;
}

static vow_coroutine *times(int64_t factor)
{
    return vow_coroutine_new(note_times, number_as_context(factor));
}

/* Takes the consumers. */
static vow_coroutine *broadcast_to(vow_coroutine *first, vow_coroutine *second)
{
    vow_coroutine *consumers[] = {first, second};
    vow_coroutine *broadcast = vow_broadcast(consumers, 2);
    assert_non_null(broadcast);
    vow_coroutine_release(first);
    vow_coroutine_release(second);
    return broadcast;
}

static void inject_and_release(vow_coroutine *generator, vow_coroutine *consumer)
{
    assert_true(vow_is_none(vow_inject(generator, consumer)));
    vow_coroutine_release(generator);
    vow_coroutine_release(consumer);
}

static void a_broadcast_sends_each_item_to_each_consumer_and_closes_them(void **state)
{
    (void)state;
    inject_and_release(counting_to(3), broadcast_to(times(1), times(10)));
    assert_logged(0, 0, 1, 10, 2, 20, -VOW_CLOSED, -VOW_CLOSED);
}

static void broadcasts_may_be_put_together(void **state)
{
    (void)state;
    inject_and_release(counting_to(2), broadcast_to(times(1), broadcast_to(times(10), times(100))));
    assert_logged(0, 0, 0, 1, 10, 100, -VOW_CLOSED, -VOW_CLOSED, -VOW_CLOSED);
}

static void an_item_is_shared_not_copied(void **state)
{
    (void)state;
    vow_coroutine *broadcast =
        broadcast_to(vow_coroutine_new(echo, NULL), vow_coroutine_new(echo, NULL));
    vow_release(vow_send(broadcast, probe_new()));
    vow_coroutine_release(broadcast);
    assert_int_equal(probe_drops, 1);
}

static void a_consumer_that_ends_is_left_out(void **state)
{
    (void)state;
    inject_and_release(counting_to(3), broadcast_to(vow_coroutine_new(take_two, NULL), times(10)));
    assert_logged(0, 0, 1, 10, 20, -VOW_CLOSED);
}

static void a_broadcast_ends_when_all_have(void **state)
{
    (void)state;
    vow_coroutine *generator = counting_to(10);
    vow_coroutine *broadcast =
        broadcast_to(vow_coroutine_new(take_two, NULL), vow_coroutine_new(take_two, NULL));
    assert_true(vow_is_none(vow_inject(generator, broadcast)));
    assert_true(vow_coroutine_done(broadcast));
    assert_int_equal(number_of(vow_next(generator)), 2);
    inject_and_release(generator, broadcast);
}

static void an_error_of_one_ends_it_after_the_others_have_had_the_item(void **state)
{
    (void)state;
    vow_coroutine *generator = counting_to(10);
    vow_coroutine *broadcast = broadcast_to(vow_coroutine_new(refuse_two, NULL), times(10));
    assert_error(vow_inject(generator, broadcast), VOW_USER);
    assert_logged(0, 10, 20, -VOW_CLOSED);
    vow_coroutine_release(generator);
    vow_coroutine_release(broadcast);
}

static vow_value fail_to_end(vow_value item, void *context)
{
    (void)context;
    while (!vow_is_error(item))
        item = vow_yield(vow_none());
    return vow_fail(VOW_USER, "cannot end");
}

static void an_error_of_closing_one_is_the_broadcasts_and_the_others_are_closed(void **state)
{
    (void)state;
    vow_coroutine *broadcast = broadcast_to(vow_coroutine_new(fail_to_end, NULL), times(1));
    vow_release(vow_send(broadcast, vow_integer(1)));
    assert_int_equal(vow_coroutine_close(broadcast), VOW_USER);
    assert_sentence("cannot end");
    assert_logged(1, -VOW_CLOSED);
    vow_coroutine_release(broadcast);
}

static void closing_a_broadcast_closes_consumers_that_others_hold_as_well(void **state)
{
    (void)state;
    vow_coroutine *consumer = times(1);
    vow_coroutine *broadcast = vow_broadcast(&consumer, 1);
    assert_ok(vow_coroutine_close(broadcast));
    assert_true(vow_coroutine_done(consumer));
    vow_coroutine_release(broadcast);
    vow_coroutine_release(consumer);
}

static void a_broadcast_to_nobody_ends_at_its_first_item(void **state)
{
    (void)state;
    vow_coroutine *broadcast = vow_broadcast(NULL, 0);
    assert_end(vow_send(broadcast, probe_new()));
    assert_int_equal(probe_drops, 1);
    vow_coroutine_release(broadcast);
}

static void a_broadcast_needs_all_its_consumers(void **state)
{
    (void)state;
    vow_coroutine *consumers[] = {times(1), NULL};
    assert_null(vow_broadcast(consumers, 2));
    assert_sentence("vow_broadcast: consumer 1 is NULL");
    assert_null(vow_broadcast(NULL, 1));
    vow_coroutine_release(consumers[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(inject_sends_each_item_to_the_consumer),
        control_test(the_consumer_may_be_fed_again),
        control_test(a_consumer_that_ends_stops_it_and_no_item_is_lost),
        control_test(skips_are_left_out_and_the_error_of_the_generator_comes_out),
        control_test(the_error_of_the_consumer_comes_out),
        control_test(inject_needs_two),
        control_test(a_broadcast_sends_each_item_to_each_consumer_and_closes_them),
        control_test(broadcasts_may_be_put_together),
        control_test(an_item_is_shared_not_copied),
        control_test(a_consumer_that_ends_is_left_out),
        control_test(a_broadcast_ends_when_all_have),
        control_test(an_error_of_one_ends_it_after_the_others_have_had_the_item),
        control_test(an_error_of_closing_one_is_the_broadcasts_and_the_others_are_closed),
        control_test(closing_a_broadcast_closes_consumers_that_others_hold_as_well),
        control_test(a_broadcast_to_nobody_ends_at_its_first_item),
        control_test(a_broadcast_needs_all_its_consumers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
