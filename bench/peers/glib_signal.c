/**
 * bench/peers/glib_signal.c - P19 by GObject's signals.
 *
 * Counted: emit a signal with an integer to which 10 handlers are connected: each call of one.
 *
 * The idiom: a signal without a class closure, known by its number, with the marshaller of GLib's own for one integer.
 */
#include <glib-object.h>

#include "../harness.h"
#include "../sizes.h"

static int64_t counts[BENCH_SUBSCRIBERS];

static void count(GObject *sender, gint64 payload, gpointer context)
{
    (void)sender;
    bench_keep(payload);
    ++*(int64_t *)context;
}

static guint moved(void)
{
    static guint signal;
    if (signal == 0)
        signal = g_signal_new("moved", G_TYPE_OBJECT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                              G_TYPE_NONE, 1, G_TYPE_INT64);
    return signal;
}

static void measure_delivery(double *ret_figures)
{
    GObject *sender = g_object_new(G_TYPE_OBJECT, NULL);
    guint signal = moved();
    long messages = bench_count(BENCH_MESSAGES / 10);

    for (int index = 0; index < BENCH_SUBSCRIBERS; index++)
        g_signal_connect(sender, "moved", G_CALLBACK(count), &counts[index]);
    int64_t started = bench_start();
    for (long message = 0; message < messages; message++)
        g_signal_emit(sender, signal, 0, (gint64)message);
    ret_figures[0] = bench_each(started, messages * BENCH_SUBSCRIBERS);
    g_object_unref(sender);
}

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {{"P19", "GLib, GSignal", "ns", {""}, measure_delivery}};
    return bench_main(argc, argv, "glib " TEXT(GLIB_MAJOR_VERSION) "." TEXT(GLIB_MINOR_VERSION),
                      jobs, sizeof jobs / sizeof *jobs);
}
