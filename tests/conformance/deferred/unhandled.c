/*
 * unhandled.c - rules of failures that nobody looked at, and of what debugging tells of deferreds.
 */
#include "conformance/deferred/suite.h"

/* Unhandled ---------------------------------------------------------------------------------------------------------------- */

static void a_failure_that_nobody_looks_at_is_told_of_when_its_deferred_goes(void)
{
    struct deferred *d = deferred_new();
    errback(d, BAD);
    expect_told(0);
    deferred_free(d);
    expect_told(1);
    int last;
    (void)failures_told(&last);
    expect_equal(last, BAD);
}

static void what_a_callback_fails_with_is_told_of(void)
{
    struct deferred *d = deferred_new();
    add_callback(d, failing, with(WORSE));
    callback(d, 1);
    adapter_run_until_quiet();
    deferred_free(d);
    expect_told(1);
    int last;
    (void)failures_told(&last);
    expect_equal(last, WORSE);
}

static void a_failure_that_an_errback_passes_on_is_told_of(void)
{
    struct deferred *d = deferred_new();
    add_errback(d, noting, NULL);
    errback(d, BAD);
    adapter_run_until_quiet();
    deferred_free(d);
    expect_told(1);
}

static void a_failure_that_passes_callbacks_is_told_of_once(void)
{
    struct deferred *d = deferred_new();
    for (int i = 0; i < 5; i++)
        add_callback(d, noting, NULL);
    errback(d, BAD);
    adapter_run_until_quiet();
    deferred_free(d);
    expect_told(1);
}

static void a_failure_that_was_recovered_from_is_not_told_of(void)
{
    struct deferred *d = deferred_new();
    add_errback(d, giving, with(1));
    errback(d, BAD);
    adapter_run_until_quiet();
    deferred_free(d);
    expect_told(0);
}

static void a_failure_that_an_errback_meets_late_is_not_told_of(void)
{
    struct deferred *d = deferred_new();
    errback(d, BAD);
    adapter_run_until_quiet();
    add_errback(d, giving, with(1));
    adapter_run_until_quiet();
    deferred_free(d);
    expect_told(0);
}

static void a_value_is_not_told_of(void)
{
    struct deferred *d = deferred_new();
    callback(d, 1);
    adapter_run_until_quiet();
    deferred_free(d);
    expect_told(0);
}

static void who_waits_for_a_failed_deferred_takes_the_failure_over(void)
{
    struct deferred *inner = deferred_fail(BAD);
    struct deferred *outer = deferred_succeed(number(1));
    add_callback(outer, returning, inner);
    adapter_run_until_quiet();
    deferred_free(inner);
    expect_told(0);
    deferred_free(outer);
    expect_told(1);
}

static void who_waits_for_a_deferred_that_fails_takes_the_failure_over(void)
{
    struct deferred *inner = deferred_new();
    struct deferred *outer = deferred_succeed(number(1));
    add_callback(outer, returning, inner);
    add_errback(outer, giving, with(2));
    adapter_run_until_quiet();
    errback(inner, BAD);
    adapter_run_until_quiet();
    deferred_free(inner);
    deferred_free(outer);
    expect_told(0);
}

static void a_chained_deferred_takes_the_failure_over(void)
{
    struct deferred *from = deferred_new();
    struct deferred *to = deferred_new();
    expect(deferred_chain(from, to));
    errback(from, BAD);
    adapter_run_until_quiet();
    deferred_free(from);
    expect_told(0);
    deferred_free(to);
    expect_told(1);
}

static void of_many_that_wait_for_each_other_one_failure_is_told_of(void)
{
    enum { LINKS = 10 };
    struct deferred *d[LINKS];
    for (int i = 0; i < LINKS; i++) {
        d[i] = deferred_new();
        if (i > 0)
            add_callback(d[i], returning, d[i - 1]);
    }
    for (int i = 1; i < LINKS; i++)
        callback(d[i], i);
    errback(d[0], BAD);
    adapter_run_until_quiet();
    for (int i = 0; i < LINKS; i++)
        deferred_free(d[i]);
    expect_told(1);
}

static void a_stored_failure_is_told_of_too(void)
{
    struct deferred *d = deferred_new();
    deferred_pause(d);
    errback(d, BAD);
    deferred_free(d);
    expect_told(1);
}

static void a_refused_firing_leaves_nothing_to_tell_of(void)
{
    struct deferred *d = deferred_new();
    callback(d, 1);
    expect(!deferred_fire(d, failure(BAD)));
    deferred_free(d);
    expect_told(0);
}

/* In Twisted it is; who cancels knows. */
static void a_cancellation_is_not_told_of(void)
{
    struct deferred *d = deferred_new();
    deferred_cancel(d);
    adapter_run_until_quiet();
    deferred_free(d);
    expect_told(0);
}

/* Debugging ------------------------------------------------------------------------------------------------------------------ */

static int lines_of(const char *text)
{
    int lines = text[0] != '\0';
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* The story of `d` has so many lines, and says this in the first. */
static void expect_story(struct deferred *d, int lines, const char *says)
{
    char story[4096];
    adapter_run_until_quiet();
    deferred_story(d, story, sizeof story);
    expect_equal(lines_of(story), lines);
    expect(strstr(story, says) != NULL);
}

static void without_debugging_nothing_is_known(void)
{
    struct deferred *d = keep(deferred_succeed(number(1)));
    expect_story(d, 0, "");
}

static void while_debugging_it_is_known_where_each_was_made(void)
{
    debugging(true);
    expect_story(a_deferred(), 1, "made by");
}

static void while_debugging_it_is_known_where_each_was_fired(void)
{
    debugging(true);
    struct deferred *d = a_deferred();
    callback(d, 1);
    expect_story(d, 1, "fired by");
}

static void while_debugging_it_is_known_what_each_was_chained_to(void)
{
    debugging(true);
    struct deferred *inner = a_deferred();
    struct deferred *outer = keep(deferred_succeed(number(1)));
    add_callback(outer, returning, inner);
    expect_story(outer, 2, "from");
    callback(inner, 1);
    expect_number(outer, 1);
}

static void while_debugging_a_failure_that_is_told_of_brings_its_story(void)
{
    debugging(true);
    struct deferred *inner = deferred_new();
    struct deferred *outer = deferred_succeed(number(1));
    add_callback(outer, returning, inner);
    adapter_run_until_quiet();
    errback(inner, BAD);
    adapter_run_until_quiet();
    deferred_free(inner);
    deferred_free(outer);
    expect_told(1);
    expect_equal(lines_told(), 2);
}

static void without_debugging_a_failure_that_is_told_of_has_no_story(void)
{
    struct deferred *d = deferred_new();
    errback(d, BAD);
    deferred_free(d);
    expect_told(1);
    expect_equal(lines_told(), 0);
}

static const struct rule table[] = {
    RULE(a_failure_that_nobody_looks_at_is_told_of_when_its_deferred_goes),
    RULE(what_a_callback_fails_with_is_told_of),
    RULE(a_failure_that_an_errback_passes_on_is_told_of),
    RULE(a_failure_that_passes_callbacks_is_told_of_once),
    RULE(a_failure_that_was_recovered_from_is_not_told_of),
    RULE(a_failure_that_an_errback_meets_late_is_not_told_of),
    RULE(a_value_is_not_told_of),
    RULE(who_waits_for_a_failed_deferred_takes_the_failure_over),
    RULE(who_waits_for_a_deferred_that_fails_takes_the_failure_over),
    RULE(a_chained_deferred_takes_the_failure_over),
    RULE(of_many_that_wait_for_each_other_one_failure_is_told_of),
    RULE(a_stored_failure_is_told_of_too),
    RULE(a_refused_firing_leaves_nothing_to_tell_of),
    RULE(a_cancellation_is_not_told_of),
    RULE(without_debugging_nothing_is_known),
    RULE(while_debugging_it_is_known_where_each_was_made),
    RULE(while_debugging_it_is_known_where_each_was_fired),
    RULE(while_debugging_it_is_known_what_each_was_chained_to),
    RULE(while_debugging_a_failure_that_is_told_of_brings_its_story),
    RULE(without_debugging_a_failure_that_is_told_of_has_no_story),
};

const struct rules unhandled_rules = RULES("unhandled failures", table);
