/**
 * bench/vow/loop.c - P9 by vow's loop.
 *
 * Counted: one thread posts 1,000,000 functions to a loop that runs on another thread, until all
 * have run: each. Two ways: by `vow_scheduler_call` with nodes that the caller owns (allocated
 * before the clock starts), and by `vow_schedule`.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <vow/loop.h>
#include <vow/version.h>

#include "../harness.h"
#include "../memory.h"
#include "../placement.h"
#include "../sizes.h"

static struct {
    pthread_t thread;
    sem_t ready;
    vow_loop *loop;
    vow_scheduler *scheduler;
    long finished;
    long total;
} posts;

static void count_finished(void)
{
    if (++posts.finished == posts.total)
        vow_loop_stop(posts.loop);
}

static void run_call(struct vow_call *call)
{
    bench_keep_pointer(call);
    count_finished();
}

static vow_value run_function(vow_value input, void *context)
{
    bench_keep_pointer(context);
    count_finished();
    return input;
}

static void *run_loop(void *context)
{
    bench_keep_pointer(context);
    posts.loop = vow_loop_new(NULL);
    bench_require(posts.loop != NULL, "vow_loop_new");
    bench_place_serving(); /* now: a loop made on a thread of one processor would not spin */
    posts.scheduler = vow_loop_scheduler(posts.loop);
    sem_post(&posts.ready);
    bench_require(vow_loop_run(posts.loop) == VOW_OK, "vow_loop_run");
    bench_require(vow_loop_free(posts.loop) == VOW_OK, "vow_loop_free");
    return NULL;
}

static void prepare(void)
{
    posts.finished = 0;
    posts.total = bench_count(BENCH_POSTS);
    sem_init(&posts.ready, 0, 0);
    bench_require(pthread_create(&posts.thread, NULL, run_loop, NULL) == 0, "pthread_create");
    sem_wait(&posts.ready);
    bench_place_asking();
}

static double finish(int64_t started)
{
    pthread_join(posts.thread, NULL);
    double each = bench_each(started, posts.total);
    sem_destroy(&posts.ready);
    bench_unpin();
    return each;
}

static void measure_calls(double *ret_figures)
{
    struct vow_call *calls = bench_memory_touched((size_t)bench_count(BENCH_POSTS), sizeof *calls);
    prepare();
    int64_t started = bench_start();
    for (long post = 0; post < posts.total; post++) {
        calls[post].run = run_call;
        calls[post].dropped = run_call;
        vow_scheduler_call(posts.scheduler, &calls[post]);
    }
    ret_figures[0] = finish(started);
    free(calls);
}

static void measure_functions(double *ret_figures)
{
    prepare();
    int64_t started = bench_start();
    for (long post = 0; post < posts.total; post++)
        bench_require(vow_schedule(posts.scheduler, run_function, vow_none(), NULL) == VOW_OK,
                      "vow_schedule");
    ret_figures[0] = finish(started);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P9", "vow, caller's nodes", "ns", {""}, measure_calls},
        {"P9", "vow, vow_schedule", "ns", {""}, measure_functions},
    };
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
