/*
 * cooperate.c - cooperators: whose turn it is (cooperate.h).
 */
#include "control/cooperate.h"

#include "base/clock.h"
#include "base/ledger.h"

#define BUDGET VOW_MS(1)

/* Turns -------------------------------------------------------------------------------------------------------------- */

/* The next in the queue, RUNNING from now on; NULL: there is none, and the call is not queued any more. */
static vow_iteration *next_ready(vow_cooperator *cooperator)
{
    vow_lock_take(&cooperator->lock);
    vow_iteration *iteration = cooperator->ready;
    if (iteration == NULL) {
        cooperator->queued = false;
    } else {
        vow_iteration_dequeue(iteration);
        iteration->state = ITERATION_RUNNING;
    }
    vow_lock_give(&cooperator->lock);
    return iteration;
}

/* What has used up its turn sends the call again; but immediate runs all at once, by its nature. */
static void turn(struct vow_call *call)
{
    vow_cooperator *cooperator = vow_container_of(call, vow_cooperator, call);
    bool endless = cooperator->home->kind->immediate;
    int64_t began = vow_real_now();
    size_t steps = 0;
    do {
        vow_iteration *iteration = next_ready(cooperator);
        if (iteration == NULL) {
            vow_cooperator_unref(cooperator);
            return;
        }
        vow_iteration_step(iteration);
        steps++;
    } while (endless ||
             (steps != cooperator->steps && vow_real_now() - began < cooperator->budget));
    vow_scheduler_call(cooperator->home, call);
}

static void give_up(struct vow_call *call)
{
    vow_cooperator *cooperator = vow_container_of(call, vow_cooperator, call);
    vow_iterations_stop(cooperator, "vow_cooperate: the scheduler of the cooperator was closed");
    vow_cooperator_unref(cooperator);
}

void vow_cooperator_send(vow_cooperator *cooperator)
{
    vow_references_add(&cooperator->references);
    vow_scheduler_call(cooperator->home, &cooperator->call);
}

/* Cooperators -------------------------------------------------------------------------------------------------------- */

void vow_cooperator_unref(vow_cooperator *cooperator)
{
    if (!vow_references_drop(&cooperator->references))
        return;
    vow_home_release(cooperator->home);
    vow_object_delete(cooperator, sizeof(*cooperator));
}

static const char *check(const struct vow_cooperating *cooperating)
{
    if (cooperating == NULL)
        return NULL;
    return cooperating->size != sizeof(*cooperating)
               ? "cooperating->size is wrong: set it to sizeof(struct vow_cooperating)"
           : cooperating->budget < 0 ? "cooperating->budget is negative"
                                     : NULL;
}

static vow_cooperator *make(vow_scheduler *home, const struct vow_cooperating *wanted)
{
    vow_cooperator *cooperator = home != NULL ? vow_object_new(sizeof(*cooperator)) : NULL;
    if (cooperator == NULL)
        return NULL;
    *cooperator = (vow_cooperator){.call = {.run = turn, .dropped = give_up},
                                   .home = home,
                                   .budget = wanted->budget != 0 ? wanted->budget : BUDGET,
                                   .steps = wanted->steps};
    vow_ledger_name(cooperator, "cooperator");
    vow_references_set(&cooperator->references, 1);
    cooperator->ready_end = &cooperator->ready;
    vow_home_retain(home);
    return cooperator;
}

vow_cooperator *vow_cooperator_new(const struct vow_cooperating *cooperating)
{
    struct vow_cooperating wanted = {.size = sizeof(wanted)};
    const char *wrong = check(cooperating);
    if (wrong != NULL) {
        vow_fail_status(VOW_INVALID, "vow_cooperator_new: %s", wrong);
        return NULL;
    }
    if (cooperating != NULL)
        wanted = *cooperating;
    vow_scheduler *home =
        wanted.scheduler != NULL ? vow_home_of(wanted.scheduler) : vow_home_here();
    vow_cooperator *cooperator = make(home, &wanted);
    if (cooperator == NULL)
        vow_fail_literal(VOW_NO_MEMORY, "vow_cooperator_new: out of memory");
    return cooperator;
}

void vow_cooperator_stop(vow_cooperator *cooperator)
{
    if (cooperator != NULL)
        vow_iterations_stop(cooperator, "vow_cooperator_stop: the cooperator was stopped");
}

size_t vow_cooperator_count(vow_cooperator *cooperator)
{
    if (cooperator == NULL)
        return 0;
    vow_lock_take(&cooperator->lock);
    size_t count = cooperator->count;
    vow_lock_give(&cooperator->lock);
    return count;
}

void vow_cooperator_free(vow_cooperator *cooperator)
{
    if (cooperator == NULL)
        return;
    vow_iterations_stop(cooperator, "vow_cooperator_free: the cooperator was freed");
    vow_cooperator_unref(cooperator);
}
