/*
 * test_fork_signals.c - fork(2): the child has nothing to do with the signals that its parent waits for.
 */
#include "fork_testing.h"

static bool comes_early;

static void die_of_it(void)
{
    (void)raise(SIGTERM);
    _exit(3);
}

/* As far as `loop` has looked: it has looked when it hears what was sent later. */
static bool has_heard(vow_loop *loop, vow_promise *promise)
{
    vow_value value;
    vow_promise *later = vow_signal(loop, SIGURG);
    CHECK(raise(SIGURG) == 0);
    CHECK(vow_as_integer(vow_await(later, VOW_FOREVER)) == SIGURG);
    return vow_wait(promise, vow_after(0), &value) != VOW_TIMED_OUT;
}

static void hears_nothing_of(void (*child)(void), int end)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(loop, SIGTERM);
    CHECK_PROCESS(child, end);
    CHECK(!has_heard(loop, heard));
    CHECK(raise(SIGTERM) == 0);
    CHECK(vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGTERM);
    CHECK(vow_loop_free(loop) == VOW_OK);
}

static void default_action_body(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(loop, SIGTERM);
    CHECK_PROCESS(die_of_it, -SIGTERM);
    vow_promise_release(heard);
    CHECK(vow_loop_free(loop) == VOW_OK);
}
test_in_process(child_dies_of_a_signal_that_its_parent_waits_for, default_action_body);

static void childs_signal_body(void)
{
    hears_nothing_of(die_of_it, -SIGTERM);
}
test_in_process(parent_does_not_hear_a_signal_of_its_child, childs_signal_body);

static void hear_it(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(loop, SIGTERM);
    CHECK(raise(SIGTERM) == 0);
    CHECK(vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGTERM);
    CHECK(vow_loop_free(loop) == VOW_OK);
}

static void hear_and_die(void)
{
    hear_it();
    hears_nothing_of(die_of_it, -SIGTERM);
    die_of_it();
}

static void both_hear_body(void)
{
    hears_nothing_of(hear_it, 0);
    hears_nothing_of(hear_and_die, -SIGTERM);
}
test_in_process(child_and_parent_each_hear_their_own_signals, both_hear_body);

/* The first thing in the child, of those that are done before fork returns there. */
static void raise_early(void)
{
    if (comes_early)
        (void)raise(SIGTERM);
}

static void not_reached(void)
{
    _exit(4);
}

static void early_body(void)
{
    CHECK(pthread_atfork(NULL, NULL, raise_early) == 0);
    comes_early = true;
    hears_nothing_of(not_reached, -SIGTERM);
}
test_in_process(parent_does_not_hear_a_signal_that_comes_while_its_child_begins, early_body);

/* As programs do that want to hear of nothing while they fork. */

static sigset_t blocked_before;

static void block_one(void)
{
    sigset_t one;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGUSR1);
    CHECK(pthread_sigmask(SIG_BLOCK, &one, &blocked_before) == 0);
}

static void block_as_before(void)
{
    CHECK(pthread_sigmask(SIG_SETMASK, &blocked_before, NULL) == 0);
}

static void be_open(void)
{
    sigset_t blocked;
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0);
    CHECK(sigismember(&blocked, SIGUSR1) == 0);
}

static void admit_one(void)
{
    sigset_t one;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGUSR1);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &one, NULL) == 0);
}

static void be_all_open(void)
{
    sigset_t blocked;
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0);
    for (int number = 1; number < NSIG; number++)
        CHECK(sigismember(&blocked, number) != 1);
}

static void all_open_body(void)
{
    CHECK(pthread_atfork(block_one, admit_one, admit_one) == 0);
    hears_nothing_of(be_all_open, 0);
}
test_in_process(a_handler_that_opens_its_child_to_one_signal_leaves_it_open_to_all, all_open_body);

static void open_body(void)
{
    CHECK(pthread_atfork(block_one, block_as_before, block_as_before) == 0);
    hears_nothing_of(be_open, 0);
}
test_in_process(what_a_child_was_opened_to_by_its_programs_handlers_stays_open, open_body);

static void open_and_raise(void)
{
    block_as_before();
    raise_early();
}

static void opened_early_body(void)
{
    CHECK(vow_loop_free(vow_loop_new(NULL)) == VOW_OK);
    CHECK(pthread_atfork(block_one, block_as_before, open_and_raise) == 0);
    comes_early = true;
    hears_nothing_of(not_reached, -SIGTERM);
}
test_in_process(parent_does_not_hear_what_comes_when_a_handler_opens_its_child, opened_early_body);

static void *hear_elsewhere(void *context)
{
    struct other *other = context;
    other->loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(other->loop, SIGTERM);
    atomic_store(&other->ready, true);
    CHECK(vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGTERM);
    CHECK(vow_loop_free(other->loop) == VOW_OK);
    return NULL;
}

static void others_signal_body(void)
{
    struct other other = {.loop = NULL};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, hear_elsewhere, &other) == 0);
    while (!atomic_load(&other.ready))
        (void)sched_yield();
    hears_nothing_of(hear_and_die, -SIGTERM);
    CHECK(pthread_join(thread, NULL) == 0);
}
test_in_process(child_dies_of_a_signal_that_another_thread_waits_for, others_signal_body);

static void recorded_body(void)
{
    CHECK(setenv("VOW_DEBUG", "ledger", 1) == 0);
    default_action_body();
}
test_in_process(child_dies_of_a_signal_also_where_a_ledger_is_kept, recorded_body);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_dies_of_a_signal_that_its_parent_waits_for),
        cmocka_unit_test(parent_does_not_hear_a_signal_of_its_child),
        cmocka_unit_test(child_and_parent_each_hear_their_own_signals),
        cmocka_unit_test(parent_does_not_hear_a_signal_that_comes_while_its_child_begins),
        cmocka_unit_test(a_handler_that_opens_its_child_to_one_signal_leaves_it_open_to_all),
        cmocka_unit_test(what_a_child_was_opened_to_by_its_programs_handlers_stays_open),
        cmocka_unit_test(parent_does_not_hear_what_comes_when_a_handler_opens_its_child),
        cmocka_unit_test(child_dies_of_a_signal_that_another_thread_waits_for),
        cmocka_unit_test(child_dies_of_a_signal_also_where_a_ledger_is_kept),
    };
    if (!children_can_be_tested())
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
