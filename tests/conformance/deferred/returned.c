/*
 * returned.c - rules of chains that wait for each other: deferreds that a callback returns, and chainDeferred.
 */
#include "conformance/deferred/suite.h"

/* One that has fired, with a callback that returns `inner`, and one behind it that notes. */
static struct deferred *one_that_waits_for(struct deferred *inner)
{
    struct deferred *outer = keep(deferred_succeed(number(1)));
    add_callback(outer, returning, inner);
    add_both(outer, noting, NULL);
    return outer;
}

/* Waiting --------------------------------------------------------------------------------------------------------------- */

static void a_chain_waits_for_the_deferred_that_a_callback_returns(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = one_that_waits_for(inner);
    expect_pending(outer);
    expect_no_notes();
    callback(inner, 5);
    expect_number(outer, 5);
    expect_notes(5);
}

static void a_returned_deferred_that_has_fired_is_taken_as_its_result(void)
{
    struct deferred *outer = one_that_waits_for(keep(deferred_succeed(number(5))));
    expect_number(outer, 5);
    expect_notes(5);
}

static void a_returned_deferred_that_fails_fails_the_chain(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = one_that_waits_for(inner);
    errback(inner, BAD);
    expect_failure(outer, BAD);
    expect_notes(failed(BAD));
}

static void a_returned_deferred_that_has_failed_fails_the_chain(void)
{
    struct deferred *outer = one_that_waits_for(keep(deferred_fail(BAD)));
    expect_failure(outer, BAD);
    expect_notes(failed(BAD));
}

static void an_errback_may_return_a_deferred_as_well(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = keep(deferred_fail(BAD));
    add_errback(outer, returning, inner);
    add_callback(outer, noting, NULL);
    expect_pending(outer);
    callback(inner, 5);
    expect_number(outer, 5);
    expect_notes(5);
}

static void an_errback_that_returns_a_failed_deferred_fails_anew(void)
{
    struct deferred *outer = keep(deferred_fail(BAD));
    add_errback(outer, returning, keep(deferred_fail(WORSE)));
    expect_failure(outer, WORSE);
}

static void several_returned_deferreds_are_waited_for_one_after_the_other(void)
{
    struct deferred *outer = keep(deferred_succeed(number(0)));
    struct deferred *inner[3];
    for (int i = 0; i < 3; i++) {
        inner[i] = a_deferred();
        add_callback(outer, returning, inner[i]);
        add_callback(outer, noting, NULL);
    }
    callback(inner[2], 3);
    expect_no_notes();
    callback(inner[0], 1);
    expect_notes(1);
    callback(inner[1], 2);
    expect_notes(1, 2, 3);
}

static void what_is_added_while_a_chain_waits_runs_behind_the_result(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = one_that_waits_for(inner);
    expect_pending(outer);
    add_callback(outer, adding, with(10));
    expect_pending(outer);
    callback(inner, 5);
    expect_number(outer, 15);
}

static void a_chain_that_waits_has_fired(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = a_deferred();
    add_callback(outer, returning, inner);
    callback(outer, 1);
    expect_pending(outer);
    expect(!deferred_fire(outer, number(2)));
    callback(inner, 5);
    expect_number(outer, 5);
}

/* The callbacks of the returned one ----------------------------------------------------------------------------------------- */

static void the_callbacks_of_the_returned_one_run_first(void)
{
    struct deferred *inner = a_deferred();
    add_callback(inner, adding, with(10));
    add_callback(inner, marking, with(1));
    struct deferred *outer = one_that_waits_for(inner);
    callback(inner, 5);
    expect_number(outer, 15);
    expect_notes(1, 15);
}

static void a_returned_one_may_recover_from_its_failure_first(void)
{
    struct deferred *inner = a_deferred();
    add_errback(inner, giving, with(3));
    struct deferred *outer = one_that_waits_for(inner);
    errback(inner, BAD);
    expect_number(outer, 3);
}

static void a_returned_one_that_waits_itself_is_waited_for(void)
{
    struct deferred *innermost = a_deferred();
    struct deferred *inner = one_that_waits_for(innermost);
    struct deferred *outer = one_that_waits_for(inner);
    expect_pending(outer);
    callback(innermost, 5);
    expect_number(outer, 5);
    expect_notes(5, 5);
}

static void waiting_is_passed_on_whatever_waits_first(void)
{
    struct deferred *innermost = a_deferred();
    struct deferred *inner = a_deferred();
    struct deferred *outer = keep(deferred_succeed(number(0)));
    add_callback(inner, returning, innermost);
    add_callback(outer, returning, inner);
    expect_pending(outer);
    callback(inner, 0);
    expect_pending(outer);
    callback(innermost, 5);
    expect_number(outer, 5);
}

static struct result return_its_own(struct result input, void *context)
{
    struct deferred **both = context;
    note(input.number);
    add_callback(both[0], returning, both[1]);
    add_callback(both[0], adding, with(1));
    return waiting_for(both[0]);
}

static void a_callback_may_build_the_chain_that_it_returns(void)
{
    struct deferred *both[] = {keep(deferred_succeed(number(2))), a_deferred()};
    struct deferred *outer = keep(deferred_succeed(number(1)));
    add_callback(outer, return_its_own, both);
    add_callback(outer, noting, NULL);
    expect_notes(1);
    callback(both[1], 5);
    expect_notes(1, 6);
}

static void behind_a_list_that_was_returned_the_chain_goes_on_in_order(void)
{
    struct deferred *member = a_deferred();
    struct deferred *list = keep(deferred_gather(&member, 1));
    struct deferred *inner = keep(deferred_succeed(number(1)));
    struct deferred *outer = keep(deferred_succeed(number(2)));
    add_callback(inner, returning, list);
    add_callback(inner, marking, with(10));
    add_callback(outer, returning, inner);
    add_callback(outer, marking, with(20));
    expect_no_notes();
    callback(member, 5);
    expect_notes(10, 20);
}

/* Two chains may wait for one. In Twisted the first one takes the result out and the next gets nothing; here it is shared. */
static void a_result_is_shared_by_all_that_wait_for_it(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *first = one_that_waits_for(inner);
    struct deferred *second = one_that_waits_for(inner);
    callback(inner, 5);
    expect_number(first, 5);
    expect_number(second, 5);
    expect_number(inner, 5);
}

/* Paused ones ------------------------------------------------------------------------------------------------------------------ */

static void a_returned_one_that_is_paused_is_waited_for(void)
{
    struct deferred *inner = keep(deferred_succeed(number(5)));
    deferred_pause(inner);
    struct deferred *outer = one_that_waits_for(inner);
    expect_pending(outer);
    expect(deferred_unpause(inner));
    expect_number(outer, 5);
    expect_notes(5);
}

static void firing_a_returned_one_that_is_paused_changes_nothing_yet(void)
{
    struct deferred *inner = a_deferred();
    deferred_pause(inner);
    struct deferred *outer = one_that_waits_for(inner);
    callback(inner, 5);
    expect_pending(outer);
    expect(deferred_unpause(inner));
    expect_number(outer, 5);
}

static void a_paused_chain_keeps_what_it_has_waited_for(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = one_that_waits_for(inner);
    expect_pending(outer);
    deferred_pause(outer);
    callback(inner, 5);
    expect_no_notes();
    expect(deferred_unpause(outer));
    expect_number(outer, 5);
    expect_notes(5);
}

static void a_paused_chain_does_not_hold_up_what_it_waits_for(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = one_that_waits_for(inner);
    expect_pending(outer);
    deferred_pause(outer);
    callback(inner, 5);
    add_callback(inner, marking, with(1));
    expect_notes(1);
    expect(deferred_unpause(outer));
}

static void unpausing_does_not_end_the_waiting(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *outer = one_that_waits_for(inner);
    expect_pending(outer);
    deferred_pause(outer);
    expect(deferred_unpause(outer));
    expect_pending(outer);
    expect_no_notes();
    callback(inner, 5);
    expect_number(outer, 5);
}

/* Rings ---------------------------------------------------------------------------------------------------------------------- */

static void a_callback_that_returns_its_own_deferred_fails(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, returning, d);
    callback(d, 1);
    expect_failure(d, REFUSED);
}

static void a_ring_of_two_fails_instead_of_hanging(void)
{
    struct deferred *one = a_deferred();
    struct deferred *other = a_deferred();
    add_callback(one, returning, other);
    add_callback(other, returning, one);
    callback(one, 1);
    adapter_run_until_quiet();
    callback(other, 2);
    expect_failure(one, REFUSED);
    expect_failure(other, REFUSED);
}

/* chainDeferred ---------------------------------------------------------------------------------------------------------------- */

static void a_chained_deferred_fires_with_the_value(void)
{
    struct deferred *from = a_deferred();
    struct deferred *to = a_deferred();
    add_callback(from, adding, with(1));
    add_callback(to, adding, with(10));
    expect(deferred_chain(from, to));
    expect_pending(to);
    callback(from, 100);
    expect_number(to, 111);
}

static void a_chained_deferred_fires_with_the_failure(void)
{
    struct deferred *from = a_deferred();
    struct deferred *to = a_deferred();
    expect(deferred_chain(from, to));
    errback(from, BAD);
    expect_failure(to, BAD);
    expect_told(0);
}

static void a_deferred_is_chained_after_its_firing_too(void)
{
    struct deferred *to = a_deferred();
    expect(deferred_chain(keep(deferred_succeed(number(5))), to));
    expect_number(to, 5);
}

static void chaining_to_what_has_fired_is_refused(void)
{
    struct deferred *to = a_deferred();
    callback(to, 1);
    expect(!deferred_chain(keep(deferred_succeed(number(5))), to));
    expect_number(to, 1);
}

static void what_is_chained_to_a_chained_one_fires_too(void)
{
    struct deferred *d[4];
    for (int i = 0; i < 4; i++)
        d[i] = a_deferred();
    for (int i = 0; i < 3; i++)
        expect(deferred_chain(d[i], d[i + 1]));
    callback(d[0], 5);
    expect_number(d[3], 5);
}

static void a_paused_deferred_holds_up_what_is_chained_to_it(void)
{
    struct deferred *from = a_deferred();
    struct deferred *to = a_deferred();
    deferred_share(from);
    deferred_pause(from);
    expect(deferred_chain(from, to));
    callback(from, 5);
    expect_pending(to);
    expect(deferred_unpause(from));
    expect_number(to, 5);
}

static const struct rule table[] = {
    RULE(a_chain_waits_for_the_deferred_that_a_callback_returns),
    RULE(a_returned_deferred_that_has_fired_is_taken_as_its_result),
    RULE(a_returned_deferred_that_fails_fails_the_chain),
    RULE(a_returned_deferred_that_has_failed_fails_the_chain),
    RULE(an_errback_may_return_a_deferred_as_well),
    RULE(an_errback_that_returns_a_failed_deferred_fails_anew),
    RULE(several_returned_deferreds_are_waited_for_one_after_the_other),
    RULE(what_is_added_while_a_chain_waits_runs_behind_the_result),
    RULE(a_chain_that_waits_has_fired),
    RULE(the_callbacks_of_the_returned_one_run_first),
    RULE(a_returned_one_may_recover_from_its_failure_first),
    RULE(a_returned_one_that_waits_itself_is_waited_for),
    RULE(waiting_is_passed_on_whatever_waits_first),
    RULE(a_callback_may_build_the_chain_that_it_returns),
    RULE(behind_a_list_that_was_returned_the_chain_goes_on_in_order),
    RULE(a_result_is_shared_by_all_that_wait_for_it),
    RULE(a_returned_one_that_is_paused_is_waited_for),
    RULE(firing_a_returned_one_that_is_paused_changes_nothing_yet),
    RULE(a_paused_chain_keeps_what_it_has_waited_for),
    RULE(a_paused_chain_does_not_hold_up_what_it_waits_for),
    RULE(unpausing_does_not_end_the_waiting),
    RULE(a_callback_that_returns_its_own_deferred_fails),
    RULE(a_ring_of_two_fails_instead_of_hanging),
    RULE(a_chained_deferred_fires_with_the_value),
    RULE(a_chained_deferred_fires_with_the_failure),
    RULE(a_deferred_is_chained_after_its_firing_too),
    RULE(chaining_to_what_has_fired_is_refused),
    RULE(what_is_chained_to_a_chained_one_fires_too),
    RULE(a_paused_deferred_holds_up_what_is_chained_to_it),
};

const struct rules returned_rules = RULES("returned deferreds", table);
