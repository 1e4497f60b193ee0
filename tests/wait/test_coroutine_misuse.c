/*
 * test_coroutine_misuse.c - what cannot be is answered, and nothing is lost: wrong arguments, wrong moments, wrong places.
 */
#include "coroutine_testing.h"

static void a_body_is_required(void **state)
{
    (void)state;
    assert_null(vow_coroutine_new(NULL, NULL));
    assert_sentence("vow_coroutine_new: body is NULL");
    assert_null(vow_coroutine_new_with(NULL));
    assert_sentence("vow_coroutine_new_with");
}

static vow_coroutine *sized(size_t stack_size)
{
    struct vow_coroutine_options options = {.size = sizeof options,
                                            .body = count_to,
                                            .context = number_as_context(1),
                                            .stack_size = stack_size};
    return vow_coroutine_new_with(&options);
}

static void an_absurd_stack_size_is_refused(void **state)
{
    (void)state;
    assert_null(sized(1));
    assert_sentence("stack_size is 1");
    assert_null(sized(16 * 1024 - 1));
    assert_null(sized(((size_t)1 << 30) + 1));
    assert_sentence("stack_size");
    assert_null(sized(SIZE_MAX));
}

static void other_stack_sizes_will_do(void **state)
{
    const size_t sizes[] = {0, 16 * 1024, 20000, 64 * 1024, 1 << 20};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        vow_coroutine *coroutine = sized(sizes[i]);
        assert_non_null(coroutine);
        assert_int_equal(number_of(vow_next(coroutine)), 0);
        assert_end(vow_next(coroutine));
        vow_coroutine_release(coroutine);
    }
}

static void options_of_an_unknown_size_are_refused(void **state)
{
    struct vow_coroutine_options options = {.size = 3, .body = count_to};
    (void)state;
    assert_null(vow_coroutine_new_with(&options));
    assert_sentence("vow_coroutine_new_with: size");
}

static void null_is_answered(void **state)
{
    (void)state;
    assert_error(vow_next(NULL), VOW_INVALID);
    assert_sentence("vow_send: coroutine is NULL");
    assert_error(vow_send(NULL, probe_new()), VOW_INVALID);
    assert_error(vow_throw(NULL, vow_fail(VOW_USER, "no")), VOW_INVALID);
    assert_int_equal(vow_coroutine_close(NULL), VOW_INVALID);
    assert_true(vow_is_none(vow_coroutine_result(NULL)));
    assert_true(vow_coroutine_done(NULL));
    assert_int_equal(probe_drops, 1);
}

static void only_errors_can_be_thrown(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(3);
    vow_release(vow_next(coroutine));
    assert_error(vow_throw(coroutine, probe_new()), VOW_INVALID);
    assert_int_equal(probe_drops, 1);
    assert_int_equal(number_of(vow_next(coroutine)), 1);
    vow_coroutine_release(coroutine);
}

static void a_yield_outside_of_coroutines_is_refused(void **state)
{
    (void)state;
    vow_value refused = vow_yield(probe_new());
    assert_string_equal(vow_error_message(refused), "vow_yield: called outside of a coroutine");
    assert_error(refused, VOW_INVALID);
    assert_sentence("vow_yield: called outside of a coroutine");
    assert_int_equal(probe_drops, 1);
    vow_coroutine *coroutine = counting_to(2);
    vow_release(vow_next(coroutine));
    assert_error(vow_yield(vow_none()), VOW_INVALID);
    vow_coroutine_release(coroutine);
    assert_error(vow_yield(vow_none()), VOW_INVALID);
}

static vow_value yield_the_end(vow_value input, void *context)
{
    (void)input;
    (void)context;
    note(vow_error_status(vow_yield(vow_end())));
    return vow_yield(vow_integer(1));
}

static void the_end_cannot_be_yielded(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(yield_the_end, NULL);
    assert_int_equal(number_of(vow_next(coroutine)), 1);
    assert_logged(VOW_INVALID);
    vow_coroutine_release(coroutine);
}

static vow_value resume_itself(vow_value input, void *context)
{
    vow_coroutine *self = *(vow_coroutine **)context;
    (void)input;
    note(vow_coroutine_state(self));
    vow_value answers[] = {vow_next(self), vow_throw(self, vow_fail(VOW_USER, "no"))};
    for (int i = 0; i < 2; i++) {
        note(vow_error_status(answers[i]));
        vow_release(answers[i]);
    }
    note(vow_coroutine_close(self));
    return vow_yield(vow_integer(1));
}

static void one_that_runs_cannot_be_resumed_nor_closed_by_itself(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(resume_itself, &coroutine);
    assert_int_equal(number_of(vow_next(coroutine)), 1);
    assert_logged(VOW_COROUTINE_RUNNING, VOW_INVALID, VOW_INVALID, VOW_INVALID);
    vow_coroutine_release(coroutine);
}

static vow_value resume_context(vow_value input, void *context)
{
    (void)input;
    vow_value answer = vow_next(*(vow_coroutine **)context);
    note(vow_error_status(answer));
    vow_release(answer);
    return vow_yield(vow_none());
}

static void nor_by_those_that_it_resumes(void **state)
{
    vow_coroutine *both[2];
    (void)state;
    both[0] = vow_coroutine_new(resume_context, &both[1]);
    both[1] = vow_coroutine_new(resume_context, &both[0]);
    vow_release(vow_next(both[0]));
    assert_logged(VOW_INVALID, VOW_OK);
    vow_coroutine_release(both[0]);
    vow_coroutine_release(both[1]);
}

struct meeting {
    vow_coroutine *coroutine;
    sem_t inside, answered;
    vow_value answer;
};

static vow_value let_others_try(vow_value input, void *context)
{
    struct meeting *meeting = context;
    sem_post(&meeting->inside);
    sem_wait(&meeting->answered);
    return input;
}

static void *try_to_resume(void *context)
{
    struct meeting *meeting = context;
    sem_wait(&meeting->inside);
    meeting->answer = vow_next(meeting->coroutine);
    require(vow_coroutine_close(meeting->coroutine) == VOW_INVALID);
    sem_post(&meeting->answered);
    return NULL;
}

static void nor_by_another_thread(void **state)
{
    struct meeting meeting;
    (void)state;
    sem_init(&meeting.inside, 0, 0);
    sem_init(&meeting.answered, 0, 0);
    meeting.coroutine = vow_coroutine_new(let_others_try, &meeting);
    pthread_t thread = start_thread(try_to_resume, &meeting);
    assert_end(vow_next(meeting.coroutine));
    join_thread(thread);
    assert_error(meeting.answer, VOW_INVALID);
    vow_coroutine_release(meeting.coroutine);
    sem_destroy(&meeting.inside);
    sem_destroy(&meeting.answered);
}

/* Yields where they cannot be ---------------------------------------------------------------------------------------- */

static vow_value yield_in_a_callback(vow_value input, void *context)
{
    (void)context;
    note(vow_error_status(vow_yield(probe_new())));
    return input;
}

static vow_value call_back(vow_value input, void *context)
{
    (void)context;
    vow_promise *promise = vow_then(vow_succeeded(vow_none()), yield_in_a_callback, NULL);
    vow_promise_release(promise);
    (void)input;
    return vow_yield(vow_integer(1));
}

static void a_callback_inside_the_body_cannot_yield_for_it(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(call_back, NULL);
    assert_int_equal(number_of(vow_next(coroutine)), 1);
    assert_logged(VOW_INVALID);
    assert_int_equal(probe_drops, 1);
    vow_coroutine_release(coroutine);
}

static void yield_in_a_drop(void *object)
{
    (void)object;
    note(vow_error_status(vow_yield(vow_none())));
}

static const struct vow_type yielding_type = {.name = "yielding", .drop = yield_in_a_drop};

static vow_value drop_inside(vow_value input, void *context)
{
    (void)input;
    (void)context;
    vow_release(vow_box_new(&yielding_type, 1));
    return vow_yield(vow_integer(1));
}

static void a_drop_inside_the_body_cannot_yield_for_it(void **state)
{
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new(drop_inside, NULL);
    assert_int_equal(number_of(vow_next(coroutine)), 1);
    assert_logged(VOW_INVALID);
    vow_coroutine_release(coroutine);
}

static void the_drop_of_the_context_cannot_yield(void **state)
{
    struct vow_coroutine_options options = {
        .size = sizeof options, .body = count_to, .drop = yield_in_a_drop};
    (void)state;
    vow_coroutine *coroutine = vow_coroutine_new_with(&options);
    assert_end(vow_next(coroutine));
    assert_logged(VOW_INVALID);
    vow_coroutine_release(coroutine);
}

static vow_value resume_in_a_callback(vow_value input, void *context)
{
    note(number_of(vow_next(context)));
    return input;
}

static void a_callback_may_resume_coroutines_at_any_depth(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(10);
    note(number_of(vow_next(coroutine)));
    vow_promise_release(vow_then(vow_succeeded(vow_none()), resume_in_a_callback, coroutine));
    note(number_of(vow_next(coroutine)));
    assert_logged(0, 1, 2);
    vow_coroutine_release(coroutine);
}

static void resume_in_a_drop(void *object)
{
    note(number_of(vow_next(*(vow_coroutine **)object)));
}

static const struct vow_type resuming_type = {.name = "resuming", .drop = resume_in_a_drop};

static void a_drop_may_resume_coroutines(void **state)
{
    (void)state;
    vow_coroutine *coroutine = counting_to(10);
    vow_value box = vow_box_new(&resuming_type, sizeof coroutine);
    *(vow_coroutine **)vow_box_as(&resuming_type, box) = coroutine;
    note(number_of(vow_next(coroutine)));
    vow_release(box);
    note(number_of(vow_next(coroutine)));
    assert_logged(0, 1, 2);
    vow_coroutine_release(coroutine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_body_is_required),
        control_test(an_absurd_stack_size_is_refused),
        control_test(other_stack_sizes_will_do),
        control_test(options_of_an_unknown_size_are_refused),
        control_test(null_is_answered),
        control_test(only_errors_can_be_thrown),
        control_test(a_yield_outside_of_coroutines_is_refused),
        control_test(the_end_cannot_be_yielded),
        control_test(one_that_runs_cannot_be_resumed_nor_closed_by_itself),
        control_test(nor_by_those_that_it_resumes),
        control_test(nor_by_another_thread),
        control_test(a_callback_inside_the_body_cannot_yield_for_it),
        control_test(a_drop_inside_the_body_cannot_yield_for_it),
        control_test(the_drop_of_the_context_cannot_yield),
        control_test(a_callback_may_resume_coroutines_at_any_depth),
        control_test(a_drop_may_resume_coroutines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
