/*
 * scenes_tasks.c - tasks over all sources, chained and split, and how far they are.
 */
#include "torture/scene.h"

#include <stdio.h>
#include <unistd.h>

static vow_value twice(vow_value input, void *context)
{
    (void)context;
    return vow_integer(2 * vow_as_integer(input));
}

/* All of a reader, which may be NULL: whether it gave the integers of this sum, or refused. */
static void has_sum(vow_reader *given, int64_t sum)
{
    vow_auto_reader reader = given;
    need(reader);
    vow_auto_value list = vow_read_all(reader, VOW_FOREVER);
    need_value(list);
    need_value(vow_reader_error(reader)); /* what came before it is in the list */
    for (size_t i = 0; i < vow_list_count(list); i++)
        sum -= vow_as_integer(vow_list_at(list, i));
    sure(sum == 0 || scene_was_canceled()); /* what came before the cancel is a part */
}

/* Doubles what `source` gives. */
static vow_reader *doubled(vow_pool *pool, vow_source *source)
{
    return vow_pool_add_task(pool, vow_task_new("double", source, twice, NULL, NULL));
}

static void on_a_pool(int workers)
{
    vow_auto_pool pool = vow_pool_new(workers, NULL);
    need(pool);
    has_sum(doubled(pool, vow_source_range(0, 100, 1)), 9900);
    vow_reader *first = doubled(pool, vow_source_range(0, 100, 1));
    need(first);
    has_sum(doubled(pool, vow_source_reader(first)), 19800);
}

static void with_two_workers(void)
{
    on_a_pool(2);
}

static void without_workers(void)
{
    on_a_pool(0);
}

static vow_value count_to_five(vow_value input, void *count)
{
    (void)input;
    int *number = count;
    return ++*number > 5 ? vow_end() : vow_integer(*number);
}

static vow_value yield_three(vow_value input, void *context)
{
    (void)context;
    for (int i = 1; i <= 3; i++) {
        input = vow_yield(vow_integer(i));
        if (vow_is_error(input))
            return input;
    }
    return vow_end();
}

static int drops;

static void count_drop(void *context)
{
    (void)context;
    drops++;
}

static vow_value pull_three(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    int *given = self;
    for (*ret_count = 0; *ret_count < count && *given < 3; ++*ret_count)
        items[*ret_count] = vow_integer(++*given);
    return *given == 3 ? vow_end() : vow_none();
}

static const struct vow_source_ops ops = {
    .size = sizeof ops, .name = "three", .pull = pull_three, .drop = count_drop};

static void all_sources(void)
{
    const vow_value array[] = {vow_integer(1), vow_integer(2)};
    int count = 0, given = 0;
    vow_auto_pool pool = vow_pool_new(0, NULL);
    need(pool);
    has_sum(doubled(pool, vow_source_function(count_to_five, &count)), 30);
    has_sum(doubled(pool, vow_source_array(array, 2)), 6);
    has_sum(doubled(pool, vow_source_coroutine(vow_coroutine_new(yield_three, NULL))), 12);
    has_sum(doubled(pool, vow_source_new(&ops, &given)), 12);
    sure(drops == 1);
    vow_source_free(vow_source_range(1, 2, 1));
    vow_value list = vow_list_new(1);
    need_value(list);
    vow_status status = vow_list_append(list, vow_integer(5));
    vow_source *source = vow_source_list(list);
    if (status != VOW_OK)
        vow_source_free(source);
    need_ok(status);
    has_sum(doubled(pool, source), 10);
}

/* Two readers of the same integers: of a source of one task each. */
static bool two_readers(vow_pool *pool, vow_reader *readers[2])
{
    readers[0] = doubled(pool, vow_source_range(0, 5, 1));
    readers[1] = doubled(pool, vow_source_range(0, 5, 1));
    if (readers[0] != NULL && readers[1] != NULL)
        return true;
    vow_reader_release(readers[0]);
    vow_reader_release(readers[1]);
    return false;
}

static vow_value add_both(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(vow_list_at(input, 0)) +
                       vow_as_integer(vow_list_at(input, 1)));
}

static void joined_sources(void)
{
    vow_reader *readers[2];
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    if (!two_readers(pool, readers))
        need(NULL);
    has_sum(doubled(pool, vow_source_merge(readers, 2)), 80);
    if (!two_readers(pool, readers))
        need(NULL);
    has_sum(vow_pool_add_task(
                pool, vow_task_new("add", vow_source_zip(readers, 2), add_both, NULL, NULL)),
            40);
}

static vow_value count_bytes(vow_value input, void *context)
{
    size_t size = 0;
    (void)context;
    return vow_as_bytes(input, &size) != NULL ? vow_integer((int64_t)size) : vow_skip();
}

/* Three lines of one byte each in a pipe, which is closed behind them. */
static int three_lines(void)
{
    int ends[2];
    sure(pipe(ends) == 0 && write(ends[1], "a\nb\nc\n", 6) == 6);
    sure(close(ends[1]) == 0);
    return ends[0];
}

static void lines_of_a_descriptor(void)
{
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    int fd = three_lines();
    has_sum(vow_pool_add_task(pool,
                              vow_task_new("count", vow_source_lines(fd), count_bytes, NULL, NULL)),
            3);
    sure(close(fd) == 0);
    fd = three_lines();
    has_sum(vow_pool_add_task(
                pool, vow_task_new("count", vow_source_chunks(fd, 4), count_bytes, NULL, NULL)),
            6);
    vow_status closed = vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER);
    sure(close(fd) == 0);
    need_ok(closed);
}

/* Looking at tasks ------------------------------------------------------------------------------------------------- */

static const vow_task_options by_one = {.size = sizeof by_one, .max_chunk = 1, .drop = count_drop};

static void looked_at(void)
{
    struct vow_task_counts counts = {.size = sizeof counts};
    vow_auto_pool pool = vow_pool_new(0, NULL);
    need(pool);
    vow_auto_task task = vow_task_new("looked at", vow_source_range(0, 5, 1), twice, NULL, &by_one);
    if (task == NULL)
        sure(drops == 1);
    need(task);
    vow_auto_reader reader = vow_pool_add_task(pool, vow_task_retain(task));
    need(reader);
    sure(vow_tasks(pool, NULL, 0) == 1 && vow_task_name(task)[0] == 'l');
    FILE *stream = tmpfile();
    sure(stream != NULL);
    vow_status drawn = vow_tasks_dot(pool, stream);
    sure(fclose(stream) == 0);
    vow_auto_value ended = vow_read_each(reader, twice, NULL, VOW_FOREVER);
    vow_status removed = vow_pool_remove_task(pool, task);
    sure(vow_task_is_done(task) && vow_task_count(task, &counts) == VOW_OK);
    sure(drops == 1);
    vow_auto_value error = vow_task_error(task);
    need_value(error);
    need_value(ended);
    need_ok(removed);
    need_ok(drawn);
    sure(counts.given == 5);
}

static vow_value fail_at_three(vow_value input, void *context)
{
    (void)context;
    return vow_as_integer(input) == 3 ? vow_fail(VOW_USER, "three") : input;
}

static void that_fails(void)
{
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    vow_auto_reader reader = vow_pool_add_task(
        pool, vow_task_new("fails", vow_source_range(0, 9, 1), fail_at_three, NULL, NULL));
    need(reader);
    vow_auto_value ended = vow_read_each(reader, NULL, NULL, VOW_FOREVER);
    sure(vow_is_error(ended));
    if (!vow_error_is(ended, VOW_USER))
        need_value(ended);
}

/* Split ------------------------------------------------------------------------------------------------------------ */

static vow_value choose(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) % 2);
}

static void split(void)
{
    static const vow_split_options options = {.size = sizeof options, .bound = 8};
    vow_reader *readers[2];
    vow_auto_pool pool = vow_pool_new(0, NULL);
    need(pool);
    vow_task *task = vow_task_new("both", vow_source_range(0, 5, 1), NULL, NULL, NULL);
    need(task);
    need_ok(vow_pool_add_broadcast(pool, task, 2, &options, readers));
    vow_auto_reader one = readers[0];
    vow_auto_reader other = readers[1];
    has_sum(vow_reader_retain(one), 10);
    has_sum(vow_reader_retain(other), 10);
    task = vow_task_new("either", vow_source_range(0, 5, 1), NULL, NULL, NULL);
    need(task);
    need_ok(vow_pool_add_partition(pool, task, 2, &options, choose, NULL, readers));
    vow_auto_reader even = readers[0];
    vow_auto_reader odd = readers[1];
    has_sum(vow_reader_retain(even), 6);
    has_sum(vow_reader_retain(odd), 4);
}

/* Progress --------------------------------------------------------------------------------------------------------- */

static void draw(vow_progress *progress)
{
    char line[100];
    struct vow_progress_figures figures = {.size = sizeof figures};
    vow_progress_add(progress, 0, 1);
    vow_progress_expect(progress, 0, 10);
    need_ok(vow_progress_measure(progress, 0, VOW_S(1), &figures));
    sure(figures.done == 1 && vow_progress_line(progress, VOW_S(2), line, sizeof line) > 0);
    (void)vow_progress_draw(progress, VOW_S(3));
    vow_progress_hide(progress);
    vow_progress_show(progress);
    vow_progress_erase(progress);
}

static void observe(vow_progress *progress, vow_pool *pool)
{
    vow_auto_task task = vow_task_new("observed", vow_source_range(0, 5, 1), NULL, NULL, NULL);
    need(task);
    need_ok(vow_progress_observe(progress, 0, task));
    has_sum(vow_pool_add_task(pool, vow_task_retain(task)), 10);
}

static void show_progress(FILE *stream)
{
    const vow_progress_options options = {.size = sizeof options, .stream = stream, .always = true};
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    vow_auto_pool pool = vow_pool_new(0, NULL);
    need(pool);
    vow_auto_progress progress = vow_progress_new(&options, 0);
    need(progress);
    vow_progress_release(vow_progress_retain(progress));
    draw(progress);
    observe(progress, pool);
    vow_status status = vow_progress_start(progress, loop);
    vow_progress_finish(progress, VOW_S(4), true);
    need_ok(status);
}

static void progress(void)
{
    FILE *stream = tmpfile();
    sure(stream != NULL);
    show_progress(stream);
    sure(fclose(stream) == 0);
}

const struct scene scenes_of_tasks[] = {
    SCENE(with_two_workers),
    SCENE(without_workers),
    SCENE(all_sources),
    SCENE(joined_sources),
    SCENE(lines_of_a_descriptor),
    SCENE(looked_at),
    SCENE(that_fails),
    SCENE(split),
    SCENE(progress),
    {0},
};
