/*
 * Sources: what each kind gives, through a task that passes it on, in pools of any size.
 */
#include "flow/task_testing.h"

static vow_reader *passing(const struct setting *setting, vow_source *source)
{
    return add(setting, "passes", source, NULL, NULL, NULL);
}

/* Reads all, and expects the numbers `first`, `first + step`, … */
static void expect_steps(vow_reader *reader, int64_t first, int64_t step, size_t count)
{
    vow_value all = vow_read_all(reader, VOW_FOREVER);
    assert_int_equal(vow_list_count(all), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(vow_as_integer(vow_list_at(all, i)),
                         (int64_t)((uint64_t)first + i * (uint64_t)step));
    vow_release(all);
    vow_reader_release(reader);
}

/* Reads until the error, which has `status`, after the numbers below `count`. */
static void expect_failure(vow_reader *reader, size_t count, vow_status status)
{
    vow_value item;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
        assert_int_equal(vow_as_integer(item), i);
    }
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), status);
    assert_int_equal(vow_error_status(vow_reader_error(reader)), status);
    vow_reader_release(reader);
}

/* Functions --------------------------------------------------------------------------------------------------------- */

struct giving {
    int64_t next, end, fails_at;
    bool skips, promises;
};

static vow_value give_next(vow_value input, void *context)
{
    struct giving *giving = context;
    (void)input;
    int64_t number = giving->next++;
    if (number == giving->fails_at)
        return vow_fail(VOW_USER, "number %d fails", (int)number);
    if (number >= giving->end)
        return vow_end();
    if (giving->skips && number % 2 != 0)
        return vow_skip();
    if (giving->promises)
        return vow_promise_value(vow_succeeded(vow_integer(number)));
    return vow_integer(number);
}

static void a_function_gives_items_until_the_end(void **state)
{
    struct giving giving = {.end = 100, .fails_at = -1};
    expect_steps(passing(*state, vow_source_function(give_next, &giving)), 0, 1, 100);
}

static void a_function_is_called_only_for_what_is_read(void **state)
{
    struct giving giving = {.end = 100, .fails_at = -1};
    vow_reader *reader = passing(*state, vow_source_function(give_next, &giving));
    expect_numbers(reader, 0, 7);
    assert_int_equal(giving.next, 7);
    vow_reader_release(reader);
}

static void a_function_that_skips_is_called_again(void **state)
{
    struct giving giving = {.end = 100, .fails_at = -1, .skips = true};
    expect_steps(passing(*state, vow_source_function(give_next, &giving)), 0, 2, 50);
}

static void promises_of_a_function_are_waited_for(void **state)
{
    struct giving giving = {.end = 100, .fails_at = -1, .promises = true};
    expect_steps(passing(*state, vow_source_function(give_next, &giving)), 0, 1, 100);
}

static void a_function_that_fails_at_once_gives_no_item(void **state)
{
    struct giving giving = {.end = 100, .fails_at = 0};
    expect_failure(passing(*state, vow_source_function(give_next, &giving)), 0, VOW_USER);
}

static void a_function_that_fails_after_half_gives_that_half(void **state)
{
    struct giving giving = {.end = 100, .fails_at = 50};
    expect_failure(passing(*state, vow_source_function(give_next, &giving)), 50, VOW_USER);
}

/* Arrays and lists -------------------------------------------------------------------------------------------------- */

static void an_array_gives_its_items_and_shares_them(void **state)
{
    vow_value items[] = {vow_text("a"), vow_integer(1), vow_none(), vow_text("b")};
    vow_reader *reader = passing(*state, vow_source_array(items, 4));
    vow_value all = vow_read_all(reader, VOW_FOREVER);
    assert_int_equal(vow_list_count(all), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(vow_value_equal(vow_list_at(all, i), items[i]));
        vow_release(items[i]);
    }
    vow_release(all);
    vow_reader_release(reader);
}

static void what_of_an_array_is_not_read_is_released(void **state)
{
    vow_value items[] = {vow_text("a"), vow_text("b"), vow_text("c")}, item;
    vow_reader *reader = passing(*state, vow_source_array(items, 3));
    for (size_t i = 0; i < 3; i++)
        vow_release(items[i]);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
    vow_release(item);
    vow_reader_release(reader);
}

static void an_empty_array_ends_at_once(void **state)
{
    expect_steps(passing(*state, vow_source_array(NULL, 0)), 0, 1, 0);
}

static void a_list_gives_its_items(void **state)
{
    vow_value list = vow_list_new(0);
    for (int64_t i = 0; i < 20; i++)
        assert_int_equal(vow_list_append(list, vow_integer(i)), VOW_OK);
    expect_steps(passing(*state, vow_source_list(list)), 0, 1, 20);
}

/* Ranges ------------------------------------------------------------------------------------------------------------ */

static void a_range_goes_up_and_down(void **state)
{
    expect_steps(passing(*state, vow_source_range(3, 14, 5)), 3, 5, 3);
    expect_steps(passing(*state, vow_source_range(14, 3, -5)), 14, -5, 3);
    expect_steps(passing(*state, vow_source_range(3, 3, 1)), 0, 0, 0);
    expect_steps(passing(*state, vow_source_range(3, 14, -1)), 0, 0, 0);
}

static void the_widest_ranges_do_not_overflow(void **state)
{
    const int64_t quarter = INT64_MAX / 2;
    expect_steps(passing(*state, vow_source_range(INT64_MIN, INT64_MAX, INT64_MAX)), INT64_MIN,
                 INT64_MAX, 3);
    vow_reader *reader = passing(*state, vow_source_range(INT64_MAX - 2, INT64_MAX, quarter));
    expect_numbers(reader, INT64_MAX - 2, 1);
    expect_rest(reader, 0, 0);
    vow_reader_release(reader);
    reader = passing(*state, vow_source_range(INT64_MAX, INT64_MIN, INT64_MIN));
    expect_numbers(reader, INT64_MAX, 1);
    expect_numbers(reader, -1, 1);
    expect_rest(reader, 0, 0);
    vow_reader_release(reader);
}

static void a_range_as_wide_as_numbers_are_begins_at_once(void **state)
{
    vow_reader *reader = passing(*state, vow_source_range(INT64_MIN, INT64_MAX, 1));
    expect_numbers(reader, INT64_MIN, 5);
    vow_reader_release(reader);
}

/* Coroutines -------------------------------------------------------------------------------------------------------- */

static vow_value yield_numbers(vow_value input, void *context)
{
    const struct giving *giving = context;
    vow_release(input);
    for (int64_t i = 0; i < giving->end; i++) {
        if (i == giving->fails_at)
            return vow_fail(VOW_USER, "number %d fails", (int)i);
        vow_value sent = vow_yield(giving->skips && i % 2 != 0 ? vow_skip() : vow_integer(i));
        if (vow_is_error(sent))
            return sent;
    }
    return vow_integer(-1);
}

static vow_source *coroutine_of(struct giving *giving)
{
    return vow_source_coroutine(vow_coroutine_new(yield_numbers, giving));
}

static void a_coroutine_gives_what_it_yields_and_not_what_it_returns(void **state)
{
    struct giving giving = {.end = 50, .fails_at = -1};
    expect_steps(passing(*state, coroutine_of(&giving)), 0, 1, 50);
}

static void skips_of_a_coroutine_are_left_out(void **state)
{
    struct giving giving = {.end = 50, .fails_at = -1, .skips = true};
    expect_steps(passing(*state, coroutine_of(&giving)), 0, 2, 25);
}

static void a_coroutine_that_fails_ends_with_its_error(void **state)
{
    struct giving at_once = {.end = 50, .fails_at = 0}, later = {.end = 50, .fails_at = 25};
    expect_failure(passing(*state, coroutine_of(&at_once)), 0, VOW_USER);
    expect_failure(passing(*state, coroutine_of(&later)), 25, VOW_USER);
}

static void a_coroutine_that_is_not_read_to_the_end_is_closed(void **state)
{
    struct giving giving = {.end = 50, .fails_at = -1};
    vow_reader *reader = passing(*state, coroutine_of(&giving));
    expect_numbers(reader, 0, 3);
    vow_reader_release(reader);
}

/* Channels ---------------------------------------------------------------------------------------------------------- */

static vow_reader *channel_of_numbers(int64_t count, vow_status status)
{
    vow_writer *writer;
    vow_reader *reader;
    assert_int_equal(vow_channel_new(VOW_UNBOUNDED, NULL, &writer, &reader), VOW_OK);
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(vow_write(writer, vow_integer(i), VOW_FOREVER), VOW_OK);
    if (status != VOW_OK)
        assert_int_equal(vow_writer_fail(writer, vow_fail(status, "no more")), VOW_OK);
    vow_writer_release(writer);
    return reader;
}

static void a_channel_gives_what_is_written_to_it(void **state)
{
    expect_steps(passing(*state, vow_source_reader(channel_of_numbers(30, VOW_OK))), 0, 1, 30);
}

static void a_channel_that_was_closed_by_an_error_fails(void **state)
{
    expect_failure(passing(*state, vow_source_reader(channel_of_numbers(0, VOW_USER))), 0,
                   VOW_USER);
    expect_failure(passing(*state, vow_source_reader(channel_of_numbers(9, VOW_USER))), 9,
                   VOW_USER);
}

/* Users' own -------------------------------------------------------------------------------------------------------- */

struct own {
    int64_t next, end;
    size_t most; /* items that it gives at once */
    bool fails;
    int drops;
};

static vow_value pull_own(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    struct own *own = self;
    size_t done = 0;
    while (done < count && done < own->most && own->next < own->end)
        items[done++] = vow_integer(own->next++);
    *ret_count = done;
    if (own->next < own->end)
        return vow_none();
    return own->fails ? vow_fail(VOW_USER, "no more") : vow_end();
}

static void drop_own(void *self)
{
    ((struct own *)self)->drops++;
}

/* Once the pool has nothing to do any more. */
static void expect_dropped(const struct setting *setting, const struct own *own)
{
    assert_int_equal(vow_pool_close(setting->pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    assert_int_equal(own->drops, 1);
}

static const struct vow_source_ops own_ops = {
    .size = sizeof own_ops, .pull = pull_own, .drop = drop_own};

static void a_source_of_ones_own_may_give_fewer_than_asked(void **state)
{
    struct own own = {.end = 100, .most = 3};
    vow_reader *reader = passing(*state, vow_source_new(&own_ops, &own));
    expect_numbers(reader, 0, 10);
    expect_rest(reader, 10, 90);
    vow_reader_release(reader);
    expect_dropped(*state, &own);
}

static void a_source_of_ones_own_may_give_items_and_an_error(void **state)
{
    struct own own = {.end = 50, .most = 100, .fails = true};
    expect_failure(passing(*state, vow_source_new(&own_ops, &own)), 50, VOW_USER);
    expect_dropped(*state, &own);
}

static void a_source_of_ones_own_that_is_not_wanted_any_more_is_dropped(void **state)
{
    struct own own = {.end = 50, .most = 100};
    vow_reader *reader = passing(*state, vow_source_new(&own_ops, &own));
    expect_numbers(reader, 0, 1);
    vow_reader_release(reader);
    expect_dropped(*state, &own);
}

static void the_task_of_a_source_that_fails_has_the_error(void **state)
{
    const struct setting *setting = *state;
    struct own own = {.fails = true};
    vow_task *task = vow_task_new("fails", vow_source_new(&own_ops, &own), NULL, NULL, NULL);
    expect_failure(vow_pool_add_task(setting->pool, vow_task_retain(task)), 0, VOW_USER);
    vow_value error = vow_task_error(task);
    assert_int_equal(vow_error_status(error), VOW_USER);
    vow_release(error);
    vow_task_release(task);
    expect_dropped(setting, &own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(a_function_gives_items_until_the_end),
        at_all_sizes(a_function_is_called_only_for_what_is_read),
        at_all_sizes(a_function_that_skips_is_called_again),
        at_all_sizes(promises_of_a_function_are_waited_for),
        at_all_sizes(a_function_that_fails_at_once_gives_no_item),
        at_all_sizes(a_function_that_fails_after_half_gives_that_half),
        at_all_sizes(an_array_gives_its_items_and_shares_them),
        at_all_sizes(what_of_an_array_is_not_read_is_released),
        at_all_sizes(an_empty_array_ends_at_once),
        at_all_sizes(a_list_gives_its_items),
        at_all_sizes(a_range_goes_up_and_down),
        at_all_sizes(the_widest_ranges_do_not_overflow),
        at_all_sizes(a_range_as_wide_as_numbers_are_begins_at_once),
        at_all_sizes(a_coroutine_gives_what_it_yields_and_not_what_it_returns),
        at_all_sizes(skips_of_a_coroutine_are_left_out),
        at_all_sizes(a_coroutine_that_fails_ends_with_its_error),
        at_all_sizes(a_coroutine_that_is_not_read_to_the_end_is_closed),
        at_all_sizes(a_channel_gives_what_is_written_to_it),
        at_all_sizes(a_channel_that_was_closed_by_an_error_fails),
        at_all_sizes(a_source_of_ones_own_may_give_fewer_than_asked),
        at_all_sizes(a_source_of_ones_own_may_give_items_and_an_error),
        at_all_sizes(a_source_of_ones_own_that_is_not_wanted_any_more_is_dropped),
        at_all_sizes(the_task_of_a_source_that_fails_has_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
