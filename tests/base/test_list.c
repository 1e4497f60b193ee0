/*
 * test_list.c - lists: order, growth, who owns the items.
 */
#include "testing.h"

static void a_new_list_is_empty(void **state)
{
    vow_value list = vow_list_new(10);
    (void)state;
    assert_true(vow_is_list(list));
    assert_int_equal(vow_list_count(list), 0);
    vow_release(list);
}

static void items_come_back_in_order_and_borrowed(void **state)
{
    vow_value list = vow_list_new(0);
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(vow_list_append(list, vow_integer(i)), VOW_OK);
    assert_int_equal(vow_list_count(list), 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(vow_as_integer(vow_list_at(list, (size_t)i)), i);
    assert_int_equal(vow_list_append(list, vow_text("t")), VOW_OK);
    assert_false(vow_is_owned(vow_list_at(list, 1000)));
    vow_release(list);
}

static void a_list_takes_an_owned_item(void **state)
{
    vow_value list = vow_list_new(1);
    (void)state;
    assert_int_equal(vow_list_append(list, probe_new()), VOW_OK);
    vow_release(list);
    assert_int_equal(probe_drops, 1);
}

static void a_list_retains_a_borrowed_item(void **state)
{
    vow_value list = vow_list_new(1), item = probe_new();
    (void)state;
    assert_int_equal(vow_list_append(list, vow_borrow(item)), VOW_OK);
    vow_release(item);
    assert_int_equal(probe_drops, 0);
    vow_release(list);
    assert_int_equal(probe_drops, 1);
}

static void append_to_what_is_no_list_takes_the_item_all_the_same(void **state)
{
    (void)state;
    assert_int_equal(vow_list_append(vow_integer(1), probe_new()), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_list_append: value is integer, not a list");
    assert_int_equal(probe_drops, 1);
}

static void a_list_cannot_hold_itself(void **state)
{
    vow_value list = vow_list_new(1);
    (void)state;
    assert_int_equal(vow_list_append(list, vow_borrow(list)), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_list_append: item is the list itself");
    assert_int_equal(vow_list_append(list, vow_retain(list)), VOW_INVALID);
    vow_release(list);
}

static void at_beyond_the_end_gives_none_and_says_so(void **state)
{
    vow_value list = vow_list_new(0);
    (void)state;
    assert_int_equal(vow_list_append(list, vow_integer(1)), VOW_OK);
    assert_true(vow_is_none(vow_list_at(list, 1)));
    assert_string_equal(vow_last_error(), "vow_list_at: index is 1, but the list has 1 items");
    vow_release(list);
}

static void count_and_at_of_what_is_no_list_say_so(void **state)
{
    (void)state;
    assert_int_equal(vow_list_count(vow_none()), 0);
    assert_string_equal(vow_last_error(), "vow_list_count: value is none, not a list");
    assert_true(vow_is_none(vow_list_at(vow_end(), 0)));
    assert_string_equal(vow_last_error(), "vow_list_at: value is end, not a list");
}

static void an_impossible_capacity_is_out_of_memory(void **state)
{
    (void)state;
    assert_error(vow_list_new(SIZE_MAX), VOW_NO_MEMORY);
    assert_error(vow_list_new(SIZE_MAX / 16), VOW_NO_MEMORY);
    assert_string_equal(vow_last_error(), "vow_list_new: out of memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_leaving_nothing(a_new_list_is_empty),
        test_leaving_nothing(items_come_back_in_order_and_borrowed),
        test_leaving_nothing(a_list_takes_an_owned_item),
        test_leaving_nothing(a_list_retains_a_borrowed_item),
        test_leaving_nothing(append_to_what_is_no_list_takes_the_item_all_the_same),
        test_leaving_nothing(a_list_cannot_hold_itself),
        test_leaving_nothing(at_beyond_the_end_gives_none_and_says_so),
        test_leaving_nothing(count_and_at_of_what_is_no_list_say_so),
        test_leaving_nothing(an_impossible_capacity_is_out_of_memory),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
