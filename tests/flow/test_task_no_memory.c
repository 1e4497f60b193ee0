/*
 * test_task_no_memory.c - tasks where the allocator gives nothing: each step says so, items before it are delivered, and
 * nothing is left behind.
 *
 * A program of its own, because the allocator is the whole process's. Each scenario runs with an allocator that fails at its
 * first allocation, then at its second, … until it goes through.
 */
#include "base/starving_testing.h"
#include "flow/task.h"
#include <vow.h>

#include <pthread.h>
#include <string.h>

static vow_pool *pool;

/* What a scenario comes to: VOW_OK, or what it was refused with. */
typedef vow_status scenario(void);

/* Objects that caches of threads keep are made before anything is counted. */
static void starve(scenario *run)
{
    assert_int_equal(run(), VOW_OK);
    for (int allocations = 0; allocations < 1000; allocations++) {
        long live = vow_live_objects();
        until_failure = allocations;
        vow_status status = run();
        until_failure = -1;
        assert_int_equal(vow_live_objects(), live);
        assert_int_equal(vow_tasks(pool, NULL, 0), 0);
        if (status == VOW_OK)
            return;
        assert_int_equal(status, VOW_NO_MEMORY);
    }
    fail_msg("it never succeeds");
}

/* Reads from `reader`, which is taken, until the end; the numbers come in order. */
static vow_status read_numbers(vow_reader *reader, int64_t count)
{
    vow_value item;
    vow_status status;
    int64_t i = 0;
    while ((status = vow_read(reader, VOW_FOREVER, &item)) == VOW_OK)
        assert_int_equal(vow_as_integer(item), i++);
    vow_reader_release(reader);
    assert_true(i == count || status == VOW_NO_MEMORY);
    return status == VOW_CLOSED ? VOW_OK : status;
}

/* A task that passes on what `source` gives; NULL: no memory. */
static vow_reader *passing(vow_source *source, vow_fn *fn, const vow_task_options *options)
{
    return vow_pool_add_task(pool, vow_task_new("passes", source, fn, NULL, options));
}

static vow_status read_source(vow_source *source, int64_t count)
{
    vow_reader *reader = passing(source, NULL, NULL);
    return reader != NULL ? read_numbers(reader, count) : VOW_NO_MEMORY;
}

/* Sources ----------------------------------------------------------------------------------------------------------- */

static vow_status range(void)
{
    return read_source(vow_source_range(0, 50, 1), 50);
}

static vow_value count_up(vow_value input, void *next)
{
    (void)input;
    return *(int64_t *)next < 50 ? vow_integer((*(int64_t *)next)++) : vow_end();
}

static vow_status function(void)
{
    int64_t next = 0;
    return read_source(vow_source_function(count_up, &next), 50);
}

static vow_status array(void)
{
    vow_value items[20];
    for (int i = 0; i < 20; i++)
        items[i] = vow_integer(i);
    return read_source(vow_source_array(items, 20), 20);
}

static vow_status merge(void)
{
    vow_reader *readers[1] = {passing(vow_source_range(0, 50, 1), NULL, NULL)};
    return readers[0] != NULL ? read_source(vow_source_merge(readers, 1), 50) : VOW_NO_MEMORY;
}

static void sources_without_memory_are_refused(void **state)
{
    (void)state;
    starve(range);
    starve(function);
    starve(array);
    starve(merge);
}

static vow_status zip(void)
{
    vow_reader *readers[2] = {passing(vow_source_range(0, 50, 1), NULL, NULL),
                              passing(vow_source_range(0, 60, 1), NULL, NULL)};
    if (readers[0] == NULL || readers[1] == NULL) {
        vow_reader_release(readers[0]);
        vow_reader_release(readers[1]);
        return VOW_NO_MEMORY;
    }
    vow_reader *reader = passing(vow_source_zip(readers, 2), NULL, NULL);
    vow_value item;
    vow_status status = reader != NULL ? VOW_OK : VOW_NO_MEMORY;
    while (status == VOW_OK && (status = vow_read(reader, VOW_FOREVER, &item)) == VOW_OK)
        vow_release(item);
    vow_reader_release(reader);
    return status == VOW_CLOSED ? VOW_OK : status;
}

static void a_zip_without_memory_fails(void **state)
{
    (void)state;
    starve(zip);
}

static vow_status lines(void)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    for (int i = 0; i < 20; i++)
        (void)fputs("line\n", file);
    rewind(file);
    vow_reader *reader = passing(vow_source_lines(fileno(file)), NULL, NULL);
    vow_value item;
    vow_status status = reader != NULL ? VOW_OK : VOW_NO_MEMORY;
    while (status == VOW_OK && (status = vow_read(reader, VOW_FOREVER, &item)) == VOW_OK) {
        assert_string_equal(vow_as_text(item), "line");
        vow_release(item);
    }
    vow_reader_release(reader);
    (void)fclose(file);
    return status == VOW_CLOSED ? VOW_OK : status;
}

static void lines_without_memory_fail_after_those_before(void **state)
{
    (void)state;
    starve(lines);
}

/* Tasks ------------------------------------------------------------------------------------------------------------- */

static vow_status chain(void)
{
    vow_reader *reader = passing(vow_source_range(0, 100, 1), NULL, NULL);
    for (int i = 0; i < 3 && reader != NULL; i++)
        reader = passing(vow_source_reader(reader), NULL, NULL);
    return reader != NULL ? read_numbers(reader, 100) : VOW_NO_MEMORY;
}

static vow_value list_through(vow_value list, void *context)
{
    (void)context;
    return list;
}

static vow_status lists(void)
{
    vow_task_options options = {.size = sizeof options, .batch = true, .min_count = 30};
    vow_reader *reader = passing(vow_source_range(0, 100, 1), list_through, &options);
    return reader != NULL ? read_numbers(reader, 100) : VOW_NO_MEMORY;
}

static void chains_without_memory_fail(void **state)
{
    (void)state;
    starve(chain);
    starve(lists);
}

/* Two readers ------------------------------------------------------------------------------------------------------- */

/* One whose task has no memory to begin; another one that comes before the task has ended for it. */
static struct {
    vow_reader *reader;
    int64_t pulled;      /* by both */
    bool failed;         /* one allocation has: all others succeed */
    int64_t came, found; /* how often the other one came, and how much was pulled for it */
} the_other;

static vow_value pull_one(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_integer(the_other.pulled++);
}

static void *poll_other(void *context)
{
    vow_value item;
    int64_t before = the_other.pulled;
    (void)context;
    (void)vow_read(the_other.reader, VOW_POLL, &item);
    the_other.came++;
    the_other.found += the_other.pulled - before;
    return NULL;
}

/* At the first allocation after the one that failed where the tasks are not locked. */
static void come_between(void)
{
    pthread_t thread;
    if (!the_other.failed) {
        the_other.failed = until_failure == 0;
        return;
    }
    until_failure = -1;
    if (!vow_lock_try(&vow_tasks_lock))
        return;
    vow_lock_give(&vow_tasks_lock);
    at_allocation = NULL;
    if (pthread_create(&thread, NULL, poll_other, NULL) == 0)
        pthread_join(thread, NULL);
}

static void a_task_that_has_no_memory_to_begin_does_not_begin_for_another_reader(void **state)
{
    (void)state;
    vow_value item;
    vow_status status = VOW_NO_MEMORY;
    for (int allocations = 0; status == VOW_NO_MEMORY; allocations++) {
        vow_reader *reader = passing(vow_source_function(pull_one, NULL), NULL, NULL);
        the_other.reader = vow_reader_another(reader);
        the_other.failed = false;
        until_failure = allocations;
        at_allocation = come_between;
        status = vow_read(reader, VOW_FOREVER, &item);
        at_allocation = NULL;
        until_failure = -1;
        vow_reader_release(reader);
        vow_reader_release(the_other.reader);
    }
    assert_int_equal(status, VOW_OK);
    if (the_other.came == 0 && sizeof(void *) < 8)
        skip(); /* smaller objects: what follows the failure takes no further memory */
    assert_true(the_other.came > 0);
    assert_int_equal(the_other.found, 0);
}

/* Several outputs --------------------------------------------------------------------------------------------------- */

static vow_status broadcast(void)
{
    vow_reader *readers[2];
    vow_task *task = vow_task_new("all", vow_source_range(0, 100, 1), NULL, NULL, NULL);
    if (task == NULL)
        return VOW_NO_MEMORY;
    vow_status status = vow_pool_add_broadcast(pool, task, 2, NULL, readers);
    if (status != VOW_OK)
        return status;
    status = read_numbers(readers[0], 100);
    vow_status other = read_numbers(readers[1], 100);
    assert_int_equal(status, other);
    return status;
}

static vow_value first_only(vow_value item, void *context)
{
    (void)item;
    (void)context;
    return vow_integer(0);
}

static vow_status partition(void)
{
    vow_reader *readers[2];
    vow_task *task = vow_task_new("one", vow_source_range(0, 100, 1), NULL, NULL, NULL);
    if (task == NULL)
        return VOW_NO_MEMORY;
    vow_status status = vow_pool_add_partition(pool, task, 2, NULL, first_only, NULL, readers);
    if (status != VOW_OK)
        return status;
    status = read_numbers(readers[0], 100);
    (void)read_numbers(readers[1], 0);
    return status;
}

static void several_outputs_without_memory_fail_alike(void **state)
{
    (void)state;
    starve(broadcast);
    starve(partition);
}

static int make_pool(void **state)
{
    if (set_allocator(state) != 0)
        return -1;
    pool = vow_pool_new(0, NULL);
    return pool != NULL ? 0 : -1;
}

static int free_pool(void **state)
{
    (void)state;
    return vow_pool_free(pool) == VOW_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_without_memory_are_refused),
        cmocka_unit_test(a_zip_without_memory_fails),
        cmocka_unit_test(lines_without_memory_fail_after_those_before),
        cmocka_unit_test(chains_without_memory_fail),
        cmocka_unit_test(a_task_that_has_no_memory_to_begin_does_not_begin_for_another_reader),
        cmocka_unit_test(several_outputs_without_memory_fail_alike),
    };
    return cmocka_run_group_tests(tests, make_pool, free_pool);
}
