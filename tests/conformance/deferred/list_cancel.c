/*
 * list_cancel.c - rules of lists that are canceled, or cancel what they do not need any more.
 */
#include "conformance/deferred/suite.h"

enum { THREE = 3 };

/* Three whose cancellers note 1, 2, 3. */
static void make_three(struct deferred **d)
{
    for (int i = 0; i < THREE; i++)
        d[i] = keep(deferred_new_with(cancel_silently, with(i + 1)));
}

static void items_of(struct deferred *list, struct result *items)
{
    adapter_run_until_quiet();
    expect_equal((int64_t)deferred_items(list, items, THREE), THREE);
}

/* Lists -------------------------------------------------------------------------------------------------------------------- */

static void a_cancel_of_a_list_cancels_each_of_them(void)
{
    struct deferred *d[THREE];
    struct result items[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, CONSUME_ERRORS));
    deferred_cancel(list);
    expect_notes(1, 2, 3);
    items_of(list, items);
    for (int i = 0; i < THREE; i++)
        expect_equal(items[i].number, CANCELED);
}

static void a_list_that_is_canceled_has_the_values_of_before(void)
{
    struct deferred *d[THREE];
    struct result items[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, CONSUME_ERRORS));
    callback(d[1], 5);
    adapter_run_until_quiet();
    deferred_cancel(list);
    expect_notes(1, 3);
    items_of(list, items);
    expect_equal(items[0].number, CANCELED);
    expect_equal(items[1].number, 5);
    expect_equal(items[2].number, CANCELED);
}

static void a_list_that_is_canceled_has_what_cancellers_give(void)
{
    struct deferred *d[] = {keep(deferred_new_with(cancel_with_number, with(7))),
                            keep(deferred_new_with(cancel_with_failure, with(BAD))), a_deferred()};
    struct result items[THREE];
    struct deferred *list = keep(deferred_list(d, THREE, CONSUME_ERRORS));
    deferred_cancel(list);
    items_of(list, items);
    expect_equal(items[0].number, 7);
    expect_equal(items[1].number, BAD);
    expect_equal(items[2].number, CANCELED);
    expect_told(0);
}

static void a_canceled_list_on_one_callback_takes_the_value_of_a_canceller(void)
{
    struct deferred *d[] = {a_deferred(), keep(deferred_new_with(cancel_with_number, with(7))),
                            a_deferred()};
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_CALLBACK | CONSUME_ERRORS));
    deferred_cancel(list);
    adapter_run_until_quiet();
    expect_equal(deferred_index(list), 1);
}

static void a_canceled_list_on_one_callback_without_any_value_has_the_failures(void)
{
    struct deferred *d[THREE];
    struct result items[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_CALLBACK | CONSUME_ERRORS));
    deferred_cancel(list);
    items_of(list, items);
    expect_notes(1, 2, 3);
}

static void a_canceled_list_on_one_errback_fails_with_the_first_of_them(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_ERRBACK | CONSUME_ERRORS));
    deferred_cancel(list);
    expect_failure(list, CANCELED);
    expect_notes(1, 2, 3);
}

static void a_canceled_list_on_one_errback_whose_cancellers_succeed_has_the_values(void)
{
    struct deferred *d[THREE];
    struct result items[THREE];
    for (int i = 0; i < THREE; i++)
        d[i] = keep(deferred_new_with(cancel_with_number, with(i)));
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_ERRBACK));
    deferred_cancel(list);
    items_of(list, items);
    for (int i = 0; i < THREE; i++)
        expect_equal(items[i].number, i);
}

static void a_cancel_of_one_is_a_failure_in_the_list(void)
{
    struct deferred *d[THREE];
    struct result items[THREE];
    make_three(d);
    deferred_share(d[1]);
    struct deferred *list = keep(deferred_list(d, THREE, CONSUME_ERRORS));
    deferred_cancel(d[1]);
    expect_pending(list);
    callback(d[0], 1);
    callback(d[2], 3);
    items_of(list, items);
    expect_equal(items[1].number, CANCELED);
    expect_notes(2);
}

static void a_cancel_of_a_list_that_has_fired_leaves_the_others_alone(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_CALLBACK));
    callback(d[0], 5);
    adapter_run_until_quiet();
    deferred_cancel(list);
    expect_no_notes();
    callback(d[1], 1);
    callback(d[2], 1);
}

static void a_cancel_of_a_list_that_has_failed_leaves_the_others_alone(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_ERRBACK | CONSUME_ERRORS));
    errback(d[0], BAD);
    adapter_run_until_quiet();
    deferred_cancel(list);
    expect_no_notes();
    expect_failure(list, BAD);
    callback(d[1], 1);
    callback(d[2], 1);
}

static void a_cancel_of_a_list_of_lists_reaches_all(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *both[] = {keep(deferred_list(d, 2, CONSUME_ERRORS)), d[2]};
    struct deferred *list = keep(deferred_list(both, 2, CONSUME_ERRORS));
    deferred_cancel(list);
    expect_notes(1, 2, 3);
}

static void a_cancel_reaches_what_a_member_waits_for(void)
{
    struct deferred *inner = keep(deferred_new_with(cancel_silently, with(9)));
    struct deferred *d[] = {keep(deferred_succeed(number(0)))};
    add_callback(d[0], returning, inner);
    struct deferred *list = keep(deferred_list(d, 1, CONSUME_ERRORS));
    adapter_run_until_quiet();
    deferred_cancel(list);
    expect_notes(9);
    expect_failure(inner, CANCELED);
}

/* Gatherings ----------------------------------------------------------------------------------------------------------------- */

static void a_cancel_of_a_gathering_cancels_each_and_fails(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_gather(d, THREE));
    deferred_cancel(list);
    expect_failure(list, CANCELED);
    expect_notes(1, 2, 3);
    expect_told(0);
}

static void a_canceled_gathering_whose_cancellers_succeed_has_their_values(void)
{
    struct deferred *d[THREE];
    struct result items[THREE];
    for (int i = 0; i < THREE; i++)
        d[i] = keep(deferred_new_with(cancel_with_number, with(i)));
    struct deferred *list = keep(deferred_gather(d, THREE));
    deferred_cancel(list);
    items_of(list, items);
    for (int i = 0; i < THREE; i++)
        expect_equal(items[i].number, i);
}

static void a_failed_gathering_cancels_nobody(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_gather(d, THREE));
    errback(d[1], BAD);
    expect_failure(list, BAD);
    expect_no_notes();
    callback(d[0], 1);
    callback(d[2], 1);
}

/* Races ------------------------------------------------------------------------------------------------------------------------ */

static void the_losers_of_a_race_are_canceled(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *race = keep(deferred_race(d, THREE));
    callback(d[1], 5);
    expect_number(race, 5);
    expect_notes(1, 3);
}

static void a_loser_that_fires_late_is_not_heard(void)
{
    struct deferred *d[] = {a_deferred(), a_deferred(), a_deferred()};
    struct deferred *race = keep(deferred_race(d, THREE));
    callback(d[0], 5);
    expect_number(race, 5);
    expect(deferred_fire(d[1], number(6)));
    expect(deferred_fire(d[2], failure(BAD)));
    expect_number(race, 5);
    expect_told(0);
}

static void a_loser_whose_canceller_succeeds_does_not_win(void)
{
    struct deferred *d[] = {a_deferred(), keep(deferred_new_with(cancel_with_number, with(6)))};
    struct deferred *race = keep(deferred_race(d, 2));
    callback(d[0], 5);
    expect_number(race, 5);
}

static void where_all_fail_nobody_is_canceled(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *race = keep(deferred_race(d, THREE));
    for (int i = 0; i < THREE; i++)
        errback(d[i], BAD);
    expect_failure(race, BAD);
    expect_no_notes();
}

static void a_cancel_of_a_race_cancels_all(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *race = keep(deferred_race(d, THREE));
    deferred_cancel(race);
    expect_failure(race, CANCELED);
    expect_notes(1, 2, 3);
}

static const struct rule table[] = {
    RULE(a_cancel_of_a_list_cancels_each_of_them),
    RULE(a_list_that_is_canceled_has_the_values_of_before),
    RULE(a_list_that_is_canceled_has_what_cancellers_give),
    RULE(a_canceled_list_on_one_callback_takes_the_value_of_a_canceller),
    RULE(a_canceled_list_on_one_callback_without_any_value_has_the_failures),
    RULE(a_canceled_list_on_one_errback_fails_with_the_first_of_them),
    RULE(a_canceled_list_on_one_errback_whose_cancellers_succeed_has_the_values),
    RULE(a_cancel_of_one_is_a_failure_in_the_list),
    RULE(a_cancel_of_a_list_that_has_fired_leaves_the_others_alone),
    RULE(a_cancel_of_a_list_that_has_failed_leaves_the_others_alone),
    RULE(a_cancel_of_a_list_of_lists_reaches_all),
    RULE(a_cancel_reaches_what_a_member_waits_for),
    RULE(a_cancel_of_a_gathering_cancels_each_and_fails),
    RULE(a_canceled_gathering_whose_cancellers_succeed_has_their_values),
    RULE(a_failed_gathering_cancels_nobody),
    RULE(the_losers_of_a_race_are_canceled),
    RULE(a_loser_that_fires_late_is_not_heard),
    RULE(a_loser_whose_canceller_succeeds_does_not_win),
    RULE(where_all_fail_nobody_is_canceled),
    RULE(a_cancel_of_a_race_cancels_all),
};

const struct rules list_cancel_rules = RULES("cancels of lists", table);
