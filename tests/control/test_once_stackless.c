/*
 * test_once_stackless.c - what is done once, where there is one stack and not a second.
 */
#include "control/park_testing.h"

#include "control/canceller.h"

#include <vow/once.h>

static void note_cancel(void *context)
{
    atomic_store((_Atomic bool *)context, true);
}

struct work {
    vow_once once;
    struct gate gate;
};

static vow_value begin_work(vow_value input, void *context)
{
    struct work *work = context;
    (void)input;
    return vow_promise_value(vow_promise_retain(work->gate.promise));
}

static vow_value run_once(vow_value input, void *context)
{
    struct work *work = context;
    (void)input;
    return vow_integer(vow_once_run(&work->once, begin_work, work, VOW_FOREVER));
}

/* Only its maker opens the gate, and cannot as long as its stack is lent. */
static void a_run_that_cannot_wait_does_not_hold_its_maker(void **state)
{
    (void)state;
    _Atomic bool canceled = false;
    vow_pool *pool = pool_of(0);
    struct only_stack only = take_only_stack();
    struct work work = {.once = VOW_ONCE_INIT, .gate = gate_new()};
    assert_ok(vow_set_patient_canceller(work.gate.deferred, note_cancel, &canceled, NULL));
    vow_promise *run = vow_submit(vow_pool_scheduler(pool), run_once, vow_none(), &work);
    assert_int_equal(await_integer(run), VOW_LIMIT);
    assert_true(canceled);
    assert_false(vow_once_is_done(&work.once));
    gate_open(&work.gate);
    gate_end(&work.gate);
    give_only_stack(&only);
    free_pool(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {park_test(a_run_that_cannot_wait_does_not_hold_its_maker)};
    if (setenv("VOW_STACKS_MOST", "1", 1) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
