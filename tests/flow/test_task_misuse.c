/*
 * Tasks and pools that are used in wrong ways: each has a clear answer, and nothing is lost.
 */
#include "flow/task_testing.h"

#include <string.h>

static vow_task *numbers(int64_t count)
{
    return vow_task_new("numbers", vow_source_range(0, count, 1), NULL, NULL, NULL);
}

/* Making ------------------------------------------------------------------------------------------------------------ */

static void note_drop(void *times)
{
    ++*(int *)times;
}

static void a_task_needs_a_name_and_a_source(void **state)
{
    (void)state;
    assert_null(vow_task_new(NULL, vow_source_range(0, 1, 1), NULL, NULL, NULL));
    assert_string_equal(vow_last_error(), "vow_task_new: name is NULL");
    (void)vow_as_integer(vow_none());
    assert_null(vow_task_new("task", NULL, NULL, NULL, NULL));
    assert_string_equal(vow_last_error(), "vow_task_new: source is NULL");
}

static void why_there_is_no_source_is_what_the_last_error_says(void **state)
{
    const struct setting *setting = *state;
    assert_null(vow_pool_add_task(
        setting->pool, vow_task_new("task", vow_source_range(0, 1, 0), NULL, NULL, NULL)));
    assert_string_equal(vow_last_error(), "vow_source_range: step is 0");
}

static void sources_refuse_what_makes_no_sense(void **state)
{
    (void)state;
    struct vow_source_ops ops = {.size = 1};
    assert_null(vow_source_new(NULL, NULL));
    assert_null(vow_source_new(&ops, NULL));
    ops.size = sizeof ops;
    assert_null(vow_source_new(&ops, NULL));
    assert_string_equal(vow_last_error(), "vow_source_new: ops->pull is NULL");
    assert_null(vow_source_function(NULL, NULL));
    assert_null(vow_source_array(NULL, 1));
    assert_null(vow_source_list(vow_integer(1)));
    assert_null(vow_source_coroutine(NULL));
    assert_null(vow_source_reader(NULL));
    vow_source_free(NULL);
}

static void a_wrong_size_of_options_is_refused(void **state)
{
    (void)state;
    vow_task_options options = {.size = sizeof options - 1};
    assert_null(vow_task_new("task", vow_source_range(0, 1, 1), NULL, NULL, &options));
    assert_string_equal(vow_last_error(),
                        "vow_task_new: options->size is not sizeof(vow_task_options)");
}

static void options_that_make_no_sense_are_refused_and_dropped(void **state)
{
    (void)state;
    int times = 0;
    vow_task_options negative = {.size = sizeof negative, .concurrency = -1, .drop = note_drop};
    vow_task_options large = {.size = sizeof large, .max_chunk = SIZE_MAX, .drop = note_drop};
    assert_null(vow_task_new("task", vow_source_range(0, 1, 1), NULL, &times, &negative));
    assert_string_equal(vow_last_error(), "vow_task_new: options->concurrency is -1");
    assert_null(vow_task_new("task", vow_source_range(0, 1, 1), NULL, &times, &large));
    assert_int_equal(times, 2);
}

static void null_is_no_task(void **state)
{
    const struct setting *setting = *state;
    struct vow_task_counts counts = {.size = sizeof counts};
    assert_null(vow_task_retain(NULL));
    vow_task_release(NULL);
    assert_int_equal(vow_pool_remove_task(setting->pool, NULL), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_remove_task: task is NULL");
    assert_null(vow_pool_add_task(setting->pool, NULL));
    assert_string_equal(vow_last_error(), "vow_pool_add_task: task is NULL");
    assert_string_equal(vow_task_name(NULL), "");
    assert_true(vow_task_is_done(NULL));
    assert_true(vow_is_none(vow_task_error(NULL)));
    assert_int_equal(vow_task_count(NULL, &counts), VOW_INVALID);
    vow_release(vow_read_each(NULL, power, NULL, VOW_FOREVER));
}

static void counts_need_their_size(void **state)
{
    (void)state;
    struct vow_task_counts counts = {.size = 1};
    vow_task *task = numbers(1);
    assert_int_equal(vow_task_count(task, NULL), VOW_INVALID);
    assert_int_equal(vow_task_count(task, &counts), VOW_INVALID);
    vow_task_release(task);
}

/* Adding and removing ----------------------------------------------------------------------------------------------- */

static void a_task_is_added_once(void **state)
{
    const struct setting *setting = *state;
    vow_task *task = numbers(10);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    assert_null(vow_pool_add_task(setting->pool, vow_task_retain(task)));
    assert_string_equal(vow_last_error(), "vow_pool_add_task: task numbers is in a pool already");
    expect_rest(reader, 0, 10);
    vow_reader_release(reader);
    assert_null(vow_pool_add_task(setting->pool, task));
}

static void a_task_is_in_one_pool_only(void **state)
{
    const struct setting *setting = *state;
    vow_pool *other = vow_pool_new(0, NULL);
    vow_task *task = numbers(10);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    assert_null(vow_pool_add_task(other, vow_task_retain(task)));
    assert_int_equal(vow_pool_remove_task(other, task), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_pool_remove_task: task numbers is not in this pool");
    expect_rest(reader, 0, 10);
    vow_reader_release(reader);
    vow_task_release(task);
    assert_int_equal(vow_pool_free(other), VOW_OK);
}

static void a_task_that_was_never_added_cannot_be_removed(void **state)
{
    const struct setting *setting = *state;
    vow_task *task = numbers(10);
    assert_int_equal(vow_pool_remove_task(setting->pool, task), VOW_INVALID);
    vow_task_release(task);
}

static void a_task_that_is_done_may_be_removed_again(void **state)
{
    const struct setting *setting = *state;
    vow_task *task = numbers(10);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    expect_rest(reader, 0, 10);
    assert_int_equal(vow_pool_remove_task(setting->pool, task), VOW_OK);
    assert_int_equal(vow_pool_remove_task(setting->pool, task), VOW_OK);
    vow_reader_release(reader);
    vow_task_release(task);
}

static void what_is_buffered_of_a_removed_task_can_be_read(void **state)
{
    const struct setting *setting = *state;
    vow_task_options options = {.size = sizeof options, .min_count = 10};
    vow_task *task = vow_task_new("numbers", vow_source_range(0, 100, 1), NULL, NULL, &options);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(task));
    vow_value item;
    expect_numbers(reader, 0, 1);
    while (vow_reader_size(reader) < 9)
        (void)sched_yield();
    assert_int_equal(vow_pool_remove_task(setting->pool, task), VOW_OK);
    expect_numbers(reader, 1, 9);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_CLOSED);
    vow_reader_release(reader);
    vow_task_release(task);
}

static void removing_a_task_in_the_middle_ends_those_below(void **state)
{
    const struct setting *setting = *state;
    vow_reader *above = add(setting, "above", vow_source_range(0, 100, 1), NULL, NULL, NULL);
    vow_task *middle = vow_task_new("middle", vow_source_reader(above), NULL, NULL, NULL);
    vow_reader *reader = vow_pool_add_task(setting->pool, vow_task_retain(middle));
    reader = add(setting, "below", vow_source_reader(reader), NULL, NULL, NULL);
    assert_int_equal(vow_pool_remove_task(setting->pool, middle), VOW_OK);
    expect_rest(reader, 0, 0);
    assert_int_equal(vow_tasks(setting->pool, NULL, 0), 0);
    vow_reader_release(reader);
    vow_task_release(middle);
}

/* Reading ----------------------------------------------------------------------------------------------------------- */

/* A task that waits until it is let go. */
struct gate {
    sem_t reached, open;
};

static vow_value wait_at_gate(vow_value item, void *context)
{
    struct gate *gate = context;
    if (vow_as_integer(item) == 0) {
        (void)sem_post(&gate->reached);
        while (sem_wait(&gate->open) != 0)
            continue;
    }
    return item;
}

static struct gate *gate_new(void)
{
    static struct gate gate;
    assert_int_equal(sem_init(&gate.reached, 0, 0), 0);
    assert_int_equal(sem_init(&gate.open, 0, 0), 0);
    return &gate;
}

static void *read_ten(void *reader)
{
    vow_value items[10];
    size_t count = 0;
    require(vow_read_many(reader, items, 10, VOW_FOREVER, &count) == VOW_OK);
    require(count == 10);
    return NULL;
}

static void a_reader_serves_one_line_at_a_time(void **state)
{
    const struct setting *setting = *state;
    struct gate *gate = gate_new();
    vow_value item;
    vow_reader *reader = add(setting, "gate", vow_source_range(0, 20, 1), wait_at_gate, gate, NULL);
    pthread_t thread = start_thread(read_ten, reader);
    while (sem_wait(&gate->reached) != 0)
        continue;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_read: another line uses the reader");
    (void)sem_post(&gate->open);
    join_thread(thread);
    expect_rest(reader, 10, 10);
    vow_reader_release(reader);
}

static void a_reader_that_was_closed_gives_what_there_is(void **state)
{
    const struct setting *setting = *state;
    vow_value item;
    vow_reader *reader = add(setting, "numbers", vow_source_range(0, 20, 1), NULL, NULL, NULL);
    expect_numbers(reader, 0, 3);
    assert_int_equal(vow_reader_close(reader), VOW_OK);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_CLOSED);
    vow_reader_release(reader);
}

/* Pools that change and go ------------------------------------------------------------------------------------------ */

static void a_pool_may_be_resized_to_0_with_work_in_flight(void **state)
{
    const struct setting *setting = *state;
    struct gate *gate = gate_new();
    vow_reader *reader =
        add(setting, "gate", vow_source_range(0, 1000, 1), wait_at_gate, gate, NULL);
    pthread_t thread = start_thread(read_ten, reader);
    while (sem_wait(&gate->reached) != 0)
        continue;
    assert_int_equal(vow_pool_resize(setting->pool, 0), VOW_OK);
    (void)sem_post(&gate->open);
    join_thread(thread);
    expect_rest(reader, 10, 990);
    vow_reader_release(reader);
}

static void what_was_queued_when_a_pool_came_to_size_0_runs_in_who_polls(void **state)
{
    const struct setting *setting = *state;
    struct gate *gate = gate_new();
    vow_promise *held[8];
    vow_value item;
    int workers = vow_pool_size(setting->pool);
    for (int i = 0; i < workers; i++)
        held[i] = vow_submit(vow_pool_scheduler(setting->pool), wait_at_gate, vow_integer(0), gate);
    for (int i = 0; i < workers; i++)
        while (sem_wait(&gate->reached) != 0)
            continue;
    vow_reader *reader = add(setting, "numbers", vow_source_range(0, 20, 1), NULL, NULL, NULL);
    int64_t next = vow_read(reader, VOW_POLL, &item) == VOW_OK ? 1 : 0;
    assert_int_equal(vow_pool_resize(setting->pool, 0), VOW_OK);
    while (next < 20)
        if (vow_read(reader, VOW_POLL, &item) == VOW_OK)
            assert_int_equal(vow_as_integer(item), next++);
    for (int i = 0; i < workers; i++)
        (void)sem_post(&gate->open);
    for (int i = 0; i < workers; i++) {
        assert_int_equal(vow_wait(held[i], VOW_FOREVER, NULL), VOW_OK);
        vow_promise_release(held[i]);
    }
    vow_reader_release(reader);
}

static void a_pool_may_be_resized_between_reads(void **state)
{
    static const int sizes[] = {0, 3, 1, 0, 8, 2};
    const struct setting *setting = *state;
    vow_reader *reader = add(setting, "first", vow_source_range(0, 600, 1), NULL, NULL, NULL);
    reader = add(setting, "second", vow_source_reader(reader), NULL, NULL, NULL);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(vow_pool_resize(setting->pool, sizes[i]), VOW_OK);
        expect_numbers(reader, 100 * i, 100);
    }
    expect_rest(reader, 600, 0);
    vow_reader_release(reader);
}

static void readers_outlive_their_pool(void **state)
{
    const struct setting *setting = *state;
    vow_pool *pool = vow_pool_new(setting->size, NULL);
    vow_value item;
    struct setting other = {.pool = pool, .size = setting->size};
    vow_reader *begun = add(&other, "begun", vow_source_range(0, 10, 1), NULL, NULL, NULL);
    vow_reader *untouched = add(&other, "untouched", vow_source_range(0, 10, 1), NULL, NULL, NULL);
    expect_numbers(begun, 0, 3);
    assert_int_equal(vow_pool_free(pool), VOW_OK);
    assert_int_equal(vow_read(begun, VOW_FOREVER, &item), VOW_CLOSED);
    assert_int_equal(vow_read(untouched, VOW_FOREVER, &item), VOW_CLOSED);
    vow_reader_release(begun);
    vow_reader_release(untouched);
}

static void a_task_that_is_added_to_a_closed_pool_fails(void **state)
{
    const struct setting *setting = *state;
    vow_value item;
    assert_int_equal(vow_pool_close(setting->pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    vow_reader *reader = add(setting, "late", vow_source_range(0, 10, 1), NULL, NULL, NULL);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_CLOSED);
    assert_non_null(strstr(vow_last_error(), "its pool is closed"));
    vow_reader_release(reader);
}

static void a_pool_that_is_canceled_ends_the_waits_of_its_tasks(void **state)
{
    const struct setting *setting = *state;
    vow_promise *promise;
    vow_value item;
    vow_deferred *never = vow_deferred_new(&promise);
    if (setting->size != 0) { /* without workers it is the reader itself that waits */
        vow_reader *reader =
            add(setting, "waits", vow_source_range(0, 10, 1), give_promise, promise, NULL);
        assert_int_equal(vow_read(reader, vow_after(VOW_MS(1)), &item), VOW_TIMED_OUT);
        assert_int_equal(vow_pool_close(setting->pool, VOW_CANCEL, VOW_FOREVER), VOW_OK);
        assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_CANCELED);
        vow_reader_release(reader);
    }
    assert_int_equal(vow_resolve(never, vow_none()), VOW_OK);
    vow_deferred_release(never);
    vow_promise_release(promise);
}

/* Functions --------------------------------------------------------------------------------------------------------- */

static void a_list_function_that_gives_no_list_fails_the_task(void **state)
{
    const struct setting *setting = *state;
    vow_task_options options = {.size = sizeof options, .batch = true};
    vow_value item;
    vow_reader *reader = add(setting, "power", vow_source_range(0, 10, 1), power, NULL, &options);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_INVALID);
    assert_string_equal(vow_error_message(vow_reader_error(reader)),
                        "task power: its function works on lists, and gave no list");
    vow_reader_release(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_needs_a_name_and_a_source),
        at_all_sizes(why_there_is_no_source_is_what_the_last_error_says),
        cmocka_unit_test(sources_refuse_what_makes_no_sense),
        cmocka_unit_test(a_wrong_size_of_options_is_refused),
        cmocka_unit_test(options_that_make_no_sense_are_refused_and_dropped),
        at_all_sizes(null_is_no_task),
        cmocka_unit_test(counts_need_their_size),
        at_all_sizes(a_task_is_added_once),
        at_all_sizes(a_task_is_in_one_pool_only),
        at_all_sizes(a_task_that_was_never_added_cannot_be_removed),
        at_all_sizes(a_task_that_is_done_may_be_removed_again),
        at_all_sizes(what_is_buffered_of_a_removed_task_can_be_read),
        at_all_sizes(removing_a_task_in_the_middle_ends_those_below),
        at_all_sizes(a_reader_serves_one_line_at_a_time),
        at_all_sizes(a_reader_that_was_closed_gives_what_there_is),
        at_all_sizes(a_pool_may_be_resized_to_0_with_work_in_flight),
        at_all_sizes(what_was_queued_when_a_pool_came_to_size_0_runs_in_who_polls),
        at_all_sizes(a_pool_may_be_resized_between_reads),
        at_all_sizes(readers_outlive_their_pool),
        at_all_sizes(a_task_that_is_added_to_a_closed_pool_fails),
        at_all_sizes(a_pool_that_is_canceled_ends_the_waits_of_its_tasks),
        at_all_sizes(a_list_function_that_gives_no_list_fails_the_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
