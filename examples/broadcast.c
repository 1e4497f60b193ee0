/*
 * broadcast.c - one generator, three consumers: each item goes to all of them.
 *
 * A port of Concert's broadcast, which maps one source to N consumers. A broadcast is a consumer itself: it can be
 * injected into, and closing it closes those behind it, which then say what they have found out. The third has seen
 * enough after two items: it ends, and is left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

static vow_value measure(vow_value input, void *context)
{
    static const double volts[] = {1.5, 4.0, 2.5, 0.5};
    (void)input;
    (void)context;
    for (size_t i = 0; i < sizeof volts / sizeof *volts; i++) {
        vow_value sent = vow_yield(vow_real(volts[i]));
        if (vow_is_error(sent))
            return sent;
    }
    return vow_none();
}

static vow_value print(vow_value volts, void *context)
{
    (void)context;
    for (; !vow_is_error(volts); volts = vow_yield(vow_none()))
        printf("%.1f V\n", vow_as_real(volts));
    return vow_none();
}

static vow_value find_mean(vow_value volts, void *context)
{
    double sum = 0;
    int count = 0;
    (void)context;
    for (; !vow_is_error(volts); volts = vow_yield(vow_none())) {
        sum += vow_as_real(volts);
        count++;
    }
    printf("mean of %d: %.3f V\n", count, sum / count);
    return vow_none();
}

static vow_value watch_for_peak(vow_value volts, void *context)
{
    double limit = *(const double *)context;
    for (; !vow_is_error(volts); volts = vow_yield(vow_none())) {
        if (vow_as_real(volts) > limit) {
            printf("above %.1f V: seen enough\n", limit);
            return vow_none();
        }
    }
    return vow_none();
}

int main(void)
{
    double limit = 3.0;
    vow_coroutine *generator = vow_coroutine_new(measure, NULL);
    vow_coroutine *consumers[] = {
        vow_coroutine_new(print, NULL),
        vow_coroutine_new(find_mean, NULL),
        vow_coroutine_new(watch_for_peak, &limit),
    };
    vow_coroutine *broadcast = vow_broadcast(consumers, 3);

    vow_value error = vow_inject(generator, broadcast); /* also where there was no memory for one */
    vow_status status = vow_coroutine_close(broadcast);
    bool well = !vow_is_error(error) && status == VOW_OK;
    if (!well)
        fprintf(stderr, "%s\n", vow_is_error(error) ? vow_error_message(error) : vow_last_error());
    vow_release(error);

    vow_coroutine_release(broadcast);
    for (int i = 0; i < 3; i++)
        vow_coroutine_release(consumers[i]);
    vow_coroutine_release(generator);
    return well ? 0 : 1;
}
