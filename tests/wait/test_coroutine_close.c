/*
 * test_coroutine_close.c - how coroutines are made to end: closing, the last reference, bodies that resist.
 */
#include "coroutine_testing.h"

static void closing_makes_yield_return_an_error_of_closed(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(note_items, NULL);
    vow_release(vow_send(coroutine, vow_integer(1)));
    assert_ok(vow_coroutine_close(coroutine));
    assert_logged(1, -VOW_CLOSED);
    assert_state(coroutine, VOW_COROUTINE_DONE);
    assert_end(vow_next(coroutine));
    assert_ok(vow_coroutine_close(coroutine));
    vow_coroutine_release(coroutine);
}

static void the_error_of_closing_is_no_result(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(3);
    vow_release(vow_next(coroutine));
    assert_ok(vow_coroutine_close(coroutine));
    assert_true(vow_is_none(vow_coroutine_result(coroutine)));
    vow_coroutine_release(coroutine);
}

static vow_value clean_up(vow_value input, void *context)
{
    (void)input;
    while (!vow_is_error(vow_yield(vow_none())))
        ;
    note(1);
    return context != NULL ? vow_fail(VOW_USER, "the clean-up failed") : vow_integer(42);
}

static void what_the_clean_up_returns_is_the_result(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(clean_up, NULL);
    vow_release(vow_next(coroutine));
    assert_ok(vow_coroutine_close(coroutine));
    assert_logged(1);
    assert_int_equal(vow_as_integer(vow_coroutine_result(coroutine)), 42);
    vow_coroutine_release(coroutine);
}

static void an_error_of_the_clean_up_is_the_status_of_closing(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(clean_up, state);
    vow_release(vow_next(coroutine));
    assert_int_equal(vow_coroutine_close(coroutine), VOW_USER);
    assert_sentence("the clean-up failed");
    vow_coroutine_release(coroutine);
    assert_int_equal(unhandled, 0);
}

static void one_that_has_not_begun_is_closed_without_running(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(note_items, NULL);
    assert_ok(vow_coroutine_close(coroutine));
    assert_state(coroutine, VOW_COROUTINE_DONE);
    assert_end(vow_next(coroutine));
    assert_nothing_logged();
    vow_coroutine_release(coroutine);
}

static void the_last_reference_closes(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(note_items, NULL);
    vow_release(vow_send(coroutine, vow_integer(1)));
    vow_coroutine_release(coroutine);
    assert_logged(1, -VOW_CLOSED);
}

static void an_error_of_the_clean_up_is_unhandled_where_nobody_closed(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(clean_up, state);
    vow_release(vow_next(coroutine));
    vow_coroutine_release(coroutine);
    assert_int_equal(unhandled, 1);
}

static void one_that_ended_with_an_error_that_came_out_is_released_in_silence(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(return_error, NULL);
    assert_error(vow_next(coroutine), VOW_USER);
    vow_coroutine_release(coroutine);
    assert_int_equal(unhandled, 0);
}

/* Bodies that resist ------------------------------------------------------------------------------------------------ */

static vow_value yield_more(vow_value input, void *context)
{
    int64_t more = (int64_t)(intptr_t)context;
    (void)input;
    while (!vow_is_error(vow_yield(vow_none())))
        ;
    for (int64_t i = 0; i < more; i++)
        if (vow_error_is(vow_yield(probe_new()), VOW_CLOSED))
            note(i);
    return vow_none();
}

static void a_yield_while_closing_gives_closed_again_and_the_value_is_released(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(yield_more, number_as_context(3));
    vow_release(vow_next(coroutine));
    assert_ok(vow_coroutine_close(coroutine));
    assert_logged(0, 1, 2);
    assert_int_equal(probe_drops, 3);
    vow_coroutine_release(coroutine);
}

static void a_body_that_does_not_end_is_given_up(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(yield_more, number_as_context(1000000));
    vow_release(vow_send(coroutine, probe_new()));
    assert_int_equal(vow_coroutine_close(coroutine), VOW_INVALID);
    assert_sentence("given up");
    assert_state(coroutine, VOW_COROUTINE_DONE);
    assert_int_equal(vow_error_status(vow_coroutine_result(coroutine)), VOW_INVALID);
    assert_int_equal(probe_drops, the_log.count + 2);
    assert_end(vow_next(coroutine));
    assert_ok(vow_coroutine_close(coroutine));
    vow_coroutine_release(coroutine);
    assert_int_equal(unhandled, 0);
}

static void one_that_is_given_up_at_its_last_reference_is_reported(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(yield_more, number_as_context(1000000));
    vow_release(vow_next(coroutine));
    vow_coroutine_release(coroutine);
    assert_int_equal(unhandled, 1);
}

/* References from inside -------------------------------------------------------------------------------------------- */

static vow_value release_itself(vow_value input, void *context)
{
    (void)input;
    vow_coroutine_release(*(vow_coroutine **)context);
    note(1);
    require(vow_coroutine_state(*(vow_coroutine **)context) == VOW_COROUTINE_RUNNING);
    vow_value sent = vow_yield(vow_integer(1));
    note(-vow_error_status(sent));
    return sent;
}

static void a_body_that_releases_the_last_reference_to_itself_is_told_to_end(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        vow_coroutine *coroutine = vow_coroutine_new(release_itself, &coroutine);
        assert_end(vow_next(coroutine));
    }
    assert_logged(1, -VOW_CLOSED, 1, -VOW_CLOSED, 1, -VOW_CLOSED);
}

static vow_coroutine *successors[2];

static void make_successors(void *object)
{
    (void)object;
    for (size_t i = 0; i < 2; i++)
        successors[i] = counting_to(1);
}

static const struct vow_type maker_type = {.name = "maker", .drop = make_successors};

static vow_value release_itself_and_give_a_maker(vow_value input, void *context)
{
    (void)input;
    vow_coroutine_release(*(vow_coroutine **)context);
    return vow_box_new(&maker_type, 1);
}

static void a_stack_is_nobody_elses_while_what_its_body_gave_is_dropped_on_it(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(release_itself_and_give_a_maker, &coroutine);
    assert_end(vow_next(coroutine));
    for (size_t i = 0; i < 2; i++) {
        assert_ptr_not_equal(successors[i], coroutine);
        assert_int_equal(number_of(vow_next(successors[i])), 0);
        assert_end(vow_next(successors[i]));
        vow_coroutine_release(successors[i]);
    }
}

static vow_value retain_at_the_end(vow_value input, void *context)
{
    (void)input;
    vow_value sent = vow_yield(vow_none());
    note(-vow_error_status(sent));
    (void)vow_coroutine_retain(*(vow_coroutine **)context);
    return sent;
}

static void a_body_may_keep_itself_while_the_last_reference_closes_it(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(retain_at_the_end, &coroutine);
    vow_release(vow_next(coroutine));
    vow_coroutine_release(coroutine);
    assert_logged(-VOW_CLOSED);
    assert_state(coroutine, VOW_COROUTINE_DONE);
    assert_end(vow_next(coroutine));
    vow_coroutine_release(coroutine);
}

static vow_value release_input_while_closing(vow_value input, void *context)
{
    vow_value sent = vow_yield(vow_none());
    vow_coroutine_release(context);
    note(vow_as_integer(input));
    return sent;
}

static void closing_one_may_release_the_last_reference_to_another(void **state)
{
    (void)state;
    vow_coroutine *inner = vow_coroutine_new(note_items, NULL);
    vow_coroutine *outer = vow_coroutine_new(release_input_while_closing, inner);
    vow_release(vow_send(inner, vow_integer(1)));
    vow_release(vow_send(outer, vow_integer(2)));
    vow_coroutine_release(outer);
    assert_int_equal(the_log.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(closing_makes_yield_return_an_error_of_closed),
        control_test(the_error_of_closing_is_no_result),
        control_test(what_the_clean_up_returns_is_the_result),
        control_test(an_error_of_the_clean_up_is_the_status_of_closing),
        control_test(one_that_has_not_begun_is_closed_without_running),
        control_test(the_last_reference_closes),
        control_test(an_error_of_the_clean_up_is_unhandled_where_nobody_closed),
        control_test(one_that_ended_with_an_error_that_came_out_is_released_in_silence),
        control_test(a_yield_while_closing_gives_closed_again_and_the_value_is_released),
        control_test(a_body_that_does_not_end_is_given_up),
        control_test(one_that_is_given_up_at_its_last_reference_is_reported),
        control_test(a_body_that_releases_the_last_reference_to_itself_is_told_to_end),
        control_test(a_stack_is_nobody_elses_while_what_its_body_gave_is_dropped_on_it),
        control_test(a_body_may_keep_itself_while_the_last_reference_closes_it),
        control_test(closing_one_may_release_the_last_reference_to_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
