/**
 * bench/peers/glib_timer.c - P10, many timers and their memory by GLib's timeout sources.
 *
 * Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
 *
 * The idiom: a timeout source made, attached to the main context and kept; g_source_destroy and g_source_unref at the
 * end. A source lasts for one use, so that making it is counted. (By g_timeout_add and g_source_remove it
 * takes a search by number as well.)
 */
#include <glib.h>

#define BENCH_TIMER_KEPT sizeof(GSource *)
#include "../timer_jobs.h"

static struct bench_timers plan;
static GSource **sources;
static GMainContext *context;

static gboolean never(gpointer data)
{
    bench_keep_pointer(data);
    return G_SOURCE_REMOVE;
}

static GSource *start(int64_t milliseconds)
{
    GSource *source = g_timeout_source_new((guint)milliseconds);
    g_source_set_callback(source, never, NULL, NULL);
    g_source_attach(source, context);
    return source;
}

static void begin(long count)
{
    plan = bench_timers_plan(count);
    sources = bench_memory_touched((size_t)count, sizeof(GSource *));
    context = g_main_context_new();
}

static void fill(long count)
{
    for (long index = 0; index < count; index++)
        sources[index] = start(plan.milliseconds[index]);
}

static void drain(long count)
{
    for (long index = 0; index < count; index++) {
        g_source_destroy(sources[plan.order[index]]);
        g_source_unref(sources[plan.order[index]]);
    }
}

static void end(void)
{
    g_main_context_unref(context);
    free(sources);
    bench_timers_end(&plan);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        BENCH_TIMER_JOB_ONE("GLib g_timeout_source_new"),
        BENCH_TIMER_JOB_BYTES("GLib g_timeout_source_new"),
        BENCH_TIMER_JOB_MANY("GLib g_timeout_source_new"),
    };
    g_autofree char *version =
        g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
    return bench_main(argc, argv, version, jobs, G_N_ELEMENTS(jobs));
}
