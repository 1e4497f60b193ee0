/*
 * trace.h - debug mode: records of promises, beside them (vow/debug.h).
 *
 * A record is found by the promise's address while that lives, and outlives it as long as another came from it. All records
 * are guarded by one lock, the innermost of all.
 *
 * Invariants
 * 1. While nothing was ever recorded, promises pay for three instructions where they are freed. Where they are made, a home
 *    says with one look that they are ordinary (execution/scheduler.h); that they settle is told of those alone that are
 *    OWED, which recorded ones are.
 * 2. A record in the table belongs to a promise that lives; the table holds a reference, each record one to where it came
 *    from. These form no ring.
 * 3. A path is not made longer than TRACE_LONGEST records, at either end: loops of promises do not keep all their past.
 */
#ifndef VOW_CONTROL_TRACE_H
#define VOW_CONTROL_TRACE_H

#include <vow/debug.h>

#include "base/platform.h"

#define TRACE_LONGEST 64u

/* Greater than any value's kind without a reference (promise.c: vow_promise_end). */
enum {
    TRACE_LOOK = 0x10000,  /* there may be records */
    TRACE_RECORD = 0x20000 /* promises that are made get one */
};

extern _Atomic unsigned vow_tracing;

static inline unsigned vow_tracing_now(void)
{
    /* relaxed: a setting, read alone */
    return atomic_load_explicit(&vow_tracing, memory_order_relaxed);
}

/* Each where vow_tracing_now() says so; any thread. */
void vow_trace_made(const vow_promise *promise);
void vow_trace_settled(const vow_promise *promise);
void vow_trace_gone(const vow_promise *promise);

/* `promise` is to have what `source` gives: it was derived from it, or adopts it. */
void vow_trace_chained(const vow_promise *promise, const vow_promise *source);

/* `error`, taken, with the path of `promise` around it; itself, if there is no record. */
vow_value vow_trace_explain(vow_promise *promise, vow_value error);

/* VOW_ALREADY_FIRED, in the name of `function`, with the sentence that says where the deferred was made, and fired first. */
vow_status vow_trace_fired_before(const vow_promise *promise, const char *function);

#endif
