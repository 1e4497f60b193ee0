/*
 * cancel_inwards.c - rules of a cancel that finds a chain waiting: it goes to the innermost deferred that is waited for.
 */
#include "conformance/deferred/suite.h"

/* One that waits for `inner`, and notes what comes. */
static struct deferred *one_that_waits_for(struct deferred *inner)
{
    struct deferred *outer = keep(deferred_succeed(number(0)));
    add_callback(outer, returning, inner);
    add_both(outer, noting, NULL);
    expect_pending(outer);
    return outer;
}

/* Notes 1, and fires nothing. */
static void silent(struct deferred *deferred, void *context)
{
    (void)deferred;
    (void)context;
    note(1);
}

static void succeeding(struct deferred *deferred, void *context)
{
    note(1);
    (void)deferred_fire(deferred, number((intptr_t)context));
}

static void giving_up(struct deferred *deferred, void *context)
{
    note(1);
    (void)deferred_fire(deferred, failure((int)(intptr_t)context));
}

static void the_one_that_is_waited_for_is_canceled(void)
{
    struct deferred *inner = keep(deferred_new_with(silent, NULL));
    struct deferred *outer = one_that_waits_for(inner);
    deferred_cancel(outer);
    expect_failure(outer, CANCELED);
    expect_failure(inner, CANCELED);
    expect_notes(1, failed(CANCELED));
}

static void without_a_canceller_it_swallows_one_firing(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = one_that_waits_for(inner);
    deferred_cancel(outer);
    expect_failure(outer, CANCELED);
    expect(deferred_fire(inner, number(1)));
    expect(!deferred_fire(inner, number(2)));
    expect_notes(failed(CANCELED));
}

static void the_canceller_of_the_one_that_waits_is_not_called(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = keep(deferred_new_with(silent, NULL));
    add_callback(outer, returning, inner);
    callback(outer, 0);
    expect_pending(outer);
    deferred_cancel(outer);
    expect_failure(outer, CANCELED);
    expect_no_notes();
}

static void of_three_the_innermost_is_canceled(void)
{
    struct deferred *innermost = keep(deferred_new_with(silent, NULL));
    struct deferred *inner = keep(deferred_succeed(number(0)));
    add_callback(inner, returning, innermost);
    struct deferred *outer = one_that_waits_for(inner);
    deferred_cancel(outer);
    expect_failure(outer, CANCELED);
    expect_notes(1, failed(CANCELED));
}

static void what_its_canceller_gives_the_chain_goes_on_with(void)
{
    struct deferred *outer = one_that_waits_for(keep(deferred_new_with(succeeding, with(5))));
    deferred_cancel(outer);
    expect_number(outer, 5);
    expect_notes(1, 5);
}

static void what_its_canceller_fails_with_the_chain_fails_with(void)
{
    struct deferred *outer = one_that_waits_for(keep(deferred_new_with(giving_up, with(BAD))));
    deferred_cancel(outer);
    expect_failure(outer, BAD);
    expect_notes(1, failed(BAD));
}

static void its_own_callbacks_see_the_cancel_first(void)
{
    struct deferred *inner = a_deferred();
    add_errback(inner, giving, with(3));
    struct deferred *outer = one_that_waits_for(inner);
    deferred_cancel(outer);
    expect_number(outer, 3);
    expect_notes(3);
}

static void a_chain_that_has_recovered_may_wait_and_be_canceled_again(void)
{
    struct deferred *first = a_deferred();
    struct deferred *second = a_deferred();
    struct deferred *outer = keep(deferred_succeed(number(0)));
    add_callback(outer, returning, first);
    add_errback(outer, returning, second);
    add_both(outer, noting, NULL);
    expect_pending(outer);
    deferred_cancel(outer);
    expect_pending(outer);
    deferred_cancel(outer);
    expect_failure(outer, CANCELED);
    expect_notes(failed(CANCELED));
    expect(deferred_fire(first, number(1)));
    expect(deferred_fire(second, number(1)));
}

static void a_paused_chain_hands_the_cancel_on_as_well(void)
{
    struct deferred *inner = keep(deferred_new_with(silent, NULL));
    struct deferred *outer = one_that_waits_for(inner);
    deferred_pause(outer);
    deferred_cancel(outer);
    expect_failure(inner, CANCELED);
    expect_notes(1);
    expect(deferred_unpause(outer));
    expect_failure(outer, CANCELED);
}

static void a_paused_one_that_is_waited_for_keeps_the_cancel(void)
{
    struct deferred *inner = a_deferred();
    deferred_pause(inner);
    struct deferred *outer = one_that_waits_for(inner);
    deferred_cancel(outer);
    expect_pending(outer);
    expect(deferred_unpause(inner));
    expect_failure(outer, CANCELED);
}

static void what_is_not_waited_for_any_more_is_left_alone(void)
{
    struct deferred *inner = keep(deferred_new_with(silent, NULL));
    struct deferred *outer = one_that_waits_for(inner);
    callback(inner, 5);
    expect_number(outer, 5);
    deferred_cancel(outer);
    expect_number(outer, 5);
    expect_number(inner, 5);
    expect_notes(5);
}

static void a_cancel_of_the_inner_one_is_seen_outside(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = one_that_waits_for(inner);
    deferred_cancel(inner);
    expect_failure(outer, CANCELED);
    expect_notes(failed(CANCELED));
}

static void what_a_chained_deferred_waits_for_is_canceled(void)
{
    struct deferred *from = keep(deferred_new_with(silent, NULL));
    struct deferred *to = a_deferred();
    expect(deferred_chain(from, to));
    deferred_cancel(to);
    expect_failure(to, CANCELED);
    expect_notes(1);
}

static const struct rule table[] = {
    RULE(the_one_that_is_waited_for_is_canceled),
    RULE(without_a_canceller_it_swallows_one_firing),
    RULE(the_canceller_of_the_one_that_waits_is_not_called),
    RULE(of_three_the_innermost_is_canceled),
    RULE(what_its_canceller_gives_the_chain_goes_on_with),
    RULE(what_its_canceller_fails_with_the_chain_fails_with),
    RULE(its_own_callbacks_see_the_cancel_first),
    RULE(a_chain_that_has_recovered_may_wait_and_be_canceled_again),
    RULE(a_paused_chain_hands_the_cancel_on_as_well),
    RULE(a_paused_one_that_is_waited_for_keeps_the_cancel),
    RULE(what_is_not_waited_for_any_more_is_left_alone),
    RULE(a_cancel_of_the_inner_one_is_seen_outside),
    RULE(what_a_chained_deferred_waits_for_is_canceled),
};

const struct rules cancel_inwards_rules = RULES("cancels of what waits", table);
