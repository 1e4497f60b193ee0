/*
 * ready.c - rules of deferreds that come with their result, or from a function that is called at once: succeed, fail,
 * maybeDeferred; and of those that come later by themselves.
 */
#include "conformance/deferred/suite.h"

static void one_that_has_succeeded_has_its_value(void)
{
    struct deferred *d = keep(deferred_succeed(number(5)));
    add_callback(d, noting, NULL);
    expect_number(d, 5);
    expect_notes(5);
}

static void one_that_has_succeeded_is_as_one_that_was_fired(void)
{
    struct deferred *ready = keep(deferred_succeed(number(5)));
    struct deferred *fired = a_deferred();
    callback(fired, 5);
    for (int i = 0; i < 2; i++) {
        add_callback(i == 0 ? ready : fired, adding, with(1));
        expect_number(i == 0 ? ready : fired, 6);
    }
}

static void one_that_has_failed_has_its_failure(void)
{
    struct deferred *d = keep(deferred_fail(BAD));
    deferred_add(d, marking, noting, with(1));
    expect_failure(d, BAD);
    expect_notes(failed(BAD));
}

static void succeeding_with_nothing_is_a_success(void)
{
    struct deferred *d = keep(deferred_succeed(nothing()));
    deferred_add(d, noting, failing, with(BAD));
    expect_nothing(d);
    expect_notes(none_given);
}

/* In Twisted that is a mistake of the caller's; here it waits. */
static void succeeding_with_a_deferred_waits_for_it(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = keep(deferred_succeed(waiting_for(inner)));
    expect_pending(d);
    callback(inner, 5);
    expect_number(d, 5);
}

/* The same of a firing. */
static void firing_with_a_deferred_waits_for_it(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = a_deferred();
    expect(deferred_fire(d, waiting_for(inner)));
    expect_pending(d);
    expect(!deferred_fire(d, number(1)));
    callback(inner, 5);
    expect_number(d, 5);
}

static void a_canceled_ready_one_stays_as_it_is(void)
{
    struct deferred *d = keep(deferred_succeed(number(5)));
    deferred_cancel(d);
    expect_number(d, 5);
}

/* maybeDeferred ------------------------------------------------------------------------------------------------------------- */

static void maybe_gives_what_the_function_gives(void)
{
    expect_number(keep(deferred_maybe(giving, nothing(), with(5))), 5);
}

static void maybe_hands_the_input_on(void)
{
    expect_number(keep(deferred_maybe(adding, number(5), with(1))), 6);
    expect_nothing(keep(deferred_maybe(noting, nothing(), NULL)));
}

static void maybe_of_a_function_that_fails_has_failed(void)
{
    expect_failure(keep(deferred_maybe(failing, nothing(), with(BAD))), BAD);
}

static void maybe_of_a_function_that_gives_a_deferred_is_that(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = keep(deferred_maybe(returning, nothing(), inner));
    expect_pending(d);
    callback(inner, 5);
    expect_number(d, 5);
}

static void maybe_of_a_function_whose_deferred_fails_fails(void)
{
    struct deferred *d = keep(deferred_maybe(returning, nothing(), keep(deferred_fail(BAD))));
    expect_failure(d, BAD);
}

static void maybe_calls_its_function_at_once(void)
{
    struct deferred *d = keep(deferred_maybe(marking, number(5), with(1)));
    expect_notes_now(1);
    expect_number(d, 5);
}

static void a_cancel_of_maybe_reaches_the_deferred_that_it_gave(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = keep(deferred_maybe(returning, nothing(), inner));
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    expect_failure(inner, CANCELED);
}

/* deferLater ----------------------------------------------------------------------------------------------------------------- */

enum { SOON = 100000, NEVER = 2000000000 };

static void what_comes_later_is_what_the_function_gives(void)
{
    expect_number(keep(deferred_later(SOON, giving, with(5))), 5);
}

static void what_comes_later_may_fail(void)
{
    expect_failure(keep(deferred_later(SOON, failing, with(BAD))), BAD);
}

static void what_comes_later_may_be_a_deferred(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = keep(deferred_later(SOON, returning, inner));
    expect_pending(d);
    callback(inner, 5);
    expect_number(d, 5);
}

static void what_comes_later_without_a_function_is_nothing(void)
{
    expect_nothing(keep(deferred_later(SOON, NULL, NULL)));
}

static void what_is_canceled_before_does_not_come(void)
{
    struct deferred *d = keep(deferred_later((int64_t)NEVER * 1000, marking, with(1)));
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    expect_no_notes();
}

static void what_has_come_is_not_canceled_any_more(void)
{
    struct deferred *d = keep(deferred_later(SOON, giving, with(5)));
    expect_number(d, 5);
    deferred_cancel(d);
    expect_number(d, 5);
}

static const struct rule table[] = {
    RULE(one_that_has_succeeded_has_its_value),
    RULE(one_that_has_succeeded_is_as_one_that_was_fired),
    RULE(one_that_has_failed_has_its_failure),
    RULE(succeeding_with_nothing_is_a_success),
    RULE(succeeding_with_a_deferred_waits_for_it),
    RULE(firing_with_a_deferred_waits_for_it),
    RULE(a_canceled_ready_one_stays_as_it_is),
    RULE(maybe_gives_what_the_function_gives),
    RULE(maybe_hands_the_input_on),
    RULE(maybe_of_a_function_that_fails_has_failed),
    RULE(maybe_of_a_function_that_gives_a_deferred_is_that),
    RULE(maybe_of_a_function_whose_deferred_fails_fails),
    RULE(maybe_calls_its_function_at_once),
    RULE(a_cancel_of_maybe_reaches_the_deferred_that_it_gave),
    RULE(what_comes_later_is_what_the_function_gives),
    RULE(what_comes_later_may_fail),
    RULE(what_comes_later_may_be_a_deferred),
    RULE(what_comes_later_without_a_function_is_nothing),
    RULE(what_is_canceled_before_does_not_come),
    RULE(what_has_come_is_not_canceled_any_more),
};

const struct rules ready_rules = RULES("ready deferreds", table);
