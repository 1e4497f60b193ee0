/*
 * loop.h - what control needs of the loop: owed promises, timers, signals, running until something is so.
 */
#ifndef VOW_EXECUTION_LOOP_H
#define VOW_EXECUTION_LOOP_H

#include "execution/scheduler.h"
#include <stdbool.h>
#include <vow/loop.h>

/* The loop of a scheduler whose kind is `loop`. */
struct vow_loop *vow_loop_of(vow_scheduler *scheduler);

/* One pending promise more (+1) or less (-1) has its home on this loop: while there are any, the loop is not
   idle, and over a user's loop the wake-up handle is referenced. Any thread. */
void vow_loop_owe(vow_scheduler *scheduler, int change);

/* The loop's thread, outside of its calls: runs rounds until `done(context)`, asked after each round and before the
   first. vow_loop_stop has no effect on it. `function` is for sentences. VOW_TIMED_OUT at the deadline; VOW_UNSUPPORTED where the loop is laid
   over a user's whose I/O callbacks are running right now; VOW_INVALID inside one of its calls. */
vow_status vow_loop_run_until(struct vow_loop *loop, const char *function, bool (*done)(void *),
                              void *context, vow_deadline deadline);

/* Whether the loop's thread could do so here; with the sentence, in the name of `function`. */
vow_status vow_loop_may_wait(struct vow_loop *loop, const char *function);

/* The loop's thread: whether vow_loop_free is at work. What it drops runs on the thread's own stack, where the thread may
   sleep as it may outside of calls. */
bool vow_loop_is_going(vow_scheduler *scheduler);

/* In a forked child, alone: the loops of `thread`, which is the calling one or is not there, are the parent's. */
void vow_loop_lose_all(struct thread *thread);

/* Whether it belongs to the process before a fork. Any thread. */
bool vow_loop_is_lost(const struct vow_loop *loop);

/* The thread ends: closes the loops that it has not freed. Their memory stays for whoever still has a pointer. */
void vow_loop_end_all(struct thread *thread);

/*
 * Timers and signals. Each `start` gives the caller a reference, to be given back once by `release`, whatever has
 * happened to the call meanwhile: so a canceler on another thread never holds a dead one. Releasing stops nothing.
 * `start` and `stop` keep what they need of the loop: the caller only has to hold a reference on its scheduler, or
 * be on its thread, while calling `start`.
 */
struct loop_timer;
struct loop_signal;

/* Has `call` run on the loop in `nanoseconds`, not before; `dropped` instead if the timer is
   stopped or the loop is freed first, or is free already (then perhaps before this returns).
   NULL on VOW_NO_MEMORY, and the call is still the caller's. Any thread. */
struct loop_timer *vow_loop_timer_start(struct vow_loop *loop, int64_t nanoseconds,
                                        struct vow_call *call);

/* Takes the timer away. On the loop's thread, before its moment: its call is the caller's again, and is returned. Otherwise
   NULL, and the call is dropped soon, on the loop's thread and never inside this function, unless it is running or has run
   or was dropped already: then nothing happens. Any thread, any number of times. */
struct vow_call *vow_loop_timer_stop(struct loop_timer *timer);

/* Gives back the reference that `start` gave. Any thread, inside the call as well. NULL does nothing. */
void vow_loop_timer_release(struct loop_timer *timer);

/* A watcher for the next delivery of a signal: `call` runs once on the loop, or is dropped when the loop is freed
   or the watcher is stopped. NULL, with the status in `ret_status` and vow_last_error set, where libuv refuses,
   or without memory; the call is then still the caller's. The loop's thread. */
struct loop_signal *vow_loop_signal_start(struct vow_loop *loop, int number, struct vow_call *call,
                                          vow_status *ret_status);

/* As the timer's. Any thread. */
struct vow_call *vow_loop_signal_stop(struct loop_signal *watcher);
void vow_loop_signal_release(struct loop_signal *watcher);

/* Any thread, while the loop's sleeps: whether nobody has called it (world.h). */
bool vow_loop_is_uncalled(struct vow_loop *loop);

#endif
