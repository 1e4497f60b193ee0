/*
 * testing.h - what the tests of base share: cmocka, a box type that counts its drops, and short questions.
 */
#ifndef VOW_TESTS_BASE_TESTING_H
#define VOW_TESTS_BASE_TESTING_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>
#include <vow/box.h>
#include <vow/error.h>
#include <vow/list.h>
#include <vow/memory.h>
#include <vow/text.h>

#include "objects.h"

/* How many probes have been dropped since the test began. */
static int probe_drops;

static inline void probe_drop(void *object)
{
    (void)object;
    probe_drops++;
}

static const struct vow_type probe_type = {.name = "probe", .drop = probe_drop};

static inline vow_value probe_new(void)
{
    return vow_box_new(&probe_type, sizeof(int));
}

/* The last error's sentence contains `text`. */
#define assert_sentence(text)                                                                      \
    do {                                                                                           \
        if (strstr(vow_last_error(), text) == NULL)                                                \
            fail_msg("vow_last_error() is \"%s\", without \"%s\"", vow_last_error(), text);        \
    } while (0)

/* `value` is an error of `wanted`; it is released. */
#define assert_error(value, wanted)                                                                \
    do {                                                                                           \
        vow_value error_ = (value);                                                                \
        assert_true(vow_is_error(error_));                                                         \
        assert_int_equal(vow_error_status(error_), wanted);                                        \
        vow_release(error_);                                                                       \
    } while (0)

/* `value` prints as `text`; it is released. */
#define assert_prints(value, text)                                                                 \
    do {                                                                                           \
        char buffer_[1024];                                                                        \
        vow_value value_ = (value);                                                                \
        size_t length_ = vow_value_print(value_, buffer_, sizeof buffer_);                         \
        assert_string_equal(buffer_, text);                                                        \
        assert_int_equal(length_, strlen(text));                                                   \
        vow_release(value_);                                                                       \
    } while (0)

/* Each test leaves as many objects behind as it found. */
static inline int begin_counting(void **state)
{
    probe_drops = 0;
    *state = (void *)(intptr_t)objects_at_begin();
    return 0;
}

static inline int nothing_is_left(void **state)
{
    return objects_have_gone((long)(intptr_t)*state) ? 0 : -1;
}

#define test_leaving_nothing(function)                                                             \
    cmocka_unit_test_setup_teardown(function, begin_counting, nothing_is_left)

#endif
