/*
 * coroutine.c - making coroutines, and the two halves of a resume: the resumer's and the body's.
 *
 * Values cross in registers: towards the body borrowed, because the resumer holds what it sends until it goes on; back
 * owned. What cannot be done is answered before anything is switched, in functions of their own: the usual way is
 * short.
 */
#include "wait/coroutine.h"

#include "base/error.h"
#include "base/fail.h"
#include "base/object.h"
#include <vow/error.h>
#include <vow/memory.h>

#define error_here(status) vow_error_from_last(__FILE__, __LINE__, status)

static const struct counted_class coroutine_class = {.name = "coroutine",
                                                     .destroy = vow_coroutine_destroy};
COUNTED_KNOWN(coroutine_class)

/* Making ---------------------------------------------------------------------------------------------------------- */

static VOW_ALWAYS_INLINE struct vow_coroutine *make(vow_fn *body, void *context, size_t size)
{
    struct stack *stack = vow_stack_take(size, "vow_coroutine_new");

    if (vow_unlikely(stack == NULL))
        return NULL;
    if (vow_unlikely(vow_coroutine_orphans != NULL))
        vow_coroutine_bury();
    struct vow_coroutine *coroutine = vow_stack_block(stack);
    vow_counted_init(&coroutine->counted, &coroutine_class, 1, 0);
    vow_coroutine_set(coroutine, COROUTINE_NEW);
    coroutine->body = body;
    coroutine->context = context;
    coroutine->drop = NULL;
    coroutine->name = NULL;
    coroutine->result = vow_none();
    vow_object_count_other(stack, "coroutine", 1);
    return coroutine;
}

vow_coroutine *vow_coroutine_new(vow_fn *body, void *context)
{
    if (vow_likely(body != NULL))
        return make(body, context, STACK_DEFAULT);
    (void)vow_fail_literal(VOW_INVALID, "vow_coroutine_new: body is NULL");
    return NULL;
}

static bool check_options(const struct vow_coroutine_options *options)
{
    size_t size = options->stack_size;
    bool small = size != 0 && size < STACK_SMALLEST;

    if (options->body == NULL)
        (void)vow_fail_literal(VOW_INVALID, "vow_coroutine_new_with: body is NULL");
    else if (small || size > STACK_LARGEST)
        (void)vow_fail_status(VOW_INVALID, "vow_coroutine_new_with: stack_size is %zu, %s %zu",
                              size, small ? "below" : "above",
                              small ? STACK_SMALLEST : STACK_LARGEST);
    else
        return true;
    return false;
}

vow_coroutine *vow_coroutine_new_with(const struct vow_coroutine_options *options)
{
    struct vow_coroutine *made = NULL;

    if (options == NULL || options->size != sizeof *options) {
        (void)vow_fail_status(VOW_INVALID, "vow_coroutine_new_with: %s",
                              options == NULL ? "options is NULL" : "size of options is unknown");
        return NULL;
    }
    if (check_options(options))
        made = make(options->body, options->context,
                    options->stack_size != 0 ? options->stack_size : STACK_DEFAULT);
    if (made != NULL) {
        made->drop = options->drop;
        made->name = options->name;
    } else if (options->drop != NULL) {
        options->drop(options->context);
    }
    return made;
}

/* Switching ------------------------------------------------------------------------------------------------------- */

/* A value is two words, which our own switch hands over in registers: the calling conventions of its platforms pass and
   return both structures in the same ones. */
#if VOW_SWITCH_OWN
vow_value vow_switch_into(void **from, struct stack *to, vow_value value) __asm__("vow_switch_own");
vow_value vow_switch_back(struct stack *from, void *to, vow_value value);
#else
static inline vow_value vow_switch_into(void **from, struct stack *to, vow_value value)
{
    (void)from; /* never called: vow_switch_plain is false */
    (void)to;
    return value;
}

static inline vow_value vow_switch_back(struct stack *from, void *to, vow_value value)
{
    (void)from; /* nor is this */
    (void)to;
    return value;
}
#endif

union words {
    vow_value value;
    struct switch_words words;
};
_Static_assert(sizeof(vow_value) == sizeof(struct switch_words), "a value is two words");

__attribute__((noinline)) static vow_value switch_slowly(struct stack *from, struct stack *to,
                                                         vow_value value, bool leaving)
{
    union words passed = {.value = value};
    passed.words = vow_switch_slowly(from, to, passed.words.first, passed.words.second, leaving);
    return passed.value;
}

/* The body's half ------------------------------------------------------------------------------------------------- */

/* The locals are the resumer's again: gives where that one stopped. */
static VOW_ALWAYS_INLINE void *give_back(struct locals *locals, struct vow_coroutine *coroutine)
{
    void *resumer = locals->resumer;

    locals->coroutine = coroutine->outer;
    locals->resumer = coroutine->outer_resumer;
    return resumer;
}

/* Goes back to the resumer with `value`, from a stack that nobody will come back to. */
static _Noreturn void leave(struct vow_coroutine *coroutine, vow_value value)
{
    void *resumer = give_back(&vow_locals, coroutine);

    if (vow_switch_plain())
        (void)vow_switch_back(vow_coroutine_stack(coroutine), resumer, value);
    else
        (void)switch_slowly(vow_coroutine_stack(coroutine), &coroutine->resumer, value, true);
    __builtin_unreachable();
}

/* Whether nothing has to be released, dropped or told: vow_coroutine_end's usual case. */
static bool ends_simply(const struct vow_coroutine *coroutine, vow_value result)
{
    return !vow_kind_is_counted(vow_kind_of(result)) && !vow_is_owned(coroutine->input) &&
           coroutine->drop == NULL && vow_coroutine_word(coroutine) == COROUTINE_RUNNING;
}

/* All that runs on a coroutine's stack. */
static void run_body(void *argument)
{
    struct vow_coroutine *coroutine = argument;
    vow_value result = coroutine->body(vow_borrow(coroutine->input), coroutine->context);

    if (vow_likely(ends_simply(coroutine, result))) {
        coroutine->result = result;
        vow_coroutine_set(coroutine, COROUTINE_DONE);
        leave(coroutine, vow_end());
    }
    leave(coroutine, vow_coroutine_end(coroutine, vow_value_take(result)));
}

/* What a yield gives that cannot be: borrowed, as all that it gives. */
static struct error being_closed =
    ERROR_STATIC(VOW_CLOSED, "vow_yield: the coroutine is being closed");
static struct error outside = ERROR_STATIC(VOW_INVALID, "vow_yield: called outside of a coroutine");
static struct error the_end =
    ERROR_STATIC(VOW_INVALID, "vow_yield: value is the end; a body ends by returning");
static struct error inside_of_a_call =
    ERROR_STATIC(VOW_INVALID, "vow_yield: called by a function that vow calls inside the body");

/* Takes `value`. */
static vow_value refuse_yield(vow_value value, struct error *error)
{
    vow_release(value);
    (void)vow_fail_literal(error->status, error->message);
    return vow_error_value(error);
}

static vow_value refuse_closing(struct vow_coroutine *coroutine, vow_value value)
{
    if (coroutine->refused++ < VOW_CLOSING_YIELDS)
        return refuse_yield(value, &being_closed);
    vow_release(value);
    leave(coroutine,
          vow_coroutine_end(coroutine,
                            vow_fail(VOW_INVALID, "%s yields instead of ending: it was given up",
                                     vow_coroutine_name(coroutine))));
}

static VOW_COLD vow_value yield_nothing(struct vow_coroutine *coroutine, vow_value value)
{
    uintptr_t nesting = vow_coroutine_nesting(&vow_locals);

    if (coroutine == NULL)
        return refuse_yield(value, &outside);
    if (coroutine->nesting == nesting + COROUTINE_CLOSING)
        return refuse_closing(coroutine, value);
    if (coroutine->nesting == nesting || coroutine->nesting == nesting + COROUTINE_TOLD)
        return refuse_yield(value, &the_end);
    return refuse_yield(value, &inside_of_a_call);
}

/* `value` is the resumer's. */
static VOW_ALWAYS_INLINE vow_value yield_plainly(struct locals *locals,
                                                 struct vow_coroutine *coroutine, vow_value value)
{
    void *resumer = give_back(locals, coroutine);

    vow_coroutine_set(coroutine, COROUTINE_SUSPENDED);
    return vow_switch_back(vow_coroutine_stack(coroutine), resumer, value);
}

/* Whether yields of `coroutine` switch now, `mark`ed so. */
static VOW_ALWAYS_INLINE bool may_yield(const struct locals *locals,
                                        const struct vow_coroutine *coroutine, uintptr_t mark)
{
    return coroutine != NULL && coroutine->nesting == vow_coroutine_nesting(locals) + mark;
}

/* The same for values that have to be retained, and where switches are not plain. */
__attribute__((noinline)) static vow_value yield_slowly(struct locals *locals, vow_value value)
{
    struct vow_coroutine *coroutine = locals->coroutine;
    bool plainly = may_yield(locals, coroutine, 0);

    if (vow_is_end(value) || (!plainly && !may_yield(locals, coroutine, COROUTINE_TOLD)))
        return yield_nothing(coroutine, value);
    value = vow_value_take(value);
    if (plainly)
        return yield_plainly(locals, coroutine, value);
    (void)give_back(locals, coroutine);
    vow_coroutine_set(coroutine, COROUTINE_SUSPENDED);
    return switch_slowly(vow_coroutine_stack(coroutine), &coroutine->resumer, value, false);
}

/* The kinds from the end on without the bit of the owner: one comparison finds what is borrowed and counted, too. */
static VOW_ALWAYS_INLINE bool is_passed_as_it_is(vow_value value)
{
    _Static_assert(VOW_NONE == 0 && VOW_PROMISE < VOW_OWNED_BIT, "the last kind; all others below");
    return value.kind - VOW_END > VOW_PROMISE - VOW_END;
}

/* Never inlined: whoever calls it may be on another thread when it returns (invariant 5). */
__attribute__((noinline)) vow_value vow_yield(vow_value value)
{
    struct locals *locals = &vow_locals;
    struct vow_coroutine *coroutine = locals->coroutine;

    if (vow_likely(may_yield(locals, coroutine, 0) && is_passed_as_it_is(value)))
        return yield_plainly(locals, coroutine, value);
    return yield_slowly(locals, value);
}

bool vow_coroutine_is_closing(void)
{
    const struct vow_coroutine *coroutine = vow_locals.coroutine;

    return coroutine != NULL && vow_coroutine_mark(coroutine) == COROUTINE_CLOSING;
}

/* The resumer's half ---------------------------------------------------------------------------------------------- */

/* True: the caller has it, and will run it or end it. */
static VOW_ALWAYS_INLINE bool claim(struct vow_coroutine *coroutine, uint32_t state)
{
#if defined(VOW_CHECKS) && VOW_CHECKS
    /* relaxed: it only has to be found out who was first */
    return atomic_compare_exchange_strong_explicit(&coroutine->state, &state, COROUTINE_RUNNING,
                                                   memory_order_relaxed, memory_order_relaxed);
#else
    if (vow_coroutine_word(coroutine) != state)
        return false;
    vow_coroutine_set(coroutine, COROUTINE_RUNNING);
    return true;
#endif
}

__attribute__((noinline)) static vow_value resume_slowly(struct vow_coroutine *coroutine,
                                                         vow_value value)
{
    if (vow_coroutine_mark(coroutine) == 0)
        coroutine->nesting += COROUTINE_TOLD;
    vow_stack_native(&coroutine->resumer);
    return switch_slowly(&coroutine->resumer, vow_coroutine_stack(coroutine), value, false);
}

/* Lets the body run, which is claimed, until it yields or ends. Borrows `value`. */
static VOW_ALWAYS_INLINE vow_value resume(struct vow_coroutine *coroutine, vow_value value,
                                          uintptr_t mark)
{
    struct locals *locals = &vow_locals;

    coroutine->nesting = vow_coroutine_nesting(locals) + mark;
    coroutine->outer = locals->coroutine;
    coroutine->outer_resumer = locals->resumer;
    locals->coroutine = coroutine;
    if (vow_switch_plain())
        return vow_switch_into(&locals->resumer, vow_coroutine_stack(coroutine), value);
    return resume_slowly(coroutine, value);
}

/* The same where something is left to do: `value` is the resumer's to give back. */
__attribute__((noinline)) static vow_value resume_and_release(struct vow_coroutine *coroutine,
                                                              vow_value value)
{
    vow_value answer = resume(coroutine, vow_borrow(value), 0);

    vow_release(value);
    return answer;
}

/* The first resume. Takes `value`. */
__attribute__((noinline)) static vow_value begin(struct vow_coroutine *coroutine, vow_value value)
{
    coroutine->input = vow_value_take(value);
    vow_stack_start(vow_coroutine_stack(coroutine), run_body, coroutine);
    return resume(coroutine, vow_none(), 0);
}

/* What a resume gives that cannot be. Takes `value`. */
static VOW_COLD vow_value refuse(const char *function, struct vow_coroutine *coroutine,
                                 vow_value value)
{
    vow_release(value);
    if (coroutine == NULL)
        (void)vow_fail_status(VOW_INVALID, "%s: coroutine is NULL", function);
    else
        (void)vow_fail_status(VOW_INVALID, "%s: %s is running", function,
                              vow_coroutine_name(coroutine));
    return error_here(VOW_INVALID);
}

static VOW_COLD vow_value send_nothing(struct vow_coroutine *coroutine, vow_value value)
{
    if (coroutine == NULL || vow_coroutine_state(coroutine) != VOW_COROUTINE_DONE)
        return refuse("vow_send", coroutine, value);
    vow_release(value);
    return vow_end();
}

vow_value vow_send(vow_coroutine *coroutine, vow_value value)
{
    if (vow_unlikely(coroutine == NULL))
        return send_nothing(coroutine, value);
    if (vow_likely(claim(coroutine, COROUTINE_SUSPENDED))) {
        if (vow_unlikely(vow_is_owned(value)))
            return resume_and_release(coroutine, value);
        return resume(coroutine, value, 0);
    }
    return claim(coroutine, COROUTINE_NEW) ? begin(coroutine, value)
                                           : send_nothing(coroutine, value);
}

vow_value vow_throw(vow_coroutine *coroutine, vow_value error)
{
    if (!vow_is_error(error)) {
        vow_value_refuse("vow_throw", error, "an error");
        vow_release(error);
        return error_here(VOW_INVALID);
    }
    if (coroutine == NULL)
        return refuse("vow_throw", coroutine, error);
    if (claim(coroutine, COROUTINE_SUSPENDED))
        return resume_and_release(coroutine, error);
    if (claim(coroutine, COROUTINE_NEW))
        vow_coroutine_skip(coroutine, vow_retain(error));
    else if (vow_coroutine_state(coroutine) != VOW_COROUTINE_DONE)
        return refuse("vow_throw", coroutine, error);
    return vow_value_take(error);
}

/* The body is told to end, and has. */
static vow_status close_suspended(struct vow_coroutine *coroutine)
{
    coroutine->refused = 0;
    vow_value answer = resume(coroutine, vow_error_static(VOW_CLOSED), COROUTINE_CLOSING);
    vow_status status = vow_error_status(answer);

    if (status != VOW_OK)
        (void)vow_fail_status(status, "vow_coroutine_close: %s", vow_error_message(answer));
    vow_release(answer);
    return status;
}

vow_status vow_coroutine_close(vow_coroutine *coroutine)
{
    if (coroutine != NULL && claim(coroutine, COROUTINE_SUSPENDED))
        return close_suspended(coroutine);
    if (coroutine != NULL && claim(coroutine, COROUTINE_NEW)) {
        vow_coroutine_skip(coroutine, vow_none());
        return VOW_OK;
    }
    if (coroutine != NULL && vow_coroutine_done(coroutine))
        return VOW_OK;
    vow_release(refuse("vow_coroutine_close", coroutine, vow_none()));
    return VOW_INVALID;
}
