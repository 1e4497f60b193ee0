/*
 * adapter_vow_relatives.c - vow under the rules of deferreds: lines that wait, locks, queues, failures that nobody looked
 * at, and the place.
 */
#include "conformance/deferred/adapter_vow.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vow/channel.h>
#include <vow/debug.h>
#include <vow/delay.h>
#include <vow/error.h>
#include <vow/line.h>
#include <vow/memory.h>
#include <vow/mutex.h>
#include <vow/report.h>
#include <vow/semaphore.h>
#include <vow/wait.h>

#include "conformance/place.h"
#include "objects.h"

/* Lines ---------------------------------------------------------------------------------------------------------------------- */

struct deferred *line_start(step *function, struct result input, void *context)
{
    return deferred_of(
        NULL, vow_spawn(NULL, run_callback, value_of(input), hook_new(function, NULL, context)));
}

struct result line_wait(struct deferred *deferred)
{
    vow_value value = vow_await(give_promise_of(deferred), VOW_FOREVER);
    struct result result = result_of(value);
    vow_release(value);
    return result;
}

/* Locks ---------------------------------------------------------------------------------------------------------------------- */

struct lock {
    bool is_mutex;
    vow_mutex mutex;
    vow_semaphore semaphore;
};

static struct lock *lock_make(bool is_mutex, uint32_t tokens)
{
    struct lock *lock = calloc(1, sizeof *lock);
    if (lock == NULL)
        abort();
    *lock = (struct lock){is_mutex, VOW_MUTEX_INIT, VOW_SEMAPHORE_INIT(tokens)};
    return lock;
}

struct lock *mutex_new(void)
{
    return lock_make(true, 0);
}

struct lock *semaphore_new(uint32_t tokens)
{
    return lock_make(false, tokens);
}

void lock_free(struct lock *lock)
{
    free(lock);
}

struct deferred *lock_acquire(struct lock *lock)
{
    return deferred_of(NULL, lock->is_mutex ? vow_mutex_lock_promise(&lock->mutex)
                                            : vow_semaphore_acquire_promise(&lock->semaphore, 1));
}

bool lock_release(struct lock *lock)
{
    return (lock->is_mutex ? vow_mutex_unlock(&lock->mutex)
                           : vow_semaphore_release(&lock->semaphore, 1)) == VOW_OK;
}

uint32_t lock_tokens(struct lock *lock)
{
    if (!lock->is_mutex)
        return vow_semaphore_permits(&lock->semaphore);
    if (!vow_mutex_try_lock(&lock->mutex))
        return 0;
    (void)vow_mutex_unlock(&lock->mutex);
    return 1;
}

struct deferred *lock_run(struct lock *lock, step *function, void *context)
{
    struct hook *hook = hook_new(function, NULL, context);
    return deferred_of(NULL, lock->is_mutex
                                 ? vow_mutex_run(&lock->mutex, run_callback, hook)
                                 : vow_semaphore_run(&lock->semaphore, 1, run_callback, hook));
}

/* Queues --------------------------------------------------------------------------------------------------------------------- */

/* A channel; who may wait at it is a matter of a semaphore. */
struct queue {
    vow_writer *writer;
    vow_reader *reader;
    bool limited;
    vow_semaphore places;
};

struct queue *queue_new(size_t size, size_t backlog)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL || vow_channel_new(size, NULL, &queue->writer, &queue->reader) != VOW_OK)
        abort();
    queue->limited = backlog != WITHOUT_LIMIT;
    queue->places = (vow_semaphore)VOW_SEMAPHORE_INIT(queue->limited ? (uint32_t)backlog : 0);
    return queue;
}

void queue_free(struct queue *queue)
{
    vow_writer_release(queue->writer);
    vow_reader_release(queue->reader);
    adapter_run_until_quiet(); /* those who wait give their places back */
    free(queue);
}

bool queue_put(struct queue *queue, struct result thing)
{
    vow_value value = value_of(thing);
    bool put = vow_write(queue->writer, value, VOW_POLL) == VOW_OK;
    if (!put)
        vow_release(value);
    return put;
}

static vow_value leave_place(vow_value input, void *context)
{
    struct queue *queue = context;
    (void)vow_semaphore_release(&queue->places, 1);
    return input;
}

struct deferred *queue_get(struct queue *queue)
{
    bool waits = queue->limited && vow_reader_size(queue->reader) == 0;
    if (waits && !vow_semaphore_try_acquire(&queue->places, 1))
        return NULL;
    vow_promise *item = vow_read_promise(queue->reader);
    return deferred_of(NULL, waits ? vow_add_both(item, leave_place, queue) : item);
}

/* Failures that nobody looked at --------------------------------------------------------------------------------------------- */

static _Atomic int told_count;
static _Atomic int told_last;
static _Atomic int told_lines;

static void tell(enum vow_report_kind kind, vow_value subject, void *context)
{
    (void)context;
    if (kind != VOW_REPORT_UNHANDLED)
        return;
    int lines = 0;
    const char *message = vow_error_message(subject);
    if (strncmp(message, "unhandled in ", 13) == 0)
        for (lines = 1; (message = strchr(message, '\n')) != NULL; message++)
            lines++;
    atomic_store(&told_lines, lines);
    atomic_store(&told_last, (int)result_of(subject).number);
    atomic_fetch_add(&told_count, 1);
}

int failures_told(int *ret_last)
{
    *ret_last = atomic_load(&told_last);
    return atomic_load(&told_count);
}

int lines_told(void)
{
    return atomic_load(&told_lines);
}

void debugging(bool on)
{
    vow_set_debug(on);
}

void deferred_story(struct deferred *deferred, char *buffer, size_t room)
{
    (void)vow_promise_path(deferred->promise, buffer, room);
}

const char *refusal(void)
{
    return vow_last_error();
}

/* The place ------------------------------------------------------------------------------------------------------------------ */

static long objects;

bool adapter_begin(int *argc, char **argv)
{
    if (!place_choose(argc, argv))
        return false;
    place_begin();
    vow_set_report_hook(tell, NULL);
    /* What comes with the first wait, and the first delay, and stays, is no rule's. */
    vow_release(vow_await(vow_delay(VOW_US(1), vow_none()), VOW_FOREVER));
    place_run_until_quiet();
    return true;
}

void adapter_end(void)
{
    place_end();
}

void adapter_begin_rule(void)
{
    atomic_store(&told_count, 0);
    atomic_store(&told_lines, 0);
    objects = objects_at_begin();
}

bool adapter_end_rule(void)
{
    place_run_until_quiet();
    vow_set_debug(false);
    hooks_free();
    return objects_have_gone(objects);
}

const char *adapter_place(void)
{
    return place_name();
}

bool adapter_runs_at_once(void)
{
    return place_runs_at_once();
}

void adapter_run_until_quiet(void)
{
    place_run_until_quiet();
}
