/*
 * cancels.c - cancels the job that passes a point, where the plan says so (cancels.h).
 *
 * Another thread does it while the job is held up: at this point, then, it is told to end, and goes on into its wait. A
 * line that is no job has nothing by which anybody could cancel it, and is not counted.
 */
#include "torture/cancels.h"

#include "base/locals.h"
#include "base/point.h"
#include "torture/faults.h"
#include "wait/waiter.h"

#include <pthread.h>
#include <vow.h>

#if defined(VOW_CHECKS) && VOW_CHECKS

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);

static void *cancel(void *promise)
{
    vow_cancel(promise);
    vow_promise_release(promise);
    return NULL;
}

static void pass_point(const char *what)
{
    (void)what;
    const struct running_job *job = vow_locals.job;
    if (job == NULL || !faults_strike(FAULT_CANCEL))
        return;
    vow_promise *promise = vow_promise_retain(job->promise);
    pthread_t thread;
    if (__real_pthread_create(&thread, NULL, cancel, promise) == 0)
        (void)pthread_join(thread, NULL);
    else
        vow_promise_release(promise);
}

bool cancels_are_possible(void)
{
    return true;
}

void cancels_begin(void)
{
    atomic_store(&vow_point_hook, pass_point);
}

#else

bool cancels_are_possible(void)
{
    return false;
}

void cancels_begin(void)
{
}

#endif
