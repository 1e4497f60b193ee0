/*
 * closed_locks.c - scenarios of locks that are closed under those who wait for them, as lines and by promises: all of them
 * are told, and who held one gives it back.
 */
#include "cancel_sweep.h"

static void require_closed(vow_status status)
{
    require(status == VOW_CLOSED || (status == VOW_CANCELED && vow_canceled()));
}

/* Takes the promise of a lock that is closed; it is canceled where the wait for it is. */
static void require_refused(vow_promise *promise)
{
    if (vow_wait(promise, VOW_FOREVER, NULL) != VOW_OK)
        vow_cancel(promise);
    vow_shield_begin();
    vow_value value = vow_await(promise, VOW_FOREVER);
    vow_shield_end();
    require_closed(vow_error_status(value));
    vow_release(value);
}

static vow_value close_mutex(vow_value input, void *mutex)
{
    (void)vow_sleep(MOMENT);
    require(vow_mutex_close(mutex) == VOW_OK);
    return input;
}

static vow_value wait_for_mutex(vow_value input, void *mutex)
{
    require(vow_mutex_lock(mutex, VOW_FOREVER) == VOW_CLOSED);
    return input;
}

static void waits_for_a_mutex_that_is_closed(void)
{
    vow_mutex mutex = VOW_MUTEX_INIT;
    require(vow_mutex_try_lock(&mutex));
    vow_promise *promised = vow_mutex_lock_promise(&mutex);
    vow_promise *closes = child(close_mutex, &mutex);
    vow_promise *waits = child(wait_for_mutex, &mutex);
    require_closed(vow_mutex_lock(&mutex, VOW_FOREVER));
    require_refused(promised);
    join(closes);
    join(waits);
    require(vow_mutex_unlock(&mutex) == VOW_OK);
    require(!vow_mutex_try_lock(&mutex));
}

static vow_value close_semaphore(vow_value input, void *semaphore)
{
    (void)vow_sleep(MOMENT);
    require(vow_semaphore_close(semaphore) == VOW_OK);
    return input;
}

static vow_value wait_for_permits(vow_value input, void *semaphore)
{
    require(vow_semaphore_acquire(semaphore, 2, VOW_FOREVER) == VOW_CLOSED);
    return input;
}

static void waits_for_a_semaphore_that_is_closed(void)
{
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(1);
    vow_promise *promised = vow_semaphore_acquire_promise(&semaphore, 2);
    vow_promise *closes = child(close_semaphore, &semaphore);
    vow_promise *waits = child(wait_for_permits, &semaphore);
    require_closed(vow_semaphore_acquire(&semaphore, 2, VOW_FOREVER));
    require_refused(promised);
    join(closes);
    join(waits);
    require(vow_semaphore_permits(&semaphore) == 1);
}

static vow_value close_rwlock(vow_value input, void *lock)
{
    (void)vow_sleep(MOMENT);
    require(vow_rwlock_close(lock) == VOW_OK);
    return input;
}

/* Behind those who want to write; where these have been canceled, it may read. */
static vow_value wait_to_read(vow_value input, void *lock)
{
    vow_status status = vow_rwlock_read_lock(lock, VOW_FOREVER);
    require(status == VOW_OK || status == VOW_CLOSED);
    if (status == VOW_OK)
        require(vow_rwlock_read_unlock(lock) == VOW_OK);
    return input;
}

static void waits_for_a_rwlock_that_is_closed(void)
{
    vow_rwlock lock = VOW_RWLOCK_INIT;
    require(vow_rwlock_try_read_lock(&lock));
    vow_promise *promised = vow_rwlock_write_lock_promise(&lock);
    vow_promise *closes = child(close_rwlock, &lock);
    vow_promise *waits = child(wait_to_read, &lock);
    require_closed(vow_rwlock_write_lock(&lock, VOW_FOREVER));
    require_refused(promised);
    join(closes);
    join(waits);
    require(vow_rwlock_read_unlock(&lock) == VOW_OK);
    require(!vow_rwlock_try_read_lock(&lock));
}

static vow_value close_event(vow_value input, void *event)
{
    (void)vow_sleep(MOMENT);
    require(vow_event_close(event) == VOW_OK);
    return input;
}

static void waits_for_an_event_that_is_closed(void)
{
    vow_event event = VOW_EVENT_INIT;
    vow_promise *promised = vow_event_wait_promise(&event);
    vow_promise *closes = child(close_event, &event);
    require_closed(vow_event_wait(&event, VOW_FOREVER));
    require_refused(promised);
    join(closes);
}

static vow_value close_condition(vow_value input, void *condition)
{
    (void)vow_sleep(MOMENT);
    require(vow_condition_close(condition) == VOW_OK);
    return input;
}

static void waits_for_a_condition_that_is_closed(void)
{
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_condition condition = VOW_CONDITION_INIT;
    require(vow_mutex_try_lock(&mutex));
    vow_promise *promised = vow_condition_wait_promise(&condition, &mutex);
    require(vow_mutex_try_lock(&mutex)); /* the promise has left it */
    vow_promise *closes = child(close_condition, &condition);
    require_closed(vow_condition_wait(&condition, &mutex, VOW_FOREVER));
    require(vow_mutex_unlock(&mutex) == VOW_OK); /* it has it again, whatever came */
    require_refused(promised);
    join(closes);
    require(vow_mutex_try_lock(&mutex));
    require(vow_mutex_unlock(&mutex) == VOW_OK);
}

struct shop {
    vow_mutex mutex;
    vow_condition baked;
};

/* Not before somebody waits, or has given up. */
static vow_value close_shop(vow_value input, void *context)
{
    struct shop *shop = context;
    require(vow_mutex_lock(&shop->mutex, VOW_FOREVER) == VOW_OK);
    (void)vow_sleep(MOMENT);
    require(vow_mutex_close(&shop->mutex) == VOW_OK);
    require(vow_mutex_unlock(&shop->mutex) == VOW_OK);
    require(vow_condition_broadcast(&shop->baked) == VOW_OK);
    return input;
}

/* Who can have the mutex again has it. */
static void waits_for_a_condition_whose_mutex_is_closed(void)
{
    struct shop shop = {.mutex = VOW_MUTEX_INIT, .baked = VOW_CONDITION_INIT};
    require(vow_mutex_try_lock(&shop.mutex));
    vow_promise *closes = child(close_shop, &shop);
    vow_status status = vow_condition_wait(&shop.baked, &shop.mutex, VOW_FOREVER);
    require(status == VOW_ABANDONED || (status == VOW_CANCELED && vow_canceled()));
    if (status != VOW_ABANDONED)
        require(vow_mutex_unlock(&shop.mutex) == VOW_OK);
    join(closes);
    require(!vow_mutex_try_lock(&shop.mutex));
}

const struct scenario scenarios_of_closed_locks[] = {
    {"waits for a mutex that is closed", waits_for_a_mutex_that_is_closed, false},
    {"waits for a semaphore that is closed", waits_for_a_semaphore_that_is_closed, false},
    {"waits for a rwlock that is closed", waits_for_a_rwlock_that_is_closed, false},
    {"waits for an event that is closed", waits_for_an_event_that_is_closed, false},
    {"waits for a condition that is closed", waits_for_a_condition_that_is_closed, false},
    {"waits for a condition whose mutex is closed", waits_for_a_condition_whose_mutex_is_closed,
     true},
    {NULL, NULL, false},
};
