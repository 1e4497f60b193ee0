/**
 * bench/peers/glib_post.c - P9 by GLib's main context.
 *
 * Counted: one thread posts 1,000,000 functions to a main loop that runs on another thread, until
 * all have run: each.
 *
 * The idiom: g_main_context_invoke_full with the default priority, which makes one source for each
 * function.
 */
#include <glib.h>

#include "../harness.h"
#include "../placement.h"
#include "../sizes.h"

static struct {
    GMainContext *context;
    GMainLoop *loop;
    long finished;
    long total;
} posts;

static gboolean posted(gpointer data)
{
    bench_keep_pointer(data);
    if (++posts.finished == posts.total)
        g_main_loop_quit(posts.loop);
    return G_SOURCE_REMOVE;
}

static gpointer run_loop(gpointer data)
{
    bench_keep_pointer(data);
    bench_place_serving();
    g_main_context_push_thread_default(posts.context);
    g_main_loop_run(posts.loop);
    g_main_context_pop_thread_default(posts.context);
    return NULL;
}

static void measure_posts(double *ret_figures)
{
    posts.context = g_main_context_new();
    posts.loop = g_main_loop_new(posts.context, FALSE);
    posts.finished = 0;
    posts.total = bench_count(BENCH_POSTS);
    bench_place_asking();
    GThread *thread = g_thread_new("loop", run_loop, NULL);
    while (!g_main_loop_is_running(posts.loop))
        g_thread_yield();
    int64_t started = bench_start();
    for (long post = 0; post < posts.total; post++)
        g_main_context_invoke_full(posts.context, G_PRIORITY_DEFAULT, posted, &posts, NULL);
    g_thread_join(thread);
    ret_figures[0] = bench_each(started, posts.total);
    g_main_loop_unref(posts.loop);
    g_main_context_unref(posts.context);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P9", "GLib g_main_context_invoke", "ns", {""}, measure_posts},
    };
    g_autofree char *version =
        g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
    return bench_main(argc, argv, version, jobs, G_N_ELEMENTS(jobs));
}
