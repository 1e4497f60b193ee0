/*
 * pool_thread.c - threads as the pool wants them.
 */
#include "execution/pool_inside.h"
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE 16 /* Linux: 15 characters and the zero */

/* Signals that a thread brings upon itself stay as they are: blocking them would only hide where. */
static void asynchronous_signals(sigset_t *set)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    (void)sigfillset(set);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        (void)sigdelset(set, own[i]);
}

void vow_pool_thread_signals(sigset_t *ret_blocked)
{
    if (vow_worker_here != NULL)
        *ret_blocked = vow_worker_here->pool->signals;
    else
        (void)pthread_sigmask(SIG_SETMASK, NULL, ret_blocked);
}

static int start_with(const pthread_attr_t *attributes, pthread_t *ret_id, void *(*run)(void *),
                      void *argument)
{
    sigset_t blocked;
    sigset_t before;
    asynchronous_signals(&blocked);
    (void)pthread_sigmask(SIG_BLOCK, &blocked, &before);
    int error = pthread_create(ret_id, attributes, run, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* Whole pages, as some systems insist. */
static size_t in_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

int vow_pool_thread_start(pthread_t *ret_id, size_t stack_size, void *(*run)(void *),
                          void *argument)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    if (stack_size != 0)
        error = pthread_attr_setstacksize(&attributes, in_pages(stack_size));
    if (error == 0)
        error = start_with(&attributes, ret_id, run, argument);
    (void)pthread_attr_destroy(&attributes);
    return error;
}

size_t vow_pool_smallest_stack(void)
{
    return (size_t)PTHREAD_STACK_MIN;
}

void vow_pool_thread_name(const char *name, int index)
{
    char whole[NAME_SIZE] = "";
    int digits = snprintf(NULL, 0, "-%d", index);
    (void)snprintf(whole, sizeof(whole), "%.*s-%d", NAME_SIZE - 1 - digits, name, index);
#if VOW_LINUX
    (void)pthread_setname_np(pthread_self(), whole);
#endif
}

bool vow_pool_thread_try_join(pthread_t id)
{
#if VOW_LINUX
    return pthread_tryjoin_np(id, NULL) == 0;
#else
    (void)id;
    return false;
#endif
}
