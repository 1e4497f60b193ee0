/*
 * test_print.c - values for people.
 */
#include "testing.h"

#include <math.h>
#include <stdio.h>

#include "base/value.h"

struct point {
    int x, y;
};

static int point_print(const void *object, char *buffer, size_t size)
{
    const struct point *point = object;
    return snprintf(buffer, size, "(%d, %d)", point->x, point->y);
}

static const struct vow_type point_type = {.name = "point", .print = point_print};

static int broken_print(const void *object, char *buffer, size_t size)
{
    (void)object;
    (void)buffer;
    (void)size;
    return -1;
}

static const struct vow_type broken_type = {.name = "broken", .print = broken_print};

static vow_value point(int x, int y)
{
    vow_value value = vow_box_new(&point_type, sizeof(struct point));
    *(struct point *)vow_box_as(&point_type, value) = (struct point){x, y};
    return value;
}

static vow_value list_of(vow_value first, vow_value second)
{
    vow_value list = vow_list_new(2);
    assert_int_equal(vow_list_append(list, first), VOW_OK);
    assert_int_equal(vow_list_append(list, second), VOW_OK);
    return list;
}

static void plain_values_print_as_words_and_numbers(void **state)
{
    (void)state;
    assert_prints(vow_none(), "none");
    assert_prints(vow_end(), "end");
    assert_prints(vow_skip(), "skip");
    assert_prints(vow_integer(42), "42");
    assert_prints(vow_integer(INT64_MIN), "-9223372036854775808");
    assert_prints(vow_pointer((void *)(uintptr_t)0xbeef), "pointer(0xbeef)");
}

static void reals_print_short_exact_and_never_like_integers(void **state)
{
    (void)state;
    assert_prints(vow_real(2.5), "2.5");
    assert_prints(vow_real(0.1), "0.1");
    assert_prints(vow_real(2), "2.0");
    assert_prints(vow_real(-0.0), "-0.0");
    assert_prints(vow_real(1.0 / 3), "0.33333333333333331");
    assert_prints(vow_real(1e300), "1e+300");
    assert_prints(vow_real(INFINITY), "inf");
}

static void a_text_prints_quoted_and_escaped(void **state)
{
    (void)state;
    assert_prints(vow_text("text"), "\"text\"");
    assert_prints(vow_text("a\"b\\c\n\t\r\x01\x7f"), "\"a\\\"b\\\\c\\n\\t\\r\\x01\\x7f\"");
    assert_prints(vow_text("größe"), "\"größe\"");
}

static void bytes_print_their_size_and_first_bytes(void **state)
{
    static const char zeros[40];
    char buffer[200];
    (void)state;
    assert_prints(vow_bytes("\x01\xff", 2), "bytes(2: 01 ff)");
    assert_prints(vow_bytes(NULL, 0), "bytes(0)");
    vow_value many = vow_bytes(zeros, sizeof zeros);
    vow_value_print(many, buffer, sizeof buffer);
    assert_non_null(strstr(buffer, "bytes(40: 00 00"));
    assert_non_null(strstr(buffer, "00 …)"));
    vow_release(many);
}

static void lists_print_their_items(void **state)
{
    (void)state;
    assert_prints(vow_list_new(0), "[]");
    assert_prints(list_of(vow_integer(1), vow_integer(2)), "[1, 2]");
    assert_prints(list_of(list_of(vow_none(), vow_text("x")), point(1, -2)),
                  "[[none, \"x\"], (1, -2)]");
}

static void errors_print_with_their_causes(void **state)
{
    vow_value error = vow_fail(VOW_TIMED_OUT, "no answer");
    (void)state;
    error = vow_fail_because(error, VOW_USER + 4, "no name");
    error = vow_fail_because(error, VOW_SYSTEM, "no luck");
    assert_prints(
        error, "error(SYSTEM: no luck; caused by 1004: no name; caused by TIMED_OUT: no answer)");
    assert_prints(vow_fail(VOW_INVALID, "message"), "error(INVALID: message)");
}

static void a_promise_prints_its_address(void **state)
{
    struct counted fake;
    char wanted[64];
    (void)state;
    snprintf(wanted, sizeof wanted, "promise(0x%jx)", (uintmax_t)(uintptr_t)&fake);
    assert_prints(vow_value_borrowing(VOW_PROMISE, &fake), wanted);
}

static void a_box_without_print_prints_name_and_address(void **state)
{
    vow_value box = probe_new();
    char wanted[64];
    (void)state;
    snprintf(wanted, sizeof wanted, "probe(0x%jx)",
             (uintmax_t)(uintptr_t)vow_box_as(&probe_type, box));
    assert_prints(box, wanted);
}

static void a_print_function_that_fails_prints_nothing(void **state)
{
    (void)state;
    assert_prints(list_of(vow_box_new(&broken_type, 1), vow_integer(1)), "[, 1]");
}

static void printing_gives_the_length_of_the_whole(void **state)
{
    vow_value list = list_of(vow_text("long enough"), point(11, 22));
    const char *whole = "[\"long enough\", (11, 22)]";
    char buffer[64];
    (void)state;
    assert_int_equal(vow_value_print(list, NULL, 0), strlen(whole));
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        memset(buffer, '#', sizeof buffer);
        assert_int_equal(vow_value_print(list, buffer, size), strlen(whole));
        assert_int_equal(strlen(buffer), size - 1);
        assert_memory_equal(buffer, whole, size - 1);
        assert_int_equal(buffer[size], '#');
    }
    vow_release(list);
}

static void a_list_nested_100000_deep_prints_to_a_bounded_depth(void **state)
{
    vow_value value = vow_integer(1);
    char buffer[256];
    (void)state;
    for (int i = 0; i < 100000; i++) {
        vow_value list = vow_list_new(1);
        assert_int_equal(vow_list_append(list, value), VOW_OK);
        value = list;
    }
    vow_value_print(value, buffer, sizeof buffer);
    assert_non_null(strstr(buffer, "[[[…]]]"));
    vow_release(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_leaving_nothing(plain_values_print_as_words_and_numbers),
        test_leaving_nothing(reals_print_short_exact_and_never_like_integers),
        test_leaving_nothing(a_text_prints_quoted_and_escaped),
        test_leaving_nothing(bytes_print_their_size_and_first_bytes),
        test_leaving_nothing(lists_print_their_items),
        test_leaving_nothing(errors_print_with_their_causes),
        test_leaving_nothing(a_promise_prints_its_address),
        test_leaving_nothing(a_box_without_print_prints_name_and_address),
        test_leaving_nothing(a_print_function_that_fails_prints_nothing),
        test_leaving_nothing(printing_gives_the_length_of_the_whole),
        test_leaving_nothing(a_list_nested_100000_deep_prints_to_a_bounded_depth),
    };
    return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
