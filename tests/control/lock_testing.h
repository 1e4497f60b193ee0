/*
 * lock_testing.h - what the tests of locks share: lines of execution of each kind that wait for something, and a look
 * at who waits.
 */
#ifndef VOW_TESTS_CONTROL_LOCK_TESTING_H
#define VOW_TESTS_CONTROL_LOCK_TESTING_H

#include "control/control_testing.h"
#include "control/wait_queue.h"

#include <sched.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>

/* How many wait for `object`. */
static unused_here uint32_t waiting_for(void *object)
{
    struct told told = {NULL, NULL};
    vow_wait_queue_open(object);
    uint32_t count = ((struct vow_wait_queue *)object)->count;
    vow_wait_queue_shut(object, &told);
    return count;
}

static unused_here void until_waiting(void *object, uint32_t count)
{
    while (waiting_for(object) != count)
        (void)sched_yield();
}

/* Trying ---------------------------------------------------------------------------------------------------- */

struct attempt {
    bool (*make)(void *object);
    void *object;
    _Atomic bool ended;
    bool taken;
};

static unused_here void *attempt_thread(void *context)
{
    struct attempt *attempt = context;
    attempt->taken = attempt->make(attempt->object);
    atomic_store(&attempt->ended, true);
    return NULL;
}

static inline bool is_wanted(const struct vow_wait_queue *queue)
{
    const struct lock *lock = (const struct lock *)(const void *)&queue->lock;
    return atomic_load(&lock->word) == 2;
}

/* What `make` gives another thread while this one is inside of `object`: until that wants to be inside, too, or has
   ended. */
static unused_here bool try_beside_another(bool (*make)(void *object), void *object)
{
    struct attempt attempt = {.make = make, .object = object};
    struct told told = {NULL, NULL};
    vow_wait_queue_open(object);
    pthread_t thread = start_thread(attempt_thread, &attempt);
    while (!atomic_load(&attempt.ended) && !is_wanted(object))
        (void)sched_yield();
    vow_wait_queue_shut(object, &told);
    join_thread(thread);
    return attempt.taken;
}

/* Lines ----------------------------------------------------------------------------------------------------- */

enum how { AS_THREAD, AS_JOB };

struct line_of_test {
    void (*work)(struct line_of_test *line);
    void *object;
    int number;
    vow_deadline deadline;
    vow_status status;
    pthread_t thread;
    vow_promise *job;
};

static unused_here void *line_thread(void *context)
{
    struct line_of_test *line = context;
    line->work(line);
    return NULL;
}

static unused_here vow_value line_job(vow_value input, void *context)
{
    struct line_of_test *line = context;
    line->work(line);
    return input;
}

static vow_pool *lines_pool;

static unused_here void line_start(struct line_of_test *line, enum how how)
{
    line->job = NULL;
    if (how == AS_JOB)
        line->job = vow_submit(vow_pool_scheduler(lines_pool), line_job, vow_none(), line);
    else
        line->thread = start_thread(line_thread, line);
}

static unused_here void line_end(struct line_of_test *line)
{
    if (line->job == NULL)
        join_thread(line->thread);
    else
        vow_release(vow_await(line->job, VOW_FOREVER));
}

/* The log, for lines that come one after the other by the object under test, or not at all. */
static unused_here void note_locked(int64_t number)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    note(number);
    pthread_mutex_unlock(&mutex);
}

/* A test that is run with threads, and again with jobs. */
static unused_here void with_every_line(void (*test)(enum how how))
{
    lines_pool = vow_pool_new(8, NULL);
    test(AS_THREAD);
    the_log.count = 0;
    if (!vow_async_is_disabled()) /* jobs wait for each other: that takes workers */
        test(AS_JOB);
    assert_ok(vow_pool_free(lines_pool));
}

/* A promise's value, noted with a number when its turn comes. */
static unused_here vow_promise *noted(vow_promise *promise, int64_t number)
{
    return vow_add_callback(promise, note_context, number_as_context(number));
}

#endif
