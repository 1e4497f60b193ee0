/*
 * pause.c - rules of pausing a chain, and of firing only once.
 */
#include "conformance/deferred/suite.h"

/* Pause ------------------------------------------------------------------------------------------------------------------- */

static void firing_a_paused_deferred_stores_the_value(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, noting, NULL);
    deferred_pause(d);
    callback(d, 5);
    expect_no_notes();
    expect_pending(d);
    expect(deferred_unpause(d));
    expect_number(d, 5);
    expect_notes(5);
}

static void firing_a_paused_deferred_stores_the_failure(void)
{
    struct deferred *d = a_deferred();
    deferred_pause(d);
    errback(d, BAD);
    add_errback(d, noting, NULL);
    expect_no_notes();
    expect(deferred_unpause(d));
    expect_failure(d, BAD);
    expect_notes(failed(BAD));
}

static void what_is_added_to_a_paused_deferred_waits_in_its_order(void)
{
    struct deferred *d = keep(deferred_succeed(number(0)));
    deferred_pause(d);
    add_callback(d, marking, with(1));
    add_callback(d, marking, with(2));
    expect_no_notes();
    add_callback(d, marking, with(3));
    expect(deferred_unpause(d));
    expect_notes(1, 2, 3);
}

static void pauses_are_counted(void)
{
    struct deferred *d = keep(deferred_succeed(number(5)));
    deferred_pause(d);
    deferred_pause(d);
    deferred_pause(d);
    add_callback(d, noting, NULL);
    expect(deferred_unpause(d));
    expect(deferred_unpause(d));
    expect_no_notes();
    expect(deferred_unpause(d));
    expect_notes(5);
}

static void unpausing_before_the_firing_leaves_it_as_it_was(void)
{
    struct deferred *d = a_deferred();
    deferred_pause(d);
    add_callback(d, noting, NULL);
    expect(deferred_unpause(d));
    expect_no_notes();
    expect_pending(d);
    callback(d, 5);
    expect_notes(5);
}

/* In Twisted it would count below zero, and the chain would be silent for good. */
static void unpausing_what_is_not_paused_is_refused_and_changes_nothing(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, noting, NULL);
    expect(!deferred_unpause(d));
    callback(d, 5);
    expect_notes(5);
    expect(!deferred_unpause(d));
    deferred_pause(d);
    add_callback(d, noting, NULL);
    expect_notes(5);
    expect(deferred_unpause(d));
    expect_notes(5, 5);
}

static struct result pausing(struct result input, void *context)
{
    deferred_pause(context);
    return input;
}

static void pausing_inside_a_callback_stops_before_the_next(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, marking, with(1));
    add_callback(d, pausing, d);
    add_callback(d, marking, with(2));
    callback(d, 5);
    expect_notes(1);
    expect_pending(d);
    expect(deferred_unpause(d));
    expect_notes(1, 2);
}

static struct result pause_and_unpause(struct result input, void *context)
{
    deferred_pause(context);
    note(deferred_unpause(context) ? 1 : -1);
    note(2);
    return input;
}

static void unpausing_inside_a_callback_does_not_run_the_next_inside_of_it(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, pause_and_unpause, d);
    add_callback(d, marking, with(3));
    callback(d, 5);
    expect_notes(1, 2, 3);
}

static struct result unpausing(struct result input, void *context)
{
    return deferred_unpause(context) ? input : failure(WORST);
}

static void one_chain_may_unpause_another(void)
{
    struct deferred *paused = keep(deferred_succeed(number(5)));
    struct deferred *d = a_deferred();
    deferred_pause(paused);
    add_callback(paused, noting, NULL);
    add_callback(d, unpausing, paused);
    callback(d, 0);
    expect_number(paused, 5);
    expect_number(d, 0);
}

static void what_was_stored_is_not_replaced_by_a_second_firing(void)
{
    struct deferred *d = a_deferred();
    deferred_pause(d);
    callback(d, 5);
    expect(!deferred_fire(d, number(6)));
    expect(deferred_unpause(d));
    expect_number(d, 5);
}

static void a_paused_failure_is_not_told_of_before_it_is_let_go(void)
{
    struct deferred *d = keep(deferred_fail(BAD));
    deferred_pause(d);
    expect_told(0);
    add_errback(d, giving, with(1));
    expect(deferred_unpause(d));
    expect_number(d, 1);
    expect_told(0);
}

static const struct rule pauses[] = {
    RULE(firing_a_paused_deferred_stores_the_value),
    RULE(firing_a_paused_deferred_stores_the_failure),
    RULE(what_is_added_to_a_paused_deferred_waits_in_its_order),
    RULE(pauses_are_counted),
    RULE(unpausing_before_the_firing_leaves_it_as_it_was),
    RULE(unpausing_what_is_not_paused_is_refused_and_changes_nothing),
    RULE(pausing_inside_a_callback_stops_before_the_next),
    RULE(unpausing_inside_a_callback_does_not_run_the_next_inside_of_it),
    RULE(one_chain_may_unpause_another),
    RULE(what_was_stored_is_not_replaced_by_a_second_firing),
    RULE(a_paused_failure_is_not_told_of_before_it_is_let_go),
};

const struct rules pause_rules = RULES("pausing", pauses);

/* Once ----------------------------------------------------------------------------------------------------------------------- */

static void a_value_after_a_value_is_refused(void)
{
    struct deferred *d = a_deferred();
    callback(d, 1);
    expect(!deferred_fire(d, number(2)));
    expect_number(d, 1);
}

static void a_failure_after_a_value_is_refused(void)
{
    struct deferred *d = a_deferred();
    callback(d, 1);
    expect(!deferred_fire(d, failure(BAD)));
    expect_number(d, 1);
    expect_told(0);
}

static void a_value_after_a_failure_is_refused(void)
{
    struct deferred *d = a_deferred();
    errback(d, BAD);
    expect(!deferred_fire(d, number(2)));
    expect_failure(d, BAD);
}

static void a_failure_after_a_failure_is_refused(void)
{
    struct deferred *d = a_deferred();
    errback(d, BAD);
    expect(!deferred_fire(d, failure(WORSE)));
    expect_failure(d, BAD);
    expect_told(0);
}

static void every_further_firing_is_refused(void)
{
    struct deferred *d = a_deferred();
    callback(d, 1);
    for (int i = 0; i < 5; i++)
        expect(!deferred_fire(d, number(2)));
    expect_number(d, 1);
}

static void firing_again_runs_nothing_again(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, noting, NULL);
    callback(d, 1);
    expect(!deferred_fire(d, number(2)));
    expect_notes(1);
}

static struct result fire_again(struct result input, void *context)
{
    note(deferred_fire(context, number(7)) ? -1 : 1);
    return input;
}

static void firing_inside_of_ones_own_callback_is_refused(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, fire_again, d);
    callback(d, 5);
    expect_number(d, 5);
    expect_notes(1);
}

static void firing_inside_of_ones_own_errback_is_refused(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, fire_again, d);
    errback(d, BAD);
    expect_failure(d, BAD);
    expect_notes(1);
}

static void firing_what_is_chained_is_refused(void)
{
    struct deferred *from = a_deferred();
    struct deferred *to = a_deferred();
    expect(deferred_chain(from, to));
    callback(from, 5);
    expect(!deferred_fire(to, number(6)));
    expect_number(to, 5);
}

static void a_refused_firing_says_why(void)
{
    struct deferred *d = a_deferred();
    callback(d, 1);
    expect(!deferred_fire(d, number(2)));
    expect(strstr(refusal(), "fired before") != NULL);
}

static void while_debugging_a_refused_firing_says_where_the_first_one_was(void)
{
    debugging(true);
    struct deferred *d = a_deferred();
    callback(d, 1);
    expect(!deferred_fire(d, number(2)));
    expect(strstr(refusal(), "made by") != NULL);
    expect(strstr(refusal(), "fired by") != NULL);
}

static void without_debugging_a_refused_firing_says_nothing_of_places(void)
{
    struct deferred *d = a_deferred();
    callback(d, 1);
    expect(!deferred_fire(d, number(2)));
    expect(strstr(refusal(), " by ") == NULL);
}

static void debugging_counts_from_when_it_was_switched_on(void)
{
    struct deferred *before = a_deferred();
    callback(before, 1);
    debugging(true);
    expect(!deferred_fire(before, number(2)));
    expect(strstr(refusal(), "made by") == NULL);
}

static const struct rule once[] = {
    RULE(a_value_after_a_value_is_refused),
    RULE(a_failure_after_a_value_is_refused),
    RULE(a_value_after_a_failure_is_refused),
    RULE(a_failure_after_a_failure_is_refused),
    RULE(every_further_firing_is_refused),
    RULE(firing_again_runs_nothing_again),
    RULE(firing_inside_of_ones_own_callback_is_refused),
    RULE(firing_inside_of_ones_own_errback_is_refused),
    RULE(firing_what_is_chained_is_refused),
    RULE(a_refused_firing_says_why),
    RULE(while_debugging_a_refused_firing_says_where_the_first_one_was),
    RULE(without_debugging_a_refused_firing_says_nothing_of_places),
    RULE(debugging_counts_from_when_it_was_switched_on),
};

const struct rules once_rules = RULES("firing once", once);
