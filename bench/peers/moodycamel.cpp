/**
 * bench/peers/moodycamel.cpp - P16, P17, many items and their memory by moodycamel's queue.
 *
 * Counted: integers from one thread that writes to one that reads, one at a time: an item; P17, from two to two. Many: written by
 * one thread, then read by it: each.
 *
 * The idiom: BlockingConcurrentQueue with a token for each producer and each consumer, made before they begin, and
 * room for the items at once. It has no bound and no end: writers never wait, and each reader is sent a last item. Batches
 * by `enqueue_bulk` and `wait_dequeue_bulk`.
 */
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <memory>
#include <vector>

#include "../item_jobs.h"
#include "../stream.h"

using queue_of_numbers = moodycamel::BlockingConcurrentQueue<int64_t>;

static const int64_t LAST = -1;

struct ends {
    queue_of_numbers queue{BENCH_CAPACITY};
    std::vector<moodycamel::ProducerToken> writers;
    std::vector<moodycamel::ConsumerToken> readers;
};

static void write_items(void *channel, int writer, const int64_t *items, int count)
{
    auto *ends = static_cast<struct ends *>(channel);
    auto &token = ends->writers[static_cast<std::size_t>(writer)];
    if (count == 1)
        ends->queue.enqueue(token, items[0]);
    else
        ends->queue.enqueue_bulk(token, items, static_cast<std::size_t>(count));
}

static int read_items(void *channel, int reader, int64_t *items, int count)
{
    auto *ends = static_cast<struct ends *>(channel);
    auto &token = ends->readers[static_cast<std::size_t>(reader)];
    std::size_t was_read = 1;
    if (count == 1)
        ends->queue.wait_dequeue(token, items[0]);
    else
        was_read = ends->queue.wait_dequeue_bulk(token, items, static_cast<std::size_t>(count));
    for (std::size_t index = 0; index < was_read; index++)
        if (items[index] == LAST) /* in a batch others' items may follow it: hence P17 one at a time */
            return static_cast<int>(index);
    return static_cast<int>(was_read);
}

static void finish(void *channel, int writer)
{
    write_items(channel, writer, &LAST, 1); /* as many readers as writers */
}

static double run(int lines, int batch)
{
    auto ends = std::make_unique<struct ends>();
    for (int line = 0; line < lines; line++) {
        ends->writers.emplace_back(ends->queue);
        ends->readers.emplace_back(ends->queue);
    }
    struct bench_stream stream = {ends.get(), lines, lines, batch, write_items, read_items, finish};
    return bench_stream_run(&stream);
}

static void measure_single(double *ret_figures)
{
    ret_figures[0] = run(1, 1);
}

static void measure_two(double *ret_figures)
{
    ret_figures[0] = run(2, 1);
}

static void measure_batches(double *ret_figures)
{
    ret_figures[0] = run(1, BENCH_BATCH);
}

static std::unique_ptr<queue_of_numbers> queue;

static void begin(long count)
{
    queue = std::make_unique<queue_of_numbers>(static_cast<std::size_t>(count));
}

static void fill(long count)
{
    moodycamel::ProducerToken token{*queue};
    for (long index = 0; index < count; index++)
        queue->enqueue(token, index);
}

static void drain(long count)
{
    moodycamel::ConsumerToken token{*queue};
    for (long index = 0; index < count; index++) {
        int64_t item;
        queue->wait_dequeue(token, item);
        bench_require(item == index, "each in turn");
    }
}

static void end()
{
    queue.reset();
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P16", "moodycamel blocking", "ns", {""}, measure_single},
        {"P16", "moodycamel blocking, batches of 64", "ns", {""}, measure_batches},
        {"P17", "moodycamel blocking", "ns", {""}, measure_two},
        BENCH_ITEM_JOB_BYTES("moodycamel blocking"),
        BENCH_ITEM_JOB_MANY("moodycamel blocking"),
    };
    return bench_main(argc, argv, "1.0.3", jobs, sizeof jobs / sizeof *jobs);
}
