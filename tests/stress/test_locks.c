/*
 * test_locks.c - lines that want the same locks, with every kind of deadline, promises that are canceled, closings: what
 * a lock guards is never touched by two, no permit is lost, nobody is forgotten.
 */
#include "gang.h"

#include <vow/barrier.h>
#include <vow/condition.h>
#include <vow/event.h>
#include <vow/mutex.h>
#include <vow/once.h>
#include <vow/pool.h>
#include <vow/rwlock.h>
#include <vow/semaphore.h>
#include <vow/submit.h>

#if STACK_FACTOR > 1
enum { ROUNDS = 300, LINES = 400 };
#else
enum { ROUNDS = 2000, LINES = 2000 };
#endif

static vow_deadline some_deadline(struct member *member)
{
    switch (random_below(member, 4)) {
    case 0:
        return VOW_POLL;
    case 1:
        return vow_after(VOW_US(random_below(member, 100)));
    default:
        return VOW_FOREVER;
    }
}

/* What they do ----------------------------------------------------------------------------------------------------- */

static vow_mutex mutex = VOW_MUTEX_INIT;
static vow_rwlock rwlock = VOW_RWLOCK_INIT;
static vow_semaphore semaphore = VOW_SEMAPHORE_INIT(3);
static vow_condition changed = VOW_CONDITION_INIT;
static long guarded;       /* by the mutex */
static long written;       /* by the rwlock */
static _Atomic int inside; /* holders of permits */
static _Atomic long increments;

static void increment(void)
{
    guarded++;
    atomic_fetch_add_explicit(&increments, 1, memory_order_relaxed); /* a sum for the end */
}

static void use_mutex(struct member *member)
{
    if (vow_mutex_lock(&mutex, some_deadline(member)) != VOW_OK)
        return;
    increment();
    require(vow_mutex_unlock(&mutex) == VOW_OK);
}

static vow_value increment_in_turn(vow_value input, void *context)
{
    (void)context;
    increment();
    return input;
}

static vow_value ignore_error(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_none();
}

static void use_mutex_run(struct member *member)
{
    vow_promise *promise = vow_mutex_run(&mutex, increment_in_turn, NULL);
    unsigned choice = random_below(member, 3);
    if (choice == 0)
        vow_cancel(promise);
    if (choice <= 1)
        (void)vow_wait(promise, VOW_FOREVER, NULL);
    vow_promise_release(vow_catch(promise, ignore_error, NULL));
}

/* A promise of its own that another one may have settled while this one cancels it. */
static void use_bare_promise(struct member *member)
{
    vow_promise *promise = vow_mutex_lock_promise(&mutex);
    if (random_below(member, 2) == 0)
        vow_cancel(promise);
    vow_value value = vow_none();
    require(vow_wait(promise, VOW_FOREVER, &value) == VOW_OK);
    if (!vow_is_error(value)) {
        increment();
        require(vow_mutex_unlock(vow_as_pointer(value)) == VOW_OK);
    }
    vow_release(value);
    vow_promise_release(promise);
}

static void use_rwlock(struct member *member)
{
    if (random_below(member, 4) == 0) {
        if (vow_rwlock_write_lock(&rwlock, some_deadline(member)) != VOW_OK)
            return;
        written++;
        require(vow_rwlock_write_unlock(&rwlock) == VOW_OK);
    } else {
        if (vow_rwlock_read_lock(&rwlock, some_deadline(member)) != VOW_OK)
            return;
        long before = written;
        (void)sched_yield();
        require(written == before);
        require(vow_rwlock_read_unlock(&rwlock) == VOW_OK);
    }
}

static void use_rwlock_promise(struct member *member)
{
    bool write = random_below(member, 2) == 0;
    vow_promise *promise =
        write ? vow_rwlock_write_lock_promise(&rwlock) : vow_rwlock_read_lock_promise(&rwlock);
    if (random_below(member, 2) == 0)
        vow_cancel(promise);
    vow_value value = vow_none();
    require(vow_wait(promise, VOW_FOREVER, &value) == VOW_OK);
    if (!vow_is_error(value)) {
        if (write)
            written++;
        require((write ? vow_rwlock_write_unlock : vow_rwlock_read_unlock)(&rwlock) == VOW_OK);
    }
    vow_release(value);
    vow_promise_release(promise);
}

static void use_semaphore(struct member *member)
{
    uint32_t count = 1 + random_below(member, 3);
    if (vow_semaphore_acquire(&semaphore, count, some_deadline(member)) != VOW_OK)
        return;
    require(atomic_fetch_add(&inside, (int)count) + (int)count <= 3);
    atomic_fetch_sub(&inside, (int)count);
    require(vow_semaphore_release(&semaphore, count) == VOW_OK);
}

/* Somebody always signals in the end: each wait has a deadline, or it is one of those that look again. */
static void use_condition(struct member *member)
{
    if (vow_mutex_lock(&mutex, VOW_FOREVER) != VOW_OK)
        return;
    if (random_below(member, 2) == 0) {
        vow_deadline deadline = vow_after(VOW_US(random_below(member, 200)));
        vow_status status = vow_condition_wait(&changed, &mutex, deadline);
        require(status == VOW_OK || status == VOW_TIMED_OUT);
    } else if (random_below(member, 2) == 0) {
        require(vow_condition_signal(&changed) == VOW_OK);
    } else {
        require(vow_condition_broadcast(&changed) == VOW_OK);
    }
    increment();
    require(vow_mutex_unlock(&mutex) == VOW_OK);
}

static void do_something(struct member *member)
{
    static void (*const uses[])(struct member *) = {
        use_mutex,          use_mutex_run, use_bare_promise, use_rwlock,
        use_rwlock_promise, use_semaphore, use_condition,
    };
    uses[random_below(member, sizeof uses / sizeof *uses)](member);
}

static void assert_all_is_free(void)
{
    assert_int_equal(guarded, atomic_load(&increments));
    assert_true(vow_mutex_try_lock(&mutex));
    assert_ok(vow_mutex_unlock(&mutex));
    assert_true(vow_rwlock_try_write_lock(&rwlock));
    assert_ok(vow_rwlock_write_unlock(&rwlock));
    assert_int_equal(vow_semaphore_permits(&semaphore), 3);
}

/* Threads, jobs ---------------------------------------------------------------------------------------------------- */

static vow_barrier finished = VOW_BARRIER_INIT(GANG);

static void threads(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS); round++) {
        do_something(member);
        (void)vow_run_pending();
    }
    /* nobody asks any more; who asks now is served behind all who have asked, whose functions this wait runs */
    require(vow_barrier_wait(&finished, VOW_FOREVER, NULL) == VOW_OK);
    require(vow_mutex_lock(&mutex, VOW_FOREVER) == VOW_OK);
    require(vow_mutex_unlock(&mutex) == VOW_OK);
    meet(member);
    (void)vow_run_pending();
    meet(member);
}

static void threads_share_all_locks(void **state)
{
    (void)state;
    gang_run(threads);
    assert_all_is_free();
}

static vow_value job(vow_value input, void *context)
{
    struct member member = {.random = 88172645u + (uint32_t)vow_as_integer(input) * 2654435761u};
    (void)context;
    for (int round = 0; round < 20; round++)
        do_something(&member);
    return vow_none();
}

static void thousands_of_jobs_share_all_locks(void **state)
{
    (void)state;
    static vow_promise *promises[LINES];
    vow_pool *pool = vow_pool_new(2, NULL);
    for (int i = 0; i < fewer(LINES); i++)
        promises[i] = vow_submit(vow_pool_scheduler(pool), job, vow_integer(i), NULL);
    for (int i = 0; i < fewer(LINES); i++)
        vow_release(vow_await(promises[i], VOW_FOREVER));
    assert_ok(vow_pool_free(pool));
    assert_all_is_free();
}

/* Barrier ---------------------------------------------------------------------------------------------------------- */

static vow_barrier barrier = VOW_BARRIER_INIT(GANG);
static long rounds_of[GANG];

static void come(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS); round++) {
        vow_status status;
        do
            status = vow_barrier_wait(&barrier, some_deadline(member), NULL);
        while (status == VOW_TIMED_OUT);
        require(status == VOW_OK);
        rounds_of[member->number]++;
    }
}

static void parties_that_give_up_and_come_back_meet_in_every_round(void **state)
{
    (void)state;
    gang_run(come);
    for (int i = 0; i < GANG; i++)
        assert_int_equal(rounds_of[i], fewer(ROUNDS));
}

/* Closing and freeing ---------------------------------------------------------------------------------------------- */

struct shared {
    vow_mutex mutex;
    vow_event event;
    int users;
};

static struct shared *shared;

/* The last user frees what holds the mutex, right after unlocking it. */
static void leave(struct shared *it)
{
    require(vow_mutex_lock(&it->mutex, VOW_FOREVER) == VOW_OK);
    bool last = --it->users == 0;
    require(vow_mutex_unlock(&it->mutex) == VOW_OK);
    if (last)
        free(it);
}

static void free_often(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS); round++) {
        if (member->number == 0) {
            shared = malloc(sizeof *shared);
            *shared = (struct shared){VOW_MUTEX_INIT, VOW_EVENT_INIT, GANG};
        }
        meet(member);
        struct shared *mine = shared;
        meet(member);
        leave(mine);
    }
}

static void the_last_one_to_unlock_may_free(void **state)
{
    (void)state;
    gang_run(free_often);
}

static void close_often(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS); round++) {
        if (member->number == 0) {
            shared = malloc(sizeof *shared);
            *shared = (struct shared){VOW_MUTEX_INIT, VOW_EVENT_INIT, GANG};
        }
        meet(member);
        if (member->number == (round % GANG))
            require(vow_event_close(&shared->event) == VOW_OK);
        else
            require(vow_event_wait(&shared->event, VOW_FOREVER) == VOW_CLOSED);
        meet(member);
        if (member->number == 0)
            free(shared);
    }
}

static void closing_reaches_all_who_wait(void **state)
{
    (void)state;
    gang_run(close_often);
}

/* Once ------------------------------------------------------------------------------------------------------------- */

static vow_once onces[ROUNDS];
static int runs[ROUNDS];

static vow_value run_or_fail(vow_value input, void *context)
{
    int *count = context;
    (void)input;
    return ++*count == 3 ? vow_none() : vow_fail(VOW_USER, "not yet");
}

static void once_often(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS); round++) {
        vow_status status;
        do
            status = vow_once_run(&onces[round], run_or_fail, &runs[round], VOW_FOREVER);
        while (status == VOW_USER);
        require(status == VOW_OK);
        require(runs[round] == 3);
        (void)member;
    }
}

static void each_succeeds_once(void **state)
{
    (void)state;
    gang_run(once_often);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(threads_share_all_locks),
        stress_test(thousands_of_jobs_share_all_locks),
        stress_test(parties_that_give_up_and_come_back_meet_in_every_round),
        stress_test(the_last_one_to_unlock_may_free),
        stress_test(closing_reaches_all_who_wait),
        stress_test(each_succeeds_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
