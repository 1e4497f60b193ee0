/*
 * park_testing.h - what the tests of parking share: jobs that wait, gates, and how many are many.
 */
#ifndef VOW_TESTS_PARK_TESTING_H
#define VOW_TESTS_PARK_TESTING_H

#include "control/control_testing.h"

#include "base/platform.h"
#include "control/link.h"
#include "control/promise.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <vow/line.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>

static inline bool is_slow(void)
{
    const char *kind = getenv("VOW_SWITCH");
    const char *loaded = getenv("LD_PRELOAD");
    return times_slower() > 1 || VOW_SWITCH_TOLD || (kind != NULL && *kind != '\0') ||
           (loaded != NULL && strstr(loaded, "vgpreload") != NULL);
}

/* `number`, or less where stacks are dear. */
static inline int many(int number)
{
    return !is_slow() ? number : number > 3000 ? number / 100 : number > 300 ? number / 10 : number;
}

static inline struct vow_pool *pool_of(int workers)
{
    vow_pool *pool = vow_pool_new(workers, NULL);
    assert_non_null(pool);
    return pool;
}

static inline void free_pool(vow_pool *pool)
{
    assert_ok(vow_pool_free(pool));
}

/* Of pools that a test is run with. */
static const int sizes[] = {1, 2, 8};
#define SIZES (sizeof sizes / sizeof sizes[0])

/* A promise that somebody opens later. */
struct gate {
    vow_deferred *deferred;
    vow_promise *promise;
};

static inline struct gate gate_new(void)
{
    struct gate gate;
    gate.deferred = vow_deferred_new(&gate.promise);
    return gate;
}

static inline void gate_open(struct gate *gate)
{
    fire(gate->deferred, vow_integer(1));
    gate->deferred = NULL;
}

static inline void gate_end(struct gate *gate)
{
    if (gate->deferred != NULL)
        gate_open(gate);
    vow_promise_release(gate->promise);
}

static inline bool is_waited_for(vow_promise *promise)
{
    vow_promise_enter(promise);
    const struct link *link = promise->links;
    bool found = link != NULL && link->kind == LINK_WAIT; /* the last one that came */
    vow_promise_leave(promise);
    return found;
}

/* A line has come so far that it stands among the promise's links: the promise has to settle for it to go on. */
static unused_here void until_waited_for(vow_promise *promise)
{
    while (!is_waited_for(promise))
        (void)sched_yield();
}

/* A job: waits for the promise in the context, and gives what the wait gave, or its status, negative. */
static unused_here vow_value wait_for_context(vow_value input, void *context)
{
    vow_value value = vow_none();
    vow_status status = vow_wait(context, VOW_FOREVER, &value);
    (void)input;
    return status == VOW_OK ? value : vow_integer(-status);
}

/* How many jobs have come to some point. */
static _Atomic int arrived;

static inline void await_count(_Atomic int *counter, int wanted)
{
    while (atomic_load(counter) < wanted)
        (void)sched_yield();
}

/* The same, after counting up. */
static unused_here vow_value arrive_and_wait(vow_value input, void *context)
{
    atomic_fetch_add(&arrived, 1);
    return wait_for_context(input, context);
}

static unused_here vow_value give_input(vow_value input, void *context)
{
    (void)context;
    return input;
}

/* Gives its input by way of a job that is queued behind it, on the scheduler in the context. */
static inline vow_value wait_for_one_behind(vow_value input, void *context)
{
    vow_promise *behind = vow_submit(context, give_input, vow_retain(input), NULL);
    return vow_await(behind, VOW_FOREVER);
}

static inline int64_t await_integer(vow_promise *promise)
{
    vow_value value = vow_await(promise, VOW_FOREVER);
    int64_t number = vow_is_error(value) ? -vow_error_status(value) : vow_as_integer(value);
    vow_release(value);
    return number;
}

/* On the only worker of a pool one line is parked, and a job waits that holds the thread, because it is blocking or
   there is no other stack: the line goes on all the same, and then the job. */
static unused_here void wait_on_a_thread_that_others_use(bool blocking)
{
    struct gate first = gate_new();
    struct gate second = gate_new();
    vow_pool *workers = pool_of(1);
    vow_promise *parked =
        vow_submit(vow_pool_scheduler(workers), arrive_and_wait, vow_none(), first.promise);
    until_waited_for(first.promise);
    struct vow_job job = {.size = sizeof(job),
                          .fn = arrive_and_wait,
                          .context = second.promise,
                          .blocking = blocking};
    vow_promise *holding = vow_submit_with(vow_pool_scheduler(workers), &job);
    until_waited_for(second.promise);
    gate_open(&first);
    assert_int_equal(await_integer(parked), 1);
    gate_open(&second);
    assert_int_equal(await_integer(holding), 1);
    free_pool(workers);
    gate_end(&first);
    gate_end(&second);
}

static unused_here int begin_park(void **state)
{
    atomic_store(&arrived, 0);
    int status = begin_control(state);
    alarm((unsigned)longer(is_slow() ? 480 : 120));
    return status;
}

#define park_test(function) cmocka_unit_test_setup_teardown(function, begin_park, end_control)

/* Where there may be one stack (VOW_STACKS_MOST=1): has parked with it; what is made now is lent its maker's. */
struct only_stack {
    struct gate gate;
    vow_promise *parked;
};

static inline struct only_stack take_only_stack(void)
{
    struct only_stack only = {.gate = gate_new()};
    only.parked = vow_spawn(vow_immediate(), wait_for_context, vow_none(), only.gate.promise);
    assert_int_equal(vow_state(only.parked), VOW_PENDING);
    return only;
}

static inline void give_only_stack(struct only_stack *only)
{
    if (only->gate.deferred != NULL)
        gate_open(&only->gate);
    assert_int_equal(await_integer(only->parked), 1);
    gate_end(&only->gate);
}

#endif
