/**
 * bench/vow/lock.c - locks by vow, and the system's mutex beside them.
 *
 * Counted: taking and giving back a lock that nobody else wants, each; and a mutex that two threads want all the time, each on a
 * processor of its own, each time that one of them has had it (vow hands over in turn, pthread lets who runs take it again).
 */
#include <pthread.h>
#include <vow/mutex.h>
#include <vow/rwlock.h>
#include <vow/semaphore.h>
#include <vow/version.h>

#include "../harness.h"
#include "../placement.h"

#define LOCKS 10000000
#define FIGHTS 200000

/* `take`, an expression that says whether it worked, and then `give`: a macro, so that nothing else is counted. */
#define MEASURE(name, declaration, take, give)                                                     \
    static void name(double *ret_figures)                                                          \
    {                                                                                              \
        declaration;                                                                               \
        long count = bench_count(LOCKS);                                                           \
        int64_t started = bench_start();                                                           \
        for (long i = 0; i < count; i++) {                                                         \
            if (!(take))                                                                           \
                bench_fail("what is free was not had");                                            \
            give;                                                                                  \
        }                                                                                          \
        ret_figures[0] = bench_each(started, count);                                               \
    }

MEASURE(measure_mutex, vow_mutex mutex = VOW_MUTEX_INIT,
        vow_mutex_lock(&mutex, VOW_FOREVER) == VOW_OK, vow_mutex_unlock(&mutex))

MEASURE(measure_pthread, pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER,
        pthread_mutex_lock(&mutex) == 0, pthread_mutex_unlock(&mutex))

MEASURE(measure_reader, vow_rwlock lock = VOW_RWLOCK_INIT,
        vow_rwlock_read_lock(&lock, VOW_FOREVER) == VOW_OK, vow_rwlock_read_unlock(&lock))

MEASURE(measure_semaphore, vow_semaphore semaphore = VOW_SEMAPHORE_INIT(2),
        vow_semaphore_acquire(&semaphore, 1, VOW_FOREVER) == VOW_OK,
        vow_semaphore_release(&semaphore, 1))

/* Two threads that want the same. */
struct fight {
    vow_mutex mutex;
    pthread_mutex_t other;
    pthread_barrier_t start;
    long count;
    void (*lock)(struct fight *fight);
    void (*unlock)(struct fight *fight);
};

static void lock_vow(struct fight *fight)
{
    if (vow_mutex_lock(&fight->mutex, VOW_FOREVER) != VOW_OK)
        bench_fail("a mutex was not locked");
}

static void unlock_vow(struct fight *fight)
{
    vow_mutex_unlock(&fight->mutex);
}

static void lock_other(struct fight *fight)
{
    pthread_mutex_lock(&fight->other);
}

static void unlock_other(struct fight *fight)
{
    pthread_mutex_unlock(&fight->other);
}

static void fight_on(struct fight *fight, int processor)
{
    (void)bench_pin(processor);
    pthread_barrier_wait(&fight->start);
    for (long i = 0; i < fight->count; i++) {
        fight->lock(fight);
        bench_keep_pointer(fight);
        fight->unlock(fight);
    }
    bench_unpin();
}

static void *fight_main(void *fight)
{
    fight_on(fight, 1);
    return NULL;
}

static double cost_of_a_fight(void (*lock)(struct fight *), void (*unlock)(struct fight *))
{
    struct fight fight = {.mutex = VOW_MUTEX_INIT,
                          .other = PTHREAD_MUTEX_INITIALIZER,
                          .count = bench_count(FIGHTS),
                          .lock = lock,
                          .unlock = unlock};
    pthread_t thread;
    bench_require(pthread_barrier_init(&fight.start, NULL, 2) == 0, "a barrier");
    int64_t started = bench_start();
    bench_require(pthread_create(&thread, NULL, fight_main, &fight) == 0, "a thread");
    fight_on(&fight, 0);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&fight.start);
    return bench_each(started, 2 * fight.count);
}

static void measure_fight(double *ret_figures)
{
    ret_figures[0] = cost_of_a_fight(lock_vow, unlock_vow);
}

static void measure_pthread_fight(double *ret_figures)
{
    ret_figures[0] = cost_of_a_fight(lock_other, unlock_other);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"lock", "vow_mutex", "ns", {""}, measure_mutex},
        {"lock", "pthread_mutex", "ns", {""}, measure_pthread},
        {"lock", "vow_rwlock, reading", "ns", {""}, measure_reader},
        {"lock", "vow_semaphore", "ns", {""}, measure_semaphore},
        {"fight", "vow_mutex, two threads", "ns", {""}, measure_fight},
        {"fight", "pthread_mutex, two threads", "ns", {""}, measure_pthread_fight},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
