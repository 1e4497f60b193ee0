/**
 * bench/vow/message.c - P19 by vow.
 *
 * Counted: publish a message with an integer, whose sender and name 10 handlers are subscribed to: each delivery. The
 * handlers are at home on immediate on the thread that publishes; each counts what it gets.
 */
#include <vow/dispatcher.h>
#include <vow/version.h>

#include "../harness.h"
#include "../sizes.h"

static int64_t counts[BENCH_SUBSCRIBERS];

static vow_value count(vow_value message, void *context)
{
    bench_keep_pointer(message.as.pointer);
    ++*(int64_t *)context;
    return vow_none();
}

static vow_dispatcher *subscribed(const void *sender, const vow_name_handle *name)
{
    vow_dispatcher *dispatcher = vow_dispatcher_new(NULL);

    bench_require(dispatcher != NULL, "memory for a dispatcher");
    for (int index = 0; index < BENCH_SUBSCRIBERS; index++) {
        vow_subscription *subscription =
            vow_subscribe(dispatcher, sender, name, count, &counts[index], NULL);
        bench_require(subscription != NULL, "memory for a subscription");
        vow_subscription_release(subscription);
    }
    return dispatcher;
}

static void measure_delivery(double *ret_figures)
{
    static const char sender;
    const vow_name_handle *name = vow_name("moved");
    vow_dispatcher *dispatcher = subscribed(&sender, name);
    long messages = bench_count(BENCH_MESSAGES);
    int64_t started = bench_start();

    for (long message = 0; message < messages; message++)
        (void)vow_publish(dispatcher, &sender, name, vow_integer(message));
    ret_figures[0] = bench_each(started, messages * BENCH_SUBSCRIBERS);
    bench_keep_pointer(counts);
    vow_dispatcher_free(dispatcher);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {{"P19", "vow", "ns", {""}, measure_delivery}};
    return bench_main(argc, argv, vow_version(), jobs, sizeof jobs / sizeof *jobs);
}
