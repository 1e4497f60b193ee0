/*
 * error.c - making and reading errors.
 *
 * Making one never fails: without memory the preallocated error of the same status stands in, or, for a status
 * of the user's own, that of VOW_NO_MEMORY.
 *
 * Invariant: an error never changes after it was made, and its cause is older; causes form no ring.
 */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/format.h"
#include "base/list.h"
#include "base/object.h"

#define DEEPEST 32 /* lists of causes of errors in lists of causes ... that are looked through */
#define WORDS 128  /* the longest of the system's own sentences that is appended whole */

/* What an error is made of, but its message. */
struct facts {
    const char *file;
    int line;
    vow_status status;
    int number;
    vow_value cause;   /* taken */
    const char *words; /* appended to the message; or NULL */
};

static void destroy(struct counted *object)
{
    struct error *error = (struct error *)object;

    vow_value_drop(error->cause);
    vow_object_delete(error, error->size);
}

const struct counted_class vow_error_class = {.name = "error", .destroy = destroy};
COUNTED_KNOWN(vow_error_class)

/* An error with room for a message of `length`; NULL leaves the cause with the caller. */
static struct error *error_alloc(const struct facts *facts, size_t length, char **ret_message)
{
    size_t size = sizeof(struct error) + length + 1;
    struct error *error = size <= UINT32_MAX ? vow_object_new(size) : NULL;

    if (error == NULL)
        return NULL;
    vow_counted_init(&error->counted, &vow_error_class, 1, 0);
    *ret_message = (char *)(error + 1);
    error->cause = vow_value_take(facts->cause);
    error->file = facts->file;
    error->message = *ret_message;
    error->status = facts->status == VOW_OK ? VOW_INVALID : facts->status;
    error->line = facts->line;
    error->number = facts->number;
    error->size = (uint32_t)size;
    return error;
}

static void append_words(char *end, const char *words)
{
    if (words != NULL) {
        memcpy(end, ": ", 2);
        memcpy(end + 2, words, strlen(words) + 1);
    }
}

VOW_PRINTF(2, 0)
static vow_value make(const struct facts *facts, const char *format, va_list arguments)
{
    struct format measured;
    char *message;

    if (format == NULL || !vow_format_measure(&measured, format, arguments))
        vow_format_literal(&measured, vow_status_text(facts->status));
    size_t more = facts->words != NULL ? 2 + strlen(facts->words) : 0;
    struct error *error = error_alloc(facts, measured.length + more, &message);
    if (error == NULL) {
        vow_release(facts->cause);
        return vow_error_static(facts->status == VOW_OK ? VOW_INVALID : facts->status);
    }
    vow_format_write(&measured, message, format, arguments);
    append_words(message + measured.length, facts->words);
    return vow_value_owning(VOW_ERROR, &error->counted);
}

vow_value vow_error_new_list(const char *file, int line, vow_status status, const char *format,
                             va_list arguments)
{
    struct facts facts = {.file = file, .line = line, .status = status};

    return make(&facts, format, arguments);
}

vow_value vow_error_new(const char *file, int line, vow_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vow_value error = vow_error_new_list(file, line, status, format, arguments);
    va_end(arguments);
    return error;
}

/* Not an empty one. */
static bool is_list_of_errors(vow_value value)
{
    const struct list *list = vow_list_of(value);
    size_t i = 0;

    while (list != NULL && i < list->count && vow_is_error(list->items[i]))
        i++;
    return list != NULL && i == list->count && i != 0;
}

vow_value vow_error_because(const char *file, int line, vow_value cause, vow_status status,
                            const char *format, ...)
{
    struct facts facts = {.file = file, .line = line, .status = status};
    va_list arguments;

    if (vow_is_error(cause) || is_list_of_errors(cause))
        facts.cause = cause;
    else
        vow_release(cause);
    va_start(arguments, format);
    vow_value error = make(&facts, format, arguments);
    va_end(arguments);
    return error;
}

static const char *system_words(int number, char *buffer, size_t size)
{
#if VOW_GNU_STRERROR
    return strerror_r(number, buffer, size);
#else
    if (strerror_r(number, buffer, size) != 0)
        snprintf(buffer, size, "system error %d", number);
    return buffer;
#endif
}

vow_value vow_error_from_errno(const char *file, int line, const char *format, ...)
{
    int number = errno;
    char words[WORDS];
    struct facts facts = {
        .file = file,
        .line = line,
        .status = vow_status_from_errno(number),
        .number = number,
        .words = system_words(number, words, sizeof words),
    };
    va_list arguments;

    va_start(arguments, format);
    vow_value error = make(&facts, format, arguments);
    va_end(arguments);
    errno = number;
    return error;
}

/* Chains are a loop, lists of causes recursion. */
static bool is_among(vow_value value, vow_status status, int depth)
{
    for (; vow_is_error(value); value = vow_error_cause(value)) {
        if (vow_error_of(value)->status == status)
            return true;
    }
    const struct list *causes = depth < DEEPEST ? vow_list_of(value) : NULL;
    for (size_t i = 0; causes != NULL && i < causes->count; i++) {
        if (is_among(causes->items[i], status, depth + 1))
            return true;
    }
    return false;
}

bool vow_error_is(vow_value value, vow_status status)
{
    return vow_is_error(value) && is_among(value, status, 0);
}

vow_status vow_error_status(vow_value value)
{
    const struct error *error = vow_error_of(value);

    return error != NULL ? error->status : VOW_OK;
}

const char *vow_error_message(vow_value value)
{
    const struct error *error = vow_error_of(value);

    return error != NULL ? error->message : "";
}

const char *vow_error_file(vow_value value)
{
    const struct error *error = vow_error_of(value);

    return error != NULL ? error->file : NULL;
}

int vow_error_line(vow_value value)
{
    const struct error *error = vow_error_of(value);

    return error != NULL ? error->line : 0;
}

int vow_error_errno(vow_value value)
{
    const struct error *error = vow_error_of(value);

    return error != NULL ? error->number : 0;
}

vow_value vow_error_cause(vow_value value)
{
    const struct error *error = vow_error_of(value);

    return error != NULL ? vow_borrow(error->cause) : vow_none();
}
