/*
 * loop_event.h - what timers and signals have in common: one libuv handle, one call, stopping from any thread.
 *
 *              start            the moment, or stop, or free
 *   POSTED ------------> ARMED ------------------------------> DUE ------> OVER
 *      \_______________________stopped meanwhile______________/     `fire` runs: the call runs,
 *                                                                     or is dropped if stopped
 * References: one of the caller's; one until OVER; one from the handle's init to its close callback; one while a
 * stop is on its way from another thread.
 *
 * Invariants
 * 1. `state`, the links and the handle belong to the loop's thread.
 * 2. The call's end comes once, and only through `fire`, which lies in the loop's list of ready calls; so a stop
 *    that comes before it wins, and one that comes later does nothing.
 * 3. An event is in loop->events exactly while it is ARMED.
 */
#ifndef VOW_EXECUTION_LOOP_EVENT_H
#define VOW_EXECUTION_LOOP_EVENT_H

#include "execution/loop_internal.h"

enum event_state { EVENT_POSTED, EVENT_ARMED, EVENT_DUE, EVENT_OVER };

struct loop_event {
    struct vow_call fire; /* POSTED: brings the start to the loop's thread; DUE: ends the event */
    struct vow_call stop; /* brings the stop to the loop's thread */
    struct vow_call *call;
    struct vow_loop *loop; /* with a reference on its scheduler */
    struct loop_event *next, **link;
    vow_deadline due; /* a timer's */
    _Atomic uint32_t references;
    _Atomic bool stopped;
    uint8_t state; /* enum event_state */
    union {
        uv_handle_t any;
        uv_timer_t timer;
        uv_signal_t signal;
    } handle;
};

/* POSTED, with two references: the caller's, and the one until OVER. NULL on VOW_NO_MEMORY. */
struct loop_event *vow_event_new(struct vow_loop *loop, struct vow_call *call);

void vow_event_retain(struct loop_event *event);
void vow_event_release(struct loop_event *event);

/* The loop's thread, POSTED: the handle has been made and started. */
void vow_event_arm(struct loop_event *event);

/* The loop's thread, POSTED or ARMED: its moment has come. Closes the handle; the call ends in a later round. */
void vow_event_due(struct loop_event *event);

/* Closes the event's handle, which has been made; a reference goes with it. */
void vow_event_close_handle(struct loop_event *event);

/* Any thread. */
void vow_event_stop(struct loop_event *event);

/* The loop's thread, at free: all armed events of the loop become due, as stopped. */
void vow_event_stop_all(struct vow_loop *loop);

#endif
