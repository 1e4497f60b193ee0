/*
 * things.c - contexts that count how they end, cells that hold a deferred and a promise, values, functions for links.
 */
#include "everything.h"

/* Contexts ------------------------------------------------------------------------------------------------------ */

static _Atomic long contexts_begun;
static _Atomic long contexts_ended;

struct context *context_new(void)
{
    struct context *context = calloc(1, sizeof(*context));
    if (context == NULL)
        abort();
    atomic_fetch_add(&contexts_begun, 1);
    return context;
}

void context_drop(void *pointer)
{
    struct context *context = pointer;
    must(atomic_fetch_add(&context->drops, 1) == 0);
    must(atomic_load(&context->busy) == 0);
    must(atomic_load(&context->runs) <= 1);
    free(context);
    atomic_fetch_add(&contexts_ended, 1);
}

bool contexts_have_ended(void)
{
    return atomic_load(&contexts_ended) == atomic_load(&contexts_begun);
}

/* Cells ---------------------------------------------------------------------------------------------------------- */

static struct cell cells[CELLS];

vow_promise *some_promise(void)
{
    struct cell *cell = &cells[below(CELLS)];
    (void)pthread_mutex_lock(&cell->mutex);
    vow_promise *promise = vow_promise_retain(cell->promise);
    (void)pthread_mutex_unlock(&cell->mutex);
    return promise;
}

vow_deferred *some_deferred(void)
{
    struct cell *cell = &cells[below(CELLS)];
    (void)pthread_mutex_lock(&cell->mutex);
    vow_deferred *deferred = vow_deferred_retain(cell->deferred);
    (void)pthread_mutex_unlock(&cell->mutex);
    return deferred;
}

/* Puts a new pair in a cell; what was there is the caller's. */
static void replace(struct cell *cell, vow_scheduler *home, struct cell *ret_former)
{
    struct cell made;
    made.deferred = vow_deferred_new_at(home, &made.promise);
    (void)pthread_mutex_lock(&cell->mutex);
    ret_former->deferred = cell->deferred;
    ret_former->promise = cell->promise;
    cell->deferred = made.deferred;
    cell->promise = made.promise;
    (void)pthread_mutex_unlock(&cell->mutex);
}

void replace_some(vow_scheduler *home, struct cell *ret_former)
{
    replace(&cells[below(CELLS)], home, ret_former);
}

/* A promise of the caller's takes the place of a cell's. */
void publish(vow_promise *promise)
{
    struct cell *cell = &cells[below(CELLS)];
    (void)pthread_mutex_lock(&cell->mutex);
    vow_promise *former = cell->promise;
    cell->promise = promise;
    (void)pthread_mutex_unlock(&cell->mutex);
    vow_promise_release(former);
}

static void refill(struct cell *cell, struct cell *ret_former)
{
    vow_scheduler *home = some_home();
    replace(cell, home, ret_former);
    vow_scheduler_release(home);
}

static void init_cells(void)
{
    for (int i = 0; i < CELLS; i++)
        (void)pthread_mutex_init(&cells[i].mutex, NULL);
}

void cells_begin(void)
{
    static pthread_once_t once =
        PTHREAD_ONCE_INIT; /* they stay: what ends last still looks at them */
    struct cell none;
    (void)pthread_once(&once, init_cells);
    for (int i = 0; i < CELLS; i++) {
        cells[i].promise = NULL;
        cells[i].deferred = NULL;
        refill(&cells[i], &none);
    }
}

void cells_fill(void)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell former;
        refill(&cells[i], &former);
        vow_deferred_release(former.deferred);
        vow_promise_release(former.promise);
    }
}

void cells_end(void)
{
    for (int i = 0; i < CELLS; i++) {
        (void)pthread_mutex_lock(&cells[i].mutex);
        vow_deferred *deferred = cells[i].deferred;
        vow_promise *promise = cells[i].promise;
        cells[i].deferred = NULL;
        cells[i].promise = NULL;
        (void)pthread_mutex_unlock(&cells[i].mutex);
        vow_deferred_release(deferred);
        vow_promise_release(promise);
    }
}

/* Values and functions -------------------------------------------------------------------------------------------- */

/* Boxes whose drop functions act, too: users' code where nobody expects it. */
static void drop_lively(void *object)
{
    (void)object;
    if (one_in(2))
        act_a_little();
}

static const struct vow_type lively_type = {.name = "lively", .drop = drop_lively};

vow_value some_value(void)
{
    switch (below(7)) {
    case 0:
        return vow_fail(VOW_USER, "an error");
    case 1:
        return vow_promise_value(some_promise());
    case 2:
        return vow_text("a text");
    case 3:
        return vow_box_new(&lively_type, 16);
    case 4:
        return vow_pointer(&cells[0]);
    default:
        return vow_integer((int64_t)below(100));
    }
}

vow_value pass_on(vow_value input, void *context)
{
    (void)context;
    return input;
}

vow_value plain_run(vow_value input, void *context)
{
    (void)context;
    if (one_in(16))
        act_a_little();
    return one_in(3) ? some_value() : input;
}

vow_value count_run(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->busy, 1);
    atomic_fetch_add(&context->runs, 1);
    must(atomic_load(&context->drops) == 0);
    if (one_in(8))
        act_a_little();
    vow_value result = one_in(2) ? some_value() : input;
    atomic_fetch_sub(&context->busy, 1);
    return result;
}

vow_value count_told(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->busy, 1);
    must(atomic_load(&context->drops) == 0);
    must(!atomic_exchange(&context->told, true)); /* one piece at a time */
    if (one_in(8))
        act_a_little();
    if (one_in(8))
        act_sleep();
    atomic_store(&context->told, false);
    atomic_fetch_sub(&context->busy, 1);
    return input;
}
