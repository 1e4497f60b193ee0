/*
 * loop_event.h - what calls at a later time and at signals have in common: one call, stopping from any thread.
 *
 *              start            the moment, or stop, or free
 *   POSTED ------------> ARMED ------------------------------> DUE ------> OVER
 *      \_______________________stopped meanwhile______________/     `fire` runs: the call runs,
 *                               \                                     or is dropped if stopped
 *                                \____________________________________^
 *                                 stop on the loop's thread: the call is returned
 * References: one of the caller's; one until OVER; a signal's handle has one from its init to its close callback; one
 * while a stop is on its way from another thread.
 *
 * Invariants
 * 1. `state`, the links and what a kind adds belong to the loop's thread.
 * 2. The call's end comes once: through `fire`, which lies in the loop's list of ready calls, or by a stop that takes
 *    back what is ARMED. So a stop that comes before `fire` wins, and one that comes later does nothing.
 * 3. An event is in loop->events exactly while it is ARMED.
 */
#ifndef VOW_EXECUTION_LOOP_EVENT_H
#define VOW_EXECUTION_LOOP_EVENT_H

#include "execution/loop_internal.h"

enum event_state { EVENT_POSTED, EVENT_ARMED, EVENT_DUE, EVENT_OVER };

struct loop_event;

struct event_kind {
    size_t size; /* of the structure that begins with the event */
    void (*disarm)(
        struct loop_event *event); /* the loop's thread, ARMED: what would make it due, will not */
};

/* First in a structure of its kind. */
struct loop_event {
    struct vow_call fire; /* POSTED: brings the start to the loop's thread; DUE: ends the event */
    struct vow_call stop; /* brings the stop to the loop's thread */
    struct vow_call *call;
    struct vow_loop *loop; /* with a reference on its scheduler */
    const struct event_kind *kind;
    struct loop_event *next, **link;
    _Atomic uint32_t references;
    _Atomic bool stopped;
    uint8_t state; /* enum event_state */
};

/* POSTED, with two references: the caller's, and the one until OVER. NULL on VOW_NO_MEMORY. */
struct loop_event *vow_event_new(struct vow_loop *loop, const struct event_kind *kind,
                                 struct vow_call *call);

void vow_event_retain(struct loop_event *event);
void vow_event_release(struct loop_event *event);

/* The loop's thread, POSTED: the timer or handle has been started. */
void vow_event_arm(struct loop_event *event);

/* The loop's thread, POSTED or ARMED: its moment has come. Disarms it; the call ends in a later round. */
void vow_event_due(struct loop_event *event);

/* Any thread. On the loop's own, ARMED: OVER, and the call is the caller's again. Otherwise NULL: `fire` drops it. */
struct vow_call *vow_event_stop(struct loop_event *event);

/* The loop's thread, at free: all armed events of the loop become due, as stopped. */
void vow_event_stop_all(struct vow_loop *loop);

#endif
