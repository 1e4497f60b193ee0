/*
 * deep.c - rules of what is long or deep: a hundred thousand of anything takes constant stack, and linear time.
 *
 * A stack that grew with them would not hold: the suite's thread has a few megabytes, others' stacks less.
 */
#include <stdlib.h>

#include "conformance/deferred/suite.h"

/* Sanitizers take their time, and larger frames, so that fewer do. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef SANITIZED
enum { MANY = 5000 };
#else
enum { MANY = 100000 };
#endif

/* What is too many to be kept one by one. */
static struct deferred *many[MANY + 1];

static void make_many(void)
{
    for (int i = 0; i <= MANY; i++)
        many[i] = deferred_new();
}

static void free_many(void)
{
    adapter_run_until_quiet();
    for (int i = 0; i <= MANY; i++) {
        if (many[i] != NULL)
            deferred_free(many[i]);
        many[i] = NULL;
    }
}

/* Many on one ----------------------------------------------------------------------------------------------------------- */

static void many_callbacks_on_one_deferred(void)
{
    struct deferred *d = a_deferred();
    for (int i = 0; i < MANY; i++)
        add_callback(d, adding, with(1));
    callback(d, 0);
    expect_number(d, MANY);
}

static void many_callbacks_on_one_that_has_fired(void)
{
    struct deferred *d = keep(deferred_succeed(number(0)));
    for (int i = 0; i < MANY; i++)
        add_callback(d, adding, with(1));
    expect_number(d, MANY);
}

static void many_errbacks_that_a_value_passes(void)
{
    struct deferred *d = a_deferred();
    for (int i = 0; i < MANY; i++)
        add_errback(d, failing, with(WORST));
    callback(d, 5);
    expect_number(d, 5);
}

static void many_returned_deferreds_that_have_fired(void)
{
    struct deferred *d = a_deferred();
    for (int i = 0; i < MANY; i++) {
        many[i] = deferred_succeed(number(i));
        add_callback(d, returning, many[i]);
    }
    callback(d, 5);
    expect_number(d, MANY - 1);
    free_many();
}

static void many_returned_deferreds_that_fire_one_after_the_other(void)
{
    struct deferred *d = a_deferred();
    make_many();
    for (int i = 0; i < MANY; i++)
        add_callback(d, returning, many[i]);
    callback(d, 5);
    for (int i = 0; i < MANY; i++)
        callback(many[i], i);
    expect_number(d, MANY - 1);
    free_many();
}

/* Many that wait for each other -------------------------------------------------------------------------------------------- */

/* Each waits for the next one. */
static void let_each_wait(void)
{
    make_many();
    for (int i = 0; i < MANY; i++)
        add_callback(many[i], returning, many[i + 1]);
}

static void many_that_wait_for_the_next_one_fired_from_the_outermost(void)
{
    let_each_wait();
    for (int i = 0; i <= MANY; i++)
        callback(many[i], i);
    expect_number(many[0], MANY);
    free_many();
}

static void many_that_wait_for_the_next_one_fired_from_the_innermost(void)
{
    let_each_wait();
    for (int i = MANY; i >= 0; i--)
        callback(many[i], i);
    expect_number(many[0], MANY);
    free_many();
}

static void a_failure_passes_many_that_wait(void)
{
    let_each_wait();
    for (int i = 0; i < MANY; i++)
        callback(many[i], i);
    errback(many[MANY], BAD);
    expect_failure(many[0], BAD);
    free_many();
}

static void many_that_are_chained_fire_at_once(void)
{
    make_many();
    for (int i = 0; i < MANY; i++)
        expect(deferred_chain(many[i], many[i + 1]));
    callback(many[0], 5);
    expect_number(many[MANY], 5);
    free_many();
}

static void a_cancel_goes_through_many_that_wait(void)
{
    let_each_wait();
    for (int i = 0; i < MANY; i++)
        callback(many[i], i);
    adapter_run_until_quiet();
    deferred_cancel(many[0]);
    expect_failure(many[0], CANCELED);
    expect(deferred_fire(many[MANY], number(1)));
    expect(!deferred_fire(many[MANY], number(1)));
    free_many();
}

static void many_that_wait_are_given_back_unfired(void)
{
    let_each_wait();
    for (int i = 0; i < MANY; i++)
        callback(many[i], i);
    free_many();
}

/* Callbacks that go on and on ------------------------------------------------------------------------------------------------ */

static struct result count_down(struct result input, void *context)
{
    if (input.number == 0)
        return number(42);
    struct deferred *next = deferred_succeed(number(input.number - 1));
    many[input.number] = next;
    deferred_add(next, count_down, NULL, context);
    return waiting_for(next);
}

static void a_callback_that_calls_itself_through_deferreds(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, count_down, NULL);
    callback(d, MANY);
    expect_number(d, 42);
    free_many();
}

static struct result fire_next(struct result input, void *context)
{
    (void)deferred_fire(many[input.number + 1], number(input.number + 1));
    (void)context;
    return input;
}

static void callbacks_that_fire_the_next_deferred(void)
{
    make_many();
    for (int i = 0; i < MANY; i++)
        add_callback(many[i], fire_next, NULL);
    callback(many[0], 0);
    expect_number(many[MANY], MANY);
    free_many();
}

static struct result unpause_next(struct result input, void *context)
{
    (void)deferred_unpause(many[input.number + 1]);
    (void)context;
    return input;
}

static void callbacks_that_unpause_the_next_deferred(void)
{
    make_many();
    for (int i = 0; i <= MANY; i++) {
        deferred_pause(many[i]);
        callback(many[i], i);
        if (i < MANY)
            add_callback(many[i], unpause_next, NULL);
    }
    expect(deferred_unpause(many[0]));
    expect_number(many[MANY], MANY);
    free_many();
}

static struct result add_itself(struct result input, void *context)
{
    if (input.number < MANY)
        deferred_add(context, add_itself, NULL, context);
    return number(input.number + 1);
}

static void a_callback_that_adds_itself_again(void)
{
    struct deferred *d = a_deferred();
    add_callback(d, add_itself, d);
    callback(d, 0);
    expect_number(d, MANY + 1);
}

static const struct rule table[] = {
    RULE(many_callbacks_on_one_deferred),
    RULE(many_callbacks_on_one_that_has_fired),
    RULE(many_errbacks_that_a_value_passes),
    RULE(many_returned_deferreds_that_have_fired),
    RULE(many_returned_deferreds_that_fire_one_after_the_other),
    RULE(many_that_wait_for_the_next_one_fired_from_the_outermost),
    RULE(many_that_wait_for_the_next_one_fired_from_the_innermost),
    RULE(a_failure_passes_many_that_wait),
    RULE(many_that_are_chained_fire_at_once),
    RULE(a_cancel_goes_through_many_that_wait),
    RULE(many_that_wait_are_given_back_unfired),
    RULE(a_callback_that_calls_itself_through_deferreds),
    RULE(callbacks_that_fire_the_next_deferred),
    RULE(callbacks_that_unpause_the_next_deferred),
    RULE(a_callback_that_adds_itself_again),
};

const struct rules deep_rules = RULES("long and deep chains", table);
