/*
 * test_dispatcher.c - messages: who gets them, in which order, and what handlers may do.
 */
#include "messaging/messaging_testing.h"

/* Who gets what ---------------------------------------------------------------------------------------------- */

static void a_handler_gets_sender_name_and_payload(void **state)
{
    (void)state;
    struct seen seen = {0};
    listen(&stage, "moved", see, &seen);
    publish(&stage, "moved", vow_integer(7));
    assert_ptr_equal(seen.sender, &stage);
    assert_string_equal(vow_name_text(seen.name), "moved");
    assert_int_equal(seen.payload, 7);
}

static void a_message_reaches_only_those_of_its_sender_and_name(void **state)
{
    (void)state;
    listen(&stage, "moved", note_payload_plus, number_as_context(100));
    listen(&stage, "stopped", note_payload_plus, number_as_context(200));
    listen(&camera, "moved", note_payload_plus, number_as_context(300));
    publish(&stage, "moved", vow_integer(1));
    publish(&camera, "moved", vow_integer(2));
    publish(&camera, "stopped", vow_integer(3));
    assert_logged(101, 302);
}

static void a_subscription_to_any_sender_hears_everybody_and_nobody(void **state)
{
    (void)state;
    listen(VOW_ANY_SENDER, "moved", note_payload_plus, NULL);
    publish(&stage, "moved", vow_integer(1));
    publish(&camera, "moved", vow_integer(2));
    publish(NULL, "moved", vow_integer(3));
    publish(&stage, "stopped", vow_integer(4));
    assert_logged(1, 2, 3);
}

static void a_subscription_to_any_message_hears_all_of_its_sender(void **state)
{
    (void)state;
    listen(&stage, NULL, note_payload_plus, NULL);
    publish(&stage, "moved", vow_integer(1));
    publish(&stage, "stopped", vow_integer(2));
    publish(&camera, "moved", vow_integer(3));
    assert_logged(1, 2);
}

static void a_message_comes_to_its_subscribers_in_the_order_of_subscribing(void **state)
{
    (void)state;
    listen(NULL, NULL, note_payload_plus, number_as_context(10));
    listen(&stage, "moved", note_payload_plus, number_as_context(20));
    listen(NULL, "moved", note_payload_plus, number_as_context(30));
    listen(&stage, NULL, note_payload_plus, number_as_context(40));
    listen(&stage, "moved", note_payload_plus, number_as_context(50));
    publish(&stage, "moved", vow_integer(1));
    assert_logged(11, 21, 31, 41, 51);
}

static void two_dispatchers_know_nothing_of_each_other(void **state)
{
    (void)state;
    vow_dispatcher *other = vow_dispatcher_new(NULL);
    vow_subscription_release(vow_subscribe(other, &stage, vow_name("moved"), note_payload_plus,
                                           number_as_context(10), NULL));
    listen(&stage, "moved", note_payload_plus, NULL);
    publish(&stage, "moved", vow_integer(1));
    assert_ok(vow_publish(other, &stage, vow_name("moved"), vow_integer(2)));
    assert_logged(1, 12);
    vow_dispatcher_free(other);
}

static void null_stands_for_the_default_dispatcher(void **state)
{
    (void)state;
    vow_subscription *heard =
        vow_subscribe(NULL, &stage, vow_name("moved"), note_payload_plus, NULL, NULL);
    assert_ok(vow_publish(vow_default_dispatcher(), &stage, vow_name("moved"), vow_integer(5)));
    assert_ok(vow_unsubscribe(heard));
    vow_subscription_release(heard);
    assert_logged(5);
}

static void a_message_that_nobody_hears_releases_its_payload(void **state)
{
    (void)state;
    assert_ok(vow_publish(dispatcher, &stage, vow_name("moved"), vow_text("unheard")));
}

static void a_payload_may_be_an_error_or_a_promise_and_is_plain_data(void **state)
{
    (void)state;
    struct seen seen = {0};
    listen(&stage, NULL, see, &seen);
    publish(&stage, "failed", vow_fail(VOW_INVALID, "data"));
    assert_int_equal(seen.kind, VOW_ERROR);
    publish(&stage, "began", vow_promise_value(vow_succeeded(vow_none())));
    assert_int_equal(seen.kind, VOW_PROMISE);
    assert_int_equal(atomic_load(&unhandled), 0);
}

static vow_value keep(vow_value message, void *context)
{
    *(vow_value *)context = vow_retain(message);
    return vow_none();
}

static void a_message_that_is_kept_outlives_its_publishing(void **state)
{
    (void)state;
    vow_value kept = vow_none();
    listen(&stage, "said", keep, &kept);
    publish(&stage, "said", vow_text("hello"));
    assert_true(vow_is_message(kept));
    assert_string_equal(vow_as_text(vow_message_payload(kept)), "hello");
    assert_prints(vow_borrow(kept), "message(said: \"hello\")");
    vow_release(kept);
}

/* Unsubscribing --------------------------------------------------------------------------------------------------- */

static void who_unsubscribes_hears_no_more(void **state)
{
    (void)state;
    vow_subscription *heard =
        vow_subscribe(dispatcher, &stage, vow_name("moved"), note_payload_plus, NULL, count_drop);
    publish(&stage, "moved", vow_integer(1));
    assert_int_equal(atomic_load(&drops), 0);
    assert_ok(vow_unsubscribe(heard));
    assert_int_equal(atomic_load(&drops), 1);
    publish(&stage, "moved", vow_integer(2));
    assert_logged(1);
    vow_subscription_release(heard);
}

static void unsubscribing_twice_says_that_it_has_ended(void **state)
{
    (void)state;
    vow_subscription *heard =
        vow_subscribe(dispatcher, &stage, vow_name("moved"), note_payload_plus, NULL, NULL);
    assert_ok(vow_unsubscribe(heard));
    assert_int_equal(vow_unsubscribe(heard), VOW_CLOSED);
    vow_subscription_release(heard);
}

static void a_handler_is_unsubscribed_by_what_it_was_subscribed_with(void **state)
{
    (void)state;
    listen(&stage, "moved", note_payload_plus, number_as_context(10));
    listen(&stage, "moved", note_payload_plus, number_as_context(20));
    assert_ok(vow_unsubscribe_handler(dispatcher, &stage, vow_name("moved"), note_payload_plus,
                                      number_as_context(10)));
    publish(&stage, "moved", vow_integer(1));
    assert_logged(21);
    assert_int_equal(vow_unsubscribe_handler(dispatcher, &stage, vow_name("moved"),
                                             note_payload_plus, number_as_context(10)),
                     VOW_CLOSED);
}

static void giving_back_a_subscription_does_not_end_it(void **state)
{
    (void)state;
    listen(&stage, "moved", note_payload_plus, NULL); /* gives it back */
    publish(&stage, "moved", vow_integer(1));
    assert_logged(1);
}

static void freeing_a_dispatcher_ends_its_subscriptions(void **state)
{
    (void)state;
    vow_dispatcher *other = vow_dispatcher_new(NULL);
    vow_subscription *heard =
        vow_subscribe(other, &stage, vow_name("moved"), note_payload_plus, NULL, count_drop);
    vow_dispatcher_free(other);
    assert_int_equal(atomic_load(&drops), 1);
    assert_int_equal(vow_unsubscribe(heard), VOW_CLOSED);
    vow_subscription_release(heard);
}

/* Inside of handlers ------------------------------------------------------------------------------------------------ */

static vow_value publish_further(vow_value message, void *context)
{
    int64_t number = vow_as_integer(vow_message_payload(message));
    note(number + (int64_t)(intptr_t)context);
    if (number < 3)
        publish(vow_message_sender(message), vow_name_text(vow_message_name(message)),
                vow_integer(number + 1));
    return vow_none();
}

static void what_a_handler_publishes_comes_after_what_is_under_way(void **state)
{
    (void)state;
    listen(&stage, "moved", publish_further, NULL);
    listen(&stage, "moved", note_payload_plus, number_as_context(10));
    publish(&stage, "moved", vow_integer(1));
    assert_int_equal(the_log.count, 6);
    int64_t expected = 11;
    for (int i = 0; i < the_log.count; i++)
        if (the_log.numbers[i] > 10)
            assert_int_equal(the_log.numbers[i], expected++);
    assert_int_equal(expected, 14);
}

static int inside;

static vow_value publish_while_inside(vow_value message, void *context)
{
    assert_int_equal(inside++, 0);
    (void)publish_further(message, context);
    inside--;
    return vow_none();
}

static void a_handler_that_publishes_to_itself_does_not_overlap_itself(void **state)
{
    (void)state;
    listen(&stage, "moved", publish_while_inside, NULL);
    publish(&stage, "moved", vow_integer(1));
    assert_logged(1, 2, 3);
}

static vow_value subscribe_another(vow_value message, void *context)
{
    (void)context;
    (void)note_payload_plus(message, NULL);
    listen(&stage, "moved", note_payload_plus, number_as_context(10));
    return vow_none();
}

static void who_subscribes_in_a_handler_hears_the_next_message(void **state)
{
    (void)state;
    listen(&stage, "moved", subscribe_another, NULL);
    publish(&stage, "moved", vow_integer(1));
    assert_logged(1);
    publish(&stage, "moved", vow_integer(2));
    assert_logged(1, 2, 12);
}

static vow_subscription *to_be_ended;

static vow_value end_subscription(vow_value message, void *context)
{
    (void)note_payload_plus(message, context);
    assert_ok(vow_unsubscribe(to_be_ended));
    assert_int_equal(atomic_load(&drops), 0); /* not while its handler runs */
    return vow_none();
}

static void a_handler_may_end_itself(void **state)
{
    (void)state;
    to_be_ended =
        vow_subscribe(dispatcher, &stage, vow_name("moved"), end_subscription, NULL, count_drop);
    publish(&stage, "moved", vow_integer(1));
    assert_int_equal(atomic_load(&drops), 1);
    publish(&stage, "moved", vow_integer(2));
    assert_logged(1);
    vow_subscription_release(to_be_ended);
}

static void who_is_unsubscribed_before_its_turn_does_not_get_the_message(void **state)
{
    (void)state;
    listen(&stage, "moved", end_subscription, NULL);
    to_be_ended = vow_subscribe(dispatcher, &stage, vow_name("moved"), note_payload_plus,
                                number_as_context(10), NULL);
    publish(&stage, "moved", vow_integer(1));
    assert_logged(1);
    vow_subscription_release(to_be_ended);
}

static vow_value free_dispatcher(vow_value message, void *context)
{
    (void)message;
    vow_dispatcher_free(context);
    return vow_none();
}

static void a_handler_may_free_the_dispatcher(void **state)
{
    (void)state;
    vow_dispatcher *other = vow_dispatcher_new(NULL);
    vow_subscription_release(
        vow_subscribe(other, &stage, vow_name("moved"), free_dispatcher, other, count_drop));
    vow_subscription_release(
        vow_subscribe(other, &stage, vow_name("moved"), note_payload_plus, NULL, count_drop));
    assert_ok(vow_publish(other, &stage, vow_name("moved"), vow_integer(1)));
    assert_nothing_logged();
    assert_int_equal(atomic_load(&drops), 2);
}

/* What handlers give --------------------------------------------------------------------------------------------------- */

static void an_error_of_a_handler_is_reported_and_stops_nobody(void **state)
{
    (void)state;
    listen(&stage, "moved", raise_context, number_as_context(VOW_INVALID));
    listen(&stage, "moved", note_payload_plus, NULL);
    publish(&stage, "moved", vow_integer(1));
    assert_logged(1);
    assert_int_equal(atomic_load(&unhandled), 1);
    assert_int_equal(atomic_load(&unhandled_status), VOW_INVALID);
}

static vow_value note_and_give_promise(vow_value message, void *promise)
{
    (void)note_payload_plus(message, NULL);
    return vow_promise_value(vow_promise_retain(promise));
}

static void a_handler_that_gave_a_promise_gets_the_next_message_when_that_has_settled(void **state)
{
    (void)state;
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    listen(&stage, "moved", note_and_give_promise, promise);
    publish(&stage, "moved", vow_integer(1));
    publish(&stage, "moved", vow_integer(2));
    publish(&stage, "moved", vow_integer(3));
    assert_logged(1);
    fire(deferred, vow_none());
    assert_logged(1, 2, 3);
    vow_promise_release(promise);
}

static void an_error_of_a_promise_that_a_handler_gave_is_reported(void **state)
{
    (void)state;
    vow_promise *promise = vow_failed(vow_fail(VOW_LIMIT, "later"));
    listen(&stage, "moved", note_and_give_promise, promise);
    publish(&stage, "moved", vow_integer(1));
    publish(&stage, "moved", vow_integer(2));
    assert_logged(1, 2);
    assert_int_equal(atomic_load(&unhandled_status), VOW_LIMIT);
    vow_promise_release(promise);
}

/* The next message ------------------------------------------------------------------------------------------------------ */

static void the_next_message_is_a_promise_of_one_message(void **state)
{
    (void)state;
    vow_promise *next = vow_next_message(dispatcher, &stage, vow_name("moved"));
    assert_pending(next);
    publish(&stage, "moved", vow_integer(1));
    publish(&stage, "moved", vow_integer(2));
    vow_value message = vow_await(next, VOW_POLL);
    assert_int_equal(vow_as_integer(vow_message_payload(message)), 1);
    vow_release(message);
}

static void canceling_the_next_message_ends_its_subscription(void **state)
{
    (void)state;
    vow_promise *next = vow_next_message(dispatcher, &stage, VOW_ANY_MESSAGE);
    vow_cancel(next);
    assert_rejected(next, VOW_CANCELED);
    publish(&stage, "moved", vow_integer(1));
    vow_promise_release(next);
}

static void freeing_the_dispatcher_rejects_the_next_message(void **state)
{
    (void)state;
    vow_dispatcher *other = vow_dispatcher_new(NULL);
    vow_promise *next = vow_next_message(other, &stage, vow_name("moved"));
    vow_dispatcher_free(other);
    assert_rejected(next, VOW_CLOSED);
    vow_promise_release(next);
}

/* Misuse ------------------------------------------------------------------------------------------------------------------- */

static void publishing_without_a_name_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_publish(dispatcher, &stage, NULL, vow_text("released")), VOW_INVALID);
    assert_sentence("vow_publish: name is NULL");
}

static void subscribing_without_a_function_is_refused_and_drops_the_context(void **state)
{
    (void)state;
    assert_null(vow_subscribe(dispatcher, &stage, NULL, NULL, NULL, count_drop));
    assert_sentence("vow_subscribe: fn is NULL");
    assert_int_equal(atomic_load(&drops), 1);
}

static void what_is_no_message_has_no_sender_name_or_payload(void **state)
{
    (void)state;
    assert_false(vow_is_message(vow_integer(1)));
    assert_null(vow_message_sender(vow_integer(1)));
    assert_sentence("vow_message_sender: message is integer, not a message");
    assert_null(vow_message_name(vow_none()));
    assert_true(vow_is_none(vow_message_payload(vow_none())));
}

static void null_is_refused_or_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(vow_unsubscribe(NULL), VOW_INVALID);
    assert_int_equal(vow_unsubscribe_handler(NULL, NULL, NULL, NULL, NULL), VOW_INVALID);
    vow_dispatcher_free(NULL);
    vow_dispatcher_free(vow_default_dispatcher());
    vow_subscription_release(NULL);
    assert_null(vow_subscription_retain(NULL));
}

/* Names --------------------------------------------------------------------------------------------------------------------- */

static void equal_names_are_one_pointer(void **state)
{
    (void)state;
    char text[] = "moved";
    assert_ptr_equal(vow_name(text), vow_name("moved"));
    assert_ptr_not_equal(vow_name("moved"), vow_name("stopped"));
    assert_string_equal(vow_name_text(vow_name("moved")), "moved");
}

static void a_name_of_nothing_is_refused(void **state)
{
    (void)state;
    assert_null(vow_name(NULL));
    assert_sentence("vow_name: text is NULL");
    assert_string_equal(vow_name_text(NULL), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        messaging_test(a_handler_gets_sender_name_and_payload),
        messaging_test(a_message_reaches_only_those_of_its_sender_and_name),
        messaging_test(a_subscription_to_any_sender_hears_everybody_and_nobody),
        messaging_test(a_subscription_to_any_message_hears_all_of_its_sender),
        messaging_test(a_message_comes_to_its_subscribers_in_the_order_of_subscribing),
        messaging_test(two_dispatchers_know_nothing_of_each_other),
        messaging_test(null_stands_for_the_default_dispatcher),
        messaging_test(a_message_that_nobody_hears_releases_its_payload),
        messaging_test(a_payload_may_be_an_error_or_a_promise_and_is_plain_data),
        messaging_test(a_message_that_is_kept_outlives_its_publishing),
        messaging_test(who_unsubscribes_hears_no_more),
        messaging_test(unsubscribing_twice_says_that_it_has_ended),
        messaging_test(a_handler_is_unsubscribed_by_what_it_was_subscribed_with),
        messaging_test(giving_back_a_subscription_does_not_end_it),
        messaging_test(freeing_a_dispatcher_ends_its_subscriptions),
        messaging_test(what_a_handler_publishes_comes_after_what_is_under_way),
        messaging_test(a_handler_that_publishes_to_itself_does_not_overlap_itself),
        messaging_test(who_subscribes_in_a_handler_hears_the_next_message),
        messaging_test(a_handler_may_end_itself),
        messaging_test(who_is_unsubscribed_before_its_turn_does_not_get_the_message),
        messaging_test(a_handler_may_free_the_dispatcher),
        messaging_test(an_error_of_a_handler_is_reported_and_stops_nobody),
        messaging_test(a_handler_that_gave_a_promise_gets_the_next_message_when_that_has_settled),
        messaging_test(an_error_of_a_promise_that_a_handler_gave_is_reported),
        messaging_test(the_next_message_is_a_promise_of_one_message),
        messaging_test(canceling_the_next_message_ends_its_subscription),
        messaging_test(freeing_the_dispatcher_rejects_the_next_message),
        messaging_test(publishing_without_a_name_is_refused),
        messaging_test(subscribing_without_a_function_is_refused_and_drops_the_context),
        messaging_test(what_is_no_message_has_no_sender_name_or_payload),
        messaging_test(null_is_refused_or_does_nothing),
        messaging_test(equal_names_are_one_pointer),
        messaging_test(a_name_of_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
