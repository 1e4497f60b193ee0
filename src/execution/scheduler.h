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

#include "base/lock.h"
#include "base/platform.h"
#include "base/threads.h"
#include "execution/inbox.h"
#include "execution/queue.h"
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
    /* Written with each promise, on another line, so that those who only read do not wait for it: */
    char apart[VOW_CACHE_LINE];
    int64_t local;
    _Atomic int64_t shared;
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

/*
 * A thread that uses vow. Records are never freed, only reused by later threads, so that a late wake-up through an
 * old pointer is at worst one too many.
 */
struct thread {
    _Atomic(void *)
        holding; /* the promise that this thread is inside of without a lock (control/bias.h) */
    _Atomic uint32_t bell;     /* futex word that it sleeps on: 1 once rung */
    struct lock doorbell_lock; /* guards the next two */
    void (*doorbell)(
        void *); /* rings where the thread sleeps while it runs a loop; NULL: the futex alone */
    void *doorbell_context;
    struct immediate *immediate; /* its home for immediate promises; one reference */
    struct call_queue ready;     /* immediate calls that were nested too deeply */
    unsigned depth;              /* how deeply immediate calls are nested now */
    struct vow_loop *loop;       /* the loop that this thread made last, if it still lives */
    struct thread_exit exit;
    struct thread *next; /* in the list of records for reuse */
};

extern struct thread vow_nobody;
#define VOW_NOBODY (&vow_nobody)

/* What the calling thread is doing. */
struct here {
    struct thread *thread;  /* its record; NULL until vow_thread_here() made it */
    vow_scheduler *running; /* the loop, pool or user's scheduler that runs this call; NULL: none */
    vow_scheduler *home;    /* the scheduler of this call, as a home; NULL outside of calls */
    vow_scheduler *outside; /* outside of calls: the loop made last here; NULL: the default */
    void *job;              /* the promise of the job that is running, for control; NULL: none */
    struct vow_call *ahead; /* a call that will run here soon, still queued; NULL: none is known */
};

extern VOW_THREAD_LOCAL struct here vow_here;
extern _Atomic(vow_scheduler *) vow_default_scheduler; /* NULL: immediate */

/* The calling thread's record, made at first use; NULL without memory. */
struct thread *vow_thread_make(void);

static inline struct thread *vow_thread_here(void)
{
    struct thread *thread = vow_here.thread;
    return vow_likely(thread != NULL) ? thread : vow_thread_make();
}

/* Wakes `thread` from its sleep, wherever it sleeps. Any thread. */
void vow_thread_wake(struct thread *thread);

/* Hands `call` to the thread whose home `immediate` is, waking it where needed. False if that has ended. */
bool vow_immediate_post(struct immediate *immediate, struct vow_call *call);

/* The calling thread: runs what is in its own inbox. Gives how many calls. */
size_t vow_thread_drain(struct thread *thread);

/* The calling thread: marks that it is about to sleep, so that the next post wakes it (the bell and the doorbell).
   False if its inbox has something to drain instead. */
bool vow_thread_about_to_sleep(struct thread *thread);

/* The calling thread: sleeps until its inbox has something, the bell rings or `deadline` passes; false if that
   passed. */
bool vow_thread_sleep(struct thread *thread, vow_deadline deadline);

/* The home that promises made here now get: never the process-wide immediate object, but this thread's own.
   Borrowed; NULL without memory. */
static inline vow_scheduler *vow_home_here(void)
{
    vow_scheduler *home = vow_here.home != NULL ? vow_here.home : vow_here.outside;
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

static inline bool vow_scheduler_is_mine(vow_scheduler *scheduler)
{
    /* relaxed: only the owner itself can find itself here, and it reads what it wrote */
    return atomic_load_explicit(&scheduler->owner, memory_order_relaxed) == vow_here.thread;
}

#define SCHEDULER_OWNED (INT64_C(1) << 62)

/* Sets up the common part; one reference for the caller. `owner` is the calling thread's record or VOW_NOBODY. */
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

/*
 * Around each call that a scheduler runs: makes it the current one. Immediate calls change only `home`: a loop's
 * call stays one, whatever fires inside it.
 */
struct here_scope {
    vow_scheduler *running;
    vow_scheduler *home;
    void *job;
};

static inline struct here_scope vow_here_enter(vow_scheduler *scheduler)
{
    struct here_scope saved = {vow_here.running, vow_here.home, vow_here.job};
    vow_here.running = scheduler;
    vow_here.home = scheduler;
    vow_here.job = NULL;
    return saved;
}

static inline void vow_here_leave(struct here_scope saved)
{
    vow_here.running = saved.running;
    vow_here.home = saved.home;
    vow_here.job = saved.job;
}

#endif
