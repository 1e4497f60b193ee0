/**
 * bench/limits_of_threads.c - the limits that need a second thread.
 *
 * Two threads play ping-pong on two words, each on a cache line of its own: `go` counts what the
 * asking thread sent, `back` what the serving one answered. How a thread waits for a word (spinning
 * or sleeping) and where the two run is all that differs.
 */
#include "limits_of_threads.h"

#include <linux/futex.h>
#include <math.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "placement.h"

enum {
    ADDITIONS = 5000000,
    TRANSFERS = 500000,
    WAKES = 20000,
    EMPTY_WAKES = 500000,
    THREADS = 2000,
};

struct word {
    alignas(128) atomic_uint count;
};

typedef void pass(struct word *word, unsigned count);
typedef void await(struct word *word, unsigned count);

struct game {
    struct word go;
    struct word back;
    unsigned turns;
    int core_of_asking;
    int core_of_serving;
    pass *pass;
    await *await;
};

static void wake(struct word *word)
{
    syscall(SYS_futex, &word->count, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void pass_to_spinner(struct word *word, unsigned count)
{
    atomic_store_explicit(&word->count, count, memory_order_release); /* G1: pairs with G2 */
}

static void spin_for(struct word *word, unsigned count)
{
    /* G2: pairs with G1 */
    while (atomic_load_explicit(&word->count, memory_order_acquire) != count)
        continue;
}

static void pass_to_sleeper(struct word *word, unsigned count)
{
    pass_to_spinner(word, count);
    wake(word);
}

static void sleep_for(struct word *word, unsigned count)
{
    /* The kernel compares the word again, under a lock: no wake between the two is lost. */
    while (atomic_load_explicit(&word->count, memory_order_acquire) != count) /* pairs with G1 */
        syscall(SYS_futex, &word->count, FUTEX_WAIT_PRIVATE, count - 1, NULL, NULL, 0);
}

static void *serve(void *context)
{
    struct game *game = context;
    bench_pin(game->core_of_serving);
    for (unsigned turn = 1; turn <= game->turns; turn++) {
        game->await(&game->go, turn);
        game->pass(&game->back, turn);
    }
    return NULL;
}

static void take_turn(struct game *game, unsigned turn)
{
    game->pass(&game->go, turn);
    game->await(&game->back, turn);
}

/** The ns of one way; the first turn, in which the other thread starts, is not counted. */
static double play(struct game *game)
{
    pthread_t thread;
    if (!bench_pin(game->core_of_asking) || game->turns < 2)
        return NAN;
    bench_require(pthread_create(&thread, NULL, serve, game) == 0, "pthread_create");
    take_turn(game, 1);
    int64_t started = bench_start();
    for (unsigned turn = 2; turn <= game->turns; turn++)
        take_turn(game, turn);
    double one_way = bench_each(started, (long)game->turns - 1) / 2;
    pthread_join(thread, NULL);
    bench_unpin();
    return one_way;
}

static int there_is_a_second_core(void)
{
    int there_is = bench_pin(1);
    bench_unpin();
    return there_is;
}

void measure_line_transfer(double *ret_figures)
{
    struct game game = {.turns = (unsigned)bench_count(TRANSFERS),
                        .core_of_serving = 1,
                        .pass = pass_to_spinner,
                        .await = spin_for};
    ret_figures[0] = there_is_a_second_core() ? play(&game) : NAN;
}

void measure_wake_on_one_core(double *ret_figures)
{
    struct game game = {
        .turns = (unsigned)bench_count(WAKES), .pass = pass_to_sleeper, .await = sleep_for};
    ret_figures[0] = play(&game);
}

void measure_wake_on_two_cores(double *ret_figures)
{
    struct game game = {.turns = (unsigned)bench_count(WAKES),
                        .core_of_serving = 1,
                        .pass = pass_to_sleeper,
                        .await = sleep_for};
    ret_figures[0] = there_is_a_second_core() ? play(&game) : NAN;
}

void measure_wake_of_nobody(double *ret_figures)
{
    static struct word word;
    long count = bench_count(EMPTY_WAKES);
    int64_t started = bench_start();
    for (long index = 0; index < count; index++)
        wake(&word);
    ret_figures[0] = bench_each(started, count);
}

static struct word contended;

/** Relaxed, here and below: nothing else is published by these words, and only the cost matters. */
static void add_to_contended(void)
{
    atomic_fetch_add_explicit(&contended.count, 1, memory_order_relaxed);
}

static void *add_for_ever(void *context)
{
    atomic_int *stop = context;
    bench_pin(1);
    while (!atomic_load_explicit(stop, memory_order_relaxed))
        add_to_contended();
    return NULL;
}

static void wait_until_contended(void)
{
    unsigned before = atomic_load_explicit(&contended.count, memory_order_relaxed);
    while (atomic_load_explicit(&contended.count, memory_order_relaxed) == before)
        continue;
}

void measure_contended_atomic(double *ret_figures)
{
    static atomic_int stop;
    pthread_t thread;
    long count = bench_count(ADDITIONS);
    ret_figures[0] = NAN;
    if (!there_is_a_second_core())
        return;
    atomic_store(&stop, 0);
    bench_pin(0);
    bench_require(pthread_create(&thread, NULL, add_for_ever, &stop) == 0, "pthread_create");
    wait_until_contended();
    int64_t started = bench_start();
    for (long step = 0; step < count; step++)
        add_to_contended();
    ret_figures[0] = bench_each(started, count);
    atomic_store(&stop, 1);
    pthread_join(thread, NULL);
    bench_unpin();
}

static void *end_at_once(void *context)
{
    return context;
}

void measure_thread(double *ret_figures)
{
    long count = bench_count(THREADS);
    int64_t started = bench_start();
    for (long index = 0; index < count; index++) {
        pthread_t thread;
        bench_require(pthread_create(&thread, NULL, end_at_once, NULL) == 0, "pthread_create");
        pthread_join(thread, NULL);
    }
    ret_figures[0] = bench_each(started, count);
}
