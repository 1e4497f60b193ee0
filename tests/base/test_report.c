/*
 * test_report.c - the hook and the policy for errors that nobody looked at.
 */
#include "testing.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/report.h"

static int reports;
static enum vow_report_kind last_kind;
static vow_status last_status;
static void *last_context;
static bool was_owned;

static void note(enum vow_report_kind kind, vow_value subject, void *context)
{
    reports++;
    last_kind = kind;
    last_status = vow_error_status(subject);
    was_owned = vow_is_owned(subject);
    last_context = context;
}

static int begin(void **state)
{
    reports = 0;
    vow_set_report_hook(note, &reports);
    return begin_counting(state);
}

static int end(void **state)
{
    vow_set_report_hook(NULL, NULL);
    (void)vow_set_unhandled_policy(VOW_UNHANDLED_REPORT);
    return nothing_is_left(state);
}

static void an_unhandled_error_reaches_the_hook_borrowed(void **state)
{
    (void)state;
    vow_report_unhandled(vow_fail(VOW_CLOSED, "closed"));
    assert_int_equal(reports, 1);
    assert_int_equal(last_kind, VOW_REPORT_UNHANDLED);
    assert_int_equal(last_status, VOW_CLOSED);
    assert_ptr_equal(last_context, &reports);
    assert_false(was_owned);
}

static void a_finding_reaches_the_hook(void **state)
{
    (void)state;
    vow_report_finding(vow_fail(VOW_INVALID, "misuse"));
    assert_int_equal(reports, 1);
    assert_int_equal(last_kind, VOW_REPORT_FINDING);
}

static void the_policy_ignore_silences_unhandled_errors_but_not_findings(void **state)
{
    (void)state;
    assert_int_equal(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE), VOW_OK);
    vow_report_unhandled(vow_fail(VOW_CLOSED, "closed"));
    assert_int_equal(reports, 0);
    vow_report_finding(vow_fail(VOW_INVALID, "misuse"));
    assert_int_equal(reports, 1);
}

static void a_policy_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    assert_int_equal(vow_set_unhandled_policy((enum vow_unhandled_policy)7), VOW_INVALID);
    assert_sentence("vow_set_unhandled_policy: policy 7");
    vow_report_unhandled(vow_fail(VOW_CLOSED, "closed"));
    assert_int_equal(reports, 1);
}

/* Reports an unhandled error in a child whose standard error is a pipe; what it wrote and how it ended. */
static int report_in_a_child(enum vow_unhandled_policy policy, char *text, size_t size)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        vow_set_report_hook(NULL, NULL);
        (void)vow_set_unhandled_policy(policy);
        (void)signal(SIGABRT, SIG_DFL);
        vow_report_unhandled(vow_fail(VOW_LIMIT, "too much"));
        _exit(0);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], text, size - 1);
    text[got > 0 ? got : 0] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void without_a_hook_one_line_goes_to_standard_error(void **state)
{
    char text[200];
    (void)state;
    assert_int_equal(report_in_a_child(VOW_UNHANDLED_REPORT, text, sizeof text), 0);
    assert_string_equal(text, "vow: unhandled: error(LIMIT: too much)\n");
}

static void the_policy_abort_reports_and_aborts(void **state)
{
    char text[200];
    int status;
    (void)state;
    status = report_in_a_child(VOW_UNHANDLED_ABORT, text, sizeof text);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_ptr_equal(strstr(text, "vow: unhandled: error(LIMIT: too much)\n"),
                     text); /* an emulator says more */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_unhandled_error_reaches_the_hook_borrowed, begin, end),
        cmocka_unit_test_setup_teardown(a_finding_reaches_the_hook, begin, end),
        cmocka_unit_test_setup_teardown(
            the_policy_ignore_silences_unhandled_errors_but_not_findings, begin, end),
        cmocka_unit_test_setup_teardown(a_policy_that_does_not_exist_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(without_a_hook_one_line_goes_to_standard_error, begin, end),
        cmocka_unit_test_setup_teardown(the_policy_abort_reports_and_aborts, begin, end),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
