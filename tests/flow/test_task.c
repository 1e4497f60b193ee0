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

static void a_chunk_that_is_streamed_has_max_chunk_items_at_most(void **state)
{
    const struct setting *setting = *state;
    const vow_task_options options = {.size = sizeof options, .max_chunk = 4};
    struct vow_task_counts counts = {.size = sizeof counts};
    vow_task *task = vow_task_new("power", vow_source_range(0, 1000, 1), power, NULL, &options);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    expect_squares(vow_read_all(reader, VOW_FOREVER), 1000, 1);
    assert_int_equal(vow_task_count(task, &counts), VOW_OK);
    assert_true(counts.chunks >= 1000 / 4);
    vow_reader_release(reader);
    vow_task_release(task);
}

struct seen {
    struct counting computed;
    int64_t read, most_ahead;
};

static vow_value see(vow_value item, void *context)
{
    struct seen *seen = context;
    int64_t ahead = seen->computed.items - seen->read++;
    if (ahead > seen->most_ahead)
        seen->most_ahead = ahead;
    return item;
}

static void without_workers_nothing_is_computed_ahead(void **state)
{
    const struct setting *setting = *state;
    const vow_task_options options = {.size = sizeof options, .max_chunk = 4};
    struct seen seen = {.computed = counting_zero};
    vow_reader *reader =
        add(setting, "count", vow_source_range(0, 100, 1), count_item, &seen.computed, &options);
    assert_true(vow_is_none(vow_read_each(reader, see, &seen, VOW_FOREVER)));
    assert_int_equal(seen.read, 100);
    if (setting->size == 0)
        assert_in_range(seen.most_ahead, 1, 4);
    vow_reader_release(reader);
}

static void reading_for_the_sake_of_the_task_awaits_its_end(void **state)
{
    struct seen seen = {.computed = counting_zero};
    vow_reader *reader =
        add(*state, "count", vow_source_range(0, 100, 1), count_item, &seen.computed, NULL);
    assert_true(vow_is_none(vow_read_each(reader, NULL, NULL, VOW_FOREVER)));
    assert_int_equal(seen.computed.items, 100);
    vow_reader_release(reader);
}

static vow_value promise_below_5(vow_value item, void *seen)
{
    ((struct seen *)seen)->read++;
    if (vow_as_integer(item) < 5)
        return vow_promise_value(vow_succeeded(power(item, NULL)));
    return vow_promise_value(vow_failed(vow_fail(VOW_USER, "no more")));
}

static void who_reads_each_item_waits_for_what_the_function_promises(void **state)
{
    struct seen seen = {.read = 0};
    vow_reader *reader = add(*state, "numbers", vow_source_range(0, 100, 1), NULL, NULL, NULL);
    vow_value error = vow_read_each(reader, promise_below_5, &seen, VOW_FOREVER);
    assert_int_equal(vow_error_status(error), VOW_USER);
    assert_int_equal(seen.read, 6);
    vow_release(error);
    vow_reader_release(reader);
}

static vow_value count_characters(vow_value text, void *sum)
{
    *(size_t *)sum += strlen(vow_as_text(text));
    return vow_none();
}

static void what_was_read_is_released_when_the_function_has_seen_it(void **state)
{
    size_t sum = 0;
    vow_value texts[] = {vow_text("one"), vow_text("three")};
    vow_reader *reader = add(*state, "texts", vow_source_array(texts, 2), NULL, NULL, NULL);
    assert_true(vow_is_none(vow_read_each(reader, count_characters, &sum, VOW_FOREVER)));
    assert_int_equal(sum, 8);
    vow_reader_release(reader);
    vow_release(texts[0]);
    vow_release(texts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(every_item_goes_through_the_function),
        at_all_sizes(a_chain_of_two_tasks_gives_both_results),
        at_all_sizes(many_items_come_out_in_order),
        at_all_sizes(a_chunk_that_is_streamed_has_max_chunk_items_at_most),
        at_all_sizes(without_workers_nothing_is_computed_ahead),
        at_all_sizes(reading_for_the_sake_of_the_task_awaits_its_end),
        at_all_sizes(who_reads_each_item_waits_for_what_the_function_promises),
        at_all_sizes(what_was_read_is_released_when_the_function_has_seen_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
