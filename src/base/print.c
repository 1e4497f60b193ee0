/*
 * print.c - values for people.
 *
 * A printer counts every byte and writes those that fit, so that a too small buffer still gives the length of
 * the whole. Lists nest by recursion, to a fixed depth; what is deeper is `[…]`. Chains of causes are a loop.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vow/text.h>

#include "base/error.h"
#include "base/list.h"
#include "base/status.h"

#define DEEPEST 32
#define MOST_BYTES 32u /* of bytes, that are shown */

struct printer {
    char *buffer;
    size_t size;
    size_t length; /* of the whole so far */
};

static size_t room(const struct printer *printer)
{
    bool any = printer->buffer != NULL && printer->length < printer->size;

    return any ? printer->size - printer->length : 0;
}

static void put(struct printer *printer, const char *text, size_t length)
{
    size_t fits = room(printer);

    if (fits > length)
        fits = length;
    if (fits > 0)
        memcpy(printer->buffer + printer->length, text, fits);
    printer->length += length;
}

static void put_text(struct printer *printer, const char *text)
{
    put(printer, text, strlen(text));
}

VOW_PRINTF(2, 3)
static void put_format(struct printer *printer, const char *format, ...)
{
    char text[64]; /* for numbers and addresses */
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(printer, text, length > 0 ? (size_t)length : 0);
}

static void put_address(struct printer *printer, const char *name, const void *address)
{
    put_text(printer, name);
    put_format(printer, "(0x%jx)", (uintmax_t)(uintptr_t)address);
}

/* The shorter of two lengths that reads back as the same number, with a point in any locale, and never like an
   integer. */
static void put_real(struct printer *printer, double real)
{
    char text[40];

    snprintf(text, sizeof text, "%.15g", real);
    if (memcmp(&(double){strtod(text, NULL)}, &real, sizeof real) != 0)
        snprintf(text, sizeof text, "%.17g", real);
    char *comma = strchr(text, ',');
    if (comma != NULL)
        *comma = '.';
    put_text(printer, text);
    if (strspn(text, "-0123456789") == strlen(text))
        put_text(printer, ".0");
}

static void put_escaped(struct printer *printer, char character)
{
    switch (character) {
    case '"':
    case '\\':
        put_format(printer, "\\%c", character);
        break;
    case '\n':
        put_text(printer, "\\n");
        break;
    case '\r':
        put_text(printer, "\\r");
        break;
    case '\t':
        put_text(printer, "\\t");
        break;
    default:
        if ((unsigned char)character < 0x20 || character == 0x7f)
            put_format(printer, "\\x%02x", (unsigned)(unsigned char)character);
        else
            put(printer, &character, 1);
    }
}

static void put_quoted(struct printer *printer, vow_value value)
{
    size_t size;
    const char *text = vow_as_bytes(value, &size);

    put_text(printer, "\"");
    for (size_t i = 0; i < size; i++)
        put_escaped(printer, text[i]);
    put_text(printer, "\"");
}

static void put_bytes(struct printer *printer, vow_value value)
{
    size_t size;
    const unsigned char *bytes = vow_as_bytes(value, &size);

    put_format(printer, "bytes(%zu", size);
    for (size_t i = 0; i < size && i < MOST_BYTES; i++)
        put_format(printer, "%s%02x", i == 0 ? ": " : " ", bytes[i]);
    put_text(printer, size > MOST_BYTES ? " …)" : ")");
}

static void put_user_box(struct printer *printer, const struct vow_type *type, vow_value value)
{
    const void *object = vow_box_as(type, value);
    size_t fits = room(printer);

    if (type->print == NULL) {
        put_address(printer, vow_type_name(type), object);
        return;
    }
    int length = type->print(object, fits > 0 ? printer->buffer + printer->length : NULL, fits);
    printer->length += length > 0 ? (size_t)length : 0;
}

static void put_value(struct printer *printer, vow_value value, int depth);

static void put_list(struct printer *printer, const struct list *list, int depth)
{
    if (depth == DEEPEST && list->count > 0) {
        put_text(printer, "[…]");
        return;
    }
    put_text(printer, "[");
    for (size_t i = 0; i < list->count; i++) {
        put_text(printer, i == 0 ? "" : ", ");
        put_value(printer, list->items[i], depth + 1);
    }
    put_text(printer, "]");
}

static void put_box(struct printer *printer, vow_value value, int depth)
{
    const struct vow_type *type = vow_box_type(value);

    if (type == &vow_text_type)
        put_quoted(printer, value);
    else if (type == &vow_bytes_type)
        put_bytes(printer, value);
    else if (type == &vow_list_type)
        put_list(printer, vow_list_of(value), depth);
    else
        put_user_box(printer, type, value);
}

static void put_status(struct printer *printer, vow_status status)
{
    const char *name = vow_status_name(status);

    if (name != NULL)
        put_text(printer, name);
    else
        put_format(printer, "%d", status);
}

static void put_error(struct printer *printer, const struct error *error, int depth)
{
    put_text(printer, "error(");
    for (;;) {
        vow_value cause = error->cause;
        put_status(printer, error->status);
        put_text(printer, ": ");
        put_text(printer, error->message);
        if (vow_is_none(cause))
            break;
        put_text(printer, "; caused by ");
        error = vow_error_of(cause);
        if (error == NULL) { /* several */
            put_list(printer, vow_list_of(cause), depth);
            break;
        }
    }
    put_text(printer, ")");
}

static void put_value(struct printer *printer, vow_value value, int depth)
{
    switch (vow_kind_of(value)) {
    case VOW_INTEGER:
        put_format(printer, "%jd", (intmax_t)value.as.integer);
        break;
    case VOW_REAL:
        put_real(printer, value.as.real);
        break;
    case VOW_POINTER:
    case VOW_PROMISE:
        put_address(printer, vow_kind_name(vow_kind_of(value)), value.as.pointer);
        break;
    case VOW_BOX:
        put_box(printer, value, depth);
        break;
    case VOW_ERROR:
        put_error(printer, vow_error_of(value), depth);
        break;
    case VOW_NONE:
    case VOW_END:
    case VOW_SKIP:
    default:
        put_text(printer, vow_kind_name(vow_kind_of(value)));
    }
}

size_t vow_value_print(vow_value value, char *buffer, size_t size)
{
    struct printer printer = {.buffer = buffer, .size = size};

    put_value(&printer, value, 0);
    if (buffer != NULL && size > 0)
        buffer[printer.length < size ? printer.length : size - 1] = '\0';
    return printer.length;
}
