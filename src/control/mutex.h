/*
 * mutex.h - the mutex for what is made of it, in the names of others' functions.
 */
#ifndef VOW_CONTROL_MUTEX_H
#define VOW_CONTROL_MUTEX_H

#include "control/wait_queue.h"
#include <vow/mutex.h>

vow_status vow_mutex_lock_as(vow_mutex *mutex, vow_deadline deadline, const char *function);

/* vow_mutex_run; drop(context), where it is not NULL, runs once, when `context` is not needed any more, on failure too. */
vow_promise *vow_mutex_run_as(vow_mutex *mutex, vow_fn *fn, void *context, void (*drop)(void *),
                              const char *function);

vow_promise *vow_mutex_lock_promise_as(vow_mutex *mutex, const char *function, bool *granted);
/* For one who holds the mutex while something runs that must not ask for it: `holder`, not 0, names who runs it, until the
   mutex is unlocked. has_holder is exact where the caller is the one whom it asks for. */
void vow_mutex_set_holder(vow_mutex *mutex, uintptr_t holder);
bool vow_mutex_has_holder(vow_mutex *mutex, uintptr_t holder);

bool vow_mutex_is_locked(const vow_mutex *mutex);
vow_status vow_mutex_unlock_as(vow_mutex *mutex, const char *function);

#endif
