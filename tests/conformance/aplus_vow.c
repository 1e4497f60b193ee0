/*
 * aplus_vow.c - vow under the Promises/A+ suite: its adapter.
 *
 * Thenables are foreign promises (vow/foreign.h): their `deferred` is a vow_deferred. Errors that nobody looks at are many
 * here, and are not reported.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vow.h>

#include "conformance/aplus.h"
#include "conformance/place.h"

/* Values ---------------------------------------------------------------------------------------------------------------------- */

enum value_form {
    AN_INTEGER,
    A_REAL,
    A_POINTER,
    A_TEXT,
    BYTES,
    A_LIST,
    A_BOX,
    NOTHING,
    AN_END,
    A_SKIP
};

static const struct form value_forms[] = {
    [AN_INTEGER] = {"an integer", true}, [A_REAL] = {"a real", true},
    [A_POINTER] = {"a pointer", true},   [A_TEXT] = {"a text", true},
    [BYTES] = {"bytes", true},           [A_LIST] = {"a list", true},
    [A_BOX] = {"a box", true},           [NOTHING] = {"none", false},
    [AN_END] = {"the end", false},       [A_SKIP] = {"a skip", false},
};

static char targets[16]; /* for pointers: the mark is the index */

static const struct vow_type box_type = {.name = "marked"};

static vow_value box_of(int mark)
{
    vow_value box = vow_box_new(&box_type, sizeof mark);
    int *content = vow_box_as(&box_type, box);
    if (content != NULL)
        *content = mark;
    return box;
}

static vow_value list_of(int mark)
{
    vow_value list = vow_list_new(1);
    (void)vow_list_append(list, vow_integer(mark));
    return list;
}

static vow_value make_value(int form, int mark)
{
    switch ((enum value_form)form) {
    case AN_INTEGER:
        return vow_integer(mark);
    case A_REAL:
        return vow_real(mark + 0.5);
    case A_POINTER:
        return vow_pointer(&targets[mark]);
    case A_TEXT:
        return vow_text_format("%d", mark);
    case BYTES:
        return vow_bytes(&mark, sizeof mark);
    case A_LIST:
        return list_of(mark);
    case A_BOX:
        return box_of(mark);
    case AN_END:
        return vow_end();
    case A_SKIP:
        return vow_skip();
    default:
        return vow_none();
    }
}

static int same_value(vow_value value, int form, int mark)
{
    if (form == A_BOX) {
        const int *content = vow_box_as(&box_type, value);
        return content != NULL && *content == mark;
    }
    vow_value made = make_value(form, mark);
    bool same = vow_value_equal(made, value);
    vow_release(made);
    return same;
}

/* Which value it is, by making those that it could be. */
static struct thing thing_of_value(vow_value value)
{
    for (int form = 0; form < (int)(sizeof value_forms / sizeof value_forms[0]); form++)
        for (int mark = 0; mark < (value_forms[form].marked ? 16 : 1); mark++)
            if (same_value(value, form, mark))
                return (struct thing){.kind = THING_VALUE, .form = form, .mark = mark};
    return (struct thing){.kind = THING_VALUE, .form = -1};
}

/* Reasons --------------------------------------------------------------------------------------------------------------------- */

enum reason_form { OF_THE_USER, WITH_A_CAUSE, WITH_CAUSES, OF_THE_SYSTEM, A_CANCEL };

static const struct form reason_forms[] = {
    [OF_THE_USER] = {"an error of the user's", true},
    [WITH_A_CAUSE] = {"an error with a cause", true},
    [WITH_CAUSES] = {"an error with several causes", true},
    [OF_THE_SYSTEM] = {"an error of the system", true},
    [A_CANCEL] = {"a cancel", false},
};

static vow_value causes(void)
{
    vow_value list = vow_list_new(2);
    (void)vow_list_append(list, vow_fail(VOW_CLOSED, "one"));
    (void)vow_list_append(list, vow_fail(VOW_LIMIT, "two"));
    return list;
}

static vow_value make_reason(int form, int mark)
{
    switch ((enum reason_form)form) {
    case WITH_A_CAUSE:
        return vow_fail_because(vow_fail(VOW_CLOSED, "the cause"), VOW_USER + mark, "for a cause");
    case WITH_CAUSES:
        return vow_fail_because(causes(), VOW_USER + mark, "for several causes");
    case OF_THE_SYSTEM:
        errno = mark; /* the first numbers are EPERM, ENOENT … everywhere */
        return vow_fail_errno("of the system");
    case A_CANCEL:
        return vow_fail(VOW_CANCELED, "a cancel");
    default:
        return vow_fail(VOW_USER + mark, "of the user");
    }
}

static struct thing thing_of_reason(vow_value error)
{
    struct thing thing = {.kind = THING_REASON, .mark = vow_error_status(error) - VOW_USER};
    if (vow_error_errno(error) != 0) {
        thing.form = OF_THE_SYSTEM;
        thing.mark = vow_error_errno(error);
    } else if (vow_error_status(error) == VOW_CANCELED) {
        thing.form = A_CANCEL;
        thing.mark = 0;
    } else if (vow_error_status(error) < VOW_USER) {
        thing.form = -1; /* of vow's own */
    } else if (!vow_is_none(vow_error_cause(error))) {
        thing.form = vow_is_error(vow_error_cause(error)) ? WITH_A_CAUSE : WITH_CAUSES;
    }
    return thing;
}

/* Things ---------------------------------------------------------------------------------------------------------------------- */

static vow_value value_of_thing(struct thing thing);

static vow_value ask_thenable(void *object, vow_deferred *deferred)
{
    struct thenable *thenable = object;
    struct thing given = thenable->then(thenable, deferred);
    return given.kind == THING_REASON ? value_of_thing(given) : vow_none();
}

static const struct vow_foreign_ops thenable_ops = {.size = sizeof thenable_ops,
                                                    .then = ask_thenable};

static vow_value value_of_thing(struct thing thing)
{
    switch (thing.kind) {
    case THING_REASON:
        return make_reason(thing.form, thing.mark);
    case THING_PROMISE:
        return vow_promise_value(vow_promise_retain(thing.promise));
    case THING_THENABLE:
        return vow_promise_value(vow_foreign(&thenable_ops, thing.thenable));
    default:
        return make_value(thing.form, thing.mark);
    }
}

static struct thing thing_of(vow_value value)
{
    return vow_is_error(value) ? thing_of_reason(value) : thing_of_value(value);
}

/* Deferreds ------------------------------------------------------------------------------------------------------------------- */

static void *new_deferred(void **ret_promise)
{
    vow_promise *promise = NULL;
    vow_deferred *deferred = vow_deferred_new(&promise);
    *ret_promise = promise;
    return deferred;
}

static void retain_deferred(void *deferred)
{
    (void)vow_deferred_retain(deferred);
}

static void release_deferred(void *deferred)
{
    vow_deferred_release(deferred);
}

static void resolve(void *deferred, struct thing thing)
{
    (void)vow_resolve(deferred, value_of_thing(thing));
}

static void reject(void *deferred, struct thing reason)
{
    (void)vow_reject(deferred, value_of_thing(reason));
}

static void *resolved(struct thing thing)
{
    return vow_succeeded(value_of_thing(thing));
}

static void *rejected(struct thing reason)
{
    return vow_failed(value_of_thing(reason));
}

/* then ------------------------------------------------------------------------------------------------------------------------ */

struct handlers {
    handler *fulfilled;
    handler *rejected;
    void *context;
};

static vow_value call_fulfilled(vow_value value, void *context)
{
    const struct handlers *handlers = context;
    return value_of_thing(handlers->fulfilled(thing_of(value), handlers->context));
}

static vow_value call_rejected(vow_value error, void *context)
{
    const struct handlers *handlers = context;
    return value_of_thing(handlers->rejected(thing_of(error), handlers->context));
}

static void *then(void *promise, handler *on_fulfilled, handler *on_rejected, void *context)
{
    struct handlers *handlers = malloc(sizeof *handlers);
    if (handlers == NULL)
        abort();
    *handlers = (struct handlers){on_fulfilled, on_rejected, context};
    return vow_then_with(vow_promise_retain(promise),
                         &(vow_handlers){.size = sizeof(vow_handlers),
                                         .fulfilled = on_fulfilled != NULL ? call_fulfilled : NULL,
                                         .rejected = on_rejected != NULL ? call_rejected : NULL,
                                         .context = handlers,
                                         .drop = free});
}

static void release(void *promise)
{
    vow_promise_release(promise);
}

/* The place ------------------------------------------------------------------------------------------------------------------- */

static long objects_before;

static bool begin(int *argc, char **argv)
{
    if (!place_choose(argc, argv))
        return false;
    (void)vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE);
    place_begin();
    place_run_until_quiet();
    objects_before = vow_live_objects();
    return true;
}

static bool end(void)
{
    place_run_until_quiet();
    long left = vow_live_objects() - objects_before;
    if (left != 0)
        (void)fprintf(stderr, "%ld objects are left\n", left);
    place_end();
    return left == 0;
}

static const struct adapter vow_adapter = {
    .name = "vow",
    .values = {value_forms, sizeof value_forms / sizeof value_forms[0]},
    .reasons = {reason_forms, sizeof reason_forms / sizeof reason_forms[0]},
    .begin = begin,
    .end = end,
    .place = place_name,
    .runs_at_once = place_runs_at_once,
    .deferred = new_deferred,
    .deferred_retain = retain_deferred,
    .deferred_release = release_deferred,
    .resolve = resolve,
    .reject = reject,
    .resolved = resolved,
    .rejected = rejected,
    .then = then,
    .release = release,
    .run_until_quiet = place_run_until_quiet,
};

int main(int argc, char **argv)
{
    return aplus_run(&vow_adapter, argc, argv);
}
