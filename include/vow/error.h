/**
 * vow/error.h - errors: counted values with a status, a sentence, a place, a cause and an errno.
 *
 *     if (file == NULL)
 *         return vow_fail_errno("%s: cannot be opened", path);
 *     …
 *     if (vow_error_is(v, VOW_TIMED_OUT)) …           looks through the causes
 *
 * Making an error never fails: where memory is short, a preallocated one of the same status comes back (for a
 * status of the user's own: of VOW_NO_MEMORY).
 */
#ifndef VOW_ERROR_H
#define VOW_ERROR_H

#include <stdarg.h>
#include <vow/value.h>

VOW_BEGIN_DECLARATIONS

/**
 * An error of `status`, with a printf sentence and the place of the call: `vow_fail(VOW_INVALID, "…", …)`.
 * An owned value. Any thread; never waits.
 */
#define vow_fail(...) vow_error_new(__FILE__, __LINE__, __VA_ARGS__)

/**
 * An error for the current `errno`, with a printf sentence; the system's own words are appended to it.
 * Its status is that of `vow_status_from_errno`. An owned value. Any thread; never waits.
 */
#define vow_fail_errno(...) vow_error_from_errno(__FILE__, __LINE__, __VA_ARGS__)

/**
 * An error of `status` that was caused by another, with a printf sentence:
 * `vow_fail_because(cause, status, "…", …)`. Takes `cause`. An owned value. Any thread; never waits.
 */
#define vow_fail_because(...) vow_error_because(__FILE__, __LINE__, __VA_ARGS__)

/**
 * What `vow_fail` calls. `status` VOW_OK is taken as VOW_INVALID. Copies its texts, but not `file`. Any thread;
 * never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_error_new(const char *file, int line, vow_status status,
                                              const char *format, ...) VOW_PRINTF(4, 5);

/** What `vow_fail_errno` calls. Keeps `errno` as it is. Any thread; never waits. */
VOW_API VOW_NODISCARD vow_value vow_error_from_errno(const char *file, int line, const char *format,
                                                     ...) VOW_PRINTF(3, 4);

/**
 * What `vow_fail_because` calls. A `cause` that is neither an error nor a list of errors, of at least one, is
 * released and leaves no cause. An error with several causes has such a list. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_error_because(const char *file, int line, vow_value cause,
                                                  vow_status status, const char *format, ...)
    VOW_PRINTF(5, 6);

/** As `vow_error_new`, with the arguments of the format in a list. */
VOW_API VOW_NODISCARD vow_value vow_error_new_list(const char *file, int line, vow_status status,
                                                   const char *format, va_list arguments)
    VOW_PRINTF(4, 0);

/**
 * Whether `value` is an error of `status`, or one of its causes is: all of them, where there are several (lists of causes
 * inside of each other are looked through 32 deep). Borrows. Any thread; never waits.
 */
VOW_API bool vow_error_is(vow_value value, vow_status status);

/** The status of an error; VOW_OK for a value that is none. Borrows. Any thread; never waits. */
VOW_API vow_status vow_error_status(vow_value value);

/** The sentence of an error, borrowed from it; "" for a value that is none. Any thread; never waits. */
VOW_API const char *vow_error_message(vow_value value);

/** The file where an error was made; NULL for a value that is none. Any thread; never waits. */
VOW_API const char *vow_error_file(vow_value value);

/** The line where an error was made; 0 for a value that is none. Any thread; never waits. */
VOW_API int vow_error_line(vow_value value);

/** The system error number that an error carries, or 0. Borrows. Any thread; never waits. */
VOW_API int vow_error_errno(vow_value value);

/**
 * What caused an error, borrowed from it: an error, or a list of errors where several did; none where nothing did. Any
 * thread; never waits.
 */
VOW_API vow_value vow_error_cause(vow_value value);

VOW_END_DECLARATIONS

#endif
