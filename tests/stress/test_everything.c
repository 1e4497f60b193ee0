/*
 * test_everything.c - all floors at once: threads that make promises at home on immediate, on loops, on pools and on a
 * scheduler that loses calls, do to them whatever can be done, and wait in every way there is, while jobs, coroutines,
 * locks and timers do the same, pools are resized, closed and replaced, and threads end with lines parked on them.
 *
 * Each thread draws what it does from numbers of its own; VOW_STRESS_SEED and VOW_STRESS_STEPS change them,
 * VOW_STRESS_SECONDS how long it takes. At the end every context was dropped once, every job that was taken ran or was
 * canceled once, every wait has come back, and as many objects and stacks live as before. A wait that does not come
 * back is found by a watch, which prints who waits for what. The parts lie in everything/.
 */
#include "control/control_testing.h"

#include "everything/everything.h"

#include "wait/stack.h"

enum { ACTORS = 3, SECONDS = 1 };

static int64_t act_until;
static long steps_taken;

/* On a thread of its own, so that what is kept per thread has gone when it is over. */
static void *whole(void *context)
{
    steps_taken = everything_at_once(ACTORS, act_until);
    return context;
}

static void whatever_is_done_at_once_every_call_and_context_ends_once(void **state)
{
    assert_ok(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE));
    uint32_t seed = (uint32_t)setting("VOW_STRESS_SEED", 2463534242);
    chance_begin(seed);
    int64_t seconds = setting("VOW_STRESS_SECONDS", SECONDS);
    alarm((unsigned)(seconds + longer(100 * SLOWER)));
    act_until = vow_now() + VOW_S(seconds);
    on_another_thread(whole, NULL);
    assert_objects((long)(intptr_t)*state); /* threads that are ending give back their last ones */
    size_t stacks = vow_stack_count();
    while (vow_stack_trim())
        continue;
    print_message("# seed %u: %ld steps, stacks %zu, %zu when trimmed, %zu of them kept\n", seed,
                  steps_taken, stacks, vow_stack_count(), vow_stack_kept());
    assert_int_equal(atomic_load(&faults), 0);
    assert_true(places_have_gone());
}

static int begin_everything(void **state)
{
    (void)vow_default_pool();
    long before = vow_live_objects();
    everything_warm_up();
    must(objects_come_to(before));
    return begin_control(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_is_done_at_once_every_call_and_context_ends_once,
                                        begin_everything, end_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
