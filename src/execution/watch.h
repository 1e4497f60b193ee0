/*
 * watch.h - a surplus worker sleeps as the watchman: nobody wakes it, it looks by itself after a while.
 *
 * To wake a worker takes tens of microseconds and disturbs who works. Where calls are short and few, those who are
 * awake have run them long before the woken one comes; it finds nothing, goes to sleep again, and the next call wakes
 * it again. So each wake that others were awake for is weighed when the worker is idle again: it was in vain if the
 * worker found nothing, or only as little as the others did meanwhile. After some in a row the next surplus worker
 * watches.
 *
 * The watchman looks every WATCH_FIRST, less often while nothing lies in a queue, whether
 *
 *   nothing happened and nothing is queued                          it sleeps like the others
 *   something is queued, and few calls were completed, or a lot is  a call is long, or there is enough for two: it
 *                                                                   takes part, and wakes are worth it again
 *   else                                                            calls are short and few: it watches on
 *
 * What this costs is that a call queued behind the first long one after many short ones waits for the watchman.
 *
 * Invariants
 * 1. SLEEP_WATCHED is set exactly while `sleep.watchman` sleeps and will look within WATCH_MOST.
 * 2. Who clears it looks surely, behind a rare fence (invariant 3 of sleep.h): the watchman, which goes on to sleep or
 *    leaves the list; who lies down last; a worker that starts to block.
 */
#ifndef VOW_EXECUTION_WATCH_H
#define VOW_EXECUTION_WATCH_H

#include "execution/worker.h"

/* The worker was woken for a call. */
void vow_watch_woken(struct worker *worker);

/* The worker, which is idle: weighs the wake. */
void vow_watch_weigh(struct worker *worker);

/* The worker enters the list of sleepers as the watchman. False if it is to sleep as usual. */
bool vow_watch_begin(struct worker *worker);

/* The watchman, after a look's time: how long to sleep until the next one; 0: the watch is over. */
int64_t vow_watch_look(struct worker *worker);

/* The worker starts to block: nobody else may be awake. */
void vow_watch_leave_alone(struct worker *worker);

#endif
