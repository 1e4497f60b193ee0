/*
 * task_testing.h - for tests of tasks: each runs in pools of several sizes, and leaves nothing behind.
 */
#ifndef VOW_TESTS_TASK_TESTING_H
#define VOW_TESTS_TASK_TESTING_H

#include "control/control_testing.h"
#include "objects.h"
#include <vow.h>

struct setting {
    vow_pool *pool;
    int size;
    long live;
};

static unused_here vow_value power(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) * vow_as_integer(input));
}

static unused_here vow_value twice(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) * 2);
}

/* A stage that counts its calls and items, and can fail ------------------------------------------------------------- */

struct counting {
    _Atomic int64_t calls; /* of the function */
    _Atomic int64_t items; /* that it was given */
    int64_t fails_at;      /* it fails for the input of this number; negative: never */
    int64_t ends_at;       /* the same: it gives the end */
};

static unused_here const struct counting counting_zero = {.fails_at = -1, .ends_at = -1};

/* Passes on what it gets, if that is a number. */
static unused_here vow_value count_item(vow_value input, void *context)
{
    struct counting *counting = context;
    counting->calls++;
    counting->items++;
    if (vow_as_integer(input) == counting->fails_at)
        return vow_fail(VOW_USER, "item %d fails", (int)counting->fails_at);
    return vow_as_integer(input) == counting->ends_at ? vow_end() : input;
}

/* The same for lists. */
static unused_here vow_value count_list(vow_value list, void *context)
{
    struct counting *counting = context;
    counting->calls++;
    counting->items += (int64_t)vow_list_count(list);
    for (size_t i = 0; i < vow_list_count(list); i++)
        if (vow_as_integer(vow_list_at(list, i)) == counting->fails_at)
            return vow_fail(VOW_USER, "a list with item %d fails", (int)counting->fails_at);
    return list;
}

/* Reads `count` items, and expects the numbers from `first` on. */
static unused_here void expect_numbers(vow_reader *reader, int64_t first, size_t count)
{
    vow_value items[256];
    size_t read = 0;
    assert_in_range(count, 1, 256);
    assert_int_equal(vow_read_many(reader, items, count, VOW_FOREVER, &read), VOW_OK);
    assert_int_equal(read, count);
    for (size_t i = 0; i < read; i++)
        assert_int_equal(vow_as_integer(items[i]), first + (int64_t)i);
}

/* Reads all that is left, and expects `count` numbers from `first` on. */
static unused_here void expect_rest(vow_reader *reader, int64_t first, size_t count)
{
    vow_value all = vow_read_all(reader, VOW_FOREVER);
    if (count == 0 && vow_is_error(all)) {
        vow_release(all);
        return;
    }
    assert_true(vow_is_list(all));
    assert_int_equal(vow_list_count(all), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(vow_as_integer(vow_list_at(all, i)), first + (int64_t)i);
    vow_release(all);
}

static unused_here vow_reader *add(const struct setting *setting, const char *name,
                                   vow_source *source, vow_fn *fn, void *context,
                                   const vow_task_options *options)
{
    vow_reader *reader =
        vow_pool_add_task(setting->pool, vow_task_new(name, source, fn, context, options));
    assert_non_null(reader);
    return reader;
}

/* `list`, which is taken, has the squares of 0 to `count` - 1, times `factor`. */
static unused_here void expect_squares(vow_value list, int64_t count, int64_t factor)
{
    assert_true(vow_is_list(list));
    assert_int_equal(vow_list_count(list), count);
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(vow_as_integer(vow_list_at(list, (size_t)i)), i * i * factor);
    vow_release(list);
}

/* The setting of a test, by its size ------------------------------------------------------------------------------ */

static struct setting settings[] = {{.size = 0}, {.size = 1}, {.size = 2}, {.size = 8}};

static inline int begin_sized(void **state)
{
    struct setting *setting = *state;
    setting->live = objects_at_begin();
    setting->pool = vow_pool_new(setting->size, NULL);
    return setting->pool != NULL ? 0 : -1;
}

static inline int end_sized(void **state)
{
    struct setting *setting = *state;
    assert_int_equal(vow_pool_close(setting->pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    assert_int_equal(vow_tasks(setting->pool, NULL, 0), 0);
    assert_int_equal(vow_pool_free(setting->pool), VOW_OK);
    return objects_have_gone(setting->live) ? 0 : -1;
}

#define at_all_sizes(f)                                                                            \
    {#f "_at_size_0", f, begin_sized, end_sized, &settings[0]},                                    \
        {#f "_at_size_1", f, begin_sized, end_sized, &settings[1]},                                \
        {#f "_at_size_2", f, begin_sized, end_sized, &settings[2]},                                \
    {                                                                                              \
#f "_at_size_8", f, begin_sized, end_sized, &settings[3]                                   \
    }

#endif
