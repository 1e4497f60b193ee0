/*
 * test_coroutine.c - coroutines as they are meant to be used: values both ways, ends, errors, references.
 */
#include "coroutine_testing.h"

static void nothing_runs_before_the_first_resume(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(note_items, NULL);
    assert_state(coroutine, VOW_COROUTINE_NEW);
    assert_nothing_logged();
    vow_coroutine_release(coroutine);
    assert_nothing_logged();
}

static void a_generator_gives_one_value_after_the_other_and_then_the_end(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(number_of(vow_next(coroutine)), i);
    assert_state(coroutine, VOW_COROUTINE_SUSPENDED);
    assert_end(vow_next(coroutine));
    assert_state(coroutine, VOW_COROUTINE_DONE);
    vow_coroutine_release(coroutine);
}

static void one_that_is_done_gives_the_end_again_and_again(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(0);
    for (int i = 0; i < 3; i++)
        assert_end(vow_next(coroutine));
    assert_end(vow_send(coroutine, probe_new()));
    assert_int_equal(probe_drops, 1);
    vow_coroutine_release(coroutine);
}

static void the_first_value_sent_is_the_input_and_each_other_what_yield_returns(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(note_items, NULL);
    for (int i = 10; i < 13; i++)
        assert_true(vow_is_none(vow_send(coroutine, vow_integer(i))));
    assert_logged(10, 11, 12);
    vow_coroutine_release(coroutine);
}

static void values_go_both_ways(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(echo, NULL);
    assert_int_equal(number_of(vow_send(coroutine, vow_integer(1))), 1);
    vow_value real = vow_send(coroutine, vow_real(2.5));
    assert_true(vow_as_real(real) == 2.5);
    assert_prints(vow_send(coroutine, vow_text("three")), "\"three\"");
    assert_true(vow_is_skip(vow_send(coroutine, vow_skip())));
    assert_ptr_equal(vow_as_pointer(vow_send(coroutine, vow_pointer(state))), state);
    vow_coroutine_release(coroutine);
}

static void what_the_body_returned_is_the_result(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(1);
    assert_true(vow_is_none(vow_coroutine_result(coroutine)));
    assert_int_equal(number_of(vow_next(coroutine)), 0);
    assert_true(vow_is_none(vow_coroutine_result(coroutine)));
    assert_end(vow_next(coroutine));
    assert_int_equal(vow_as_integer(vow_coroutine_result(coroutine)), 1);
    vow_coroutine_release(coroutine);
}

static vow_value return_input(vow_value input, void *context)
{
    (void)context;
    return input;
}

static void a_body_may_return_its_input(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(return_input, NULL);
    assert_end(vow_send(coroutine, probe_new()));
    assert_true(vow_is_box(vow_coroutine_result(coroutine)));
    assert_int_equal(probe_drops, 0);
    vow_coroutine_release(coroutine);
    assert_int_equal(probe_drops, 1);
}

/* Ownership --------------------------------------------------------------------------------------------------------- */

static void what_is_sent_is_released_when_the_body_has_gone_on(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(100);
    vow_release(vow_next(coroutine));
    for (int i = 1; i < 5; i++) {
        vow_release(vow_send(coroutine, probe_new()));
        assert_int_equal(probe_drops, i);
    }
    vow_coroutine_release(coroutine);
}

static void the_input_is_kept_until_the_end(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(1);
    vow_release(vow_send(coroutine, probe_new()));
    assert_int_equal(probe_drops, 0);
    assert_end(vow_next(coroutine));
    assert_int_equal(probe_drops, 1);
    vow_coroutine_release(coroutine);
}

static void a_borrowed_value_may_be_sent_and_yielded(void **state)
{
    (void)state;
    vow_value probe = probe_new();
    vow_coroutine *coroutine = vow_coroutine_new(echo, NULL);
    for (int i = 0; i < 3; i++) {
        vow_value answer = vow_send(coroutine, vow_borrow(probe));
        assert_true(vow_is_owned(answer));
        assert_true(vow_value_equal(answer, probe));
        vow_release(answer);
    }
    assert_int_equal(probe_drops, 0);
    vow_coroutine_release(coroutine);
    vow_release(probe);
    assert_int_equal(probe_drops, 1);
}

static void a_promise_is_plain_data(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_coroutine *coroutine = vow_coroutine_new(echo, NULL);
    for (int i = 0; i < 2; i++) {
        vow_value answer = vow_send(coroutine, vow_promise_value(vow_promise_retain(promise)));
        assert_true(vow_is_promise(answer));
        vow_release(answer);
    }
    vow_coroutine_release(coroutine);
    assert_int_equal(vow_state(promise), VOW_PENDING);
    vow_fire(deferred, vow_none());
    vow_promise_release(promise);
}

static void note_drop(void *context)
{
    note((int64_t)(intptr_t)context);
}

static vow_coroutine *dropping(vow_fn *body, int64_t number)
{
    struct vow_coroutine_options options = {.size = sizeof options,
                                            .body = body,
                                            .context = number_as_context(number),
                                            .drop = note_drop,
                                            .name = "dropping"};
    return vow_coroutine_new_with(&options);
}

static void drop_runs_when_the_body_has_ended(void **state)
{
    (void)state;
    vow_coroutine *coroutine = dropping(count_to, 1);
    vow_release(vow_next(coroutine));
    assert_nothing_logged();
    assert_end(vow_next(coroutine));
    assert_logged(1);
    vow_coroutine_release(coroutine);
    assert_logged(1);
}

static void drop_runs_when_the_body_never_will(void **state)
{
    (void)state;
    vow_coroutine_release(dropping(count_to, 1));
    assert_logged(1);
    assert_null(dropping(NULL, 2));
    assert_logged(1, 2);
}

static void references_are_counted(void **state)
{
    (void)state;
    vow_coroutine *coroutine = dropping(count_to, 1);
    assert_ptr_equal(vow_coroutine_retain(coroutine), coroutine);
    vow_coroutine_release(coroutine);
    assert_nothing_logged();
    assert_int_equal(number_of(vow_next(coroutine)), 0);
    vow_coroutine_release(coroutine);
    assert_logged(1);
    assert_null(vow_coroutine_retain(NULL));
    vow_coroutine_release(NULL);
}

static void a_coroutine_counts_as_one_object(void **state)
{
    (void)state;
    long before = vow_live_objects();
    vow_coroutine *coroutine = counting_to(1);
    assert_int_equal(vow_live_objects(), before + 1);
    vow_release(vow_next(coroutine));
    assert_int_equal(vow_live_objects(), before + 1);
    vow_coroutine_release(coroutine);
    assert_int_equal(vow_live_objects(), before);
}

/* Errors ------------------------------------------------------------------------------------------------------------ */

static void an_error_that_the_body_returns_ends_it_and_comes_out_once(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(return_error, NULL);
    assert_error(vow_next(coroutine), VOW_USER);
    assert_state(coroutine, VOW_COROUTINE_DONE);
    assert_int_equal(vow_error_status(vow_coroutine_result(coroutine)), VOW_USER);
    assert_end(vow_next(coroutine));
    vow_coroutine_release(coroutine);
}

static void an_error_that_is_yielded_is_plain_data(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(echo, NULL);
    for (int i = 0; i < 2; i++) {
        assert_error(vow_send(coroutine, vow_fail(VOW_USER, "no")), VOW_USER);
        assert_state(coroutine, VOW_COROUTINE_SUSPENDED);
    }
    vow_coroutine_release(coroutine);
}

static vow_value trap(vow_value input, void *context)
{
    (void)context;
    while (!vow_error_is(input, VOW_CLOSED))
        input = vow_yield(vow_integer(vow_error_status(input)));
    return input;
}

static void what_is_thrown_is_what_yield_returns(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(trap, NULL);
    assert_int_equal(number_of(vow_next(coroutine)), VOW_OK);
    assert_int_equal(number_of(vow_throw(coroutine, vow_fail(VOW_USER, "a"))), VOW_USER);
    assert_int_equal(number_of(vow_throw(coroutine, vow_fail(VOW_USER + 1, "b"))), VOW_USER + 1);
    assert_int_equal(number_of(vow_next(coroutine)), VOW_OK);
    vow_coroutine_release(coroutine);
}

static void a_body_that_returns_what_is_thrown_ends_with_it(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(3);
    vow_release(vow_next(coroutine));
    assert_error(vow_throw(coroutine, vow_fail(VOW_USER, "no")), VOW_USER);
    assert_state(coroutine, VOW_COROUTINE_DONE);
    vow_coroutine_release(coroutine);
}

static void one_that_has_not_begun_ends_with_what_is_thrown_and_never_runs(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(note_items, NULL);
    assert_error(vow_throw(coroutine, vow_fail(VOW_USER, "no")), VOW_USER);
    assert_nothing_logged();
    assert_state(coroutine, VOW_COROUTINE_DONE);
    assert_int_equal(vow_error_status(vow_coroutine_result(coroutine)), VOW_USER);
    vow_coroutine_release(coroutine);
}

static void what_is_thrown_into_one_that_is_done_comes_back(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(0);
    assert_end(vow_next(coroutine));
    assert_error(vow_throw(coroutine, vow_fail(VOW_USER, "no")), VOW_USER);
    assert_false(vow_is_error(vow_coroutine_result(coroutine)));
    vow_coroutine_release(coroutine);
}

/* Nested, anywhere -------------------------------------------------------------------------------------------------- */

/* A binary tree of depth `input` in order: each level asks its children, which are coroutines as well. */
static vow_value walk(vow_value input, void *context)
{
    int64_t depth = vow_as_integer(input);
    vow_value sent = vow_none();
    for (int side = 0; side < 2 && depth > 0 && !vow_is_error(sent); side++) {
        vow_coroutine *child = vow_coroutine_new(walk, context);
        vow_value item = vow_send(child, vow_integer(depth - 1));
        for (; !vow_is_end(item) && !vow_is_error(sent); item = vow_next(child))
            sent = vow_yield(item);
        vow_coroutine_release(child);
        if (side == 0 && !vow_is_error(sent))
            sent = vow_yield(vow_integer(depth));
    }
    return vow_is_error(sent) ? sent : vow_none();
}

static void coroutines_may_resume_coroutines(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(walk, NULL);
    vow_value item = vow_send(coroutine, vow_integer(3));
    for (; !vow_is_end(item); item = vow_next(coroutine))
        note(vow_as_integer(item));
    assert_logged(1, 2, 1, 3, 1, 2, 1);
    vow_coroutine_release(coroutine);
}

static void releasing_the_outermost_closes_those_that_it_has(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(walk, NULL);
    vow_release(vow_send(coroutine, vow_integer(5)));
    vow_release(vow_next(coroutine));
    vow_coroutine_release(coroutine);
}

static void *resume_there(void *context)
{
    for (int i = 0; i < 10; i++)
        note(number_of(vow_next(context)));
    return NULL;
}

static void it_may_be_resumed_on_another_thread_later(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(1000);
    on_another_thread(resume_there, coroutine);
    resume_there(coroutine);
    on_another_thread(resume_there, coroutine);
    assert_int_equal(the_log.count, 30);
    for (int i = 0; i < 30; i++)
        assert_int_equal(the_log.numbers[i], i);
    vow_coroutine_release(coroutine);
}

static void *make_and_begin(void *context)
{
    *(vow_coroutine **)context = counting_to(5);
    vow_release(vow_next(*(vow_coroutine **)context));
    return NULL;
}

static void it_outlives_the_thread_that_made_it(void **state)
{
    (void)state;
    vow_coroutine *coroutine;
    on_another_thread(make_and_begin, &coroutine);
    assert_int_equal(number_of(vow_next(coroutine)), 1);
    vow_coroutine_release(coroutine);
}

static vow_value await_sent(vow_value input, void *context)
{
    (void)context;
    while (vow_is_promise(input)) {
        vow_promise *promise = vow_promise_retain(vow_as_promise(input));
        vow_value value = vow_await(promise, VOW_FOREVER);
        input = vow_yield(value);
    }
    return input;
}

static void a_body_may_wait(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(await_sent, NULL);
    for (int i = 0; i < 20; i++) {
        vow_promise *promise;
        struct shot shot = {vow_deferred_new(&promise), vow_integer(i), VOW_OK};
        pthread_t thread = start_thread(shoot, &shot);
        assert_int_equal(number_of(vow_send(coroutine, vow_promise_value(promise))), i);
        join_thread(thread);
        vow_deferred_release(shot.deferred);
    }
    vow_coroutine_release(coroutine);
}

static vow_value use_doubles(vow_value input, void *context)
{
    double sum = vow_as_real(input);
    (void)context;
    for (vow_value next = vow_yield(vow_real(sum)); !vow_is_error(next);
         next = vow_yield(vow_real(sum)))
        sum += vow_as_real(next) / 3;
    return vow_none();
}

static void what_the_body_calculates_is_not_disturbed(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(use_doubles, NULL);
    double sum = 1.5;
    assert_true(vow_as_real(vow_send(coroutine, vow_real(1.5))) == sum);
    for (int i = 0; i < 100; i++) {
        sum += i / 3.0;
        assert_true(vow_as_real(vow_send(coroutine, vow_real(i))) == sum);
    }
    vow_coroutine_release(coroutine);
}

static void many_may_be_suspended_at_a_time(void **state)
{
    enum { MANY = 1000 };
    static vow_coroutine *coroutines[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        coroutines[i] = counting_to(1000000);
        assert_non_null(coroutines[i]);
    }
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < MANY; i++)
            assert_int_equal(number_of(vow_next(coroutines[i])), round);
    for (int i = 0; i < MANY; i++)
        vow_coroutine_release(coroutines[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(nothing_runs_before_the_first_resume),
        control_test(a_generator_gives_one_value_after_the_other_and_then_the_end),
        control_test(one_that_is_done_gives_the_end_again_and_again),
        control_test(the_first_value_sent_is_the_input_and_each_other_what_yield_returns),
        control_test(values_go_both_ways),
        control_test(what_the_body_returned_is_the_result),
        control_test(a_body_may_return_its_input),
        control_test(what_is_sent_is_released_when_the_body_has_gone_on),
        control_test(the_input_is_kept_until_the_end),
        control_test(a_borrowed_value_may_be_sent_and_yielded),
        control_test(a_promise_is_plain_data),
        control_test(drop_runs_when_the_body_has_ended),
        control_test(drop_runs_when_the_body_never_will),
        control_test(references_are_counted),
        control_test(a_coroutine_counts_as_one_object),
        control_test(an_error_that_the_body_returns_ends_it_and_comes_out_once),
        control_test(an_error_that_is_yielded_is_plain_data),
        control_test(what_is_thrown_is_what_yield_returns),
        control_test(a_body_that_returns_what_is_thrown_ends_with_it),
        control_test(one_that_has_not_begun_ends_with_what_is_thrown_and_never_runs),
        control_test(what_is_thrown_into_one_that_is_done_comes_back),
        control_test(coroutines_may_resume_coroutines),
        control_test(releasing_the_outermost_closes_those_that_it_has),
        control_test(it_may_be_resumed_on_another_thread_later),
        control_test(it_outlives_the_thread_that_made_it),
        control_test(a_body_may_wait),
        control_test(what_the_body_calculates_is_not_disturbed),
        control_test(many_may_be_suspended_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
