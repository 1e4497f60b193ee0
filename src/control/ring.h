/*
 * ring.h - promises that would wait for themselves.
 *
 * A promise that waits for another has an edge to it: an adopting one to what it adopts, a derived one to its source. What
 * is made of other promises (a gathering, a group, a timeout, …) waits for several, and is known by its patient canceller,
 * or, when a cancel has taken that, by having had one; its edges are found from the other end, by the told links in the
 * queues of what it waits for.
 *
 * Who adopts publishes its edge, then hangs its link in the other's queue, and only then looks for a ring. If two threads
 * close a ring together, the one whose link came second sees the other's link in its own queue, hence walks, and the
 * other's edge is there. A promise in whose queue nothing hangs cannot be part of a ring: no walk, so that long chains take
 * linear time.
 *
 * Edges alone are followed to their end. Through what is made of others the search begins at the promise that adopts, goes
 * from queue to queue, and gives up after a number of promises, or of links. It leaves out none: a look at one that is at home
 * on another thread ends its bias (promise.h), but a ring that is not found waits for ever.
 */
#ifndef VOW_CONTROL_RING_H
#define VOW_CONTROL_RING_H

#include "control/promise.h"

/* Inside: whether `promise`, just adopted by another one, waits for something that could be that. */
bool vow_ring_is_possible(const vow_promise *promise);

/* Whether `promise`, which has just hung its link in the queue of `adopted`, is waited for by that in the end. */
bool vow_ring_is_closed(vow_promise *promise, vow_promise *adopted);

#endif
