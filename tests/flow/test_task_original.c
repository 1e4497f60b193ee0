/*
 * test_task_original.c - what the pool of the async package promises, for single tasks and for chains of them, kept here.
 *
 * "Computed" is counted in the functions; reading by number is what asks, so those counts are exact.
 */
#include "flow/task_testing.h"

enum { N = 100 };

static vow_task *task_of(const char *name, vow_source *source, vow_fn *fn,
                         struct counting *counting, size_t min_count, size_t max_chunk)
{
    vow_task_options options = {.size = sizeof(options),
                                .min_count = min_count,
                                .max_chunk = max_chunk,
                                .batch = fn == count_list};
    return vow_task_new(name, source, fn, counting, &options);
}

/* A task over the numbers below N. */
static vow_reader *numbers(const struct setting *setting, vow_fn *fn, struct counting *counting,
                           size_t min_count, size_t max_chunk)
{
    return vow_pool_add_task(setting->pool, task_of("numbers", vow_source_range(0, N, 1), fn,
                                                    counting, min_count, max_chunk));
}

/* Single tasks ------------------------------------------------------------------------------------------------------ */

static void nothing_is_computed_before_somebody_reads(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *reader = numbers(setting, count_item, &counting, 0, 0);
    assert_int_equal(counting.calls, 0);
    vow_reader_release(reader);
    assert_int_equal(counting.calls, 0);
}

static void reading_all_computes_all(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *reader = numbers(setting, count_item, &counting, 0, 0);
    expect_rest(reader, 0, N);
    assert_int_equal(counting.items, N);
    assert_true(vow_reader_is_closed(reader));
    vow_reader_release(reader);
}

static void reading_one_at_a_time_computes_one_at_a_time(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *reader = numbers(setting, count_item, &counting, 0, 0);
    for (int64_t i = 0; i < N; i++) {
        expect_numbers(reader, i, 1);
        assert_int_equal(counting.items, i + 1);
    }
    expect_rest(reader, N, 0);
    vow_reader_release(reader);
}

static void a_list_task_without_chunks_is_called_once_per_read(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *reader = numbers(setting, count_list, &counting, 0, 0);
    expect_numbers(reader, 0, N / 2);
    assert_int_equal(counting.calls, 1);
    expect_numbers(reader, N / 2, N / 2);
    assert_int_equal(counting.calls, 2);
    vow_reader_release(reader);
}

static void a_read_of_one_computes_min_count_and_the_next_reads_nothing(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *reader = numbers(setting, count_list, &counting, N / 2, 0);
    for (int64_t i = 0; i < N / 2; i++) {
        expect_numbers(reader, i, 1);
        assert_int_equal(counting.calls, 1);
        assert_int_equal(counting.items, N / 2);
    }
    expect_numbers(reader, N / 2, 1);
    assert_int_equal(counting.calls, 2);
    assert_int_equal(counting.items, N);
    expect_rest(reader, N / 2 + 1, N / 2 - 1);
    vow_reader_release(reader);
}

static void min_count_is_computed_in_chunks_of_max_chunk(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *reader = numbers(setting, count_list, &counting, N / 2, N / 4);
    expect_numbers(reader, 0, 1);
    expect_numbers(reader, 1, N / 2 - 1);
    assert_int_equal(counting.calls, 2);
    assert_int_equal(counting.items, N / 2);
    vow_reader_release(reader);
}

static void a_read_is_cut_into_whole_chunks_and_a_rest(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *reader = numbers(setting, count_list, &counting, 0, 4);
    expect_numbers(reader, 0, 10); /* 4, 4, 2 */
    assert_int_equal(counting.calls, 3);
    expect_numbers(reader, 10, 8); /* 4, 4 */
    assert_int_equal(counting.calls, 5);
    expect_numbers(reader, 18, 3); /* 3 */
    assert_int_equal(counting.calls, 6);
    assert_int_equal(counting.items, 21);
    vow_reader_release(reader);
}

static void more_than_there_is_gives_what_there_is(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_value items[2 * N];
    size_t count;
    vow_reader *reader = numbers(setting, count_item, &counting, 0, 0);
    assert_int_equal(vow_read_many(reader, items, 2 * N, VOW_FOREVER, &count), VOW_OK);
    assert_int_equal(count, N);
    assert_int_equal(vow_read_many(reader, items, 1, VOW_FOREVER, &count), VOW_CLOSED);
    vow_reader_release(reader);
}

/* Failure ----------------------------------------------------------------------------------------------------------- */

static void a_failure_on_the_first_item_gives_none(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = {.fails_at = 0, .ends_at = -1};
    vow_task *task = task_of("numbers", vow_source_range(0, N, 1), count_item, &counting, 0, 0);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_USER);
    assert_true(vow_task_is_done(task));
    vow_value error = vow_task_error(task);
    assert_int_equal(vow_error_status(error), VOW_USER);
    vow_release(error);
    vow_task_release(task);
    vow_reader_release(reader);
}

static void a_failure_after_half_of_the_items_gives_that_half(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = {.fails_at = N / 2, .ends_at = -1};
    vow_task *task = task_of("numbers", vow_source_range(0, N, 1), count_item, &counting, 0, 0);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    expect_rest(reader, 0, N / 2);
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_USER);
    assert_true(vow_task_is_done(task));
    vow_task_release(task);
    vow_reader_release(reader);
}

/* Chains ------------------------------------------------------------------------------------------------------------ */

enum { LINKS = 5 };

struct chain {
    struct counting counts[LINKS];
    vow_task *tasks[LINKS];
    vow_reader *reader;
};

/* Each link in the pool that `pools` has for it. */
static void chain_in(struct chain *chain, vow_pool *const *pools, vow_fn *fn, size_t min_count,
                     size_t max_chunk)
{
    chain->reader = NULL;
    for (int i = 0; i < LINKS; i++) {
        vow_source *source = i == 0 ? vow_source_range(0, N, 1) : vow_source_reader(chain->reader);
        chain->counts[i] = counting_zero;
        chain->tasks[i] =
            task_of("link", source, fn, &chain->counts[i], i == 2 ? min_count : 0, max_chunk);
        chain->reader = vow_pool_add_task(pools[i], vow_task_retain(chain->tasks[i]));
        assert_non_null(chain->reader);
    }
}

static void chain_begin(struct chain *chain, const struct setting *setting, vow_fn *fn,
                        size_t min_count, size_t max_chunk)
{
    vow_pool *pools[LINKS];
    for (int i = 0; i < LINKS; i++)
        pools[i] = setting->pool;
    chain_in(chain, pools, fn, min_count, max_chunk);
}

static void chain_end(struct chain *chain)
{
    vow_reader_release(chain->reader);
    for (int i = 0; i < LINKS; i++) {
        while (!vow_task_is_done(chain->tasks[i]))
            (void)sched_yield();
        vow_task_release(chain->tasks[i]);
    }
}

static void every_task_of_a_chain_computes_what_is_read(void **state)
{
    struct chain chain;
    chain_begin(&chain, *state, count_item, 0, 0);
    expect_numbers(chain.reader, 0, 10);
    for (int i = 0; i < LINKS; i++)
        assert_int_equal(chain.counts[i].items, 10);
    expect_rest(chain.reader, 10, N - 10);
    for (int i = 0; i < LINKS; i++)
        assert_int_equal(chain.counts[i].items, N);
    chain_end(&chain);
}

static void a_min_count_in_the_middle_lifts_the_whole_chain(void **state)
{
    struct chain chain;
    chain_begin(&chain, *state, count_list, N / 2, N / 4);
    expect_numbers(chain.reader, 0, 1);
    expect_numbers(chain.reader, 1, N / 2 - 1);
    for (int i = 0; i < LINKS; i++) {
        assert_int_equal(chain.counts[i].items, N / 2);
        assert_int_equal(chain.counts[i].calls, 2);
    }
    chain_end(&chain);
}

static void a_failure_in_the_centre_of_a_chain_gives_the_items_before_it(void **state)
{
    struct chain chain;
    chain_begin(&chain, *state, count_item, 0, 0);
    chain.counts[2].fails_at = N / 2;
    expect_rest(chain.reader, 0, N / 2);
    vow_value item;
    assert_int_equal(vow_read(chain.reader, VOW_FOREVER, &item), VOW_USER);
    for (int i = 0; i < LINKS; i++) {
        assert_true(vow_task_is_done(chain.tasks[i]));
        vow_value error = vow_task_error(chain.tasks[i]);
        assert_int_equal(vow_is_error(error), i == 2);
        vow_release(error);
    }
    chain_end(&chain);
}

static void two_pools_work_on_one_chain(void **state)
{
    const struct setting *setting = *state;
    struct chain chain;
    vow_pool *other = vow_pool_new(setting->size, NULL);
    vow_pool *pools[LINKS] = {setting->pool, setting->pool, other, other, setting->pool};
    chain_in(&chain, pools, count_item, 0, 0);
    expect_numbers(chain.reader, 0, 7);
    for (int i = 0; i < LINKS; i++)
        assert_int_equal(chain.counts[i].items, 7);
    expect_rest(chain.reader, 7, N - 7);
    chain_end(&chain);
    assert_int_equal(vow_pool_free(other), VOW_OK);
}

/* Readers that go ----------------------------------------------------------------------------------------------------- */

static void a_chain_goes_with_its_last_reader(void **state)
{
    const struct setting *setting = *state;
    struct chain chain;
    chain_begin(&chain, setting, count_item, 0, 0);
    assert_int_equal(vow_tasks(setting->pool, NULL, 0), LINKS);
    expect_numbers(chain.reader, 0, 3);
    chain_end(&chain);
    assert_int_equal(vow_tasks(setting->pool, NULL, 0), 0);
}

static void readers_of_one_task_share_its_items(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_reader *first = numbers(setting, count_item, &counting, 0, 0);
    vow_reader *second = vow_reader_another(first);
    expect_numbers(first, 0, 10);
    expect_numbers(second, 10, 10);
    vow_reader_release(first);
    assert_int_equal(vow_tasks(setting->pool, NULL, 0), 1);
    expect_rest(second, 20, N - 20);
    vow_reader_release(second);
}

/* One task, and two that each take a part of its items; the readers go in each order. */
static void readers_may_go_in_every_order(void **state)
{
    const struct setting *setting = *state;
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int i = 0; i < 6; i++) {
        struct counting counts[3] = {counting_zero, counting_zero, counting_zero};
        vow_reader *readers[3];
        readers[0] = numbers(setting, count_item, &counts[0], 0, 0);
        for (int k = 1; k < 3; k++)
            readers[k] = add(setting, "part", vow_source_reader(vow_reader_another(readers[0])),
                             count_item, &counts[k], NULL);
        expect_numbers(readers[1], 0, 5);
        expect_numbers(readers[0], 5, 5);
        expect_numbers(readers[2], 10, 5);
        for (int k = 0; k < 3; k++)
            vow_reader_release(readers[orders[i][k]]);
        while (vow_tasks(setting->pool, NULL, 0) != 0)
            (void)sched_yield();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(nothing_is_computed_before_somebody_reads),
        at_all_sizes(reading_all_computes_all),
        at_all_sizes(reading_one_at_a_time_computes_one_at_a_time),
        at_all_sizes(a_list_task_without_chunks_is_called_once_per_read),
        at_all_sizes(a_read_of_one_computes_min_count_and_the_next_reads_nothing),
        at_all_sizes(min_count_is_computed_in_chunks_of_max_chunk),
        at_all_sizes(a_read_is_cut_into_whole_chunks_and_a_rest),
        at_all_sizes(more_than_there_is_gives_what_there_is),
        at_all_sizes(a_failure_on_the_first_item_gives_none),
        at_all_sizes(a_failure_after_half_of_the_items_gives_that_half),
        at_all_sizes(every_task_of_a_chain_computes_what_is_read),
        at_all_sizes(a_min_count_in_the_middle_lifts_the_whole_chain),
        at_all_sizes(a_failure_in_the_centre_of_a_chain_gives_the_items_before_it),
        at_all_sizes(two_pools_work_on_one_chain),
        at_all_sizes(a_chain_goes_with_its_last_reader),
        at_all_sizes(readers_of_one_task_share_its_items),
        at_all_sizes(readers_may_go_in_every_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
