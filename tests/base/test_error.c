/*
 * test_error.c - errors, statuses, and the last error's sentence.
 */
#include "testing.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include "base/fail.h"

static void fail_gives_status_message_and_place(void **state)
{
    vow_value error = vow_fail(VOW_CLOSED, "channel %d is closed", 3);
    int line = __LINE__ - 1;
    (void)state;
    assert_true(vow_is_owned(error));
    assert_int_equal(vow_error_status(error), VOW_CLOSED);
    assert_string_equal(vow_error_message(error), "channel 3 is closed");
    assert_string_equal(vow_error_file(error), __FILE__);
    assert_int_equal(vow_error_line(error), line);
    assert_int_equal(vow_error_errno(error), 0);
    assert_true(vow_is_none(vow_error_cause(error)));
    vow_release(error);
}

static void a_long_message_is_kept_whole(void **state)
{
    vow_value error = vow_fail(VOW_INVALID, "%05000d", 1);
    (void)state;
    assert_int_equal(strlen(vow_error_message(error)), 5000);
    vow_release(error);
}

static void an_error_of_status_ok_is_invalid(void **state)
{
    (void)state;
    assert_error(vow_fail(VOW_OK, "no"), VOW_INVALID);
}

static void an_error_without_a_format_says_its_status(void **state)
{
    vow_value error = vow_error_new("f", 1, VOW_LIMIT, NULL);
    (void)state;
    assert_string_equal(vow_error_message(error), vow_status_text(VOW_LIMIT));
    vow_release(error);
}

static void fail_errno_appends_the_systems_words_and_keeps_errno(void **state)
{
    char wanted[256];
    (void)state;
    snprintf(wanted, sizeof wanted, "app.conf: cannot be opened: %s", strerror(ENOENT));
    errno = ENOENT;
    vow_value error = vow_fail_errno("%s: cannot be opened", "app.conf");
    assert_int_equal(errno, ENOENT);
    assert_int_equal(vow_error_status(error), VOW_SYSTEM);
    assert_int_equal(vow_error_errno(error), ENOENT);
    assert_string_equal(vow_error_message(error), wanted);
    vow_release(error);
}

static void fail_because_takes_the_cause(void **state)
{
    vow_value cause = vow_fail(VOW_TIMED_OUT, "too late");
    vow_value error = vow_fail_because(cause, VOW_SYSTEM, "cannot go on");
    (void)state;
    assert_int_equal(vow_error_status(vow_error_cause(error)), VOW_TIMED_OUT);
    assert_false(vow_is_owned(vow_error_cause(error)));
    vow_release(error);
}

static void fail_because_retains_a_borrowed_cause(void **state)
{
    vow_value cause = vow_fail(VOW_TIMED_OUT, "too late");
    vow_value error = vow_fail_because(vow_borrow(cause), VOW_SYSTEM, "cannot go on");
    (void)state;
    vow_release(error);
    assert_string_equal(vow_error_message(cause), "too late");
    vow_release(cause);
}

static void a_cause_that_is_no_error_is_released(void **state)
{
    vow_value error = vow_fail_because(probe_new(), VOW_SYSTEM, "cannot go on");
    (void)state;
    assert_int_equal(probe_drops, 1);
    assert_true(vow_is_none(vow_error_cause(error)));
    vow_release(error);
}

static void error_is_looks_through_the_causes(void **state)
{
    vow_value error = vow_fail(VOW_TIMED_OUT, "first");
    (void)state;
    error = vow_fail_because(error, VOW_SYSTEM, "second");
    error = vow_fail_because(error, VOW_USER + 1, "third");
    assert_true(vow_error_is(error, VOW_TIMED_OUT));
    assert_true(vow_error_is(error, VOW_SYSTEM));
    assert_true(vow_error_is(error, VOW_USER + 1));
    assert_false(vow_error_is(error, VOW_CANCELED));
    vow_release(error);
}

static void an_error_may_have_several_causes(void **state)
{
    vow_value causes = vow_list_new(2);
    (void)state;
    assert_int_equal(vow_list_append(causes, vow_fail(VOW_CLOSED, "first")), VOW_OK);
    assert_int_equal(vow_list_append(causes, vow_fail(VOW_USER, "second")), VOW_OK);
    vow_value error = vow_fail_because(causes, VOW_SYSTEM, "both");
    assert_true(vow_is_list(vow_error_cause(error)));
    assert_true(vow_error_is(error, VOW_CLOSED));
    assert_true(vow_error_is(error, VOW_USER));
    assert_false(vow_error_is(error, VOW_INVALID));
    assert_prints(error,
                  "error(SYSTEM: both; caused by [error(CLOSED: first), error(1000: second)])");
}

static void a_list_of_other_things_is_no_cause(void **state)
{
    vow_value list = vow_list_new(1);
    (void)state;
    assert_int_equal(vow_list_append(list, vow_text("text")), VOW_OK);
    assert_prints(vow_fail_because(list, VOW_SYSTEM, "alone"), "error(SYSTEM: alone)");
    assert_prints(vow_fail_because(vow_list_new(0), VOW_SYSTEM, "alone"), "error(SYSTEM: alone)");
}

static void questions_to_what_is_no_error_have_harmless_answers(void **state)
{
    (void)state;
    assert_false(vow_error_is(vow_integer(VOW_INVALID), VOW_INVALID));
    assert_int_equal(vow_error_status(vow_none()), VOW_OK);
    assert_string_equal(vow_error_message(vow_none()), "");
    assert_null(vow_error_file(vow_none()));
    assert_int_equal(vow_error_line(vow_none()), 0);
    assert_int_equal(vow_error_errno(vow_none()), 0);
    assert_true(vow_is_none(vow_error_cause(vow_none())));
}

static void a_chain_of_100000_causes_is_released(void **state)
{
    vow_value error = vow_fail(VOW_TIMED_OUT, "first");
    (void)state;
    for (int i = 0; i < 100000; i++)
        error = vow_fail_because(error, VOW_SYSTEM, "next");
    assert_true(vow_error_is(error, VOW_TIMED_OUT));
    vow_release(error);
}

static void static_errors_have_every_status_and_survive_any_release(void **state)
{
    (void)state;
    for (vow_status status = VOW_CANCELED; status <= VOW_SYSTEM; status++) {
        vow_value error = vow_error_static(status);
        assert_false(vow_is_owned(error));
        for (int i = 0; i < 1000; i++)
            vow_release(vow_retain(error));
        vow_release(error);
        assert_int_equal(vow_error_status(error), status);
        assert_string_equal(vow_error_message(error), vow_status_text(status));
    }
    assert_int_equal(vow_error_status(vow_error_static(VOW_USER)), VOW_NO_MEMORY);
    assert_int_equal(vow_error_status(vow_error_static(VOW_OK)), VOW_NO_MEMORY);
    assert_int_equal(vow_error_status(vow_error_static(-3)), VOW_NO_MEMORY);
}

static void every_status_has_a_sentence(void **state)
{
    (void)state;
    for (vow_status status = VOW_OK; status <= VOW_SYSTEM; status++)
        assert_true(strlen(vow_status_text(status)) > 0);
    assert_string_equal(vow_status_text(VOW_TIMED_OUT), "the deadline passed first");
    assert_string_equal(vow_status_text(VOW_USER + 7), "an error of the program's own");
    assert_string_equal(vow_status_text(-1), "an unknown status");
    assert_string_equal(vow_status_text(500), "an unknown status");
}

static void system_numbers_become_statuses(void **state)
{
    (void)state;
    assert_int_equal(vow_status_from_errno(0), VOW_OK);
    assert_int_equal(vow_status_from_errno(ENOMEM), VOW_NO_MEMORY);
    assert_int_equal(vow_status_from_errno(ETIMEDOUT), VOW_TIMED_OUT);
    assert_int_equal(vow_status_from_errno(ECANCELED), VOW_CANCELED);
    assert_int_equal(vow_status_from_errno(EINVAL), VOW_INVALID);
    assert_int_equal(vow_status_from_errno(ENOSYS), VOW_UNSUPPORTED);
    assert_int_equal(vow_status_from_errno(ENOTSUP), VOW_UNSUPPORTED);
    assert_int_equal(vow_status_from_errno(EIO), VOW_SYSTEM);
}

static void libuvs_negative_codes_are_taken_too(void **state)
{
    (void)state;
    assert_int_equal(vow_status_from_errno(-ECANCELED), VOW_CANCELED);
    assert_int_equal(vow_status_from_errno(-4095), VOW_SYSTEM);
    assert_int_equal(vow_status_from_errno(INT_MIN), VOW_SYSTEM);
}

static void a_sentence_may_quote_the_one_before(void **state)
{
    (void)state;
    vow_fail_status(VOW_INVALID, "first %d", 1);
    assert_int_equal(vow_fail_status(VOW_LIMIT, "second, after %s", vow_last_error()), VOW_LIMIT);
    assert_string_equal(vow_last_error(), "second, after first 1");
}

static void a_sentence_too_long_is_cut(void **state)
{
    (void)state;
    vow_fail_status(VOW_INVALID, "%02000d", 1);
    assert_int_equal(strlen(vow_last_error()), 511);
}

static void an_error_can_carry_the_last_sentence(void **state)
{
    (void)state;
    vow_fail_status(VOW_INVALID, "vow_x: %s", "reason");
    vow_value error = vow_error_from_last("f", 2, VOW_INVALID);
    assert_string_equal(vow_error_message(error), "vow_x: reason");
    vow_release(error);
}

static vow_value VOW_PRINTF(1, 2) complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vow_value error = vow_error_new_list(__FILE__, __LINE__, VOW_USER, format, arguments);
    va_end(arguments);
    return error;
}

static void an_error_can_be_made_of_a_list_of_arguments(void **state)
{
    (void)state;
    vow_value error = complain("%d of %s", 2, "three");
    assert_string_equal(vow_error_message(error), "2 of three");
    assert_int_equal(vow_error_status(error), VOW_USER);
    vow_release(error);
}

static void *ask_and_fail(void *ret_first)
{
    *(bool *)ret_first = *vow_last_error() == '\0';
    vow_fail_status(VOW_INVALID, "of another thread");
    return NULL;
}

static void each_thread_has_its_own_sentence(void **state)
{
    pthread_t thread;
    bool empty_at_first = false;
    (void)state;
    vow_fail_status(VOW_INVALID, "ours");
    assert_int_equal(pthread_create(&thread, NULL, ask_and_fail, &empty_at_first), 0);
    pthread_join(thread, NULL);
    assert_true(empty_at_first);
    assert_string_equal(vow_last_error(), "ours");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_leaving_nothing(fail_gives_status_message_and_place),
        test_leaving_nothing(a_long_message_is_kept_whole),
        test_leaving_nothing(an_error_of_status_ok_is_invalid),
        test_leaving_nothing(an_error_without_a_format_says_its_status),
        test_leaving_nothing(fail_errno_appends_the_systems_words_and_keeps_errno),
        test_leaving_nothing(fail_because_takes_the_cause),
        test_leaving_nothing(fail_because_retains_a_borrowed_cause),
        test_leaving_nothing(a_cause_that_is_no_error_is_released),
        test_leaving_nothing(error_is_looks_through_the_causes),
        test_leaving_nothing(an_error_may_have_several_causes),
        test_leaving_nothing(a_list_of_other_things_is_no_cause),
        test_leaving_nothing(questions_to_what_is_no_error_have_harmless_answers),
        test_leaving_nothing(a_chain_of_100000_causes_is_released),
        test_leaving_nothing(static_errors_have_every_status_and_survive_any_release),
        test_leaving_nothing(every_status_has_a_sentence),
        test_leaving_nothing(system_numbers_become_statuses),
        test_leaving_nothing(libuvs_negative_codes_are_taken_too),
        test_leaving_nothing(a_sentence_may_quote_the_one_before),
        test_leaving_nothing(a_sentence_too_long_is_cut),
        test_leaving_nothing(an_error_can_carry_the_last_sentence),
        test_leaving_nothing(an_error_can_be_made_of_a_list_of_arguments),
        test_leaving_nothing(each_thread_has_its_own_sentence),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
