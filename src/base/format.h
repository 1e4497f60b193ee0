/*
 * format.h - printf into memory whose size must be known before it is asked for.
 */
#ifndef VOW_BASE_FORMAT_H
#define VOW_BASE_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <vow/compiler.h>

#define FORMAT_BRIEF 200u /* what is shorter is formatted once only */

struct format {
    size_t length;
    char brief[FORMAT_BRIEF];
};

/* Measures; keeps a short result. False if printf cannot format it. */
bool vow_format_measure(struct format *measured, const char *format, va_list arguments)
    VOW_PRINTF(2, 0);

/* As if a short text had been measured. */
void vow_format_literal(struct format *measured, const char *text);

/* Writes the `length` + 1 bytes; with the same format and arguments. */
void vow_format_write(const struct format *measured, char *target, const char *format,
                      va_list arguments) VOW_PRINTF(3, 0);

#endif
