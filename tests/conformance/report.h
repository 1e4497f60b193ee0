/*
 * report.h - what a conformance suite says: a line for each case, and how many rules and cases there were.
 *
 * The lines are TAP, the Test Anything Protocol: "ok 7 - 2.2.2.1: … (already settled)". The last line is
 *
 *     Promises/A+, vow on loop: 32 rules, 1646 cases, 1646 passed
 */
#ifndef VOW_TESTS_CONFORMANCE_REPORT_H
#define VOW_TESTS_CONFORMANCE_REPORT_H

#include <stdbool.h>

/* One case of a rule: `rule` is its number or name ("2.2.6.1"), `title` what it demands, `variant` which of its cases this
   is ("" or NULL: the only one), `fault` what went wrong, or NULL. All are borrowed; `rule` for good. */
void report_case(const char *rule, const char *title, const char *variant, const char *fault);

/* A rule that is not tested here, and why. It does not count. */
void report_left_out(const char *rule, const char *reason);

/* The last lines, for `suite` ("Promises/A+"), which ran on `place`. What main returns: 0 if all have passed, and there
   were any. */
int report_end(const char *suite, const char *place);

#endif
