/*
 * idle.h - a worker that finds nothing to do: it searches, watches or sleeps, as sleep.h and watch.h have it.
 */
#ifndef VOW_EXECUTION_IDLE_H
#define VOW_EXECUTION_IDLE_H

#include "execution/worker.h"

#define SPIN_FIRST VOW_US(20)

/* The worker has found nothing: waits for something to do. NULL: there may be something else than a call. */
struct vow_call *vow_idle(struct worker *worker);

/* The searcher has found something to do: another one may search for more. */
void vow_idle_stop_searching(struct worker *worker);

#endif
