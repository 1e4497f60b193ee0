/**
 * bench/peers/concurrency_kit.c - P16, P17, many items and their memory by Concurrency Kit's rings.
 *
 * Counted: integers from one thread that writes to one that reads, one at a time: an item; P17, from two to two. Many: written
 * into a ring that has room for all, then read, by one thread: each.
 *
 * The idiom: ck_ring with its buffer, `_spsc` where there is one of each and `_mpmc` otherwise. A ring never
 * waits: who finds it full or empty stalls by ck_pr_stall, and lets others run when that has not helped for a while. It has
 * no end either: each reader is sent a last item.
 */
#include <ck_pr.h>
#include <ck_ring.h>
#include <sched.h>
#include <stdlib.h>

#include "../item_jobs.h"
#include "../memory.h"
#include "../stream.h"

enum { LAST = -1, STALLS = 100 };

static struct {
    ck_ring_t ring;
    ck_ring_buffer_t *buffer;
} queue;

/** A ring of `size`, a power of two, of which it keeps one free. */
static void make_ring(long size)
{
    queue.buffer = bench_memory_touched((size_t)size, sizeof *queue.buffer);
    ck_ring_init(&queue.ring, (unsigned)size);
}

static void wait_a_little(int *stalls)
{
    if (++*stalls < STALLS) {
        ck_pr_stall();
    } else {
        sched_yield();
        *stalls = 0;
    }
}

#define WAIT_UNTIL(condition)                                                                      \
    for (int stalls = 0; !(condition);)                                                            \
    wait_a_little(&stalls)

static void put_single(void *item)
{
    WAIT_UNTIL(ck_ring_enqueue_spsc(&queue.ring, queue.buffer, item));
}

static void put_multiple(void *item)
{
    WAIT_UNTIL(ck_ring_enqueue_mpmc(&queue.ring, queue.buffer, item));
}

static void write_single(void *channel, int writer, const int64_t *items, int count)
{
    bench_keep_pointer(channel);
    bench_keep(writer);
    for (int i = 0; i < count; i++)
        put_single((void *)(intptr_t)items[i]);
}

static void write_multiple(void *channel, int writer, const int64_t *items, int count)
{
    bench_keep_pointer(channel);
    bench_keep(writer);
    for (int i = 0; i < count; i++)
        put_multiple((void *)(intptr_t)items[i]);
}

static int read_single(void *channel, int reader, int64_t *items, int count)
{
    void *item = channel;
    bench_keep(reader + count);
    WAIT_UNTIL(ck_ring_dequeue_spsc(&queue.ring, queue.buffer, &item));
    items[0] = (intptr_t)item;
    return items[0] != LAST;
}

static int read_multiple(void *channel, int reader, int64_t *items, int count)
{
    void *item = channel;
    bench_keep(reader + count);
    WAIT_UNTIL(ck_ring_dequeue_mpmc(&queue.ring, queue.buffer, &item));
    items[0] = (intptr_t)item;
    return items[0] != LAST;
}

static void finish(void *channel, int writer)
{
    static const int64_t last = LAST;
    write_multiple(channel, writer, &last, 1); /* as many readers as writers */
}

static void finish_single(void *channel, int writer)
{
    static const int64_t last = LAST;
    write_single(channel, writer, &last, 1);
}

static double stream(struct bench_stream stream)
{
    stream.batch = 1;
    make_ring(BENCH_CAPACITY);
    double figure = bench_stream_run(&stream);
    free(queue.buffer);
    return figure;
}

static void measure_single(double *ret_figures)
{
    ret_figures[0] = stream((struct bench_stream){.writers = 1,
                                                  .readers = 1,
                                                  .write = write_single,
                                                  .read = read_single,
                                                  .finish = finish_single});
}

static void measure_multiple(double *ret_figures)
{
    ret_figures[0] = stream((struct bench_stream){.writers = 2,
                                                  .readers = 2,
                                                  .write = write_multiple,
                                                  .read = read_multiple,
                                                  .finish = finish});
}

static void begin(long count)
{
    long size = 2;
    while (size <= count)
        size *= 2;
    make_ring(size);
}

static void fill(long count)
{
    for (long index = 0; index < count; index++)
        put_single((void *)(intptr_t)index);
}

static void drain(long count)
{
    for (long index = 0; index < count; index++) {
        int64_t item;
        read_single(NULL, 0, &item, 1);
        bench_require(item == index, "each in turn");
    }
}

static void end(void)
{
    free(queue.buffer);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P16", "Concurrency Kit ring, stalling", "ns", {""}, measure_single},
        {"P17", "Concurrency Kit ring, stalling", "ns", {""}, measure_multiple},
        BENCH_ITEM_JOB_BYTES("Concurrency Kit ring"),
        BENCH_ITEM_JOB_MANY("Concurrency Kit ring"),
    };
    return bench_main(argc, argv, CK_VERSION, jobs, sizeof jobs / sizeof *jobs);
}
