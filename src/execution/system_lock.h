/*
 * system_lock.h - locks of the system that a line holds while it waits: a finding of debug mode (vow/debug.h).
 */
#ifndef VOW_EXECUTION_SYSTEM_LOCK_H
#define VOW_EXECUTION_SYSTEM_LOCK_H

/* By a line that begins to wait: reports the lock that it has noted last, and holds. */
void vow_system_lock_look(void);

#endif
