/*
 * list.c - rules of lists of deferreds: DeferredList with its three flags, gatherResults, race.
 */
#include "conformance/deferred/suite.h"

enum { THREE = 3 };

/* Three that have not fired. */
static void make_three(struct deferred **d)
{
    for (int i = 0; i < THREE; i++)
        d[i] = a_deferred();
}

/* The items of `list` are these numbers; a failure is written failed(which). */
#define expect_items(list, ...)                                                                    \
    check_items(list, (const int64_t[]){__VA_ARGS__},                                              \
                sizeof(const int64_t[]){__VA_ARGS__} / sizeof(int64_t), __FILE__, __LINE__)

static void check_items(struct deferred *list, const int64_t *wanted, size_t count,
                        const char *file, int line)
{
    struct result items[THREE];
    adapter_run_until_quiet();
    check_equal((int64_t)deferred_items(list, items, THREE), (int64_t)count, "the list's length",
                file, line);
    for (size_t i = 0; i < count; i++) {
        bool bad = items[i].kind == FAILURE;
        check_equal(bad ? failed(items[i].number) : items[i].number, wanted[i], "an item", file,
                    line);
    }
}

/* DeferredList ----------------------------------------------------------------------------------------------------------- */

static void a_list_has_the_results_in_the_order_of_the_deferreds(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, 0));
    callback(d[2], 3);
    callback(d[0], 1);
    expect_pending(list);
    callback(d[1], 2);
    expect_items(list, 1, 2, 3);
}

static void a_list_has_values_and_failures(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, CONSUME_ERRORS));
    errback(d[1], BAD);
    callback(d[0], 1);
    errback(d[2], WORSE);
    expect_items(list, 1, failed(BAD), failed(WORSE));
}

static void a_list_of_none_fires_at_once(void)
{
    struct deferred *list = keep(deferred_list(NULL, 0, 0));
    adapter_run_until_quiet();
    expect(!deferred_is_pending(list));
    expect_equal((int64_t)deferred_items(list, NULL, 0), 0);
    struct deferred *other = keep(deferred_list(NULL, 0, FIRE_ON_ONE_ERRBACK));
    expect_equal((int64_t)deferred_items(other, NULL, 0), 0);
}

static void a_list_takes_deferreds_that_have_fired(void)
{
    struct deferred *d[] = {keep(deferred_succeed(number(1))), keep(deferred_fail(BAD)),
                            keep(deferred_succeed(number(3)))};
    struct deferred *list = keep(deferred_list(d, THREE, CONSUME_ERRORS));
    expect_items(list, 1, failed(BAD), 3);
}

static void a_list_sees_what_the_callbacks_before_it_have_left(void)
{
    struct deferred *d[THREE];
    make_three(d);
    add_callback(d[0], adding, with(10));
    add_errback(d[1], giving, with(2));
    struct deferred *list = keep(deferred_list(d, THREE, 0));
    callback(d[0], 1);
    errback(d[1], BAD);
    callback(d[2], 3);
    expect_items(list, 11, 2, 3);
}

static void a_list_leaves_the_values_to_callbacks_behind_it(void)
{
    struct deferred *d[THREE];
    make_three(d);
    deferred_share(d[0]);
    struct deferred *list = keep(deferred_list(d, THREE, 0));
    add_callback(d[0], adding, with(10));
    for (int i = 0; i < THREE; i++)
        callback(d[i], i);
    expect_items(list, 0, 1, 2);
    expect_number(d[0], 10);
}

static void callbacks_of_a_list_get_the_list(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, 0));
    add_callback(list, giving, with(5));
    for (int i = 0; i < THREE; i++)
        callback(d[i], i);
    expect_number(list, 5);
}

/* Flags -------------------------------------------------------------------------------------------------------------------- */

static void on_one_callback_the_first_value_fires_the_list_with_its_index(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_CALLBACK | CONSUME_ERRORS));
    errback(d[0], BAD);
    expect_pending(list);
    callback(d[2], 30);
    expect_items(list, 30, 2);
    expect_equal(deferred_index(list), 2);
    callback(d[1], 20);
    expect_items(list, 30, 2);
}

static void on_one_callback_without_any_value_the_list_has_all_failures(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_CALLBACK | CONSUME_ERRORS));
    for (int i = 0; i < THREE; i++)
        errback(d[i], i + 1);
    expect_items(list, failed(1), failed(2), failed(3));
}

static void on_one_callback_a_value_from_before_fires_the_list_at_once(void)
{
    struct deferred *d[] = {a_deferred(), keep(deferred_succeed(number(7))), a_deferred()};
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_CALLBACK));
    expect_items(list, 7, 1);
    callback(d[0], 1);
    callback(d[2], 1);
}

static void on_one_errback_the_first_failure_fires_the_list_with_its_index(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_ERRBACK | CONSUME_ERRORS));
    callback(d[0], 1);
    expect_pending(list);
    errback(d[1], BAD);
    expect_failure(list, BAD);
    expect_equal(deferred_index(list), 1);
    errback(d[2], WORSE);
    expect_failure(list, BAD);
    expect_told(0);
}

static void on_one_errback_without_any_failure_the_list_has_all_values(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_ERRBACK));
    for (int i = 0; i < THREE; i++)
        callback(d[i], i);
    expect_items(list, 0, 1, 2);
}

static void on_one_errback_a_failure_from_before_fires_the_list_at_once(void)
{
    struct deferred *d[] = {a_deferred(), keep(deferred_fail(BAD)), a_deferred()};
    struct deferred *list = keep(deferred_list(d, THREE, FIRE_ON_ONE_ERRBACK | CONSUME_ERRORS));
    expect_failure(list, BAD);
    expect_equal(deferred_index(list), 1);
    callback(d[0], 1);
    callback(d[2], 1);
}

static void the_first_of_several_from_before_decides(void)
{
    struct deferred *d[] = {keep(deferred_succeed(number(1))), keep(deferred_fail(BAD)),
                            keep(deferred_fail(WORSE))};
    struct deferred *list =
        keep(deferred_list(d, THREE, FIRE_ON_ONE_CALLBACK | FIRE_ON_ONE_ERRBACK | CONSUME_ERRORS));
    adapter_run_until_quiet();
    expect(!deferred_is_pending(list));
}

static void failures_that_are_consumed_are_not_told_of(void)
{
    struct deferred *d[] = {deferred_new(), deferred_new(), deferred_new()};
    (void)keep(deferred_list(d, THREE, CONSUME_ERRORS));
    for (int i = 0; i < THREE; i++) {
        errback(d[i], BAD);
        deferred_free(d[i]);
    }
    expect_told(0);
}

static void failures_that_are_not_consumed_are_told_of(void)
{
    struct deferred *d[] = {deferred_new(), deferred_new(), deferred_new()};
    (void)keep(deferred_list(d, THREE, 0));
    for (int i = 0; i < THREE; i++) {
        errback(d[i], BAD);
        deferred_free(d[i]);
    }
    expect_told(THREE);
}

static void a_failure_that_is_not_consumed_is_left_to_errbacks_behind_the_list(void)
{
    struct deferred *d[] = {a_deferred()};
    deferred_share(d[0]);
    (void)keep(deferred_list(d, 1, 0));
    add_errback(d[0], giving, with(4));
    errback(d[0], BAD);
    expect_number(d[0], 4);
    expect_told(0);
}

/* gatherResults --------------------------------------------------------------------------------------------------------------- */

static void gathered_results_are_a_list_of_values(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_gather(d, THREE));
    for (int i = THREE - 1; i >= 0; i--)
        callback(d[i], i);
    expect_items(list, 0, 1, 2);
}

static void one_failure_fails_the_gathering(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *list = keep(deferred_gather(d, THREE));
    callback(d[0], 1);
    errback(d[2], BAD);
    expect_failure(list, BAD);
    errback(d[1], WORSE);
    expect_failure(list, BAD);
    expect_told(0);
}

static void the_others_go_on_behind_a_failure(void)
{
    struct deferred *d[THREE];
    make_three(d);
    deferred_share(d[1]);
    struct deferred *list = keep(deferred_gather(d, THREE));
    errback(d[0], BAD);
    expect_failure(list, BAD);
    callback(d[1], 5);
    expect_number(d[1], 5);
    callback(d[2], 6);
}

static void gathering_none_is_an_empty_list(void)
{
    struct deferred *list = keep(deferred_gather(NULL, 0));
    adapter_run_until_quiet();
    expect(!deferred_is_pending(list));
    expect_equal((int64_t)deferred_items(list, NULL, 0), 0);
}

static void a_gathering_may_be_gathered(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *inner = keep(deferred_gather(d, 2));
    struct deferred *both[] = {inner, d[2]};
    struct deferred *outer = keep(deferred_gather(both, 2));
    for (int i = 0; i < THREE; i++)
        callback(d[i], i);
    struct result items[2];
    adapter_run_until_quiet();
    expect_equal((int64_t)deferred_items(outer, items, 2), 2);
    expect_equal(items[0].kind, LIST);
    expect_equal(items[1].number, 2);
}

/* Race ------------------------------------------------------------------------------------------------------------------------- */

static void a_race_gives_the_first_value(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *race = keep(deferred_race(d, THREE));
    expect_pending(race);
    callback(d[1], 5);
    expect_number(race, 5);
}

static void a_failure_does_not_win_a_race(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *race = keep(deferred_race(d, THREE));
    errback(d[0], BAD);
    expect_pending(race);
    callback(d[1], 5);
    expect_number(race, 5);
    expect_told(0);
}

static void a_race_in_which_all_fail_fails(void)
{
    struct deferred *d[THREE];
    make_three(d);
    struct deferred *race = keep(deferred_race(d, THREE));
    for (int i = 0; i < THREE; i++)
        errback(d[i], BAD);
    expect_failure(race, BAD);
    expect_told(0);
}

/* In Twisted it would never fire. */
static void a_race_of_none_is_refused(void)
{
    expect_failure(keep(deferred_race(NULL, 0)), REFUSED);
}

static const struct rule table[] = {
    RULE(a_list_has_the_results_in_the_order_of_the_deferreds),
    RULE(a_list_has_values_and_failures),
    RULE(a_list_of_none_fires_at_once),
    RULE(a_list_takes_deferreds_that_have_fired),
    RULE(a_list_sees_what_the_callbacks_before_it_have_left),
    RULE(a_list_leaves_the_values_to_callbacks_behind_it),
    RULE(callbacks_of_a_list_get_the_list),
    RULE(on_one_callback_the_first_value_fires_the_list_with_its_index),
    RULE(on_one_callback_without_any_value_the_list_has_all_failures),
    RULE(on_one_callback_a_value_from_before_fires_the_list_at_once),
    RULE(on_one_errback_the_first_failure_fires_the_list_with_its_index),
    RULE(on_one_errback_without_any_failure_the_list_has_all_values),
    RULE(on_one_errback_a_failure_from_before_fires_the_list_at_once),
    RULE(the_first_of_several_from_before_decides),
    RULE(failures_that_are_consumed_are_not_told_of),
    RULE(failures_that_are_not_consumed_are_told_of),
    RULE(a_failure_that_is_not_consumed_is_left_to_errbacks_behind_the_list),
    RULE(gathered_results_are_a_list_of_values),
    RULE(one_failure_fails_the_gathering),
    RULE(the_others_go_on_behind_a_failure),
    RULE(gathering_none_is_an_empty_list),
    RULE(a_gathering_may_be_gathered),
    RULE(a_race_gives_the_first_value),
    RULE(a_failure_does_not_win_a_race),
    RULE(a_race_in_which_all_fail_fails),
    RULE(a_race_of_none_is_refused),
};

const struct rules list_rules = RULES("lists", table);
