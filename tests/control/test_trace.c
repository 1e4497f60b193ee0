/*
 * test_trace.c - debug mode: the path of a promise, what is pending, and errors that say where they came from.
 */
#include "control/control_testing.h"

#include <vow/debug.h>
#include <vow/error.h>

static char path[4096];

static int count_lines(const char *text)
{
    int lines = *text != '\0';
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static int begin_recording(void **state)
{
    int status = begin_control(state);
    vow_set_debug(true);
    return status;
}

static int end_recording(void **state)
{
    vow_set_debug(false);
    return end_control(state);
}

#define trace_test(function)                                                                       \
    cmocka_unit_test_setup_teardown(function, begin_recording, end_recording)

static void a_path_names_each_promise_of_a_chain(void **state)
{
    (void)state;
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, note_input, NULL);
    promise = vow_then(promise, note_input, NULL);
    assert_true(vow_promise_path(promise, path, sizeof path) > 0);
    assert_int_equal(count_lines(path), 3);
    assert_non_null(strstr(path, "made by"));
    assert_null(strstr(path, "fired by"));
    fire(deferred, vow_integer(1));
    (void)vow_promise_path(promise, path, sizeof path);
    assert_non_null(strstr(path, "fired by"));
    vow_promise_release(promise);
}

static void a_path_goes_on_through_a_promise_that_was_returned(void **state)
{
    (void)state;
    vow_promise *inner = NULL;
    vow_deferred *deferred = vow_deferred_new(&inner);
    vow_promise *outer = vow_then(vow_succeeded(vow_none()), give_promise, inner);
    (void)vow_promise_path(inner, path, sizeof path);
    char number[32];
    assert_int_equal(sscanf(path, "promise %31[0-9]", number), 1);
    (void)vow_promise_path(outer, path, sizeof path);
    assert_non_null(strstr(path, number));
    assert_int_equal(count_lines(path), 2);
    fire(deferred, vow_none());
    vow_promise_release(inner);
    vow_promise_release(outer);
}

static void a_path_that_does_not_fit_is_cut_and_its_length_told(void **state)
{
    (void)state;
    vow_promise *promise = vow_succeeded(vow_none());
    size_t length = vow_promise_path(promise, NULL, 0);
    assert_int_equal(vow_promise_path(promise, path, 8), length);
    assert_int_equal(strlen(path), 7);
    vow_promise_release(promise);
}

static vow_value reported;

static void keep_report(enum vow_report_kind kind, vow_value subject, void *context)
{
    (void)kind;
    (void)context;
    reported = vow_retain(subject);
}

static void an_unhandled_error_brings_its_path(void **state)
{
    (void)state;
    vow_set_report_hook(keep_report, NULL);
    vow_promise *promise = vow_then(vow_failed(vow_fail(VOW_LIMIT, "too many")), note_input, NULL);
    vow_promise_release(promise);
    assert_int_equal(vow_error_status(reported), VOW_LIMIT);
    assert_non_null(strstr(vow_error_message(reported), "unhandled in promise"));
    assert_non_null(strstr(vow_error_message(reported), "from promise"));
    assert_string_equal(vow_error_message(vow_error_cause(reported)), "too many");
    vow_release(reported);
}

static void count_line(const char *text, void *count)
{
    require(strstr(text, "pending for") != NULL);
    ++*(int *)count;
}

static void what_is_pending_is_listed_until_it_settles(void **state)
{
    (void)state;
    vow_promise *promise = NULL;
    int lines = 0;
    size_t before = vow_dump_pending(count_line, &lines);
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_promise *derived = vow_then(promise, note_input, NULL);
    lines = 0;
    assert_int_equal(vow_dump_pending(count_line, &lines), before + 2);
    assert_int_equal(lines, before + 2);
    fire(deferred, vow_integer(1));
    assert_int_equal(vow_dump_pending(count_line, &lines), before);
    vow_promise_release(derived);
}

static void keep_line(const char *text, void *context)
{
    (void)context;
    (void)snprintf(path, sizeof path, "%s", text);
}

static void a_pending_promise_says_what_it_waits_for(void **state)
{
    (void)state;
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    (void)vow_dump_pending(keep_line, NULL);
    assert_non_null(strstr(path, "waits for whoever fires it"));
    vow_promise *derived = vow_then(promise, note_input, NULL);
    (void)vow_dump_pending(keep_line, NULL);
    assert_non_null(strstr(path, "waits for promise"));
    fire(deferred, vow_integer(1));
    vow_promise_release(derived);
}

static void a_second_firing_hears_where_the_first_one_was(void **state)
{
    (void)state;
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_resolve(deferred, vow_integer(1)));
    assert_int_equal(vow_resolve(deferred, vow_integer(2)), VOW_ALREADY_FIRED);
    assert_sentence("vow_resolve: deferred has fired before: promise ");
    assert_sentence(", made by ");
    assert_sentence(", fired by ");
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void what_was_made_without_debug_has_no_path(void **state)
{
    (void)state;
    vow_set_debug(false);
    vow_promise *promise = vow_succeeded(vow_none());
    assert_int_equal(vow_promise_path(promise, path, sizeof path), 0);
    assert_string_equal(path, "");
    vow_promise_release(promise);
}

static void a_ring_of_promises_has_a_path_that_ends(void **state)
{
    (void)state;
    vow_promise *first = NULL;
    vow_promise *second = NULL;
    vow_deferred *one = vow_deferred_new(&first);
    vow_deferred *other = vow_deferred_new(&second);
    fire(one, vow_promise_value(vow_promise_retain(second)));
    fire(other, vow_promise_value(vow_promise_retain(first)));
    assert_rejected(first, VOW_INVALID);
    assert_rejected(second, VOW_INVALID);
    (void)vow_promise_path(first, path, sizeof path);
    assert_int_equal(count_lines(path), 2);
    vow_promise_release(first);
    vow_promise_release(second);
}

static vow_value again(vow_value input, void *context)
{
    int64_t left = vow_as_integer(input);
    return left == 0
               ? vow_none()
               : vow_promise_value(vow_then(vow_succeeded(vow_integer(left - 1)), again, context));
}

static void a_long_chain_keeps_a_path_of_a_bounded_length(void **state)
{
    (void)state;
    vow_promise *promise = vow_then(vow_succeeded(vow_integer(500)), again, NULL);
    for (int i = 0; i < 500; i++)
        promise = vow_then(promise, note_input, NULL);
    (void)vow_promise_path(promise, path, sizeof path);
    assert_in_range(count_lines(path), 1, 66);
    vow_promise_release(promise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        trace_test(a_path_names_each_promise_of_a_chain),
        trace_test(a_path_goes_on_through_a_promise_that_was_returned),
        trace_test(a_path_that_does_not_fit_is_cut_and_its_length_told),
        trace_test(an_unhandled_error_brings_its_path),
        trace_test(what_is_pending_is_listed_until_it_settles),
        trace_test(a_pending_promise_says_what_it_waits_for),
        trace_test(a_second_firing_hears_where_the_first_one_was),
        trace_test(what_was_made_without_debug_has_no_path),
        trace_test(a_ring_of_promises_has_a_path_that_ends),
        trace_test(a_long_chain_keeps_a_path_of_a_bounded_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
