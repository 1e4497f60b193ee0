/**
 * vow/cleanup.h - optional: variables that release what they hold when they leave their scope.
 *
 *     vow_auto_value text = vow_text("hello");
 *     vow_auto_promise promise = …                  the type has its star
 *
 * For gcc and clang, in C and C++. Not included by vow.h.
 */
#ifndef VOW_CLEANUP_H
#define VOW_CLEANUP_H

#include <vow/channel.h>
#include <vow/cooperate.h>
#include <vow/coroutine.h>
#include <vow/deferred.h>
#include <vow/dispatcher.h>
#include <vow/group.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/progress.h>
#include <vow/promise.h>
#include <vow/task.h>

/** What `vow_auto_value` calls at the end of the scope: as `vow_release`. Takes a value. */
static inline void vow_clean_value(vow_value *value)
{
    vow_release(*value);
}

/** What `vow_auto_promise` calls at the end of the scope: as `vow_promise_release`. Takes a promise. */
static inline void vow_clean_promise(vow_promise **promise)
{
    vow_promise_release(*promise);
}

/** What `vow_auto_deferred` calls at the end of the scope: as `vow_deferred_release`. Takes a deferred. */
static inline void vow_clean_deferred(vow_deferred **deferred)
{
    vow_deferred_release(*deferred);
}

/** What `vow_auto_coroutine` calls at the end of the scope: as `vow_coroutine_release`. Takes a coroutine. */
static inline void vow_clean_coroutine(vow_coroutine **coroutine)
{
    vow_coroutine_release(*coroutine);
}

/** What `vow_auto_reader` calls at the end of the scope: as `vow_reader_release`. Takes a reader. */
static inline void vow_clean_reader(vow_reader **reader)
{
    vow_reader_release(*reader);
}

/** What `vow_auto_writer` calls at the end of the scope: as `vow_writer_release`. Takes a writer. */
static inline void vow_clean_writer(vow_writer **writer)
{
    vow_writer_release(*writer);
}

/** What `vow_auto_scheduler` calls at the end of the scope: as `vow_scheduler_release`. Takes a scheduler. */
static inline void vow_clean_scheduler(vow_scheduler **scheduler)
{
    vow_scheduler_release(*scheduler);
}

/** What `vow_auto_loop` calls at the end of the scope: as `vow_loop_free`. Takes a loop. */
static inline void vow_clean_loop(vow_loop **loop)
{
    (void)vow_loop_free(*loop);
}

/** What `vow_auto_pool` calls at the end of the scope: as `vow_pool_free`. Takes a pool. */
static inline void vow_clean_pool(vow_pool **pool)
{
    (void)vow_pool_free(*pool);
}

/** What `vow_auto_task` calls at the end of the scope: as `vow_task_release`. Takes a task. */
static inline void vow_clean_task(vow_task **task)
{
    vow_task_release(*task);
}

/** What `vow_auto_progress` calls at the end of the scope: as `vow_progress_release`. Takes a progress object. */
static inline void vow_clean_progress(vow_progress **progress)
{
    vow_progress_release(*progress);
}

/** What `vow_auto_subscription` calls at the end of the scope: as `vow_subscription_release`. Takes a subscription. */
static inline void vow_clean_subscription(vow_subscription **subscription)
{
    vow_subscription_release(*subscription);
}

/** What `vow_auto_iteration` calls at the end of the scope: as `vow_iteration_release`. Takes an iteration. */
static inline void vow_clean_iteration(vow_iteration **iteration)
{
    vow_iteration_release(*iteration);
}

/** What `vow_auto_dispatcher` calls at the end of the scope: as `vow_dispatcher_free`. Takes a dispatcher. */
static inline void vow_clean_dispatcher(vow_dispatcher **dispatcher)
{
    vow_dispatcher_free(*dispatcher);
}

/** What `vow_auto_cooperator` calls at the end of the scope: as `vow_cooperator_free`. Takes a cooperator. */
static inline void vow_clean_cooperator(vow_cooperator **cooperator)
{
    vow_cooperator_free(*cooperator);
}

/** What `vow_auto_group` calls at the end of the scope: as `vow_group_free`. Takes a group, which it waits for. */
static inline void vow_clean_group(vow_group **group)
{
    (void)vow_group_free(*group);
}

/** Declarations whose variable is released, or freed, at the end of its scope. */
#define vow_auto_value VOW_CLEANUP(vow_clean_value) vow_value
#define vow_auto_promise VOW_CLEANUP(vow_clean_promise) vow_promise *
#define vow_auto_deferred VOW_CLEANUP(vow_clean_deferred) vow_deferred *
#define vow_auto_coroutine VOW_CLEANUP(vow_clean_coroutine) vow_coroutine *
#define vow_auto_reader VOW_CLEANUP(vow_clean_reader) vow_reader *
#define vow_auto_writer VOW_CLEANUP(vow_clean_writer) vow_writer *
#define vow_auto_scheduler VOW_CLEANUP(vow_clean_scheduler) vow_scheduler *
#define vow_auto_loop VOW_CLEANUP(vow_clean_loop) vow_loop *
#define vow_auto_pool VOW_CLEANUP(vow_clean_pool) vow_pool *
#define vow_auto_task VOW_CLEANUP(vow_clean_task) vow_task *
#define vow_auto_progress VOW_CLEANUP(vow_clean_progress) vow_progress *
#define vow_auto_subscription VOW_CLEANUP(vow_clean_subscription) vow_subscription *
#define vow_auto_iteration VOW_CLEANUP(vow_clean_iteration) vow_iteration *
#define vow_auto_dispatcher VOW_CLEANUP(vow_clean_dispatcher) vow_dispatcher *
#define vow_auto_cooperator VOW_CLEANUP(vow_clean_cooperator) vow_cooperator *
#define vow_auto_group VOW_CLEANUP(vow_clean_group) vow_group *

#endif
