/**
 * vow/status.h - how functions say that something went wrong.
 *
 * Functions return a `vow_status` (0 is VOW_OK) and write their `ret_…` arguments only on VOW_OK. The
 * sentence with the function, the argument and the reason is in `vow_last_error()`.
 */
#ifndef VOW_STATUS_H
#define VOW_STATUS_H

#include <vow/compiler.h>

VOW_BEGIN_DECLARATIONS

/** A status: VOW_OK, one of the constants below, or a number of the user's own from VOW_USER up. */
typedef int vow_status;

enum {
    VOW_OK = 0,            /**< done */
    VOW_CANCELED = 1,      /**< the promise was canceled, or its scheduler closed first */
    VOW_TIMED_OUT = 2,     /**< the deadline passed first */
    VOW_CLOSED = 3,        /**< closed: no more will come, or be taken */
    VOW_NO_MEMORY = 4,     /**< the allocator gave none */
    VOW_ALREADY_FIRED = 5, /**< a deferred fires once; this one has */
    VOW_ABANDONED = 6,     /**< the last deferred was released unfired; a mutex was lost */
    VOW_DEADLOCK = 7,      /**< the wait could never end */
    VOW_LIMIT = 8,         /**< a documented bound was reached */
    VOW_UNSUPPORTED = 9,   /**< not on this platform, not by this scheduler, or not in this place */
    VOW_INVALID = 10,      /**< an argument or the moment is wrong; the sentence says which */
    VOW_SYSTEM = 11,       /**< the operating system refused; `vow_error_errno` has its number */
    VOW_USER = 1000        /**< from here up: for users */
};

/**
 * The sentence for a status, such as "the deadline passed first".
 * Never NULL; a static text. Any thread; never waits. Async-signal-safe.
 */
VOW_API const char *vow_status_text(vow_status status);

/**
 * The status that stands for a system error number: ENOMEM gives VOW_NO_MEMORY, ETIMEDOUT VOW_TIMED_OUT,
 * ECANCELED VOW_CANCELED, EINVAL VOW_INVALID, ENOSYS and ENOTSUP VOW_UNSUPPORTED, 0 VOW_OK, all else
 * VOW_SYSTEM. Takes libuv's negative codes as well.
 * Any thread; never waits. Async-signal-safe.
 */
VOW_API vow_status vow_status_from_errno(int number);

/**
 * What went wrong last on the calling line of execution (vow/line.h; on a thread outside of any, the thread): one sentence that names the function, the
 * argument and the reason; an empty text if nothing has.
 * Borrowed until the next vow call on this line. Any thread; never waits.
 */
VOW_API const char *vow_last_error(void);

VOW_END_DECLARATIONS

#endif
