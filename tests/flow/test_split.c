/*
 * Tasks with several outputs: broadcast and partition.
 */
#include "flow/task_testing.h"

enum { MOST = 4 };

static const vow_split_options unbounded = {.size = sizeof unbounded, .bound = VOW_UNBOUNDED};

static vow_task *numbers(int64_t count, struct counting *counting)
{
    return vow_task_new("numbers", vow_source_range(0, count, 1),
                        counting != NULL ? count_item : NULL, counting, NULL);
}

static void broadcast(const struct setting *setting, vow_task *task, size_t count, size_t bound,
                      vow_reader **readers)
{
    vow_split_options options = {.size = sizeof options, .bound = bound};
    assert_int_equal(vow_pool_add_broadcast(setting->pool, task, count, &options, readers), VOW_OK);
}

static vow_value by_rest(vow_value item, void *count)
{
    return vow_integer(vow_as_integer(item) % (int64_t)(intptr_t)count);
}

/* By the rest of a division by `count`. */
static void partition(const struct setting *setting, vow_task *task, size_t count,
                      vow_reader **readers)
{
    assert_int_equal(vow_pool_add_partition(setting->pool, task, count, &unbounded, by_rest,
                                            number_as_context((int64_t)count), readers),
                     VOW_OK);
}

static void release(vow_reader **readers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        vow_reader_release(readers[i]);
}

/* A line that reads all, and expects the numbers `first`, `first + step`, … below `end`. */
struct line {
    pthread_t thread;
    vow_reader *reader;
    int64_t next, step, end;
    vow_value error;
};

static vow_value see(vow_value item, void *context)
{
    struct line *line = context;
    require(vow_as_integer(item) == line->next);
    line->next += line->step;
    return vow_none();
}

static void *read_line(void *context)
{
    struct line *line = context;
    line->error = vow_read_each(line->reader, see, line, VOW_FOREVER);
    require(line->next >= line->end && line->next < line->end + line->step);
    return NULL;
}

/* Reads all outputs at the same time: of a partition, output number i has each `step`-th item from i on. */
static void read_lines(vow_reader **readers, size_t count, int64_t end, bool parts)
{
    struct line lines[MOST];
    for (size_t i = 0; i < count; i++) {
        lines[i] = (struct line){.reader = readers[i],
                                 .next = parts ? (int64_t)i : 0,
                                 .step = parts ? (int64_t)count : 1,
                                 .end = end};
        lines[i].thread = start_thread(read_line, &lines[i]);
    }
    for (size_t i = 0; i < count; i++) {
        join_thread(lines[i].thread);
        assert_true(vow_is_none(lines[i].error));
        vow_reader_release(readers[i]);
    }
    assert_int_equal(requirements_failed, 0);
}

/* Broadcast --------------------------------------------------------------------------------------------------------- */

static void every_output_gets_every_item(void **state)
{
    vow_reader *readers[3];
    broadcast(*state, numbers(100, NULL), 3, 0, readers);
    for (int i = 0; i < 3; i++)
        expect_rest(readers[i], 0, 100);
    release(readers, 3);
}

static void nothing_is_computed_before_an_output_is_read(void **state)
{
    struct counting counting = counting_zero;
    vow_reader *readers[2];
    broadcast(*state, numbers(100, &counting), 2, 0, readers);
    assert_int_equal(counting.items, 0);
    release(readers, 2);
    assert_int_equal(counting.items, 0);
}

static void what_one_output_has_read_lies_in_the_others(void **state)
{
    struct counting counting = counting_zero;
    vow_reader *readers[2];
    broadcast(*state, numbers(100, &counting), 2, 0, readers);
    expect_numbers(readers[0], 0, 10);
    assert_int_equal(counting.items, 10);
    expect_numbers(readers[1], 0, 10);
    assert_int_equal(counting.items, 10);
    expect_numbers(readers[1], 10, 5);
    expect_numbers(readers[0], 10, 5);
    assert_int_equal(counting.items, 15);
    release(readers, 2);
}

/* A worker may still be about to hand over what another output has got already. */
static void await_buffered(const vow_task *task, size_t count)
{
    struct vow_task_counts counts = {.size = sizeof counts};
    do {
        (void)sched_yield();
        assert_int_equal(vow_task_count(task, &counts), VOW_OK);
    } while (counts.buffered != count);
}

static void as_many_are_buffered_as_lie_in_the_fullest_output(void **state)
{
    vow_reader *readers[2];
    vow_task *task = numbers(100, NULL);
    broadcast(*state, vow_task_retain(task), 2, 0, readers);
    expect_numbers(readers[0], 0, 10);
    await_buffered(task, 10);
    expect_numbers(readers[1], 0, 4);
    await_buffered(task, 6);
    release(readers, 2);
    vow_task_release(task);
}

static void lines_that_read_at_the_same_time_go_at_the_slowest_ones_pace(void **state)
{
    vow_reader *readers[3];
    broadcast(*state, numbers(3000, NULL), 3, 4, readers);
    read_lines(readers, 3, 3000, false);
}

static void a_full_output_stops_the_task(void **state)
{
    struct counting counting = counting_zero;
    vow_reader *readers[2];
    vow_value items[20];
    size_t count;
    broadcast(*state, numbers(100, &counting), 2, 8, readers);
    assert_int_equal(vow_read_many(readers[0], items, 8, VOW_FOREVER, &count), VOW_OK);
    assert_int_equal(count, 8);
    assert_int_equal(vow_read(readers[0], VOW_POLL, items), VOW_TIMED_OUT);
    assert_int_equal(counting.items, 8);
    expect_numbers(readers[1], 0, 3);
    assert_int_equal(vow_read_many(readers[0], items, 3, VOW_FOREVER, &count), VOW_OK);
    assert_int_equal(count, 3);
    assert_int_equal(counting.items, 11);
    release(readers, 2);
}

static void reading_an_output_by_promise_or_select_makes_room_too(void **state)
{
    vow_reader *readers[2];
    vow_value item;
    size_t index;
    broadcast(*state, numbers(100, NULL), 2, 1, readers);
    expect_numbers(readers[0], 0, 1);
    vow_promise *second = vow_read_promise(readers[0]);
    assert_int_equal(vow_state(second), VOW_PENDING);
    assert_int_equal(vow_as_integer(vow_await(vow_read_promise(readers[1]), VOW_FOREVER)), 0);
    assert_int_equal(vow_as_integer(vow_await(second, VOW_FOREVER)), 1);
    vow_promise *third = vow_read_promise(readers[0]);
    vow_case cases[] = {vow_case_read(readers[1])};
    assert_int_equal(vow_select(cases, 1, VOW_FOREVER, &index), VOW_OK);
    assert_int_equal(vow_as_integer(cases[0].value), 1);
    assert_int_equal(vow_wait(third, VOW_FOREVER, &item), VOW_OK);
    assert_int_equal(vow_as_integer(item), 2);
    vow_promise_release(third);
    release(readers, 2);
}

static void without_bound_one_output_may_be_read_wholly_before_the_next(void **state)
{
    vow_reader *readers[2];
    broadcast(*state, numbers(10000, NULL), 2, VOW_UNBOUNDED, readers);
    expect_rest(readers[0], 0, 10000);
    expect_rest(readers[1], 0, 10000);
    release(readers, 2);
}

static void boxes_are_shared_between_outputs(void **state)
{
    vow_value text = vow_text("shared");
    vow_reader *readers[3];
    vow_value item;
    vow_task *task = vow_task_new("text", vow_source_array(&text, 1), NULL, NULL, NULL);
    broadcast(*state, task, 3, 0, readers);
    for (int i = 0; i < 2; i++) { /* the third one's is released with its reader */
        assert_int_equal(vow_read(readers[i], VOW_FOREVER, &item), VOW_OK);
        assert_ptr_equal(vow_as_text(item), vow_as_text(text));
        vow_release(item);
    }
    vow_release(text);
    release(readers, 3);
}

static void an_output_that_has_gone_slows_nobody_down(void **state)
{
    vow_reader *readers[3];
    broadcast(*state, numbers(100, NULL), 3, 2, readers);
    expect_numbers(readers[0], 0, 2);
    vow_reader_release(readers[1]);
    assert_int_equal(vow_reader_close(readers[2]), VOW_OK);
    expect_rest(readers[0], 2, 98);
    vow_reader_release(readers[0]);
    vow_reader_release(readers[2]);
}

static vow_value read_rest(vow_value input, void *reader)
{
    (void)input;
    return vow_read_all(reader, VOW_FOREVER);
}

static void who_waits_for_room_goes_on_when_the_slow_output_goes(void **state)
{
    vow_reader *readers[2];
    broadcast(*state, numbers(100, NULL), 2, 2, readers);
    vow_pool *other = vow_pool_new(1, NULL);
    vow_promise *all = vow_submit(vow_pool_scheduler(other), read_rest, vow_none(), readers[0]);
    while (vow_reader_size(readers[1]) < 2)
        (void)sched_yield();
    vow_reader_release(readers[1]);
    vow_value list = vow_await(all, VOW_FOREVER);
    assert_int_equal(vow_list_count(list), 100);
    vow_release(list);
    vow_reader_release(readers[0]);
    assert_int_equal(vow_pool_free(other), VOW_OK);
}

static void the_task_goes_with_its_last_output(void **state)
{
    const struct setting *setting = *state;
    vow_reader *readers[3];
    vow_reader *above = add(setting, "above", vow_source_range(0, 100, 1), NULL, NULL, NULL);
    broadcast(setting, vow_task_new("split", vow_source_reader(above), NULL, NULL, NULL), 3, 0,
              readers);
    assert_int_equal(vow_tasks(setting->pool, NULL, 0), 2);
    expect_numbers(readers[1], 0, 5);
    release(readers, 2);
    assert_int_equal(vow_tasks(setting->pool, NULL, 0), 2);
    release(readers + 2, 1);
    while (vow_tasks(setting->pool, NULL, 0) != 0)
        (void)sched_yield();
}

static void an_error_reaches_all_outputs_after_the_items_before_it(void **state)
{
    struct counting counting = {.fails_at = 20, .ends_at = -1};
    vow_reader *readers[3];
    vow_value item;
    broadcast(*state, numbers(100, &counting), 3, 0, readers);
    for (int i = 0; i < 3; i++) {
        expect_rest(readers[i], 0, 20);
        assert_int_equal(vow_read(readers[i], VOW_FOREVER, &item), VOW_USER);
    }
    release(readers, 3);
}

static void tasks_may_go_on_from_the_outputs(void **state)
{
    const struct setting *setting = *state;
    vow_reader *readers[2];
    broadcast(setting, numbers(100, NULL), 2, 0, readers);
    vow_reader *squares = add(setting, "power", vow_source_reader(readers[0]), power, NULL, NULL);
    vow_reader *doubles = add(setting, "twice", vow_source_reader(readers[1]), twice, NULL, NULL);
    vow_reader *pairs = add(setting, "zip", vow_source_zip((vow_reader *[]){squares, doubles}, 2),
                            NULL, NULL, NULL);
    vow_value all = vow_read_all(pairs, VOW_FOREVER);
    assert_int_equal(vow_list_count(all), 100);
    for (size_t i = 0; i < 100; i++) {
        vow_value pair = vow_list_at(all, i);
        assert_int_equal(vow_as_integer(vow_list_at(pair, 0)), i * i);
        assert_int_equal(vow_as_integer(vow_list_at(pair, 1)), 2 * i);
    }
    vow_release(all);
    vow_reader_release(pairs);
}

static void removing_the_task_closes_all_outputs(void **state)
{
    const struct setting *setting = *state;
    vow_reader *readers[2];
    vow_value item;
    vow_task *task = numbers(100, NULL);
    broadcast(setting, vow_task_retain(task), 2, 0, readers);
    expect_numbers(readers[0], 0, 3);
    assert_int_equal(vow_pool_remove_task(setting->pool, task), VOW_OK);
    assert_int_equal(vow_read(readers[0], VOW_FOREVER, &item), VOW_CLOSED);
    expect_rest(readers[1], 0, 3);
    vow_task_release(task);
    release(readers, 2);
}

/* Partition --------------------------------------------------------------------------------------------------------- */

static void each_item_goes_where_it_is_sent(void **state)
{
    vow_reader *readers[4];
    partition(*state, numbers(1000, NULL), 4, readers);
    read_lines(readers, 4, 1000, true);
}

static void one_output_may_be_read_before_the_other(void **state)
{
    vow_reader *readers[2];
    partition(*state, numbers(100, NULL), 2, readers);
    for (int k = 1; k >= 0; k--) {
        vow_value all = vow_read_all(readers[k], VOW_FOREVER);
        assert_int_equal(vow_list_count(all), 50);
        for (size_t i = 0; i < 50; i++)
            assert_int_equal(vow_as_integer(vow_list_at(all, i)), 2 * i + (size_t)k);
        vow_release(all);
    }
    release(readers, 2);
}

/* At its first call, from an output that lags behind, or gets its first item late. */
struct looking_aside {
    vow_reader *other;
    size_t count;
};

static vow_value look_aside(vow_value item, void *context)
{
    struct looking_aside *aside = context;
    (void)item;
    for (; aside->count > 0; aside->count--) {
        vow_value other;
        assert_int_equal(vow_read(aside->other, VOW_FOREVER, &other), VOW_OK);
    }
    return vow_none();
}

static vow_value late_ones(vow_value item, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(item) >= 1000);
}

static vow_task *small_chunks(void)
{
    const vow_task_options options = {.size = sizeof options, .max_chunk = 4};
    return vow_task_new("numbers", vow_source_range(0, 1100, 1), NULL, NULL, &options);
}

static void who_waits_at_one_output_is_served_while_another_has_enough(void **state)
{
    const struct setting *setting = *state;
    vow_reader *readers[2];
    assert_int_equal(vow_pool_add_partition(setting->pool, small_chunks(), 2, &unbounded, late_ones,
                                            NULL, readers),
                     VOW_OK);
    struct looking_aside aside = {readers[1], 1};
    assert_true(vow_is_none(vow_read_each(readers[0], look_aside, &aside, VOW_FOREVER)));
    assert_int_equal(aside.count, 0);
    release(readers, 2);
}

static void who_waits_for_a_copy_is_served_while_another_output_has_enough(void **state)
{
    vow_reader *readers[2];
    broadcast(*state, small_chunks(), 2, VOW_UNBOUNDED, readers);
    struct looking_aside aside = {readers[1], 1000};
    assert_true(vow_is_none(vow_read_each(readers[0], look_aside, &aside, VOW_FOREVER)));
    assert_int_equal(aside.count, 0);
    release(readers, 2);
}

static void a_counted_read_computes_until_so_many_have_come(void **state)
{
    struct counting counting = counting_zero;
    vow_reader *readers[4];
    vow_value item;
    partition(*state, numbers(100, &counting), 4, readers);
    assert_int_equal(vow_read(readers[2], VOW_FOREVER, &item), VOW_OK);
    assert_int_equal(vow_as_integer(item), 2);
    assert_int_equal(counting.items, 3);
    assert_int_equal(vow_read(readers[0], VOW_FOREVER, &item), VOW_OK);
    assert_int_equal(counting.items, 3);
    release(readers, 4);
}

struct choosing {
    vow_value choice;
    int64_t at; /* for this item */
};

static vow_value choose(vow_value item, void *context)
{
    const struct choosing *choosing = context;
    return vow_as_integer(item) == choosing->at ? vow_retain(choosing->choice) : vow_integer(0);
}

/* Expects `count` numbers in output 0, and then `status`. */
static void expect_choice(const struct setting *setting, vow_value choice, size_t count,
                          vow_status status)
{
    struct choosing choosing = {choice, 10};
    vow_reader *readers[2];
    vow_value item;
    assert_int_equal(vow_pool_add_partition(setting->pool, numbers(20, NULL), 2, NULL, choose,
                                            &choosing, readers),
                     VOW_OK);
    vow_value all = vow_read_all(readers[0], VOW_FOREVER);
    assert_int_equal(vow_list_count(all), count);
    vow_release(all);
    for (int i = 0; i < 2; i++)
        assert_int_equal(vow_read(readers[i], VOW_FOREVER, &item), status);
    release(readers, 2);
    vow_release(choice);
}

static void who_chooses_may_skip_end_and_fail(void **state)
{
    expect_choice(*state, vow_skip(), 19, VOW_CLOSED);
    expect_choice(*state, vow_end(), 10, VOW_CLOSED);
    expect_choice(*state, vow_fail(VOW_USER, "no"), 10, VOW_USER);
    expect_choice(*state, vow_integer(2), 10, VOW_INVALID);
    expect_choice(*state, vow_integer(-1), 10, VOW_INVALID);
    expect_choice(*state, vow_text("what"), 10, VOW_INVALID);
}

static void items_for_an_output_that_has_gone_are_released(void **state)
{
    vow_reader *readers[2];
    partition(*state, numbers(100, NULL), 2, readers);
    vow_reader_release(readers[1]);
    vow_value all = vow_read_all(readers[0], VOW_FOREVER);
    assert_int_equal(vow_list_count(all), 50);
    vow_release(all);
    vow_reader_release(readers[0]);
}

/* Misuse ------------------------------------------------------------------------------------------------------------ */

static void wrong_arguments_are_refused(void **state)
{
    const struct setting *setting = *state;
    vow_split_options wrong = {.size = 1};
    vow_reader *readers[2];
    assert_int_equal(vow_pool_add_broadcast(setting->pool, NULL, 2, NULL, readers), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_add_broadcast: task is NULL");
    assert_int_equal(vow_pool_add_broadcast(setting->pool, numbers(1, NULL), 0, NULL, readers),
                     VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_add_broadcast: count is 0");
    assert_int_equal(vow_pool_add_broadcast(setting->pool, numbers(1, NULL), 2, NULL, NULL),
                     VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_add_broadcast: ret_readers is NULL");
    assert_int_equal(vow_pool_add_broadcast(setting->pool, numbers(1, NULL), 2, &wrong, readers),
                     VOW_INVALID);
    assert_int_equal(
        vow_pool_add_partition(setting->pool, numbers(1, NULL), 2, NULL, NULL, NULL, readers),
        VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_add_partition: choose is NULL");
    assert_int_equal(
        vow_pool_add_broadcast(setting->pool, numbers(1, NULL), SIZE_MAX, NULL, readers),
        VOW_NO_MEMORY);
}

static void a_task_that_is_in_a_pool_is_refused(void **state)
{
    const struct setting *setting = *state;
    vow_reader *readers[2], *others[2];
    vow_task *task = numbers(10, NULL);
    broadcast(setting, vow_task_retain(task), 2, 0, readers);
    assert_int_equal(vow_pool_add_broadcast(setting->pool, task, 2, NULL, others), VOW_INVALID);
    assert_string_equal(vow_last_error(),
                        "vow_pool_add_broadcast: task numbers is in a pool already");
    expect_rest(readers[1], 0, 10);
    release(readers, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(every_output_gets_every_item),
        at_all_sizes(nothing_is_computed_before_an_output_is_read),
        at_all_sizes(what_one_output_has_read_lies_in_the_others),
        at_all_sizes(as_many_are_buffered_as_lie_in_the_fullest_output),
        at_all_sizes(lines_that_read_at_the_same_time_go_at_the_slowest_ones_pace),
        at_all_sizes(a_full_output_stops_the_task),
        at_all_sizes(reading_an_output_by_promise_or_select_makes_room_too),
        at_all_sizes(without_bound_one_output_may_be_read_wholly_before_the_next),
        at_all_sizes(boxes_are_shared_between_outputs),
        at_all_sizes(an_output_that_has_gone_slows_nobody_down),
        at_all_sizes(who_waits_for_room_goes_on_when_the_slow_output_goes),
        at_all_sizes(the_task_goes_with_its_last_output),
        at_all_sizes(an_error_reaches_all_outputs_after_the_items_before_it),
        at_all_sizes(tasks_may_go_on_from_the_outputs),
        at_all_sizes(removing_the_task_closes_all_outputs),
        at_all_sizes(each_item_goes_where_it_is_sent),
        at_all_sizes(one_output_may_be_read_before_the_other),
        at_all_sizes(who_waits_at_one_output_is_served_while_another_has_enough),
        at_all_sizes(who_waits_for_a_copy_is_served_while_another_output_has_enough),
        at_all_sizes(a_counted_read_computes_until_so_many_have_come),
        at_all_sizes(who_chooses_may_skip_end_and_fail),
        at_all_sizes(items_for_an_output_that_has_gone_are_released),
        at_all_sizes(wrong_arguments_are_refused),
        at_all_sizes(a_task_that_is_in_a_pool_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
