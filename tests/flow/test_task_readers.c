/*
 * Readers as sources of tasks: closed ones, hooked ones, and those that give what the task itself computes.
 */
#include "flow/task_testing.h"

#include <string.h>

static vow_reader *numbers(const struct setting *setting)
{
    return add(setting, "numbers", vow_source_range(0, 10, 1), NULL, NULL, NULL);
}

static vow_reader *below(const struct setting *setting, vow_reader *reader)
{
    return add(setting, "below", vow_source_reader(reader), NULL, NULL, NULL);
}

/* Closed ones ------------------------------------------------------------------------------------------------------- */

static void a_closed_reader_gives_a_task_nothing(void **state)
{
    vow_reader *reader = numbers(*state);
    assert_int_equal(vow_reader_close(reader), VOW_OK);
    reader = below(*state, reader);
    expect_rest(reader, 0, 0);
    vow_reader_release(reader);
}

static void a_reader_that_was_closed_after_a_read_gives_a_task_nothing_more(void **state)
{
    vow_reader *reader = numbers(*state);
    expect_numbers(reader, 0, 1);
    assert_int_equal(vow_reader_close(reader), VOW_OK);
    reader = below(*state, reader);
    expect_rest(reader, 0, 0);
    vow_reader_release(reader);
}

static void a_chain_with_a_closed_reader_in_it_gives_nothing(void **state)
{
    vow_reader *reader = below(*state, numbers(*state));
    assert_int_equal(vow_reader_close(reader), VOW_OK);
    reader = below(*state, reader);
    expect_rest(reader, 0, 0);
    vow_reader_release(reader);
}

/* Hooks ------------------------------------------------------------------------------------------------------------- */

struct filling {
    vow_writer *writer;
    int64_t next;
    int times;
};

/* Writes as much as is wanted, and closes after 10. */
static void fill(vow_reader *reader, size_t count, void *context)
{
    struct filling *filling = context;
    (void)reader;
    filling->times++;
    for (; count > 0 && filling->next < 10; count--)
        assert_int_equal(vow_write(filling->writer, vow_integer(filling->next++), VOW_FOREVER),
                         VOW_OK);
    if (filling->next == 10 && !vow_writer_is_closed(filling->writer))
        (void)vow_writer_close(filling->writer);
}

static vow_reader *filled(const struct setting *setting, struct filling *filling)
{
    vow_reader *reader;
    assert_int_equal(vow_channel_new(VOW_UNBOUNDED, NULL, &filling->writer, &reader), VOW_OK);
    (void)vow_reader_set_begin(reader, (vow_read_begin_hook){fill, filling});
    return below(setting, reader);
}

static void the_hook_of_a_source_is_called_for_who_reads_some(void **state)
{
    struct filling filling = {.next = 0};
    vow_reader *reader = filled(*state, &filling);
    expect_numbers(reader, 0, 3);
    assert_true(filling.times > 0);
    vow_reader_release(reader);
    vow_writer_release(filling.writer);
}

static void the_hook_of_a_source_is_called_for_who_reads_all(void **state)
{
    struct filling filling = {.next = 0};
    vow_reader *reader = filled(*state, &filling);
    expect_rest(reader, 0, 10);
    vow_reader_release(reader);
    vow_writer_release(filling.writer);
}

/* Rings ------------------------------------------------------------------------------------------------------------- */

struct ring {
    vow_reader *itself;
    vow_status found;
};

static vow_value read_itself(vow_value item, void *context)
{
    struct ring *ring = context;
    (void)item;
    ring->found = vow_read(ring->itself, VOW_FOREVER, &item);
    return ring->found == VOW_OK ? item : vow_fail(ring->found, "%s", vow_last_error());
}

static void expect_deadlock(vow_reader *reader, struct ring *ring)
{
    vow_value item;
    ring->itself = vow_reader_another(reader);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_DEADLOCK);
    assert_int_equal(ring->found, VOW_DEADLOCK);
    vow_value error = vow_reader_error(reader);
    assert_non_null(strstr(vow_error_message(error), "has to give first"));
    vow_reader_release(ring->itself);
    vow_reader_release(reader);
}

static void a_source_that_reads_what_its_task_gives_is_told_of_a_deadlock(void **state)
{
    struct ring ring = {.found = VOW_OK};
    expect_deadlock(add(*state, "ring", vow_source_function(read_itself, &ring), NULL, NULL, NULL),
                    &ring);
}

static void a_stage_that_reads_what_comes_after_it_is_told_of_a_deadlock(void **state)
{
    struct ring ring = {.found = VOW_OK};
    expect_deadlock(add(*state, "ring", vow_source_range(0, 10, 1), read_itself, &ring, NULL),
                    &ring);
}

/* Where a stage may read what earlier chunks have given: as many chunks are under way at most. */
enum { CHUNKS = 16, ROUNDS = 500 };

struct echo {
    vow_reader *itself;
    vow_deferred *ends;
    _Atomic int refused;
};

/* Looks again and again, so that items come at any moment of a look. */
static vow_status read_patiently(vow_reader *reader)
{
    vow_value item;
    vow_status status;
    do
        status = vow_read(reader, vow_after(1), &item);
    while (status == VOW_TIMED_OUT);
    return status;
}

/* Each of the first in CHUNKS items reads all that is before it, but for one item, which is left for who reads outside. */
static vow_value read_earlier(vow_value input, void *context)
{
    struct echo *echo = context;
    int64_t number = vow_as_integer(input);
    if (number == 0 || number % CHUNKS != 0)
        return input;
    for (int i = number == CHUNKS ? 1 : 0; i < CHUNKS; i++)
        if (read_patiently(echo->itself) != VOW_OK)
            echo->refused++;
    if (number == (int64_t)CHUNKS * ROUNDS)
        (void)vow_fire(echo->ends, vow_none());
    return input;
}

static void a_stage_can_wait_for_what_chunks_before_its_own_give(void **state)
{
    const vow_task_options options = {
        .size = sizeof options, .max_chunk = 1, .min_count = CHUNKS * ROUNDS + 1};
    struct echo echo = {.refused = 0};
    vow_promise *ended;
    vow_value item;
    echo.ends = vow_deferred_new(&ended);
    vow_reader *reader = add(*state, "echo", vow_source_range(0, CHUNKS * ROUNDS + 1, 1),
                             read_earlier, &echo, &options);
    echo.itself = vow_reader_another(reader);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
    assert_int_equal(vow_wait(ended, VOW_FOREVER, NULL), VOW_OK);
    assert_int_equal(echo.refused, 0);
    vow_promise_release(ended);
    vow_reader_release(echo.itself);
    vow_reader_release(reader);
}

/* Without asynchrony ------------------------------------------------------------------------------------------------ */

static void a_select_that_only_looks_has_an_item_computed(void **state)
{
    vow_pool *pool = vow_pool_new(0, NULL);
    vow_reader *reader = vow_pool_add_task(
        pool, vow_task_new("numbers", vow_source_range(7, 10, 1), NULL, NULL, NULL));
    vow_case of = vow_case_read(reader);
    size_t index = 1;
    (void)state;
    assert_int_equal(vow_select(&of, 1, VOW_POLL, &index), VOW_OK);
    assert_int_equal(index, 0);
    assert_int_equal(vow_as_integer(of.value), 7);
    vow_reader_release(reader);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

/* Promises ---------------------------------------------------------------------------------------------------------- */

/* The sum of the item that came and the next one. */
static vow_value add_next(vow_value item, void *reader)
{
    vow_value next;
    vow_status status = vow_read(reader, VOW_FOREVER, &next);
    return status == VOW_OK ? vow_integer(vow_as_integer(item) + vow_as_integer(next))
                            : vow_integer(-status);
}

static vow_value add_two(vow_value reader, void *context)
{
    (void)context;
    vow_reader *numbers = vow_as_pointer(reader);
    return vow_await(vow_then(vow_read_promise(numbers), add_next, numbers), VOW_FOREVER);
}

static void a_callback_of_a_read_may_read_the_next_item(void **state)
{
    vow_reader *reader = numbers(*state);
    assert_int_equal(vow_as_integer(add_two(vow_pointer(reader), NULL)), 0 + 1);
    assert_int_equal(vow_as_integer(add_two(vow_pointer(reader), NULL)), 2 + 3);
    vow_reader_release(reader);
}

static void a_callback_of_a_read_in_a_job_may_read_the_next_item(void **state)
{
    const struct setting *setting = *state;
    vow_scheduler *scheduler = vow_pool_scheduler(setting->pool);
    vow_reader *reader = numbers(setting);
    for (int i = 0; i < 2; i++) {
        vow_promise *sum = vow_submit(scheduler, add_two, vow_pointer(reader), NULL);
        assert_int_equal(vow_as_integer(vow_await(sum, VOW_FOREVER)), 4 * i + 1);
    }
    vow_reader_release(reader);
}

static vow_value nap(vow_value item, void *context)
{
    (void)context;
    return vow_sleep(VOW_US(10)) == VOW_OK ? item : vow_none();
}

/* Without workers it runs inside of the chunk that brings the item, and nobody else brings the next one. */
static void a_callback_of_a_read_that_waits_gets_the_next_item_or_is_told_of_a_deadlock(
    void **state)
{
    const struct setting *setting = *state;
    vow_reader *reader = add(setting, "nap", vow_source_range(0, 10, 1), nap, NULL, NULL);
    int64_t sum = vow_as_integer(add_two(vow_pointer(reader), NULL));
    assert_true(sum == 0 + 1 || (sum == -VOW_DEADLOCK && vow_pool_size(setting->pool) == 0));
    expect_rest(reader, sum == 1 ? 2 : 1, sum == 1 ? 8 : 9);
    vow_reader_release(reader);
}

static vow_value count_more(vow_value item, void *reader)
{
    vow_value items[5];
    size_t count;
    (void)item;
    vow_status status = vow_read_many(reader, items, 5, VOW_FOREVER, &count);
    return vow_integer(status == VOW_OK ? (int64_t)count : -status);
}

/* Without workers a chunk has brought four items when it runs inside of that one, and nobody brings further ones. */
static void a_callback_of_a_read_that_waits_gets_as_many_items_as_there_can_be(void **state)
{
    const struct setting *setting = *state;
    const vow_task_options four = {.size = sizeof four, .max_chunk = 4, .min_count = 4};
    vow_reader *reader = add(setting, "nap", vow_source_range(0, 10, 1), nap, NULL, &four);
    vow_promise *more = vow_then(vow_read_promise(reader), count_more, reader);
    int64_t count = vow_as_integer(vow_await(more, VOW_FOREVER));
    assert_in_range(count, vow_pool_size(setting->pool) == 0 ? 3 : 5, 5);
    expect_rest(reader, 1 + count, (size_t)(9 - count));
    vow_reader_release(reader);
}

static void a_callback_in_a_job_of_a_read_that_waits_may_read_the_next_item(void **state)
{
    const struct setting *setting = *state;
    vow_scheduler *scheduler = vow_pool_scheduler(setting->pool);
    vow_reader *reader = add(*state, "nap", vow_source_range(0, 10, 1), nap, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        vow_promise *sum = vow_submit(scheduler, add_two, vow_pointer(reader), NULL);
        assert_int_equal(vow_as_integer(vow_await(sum, VOW_FOREVER)), 4 * i + 1);
    }
    vow_reader_release(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(a_callback_of_a_read_that_waits_gets_the_next_item_or_is_told_of_a_deadlock),
        at_all_sizes(a_callback_of_a_read_that_waits_gets_as_many_items_as_there_can_be),
        at_all_sizes(a_callback_in_a_job_of_a_read_that_waits_may_read_the_next_item),
        at_all_sizes(a_callback_of_a_read_may_read_the_next_item),
        at_all_sizes(a_callback_of_a_read_in_a_job_may_read_the_next_item),
        at_all_sizes(a_closed_reader_gives_a_task_nothing),
        at_all_sizes(a_reader_that_was_closed_after_a_read_gives_a_task_nothing_more),
        at_all_sizes(a_chain_with_a_closed_reader_in_it_gives_nothing),
        at_all_sizes(the_hook_of_a_source_is_called_for_who_reads_some),
        at_all_sizes(the_hook_of_a_source_is_called_for_who_reads_all),
        at_all_sizes(a_source_that_reads_what_its_task_gives_is_told_of_a_deadlock),
        at_all_sizes(a_stage_that_reads_what_comes_after_it_is_told_of_a_deadlock),
        at_all_sizes(a_stage_can_wait_for_what_chunks_before_its_own_give),
        control_test(a_select_that_only_looks_has_an_item_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
