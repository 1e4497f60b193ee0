/*
 * chain.c - rules of a chain of callbacks: in which order they run, which of them, and what each is given.
 */
#include "conformance/deferred/suite.h"

/* What replaces what ------------------------------------------------------------------------------------------------------ */

static void each_result_replaces_the_one_before(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, adding, with(1));
    add_callback(d, adding, with(10));
    add_callback(d, noting, NULL);
    callback(d, 100);
    expect_number(d, 111);
    expect_notes(111);
}

static void callbacks_run_in_the_order_in_which_they_were_added(void)
{
    struct deferred *d = a_deferred();
    for (int i = 1; i <= 5; i++)
        add_callback(d, marking, with(i));
    callback(d, 0);
    expect_notes(1, 2, 3, 4, 5);
}

static void what_is_added_before_and_after_the_firing_is_one_chain(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, adding, with(1));
    callback(d, 1);
    add_callback(d, adding, with(10));
    expect_number(d, 12);
    add_callback(d, adding, with(100));
    expect_number(d, 112);
}

static void nothing_runs_before_the_firing(void)
{
    struct deferred *d = a_deferred();
    add_both(d, noting, NULL);
    expect_no_notes();
    expect_pending(d);
    callback(d, 1);
    expect_notes(1);
}

static void a_firing_without_a_value_is_a_success(void)
{
    struct deferred *d = a_deferred();
    deferred_add(d, noting, giving, with(1));
    expect(deferred_fire(d, nothing()));
    expect_notes(none_given);
    expect_nothing(d);
}

static struct result give_nothing(struct result input, void *context)
{
    (void)input;
    (void)context;
    return nothing();
}

static void a_callback_that_gives_nothing_leaves_nothing(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, give_nothing, NULL);
    add_callback(d, noting, NULL);
    callback(d, 5);
    expect_notes(none_given);
    expect_nothing(d);
}

static void each_callback_has_a_context_of_its_own(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, marking, with(7));
    add_callback(d, marking, with(8));
    callback(d, 0);
    expect_notes(7, 8);
}

/* Values and failures ------------------------------------------------------------------------------------------------------- */

static void a_value_runs_callbacks_and_skips_errbacks(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, marking, with(1));
    add_callback(d, marking, with(2));
    add_errback(d, marking, with(3));
    callback(d, 5);
    expect_number(d, 5);
    expect_notes(2);
}

static void a_failure_runs_errbacks_and_skips_callbacks(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, marking, with(1));
    add_errback(d, marking, with(2));
    add_callback(d, marking, with(3));
    errback(d, BAD);
    expect_failure(d, BAD);
    expect_notes(2);
}

static void an_errback_that_gives_a_value_recovers(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, giving, with(7));
    add_callback(d, noting, NULL);
    errback(d, BAD);
    expect_number(d, 7);
    expect_notes(7);
}

static void an_errback_that_gives_nothing_recovers_too(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, give_nothing, NULL);
    deferred_add(d, noting, failing, with(WORST));
    errback(d, BAD);
    expect_nothing(d);
    expect_notes(none_given);
}

static void an_errback_that_gives_its_failure_back_passes_it_on(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, noting, NULL);
    add_errback(d, noting, NULL);
    errback(d, BAD);
    expect_failure(d, BAD);
    expect_notes(failed(BAD), failed(BAD));
}

static void a_callback_that_fails_goes_to_the_next_errback(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, failing, with(BAD));
    add_callback(d, marking, with(1));
    add_errback(d, noting, NULL);
    callback(d, 0);
    expect_failure(d, BAD);
    expect_notes(failed(BAD));
}

static void an_errback_that_fails_replaces_the_failure(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, failing, with(WORSE));
    add_errback(d, noting, NULL);
    errback(d, BAD);
    expect_failure(d, WORSE);
    expect_notes(failed(WORSE));
}

static void values_and_failures_may_take_turns(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, failing, with(BAD));
    add_errback(d, giving, with(1));
    add_callback(d, failing, with(WORSE));
    add_errback(d, giving, with(2));
    add_callback(d, adding, with(40));
    callback(d, 0);
    expect_number(d, 42);
}

static void what_is_added_for_both_gets_a_value(void)
{
    struct deferred *d = a_deferred();
    add_both(d, noting, NULL);
    callback(d, 3);
    expect_notes(3);
}

static void what_is_added_for_both_gets_a_failure(void)
{
    struct deferred *d = a_deferred();
    add_both(d, noting, NULL);
    errback(d, BAD);
    expect_failure(d, BAD);
    expect_notes(failed(BAD));
}

/* Pairs ----------------------------------------------------------------------------------------------------------------------- */

static struct result note_as_value(struct result input, void *context)
{
    note(input.kind == FAILURE ? -1 : 1);
    return context != NULL ? failure((int)(intptr_t)context) : number(9);
}

static struct result note_as_failure(struct result input, void *context)
{
    note(input.kind == FAILURE ? 2 : -2);
    return context != NULL ? failure((int)(intptr_t)context) : number(9);
}

static void of_a_pair_a_value_runs_the_callback_alone(void)
{
    struct deferred *d = a_deferred();
    deferred_add(d, note_as_value, note_as_failure, NULL);
    callback(d, 0);
    expect_number(d, 9);
    expect_notes(1);
}

static void of_a_pair_a_failure_runs_the_errback_alone(void)
{
    struct deferred *d = a_deferred();
    deferred_add(d, note_as_value, note_as_failure, NULL);
    errback(d, BAD);
    expect_number(d, 9);
    expect_notes(2);
}

static void the_failure_of_a_callback_passes_the_errback_beside_it(void)
{
    struct deferred *d = a_deferred();
    deferred_add(d, note_as_value, note_as_failure, with(WORSE));
    callback(d, 0);
    expect_failure(d, WORSE);
    expect_notes(1);
}

static void the_value_of_an_errback_passes_the_callback_beside_it(void)
{
    struct deferred *d = a_deferred();
    deferred_add(d, note_as_value, note_as_failure, NULL);
    add_callback(d, noting, NULL);
    errback(d, BAD);
    expect_notes(2, 9);
}

static void a_pair_without_an_errback_passes_failures_on(void)
{
    struct deferred *d = a_deferred();
    deferred_add(d, noting, NULL, NULL);
    errback(d, BAD);
    expect_failure(d, BAD);
    expect_no_notes();
}

static void a_pair_without_a_callback_passes_values_on(void)
{
    struct deferred *d = a_deferred();
    deferred_add(d, NULL, noting, NULL);
    callback(d, 4);
    expect_number(d, 4);
    expect_no_notes();
}

static void a_pair_of_neither_passes_both_on(void)
{
    struct deferred *good = a_deferred();
    struct deferred *bad = a_deferred();
    deferred_add(good, NULL, NULL, NULL);
    deferred_add(bad, NULL, NULL, NULL);
    callback(good, 4);
    errback(bad, BAD);
    expect_number(good, 4);
    expect_failure(bad, BAD);
}

/* Callbacks that add callbacks ------------------------------------------------------------------------------------------------ */

static struct result add_marking(struct result input, void *context)
{
    note(1);
    add_both(context, marking, with(3));
    note(2);
    return input;
}

static void what_a_callback_adds_does_not_run_inside_of_it(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, add_marking, d);
    callback(d, 0);
    expect_notes(1, 2, 3);
}

static void what_a_callback_adds_runs_behind_all_that_were_there(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, add_marking, d);
    add_callback(d, marking, with(10));
    add_callback(d, marking, with(11));
    callback(d, 0);
    expect_notes(1, 2, 10, 11, 3);
}

static struct result add_failing(struct result input, void *context)
{
    add_callback(context, failing, with(WORSE));
    return input;
}

static void what_a_callback_adds_may_fail_and_the_chain_goes_on(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, add_failing, d);
    callback(d, 0);
    expect_failure(d, WORSE);
    add_errback(d, giving, with(5));
    expect_number(d, 5);
}

static struct result add_itself(struct result input, void *context)
{
    note(input.number);
    if (input.number < 4)
        add_callback(context, add_itself, context);
    return number(input.number + 1);
}

static void a_callback_may_add_itself_again_and_again(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, add_itself, d);
    callback(d, 0);
    expect_number(d, 5);
    expect_notes(0, 1, 2, 3, 4);
}

static struct result fire_another(struct result input, void *context)
{
    note(1);
    (void)deferred_fire(context, number(7));
    note(2);
    return input;
}

static void a_callback_may_fire_another_deferred(void)
{
    struct deferred *d = a_deferred();
    struct deferred *other = a_deferred();
    add_callback(d, fire_another, other);
    callback(d, 0);
    expect_number(other, 7);
    expect_notes(1, 2);
}

/* At once, or later ----------------------------------------------------------------------------------------------------------- */

static void a_firing_runs_the_chain_at_once_or_else_not_before_its_caller_returns(void)
{
    struct deferred *d = a_deferred();
    struct deferred *other = a_deferred();
    add_callback(d, marking, with(5));
    add_callback(other, fire_another, d);
    callback(other, 0);
    if (adapter_runs_at_once())
        expect_notes_now(1, 5, 2);
    adapter_run_until_quiet();
    add_callback(d, marking, with(6));
    if (adapter_runs_at_once())
        expect_notes_now(1, 5, 2, 6);
}

static struct result fire_and_note(struct result input, void *context)
{
    (void)deferred_fire(context, number(0));
    note(1);
    return input;
}

static void callbacks_of_a_deferred_that_a_callback_fires_run_inside_or_behind_it(void)
{
    struct deferred *d = a_deferred();
    struct deferred *inner = a_deferred();
    add_callback(d, fire_and_note, inner);
    add_callback(inner, marking, with(2));
    callback(d, 0);
    expect_number(d, 0);
    expect_number(inner, 0);
    if (adapter_runs_at_once())
        expect_notes(2, 1);
}

static const struct rule table[] = {
    RULE(each_result_replaces_the_one_before),
    RULE(callbacks_run_in_the_order_in_which_they_were_added),
    RULE(what_is_added_before_and_after_the_firing_is_one_chain),
    RULE(nothing_runs_before_the_firing),
    RULE(a_firing_without_a_value_is_a_success),
    RULE(a_callback_that_gives_nothing_leaves_nothing),
    RULE(each_callback_has_a_context_of_its_own),
    RULE(a_value_runs_callbacks_and_skips_errbacks),
    RULE(a_failure_runs_errbacks_and_skips_callbacks),
    RULE(an_errback_that_gives_a_value_recovers),
    RULE(an_errback_that_gives_nothing_recovers_too),
    RULE(an_errback_that_gives_its_failure_back_passes_it_on),
    RULE(a_callback_that_fails_goes_to_the_next_errback),
    RULE(an_errback_that_fails_replaces_the_failure),
    RULE(values_and_failures_may_take_turns),
    RULE(what_is_added_for_both_gets_a_value),
    RULE(what_is_added_for_both_gets_a_failure),
    RULE(of_a_pair_a_value_runs_the_callback_alone),
    RULE(of_a_pair_a_failure_runs_the_errback_alone),
    RULE(the_failure_of_a_callback_passes_the_errback_beside_it),
    RULE(the_value_of_an_errback_passes_the_callback_beside_it),
    RULE(a_pair_without_an_errback_passes_failures_on),
    RULE(a_pair_without_a_callback_passes_values_on),
    RULE(a_pair_of_neither_passes_both_on),
    RULE(what_a_callback_adds_does_not_run_inside_of_it),
    RULE(what_a_callback_adds_runs_behind_all_that_were_there),
    RULE(what_a_callback_adds_may_fail_and_the_chain_goes_on),
    RULE(a_callback_may_add_itself_again_and_again),
    RULE(a_callback_may_fire_another_deferred),
    RULE(a_firing_runs_the_chain_at_once_or_else_not_before_its_caller_returns),
    RULE(callbacks_of_a_deferred_that_a_callback_fires_run_inside_or_behind_it),
};

const struct rules chain_rules = RULES("chains", table);
