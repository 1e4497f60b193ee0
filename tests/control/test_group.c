/*
 * test_group.c - groups: what is begun inside one has ended when it ends.
 */
#include "control/place_testing.h"

#include <vow/delay.h>
#include <vow/group.h>
#include <vow/line.h>
#include <vow/submit.h>

enum { BAD = VOW_USER, WORSE };

static _Atomic int ran;
static _Atomic int saw_cancel;

static vow_group *group_new(void)
{
    atomic_store(&ran, 0);
    atomic_store(&saw_cancel, 0);
    vow_group *group = vow_group_new(NULL);
    assert_non_null(group);
    return group;
}

static vow_value run(vow_value input, void *context)
{
    (void)context;
    atomic_fetch_add(&ran, 1);
    return input;
}

static vow_value wait_for_cancel(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep_until(VOW_FOREVER);
    if (vow_canceled())
        atomic_fetch_add(&saw_cancel, 1);
    atomic_fetch_add(&ran, 1);
    return vow_canceled() ? vow_fail(VOW_CANCELED, "told to end") : input;
}

static _Atomic int begun;

static vow_value announce_and_wait(vow_value input, void *context)
{
    atomic_fetch_add(&begun, 1);
    return wait_for_cancel(input, context);
}

/* Begins `count` members that wait; they have begun on return. */
static void spawn_waiting(vow_group *group, int count)
{
    atomic_store(&begun, 0);
    for (int i = 0; i < count; i++)
        assert_ok(vow_group_spawn(group, announce_and_wait, vow_text("input"), NULL));
    while (atomic_load(&begun) < count)
        vow_release(vow_await(vow_delay(VOW_US(50), vow_none()), VOW_FOREVER));
}

/* Ends --------------------------------------------------------------------------------------------------------------- */

static void a_group_ends_when_all_members_have_ended(void **state)
{
    (void)state;
    vow_group *group = group_new();
    for (int i = 0; i < 20; i++)
        assert_ok(vow_group_spawn(group, run, vow_text("input"), NULL));
    assert_gives_text(vow_group_close(group), "none");
    assert_int_equal(ran, 20);
    assert_ok(vow_group_free(group));
}

static void a_group_without_members_ends_at_its_close(void **state)
{
    (void)state;
    vow_group *group = group_new();
    assert_gives_text(vow_group_close(group), "none");
    assert_ok(vow_group_free(group));
}

static void an_open_group_without_members_goes_on(void **state)
{
    (void)state;
    vow_group *group = group_new();
    assert_ok(vow_group_add(group, vow_succeeded(vow_integer(1))));
    assert_ok(vow_group_add(group, vow_succeeded(vow_integer(2))));
    assert_int_equal(vow_group_count(group), 0);
    assert_gives_text(vow_group_close(group), "none");
    assert_ok(vow_group_free(group));
}

static void promises_are_members_too(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_group *group = group_new();
    assert_ok(vow_group_add(group, made.promise[0]));
    assert_ok(vow_group_add(group, made.promise[1]));
    vow_promise *end = vow_group_close(group);
    fire_number(&made, 0, 1);
    assert_pending(end);
    fire(made.deferred[1], vow_text("released"));
    assert_gives_text(end, "none");
    assert_ok(vow_group_free(group));
}

static vow_value spawn_another(vow_value depth, void *context)
{
    atomic_fetch_add(&ran, 1);
    if (vow_as_integer(depth) > 0)
        (void)vow_group_spawn(context, spawn_another, vow_integer(vow_as_integer(depth) - 1),
                              context);
    return vow_none();
}

static void members_begin_members_after_the_close(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_group *group = group_new();
    assert_ok(vow_group_add(group, made.promise[0]));
    vow_promise *end = vow_group_close(group);
    assert_ok(vow_group_spawn(group, spawn_another, vow_integer(10), group));
    fire_number(&made, 0, 1);
    assert_gives_text(end, "none");
    assert_int_equal(ran, 11);
    assert_ok(vow_group_free(group));
}

static void a_group_that_has_ended_takes_no_more(void **state)
{
    (void)state;
    vow_group *group = group_new();
    assert_gives_text(vow_group_close(group), "none");
    assert_int_equal(vow_group_spawn(group, run, vow_text("input"), NULL), VOW_CLOSED);
    assert_sentence("vow_group_spawn: group has ended");
    assert_int_equal(vow_group_add(group, vow_succeeded(vow_none())), VOW_CLOSED);
    assert_ok(vow_group_free(group));
}

/* Errors ------------------------------------------------------------------------------------------------------------- */

static void an_only_error_is_given_as_it_is(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_group *group = group_new();
    assert_ok(vow_group_add(group, made.promise[0]));
    fire_error(&made, 0, BAD);
    assert_gives_text(vow_group_close(group), "error(1000: promise 0)");
    assert_ok(vow_group_free(group));
}

static void the_first_error_cancels_the_rest(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_group *group = group_new();
    spawn_waiting(group, 3);
    assert_ok(vow_group_add(group, made.promise[0]));
    vow_promise *end = vow_group_close(group);
    fire_error(&made, 0, BAD);
    assert_gives_text(end, "error(1000: promise 0)");
    assert_int_equal(saw_cancel, 3);
    assert_true(vow_group_is_canceled(group));
    assert_ok(vow_group_free(group));
}

static void errors_are_gathered_in_their_order(void **state)
{
    (void)state;
    struct promises made = promises_new(3);
    struct vow_grouping stubborn = {.size = sizeof stubborn, .keep_going = true};
    vow_group *group = vow_group_new(&stubborn);
    for (size_t i = 0; i < 3; i++)
        assert_ok(vow_group_add(group, made.promise[i]));
    vow_promise *end = vow_group_close(group);
    fire_error(&made, 2, WORSE);
    fire_number(&made, 1, 1);
    fire_error(&made, 0, BAD);
    assert_false(vow_group_is_canceled(group));
    vow_value error = vow_await(end, VOW_FOREVER);
    assert_true(vow_error_is(error, BAD));
    assert_prints(error, "error(1001: vow_group: 2 members failed; caused by "
                         "[error(1001: promise 2), error(1000: promise 0)])");
    assert_ok(vow_group_free(group));
}

static void fail_when_canceled(void *deferred)
{
    (void)vow_resolve(deferred, vow_fail(WORSE, "while it was canceled"));
}

static void what_fails_otherwise_while_it_is_canceled_is_gathered_too(void **state)
{
    (void)state;
    struct promises made = promises_new(2);
    vow_group *group = group_new();
    assert_ok(vow_set_canceller(made.deferred[1], fail_when_canceled, made.deferred[1], NULL));
    assert_ok(vow_group_add(group, made.promise[0]));
    assert_ok(vow_group_add(group, made.promise[1]));
    fire_error(&made, 0, BAD);
    assert_gives_text(vow_group_close(group),
                      "error(1000: vow_group: 2 members failed; caused by "
                      "[error(1000: promise 0), error(1001: while it was canceled)])");
    vow_deferred_release(made.deferred[1]);
    assert_ok(vow_group_free(group));
}

static void an_error_that_nobody_looks_at_is_reported_once(void **state)
{
    (void)state;
    vow_group *group = group_new();
    assert_ok(vow_group_add(group, vow_failed(vow_fail(BAD, "bad"))));
    assert_ok(vow_group_free(group));
    (void)vow_run_pending();
    while (atomic_load(&unhandled) == 0)
        (void)sched_yield();
    assert_int_equal(unhandled, 1);
    assert_int_equal(unhandled_status, BAD);
}

/* Cancels ------------------------------------------------------------------------------------------------------------ */

static void a_cancel_of_the_group_ends_its_members(void **state)
{
    (void)state;
    vow_group *group = group_new();
    spawn_waiting(group, 3);
    vow_group_cancel(group);
    assert_gives_text(vow_group_close(group), "error(CANCELED: vow_group: canceled)");
    assert_int_equal(saw_cancel, 3);
    assert_ok(vow_group_free(group));
}

static void a_cancel_of_its_end_cancels_the_group(void **state)
{
    (void)state;
    vow_group *group = group_new();
    spawn_waiting(group, 2);
    vow_promise *end = vow_group_close(group);
    vow_cancel(end);
    assert_raises(end, VOW_CANCELED);
    assert_int_equal(ran, 2);
    assert_ok(vow_group_free(group));
}

static void a_timeout_of_its_end_cancels_the_group(void **state)
{
    (void)state;
    vow_group *group = group_new();
    spawn_waiting(group, 2);
    assert_raises(vow_timeout(vow_group_close(group), vow_after(VOW_MS(1))), VOW_TIMED_OUT);
    assert_int_equal(ran, 2);
    assert_ok(vow_group_free(group));
}

static void a_canceled_group_takes_no_more(void **state)
{
    (void)state;
    struct promises made = promises_new(1);
    vow_group *group = group_new();
    vow_group_cancel(group);
    assert_int_equal(vow_group_spawn(group, run, vow_text("input"), NULL), VOW_CANCELED);
    assert_int_equal(vow_group_add(group, made.promise[0]), VOW_CANCELED);
    assert_sentence("vow_group_add: group was canceled");
    assert_true(vow_deferred_fired(made.deferred[0]));
    assert_gives_text(vow_group_close(group), "none");
    assert_int_equal(ran, 0);
    vow_deferred_release(made.deferred[0]);
    assert_ok(vow_group_free(group));
}

static void members_that_were_done_before_the_cancel_are_done(void **state)
{
    (void)state;
    vow_group *group = group_new();
    assert_ok(vow_group_add(group, vow_succeeded(vow_integer(1))));
    vow_group_cancel(group);
    assert_gives_text(vow_group_close(group), "none");
    assert_ok(vow_group_free(group));
}

static void its_deadline_cancels_the_group(void **state)
{
    (void)state;
    struct vow_grouping brief = {.size = sizeof brief, .deadline = vow_after(VOW_MS(2))};
    atomic_store(&ran, 0);
    vow_group *group = vow_group_new(&brief);
    vow_status status = vow_group_spawn(group, wait_for_cancel, vow_none(), NULL);
    if (status == VOW_OK) {
        assert_gives_text(vow_group_close(group),
                          "error(TIMED_OUT: vow_group: the deadline passed first)");
    } else { /* it has passed before there was a member */
        assert_int_equal(status, VOW_CANCELED);
        assert_gives_text(vow_group_close(group), "none");
    }
    assert_ok(vow_group_free(group));
}

static void a_group_in_time_forgets_its_deadline(void **state)
{
    (void)state;
    struct vow_grouping patient = {.size = sizeof patient, .deadline = vow_after(VOW_S(1000))};
    vow_group *group = vow_group_new(&patient);
    assert_ok(vow_group_spawn(group, run, vow_none(), NULL));
    assert_gives_text(vow_group_close(group), "none");
    assert_ok(vow_group_free(group));
}

static void free_ends_what_is_left(void **state)
{
    (void)state;
    vow_group *group = group_new();
    spawn_waiting(group, 3);
    assert_ok(vow_group_free(group));
    assert_int_equal(ran, 3);
}

static vow_value free_from_inside(vow_value input, void *context)
{
    require(vow_group_free(context) == VOW_INVALID);
    require(strstr(vow_last_error(), "from one of the group's members") != NULL);
    return input;
}

static void a_member_cannot_free_its_group(void **state)
{
    (void)state;
    vow_group *group = group_new();
    assert_ok(vow_group_spawn(group, free_from_inside, vow_none(), group));
    assert_gives_text(vow_group_close(group), "none");
    assert_ok(vow_group_free(group));
}

/* A group in a job: the job is canceled, and with it the group that it waits for. */
static vow_value run_group(vow_value input, void *context)
{
    (void)context;
    vow_group *group = vow_group_new(NULL);
    for (int i = 0; i < 3; i++)
        (void)vow_group_spawn(group, announce_and_wait, vow_none(), NULL);
    vow_value ended = vow_await(vow_group_close(group), VOW_FOREVER);
    require(vow_error_is(ended, VOW_CANCELED));
    vow_release(ended);
    require(vow_group_free(group) == VOW_OK);
    require(atomic_load(&ran) == 3);
    return input;
}

static void a_canceled_job_leaves_no_members_behind(void **state)
{
    (void)state;
    atomic_store(&ran, 0);
    atomic_store(&begun, 0);
    vow_promise *job = vow_spawn(NULL, run_group, vow_integer(1), NULL);
    while (atomic_load(&begun) < 3)
        vow_release(vow_await(vow_delay(VOW_US(50), vow_none()), VOW_FOREVER));
    vow_cancel(job);
    assert_gives(job, 1);
}

/* Many, and bad input ------------------------------------------------------------------------------------------------ */

enum { CROWD = 100000 };

static void a_hundred_thousand_members_are_canceled(void **state)
{
    (void)state;
    static vow_deferred *makers[CROWD];
    vow_group *group = group_new();
    for (int i = 0; i < CROWD; i++) {
        vow_promise *promise;
        makers[i] = vow_deferred_new(&promise);
        assert_ok(vow_group_add(group, promise));
    }
    assert_int_equal(vow_group_count(group), CROWD);
    vow_group_cancel(group);
    assert_raises(vow_group_close(group), VOW_CANCELED);
    for (int i = 0; i < CROWD; i++)
        vow_deferred_release(makers[i]);
    assert_ok(vow_group_free(group));
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    struct vow_grouping unset = {.size = 1};
    vow_group *group = group_new();
    assert_null(vow_group_new(&unset));
    assert_sentence("vow_group_new: grouping->size is 1");
    assert_int_equal(vow_group_spawn(NULL, run, vow_text("input"), NULL), VOW_INVALID);
    assert_sentence("vow_group_spawn: group is NULL");
    assert_int_equal(vow_group_spawn(group, NULL, vow_text("input"), NULL), VOW_INVALID);
    assert_sentence("vow_group_spawn: fn is NULL");
    assert_int_equal(vow_group_add(group, NULL), VOW_INVALID);
    assert_sentence("vow_group_add: promise is NULL");
    assert_int_equal(vow_group_add(NULL, vow_succeeded(vow_text("input"))), VOW_INVALID);
    assert_sentence("vow_group_add: group is NULL");
    assert_raises(vow_group_close(NULL), VOW_INVALID);
    vow_group_cancel(NULL);
    assert_ok(vow_group_free(NULL));
    assert_ok(vow_group_free(group));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        everywhere(a_group_ends_when_all_members_have_ended),
        everywhere(a_group_without_members_ends_at_its_close),
        everywhere(an_open_group_without_members_goes_on),
        everywhere(promises_are_members_too),
        everywhere(members_begin_members_after_the_close),
        everywhere(a_group_that_has_ended_takes_no_more),
        everywhere(an_only_error_is_given_as_it_is),
        everywhere(the_first_error_cancels_the_rest),
        everywhere(errors_are_gathered_in_their_order),
        everywhere(what_fails_otherwise_while_it_is_canceled_is_gathered_too),
        everywhere(an_error_that_nobody_looks_at_is_reported_once),
        everywhere(a_cancel_of_the_group_ends_its_members),
        everywhere(a_cancel_of_its_end_cancels_the_group),
        everywhere(a_timeout_of_its_end_cancels_the_group),
        everywhere(a_canceled_group_takes_no_more),
        everywhere(members_that_were_done_before_the_cancel_are_done),
        everywhere(its_deadline_cancels_the_group),
        everywhere(a_group_in_time_forgets_its_deadline),
        everywhere(free_ends_what_is_left),
        everywhere(a_member_cannot_free_its_group),
        everywhere(a_canceled_job_leaves_no_members_behind),
        everywhere(a_hundred_thousand_members_are_canceled),
        everywhere(what_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
