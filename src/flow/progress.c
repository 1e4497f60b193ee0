/*
 * progress.c - counting, and what the counts say (progress.h).
 *
 * The rate is an average that forgets: a sample weighs as much of it as its time is of `smoothing`; as long as less time than
 * that has passed in all, of the whole time, which makes it the plain average.
 */
#include "flow/progress.h"

#include "base/fail.h"
#include "base/ledger.h"
#include <string.h>
#include <unistd.h>
#include <vow/memory.h>

#define SECOND 1e9

/* Making ---------------------------------------------------------------------------------------------------------- */

static void destroy(struct counted *object)
{
    vow_progress *progress = vow_container_of(object, vow_progress, counted);
    if (vow_timer_started(&progress->timer))
        (void)vow_timer_stop(&progress->timer);
    vow_progress_wipe(progress);
    for (size_t i = 0; i < progress->count; i++) {
        vow_task_release(progress->units[i].task);
        vow_deallocate(progress->units[i].name);
    }
    vow_ledger_remove(progress);
    vow_deallocate(progress);
}

static const struct counted_class progress_class = {.name = "progress", .destroy = destroy};
COUNTED_KNOWN(progress_class)

static vow_status check(const vow_progress_options *options)
{
    if (options->size != sizeof(*options))
        return vow_fail_literal(
            VOW_INVALID, "vow_progress_new: options->size is not sizeof(vow_progress_options)");
    if (options->count > VOW_PROGRESS_UNITS || (options->units == NULL && options->count > 1))
        return vow_fail_status(VOW_INVALID, "vow_progress_new: options->count is %zu",
                               options->count);
    if (options->main > 0 && options->main >= options->count)
        return vow_fail_status(VOW_INVALID, "vow_progress_new: options->main is %zu: no such unit",
                               options->main);
    if (options->width < 0 || options->period < 0 || options->smoothing < 0)
        return vow_fail_literal(VOW_INVALID,
                                "vow_progress_new: options->width, period or smoothing is "
                                "negative");
    return VOW_OK;
}

/* False without memory. */
static bool set_unit(struct progress_unit *unit, const struct vow_progress_unit *chosen)
{
    const char *name = chosen->name != NULL ? chosen->name : "items";
    size_t size = strlen(name) + 1;
    *unit = (struct progress_unit){.bytes = chosen->bytes, .total = VOW_PROGRESS_UNKNOWN};
    unit->name = vow_allocate(size);
    if (unit->name == NULL)
        return false;
    memcpy(unit->name, name, size);
    return true;
}

static FILE *stream_of(const vow_progress_options *options)
{
    FILE *stream = options->stream != NULL ? options->stream : stderr;
    if (options->always)
        return stream;
    int descriptor = fileno(stream);
    return descriptor >= 0 && isatty(descriptor) ? stream : NULL;
}

static vow_progress *make(const vow_progress_options *options, int64_t now)
{
    static const struct vow_progress_unit items;
    size_t count = options->units != NULL && options->count != 0 ? options->count : 1;
    vow_progress *progress = vow_allocate(sizeof(*progress) + count * sizeof(struct progress_unit));
    if (progress == NULL)
        return NULL;
    *progress = (vow_progress){
        .main = options->main,
        .stream = stream_of(options),
        .width = options->width,
        .period = options->period != 0 ? options->period : VOW_MS(100),
        .smoothing = options->smoothing != 0 ? options->smoothing : VOW_S(10),
        .began = now,
        .sampled_at = now,
        .drawn_at = now,
    };
    vow_counted_init(&progress->counted, &progress_class, 1, 0);
    vow_ledger_add(progress, sizeof(*progress), NULL);
    bool set = true;
    for (; set && progress->count < count; progress->count += set)
        set = set_unit(&progress->units[progress->count],
                       options->count != 0 && options->units != NULL
                           ? &options->units[progress->count]
                           : &items);
    if (set)
        return progress;
    vow_counted_release(&progress->counted);
    return NULL;
}

vow_progress *vow_progress_new(const vow_progress_options *options, int64_t now)
{
    static const vow_progress_options defaults = {.size = sizeof(defaults)};
    if (options == NULL)
        options = &defaults;
    if (check(options) != VOW_OK)
        return NULL;
    vow_progress *progress = make(options, now);
    if (progress == NULL)
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_progress_new: out of memory");
    return progress;
}

vow_progress *vow_progress_retain(vow_progress *progress)
{
    if (progress != NULL)
        vow_counted_retain(&progress->counted);
    return progress;
}

void vow_progress_release(vow_progress *progress)
{
    if (progress != NULL)
        vow_counted_release(&progress->counted);
}

/* Counting -------------------------------------------------------------------------------------------------------- */

void vow_progress_add(vow_progress *progress, size_t unit, int64_t count)
{
    if (vow_unlikely(progress == NULL || unit >= progress->count))
        return;
    /* relaxed: a figure */
    atomic_fetch_add_explicit(&progress->units[unit].added, count, memory_order_relaxed);
}

void vow_progress_expect(vow_progress *progress, size_t unit, int64_t total)
{
    if (progress == NULL || unit >= progress->count)
        return;
    /* relaxed: a figure */
    atomic_store_explicit(&progress->units[unit].total, total < 0 ? VOW_PROGRESS_UNKNOWN : total,
                          memory_order_relaxed);
}

static vow_status refuse(const char *function, const char *reason)
{
    return vow_fail_status(VOW_INVALID, "%s: %s", function, reason);
}

vow_status vow_progress_observe(vow_progress *progress, size_t unit, vow_task *task)
{
    static const char function[] = "vow_progress_observe";
    if (progress == NULL || unit >= progress->count)
        return refuse(function,
                      progress == NULL ? "progress is NULL" : "unit: there is no such unit");
    vow_lock_take(&progress->lock);
    bool finished = progress->finished;
    vow_task *former = task;
    if (!finished) {
        former = progress->units[unit].task;
        progress->units[unit].task = vow_task_retain(task);
    }
    vow_lock_give(&progress->lock);
    if (finished)
        return refuse(function, "progress is finished");
    vow_task_release(former);
    return VOW_OK;
}

/* Looking --------------------------------------------------------------------------------------------------------- */

static int64_t given_by(const vow_task *task)
{
    struct vow_task_counts counts = {.size = sizeof counts};
    return task != NULL && vow_task_count(task, &counts) == VOW_OK ? (int64_t)counts.given : 0;
}

static int64_t done_of(const struct progress_unit *unit)
{
    /* relaxed: a figure */
    return atomic_load_explicit(&unit->added, memory_order_relaxed) + given_by(unit->task);
}

void vow_progress_leave_tasks(vow_progress *progress, vow_task **ret_tasks)
{
    for (size_t i = 0; i < progress->count; i++) {
        struct progress_unit *unit = &progress->units[i];
        ret_tasks[i] = unit->task;
        vow_progress_add(progress, i, given_by(unit->task));
        unit->task = NULL;
    }
}

void vow_progress_sample(vow_progress *progress, int64_t now)
{
    double passed = (double)(now - progress->sampled_at);
    double whole = (double)(now - progress->began);
    double back = whole < (double)progress->smoothing ? whole : (double)progress->smoothing;
    if (now <= progress->sampled_at)
        return;
    double weight = passed < back ? passed / back : 1;
    for (size_t i = 0; i < progress->count; i++) {
        struct progress_unit *unit = &progress->units[i];
        int64_t done = done_of(unit);
        double rate = (double)(done - unit->sampled) * SECOND / passed;
        unit->rate += (rate - unit->rate) * weight;
        unit->sampled = done;
    }
    progress->sampled_at = now;
}

static int64_t time_left(double rest, double rate)
{
    if (rest <= 0)
        return 0;
    double left = rate > 0 ? rest / rate * SECOND : 1e18;
    return left < 1e18 ? (int64_t)left : VOW_PROGRESS_UNKNOWN;
}

struct vow_progress_figures vow_progress_figures_of(const vow_progress *progress, size_t unit)
{
    const struct progress_unit *counted = &progress->units[unit];
    struct vow_progress_figures figures = {
        .size = sizeof figures,
        .done = done_of(counted),
        /* relaxed: a figure */
        .total = atomic_load_explicit(&counted->total, memory_order_relaxed),
        .rate = counted->rate,
        .left = VOW_PROGRESS_UNKNOWN,
    };
    if (figures.total >= 0)
        figures.left = time_left((double)figures.total - (double)figures.done, figures.rate);
    return figures;
}

vow_status vow_progress_measure(vow_progress *progress, size_t unit, int64_t now,
                                struct vow_progress_figures *figures)
{
    static const char function[] = "vow_progress_measure";
    if (progress == NULL || figures == NULL)
        return refuse(function, progress == NULL ? "progress is NULL" : "figures is NULL");
    if (unit >= progress->count)
        return refuse(function, "unit: there is no such unit");
    if (figures->size != sizeof(*figures))
        return refuse(function, "figures->size is not sizeof(struct vow_progress_figures)");
    vow_lock_take(&progress->lock);
    vow_progress_sample(progress, now);
    *figures = vow_progress_figures_of(progress, unit);
    vow_lock_give(&progress->lock);
    return VOW_OK;
}
