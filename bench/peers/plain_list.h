/**
 * bench/peers/plain_list.h - the least promise that a C programmer would write by hand: a list of
 * callbacks.
 *
 * It knows neither threads nor errors nor schedulers.
 */
#ifndef BENCH_PLAIN_LIST_H
#define BENCH_PLAIN_LIST_H

#include <stdint.h>

typedef int64_t plain_callback(int64_t value, void *context);

struct plain_promise;

/** A pending promise with two references, one for each end; NULL without memory. */
struct plain_promise *plain_promise_new(void);

/** Adds a callback: it gets what the one before it returned. */
void plain_promise_add(struct plain_promise *promise, plain_callback *callback, void *context);

/** Calls the callbacks in turn, the first one with `value`. */
void plain_promise_fire(struct plain_promise *promise, int64_t value);

/** Gives back one of the two references; the last one frees. */
void plain_promise_release(struct plain_promise *promise);

#endif
