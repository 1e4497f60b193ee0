/*
 * error.h - what an error looks like in memory.
 */
#ifndef VOW_BASE_ERROR_H
#define VOW_BASE_ERROR_H

#include <vow/error.h>

#include "base/value.h"

struct error {
    struct counted counted;
    vow_value cause; /* owned; none, an error or a list of errors */
    const char *file;
    const char
        *message; /* behind the struct, in the same allocation; a static text in a static error */
    vow_status status;
    int line;
    int number;    /* of the system's error, or 0 */
    uint32_t size; /* of the allocation */
};

extern const struct counted_class vow_error_class;

/*
 * Initialises an error that the compiler makes, for where there is no memory, or nobody to release it. It is handed out
 * borrowed, so that most holders never count it. A retain and its release still count, harmlessly: the count begins so
 * high that it reaches neither 0 nor its upper end.
 */
#define ERROR_STATIC(status_, text)                                                                \
    {                                                                                              \
        .counted = {.word = (UINT64_C(1) << 30) * COUNTED_ONE, .class = &vow_error_class},         \
        .file = __FILE__, .message = (text), .status = (status_), .line = __LINE__,                \
    }

/* The value of a static error. Where one kind of refusal is made in bulk: it takes no memory, and nothing is formatted. */
static inline vow_value vow_error_value(struct error *error)
{
    return vow_value_borrowing(VOW_ERROR, &error->counted);
}

/* The error in `value`, or NULL; says nothing. */
static inline const struct error *vow_error_of(vow_value value)
{
    return vow_is_error(value) ? (const struct error *)value.as.pointer : NULL;
}

#endif
