/*
 * fork_value.c - forks of a vow_fn: values in and out (vow/fork.h).
 */
#include "base/fail.h"
#include "execution/fork.h"
#include <vow/error.h>

static vow_value own(vow_value value)
{
    return value.kind >= VOW_BOX && !vow_is_owned(value) ? vow_retain(value) : value;
}

void vow_fork_run_value(struct vow_fork_node *node)
{
    struct vow_forked *fork = vow_container_of(node, struct vow_forked, node);
    fork->result = own(fork->fn(fork->input, fork->context));
}

vow_value vow_fork_nothing(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_fail(VOW_INVALID, "vow_fork: fn is NULL");
}

vow_value vow_fork_settle(struct vow_forked *fork, vow_value result)
{
    vow_value input = fork->input;
    result = own(result);
    input.kind |= fork->owned;
    fork->owned = 0;
    vow_release(input);
    return result;
}

vow_value vow_fork_result(struct vow_forked *fork)
{
    /* relaxed: the join has seen what there is to see */
    if (vow_likely(__atomic_load_n(&fork->node.state, __ATOMIC_RELAXED) == FORK_RAN))
        return fork->result;
    fork->owned = 0; /* never forked, or given back before */
    return vow_fail(VOW_INVALID, "%s", vow_last_error());
}
