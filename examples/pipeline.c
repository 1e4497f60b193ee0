/*
 * pipeline.c - tasks on a pool: squares of the first ten numbers, then twice these, computed when they are read.
 *
 * A port of the usage guide of the async package: the same tasks without a thread, and with a worker. In a pool of size 0 the
 * reader does the work; set_size is vow_pool_resize.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <vow.h>

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "not so: %s (%s)\n", what, vow_last_error());
    exit(1);
}

static vow_value power(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) * vow_as_integer(input));
}

static vow_value mult(vow_value input, void *context)
{
    (void)context;
    return vow_integer(2 * vow_as_integer(input));
}

static vow_reader *add_power(vow_pool *pool)
{
    return vow_pool_add_task(pool,
                             vow_task_new("power", vow_source_range(0, 10, 1), power, NULL, NULL));
}

/* Reads everything: ten items, with these at the ends. */
static void read_ten(vow_reader *reader, int64_t first, int64_t last)
{
    vow_value items = vow_read_all(reader, VOW_FOREVER);
    require(!vow_is_error(items), vow_error_message(items));
    require(vow_list_count(items) == 10, "ten items");
    require(vow_as_integer(vow_list_at(items, 0)) == first, "the first one");
    require(vow_as_integer(vow_list_at(items, 9)) == last, "the last one");
    for (size_t i = 0; i < 10; i++)
        printf("%s%" PRId64, i == 0 ? "  " : ", ", vow_as_integer(vow_list_at(items, i)));
    printf("\n");
    vow_release(items);
    vow_reader_release(reader);
}

static void use(vow_pool *pool)
{
    printf("%d workers\n", vow_pool_size(pool));
    read_ten(add_power(pool), 0, 81);
    vow_task *chained = vow_task_new("mult", vow_source_reader(add_power(pool)), mult, NULL, NULL);
    read_ten(vow_pool_add_task(pool, chained), 0, 162);
}

int main(void)
{
    vow_pool *pool = vow_pool_new(0, NULL);
    require(vow_pool_size(pool) == 0, "size 0: synchronous");
    use(pool);
    require(vow_pool_resize(pool, 1) == VOW_OK && vow_pool_size(pool) == 1, "size 1");
    use(pool);
    require(vow_tasks(pool, NULL, 0) == 0, "nothing is left");
    vow_pool_free(pool);
    return 0;
}
