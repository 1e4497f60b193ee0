/*
 * test_combine_cancel.c - gatherings that are canceled, or cancel what they no longer need.
 */
#include "control/place_testing.h"

#include <vow/combine.h>
#include <vow/line.h>
#include <vow/submit.h>

enum { BAD = VOW_USER };

static _Atomic int canceled;

static void count_cancel(void *context)
{
    (void)context;
    atomic_fetch_add(&canceled, 1);
}

/* Promises whose cancels are counted. */
static struct promises counted_promises(size_t count)
{
    struct promises made = promises_new(count);
    atomic_store(&canceled, 0);
    for (size_t i = 0; i < count; i++)
        assert_ok(vow_set_canceller(made.deferred[i], count_cancel, NULL, NULL));
    return made;
}

static void release_deferreds(struct promises *made, size_t count)
{
    for (size_t i = 0; i < count; i++)
        vow_deferred_release(made->deferred[i]);
}

static vow_promise *race_and_cancel(struct promises *made, size_t count)
{
    struct vow_gathering what = {.size = sizeof what, .kind = VOW_GATHER_RACE, .cancel_rest = true};
    return vow_gather(made->promise, count, &what);
}

static void a_cancel_of_the_result_cancels_each_promise(void **state)
{
    (void)state;
    struct promises made = counted_promises(3);
    vow_promise *all = vow_all(made.promise, 3);
    vow_cancel(all);
    assert_raises(all, VOW_CANCELED);
    assert_int_equal(canceled, 3);
    release_deferreds(&made, 3);
}

static void a_canceller_that_fires_a_value_counts(void **state)
{
    (void)state;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    assert_ok(vow_set_canceller(deferred, count_cancel, NULL, NULL));
    vow_promise *all = vow_all_settled(&promise, 1);
    vow_cancel(all);
    vow_value list = vow_await(all, VOW_FOREVER);
    assert_int_equal(vow_error_status(vow_list_at(list, 0)), VOW_CANCELED);
    vow_release(list);
    vow_deferred_release(deferred);
}

static void a_promise_that_somebody_else_holds_is_let_go(void **state)
{
    (void)state;
    struct promises made = counted_promises(2);
    vow_promise *kept = vow_promise_retain(made.promise[0]);
    vow_promise *all = vow_all_settled(made.promise, 2);
    vow_cancel(all);
    assert_raises(all, VOW_CANCELED);
    assert_int_equal(canceled, 1);
    fire_number(&made, 0, 5);
    assert_gives(kept, 5);
    vow_deferred_release(made.deferred[1]);
}

static void a_promise_in_two_gatherings_is_canceled_with_the_last(void **state)
{
    (void)state;
    struct promises made = counted_promises(1);
    vow_promise *kept = vow_promise_retain(made.promise[0]);
    vow_promise *first = vow_all(&kept, 1);
    vow_promise *second = vow_all(made.promise, 1);
    vow_cancel(first);
    assert_int_equal(canceled, 0);
    vow_cancel(second);
    assert_int_equal(canceled, 1);
    assert_raises(first, VOW_CANCELED);
    assert_raises(second, VOW_CANCELED);
    release_deferreds(&made, 1);
}

static void a_promise_that_is_gathered_twice_is_canceled(void **state)
{
    (void)state;
    struct promises made = counted_promises(1);
    vow_promise *twice[] = {vow_promise_retain(made.promise[0]), made.promise[0]};
    vow_promise *all = vow_all(twice, 2);
    vow_cancel(all);
    assert_int_equal(canceled, 1);
    assert_raises(all, VOW_CANCELED);
    release_deferreds(&made, 1);
}

static void what_is_let_go_keeps_nothing(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    long objects = vow_live_objects();
    for (int i = 0; i < 3; i++) {
        vow_promise *both[] = {vow_promise_retain(made.promise[0]), vow_succeeded(vow_none())};
        struct promises pair = {.promise = {both[0], both[1]}};
        vow_release(vow_await(race_and_cancel(&pair, 2), VOW_FOREVER));
        assert_objects(objects);
    }
    fire_number(&made, 0, 5);
    assert_gives(made.promise[0], 5);
}

/* Both are canceled by who hears progress of what is gathered. */
static vow_value cancel_both(vow_value input, void *context)
{
    vow_promise **both = context;
    (void)input;
    vow_cancel(both[0]);
    vow_cancel(both[1]);
    return vow_none();
}

/* The links stay in the queue until all have heard: nobody counts them any more. */
static void also_with_the_last_by_who_hears_progress(void **state)
{
    (void)state;
    struct promises made = counted_promises(1);
    vow_promise *both[2];
    vow_handlers listener = {.size = sizeof listener, .notified = cancel_both, .context = both};
    vow_promise *heard = vow_add_callbacks(made.promise[0], &listener);
    vow_promise *kept = vow_promise_retain(heard);
    both[0] = vow_all(&kept, 1);
    both[1] = vow_all(&heard, 1);
    assert_ok(vow_notify(made.deferred[0], vow_none()));
    (void)vow_wait(both[1], VOW_FOREVER, NULL);
    assert_raises(both[0], VOW_CANCELED);
    assert_raises(both[1], VOW_CANCELED);
    assert_int_equal(canceled, 1);
    release_deferreds(&made, 1);
}

static void a_cancel_after_the_end_does_nothing(void **state)
{
    (void)state;
    vow_promise *promises[] = {vow_succeeded(vow_integer(1))};
    vow_promise *all = vow_all(promises, 1);
    vow_cancel(all);
    assert_gives_text(all, "[1]");
}

static void losers_go_on_where_nobody_asks_otherwise(void **state)
{
    (void)state;
    struct promises made = counted_promises(2);
    vow_promise *race = vow_race(made.promise, 2);
    fire_number(&made, 0, 1);
    assert_gives(race, 1);
    assert_int_equal(canceled, 0);
    fire_number(&made, 1, 2);
}

static void losers_are_canceled_where_asked(void **state)
{
    (void)state;
    struct promises made = counted_promises(3);
    vow_promise *race = race_and_cancel(&made, 3);
    fire_number(&made, 1, 1);
    assert_gives(race, 1);
    assert_int_equal(canceled, 2);
    vow_deferred_release(made.deferred[0]);
    vow_deferred_release(made.deferred[2]);
}

static void a_winner_from_before_cancels_the_losers(void **state)
{
    (void)state;
    struct promises made = counted_promises(2);
    fire_number(&made, 0, 1);
    assert_gives(race_and_cancel(&made, 2), 1);
    assert_int_equal(canceled, 1);
    vow_deferred_release(made.deferred[1]);
}

/* Losers that take their time ---------------------------------------------------------------------------------------- */

struct stubborn {
    vow_deferred *begun;
    vow_deferred *may_end;
    vow_promise *end;
    _Atomic bool saw_cancel;
    _Atomic bool ended;
};

/* Waits for its end even though it is canceled. */
static vow_value be_stubborn(vow_value input, void *context)
{
    struct stubborn *job = context;
    (void)vow_fire(job->begun, vow_none());
    (void)vow_sleep_until(VOW_FOREVER);
    atomic_store(&job->saw_cancel, vow_canceled());
    vow_shield_begin();
    (void)vow_wait(job->end, VOW_FOREVER, NULL);
    vow_shield_end();
    atomic_store(&job->ended, true);
    return input;
}

static void the_result_comes_when_the_losers_have_ended(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *begun;
    struct stubborn job = {.saw_cancel = false};
    job.begun = vow_deferred_new_at(vow_pool_scheduler(pool), &begun);
    job.may_end = vow_deferred_new_at(vow_pool_scheduler(pool), &job.end);
    struct promises made = promises_new(1);
    made.promise[1] = vow_submit(vow_pool_scheduler(pool), be_stubborn, vow_none(), &job);
    vow_release(vow_await(begun, VOW_FOREVER));
    vow_promise *race = race_and_cancel(&made, 2);
    fire_number(&made, 0, 1);
    assert_int_equal(vow_wait(race, vow_after(VOW_MS(1)), NULL), VOW_TIMED_OUT);
    (void)vow_fire(job.may_end, vow_none());
    assert_gives(race, 1);
    assert_true(job.ended);
    assert_true(job.saw_cancel);
    vow_promise_release(job.end);
    assert_ok(vow_pool_free(pool));
}

/* Waits until it is canceled, and gives a promise then. */
static vow_value give_when_canceled(vow_value input, void *context)
{
    struct stubborn *job = context;
    (void)input;
    (void)vow_fire(job->begun, vow_none());
    (void)vow_sleep_until(VOW_FOREVER);
    return vow_promise_value(vow_promise_retain(job->end));
}

static void the_promise_that_a_told_job_gives_is_canceled(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *begun;
    struct stubborn job = {.saw_cancel = false};
    job.begun = vow_deferred_new(&begun);
    job.may_end = vow_deferred_new(&job.end);
    vow_promise *given = vow_submit(vow_pool_scheduler(pool), give_when_canceled, vow_none(), &job);
    vow_release(vow_await(begun, VOW_FOREVER));
    vow_cancel(given);
    assert_raises(given, VOW_CANCELED);
    vow_promise_release(job.end);
    vow_deferred_release(job.may_end);
    assert_ok(vow_pool_free(pool));
}

/* Many --------------------------------------------------------------------------------------------------------------- */

enum { CHILDREN = 100000 };

static vow_promise *children[CHILDREN];
static vow_deferred *makers[CHILDREN];

static void make_children(void)
{
    for (int i = 0; i < CHILDREN; i++)
        makers[i] = vow_deferred_new(&children[i]);
}

static void a_hundred_thousand_come_one_by_one(void **state)
{
    (void)state;
    make_children();
    vow_promise *all = vow_all(children, CHILDREN);
    for (int i = CHILDREN; i-- > 0;)
        (void)vow_fire(makers[i], vow_integer(i));
    vow_value list = vow_await(all, VOW_FOREVER);
    assert_int_equal(vow_list_count(list), CHILDREN);
    for (int i = 0; i < CHILDREN; i++)
        assert_int_equal(vow_as_integer(vow_list_at(list, (size_t)i)), i);
    vow_release(list);
}

static void a_hundred_thousand_are_canceled(void **state)
{
    (void)state;
    make_children();
    vow_promise *all = vow_all(children, CHILDREN);
    vow_cancel(all);
    assert_raises(all, VOW_CANCELED);
    for (int i = 0; i < CHILDREN; i++)
        vow_deferred_release(makers[i]);
}

static void one_promise_is_gathered_a_hundred_thousand_times(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    for (int i = 0; i < CHILDREN; i++)
        children[i] = i == 0 ? made.promise[0] : vow_promise_retain(made.promise[0]);
    vow_promise *all = vow_all(children, CHILDREN);
    fire_number(&made, 0, 7);
    vow_value list = vow_await(all, VOW_FOREVER);
    assert_int_equal(vow_as_integer(vow_list_at(list, CHILDREN - 1)), 7);
    vow_release(list);
}

/* Each gathering is the only child of the next. */
static void *nest(void *context)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    for (int i = 0; i < CHILDREN; i++)
        promise = vow_race(&promise, 1);
    if (context != NULL)
        vow_cancel(promise);
    (void)vow_fire(deferred, vow_integer(1));
    vow_value value = vow_await(promise, VOW_FOREVER);
    require(context != NULL ? vow_error_is(value, VOW_CANCELED) : vow_as_integer(value) == 1);
    vow_release(value);
    return NULL;
}

static void gatherings_nest_in_constant_stack(void **state)
{
    (void)state;
    on_small_stack((size_t)256 * 1024, nest, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(a_cancel_of_the_result_cancels_each_promise),
        everywhere(a_canceller_that_fires_a_value_counts),
        everywhere(a_promise_that_somebody_else_holds_is_let_go),
        everywhere(a_promise_in_two_gatherings_is_canceled_with_the_last),
        everywhere(also_with_the_last_by_who_hears_progress),
        everywhere(a_promise_that_is_gathered_twice_is_canceled),
        everywhere(what_is_let_go_keeps_nothing),
        everywhere(a_cancel_after_the_end_does_nothing),
        everywhere(losers_go_on_where_nobody_asks_otherwise),
        everywhere(losers_are_canceled_where_asked),
        everywhere(a_winner_from_before_cancels_the_losers),
        everywhere(the_result_comes_when_the_losers_have_ended),
        everywhere(the_promise_that_a_told_job_gives_is_canceled),
        everywhere(a_hundred_thousand_come_one_by_one),
        everywhere(a_hundred_thousand_are_canceled),
        everywhere(one_promise_is_gathered_a_hundred_thousand_times),
        control_test(gatherings_nest_in_constant_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
