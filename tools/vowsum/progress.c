/*
 * progress.c - draws the bar.
 *
 *     1204 files  310.4 MB of 964.0 MB  [##########                    ]  812.5 MB/s  0:01 left
 *
 * 1. Jobs only count; the loop's timer draws, on the main thread.
 * 2. The line is shorter than the terminal is wide: it never wraps, so that it can be erased.
 */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "message.h"

#define TICK VOW_MS(100)
#define BAR_LEAST 5
#define LINE 200

/* A picture of the counters. */
struct picture {
    long long files, bytes, in_all;
    double seconds;
};

static struct picture take_picture(struct progress *progress)
{
    /* relaxed: counters for show, each for itself */
    return (struct picture){
        .files = atomic_load_explicit(&progress->files, memory_order_relaxed),
        .bytes = atomic_load_explicit(&progress->bytes, memory_order_relaxed),
        .in_all = atomic_load_explicit(&progress->bytes_in_all, memory_order_relaxed),
        .seconds = (double)(vow_now() - progress->began) / 1e9,
    };
}

/* Writes at the end of the line; what does not fit is cut. */
static void add(char *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char *line, const char *format, ...)
{
    size_t used = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + used, LINE - used, format, arguments);
    va_end(arguments);
}

static void add_size(char *line, double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    while (bytes >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1000;
        unit++;
    }
    add(line, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

/* "1204 files  310.4 MB of 964.0 MB" */
static void add_amounts(char *line, const struct picture *picture)
{
    add(line, "%lld files  ", picture->files);
    add_size(line, (double)picture->bytes);
    if (picture->in_all > 0) {
        add(line, " of ");
        add_size(line, (double)picture->in_all);
    }
}

/* "  [######    ]", at most `width` characters long; nothing where that is too few. */
static void add_bar(char *line, const struct picture *picture, int width)
{
    static const char full[] = "##############################";
    static const char empty[] = "                              ";
    int bar = width - (int)strlen("  []");
    if (bar > (int)strlen(full))
        bar = (int)strlen(full);
    if (bar < BAR_LEAST)
        return;
    double part = (double)picture->bytes / (double)picture->in_all;
    int filled = part < 1 ? (int)(part * bar) : bar;
    add(line, "  [%.*s%.*s]", filled, full, bar - filled, empty);
}

/* "  0:01 left" */
static void add_time_left(char *line, const struct picture *picture)
{
    long long bytes_left = picture->in_all - picture->bytes;
    if (bytes_left < 0 || picture->bytes == 0)
        return;
    double seconds_left = (double)bytes_left * picture->seconds / (double)picture->bytes;
    if (seconds_left > 359999) /* a hundred hours: no more than a guess */
        return;
    int left = (int)seconds_left;
    if (left >= 3600)
        add(line, "  %d:%02d:%02d left", left / 3600, left / 60 % 60, left % 60);
    else
        add(line, "  %d:%02d left", left / 60, left % 60);
}

/* Writes all of it: the bar gets what the rest leaves of `width`. */
static void compose(char *line, const struct picture *picture, int width)
{
    char speed[LINE] = "";
    add(speed, "  %.1f MB/s", (double)picture->bytes / 1e6 / picture->seconds);
    add_time_left(speed, picture);

    line[0] = '\0';
    add_amounts(line, picture);
    if (picture->in_all > 0)
        add_bar(line, picture, width - (int)strlen(line) - (int)strlen(speed));
    add(line, "%s", speed);
}

/* How many characters fit in a line of the terminal. */
static int terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return 79;
    return size.ws_col - 1;
}

static void draw(struct progress *progress)
{
    char line[LINE];
    struct picture picture = take_picture(progress);
    int width = terminal_width();
    compose(line, &picture, width);
    if (width < LINE)
        line[width] = '\0';
    message_show_status(line);
}

static vow_value tick(vow_value input, void *context);

static void set_timer(struct progress *progress)
{
    vow_promise_release(progress->tick);
    progress->tick = vow_call_later(progress->loop, TICK, tick, vow_none(), progress);
}

/* The loop calls this: draws, and asks to be called again. */
static vow_value tick(vow_value input, void *context)
{
    struct progress *progress = context;
    draw(progress);
    set_timer(progress);
    return input;
}

void progress_begin(struct progress *progress, vow_loop *loop)
{
    progress->loop = loop;
    progress->began = vow_now();
    set_timer(progress);
}

void progress_end(struct progress *progress)
{
    message_erase_status();
    vow_cancel(progress->tick);
    vow_promise_release(progress->tick);
    progress->tick = NULL;
}

void progress_add_bytes(struct progress *progress, size_t bytes)
{
    /* relaxed: a counter for show */
    atomic_fetch_add_explicit(&progress->bytes, (long long)bytes, memory_order_relaxed);
}

void progress_add_file(struct progress *progress)
{
    /* relaxed: a counter for show */
    atomic_fetch_add_explicit(&progress->files, 1, memory_order_relaxed);
}

void progress_expect(struct progress *progress, int64_t bytes)
{
    /* relaxed: a number for show */
    atomic_store_explicit(&progress->bytes_in_all, bytes, memory_order_relaxed);
}
