/*
 * error_static.c - errors for when there is no memory: one of each status, made by the compiler.
 *
 * They are handed out borrowed, so that most holders never count them. A retain and its release still count,
 * harmlessly: the count begins so high that it reaches neither 0 nor its upper end.
 */
#include "base/error.h"
#include "base/fail.h"
#include "base/status.h"

#define ALWAYS (UINT64_C(1) << 30)

#define ENTRY(name, text)                                                                          \
    [VOW_##name] = {                                                                               \
        .counted = {.word = ALWAYS * COUNTED_ONE, .class = &vow_error_class},                      \
        .file = __FILE__,                                                                          \
        .message = text,                                                                           \
        .status = VOW_##name,                                                                      \
        .line = __LINE__,                                                                          \
    },

static struct error errors[] = {VOW_EACH_STATUS(ENTRY)};

#define ERRORS (int)(sizeof errors / sizeof *errors)

vow_value vow_error_static(vow_status status)
{
    if (status <= VOW_OK || status >= ERRORS)
        status = VOW_NO_MEMORY;
    return vow_value_borrowing(VOW_ERROR, &errors[status].counted);
}
