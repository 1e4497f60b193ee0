/*
 * test_cooperate.c - cooperators: long iterations that share a scheduler.
 */
#include "control/cooperate_testing.h"

#include <vow/delay.h>

/* Each turn has one step, so that what is between turns can be seen. */
static vow_cooperator *one_step_each(void)
{
    struct vow_cooperating cooperating = {.size = sizeof cooperating, .steps = 1};
    vow_cooperator *made = vow_cooperator_new(&cooperating);
    assert_non_null(made);
    return made;
}

/* Notes the number of whoever it is (the context), and goes on for three steps. */
static vow_value note_three(vow_value input, void *context)
{
    note((intptr_t)context);
    return vow_as_integer(input) == 2 ? vow_end() : vow_integer(vow_as_integer(input) + 1);
}

static vow_value wait_for_it(vow_value input, void *promise)
{
    note(vow_is_none(input) ? 0 : vow_as_integer(input));
    return vow_is_none(input) ? vow_promise_value(vow_promise_retain(promise)) : vow_end();
}

static vow_value fail_at_three(vow_value input, void *context)
{
    (void)context;
    int64_t number = vow_as_integer(input);
    return number == 3 ? vow_fail(VOW_USER, "at three") : vow_integer(number + 1);
}

/* Going on ----------------------------------------------------------------------------------------------------------- */

static void an_iteration_ends_with_its_last_value(void **state)
{
    (void)state;
    assert_gives(vow_coiterate(cooperator, count_up, vow_integer(0), number_as_context(1000)),
                 1000);
}

static void an_iteration_that_ends_at_once_gives_what_it_began_with(void **state)
{
    (void)state;
    assert_gives(vow_coiterate(cooperator, count_up, vow_integer(5), number_as_context(5)), 5);
}

static void counted_values_are_handed_from_step_to_step(void **state)
{
    (void)state;
    vow_promise *done = vow_coiterate(cooperator, go_on_forever, vow_text("kept"), NULL);
    vow_cancel(done);
    assert_raises(done, VOW_CANCELED);
}

static void an_error_ends_it(void **state)
{
    (void)state;
    assert_raises(vow_coiterate(cooperator, fail_at_three, vow_integer(0), NULL), VOW_USER);
    assert_int_equal(vow_cooperator_count(cooperator), 0);
}

static void an_error_that_nobody_looks_at_is_reported(void **state)
{
    (void)state;
    vow_promise *other = vow_coiterate(cooperator, count_up, vow_integer(0), number_as_context(9));
    vow_iteration_release(vow_cooperate(cooperator, fail_at_three, vow_integer(0), NULL));
    assert_gives(other, 9);
    assert_int_equal(atomic_load(&unhandled), 1);
}

static void a_promise_is_waited_for(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *done = vow_coiterate(cooperator, wait_for_it, vow_none(), made.promise[0]);
    assert_gives(vow_coiterate(cooperator, count_up, vow_integer(0), number_as_context(100)), 100);
    assert_int_equal(vow_cooperator_count(cooperator), 1);
    fire_number(&made, 0, 7);
    assert_gives(done, 7);
    assert_logged(0, 7);
    vow_promise_release(made.promise[0]);
}

static void a_promise_that_has_settled_is_no_end(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    fire_number(&made, 0, 7);
    assert_gives(vow_coiterate(cooperator, wait_for_it, vow_none(), made.promise[0]), 7);
    vow_promise_release(made.promise[0]);
}

static void a_promise_that_is_rejected_ends_it(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *done = vow_coiterate(cooperator, wait_for_it, vow_none(), made.promise[0]);
    fire_error(&made, 0, VOW_USER);
    assert_raises(done, VOW_USER);
    vow_promise_release(made.promise[0]);
}

static void iterations_take_turns(void **state)
{
    (void)state;
    vow_cooperator *fair = one_step_each();
    vow_promise *first = vow_coiterate(fair, note_three, vow_integer(0), number_as_context(1));
    vow_promise *second = vow_coiterate(fair, note_three, vow_integer(0), number_as_context(2));
    assert_gives(first, 2);
    assert_gives(second, 2);
    assert_logged(1, 2, 1, 2, 1, 2);
    vow_cooperator_free(fair);
}

static vow_value note_ten(vow_value input, void *context)
{
    (void)context;
    note(10);
    return input;
}

static void others_have_their_turn_between_steps(void **state)
{
    (void)state;
    needs_asynchrony();
    vow_cooperator *fair = one_step_each();
    vow_promise *done = vow_coiterate(fair, note_three, vow_integer(0), number_as_context(1));
    assert_int_equal(vow_schedule(vow_current_scheduler(), note_ten, vow_none(), NULL), VOW_OK);
    assert_gives(done, 2);
    assert_logged(1, 10, 1, 1);
    vow_cooperator_free(fair);
}

static void a_turn_ends_when_its_budget_is_used_up(void **state)
{
    (void)state;
    needs_asynchrony();
    struct vow_cooperating tiny = {.size = sizeof tiny, .budget = 1};
    vow_cooperator *fair = vow_cooperator_new(&tiny);
    vow_promise *done = vow_coiterate(fair, note_three, vow_integer(0), number_as_context(1));
    assert_int_equal(vow_schedule(vow_current_scheduler(), note_ten, vow_none(), NULL), VOW_OK);
    assert_gives(done, 2);
    assert_logged(1, 10, 1, 1);
    vow_cooperator_free(fair);
}

static void the_largest_budget_lasts_for_all_steps(void **state)
{
    (void)state;
    needs_asynchrony();
    struct vow_cooperating patient = {.size = sizeof patient, .budget = INT64_MAX};
    vow_cooperator *unfair = vow_cooperator_new(&patient);
    vow_promise *done = vow_coiterate(unfair, note_three, vow_integer(0), number_as_context(1));
    assert_int_equal(vow_schedule(vow_current_scheduler(), note_ten, vow_none(), NULL), VOW_OK);
    assert_gives(done, 2);
    assert_logged(1, 1, 1, 10);
    vow_cooperator_free(unfair);
}

/* Rings -------------------------------------------------------------------------------------------------------------- */

struct knot {
    vow_promise *beginning;
    vow_iteration *other;
};

/* Waits for the beginning, then for the end of the other. */
static vow_value wait_for_the_other(vow_value input, void *context)
{
    struct knot *knot = context;
    return vow_promise_value(vow_is_none(input) ? vow_promise_retain(knot->beginning)
                                                : vow_iteration_done(knot->other));
}

static void a_step_that_waits_for_its_own_iteration_fails(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    struct knot knot = {.beginning = made.promise[0]};
    vow_iteration *self = vow_cooperate(cooperator, wait_for_the_other, vow_none(), &knot);
    knot.other = self;
    fire(made.deferred[0], vow_integer(7));
    assert_raises(vow_iteration_done(self), VOW_INVALID);
    vow_iteration_release(self);
    vow_promise_release(made.promise[0]);
}

static void iterations_that_wait_for_each_other_fail(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    struct knot knot = {.beginning = made.promise[0]};
    vow_iteration *one = vow_cooperate(cooperator, wait_for_the_other, vow_none(), &knot);
    struct knot back = {.other = one};
    vow_iteration *other = vow_cooperate(cooperator, wait_for_the_other, vow_integer(1), &back);
    knot.other = other;
    fire(made.deferred[0], vow_integer(7));
    assert_raises(vow_iteration_done(one), VOW_INVALID);
    assert_raises(vow_iteration_done(other), VOW_INVALID);
    vow_iteration_release(one);
    vow_iteration_release(other);
    vow_promise_release(made.promise[0]);
}

/* Holding ------------------------------------------------------------------------------------------------------------ */

static vow_value pause_itself(vow_value input, void *context)
{
    struct vow_iteration **self = context;
    note(vow_as_integer(input));
    if (vow_as_integer(input) == 1)
        note(vow_iteration_pause(*self));
    return vow_as_integer(input) == 3 ? vow_end() : vow_integer(vow_as_integer(input) + 1);
}

static void a_paused_iteration_takes_no_step(void **state)
{
    (void)state;
    vow_iteration *self = vow_cooperate(cooperator, pause_itself, vow_integer(0), &self);
    assert_gives(vow_coiterate(cooperator, count_up, vow_integer(0), number_as_context(9)), 9);
    assert_logged(0, 1, VOW_OK);
    assert_int_equal(vow_iteration_resume(self), VOW_OK);
    assert_gives(vow_iteration_done(self), 3);
    assert_logged(0, 1, VOW_OK, 2, 3);
    vow_iteration_release(self);
}

static void pauses_are_counted(void **state)
{
    (void)state;
    vow_iteration *counting =
        vow_cooperate(cooperator, count_up, vow_integer(0), number_as_context(3));
    assert_int_equal(vow_iteration_pause(counting), VOW_OK);
    assert_int_equal(vow_iteration_pause(counting), VOW_OK);
    assert_int_equal(vow_iteration_resume(counting), VOW_OK);
    assert_gives(vow_coiterate(cooperator, count_up, vow_integer(0), number_as_context(9)), 9);
    assert_int_equal(vow_cooperator_count(cooperator), 1);
    assert_int_equal(vow_iteration_resume(counting), VOW_OK);
    assert_gives(vow_iteration_done(counting), 3);
    vow_iteration_release(counting);
}

static void what_comes_while_it_is_paused_is_kept(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_iteration *waiting = vow_cooperate(cooperator, wait_for_it, vow_none(), made.promise[0]);
    assert_gives(vow_coiterate(cooperator, count_up, vow_integer(0), number_as_context(9)), 9);
    assert_int_equal(vow_iteration_pause(waiting), VOW_OK);
    fire_number(&made, 0, 7);
    assert_gives(vow_coiterate(cooperator, count_up, vow_integer(0), number_as_context(9)), 9);
    assert_logged(0);
    assert_int_equal(vow_iteration_resume(waiting), VOW_OK);
    assert_gives(vow_iteration_done(waiting), 7);
    vow_iteration_release(waiting);
    vow_promise_release(made.promise[0]);
}

/* Stopping ----------------------------------------------------------------------------------------------------------- */

static void a_stopped_iteration_ends_with_canceled(void **state)
{
    (void)state;
    vow_iteration *endless = vow_cooperate(cooperator, go_on_forever, vow_none(), NULL);
    assert_int_equal(vow_iteration_stop(endless), VOW_OK);
    assert_raises(vow_iteration_done(endless), VOW_CANCELED);
    vow_iteration_release(endless);
    assert_int_equal(vow_cooperator_count(cooperator), 0);
}

static void stopping_cancels_what_it_waits_for(void **state)
{
    (void)state;
    vow_promise *late = vow_delay(VOW_S(1000), vow_none());
    vow_iteration *waiting = vow_cooperate(cooperator, wait_for_it, vow_none(), late);
    assert_gives(vow_coiterate(cooperator, count_up, vow_integer(0), number_as_context(9)), 9);
    assert_int_equal(vow_iteration_stop(waiting), VOW_OK);
    assert_raises(vow_iteration_done(waiting), VOW_CANCELED);
    assert_int_equal(vow_state(late), VOW_REJECTED);
    vow_iteration_release(waiting);
    vow_promise_release(late);
}

static vow_value stop_itself(vow_value input, void *context)
{
    (void)input;
    note(vow_iteration_stop(*(vow_iteration **)context));
    return vow_none();
}

static void a_step_may_stop_its_own_iteration(void **state)
{
    (void)state;
    vow_iteration *self = vow_cooperate(cooperator, stop_itself, vow_none(), &self);
    assert_raises(vow_iteration_done(self), VOW_CANCELED);
    assert_logged(VOW_OK);
    vow_iteration_release(self);
}

static vow_value free_the_cooperator(vow_value input, void *context)
{
    (void)input;
    (void)context;
    vow_cooperator_free(cooperator);
    cooperator = NULL;
    return vow_none();
}

static void a_step_may_free_the_cooperator(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_promise *other = vow_coiterate(cooperator, wait_for_it, vow_none(), made.promise[0]);
    assert_raises(vow_coiterate(cooperator, free_the_cooperator, vow_none(), NULL), VOW_CANCELED);
    assert_raises(other, VOW_CANCELED);
    vow_promise_release(made.promise[0]);
    vow_deferred_release(made.deferred[0]);
}

/* Where an endless iteration does not hold up who begins it: not in a pool of size 0. */
static bool goes_on_by_itself(void **state)
{
    const struct place_of_test *place = *state;
    return place->kind != PLACE_POOL || !vow_async_is_disabled();
}

static void canceling_the_end_stops_the_iteration(void **state)
{
    if (!goes_on_by_itself(state))
        skip();
    vow_promise *done = vow_coiterate(cooperator, go_on_forever, vow_none(), NULL);
    vow_cancel(done);
    assert_raises(done, VOW_CANCELED);
    assert_int_equal(vow_cooperator_count(cooperator), 0);
}

static void a_stopped_cooperator_ends_all_and_begins_none(void **state)
{
    if (!goes_on_by_itself(state))
        skip();
    struct promises made = promises_new(1);
    vow_promise *endless = vow_coiterate(cooperator, go_on_forever, vow_none(), NULL);
    vow_promise *waiting = vow_coiterate(cooperator, wait_for_it, vow_none(), made.promise[0]);
    vow_cooperator_stop(cooperator);
    assert_raises(endless, VOW_CANCELED);
    assert_raises(waiting, VOW_CANCELED);
    assert_null(vow_cooperate(cooperator, count_up, vow_text("released"), NULL));
    assert_sentence("vow_cooperate: the cooperator was stopped");
    assert_raises(vow_coiterate(cooperator, count_up, vow_none(), NULL), VOW_CLOSED);
    vow_promise_release(made.promise[0]);
    vow_deferred_release(made.deferred[0]);
}

static void a_closed_scheduler_ends_its_iterations(void **state)
{
    (void)state;
    vow_loop *other = vow_loop_new(NULL);
    struct vow_cooperating there = {.size = sizeof there, .scheduler = vow_loop_scheduler(other)};
    vow_cooperator *closing = vow_cooperator_new(&there);
    vow_promise *done = vow_coiterate(closing, go_on_forever, vow_none(), NULL);
    assert_int_equal(vow_loop_free(other), VOW_OK);
    assert_int_equal(vow_state(done), VOW_REJECTED);
    vow_promise_release(done);
    vow_cooperator_free(closing);
}

/* Where calls run one after the other on the test's own thread: what is between turns is certain. On immediate, and inside of
   submits to a pool of size 0, an endless iteration would hold up who begins it. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cooperator_tests(an_iteration_ends_with_its_last_value),
        cooperator_tests(an_iteration_that_ends_at_once_gives_what_it_began_with),
        cooperator_test(counted_values_are_handed_from_step_to_step),
        cooperator_tests(an_error_ends_it),
        cooperator_test(an_error_that_nobody_looks_at_is_reported),
        cooperator_tests(a_promise_is_waited_for),
        cooperator_tests(a_promise_that_has_settled_is_no_end),
        cooperator_tests(a_promise_that_is_rejected_ends_it),
        cooperator_test(iterations_take_turns),
        cooperator_test(others_have_their_turn_between_steps),
        cooperator_test(a_turn_ends_when_its_budget_is_used_up),
        cooperator_test(the_largest_budget_lasts_for_all_steps),
        cooperator_tests(a_step_that_waits_for_its_own_iteration_fails),
        cooperator_tests(iterations_that_wait_for_each_other_fail),
        cooperator_test(a_paused_iteration_takes_no_step),
        cooperator_test(pauses_are_counted),
        cooperator_test(what_comes_while_it_is_paused_is_kept),
        cooperator_test(a_stopped_iteration_ends_with_canceled),
        cooperator_test(stopping_cancels_what_it_waits_for),
        cooperator_test_at(stopping_cancels_what_it_waits_for, "immediate", place_immediate),
        cooperator_test(a_step_may_stop_its_own_iteration),
        cooperator_test(a_step_may_free_the_cooperator),
        cooperator_test(canceling_the_end_stops_the_iteration),
        cooperator_test_at(canceling_the_end_stops_the_iteration, "pool of 1", place_pool_1),
        cooperator_test_at(canceling_the_end_stops_the_iteration, "pool of 2", place_pool_2),
        cooperator_test(a_stopped_cooperator_ends_all_and_begins_none),
        cooperator_test_at(a_stopped_cooperator_ends_all_and_begins_none, "pool of 1",
                           place_pool_1),
        cooperator_test(a_closed_scheduler_ends_its_iterations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
