/*
 * pool_testing.h - what the pool's tests share: gates, counters to wait for, calls that note what became of them.
 *
 * Assertions belong to the test's own thread: calls only note things down.
 */
#ifndef VOW_TESTS_POOL_TESTING_H
#define VOW_TESTS_POOL_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/futex.h"
#include "execution/pool_inside.h"

/* A number that threads wait for. */
struct tally {
    _Atomic uint32_t count;
};

static inline void tally_add(struct tally *tally)
{
    atomic_fetch_add(&tally->count, 1);
    vow_futex_wake(&tally->count, INT_MAX);
}

static inline uint32_t tally_now(struct tally *tally)
{
    return atomic_load(&tally->count);
}

static inline void tally_wait(struct tally *tally, uint32_t wanted)
{
    uint32_t now;
    while ((now = atomic_load(&tally->count)) < wanted)
        (void)vow_futex_wait(&tally->count, now, VOW_FOREVER);
}

static const int pool_sizes[] = {0, 1, 2, 8};
#define POOL_SIZES (sizeof(pool_sizes) / sizeof(pool_sizes[0]))

enum fate { PENDING, RAN, DROPPED };

/* A call that notes its fate, counts, and does `act`. */
struct task {
    struct vow_call call;
    _Atomic int fate;
    _Atomic int times;
    void (*act)(struct task *task);
    vow_pool *pool;
    struct tally *began; /* added to before `act` */
    struct tally *gate;  /* waited for before `act` */
    struct tally *ended; /* added to when it has run or was dropped */
    void *context;
    int number;
};

static inline void task_end(struct task *task, enum fate fate)
{
    struct tally *ended = task->ended;
    atomic_store(&task->fate, (int)fate);
    atomic_fetch_add(&task->times, 1);
    if (ended != NULL)
        tally_add(ended);
}

static inline void task_run(struct vow_call *call)
{
    struct task *task = vow_container_of(call, struct task, call);
    if (task->began != NULL)
        tally_add(task->began);
    if (task->gate != NULL)
        tally_wait(task->gate, 1);
    if (task->act != NULL)
        task->act(task);
    task_end(task, RAN);
}

static inline void task_dropped(struct vow_call *call)
{
    task_end(vow_container_of(call, struct task, call), DROPPED);
}

static inline void submit(vow_pool *pool, struct task *task)
{
    task->call.run = task_run;
    task->call.dropped = task_dropped;
    task->pool = pool;
    vow_scheduler_call(vow_pool_scheduler(pool), &task->call);
}

static inline void run_to_its_end(vow_pool *pool, struct task *task)
{
    struct tally ended = {0};
    task->ended = &ended;
    submit(pool, task);
    tally_wait(&ended, 1);
}

static inline struct task *tasks_new(size_t count, struct tally *ended)
{
    struct task *tasks = calloc(count, sizeof(*tasks));
    for (size_t i = 0; i < count; i++) {
        tasks[i].ended = ended;
        tasks[i].number = (int)i;
    }
    return tasks;
}

static inline size_t tasks_with(const struct task *tasks, size_t count, enum fate fate)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (atomic_load(&tasks[i].fate) == (int)fate && atomic_load(&tasks[i].times) == 1)
            found++;
    return found;
}

/* One worker that is held inside a call until the gate opens. */
struct held {
    struct tally began;
    struct tally gate;
    struct tally ended;
    struct task task;
};

static inline void hold(vow_pool *pool, struct held *held)
{
    held->task.began = &held->began;
    held->task.gate = &held->gate;
    held->task.ended = &held->ended;
    submit(pool, &held->task);
    tally_wait(&held->began, 1);
}

static inline void let_go(struct held *held)
{
    tally_add(&held->gate);
}

/* What the hooks of a pool's workers count. */
struct hooks {
    struct tally started;
    struct tally stopped;
    _Atomic int state[8]; /* per worker: 1 started, 2 stopped */
    _Atomic bool wrong;   /* one began twice, or ended without having begun */
};

static inline void hook_started(int worker, void *context)
{
    struct hooks *hooks = context;
    if (atomic_exchange(&hooks->state[worker], 1) == 1)
        atomic_store(&hooks->wrong, true);
    tally_add(&hooks->started);
}

static inline void hook_stopping(int worker, void *context)
{
    struct hooks *hooks = context;
    if (atomic_exchange(&hooks->state[worker], 2) != 1)
        atomic_store(&hooks->wrong, true);
    tally_add(&hooks->stopped);
}

/* A pool of up to 8 workers with these hooks. */
static inline vow_pool *hooked_pool(int workers, struct hooks *hooks)
{
    struct vow_pool_options options = {.size = sizeof(options),
                                       .started = hook_started,
                                       .stopping = hook_stopping,
                                       .context = hooks};
    return vow_pool_new(workers, &options);
}

#endif
