/*
 * threads.h - what is to be done when a thread or the process ends.
 *
 * Where each stack belongs to a thread of the system (wait/switch_threads.c), such a thread runs on behalf of another one,
 * its *host*: the one that a program would see without that backend. What is the system's thread's own, a cache say, ends
 * with that (vow_thread_at_exit); what goes from thread to thread with the stacks ends with the host (vow_host_at_exit). Any
 * other thread is its own host.
 */
#ifndef VOW_BASE_THREADS_H
#define VOW_BASE_THREADS_H

#include "base/platform.h"
#include <stdbool.h>
#include <stddef.h>

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

#define HOST_HOOKS 4

struct thread_host {
    void (*runs[HOST_HOOKS])(void);
    unsigned count;
    bool armed; /* they will run */
};

extern VOW_THREAD_LOCAL struct thread_host vow_host_own;
extern VOW_THREAD_LOCAL struct thread_host *vow_host_other; /* NULL: the thread is its own */

/* Tells threads apart, as a program sees them. */
static inline struct thread_host *vow_host_here(void)
{
    return vow_host_other != NULL ? vow_host_other : &vow_host_own;
}

/* Has `run` called, once however often it is asked for, when the calling thread's host ends: before the hooks above, the last
   first. It may be asked for again meanwhile. False as above. There is room for HOST_HOOKS functions. */
bool vow_host_at_exit(void (*run)(void));

/* Whether what is asked for like that will run; or the process is ending, when nothing does any more. False: there was no
   memory for the thread's key. */
bool vow_host_ends(void);

/* The calling thread is about to have others run on its behalf. */
void vow_host_begin(void);

/* Whether exit(3) has come to the library. Any thread. */
bool vow_process_is_ending(void);

/* Has `run` called once when the process ends or the library is unloaded: after main's hooks, in reverse
   order. There is room for 16. */
void vow_process_at_exit(void (*run)(void));

/* How many processors this process may use (affinity honoured); at least 1. */
int vow_processors(void);

#endif
