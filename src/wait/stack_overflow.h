/*
 * stack_overflow.h - says which stack has overflowed, before the process ends of it.
 */
#ifndef VOW_WAIT_STACK_OVERFLOW_H
#define VOW_WAIT_STACK_OVERFLOW_H

/* Once for the process: takes SIGSEGV and SIGBUS, and passes on to who had them before what is not ours. */
void vow_overflow_watch(void);

/* The calling thread gets a stack for signals, if it has none, and gives it back. */
void vow_overflow_thread_begin(void);
void vow_overflow_thread_end(void);

#endif
