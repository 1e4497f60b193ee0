/*
 * lock.c - rules of locks and semaphores whose turns are deferreds: DeferredLock, DeferredSemaphore, and their run().
 *
 * Most of them are rules of both, and are tried with a lock and with a semaphore of one token.
 */
#include "conformance/deferred/suite.h"

enum kind_of_lock { A_LOCK, A_SEMAPHORE, KINDS };

static struct lock *new_of_kind(int kind)
{
    return kind == A_LOCK ? mutex_new() : semaphore_new(1);
}

/* Runs `check` with a lock of each kind. */
static void with_each(void (*check)(struct lock *lock))
{
    for (int kind = A_LOCK; kind < KINDS; kind++) {
        struct lock *lock = new_of_kind(kind);
        check(lock);
        adapter_run_until_quiet();
        lock_free(lock);
    }
}

/* Taking turns ------------------------------------------------------------------------------------------------------------ */

static void check_free(struct lock *lock)
{
    struct deferred *turn = keep(lock_acquire(lock));
    adapter_run_until_quiet();
    expect(!deferred_is_pending(turn));
    expect_equal(lock_tokens(lock), 0);
    expect(lock_release(lock));
    expect_equal(lock_tokens(lock), 1);
}

static void what_is_free_is_had_at_once(void)
{
    with_each(check_free);
}

static void check_held(struct lock *lock)
{
    (void)keep(lock_acquire(lock));
    struct deferred *second = keep(lock_acquire(lock));
    expect_pending(second);
    expect(lock_release(lock));
    expect_nothing(second);
    expect_equal(lock_tokens(lock), 0);
    expect(lock_release(lock));
    expect_equal(lock_tokens(lock), 1);
}

static void what_is_held_is_waited_for(void)
{
    with_each(check_held);
}

static void check_order(struct lock *lock)
{
    struct deferred *turns[4];
    bool come[4];
    for (int i = 0; i < 4; i++)
        turns[i] = keep(lock_acquire(lock));
    for (int i = 0; i < 4; i++) {
        adapter_run_until_quiet();
        for (int j = 0; j < 4; j++)
            come[j] = !deferred_is_pending(turns[j]);
        expect(come[i] && (i == 3 || !come[i + 1]));
        expect(lock_release(lock));
    }
}

static void who_came_first_is_served_first(void)
{
    with_each(check_order);
}

static void a_semaphore_has_as_many_turns_at_a_time_as_tokens(void)
{
    struct lock *lock = semaphore_new(3);
    struct deferred *turns[4];
    for (int i = 0; i < 4; i++) {
        expect_equal(lock_tokens(lock), i < 3 ? 3 - i : 0);
        turns[i] = keep(lock_acquire(lock));
        adapter_run_until_quiet();
        expect(deferred_is_pending(turns[i]) == (i == 3));
    }
    expect(lock_release(lock));
    expect_nothing(turns[3]);
    expect_equal(lock_tokens(lock), 0);
    for (int i = 0; i < 3; i++)
        expect(lock_release(lock));
    expect_equal(lock_tokens(lock), 3);
    lock_free(lock);
}

static void releasing_a_lock_that_is_free_is_refused(void)
{
    struct lock *lock = mutex_new();
    expect(!lock_release(lock));
    lock_free(lock);
}

/* Cancels ------------------------------------------------------------------------------------------------------------------- */

static void check_cancel_of_turn(struct lock *lock)
{
    struct deferred *turn = keep(lock_acquire(lock));
    adapter_run_until_quiet();
    deferred_cancel(turn);
    expect_nothing(turn);
    expect_equal(lock_tokens(lock), 0);
    expect(lock_release(lock));
}

static void a_cancel_of_a_turn_that_has_come_changes_nothing(void)
{
    with_each(check_cancel_of_turn);
}

static void check_cancel_of_wait(struct lock *lock)
{
    (void)keep(lock_acquire(lock));
    struct deferred *second = keep(lock_acquire(lock));
    struct deferred *third = keep(lock_acquire(lock));
    deferred_cancel(second);
    expect_failure(second, CANCELED);
    expect(lock_release(lock));
    expect_nothing(third);
    expect(lock_release(lock));
    expect_equal(lock_tokens(lock), 1);
}

static void a_cancel_while_waiting_gives_the_place_to_those_behind(void)
{
    with_each(check_cancel_of_wait);
}

static void check_cancel_of_last(struct lock *lock)
{
    (void)keep(lock_acquire(lock));
    struct deferred *second = keep(lock_acquire(lock));
    deferred_cancel(second);
    deferred_cancel(second);
    expect_failure(second, CANCELED);
    expect(lock_release(lock));
    expect_equal(lock_tokens(lock), 1);
}

static void where_all_who_wait_are_canceled_it_becomes_free(void)
{
    with_each(check_cancel_of_last);
}

/* run() ------------------------------------------------------------------------------------------------------------------------ */

static struct lock *run_in; /* for the steps that look at it */

static struct result note_tokens(struct result input, void *context)
{
    note(lock_tokens(run_in));
    return context != NULL ? number((intptr_t)context) : input;
}

static void check_run(struct lock *lock)
{
    run_in = lock;
    struct deferred *d = keep(lock_run(lock, note_tokens, with(5)));
    expect_number(d, 5);
    expect_equal(lock_tokens(lock), 1);
}

static void run_calls_its_function_with_it_held_and_gives_what_that_gives(void)
{
    with_each(check_run);
    expect_notes(0, 0);
}

static void check_run_input(struct lock *lock)
{
    expect_nothing(keep(lock_run(lock, noting, NULL)));
}

static void the_function_of_run_gets_nothing(void)
{
    with_each(check_run_input);
    expect_notes(none_given, none_given);
}

static void check_run_waits(struct lock *lock)
{
    (void)keep(lock_acquire(lock));
    struct deferred *d = keep(lock_run(lock, giving, with(5)));
    expect_pending(d);
    expect(lock_release(lock));
    expect_number(d, 5);
    expect_equal(lock_tokens(lock), 1);
}

static void run_waits_for_its_turn(void)
{
    with_each(check_run_waits);
}

static void check_run_holds(struct lock *lock)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = keep(lock_run(lock, returning, inner));
    struct deferred *next = keep(lock_acquire(lock));
    expect_pending(d);
    expect_pending(next);
    callback(inner, 5);
    expect_number(d, 5);
    expect_nothing(next);
    expect(lock_release(lock));
}

static void run_holds_it_until_the_deferred_of_its_function_has_fired(void)
{
    with_each(check_run_holds);
}

static void check_run_released(struct lock *lock)
{
    run_in = lock;
    struct deferred *d = keep(lock_run(lock, giving, with(5)));
    add_callback(d, note_tokens, NULL);
    expect_number(d, 5);
}

static void what_is_added_to_a_run_comes_when_it_is_free_again(void)
{
    with_each(check_run_released);
    expect_notes(1, 1);
}

static void check_run_failure(struct lock *lock)
{
    expect_failure(keep(lock_run(lock, failing, with(BAD))), BAD);
    expect_equal(lock_tokens(lock), 1);
}

static void a_run_that_fails_releases_it(void)
{
    with_each(check_run_failure);
}

static void check_run_late_failure(struct lock *lock)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = keep(lock_run(lock, returning, inner));
    errback(inner, BAD);
    expect_failure(d, BAD);
    expect_equal(lock_tokens(lock), 1);
}

static void a_run_whose_deferred_fails_releases_it(void)
{
    with_each(check_run_late_failure);
}

static void check_run_canceled_before(struct lock *lock)
{
    (void)keep(lock_acquire(lock));
    struct deferred *d = keep(lock_run(lock, marking, with(1)));
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    expect(lock_release(lock));
    expect_equal(lock_tokens(lock), 1);
}

static void a_run_that_is_canceled_before_its_turn_never_runs(void)
{
    with_each(check_run_canceled_before);
    expect_no_notes();
}

static void check_run_canceled(struct lock *lock)
{
    struct deferred *inner = a_deferred();
    struct deferred *d = keep(lock_run(lock, returning, inner));
    expect_pending(d);
    deferred_cancel(d);
    expect_failure(d, CANCELED);
    expect_failure(inner, CANCELED);
    expect_equal(lock_tokens(lock), 1);
}

static void a_cancel_of_a_run_reaches_the_deferred_of_its_function_and_releases_it(void)
{
    with_each(check_run_canceled);
}

static void runs_of_a_semaphore_go_side_by_side_up_to_its_tokens(void)
{
    struct lock *lock = semaphore_new(2);
    struct deferred *inner[3];
    struct deferred *d[3];
    for (int i = 0; i < 3; i++) {
        inner[i] = a_deferred();
        d[i] = keep(lock_run(lock, returning, inner[i]));
    }
    adapter_run_until_quiet();
    expect_equal(lock_tokens(lock), 0);
    callback(inner[2], 3);
    expect_pending(d[2]);
    callback(inner[0], 1);
    expect_number(d[0], 1);
    expect_number(d[2], 3);
    callback(inner[1], 2);
    expect_number(d[1], 2);
    expect_equal(lock_tokens(lock), 2);
    lock_free(lock);
}

static const struct rule table[] = {
    RULE(what_is_free_is_had_at_once),
    RULE(what_is_held_is_waited_for),
    RULE(who_came_first_is_served_first),
    RULE(a_semaphore_has_as_many_turns_at_a_time_as_tokens),
    RULE(releasing_a_lock_that_is_free_is_refused),
    RULE(a_cancel_of_a_turn_that_has_come_changes_nothing),
    RULE(a_cancel_while_waiting_gives_the_place_to_those_behind),
    RULE(where_all_who_wait_are_canceled_it_becomes_free),
    RULE(run_calls_its_function_with_it_held_and_gives_what_that_gives),
    RULE(the_function_of_run_gets_nothing),
    RULE(run_waits_for_its_turn),
    RULE(run_holds_it_until_the_deferred_of_its_function_has_fired),
    RULE(what_is_added_to_a_run_comes_when_it_is_free_again),
    RULE(a_run_that_fails_releases_it),
    RULE(a_run_whose_deferred_fails_releases_it),
    RULE(a_run_that_is_canceled_before_its_turn_never_runs),
    RULE(a_cancel_of_a_run_reaches_the_deferred_of_its_function_and_releases_it),
    RULE(runs_of_a_semaphore_go_side_by_side_up_to_its_tokens),
};

const struct rules lock_rules = RULES("locks", table);
