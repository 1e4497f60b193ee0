/*
 * timer.c - programs over timers, delayed calls and delays on a loop, under a virtual clock; and a model of what happens at which
 * moment, in which order (vow/timer.h, vow/loop.h, vow/delay.h, vow/clock.h).
 */
#include "fuzz.h"

#include <string.h>

enum { TIMERS = 4, CALLS = 6, MOST_EVENTS = 60 };

/* What a timer does when it is called. */
enum habit { QUIET, STARTS_ANOTHER, STOPS_ANOTHER, STARTS_AGAIN, HABITS };

static struct {
    enum habit habit;
    int other;
    int64_t delay;
} habits[TIMERS];

/* Of the same moment, timers happen in the order of their starts, and so do calls, but not the ones between the others: calls
   are noted apart. */
static struct {
    int count;
    struct {
        int index;
        long at;
    } calls[MOST_EVENTS * CALLS];
} called[2];

static void note_call(enum side side, int index, int64_t at)
{
    called[side].calls[called[side].count].index = index;
    called[side].calls[called[side].count++].at = (long)at;
}

static int64_t began;
static vow_clock *the_clock;

/* The model: what is to happen, in the order of starts -------------------------------------------------------------- */

static struct event {
    bool there;
    int64_t at;
    int64_t period; /* 0: once */
    long start;     /* the order of the starts */
} events[TIMERS + CALLS];

static int64_t model_now;
static long starts;

static void start_model(int index, int64_t at, int64_t period)
{
    events[index] = (struct event){true, at, period, starts++};
}

static bool is_before(const struct event *event, const struct event *other)
{
    if (event->at != other->at)
        return event->at < other->at;
    return (event->start < other->start) != (fuzz_bend == BEND_TIMER);
}

static struct event *next_event(int64_t until)
{
    struct event *next = NULL;
    for (int i = 0; i < TIMERS + CALLS; i++)
        if (events[i].there && events[i].at <= until &&
            (next == NULL || is_before(&events[i], next)))
            next = &events[i];
    return next;
}

static void call_timer_model(int index)
{
    int other = habits[index].other;
    note_on(MODEL, "timer", index, (long)model_now);
    if (habits[index].habit == STARTS_ANOTHER)
        start_model(other, model_now + habits[index].delay, 0);
    if (habits[index].habit == STOPS_ANOTHER) {
        note_on(MODEL, "stop", other, events[other].there);
        events[other].there = false;
    }
    if (habits[index].habit == STARTS_AGAIN)
        start_model(index, model_now + habits[index].delay, 0);
}

static void call_model(struct event *event)
{
    int index = (int)(event - events);
    if (event->at > model_now)
        model_now = event->at;
    if (event->period > 0) {
        event->at += event->period;
        event->start = starts++;
    } else {
        event->there = false;
    }
    if (index < TIMERS)
        call_timer_model(index);
    else
        note_call(MODEL, index - TIMERS, model_now);
}

static void advance_model(int64_t nanoseconds)
{
    int64_t until = model_now + nanoseconds;
    for (struct event *event; (event = next_event(until)) != NULL;)
        call_model(event);
    model_now = until;
}

/* The library's side ---------------------------------------------------------------------------------------------- */

static vow_loop *loop;
static struct vow_timer timers[TIMERS];
static vow_promise *calls[CALLS];

static int64_t now(void)
{
    return vow_now() - began;
}

static vow_deadline in(int64_t nanoseconds)
{
    return vow_after(nanoseconds);
}

static void on_timer(struct vow_timer *timer)
{
    int index = (int)(timer - timers), other = habits[index].other;
    note_on(REAL, "timer", index, (long)now());
    if (habits[index].habit == STARTS_ANOTHER)
        must(vow_timer_start(loop, &timers[other], in(habits[index].delay)) == VOW_OK);
    if (habits[index].habit == STOPS_ANOTHER)
        note_on(REAL, "stop", other, vow_timer_stop(&timers[other]));
    if (habits[index].habit == STARTS_AGAIN)
        must(vow_timer_start(loop, timer, in(habits[index].delay)) == VOW_OK);
}

static vow_value on_call(vow_value input, void *context)
{
    (void)context;
    const int index = (int)(intptr_t)context;
    note_call(REAL, index, now());
    return input;
}

static void let_call_go(int index)
{
    vow_promise_release(calls[index]);
    calls[index] = NULL;
}

/* The program ----------------------------------------------------------------------------------------------------- */

/* Few different moments, so that many happen at the same one. */
static int64_t read_delay(struct bytes *bytes)
{
    static const int64_t units[] = {1, 1000, VOW_MS(1), VOW_MS(100)};
    unsigned choice = next_byte(bytes);
    return (int64_t)(choice / 4 % 8) * units[choice % 4];
}

static void start_both(int index, int64_t delay, int64_t period)
{
    if (period > 0)
        must(vow_timer_repeat(loop, &timers[index], in(delay), period) == VOW_OK);
    else
        must(vow_timer_start(loop, &timers[index], in(delay)) == VOW_OK);
    start_model(index, model_now + delay, period);
}

static void stop_both(int index)
{
    note_on(REAL, "stop", index, vow_timer_stop(&timers[index]));
    note_on(MODEL, "stop", index, events[index].there);
    events[index].there = false;
}

static void call_both(int index, int64_t delay)
{
    if (calls[index] != NULL)
        return;
    calls[index] = vow_call_later(loop, delay, on_call, token_box(index), (void *)(intptr_t)index);
    start_model(TIMERS + index, model_now + delay, 0);
}

static void cancel_both(int index)
{
    if (calls[index] == NULL)
        return;
    vow_cancel(calls[index]);
    let_call_go(index);
    events[TIMERS + index].there = false;
}

static void advance_both(int64_t nanoseconds)
{
    must(vow_clock_advance(the_clock, nanoseconds) == VOW_OK);
    advance_model(nanoseconds);
}

static void do_event(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes);
    int timer = (int)(choice / 8 % TIMERS), call = (int)(choice / 8 % CALLS);
    int64_t delay = choice % 8 == 3 || choice % 8 == 5 ? 0 : read_delay(bytes);
    trace("event %u timer %d call %d delay %ld", choice % 8, timer, call, (long)delay);
    switch (choice % 8) {
    case 0:
    case 1:
        start_both(timer, delay, 0);
        break;
    case 2: /* not so often that it takes long */
        start_both(timer, delay, VOW_MS(50) + delay);
        break;
    case 3:
        stop_both(timer);
        break;
    case 4:
        call_both(call, delay);
        break;
    case 5:
        cancel_both(call);
        break;
    default:
        advance_both(delay);
        break;
    }
}

static void note_called(enum side side)
{
    for (int i = 0; i < called[side].count; i++)
        note_on(side, "call", called[side].calls[i].index, called[side].calls[i].at);
    called[side].count = 0;
}

static void note_calls(void)
{
    note_called(REAL);
    note_called(MODEL);
    for (int i = 0; i < CALLS; i++) {
        if (calls[i] == NULL)
            continue;
        bool pending = vow_state(calls[i]) == VOW_PENDING;
        note_on(REAL, "pending", i, pending);
        note_on(MODEL, "pending", i, events[TIMERS + i].there);
        if (!pending)
            let_call_go(i);
    }
}

static void begin(struct bytes *bytes)
{
    the_clock = vow_clock_new();
    must(vow_clock_install(the_clock) == VOW_OK);
    loop = vow_loop_new(NULL);
    must(loop != NULL);
    began = vow_now();
    model_now = 0;
    starts = 0;
    memset(events, 0, sizeof(events));
    for (int i = 0; i < TIMERS; i++) {
        unsigned choice = next_byte(bytes);
        must(vow_timer_init(&timers[i], on_timer) == VOW_OK);
        habits[i].habit = choice % HABITS;
        habits[i].other = (int)(choice / HABITS % TIMERS);
        habits[i].delay = VOW_MS(40) + (int64_t)(choice / 16) * VOW_MS(4);
    }
}

void fuzz_timer(struct bytes *bytes)
{
    begin(bytes);
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        do_event(bytes);
        note_calls();
        compare_notes();
    }
    for (int i = 0; i < CALLS; i++)
        let_call_go(i);
    must(vow_loop_free(loop) == VOW_OK);
    must(vow_clock_free(the_clock) == VOW_OK);
}
