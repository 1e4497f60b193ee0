/*
 * format.c - printf in two steps (format.h).
 */
#include "base/format.h"

#include <stdio.h>
#include <string.h>

/* What is printed as it stands, as most messages are: vsnprintf takes some hundreds of instructions for that. */
static bool measure_plain(struct format *measured, const char *format)
{
    size_t length = strcspn(format, "%");
    if (format[length] != '\0' || length >= sizeof measured->brief)
        return false;
    memcpy(measured->brief, format, length + 1);
    measured->length = length;
    return true;
}

bool vow_format_measure(struct format *measured, const char *format, va_list arguments)
{
    va_list again;

    if (measure_plain(measured, format))
        return true;
    va_copy(again, arguments);
    int length = vsnprintf(measured->brief, sizeof measured->brief, format, again);
    va_end(again);
    measured->length = length >= 0 ? (size_t)length : 0;
    return length >= 0;
}

void vow_format_literal(struct format *measured, const char *text)
{
    snprintf(measured->brief, sizeof measured->brief, "%s", text);
    measured->length = strlen(measured->brief);
}

void vow_format_write(const struct format *measured, char *target, const char *format,
                      va_list arguments)
{
    if (measured->length < sizeof measured->brief)
        memcpy(target, measured->brief, measured->length + 1);
    else
        vsnprintf(target, measured->length + 1, format, arguments);
}
