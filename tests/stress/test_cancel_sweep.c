/*
 * test_cancel_sweep.c - each scenario is canceled at its first point of suspension, its second, its third … on every place,
 * until it ends before it comes so far: nothing is lost, every drop function runs once, nothing hangs.
 *
 * Only in checked builds, which have the points (base/point.h). The scenarios lie in cancel_sweep/; VOW_SWEEP=name runs one
 * of them alone.
 */
#include "cancel_sweep/cancel_sweep.h"

#include "base/point.h"

static long all_points, all_runs, all_scenarios;

static void sweep_table(const struct scenario *table)
{
    const char *only = getenv("VOW_SWEEP");
    for (; table->name != NULL; table++) {
        if (only != NULL && strcmp(table->name, only) != 0)
            continue;
        struct sweep_result result = sweep(table);
        all_points += result.points;
        all_runs += result.runs;
        all_scenarios++;
        if (only != NULL)
            print_message("%s: %ld points\n", table->name, result.points);
        if (!result.balanced || (result.points == 0 && !vow_async_is_disabled()))
            fail_msg("%s: %s", table->name,
                     result.balanced ? "no point" : "something was left, or is not so");
    }
}

static void waits_lose_nothing_at_whatever_point_they_are_canceled(void **state)
{
    (void)state;
    sweep_table(scenarios_of_waits);
}

static void locks_are_free_at_whatever_point_who_waits_is_canceled(void **state)
{
    (void)state;
    sweep_table(scenarios_of_locks);
    sweep_table(scenarios_of_closed_locks);
    sweep_table(scenarios_of_promised_locks);
}

static void promises_lose_nothing_at_whatever_point_they_are_canceled(void **state)
{
    (void)state;
    sweep_table(scenarios_of_promises);
    sweep_table(scenarios_of_lists);
    sweep_table(scenarios_of_listeners);
}

static void streams_lose_no_item_at_whatever_point_they_are_canceled(void **state)
{
    (void)state;
    sweep_table(scenarios_of_streams);
    sweep_table(scenarios_of_channels);
    sweep_table(scenarios_of_sources);
}

static void coroutines_get_what_they_are_sent_at_whatever_point_they_are_canceled(void **state)
{
    (void)state;
    sweep_table(scenarios_of_coroutines);
}

static void places_end_at_whatever_point_who_uses_them_is_canceled(void **state)
{
    (void)state;
    sweep_table(scenarios_of_places);
}

static void a_fault_is_found(void **state)
{
    (void)state;
    (void)fprintf(stderr, "four faults are wanted:\n");
    sweep_patience = VOW_MS(200); /* what never comes is not to be waited for for long */
    for (const struct scenario *faulty = scenarios_with_faults; faulty->name != NULL; faulty++)
        assert_false(sweep(faulty).balanced);
    vow_release(faulty_token);
    print_message("%ld scenarios, %ld runs, %ld cancels\n", all_scenarios, all_runs, all_points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_lose_nothing_at_whatever_point_they_are_canceled),
        cmocka_unit_test(locks_are_free_at_whatever_point_who_waits_is_canceled),
        cmocka_unit_test(promises_lose_nothing_at_whatever_point_they_are_canceled),
        cmocka_unit_test(streams_lose_no_item_at_whatever_point_they_are_canceled),
        cmocka_unit_test(coroutines_get_what_they_are_sent_at_whatever_point_they_are_canceled),
        cmocka_unit_test(places_end_at_whatever_point_who_uses_them_is_canceled),
        cmocka_unit_test(a_fault_is_found),
    };
    (void)vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
