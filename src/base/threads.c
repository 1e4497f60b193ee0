/*
 * threads.c - the ends of threads and of the process: one pthread key, one library destructor.
 *
 * The key's destructor runs a thread's hooks. The thread that ends the process (usually main) has no such
 * moment: the library's destructor runs its hooks, then those of the process, and takes the key away, so that
 * threads that end later do not call into an unloaded library.
 *
 * Invariants
 * 1. The key's value is set on every thread whose list of hooks is not empty, and on each that has others run on its
 *    behalf: those give it hooks while it sleeps, and cannot set it.
 * 2. After `ended` no hook is taken any more: nobody would run it.
 */
#include "base/threads.h"

#include "base/child.h"
#include "base/ledger.h"
#include <pthread.h>

#define PROCESS_HOOKS 16

static VOW_THREAD_LOCAL struct thread_exit *hooks;

VOW_THREAD_LOCAL struct thread_host vow_host_own;
VOW_THREAD_LOCAL struct thread_host *vow_host_other;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made; /* written under `once` */

static struct lock process_lock; /* for the two below */
VOW_CHILD_LOCK(process_lock);
static void (*process_hooks[PROCESS_HOOKS])(void);
static int process_hook_count;

static _Atomic bool ending, ended;

static void run_hooks(void *unused)
{
    struct thread_host *host = vow_host_here();

    (void)unused;
    while (host->count != 0 || hooks != NULL) {
        struct thread_exit *hook = hooks;
        if (host->count != 0) {
            host->runs[--host->count]();
        } else {
            hooks = hook->next;
            hook->run(hook);
        }
    }
    host->armed = false;
}

static void make_key(void)
{
    key_made = pthread_key_create(&key, run_hooks) == 0;
}

/* Has run_hooks called when this thread ends. */
static bool arm(void)
{
    if (vow_host_own.armed)
        return true;
    pthread_once(&once, make_key);
    vow_host_own.armed = key_made && pthread_setspecific(key, &hooks) == 0;
    return vow_host_own.armed;
}

bool vow_process_is_ending(void)
{
    /* relaxed: the thread that asks has set it itself, or is about to be ended by the one that did */
    return atomic_load_explicit(&ending, memory_order_relaxed);
}

static bool process_has_ended(void)
{
    /* relaxed: who races with the end of the process may be late in any case */
    return atomic_load_explicit(&ended, memory_order_relaxed);
}

bool vow_thread_at_exit(struct thread_exit *hook)
{
    if (process_has_ended() || !arm())
        return false;
    hook->next = hooks;
    hooks = hook;
    return true;
}

static bool host_is_armed(const struct thread_host *host)
{
    return host == &vow_host_own ? arm() : host->armed;
}

bool vow_host_ends(void)
{
    return process_has_ended() || host_is_armed(vow_host_here());
}

bool vow_host_at_exit(void (*run)(void))
{
    struct thread_host *host = vow_host_here();

    for (unsigned i = 0; i < host->count; i++)
        if (host->runs[i] == run)
            return true;
    vow_check(host->count < HOST_HOOKS);
    if (process_has_ended() || host->count == HOST_HOOKS || !host_is_armed(host))
        return false;
    host->runs[host->count++] = run;
    return true;
}

void vow_host_begin(void)
{
    if (vow_host_other == NULL)
        vow_host_other = &vow_host_own;
    if (vow_host_other == &vow_host_own)
        (void)arm(); /* without memory for it nothing is kept that would have to go at its end */
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

    atomic_store_explicit(&ending, true, memory_order_relaxed); /* relaxed: as above */
    run_hooks(NULL);
    while ((run = pop_process_hook()) != NULL)
        run();
    run_hooks(NULL); /* what the process's hooks gave the thread to do */
    /* relaxed: as above */
    atomic_store_explicit(&ended, true, memory_order_relaxed);
    if (key_made)
        pthread_key_delete(key);
    vow_ledger_end();
}
