/*
 * test_promise.c - threads that add links to, pause, look at, notify, fire and release the same promises at once. Each
 * link ends once, each function runs once, each value is seen by all and goes once.
 */
#include "gang.h"

#include <vow/pool.h>

enum { BATCH = 32, ROUNDS = 400 };

struct cell {
    vow_deferred *deferred[GANG]; /* one reference each */
    vow_promise *promise[GANG];
    _Atomic int fired;
};

static struct cell cells[GANG][BATCH]; /* [maker] */
static vow_promise *inner[GANG][BATCH];
static vow_deferred *inner_deferred[GANG][BATCH];
static vow_scheduler *pool_home;

static void make_cells(struct member *member)
{
    for (int i = 0; i < BATCH; i++) {
        struct cell *cell = &cells[member->number][i];
        vow_scheduler *home = i % 4 == 3 ? pool_home : NULL;
        cell->deferred[0] = vow_deferred_new_at(home, &cell->promise[0]);
        for (int j = 1; j < GANG; j++) {
            cell->deferred[j] = vow_deferred_retain(cell->deferred[0]);
            cell->promise[j] = vow_promise_retain(cell->promise[0]);
        }
        atomic_store(&cell->fired, 0);
        inner_deferred[member->number][i] = vow_deferred_new(&inner[member->number][i]);
    }
}

static vow_value something(struct member *member, int maker, int i)
{
    switch (random_below(member, 4)) {
    case 0:
        return vow_integer(i);
    case 1:
        return vow_fail(VOW_USER, "an error");
    case 2:
        return vow_promise_value(vow_promise_retain(inner[maker][i]));
    default:
        return vow_text("a text");
    }
}

static void then_and_release(vow_promise *promise)
{
    vow_handlers handlers = counted_link();
    vow_promise *derived = vow_then_with(vow_promise_retain(promise), &handlers);
    vow_promise_release(vow_catch(derived, count_run, NULL));
}

static void add_callbacks(vow_promise *promise)
{
    vow_handlers handlers = counted_link();
    (void)vow_add_callbacks(promise, &handlers);
}

static void look(vow_promise *promise)
{
    vow_value value = vow_none();
    (void)vow_state(promise);
    if (vow_peek(promise, &value))
        vow_release(value);
}

static void act(struct member *member, struct cell *cell, int maker, int i)
{
    int self = member->number;
    vow_promise *promise = cell->promise[self];
    switch (random_below(member, 9)) {
    case 0:
    case 1:
        then_and_release(promise);
        break;
    case 2:
        add_callbacks(promise);
        break;
    case 3:
        look(promise);
        break;
    case 4:
        (void)vow_add_both(promise, count_run, NULL);
        break;
    case 5:
        require(vow_pause(promise) == VOW_OK);
        then_and_release(promise);
        require(vow_unpause(promise) == VOW_OK);
        break;
    case 6:
        (void)vow_notify(cell->deferred[self], vow_integer(1));
        break;
    default:
        if (vow_resolve(cell->deferred[self], something(member, maker, i)) == VOW_OK)
            atomic_fetch_add(&cell->fired, 1);
        break;
    }
}

static void release(struct member *member, struct cell *cell)
{
    int self = member->number;
    vow_promise_release(vow_add_errback(cell->promise[self], count_run, NULL));
    vow_deferred_release(cell->deferred[self]);
}

static void work(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS); round++) {
        make_cells(member);
        meet(member);
        for (int maker = 0; maker < GANG; maker++)
            for (int step = 0; step < BATCH * 4; step++) {
                int i = (int)random_below(member, BATCH);
                act(member, &cells[maker][i], maker, i);
                if (step % 16 == 0)
                    (void)vow_run_pending();
            }
        for (int i = 0; i < BATCH; i++) {
            fire(inner_deferred[member->number][i], vow_text("inner"));
            for (int maker = 0; maker < GANG; maker++)
                release(member, &cells[maker][i]);
        }
        finish_links(member);
        for (int i = 0; i < BATCH; i++) {
            require(atomic_load(&cells[member->number][i].fired) <= 1);
            vow_promise_release(inner[member->number][i]);
        }
    }
}

static void shared_promises_keep_their_links_and_values(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    pool_home = vow_pool_scheduler(pool);
    assert_ok(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE));
    gang_run(work);
    assert_ok(vow_pool_free(pool));
    assert_all_links_ended();
}

/* Promises that are resolved with each other, at random, by all threads: rings come about, none hangs. */
static void tangle(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS); round++) {
        make_cells(member);
        meet(member);
        for (int step = 0; step < BATCH; step++) {
            struct cell *from = &cells[random_below(member, GANG)][random_below(member, BATCH)];
            struct cell *to = &cells[random_below(member, GANG)][random_below(member, BATCH)];
            vow_promise *next = vow_promise_retain(to->promise[member->number]);
            if (random_below(member, 2) == 0)
                next = vow_then(next, count_run, NULL);
            (void)vow_resolve(from->deferred[member->number], vow_promise_value(next));
            if (random_below(member, 2) == 0)
                (void)vow_add_both(from->promise[member->number], count_run, NULL);
        }
        for (int maker = 0; maker < GANG; maker++)
            for (int i = 0; i < BATCH; i++) {
                then_and_release(cells[maker][i].promise[member->number]);
                release(member, &cells[maker][i]);
            }
        fire(inner_deferred[member->number][0], vow_none());
        for (int i = 1; i < BATCH; i++)
            vow_deferred_release(inner_deferred[member->number][i]);
        for (int i = 0; i < BATCH; i++)
            vow_promise_release(inner[member->number][i]);
        finish_links(member);
    }
}

static void promises_that_follow_each_other_at_random_all_settle(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    pool_home = vow_pool_scheduler(pool);
    assert_ok(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE));
    gang_run(tangle);
    assert_ok(vow_pool_free(pool));
    assert_all_links_ended();
}

/* Settled promises that all threads derive from and release. */
static vow_promise *settled[GANG][BATCH];

static void derive_and_release(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS * 4); round++) {
        if (member->number == 0)
            for (int i = 0; i < BATCH; i++) {
                settled[0][i] = vow_succeeded(vow_text("settled"));
                for (int j = 1; j < GANG; j++)
                    settled[j][i] = vow_promise_retain(settled[0][i]);
            }
        meet(member);
        for (int i = 0; i < BATCH; i++) {
            vow_promise *promise = settled[member->number][i];
            if (random_below(member, 2) == 0)
                promise = vow_then(promise, member->number == 0 ? count_run : NULL, NULL);
            vow_promise_release(promise);
        }
        meet(member);
        (void)vow_run_pending();
    }
}

static void settled_promises_are_derived_from_and_released_at_once(void **state)
{
    (void)state;
    gang_run(derive_and_release);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(settled_promises_are_derived_from_and_released_at_once),
        stress_test(shared_promises_keep_their_links_and_values),
        stress_test(promises_that_follow_each_other_at_random_all_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
