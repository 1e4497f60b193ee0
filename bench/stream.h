/**
 * bench/stream.h - P16, P17: items from threads that write to threads that read, whatever is between them.
 *
 * A program says how a batch is written and read; this makes the threads, puts them where the
 * placement wants them (writers ask, readers serve), sends the numbers 1 to count, and checks that all arrived, by their sum.
 */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <pthread.h>
#include <stdint.h>

#include "harness.h"
#include "marks.h"
#include "placement.h"
#include "sizes.h"

struct bench_stream {
    void *channel;
    int writers;
    int readers;
    int batch; /* items written or read at a time */
    void (*write)(void *channel, int writer, const int64_t *items, int count);
    int (*read)(void *channel, int reader, int64_t *items, int count); /* 0: the end */
    void (*finish)(void *channel, int writer); /* this writer has written all */
};

struct bench_side {
    struct bench_stream *stream;
    int number;
    long count;
    int64_t sum;
    int64_t started, ended;
    pthread_t thread;
    pthread_barrier_t *start;
};

static void *bench_stream_write(void *argument)
{
    struct bench_side *side = (struct bench_side *)argument;
    struct bench_stream *stream = side->stream;
    int number = side->number;
    int64_t items[BENCH_BATCH];
    long all = side->count; /* nothing of the sides' is touched meanwhile: they lie side by side */
    bench_place_asking();
    pthread_barrier_wait(side->start);
    side->started = bench_now();
    for (long next = 0; next < all;) {
        int count = 0;
        while (count < stream->batch && next < all)
            items[count++] = ++next;
        stream->write(stream->channel, number, items, count);
    }
    stream->finish(stream->channel, number);
    side->ended = bench_now();
    return NULL;
}

static void *bench_stream_read(void *argument)
{
    struct bench_side *side = (struct bench_side *)argument;
    struct bench_stream *stream = side->stream;
    int number = side->number;
    int64_t items[BENCH_BATCH];
    int64_t sum = 0;
    int count;
    bench_place_serving();
    pthread_barrier_wait(side->start);
    side->started = bench_now();
    while ((count = stream->read(stream->channel, number, items, stream->batch)) != 0)
        for (int i = 0; i < count; i++)
            sum += items[i];
    side->ended = bench_now();
    side->sum = sum;
    return NULL;
}

/* Nanoseconds for each of BENCH_ITEMS items, from the first thread's start to the last one's end. */
static inline double bench_stream_run(struct bench_stream *stream)
{
    struct bench_side sides[8];
    pthread_barrier_t start;
    int count = stream->writers + stream->readers;
    long each = bench_count(BENCH_ITEMS) / stream->writers;
    int64_t sum = 0;
    bench_mark_start();
    bench_require(pthread_barrier_init(&start, NULL, (unsigned)count) == 0, "a barrier");
    for (int i = 0; i < count; i++) {
        int writes = i < stream->writers;
        sides[i].stream = stream;
        sides[i].number = writes ? i : i - stream->writers;
        sides[i].count = each;
        sides[i].sum = 0;
        sides[i].start = &start;
        bench_require(pthread_create(&sides[i].thread, NULL,
                                     writes ? bench_stream_write : bench_stream_read,
                                     &sides[i]) == 0,
                      "a thread");
    }
    int64_t started = INT64_MAX, ended = 0;
    for (int i = 0; i < count; i++) {
        pthread_join(sides[i].thread, NULL);
        sum += sides[i].sum;
        started = sides[i].started < started ? sides[i].started : started;
        ended = sides[i].ended > ended ? sides[i].ended : ended;
    }
    double figure = (double)(ended - started) / (double)(each * stream->writers);
    bench_mark_end(each * stream->writers);
    pthread_barrier_destroy(&start);
    bench_require(sum == stream->writers * (each * (each + 1) / 2), "every item, once");
    return figure;
}

#endif
