/*
 * test_cancel.c - threads that cancel, fire, set cancellers and derive at once: one of them decides, all see the same,
 * a canceller runs at most once and is dropped once, behind its run; at most one firing is taken.
 */
#include "gang.h"

#include <stdlib.h>
#include <vow/pool.h>
#include <vow/submit.h>

enum { BATCH = 32, ROUNDS = 500 };

struct cell {
    vow_deferred *deferred[GANG];
    vow_promise *promise[GANG];
    _Atomic int taken;  /* firings that gave VOW_OK */
    int64_t seen[GANG]; /* what each member saw at last */
};

static struct cell cells[GANG][BATCH];
static _Atomic int cancellers_set;
static _Atomic int cancellers_dropped;

/* `runs` is the canceller's own: while one runs another may be set, and another cancel run that. */
static void canceller_ran(void *runs)
{
    require(atomic_fetch_add((_Atomic int *)runs, 1) == 0);
}

static void canceller_dropped(void *runs)
{
    free(runs);
    atomic_fetch_add(&cancellers_dropped, 1);
}

static void set_canceller(vow_deferred *deferred)
{
    _Atomic int *runs = calloc(1, sizeof *runs);
    require(runs != NULL);
    atomic_fetch_add(&cancellers_set, 1);
    (void)vow_set_canceller(deferred, canceller_ran, runs, canceller_dropped);
}

static void make_cells(struct member *member)
{
    for (int i = 0; i < BATCH; i++) {
        struct cell *cell = &cells[member->number][i];
        atomic_store(&cell->taken, 0);
        cell->deferred[0] = vow_deferred_new(&cell->promise[0]);
        for (int j = 1; j < GANG; j++) {
            cell->deferred[j] = vow_deferred_retain(cell->deferred[0]);
            cell->promise[j] = vow_promise_retain(cell->promise[0]);
        }
    }
}

/* Values of every kind, a pointer too: it must not be taken for a canceller. */
static vow_value number_value(struct member *member, struct cell *cell)
{
    return random_below(member, 2) == 0 ? vow_integer(1 + member->number) : vow_pointer(cell);
}

static void act(struct member *member, struct cell *cell)
{
    int self = member->number;
    switch (random_below(member, 6)) {
    case 0:
        vow_cancel(cell->promise[self]);
        break;
    case 1:
        set_canceller(cell->deferred[self]);
        break;
    case 2:
    case 3: {
        vow_handlers handlers = counted_link();
        vow_promise *derived = vow_then_with(vow_promise_retain(cell->promise[self]), &handlers);
        if (random_below(member, 2) == 0)
            vow_cancel(derived);
        vow_promise_release(derived);
        break;
    }
    case 4:
        if (vow_resolve(cell->deferred[self], number_value(member, cell)) == VOW_OK)
            atomic_fetch_add(&cell->taken, 1);
        break;
    default:
        if (vow_resolve(cell->deferred[self], vow_promise_value(vow_succeeded(vow_integer(9)))) ==
            VOW_OK)
            atomic_fetch_add(&cell->taken, 1);
        break;
    }
}

static int64_t what_is_seen(vow_promise *promise)
{
    vow_value value = vow_none();
    if (!vow_peek(promise, &value))
        return -1;
    int64_t seen = vow_is_integer(value) ? vow_as_integer(value) : 1000 + vow_error_status(value);
    vow_release(value);
    return seen;
}

static void check(struct member *member, struct cell *cell)
{
    int64_t seen = cell->seen[0];
    require(seen >= 0);
    for (int j = 1; j < GANG; j++)
        require(cell->seen[j] == seen);
    require(atomic_load(&cell->taken) <= 1);
    if (seen < 1000)
        require(atomic_load(&cell->taken) == 1);
    (void)member;
}

static void work(struct member *member)
{
    int self = member->number;
    for (int round = 0; round < fewer(ROUNDS); round++) {
        make_cells(member);
        meet(member);
        for (int maker = 0; maker < GANG; maker++)
            for (int step = 0; step < BATCH * 4; step++) {
                act(member, &cells[maker][random_below(member, BATCH)]);
                if (step % 16 == 0)
                    (void)vow_run_pending();
            }
        for (int maker = 0; maker < GANG; maker++)
            for (int i = 0; i < BATCH; i++)
                vow_deferred_release(cells[maker][i].deferred[self]);
        finish_links(member);
        for (int maker = 0; maker < GANG; maker++)
            for (int i = 0; i < BATCH; i++)
                cells[maker][i].seen[self] = what_is_seen(cells[maker][i].promise[self]);
        meet(member);
        for (int i = 0; i < BATCH; i++)
            check(member, &cells[self][i]);
        meet(member);
        for (int maker = 0; maker < GANG; maker++)
            for (int i = 0; i < BATCH; i++)
                vow_promise_release(cells[maker][i].promise[self]);
        meet(member);
    }
}

static void cancels_and_firings_agree(void **state)
{
    (void)state;
    atomic_store(&cancellers_set, 0);
    atomic_store(&cancellers_dropped, 0);
    assert_ok(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE));
    gang_run(work);
    assert_all_links_ended();
    assert_int_equal(cancellers_dropped, cancellers_set);
}

/* Jobs that are canceled from outside while they are queued, run, and end. */
static vow_value job(vow_value input, void *context)
{
    (void)context;
    if (!vow_canceled())
        (void)vow_report(vow_integer(1));
    return input;
}

static vow_scheduler *workers;

static void cancel_jobs(struct member *member)
{
    int64_t enough = vow_now() + VOW_S(60); /* on a machine that has other things to do */
    for (int round = 0; round < fewer(ROUNDS * 40) && vow_now() < enough; round++) {
        vow_handlers handlers = counted_link();
        atomic_fetch_add(&links_begun, 1); /* the job's own drop */
        struct vow_job full = {
            .size = sizeof full, .fn = job, .input = vow_text("input"), .drop = count_end};
        vow_promise *promise = vow_submit_with(workers, &full);
        promise = vow_then_with(promise, &handlers);
        if (random_below(member, 2) == 0)
            (void)sched_yield();
        vow_cancel(promise);
        vow_value value = vow_await(promise, VOW_FOREVER);
        require(vow_is_text(value) || vow_error_is(value, VOW_CANCELED));
        vow_release(value);
    }
    finish_links(member);
}

static void canceled_jobs_end_once(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(2, NULL);
    workers = vow_pool_scheduler(pool);
    gang_run(cancel_jobs);
    assert_ok(vow_pool_free(pool)); /* a canceled job may end after everybody has looked away */
    assert_all_links_ended();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(cancels_and_firings_agree),
        stress_test(canceled_jobs_end_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
