/**
 * bench/peers/glib_items.c - many items in a GAsyncQueue: what each costs, and what memory it takes.
 *
 * Counted: integers pushed by one thread, then popped by it: each. The queue keeps a list, a node for each.
 */
#include <glib.h>

#include "../item_jobs.h"

static GAsyncQueue *queue;

static void begin(long count)
{
    (void)count;
    queue = g_async_queue_new();
}

static void fill(long count)
{
    for (long index = 1; index <= count; index++)
        g_async_queue_push(queue, GSIZE_TO_POINTER((gsize)index)); /* which may not be NULL */
}

static void drain(long count)
{
    for (long index = 1; index <= count; index++)
        bench_require(GPOINTER_TO_SIZE(g_async_queue_pop(queue)) == (gsize)index, "each in turn");
}

static void end(void)
{
    g_async_queue_unref(queue);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        BENCH_ITEM_JOB_BYTES("GAsyncQueue"),
        BENCH_ITEM_JOB_MANY("GAsyncQueue"),
    };
    g_autofree char *version =
        g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
    return bench_main(argc, argv, version, jobs, G_N_ELEMENTS(jobs));
}
