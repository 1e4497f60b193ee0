/*
 * timeout.c - rules of a deferred that has to come in time (addTimeout): its own cancellation alone is a timeout, and only
 * what was added before it is under it.
 *
 * Twisted's onTimeoutCancel, a function that makes something else of a timeout, is an errback behind it here.
 */
#include "conformance/deferred/suite.h"

enum { SOON = 100000 };
#define NEVER INT64_C(2000000000000)

/* In time ------------------------------------------------------------------------------------------------------------------- */

static void a_value_in_time_passes(void)
{
    struct deferred *d = a_deferred();
    deferred_add_timeout(d, NEVER);
    callback(d, 5);
    expect_number(d, 5);
}

static void a_failure_in_time_passes(void)
{
    struct deferred *d = a_deferred();
    deferred_add_timeout(d, NEVER);
    errback(d, BAD);
    expect_failure(d, BAD);
}

static void what_has_fired_before_is_in_time(void)
{
    struct deferred *d = keep(deferred_succeed(number(5)));
    deferred_add_timeout(d, 0);
    expect_number(d, 5);
}

static void in_time_the_canceller_is_not_called(void)
{
    struct deferred *d = keep(deferred_new_with(cancel_silently, with(1)));
    deferred_add_timeout(d, NEVER);
    callback(d, 5);
    expect_number(d, 5);
    expect_no_notes();
}

static void a_cancel_in_time_is_a_cancellation_and_no_timeout(void)
{
    struct deferred *d = a_deferred();
    deferred_add_timeout(d, NEVER);
    deferred_cancel(d);
    expect_failure(d, CANCELED);
}

/* Too late ------------------------------------------------------------------------------------------------------------------- */

static void what_does_not_come_in_time_fails_with_a_timeout(void)
{
    struct deferred *d = a_deferred();
    deferred_add_timeout(d, SOON);
    add_both(d, noting, NULL);
    expect_failure(d, TIMED_OUT);
    expect_notes(failed(TIMED_OUT));
}

static void a_timeout_calls_the_canceller(void)
{
    struct deferred *d = keep(deferred_new_with(cancel_silently, with(1)));
    deferred_add_timeout(d, SOON);
    expect_failure(d, TIMED_OUT);
    expect_notes(1);
}

static void a_canceller_may_give_a_value_instead_of_the_timeout(void)
{
    struct deferred *d = keep(deferred_new_with(cancel_with_number, with(5)));
    deferred_add_timeout(d, SOON);
    expect_number(d, 5);
}

static void a_canceller_may_give_a_failure_instead_of_the_timeout(void)
{
    struct deferred *d = keep(deferred_new_with(cancel_with_failure, with(BAD)));
    deferred_add_timeout(d, SOON);
    expect_failure(d, BAD);
}

static void one_firing_behind_a_timeout_is_swallowed(void)
{
    struct deferred *d = a_deferred();
    deferred_add_timeout(d, SOON);
    expect_failure(d, TIMED_OUT);
    expect(deferred_fire(d, number(1)));
    expect(!deferred_fire(d, number(1)));
}

static void a_timeout_reaches_what_the_chain_waits_for(void)
{
    struct deferred *inner = keep(deferred_new_with(cancel_silently, with(1)));
    struct deferred *d = keep(deferred_succeed(number(0)));
    add_callback(d, returning, inner);
    expect_pending(d);
    deferred_add_timeout(d, SOON);
    expect_failure(d, TIMED_OUT);
    expect_failure(inner, CANCELED);
    expect_notes(1);
}

/* What is under it ------------------------------------------------------------------------------------------------------------ */

static void an_errback_from_before_sees_the_cancellation(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, noting, NULL);
    deferred_add_timeout(d, SOON);
    expect_failure(d, TIMED_OUT);
    expect_notes(failed(CANCELED));
}

static void an_errback_from_before_may_make_a_value_of_it(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, giving, with(5));
    deferred_add_timeout(d, SOON);
    expect_number(d, 5);
}

static void an_errback_from_before_may_make_another_failure_of_it(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, failing, with(BAD));
    deferred_add_timeout(d, SOON);
    expect_failure(d, BAD);
}

static void an_errback_behind_it_sees_the_timeout(void)
{
    struct deferred *d = a_deferred();
    deferred_add_timeout(d, SOON);
    add_errback(d, noting, NULL);
    expect_failure(d, TIMED_OUT);
    expect_notes(failed(TIMED_OUT));
}

static void an_errback_behind_it_may_make_a_value_of_it(void)
{
    struct deferred *d = a_deferred();
    deferred_add_timeout(d, SOON);
    add_errback(d, giving, with(5));
    expect_number(d, 5);
}

/* The timeout's time has passed long before `last` fires. */
static void what_is_added_behind_it_has_all_the_time(void)
{
    struct deferred *last = a_deferred();
    struct deferred *d = a_deferred();
    deferred_add_timeout(d, SOON * 100);
    callback(d, 1);
    adapter_run_until_quiet();
    add_callback(d, returning, last);
    expect_nothing(keep(deferred_later(SOON * 200, NULL, NULL)));
    expect_pending(d);
    callback(last, 5);
    expect_number(d, 5);
}

static void of_two_timeouts_the_first_one_counts(void)
{
    struct deferred *d = a_deferred();
    deferred_add_timeout(d, SOON);
    deferred_add_timeout(d, NEVER);
    expect_failure(d, TIMED_OUT);
    struct deferred *other = a_deferred();
    deferred_add_timeout(other, NEVER);
    deferred_add_timeout(other, SOON);
    expect_failure(other, TIMED_OUT);
}

static void a_timeout_is_told_of_like_any_failure(void)
{
    struct deferred *d = deferred_new();
    deferred_add_timeout(d, SOON);
    adapter_run_until_quiet();
    deferred_free(d);
    expect_told(1);
}

static const struct rule table[] = {
    RULE(a_value_in_time_passes),
    RULE(a_failure_in_time_passes),
    RULE(what_has_fired_before_is_in_time),
    RULE(in_time_the_canceller_is_not_called),
    RULE(a_cancel_in_time_is_a_cancellation_and_no_timeout),
    RULE(what_does_not_come_in_time_fails_with_a_timeout),
    RULE(a_timeout_calls_the_canceller),
    RULE(a_canceller_may_give_a_value_instead_of_the_timeout),
    RULE(a_canceller_may_give_a_failure_instead_of_the_timeout),
    RULE(one_firing_behind_a_timeout_is_swallowed),
    RULE(a_timeout_reaches_what_the_chain_waits_for),
    RULE(an_errback_from_before_sees_the_cancellation),
    RULE(an_errback_from_before_may_make_a_value_of_it),
    RULE(an_errback_from_before_may_make_another_failure_of_it),
    RULE(an_errback_behind_it_sees_the_timeout),
    RULE(an_errback_behind_it_may_make_a_value_of_it),
    RULE(what_is_added_behind_it_has_all_the_time),
    RULE(of_two_timeouts_the_first_one_counts),
    RULE(a_timeout_is_told_of_like_any_failure),
};

const struct rules timeout_rules = RULES("timeouts", table);
