/*
 * async.c - the setting that disables asynchrony (async.h).
 *
 * Invariant: once settled it never changes, so that no pool has workers while another must not.
 */
#include "execution/async.h"

#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"

_Atomic int vow_async_settled;

static struct lock lock;
VOW_CHILD_LOCK(lock);
static enum async chosen; /* under the lock: what the program asked for */

static enum async from_environment(void)
{
    const char *wish = getenv("VOW_DISABLE_ASYNC");

    return wish != NULL && strcmp(wish, "1") == 0 ? ASYNC_DISABLED : ASYNC_ENABLED;
}

VOW_COLD enum async vow_async_settle(void)
{
    vow_lock_take(&lock);
    if (chosen == ASYNC_UNSETTLED)
        chosen = from_environment();
    enum async settled = chosen;
    /* relaxed: read alone */
    atomic_store_explicit(&vow_async_settled, (int)settled, memory_order_relaxed);
    vow_lock_give(&lock);
    return settled;
}

vow_status vow_disable_async(bool disable)
{
    vow_lock_take(&lock);
    /* relaxed: written under the lock */
    bool open = atomic_load_explicit(&vow_async_settled, memory_order_relaxed) == ASYNC_UNSETTLED;
    if (open)
        chosen = disable ? ASYNC_DISABLED : ASYNC_ENABLED;
    vow_lock_give(&lock);
    return open ? VOW_OK
                : vow_fail_literal(VOW_INVALID, "vow_disable_async: too late, a pool or a loop was "
                                                "made, or a function submitted");
}

bool vow_async_is_disabled(void)
{
    return vow_async_off();
}

vow_scheduler *vow_async_place(vow_scheduler *scheduler)
{
    return vow_scheduler_is_mine(scheduler) ? vow_home_of(vow_immediate()) : NULL;
}

vow_status vow_test_arguments(int *argc, char **argv)
{
    vow_status status = VOW_OK;
    int kept = 0;

    if (argc == NULL || argv == NULL)
        return vow_fail_literal(VOW_INVALID, argc == NULL ? "vow_test_arguments: argc is NULL"
                                                          : "vow_test_arguments: argv is NULL");
    for (int i = 0; i < *argc; i++) {
        bool ours = i > 0 && strcmp(argv[i], "--disable-async") == 0;
        if (ours)
            status = vow_disable_async(true);
        else
            argv[kept++] = argv[i];
        if (i > 0 && strcmp(argv[i], "--") == 0)
            while (++i < *argc)
                argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    *argc = kept;
    return status;
}
