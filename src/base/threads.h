/*
 * threads.h - what is to be done when a thread or the process ends.
 */
#ifndef VOW_BASE_THREADS_H
#define VOW_BASE_THREADS_H

#include <stdbool.h>

/* A call to make when this thread ends. Static or thread-local memory of the floor that asks; intrusive. */
struct thread_exit {
    struct thread_exit *next;
    void (*run)(struct thread_exit *self);
};

/* Has `hook` run when the calling thread ends, in reverse order of registration (base first registered, so
   floors above clean up while base still works). The main thread's hooks run at exit from the library's
   destructor. A hook may be given again while hooks run, and runs once more. False, and the hook will not run:
   no memory for the thread's key, or the process is ending. */
bool vow_thread_at_exit(struct thread_exit *hook);

/* Has `run` called once when the process ends or the library is unloaded: after main's hooks, in reverse
   order. There is room for 16. */
void vow_process_at_exit(void (*run)(void));

/* How many processors this process may use (affinity honoured); at least 1. */
int vow_processors(void);

#endif
