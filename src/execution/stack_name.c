/*
 * stack_name.c - what the report of a stack's overflow calls the one that overflowed it (wait/stack.h).
 *
 * Called in a signal handler: it only reads what belongs to the calling thread, and formats by hand.
 */
#include "execution/stack_name.h"

#include "execution/scheduler.h"
#include "wait/coroutine.h"

#include <string.h>

static void add(char *name, const char *text)
{
    size_t length = strlen(name);
    while (*text != '\0' && length < STACK_NAME_SIZE - 1)
        name[length++] = *text++;
    name[length] = '\0';
}

static void add_address(char *name, uintptr_t address)
{
    char digits[2 * sizeof(address) + 1];
    char *digit = &digits[sizeof(digits) - 1];
    *digit = '\0';
    do
        *--digit = "0123456789abcdef"[address % 16];
    while ((address /= 16) != 0);
    add(name, "0x");
    add(name, digit);
}

/* What runs outside of pools and loops (begun by vow_spawn on immediate, or drained by a thread) has no option. */
static const char advice_outside[] =
    "such a stack has one size: a pool or a loop, with its option .stack_size, gives a larger one";

const char *vow_name_of_stack(const struct stack *stack, char *name, const char **ret_advice)
{
    struct vow_coroutine *coroutine = vow_locals.coroutine;
    const struct running_job *job = vow_locals.job;
    name[0] = '\0';
    if (coroutine != NULL && vow_stack_of_block(coroutine) == stack) {
        add(name, "coroutine ");
        add(name, vow_coroutine_name(coroutine));
        return name;
    }
    add(name, job != NULL ? "the job whose function is at " : "a call");
    if (job != NULL)
        add_address(name, job->function);
    if (vow_locals.running == NULL)
        *ret_advice = advice_outside;
    add(name, " of ");
    add(name, vow_locals.running != NULL ? vow_scheduler_name(vow_locals.running) : "this thread");
    return name;
}
