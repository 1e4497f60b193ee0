/*
 * progress_bar.c - draws what a progress object knows (progress.h).
 *
 *     1204 files  310.4 MB of 964.0 MB  [##########                    ]  812.5 MB/s  0:01 left
 *
 * 1. The line is shorter than the terminal is wide: it never wraps, so that it can be erased.
 * 2. It is written at once: what others write to the same terminal comes before it or behind it.
 */
#include "flow/progress.h"

#include "base/fail.h"
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Back to the first column, and away with what stands behind it. */
#define ERASE "\r\033[K"

#define BAR_LEAST 5
#define BAR_MOST 30
#define SECONDS_MOST 359999 /* a hundred hours: more is no more than a guess */

/* Writing --------------------------------------------------------------------------------------------------------- */

struct line {
    size_t length;
    char text[PROGRESS_LINE];
};

/* Writes at the end of the line; what does not fit is cut. */
static void add(struct line *line, const char *format, ...) VOW_PRINTF(2, 3);

static void add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->text + line->length, sizeof line->text - line->length, format, arguments);
    va_end(arguments);
    line->length += strlen(line->text + line->length);
}

static void add_size(struct line *line, double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    for (; bytes >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        bytes /= 1000;
    add(line, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

/* "1204 of 2000 files", "310.4 MB of 964.0 MB" */
static void add_amount(struct line *line, const vow_progress *progress, size_t number)
{
    const struct progress_unit *unit = &progress->units[number];
    struct vow_progress_figures figures = vow_progress_figures_of(progress, number);
    if (unit->bytes) {
        add_size(line, (double)figures.done);
        if (figures.total > 0) {
            add(line, " of ");
            add_size(line, (double)figures.total);
        }
        return;
    }
    add(line, "%" PRId64, figures.done);
    if (figures.total > 0)
        add(line, " of %" PRId64, figures.total);
    add(line, " %s", unit->name);
}

/* "  [######    ]", at most `width` characters long; nothing where that is too few. */
static void add_bar(struct line *line, const struct vow_progress_figures *figures, size_t width)
{
    static const char full[] = "##############################";
    static const char empty[] = "                              ";
    size_t frame = strlen("  []");
    if (width < frame + BAR_LEAST)
        return;
    int bar = width - frame < BAR_MOST ? (int)(width - frame) : BAR_MOST;
    double part =
        (double)figures->done * bar / (double)figures->total; /* exact where it is whole */
    int filled = part < 0 ? 0 : part < bar ? (int)part : bar;
    add(line, "  [%.*s%.*s]", filled, full, bar - filled, empty);
}

/* "  812.5 MB/s", "  41.0 files/s" */
static void add_rate(struct line *line, const struct progress_unit *unit, double rate)
{
    if (unit->bytes)
        add(line, "  %.1f MB/s", rate / 1e6);
    else
        add(line, rate < 100 ? "  %.1f %s/s" : "  %.0f %s/s", rate, unit->name);
}

/* "  0:01 left" */
static void add_time_left(struct line *line, int64_t nanoseconds)
{
    int64_t left = nanoseconds / VOW_S(1);
    if (nanoseconds < 0 || left > SECONDS_MOST)
        return;
    if (left >= 3600)
        add(line, "  %d:%02d:%02d left", (int)(left / 3600), (int)(left / 60 % 60),
            (int)(left % 60));
    else
        add(line, "  %d:%02d left", (int)(left / 60), (int)(left % 60));
}

/* Under the lock. The bar gets what the rest leaves of `width`; what is longer is cut. */
static void compose(vow_progress *progress, int64_t now, struct line *line, size_t width)
{
    struct line speed = {.length = 0};
    vow_progress_sample(progress, now);
    struct vow_progress_figures figures = vow_progress_figures_of(progress, progress->main);
    add_rate(&speed, &progress->units[progress->main], figures.rate);
    add_time_left(&speed, figures.left);

    line->length = 0;
    for (size_t i = 0; i < progress->count; i++) {
        add(line, "%s", i > 0 ? "  " : "");
        add_amount(line, progress, i);
    }
    size_t used = line->length + speed.length;
    if (figures.total > 0 && used < width)
        add_bar(line, &figures, width - used);
    add(line, "%s", speed.text);
    if (line->length > width) {
        line->length = width;
        line->text[width] = '\0';
    }
}

size_t vow_progress_line(vow_progress *progress, int64_t now, char *line, size_t size)
{
    struct line whole;
    if (progress == NULL || line == NULL || size == 0)
        return 0;
    vow_lock_take(&progress->lock);
    compose(progress, now, &whole, size < sizeof whole.text ? size - 1 : sizeof whole.text - 1);
    vow_lock_give(&progress->lock);
    memcpy(line, whole.text, whole.length + 1);
    return whole.length;
}

/* Drawing --------------------------------------------------------------------------------------------------------- */

/* How many characters fit in a line. */
static size_t width_of(const vow_progress *progress)
{
    struct winsize size = {.ws_col = 0};
    int width = progress->width;
    if (width == 0 && ioctl(fileno(progress->stream), TIOCGWINSZ, &size) == 0)
        width = size.ws_col - 1;
    if (width <= 0)
        width = 79;
    return width < PROGRESS_LINE ? (size_t)width : PROGRESS_LINE - 1;
}

/* Under the lock. */
static void draw(vow_progress *progress, int64_t now, const char *end)
{
    struct line line;
    compose(progress, now, &line, width_of(progress));
    fprintf(progress->stream, ERASE "%s%s", line.text, end);
    fflush(progress->stream);
    progress->drawn = true;
    progress->drawn_at = now;
}

void vow_progress_wipe(vow_progress *progress)
{
    if (!progress->drawn)
        return;
    fputs(ERASE, progress->stream);
    fflush(progress->stream);
    progress->drawn = false;
}

/* Under the lock. */
static bool may_draw(const vow_progress *progress)
{
    return !progress->finished && progress->hidden == 0;
}

bool vow_progress_draw(vow_progress *progress, int64_t now)
{
    if (progress == NULL || progress->stream == NULL)
        return false;
    vow_lock_take(&progress->lock);
    bool due = may_draw(progress) && now - progress->drawn_at >= progress->period;
    if (due)
        draw(progress, now, "");
    vow_lock_give(&progress->lock);
    return due;
}

void vow_progress_erase(vow_progress *progress)
{
    if (progress == NULL)
        return;
    vow_lock_take(&progress->lock);
    vow_progress_wipe(progress);
    vow_lock_give(&progress->lock);
}

void vow_progress_hide(vow_progress *progress)
{
    if (progress == NULL)
        return;
    vow_lock_take(&progress->lock);
    vow_progress_wipe(progress);
    progress->hidden++;
    vow_lock_give(&progress->lock);
}

void vow_progress_show(vow_progress *progress)
{
    if (progress == NULL)
        return;
    vow_lock_take(&progress->lock);
    if (progress->hidden > 0)
        progress->hidden--;
    vow_lock_give(&progress->lock);
}

/* The loop's timer has its own period: this is not a question of being due. */
static void tick(struct vow_timer *timer)
{
    vow_progress *progress = vow_container_of(timer, vow_progress, timer);
    vow_lock_take(&progress->lock);
    if (may_draw(progress))
        draw(progress, vow_now(), "");
    vow_lock_give(&progress->lock);
}

/* The loop has refused: another call may do better. */
static void forget_start(vow_progress *progress)
{
    vow_lock_take(&progress->lock);
    progress->started = false;
    vow_lock_give(&progress->lock);
}

vow_status vow_progress_start(vow_progress *progress, vow_loop *loop)
{
    static const char function[] = "vow_progress_start";
    if (progress == NULL || loop == NULL)
        return vow_fail_status(VOW_INVALID, "%s: %s is NULL", function,
                               progress == NULL ? "progress" : "loop");
    vow_lock_take(&progress->lock);
    bool first = !progress->started && !progress->finished;
    progress->started = true;
    vow_lock_give(&progress->lock);
    if (!first)
        return vow_fail_status(VOW_INVALID, "%s: progress is started or finished already",
                               function);
    if (progress->stream == NULL)
        return VOW_OK;
    (void)vow_timer_init(&progress->timer, tick);
    vow_status status =
        vow_timer_repeat(loop, &progress->timer, vow_after(progress->period), progress->period);
    if (status != VOW_OK)
        forget_start(progress);
    return status;
}

void vow_progress_finish(vow_progress *progress, int64_t now, bool keep)
{
    vow_task *observed[VOW_PROGRESS_UNITS] = {NULL};
    if (progress == NULL)
        return;
    if (vow_timer_started(&progress->timer))
        (void)vow_timer_stop(&progress->timer);
    vow_lock_take(&progress->lock);
    vow_progress_sample(progress, now);
    if (!progress->finished && keep && progress->stream != NULL)
        draw(progress, now, "\n");
    else
        vow_progress_wipe(progress);
    progress->drawn = false;
    progress->finished = true;
    vow_progress_leave_tasks(progress, observed);
    vow_lock_give(&progress->lock);
    for (size_t i = 0; i < progress->count; i++)
        vow_task_release(observed[i]);
}
