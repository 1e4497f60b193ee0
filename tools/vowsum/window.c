/*
 * window.c - a ring of promises.
 */
#include "window.h"

/* The promise at `place`, counted from the oldest. */
static size_t slot(const struct window *window, size_t place)
{
    return (window->first + place) % WINDOW_LARGEST;
}

void window_push(struct window *window, vow_promise *promise)
{
    window->promises[slot(window, window->count++)] = promise;
}

vow_promise *window_oldest(const struct window *window)
{
    return window->count > 0 ? window->promises[window->first] : NULL;
}

void window_pop(struct window *window)
{
    vow_promise_release(window->promises[window->first]);
    window->first = slot(window, 1);
    window->count--;
}

void window_replace_oldest(struct window *window, vow_promise *promise)
{
    vow_promise_release(window->promises[window->first]);
    window->promises[window->first] = promise;
}

void window_cancel(const struct window *window)
{
    for (size_t place = 0; place < window->count; place++)
        vow_cancel(window->promises[slot(window, place)]);
}

void window_empty(struct window *window)
{
    window_cancel(window);
    while (window->count > 0)
        window_pop(window);
}
