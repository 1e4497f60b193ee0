/*
 * repeat.c - loops of promises: a turn whose input is what the one before gave.
 */
#include <vow/repeat.h>

#include "control/canceller.h"
#include "control/job.h"
#include "control/references.h"
#include "control/turn.h"

struct loop_of_turns {
    struct turn turn;
    struct references references; /* the canceller's; the turns' */
    vow_fn *fn;
    bool (*done)(vow_value value, void *context);
    void *context;
    vow_value value; /* of the call before: the turns' */
    vow_deferred *deferred;
};

static void release(void *context)
{
    struct loop_of_turns *loop = context;
    if (!vow_references_drop(&loop->references))
        return;
    vow_release(loop->value);
    vow_object_delete(loop, sizeof(*loop));
}

static void cancel(void *context)
{
    vow_turn_cancel(&((struct loop_of_turns *)context)->turn);
}

static vow_promise *start(struct turn *turn)
{
    struct loop_of_turns *loop = vow_container_of(turn, struct loop_of_turns, turn);
    return vow_turn_call(loop->fn, vow_borrow(loop->value), loop->context);
}

/* The end of the loop: with the value before where this one is the end. */
static bool finish(struct loop_of_turns *loop, vow_value value, struct firing *firing)
{
    if (vow_is_end(value)) {
        value = loop->value;
        loop->value = vow_none();
    }
    vow_fire_with(loop->deferred, value, firing);
    release(loop);
    return false;
}

static bool ended(struct turn *turn, vow_value value, struct firing *firing)
{
    struct loop_of_turns *loop = vow_container_of(turn, struct loop_of_turns, turn);
    if (vow_is_error(value) || vow_is_end(value) ||
        (loop->done != NULL && loop->done(vow_borrow(value), loop->context)))
        return finish(loop, value, firing);
    vow_release(loop->value);
    loop->value = value;
    return true;
}

static struct loop_of_turns *loop_new(vow_promise **ret_promise)
{
    struct loop_of_turns *loop = vow_object_new(sizeof(*loop));
    if (loop == NULL)
        return NULL;
    *loop = (struct loop_of_turns){.deferred = vow_deferred_new(ret_promise)};
    if (loop->deferred == NULL) {
        vow_object_delete(loop, sizeof(*loop));
        return NULL;
    }
    vow_turn_init(&loop->turn, loop->deferred, LINK_FORWARD, start, ended);
    vow_references_set(&loop->references, 2);
    return loop;
}

static vow_promise *refuse(vow_value first, vow_status status)
{
    struct vow_job job = {.input = first};
    return vow_job_refuse(&job, status);
}

static vow_promise *repeat(vow_fn *fn, vow_value first, bool (*done)(vow_value, void *),
                           void *context, const char *function)
{
    if (fn == NULL)
        return refuse(first, vow_fail_status(VOW_INVALID, "%s: fn is NULL", function));
    vow_promise *promise = NULL;
    struct loop_of_turns *loop = loop_new(&promise);
    if (loop == NULL)
        return refuse(first, vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function));
    loop->fn = fn;
    loop->done = done;
    loop->context = context;
    loop->value = vow_own(first);
    if (vow_set_patient_canceller(loop->deferred, cancel, loop, release) != VOW_OK)
        (void)finish(loop, vow_error_static(VOW_NO_MEMORY), NULL);
    else
        vow_turn_run(&loop->turn, NULL);
    return promise;
}

vow_promise *vow_repeat(vow_fn *fn, vow_value first, void *context)
{
    return repeat(fn, first, NULL, context, "vow_repeat");
}

vow_promise *vow_repeat_until(vow_fn *fn, vow_value first,
                              bool (*done)(vow_value value, void *context), void *context)
{
    static const char function[] = "vow_repeat_until";
    if (done == NULL)
        return refuse(first, vow_fail_status(VOW_INVALID, "%s: done is NULL", function));
    return repeat(fn, first, done, context, function);
}
