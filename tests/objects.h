/*
 * objects.h - how many objects live, where other threads may be about to give some back.
 *
 * A wait ends before those who brought it on have let go of all that they held, and what lets go of a thing at home on
 * this thread may still lie in the thread's inbox. So a count is not compared but waited for; what does not come is a
 * leak. And nobody counts anew while something is still going: a test that has ended well came back to the count that
 * it had begun with, which is the next one's.
 */
#ifndef VOW_TESTS_OBJECTS_H
#define VOW_TESTS_OBJECTS_H

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <vow/memory.h>
#include <vow/scheduler.h>

/* Waits until `count` objects live, and does meanwhile what falls to this thread. False: they never do. */
static inline bool objects_come_to(long count)
{
    time_t patience =
        time(NULL) + 60; /* the system's: a test that failed may have left vow's standing */
    while (vow_live_objects() != count) {
        if (time(NULL) > patience)
            return false;
        if (vow_run_pending() == 0)
            (void)sched_yield();
    }
    return true;
}

#define assert_objects(count) assert_true(objects_come_to(count))

/* What the last test came back to. */
static struct {
    bool known;
    long count;
} objects_at_rest;

static inline long objects_at_begin(void)
{
    if (!objects_at_rest.known)
        objects_at_rest.count = vow_live_objects();
    return objects_at_rest.count;
}

/* Whether as many live as at the beginning. */
static inline bool objects_have_gone(long count)
{
    objects_at_rest.known = objects_come_to(count);
    if (!objects_at_rest.known)
        (void)fprintf(stderr, "%ld objects are left\n", vow_live_objects() - count);
    return objects_at_rest.known;
}

#endif
