/*
 * test_slow.c - the switch that takes the short ways away: whoever may wait lets others go first.
 */
#include "control/lock_testing.h"
#include "control/pool_of_one_testing.h"

#include <vow/channel.h>
#include <vow/debug.h>
#include <vow/event.h>
#include <vow/line.h>
#include <vow/mutex.h>
#include <vow/semaphore.h>
#include <vow/submit.h>

/* What a job does that needs not wait. */
struct easy {
    void (*act)(struct easy *easy);
    vow_promise *settled;
    vow_mutex mutex;
    vow_event event;
    vow_semaphore semaphore;
    vow_reader *reader;
    vow_writer *writer;
};

static vow_value note_other(vow_value input, void *context)
{
    (void)context;
    note(2);
    return input;
}

/* A job of the same worker, which is queued behind this one, has its turn in the middle of it. */
static vow_value act_before_other(vow_value input, void *context)
{
    struct easy *easy = context;
    vow_promise *other = vow_submit(scheduler, note_other, vow_none(), NULL);
    note(1);
    easy->act(easy);
    note(3);
    vow_promise_release(other);
    return input;
}

static void others_go_first(struct easy *easy)
{
    vow_value done =
        vow_await(vow_submit(scheduler, act_before_other, vow_none(), easy), VOW_FOREVER);
    vow_release(done);
    assert_logged(1, 2, 3);
}

static void wait_for_settled(struct easy *easy)
{
    require(vow_wait(easy->settled, VOW_FOREVER, NULL) == VOW_OK);
}

static void a_wait_for_what_has_settled_lets_others_go_first(void **state)
{
    (void)state;
    struct easy easy = {.act = wait_for_settled, .settled = vow_succeeded(vow_none())};
    others_go_first(&easy);
    vow_promise_release(easy.settled);
}

static void lock_free_mutex(struct easy *easy)
{
    require(vow_mutex_lock(&easy->mutex, VOW_FOREVER) == VOW_OK);
    require(vow_mutex_unlock(&easy->mutex) == VOW_OK);
}

static void locking_a_free_mutex_lets_others_go_first(void **state)
{
    (void)state;
    struct easy easy = {.act = lock_free_mutex};
    others_go_first(&easy);
}

static void wait_for_set_event(struct easy *easy)
{
    require(vow_event_wait(&easy->event, VOW_FOREVER) == VOW_OK);
}

static void waiting_for_an_event_that_is_set_lets_others_go_first(void **state)
{
    (void)state;
    struct easy easy = {.act = wait_for_set_event};
    assert_int_equal(vow_event_set(&easy.event), VOW_OK);
    others_go_first(&easy);
}

static void write_and_read(struct easy *easy)
{
    vow_value item;
    require(vow_write(easy->writer, vow_integer(5), VOW_FOREVER) == VOW_OK);
    require(vow_read(easy->reader, VOW_FOREVER, &item) == VOW_OK);
    require(vow_as_integer(item) == 5);
}

static void a_channel_that_has_room_lets_others_go_first(void **state)
{
    (void)state;
    struct easy easy = {.act = write_and_read};
    assert_int_equal(vow_channel_new(4, NULL, &easy.writer, &easy.reader), VOW_OK);
    others_go_first(&easy);
    vow_reader_release(easy.reader);
    vow_writer_release(easy.writer);
}

static void sleep_for_nothing(struct easy *easy)
{
    (void)easy;
    require(vow_sleep(0) == VOW_OK);
}

static void a_sleep_of_no_time_lets_others_go_first(void **state)
{
    (void)state;
    struct easy easy = {.act = sleep_for_nothing};
    others_go_first(&easy);
}

static vow_value poll_before_other(vow_value input, void *context)
{
    struct easy *easy = context;
    vow_promise *other = vow_submit(scheduler, note_other, vow_none(), NULL);
    require(vow_wait(easy->settled, VOW_POLL, NULL) == VOW_OK);
    require(vow_mutex_try_lock(&easy->mutex));
    require(vow_mutex_unlock(&easy->mutex) == VOW_OK);
    note(1);
    vow_promise_release(other);
    return input;
}

static void who_only_looks_goes_on_at_once(void **state)
{
    (void)state;
    struct easy easy = {.settled = vow_succeeded(vow_none())};
    vow_value done =
        vow_await(vow_submit(scheduler, poll_before_other, vow_none(), &easy), VOW_FOREVER);
    vow_release(done);
    free_the_pool();
    assert_logged(1, 2);
    vow_promise_release(easy.settled);
}

static void what_is_ready_is_taken_all_the_same(void **state)
{
    (void)state;
    vow_promise *settled = vow_succeeded(vow_integer(7));
    assert_int_equal(vow_as_integer(vow_await(settled, VOW_FOREVER)), 7);
}

static void the_switch_stays_once_something_was_made(void **state)
{
    (void)state;
    assert_int_equal(vow_set_slow(false), VOW_INVALID);
    assert_sentence("vow_set_slow: too late");
}

/* Locks of the system ------------------------------------------------------------------------------------------------ */

static char findings[512];

static void keep_finding(enum vow_report_kind kind, vow_value finding, void *context)
{
    (void)context;
    if (kind == VOW_REPORT_FINDING)
        (void)snprintf(findings, sizeof findings, "%s", vow_error_message(finding));
}

/* A job with a lock of the system's, and another line with none. */
static vow_value wait_with_lock(vow_value input, void *lock)
{
    vow_note_locked(lock);
    vow_note_locked(&findings);
    vow_note_unlocked(&findings);
    (void)vow_sleep(0);
    vow_note_unlocked(lock);
    return input;
}

static vow_value wait_without_lock(vow_value input, void *lock)
{
    vow_note_locked(lock);
    vow_note_unlocked(lock);
    (void)vow_sleep(0);
    return input;
}

static vow_value poll_with_lock(vow_value input, void *lock)
{
    vow_note_locked(lock);
    vow_promise *pending;
    vow_deferred *deferred = vow_deferred_new(&pending);
    (void)vow_wait(pending, VOW_POLL, NULL);
    vow_promise_release(pending);
    vow_deferred_release(deferred);
    vow_note_unlocked(lock);
    return input;
}

static const char *finding_of(vow_fn *fn, bool blocking)
{
    struct vow_job job = {
        .size = sizeof(job), .fn = fn, .context = &findings[1], .blocking = blocking};
    findings[0] = '\0';
    vow_set_report_hook(keep_finding, NULL);
    vow_release(vow_await(vow_submit_with(scheduler, &job), VOW_FOREVER));
    vow_set_report_hook(NULL, NULL);
    return findings;
}

static void a_wait_with_a_lock_of_the_system_s_held_is_a_finding(void **state)
{
    char wanted[128];
    (void)state;
    (void)snprintf(wanted, sizeof wanted,
                   "the job whose function is at %p of pool waits while it holds the system's lock "
                   "%p:",
                   (void *)(uintptr_t)wait_with_lock, (void *)&findings[1]);
    assert_ptr_equal(strstr(finding_of(wait_with_lock, false), wanted), findings);
}

static void a_wait_without_one_and_a_look_are_none(void **state)
{
    (void)state;
    assert_string_equal(finding_of(wait_without_lock, false), "");
    assert_string_equal(finding_of(poll_with_lock, false), "");
}

static void a_blocking_job_may_hold_it(void **state)
{
    (void)state;
    assert_string_equal(finding_of(wait_with_lock, true), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_of_one_test(a_wait_for_what_has_settled_lets_others_go_first),
        pool_of_one_test(locking_a_free_mutex_lets_others_go_first),
        pool_of_one_test(waiting_for_an_event_that_is_set_lets_others_go_first),
        pool_of_one_test(a_channel_that_has_room_lets_others_go_first),
        pool_of_one_test(a_sleep_of_no_time_lets_others_go_first),
        pool_of_one_test(who_only_looks_goes_on_at_once),
        pool_of_one_test(what_is_ready_is_taken_all_the_same),
        pool_of_one_test(a_wait_with_a_lock_of_the_system_s_held_is_a_finding),
        pool_of_one_test(a_wait_without_one_and_a_look_are_none),
        pool_of_one_test(a_blocking_job_may_hold_it),
        pool_of_one_test(the_switch_stays_once_something_was_made),
    };
    return vow_set_slow(true) == VOW_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
