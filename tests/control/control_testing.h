/*
 * control_testing.h - what the tests of control share: a log of what ran, a hook that counts, threads with small
 * stacks, and a scheduler that runs its calls when it is told to.
 */
#ifndef VOW_TESTS_CONTROL_TESTING_H
#define VOW_TESTS_CONTROL_TESTING_H

#include "base/testing.h"
#include "execution/detour.h"
#include "pace.h"

#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#include <vow/async.h>
#include <vow/deferred.h>
#include <vow/promise.h>
#include <vow/report.h>
#include <vow/scheduler.h>
#include <vow/wait.h>

/* Not every test program uses everything here. */
#define unused_here __attribute__((unused))

/* A log --------------------------------------------------------------------------------------------------- */

enum { LOG_SIZE = 64 };

struct log {
    int count;
    int64_t numbers[LOG_SIZE];
};

static struct log the_log;

/* Notes `number`. */
static inline void note(int64_t number)
{
    if (the_log.count < LOG_SIZE)
        the_log.numbers[the_log.count] = number;
    the_log.count++;
}

#define assert_logged(...)                                                                         \
    do {                                                                                           \
        const int64_t wanted_[] = {__VA_ARGS__};                                                   \
        assert_int_equal(the_log.count, sizeof wanted_ / sizeof wanted_[0]);                       \
        assert_memory_equal(the_log.numbers, wanted_, sizeof wanted_);                             \
    } while (0)

#define assert_nothing_logged() assert_int_equal(the_log.count, 0)

/* Functions for links ------------------------------------------------------------------------------------- */

static inline void *number_as_context(int64_t number)
{
    return (void *)(intptr_t)number;
}

/* Notes the input, integer or status of an error, and passes it on. */
static unused_here vow_value note_input(vow_value input, void *context)
{
    (void)context;
    note(vow_is_error(input) ? -vow_error_status(input) : vow_as_integer(input));
    return input;
}

/* Notes the number in the context, and passes the input on. */
static unused_here vow_value note_context(vow_value input, void *context)
{
    note((int64_t)(intptr_t)context);
    return input;
}

/* The input plus the number in the context. */
static unused_here vow_value add_context(vow_value input, void *context)
{
    return vow_integer(vow_as_integer(input) + (int64_t)(intptr_t)context);
}

/* The number in the context, whatever comes in. */
static unused_here vow_value give_context(vow_value input, void *context)
{
    (void)input;
    return vow_integer((int64_t)(intptr_t)context);
}

/* An error whose status is the number in the context. */
static unused_here vow_value raise_context(vow_value input, void *context)
{
    (void)input;
    return vow_fail((int)(intptr_t)context, "raised by a test");
}

/* The promise in the context, which the caller keeps. */
static unused_here vow_value give_promise(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(vow_promise_retain(context));
}

/* How often a drop function ran. */
static _Atomic int drops;

static unused_here void count_drop(void *context)
{
    (void)context;
    atomic_fetch_add(&drops, 1);
}

/* Unhandled errors ---------------------------------------------------------------------------------------- */

static _Atomic int unhandled;
static _Atomic int unhandled_status;

static unused_here void count_unhandled(enum vow_report_kind kind, vow_value subject, void *context)
{
    (void)kind;
    (void)context;
    atomic_fetch_add(&unhandled, 1);
    atomic_store(&unhandled_status, vow_error_status(subject));
}

/* Looking at promises ------------------------------------------------------------------------------------- */

/* `promise`, which is borrowed, is fulfilled with an integer. */
#define assert_fulfilled(promise, number)                                                          \
    do {                                                                                           \
        vow_value value_ = vow_none();                                                             \
        assert_true(vow_peek((promise), &value_));                                                 \
        assert_true(vow_is_integer(value_));                                                       \
        assert_int_equal(vow_as_integer(value_), (number));                                        \
        assert_int_equal(vow_state(promise), VOW_FULFILLED);                                       \
    } while (0)

#define assert_rejected(promise, status)                                                           \
    do {                                                                                           \
        vow_value value_ = vow_none();                                                             \
        assert_true(vow_peek((promise), &value_));                                                 \
        assert_true(vow_is_error(value_));                                                         \
        assert_int_equal(vow_error_status(value_), (status));                                      \
        assert_int_equal(vow_state(promise), VOW_REJECTED);                                        \
        vow_release(value_);                                                                       \
    } while (0)

#define assert_pending(promise)                                                                    \
    do {                                                                                           \
        vow_value value_;                                                                          \
        assert_false(vow_peek((promise), &value_));                                                \
        assert_int_equal(vow_state(promise), VOW_PENDING);                                         \
    } while (0)

#define assert_ok(status) assert_int_equal((status), VOW_OK)

/* A deferred fires, and is given back. */
static unused_here void fire(vow_deferred *deferred, vow_value value)
{
    (void)vow_resolve(deferred, value);
    vow_deferred_release(deferred);
}

/* Threads: inside of them use `require`, because cmocka's assertions belong to the main thread -------------- */

static _Atomic int requirements_failed;

#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            atomic_fetch_add(&requirements_failed, 1);                                             \
        }                                                                                          \
    } while (0)

static unused_here pthread_t start_thread(void *(*function)(void *), void *context)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, context) != 0)
        abort();
    return thread;
}

static unused_here void join_thread(pthread_t thread)
{
    if (pthread_join(thread, NULL) != 0)
        abort();
}

static unused_here void on_another_thread(void *(*function)(void *), void *context)
{
    join_thread(start_thread(function, context));
}

/* Sanitizers' frames are several times larger, and they put things of their own on the stack. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_FACTOR 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STACK_FACTOR 8
#endif
#endif
#ifndef STACK_FACTOR
#define STACK_FACTOR 1
#endif

/* On a thread with a stack of `size`, or the smallest that the system gives. */
static unused_here void on_small_stack(size_t size, void *(*function)(void *), void *context)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (size < (size_t)PTHREAD_STACK_MIN)
        size = (size_t)PTHREAD_STACK_MIN;
    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstacksize(&attributes, size * STACK_FACTOR) != 0 ||
        pthread_create(&thread, &attributes, function, context) != 0)
        abort();
    join_thread(thread);
    (void)pthread_attr_destroy(&attributes);
}

/* What a thread fires, with what. */
struct shot {
    vow_deferred *deferred;
    vow_value value;
    vow_status status;
};

static unused_here void *shoot(void *context)
{
    struct shot *shot = context;
    shot->status = vow_resolve(shot->deferred, shot->value);
    return NULL;
}

/* Fires `deferred` from another thread, which has ended on return. */
static unused_here vow_status fire_elsewhere(vow_deferred *deferred, vow_value value)
{
    struct shot shot = {deferred, value, VOW_OK};
    on_another_thread(shoot, &shot);
    return shot.status;
}

/* A scheduler that runs its calls when it is told to -------------------------------------------------------- */

struct manual {
    pthread_mutex_t lock;
    struct vow_call *first;
    struct vow_call **end;
    int queued; /* calls taken so far */
    bool closed;
    bool *ret_freed;
};

static unused_here vow_status manual_schedule(struct vow_call *call, void *self)
{
    struct manual *manual = self;
    pthread_mutex_lock(&manual->lock);
    vow_status status = manual->closed ? VOW_CLOSED : VOW_OK;
    if (status == VOW_OK) {
        call->next = NULL;
        *manual->end = call;
        manual->end = &call->next;
        manual->queued++;
    }
    pthread_mutex_unlock(&manual->lock);
    return status;
}

static unused_here void manual_drop(void *self)
{
    struct manual *manual = self;
    if (manual->ret_freed != NULL)
        *manual->ret_freed = true;
    pthread_mutex_destroy(&manual->lock);
    free(manual);
}

/* `*ret_freed`, where it is not NULL, is set when the scheduler is gone. */
static unused_here vow_scheduler *manual_new(struct manual **ret_manual, bool *ret_freed)
{
    struct vow_scheduler_ops ops = {
        .size = sizeof ops, .name = "manual", .schedule = manual_schedule, .drop = manual_drop};
    struct manual *manual = calloc(1, sizeof *manual);
    if (manual == NULL)
        abort();
    pthread_mutex_init(&manual->lock, NULL);
    manual->end = &manual->first;
    manual->ret_freed = ret_freed;
    *ret_manual = manual;
    return vow_scheduler_new(&ops, manual);
}

static unused_here struct vow_call *manual_take(struct manual *manual)
{
    pthread_mutex_lock(&manual->lock);
    struct vow_call *call = manual->first;
    if (call != NULL) {
        manual->first = call->next;
        if (manual->first == NULL)
            manual->end = &manual->first;
    }
    pthread_mutex_unlock(&manual->lock);
    return call;
}

/* Runs one call, if there is one. */
static unused_here bool manual_step(vow_scheduler *scheduler, struct manual *manual)
{
    struct vow_call *call = manual_take(manual);
    if (call != NULL)
        vow_call_run(scheduler, call);
    return call != NULL;
}

/* Runs all calls, those that come meanwhile too; gives how many. */
static unused_here int manual_run(vow_scheduler *scheduler, struct manual *manual)
{
    int count = 0;
    while (manual_step(scheduler, manual))
        count++;
    return count;
}

/* Takes no more calls, drops those it has. */
static unused_here void manual_close(struct manual *manual)
{
    struct vow_call *call;
    pthread_mutex_lock(&manual->lock);
    manual->closed = true;
    pthread_mutex_unlock(&manual->lock);
    while ((call = manual_take(manual)) != NULL)
        vow_call_drop(call);
}

/* Whether a thread of the system is behind each stack: then the system's scheduler has part in each switch, and on a busy
   machine a million of them take minutes. */
static unused_here bool switches_by_threads(void)
{
    const char *chosen = getenv("VOW_SWITCH");
    return chosen != NULL && strcmp(chosen, "threads") == 0;
}

/* Skips a test whose subject is what workers or queued jobs do, where there are none (vow/async.h). */
#define needs_asynchrony()                                                                         \
    do {                                                                                           \
        if (vow_async_is_disabled())                                                               \
            skip();                                                                                \
    } while (0)

/* Skips a test whose subject is that nothing else runs meanwhile, where everything lets others go first (vow/debug.h). */
#define needs_short_ways()                                                                         \
    do {                                                                                           \
        if (vow_slow)                                                                              \
            skip();                                                                                \
    } while (0)

/* Beginning and end of a test ------------------------------------------------------------------------------- */

/* A test that hangs is a test that fails. */
enum { TEST_SECONDS = 60 };

static unused_here int begin_control(void **state)
{
    alarm((unsigned)longer(TEST_SECONDS * STACK_FACTOR));
    vow_set_report_hook(count_unhandled, NULL);
    (void)vow_run_pending();
    (void)vow_current_scheduler(); /* the thread's record is made before objects are counted */
    the_log = (struct log){0};
    atomic_store(&drops, 0);
    atomic_store(&unhandled, 0);
    atomic_store(&requirements_failed, 0);
    return begin_counting(state);
}

static unused_here int end_control(void **state)
{
    alarm(0);
    (void)vow_run_pending(); /* what was delivered and seen before it arrived */
    if (atomic_load(&requirements_failed) != 0)
        (void)fprintf(stderr, "a thread's requirement failed\n");
    return nothing_is_left(state) == 0 && atomic_load(&requirements_failed) == 0 ? 0 : -1;
}

#define control_test(function) cmocka_unit_test_setup_teardown(function, begin_control, end_control)

#endif
