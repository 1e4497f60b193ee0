/*
 * promised_locks.c - scenarios of locks that are waited for by promises: each is free again afterwards, whoever canceled his.
 */
#include "cancel_sweep.h"

static vow_value hold_mutex(vow_value input, void *mutex)
{
    if (has_come(vow_mutex_lock_promise(mutex))) {
        (void)vow_sleep(MOMENT);
        require(vow_mutex_unlock(mutex) == VOW_OK);
    }
    return input;
}

static void locks_a_mutex_by_promises(void)
{
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_promise *other = child(hold_mutex, &mutex);
    vow_release(hold_mutex(vow_none(), &mutex));
    vow_release(hold_mutex(vow_none(), &mutex));
    join(other);
    require(vow_mutex_try_lock(&mutex));
    require(vow_mutex_unlock(&mutex) == VOW_OK);
}

static vow_value hold_permits(vow_value input, void *semaphore)
{
    if (has_come(vow_semaphore_acquire_promise(semaphore, 2))) {
        (void)vow_sleep(MOMENT);
        require(vow_semaphore_release(semaphore, 2) == VOW_OK);
    }
    return input;
}

static void acquires_permits_by_promises(void)
{
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(2);
    vow_promise *other = child(hold_permits, &semaphore);
    vow_release(hold_permits(vow_none(), &semaphore));
    vow_release(hold_permits(vow_none(), &semaphore));
    join(other);
    require(vow_semaphore_permits(&semaphore) == 2);
}

static vow_value hold_for_reading(vow_value input, void *lock)
{
    if (has_come(vow_rwlock_read_lock_promise(lock))) {
        (void)vow_sleep(MOMENT);
        require(vow_rwlock_read_unlock(lock) == VOW_OK);
    }
    return input;
}

static void reads_and_writes_under_a_lock_by_promises(void)
{
    vow_rwlock lock = VOW_RWLOCK_INIT;
    vow_promise *reader = child(hold_for_reading, &lock);
    if (has_come(vow_rwlock_write_lock_promise(&lock))) {
        (void)vow_sleep(MOMENT);
        require(vow_rwlock_write_unlock(&lock) == VOW_OK);
    }
    vow_release(hold_for_reading(vow_none(), &lock));
    join(reader);
    require(vow_rwlock_try_write_lock(&lock));
    require(vow_rwlock_write_unlock(&lock) == VOW_OK);
}

static vow_value set_event(vow_value input, void *event)
{
    (void)vow_sleep(MOMENT);
    require(vow_event_set(event) == VOW_OK);
    return input;
}

static void waits_for_an_event_by_promises(void)
{
    vow_event event = VOW_EVENT_INIT;
    vow_promise *sets = child(set_event, &event);
    if (has_come(vow_event_wait_promise(&event)))
        require(vow_event_is_set(&event));
    join(sets);
    (void)has_come(vow_event_wait_promise(&event)); /* at once */
}

struct shop {
    vow_mutex mutex;
    vow_condition baked;
    bool bread;
};

static vow_value bake(vow_value input, void *context)
{
    struct shop *shop = context;
    (void)vow_sleep(MOMENT);
    require(vow_mutex_lock(&shop->mutex, VOW_FOREVER) == VOW_OK);
    shop->bread = true;
    require(vow_condition_signal(&shop->baked) == VOW_OK);
    require(vow_mutex_unlock(&shop->mutex) == VOW_OK);
    return input;
}

/* Only a promise that is fulfilled holds the mutex. */
static void waits_for_a_condition_by_promises(void)
{
    struct shop shop = {.mutex = VOW_MUTEX_INIT, .baked = VOW_CONDITION_INIT};
    vow_promise *bakes = child(bake, &shop);
    bool locked = has_come(vow_mutex_lock_promise(&shop.mutex));
    while (locked && !shop.bread)
        locked = has_come(vow_condition_wait_promise(&shop.baked, &shop.mutex));
    if (locked)
        require(vow_mutex_unlock(&shop.mutex) == VOW_OK);
    join(bakes);
    require(shop.bread && vow_mutex_try_lock(&shop.mutex));
    require(vow_mutex_unlock(&shop.mutex) == VOW_OK);
}

static vow_value come_to_barrier(vow_value input, void *barrier)
{
    (void)input;
    return vow_promise_value(vow_barrier_wait_promise(barrier));
}

/* Who is canceled has not come: then the other one is let go. */
static void meets_at_a_barrier_by_promises(void)
{
    vow_barrier barrier = VOW_BARRIER_INIT(2);
    vow_promise *other = vow_then(a_moment(), come_to_barrier, &barrier);
    vow_value here = result_of(vow_barrier_wait_promise(&barrier));
    if (vow_is_error(here))
        require(vow_barrier_close(&barrier) == VOW_OK);
    vow_shield_begin();
    vow_value there = vow_await(other, VOW_FOREVER);
    vow_shield_end();
    if (vow_is_error(here))
        require(vow_error_status(there) == VOW_CLOSED);
    else
        require(vow_as_integer(here) + vow_as_integer(there) == 1); /* one was the last */
    vow_release(here);
    vow_release(there);
}

static vow_value do_once(vow_value input, void *done)
{
    (void)input;
    ++*(int *)done;
    return vow_promise_value(a_moment());
}

static void runs_something_once_by_promises(void)
{
    vow_once once = VOW_ONCE_INIT;
    int done = 0;
    vow_promise *one = vow_once_promise(&once, do_once, &done);
    vow_promise *other = vow_once_promise(&once, do_once, &done);
    bool came = has_come(one);
    came = has_come(other) || came;
    require(came == vow_once_is_done(&once));
    require(done == 1 || vow_canceled());
}

static void waits_for_a_limiter_by_promises(void)
{
    vow_limiter limiter = VOW_LIMITER_INIT(MOMENT, 1);
    for (int i = 0; i < 3; i++)
        (void)has_come(vow_limiter_acquire_promise(&limiter, 1));
}

const struct scenario scenarios_of_promised_locks[] = {
    {"locks a mutex by promises", locks_a_mutex_by_promises, false},
    {"acquires permits by promises", acquires_permits_by_promises, false},
    {"reads and writes under a lock by promises", reads_and_writes_under_a_lock_by_promises, false},
    {"waits for an event by promises", waits_for_an_event_by_promises, false},
    {"waits for a condition by promises", waits_for_a_condition_by_promises, false},
    {"meets at a barrier by promises", meets_at_a_barrier_by_promises, false},
    {"runs something once by promises", runs_something_once_by_promises, false},
    {"waits for a limiter by promises", waits_for_a_limiter_by_promises, false},
    {NULL, NULL, false},
};
