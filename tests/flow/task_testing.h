/*
 * task_testing.h - for tests of tasks: each runs in pools of several sizes, and leaves nothing behind.
 */
#ifndef VOW_TESTS_TASK_TESTING_H
#define VOW_TESTS_TASK_TESTING_H

#include "control/control_testing.h"
#include <vow.h>

struct setting {
    vow_pool *pool;
    int size;
};

static inline vow_value power(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) * vow_as_integer(input));
}

static inline vow_value twice(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) * 2);
}

static inline vow_reader *add(const struct setting *setting, const char *name, vow_source *source,
                              vow_fn *fn, void *context, const vow_task_options *options)
{
    vow_reader *reader =
        vow_pool_add_task(setting->pool, vow_task_new(name, source, fn, context, options));
    assert_non_null(reader);
    return reader;
}

/* `list`, which is taken, has the squares of 0 to `count` - 1, times `factor`. */
static inline void expect_squares(vow_value list, int64_t count, int64_t factor)
{
    assert_true(vow_is_list(list));
    assert_int_equal(vow_list_count(list), count);
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(vow_as_integer(vow_list_at(list, (size_t)i)), i * i * factor);
    vow_release(list);
}

/* The setting of a test, by its size ------------------------------------------------------------------------------ */

static struct setting settings[] = {{NULL, 0}, {NULL, 1}, {NULL, 2}, {NULL, 8}};

static inline int begin_sized(void **state)
{
    struct setting *setting = *state;
    setting->pool = vow_pool_new(setting->size, NULL);
    return setting->pool != NULL ? 0 : -1;
}

static inline int end_sized(void **state)
{
    struct setting *setting = *state;
    assert_int_equal(vow_tasks(setting->pool, NULL, 0), 0);
    assert_int_equal(vow_pool_free(setting->pool), VOW_OK);
    return 0;
}

#define at_all_sizes(f)                                                                            \
    {#f "_at_size_0", f, begin_sized, end_sized, &settings[0]},                                    \
        {#f "_at_size_1", f, begin_sized, end_sized, &settings[1]},                                \
        {#f "_at_size_2", f, begin_sized, end_sized, &settings[2]},                                \
    {                                                                                              \
        #f "_at_size_8", f, begin_sized, end_sized, &settings[3]                                   \
    }

#endif
