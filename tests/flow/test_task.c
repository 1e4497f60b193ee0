/*
 * Tasks: what reading from them computes, in pools of any size.
 */
#include "flow/task_testing.h"

static void every_item_goes_through_the_function(void **state)
{
    const struct setting *setting = *state;
    vow_reader *reader = add(setting, "power", vow_source_range(0, 10, 1), power, NULL, NULL);
    expect_squares(vow_read_all(reader, VOW_FOREVER), 10, 1);
    vow_reader_release(reader);
}

static void a_chain_of_two_tasks_gives_both_results(void **state)
{
    const struct setting *setting = *state;
    vow_reader *powers = add(setting, "power", vow_source_range(0, 10, 1), power, NULL, NULL);
    vow_reader *reader = add(setting, "mult", vow_source_reader(powers), twice, NULL, NULL);
    expect_squares(vow_read_all(reader, VOW_FOREVER), 10, 2);
    vow_reader_release(reader);
}

static void many_items_come_out_in_order(void **state)
{
    const struct setting *setting = *state;
    vow_reader *powers = add(setting, "power", vow_source_range(0, 100000, 1), power, NULL, NULL);
    vow_reader *reader = add(setting, "mult", vow_source_reader(powers), twice, NULL, NULL);
    expect_squares(vow_read_all(reader, VOW_FOREVER), 100000, 2);
    vow_reader_release(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(every_item_goes_through_the_function),
        at_all_sizes(a_chain_of_two_tasks_gives_both_results),
        at_all_sizes(many_items_come_out_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
