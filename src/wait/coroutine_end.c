/*
 * coroutine_end.c - how coroutines end: by their body's return, by being closed, by their last reference.
 *
 * Who releases the last reference to one that is suspended gets it back for the time of closing it, so that the body may
 * retain and release it meanwhile as it likes. Where it goes while the body runs, the reference is the body's: it is told
 * to end at its next yield, and gives it back in the end. Its stack is still in use then: it is left among the thread's
 * orphans, whose stacks are given back before the thread makes another coroutine, or when it ends.
 */
#include "wait/coroutine.h"

#include "base/fail.h"
#include "base/object.h"
#include "base/report.h"
#include "base/threads.h"
#include <vow/error.h>

VOW_THREAD_LOCAL struct vow_coroutine *vow_coroutine_orphans;

static void *address_of_orphans(void)
{
    return &vow_coroutine_orphans;
}

__attribute__((constructor)) static void name_orphans(void)
{
    vow_stack_carry(address_of_orphans, sizeof(void *));
}

/* Orphans --------------------------------------------------------------------------------------------------------- */

void vow_coroutine_bury(void)
{
    while (vow_coroutine_orphans != NULL) {
        struct vow_coroutine *coroutine = vow_coroutine_orphans;
        vow_coroutine_orphans = coroutine->next;
        vow_stack_give(vow_coroutine_stack(coroutine));
    }
}

/* Its last reference goes on its own stack. Never inlined: what was dropped there before may have waited, and this be another
   thread now. */
__attribute__((noinline)) static void leave_orphan(struct vow_coroutine *coroutine)
{
    /* where it fails the stack is lost, if the thread makes no other coroutine */
    (void)vow_host_at_exit(vow_coroutine_bury);
    coroutine->next = vow_coroutine_orphans;
    vow_coroutine_orphans = coroutine;
}

static void forget(struct vow_coroutine *coroutine)
{
    vow_value_drop(coroutine->result);
    vow_object_count_other(vow_coroutine_stack(coroutine), "coroutine", -1);
}

/* On its own stack, which is in use also by what is destroyed with its result, and that may make coroutines: only then is it
   left for others. */
static void release_itself(struct vow_coroutine *coroutine)
{
    /* acquire: as in release_simply */
    uint64_t word = atomic_load_explicit(&coroutine->counted.word, memory_order_acquire);

    if (word >> 32 != 1) {
        vow_counted_release(&coroutine->counted);
        return;
    }
    forget(coroutine);
    leave_orphan(coroutine);
}

/* The end of a body ------------------------------------------------------------------------------------------------- */

static void finish(struct vow_coroutine *coroutine, vow_value result)
{
    coroutine->result = result;
    if (coroutine->drop != NULL)
        coroutine->drop(coroutine->context);
}

void vow_coroutine_skip(struct vow_coroutine *coroutine, vow_value result)
{
    finish(coroutine, vow_value_take(result));
    vow_coroutine_set(coroutine, COROUTINE_DONE);
}

vow_value vow_coroutine_end(struct vow_coroutine *coroutine, vow_value result)
{
    vow_value given = vow_end();

    if (vow_unlikely(vow_is_error(result))) {
        if (vow_coroutine_mark(coroutine) == COROUTINE_CLOSING &&
            vow_error_status(result) == VOW_CLOSED) {
            vow_value_drop(result);
            result = vow_none();
        } else {
            given = vow_retain(vow_borrow(result));
        }
    }
    coroutine->nesting = COROUTINE_ENDING;
    vow_value_drop(coroutine->input);
    finish(coroutine, result);
    uint32_t orphan = vow_coroutine_word(coroutine) & COROUTINE_ORPHAN;
    vow_coroutine_set(coroutine, COROUTINE_DONE | orphan);
    if (vow_unlikely(orphan != 0))
        release_itself(coroutine);
    return given;
}

/* The last reference went while it ran: the body has one now, and is told to end. */
static void orphan(struct vow_coroutine *coroutine)
{
    vow_counted_init(&coroutine->counted, coroutine->counted.class, 1, 0);
    vow_coroutine_set(coroutine, COROUTINE_RUNNING | COROUTINE_ORPHAN);
    uintptr_t mark = vow_coroutine_mark(coroutine);
    if (mark == 0 || mark == COROUTINE_TOLD) {
        coroutine->nesting += COROUTINE_CLOSING - mark;
        coroutine->refused = 0;
    }
}

/* References ------------------------------------------------------------------------------------------------------- */

/* Closes one to which there is but one reference, and gives that back. */
static void close_last(struct vow_coroutine *coroutine)
{
    if (vow_coroutine_close(coroutine) != VOW_OK)
        vow_report_unhandled(vow_retain(vow_coroutine_result(coroutine)));
    vow_counted_release(&coroutine->counted);
}

void vow_coroutine_destroy(struct counted *object)
{
    struct vow_coroutine *coroutine = (struct vow_coroutine *)object;

    switch (vow_coroutine_word(coroutine)) {
    case COROUTINE_DONE:
        forget(coroutine);
        vow_stack_give(vow_coroutine_stack(coroutine));
        break;
    case COROUTINE_DONE | COROUTINE_ORPHAN:
        forget(coroutine);
        leave_orphan(coroutine);
        break;
    case COROUTINE_NEW:
    case COROUTINE_SUSPENDED:
        vow_counted_init(&coroutine->counted, coroutine->counted.class, 1, 0);
        close_last(coroutine);
        break;
    default:
        orphan(coroutine);
    }
}

vow_coroutine *vow_coroutine_retain(vow_coroutine *coroutine)
{
    if (coroutine != NULL)
        vow_counted_retain(&coroutine->counted);
    return coroutine;
}

/* The usual case without the detour of a destruction: ours is the only reference, and there is nothing to release. */
static inline bool release_simply(struct vow_coroutine *coroutine)
{
    /* acquire: pairs with C2 (base/counted.h), as there: a last holder sees what former ones did */
    uint64_t word = atomic_load_explicit(&coroutine->counted.word, memory_order_acquire);

    if (word >> 32 != 1 || vow_coroutine_word(coroutine) != COROUTINE_DONE ||
        vow_is_owned(coroutine->result))
        return false;
    vow_object_count_other(vow_coroutine_stack(coroutine), "coroutine", -1);
    vow_stack_give(vow_coroutine_stack(coroutine));
    return true;
}

void vow_coroutine_release(vow_coroutine *coroutine)
{
    if (coroutine != NULL && !release_simply(coroutine))
        vow_counted_release(&coroutine->counted);
}

void vow_coroutine_let_end(struct vow_coroutine *coroutine)
{
    /* acquire: as in release_simply */
    uint64_t word = atomic_load_explicit(&coroutine->counted.word, memory_order_acquire);
    uint32_t state = vow_coroutine_word(coroutine);

    if (word >> 32 == 1 && (state == COROUTINE_NEW || state == COROUTINE_SUSPENDED))
        close_last(coroutine);
    else
        vow_coroutine_release(coroutine);
}

enum vow_coroutine_state vow_coroutine_state(const vow_coroutine *coroutine)
{
    return coroutine == NULL
               ? VOW_COROUTINE_DONE
               : (enum vow_coroutine_state)(vow_coroutine_word(coroutine) & COROUTINE_STATE);
}

vow_value vow_coroutine_result(const vow_coroutine *coroutine)
{
    if (coroutine == NULL || !vow_coroutine_done(coroutine))
        return vow_none();
    return vow_borrow(coroutine->result);
}
