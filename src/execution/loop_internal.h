/*
 * loop_internal.h - what the files of the loop share.
 *
 *   loop.c         making, freeing, the scheduler's side: a call comes in, a promise is owed
 *   loop_drain.c   the one place where calls run, or are dropped
 *   loop_run.c     rounds: drain, poll, spin, sleep, until something is so
 *   loop_uv.c      libuv's handles, and its callbacks over a user's uv_loop_t
 *   loop_event.c   what calls at a later time and at signals have in common
 *   loop_timer.c   the wheel, the alarm, calls at a later time
 *   loop_signal.c
 *   timer.c        timers in their users' memory
 *
 * A call goes through three lists, each first-in first-out:
 *
 *   own thread ----> ready ----\
 *                               >---- a round starts ----> round, taken ----> run
 *   other threads -> inbox ----/
 *
 * Invariants
 * 1. Calls run in vow_loop_drain() alone, on the loop's thread, never inside one another.
 * 2. What is queued while a round drains belongs to a later round.
 * 3. uv_run() of an own loop is only entered by loop_run.c, while `draining` is false; so it never nests.
 * 4. Every wake-up from another thread goes through vow_loop_wake(), under `handles_lock`: a handle that is
 *    being closed is never rung.
 * 5. `ahead` stands behind `taken` in the same chain, or is NULL: what it points to is queued still.
 * 6. The bell is referenced only: over a user's loop while something is owed or queued; otherwise while
 *    loop_run.c sleeps on it.
 */
#ifndef VOW_EXECUTION_LOOP_INTERNAL_H
#define VOW_EXECUTION_LOOP_INTERNAL_H

#include <uv.h>

#include "execution/bell.h"
#include "execution/loop.h"
#include "wait/wheel.h"

/* libuv's side. Over a user's uv_loop_t it outlives the loop, until its last close callback. */
struct loop_handles {
    struct vow_loop *loop; /* NULL once the loop is detached */
    unsigned open;         /* handles whose close callback has not come yet */
    bool rests;            /* over a user's: libuv sleeps while time stands (clock_rest.h) */
    bool polling;        /* over a user's: between our prepare and check, where I/O callbacks run */
    struct bell bell;    /* other threads ring it */
    uv_timer_t alarm;    /* the earliest timer; the deadline of loop_run.c's sleep */
    uv_prepare_t before; /* over a user's only: just before and after libuv polls; unreferenced */
    uv_check_t after;
    uv_loop_t own; /* of an own loop */
};

struct vow_loop {
    vow_scheduler scheduler; /* first: a vow_scheduler of this kind is a vow_loop */

    char before_inbox[VOW_CACHE_LINE];
    struct inbox inbox; /* a cache line of its own */
    char after_inbox[VOW_CACHE_LINE];

    /* Of all threads, seldom. */
    _Atomic int64_t
        owed_elsewhere;   /* promises owed as counted by others; over a user's loop, by all */
    _Atomic bool watched; /* an own loop sleeps and would be idle without what is owed */
    _Atomic uint32_t wakes_done;  /* by those who found the inbox marked as sleeping */
    struct lock handles_lock;     /* guards the next one against other threads */
    struct loop_handles *handles; /* written by the loop's thread; NULL once closed */
    char after_shared[VOW_CACHE_LINE];

    /* Of the loop's thread; `stopping` is set by all. */
    _Atomic bool stopping;
    bool own;           /* not over a user's uv_loop_t */
    bool draining;      /* inside vow_loop_drain */
    bool running;       /* inside one of vow_loop_run's */
    bool in_uv;         /* loop_run.c has entered uv_run */
    bool closing;       /* vow_loop_free is at work */
    bool lost;          /* a forked child: it is the parent's */
    bool foreign;       /* loop_run.c, in a closed world: others' handles are active */
    bool rung;          /* the bell rang since loop_run.c last looked */
    bool marked;        /* the inbox was marked as sleeping and has not been taken since */
    uint32_t wakes_due; /* how often somebody replaced that mark */
    struct call_queue ready;
    struct call_queue round;
    struct vow_call *taken;
    struct vow_call *ahead; /* some calls behind `taken` in its chain, or NULL: loop_drain.c */
    size_t ran;             /* calls, in this drain */
    bool stoppable;         /* this drain, by vow_loop_stop */
    int64_t owed;           /* by the loop's thread, on an own loop */
    int64_t owed_asleep;    /* in all, when loop_run.c last fell asleep */
    struct thread *thread;
    uv_loop_t *uv;
    size_t stack_size;         /* of the stacks that calls run on */
    struct vow_loop *previous; /* made before it on this thread */
    struct loop_event *events; /* calls that wait for their time, or a signal */

    /* Timers. */
    struct wheel wheel;
    int64_t alarm_at;        /* when the alarm rings; INT64_MAX: it is not set */
    struct timer *due;       /* timers of timer.c that have expired and are to be called */
    struct timer **due_end;  /* where the next one is linked */
    struct vow_call run_due; /* queued while there are any */
    bool run_due_queued;

    /* loop_run.c: when to look where. */
    int64_t spin_most; /* ns; 0: never */
    int64_t spin_now;  /* what it tries at present */
    int64_t polled_at; /* vow_real_now() when libuv polled last */
    int64_t looked_at; /* and when poll_if_due looked at the clock */
    unsigned unlooked; /* rounds since */
    unsigned patience; /* after how many to look again */
};

/* Whether something is there to run: on the loop, or in the thread's own queue. The loop's thread. */
static inline bool vow_loop_has_calls(const struct vow_loop *loop)
{
    return loop->round.first != NULL || loop->taken != NULL || loop->ready.first != NULL ||
           vow_inbox_waiting(&loop->inbox) || vow_thread_has_calls(loop->thread) ||
           vow_carrier_has_ready(&loop->thread->carrier) ||
           loop->thread->carrier.later.first != NULL;
}

/* The loop's thread: whether one of its calls is running, perhaps gone on with while another loop of the thread drains. */
static inline bool vow_loop_is_inside(const struct vow_loop *loop)
{
    return loop->draining || loop->closing || vow_carrier_is_inside(&loop->thread->carrier, loop);
}

/* The loop's thread: appends to `ready`, and sees to it that it will be looked at. */
void vow_loop_append(struct vow_loop *loop, struct vow_call *call);

/* In a forked child, alone: nothing can be brought to it, nor does it run any more; its descriptors are the parent's, too. */
void vow_loop_lose(struct vow_loop *loop);

/* The sentence for that, in the name of `function`. */
vow_status vow_loop_refuse_lost(const char *function);

/* Any thread: has the loop look round. */
void vow_loop_wake(struct vow_loop *loop);

/* Promises owed, as the loop's thread sees them. */
int64_t vow_loop_owed(struct vow_loop *loop);

/* Starts a round, or goes on with one that was stopped, and runs its calls; with `stoppable` until vow_loop_stop.
   Gives how many ran. */
size_t vow_loop_drain(struct vow_loop *loop, bool stoppable);

/* Marks the inbox as sleeping: who pushes rings the bell. False if there is something to take. */
bool vow_loop_mark_asleep(struct vow_loop *loop);

/* Closes the inbox and drops all that is queued, and what is queued by that. */
void vow_loop_drop_calls(struct vow_loop *loop);

/* Makes the handles, over `users` or with a loop of their own; false, with vow_last_error set. */
bool vow_loop_open(struct vow_loop *loop, uv_loop_t *users);

/* Has signal handles stop in children, from now on; as early as libuv lets us (loop_signal.c). False without memory. */
bool vow_loop_watch_forks(void);

/* Closes them: at once with an own loop, in the close callbacks with a user's. */
void vow_loop_close(struct vow_loop *loop);

/* Over a user's loop: references the bell as invariant 6 says. */
void vow_loop_reference(struct vow_loop *loop);

/* Whether this loop's handles are all at rest: none active but the bell. */
bool vow_loop_uv_idle(struct vow_loop *loop);

/* Outside of calls: the newest of the thread's loops is its current scheduler. */
void vow_loop_make_current(struct thread *thread);

/* Has vow_thread_wake(thread) ring `loop` from now on; NULL: what it rings while no loop of vow's sleeps. */
void vow_loop_use_doorbell(struct thread *thread, struct vow_loop *loop);

/* When the earliest timer, or wait of the loop's thread, comes due; INT64_MAX: none does. */
int64_t vow_loop_next_due(const struct vow_loop *loop);

/* Queues the calls of what is due at `now`, by the clock. */
void vow_loop_advance(struct vow_loop *loop, int64_t now);

/* The loop's thread, after timers were started or stopped: over a user's loop sets the alarm. */
void vow_loop_arm_slowly(struct vow_loop *loop);

static inline void vow_loop_arm(struct vow_loop *loop)
{
    if (vow_unlikely(!loop->own))
        vow_loop_arm_slowly(loop);
}

/* Has the alarm ring about when `deadline` passes, at most a millisecond before or after; unless it does so already. */
void vow_loop_set_alarm(struct vow_loop *loop, vow_deadline deadline);
void vow_loop_unset_alarm(struct vow_loop *loop);

/* timer.c: at the loop's making; and at its end, when `closing` is set. */
void vow_loop_init_timers(struct vow_loop *loop);
void vow_loop_stop_timers(struct vow_loop *loop);

#endif
