/*
 * promise.c - the life of promises, and what can be asked of them.
 */
#include "control/promise.h"

#include "base/report.h"
#include "control/make.h"
#include "control/run.h"
#include "control/trace.h"
#include "execution/loop.h"

#if UINTPTR_MAX > UINT32_MAX
_Static_assert(sizeof(vow_promise) == 128, "a promise fills two cache lines");
#endif

/* Making and destroying ------------------------------------------------------------------------------------------ */

static void end_links(vow_promise *promise)
{
    /* only links that were left behind a pause for good: all others keep the promise alive */
    while (promise->links != NULL)
        vow_link_end(vow_link_pop(promise));
}

static inline void free_promise(vow_promise *promise)
{
    vow_home_release(promise->home);
    vow_object_delete(promise, sizeof(*promise));
}

static VOW_COLD void report_unhandled(vow_promise *promise, vow_value error)
{
    vow_report_unhandled(vow_tracing_now() != 0 ? vow_trace_explain(promise, error) : error);
}

static void destroy(struct counted *counted)
{
    vow_promise *promise = vow_container_of(counted, vow_promise, counted);
    vow_value value = promise->value;
    if (vow_unlikely(promise->links != NULL))
        end_links(promise);
    if (vow_is_error(value) && !vow_promise_has(promise, PROMISE_HANDLED) &&
        vow_error_status(value) != VOW_CANCELED)
        report_unhandled(promise, vow_retain(vow_borrow(value)));
    vow_release(value);
    if (vow_unlikely(vow_tracing_now() != 0))
        vow_trace_gone(promise);
    free_promise(promise);
}

/* With nothing in it that could be destroyed in turn, nor a record of it, a promise need not wait for its turn (counted.c).
   One look for both: TRACE_LOOK is greater than all kinds. */
void vow_promise_end(vow_promise *promise)
{
    if (vow_likely(promise->links == NULL &&
                   ((unsigned)promise->value.kind | vow_tracing_now()) < VOW_BOX))
        free_promise(promise);
    else
        vow_counted_destroy(&promise->counted);
}

static const char *detail(const struct counted *object)
{
    const vow_promise *promise = (const vow_promise *)object;
    return (promise->bits & PROMISE_PHASE) == PROMISE_SETTLED ? "settled" : "pending";
}

const struct counted_class vow_promise_class = {
    .name = "promise", .destroy = destroy, .detail = detail};
COUNTED_KNOWN(vow_promise_class)

/* At home on a loop, on another thread, or on nobody's; or in debug mode. */
static __attribute__((noinline)) void fill_other(vow_promise *promise, vow_scheduler *home,
                                                 uint32_t references, uint64_t flags)
{
    unsigned tracing = vow_tracing_now();
    bool loop = home->kind->loop;
    if (vow_unlikely(!home->biased || !vow_scheduler_is_mine(home)))
        flags |= PROMISE_SHARED;
    vow_promise_fill(promise, home, references, flags,
                     loop || tracing != 0 ? PROMISE_PENDING | PROMISE_OWED : PROMISE_PENDING);
    vow_home_retain(home);
    if (loop)
        vow_loop_owe(home, 1);
    if (vow_unlikely((tracing & TRACE_RECORD) != 0))
        vow_trace_made(promise);
}

static __attribute__((noinline)) vow_promise *make_slowly(vow_scheduler *home, uint32_t references,
                                                          uint64_t flags)
{
    vow_promise *promise = home != NULL ? vow_object_new(sizeof(*promise)) : NULL;
    if (vow_likely(promise != NULL))
        fill_other(promise, home, references, flags);
    return promise;
}

vow_promise *vow_promise_make(vow_scheduler *home, uint32_t references, uint64_t flags)
{
    vow_promise *promise = vow_promise_make_at_once(home, references, flags, PROMISE_PENDING);
    return vow_likely(promise != NULL) ? promise : make_slowly(home, references, flags);
}

/* References --------------------------------------------------------------------------------------------------------- */

vow_promise *vow_promise_retain(vow_promise *promise)
{
    if (promise != NULL)
        vow_promise_ref(promise);
    return promise;
}

void vow_promise_release(vow_promise *promise)
{
    if (promise != NULL)
        vow_promise_unref(promise);
}

vow_value vow_promise_value(vow_promise *promise)
{
    if (promise == NULL)
        return vow_fail(VOW_INVALID, "vow_promise_value: promise is NULL");
    vow_value value = vow_pointer(promise);
    value.kind = VOW_PROMISE | VOW_OWNED_BIT;
    return value;
}

vow_promise *vow_as_promise(vow_value value)
{
    if (vow_is_promise(value))
        return vow_promise_in(value);
    (void)vow_fail_status(VOW_INVALID, "vow_as_promise: value is %s, not a promise",
                          vow_kind_name(vow_kind_of(value)));
    return NULL;
}

/* Looking -------------------------------------------------------------------------------------------------------------- */

bool vow_promise_is_quiet(vow_promise *promise)
{
    vow_promise_arrive(promise);
    return vow_promise_phase(promise) == PROMISE_SETTLED && promise->pauses == 0 &&
           promise->links == NULL && !vow_promise_has(promise, PROMISE_RUNNING);
}

enum vow_state vow_state(vow_promise *promise)
{
    enum vow_state state = VOW_PENDING;
    if (vow_unlikely(promise == NULL)) {
        (void)vow_fail_literal(VOW_INVALID, "vow_state: promise is NULL");
        return state;
    }
    vow_promise_enter(promise);
    if (vow_promise_is_quiet(promise))
        state = vow_is_error(promise->value) ? VOW_REJECTED : VOW_FULFILLED;
    vow_promise_leave(promise);
    return state;
}

bool vow_peek(vow_promise *promise, vow_value *ret_value)
{
    if (vow_unlikely(promise == NULL)) {
        (void)vow_fail_literal(VOW_INVALID, "vow_peek: promise is NULL");
        return false;
    }
    vow_promise_enter(promise);
    bool settled = vow_promise_is_quiet(promise);
    if (settled) {
        vow_promise_set(promise, PROMISE_HANDLED);
        if (ret_value != NULL)
            *ret_value = vow_retain(vow_borrow(promise->value));
    }
    vow_promise_leave(promise);
    return settled;
}

/* Pausing --------------------------------------------------------------------------------------------------------------- */

vow_status vow_pause(vow_promise *promise)
{
    if (vow_unlikely(promise == NULL))
        return vow_fail_literal(VOW_INVALID, "vow_pause: promise is NULL");
    if (vow_unlikely(promise == &vow_promise_no_memory)) /* everybody's */
        return vow_fail_literal(VOW_NO_MEMORY, "vow_pause: promise was made without memory");
    vow_promise_enter(promise);
    bool full = promise->pauses == UINT16_MAX;
    if (!full)
        promise->pauses++;
    vow_promise_leave(promise);
    return full ? vow_fail_literal(VOW_LIMIT, "vow_pause: promise is paused 65,535 times") : VOW_OK;
}

vow_status vow_unpause(vow_promise *promise)
{
    if (vow_unlikely(promise == NULL))
        return vow_fail_literal(VOW_INVALID, "vow_unpause: promise is NULL");
    vow_promise_enter(promise);
    if (promise->pauses == 0) {
        vow_promise_leave(promise);
        return vow_fail_literal(VOW_INVALID, "vow_unpause: promise is not paused");
    }
    promise->pauses--;
    vow_promise_run_held(promise);
    return VOW_OK;
}
