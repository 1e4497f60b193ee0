/*
 * line.c - rules of lines of execution that wait for deferreds: inlineCallbacks, deferredGenerator, coroutines and
 * ensureDeferred.
 *
 * While a line waits for what only the rule will fire, a rule must not ask for quiet: in a closed world that wait would
 * never end, and is ended. It waits for the line's signs instead.
 */
#include "conformance/deferred/suite.h"

/* Waits for this one alone, whatever else may still happen. */
static void wait_for_sign(struct deferred *sign)
{
    struct result result;
    expect(deferred_result(sign, &result));
}

/* What a line is given: it fires `begun`, and waits for `first` and `second`, where there are such. */
struct script {
    struct deferred *begun;
    struct deferred *between;
    struct deferred *first;
    struct deferred *second;
};

static struct result note_result(struct result result)
{
    return noting(result, NULL);
}

/* Gives the sum of what it has waited for, or the first failure. */
static struct result add_up(struct result input, void *context)
{
    struct script *script = context;
    (void)input;
    (void)deferred_fire(script->begun, nothing());
    struct result first = note_result(line_wait(script->first));
    if (first.kind == FAILURE || script->second == NULL)
        return first;
    (void)deferred_fire(script->between, nothing());
    struct result second = note_result(line_wait(script->second));
    if (second.kind == FAILURE)
        return second;
    return number(first.number + second.number);
}

static struct script a_script(bool with_second)
{
    return (struct script){.begun = a_deferred(),
                           .between = a_deferred(),
                           .first = a_deferred(),
                           .second = with_second ? a_deferred() : NULL};
}

/* Giving --------------------------------------------------------------------------------------------------------------------- */

static void a_line_gives_what_its_function_gives(void)
{
    expect_number(keep(line_start(adding, number(1), with(4))), 5);
}

static void a_line_that_gives_nothing_is_a_success(void)
{
    expect_nothing(keep(line_start(marking, nothing(), with(1))));
    expect_notes(1);
}

static void a_line_that_fails_fails_its_deferred(void)
{
    expect_failure(keep(line_start(failing, nothing(), with(BAD))), BAD);
}

static void a_line_that_gives_a_deferred_is_that(void)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = keep(line_start(returning, nothing(), inner));
    expect_pending(d);
    callback(inner, 5);
    expect_number(d, 5);
}

static struct result raise_behind(struct result input, void *context)
{
    (void)input;
    struct result result = line_wait(context);
    return result.kind == FAILURE ? result : failure(WORSE);
}

static void a_line_may_fail_behind_a_wait(void)
{
    expect_failure(keep(line_start(raise_behind, nothing(), keep(deferred_succeed(number(1))))),
                   WORSE);
}

/* Waiting -------------------------------------------------------------------------------------------------------------------- */

static void what_has_fired_is_had_without_waiting(void)
{
    struct script script = a_script(true);
    callback(script.first, 1);
    callback(script.second, 2);
    expect_number(keep(line_start(add_up, nothing(), &script)), 3);
    expect_notes(1, 2);
}

static void what_has_not_fired_is_waited_for(void)
{
    struct script script = a_script(true);
    struct deferred *d = keep(line_start(add_up, nothing(), &script));
    wait_for_sign(script.begun);
    expect(deferred_is_pending(d));
    callback(script.first, 1);
    wait_for_sign(script.between);
    expect(deferred_is_pending(d));
    callback(script.second, 2);
    expect_number(d, 3);
    expect_notes(1, 2);
}

static void deferreds_may_fire_before_the_line_comes_to_them(void)
{
    struct script script = a_script(true);
    struct deferred *d = keep(line_start(add_up, nothing(), &script));
    wait_for_sign(script.begun);
    callback(script.second, 2);
    callback(script.first, 1);
    expect_number(d, 3);
}

static void a_failure_is_what_the_wait_gives(void)
{
    struct script script = a_script(true);
    struct deferred *d = keep(line_start(add_up, nothing(), &script));
    wait_for_sign(script.begun);
    errback(script.first, BAD);
    expect_failure(d, BAD);
    expect_notes(failed(BAD));
}

static void a_failure_from_before_is_what_the_wait_gives(void)
{
    struct script script = a_script(false);
    errback(script.first, BAD);
    expect_failure(keep(line_start(add_up, nothing(), &script)), BAD);
    expect_notes(failed(BAD));
}

static struct result recover(struct result input, void *context)
{
    (void)input;
    struct result result = line_wait(context);
    return result.kind == FAILURE ? number(9) : failure(WORST);
}

static void a_line_may_recover_from_what_it_waits_for(void)
{
    expect_number(keep(line_start(recover, nothing(), keep(deferred_fail(BAD)))), 9);
    expect_told(0);
}

static void a_line_sees_the_end_of_the_chain_that_it_waits_for(void)
{
    struct script script = a_script(false);
    add_callback(script.first, adding, with(10));
    add_callback(script.first, adding, with(100));
    struct deferred *d = keep(line_start(add_up, nothing(), &script));
    wait_for_sign(script.begun);
    callback(script.first, 1);
    expect_number(d, 111);
}

static struct result start_inner(struct result input, void *context)
{
    struct deferred **inner = context;
    struct result result = line_wait(inner[0]);
    note(result.number);
    inner[1] = line_start(adding, input, with(result.number));
    result = line_wait(inner[1]);
    note(result.number);
    return result;
}

static void a_line_may_wait_for_another_line(void)
{
    struct deferred *inner[] = {keep(deferred_succeed(number(5))), NULL};
    expect_number(keep(line_start(start_inner, number(1), inner)), 6);
    expect_notes(5, 6);
    deferred_free(inner[1]);
}

enum { TURNS = 10000 };

static struct result wait_often(struct result input, void *context)
{
    int64_t sum = 0;
    (void)context;
    for (int i = 0; i < TURNS; i++) {
        struct deferred *ready = deferred_succeed(input);
        sum += line_wait(ready).number;
        deferred_free(ready);
    }
    return number(sum);
}

static void many_waits_for_what_has_fired_take_constant_stack(void)
{
    expect_number(keep(line_start(wait_often, number(1), NULL)), TURNS);
}

static struct result descend(struct result input, void *context)
{
    if (input.number == 0)
        return number(0);
    struct deferred *inner = line_start(descend, number(input.number - 1), context);
    struct result result = line_wait(inner);
    deferred_free(inner);
    return number(result.number + 1);
}

static void lines_may_start_lines_in_depth(void)
{
    expect_number(keep(line_start(descend, number(100), NULL)), 100);
}

/* Cancels -------------------------------------------------------------------------------------------------------------------- */

/* In this order: the line is canceled while it waits; then everything is quiet. */
static struct deferred *canceled_line(struct script *script)
{
    struct deferred *d = keep(line_start(add_up, nothing(), script));
    wait_for_sign(script->begun);
    deferred_cancel(d);
    return d;
}

static void a_cancel_of_a_line_ends_its_wait(void)
{
    struct script script = a_script(false);
    struct deferred *d = canceled_line(&script);
    expect_failure(d, CANCELED);
    expect_notes(failed(CANCELED));
}

static struct result translate(struct result input, void *context)
{
    struct script *script = context;
    (void)input;
    (void)deferred_fire(script->begun, nothing());
    struct result result = line_wait(script->first);
    if (result.kind != FAILURE)
        return failure(WORST);
    return script->second != NULL ? number(9) : failure(WORSE);
}

static void a_line_may_make_a_failure_of_its_own_of_its_cancel(void)
{
    struct script script = a_script(false);
    struct deferred *d = keep(line_start(translate, nothing(), &script));
    wait_for_sign(script.begun);
    deferred_cancel(d);
    expect_failure(d, WORSE);
}

static void a_line_may_make_a_value_of_its_cancel(void)
{
    struct script script = a_script(true);
    struct deferred *d = keep(line_start(translate, nothing(), &script));
    wait_for_sign(script.begun);
    deferred_cancel(d);
    expect_number(d, 9);
}

static void a_cancel_of_a_line_that_has_ended_changes_nothing(void)
{
    struct deferred *d = keep(line_start(giving, nothing(), with(5)));
    expect_number(d, 5);
    deferred_cancel(d);
    expect_number(d, 5);
}

static void a_canceled_deferred_fails_the_line_that_waits_for_it(void)
{
    struct script script = a_script(false);
    deferred_share(script.first);
    struct deferred *d = keep(line_start(add_up, nothing(), &script));
    wait_for_sign(script.begun);
    deferred_cancel(script.first);
    expect_failure(d, CANCELED);
}

static const struct rule table[] = {
    RULE(a_line_gives_what_its_function_gives),
    RULE(a_line_that_gives_nothing_is_a_success),
    RULE(a_line_that_fails_fails_its_deferred),
    RULE(a_line_that_gives_a_deferred_is_that),
    RULE(a_line_may_fail_behind_a_wait),
    RULE(what_has_fired_is_had_without_waiting),
    RULE(what_has_not_fired_is_waited_for),
    RULE(deferreds_may_fire_before_the_line_comes_to_them),
    RULE(a_failure_is_what_the_wait_gives),
    RULE(a_failure_from_before_is_what_the_wait_gives),
    RULE(a_line_may_recover_from_what_it_waits_for),
    RULE(a_line_sees_the_end_of_the_chain_that_it_waits_for),
    RULE(a_line_may_wait_for_another_line),
    RULE(many_waits_for_what_has_fired_take_constant_stack),
    RULE(lines_may_start_lines_in_depth),
    RULE(a_cancel_of_a_line_ends_its_wait),
    RULE(a_line_may_make_a_failure_of_its_own_of_its_cancel),
    RULE(a_line_may_make_a_value_of_its_cancel),
    RULE(a_cancel_of_a_line_that_has_ended_changes_nothing),
    RULE(a_canceled_deferred_fails_the_line_that_waits_for_it),
};

const struct rules line_rules = RULES("lines that wait", table);
