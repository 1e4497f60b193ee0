/*
 * scenes_values.c - values, boxes, texts, lists, errors, names, time: what needs no scheduler.
 */
#include "torture/scene.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void plain_words(void)
{
    char text[20];
    sure(vow_is_none(vow_none()) && vow_is_end(vow_end()) && vow_is_skip(vow_skip()));
    sure(vow_is_integer(vow_integer(1)) && vow_is_real(vow_real(1)));
    sure(vow_is_pointer(vow_pointer(text)) && vow_as_pointer(vow_pointer(text)) == text);
    sure(vow_as_integer(vow_integer(7)) == 7 && vow_as_real(vow_integer(7)) == 7);
    sure(!vow_is_owned(vow_borrow(vow_word(VOW_INTEGER, 2))));
    sure(!vow_is_box(vow_none()) && !vow_is_error(vow_none()) && !vow_is_promise(vow_none()));
    sure(vow_kind_of(vow_none()) == VOW_NONE && strcmp(vow_kind_name(VOW_NONE), "none") == 0);
    sure(vow_value_print(vow_integer(42), text, sizeof text) == 2 && strcmp(text, "42") == 0);
    sure(strcmp(vow_version(), VOW_VERSION_TEXT) == 0);
}

/* What is refused has a sentence, even where there is no memory for one. */
static void what_is_wrong_is_said(void)
{
    sure(vow_as_integer(vow_none()) == 0 && vow_last_error()[0] != '\0');
    sure(vow_not_an_integer(vow_none()) == 0 && vow_last_error()[0] != '\0');
    sure(vow_as_promise(vow_none()) == NULL && vow_last_error()[0] != '\0');
    sure(vow_pool_resize(NULL, 1) == VOW_INVALID && vow_last_error()[0] != '\0');
    sure(strcmp(vow_status_text(VOW_INVALID), "") != 0);
    sure(vow_status_from_errno(ENOMEM) == VOW_NO_MEMORY);
}

static int dropped;

static void drop(void *object)
{
    dropped++;
    (void)object;
}

static const struct vow_type point = {.name = "point", .drop = drop};

static void boxes(void)
{
    static int adopted;
    vow_auto_value made = vow_box_new(&point, 40);
    need_value(made);
    sure(vow_box_as(&point, made) != NULL && vow_box_type(made) == &point && vow_is_box(made));
    vow_auto_value around = vow_box_adopt(&point, &adopted);
    if (vow_is_error(around))
        sure(dropped == 1);
    need_value(around);
    sure(vow_box_as(&point, around) == &adopted && dropped == 0);
    vow_value further = vow_retain(around);
    vow_release(further);
    sure(dropped == 0);
}

static void texts(void)
{
    size_t size;
    vow_auto_value text = vow_text("a text that is not so short, so that it is larger than a word");
    need_value(text);
    vow_auto_value formatted = vow_text_format("%0300d", 1);
    need_value(formatted);
    vow_auto_value bytes = vow_bytes("bytes", 5);
    need_value(bytes);
    sure(vow_is_text(text) && strlen(vow_as_text(formatted)) == 300);
    sure(vow_is_bytes(bytes) && vow_as_bytes(bytes, &size) != NULL && size == 5);
    sure(vow_value_equal(text, text) && !vow_value_equal(text, formatted));
}

/* A list in a list …, so deep that comparing takes memory. */
static vow_value nested(int depth)
{
    vow_value value = vow_integer(1);
    for (int i = 0; i < depth && !vow_is_error(value); i++) {
        vow_value list = vow_list_new(0);
        vow_status status = vow_is_error(list) ? VOW_NO_MEMORY : vow_list_append(list, value);
        if (vow_is_error(list)) /* the item was not taken */
            vow_release(value);
        if (status != VOW_OK && !vow_is_error(list)) {
            vow_release(list);
            list = vow_fail(status, "nested");
        }
        value = list;
    }
    return value;
}

static void lists(void)
{
    vow_auto_value list = vow_list_new(0);
    need_value(list);
    for (int i = 0; i < 100; i++)
        need_ok(vow_list_append(list, vow_text_format("%d", i)));
    sure(vow_is_list(list) && vow_list_count(list) == 100);
    for (size_t i = 0; i < 100; i++)
        need_value(vow_list_at(list, i));
    sure(atoi(vow_as_text(vow_list_at(list, 99))) == 99);
}

static void deep_lists(void)
{
    vow_auto_value one = nested(100);
    need_value(one);
    vow_auto_value other = nested(100);
    need_value(other);
    if (!vow_value_equal(one, other))
        scene_refused(SCENE_HERE, VOW_NO_MEMORY, vow_last_error());
}

static vow_value fail_with_list(vow_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vow_value error = vow_error_new_list(__FILE__, __LINE__, status, format, arguments);
    va_end(arguments);
    return error;
}

/* Making an error never fails: what is short is the sentence. */
static void errors(void)
{
    errno = ENOENT;
    vow_auto_value systems = vow_fail_errno("%0300d", 1);
    vow_auto_value other = fail_with_list(VOW_CLOSED, "%d", 2);
    vow_auto_value caused = vow_fail_because(vow_retain(other), VOW_TIMED_OUT, "%0300d", 3);
    sure(vow_error_status(systems) == VOW_SYSTEM && vow_is_error(systems));
    sure(vow_error_status(other) == VOW_CLOSED && vow_error_status(caused) == VOW_TIMED_OUT);
    sure(vow_error_message(caused) != NULL && vow_error_file(caused) != NULL);
    sure(vow_error_line(caused) >= 0);
    /* the errors that stand in where there is no memory have no number, and no cause */
    sure(vow_error_errno(systems) == ENOENT || scene_lacked_memory());
    sure(vow_error_is(caused, VOW_CLOSED) || scene_lacked_memory());
    sure(vow_is_none(vow_error_cause(caused)) == !vow_error_is(caused, VOW_CLOSED));
}

static void printing(void)
{
    char text[400];
    vow_auto_value list = nested(40);
    need_value(list);
    sure(vow_value_print(list, text, sizeof text) > 0);
}

static int reports;

static void count_report(enum vow_report_kind kind, vow_value subject, void *context)
{
    (void)context;
    sure(kind == VOW_REPORT_UNHANDLED && vow_is_error(subject));
    reports++;
}

static void reports_reach_the_hook(void)
{
    vow_set_report_hook(count_report, NULL);
    vow_value error = vow_fail(VOW_USER, "nobody looks");
    long before = vow_live_objects();
    vow_promise *promise = vow_failed(error);
    bool made = vow_live_objects() > before; /* else it is the one for all, which never goes */
    vow_promise_release(promise);
    sure(reports == made);
    sure(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE) == VOW_OK);
    vow_promise_release(vow_failed(vow_fail(VOW_USER, "nobody looks")));
    sure(reports == made);
}

static void names(void)
{
    const vow_name_handle *name = vow_name("moved");
    need(name);
    sure(vow_name("moved") == name && strcmp(vow_name_text(name), "moved") == 0);
    for (int i = 0; i < 50; i++) {
        char text[20];
        (void)snprintf(text, sizeof text, "name %d", i);
        need(vow_name(text));
    }
}

static void *allocate(size_t size, void *context)
{
    ++*(int *)context;
    return malloc(size);
}

static void *resize(void *memory, size_t size, void *context)
{
    *(int *)context += memory == NULL;
    return realloc(memory, size);
}

static void release(void *memory, void *context)
{
    *(int *)context -= memory != NULL;
    free(memory);
}

static void an_allocator_of_the_users(void)
{
    static int blocks;
    const struct vow_allocator allocator = {.size = sizeof allocator,
                                            .allocate = allocate,
                                            .resize = resize,
                                            .release = release,
                                            .context = &blocks};
    need_ok(vow_set_allocator(&allocator));
    void *memory = vow_allocate(1000);
    if (memory == NULL) {
        scene_refused(SCENE_HERE, VOW_NO_MEMORY, "vow_allocate gives no sentence");
        return;
    }
    sure(blocks == 1);
    vow_deallocate(memory);
    sure(blocks == 0 && vow_live_objects() == 0);
}

static void time_and_deadlines(void)
{
    vow_deadline soon = vow_after(VOW_MS(1)), late = vow_after(VOW_S(100));
    sure(vow_now() > 0 && soon.at > 0 && vow_sooner(late, soon).at == soon.at);
    sure(vow_at(7).at == 7);
}

const struct scene scenes_of_values[] = {
    SCENE(plain_words),
    SCENE(what_is_wrong_is_said),
    SCENE(boxes),
    SCENE(texts),
    SCENE(lists),
    SCENE(deep_lists),
    SCENE(errors),
    SCENE(printing),
    SCENE(reports_reach_the_hook),
    SCENE(names),
    SCENE_ALONE(an_allocator_of_the_users),
    SCENE(time_and_deadlines),
    {0},
};
