/*
 * scenes_locks.c - locks: jobs that take turns on two workers, so that they wait; both faces of each.
 */
#include "torture/scene.h"

/* Every job of a scene works on the same things. */
static vow_mutex mutex;
static vow_rwlock rwlock;
static vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
static vow_condition condition;
static vow_event event;
static vow_barrier barrier = VOW_BARRIER_INIT(2);
static vow_once once;
static vow_limiter limiter = VOW_LIMITER_INIT(VOW_US(10), 1);
static int inside, done, refusals;

static vow_value failed(vow_status status)
{
    return vow_fail(status, "%s", vow_last_error());
}

/* Alone between begin and end: it waits there, so that others come. */
static vow_status alone(void)
{
    sure(++inside == 1);
    vow_status status = vow_sleep(VOW_US(20));
    sure(inside-- == 1);
    done++;
    return status;
}

/* `fn` as two jobs on two workers: both have ended, and the first error of theirs is the scene's. */
static void twice(vow_fn *fn)
{
    vow_auto_pool pool = vow_pool_new(2, NULL);
    need(pool);
    vow_promise *promises[2];
    for (int i = 0; i < 2; i++)
        promises[i] = vow_submit(vow_pool_scheduler(pool), fn, vow_integer(i), NULL);
    vow_auto_value first = scene_join(promises[0]);
    vow_auto_value second = scene_join(promises[1]);
    need_value(first);
    need_value(second);
}

static vow_value lock_it(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_mutex_lock(&mutex, VOW_FOREVER);
    if (status != VOW_OK)
        return failed(status);
    status = alone();
    sure(vow_mutex_unlock(&mutex) == VOW_OK);
    return status == VOW_OK ? input : failed(status);
}

static void a_mutex(void)
{
    twice(lock_it);
    sure(vow_mutex_try_lock(&mutex) && vow_mutex_unlock(&mutex) == VOW_OK);
    sure(vow_mutex_close(&mutex) == VOW_OK);
}

static vow_value run_alone(vow_value input, void *context)
{
    (void)context;
    vow_status status = alone();
    return status == VOW_OK ? input : failed(status);
}

static void a_mutex_by_promises(void)
{
    vow_promise *first = vow_mutex_lock_promise(&mutex);
    vow_promise *second = vow_mutex_lock_promise(&mutex);
    vow_promise *third = vow_mutex_run(&mutex, run_alone, NULL);
    vow_auto_value one = scene_join(first);
    if (!vow_is_error(one))
        sure(vow_mutex_unlock(&mutex) == VOW_OK);
    vow_auto_value two = scene_join(second);
    if (!vow_is_error(two))
        sure(vow_mutex_unlock(&mutex) == VOW_OK);
    vow_auto_value three = scene_join(third);
    sure(vow_mutex_try_lock(&mutex));
    need_value(one);
    need_value(two);
    need_value(three);
}

static vow_value read_or_write(vow_value input, void *context)
{
    (void)context;
    bool writes = vow_as_integer(input) == 0;
    vow_status status = writes ? vow_rwlock_write_lock(&rwlock, VOW_FOREVER)
                               : vow_rwlock_read_lock(&rwlock, VOW_FOREVER);
    if (status != VOW_OK)
        return failed(status);
    status = alone();
    sure((writes ? vow_rwlock_write_unlock(&rwlock) : vow_rwlock_read_unlock(&rwlock)) == VOW_OK);
    return status == VOW_OK ? input : failed(status);
}

static void a_reader_writer_lock(void)
{
    twice(read_or_write);
    sure(vow_rwlock_try_read_lock(&rwlock) && !vow_rwlock_try_write_lock(&rwlock));
    sure(vow_rwlock_read_unlock(&rwlock) == VOW_OK);
    vow_promise *reads = vow_rwlock_read_lock_promise(&rwlock);
    vow_promise *writes = vow_rwlock_write_lock_promise(&rwlock);
    vow_auto_value one = scene_join(reads);
    if (!vow_is_error(one))
        sure(vow_rwlock_read_unlock(&rwlock) == VOW_OK);
    vow_auto_value two = scene_join(writes);
    if (!vow_is_error(two))
        sure(vow_rwlock_write_unlock(&rwlock) == VOW_OK);
    sure(vow_rwlock_close(&rwlock) == VOW_OK);
    need_value(one);
    need_value(two);
}

static vow_value acquire(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_semaphore_acquire(&semaphore, 1, VOW_FOREVER);
    if (status != VOW_OK)
        return failed(status);
    status = alone();
    sure(vow_semaphore_release(&semaphore, 1) == VOW_OK);
    return status == VOW_OK ? input : failed(status);
}

static void a_semaphore(void)
{
    twice(acquire);
    sure(vow_semaphore_permits(&semaphore) == 1);
    sure(vow_semaphore_try_acquire(&semaphore, 1));
    vow_promise *promise = vow_semaphore_acquire_promise(&semaphore, 1);
    vow_promise *run = vow_semaphore_run(&semaphore, 1, run_alone, NULL);
    sure(vow_semaphore_release(&semaphore, 1) == VOW_OK);
    vow_auto_value one = scene_join(promise);
    if (!vow_is_error(one))
        sure(vow_semaphore_release(&semaphore, 1) == VOW_OK);
    vow_auto_value two = scene_join(run);
    sure(vow_semaphore_permits(&semaphore) == 1);
    sure(vow_semaphore_close(&semaphore) == VOW_OK);
    need_value(one);
    need_value(two);
}

/* One waits until the other has signalled; who cannot wait leaves, and lets the other leave. */
static vow_value signal_or_wait(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_mutex_lock(&mutex, VOW_FOREVER);
    if (status != VOW_OK) {
        (void)vow_condition_close(&condition);
        return failed(status);
    }
    bool waits = done++ == 0;
    if (waits)
        while (status == VOW_OK && done < 2)
            status = vow_condition_wait(&condition, &mutex, VOW_FOREVER);
    else
        sure(vow_condition_signal(&condition) == VOW_OK &&
             vow_condition_broadcast(&condition) == VOW_OK);
    if (status != VOW_ABANDONED)
        sure(vow_mutex_unlock(&mutex) == VOW_OK);
    /* the other one's error is the scene's */
    return status == VOW_OK || status == VOW_CLOSED ? input : failed(status);
}

/* Whichever job could not be made does not come: then the condition is closed. */
static vow_value close_it(vow_value input, void *context)
{
    (void)context;
    (void)vow_condition_close(&condition);
    return input;
}

static void a_condition(void)
{
    vow_auto_pool pool = vow_pool_new(2, NULL);
    need(pool);
    vow_promise *promises[2];
    for (int i = 0; i < 2; i++) {
        promises[i] = vow_submit(vow_pool_scheduler(pool), signal_or_wait, vow_integer(i), NULL);
        vow_value value = vow_none();
        if (vow_peek(promises[i], &value) && vow_is_error(value))
            (void)close_it(vow_none(), NULL);
        vow_release(value);
    }
    vow_auto_value first = scene_join(promises[0]);
    vow_auto_value second = scene_join(promises[1]);
    need_value(first);
    need_value(second);
}

static void a_condition_by_promises(void)
{
    need_ok(vow_mutex_lock(&mutex, VOW_FOREVER));
    vow_promise *promise = vow_condition_wait_promise(&condition, &mutex);
    sure(vow_condition_signal(&condition) == VOW_OK);
    vow_auto_value value = scene_join(promise);
    if (!vow_is_error(value))
        sure(vow_mutex_unlock(&mutex) == VOW_OK);
    need_value(value);
}

static vow_value set_or_wait(vow_value input, void *context)
{
    (void)context;
    vow_status status =
        vow_as_integer(input) == 0 ? vow_event_set(&event) : vow_event_wait(&event, VOW_FOREVER);
    return status == VOW_OK ? input : failed(status);
}

static void an_event(void)
{
    vow_auto_pool pool = vow_pool_new(2, NULL);
    need(pool);
    vow_auto_promise promise = vow_event_wait_promise(&event);
    vow_promise *waits = vow_submit(vow_pool_scheduler(pool), set_or_wait, vow_integer(1), NULL);
    vow_promise *sets = vow_submit(vow_pool_scheduler(pool), set_or_wait, vow_integer(0), NULL);
    vow_auto_value set = vow_await(sets, VOW_FOREVER);
    if (vow_is_error(set))
        (void)vow_event_set(&event);
    vow_auto_value waited = vow_await(waits, VOW_FOREVER);
    need_value(set);
    need_value(waited);
    sure(vow_event_is_set(&event));
    vow_auto_value came = vow_await(vow_promise_retain(promise), VOW_FOREVER);
    sure(vow_event_clear(&event) == VOW_OK && vow_event_close(&event) == VOW_OK);
    need_value(came);
}

/* Who cannot come closes it, so that the other is not left. */
static vow_value meet(vow_value input, void *context)
{
    (void)context;
    bool last = false;
    vow_status status = vow_barrier_wait(&barrier, VOW_FOREVER, &last);
    if (status != VOW_OK)
        (void)vow_barrier_close(&barrier);
    return status == VOW_OK || status == VOW_CLOSED ? input : failed(status);
}

static void a_barrier(void)
{
    vow_auto_pool pool = vow_pool_new(2, NULL);
    need(pool);
    vow_promise *promises[2];
    for (int i = 0; i < 2; i++) {
        promises[i] = vow_submit(vow_pool_scheduler(pool), meet, vow_integer(i), NULL);
        vow_value value = vow_none();
        if (vow_peek(promises[i], &value) && vow_is_error(value))
            (void)vow_barrier_close(&barrier);
        vow_release(value);
    }
    vow_auto_value first = scene_join(promises[0]);
    vow_auto_value second = scene_join(promises[1]);
    need_value(first);
    need_value(second);
}

static void a_barrier_by_promises(void)
{
    vow_promise *first = vow_barrier_wait_promise(&barrier);
    vow_promise *second = vow_barrier_wait_promise(&barrier);
    if (vow_state(first) == VOW_PENDING || vow_state(second) == VOW_PENDING)
        sure(vow_barrier_close(&barrier) == VOW_OK);
    vow_auto_value one = scene_join(first);
    vow_auto_value two = scene_join(second);
    if (!vow_error_is(one, VOW_CLOSED))
        need_value(one);
    if (!vow_error_is(two, VOW_CLOSED))
        need_value(two);
}

static vow_value run_alone_and_count(vow_value input, void *context)
{
    vow_value value = run_alone(input, context);
    refusals += vow_is_error(value);
    return value;
}

static vow_value run_once(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_once_run(&once, run_alone_and_count, NULL, VOW_FOREVER);
    return status == VOW_OK ? input : failed(status);
}

/* It runs again as often as it was refused, and no more. */
static void only_once(void)
{
    twice(run_once);
    sure(done == refusals + vow_once_is_done(&once));
    vow_auto_value value =
        vow_await(vow_once_promise(&once, run_alone_and_count, NULL), VOW_FOREVER);
    need_value(value);
    sure(vow_once_is_done(&once) && done == refusals + 1);
}

static void a_limiter(void)
{
    need_ok(vow_limiter_acquire(&limiter, 1, VOW_FOREVER));
    vow_status status = VOW_OK;
    if (!vow_limiter_try_acquire(&limiter, 1))
        status = vow_limiter_acquire(&limiter, 1, VOW_FOREVER);
    need_ok(status);
    need_ok(vow_limiter_acquire(&limiter, 1, VOW_FOREVER));
    vow_auto_value value = vow_await(vow_limiter_acquire_promise(&limiter, 1), VOW_FOREVER);
    need_value(value);
}

const struct scene scenes_of_locks[] = {
    SCENE(a_mutex),     SCENE(a_mutex_by_promises), SCENE(a_reader_writer_lock),
    SCENE(a_semaphore), SCENE(a_condition),         SCENE(a_condition_by_promises),
    SCENE(an_event),    SCENE(a_barrier),           SCENE(a_barrier_by_promises),
    SCENE(only_once),   SCENE(a_limiter),           {0},
};
