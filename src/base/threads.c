/*
 * threads.c - the ends of threads and of the process: one pthread key, one library destructor.
 *
 * The key's destructor runs a thread's hooks. The thread that ends the process (usually main) has no such
 * moment: the library's destructor runs its hooks, then those of the process, and takes the key away, so that
 * threads that end later do not call into an unloaded library.
 *
 * Invariants
 * 1. The key's value is set on every thread whose list of hooks is not empty.
 * 2. After `ended` no hook is taken any more: nobody would run it.
 */
#include "base/threads.h"

#include <pthread.h>
#include <stddef.h>

#include "base/lock.h"

#define PROCESS_HOOKS 16

static VOW_THREAD_LOCAL struct thread_exit *hooks;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made; /* written under `once` */

static struct lock process_lock; /* for the two below */
static void (*process_hooks[PROCESS_HOOKS])(void);
static int process_hook_count;

static _Atomic bool ended;

static void run_hooks(void *unused)
{
    (void)unused;
    while (hooks != NULL) {
        struct thread_exit *hook = hooks;
        hooks = hook->next;
        hook->run(hook);
    }
}

static void make_key(void)
{
    key_made = pthread_key_create(&key, run_hooks) == 0;
}

/* Has run_hooks called when this thread ends. */
static bool arm(void)
{
    pthread_once(&once, make_key);
    return key_made && pthread_setspecific(key, &hooks) == 0;
}

bool vow_thread_at_exit(struct thread_exit *hook)
{
    /* relaxed: who races with the end of the process may be late in any case */
    if (atomic_load_explicit(&ended, memory_order_relaxed))
        return false;
    if (hooks == NULL && !arm())
        return false;
    hook->next = hooks;
    hooks = hook;
    return true;
}

void vow_process_at_exit(void (*run)(void))
{
    vow_lock_take(&process_lock);
    vow_check(process_hook_count < PROCESS_HOOKS);
    if (process_hook_count < PROCESS_HOOKS)
        process_hooks[process_hook_count++] = run;
    vow_lock_give(&process_lock);
}

static void (*pop_process_hook(void))(void)
{
    void (*run)(void) = NULL;

    vow_lock_take(&process_lock);
    if (process_hook_count > 0)
        run = process_hooks[--process_hook_count];
    vow_lock_give(&process_lock);
    return run;
}

__attribute__((destructor)) static void end_process(void)
{
    void (*run)(void);

    run_hooks(NULL);
    while ((run = pop_process_hook()) != NULL)
        run();
    run_hooks(NULL); /* what the process's hooks gave the thread to do */
    /* relaxed: as above */
    atomic_store_explicit(&ended, true, memory_order_relaxed);
    if (key_made)
        pthread_key_delete(key);
}
