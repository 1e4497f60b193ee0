/**
 * bench/peers/glib_channel.c - P16, P17 by GLib's GAsyncQueue, and by a mutex with two conditions.
 *
 * Counted: integers from one thread that writes to one that reads, one at a time: an item; P17, from two to two.
 *
 * GAsyncQueue has no bound and no end: its writers never wait, and each reader is sent a last item. The queue of a mutex and
 * conditions, as textbooks have it, keeps 1,024.
 */
#include <glib.h>
#include <stdbool.h>

#include "../stream.h"

/* GAsyncQueue --------------------------------------------------------------------------------------------------- */

static GAsyncQueue *queue;

static void queue_write(void *channel, int writer, const int64_t *items, int count)
{
    (void)channel;
    (void)writer;
    for (int i = 0; i < count; i++)
        g_async_queue_push(queue, GSIZE_TO_POINTER((gsize)items[i]));
}

static int queue_read(void *channel, int reader, int64_t *items, int count)
{
    (void)channel;
    (void)reader;
    (void)count;
    gsize item = GPOINTER_TO_SIZE(g_async_queue_pop(queue));
    items[0] = (int64_t)item;
    return item != G_MAXSIZE;
}

static void queue_finish(void *channel, int writer)
{
    (void)channel;
    (void)writer;
    g_async_queue_push(queue, GSIZE_TO_POINTER(G_MAXSIZE)); /* as many readers as writers */
}

static double stream_queue(int lines)
{
    struct bench_stream stream = {.writers = lines,
                                  .readers = lines,
                                  .batch = 1,
                                  .write = queue_write,
                                  .read = queue_read,
                                  .finish = queue_finish};
    queue = g_async_queue_new();
    double figure = bench_stream_run(&stream);
    g_async_queue_unref(queue);
    return figure;
}

/* A mutex and two conditions -------------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t filled, emptied;
    int64_t items[BENCH_CAPACITY];
    size_t head, tail;
    int writers;
} ring = {.mutex = PTHREAD_MUTEX_INITIALIZER,
          .filled = PTHREAD_COND_INITIALIZER,
          .emptied = PTHREAD_COND_INITIALIZER};

static void ring_write(void *channel, int writer, const int64_t *items, int count)
{
    (void)channel;
    (void)writer;
    pthread_mutex_lock(&ring.mutex);
    for (int i = 0; i < count; i++) {
        while (ring.tail - ring.head == BENCH_CAPACITY) {
            pthread_cond_signal(&ring.filled);
            pthread_cond_wait(&ring.emptied, &ring.mutex);
        }
        ring.items[ring.tail++ % BENCH_CAPACITY] = items[i];
    }
    pthread_mutex_unlock(&ring.mutex);
    pthread_cond_signal(&ring.filled);
}

static int ring_read(void *channel, int reader, int64_t *items, int count)
{
    (void)channel;
    (void)reader;
    int done = 0;
    pthread_mutex_lock(&ring.mutex);
    while (ring.tail == ring.head && ring.writers != 0)
        pthread_cond_wait(&ring.filled, &ring.mutex);
    while (done < count && ring.tail != ring.head)
        items[done++] = ring.items[ring.head++ % BENCH_CAPACITY];
    pthread_mutex_unlock(&ring.mutex);
    pthread_cond_signal(&ring.emptied);
    return done;
}

static void ring_finish(void *channel, int writer)
{
    (void)channel;
    (void)writer;
    pthread_mutex_lock(&ring.mutex);
    ring.writers--;
    pthread_mutex_unlock(&ring.mutex);
    pthread_cond_broadcast(&ring.filled);
}

static double stream_ring(int lines, int batch)
{
    struct bench_stream stream = {.writers = lines,
                                  .readers = lines,
                                  .batch = batch,
                                  .write = ring_write,
                                  .read = ring_read,
                                  .finish = ring_finish};
    ring.head = ring.tail = 0;
    ring.writers = lines;
    return bench_stream_run(&stream);
}

/* Jobs -------------------------------------------------------------------------------------------------------------- */

static void measure_queue(double *ret_figures)
{
    ret_figures[0] = stream_queue(1);
}

static void measure_queue_of_two(double *ret_figures)
{
    ret_figures[0] = stream_queue(2);
}

static void measure_ring(double *ret_figures)
{
    ret_figures[0] = stream_ring(1, 1);
}

static void measure_ring_in_batches(double *ret_figures)
{
    ret_figures[0] = stream_ring(1, BENCH_BATCH);
}

static void measure_ring_of_two(double *ret_figures)
{
    ret_figures[0] = stream_ring(2, 1);
}

static void measure_ring_of_two_in_batches(double *ret_figures)
{
    ret_figures[0] = stream_ring(2, BENCH_BATCH);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P16", "GAsyncQueue", "ns", {""}, measure_queue},
        {"P16", "mutex and conditions", "ns", {""}, measure_ring},
        {"P16", "mutex and conditions, batches of 64", "ns", {""}, measure_ring_in_batches},
        {"P17", "GAsyncQueue", "ns", {""}, measure_queue_of_two},
        {"P17", "mutex and conditions", "ns", {""}, measure_ring_of_two},
        {"P17", "mutex and conditions, batches of 64", "ns", {""}, measure_ring_of_two_in_batches},
    };
    char version[64];
    g_snprintf(version, sizeof version, "%u.%u.%u", glib_major_version, glib_minor_version,
               glib_micro_version);
    return bench_main(argc, argv, version, jobs, sizeof jobs / sizeof *jobs);
}
