/*
 * test_combine.c - one promise of many: all, all_settled, any, race, some, fields.
 */
#include "control/place_testing.h"

#include <vow/combine.h>
#include <vow/submit.h>

enum { BAD = VOW_USER, WORSE };

/* All ---------------------------------------------------------------------------------------------------------------- */

static void all_gives_the_values_in_the_order_of_the_promises(void **state)
{
    (void)state;
    struct promises made = promises_new(3);
    vow_promise *all = vow_all(made.promise, 3);
    fire_number(&made, 2, 30);
    fire_number(&made, 0, 10);
    fire_number(&made, 1, 20);
    assert_gives_text(all, "[10, 20, 30]");
}

static void all_is_pending_until_the_last_has_come(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *all = vow_all(made.promise, 2);
    fire_number(&made, 1, 20);
    assert_pending(all);
    fire_number(&made, 0, 10);
    assert_gives_text(all, "[10, 20]");
}

static void all_takes_promises_that_have_settled_before(void **state)
{
    (void)state;
    vow_promise *promises[] = {vow_succeeded(vow_integer(1)), vow_succeeded(vow_text("two"))};
    assert_gives_text(vow_all(promises, 2), "[1, \"two\"]");
}

static void all_is_rejected_with_the_first_error_while_others_are_pending(void **state)
{
    (void)state;
    struct promises made = promises_new(3);
    vow_promise *all = vow_all(made.promise, 3);
    fire_error(&made, 1, BAD);
    assert_raises(all, BAD);
    fire_number(&made, 0, 1);
    fire_number(&made, 2, 2);
}

static void all_looks_at_the_errors_that_come_after_the_first(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *all = vow_all(made.promise, 2);
    fire_error(&made, 0, BAD);
    assert_raises(all, BAD);
    fire_error(&made, 1, WORSE);
    (void)vow_run_pending();
    assert_int_equal(unhandled, 0);
}

static void all_of_none_is_an_empty_list(void **state)
{
    (void)state;
    assert_gives_text(vow_all(NULL, 0), "[]");
}

static void the_error_of_all_is_unhandled_where_nobody_looks_at_it(void **state)
{
    (void)state;
    vow_promise *promises[] = {vow_failed(vow_fail(BAD, "bad"))};
    vow_promise *all = vow_all(promises, 1);
    while (vow_state(all) == VOW_PENDING)
        (void)vow_run_pending();
    vow_promise_release(all);
    assert_int_equal(unhandled, 1);
}

static void all_waits_for_jobs(void **state)
{
    (void)state;
    vow_promise *promises[20];
    for (int i = 0; i < 20; i++)
        promises[i] = vow_submit(NULL, add_context, vow_integer(i), number_as_context(1));
    vow_value list = vow_await(vow_all(promises, 20), VOW_FOREVER);
    for (int i = 0; i < 20; i++)
        assert_int_equal(vow_as_integer(vow_list_at(list, (size_t)i)), i + 1);
    vow_release(list);
}

/* All settled -------------------------------------------------------------------------------------------------------- */

static void all_settled_gives_values_and_errors(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *all = vow_all_settled(made.promise, 2);
    fire_error(&made, 1, BAD);
    fire_number(&made, 0, 1);
    assert_gives_text(all, "[1, error(1000: promise 1)]");
    assert_int_equal(unhandled, 0);
}

static void all_settled_of_none_is_an_empty_list(void **state)
{
    (void)state;
    assert_gives_text(vow_all_settled(NULL, 0), "[]");
}

/* Any ---------------------------------------------------------------------------------------------------------------- */

static void any_gives_the_first_value_whatever_failed_before(void **state)
{
    (void)state;
    struct promises made = promises_new(3);
    vow_promise *any = vow_any(made.promise, 3);
    fire_error(&made, 0, BAD);
    assert_pending(any);
    fire_number(&made, 2, 3);
    assert_gives(any, 3);
    fire_error(&made, 1, WORSE);
}

static void any_is_rejected_with_all_errors_as_causes(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *any = vow_any(made.promise, 2);
    fire_error(&made, 1, WORSE);
    fire_error(&made, 0, BAD);
    vow_value error = vow_await(any, VOW_FOREVER);
    assert_int_equal(vow_error_status(error), BAD);
    assert_true(vow_error_is(error, WORSE));
    assert_prints(error, "error(1000: vow_any: 2 promises failed; caused by "
                         "[error(1000: promise 0), error(1001: promise 1)])");
}

static void any_of_one_that_fails_gives_its_error_as_it_is(void **state)
{
    (void)state;
    vow_promise *promises[] = {vow_failed(vow_fail(BAD, "bad"))};
    assert_gives_text(vow_any(promises, 1), "error(1000: bad)");
}

static void any_of_none_is_refused(void **state)
{
    (void)state;
    assert_gives_text(vow_any(NULL, 0),
                      "error(INVALID: vow_any: count is 0: it would never settle)");
}

/* Race --------------------------------------------------------------------------------------------------------------- */

static void race_settles_as_the_first_does(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *race = vow_race(made.promise, 2);
    fire_number(&made, 1, 2);
    assert_gives(race, 2);
    fire_error(&made, 0, BAD);
    assert_int_equal(unhandled, 0);
}

static void race_is_rejected_when_the_first_is(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *race = vow_race(made.promise, 2);
    fire_error(&made, 1, BAD);
    assert_raises(race, BAD);
    fire_number(&made, 0, 1);
}

static void race_of_none_is_refused(void **state)
{
    (void)state;
    assert_raises(vow_race(NULL, 0), VOW_INVALID);
}

/* Some --------------------------------------------------------------------------------------------------------------- */

static void some_gives_the_first_values_in_the_order_of_arrival(void **state)
{
    (void)state;
    struct promises made = promises_new(4);
    vow_promise *some = vow_some(made.promise, 4, 2);
    fire_number(&made, 3, 40);
    fire_error(&made, 0, BAD);
    assert_pending(some);
    fire_number(&made, 1, 20);
    assert_gives_text(some, "[40, 20]");
    fire_number(&made, 2, 30);
}

static void some_is_rejected_as_soon_as_there_cannot_be_enough(void **state)
{
    (void)state;
    struct promises made = promises_new(3);
    vow_promise *some = vow_some(made.promise, 3, 2);
    fire_error(&made, 2, BAD);
    fire_error(&made, 0, WORSE);
    assert_gives_text(some, "error(1001: vow_some: 2 promises failed; caused by "
                            "[error(1001: promise 0), error(1000: promise 2)])");
    fire_number(&made, 1, 1);
}

static void some_of_which_none_are_wanted_is_an_empty_list(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    assert_gives_text(vow_some(made.promise, 1, 0), "[]");
    fire_number(&made, 0, 1);
}

static void more_than_there_are_cannot_be_wanted(void **state)
{
    (void)state;
    vow_promise *promises[] = {vow_succeeded(vow_none())};
    assert_gives_text(vow_some(promises, 1, 2),
                      "error(INVALID: vow_some: wanted is 2, but there are 1 promises)");
}

/* Gather: Twisted's three flags -------------------------------------------------------------------------------------- */

static vow_promise *gather(struct promises *made, size_t count, struct vow_gathering what)
{
    what.size = sizeof what;
    return vow_gather(made->promise, count, &what);
}

static void a_gathering_without_options_is_all_settled(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *list = vow_gather(made.promise, 1, NULL);
    fire_error(&made, 0, BAD);
    assert_gives_text(list, "[error(1000: promise 0)]");
}

static void the_first_value_settles_with_its_index(void **state)
{
    (void)state;
    struct promises made = promises_new(3);
    vow_promise *list = gather(&made, 3, (struct vow_gathering){.first_value = true});
    fire_error(&made, 0, BAD);
    fire_number(&made, 2, 30);
    assert_gives_text(list, "[30, 2]");
    fire_number(&made, 1, 20);
}

static void without_a_value_the_first_value_is_awaited_in_vain(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_promise *list = gather(&made, 2, (struct vow_gathering){.first_value = true});
    fire_error(&made, 0, BAD);
    fire_error(&made, 1, WORSE);
    assert_gives_text(list, "[error(1000: promise 0), error(1001: promise 1)]");
}

static void the_first_error_rejects_and_names_its_index(void **state)
{
    (void)state;
    struct promises made = promises_new(3);
    vow_promise *list = gather(&made, 3, (struct vow_gathering){.first_error = true});
    fire_number(&made, 0, 10);
    fire_error(&made, 1, BAD);
    assert_gives_text(list,
                      "error(1000: vow_gather: promises[1] failed; caused by 1000: promise 1)");
    fire_number(&made, 2, 20);
}

static void errors_that_are_left_are_reported_where_nobody_else_looks(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *list = gather(&made, 1, (struct vow_gathering){.leave_errors = true});
    fire_error(&made, 0, BAD);
    assert_gives_text(list, "[error(1000: promise 0)]");
    assert_int_equal(unhandled, 1);
}

/* Fields ------------------------------------------------------------------------------------------------------------- */

static void fields_are_filled_when_all_have_come(void **state)
{
    (void)state;
    struct promises made = promises_new(3);
    vow_value title = vow_none();
    vow_value size = vow_none();
    struct vow_field fields[] = {
        {made.promise[0], &title}, {made.promise[1], &size}, {made.promise[2], NULL}};
    vow_promise *filled = vow_gather_fields(fields, 3, vow_integer(7));
    fire(made.deferred[0], vow_text("title"));
    fire_number(&made, 2, 3);
    assert_true(vow_is_none(title));
    fire_number(&made, 1, 100);
    assert_gives(filled, 7);
    assert_prints(title, "\"title\"");
    assert_prints(size, "100");
}

static void no_field_is_written_where_one_fails(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_value first = vow_integer(-1);
    struct vow_field fields[] = {{made.promise[0], &first}, {made.promise[1], &first}};
    vow_promise *filled = vow_gather_fields(fields, 2, vow_text("result"));
    fire_number(&made, 0, 1);
    fire_error(&made, 1, BAD);
    assert_raises(filled, BAD);
    assert_int_equal(vow_as_integer(first), -1);
}

static void no_fields_at_all_give_the_result(void **state)
{
    (void)state;
    assert_gives(vow_gather_fields(NULL, 0, vow_integer(3)), 3);
}

/* Bad input ---------------------------------------------------------------------------------------------------------- */

static void what_is_no_promise_is_named(void **state)
{
    (void)state;
    vow_promise *promises[] = {vow_succeeded(vow_text("released")), NULL};
    struct vow_field field = {NULL, NULL};
    assert_gives_text(vow_all(promises, 2), "error(INVALID: vow_all: promises[1] is NULL)");
    assert_gives_text(vow_race(NULL, 1), "error(INVALID: vow_race: promises is NULL)");
    assert_gives_text(vow_gather_fields(&field, 1, vow_text("released")),
                      "error(INVALID: vow_gather_fields: fields[0].promise is NULL)");
    assert_gives_text(vow_gather_fields(NULL, 1, vow_none()),
                      "error(INVALID: vow_gather_fields: fields is NULL)");
}

static void a_gathering_that_cannot_be_is_named(void **state)
{
    (void)state;
    struct vow_gathering unset = {.size = 3};
    struct vow_gathering unknown = {.size = sizeof unknown, .kind = (enum vow_gathering_kind)9};
    struct vow_gathering mixed = {
        .size = sizeof mixed, .kind = VOW_GATHER_ALL, .first_error = true};
    struct vow_gathering idle = {.size = sizeof idle, .kind = VOW_GATHER_ALL, .wanted = 1};
    assert_raises(vow_gather(NULL, 0, &unset), VOW_INVALID);
    assert_raises(vow_gather(NULL, 0, &unknown), VOW_INVALID);
    assert_raises(vow_gather(NULL, 0, &mixed), VOW_INVALID);
    assert_raises(vow_gather(NULL, 0, &idle), VOW_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(all_gives_the_values_in_the_order_of_the_promises),
        everywhere(all_is_pending_until_the_last_has_come),
        everywhere(all_takes_promises_that_have_settled_before),
        everywhere(all_is_rejected_with_the_first_error_while_others_are_pending),
        everywhere(all_looks_at_the_errors_that_come_after_the_first),
        everywhere(all_of_none_is_an_empty_list),
        everywhere(the_error_of_all_is_unhandled_where_nobody_looks_at_it),
        everywhere(all_waits_for_jobs),
        everywhere(all_settled_gives_values_and_errors),
        everywhere(all_settled_of_none_is_an_empty_list),
        everywhere(any_gives_the_first_value_whatever_failed_before),
        everywhere(any_is_rejected_with_all_errors_as_causes),
        everywhere(any_of_one_that_fails_gives_its_error_as_it_is),
        everywhere(any_of_none_is_refused),
        everywhere(race_settles_as_the_first_does),
        everywhere(race_is_rejected_when_the_first_is),
        everywhere(race_of_none_is_refused),
        everywhere(some_gives_the_first_values_in_the_order_of_arrival),
        everywhere(some_is_rejected_as_soon_as_there_cannot_be_enough),
        everywhere(some_of_which_none_are_wanted_is_an_empty_list),
        everywhere(more_than_there_are_cannot_be_wanted),
        everywhere(a_gathering_without_options_is_all_settled),
        everywhere(the_first_value_settles_with_its_index),
        everywhere(without_a_value_the_first_value_is_awaited_in_vain),
        everywhere(the_first_error_rejects_and_names_its_index),
        everywhere(errors_that_are_left_are_reported_where_nobody_else_looks),
        everywhere(fields_are_filled_when_all_have_come),
        everywhere(no_field_is_written_where_one_fails),
        everywhere(no_fields_at_all_give_the_result),
        everywhere(what_is_no_promise_is_named),
        everywhere(a_gathering_that_cannot_be_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
