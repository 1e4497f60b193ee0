/*
 * error_static.c - errors for when there is no memory: one of each status, made by the compiler.
 */
#include "base/error.h"
#include "base/fail.h"
#include "base/status.h"

#define ENTRY(name, text) [VOW_##name] = ERROR_STATIC(VOW_##name, text),

static struct error errors[] = {VOW_EACH_STATUS(ENTRY)};

#define ERRORS (int)(sizeof errors / sizeof *errors)

vow_value vow_error_static(vow_status status)
{
    if (status <= VOW_OK || status >= ERRORS)
        status = VOW_NO_MEMORY;
    return vow_error_value(&errors[status]);
}
