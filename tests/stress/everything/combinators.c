/*
 * combinators.c - one promise of many, loops of promises, groups and cooperators, with delays and deadlines, canceled at random and
 * with errors. Most are made of their own, so that their results are known.
 */
#include "everything.h"

enum { MOST = 6 };

/* Each has a context of its own, which goes when it has settled: nothing of it runs then. */
static vow_promise *until_end(vow_promise *promise, struct context *context)
{
    vow_handlers at_end = {.size = sizeof(at_end), .context = context, .drop = context_drop};
    return vow_add_callbacks(promise, &at_end);
}

static vow_value later(vow_value value)
{
    return vow_promise_value(vow_delay(VOW_US((int64_t)below(200)), value));
}

/* What a part does: waits, fails, or gives something now or later. */
static vow_value part(struct context *context, int64_t number)
{
    atomic_fetch_add(&context->busy, 1);
    must(atomic_load(&context->drops) == 0);
    if (one_in(4))
        rest_in_line();
    atomic_fetch_sub(&context->busy, 1);
    if (one_in(32))
        return vow_fail(VOW_USER, "a part fails");
    return one_in(4) ? later(vow_integer(number)) : vow_integer(number);
}

/* What becomes of something that failed, was canceled, ran out of time, or whose place was closed. */
static bool is_left(vow_value value)
{
    return vow_is_error(value) &&
           told_unless(is_end_of_place(value) || vow_error_status(value) == VOW_TIMED_OUT ||
                           vow_error_status(value) == VOW_USER,
                       vow_error_status(value));
}

/* Takes a promise; false: it was not waited for to its end. */
static bool outcome_of(vow_promise *promise, vow_value *ret_value)
{
    if (one_in(4))
        vow_cancel(promise);
    vow_deadline deadline = one_in(2) ? VOW_FOREVER : soon();
    vow_status status = noted(vow_status, vow_wait(promise, deadline, ret_value));
    must(told_unless(status == VOW_OK || (status == VOW_CANCELED && vow_canceled()) ||
                         (status == VOW_TIMED_OUT && deadline.at != INT64_MAX),
                     status));
    if (status != VOW_OK && one_in(2))
        vow_cancel(promise);
    vow_promise_release(promise);
    return status == VOW_OK;
}

/* Many promises ----------------------------------------------------------------------------------------------------- */

/* Of the integers from 0 on. */
static size_t some_parts(vow_promise **parts)
{
    size_t count = below(MOST + 1);
    for (size_t i = 0; i < count; i++) {
        vow_value value = vow_integer((int64_t)i);
        if (one_in(16))
            value = vow_fail(VOW_USER, "a part fails");
        if (one_in(3))
            parts[i] = vow_call_from_thread(steady_place(), pass_on, value, NULL);
        else
            parts[i] = vow_delay(VOW_US((int64_t)below(300)), value);
    }
    return count;
}

static void must_be_in_order(vow_value list, size_t count, int64_t times)
{
    must(vow_list_count(list) == count);
    for (size_t i = 0; i < count; i++)
        must(vow_as_integer(vow_list_at(list, i)) == times * (int64_t)i);
}

static vow_promise *gather(vow_promise **parts, size_t count, enum vow_gathering_kind kind,
                           size_t wanted)
{
    struct vow_gathering gathering = {.size = sizeof(gathering),
                                      .kind = kind,
                                      .wanted = kind == VOW_GATHER_SOME ? wanted : 0,
                                      .cancel_rest = one_in(2)};
    if (one_in(2))
        return vow_gather(parts, count, &gathering);
    switch (kind) {
    case VOW_GATHER_ALL:
        return vow_all(parts, count);
    case VOW_GATHER_ANY:
        return vow_any(parts, count);
    case VOW_GATHER_RACE:
        return vow_race(parts, count);
    case VOW_GATHER_SOME:
        return vow_some(parts, count, wanted);
    default:
        return vow_all_settled(parts, count);
    }
}

static void must_be_gathered(vow_value value, enum vow_gathering_kind kind, size_t count,
                             size_t wanted)
{
    if (vow_is_error(value) && count == 0)
        must((kind == VOW_GATHER_ANY || kind == VOW_GATHER_RACE) || is_left(value));
    else if (vow_is_error(value))
        must(is_left(value));
    else if (kind == VOW_GATHER_ALL)
        must_be_in_order(value, count, 1);
    else if (kind == VOW_GATHER_SETTLED || kind == VOW_GATHER_SOME)
        must(vow_list_count(value) == (kind == VOW_GATHER_SOME ? wanted : count));
    else
        must(vow_as_integer(value) >= 0 && vow_as_integer(value) < (int64_t)count);
}

void act_gather(void)
{
    vow_promise *parts[MOST];
    vow_value value;
    enum vow_gathering_kind kind = (enum vow_gathering_kind)below(5);
    size_t count = some_parts(parts);
    size_t wanted = count > 0 ? below((unsigned)count + 1) : 0;
    if (!outcome_of(gather(parts, count, kind, wanted), &value))
        return;
    must_be_gathered(value, kind, count, wanted);
    vow_release(value);
}

/* Others' promises: what comes of them nobody knows. They may come to wait for what is gathered of them: such rings are found. */
void act_gather_any(void)
{
    vow_promise *parts[MOST];
    size_t count = 1 + below(MOST);
    for (size_t i = 0; i < count; i++)
        parts[i] = vow_timeout(vow_then(some_promise(), plain_run, NULL), soon());
    vow_promise *promise = gather(parts, count, (enum vow_gathering_kind)below(5), 1);
    if (one_in(4))
        vow_cancel(promise);
    publish(promise);
}

void act_fields(void)
{
    vow_promise *parts[MOST];
    vow_value value;
    struct vow_field fields[MOST]; /* nobody wants the values: they might come when this has left */
    size_t count = some_parts(parts);
    for (size_t i = 0; i < count; i++)
        fields[i] = (struct vow_field){.promise = parts[i], .ret_value = NULL};
    if (!outcome_of(vow_gather_fields(fields, count, vow_integer(7)), &value))
        return;
    must(vow_as_integer(value) == 7 || is_left(value));
    vow_release(value);
}

/* A function for each item -------------------------------------------------------------------------------------------- */

static vow_value list_of(size_t count)
{
    vow_value list = vow_list_new(one_in(2) ? count : 0);
    for (size_t i = 0; i < count; i++)
        must(vow_list_append(list, vow_integer((int64_t)i)) == VOW_OK);
    return list;
}

static vow_value twice(vow_value item, void *context)
{
    return part(context, 2 * vow_as_integer(item));
}

static vow_value is_odd(vow_value item, void *context)
{
    return part(context, vow_as_integer(item) % 2);
}

static vow_value add_up(vow_value total, vow_value item, void *context)
{
    return part(context, vow_as_integer(total) + vow_as_integer(item));
}

enum { MAP, FILTER, EACH, REDUCE, LOOPS_OVER_LISTS };

static vow_promise *loop_over(vow_value list, unsigned which, struct context *context)
{
    switch (which) {
    case MAP:
        return vow_map(list, twice, context, below(4));
    case FILTER:
        return vow_filter(list, is_odd, context, below(4));
    case EACH:
        return vow_each(list, twice, context);
    default:
        return vow_reduce(list, add_up, vow_integer(0), context);
    }
}

void act_list(void)
{
    size_t count = below(2 * MOST);
    unsigned which = below(LOOPS_OVER_LISTS);
    struct context *context = context_new();
    vow_value value;
    if (!outcome_of(until_end(loop_over(list_of(count), which, context), context), &value))
        return;
    if (vow_is_error(value))
        must(is_left(value));
    else if (which == MAP || which == EACH)
        must_be_in_order(value, count, which == MAP ? 2 : 1);
    else if (which == FILTER)
        must(vow_list_count(value) == count / 2);
    else
        must(vow_as_integer(value) == (int64_t)(count > 0 ? count * (count - 1) / 2 : 0));
    vow_release(value);
}

/* Again and again ------------------------------------------------------------------------------------------------------ */

enum { TURNS = 8 };

static vow_value count_turn(vow_value value, void *context)
{
    return vow_as_integer(value) == TURNS ? vow_end() : part(context, vow_as_integer(value) + 1);
}

static bool is_turned(vow_value value, void *context)
{
    (void)context;
    return vow_as_integer(value) == TURNS;
}

static vow_value try_once(vow_value value, void *context)
{
    return one_in(2) ? vow_fail(VOW_USER, "not this time") : part(context, vow_as_integer(value));
}

static vow_promise *turn(unsigned which, struct context *context)
{
    struct vow_retrying retrying = {.size = sizeof(retrying),
                                    .tries = 1 + below(4),
                                    .pause = VOW_US((int64_t)below(100)),
                                    .jitter = 0.5};
    if (which == 0)
        return vow_repeat(count_turn, vow_integer(0), context);
    if (which == 1)
        return vow_repeat_until(count_turn, vow_integer(0), is_turned, context);
    return vow_retry(try_once, vow_integer(TURNS), context, &retrying);
}

void act_again(void)
{
    struct context *context = context_new();
    vow_promise *promise = until_end(turn(below(3), context), context);
    vow_value value;
    if (one_in(4))
        promise = vow_timeout(promise, soon());
    if (!outcome_of(promise, &value))
        return;
    must(vow_is_error(value) ? is_left(value) : vow_as_integer(value) == TURNS);
    vow_release(value);
}

void act_delay(void)
{
    vow_promise *promise = vow_delay(VOW_US((int64_t)below(1000)), vow_text("later"));
    if (one_in(2))
        promise = vow_timeout(promise, soon());
    if (one_in(4))
        vow_cancel(promise);
    publish(promise);
}

static vow_value rest_within(vow_value input, void *pointer)
{
    (void)pointer;
    for (unsigned i = below(4); i > 0; i--)
        act_sleep();
    return vow_canceled() ? vow_fail(VOW_CANCELED, "canceled") : input;
}

void act_within(void)
{
    vow_value value = noted(
        vow_value, vow_within(one_in(4) ? VOW_FOREVER : soon(), rest_within, vow_integer(5), NULL));
    must(vow_is_error(value) ? is_left(value) : vow_as_integer(value) == 5);
    vow_release(value);
}

/* Groups --------------------------------------------------------------------------------------------------------------- */

struct members {
    _Atomic int under_way;
};

static vow_value be_member(vow_value input, void *pointer)
{
    struct members *members = pointer;
    atomic_fetch_add(&members->under_way, 1);
    if (one_in(2))
        rest_in_line();
    vow_value result = one_in(16) ? vow_fail(VOW_USER, "a member fails") : input;
    atomic_fetch_sub(&members->under_way, 1);
    return result;
}

static void add_member(vow_group *group, struct members *members)
{
    vow_status status =
        one_in(3) ? vow_group_add(group, vow_delay(VOW_US((int64_t)below(300)), vow_none()))
                  : vow_group_spawn(group, be_member, vow_integer(1), members);
    must(told_unless(status == VOW_OK || status == VOW_CANCELED, status));
}

/* A work: nothing but a group's members ends its wait. */
void act_group(void)
{
    struct members members = {.under_way = 0};
    vow_scheduler *scheduler = one_in(2) ? some_place() : NULL;
    struct vow_grouping grouping = {.size = sizeof(grouping),
                                    .scheduler = scheduler,
                                    .deadline = one_in(2) ? soon() : VOW_FOREVER,
                                    .keep_going = one_in(2)};
    vow_group *group = vow_group_new(&grouping);
    vow_scheduler_release(scheduler);
    must(group != NULL);
    for (unsigned i = below(MOST); i > 0; i--)
        add_member(group, &members);
    if (one_in(4))
        vow_group_cancel(group);
    vow_value value;
    if (one_in(2) && outcome_of(vow_group_close(group), &value)) {
        must(!vow_is_error(value) || is_left(value));
        must(vow_group_count(group) == 0);
        vow_release(value);
    }
    must(noted(vow_status, vow_group_free(group)) == VOW_OK);
    must(atomic_load(&members.under_way) == 0);
}

/* Cooperators ---------------------------------------------------------------------------------------------------------- */

static void play_with(vow_iteration *iteration)
{
    vow_status status = VOW_OK;
    if (one_in(2)) {
        status = vow_iteration_pause(iteration);
        if (status == VOW_OK)
            status = vow_iteration_resume(iteration);
    }
    if (one_in(8))
        status = vow_iteration_stop(iteration);
    must(told_unless(status == VOW_OK || status == VOW_CLOSED, status));
}

static vow_promise *iterate(vow_cooperator *cooperator)
{
    struct context *context = context_new();
    if (one_in(4))
        return until_end(vow_coiterate(cooperator, count_turn, vow_integer(0), context), context);
    vow_iteration *iteration = vow_cooperate(cooperator, count_turn, vow_integer(0), context);
    if (iteration == NULL) { /* its place was closed, and ended the cooperator */
        context_drop(context);
        return vow_delay(0, vow_fail(VOW_CLOSED, "no cooperator"));
    }
    vow_promise *done = until_end(vow_iteration_done(iteration), context);
    play_with(iteration);
    vow_iteration_release(iteration);
    return done;
}

void act_cooperate(void)
{
    vow_scheduler *scheduler = one_in(2) ? some_place() : NULL;
    struct vow_cooperating cooperating = {
        .size = sizeof(cooperating), .scheduler = scheduler, .steps = below(3)};
    vow_cooperator *cooperator = vow_cooperator_new(&cooperating);
    vow_scheduler_release(scheduler);
    must(cooperator != NULL);
    vow_promise *done[3];
    unsigned count = 1 + below(3);
    for (unsigned i = 0; i < count; i++)
        done[i] = iterate(cooperator);
    if (one_in(8))
        vow_cooperator_stop(cooperator);
    for (unsigned i = 0; i < count; i++) {
        vow_value value;
        if (!outcome_of(done[i], &value))
            continue;
        must(vow_is_error(value) ? is_left(value) : vow_as_integer(value) == TURNS);
        vow_release(value);
    }
    vow_cooperator_free(cooperator);
}
