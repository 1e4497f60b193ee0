/*
 * child.c - around fork(2): the process's locks are taken before, and given back on both sides (child.h).
 *
 * They are taken in no order, and others take them in orders of their own: so none is waited for while others are held.
 * One that is busy is waited for alone, and all is begun anew; they are held for moments only.
 */
#include "base/child.h"

#include <pthread.h>

unsigned vow_process_number;

static struct child_care *cares;

void vow_child_care(struct child_care *care)
{
    care->next = cares;
    cares = care;
}

static struct lock *lock_at(const struct child_care *care, size_t index)
{
    return (struct lock *)(void *)((char *)care->locks + index * care->stride);
}

/* Gives back those before `end`; NULL: all. */
static void give_until(const struct lock *end)
{
    for (const struct child_care *care = cares; care != NULL; care = care->next)
        for (size_t i = 0; i < care->count; i++) {
            if (lock_at(care, i) == end)
                return;
            vow_lock_give(lock_at(care, i));
        }
}

/* Takes all, or none: then gives the one that is busy. */
static struct lock *try_all(void)
{
    for (const struct child_care *care = cares; care != NULL; care = care->next)
        for (size_t i = 0; i < care->count; i++)
            if (!vow_lock_try(lock_at(care, i))) {
                give_until(lock_at(care, i));
                return lock_at(care, i);
            }
    return NULL;
}

static void before_fork(void)
{
    struct lock *busy;
    while ((busy = try_all()) != NULL) {
        vow_lock_take(busy);
        vow_lock_give(busy);
    }
}

static void after_fork(void)
{
    give_until(NULL);
}

static void begin_child(void)
{
    vow_process_number++;
    for (const struct child_care *care = cares; care != NULL; care = care->next)
        if (care->begin != NULL)
            care->begin();
    give_until(NULL);
}

__attribute__((constructor)) static void watch_forks(void)
{
    (void)pthread_atfork(before_fork, after_fork, begin_child);
}
