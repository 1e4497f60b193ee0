/*
 * message.c - messages on standard error.
 *
 * Standard output is flushed first, so that both streams keep their order where they go to one place.
 */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "quote.h"

static vow_progress *status;

static void begin(void)
{
    fflush(stdout);
    message_hide_status();
    fputs("vowsum: ", stderr);
}

static void finish(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

static void finish(const char *format, va_list arguments)
{
    vfprintf(stderr, format, arguments);
    putc('\n', stderr);
    message_show_status();
}

void message(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    begin();
    finish(format, arguments);
    va_end(arguments);
}

void message_about(const char *name, const char *format, ...)
{
    char *quoted = quote(name);
    va_list arguments;
    va_start(arguments, format);
    begin();
    fprintf(stderr, "%s: ", quoted);
    finish(format, arguments);
    va_end(arguments);
    free(quoted);
}

void message_keep_off(vow_progress *progress)
{
    status = progress;
}

void message_hide_status(void)
{
    vow_progress_hide(status);
}

void message_show_status(void)
{
    vow_progress_show(status);
}
