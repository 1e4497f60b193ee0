/*
 * scheduler.h - what every scheduler begins with, and what a thread knows of itself.
 *
 * A scheduler is a kind (how to hand it a call), an owner, and references. Loops and the immediate homes of
 * threads are *owned*: everything at home there happens on one thread, and that thread may use plain memory
 * accesses for it. Pools and users' schedulers have no owner (VOW_NOBODY).
 *
 * References are counted on two counters, because each promise holds one on its home: the owner counts with
 * plain arithmetic in `local`, all others atomically in `shared`, which starts at SCHEDULER_OWNED. When the owner
 * lets go (its thread ends, the loop is freed), it adds `local` - SCHEDULER_OWNED to `shared`: from then on
 * `shared` is the whole count.
 *
 * Invariants
 * 1. `local` is touched by the owner's thread only, and only while `owner` is that thread.
 * 2. `shared` reaches 0 only after the owner let go; who brings it to 0 destroys the scheduler.
 * 3. `owner` changes once: from the thread to VOW_NOBODY.
 */
#ifndef VOW_EXECUTION_SCHEDULER_H
#define VOW_EXECUTION_SCHEDULER_H

#include "base/locals.h"
#include "base/lock.h"
#include "base/platform.h"
#include "base/threads.h"
#include "execution/inbox.h"
#include "execution/queue.h"
#include "wait/line.h"
#include <stdbool.h>
#include <vow/scheduler.h>
#include <vow/time.h>

struct scheduler_kind {
    const char *name;
    bool immediate; /* calls run inside `call`, at home */
    bool loop;      /* a call that blocks would stop everything at home there */
    /* Takes the call: runs it later (immediate: now, if this is its thread), or calls `dropped` if closed. */
    void (*call)(vow_scheduler *scheduler, struct vow_call *call);
    /* The last reference has gone. */
    void (*destroy)(vow_scheduler *scheduler);
};

struct vow_scheduler {
    /* Read by all: */
    const struct scheduler_kind *kind;
    _Atomic(struct thread *) owner; /* never NULL */
    bool biased; /* promises of the owner's may be biased towards it (control/promise.h) */
    /* The owner's promises are biased, and nobody counts or records them: an immediate home, without debug mode (world.h).
       All that is asked for each of them in one look. */
    _Atomic bool ordinary;
    /* Written with each promise, on another line, so that those who only read do not wait for it: */
    char apart[VOW_CACHE_LINE];
    int64_t local;
    _Atomic int64_t shared;
    struct keeper *keeper; /* of alarms (control/alarm.h): the owner's thread */
};

/*
 * The immediate home of one thread. It may outlive the thread: promises hold references to it. Its inbox takes
 * what other threads fire at promises at home here, and ends the thread's waits; it is closed when the thread
 * ends.
 */
struct immediate {
    vow_scheduler scheduler;
    struct thread *thread;
    char apart[VOW_CACHE_LINE]; /* what others write stays off the line that the owner counts on */
    struct inbox inbox;
};

/* A thread that waits, to be called when something is queued that it could run (pool_help.c). */
struct waiting {
    struct vow_call call;
    struct waiting *next;
    struct waiting **link; /* what points to us */
    bool called;
    unsigned depth; /* waits inside of callbacks inside of waits; listed while it is not 0 */
};

/* To a thread on which calls of a pool of size 0 have parked: some pool was closed (pool_inline.c). */
struct guests_end {
    struct vow_call call;
    _Atomic bool called; /* it is on its way */
};

/* Where time stands: whom the clock waits for (clock_rest.h). */
enum clock_part { CLOCK_OUT, CLOCK_RESTING, CLOCK_ACTIVE };

/*
 * A thread that uses vow. Records are never freed, only reused by later threads, so that a late wake-up through an
 * old pointer is at worst one too many.
 */
struct thread {
    _Atomic(void *)
        holding; /* the promise that this thread is inside of without a lock (control/bias.c) */
    _Atomic(void *) inside;    /* the same of a channel (flow/channel.h) */
    _Atomic uint32_t bell;     /* futex word that it sleeps on: 1 once rung */
    struct lock doorbell_lock; /* guards the next two */
    void (*doorbell)(
        void *); /* rings where the thread sleeps while it runs a loop; NULL: the futex alone */
    void *doorbell_context;
    struct immediate *immediate; /* its home for immediate promises; one reference */
    struct call_queue ready;     /* immediate calls that were nested too deeply */
    struct call_queue taken;     /* out of its inbox, not run yet */
    size_t drained;              /* calls that came out of its inbox and were run */
    struct carrier carrier;      /* its part in carrying lines of execution */
    struct vow_loop *loop;       /* the loop that this thread made last, if it still lives */
    struct messenger *messenger; /* what messaging keeps for this thread; NULL: nothing yet */
    void (*end_messenger)(struct messenger *messenger);
    struct waiting waiting;     /* its waits, for pools of size 0 */
    struct guests_end ending;   /* of calls that have parked here, of such pools */
    struct thread *next;        /* in the list of records for reuse */
    struct thread *next_living; /* world.h, with the next three */
    struct thread **link_living;
    struct vow_loop *rests_on; /* NULL: the bell */
    bool rests;
    bool clock_bound;            /* clock_rest.h, with the next three: a worker's */
    enum clock_part clock_part;  /* while time stands */
    int64_t clock_until;         /* RESTING: when it would wake up by itself */
    struct vow_loop *clock_loop; /* and where it sleeps; NULL: on its bell */
};

extern struct thread vow_nobody;
#define VOW_NOBODY (&vow_nobody)

/* What belongs to the calling thread; what belongs to its line of execution is in vow_locals. */
struct here {
    struct thread *thread;  /* its record; NULL until vow_thread_here() made it */
    vow_scheduler *outside; /* outside of calls: the loop made last here; NULL: the default */
    struct vow_call *ahead; /* a call that will run here soon, still queued; NULL: none is known */
};

extern VOW_THREAD_LOCAL struct here vow_here;
extern _Atomic(vow_scheduler *) vow_default_scheduler; /* NULL: immediate */

/* The calling thread's record, made at first use; NULL without memory. */
struct thread *vow_thread_make(void);

/* The record, with its home, of a thread that is to be started; NULL without memory. That thread begins with it, or, if
   it could not be started, it is unprepared. `works`: it is to be a worker. Any thread. */
struct thread *vow_thread_prepare(bool works);
void vow_thread_unprepare(struct thread *thread);

/* The calling thread, which has no record yet: its record is `thread`. */
void vow_thread_begin(struct thread *thread);

/* The calling thread, which began with a record that was prepared, ends: it is forgotten here if there was no memory to see
   to that at its very end. */
void vow_thread_end(void);

static inline struct thread *vow_thread_here(void)
{
    struct thread *thread = vow_here.thread;
    return vow_likely(thread != NULL) ? thread : vow_thread_make();
}

/* Wakes `thread` from its sleep, wherever it sleeps. Any thread. */
void vow_thread_wake(struct thread *thread);

/* Hands `call` to the thread whose home `immediate` is, waking it where needed. False if that has ended. */
bool vow_immediate_post(struct immediate *immediate, struct vow_call *call);

/* The calling thread: runs what is in its own inbox, on the present stack. Gives how many calls. */
size_t vow_thread_drain(struct thread *thread);

/* The calling thread: whether there is something to drain. */
static inline bool vow_thread_has_calls(const struct thread *thread)
{
    return thread->taken.first != NULL || vow_inbox_waiting(&thread->immediate->inbox);
}

/* The calling thread: marks that it is about to sleep, so that the next post wakes it (the bell and the doorbell).
   False if its inbox has something to drain instead. */
bool vow_thread_about_to_sleep(struct thread *thread);

/* The calling thread: sleeps until its inbox has something, the bell rings or `deadline` passes; false if that
   passed. */
bool vow_thread_sleep(struct thread *thread, vow_deadline deadline);

/* The same, without forgetting a ring that came before. */
bool vow_thread_nap(struct thread *thread, vow_deadline deadline);

/* The part of it after vow_thread_about_to_sleep. When nothing has happened for a while, others get to know what waits here
   (wait/known.h). */
bool vow_thread_await_bell(struct thread *thread, vow_deadline deadline);

/* The home that promises made here now get: never the process-wide immediate object, but this thread's own.
   Borrowed; NULL without memory. */
static inline vow_scheduler *vow_home_here(void)
{
    vow_scheduler *home = vow_locals.home != NULL ? vow_locals.home : vow_here.outside;
    if (vow_unlikely(home != NULL))
        return home;
    /* D1 acquire: pairs with D2 in vow_set_scheduler */
    home = atomic_load_explicit(&vow_default_scheduler, memory_order_acquire);
    if (vow_unlikely(home != NULL))
        return home;
    struct thread *thread = vow_thread_here();
    return vow_likely(thread != NULL) ? &thread->immediate->scheduler : NULL;
}

/* `scheduler` as a home for the calling thread: its own home for the immediate object, itself otherwise; NULL
   without memory. */
vow_scheduler *vow_home_of(vow_scheduler *scheduler);

static inline bool vow_scheduler_is_mine(const vow_scheduler *scheduler)
{
    /* relaxed: only the owner itself can find itself here, and it reads what it wrote */
    return atomic_load_explicit(&scheduler->owner, memory_order_relaxed) == vow_here.thread;
}

#define SCHEDULER_OWNED (INT64_C(1) << 62)

/* Sets up the common part; one reference for the caller. `owner` is a thread's record, whose thread
   is the caller or has not begun, or VOW_NOBODY. */
void vow_scheduler_init(vow_scheduler *scheduler, const struct scheduler_kind *kind,
                        struct thread *owner);

/* The owner lets go: nobody owns the scheduler any more. The caller's own reference stays. */
void vow_scheduler_disown(vow_scheduler *scheduler);

static inline void vow_home_retain(vow_scheduler *scheduler)
{
    if (vow_likely(vow_scheduler_is_mine(scheduler)))
        scheduler->local++;
    else /* relaxed: as vow_counted_retain */
        atomic_fetch_add_explicit(&scheduler->shared, 1, memory_order_relaxed);
}

static inline void vow_home_release(vow_scheduler *scheduler)
{
    if (vow_likely(vow_scheduler_is_mine(scheduler)))
        scheduler->local--;
    /* S1 acq_rel: the last holder sees what all others did */
    else if (atomic_fetch_sub_explicit(&scheduler->shared, 1, memory_order_acq_rel) == 1)
        scheduler->kind->destroy(scheduler);
}

/* Hands `call` to `scheduler`. False if that refused it, being closed: the call's `dropped` has run before this returns,
   and vow_call_refused() was true there. */
static inline bool vow_hand_over_by(void (*way)(vow_scheduler *scheduler, struct vow_call *call),
                                    vow_scheduler *scheduler, struct vow_call *call)
{
    struct vow_call *outer = vow_locals.handing;
    vow_locals.handing = call;
    way(scheduler, call);
    bool taken = vow_locals.handing == call;
    vow_locals.handing = outer;
    return taken;
}

static inline bool vow_hand_over(vow_scheduler *scheduler, struct vow_call *call)
{
    return vow_hand_over_by(scheduler->kind->call, scheduler, call);
}

/* In the `dropped` of `call`, to be asked once: it was never taken. False: it was, and given up later. */
static inline bool vow_call_refused(const struct vow_call *call)
{
    if (vow_locals.handing != call)
        return false;
    vow_locals.handing = NULL;
    return true;
}

/*
 * Around each call that a scheduler runs: makes it the current one. Immediate calls change only `home`: a loop's
 * call stays one, whatever fires inside it.
 */
struct here_scope {
    vow_scheduler *running;
    vow_scheduler *home;
    struct running_job *job;
    unsigned shields;
};

static inline struct here_scope vow_here_enter(vow_scheduler *scheduler)
{
    struct here_scope saved = {vow_locals.running, vow_locals.home, vow_locals.job,
                               vow_locals.shields};
    vow_locals.running = scheduler;
    vow_locals.home = scheduler;
    vow_locals.job = NULL;
    vow_locals.shields = 0;
    return saved;
}

static inline void vow_here_leave(struct here_scope saved)
{
    vow_locals.running = saved.running;
    vow_locals.home = saved.home;
    vow_locals.job = saved.job;
    vow_locals.shields = saved.shields;
}

#endif
