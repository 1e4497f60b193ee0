/*
 * deferred.c - the producer's end: the same object as the promise, under another type.
 *
 * Each deferred counts twice in the promise's word: as a reference, and among the producers. The last producer to go
 * unfired fires VOW_ABANDONED.
 */
#include "base/error.h"
#include "control/canceller.h"
#include "control/make.h"
#include "control/settle.h"
#include "control/trace.h"

static vow_promise *promise_of(const vow_deferred *deferred)
{
    return (vow_promise *)(uintptr_t)deferred;
}

static VOW_ALWAYS_INLINE vow_deferred *make(vow_scheduler *home, vow_promise **ret_promise)
{
    uint32_t references = ret_promise != NULL ? 2 : 1;
    vow_promise *promise =
        vow_promise_make_at_once(home, references, PROMISE_PRODUCER, PROMISE_PENDING);
    if (vow_unlikely(promise == NULL))
        promise = vow_promise_make(home, references, PROMISE_PRODUCER);
    if (vow_unlikely(promise == NULL)) {
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_deferred_new: out of memory");
        return NULL;
    }
    if (ret_promise != NULL)
        *ret_promise = promise;
    return (vow_deferred *)promise;
}

vow_deferred *vow_deferred_new(vow_promise **ret_promise)
{
    return make(vow_home_here(), ret_promise);
}

vow_deferred *vow_deferred_new_at(vow_scheduler *home, vow_promise **ret_promise)
{
    return make(home != NULL ? vow_home_of(home) : vow_home_here(), ret_promise);
}

vow_promise *vow_deferred_promise(vow_deferred *deferred)
{
    if (vow_unlikely(deferred == NULL)) {
        (void)vow_fail_literal(VOW_INVALID, "vow_deferred_promise: deferred is NULL");
        return NULL;
    }
    vow_promise_ref(promise_of(deferred));
    return promise_of(deferred);
}

/* Firing ----------------------------------------------------------------------------------------------------------- */

static VOW_COLD vow_status no_deferred(const char *function, vow_value value)
{
    vow_release(value);
    return vow_fail_status(VOW_INVALID, "%s: deferred is NULL", function);
}

static VOW_COLD vow_status fired_before(const vow_promise *promise, const char *function)
{
    if (vow_tracing_now() != 0)
        return vow_trace_fired_before(promise, function);
    return vow_fail_status(VOW_ALREADY_FIRED, "%s: deferred has fired before", function);
}

static vow_status fire(vow_promise *promise, vow_value value, const char *function)
{
    bool swallowed;
    vow_status status = VOW_ALREADY_FIRED;
    if (vow_likely(vow_promise_claim(promise, &swallowed)))
        status = vow_promise_fire(promise, vow_own(value));
    else
        vow_release(value);
    if (vow_likely(status == VOW_OK || swallowed))
        return VOW_OK;
    if (status == VOW_INVALID)
        return vow_fail_status(status, "%s: value is the deferred's own promise, or waits for it",
                               function);
    return fired_before(promise, function);
}

vow_status vow_resolve(vow_deferred *deferred, vow_value value)
{
    if (vow_unlikely(deferred == NULL))
        return no_deferred("vow_resolve", value);
    return fire(promise_of(deferred), value, "vow_resolve");
}

/* Gives back a producer's reference and its place among the producers, in one operation. */
static inline void release_producer(vow_promise *promise, uint64_t now)
{
    /* acq_rel: pairs with itself; a last holder sees what former holders did */
    if (now >> 32 != 1)
        now = atomic_fetch_sub_explicit(&promise->counted.word, COUNTED_ONE + PROMISE_PRODUCER,
                                        memory_order_acq_rel);
    if (now >> 32 == 1)
        vow_promise_end(promise);
}

/* Whether the caller is the only producer, and nobody has fired: there is no canceller either. */
static inline bool is_last(const vow_promise *promise)
{
    const uint64_t state = PROMISE_PRODUCERS | PROMISE_FIRED | PROMISE_CANCELLER;
    return (vow_promise_word(promise) & state) == PROMISE_PRODUCER;
}

/* The caller is the only producer and ends as such, so nobody but a cancel can compete for the right to fire, and that
   settles inside, too: no operation on the word is needed to decide between them. */
static inline bool fire_last(vow_promise *promise, vow_value value)
{
    if (vow_unlikely(!vow_promise_enter_if_may(promise)))
        return false;
    if (vow_unlikely(vow_promise_phase(promise) != PROMISE_PENDING || !is_last(promise))) {
        vow_promise_leave(promise);
        return false;
    }
    vow_settle_inside(promise, vow_own(value));
    vow_promise_run(promise);
    return true;
}

/* The same for one who has fired by fire_last: marks it in the same operation, so that what counts as a producer later
   (progress on its way) abandons nothing. */
static inline void end_as_fired(vow_promise *promise)
{
    _Atomic uint64_t *word = &promise->counted.word;
    /* acquire: as in release_producer */
    uint64_t now = atomic_load_explicit(word, memory_order_acquire);
    /* acq_rel: as in release_producer */
    while (now >> 32 != 1 && !atomic_compare_exchange_weak_explicit(
                                 word, &now, (now - COUNTED_ONE - PROMISE_PRODUCER) | PROMISE_FIRED,
                                 memory_order_acq_rel, memory_order_acquire)) {
    }
    if (now >> 32 == 1)
        vow_promise_end(promise);
}

vow_status vow_fire(vow_deferred *deferred, vow_value value)
{
    if (vow_unlikely(deferred == NULL))
        return no_deferred("vow_fire", value);
    vow_promise *promise = promise_of(deferred);
    if (vow_likely(!vow_is_promise(value)) && vow_likely(fire_last(promise, value))) {
        end_as_fired(promise);
        return VOW_OK;
    }
    vow_status status = fire(promise, value, "vow_fire");
    vow_deferred_release(deferred);
    return status;
}

vow_status vow_chain(vow_promise *promise, vow_deferred *deferred)
{
    vow_status status = VOW_INVALID;
    if (promise == NULL)
        status = vow_fail_literal(status, "vow_chain: promise is NULL");
    else if (deferred == NULL)
        status = no_deferred("vow_chain", vow_promise_value(promise));
    else
        status = fire(promise_of(deferred), vow_promise_value(promise), "vow_chain");
    vow_deferred_release(deferred);
    return status;
}

vow_status vow_reject(vow_deferred *deferred, vow_value error)
{
    enum vow_kind kind = vow_kind_of(error);
    if (vow_unlikely(deferred == NULL))
        return no_deferred("vow_reject", error);
    if (vow_likely(kind == VOW_ERROR))
        return fire(promise_of(deferred), error, "vow_reject");
    vow_release(error);
    vow_status status =
        vow_fail_status(VOW_INVALID, "vow_reject: error is %s, not an error", vow_kind_name(kind));
    vow_status fired =
        fire(promise_of(deferred), vow_error_from_last(__FILE__, __LINE__, status), "vow_reject");
    return fired != VOW_OK ? fired : status;
}

bool vow_deferred_fired(const vow_deferred *deferred)
{
    return deferred != NULL && (vow_promise_word(promise_of(deferred)) & PROMISE_FIRED) != 0;
}

/* References -------------------------------------------------------------------------------------------------------- */

vow_deferred *vow_deferred_retain(vow_deferred *deferred)
{
    if (deferred == NULL)
        return NULL;
    _Atomic uint64_t *word = &promise_of(deferred)->counted.word;
    /* relaxed, both: as vow_counted_retain; the caller's own reference stays */
    uint64_t before =
        atomic_fetch_add_explicit(word, COUNTED_ONE + PROMISE_PRODUCER, memory_order_relaxed);
    if (vow_likely((before & PROMISE_PRODUCERS) < PROMISE_PRODUCERS_LIMIT))
        return deferred;
    atomic_fetch_sub_explicit(word, COUNTED_ONE + PROMISE_PRODUCER, memory_order_relaxed);
    (void)vow_fail_literal(VOW_LIMIT, "vow_deferred_retain: deferred is held 4,194,304 times");
    return NULL;
}

static struct error abandoned =
    ERROR_STATIC(VOW_ABANDONED, "vow_deferred_release: the deferred never fired");

static VOW_COLD void abandon(vow_promise *promise)
{
    bool swallowed;
    if (vow_promise_claim(promise, &swallowed))
        (void)vow_promise_fire(promise, vow_error_value(&abandoned));
}

/* One operation takes the reference and the producer; but the last producer unfired first abandons, and keeps its
   reference meanwhile. A producer that sees itself the last one stays so, as only producers make producers; but for those who
   only look (vow_promise_ref_unseen), and may see themselves the last then, too: the right to fire is one's. */
void vow_deferred_release(vow_deferred *deferred)
{
    if (deferred == NULL)
        return;
    vow_promise *promise = promise_of(deferred);
    _Atomic uint64_t *word = &promise->counted.word;
    /* acquire: pairs with the release below; a last holder sees what former holders did */
    uint64_t now = atomic_load_explicit(word, memory_order_acquire);
    if (vow_unlikely((now & PROMISE_FIRED) == 0)) {
        now =
            atomic_fetch_sub_explicit(word, PROMISE_PRODUCER, memory_order_acq_rel); /* as below */
        if ((now & (PROMISE_PRODUCERS | PROMISE_FIRED | PROMISE_JOB)) == PROMISE_PRODUCER)
            abandon(promise);
        vow_promise_unref(promise);
        return;
    }
    release_producer(promise, now);
}
