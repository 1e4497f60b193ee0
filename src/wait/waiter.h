/*
 * waiter.h - the one way to wait: a word that is decided once.
 *
 * Whoever waits puts a waiter where those who can end the wait will find it (a promise's links, a lock's queue, a
 * wheel's slot), and parks. Whoever ends the wait *claims* the waiter: one compare-and-swap decides between all who
 * try, an item, the deadline, a close, a cancel. The one who won wakes it.
 *
 *                 claim(outcome): any thread, once                wake: the winner           parking returns
 *     WAITING ------------------------------------> outcome ------------------------> awake ----------------> over
 *
 * A waiter is woken on its own thread: lines stay with the thread that carries them. A winner on another thread posts
 * the waiter's call to that thread; so a line is never resumed before it has left its stack, because its thread can
 * only come to that call after leaving it. That is all that parking needs: there is no state for "about to park".
 *
 * Invariants
 * 1. The outcome changes once, from WAITING.
 * 2. After vow_waiter_wake the winner touches the waiter no more: it lies on a stack that runs again.
 * 3. Parking returns only when the waiter is awake; whoever parks and finds an outcome other than the one that the
 *    owner of the queue gives has to take the waiter out of that queue before it returns.
 * 4. `awake`, and everything below it, is the carrier's thread's alone.
 *
 * Model-checked, with both ways to wait: tests/models/waiter.cc; jobs that are canceled: tests/models/job.cc.
 */
#ifndef VOW_WAIT_WAITER_H
#define VOW_WAIT_WAITER_H

#include "base/locals.h"
#include "base/platform.h"
#include <stdbool.h>
#include <vow/call.h>
#include <vow/status.h>
#include <vow/time.h>

struct carrier;
struct known;
struct line;

enum outcome {
    WAITER_WAITING,
    WAITER_DONE,      /* what was waited for has come */
    WAITER_CLOSED,    /* it never will: its source was closed */
    WAITER_TIMED_OUT, /* by the waiter itself or a timer */
    WAITER_CANCELED,  /* the job that waits was canceled */
    WAITER_DEADLOCK,  /* it never will: those who wait for each other were found */
    WAITER_STACKLESS  /* by the waiter itself: it would hold its pool's last worker */
};

/* What can end a wait, for those who look for deadlocks (known.h). */
enum waiter_source {
    WAITER_OUTSIDE, /* anybody */
    WAITER_PROMISE, /* the promise `object`, when it settles */
    WAITER_END,     /* all others' coming to their ends */
    WAITER_TIMED    /* a deadline, if nothing else does */
};

/* What others know of a wait (known.h). */
enum waiter_notice {
    WAITER_NEW,
    WAITER_PASSED, /* looked at by its thread: no part of any ring */
    WAITER_KNOWN   /* in the table of known waits; `line` is NULL */
};

struct waiter {
    struct vow_call call; /* to its thread, from a winner on another one */
    _Atomic uint32_t outcome;
    bool awake;
    bool shielded;           /* cancels do not reach it */
    uint8_t source;          /* enum waiter_source */
    uint8_t notice;          /* enum waiter_notice */
    struct carrier *carrier; /* of the waiting thread */
    struct line *line;       /* parked; NULL: its thread sleeps, has not parked yet; or known */
    struct known *known;     /* WAITER_KNOWN */
    void *loop;              /* execution: the loop to run meanwhile; NULL: the thread's newest */
    const char *function;    /* who waits … */
    const void *object;      /* … for what: for reports */
};

void vow_waiter_call_run(struct vow_call *call);

/* Sets up a waiter of the calling line. `function` is static. */
static inline void vow_waiter_init(struct waiter *waiter, struct carrier *carrier,
                                   const char *function, const void *object)
{
    waiter->call.run = vow_waiter_call_run;
    waiter->call.dropped = vow_waiter_call_run; /* never: its thread lives as long as it waits */
    /* relaxed: not published yet */
    atomic_store_explicit(&waiter->outcome, WAITER_WAITING, memory_order_relaxed);
    waiter->awake = false;
    waiter->shielded = false;
    waiter->source = WAITER_OUTSIDE;
    waiter->notice = WAITER_NEW;
    waiter->carrier = carrier;
    waiter->line = NULL;
    waiter->loop = NULL;
    waiter->function = function;
    waiter->object = object;
}

/* Any thread: decides how the wait ends. False if it has been decided. */
static inline bool vow_waiter_claim(struct waiter *waiter, enum outcome outcome)
{
    uint32_t waiting = WAITER_WAITING;
    /* W1 acq_rel: who parked sees what the winner wrote before; a loser sees what the winner did */
    return atomic_compare_exchange_strong_explicit(&waiter->outcome, &waiting, (uint32_t)outcome,
                                                   memory_order_acq_rel, memory_order_acquire);
}

/* The waiter's thread, about a waiter that nobody else may claim but who looks for deadlocks (known.h): decides that it is
   DONE. False if it has been decided. A select's, a promise's: by vow_waiter_claim. */
static inline bool vow_waiter_claim_here(struct waiter *waiter)
{
    if (vow_unlikely(waiter->notice == WAITER_KNOWN))
        return vow_waiter_claim(waiter, WAITER_DONE);
    /* relaxed, both: this thread alone reads and writes it */
    if (vow_unlikely(atomic_load_explicit(&waiter->outcome, memory_order_relaxed) !=
                     WAITER_WAITING))
        return false;
    atomic_store_explicit(&waiter->outcome, WAITER_DONE, memory_order_relaxed);
    return true;
}

static inline enum outcome vow_waiter_outcome(const struct waiter *waiter)
{
    /* W2 acquire: pairs with W1 */
    return (enum outcome)atomic_load_explicit(&waiter->outcome, memory_order_acquire);
}

/* The winner, not under a lock that the waiter may want: lets the line go on. */
void vow_waiter_wake(struct waiter *waiter);

/*
 * A job that runs, as its line and those who cancel it see it. It lies on the stack of whoever runs it. Its own thread
 * uses it, but for the two atomic members: who cancels it from elsewhere sets `canceled`, posts a call to its thread,
 * and sets `told`.
 */
struct running_job {
    void *promise;            /* control's */
    struct carrier *carrier;  /* of its thread */
    struct waiter *waiter;    /* what it waits in now; NULL: none, or behind a shield */
    struct job_local *locals; /* job-local storage */
    uintptr_t function;       /* for reports */
    unsigned shields;         /* waits do not see the cancel meanwhile */
    bool blocking;            /* it hosts no other line: when it waits, its thread sleeps */
    _Atomic bool canceled;    /* set by whoever cancels it, and stays set */
    _Atomic bool told;        /* who canceled it will not touch it any more */
};

static inline bool vow_job_is_canceled(const struct running_job *job)
{
    /* relaxed: it orders nothing; who cancels also sends a call to the job's thread */
    return atomic_load_explicit(&job->canceled, memory_order_relaxed);
}

/* On its own thread: it was canceled; the wait that it is in ends. */
void vow_job_cancel(struct running_job *job);

#endif
