/*
 * test_cancel_again.c - a second cancel, in a function that the first one set off: in a link's `drop` it reaches what the
 * link's function has given, and does nothing where that is there already; it sees the consumers that there are then.
 */
#include "control_testing.h"

/* A promise with an errback, what is canceled at first and again as the errback ends, and what the errback may give. */
struct again {
    vow_deferred *deferred;
    vow_promise *subject;
    vow_deferred *inner_deferred;
    vow_promise *inner;
};

static void cancel_again(void *context)
{
    const struct again *again = context;
    count_drop(NULL);
    vow_cancel(again->subject);
}

static vow_value give_inner(vow_value error, void *context)
{
    const struct again *again = context;
    note(-vow_error_status(error));
    return vow_promise_value(vow_promise_retain(again->inner));
}

static vow_value recover(vow_value error, void *context)
{
    (void)context;
    note(-vow_error_status(error));
    return vow_integer(5);
}

/* Both promises; gives the errback, which is not added yet. */
static vow_handlers make_again(struct again *again, vow_fn *rejected)
{
    again->deferred = vow_deferred_new(&again->subject);
    again->inner_deferred = vow_deferred_new(&again->inner);
    return (vow_handlers){
        .size = sizeof(vow_handlers), .rejected = rejected, .context = again, .drop = cancel_again};
}

static void begin_again(struct again *again, vow_fn *rejected)
{
    vow_handlers errback = make_again(again, rejected);
    again->subject = vow_add_callbacks(again->subject, &errback);
}

static void end_again(struct again *again)
{
    vow_deferred_release(again->deferred);
    vow_deferred_release(again->inner_deferred);
    vow_promise_release(again->inner);
    vow_promise_release(again->subject);
}

/* The errback ran once, and what it gave was canceled in its end. */
static void check_that_inner_was_reached(struct again *again)
{
    assert_logged(-VOW_CANCELED);
    assert_int_equal(drops, 1);
    assert_rejected(again->inner, VOW_CANCELED);
    assert_rejected(again->subject, VOW_CANCELED);
    assert_ok(vow_reject(again->deferred, vow_fail(VOW_TIMED_OUT, "late")));
    assert_int_equal(vow_resolve(again->deferred, vow_none()), VOW_ALREADY_FIRED);
}

static void in_the_end_of_an_errback_it_reaches_what_that_gave(void **state)
{
    (void)state;
    struct again again;
    begin_again(&again, give_inner);
    vow_cancel(again.subject);
    check_that_inner_was_reached(&again);
    end_again(&again);
}

static void also_by_way_of_a_consumer(void **state)
{
    (void)state;
    struct again again;
    begin_again(&again, give_inner);
    again.subject = vow_then(again.subject, NULL, NULL);
    vow_cancel(again.subject);
    check_that_inner_was_reached(&again);
    end_again(&again);
}

static void also_in_the_end_of_a_link_that_gives_a_new_promise(void **state)
{
    (void)state;
    struct again again;
    vow_handlers errback = make_again(&again, give_inner);
    again.subject = vow_then_with(again.subject, &errback);
    vow_cancel(again.subject);
    check_that_inner_was_reached(&again);
    end_again(&again);
}

static void *cancel_there(void *context)
{
    vow_cancel(context);
    return NULL;
}

static void also_where_the_first_came_from_another_thread(void **state)
{
    (void)state;
    struct again again;
    begin_again(&again, give_inner);
    on_another_thread(cancel_there, again.subject);
    (void)vow_run_pending();
    check_that_inner_was_reached(&again);
    end_again(&again);
}

static void also_where_a_canceller_answered_the_first(void **state)
{
    (void)state;
    struct again again;
    begin_again(&again, give_inner);
    assert_ok(vow_set_canceller(again.inner_deferred, count_drop, NULL, NULL));
    vow_cancel(again.subject);
    assert_int_equal(drops, 2);
    assert_rejected(again.subject, VOW_CANCELED);
    end_again(&again);
}

/* The promise that is rejected is derived itself, of one whose value somebody else wants. */
static void also_where_what_is_rejected_is_derived(void **state)
{
    (void)state;
    struct again again;
    vow_handlers errback = make_again(&again, give_inner);
    vow_promise *source = vow_promise_retain(again.subject);
    again.subject = vow_add_callbacks(vow_then(again.subject, NULL, NULL), &errback);
    again.subject = vow_then(again.subject, NULL, NULL);
    vow_cancel(again.subject);
    assert_logged(-VOW_CANCELED);
    assert_int_equal(drops, 1);
    assert_rejected(again.inner, VOW_CANCELED);
    assert_rejected(again.subject, VOW_CANCELED);
    assert_pending(source);
    vow_promise_release(source);
    end_again(&again);
}

/* A source with a second consumer, which is the only one when the first has been taken from it. */
struct pair {
    vow_deferred *deferred;
    vow_promise *source;
    vow_promise *second;
};

static vow_value cancel_second(vow_value error, void *context)
{
    const struct pair *pair = context;
    note(-vow_error_status(error));
    vow_cancel(pair->second);
    return vow_none();
}

static void cancel_second_in_drop(void *context)
{
    const struct pair *pair = context;
    count_drop(NULL);
    vow_cancel(pair->second);
}

static void begin_pair(struct pair *pair)
{
    pair->deferred = vow_deferred_new(&pair->source);
    pair->second = vow_then(vow_promise_retain(pair->source), NULL, NULL);
}

/* `first` was canceled, which canceled the second: the source is told. */
static void end_pair(struct pair *pair, vow_promise *first)
{
    assert_true(vow_deferred_fired(pair->deferred));
    assert_rejected(pair->second, VOW_CANCELED);
    vow_deferred_release(pair->deferred);
    vow_promise_release(pair->second);
    vow_promise_release(first);
}

static void in_an_errback_it_reaches_the_source_of_which_it_cancels_the_last_consumer(void **state)
{
    (void)state;
    struct pair pair;
    begin_pair(&pair);
    vow_promise *first = vow_catch(vow_then(pair.source, NULL, NULL), cancel_second, &pair);
    vow_cancel(first);
    assert_logged(-VOW_CANCELED);
    end_pair(&pair, first);
}

static void also_in_the_drop_of_the_link_that_is_taken_from_the_source(void **state)
{
    (void)state;
    struct pair pair;
    begin_pair(&pair);
    vow_promise *first = vow_then_with(pair.source, &(vow_handlers){.size = sizeof(vow_handlers),
                                                                    .fulfilled = note_input,
                                                                    .context = &pair,
                                                                    .drop = cancel_second_in_drop});
    vow_cancel(first);
    assert_int_equal(drops, 1);
    assert_rejected(first, VOW_CANCELED);
    end_pair(&pair, first);
}

/* Before it has fired. */
static void cancel_from_the_canceller(void *context)
{
    count_drop(NULL);
    vow_cancel(context);
}

static void in_a_canceller_it_does_nothing_more(void **state)
{
    (void)state;
    vow_promise *source;
    vow_deferred *deferred = vow_deferred_new(&source);
    vow_promise *consumer = vow_then(source, NULL, NULL);
    assert_ok(vow_set_canceller(deferred, cancel_from_the_canceller, consumer, NULL));
    vow_cancel(consumer);
    assert_int_equal(drops, 1);
    assert_rejected(consumer, VOW_CANCELED);
    vow_deferred_release(deferred);
    vow_promise_release(consumer);
}

/* What an errback has made good stays so: nothing is waited for. */
static void what_an_errback_has_made_good_is_left_as_it_is(void **state)
{
    (void)state;
    struct again again;
    begin_again(&again, recover);
    again.subject = vow_add_both(again.subject, note_input, NULL);
    vow_cancel(again.subject);
    assert_logged(-VOW_CANCELED, 5);
    assert_int_equal(drops, 1);
    assert_fulfilled(again.subject, 5);
    end_again(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(in_the_end_of_an_errback_it_reaches_what_that_gave),
        control_test(also_by_way_of_a_consumer),
        control_test(also_in_the_end_of_a_link_that_gives_a_new_promise),
        control_test(also_where_the_first_came_from_another_thread),
        control_test(also_where_a_canceller_answered_the_first),
        control_test(also_where_what_is_rejected_is_derived),
        control_test(in_an_errback_it_reaches_the_source_of_which_it_cancels_the_last_consumer),
        control_test(also_in_the_drop_of_the_link_that_is_taken_from_the_source),
        control_test(in_a_canceller_it_does_nothing_more),
        control_test(what_an_errback_has_made_good_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
