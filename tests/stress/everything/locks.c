/*
 * locks.c - all locks in sets that are used, closed and replaced: what they guard is never touched by two.
 *
 * Users have a reference to their set, so that it stays until the last one has gone.
 */
#include "everything.h"

enum { SETS = 3, PERMITS = 3 };

struct locks {
    _Atomic int references;
    vow_mutex mutex;
    _Atomic int in_mutex;
    vow_mutex guard;
    vow_condition condition;
    _Atomic int in_guard;
    vow_rwlock rwlock;
    _Atomic int readers;
    _Atomic int writers;
    vow_semaphore semaphore;
    _Atomic int in_semaphore;
    vow_event event;
    vow_once once;
    _Atomic int once_done;
    vow_barrier barrier;
    vow_limiter limiter;
};

static struct {
    pthread_mutex_t mutex;
    struct locks *locks;
} sets[SETS];

static struct locks *locks_new(void)
{
    struct locks *locks = malloc(sizeof(*locks));
    if (locks == NULL)
        abort();
    *locks = (struct locks){.references = 1,
                            .mutex = VOW_MUTEX_INIT,
                            .guard = VOW_MUTEX_INIT,
                            .condition = VOW_CONDITION_INIT,
                            .rwlock = VOW_RWLOCK_INIT,
                            .semaphore = VOW_SEMAPHORE_INIT(PERMITS),
                            .event = VOW_EVENT_INIT,
                            .once = VOW_ONCE_INIT,
                            .barrier = VOW_BARRIER_INIT(2),
                            .limiter = VOW_LIMITER_INIT(VOW_US(20), 5)};
    return locks;
}

static struct locks *some_locks(void)
{
    unsigned which = below(SETS);
    (void)pthread_mutex_lock(&sets[which].mutex);
    struct locks *locks = sets[which].locks;
    atomic_fetch_add(&locks->references, 1);
    (void)pthread_mutex_unlock(&sets[which].mutex);
    return locks;
}

static void locks_release(void *pointer)
{
    struct locks *locks = pointer;
    if (atomic_fetch_sub(&locks->references, 1) != 1)
        return;
    must(atomic_load(&locks->in_mutex) == 0 && atomic_load(&locks->in_guard) == 0);
    must(atomic_load(&locks->readers) == 0 && atomic_load(&locks->writers) == 0);
    must(atomic_load(&locks->in_semaphore) == 0);
    must(vow_semaphore_permits(&locks->semaphore) == PERMITS);
    free(locks);
}

static void locks_close(struct locks *locks)
{
    must(vow_mutex_close(&locks->mutex) == VOW_OK);
    must(vow_condition_close(&locks->condition) == VOW_OK);
    if (one_in(
            2)) /* those who wait for the condition find it closed when they would lock it again */
        must(vow_mutex_close(&locks->guard) == VOW_OK);
    must(vow_rwlock_close(&locks->rwlock) == VOW_OK);
    must(vow_semaphore_close(&locks->semaphore) == VOW_OK);
    must(vow_event_close(&locks->event) == VOW_OK);
    must(vow_barrier_close(&locks->barrier) == VOW_OK);
}

static void init_sets(void)
{
    for (int i = 0; i < SETS; i++)
        (void)pthread_mutex_init(&sets[i].mutex, NULL);
}

void locks_begin(void)
{
    static pthread_once_t once =
        PTHREAD_ONCE_INIT; /* they stay: what ends last still looks at them */
    (void)pthread_once(&once, init_sets);
    for (int i = 0; i < SETS; i++)
        sets[i].locks = locks_new();
}

void locks_end(void)
{
    for (int i = 0; i < SETS; i++) {
        locks_close(sets[i].locks);
        must(atomic_load(&sets[i].locks->references) == 1);
        locks_release(sets[i].locks);
    }
}

void act_replace_locks(void)
{
    struct locks *made = locks_new();
    unsigned which = below(SETS);
    (void)pthread_mutex_lock(&sets[which].mutex);
    struct locks *former = sets[which].locks;
    sets[which].locks = made;
    (void)pthread_mutex_unlock(&sets[which].mutex);
    if (one_in(2))
        locks_close(former);
    locks_release(former);
}

/* Holding -------------------------------------------------------------------------------------------------------------- */

static void hold(_Atomic int *inside, int most)
{
    must(atomic_fetch_add(inside, 1) < most);
    if (one_in(4))
        rest_in_line();
    must(atomic_fetch_sub(inside, 1) <= most);
}

static bool is_usual(vow_status status, vow_deadline deadline)
{
    return told_unless(status == VOW_OK || status == VOW_CLOSED ||
                           (status == VOW_CANCELED && vow_canceled()) ||
                           (status == VOW_TIMED_OUT && deadline.at != INT64_MAX),
                       status);
}

static void use_mutex(struct locks *locks, vow_deadline deadline)
{
    vow_status status = noted(vow_status, vow_mutex_lock(&locks->mutex, deadline));
    must(is_usual(status, deadline));
    if (status != VOW_OK)
        return;
    hold(&locks->in_mutex, 1);
    must(vow_mutex_unlock(&locks->mutex) == VOW_OK);
}

static void use_condition(struct locks *locks, vow_deadline deadline)
{
    vow_status status = noted(vow_status, vow_mutex_lock(&locks->guard, deadline));
    must(is_usual(status, deadline));
    if (status != VOW_OK)
        return;
    hold(&locks->in_guard, 1);
    if (one_in(2)) {
        vow_deadline until = soon();
        status = noted(vow_status, vow_condition_wait(&locks->condition, &locks->guard, until));
        if (status == VOW_ABANDONED) /* nothing else tells that the mutex is not held */
            return;
        must(is_usual(status, until));
        hold(&locks->in_guard, 1);
    } else
        (void)(one_in(2) ? vow_condition_signal : vow_condition_broadcast)(&locks->condition);
    must(vow_mutex_unlock(&locks->guard) == VOW_OK);
}

static void use_rwlock(struct locks *locks, vow_deadline deadline)
{
    bool write = one_in(4);
    vow_status status = noted(vow_status, (write ? vow_rwlock_write_lock
                                                 : vow_rwlock_read_lock)(&locks->rwlock, deadline));
    must(is_usual(status, deadline));
    if (status != VOW_OK)
        return;
    hold(write ? &locks->writers : &locks->readers, write ? 1 : 100000);
    must(atomic_load(write ? &locks->readers : &locks->writers) == 0);
    must((write ? vow_rwlock_write_unlock : vow_rwlock_read_unlock)(&locks->rwlock) == VOW_OK);
}

static void use_semaphore(struct locks *locks, vow_deadline deadline)
{
    uint32_t count = 1 + below(PERMITS);
    vow_status status =
        noted(vow_status, vow_semaphore_acquire(&locks->semaphore, count, deadline));
    must(is_usual(status, deadline));
    if (status != VOW_OK)
        return;
    hold(&locks->in_semaphore, PERMITS + 1 - (int)count);
    must(vow_semaphore_release(&locks->semaphore, count) == VOW_OK);
}

static vow_value do_once(vow_value input, void *pointer)
{
    struct locks *locks = pointer;
    must(atomic_load(&locks->once_done) == 0);
    rest_in_line();
    if (one_in(2))
        return vow_fail(VOW_USER, "not this time");
    atomic_fetch_add(&locks->once_done, 1);
    return input;
}

static void use_once(struct locks *locks, vow_deadline deadline)
{
    vow_status status = noted(vow_status, vow_once_run(&locks->once, do_once, locks, deadline));
    must(status == VOW_USER || is_usual(status, deadline));
    must(status != VOW_OK ||
         (vow_once_is_done(&locks->once) && atomic_load(&locks->once_done) == 1));
}

static void use_event(struct locks *locks, vow_deadline deadline)
{
    if (one_in(3))
        must((one_in(2) ? vow_event_set : vow_event_clear)(&locks->event) == VOW_OK);
    else
        must(is_usual(noted(vow_status, vow_event_wait(&locks->event, deadline)), deadline));
}

static void use_barrier(struct locks *locks, vow_deadline deadline)
{
    bool last;
    must(is_usual(noted(vow_status, vow_barrier_wait(&locks->barrier, deadline, &last)), deadline));
}

static void use_limiter(struct locks *locks, vow_deadline deadline)
{
    must(is_usual(noted(vow_status, vow_limiter_acquire(&locks->limiter, 1 + below(3), deadline)),
                  deadline));
}

/* Promise faces ---------------------------------------------------------------------------------------------------------- */

static vow_value run_held(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    rest_in_line();
    return input;
}

static vow_value hold_in_turn(vow_value input, void *pointer)
{
    struct locks *locks = pointer;
    hold(&locks->in_mutex, 1);
    return one_in(3) ? vow_promise_value(submit_to(steady_place(), run_held)) : input;
}

/* The promise may be canceled by anyone. The set stays until it has settled: for its own links, that is. */
static void use_promise_run(struct locks *locks)
{
    vow_handlers at_end = {.size = sizeof(at_end), .context = locks, .drop = locks_release};
    atomic_fetch_add(&locks->references, 1);
    vow_promise *promise =
        vow_add_callbacks(one_in(2) ? vow_mutex_run(&locks->mutex, hold_in_turn, locks)
                                    : vow_once_promise(&locks->once, do_once, locks),
                          &at_end);
    if (one_in(4))
        vow_cancel(promise);
    publish(promise);
}

/* Whether it may wait until its own promise has settled, canceled or not. */
static bool may_insist(void)
{
    return in_job() || !in_line();
}

enum bare { MUTEX, READ, WRITE, SEMAPHORE, EVENT, BARRIER, CONDITION, LIMITER, BARE };

static vow_promise *want_bare(struct locks *locks, enum bare which)
{
    switch (which) {
    case MUTEX:
        return vow_mutex_lock_promise(&locks->mutex);
    case READ:
        return vow_rwlock_read_lock_promise(&locks->rwlock);
    case WRITE:
        return vow_rwlock_write_lock_promise(&locks->rwlock);
    case SEMAPHORE:
        return vow_semaphore_acquire_promise(&locks->semaphore, 2);
    case EVENT:
        return vow_event_wait_promise(&locks->event);
    case BARRIER:
        return vow_barrier_wait_promise(&locks->barrier);
    case CONDITION:
        return vow_condition_wait_promise(&locks->condition, &locks->guard);
    default:
        return vow_limiter_acquire_promise(&locks->limiter, 1);
    }
}

static void give_back(struct locks *locks, enum bare which)
{
    switch (which) {
    case MUTEX:
        hold(&locks->in_mutex, 1);
        must(vow_mutex_unlock(&locks->mutex) == VOW_OK);
        break;
    case READ:
        hold(&locks->readers, 100000);
        must(vow_rwlock_read_unlock(&locks->rwlock) == VOW_OK);
        break;
    case WRITE:
        hold(&locks->writers, 1);
        must(vow_rwlock_write_unlock(&locks->rwlock) == VOW_OK);
        break;
    case SEMAPHORE:
        hold(&locks->in_semaphore, PERMITS - 1);
        must(vow_semaphore_release(&locks->semaphore, 2) == VOW_OK);
        break;
    case CONDITION:
        hold(&locks->in_guard, 1);
        must(vow_mutex_unlock(&locks->guard) == VOW_OK);
        break;
    default:
        break;
    }
}

/* Waits for it a little, then cancels it, and gives back what it has come to. */
static void use_bare_promise(struct locks *locks, enum bare which)
{
    if (which == CONDITION && vow_mutex_lock(&locks->guard, soon()) != VOW_OK)
        return;
    vow_value value = vow_none();
    vow_promise *promise = want_bare(locks, which);
    vow_shield_begin();
    vow_status status = VOW_TIMED_OUT;
    if (one_in(2))
        status = noted(vow_status, vow_wait(promise, soon(), &value));
    if (status != VOW_OK) {
        vow_cancel(promise);
        status = noted(vow_status, vow_wait(promise, VOW_FOREVER, &value));
    }
    must(status == VOW_OK);
    if (!vow_is_error(value))
        give_back(locks, which);
    vow_shield_end();
    vow_release(value);
    vow_promise_release(promise);
}

/* Acts --------------------------------------------------------------------------------------------------------------------- */

typedef void use_fn(struct locks *locks, vow_deadline deadline);

void act_lock(void)
{
    static use_fn *const uses[] = {use_mutex, use_condition, use_rwlock,  use_semaphore,
                                   use_once,  use_event,     use_barrier, use_limiter};
    if (!in_line() && !one_in(8)) /* a thread that waits within a call holds up what is below it */
        return;
    struct locks *locks = some_locks();
    uses[below(sizeof uses / sizeof uses[0])](locks, soon());
    locks_release(locks);
}

/* A work: nobody who holds one of these needs this line. */
void act_lock_for_ever(void)
{
    static use_fn *const uses[] = {use_mutex,     use_condition, use_rwlock,
                                   use_semaphore, use_once,      use_limiter};
    struct locks *locks = some_locks();
    if (one_in(3))
        use_promise_run(locks);
    else if (one_in(2) && may_insist())
        use_bare_promise(locks, (enum bare)below(BARE));
    else
        uses[below(sizeof uses / sizeof uses[0])](locks, VOW_FOREVER);
    locks_release(locks);
}
