/*
 * Sources of several readers: merge and zip.
 */
#include "flow/task_testing.h"

enum { MOST = 12 };

/* Tasks over the numbers below 1000, one after the other, in the setting's pool: `counts[i]` of them. */
static void ranges(const struct setting *setting, vow_reader **readers, const int64_t *counts,
                   size_t count)
{
    int64_t first = 0;
    for (size_t i = 0; i < count; i++) {
        readers[i] =
            add(setting, "range", vow_source_range(first, first + counts[i], 1), NULL, NULL, NULL);
        first += counts[i];
    }
}

static vow_reader *joining(const struct setting *setting, vow_source *source)
{
    return add(setting, "join", source, NULL, NULL, NULL);
}

/* Merge ------------------------------------------------------------------------------------------------------------- */

struct seen {
    int64_t next[MOST]; /* of each reader's */
    int64_t first[MOST];
    size_t count, total;
};

static void expect_all_of(struct seen *seen, const int64_t *counts, size_t count)
{
    int64_t first = 0;
    *seen = (struct seen){.count = count};
    for (size_t i = 0; i < count; i++) {
        seen->next[i] = seen->first[i] = first;
        first += counts[i];
    }
}

/* Each reader's items come in their order, and once. */
static vow_value see(vow_value item, void *context)
{
    struct seen *seen = context;
    int64_t number = vow_as_integer(item);
    size_t i = 0;
    while (i + 1 < seen->count && number >= seen->first[i + 1])
        i++;
    assert_int_equal(number, seen->next[i]);
    seen->next[i]++;
    seen->total++;
    return vow_none();
}

static void merge_all(const struct setting *setting, const int64_t *counts, size_t count)
{
    vow_reader *readers[MOST];
    struct seen seen;
    size_t total = 0;
    expect_all_of(&seen, counts, count);
    ranges(setting, readers, counts, count);
    vow_reader *reader = joining(setting, vow_source_merge(readers, count));
    assert_true(vow_is_none(vow_read_each(reader, see, &seen, VOW_FOREVER)));
    for (size_t i = 0; i < count; i++)
        total += (size_t)counts[i];
    assert_int_equal(seen.total, total);
    vow_reader_release(reader);
}

static void a_merge_gives_all_items_of_all_readers_once(void **state)
{
    merge_all(*state, (const int64_t[]){100, 1, 0, 500}, 4);
    merge_all(*state, (const int64_t[]){10}, 1);
    merge_all(*state, (const int64_t[]){3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12, 1}, 12);
}

static void a_merge_of_none_ends_at_once(void **state)
{
    vow_reader *reader = joining(*state, vow_source_merge(NULL, 0));
    expect_rest(reader, 0, 0);
    vow_reader_release(reader);
}

static void a_merge_gives_counted_items(void **state)
{
    vow_reader *readers[2];
    struct seen seen;
    vow_value items[50];
    size_t count;
    expect_all_of(&seen, (const int64_t[]){100, 100}, 2);
    ranges(*state, readers, (const int64_t[]){100, 100}, 2);
    vow_reader *reader = joining(*state, vow_source_merge(readers, 2));
    for (int k = 0; k < 4; k++) {
        assert_int_equal(vow_read_many(reader, items, 50, VOW_FOREVER, &count), VOW_OK);
        assert_int_equal(count, 50);
        for (size_t i = 0; i < count; i++)
            (void)see(items[i], &seen);
    }
    assert_int_equal(vow_read(reader, VOW_FOREVER, items), VOW_CLOSED);
    vow_reader_release(reader);
}

/* Which of two numbers of endless sources came how often. */
static void a_merge_is_fair(void **state)
{
    vow_value items[100];
    size_t count, counts[2] = {0, 0};
    vow_reader *readers[2] = {
        add(*state, "low", vow_source_range(0, 1000000, 1), NULL, NULL, NULL),
        add(*state, "high", vow_source_range(1000000, 2000000, 1), NULL, NULL, NULL)};
    vow_reader *reader = joining(*state, vow_source_merge(readers, 2));
    for (int k = 0; k < 10; k++) {
        assert_int_equal(vow_read_many(reader, items, 100, VOW_FOREVER, &count), VOW_OK);
        for (size_t i = 0; i < count; i++)
            counts[vow_as_integer(items[i]) >= 1000000]++;
    }
    assert_int_equal(counts[0] + counts[1], 1000);
    assert_true(counts[0] > 0 && counts[1] > 0);
    vow_reader_release(reader);
}

static void a_merge_asks_for_no_more_than_shares(void **state)
{
    const struct setting *setting = *state;
    struct counting counts[2] = {counting_zero, counting_zero};
    vow_reader *readers[2];
    vow_value items[10];
    size_t count;
    for (int i = 0; i < 2; i++)
        readers[i] =
            add(setting, "range", vow_source_range(0, 1000, 1), count_item, &counts[i], NULL);
    vow_reader *reader = joining(setting, vow_source_merge(readers, 2));
    assert_int_equal(counts[0].items + counts[1].items, 0);
    assert_int_equal(vow_read_many(reader, items, 10, VOW_FOREVER, &count), VOW_OK);
    assert_int_equal(count, 10);
    assert_true(counts[0].items <= 20 && counts[1].items <= 20);
    vow_reader_release(reader);
}

static void an_error_of_one_reader_fails_a_merge(void **state)
{
    struct counting counting = {.fails_at = 5, .ends_at = -1};
    vow_reader *readers[2] = {
        add(*state, "fails", vow_source_range(0, 100, 1), count_item, &counting, NULL),
        add(*state, "endless", vow_source_range(0, INT64_MAX, 1), NULL, NULL, NULL)};
    vow_task *task = vow_task_new("join", vow_source_merge(readers, 2), NULL, NULL, NULL);
    vow_reader *reader =
        vow_pool_add_task(((const struct setting *)*state)->pool, vow_task_retain(task));
    vow_value item;
    vow_status status;
    do {
        status = vow_read(reader, VOW_FOREVER, &item);
    } while (status == VOW_OK);
    assert_int_equal(status, VOW_USER);
    assert_true(vow_is_none(vow_task_error(task))); /* it is the other's */
    vow_task_release(task);
    vow_reader_release(reader);
}

/* Zip --------------------------------------------------------------------------------------------------------------- */

static void expect_pairs(vow_value all, size_t count, int64_t second)
{
    assert_int_equal(vow_list_count(all), count);
    for (size_t i = 0; i < count; i++) {
        vow_value pair = vow_list_at(all, i);
        assert_int_equal(vow_list_count(pair), 2);
        assert_int_equal(vow_as_integer(vow_list_at(pair, 0)), i);
        assert_int_equal(vow_as_integer(vow_list_at(pair, 1)), second + (int64_t)i);
    }
    vow_release(all);
}

static void zip_two(const struct setting *setting, int64_t first, int64_t second, size_t pairs)
{
    vow_reader *readers[2];
    ranges(setting, readers, (const int64_t[]){first, second}, 2);
    vow_reader *reader = joining(setting, vow_source_zip(readers, 2));
    expect_pairs(vow_read_all(reader, VOW_FOREVER), pairs, first);
    vow_reader_release(reader);
}

static void a_zip_gives_lists_with_one_of_each(void **state)
{
    zip_two(*state, 100, 100, 100);
}

static void the_shortest_ends_a_zip(void **state)
{
    zip_two(*state, 30, 100, 30);
    zip_two(*state, 100, 30, 30);
    zip_two(*state, 0, 100, 0);
    zip_two(*state, 100, 0, 0);
}

static void a_zip_of_none_ends_at_once(void **state)
{
    vow_reader *reader = joining(*state, vow_source_zip(NULL, 0));
    expect_rest(reader, 0, 0);
    vow_reader_release(reader);
}

static void a_zip_asks_for_what_is_read(void **state)
{
    struct counting counts[2] = {counting_zero, counting_zero};
    vow_reader *readers[2];
    vow_value items[10];
    size_t count;
    for (int i = 0; i < 2; i++)
        readers[i] =
            add(*state, "range", vow_source_range(0, 1000, 1), count_item, &counts[i], NULL);
    vow_reader *reader = joining(*state, vow_source_zip(readers, 2));
    for (int k = 1; k <= 3; k++) {
        assert_int_equal(vow_read_many(reader, items, 10, VOW_FOREVER, &count), VOW_OK);
        for (size_t i = 0; i < count; i++)
            vow_release(items[i]);
        assert_int_equal(counts[0].items, 10 * k);
        assert_int_equal(counts[1].items, 10 * k);
    }
    vow_reader_release(reader);
}

static void an_error_of_one_reader_fails_a_zip(void **state)
{
    struct counting counting = {.fails_at = 5, .ends_at = -1};
    vow_reader *readers[2] = {
        add(*state, "endless", vow_source_range(0, INT64_MAX, 1), NULL, NULL, NULL),
        add(*state, "fails", vow_source_range(0, 100, 1), count_item, &counting, NULL)};
    vow_reader *reader = joining(*state, vow_source_zip(readers, 2));
    vow_value item;
    expect_pairs(vow_read_all(reader, VOW_FOREVER), 5, 0);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_USER);
    vow_reader_release(reader);
}

/* A channel with the numbers below 10. */
static vow_reader *ten(size_t capacity, vow_writer **ret_writer)
{
    vow_reader *reader;
    assert_int_equal(vow_channel_new(capacity, NULL, ret_writer, &reader), VOW_OK);
    for (int64_t i = 0; i < 10; i++)
        assert_int_equal(vow_write(*ret_writer, vow_integer(i), VOW_FOREVER), VOW_OK);
    return reader;
}

/* Zips `reader`, which is taken, with three numbers. */
static void zip_with_three(const struct setting *setting, vow_reader *reader)
{
    vow_reader *readers[2] = {reader,
                              add(setting, "three", vow_source_range(0, 3, 1), NULL, NULL, NULL)};
    vow_reader *zip = joining(setting, vow_source_zip(readers, 2));
    expect_pairs(vow_read_all(zip, VOW_FOREVER), 3, 0);
    vow_reader_release(zip);
}

static void what_a_zip_has_too_much_is_given_back(void **state)
{
    vow_writer *writer;
    vow_reader *reader = ten(VOW_UNBOUNDED, &writer);
    zip_with_three(*state, vow_reader_another(reader));
    vow_writer_release(writer);
    expect_rest(reader, 3, 7);
    vow_reader_release(reader);
}

static void what_is_given_back_finds_its_place_in_a_full_channel(void **state)
{
    vow_writer *writer;
    vow_reader *reader = ten(10, &writer);
    vow_promise *written[4];
    for (int64_t i = 0; i < 4; i++)
        written[i] = vow_write_promise(writer, vow_integer(10 + i));
    zip_with_three(*state, vow_reader_another(reader));
    assert_int_equal(vow_write(writer, vow_integer(99), VOW_POLL), VOW_TIMED_OUT);
    for (int i = 0; i < 4; i++)
        assert_true(vow_is_none(vow_await(written[i], VOW_FOREVER)));
    vow_writer_release(writer);
    expect_rest(reader, 3, 11);
    vow_reader_release(reader);
}

static void what_nobody_can_read_any_more_is_released(void **state)
{
    vow_writer *writer;
    zip_with_three(*state, ten(VOW_UNBOUNDED, &writer));
    assert_int_equal(vow_pool_close(((const struct setting *)*state)->pool, VOW_DRAIN, VOW_FOREVER),
                     VOW_OK);
    assert_true(vow_writer_is_closed(writer));
    vow_writer_release(writer);
}

/* Misuse ------------------------------------------------------------------------------------------------------------ */

static void wrong_arguments_are_refused_and_readers_taken(void **state)
{
    vow_writer *writer;
    (void)state;
    assert_null(vow_source_merge(NULL, 1));
    assert_string_equal(vow_last_error(), "vow_source_merge: readers is NULL");
    assert_null(vow_source_zip(NULL, 1));
    assert_string_equal(vow_last_error(), "vow_source_zip: readers is NULL");
    vow_reader *readers[2] = {ten(VOW_UNBOUNDED, &writer), NULL};
    assert_null(vow_source_merge(readers, 2));
    assert_string_equal(vow_last_error(), "vow_source_merge: a reader is NULL");
    assert_true(vow_writer_is_closed(writer));
    vow_writer_release(writer);
}

static void a_source_that_is_given_to_no_task_releases_its_readers(void **state)
{
    vow_writer *writers[2];
    vow_reader *readers[2] = {ten(VOW_UNBOUNDED, &writers[0]), ten(VOW_UNBOUNDED, &writers[1])};
    (void)state;
    vow_source_free(vow_source_zip(readers, 2));
    for (int i = 0; i < 2; i++) {
        assert_true(vow_writer_is_closed(writers[i]));
        vow_writer_release(writers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(a_merge_gives_all_items_of_all_readers_once),
        at_all_sizes(a_merge_of_none_ends_at_once),
        at_all_sizes(a_merge_gives_counted_items),
        at_all_sizes(a_merge_is_fair),
        at_all_sizes(a_merge_asks_for_no_more_than_shares),
        at_all_sizes(an_error_of_one_reader_fails_a_merge),
        at_all_sizes(a_zip_gives_lists_with_one_of_each),
        at_all_sizes(the_shortest_ends_a_zip),
        at_all_sizes(a_zip_of_none_ends_at_once),
        at_all_sizes(a_zip_asks_for_what_is_read),
        at_all_sizes(an_error_of_one_reader_fails_a_zip),
        at_all_sizes(what_a_zip_has_too_much_is_given_back),
        at_all_sizes(what_is_given_back_finds_its_place_in_a_full_channel),
        at_all_sizes(what_nobody_can_read_any_more_is_released),
        cmocka_unit_test(wrong_arguments_are_refused_and_readers_taken),
        cmocka_unit_test(a_source_that_is_given_to_no_task_releases_its_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
