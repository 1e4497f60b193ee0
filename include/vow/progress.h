/**
 * vow/progress.h - how far work is: done, in all, rate, time left; and a bar on a terminal that shows it.
 *
 *     static const struct vow_progress_unit units[] = {{.name = "files"}, {.bytes = true}};
 *     vow_progress *progress = vow_progress_new(
 *         &(vow_progress_options){.size = sizeof(vow_progress_options), .units = units, .count = 2, .main = 1}, vow_now());
 *     … in any stage, job or thread: vow_progress_add(progress, 1, bytes);
 *     … where it is known:           vow_progress_expect(progress, 1, bytes_in_all);
 *     … every now and then:          vow_progress_draw(progress, vow_now());       or once: vow_progress_start(progress, loop)
 *
 *         1204 files  310.4 MB of 964.0 MB  [##########                    ]  812.5 MB/s  0:01 left
 *
 * Who works only counts, which costs as much as adding to a number. Time is given in by who looks, in nanoseconds as of
 * `vow_now`, so that a test can have a clock of its own. The rate is that of the last seconds (`smoothing`), at the
 * beginning the average.
 */
#ifndef VOW_PROGRESS_H
#define VOW_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <vow/loop.h>
#include <vow/task.h>

VOW_BEGIN_DECLARATIONS

/** How far some work is: counted. */
typedef struct vow_progress vow_progress;

/** Units that one object can count. */
#define VOW_PROGRESS_UNITS 8

/** Not known. */
#define VOW_PROGRESS_UNKNOWN INT64_C(-1)

/** What is counted. */
struct vow_progress_unit {
    const char *name; /**< for people: "files"; NULL: "items" */
    bool bytes;       /**< written as 1.2 MB, and the rate in MB/s, without the name */
};

/** What can be chosen about a progress object; zero is the default. */
typedef struct vow_progress_options {
    size_t size;                           /**< sizeof(vow_progress_options) */
    const struct vow_progress_unit *units; /**< what is counted; NULL: items */
    size_t count;                          /**< how many `units`, at most VOW_PROGRESS_UNITS */
    size_t main;                           /**< the unit that bar, rate and time left are about */
    FILE *stream;                          /**< where the bar is drawn; NULL: stderr */
    bool always;                           /**< draw even where that is no terminal */
    int width; /**< columns that a line may have; 0: one less than the terminal, 79 where there is none */
    int64_t period;    /**< nanoseconds from one drawing to the next; 0: a tenth of a second */
    int64_t smoothing; /**< nanoseconds that the rate looks back, about; 0: ten seconds */
} vow_progress_options;

/** How far it is with one unit. */
struct vow_progress_figures {
    size_t size;   /**< sizeof(struct vow_progress_figures) */
    int64_t done;  /**< so many are done */
    int64_t total; /**< of so many; VOW_PROGRESS_UNKNOWN */
    double rate;   /**< done in a second */
    int64_t left;  /**< nanoseconds that the rest takes at this rate; VOW_PROGRESS_UNKNOWN */
};

/**
 * A progress object, at 0 of an unknown number of each unit at the time `now`. Copies `options` (NULL: the defaults) and
 * what is in it; borrows its stream until the last release. One reference, the caller's; NULL on VOW_INVALID (a size, a
 * count, a number of a unit or a time that makes no sense) or VOW_NO_MEMORY. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_progress *vow_progress_new(const vow_progress_options *options,
                                                     int64_t now);

/** One more reference; gives it back. NULL is fine. Any thread; never waits. */
VOW_API vow_progress *vow_progress_retain(vow_progress *progress);

/** Gives back a reference; the last one erases the bar. Takes `progress`; NULL does nothing. Where it was started, the last
 *  one is given back on the loop's thread, or after `vow_progress_finish`. Any thread; never waits. */
VOW_API void vow_progress_release(vow_progress *progress);

/* Counting ------------------------------------------------------------------------------------------------------ */

/** `count` more of unit number `unit` are done. Borrows; NULL, or a unit that there is not, does nothing. Any thread; never waits. */
VOW_API void vow_progress_add(vow_progress *progress, size_t unit, int64_t count);

/** There are `total` of unit number `unit` in all; VOW_PROGRESS_UNKNOWN: that is not known (any more). Borrows; NULL, or a unit
 *  that there is not, does nothing. Any thread; never waits. */
VOW_API void vow_progress_expect(vow_progress *progress, size_t unit, int64_t total);

/**
 * What comes out of `task` counts as done, too, from its first item on, in place of that of a task that was observed before.
 * Borrows `progress`; keeps a reference to `task`, until `vow_progress_finish` or the last release. VOW_INVALID: `progress` is
 * NULL, or there is no such unit; or it was finished. `task` NULL: none. Any thread; never waits.
 */
VOW_API vow_status vow_progress_observe(vow_progress *progress, size_t unit, vow_task *task);

/* Looking ------------------------------------------------------------------------------------------------------- */

/**
 * How far it is with unit number `unit` at the time `now`; a look at a time after that of all others is what the rate is made of.
 * Borrows. VOW_INVALID: a NULL, no such unit, or `figures->size` is not set. Any thread; never waits.
 */
VOW_API vow_status vow_progress_measure(vow_progress *progress, size_t unit, int64_t now,
                                        struct vow_progress_figures *figures);

/**
 * The line that would be drawn at the time `now`, at most `size` - 1 characters, into `line`, ended by a zero; the bar gets the
 * room that the numbers leave. Gives its length. Borrows; 0 of a NULL. Any thread; never waits.
 */
VOW_API size_t vow_progress_line(vow_progress *progress, int64_t now, char *line, size_t size);

/* Drawing ------------------------------------------------------------------------------------------------------- */

/**
 * Draws the line in place of the former one, if a period has passed since that; on a terminal only, unless `always`; not
 * while it is hidden; no more after `vow_progress_finish`. Gives whether it did. Borrows; false of NULL. Any thread; waits for nothing but the terminal.
 */
VOW_API bool vow_progress_draw(vow_progress *progress, int64_t now);

/**
 * Takes the line away until it is drawn again: so that something else can be written to the same terminal. Borrows; NULL does
 * nothing. Any thread; waits for nothing but the terminal.
 */
VOW_API void vow_progress_erase(vow_progress *progress);

/**
 * Takes the line away, and nothing draws it until `vow_progress_show` was called as often: so that something else can be written
 * to the same terminal by another thread than the one that draws. At the end of the progress it is drawn all the same. Borrows;
 * NULL does nothing. Any thread; waits for nothing but the terminal.
 */
VOW_API void vow_progress_hide(vow_progress *progress);

/** Undoes one `vow_progress_hide`; without one, does nothing. The line comes back when it is drawn next. Borrows; NULL does
 *  nothing. Any thread; never waits. */
VOW_API void vow_progress_show(vow_progress *progress);

/**
 * From now on `loop` draws each period. Borrows both; the loop is not idle until `vow_progress_finish`. Where nothing can be
 * drawn it does nothing. VOW_INVALID: a NULL, or it was started or finished already; or this is not the loop's thread.
 * The loop's thread; never waits.
 */
VOW_API vow_status vow_progress_start(vow_progress *progress, vow_loop *loop);

/**
 * Ends it: the loop draws no more, tasks are observed no more, and what they gave stays counted. With `keep` the line is drawn
 * once more, as of `now`, and stays, with a newline; otherwise it is erased. Again: does nothing. Borrows; NULL does nothing.
 * The loop's thread where it was started, any other; waits for nothing but the terminal.
 */
VOW_API void vow_progress_finish(vow_progress *progress, int64_t now, bool keep);

VOW_END_DECLARATIONS

#endif
