/*
 * test_everything.c - all floors at once: threads that make promises at home on immediate, on loops, on pools and on a
 * scheduler that loses calls, and do to them whatever can be done, while pools are resized, closed and replaced, and
 * threads end with promises at home on them.
 *
 * Each thread draws what it does from numbers of its own; VOW_STRESS_SEED and VOW_STRESS_STEPS change them. At the end
 * every context was dropped once, every job that was taken ran or was canceled once, every wait has come back, and as
 * many objects live as before.
 */
#include "control/control_testing.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vow/box.h>
#include <vow/error.h>
#include <vow/loop.h>
#include <vow/memory.h>
#include <vow/pool.h>
#include <vow/submit.h>
#include <vow/text.h>

enum { CELLS = 48, POOLS = 3, LOOPS = 2, ACTORS = 3, STEPS = 200000, SECONDS = 4 };

/* Random numbers ------------------------------------------------------------------------------------------- */

static _Thread_local uint32_t number;
static uint32_t seed = 2463534242u;
static _Atomic uint32_t numbered;

static unsigned below(unsigned limit)
{
    if (number == 0)
        number = (seed + atomic_fetch_add(&numbered, 1)) * 2654435761u | 1u;
    number ^= number << 13;
    number ^= number >> 17;
    number ^= number << 5;
    return (number >> 8) % limit;
}

static long setting(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : otherwise;
}

/* Contexts that count how they end --------------------------------------------------------------------------- */

struct context {
    _Atomic int runs;
    _Atomic int drops;
    _Atomic int busy; /* functions that have it now */
};

static _Atomic long contexts_begun;
static _Atomic long contexts_ended;

static struct context *context_new(void)
{
    struct context *context = calloc(1, sizeof(*context));
    if (context == NULL)
        abort();
    atomic_fetch_add(&contexts_begun, 1);
    return context;
}

static void context_drop(void *pointer)
{
    struct context *context = pointer;
    require(atomic_fetch_add(&context->drops, 1) == 0);
    require(atomic_load(&context->busy) == 0);
    require(atomic_load(&context->runs) <= 1);
    atomic_fetch_add(&contexts_ended, 1);
    free(context);
}

/* What there is to play with ---------------------------------------------------------------------------------- */

struct cell {
    pthread_mutex_t mutex;
    vow_deferred *deferred;
    vow_promise *promise;
};

struct pool_place {
    pthread_mutex_t mutex;
    vow_pool *pool;
};

static struct cell cells[CELLS];
static struct pool_place pools[POOLS];
static vow_scheduler *loop_homes[LOOPS];
static vow_loop *_Atomic loops[LOOPS];
static vow_scheduler *loser_home;

static vow_promise *some_promise(void)
{
    struct cell *cell = &cells[below(CELLS)];
    (void)pthread_mutex_lock(&cell->mutex);
    vow_promise *promise = vow_promise_retain(cell->promise);
    (void)pthread_mutex_unlock(&cell->mutex);
    return promise;
}

static vow_deferred *some_deferred(void)
{
    struct cell *cell = &cells[below(CELLS)];
    (void)pthread_mutex_lock(&cell->mutex);
    vow_deferred *deferred = vow_deferred_retain(cell->deferred);
    (void)pthread_mutex_unlock(&cell->mutex);
    return deferred;
}

/* A scheduler, with a reference; NULL stands for the current one. */
static vow_scheduler *some_home(void)
{
    unsigned which = below(12);
    if (which < POOLS) {
        struct pool_place *place = &pools[which];
        (void)pthread_mutex_lock(&place->mutex);
        vow_scheduler *home = vow_scheduler_retain(vow_pool_scheduler(place->pool));
        (void)pthread_mutex_unlock(&place->mutex);
        return home;
    }
    if (which < POOLS + LOOPS)
        return vow_scheduler_retain(loop_homes[which - POOLS]);
    if (which == POOLS + LOOPS)
        return vow_scheduler_retain(loser_home);
    return NULL;
}

/* Puts a new pair in a cell; what was there is the caller's. */
static void replace(struct cell *cell, struct cell *ret_former)
{
    struct cell made;
    vow_scheduler *home = some_home();
    made.deferred = vow_deferred_new_at(home, &made.promise);
    vow_scheduler_release(home);
    (void)pthread_mutex_lock(&cell->mutex);
    ret_former->deferred = cell->deferred;
    ret_former->promise = cell->promise;
    cell->deferred = made.deferred;
    cell->promise = made.promise;
    (void)pthread_mutex_unlock(&cell->mutex);
}

/* A promise of the caller's takes the place of a cell's. */
static void publish(vow_promise *promise)
{
    struct cell *cell = &cells[below(CELLS)];
    (void)pthread_mutex_lock(&cell->mutex);
    vow_promise *former = cell->promise;
    cell->promise = promise;
    (void)pthread_mutex_unlock(&cell->mutex);
    vow_promise_release(former);
}

/* Functions --------------------------------------------------------------------------------------------------- */

static void act_a_little(void);

/* Boxes whose drop functions act, too: users' code where nobody expects it. */
static void drop_lively(void *object)
{
    (void)object;
    if (below(2) == 0)
        act_a_little();
}

static const struct vow_type lively_type = {.name = "lively", .drop = drop_lively};

static vow_value some_value(void)
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

static vow_value count_run(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->busy, 1);
    atomic_fetch_add(&context->runs, 1);
    require(atomic_load(&context->drops) == 0);
    if (below(8) == 0)
        act_a_little();
    vow_value result = below(2) == 0 ? some_value() : input;
    atomic_fetch_sub(&context->busy, 1);
    return result;
}

static vow_value count_told(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->busy, 1);
    require(atomic_load(&context->drops) == 0);
    if (below(8) == 0)
        act_a_little();
    atomic_fetch_sub(&context->busy, 1);
    return input;
}

static vow_value plain_run(vow_value input, void *context)
{
    (void)context;
    if (below(16) == 0)
        act_a_little();
    return below(3) == 0 ? some_value() : input;
}

static vow_handlers some_handlers(vow_scheduler *scheduler)
{
    return (vow_handlers){.size = sizeof(vow_handlers),
                          .fulfilled = below(4) != 0 ? count_run : NULL,
                          .rejected = below(4) != 0 ? count_run : NULL,
                          .notified = below(2) != 0 ? count_told : NULL,
                          .context = context_new(),
                          .drop = context_drop,
                          .scheduler = scheduler};
}

/* Jobs: each runs at most once, is dropped once, and its promise settles. */
static vow_promise *submit_to(vow_scheduler *scheduler, vow_fn *fn);

static vow_value run_inner(vow_value input, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    return input;
}

static vow_value run_job(vow_value input, void *pointer)
{
    vow_value result = count_run(input, pointer);
    if (below(4) == 0)
        (void)vow_report(vow_integer(1));
    if (below(8) == 0 && strcmp(vow_scheduler_name(vow_current_scheduler()), "pool") == 0) {
        /* a job that waits for another, in the pool where it runs itself */
        vow_value inner =
            vow_await(submit_to(vow_current_scheduler(), run_inner), vow_after(VOW_S(20)));
        require(!vow_is_error(inner) || vow_error_status(inner) != VOW_TIMED_OUT);
        vow_release(inner);
    }
    return result;
}

static vow_promise *submit_to(vow_scheduler *scheduler, vow_fn *fn)
{
    struct vow_job job = {.size = sizeof(job),
                          .fn = fn,
                          .input = vow_text("a job's input"),
                          .context = context_new(),
                          .drop = context_drop};
    return vow_submit_with(scheduler, &job);
}

/* Acts --------------------------------------------------------------------------------------------------------- */

static void act_then(void)
{
    vow_scheduler *home = below(3) == 0 ? some_home() : NULL;
    vow_handlers handlers = some_handlers(home);
    vow_promise *derived = vow_then_with(some_promise(), &handlers);
    vow_scheduler_release(home);
    if (below(2) == 0)
        derived = vow_then(derived, plain_run, NULL);
    if (below(4) == 0)
        vow_cancel(derived);
    if (below(4) == 0)
        publish(derived);
    else
        vow_promise_release(derived);
}

static void act_finally(void)
{
    vow_promise_release(vow_catch(vow_finally(some_promise(), plain_run, NULL), plain_run, NULL));
}

static void act_add(void)
{
    vow_scheduler *home = below(3) == 0 ? some_home() : NULL;
    vow_handlers handlers = some_handlers(home);
    vow_promise_release(vow_add_callbacks(some_promise(), &handlers));
    vow_scheduler_release(home);
}

static void act_add_plain(void)
{
    vow_promise_release(vow_add_both(some_promise(), plain_run, NULL));
}

static void act_cancel(void)
{
    vow_promise *promise = some_promise();
    vow_cancel(promise);
    vow_promise_release(promise);
}

static void act_resolve(void)
{
    vow_deferred *deferred = some_deferred();
    (void)vow_resolve(deferred, some_value());
    vow_deferred_release(deferred);
}

static void act_notify(void)
{
    vow_deferred *deferred = some_deferred();
    (void)vow_notify(deferred, below(2) == 0 ? vow_text("progress") : vow_integer(1));
    vow_deferred_release(deferred);
}

static void run_canceller(void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    if (below(2) == 0)
        act_resolve();
}

static void act_set_canceller(void)
{
    vow_deferred *deferred = some_deferred();
    (void)vow_set_canceller(deferred, run_canceller, context_new(), context_drop);
    vow_deferred_release(deferred);
}

/* Takes a pair out of its cell: as its only producer, mostly. */
static void act_fire(void)
{
    struct cell former;
    replace(&cells[below(CELLS)], &former);
    if (below(4) != 0)
        (void)vow_fire(former.deferred, some_value());
    else
        vow_deferred_release(former.deferred);
    vow_promise_release(former.promise);
}

static void act_look(void)
{
    vow_promise *promise = some_promise();
    vow_value value = vow_none();
    (void)vow_state(promise);
    if (vow_peek(promise, &value))
        vow_release(value);
    vow_promise_release(promise);
}

static void act_pause(void)
{
    vow_promise *promise = some_promise();
    require(vow_pause(promise) == VOW_OK);
    if (below(2) == 0)
        (void)sched_yield();
    require(vow_unpause(promise) == VOW_OK);
    vow_promise_release(promise);
}

static void act_submit(void)
{
    vow_scheduler *scheduler = some_home();
    vow_promise *promise = submit_to(scheduler != NULL ? scheduler : vow_immediate(), run_job);
    vow_scheduler_release(scheduler);
    if (below(4) == 0)
        vow_cancel(promise);
    if (below(2) == 0)
        publish(promise);
    else
        vow_promise_release(promise);
}

static vow_value schedule_run(vow_value input, void *context)
{
    (void)context;
    return input;
}

static void act_schedule(void)
{
    vow_scheduler *scheduler = some_home();
    (void)vow_schedule(scheduler != NULL ? scheduler : vow_immediate(), schedule_run,
                       vow_text("scheduled"), NULL);
    vow_scheduler_release(scheduler);
}

static void act_resize(void)
{
    struct pool_place *place = &pools[below(POOLS)];
    if (pthread_mutex_trylock(&place->mutex) != 0)
        return;
    (void)vow_pool_resize(place->pool, (int)below(4));
    (void)pthread_mutex_unlock(&place->mutex);
}

static void act_later(void)
{
    vow_loop *loop = atomic_load(&loops[below(LOOPS)]);
    vow_promise *promise =
        vow_call_later(loop, VOW_MS((int64_t)below(3)), plain_run, vow_text("later"), NULL);
    if (below(2) == 0)
        vow_cancel(promise);
    vow_promise_release(promise);
}

/* Inside of functions: not too much of it, so that what a function sets off comes to its end. */
static void act_a_little(void)
{
    static _Thread_local unsigned depth;
    static void (*const acts[])(void) = {act_then,   act_add_plain, act_cancel,        act_resolve,
                                         act_notify, act_look,      act_set_canceller, act_fire,
                                         act_pause,  act_resize};
    if (depth >= 2)
        return;
    depth++;
    acts[below(sizeof acts / sizeof acts[0])]();
    depth--;
}

/* Of threads alone, outside of everything. */

static void act_wait(void)
{
    vow_promise *promise = some_promise();
    vow_value value = vow_none();
    if (vow_wait(promise, vow_after(VOW_US((int64_t)below(300))), &value) == VOW_OK)
        vow_release(value);
    vow_promise_release(promise);
}

static void act_wait_for_job(void)
{
    vow_scheduler *scheduler = some_home();
    vow_promise *promise = submit_to(scheduler != NULL ? scheduler : vow_immediate(), count_run);
    vow_promise *seen = vow_promise_retain(promise);
    vow_scheduler_release(scheduler);
    if (below(8) == 0)
        vow_cancel(promise);
    vow_promise_release(promise);
    /* what the job gives may be a promise that nobody fires yet: that wait has a deadline */
    vow_value value = vow_await(seen, vow_after(VOW_MS(2)));
    vow_release(value);
}

static void act_wait_for_call(void)
{
    vow_scheduler *scheduler = some_home();
    vow_value value =
        vow_call_from_thread_wait(scheduler != NULL ? scheduler : vow_immediate(), schedule_run,
                                  vow_text("called"), NULL, vow_after(VOW_S(30)));
    require(!vow_is_error(value) || vow_error_status(value) != VOW_TIMED_OUT);
    vow_release(value);
    vow_scheduler_release(scheduler);
}

static void act_replace_pool(void)
{
    struct pool_place *place = &pools[below(POOLS)];
    vow_pool *made = vow_pool_new((int)below(4), NULL);
    if (made == NULL)
        return;
    (void)pthread_mutex_lock(&place->mutex);
    vow_pool *former = place->pool;
    place->pool = made;
    (void)pthread_mutex_unlock(&place->mutex);
    if (below(2) == 0)
        (void)vow_pool_close(former, below(2) == 0 ? VOW_CANCEL : VOW_DRAIN,
                             below(2) == 0 ? VOW_POLL : vow_after(VOW_MS(1)));
    if (below(2) == 0)
        require(vow_pool_close(former, VOW_CANCEL, VOW_FOREVER) == VOW_OK);
    require(vow_pool_free(former) == VOW_OK);
}

/* ThreadSanitizer takes the number of a descriptor for an object that lives on when it is closed and used again by another
   thread: so loops that come and go do it one after the other. */
static pthread_mutex_t loops_mutex = PTHREAD_MUTEX_INITIALIZER;

static vow_loop *passing_loop_new(void)
{
    (void)pthread_mutex_lock(&loops_mutex);
    vow_loop *loop = vow_loop_new(NULL);
    (void)pthread_mutex_unlock(&loops_mutex);
    return loop;
}

static void passing_loop_free(vow_loop *loop)
{
    (void)pthread_mutex_lock(&loops_mutex);
    require(vow_loop_free(loop) == VOW_OK);
    (void)pthread_mutex_unlock(&loops_mutex);
}

/* A thread that ends with promises at home on it, whose calls are perhaps on their way to it. */
static void *passing_thread(void *context)
{
    (void)context;
    vow_loop *loop = below(3) == 0 ? passing_loop_new() : NULL;
    for (int i = 0; i < 6; i++) {
        struct cell former;
        struct cell *cell = &cells[below(CELLS)];
        struct cell made;
        made.deferred = vow_deferred_new(&made.promise);
        (void)pthread_mutex_lock(&cell->mutex);
        former.deferred = cell->deferred;
        former.promise = cell->promise;
        cell->deferred = made.deferred;
        cell->promise = made.promise;
        (void)pthread_mutex_unlock(&cell->mutex);
        (void)vow_fire(former.deferred, some_value());
        vow_promise_release(former.promise);
        act_a_little();
    }
    act_submit();
    passing_loop_free(loop);
    return NULL;
}

static void act_pass(void)
{
    on_another_thread(passing_thread, NULL);
}

static void act(void)
{
    static void (*const acts[])(void) = {
        act_then,          act_then,   act_finally, act_add,          act_add,
        act_add_plain,     act_cancel, act_cancel,  act_resolve,      act_notify,
        act_set_canceller, act_fire,   act_fire,    act_fire,         act_look,
        act_pause,         act_submit, act_submit,  act_submit,       act_schedule,
        act_resize,        act_later,  act_wait,    act_wait_for_job, act_wait_for_job,
        act_wait_for_call};
    unsigned rare = below(200);
    if (rare == 0)
        act_replace_pool();
    else if (rare == 1)
        act_pass();
    else
        acts[below(sizeof acts / sizeof acts[0])]();
}

/* The scheduler that loses calls ----------------------------------------------------------------------------- */

struct loser {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    struct vow_call *first;
    struct vow_call **end;
    bool over;
    bool dropped;
    pthread_t thread;
};

static struct loser loser;

static vow_status loser_schedule(struct vow_call *call, void *self)
{
    struct loser *of = self;
    (void)pthread_mutex_lock(&of->mutex);
    bool refused = of->over || below(16) == 0;
    if (!refused) {
        call->next = NULL;
        *of->end = call;
        of->end = &call->next;
        (void)pthread_cond_signal(&of->condition);
    }
    (void)pthread_mutex_unlock(&of->mutex);
    return refused ? VOW_CLOSED : VOW_OK;
}

static void loser_drop(void *self)
{
    struct loser *of = self;
    require(!of->dropped);
    of->dropped = true;
}

static void *loser_main(void *context)
{
    struct loser *of = context;
    (void)pthread_mutex_lock(&of->mutex);
    while (!of->over || of->first != NULL) {
        struct vow_call *call = of->first;
        if (call == NULL) {
            (void)pthread_cond_wait(&of->condition, &of->mutex);
            continue;
        }
        of->first = call->next;
        if (of->first == NULL)
            of->end = &of->first;
        (void)pthread_mutex_unlock(&of->mutex);
        if (below(8) == 0)
            vow_call_drop(call);
        else
            vow_call_run(loser_home, call);
        (void)vow_run_pending();
        (void)pthread_mutex_lock(&of->mutex);
    }
    (void)pthread_mutex_unlock(&of->mutex);
    return NULL;
}

static void begin_loser(void)
{
    static const struct vow_scheduler_ops ops = {
        .size = sizeof(ops), .name = "loser", .schedule = loser_schedule, .drop = loser_drop};
    loser = (struct loser){.mutex = PTHREAD_MUTEX_INITIALIZER,
                           .condition = PTHREAD_COND_INITIALIZER,
                           .end = &loser.first};
    loser_home = vow_scheduler_new(&ops, &loser);
    if (loser_home == NULL)
        abort();
    loser.thread = start_thread(loser_main, &loser);
}

static void end_loser(void)
{
    (void)pthread_mutex_lock(&loser.mutex);
    loser.over = true;
    (void)pthread_cond_signal(&loser.condition);
    (void)pthread_mutex_unlock(&loser.mutex);
    join_thread(loser.thread);
    vow_scheduler_release(loser_home);
}

/* Loops ------------------------------------------------------------------------------------------------------- */

static pthread_t loop_threads[LOOPS];
static sem_t loops_ready;

static void *loop_main(void *context)
{
    int i = (int)(intptr_t)context;
    vow_loop *loop = vow_loop_new(NULL);
    if (loop == NULL)
        abort();
    loop_homes[i] = vow_scheduler_retain(vow_loop_scheduler(loop));
    atomic_store(&loops[i], loop);
    (void)sem_post(&loops_ready);
    require(vow_loop_run(loop) == VOW_OK);
    require(vow_loop_free(loop) == VOW_OK);
    return NULL;
}

static void begin_loops(void)
{
    (void)sem_init(&loops_ready, 0, 0);
    for (int i = 0; i < LOOPS; i++)
        loop_threads[i] = start_thread(loop_main, (void *)(intptr_t)i);
    for (int i = 0; i < LOOPS; i++)
        while (sem_wait(&loops_ready) != 0) {
        }
}

static void end_loops(void)
{
    for (int i = 0; i < LOOPS; i++) {
        vow_loop_stop(atomic_load(&loops[i]));
        join_thread(loop_threads[i]);
        vow_scheduler_release(loop_homes[i]);
    }
}

/* The whole --------------------------------------------------------------------------------------------------- */

static _Atomic int acting;
static _Atomic bool over;
static int64_t act_until;

static void *actor_main(void *context)
{
    long steps = setting("VOW_STRESS_STEPS", STEPS);
    (void)context;
    for (long i = 0; i < steps && vow_now() < act_until; i++) {
        act();
        if (i % 8 == 0)
            (void)vow_run_pending();
    }
    atomic_fetch_sub(&acting, 1);
    while (!atomic_load(&over)) /* others may still fire what is at home here */
        if (vow_run_pending() == 0)
            (void)sched_yield();
    return NULL;
}

static void begin_cells(void)
{
    struct cell none;
    for (int i = 0; i < CELLS; i++) {
        (void)pthread_mutex_init(&cells[i].mutex, NULL);
        cells[i].promise = NULL;
        cells[i].deferred = NULL;
        replace(&cells[i], &none);
    }
}

static void end_cells(void)
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

static void fill_cells(void)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell former;
        replace(&cells[i], &former);
        vow_deferred_release(former.deferred);
        vow_promise_release(former.promise);
    }
}

static void wait_for_contexts(void)
{
    int64_t deadline = vow_now() + VOW_S(20);
    while (atomic_load(&contexts_ended) != atomic_load(&contexts_begun) && vow_now() < deadline)
        if (vow_run_pending() == 0)
            (void)sched_yield();
    require(atomic_load(&contexts_ended) == atomic_load(&contexts_begun));
}

static void everything_at_once(void)
{
    pthread_t actors[ACTORS];
    begin_loser();
    begin_loops();
    for (int i = 0; i < POOLS; i++) {
        (void)pthread_mutex_init(&pools[i].mutex, NULL);
        pools[i].pool = vow_pool_new(i, NULL);
    }
    begin_cells();
    atomic_store(&acting, ACTORS);
    atomic_store(&over, false);
    for (int i = 0; i < ACTORS; i++)
        actors[i] = start_thread(actor_main, NULL);
    while (atomic_load(&acting) > 0)
        if (vow_run_pending() == 0)
            (void)usleep(200);
    /* functions that still run may want cells: they get new ones, which nobody acts on any more */
    for (int i = 0; i < 4; i++) {
        fill_cells();
        (void)vow_run_pending();
    }
    for (int i = 0; i < POOLS; i++)
        (void)vow_pool_resize(pools[i].pool, 1); /* what size 0 left queued runs */
    /* the calls of functions beget calls: in the end all cells are emptied until nothing moves any more */
    int64_t deadline = vow_now() + VOW_S(20);
    do {
        fill_cells();
        (void)vow_run_pending();
        (void)sched_yield();
    } while (atomic_load(&contexts_ended) != atomic_load(&contexts_begun) && vow_now() < deadline);
    wait_for_contexts();
    for (int i = 0; i < POOLS; i++)
        require(vow_pool_free(pools[i].pool) == VOW_OK);
    end_loops();
    end_loser();
    atomic_store(&over, true);
    for (int i = 0; i < ACTORS; i++)
        join_thread(actors[i]);
    end_cells();
    (void)vow_run_pending();
    wait_for_contexts();
}

/* On a thread of its own, so that what is kept per thread has gone when it is over. */
static void *whole(void *context)
{
    (void)context;
    everything_at_once();
    return NULL;
}

static void whatever_is_done_at_once_every_call_and_context_ends_once(void **state)
{
    (void)state;
    assert_ok(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE));
    seed = (uint32_t)setting("VOW_STRESS_SEED", (long)seed);
    long before = vow_live_objects();
    act_until = vow_now() + VOW_S(setting("VOW_STRESS_SECONDS", SECONDS));
    on_another_thread(whole, NULL);
    assert_int_equal(atomic_load(&contexts_ended), atomic_load(&contexts_begun));
    for (int i = 0; i < 1000 && vow_live_objects() != before; i++)
        (void)usleep(1000); /* threads that are ending give back their last references */
    assert_int_equal(vow_live_objects(), before);
    assert_int_equal(loser.dropped, true);
}

static int begin_everything(void **state)
{
    int status = begin_control(state);
    alarm(110);
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_is_done_at_once_every_call_and_context_ends_once,
                                        begin_everything, end_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
