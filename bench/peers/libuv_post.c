/**
 * bench/peers/libuv_post.c - P9 by libuv with a list under a mutex.
 *
 * Counted: one thread posts 1,000,000 functions to a loop that runs on another thread, until all
 * have run: each.
 *
 * The idiom: uv_async_send is the one call of libuv that other threads may make, and it carries
 * nothing, so that its guide advises a locked queue beside it; who finds the queue empty sends; the
 * loop takes the whole list at once. Shown twice: with nodes that the caller owns (allocated before
 * the clock starts), and with a node from malloc for each post, freed after its call.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "../harness.h"
#include "../memory.h"
#include "../placement.h"
#include "../sizes.h"

struct node {
    struct node *next;
    void (*function)(void *context);
    void *context;
};

static struct {
    pthread_mutex_t lock;
    struct node *first;
    struct node **end;
    uv_loop_t loop;
    uv_async_t async;
    bool owned_by_caller;
    long finished;
    long total;
} posts = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void posted(void *context)
{
    long *finished = context;
    ++*finished;
}

static struct node *take_all(void)
{
    pthread_mutex_lock(&posts.lock);
    struct node *first = posts.first;
    posts.first = NULL;
    posts.end = &posts.first;
    pthread_mutex_unlock(&posts.lock);
    return first;
}

static void run_posted(uv_async_t *async)
{
    struct node *next;
    for (struct node *node = take_all(); node != NULL; node = next) {
        next = node->next;
        node->function(node->context);
        if (!posts.owned_by_caller)
            free(node);
    }
    if (posts.finished == posts.total)
        uv_close((uv_handle_t *)async, NULL);
}

static void post(struct node *node)
{
    node->next = NULL;
    node->function = posted;
    node->context = &posts.finished;
    pthread_mutex_lock(&posts.lock);
    bool was_empty = posts.first == NULL;
    *posts.end = node;
    posts.end = &node->next;
    pthread_mutex_unlock(&posts.lock);
    if (was_empty)
        uv_async_send(&posts.async);
}

static void *run_loop(void *context)
{
    bench_keep_pointer(context);
    bench_place_serving();
    uv_run(&posts.loop, UV_RUN_DEFAULT);
    return NULL;
}

static void prepare(pthread_t *ret_thread)
{
    posts.end = &posts.first;
    posts.finished = 0;
    posts.total = bench_count(BENCH_POSTS);
    bench_place_asking();
    bench_require(uv_loop_init(&posts.loop) == 0, "uv_loop_init");
    bench_require(uv_async_init(&posts.loop, &posts.async, run_posted) == 0, "uv_async_init");
    bench_require(pthread_create(ret_thread, NULL, run_loop, NULL) == 0, "pthread_create");
}

static double finish(int64_t started, pthread_t thread)
{
    pthread_join(thread, NULL);
    double each = bench_each(started, posts.total);
    bench_require(uv_loop_close(&posts.loop) == 0, "uv_loop_close");
    return each;
}

static void measure_owned(double *ret_figures)
{
    struct node *nodes = bench_memory_touched((size_t)bench_count(BENCH_POSTS), sizeof *nodes);
    pthread_t thread;
    posts.owned_by_caller = true;
    prepare(&thread);
    int64_t started = bench_start();
    for (long index = 0; index < posts.total; index++)
        post(&nodes[index]);
    ret_figures[0] = finish(started, thread);
    free(nodes);
}

static void measure_allocated(double *ret_figures)
{
    pthread_t thread;
    posts.owned_by_caller = false;
    prepare(&thread);
    int64_t started = bench_start();
    for (long index = 0; index < posts.total; index++) {
        struct node *node = malloc(sizeof *node);
        bench_require(node != NULL, "memory for a node");
        post(node);
    }
    ret_figures[0] = finish(started, thread);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P9", "libuv, locked list, caller's nodes", "ns", {""}, measure_owned},
        {"P9", "libuv, locked list, malloc", "ns", {""}, measure_allocated},
    };
    return bench_main(argc, argv, uv_version_string(), jobs, sizeof jobs / sizeof *jobs);
}
