/*
 * coroutines.c - coroutines that wait inside, are thrown into, closed, and handed from line to line; generators that
 * feed consumers, through a buffer too.
 */
#include "everything.h"

enum { HOMELESS = 8, YIELDS = 12 };

/* Suspended ones that whoever comes may take. */
static vow_coroutine *_Atomic homeless[HOMELESS];

/* Yields, and waits in between, until it is told to clean up. */
static vow_value yield_and_wait(vow_value input, void *pointer)
{
    struct context *context = pointer;
    must(atomic_fetch_add(&context->runs, 1) == 0);
    vow_value sent = input;
    for (unsigned i = below(YIELDS); i > 0 && !vow_is_error(sent); i--) {
        if (one_in(3))
            act_sleep();
        if (one_in(8))
            act_wait();
        if (one_in(16))
            act_lock();
        sent = vow_yield(one_in(2) ? vow_integer(1) : vow_text("yielded"));
    }
    if (vow_is_error(sent) && one_in(2))
        act_sleep(); /* its clean-up waits */
    return vow_is_error(sent) && one_in(2) ? sent : vow_integer(2);
}

static vow_coroutine *coroutine_new(vow_fn *body)
{
    struct vow_coroutine_options options = {.size = sizeof(options),
                                            .body = body,
                                            .context = context_new(),
                                            .drop = context_drop,
                                            .stack_size = one_in(4) ? 64 << 10 : 0};
    vow_coroutine *coroutine = vow_coroutine_new_with(&options);
    must(coroutine != NULL);
    return coroutine;
}

static void resume(vow_coroutine *coroutine)
{
    switch (below(8)) {
    case 0:
        vow_release(noted(vow_value, vow_throw(coroutine, vow_fail(VOW_USER, "thrown"))));
        break;
    case 1:
        vow_release(noted(vow_value, vow_send(coroutine, vow_text("sent"))));
        break;
    default:
        vow_release(noted(vow_value, vow_next(coroutine)));
    }
}

static void leave(vow_coroutine *coroutine)
{
    unsigned choice = below(4);
    if (choice == 0) {
        vow_status status = noted(vow_status, vow_coroutine_close(coroutine));
        must(status == VOW_OK || status == VOW_USER);
        must(vow_coroutine_done(coroutine));
    } else if (choice == 1 && !atomic_load(&everything_ends)) /* somebody else's from now on */
        coroutine = atomic_exchange(&homeless[below(HOMELESS)], coroutine);
    vow_coroutine_release(coroutine);
}

void act_coroutine(void)
{
    vow_coroutine *coroutine = atomic_exchange(&homeless[below(HOMELESS)], NULL);
    if (coroutine == NULL)
        coroutine = coroutine_new(yield_and_wait);
    for (unsigned i = below(YIELDS); i > 0; i--)
        resume(coroutine);
    leave(coroutine);
}

void coroutines_end(void)
{
    for (int i = 0; i < HOMELESS; i++)
        vow_coroutine_release(atomic_exchange(&homeless[i], NULL));
}

/* Generators and consumers ------------------------------------------------------------------------------------------------ */

static vow_value generate(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    for (unsigned i = below(YIELDS); i > 0; i--) {
        if (one_in(8))
            act_sleep();
        vow_value sent = vow_yield(vow_integer((int64_t)i));
        if (vow_is_error(sent))
            return sent;
    }
    return input;
}

static vow_value consume(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    vow_value item = input;
    unsigned most = 2 + below(4 * YIELDS);
    for (unsigned i = 0; i < most; i++) {
        if (vow_is_error(item))
            return item;
        if (one_in(8))
            act_sleep();
        item = vow_yield(vow_none());
    }
    return vow_none();
}

/* A generator into consumers, one of them behind a buffer on some scheduler. */
void act_flow(void)
{
    vow_coroutine *generator = coroutine_new(generate);
    vow_coroutine *ends[2] = {coroutine_new(consume), coroutine_new(consume)};
    vow_coroutine *direct = vow_coroutine_retain(ends[1]);
    if (one_in(2)) {
        vow_scheduler *scheduler = some_place();
        vow_coroutine *buffer = vow_buffer(ends[0], scheduler, below(4));
        vow_scheduler_release(scheduler);
        vow_coroutine_release(ends[0]);
        ends[0] = buffer;
    }
    vow_coroutine *both = vow_broadcast(ends, 2);
    vow_release(noted(vow_value, vow_inject(generator, both)));
    (void)noted(vow_status, vow_coroutine_close(both));
    vow_coroutine_release(both);
    vow_coroutine_release(ends[0]);
    vow_coroutine_release(ends[1]);
    vow_coroutine_release(direct);
    vow_coroutine_release(generator);
}
