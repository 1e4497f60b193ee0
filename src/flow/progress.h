/*
 * progress.h - what a progress object is inside (vow/progress.h).
 *
 * Invariants
 * 1. `added` and `total` of a unit belong to everybody; what else changes is guarded by the lock.
 * 2. `sampled_at` only gets later; with it the rates change, and nowhere else.
 * 3. No reference to a task is given back under the lock: that may call a function of the user's.
 */
#ifndef VOW_FLOW_PROGRESS_H
#define VOW_FLOW_PROGRESS_H

#include <vow/progress.h>
#include <vow/timer.h>

#include "base/counted.h"
#include "base/lock.h"

#define PROGRESS_LINE 256 /* with its zero */

struct progress_unit {
    _Atomic int64_t added;
    _Atomic int64_t total;
    char *name;
    bool bytes;
    vow_task *task;  /* NULL: none is observed */
    int64_t sampled; /* done at `sampled_at` */
    double rate;     /* a second */
};

struct vow_progress {
    struct counted counted;
    struct lock lock;
    size_t count, main;
    FILE *stream; /* NULL: nothing is drawn */
    int width;    /* 0: the terminal's */
    int64_t period, smoothing;
    int64_t began, sampled_at, drawn_at;
    bool drawn;      /* the line stands there */
    unsigned hidden; /* how often, and not shown again */
    bool started, finished;
    struct vow_timer timer;
    struct progress_unit units[];
};

/* Under the lock: samples all units, and gives the figures of one. */
void vow_progress_sample(vow_progress *progress, int64_t now);
struct vow_progress_figures vow_progress_figures_of(const vow_progress *progress, size_t unit);

/* The same: what the tasks gave stays counted; the references to them are the caller's now, for each unit one or NULL. */
void vow_progress_leave_tasks(vow_progress *progress, vow_task **ret_tasks);

/* The same: erases the line, if it stands there. */
void vow_progress_wipe(vow_progress *progress);

#endif
