/*
 * promise.h - the promise itself: its memory, its states, and who may touch what.
 *
 * A promise is a cell with a queue of links. One object serves producer (vow_deferred) and consumer
 * (vow_promise). Everything below `home` but `delivery` is guarded by the promise's lock; the lock is biased: as
 * long as only its home thread uses it, taking it costs two plain stores (bias below).
 *
 * The atomic word (in struct counted)
 *
 *   bits   name       meaning                                            set by
 *   63-32  references                                                    retain, release
 *   31-9   producers  deferreds, progress on its way to the home, those  vow_deferred_retain, _release,
 *                     who run links, or look around for rings: none of   vow_promise_ref_unseen
 *                     them is a consumer; each is also one of the
 *                     references
 *   7      BEGUN      the job runs: it alone fires; a cancel only tells it
 *                                                                        run_job
 *   6      JOB        fires by itself: its last producer abandons nothing
 *                                                                        vow_job_make
 *   5      NOTIFIED   progress is on its way, or is being told: links    vow_notify, vow_report; cleared, inside, when
 *                     stay, and none is executed                        all of it has been told (news.h)
 *   4      CANCELED   somebody asked for an end                          vow_cancel
 *   3      CANCELLER  a canceller was set: firing takes the lock         vow_set_canceller
 *   2      SWALLOW    one late firing is taken silently                  vow_cancel; cleared by that firing
 *   1      SHARED     the bias is gone: everybody takes the lock         vow_promise_enter_slowly, at birth
 *   0      FIRED      the right to fire has been used                    the one who fires, cancels, abandons
 *
 * Phases (under the lock)
 *
 *      PENDING ---fire with a value---------------------------> SETTLED
 *         |                                                      ^   |
 *         '----fire with a promise---> ADOPTING ---it settles----'   | a link gives a promise
 *                                         ^--------------------------'
 *
 * SETTLED says that `value` is there; links replace it in their turn. RUNNING says that somebody is executing links
 * (their functions run without the lock): only the runner pops links and changes `value` until it clears it.
 *
 * Who may settle. A promise with a deferred, or with a job, is fired by whoever sets FIRED first: from then on `value`
 * is that one's to write while the phase is PENDING. A derived promise (vow_then) is settled by its link alone,
 * under the lock. Adopting, by the link in the adopted promise's queue.
 *
 * Delivery. Who fires from another thread a promise that is still biased must not touch its links: it writes `value`,
 * sets `delivery` and posts `call` to the home, where the links run. Should somebody else have taken the bias away
 * meanwhile, one of the two sees the other: the one who fires stores `delivery` and then looks at SHARED, the one who
 * takes the bias sets SHARED and then looks at `delivery`, with vow_barrier_everywhere() between.
 *
 * The call node is used for one thing at a time: SCHEDULED says that it is in use (a job in a pool's queue, a run
 * posted to the home). Who needs it meanwhile uses a relay node (run.c).
 *
 * Bias. vow_promise_enter on the home's own thread notes the promise in `thread->holding` and looks at SHARED, in that
 * order in the program; no instruction keeps the processor from swapping the two. Anybody else takes the lock, sets
 * SHARED, calls vow_barrier_everywhere() and waits until the owner holds something else. From then on the promise is
 * an ordinary locked object. Where the barrier is not available promises are born SHARED.
 *
 * Invariants
 * 1. No two promises are entered at once by one thread; no user's code, no release and no post runs inside.
 * 2. FIRED is set once. Who set it settles or adopts, exactly once.
 * 3. A link is executed, or ended unexecuted, exactly once; in the order of pushing; by one runner at a time.
 * 4. A link in a queue holds a reference to its target; a derived promise holds one to its source until its link has
 *    ended; an adopting promise holds one to what it adopts.
 * 5. While SCHEDULED, the call holds a reference.
 * 6. A link's function may give back the reference that the runner's caller borrowed: a promise whose last reference
 *    goes while it is RUNNING is destroyed by the runner, after its last link.
 * 7. A promise that has neither FIRED nor JOB was made by a deferred: all others are born with one of the two, which stay. So
 *    nothing else is abandoned, whoever counts among its producers for a moment.
 *
 * Model-checked: bias and delivery in tests/models/bias.cc, the word in tests/models/word.cc,
 * progress in tests/models/news.cc.
 */
#ifndef VOW_CONTROL_PROMISE_H
#define VOW_CONTROL_PROMISE_H

#include "base/counted.h"
#include "base/fail.h"
#include "base/lock.h"
#include "base/object.h"
#include "control/link.h"
#include "execution/scheduler.h"
#include <vow/deferred.h>
#include <vow/error.h>
#include <vow/promise.h>

#define PROMISE_FIRED UINT64_C(1)
#define PROMISE_SHARED UINT64_C(2)
#define PROMISE_SWALLOW UINT64_C(4)
#define PROMISE_CANCELLER UINT64_C(8)
#define PROMISE_CANCELED UINT64_C(16)
#define PROMISE_NOTIFIED UINT64_C(32)
#define PROMISE_JOB UINT64_C(64)
#define PROMISE_BEGUN UINT64_C(128)
#define PROMISE_PRODUCER UINT64_C(512)
#define PROMISE_PRODUCERS (COUNTED_FLAGS & ~(PROMISE_PRODUCER - 1))
/* No more are given out: half of what there is room for, because some threads may go beyond it for a moment. */
#define PROMISE_PRODUCERS_LIMIT (PROMISE_PRODUCER << 22)

/* `bits`, under the lock */
enum {
    PROMISE_PENDING = 0,
    PROMISE_ADOPTING = 1,
    PROMISE_SETTLED = 2,
    PROMISE_PHASE = 3,     /* the two bits of the phase */
    PROMISE_RUNNING = 4,   /* somebody executes links */
    PROMISE_SCHEDULED = 8, /* the call node is in use */
    PROMISE_HANDLED = 16,  /* the error in `value` was looked at */
    PROMISE_OWN_BUSY = 32, /* `own` is in use */
    PROMISE_DERIVED = 64,  /* `own.link.peer` holds the source */
    PROMISE_OWED =
        128 /* counted among what its loop is owed, or recorded (trace.h): until it settles */
};

/* `delivery` */
enum {
    PROMISE_DELIVERED = 1 /* `value` was written by a firing that may not have arrived yet */
};

/* What a job keeps in its promise until it has ended. */
struct job {
    vow_fn *fn;
    void *context;
    void (*drop)(void *);
    vow_value input;
    bool blocking;
};

struct vow_promise {
    struct counted counted;
    vow_scheduler *home; /* one reference; never changes */
    struct vow_call call;
    vow_value value; /* PENDING: none, or a canceller; ADOPTING: the promise; SETTLED: the result */
    struct link *links; /* the last of a ring, or NULL */
    struct lock lock;
    uint16_t pauses;
    uint8_t bits;
    _Atomic uint8_t delivery; /* PROMISE_DELIVERED, or 0 */
    union {
        struct link link;
        struct job job; /* until it has begun */
        struct {
            struct running_job *running; /* BEGUN, until it has ended */
            struct vow_call telling;     /* on its way to the job's thread, if it was canceled */
        } begun;                         /* a job's `own` is never a link */
    } own;
};

static inline unsigned vow_promise_phase(const vow_promise *promise)
{
    return promise->bits & PROMISE_PHASE;
}

static inline void vow_promise_set_phase(vow_promise *promise, unsigned phase)
{
    promise->bits = (uint8_t)((promise->bits & ~(unsigned)PROMISE_PHASE) | phase);
}

static inline void vow_promise_set(vow_promise *promise, unsigned bit)
{
    promise->bits = (uint8_t)(promise->bits | bit);
}

static inline void vow_promise_clear(vow_promise *promise, unsigned bit)
{
    promise->bits = (uint8_t)(promise->bits & ~bit);
}

static inline bool vow_promise_has(const vow_promise *promise, unsigned bit)
{
    return (promise->bits & bit) != 0;
}

static inline uint64_t vow_promise_word(const vow_promise *promise)
{
    /* relaxed: callers either know the bit to be stable, or check again by a read-modify-write */
    return atomic_load_explicit(&promise->counted.word, memory_order_relaxed);
}

static inline bool vow_promise_is_notified(const vow_promise *promise)
{
    return vow_unlikely((vow_promise_word(promise) & PROMISE_NOTIFIED) != 0);
}

/* Entering and leaving ------------------------------------------------------------------------------------- */

void vow_promise_enter_slowly(vow_promise *promise);

/* Enters on the home's own thread, `self`, if the promise has its bias still. */
static inline bool vow_promise_hold_at_once(vow_promise *promise, struct thread *self)
{
    /* relaxed: ordered before the load by vow_barrier_everywhere() on the other side */
    atomic_store_explicit(&self->holding, promise, memory_order_relaxed);
    vow_compiler_fence();
    if (vow_likely((vow_promise_word(promise) & PROMISE_SHARED) == 0))
        return true;
    /* relaxed: nothing was done */
    atomic_store_explicit(&self->holding, NULL, memory_order_relaxed);
    return false;
}

/* Enters on the home's own thread, `self`. */
static inline void vow_promise_hold(vow_promise *promise, struct thread *self)
{
    if (vow_unlikely(!vow_promise_hold_at_once(promise, self)))
        vow_promise_enter_slowly(promise);
}

/* Whether `self`, the calling thread, is inside by the bias, without the lock. */
static inline bool vow_promise_is_held(const vow_promise *promise, const struct thread *self)
{
    /* relaxed: this thread wrote it */
    return atomic_load_explicit(&self->holding, memory_order_relaxed) == promise;
}

/* Leaves a promise that is held by the bias. */
static inline void vow_promise_let_go(struct thread *self)
{
    /* B1 release: pairs with B2 in bias.c */
    atomic_store_explicit(&self->holding, NULL, memory_order_release);
}

static inline void vow_promise_enter(vow_promise *promise)
{
    struct thread *self = vow_here.thread;
    /* relaxed: an owner finds itself; owners are never NULL */
    if (vow_likely(atomic_load_explicit(&promise->home->owner, memory_order_relaxed) == self))
        vow_promise_hold(promise, self);
    else
        vow_promise_enter_slowly(promise);
}

static inline void vow_promise_leave(vow_promise *promise)
{
    struct thread *self = vow_here.thread;
    if (vow_likely(self != NULL && vow_promise_is_held(promise, self)))
        vow_promise_let_go(self);
    else
        vow_lock_give(&promise->lock);
}

/* The queue of links: inside --------------------------------------------------------------------------------- */

static inline void vow_link_push(vow_promise *promise, struct link *link)
{
    struct link *last = promise->links;
    link->next = last == NULL ? link : last->next;
    if (last != NULL)
        last->next = link;
    promise->links = link;
}

static inline struct link *vow_link_first(const vow_promise *promise)
{
    return promise->links != NULL ? promise->links->next : NULL;
}

static inline struct link *vow_link_pop(vow_promise *promise)
{
    struct link *last = promise->links;
    struct link *first = last->next;
    last->next = first->next;
    if (first == last)
        promise->links = NULL;
    return first;
}

/* The target of a THEN or ADOPT link. */
static inline vow_promise *vow_link_target(struct link *link)
{
    return link->flags & LINK_OWN ? vow_container_of(link, vow_promise, own.link) : link->peer;
}

/* Life ------------------------------------------------------------------------------------------------------- */

/* A pending promise at home on `home` (as vow_home_of gives it), with `references` and `flags`; NULL without memory,
   with vow_last_error set for `function`. */
vow_promise *vow_promise_make(vow_scheduler *home, uint32_t references, uint64_t flags);

/* The rejected promise that stands for lack of memory: static, shared by all; refuses links. */
extern vow_promise vow_promise_no_memory;

static inline void vow_promise_ref(vow_promise *promise)
{
    vow_counted_retain(&promise->counted);
}

/* The last reference has gone. */
void vow_promise_end(vow_promise *promise);

/* One reference that counts among the producers. What is to be given back is the word with its halves exchanged, so that
   one more reference is one more. */
#define PROMISE_UNREF_PRODUCER (1 + (PROMISE_PRODUCER << 32))

static inline uint64_t vow_promise_unrefs(uint64_t all)
{
    return all << 32 | all >> 32;
}

/* Gives back `all`: references in its lower half, and those of them that count among the producers in its upper one. */
static inline void vow_promise_unref_all(vow_promise *promise, uint64_t all)
{
    /* C1, C2: as vow_counted_release */
    uint64_t word = atomic_load_explicit(&promise->counted.word, memory_order_acquire);
    if (word >> 32 != (uint32_t)all)
        word = atomic_fetch_sub_explicit(&promise->counted.word, vow_promise_unrefs(all),
                                         memory_order_acq_rel);
    if (word >> 32 == (uint32_t)all)
        vow_promise_end(promise);
}

static inline void vow_promise_unref(vow_promise *promise)
{
    vow_promise_unref_all(promise, 1);
}

/* One more reference for somebody who only looks, for a moment: who cancels meanwhile must not take it for a consumer's
   (has_one_consumer in cancel.c), so that it counts among the producers, in the same operation. A promise whose producers have
   all left then is abandoned by who gives the last of these references back. */
static inline void vow_promise_ref_unseen(vow_promise *promise)
{
    /* relaxed: as vow_counted_retain */
    atomic_fetch_add_explicit(&promise->counted.word, COUNTED_ONE + PROMISE_PRODUCER,
                              memory_order_relaxed);
}

/* Not inside: may run links, where the promise is abandoned. */
static inline void vow_promise_unref_unseen(vow_promise *promise)
{
    vow_deferred_release((vow_deferred *)promise);
}

/* A rejected promise with the error of `status` whose sentence is vow_last_error(). Never NULL. */
vow_promise *vow_promise_refused(vow_status status);

/* `value`, owned: retained if it was borrowed. */
static inline vow_value vow_own(vow_value value)
{
    if (value.kind >= VOW_BOX && !vow_is_owned(value))
        return vow_retain(value);
    return value;
}

/* The promise in a value of that kind. */
static inline vow_promise *vow_promise_in(vow_value value)
{
    return (vow_promise *)value.as.pointer;
}

#endif
