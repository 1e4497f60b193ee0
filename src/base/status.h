/*
 * status.h - the names of statuses, for printing errors.
 */
#ifndef VOW_BASE_STATUS_H
#define VOW_BASE_STATUS_H

#include <vow/status.h>

/* Each status of vow's own but OK, with its sentence: the one place where the sentences stand. */
/* clang-format off */
#define VOW_EACH_STATUS(each)                                                                      \
    each(CANCELED, "canceled")                                                                     \
    each(TIMED_OUT, "the deadline passed first")                                                   \
    each(CLOSED, "closed")                                                                         \
    each(NO_MEMORY, "out of memory")                                                               \
    each(ALREADY_FIRED, "the deferred has fired already")                                          \
    each(ABANDONED, "the deferred was released without firing")                                    \
    each(DEADLOCK, "the wait could never end")                                                     \
    each(LIMIT, "a documented bound was reached")                                                  \
    each(UNSUPPORTED, "not supported here")                                                        \
    each(INVALID, "an argument or the moment is wrong")                                            \
    each(SYSTEM, "the operating system refused")
/* clang-format on */

/* The name of a status of vow's own without its VOW_, such as "TIMED_OUT"; NULL for all others. */
const char *vow_status_name(vow_status status);

#endif
