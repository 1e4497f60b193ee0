/*
 * status.c - the names and sentences of statuses, and what system error numbers become.
 */
#include "base/status.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>

#define ENTRY(name, text) [VOW_##name] = {#name, text},

static const struct {
    const char *name, *text;
} statuses[] = {[VOW_OK] = {"OK", "done"}, VOW_EACH_STATUS(ENTRY)};

#define STATUSES (int)(sizeof statuses / sizeof *statuses)

const char *vow_status_name(vow_status status)
{
    return status >= 0 && status < STATUSES ? statuses[status].name : NULL;
}

const char *vow_status_text(vow_status status)
{
    if (status >= 0 && status < STATUSES)
        return statuses[status].text;
    return status >= VOW_USER ? "an error of the program's own" : "an unknown status";
}

vow_status vow_status_from_errno(int number)
{
    if (number < 0) /* libuv's codes are negated ones */
        number = number == INT_MIN ? INT_MAX : -number;
    if (number == EOPNOTSUPP) /* the same number as ENOTSUP on some systems */
        return VOW_UNSUPPORTED;
    switch (number) {
    case 0:
        return VOW_OK;
    case ENOMEM:
        return VOW_NO_MEMORY;
    case ETIMEDOUT:
        return VOW_TIMED_OUT;
    case ECANCELED:
        return VOW_CANCELED;
    case EINVAL:
        return VOW_INVALID;
    case ENOSYS:
    case ENOTSUP:
        return VOW_UNSUPPORTED;
    default:
        return VOW_SYSTEM;
    }
}
