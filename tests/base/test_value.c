/*
 * test_value.c - kinds, reading them, ownership, sameness.
 */
#include "testing.h"

#include <math.h>

static void a_zeroed_value_is_none(void **state)
{
    vow_value zero = {0};
    (void)state;
    assert_true(vow_is_none(zero));
    assert_false(vow_is_owned(zero));
}

static void a_value_is_sixteen_bytes(void **state)
{
    (void)state;
    assert_int_equal(sizeof(vow_value), 16);
}

static void constructors_give_their_kind_and_content(void **state)
{
    int target;
    (void)state;
    assert_int_equal(vow_as_integer(vow_integer(-42)), -42);
    assert_true(vow_as_real(vow_real(2.5)) == 2.5);
    assert_ptr_equal(vow_as_pointer(vow_pointer(&target)), &target);
    assert_true(vow_is_end(vow_end()));
    assert_true(vow_is_skip(vow_skip()));
}

static void as_real_converts_an_integer(void **state)
{
    (void)state;
    assert_true(vow_as_real(vow_integer(3)) == 3.0);
}

static void as_integer_of_a_real_gives_0_and_says_what_it_is(void **state)
{
    (void)state;
    assert_int_equal(vow_as_integer(vow_real(7)), 0);
    assert_string_equal(vow_last_error(), "vow_as_integer: value is real, not an integer");
}

static void as_real_of_none_gives_0_and_says_what_it_is(void **state)
{
    (void)state;
    assert_true(vow_as_real(vow_none()) == 0.0);
    assert_string_equal(vow_last_error(), "vow_as_real: value is none, not a number");
}

static void as_pointer_of_a_text_gives_null_and_says_what_it_is(void **state)
{
    vow_value text = vow_text("x");
    (void)state;
    assert_null(vow_as_pointer(text));
    assert_string_equal(vow_last_error(), "vow_as_pointer: value is text, not a pointer");
    vow_release(text);
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(vow_kind_name(VOW_NONE), "none");
    assert_string_equal(vow_kind_name(VOW_PROMISE), "promise");
    assert_string_equal(vow_kind_name((enum vow_kind)99), "unknown");
}

static void constructors_give_owned_values(void **state)
{
    vow_value box = probe_new();
    (void)state;
    assert_true(vow_is_owned(box));
    assert_false(vow_is_owned(vow_borrow(box)));
    vow_release(box);
}

static void releasing_a_borrowed_value_does_nothing(void **state)
{
    vow_value box = probe_new();
    (void)state;
    vow_release(vow_borrow(box));
    assert_int_equal(probe_drops, 0);
    vow_release(box);
    assert_int_equal(probe_drops, 1);
}

static void retaining_a_borrowed_value_gives_an_owned_one(void **state)
{
    vow_value box = probe_new();
    vow_value kept = vow_retain(vow_borrow(box));
    (void)state;
    assert_true(vow_is_owned(kept));
    vow_release(box);
    assert_int_equal(probe_drops, 0);
    vow_release(kept);
    assert_int_equal(probe_drops, 1);
}

static void retaining_an_owned_value_makes_two_references(void **state)
{
    vow_value box = probe_new();
    vow_value second = vow_retain(box);
    (void)state;
    vow_release(box);
    assert_int_equal(probe_drops, 0);
    vow_release(second);
    assert_int_equal(probe_drops, 1);
}

static void retain_and_release_leave_plain_values_alone(void **state)
{
    vow_value kept = vow_retain(vow_integer(5));
    (void)state;
    assert_false(vow_is_owned(kept));
    assert_int_equal(vow_as_integer(kept), 5);
    vow_release(kept);
    vow_release(vow_none());
}

static void a_borrowed_value_equals_its_owned_self(void **state)
{
    vow_value box = probe_new();
    (void)state;
    assert_true(vow_value_equal(box, vow_borrow(box)));
    vow_release(box);
}

static void values_of_different_kinds_differ(void **state)
{
    (void)state;
    assert_false(vow_value_equal(vow_integer(0), vow_none()));
    assert_false(vow_value_equal(vow_integer(0), vow_real(0)));
    assert_true(vow_value_equal(vow_end(), vow_end()));
}

static void numbers_are_the_same_by_their_bits(void **state)
{
    (void)state;
    assert_true(vow_value_equal(vow_integer(3), vow_integer(3)));
    assert_false(vow_value_equal(vow_integer(3), vow_integer(4)));
    assert_true(vow_value_equal(vow_real(NAN), vow_real(NAN)));
    assert_false(vow_value_equal(vow_real(0.0), vow_real(-0.0)));
}

static void texts_are_the_same_by_content(void **state)
{
    vow_value one = vow_text("one"), again = vow_text("one"), other = vow_text("two");
    vow_value bytes = vow_bytes("one", 3);
    (void)state;
    assert_true(vow_value_equal(one, again));
    assert_false(vow_value_equal(one, other));
    assert_false(vow_value_equal(one, bytes));
    vow_release(one);
    vow_release(again);
    vow_release(other);
    vow_release(bytes);
}

static void boxes_of_users_are_the_same_by_identity(void **state)
{
    vow_value one = probe_new(), other = probe_new();
    (void)state;
    assert_true(vow_value_equal(one, one));
    assert_false(vow_value_equal(one, other));
    vow_release(one);
    vow_release(other);
}

static vow_value numbers(int count, int last)
{
    vow_value list = vow_list_new(0);
    for (int i = 0; i < count; i++)
        assert_int_equal(vow_list_append(list, vow_integer(i == count - 1 ? last : i)), VOW_OK);
    return list;
}

static void lists_are_the_same_item_by_item(void **state)
{
    vow_value one = numbers(3, 9), again = numbers(3, 9), longer = numbers(4, 9),
              other = numbers(3, 8);
    (void)state;
    assert_true(vow_value_equal(one, again));
    assert_false(vow_value_equal(one, longer));
    assert_false(vow_value_equal(one, other));
    vow_release(one);
    vow_release(again);
    vow_release(longer);
    vow_release(other);
}

static vow_value nested(int depth, int64_t innermost)
{
    vow_value value = vow_integer(innermost);
    for (int i = 0; i < depth; i++) {
        vow_value list = vow_list_new(1);
        assert_int_equal(vow_list_append(list, value), VOW_OK);
        value = list;
    }
    return value;
}

static void lists_nested_100000_deep_are_compared(void **state)
{
    vow_value one = nested(100000, 1), again = nested(100000, 1), other = nested(100000, 2);
    (void)state;
    assert_true(vow_value_equal(one, again));
    assert_false(vow_value_equal(one, other));
    vow_release(one);
    vow_release(again);
    vow_release(other);
}

/* A ring of boxes of lists cannot be made of counted values, but what is as deep is taken for one. */
static void lists_nested_deeper_than_can_be_told_from_a_ring_are_unlike(void **state)
{
    const int deeper = (1 << 20) + 1;
    vow_value one = nested(deeper, 1), again = nested(deeper, 1);
    (void)state;
    assert_false(vow_value_equal(one, again));
    assert_sentence("vow_value_equal: the lists are nested too deeply");
    vow_release(one);
    vow_release(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_leaving_nothing(a_zeroed_value_is_none),
        test_leaving_nothing(a_value_is_sixteen_bytes),
        test_leaving_nothing(constructors_give_their_kind_and_content),
        test_leaving_nothing(as_real_converts_an_integer),
        test_leaving_nothing(as_integer_of_a_real_gives_0_and_says_what_it_is),
        test_leaving_nothing(as_real_of_none_gives_0_and_says_what_it_is),
        test_leaving_nothing(as_pointer_of_a_text_gives_null_and_says_what_it_is),
        test_leaving_nothing(kinds_have_names),
        test_leaving_nothing(constructors_give_owned_values),
        test_leaving_nothing(releasing_a_borrowed_value_does_nothing),
        test_leaving_nothing(retaining_a_borrowed_value_gives_an_owned_one),
        test_leaving_nothing(retaining_an_owned_value_makes_two_references),
        test_leaving_nothing(retain_and_release_leave_plain_values_alone),
        test_leaving_nothing(a_borrowed_value_equals_its_owned_self),
        test_leaving_nothing(values_of_different_kinds_differ),
        test_leaving_nothing(numbers_are_the_same_by_their_bits),
        test_leaving_nothing(texts_are_the_same_by_content),
        test_leaving_nothing(boxes_of_users_are_the_same_by_identity),
        test_leaving_nothing(lists_are_the_same_item_by_item),
        test_leaving_nothing(lists_nested_100000_deep_are_compared),
        test_leaving_nothing(lists_nested_deeper_than_can_be_told_from_a_ring_are_unlike),
    };
    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
