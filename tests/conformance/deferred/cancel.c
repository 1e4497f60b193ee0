/*
 * cancel.c - rules of a cancel: with a canceller and without, and what may be fired behind it.
 */
#include "conformance/deferred/suite.h"

/* Without a canceller ---------------------------------------------------------------------------------------------------- */

static void a_cancel_fails_the_deferred(void)
{
    struct deferred *d = a_deferred();
    deferred_add(d, giving, noting, with(1));
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    expect_notes(failed(CANCELED));
}

static void one_late_value_is_swallowed(void)
{
    struct deferred *d = a_deferred();
    deferred_cancel(d);
    expect(deferred_fire(d, number(1)));
    expect(!deferred_fire(d, number(2)));
    expect_failure(d, CANCELED);
}

static void one_late_failure_is_swallowed(void)
{
    struct deferred *d = a_deferred();
    deferred_cancel(d);
    expect(deferred_fire(d, failure(BAD)));
    expect(!deferred_fire(d, failure(BAD)));
    expect_failure(d, CANCELED);
    expect_told(0);
}

static void after_a_swallowed_value_a_failure_is_refused(void)
{
    struct deferred *d = a_deferred();
    deferred_cancel(d);
    expect(deferred_fire(d, number(1)));
    expect(!deferred_fire(d, failure(BAD)));
    expect_failure(d, CANCELED);
    expect_told(0);
}

static void after_a_swallowed_failure_a_value_is_refused(void)
{
    struct deferred *d = a_deferred();
    deferred_cancel(d);
    expect(deferred_fire(d, failure(BAD)));
    expect(!deferred_fire(d, number(1)));
    expect_failure(d, CANCELED);
}

static void several_cancels_swallow_one_firing(void)
{
    struct deferred *d = a_deferred();
    deferred_cancel(d);
    deferred_cancel(d);
    expect(deferred_fire(d, number(1)));
    expect(!deferred_fire(d, number(2)));
    expect_failure(d, CANCELED);
}

static void a_cancel_behind_a_swallowed_firing_swallows_no_other(void)
{
    struct deferred *d = a_deferred();
    deferred_cancel(d);
    expect(deferred_fire(d, number(1)));
    deferred_cancel(d);
    expect(!deferred_fire(d, number(2)));
    expect_failure(d, CANCELED);
}

static void what_is_swallowed_runs_nothing(void)
{
    struct deferred *d = a_deferred();
    add_both(d, noting, NULL);
    deferred_cancel(d);
    expect(deferred_fire(d, number(1)));
    expect_failure(d, CANCELED);
    expect_notes(failed(CANCELED));
}

static void a_swallowed_deferred_is_let_go(void)
{
    struct deferred *d = a_deferred();
    struct deferred *inner = a_deferred();
    deferred_cancel(d);
    expect(deferred_fire(d, waiting_for(inner)));
    callback(inner, 5);
    expect_failure(d, CANCELED);
    expect_number(inner, 5);
}

static void a_chain_may_recover_from_a_cancel(void)
{
    struct deferred *d = a_deferred();
    add_errback(d, giving, with(3));
    add_callback(d, noting, NULL);
    deferred_cancel(d);
    expect_number(d, 3);
    expect_notes(3);
    expect(deferred_fire(d, number(1)));
    expect_number(d, 3);
}

static void what_is_added_behind_a_cancel_gets_the_failure(void)
{
    struct deferred *d = a_deferred();
    deferred_cancel(d);
    add_errback(d, noting, NULL);
    expect_failure(d, CANCELED);
    expect_notes(failed(CANCELED));
}

static void a_cancel_of_a_paused_deferred_is_stored(void)
{
    struct deferred *d = a_deferred();
    add_both(d, noting, NULL);
    deferred_pause(d);
    deferred_cancel(d);
    expect_no_notes();
    expect(deferred_unpause(d));
    expect_failure(d, CANCELED);
    expect_notes(failed(CANCELED));
}

/* Behind the firing --------------------------------------------------------------------------------------------------------- */

static void a_cancel_behind_a_value_changes_nothing(void)
{
    struct deferred *d = a_deferred();
    callback(d, 5);
    deferred_cancel(d);
    expect_number(d, 5);
    expect(!deferred_fire(d, number(1)));
}

static void a_cancel_behind_a_failure_changes_nothing(void)
{
    struct deferred *d = a_deferred();
    errback(d, BAD);
    deferred_cancel(d);
    expect_failure(d, BAD);
    expect(!deferred_fire(d, number(1)));
}

static struct result canceling(struct result input, void *context)
{
    deferred_cancel(context);
    return input;
}

static void a_cancel_inside_of_ones_own_callback_changes_nothing(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, canceling, d);
    add_both(d, noting, NULL);
    callback(d, 5);
    expect_number(d, 5);
    expect_notes(5);
}

static void a_cancel_of_a_stored_value_changes_nothing(void)
{
    struct deferred *d = a_deferred();
    deferred_pause(d);
    callback(d, 5);
    deferred_cancel(d);
    add_callback(d, noting, NULL);
    expect(deferred_unpause(d));
    expect_number(d, 5);
    expect_notes(5);
}

/* Cancellers ------------------------------------------------------------------------------------------------------------------ */

/* Notes 1, and fires nothing. */
static void silent(struct deferred *deferred, void *context)
{
    (void)deferred;
    (void)context;
    note(1);
}

/* Fires the number in the context. */
static void succeeding(struct deferred *deferred, void *context)
{
    (void)deferred_fire(deferred, number((intptr_t)context));
}

/* Fires the failure in the context. */
static void giving_up(struct deferred *deferred, void *context)
{
    (void)deferred_fire(deferred, failure((int)(intptr_t)context));
}

static void a_cancel_calls_the_canceller(void)
{
    struct deferred *d = keep(deferred_new_with(silent, NULL));
    deferred_cancel(d);
    expect_notes(1);
}

static void note_the_context(struct deferred *deferred, void *context)
{
    (void)deferred;
    note((intptr_t)context);
}

static void a_canceller_gets_its_deferred_and_its_context(void)
{
    struct deferred *d = keep(deferred_new_with(note_the_context, with(7)));
    deferred_cancel(d);
    expect_notes(7);
    struct deferred *other = keep(deferred_new_with(succeeding, with(8)));
    deferred_cancel(other);
    expect_number(other, 8);
}

static void behind_a_silent_canceller_the_deferred_fails(void)
{
    struct deferred *d = keep(deferred_new_with(silent, NULL));
    add_both(d, noting, NULL);
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    expect_notes(1, failed(CANCELED));
}

static void behind_a_silent_canceller_nothing_is_swallowed(void)
{
    struct deferred *d = keep(deferred_new_with(silent, NULL));
    deferred_cancel(d);
    expect(!deferred_fire(d, number(1)));
    expect(!deferred_fire(d, failure(BAD)));
    expect_failure(d, CANCELED);
}

static void a_canceller_may_give_a_value(void)
{
    struct deferred *d = keep(deferred_new_with(succeeding, with(5)));
    add_both(d, noting, NULL);
    deferred_cancel(d);
    expect_number(d, 5);
    expect_notes(5);
    expect(!deferred_fire(d, number(1)));
}

static void a_canceller_may_give_a_failure_of_its_own(void)
{
    struct deferred *d = keep(deferred_new_with(giving_up, with(BAD)));
    add_both(d, noting, NULL);
    deferred_cancel(d);
    expect_failure(d, BAD);
    expect_notes(failed(BAD));
    expect(!deferred_fire(d, number(1)));
}

static void giving_a_deferred(struct deferred *deferred, void *context)
{
    (void)deferred_fire(deferred, waiting_for(context));
}

static void a_canceller_may_give_a_deferred(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = keep(deferred_new_with(giving_a_deferred, inner));
    deferred_cancel(d);
    expect_pending(d);
    callback(inner, 5);
    expect_number(d, 5);
}

static void a_canceller_is_called_once_however_often_it_is_asked(void)
{
    struct deferred *d = keep(deferred_new_with(silent, NULL));
    deferred_cancel(d);
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    deferred_cancel(d);
    expect_notes(1);
}

static void cancel_again(struct deferred *deferred, void *context)
{
    (void)context;
    note(1);
    deferred_cancel(deferred);
    note(2);
}

static void a_canceller_that_cancels_is_not_called_again(void)
{
    struct deferred *d = keep(deferred_new_with(cancel_again, NULL));
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    expect_notes(1, 2);
}

static void a_canceller_is_not_called_behind_a_value(void)
{
    struct deferred *d = keep(deferred_new_with(silent, NULL));
    callback(d, 5);
    deferred_cancel(d);
    expect_number(d, 5);
    expect_no_notes();
}

static void a_canceller_is_not_called_behind_a_failure(void)
{
    struct deferred *d = keep(deferred_new_with(silent, NULL));
    errback(d, BAD);
    deferred_cancel(d);
    expect_failure(d, BAD);
    expect_no_notes();
}

static void add_to_it(struct deferred *deferred, void *context)
{
    add_both(deferred, noting, context);
}

static void what_a_canceller_adds_gets_the_cancellation(void)
{
    struct deferred *d = keep(deferred_new_with(add_to_it, NULL));
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    expect_notes(failed(CANCELED));
}

static void pause_it(struct deferred *deferred, void *context)
{
    (void)context;
    deferred_pause(deferred);
}

static void a_canceller_may_pause_the_chain(void)
{
    struct deferred *d = keep(deferred_new_with(pause_it, NULL));
    add_both(d, noting, NULL);
    deferred_cancel(d);
    expect_no_notes();
    expect(deferred_unpause(d));
    expect_notes(failed(CANCELED));
    expect_failure(d, CANCELED);
}

static void cancel_the_other(struct deferred *deferred, void *context)
{
    (void)deferred;
    note(1);
    deferred_cancel(context);
}

static void a_canceller_may_cancel_another_deferred(void)
{
    struct deferred *other = keep(deferred_new_with(note_the_context, with(2)));
    struct deferred *d = keep(deferred_new_with(cancel_the_other, other));
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    expect_failure(other, CANCELED);
    expect_notes(1, 2);
}

static const struct rule table[] = {
    RULE(a_cancel_fails_the_deferred),
    RULE(one_late_value_is_swallowed),
    RULE(one_late_failure_is_swallowed),
    RULE(after_a_swallowed_value_a_failure_is_refused),
    RULE(after_a_swallowed_failure_a_value_is_refused),
    RULE(several_cancels_swallow_one_firing),
    RULE(a_cancel_behind_a_swallowed_firing_swallows_no_other),
    RULE(what_is_swallowed_runs_nothing),
    RULE(a_swallowed_deferred_is_let_go),
    RULE(a_chain_may_recover_from_a_cancel),
    RULE(what_is_added_behind_a_cancel_gets_the_failure),
    RULE(a_cancel_of_a_paused_deferred_is_stored),
    RULE(a_cancel_behind_a_value_changes_nothing),
    RULE(a_cancel_behind_a_failure_changes_nothing),
    RULE(a_cancel_inside_of_ones_own_callback_changes_nothing),
    RULE(a_cancel_of_a_stored_value_changes_nothing),
    RULE(a_cancel_calls_the_canceller),
    RULE(a_canceller_gets_its_deferred_and_its_context),
    RULE(behind_a_silent_canceller_the_deferred_fails),
    RULE(behind_a_silent_canceller_nothing_is_swallowed),
    RULE(a_canceller_may_give_a_value),
    RULE(a_canceller_may_give_a_failure_of_its_own),
    RULE(a_canceller_may_give_a_deferred),
    RULE(a_canceller_is_called_once_however_often_it_is_asked),
    RULE(a_canceller_that_cancels_is_not_called_again),
    RULE(a_canceller_is_not_called_behind_a_value),
    RULE(a_canceller_is_not_called_behind_a_failure),
    RULE(what_a_canceller_adds_gets_the_cancellation),
    RULE(a_canceller_may_pause_the_chain),
    RULE(a_canceller_may_cancel_another_deferred),
};

const struct rules cancel_rules = RULES("cancels", table);
