/*
 * test_task_way.c - what a function gives for an item; how items are asked for; tasks that are asked, and removed.
 */
#include "flow/task_testing.h"

enum { N = 200 };

/* What functions give ------------------------------------------------------------------------------------------------- */

static vow_value odd_ones(vow_value input, void *context)
{
    (void)context;
    return vow_as_integer(input) % 2 == 0 ? vow_skip() : input;
}

static void a_skip_filters_and_a_read_gets_its_count_all_the_same(void **state)
{
    const struct setting *setting = *state;
    vow_reader *reader = add(setting, "odd", vow_source_range(0, N, 1), odd_ones, NULL, NULL);
    vow_value items[10];
    size_t count;
    assert_int_equal(vow_read_many(reader, items, 10, VOW_FOREVER, &count), VOW_OK);
    assert_int_equal(count, 10);
    for (int64_t i = 0; i < 10; i++)
        assert_int_equal(vow_as_integer(items[i]), 2 * i + 1);
    vow_reader_release(reader);
}

static vow_value nothing(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_none();
}

static void none_is_an_item(void **state)
{
    const struct setting *setting = *state;
    vow_reader *reader = add(setting, "none", vow_source_range(0, N, 1), nothing, NULL, NULL);
    vow_value all = vow_read_all(reader, VOW_FOREVER);
    assert_int_equal(vow_list_count(all), N);
    vow_release(all);
    vow_reader_release(reader);
}

static vow_value each_twice(vow_value list, void *context)
{
    (void)context;
    vow_value made = vow_list_new(2 * vow_list_count(list));
    for (size_t i = 0; i < vow_list_count(list); i++) {
        assert_int_equal(vow_list_append(made, vow_list_at(list, i)), VOW_OK);
        assert_int_equal(vow_list_append(made, vow_list_at(list, i)), VOW_OK);
    }
    return made;
}

static void lists_may_come_back_longer(void **state)
{
    const struct setting *setting = *state;
    vow_task_options options = {.size = sizeof(options), .max_chunk = 7, .batch = true};
    vow_reader *reader =
        add(setting, "twice", vow_source_range(0, N, 1), each_twice, NULL, &options);
    vow_value all = vow_read_all(reader, VOW_FOREVER);
    assert_int_equal(vow_list_count(all), 2 * N);
    for (size_t i = 0; i < 2 * N; i++)
        assert_int_equal(vow_as_integer(vow_list_at(all, i)), (int64_t)i / 2);
    vow_release(all);
    vow_reader_release(reader);
}

static vow_value answer_later(vow_value input, void *context)
{
    return vow_promise_value(vow_submit(context, power, input, NULL));
}

static void a_promise_holds_the_place_of_its_item(void **state)
{
    const struct setting *setting = *state;
    vow_pool *other = vow_pool_new(setting->size, NULL);
    vow_reader *reader = add(setting, "later", vow_source_range(0, N, 1), answer_later,
                             vow_pool_scheduler(other), NULL);
    expect_squares(vow_read_all(reader, VOW_FOREVER), N, 1);
    vow_reader_release(reader);
    assert_int_equal(vow_pool_free(other), VOW_OK);
}

static vow_value nap(vow_value input, void *context)
{
    (void)context;
    return vow_sleep(VOW_US(10)) == VOW_OK ? input : vow_none();
}

static void a_stage_may_wait(void **state)
{
    const struct setting *setting = *state;
    vow_reader *reader = add(setting, "nap", vow_source_range(0, 50, 1), nap, NULL, NULL);
    expect_rest(reader, 0, 50);
    vow_reader_release(reader);
}

static vow_value report_it(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_report(input));
}

static void a_stage_has_nobody_to_report_to(void **state)
{
    const struct setting *setting = *state;
    vow_reader *reader = add(setting, "report", vow_source_range(0, 3, 1), report_it, NULL, NULL);
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
    assert_int_equal(vow_as_integer(item), VOW_INVALID);
    vow_reader_release(reader);
}

static void texts_pass_through_stages_that_give_their_input(void **state)
{
    const struct setting *setting = *state;
    vow_value words[3] = {vow_text("one"), vow_text("two"), vow_text("three")};
    struct counting counting = {.fails_at = INT64_MAX, .ends_at = INT64_MAX};
    vow_source *source = vow_source_array(words, 3);
    for (int i = 0; i < 3; i++)
        vow_release(words[i]);
    vow_reader *reader = add(setting, "words", source, count_item, &counting, NULL);
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
    assert_string_equal(vow_as_text(item), "one");
    vow_release(item);
    vow_reader_release(reader); /* two are never asked for */
}

/* Ways to ask --------------------------------------------------------------------------------------------------------- */

static void reading_by_promise_asks_too(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *reader =
        add(setting, "numbers", vow_source_range(0, N, 1), count_item, &counting, NULL);
    assert_int_equal(vow_as_integer(vow_await(vow_read_promise(reader), VOW_FOREVER)), 0);
    assert_int_equal(vow_as_integer(vow_await(vow_read_promise(reader), VOW_FOREVER)), 1);
    assert_int_equal(counting.items, 2);
    vow_reader_release(reader);
}

static void a_select_asks_too(void **state)
{
    const struct setting *setting = *state;
    vow_reader *reader = add(setting, "numbers", vow_source_range(7, N, 1), NULL, NULL, NULL);
    vow_case cases[] = {vow_case_read(reader)};
    size_t index;
    assert_int_equal(vow_select(cases, 1, VOW_FOREVER, &index), VOW_OK);
    assert_int_equal(vow_as_integer(cases[0].value), 7);
    vow_reader_release(reader);
}

static void who_does_not_wait_asks_once_and_finds_it_later(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *reader =
        add(setting, "numbers", vow_source_range(0, N, 1), count_item, &counting, NULL);
    vow_value item;
    while (vow_read(reader, VOW_POLL, &item) == VOW_TIMED_OUT)
        (void)sched_yield();
    assert_int_equal(vow_as_integer(item), 0);
    assert_int_equal(counting.items, 1);
    vow_reader_release(reader);
}

static void who_does_not_wait_for_all_finds_it_later(void **state)
{
    const struct setting *setting = *state;
    int64_t next = 0;
    vow_reader *reader = add(setting, "numbers", vow_source_range(0, N, 1), NULL, NULL, NULL);
    for (int times = 0; next < N; times++) {
        vow_value all = vow_read_all(reader, VOW_POLL);
        assert_true(setting->size != 0 || times < N);
        for (size_t i = 0; i < vow_list_count(all); i++)
            assert_int_equal(vow_as_integer(vow_list_at(all, i)), next++);
        vow_release(all);
        (void)sched_yield();
    }
    vow_reader_release(reader);
}

static vow_value note_next(vow_value item, void *next)
{
    assert_int_equal(vow_as_integer(item), (*(int64_t *)next)++);
    return vow_none();
}

static void who_does_not_wait_for_each_finds_it_later(void **state)
{
    const struct setting *setting = *state;
    int64_t next = 0;
    vow_reader *reader = add(setting, "numbers", vow_source_range(0, N, 1), NULL, NULL, NULL);
    for (int times = 0; next < N; times++) {
        vow_release(vow_read_each(reader, note_next, &next, VOW_POLL));
        assert_true(setting->size != 0 || times < N);
        (void)sched_yield();
    }
    vow_reader_release(reader);
}

/* Tasks ----------------------------------------------------------------------------------------------------------------- */

static void a_task_says_what_it_has_done(void **state)
{
    const struct setting *setting = *state;
    struct vow_task_counts counts = {.size = sizeof(counts)};
    vow_task_options options = {
        .size = sizeof(options), .min_count = 20, .max_chunk = 10, .batch = true};
    struct counting counting = counting_zero;
    vow_task *task =
        vow_task_new("told", vow_source_range(0, N, 1), count_list, &counting, &options);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    expect_numbers(reader, 0, 5);
    expect_numbers(reader, 5, 15);
    assert_int_equal(vow_task_count(task, &counts), VOW_OK);
    assert_int_equal(counts.taken, 20);
    assert_int_equal(counts.given, 20);
    assert_int_equal(counts.calls, 2);
    assert_int_equal(counts.chunks, 2);
    assert_string_equal(vow_task_name(task), "told");
    assert_false(vow_task_is_done(task));
    vow_reader_release(reader);
    vow_task_release(task);
}

static void a_pool_says_which_tasks_it_has(void **state)
{
    const struct setting *setting = *state;
    vow_task *tasks[3] = {NULL};
    vow_reader *first = add(setting, "first", vow_source_range(0, N, 1), power, NULL, NULL);
    vow_reader *reader = add(setting, "second", vow_source_reader(first), twice, NULL, NULL);
    assert_int_equal(vow_tasks(setting->pool, tasks, 3), 2);
    assert_string_equal(vow_task_name(tasks[0]), "first");
    assert_string_equal(vow_task_name(tasks[1]), "second");
    vow_task_release(tasks[0]);
    vow_task_release(tasks[1]);
    vow_reader_release(reader);
}

static void a_removed_task_gives_what_lies_there_and_then_closed(void **state)
{
    const struct setting *setting = *state;
    vow_task_options options = {.size = sizeof(options), .min_count = 10};
    struct counting counting = counting_zero;
    vow_task *task =
        vow_task_new("gone", vow_source_range(0, N, 1), count_item, &counting, &options);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    expect_numbers(reader, 0, 1);
    while (counting.items < 10 || vow_reader_size(reader) < 9)
        (void)sched_yield();
    assert_int_equal(vow_pool_remove_task(setting->pool, task), VOW_OK);
    expect_rest(reader, 1, 9);
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_CLOSED);
    assert_int_equal(vow_pool_remove_task(setting->pool, task), VOW_OK);
    vow_task_release(task);
    vow_reader_release(reader);
}

static void a_task_that_nobody_reads_drops_its_context(void **state)
{
    const struct setting *setting = *state;
    drops = 0;
    vow_task_options options = {.size = sizeof(options), .drop = count_drop};
    vow_reader *reader = add(setting, "unread", vow_source_range(0, N, 1), power, NULL, &options);
    vow_reader_release(reader);
    assert_int_equal(drops, 1);
}

static void a_closed_pool_fails_its_tasks(void **state)
{
    const struct setting *setting = *state;
    vow_pool *pool = vow_pool_new(setting->size, NULL);
    vow_reader *reader =
        vow_pool_add_task(pool, vow_task_new("late", vow_source_range(0, N, 1), power, NULL, NULL));
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_CLOSED);
    assert_string_equal(vow_last_error(), "task late: its pool is closed");
    vow_reader_release(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(a_skip_filters_and_a_read_gets_its_count_all_the_same),
        at_all_sizes(none_is_an_item),
        at_all_sizes(lists_may_come_back_longer),
        at_all_sizes(a_promise_holds_the_place_of_its_item),
        at_all_sizes(a_stage_may_wait),
        at_all_sizes(a_stage_has_nobody_to_report_to),
        at_all_sizes(texts_pass_through_stages_that_give_their_input),
        at_all_sizes(reading_by_promise_asks_too),
        at_all_sizes(a_select_asks_too),
        at_all_sizes(who_does_not_wait_asks_once_and_finds_it_later),
        at_all_sizes(who_does_not_wait_for_all_finds_it_later),
        at_all_sizes(who_does_not_wait_for_each_finds_it_later),
        at_all_sizes(a_task_says_what_it_has_done),
        at_all_sizes(a_pool_says_which_tasks_it_has),
        at_all_sizes(a_removed_task_gives_what_lies_there_and_then_closed),
        at_all_sizes(a_task_that_nobody_reads_drops_its_context),
        at_all_sizes(a_closed_pool_fails_its_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
