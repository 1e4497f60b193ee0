/**
 * bench/peers/glib_task.c - P1, P2 by GLib's GTask.
 *
 * Counted: P1, create a task with one callback, return an integer through it, run its callback from
 * the main context, take the result, release the task: each. P2, chains of 10, where the callback
 * of a task starts the next one, less the cost with 1: each further task (a GTask has one
 * callback).
 *
 * The idiom: a task that returns before the main context has turned once has its callback called
 * from there; 1,000 tasks are started for each turn, so that the turn's own cost is shared.
 */
#include <gio/gio.h>

#include "../harness.h"
#include "../sizes.h"

enum { TASKS_PER_TURN = 1000, TASKS = BENCH_PROMISES / 10, CHAINS = BENCH_CHAINS / 20 };

static long finished;

static void start_task(gssize value, gintptr links_left);

static void task_ended(GObject *source, GAsyncResult *result, gpointer links_left)
{
    gssize value = g_task_propagate_int(G_TASK(result), NULL);
    (void)source;
    bench_keep(value);
    if (GPOINTER_TO_SIZE(links_left) == 0)
        finished++;
    else
        start_task(value + 1, (gintptr)links_left - 1);
}

static void start_task(gssize value, gintptr links_left)
{
    GTask *task = g_task_new(NULL, NULL, task_ended, GSIZE_TO_POINTER((gsize)links_left));
    g_task_return_int(task, value);
    g_object_unref(task);
}

static double cost_of_a_chain(long chains, gintptr links)
{
    int64_t started = bench_start();
    finished = 0;
    for (long chain = 0; chain < chains; chain += TASKS_PER_TURN) {
        for (long task = 0; task < TASKS_PER_TURN; task++)
            start_task(task, links - 1);
        while (finished < chain + TASKS_PER_TURN)
            g_main_context_iteration(NULL, TRUE);
    }
    return bench_each(started, finished);
}

static void measure_promise(double *ret_figures)
{
    ret_figures[0] = cost_of_a_chain(bench_count(TASKS), 1);
}

static void measure_link(double *ret_figures)
{
    double with_one = cost_of_a_chain(bench_count(CHAINS), 1);
    double with_all = cost_of_a_chain(bench_count(CHAINS), BENCH_LINKS);
    ret_figures[0] = (with_all - with_one) / (BENCH_LINKS - 1);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P1", "GLib GTask", "ns", {""}, measure_promise},
        {"P2", "GLib GTask", "ns", {""}, measure_link},
    };
    g_autofree char *version =
        g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
    return bench_main(argc, argv, version, jobs, G_N_ELEMENTS(jobs));
}
