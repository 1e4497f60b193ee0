/**
 * bench/peers/glib_timer.c - P10 by GLib's timeout sources.
 *
 * Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
 *
 * The idiom: a timeout source made, attached to the main context and kept; g_source_destroy and g_source_unref at the
 * end. A source lasts for one use, so that making it is counted. (By g_timeout_add and g_source_remove it
 * takes a search by number as well.)
 */
#include <glib.h>

#include "../timers.h"

static gboolean never(gpointer data)
{
    bench_keep_pointer(data);
    return G_SOURCE_REMOVE;
}

static GSource *start(GMainContext *context, int64_t milliseconds)
{
    GSource *source = g_timeout_source_new((guint)milliseconds);
    g_source_set_callback(source, never, NULL, NULL);
    g_source_attach(source, context);
    return source;
}

static void measure_timers(double *ret_figures)
{
    struct bench_timers timers = bench_timers_begin();
    GSource **sources = bench_memory_touched((size_t)timers.count, sizeof(GSource *));
    GMainContext *context = g_main_context_new();
    int64_t started = bench_start();
    for (long index = 0; index < timers.count; index++)
        sources[index] = start(context, timers.milliseconds[index]);
    for (long index = 0; index < timers.count; index++) {
        g_source_destroy(sources[timers.order[index]]);
        g_source_unref(sources[timers.order[index]]);
    }
    ret_figures[0] = bench_each(started, timers.count);
    g_main_context_unref(context);
    free(sources);
    bench_timers_end(&timers);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P10", "GLib g_timeout_source_new", "ns", {""}, measure_timers},
    };
    g_autofree char *version =
        g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
    return bench_main(argc, argv, version, jobs, G_N_ELEMENTS(jobs));
}
