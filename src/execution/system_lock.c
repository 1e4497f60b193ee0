/*
 * system_lock.c - notes which locks of the system are held by which line (system_lock.h).
 *
 * Such a lock belongs to a thread, and a line stays on its thread: so each thread has a short list of its own, with the line
 * of each lock; a line is known by where its locals are. What does not fit is not noted.
 */
#include "execution/system_lock.h"

#include "base/report.h"
#include "execution/detour.h"
#include "execution/stack_name.h"
#include "wait/coroutine.h"
#include <vow/debug.h>
#include <vow/error.h>

#define NOTED 16u

struct noted {
    const void *lock;
    const struct locals *line;
};

static VOW_THREAD_LOCAL struct noted noted[NOTED];
static VOW_THREAD_LOCAL unsigned count;

void vow_note_locked(const void *lock)
{
    if (vow_slow && lock != NULL && count < NOTED)
        noted[count++] = (struct noted){lock, vow_locals_here()};
}

/* Whichever line does it: a system's lock is its thread's. */
void vow_note_unlocked(const void *lock)
{
    unsigned i = count;
    while (i > 0 && noted[i - 1].lock != lock)
        i--;
    if (i == 0)
        return;
    for (count--; i <= count; i++)
        noted[i - 1] = noted[i];
}

static const char *name_here(char *room)
{
    struct vow_coroutine *coroutine = vow_locals.coroutine;
    const char *advice;
    return vow_name_of_stack(coroutine != NULL ? vow_stack_of_block(coroutine) : NULL, room,
                             &advice);
}

void vow_system_lock_look(void)
{
    const struct locals *line = vow_locals_here();
    char room[STACK_NAME_SIZE];
    unsigned i = count;
    while (i > 0 && noted[i - 1].line != line)
        i--;
    if (i != 0)
        vow_report_finding(vow_fail(VOW_INVALID,
                                    "%s waits while it holds the system's lock %p: who asks for it "
                                    "on the same thread stops that thread",
                                    name_here(room), noted[i - 1].lock));
}
