/*
 * report.c - the lines of a suite, and its figures.
 */
#include "conformance/report.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RULES = 512 };

static const char *rules[RULES];
static int rule_count, case_count, passed;

/* Rules come one after the other, but a rule may come back. */
static void count_rule(const char *rule)
{
    for (int i = rule_count; i > 0; i--)
        if (strcmp(rules[i - 1], rule) == 0)
            return;
    if (rule_count == RULES)
        abort();
    rules[rule_count++] = rule;
}

void report_case(const char *rule, const char *title, const char *variant, const char *fault)
{
    bool varied = variant != NULL && variant[0] != '\0';
    count_rule(rule);
    case_count++;
    passed += fault == NULL;
    (void)printf("%s %d - %s: %s%s%s%s\n", fault == NULL ? "ok" : "not ok", case_count, rule, title,
                 varied ? " (" : "", varied ? variant : "", varied ? ")" : "");
    if (fault != NULL)
        (void)printf("# %s\n", fault);
}

void report_left_out(const char *rule, const char *reason)
{
    (void)printf("# %s is left out: %s\n", rule, reason);
}

int report_end(const char *suite, const char *place)
{
    (void)printf("1..%d\n", case_count);
    (void)printf("# %s on %s: %d rules, %d cases, %d passed\n", suite, place, rule_count,
                 case_count, passed);
    return passed == case_count && case_count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
