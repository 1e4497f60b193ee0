/*
 * foreign.c - foreign promises: an object whose then-function settles a deferred.
 *
 * "The first settlement counts" is what a deferred does anyhow. What is added here is the object's life: the canceller
 * of the deferred has a reference, which goes when the promise fires or is canceled, and vow_foreign has one until `then`
 * has returned, because `then` may settle.
 *
 * Invariants
 * 1. `then` is called once, `cancel` at most once and never after a settlement, `drop` once and last.
 */
#include <vow/foreign.h>

#include "control/promise.h"
#include "control/references.h"

struct foreign {
    struct references references; /* the canceller's; vow_foreign's */
    struct vow_foreign_ops ops;
    void *object;
    vow_deferred
        *deferred; /* no reference: for the canceller, which runs while the promise lives */
};

static void drop(const struct vow_foreign_ops *ops, void *object)
{
    if (ops->drop != NULL)
        ops->drop(object);
}

static void release(void *context)
{
    struct foreign *foreign = context;
    if (!vow_references_drop(&foreign->references))
        return;
    drop(&foreign->ops, foreign->object);
    vow_object_delete(foreign, sizeof(*foreign));
}

/* What ends its work gives its reference to the deferred back: with another one here it has not given up by that. */
static void cancel(void *context)
{
    const struct foreign *foreign = context;
    vow_deferred *deferred = vow_deferred_retain(foreign->deferred);
    if (foreign->ops.cancel != NULL)
        foreign->ops.cancel(foreign->object);
    (void)vow_fire(deferred, vow_fail(VOW_CANCELED, "vow_foreign: canceled"));
}

/* `deferred` is taken. */
static void subscribe(struct foreign *foreign, vow_deferred *deferred)
{
    vow_value given = foreign->ops.then(foreign->object, deferred);
    if (vow_is_error(given)) {
        (void)vow_fire(deferred, given);
        return;
    }
    vow_release(given);
    vow_deferred_release(deferred);
}

/* NULL without memory. */
static struct foreign *foreign_new(const struct vow_foreign_ops *ops, void *object)
{
    struct foreign *foreign = vow_object_new(sizeof(*foreign));
    if (foreign == NULL)
        return NULL;
    *foreign = (struct foreign){.ops = *ops, .object = object};
    vow_references_set(&foreign->references, 2);
    return foreign;
}

static vow_promise *refuse(const struct vow_foreign_ops *ops, void *object, vow_status status)
{
    vow_promise *refused = vow_promise_refused(status); /* before `drop` changes the sentence */
    drop(ops, object);
    return refused;
}

static vow_promise *without_memory(const struct vow_foreign_ops *ops, void *object)
{
    return refuse(ops, object, vow_fail_literal(VOW_NO_MEMORY, "vow_foreign: out of memory"));
}

static vow_promise *adopt(const struct vow_foreign_ops *ops, void *object)
{
    vow_promise *promise = NULL;
    struct foreign *foreign = foreign_new(ops, object);
    if (foreign == NULL)
        return without_memory(ops, object);
    vow_deferred *deferred = vow_deferred_new(&promise);
    if (deferred == NULL) {
        vow_object_delete(foreign, sizeof(*foreign));
        return without_memory(ops, object);
    }
    foreign->deferred = deferred;
    if (vow_set_canceller(deferred, cancel, foreign, release) == VOW_OK)
        subscribe(foreign, deferred);
    else
        (void)vow_fire(deferred, vow_error_static(VOW_NO_MEMORY));
    release(foreign);
    return promise;
}

vow_promise *vow_foreign(const struct vow_foreign_ops *ops, void *object)
{
    if (ops == NULL)
        return vow_promise_refused(vow_fail_literal(VOW_INVALID, "vow_foreign: ops is NULL"));
    if (ops->size != sizeof(*ops))
        return vow_promise_refused(vow_fail_literal(VOW_INVALID,
                                                    "vow_foreign: ops->size is wrong: set it to "
                                                    "sizeof(struct vow_foreign_ops)"));
    if (ops->then == NULL)
        return refuse(ops, object, vow_fail_literal(VOW_INVALID, "vow_foreign: ops->then is NULL"));
    return adopt(ops, object);
}
