/*
 * test_task_order.c - order, concurrency, and how far tasks work ahead.
 */
#include "flow/task_testing.h"

enum { N = 500 };

/* How many are inside at the same time. */
struct inside {
    _Atomic int now, most;
    int64_t next; /* the item that comes next, if they come in order */
    bool disordered;
};

static void come_in(struct inside *inside)
{
    int now = ++inside->now;
    int most = inside->most;
    while (most < now && !atomic_compare_exchange_weak(&inside->most, &most, now))
        continue;
}

static vow_value stay_inside(vow_value input, void *context)
{
    struct inside *inside = context;
    come_in(inside);
    (void)sched_yield();
    inside->now--;
    return input;
}

/* For one at a time. */
static vow_value expect_order(vow_value input, void *context)
{
    struct inside *inside = context;
    come_in(inside);
    if (vow_as_integer(input) != inside->next)
        inside->disordered = true;
    inside->next++;
    inside->now--;
    return input;
}

static void a_task_of_concurrency_one_sees_its_items_in_order(void **state)
{
    const struct setting *setting = *state;
    struct inside inside = {.next = 0};
    vow_task_options small = {.size = sizeof(small), .max_chunk = 3};
    vow_task_options one = {.size = sizeof(one), .concurrency = 1};
    vow_reader *first = add(setting, "any", vow_source_range(0, N, 1), stay_inside,
                            &(struct inside){.next = 0}, &small);
    vow_reader *second = add(setting, "one", vow_source_reader(first), expect_order, &inside, &one);
    vow_reader *reader = add(setting, "more", vow_source_reader(second), stay_inside,
                             &(struct inside){.next = 0}, NULL);
    expect_rest(reader, 0, N);
    assert_int_equal(inside.most, 1);
    assert_false(inside.disordered);
    vow_reader_release(reader);
}

static void no_more_chunks_than_the_concurrency_are_in_a_task(void **state)
{
    const struct setting *setting = *state;
    struct inside inside = {.next = 0};
    vow_task_options options = {.size = sizeof(options), .max_chunk = 2, .concurrency = 3};
    vow_reader *reader =
        add(setting, "three", vow_source_range(0, N, 1), stay_inside, &inside, &options);
    expect_rest(reader, 0, N);
    assert_in_range(inside.most, 1, 3);
    vow_reader_release(reader);
}

/* Lists of some, and items of others ------------------------------------------------------------------------------- */

/* Items that are inside until what was submitted for them is done. */
struct fetching {
    struct inside inside;
    vow_scheduler *by;
    int64_t fails_at; /* this one does; negative: none */
};

static vow_value arrive(vow_value input, void *context)
{
    struct fetching *fetching = context;
    (void)vow_sleep(VOW_US(200));
    fetching->inside.now--;
    return vow_as_integer(input) != fetching->fails_at ? input : vow_fail(VOW_USER, "not there");
}

static vow_value fetch(vow_value input, void *context)
{
    struct fetching *fetching = context;
    come_in(&fetching->inside);
    return vow_promise_value(vow_submit(fetching->by, arrive, input, fetching));
}

static struct fetching fetching_by(const struct setting *setting, int64_t fails_at)
{
    return (struct fetching){.by = vow_pool_scheduler(setting->pool), .fails_at = fails_at};
}

static vow_value each_as_five(vow_value list, void *context)
{
    vow_value made = vow_list_new(5 * vow_list_count(list));
    (void)context;
    for (size_t i = 0; i < 5 * vow_list_count(list); i++)
        assert_int_equal(
            vow_list_append(
                made, vow_integer(5 * vow_as_integer(vow_list_at(list, i / 5)) + (int64_t)(i % 5))),
            VOW_OK);
    return made;
}

static void no_more_items_than_max_chunk_are_in_a_task_behind_longer_lists(void **state)
{
    const struct setting *setting = *state;
    struct fetching fetching = fetching_by(setting, -1);
    const vow_task_options ten = {.size = sizeof ten, .max_chunk = 10, .concurrency = 1};
    const vow_task_options lists = {.size = sizeof lists, .max_chunk = 10, .batch = true};
    vow_reader *longer =
        add(setting, "five", vow_source_range(0, N / 5, 1), each_as_five, NULL, &lists);
    vow_reader *reader = add(setting, "fetch", vow_source_reader(longer), fetch, &fetching, &ten);
    expect_rest(reader, 0, N);
    assert_in_range(fetching.inside.most, 1, 10);
    vow_reader_release(reader);
}

static vow_value fetch_each(vow_value list, void *context)
{
    vow_value made = vow_list_new(vow_list_count(list));
    for (size_t i = 0; i < vow_list_count(list); i++)
        assert_int_equal(vow_list_append(made, fetch(vow_list_at(list, i), context)), VOW_OK);
    return made;
}

/* Ten at a time are fetched, by items or by lists, and a hundred stored. */
static void fetch_and_store(const struct setting *setting, vow_fn *fetches, bool batch)
{
    struct fetching fetching = fetching_by(setting, -1);
    struct counting stored = counting_zero;
    const vow_task_options ten = {
        .size = sizeof ten, .max_chunk = 10, .concurrency = 1, .batch = batch};
    const vow_task_options lists = {.size = sizeof lists, .max_chunk = 100, .batch = true};
    vow_reader *fetched =
        add(setting, "fetch", vow_source_range(0, N, 1), fetches, &fetching, &ten);
    vow_reader *reader =
        add(setting, "store", vow_source_reader(fetched), count_list, &stored, &lists);
    expect_rest(reader, 0, N);
    assert_in_range(fetching.inside.most, 1, 10);
    assert_int_equal(stored.calls, N / 100);
    vow_reader_release(reader);
}

static void no_more_items_than_max_chunk_are_in_a_task_beside_one_of_lists(void **state)
{
    fetch_and_store(*state, fetch, false);
}

static void no_more_items_than_max_chunk_are_in_a_task_of_lists_beside_one_of_longer_ones(
    void **state)
{
    fetch_and_store(*state, fetch_each, true);
}

static void a_failure_among_more_items_than_max_chunk_gives_those_before(void **state)
{
    const struct setting *setting = *state;
    vow_value item;
    static struct fetching fetching; /* what was submitted behind the failure may come later */
    fetching = fetching_by(setting, 237);
    struct counting stored = counting_zero;
    const vow_task_options ten = {.size = sizeof ten, .max_chunk = 10};
    const vow_task_options lists = {.size = sizeof lists, .max_chunk = 100, .batch = true};
    vow_reader *fetched = add(setting, "fetch", vow_source_range(0, N, 1), fetch, &fetching, &ten);
    vow_reader *reader =
        add(setting, "store", vow_source_reader(fetched), count_list, &stored, &lists);
    expect_rest(reader, 0, 237);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_USER);
    vow_reader_release(reader);
}

/* A source that notes how much it was asked for at once. */
struct asked {
    int64_t next;
    size_t most;
};

static vow_value give_thousands(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    struct asked *asked = self;
    enum { ALL = 20000 };
    asked->most = count > asked->most ? count : asked->most;
    for (*ret_count = 0; *ret_count < count && asked->next < ALL; ++*ret_count)
        items[*ret_count] = vow_integer(asked->next++);
    return asked->next < ALL ? vow_none() : vow_end();
}

static void lists_of_many_lengths_are_not_made_of_as_many_items_as_all_have_in_common(void **state)
{
    const struct setting *setting = *state;
    const struct vow_source_ops ops = {.size = sizeof ops, .pull = give_thousands};
    struct asked asked = {.next = 0};
    struct counting first = counting_zero, second = counting_zero;
    vow_task_options lists = {.size = sizeof lists, .max_chunk = 4099, .batch = true};
    vow_reader *reader =
        add(setting, "first", vow_source_new(&ops, &asked), count_list, &first, &lists);
    lists.max_chunk = 4111;
    reader = add(setting, "second", vow_source_reader(reader), count_list, &second, &lists);
    expect_rest(reader, 0, 20000);
    assert_in_range(asked.most, 4111, 16384);
    assert_int_equal(second.calls, 20000 / 4111 + 1);
    vow_reader_release(reader);
}

static void the_longest_lists_are_whole_where_not_all_can_be(void **state)
{
    const struct setting *setting = *state;
    const struct vow_source_ops ops = {.size = sizeof ops, .pull = give_thousands};
    struct asked asked = {.next = 0};
    const size_t lengths[] = {7, 2000, 5000};
    struct counting counts[] = {counting_zero, counting_zero, counting_zero};
    vow_source *source = vow_source_new(&ops, &asked);
    vow_reader *reader = NULL;
    for (int i = 0; i < 3; i++) {
        vow_task_options lists = {.size = sizeof lists, .max_chunk = lengths[i], .batch = true};
        reader = add(setting, "lists", source, count_list, &counts[i], &lists);
        source = i < 2 ? vow_source_reader(reader) : NULL;
    }
    expect_rest(reader, 0, 20000);
    assert_int_equal(counts[2].calls, 20000 / 5000);
    vow_reader_release(reader);
}

/* Orders ------------------------------------------------------------------------------------------------------------ */

static void unordered_items_come_out_each_once(void **state)
{
    const struct setting *setting = *state;
    bool seen[N] = {false};
    vow_task_options options = {.size = sizeof(options), .max_chunk = 2, .unordered = true};
    vow_reader *reader = add(setting, "unordered", vow_source_range(0, N, 1), stay_inside,
                             &(struct inside){.next = 0}, &options);
    vow_value all = vow_read_all(reader, VOW_FOREVER);
    assert_int_equal(vow_list_count(all), N);
    for (size_t i = 0; i < N; i++) {
        int64_t item = vow_as_integer(vow_list_at(all, i));
        assert_false(seen[item]);
        seen[item] = true;
    }
    vow_release(all);
    vow_reader_release(reader);
}

/* A fast source and a reader that stops. */
static void a_reader_that_stops_stops_the_source(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_task_options options = {.size = sizeof(options), .max_chunk = 10};
    vow_reader *reader =
        add(setting, "fast", vow_source_range(0, INT64_MAX, 1), count_item, &counting, &options);
    expect_numbers(reader, 0, 100);
    assert_int_equal(counting.items, 100);
    vow_reader_release(reader);
}

static vow_value stop_at_100(vow_value input, void *context)
{
    struct counting *counting = context;
    int64_t most = counting->ends_at;
    assert_true(counting->items <= vow_as_integer(input) + most);
    return vow_as_integer(input) == 100 ? vow_fail(VOW_USER, "enough") : vow_none();
}

static void who_wants_everything_is_worked_ahead_of_within_bounds(void **state)
{
    const struct setting *setting = *state;
    int workers = setting->size > 0 ? setting->size : 1;
    /* two chunks for each worker lie ready or are under way, and one may be about to be added; 256 are read at once */
    struct counting counting = {.fails_at = -1, .ends_at = 10 * (2 * workers + 2) + 256};
    vow_task_options options = {.size = sizeof(options), .max_chunk = 10};
    vow_reader *reader =
        add(setting, "fast", vow_source_range(0, INT64_MAX, 1), count_item, &counting, &options);
    vow_value error = vow_read_each(reader, stop_at_100, &counting, VOW_FOREVER);
    assert_int_equal(vow_error_status(error), VOW_USER);
    vow_release(error);
    vow_reader_release(reader);
}

static vow_value resize_at_50(vow_value input, void *context)
{
    const struct setting *setting = context;
    int64_t item = vow_as_integer(input);
    if (item % 50 == 0)
        (void)vow_pool_resize(setting->pool, (int)(item / 50 % 4));
    return vow_none();
}

static void a_pool_may_be_resized_while_it_works(void **state)
{
    const struct setting *setting = *state;
    struct counting counting = counting_zero;
    vow_task_options options = {.size = sizeof(options), .max_chunk = 3};
    vow_reader *reader =
        add(setting, "numbers", vow_source_range(0, N, 1), count_item, &counting, &options);
    assert_true(vow_is_none(vow_read_each(reader, resize_at_50, *state, VOW_FOREVER)));
    assert_int_equal(counting.items, N);
    vow_reader_release(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(a_task_of_concurrency_one_sees_its_items_in_order),
        at_all_sizes(no_more_chunks_than_the_concurrency_are_in_a_task),
        at_all_sizes(no_more_items_than_max_chunk_are_in_a_task_beside_one_of_lists),
        at_all_sizes(no_more_items_than_max_chunk_are_in_a_task_behind_longer_lists),
        at_all_sizes(no_more_items_than_max_chunk_are_in_a_task_of_lists_beside_one_of_longer_ones),
        at_all_sizes(a_failure_among_more_items_than_max_chunk_gives_those_before),
        at_all_sizes(lists_of_many_lengths_are_not_made_of_as_many_items_as_all_have_in_common),
        at_all_sizes(the_longest_lists_are_whole_where_not_all_can_be),
        at_all_sizes(unordered_items_come_out_each_once),
        at_all_sizes(a_reader_that_stops_stops_the_source),
        at_all_sizes(who_wants_everything_is_worked_ahead_of_within_bounds),
        at_all_sizes(a_pool_may_be_resized_while_it_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
