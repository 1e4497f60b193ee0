/*
 * test_box.c - boxes of users' types, and text and bytes.
 */
#include "testing.h"

#include "base/box.h"

static const struct vow_type other_type = {.name = "other"};
static const struct vow_type nameless_type = {0};

static void *dropped_object;

static void note_drop(void *object)
{
    dropped_object = object;
    probe_drops++;
}

static const struct vow_type adopted_type = {.name = "adopted", .drop = note_drop};

static void box_new_gives_zeroed_memory_of_the_type(void **state)
{
    static const char zeros[100];
    vow_value box = vow_box_new(&other_type, sizeof zeros);
    (void)state;
    assert_memory_equal(vow_box_as(&other_type, box), zeros, sizeof zeros);
    assert_ptr_equal(vow_box_type(box), &other_type);
    vow_release(box);
}

static void box_memory_is_aligned_for_any_type(void **state)
{
    vow_value box = vow_box_new(&other_type, 1);
    (void)state;
    assert_int_equal((uintptr_t)vow_box_as(&other_type, box) % _Alignof(max_align_t), 0);
    vow_release(box);
}

static void a_box_may_be_empty(void **state)
{
    vow_value box = vow_box_new(&probe_type, 0);
    (void)state;
    assert_non_null(vow_box_as(&probe_type, box));
    vow_release(box);
    assert_int_equal(probe_drops, 1);
}

static void a_box_is_dropped_once_with_its_object(void **state)
{
    int object;
    vow_value box = vow_box_adopt(&adopted_type, &object);
    (void)state;
    assert_ptr_equal(vow_box_as(&adopted_type, box), &object);
    vow_release(box);
    assert_int_equal(probe_drops, 1);
    assert_ptr_equal(dropped_object, &object);
}

static void box_as_gives_null_for_another_type_and_says_which(void **state)
{
    vow_value box = probe_new();
    (void)state;
    assert_null(vow_box_as(&other_type, box));
    assert_string_equal(vow_last_error(),
                        "vow_box_as: value is a box of type probe, not of type other");
    vow_release(box);
}

static void box_as_gives_null_for_another_kind_and_says_which(void **state)
{
    (void)state;
    assert_null(vow_box_as(&other_type, vow_integer(1)));
    assert_string_equal(vow_last_error(), "vow_box_as: value is integer, not a box of type other");
}

static void box_as_refuses_a_type_of_null(void **state)
{
    vow_value box = probe_new();
    (void)state;
    assert_null(vow_box_as(NULL, box));
    assert_string_equal(vow_last_error(), "vow_box_as: type is NULL");
    vow_release(box);
}

static void a_type_without_a_name_is_called_box(void **state)
{
    vow_value box = vow_box_new(&nameless_type, 1);
    (void)state;
    assert_null(vow_box_as(&other_type, box));
    assert_sentence("a box of type box");
    vow_release(box);
}

static void box_type_of_a_plain_value_is_null(void **state)
{
    (void)state;
    assert_null(vow_box_type(vow_end()));
}

static void box_new_refuses_a_type_of_null(void **state)
{
    (void)state;
    assert_error(vow_box_new(NULL, 1), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_box_new: type is NULL");
}

static void box_new_of_an_impossible_size_is_out_of_memory(void **state)
{
    (void)state;
    assert_error(vow_box_new(&other_type, SIZE_MAX), VOW_NO_MEMORY);
    assert_error(vow_box_new(&other_type, PTRDIFF_MAX), VOW_NO_MEMORY);
}

static void box_adopt_refuses_null(void **state)
{
    (void)state;
    assert_error(vow_box_adopt(&adopted_type, NULL), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_box_adopt: object is NULL");
    assert_int_equal(probe_drops, 0);
    assert_error(vow_box_adopt(NULL, &probe_drops), VOW_INVALID);
}

static void nobody_else_makes_boxes_of_vows_own_types(void **state)
{
    vow_value list = vow_list_new(0);
    (void)state;
    assert_error(vow_box_new(vow_box_type(list), 8), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_box_new: type is vow's own type list");
    assert_error(vow_box_adopt(vow_box_type(list), &probe_drops), VOW_INVALID);
    vow_release(list);
}

static void a_text_copies_and_knows_its_length(void **state)
{
    char source[] = "hello";
    size_t size;
    vow_value text = vow_text(source);
    (void)state;
    source[0] = 'j';
    assert_true(vow_is_text(text));
    assert_string_equal(vow_as_text(text), "hello");
    assert_memory_equal(vow_as_bytes(text, &size), "hello", 5);
    assert_int_equal(size, 5);
    vow_release(text);
}

static void an_empty_text_is_a_text(void **state)
{
    size_t size = 1;
    vow_value text = vow_text("");
    (void)state;
    assert_string_equal(vow_as_text(text), "");
    assert_non_null(vow_as_bytes(text, &size));
    assert_int_equal(size, 0);
    vow_release(text);
}

static void text_format_formats_short_and_long(void **state)
{
    vow_value brief = vow_text_format("%d-%s", 7, "x");
    vow_value long_one = vow_text_format("%01000d", 7);
    size_t size;
    (void)state;
    assert_string_equal(vow_as_text(brief), "7-x");
    assert_non_null(vow_as_bytes(long_one, &size));
    assert_int_equal(size, 1000);
    assert_int_equal(strlen(vow_as_text(long_one)), 1000);
    assert_int_equal(vow_as_text(long_one)[999], '7');
    vow_release(brief);
    vow_release(long_one);
}

static void a_format_that_is_missing_or_cannot_be_printed_gives_an_error(void **state)
{
    const wchar_t no_character[] = {(wchar_t)0x7fffffff, 0};
    (void)state;
    assert_error(vow_text_format(NULL), VOW_INVALID);
    assert_sentence("vow_text_format: format is NULL");
    assert_error(vow_text_format("%ls", no_character), VOW_INVALID);
    assert_sentence("vow_text_format: the format cannot be printed");
}

static void a_text_of_each_length_around_the_brief_one_is_whole(void **state)
{
    (void)state;
    for (int length = 190; length < 210; length++) {
        vow_value text = vow_text_format("%0*d", length, 1);
        assert_int_equal(strlen(vow_as_text(text)), length);
        vow_release(text);
    }
}

static void text_refuses_null(void **state)
{
    const char *none = NULL;
    (void)state;
    assert_error(vow_text(none), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_text: text is NULL");
}

static void as_text_of_bytes_gives_null_and_says_what_it_is(void **state)
{
    vow_value bytes = vow_bytes("a", 1);
    (void)state;
    assert_false(vow_is_text(bytes));
    assert_null(vow_as_text(bytes));
    assert_string_equal(vow_last_error(), "vow_as_text: value is bytes, not a text");
    vow_release(bytes);
}

static void bytes_copy_zeros_too(void **state)
{
    size_t size;
    vow_value bytes = vow_bytes("a\0b", 3);
    (void)state;
    assert_true(vow_is_bytes(bytes));
    assert_memory_equal(vow_as_bytes(bytes, &size), "a\0b", 3);
    assert_int_equal(size, 3);
    vow_release(bytes);
}

static void bytes_may_be_empty_and_their_size_unasked(void **state)
{
    vow_value bytes = vow_bytes(NULL, 0);
    (void)state;
    assert_non_null(vow_as_bytes(bytes, NULL));
    vow_release(bytes);
}

static void bytes_refuse_null_with_a_size(void **state)
{
    (void)state;
    assert_error(vow_bytes(NULL, 1), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_bytes: data is NULL, but size is not 0");
}

static void as_bytes_of_an_integer_gives_null_and_leaves_the_size(void **state)
{
    size_t size = 77;
    (void)state;
    assert_null(vow_as_bytes(vow_integer(1), &size));
    assert_int_equal(size, 77);
    assert_string_equal(vow_last_error(), "vow_as_bytes: value is integer, not bytes or a text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_leaving_nothing(box_new_gives_zeroed_memory_of_the_type),
        test_leaving_nothing(box_memory_is_aligned_for_any_type),
        test_leaving_nothing(a_box_may_be_empty),
        test_leaving_nothing(a_box_is_dropped_once_with_its_object),
        test_leaving_nothing(box_as_gives_null_for_another_type_and_says_which),
        test_leaving_nothing(box_as_gives_null_for_another_kind_and_says_which),
        test_leaving_nothing(box_as_refuses_a_type_of_null),
        test_leaving_nothing(a_type_without_a_name_is_called_box),
        test_leaving_nothing(box_type_of_a_plain_value_is_null),
        test_leaving_nothing(box_new_refuses_a_type_of_null),
        test_leaving_nothing(box_new_of_an_impossible_size_is_out_of_memory),
        test_leaving_nothing(box_adopt_refuses_null),
        test_leaving_nothing(nobody_else_makes_boxes_of_vows_own_types),
        test_leaving_nothing(a_text_copies_and_knows_its_length),
        test_leaving_nothing(an_empty_text_is_a_text),
        test_leaving_nothing(text_format_formats_short_and_long),
        test_leaving_nothing(a_format_that_is_missing_or_cannot_be_printed_gives_an_error),
        test_leaving_nothing(a_text_of_each_length_around_the_brief_one_is_whole),
        test_leaving_nothing(text_refuses_null),
        test_leaving_nothing(as_text_of_bytes_gives_null_and_says_what_it_is),
        test_leaving_nothing(bytes_copy_zeros_too),
        test_leaving_nothing(bytes_may_be_empty_and_their_size_unasked),
        test_leaving_nothing(bytes_refuse_null_with_a_size),
        test_leaving_nothing(as_bytes_of_an_integer_gives_null_and_leaves_the_size),
    };
    return cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
