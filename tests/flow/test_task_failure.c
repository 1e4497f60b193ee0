/*
 * test_task_failure.c - tasks that fail, or end before their source does.
 */
#include "flow/task_testing.h"

enum { N = 1000 };

static vow_reader *counted(const struct setting *setting, vow_source *source,
                           struct counting *counting, const vow_task_options *options)
{
    return add(setting, "counted", source,
               options != NULL && options->batch ? count_list : count_item, counting, options);
}

static void expect_user_error(vow_reader *reader)
{
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_USER);
    assert_int_equal(vow_error_status(vow_reader_error(reader)), VOW_USER);
}

static void the_lowest_item_that_fails_decides(void **state)
{
    const struct setting *setting = *state;
    struct counting late = {.fails_at = 900, .ends_at = -1},
                    early = {.fails_at = 300, .ends_at = -1};
    vow_reader *first = counted(setting, vow_source_range(0, N, 1), &late, NULL);
    vow_reader *reader = counted(setting, vow_source_reader(first), &early, NULL);
    expect_rest(reader, 0, 300);
    expect_user_error(reader);
    vow_reader_release(reader);
}

static void an_end_stops_the_chain_there(void **state)
{
    const struct setting *setting = *state;
    struct counting first_count = counting_zero, second_count = {.fails_at = -1, .ends_at = 500};
    vow_reader *first = counted(setting, vow_source_range(0, INT64_MAX, 1), &first_count, NULL);
    vow_reader *reader = counted(setting, vow_source_reader(first), &second_count, NULL);
    expect_rest(reader, 0, 500);
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_CLOSED);
    vow_reader_release(reader);
}

static void no_function_runs_any_more_when_reading_gives_the_error(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = {.fails_at = 700, .ends_at = -1};
    vow_task_options options = {.size = sizeof(options), .max_chunk = 3};
    vow_reader *reader = counted(setting, vow_source_range(0, N, 1), &counting, &options);
    expect_rest(reader, 0, 700);
    expect_user_error(reader);
    int64_t calls = counting.calls;
    for (int i = 0; i < 100; i++)
        (void)sched_yield();
    assert_int_equal(counting.calls, calls);
    vow_reader_release(reader);
}

/* What is called when a task ends, and whether the reader had been told by then. */
struct ending {
    struct counting counting;
    vow_reader *reader;
    _Atomic int calls, told;
};

static void note_end(void *context)
{
    struct ending *ending = context;
    ending->told += vow_reader_is_closed(ending->reader);
    ending->calls++;
}

static vow_value yield_until_closed(vow_value input, void *ending)
{
    (void)input;
    for (int64_t i = 0; !vow_is_error(vow_yield(vow_integer(i))); i++)
        continue;
    note_end(ending);
    return vow_none();
}

static vow_task *ending_task(struct ending *ending)
{
    const vow_task_options options = {.size = sizeof options, .drop = note_end};
    vow_coroutine *coroutine = vow_coroutine_new(yield_until_closed, ending);
    return vow_task_new("ends", vow_source_coroutine(coroutine), count_item, ending, &options);
}

/* The reader is told, or will be: what ends the task was called before. */
static void expect_end(struct ending *ending, vow_status status)
{
    vow_value item;
    while (ending->calls != 2)
        (void)sched_yield();
    assert_int_equal(ending->told, 0);
    assert_int_equal(vow_read(ending->reader, VOW_FOREVER, &item), status);
    vow_reader_release(ending->reader);
}

static void the_source_and_the_context_have_gone_when_reading_gives_the_error(void **state)
{
    const struct setting *setting = *state;
    struct ending ending = {.counting = {.fails_at = 5, .ends_at = -1}};
    ending.reader = vow_pool_add_task(setting->pool, ending_task(&ending));
    expect_rest(ending.reader, 0, 5);
    expect_end(&ending, VOW_USER);
}

static void the_source_and_the_context_of_a_removed_task_have_gone_when_reading_gives_closed(
    void **state)
{
    const struct setting *setting = *state;
    struct ending ending = {.counting = counting_zero};
    vow_task *task = ending_task(&ending);
    ending.reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    expect_numbers(ending.reader, 0, 1);
    assert_int_equal(vow_pool_remove_task(setting->pool, task), VOW_OK);
    expect_end(&ending, VOW_CLOSED);
    vow_task_release(task);
}

/* Its reader goes: whether the source had gone before the context, and the context. */
struct leaving {
    bool source_has_gone, in_order;
    _Atomic bool context_has_gone;
};

static vow_value yield_on(vow_value input, void *context)
{
    struct leaving *leaving = context;
    (void)input;
    for (int64_t i = 0; !vow_is_error(vow_yield(vow_integer(i))); i++)
        continue;
    leaving->source_has_gone = true;
    return vow_none();
}

static void note_leaving(void *context)
{
    struct leaving *leaving = context;
    leaving->in_order = leaving->source_has_gone;
    leaving->context_has_gone = true;
}

static vow_value pass_on(vow_value item, void *context)
{
    (void)context;
    return item;
}

static void the_source_goes_before_the_context_when_the_reader_goes(void **state)
{
    const struct setting *setting = *state;
    struct leaving leaving = {.source_has_gone = false};
    const vow_task_options options = {.size = sizeof options, .drop = note_leaving};
    vow_source *source = vow_source_coroutine(vow_coroutine_new(yield_on, &leaving));
    vow_reader *reader = add(setting, "leaves", source, pass_on, &leaving, &options);
    expect_numbers(reader, 0, 1);
    vow_reader_release(reader);
    while (!leaving.context_has_gone)
        (void)sched_yield();
    assert_true(leaving.in_order);
}

static void a_list_that_fails_gives_the_lists_before_it(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = {.fails_at = 25, .ends_at = -1};
    vow_task_options options = {.size = sizeof(options), .max_chunk = 10, .batch = true};
    vow_reader *reader = counted(setting, vow_source_range(0, N, 1), &counting, &options);
    expect_rest(reader, 0, 20);
    expect_user_error(reader);
    vow_reader_release(reader);
}

static vow_value not_a_list(vow_value list, void *context)
{
    (void)list;
    (void)context;
    return vow_integer(1);
}

static void a_function_that_works_on_lists_has_to_give_one(void **state)
{
    const struct setting *setting = *state;
    vow_task_options options = {.size = sizeof(options), .batch = true};
    vow_reader *reader =
        add(setting, "wrong", vow_source_range(0, N, 1), not_a_list, NULL, &options);
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_INVALID);
    assert_string_equal(vow_last_error(),
                        "task wrong: its function works on lists, and gave no list");
    vow_reader_release(reader);
}

/* Of a list of one number: it, twice, with a skip between; and behind 2 what `context` says. */
static vow_value twice_each(vow_value list, void *context)
{
    vow_value first = vow_list_at(list, 0), result = vow_list_new(4);
    const vow_value *last = context;
    require(vow_list_append(result, first) == VOW_OK);
    require(vow_list_append(result, vow_skip()) == VOW_OK);
    require(vow_list_append(result, first) == VOW_OK);
    if (vow_as_integer(first) == 2)
        require(vow_list_append(result, vow_borrow(*last)) == VOW_OK);
    return vow_promise_value(vow_succeeded(result));
}

/* 0, 0, 1, 1, 2, 2, and then `last`. */
static vow_reader *each_twice_until(const struct setting *setting, vow_value *last)
{
    const vow_task_options options = {.size = sizeof options, .max_chunk = 1, .batch = true};
    vow_reader *reader =
        add(setting, "twice", vow_source_range(0, N, 1), twice_each, last, &options);
    vow_value item;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
        assert_int_equal(vow_as_integer(item), i / 2);
    }
    return reader;
}

static void a_list_may_be_promised_and_may_skip_and_end(void **state)
{
    vow_value last = vow_end();
    vow_reader *reader = each_twice_until(*state, &last);
    expect_rest(reader, 0, 0);
    vow_reader_release(reader);
}

static void an_error_in_a_list_comes_after_the_items_before_it(void **state)
{
    vow_value last = vow_fail(VOW_USER, "in the list");
    vow_reader *reader = each_twice_until(*state, &last);
    expect_user_error(reader);
    vow_reader_release(reader);
    vow_release(last);
}

static vow_value rejected_at_40(vow_value input, void *context)
{
    (void)context;
    if (vow_as_integer(input) == 40)
        return vow_promise_value(vow_failed(vow_fail(VOW_USER, "rejected")));
    return vow_promise_value(vow_succeeded(input));
}

static void a_promise_that_is_rejected_fails_its_item(void **state)
{
    const struct setting *setting = *state;
    vow_reader *reader =
        add(setting, "promises", vow_source_range(0, N, 1), rejected_at_40, NULL, NULL);
    expect_rest(reader, 0, 40);
    expect_user_error(reader);
    vow_reader_release(reader);
}

static vow_value source_fails_at_10(vow_value input, void *context)
{
    int64_t *next = context;
    (void)input;
    return *next < 10 ? vow_integer((*next)++) : vow_fail(VOW_USER, "the source fails");
}

static void a_source_that_fails_gives_the_items_before(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    int64_t next = 0;
    vow_reader *reader =
        counted(setting, vow_source_function(source_fails_at_10, &next), &counting, NULL);
    expect_rest(reader, 0, 10);
    expect_user_error(reader);
    vow_reader_release(reader);
}

static void counted_items_behind_a_failure_are_released(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = {.fails_at = -1, .ends_at = -1};
    vow_value texts[200];
    long live = vow_live_objects();
    for (int i = 0; i < 200; i++)
        texts[i] = i == 100 ? vow_integer(-7) : vow_text_format("%d", i);
    counting.fails_at = -7;
    vow_source *source = vow_source_array(texts, 200);
    for (int i = 0; i < 200; i++)
        vow_release(texts[i]);
    vow_reader *reader = counted(setting, source, &counting, NULL);
    vow_value all = vow_read_all(reader, VOW_FOREVER);
    assert_int_equal(vow_list_count(all), 100);
    vow_release(all);
    expect_user_error(reader);
    vow_reader_release(reader);
    assert_objects(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(the_lowest_item_that_fails_decides),
        at_all_sizes(an_end_stops_the_chain_there),
        at_all_sizes(no_function_runs_any_more_when_reading_gives_the_error),
        at_all_sizes(the_source_and_the_context_have_gone_when_reading_gives_the_error),
        at_all_sizes(
            the_source_and_the_context_of_a_removed_task_have_gone_when_reading_gives_closed),
        at_all_sizes(the_source_goes_before_the_context_when_the_reader_goes),
        at_all_sizes(a_list_that_fails_gives_the_lists_before_it),
        at_all_sizes(a_function_that_works_on_lists_has_to_give_one),
        at_all_sizes(a_list_may_be_promised_and_may_skip_and_end),
        at_all_sizes(an_error_in_a_list_comes_after_the_items_before_it),
        at_all_sizes(a_promise_that_is_rejected_fails_its_item),
        at_all_sizes(a_source_that_fails_gives_the_items_before),
        at_all_sizes(counted_items_behind_a_failure_are_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
