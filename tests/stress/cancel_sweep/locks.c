/*
 * locks.c - scenarios of locks: each is free again afterwards, whoever waited for it and was canceled.
 */
#include "cancel_sweep.h"

static vow_mutex mutex = VOW_MUTEX_INIT;
static vow_semaphore semaphore = VOW_SEMAPHORE_INIT(2);
static vow_rwlock rwlock = VOW_RWLOCK_INIT;

static vow_value hold_mutex(vow_value input, void *context)
{
    (void)context;
    if (vow_mutex_lock(&mutex, VOW_FOREVER) == VOW_OK) {
        (void)vow_sleep(MOMENT);
        require(vow_mutex_unlock(&mutex) == VOW_OK);
    }
    return input;
}

static void locks_a_mutex(void)
{
    vow_promise *other = child(hold_mutex, NULL);
    vow_release(hold_mutex(vow_none(), NULL));
    vow_release(hold_mutex(vow_none(), NULL));
    join(other);
    require(vow_mutex_try_lock(&mutex));
    require(vow_mutex_unlock(&mutex) == VOW_OK);
}

static vow_value work_with_lock(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_promise_value(vow_delay(MOMENT, token()));
}

static void runs_with_a_mutex(void)
{
    vow_promise *other = child(hold_mutex, NULL);
    vow_promise *running = vow_mutex_run(&mutex, work_with_lock, NULL);
    if (vow_wait(running, VOW_FOREVER, NULL) != VOW_OK)
        vow_cancel(running);
    join(running);
    join(other);
    require(vow_mutex_try_lock(&mutex));
    require(vow_mutex_unlock(&mutex) == VOW_OK);
}

static vow_value hold_permits(vow_value input, void *context)
{
    (void)context;
    if (vow_semaphore_acquire(&semaphore, 2, VOW_FOREVER) == VOW_OK) {
        (void)vow_sleep(MOMENT);
        require(vow_semaphore_release(&semaphore, 2) == VOW_OK);
    }
    return input;
}

static void acquires_permits(void)
{
    vow_promise *other = child(hold_permits, NULL);
    vow_release(hold_permits(vow_none(), NULL));
    vow_release(vow_await(vow_semaphore_run(&semaphore, 1, work_with_lock, NULL), VOW_FOREVER));
    join(other);
    vow_shield_begin(); /* the run goes on without us */
    require(vow_semaphore_acquire(&semaphore, 2, VOW_FOREVER) == VOW_OK);
    vow_shield_end();
    require(vow_semaphore_release(&semaphore, 2) == VOW_OK);
}

static vow_value hold_for_reading(vow_value input, void *context)
{
    (void)context;
    if (vow_rwlock_read_lock(&rwlock, VOW_FOREVER) == VOW_OK) {
        (void)vow_sleep(MOMENT);
        require(vow_rwlock_read_unlock(&rwlock) == VOW_OK);
    }
    return input;
}

static void locks_for_reading_and_writing(void)
{
    vow_promise *readers[] = {child(hold_for_reading, NULL), child(hold_for_reading, NULL)};
    if (vow_rwlock_write_lock(&rwlock, VOW_FOREVER) == VOW_OK) {
        (void)vow_sleep(MOMENT);
        require(vow_rwlock_write_unlock(&rwlock) == VOW_OK);
    }
    vow_release(hold_for_reading(vow_none(), NULL));
    join(readers[0]);
    join(readers[1]);
    require(vow_rwlock_try_write_lock(&rwlock));
    require(vow_rwlock_write_unlock(&rwlock) == VOW_OK);
}

/* With a state that a child changes. */
struct meeting {
    vow_mutex mutex;
    vow_condition condition;
    vow_event event;
    vow_barrier barrier;
    vow_once once;
    bool here;
};

static vow_value come(vow_value input, void *context)
{
    struct meeting *meeting = context;
    (void)vow_sleep(MOMENT);
    vow_shield_begin();
    require(vow_mutex_lock(&meeting->mutex, VOW_FOREVER) == VOW_OK);
    meeting->here = true;
    require(vow_condition_broadcast(&meeting->condition) == VOW_OK);
    require(vow_mutex_unlock(&meeting->mutex) == VOW_OK);
    require(vow_event_set(&meeting->event) == VOW_OK);
    vow_shield_end();
    return input;
}

static void waits_for_a_condition(void)
{
    struct meeting meeting = {
        .mutex = VOW_MUTEX_INIT, .condition = VOW_CONDITION_INIT, .event = VOW_EVENT_INIT};
    vow_promise *comes = child(come, &meeting);
    vow_status status = vow_mutex_lock(&meeting.mutex, VOW_FOREVER);
    bool locked = status == VOW_OK;
    while (status == VOW_OK && !meeting.here)
        status = vow_condition_wait(&meeting.condition, &meeting.mutex, VOW_FOREVER);
    require_ok_or_canceled(status);
    if (locked)
        require(vow_mutex_unlock(&meeting.mutex) == VOW_OK); /* it has it again, whatever came */
    join(comes);
    require(meeting.here && vow_mutex_try_lock(&meeting.mutex));
}

static void waits_for_an_event(void)
{
    struct meeting meeting = {
        .mutex = VOW_MUTEX_INIT, .condition = VOW_CONDITION_INIT, .event = VOW_EVENT_INIT};
    vow_promise *comes = child(come, &meeting);
    require_ok_or_canceled(vow_event_wait(&meeting.event, VOW_FOREVER));
    join(comes);
    require(vow_event_is_set(&meeting.event));
}

static vow_value meet_others(vow_value input, void *context)
{
    struct meeting *meeting = context;
    bool last = false;
    vow_status status = vow_barrier_wait(&meeting->barrier, VOW_FOREVER, &last);
    require(status == VOW_OK || status == VOW_CANCELED || status == VOW_CLOSED);
    return input;
}

/* Who is canceled comes late, or never: then the others are let go. */
static void meets_at_a_barrier(void)
{
    struct meeting meeting = {.barrier = VOW_BARRIER_INIT(2)};
    bool last = false;
    vow_promise *other = child(meet_others, &meeting);
    vow_status status = vow_barrier_wait(&meeting.barrier, VOW_FOREVER, &last);
    require_ok_or_canceled(status);
    if (status != VOW_OK)
        require(vow_barrier_close(&meeting.barrier) == VOW_OK);
    join(other);
}

static vow_value do_once(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_sleep(MOMENT) == VOW_OK ? vow_none() : vow_fail(VOW_CANCELED, "not done");
}

static vow_value once_more(vow_value input, void *context)
{
    struct meeting *meeting = context;
    require_ok_or_canceled(vow_once_run(&meeting->once, do_once, NULL, VOW_FOREVER));
    return input;
}

static void runs_something_once(void)
{
    struct meeting meeting = {.once = VOW_ONCE_INIT};
    vow_promise *other = child(once_more, &meeting);
    require_ok_or_canceled(vow_once_run(&meeting.once, do_once, NULL, VOW_FOREVER));
    join(other);
    vow_shield_begin();
    require(vow_once_run(&meeting.once, do_once, NULL, VOW_FOREVER) == VOW_OK);
    vow_shield_end();
}

static void waits_for_a_limiter(void)
{
    vow_limiter limiter = VOW_LIMITER_INIT(MOMENT, 1);
    for (int i = 0; i < 3; i++)
        require_ok_or_canceled(vow_limiter_acquire(&limiter, 1, VOW_FOREVER));
}

const struct scenario scenarios_of_locks[] = {
    {"locks a mutex", locks_a_mutex, false},
    {"runs with a mutex", runs_with_a_mutex, false},
    {"acquires permits", acquires_permits, false},
    {"locks for reading and writing", locks_for_reading_and_writing, false},
    {"waits for a condition", waits_for_a_condition, false},
    {"waits for an event", waits_for_an_event, false},
    {"meets at a barrier", meets_at_a_barrier, true},
    {"runs something once", runs_something_once, false},
    {"waits for a limiter", waits_for_a_limiter, false},
    {NULL, NULL, false},
};
