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

/* The error in `value`, or NULL; says nothing. */
static inline const struct error *vow_error_of(vow_value value)
{
    return vow_is_error(value) ? (const struct error *)value.as.pointer : NULL;
}

#endif
