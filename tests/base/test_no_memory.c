/*
 * test_no_memory.c - an allocator of the program's own, and what happens when it gives nothing.
 *
 * A program of its own, because the allocator is the whole process's. Each constructor is called with an
 * allocator that fails at its first allocation, then at its second, … until the constructor succeeds; the
 * objects that succeed are large, so that magazines cannot hide an allocation.
 */
#include "testing.h"

#include <errno.h>
#include <pthread.h>

#include "base/fail.h"
#include "base/object.h"

static int until_failure;         /* allocations that still succeed; negative: all do */
static size_t largest = SIZE_MAX; /* that is given */
static long blocks;               /* given out and not back */
static char context;              /* its address is the allocator's context */
static int drops;

static bool failing(void)
{
    if (until_failure < 0)
        return false;
    if (until_failure == 0)
        return true;
    until_failure--;
    return false;
}

static void *allocate(size_t size, void *given)
{
    if (given != &context || size > largest || failing())
        return NULL;
    blocks++;
    return malloc(size);
}

static void *resize(void *memory, size_t size, void *given)
{
    if (given != &context || failing())
        return NULL;
    blocks += memory == NULL;
    return realloc(memory, size);
}

static void release(void *memory, void *given)
{
    if (given != &context)
        abort();
    blocks -= memory != NULL;
    free(memory);
}

static struct vow_allocator allocator = {
    .size = sizeof allocator,
    .allocate = allocate,
    .resize = resize,
    .release = release,
    .context = &context,
};

static void count_drop(void *object)
{
    (void)object;
    drops++;
}

static const struct vow_type type = {.name = "large", .drop = count_drop};

/* Fails the first allocation, the second, …, until `make` succeeds; says how many failures there were. */
static int sweep(vow_value (*make)(void))
{
    for (int i = 0;; i++) {
        long live = vow_live_objects();
        until_failure = i;
        vow_value value = make();
        until_failure = -1;
        if (!vow_error_is(value, VOW_NO_MEMORY)) {
            assert_false(vow_is_none(value));
            vow_release(value);
            return i;
        }
        assert_int_equal(vow_live_objects(), live);
        vow_release(value);
    }
}

/* First: it must precede every allocation. */
static void set_allocator_refuses_what_is_incomplete_and_takes_a_whole_one(void **state)
{
    struct vow_allocator broken = allocator;
    (void)state;
    broken.allocate = NULL;
    assert_int_equal(vow_set_allocator(&broken), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_set_allocator: allocator->allocate is NULL");
    broken = allocator;
    broken.release = NULL;
    assert_int_equal(vow_set_allocator(&broken), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_set_allocator: allocator->release is NULL");
    broken = allocator;
    broken.resize = NULL;
    assert_int_equal(vow_set_allocator(&broken), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_set_allocator: allocator->resize is NULL");
    broken = allocator;
    broken.size = 0;
    assert_int_equal(vow_set_allocator(&broken), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_set_allocator: allocator->size is too small");
    assert_int_equal(vow_set_allocator(NULL), VOW_OK);
    assert_int_equal(vow_set_allocator(&allocator), VOW_OK);
}

/* Second: the thread has no buffer for sentences yet. */
static void without_memory_the_sentence_is_the_statuss_own(void **state)
{
    (void)state;
    until_failure = 0;
    assert_int_equal(vow_as_integer(vow_none()), 0);
    assert_string_equal(vow_last_error(), vow_status_text(VOW_INVALID));
    until_failure = -1;
    assert_int_equal(vow_as_integer(vow_none()), 0);
    assert_string_equal(vow_last_error(), "vow_as_integer: value is none, not an integer");
}

static void set_allocator_is_refused_after_the_first_allocation(void **state)
{
    (void)state;
    assert_int_equal(vow_set_allocator(&allocator), VOW_INVALID);
    assert_string_equal(vow_last_error(), "vow_set_allocator: vow has already allocated memory");
    assert_int_equal(vow_set_allocator(NULL), VOW_INVALID);
}

static void allocate_and_deallocate_use_the_allocator(void **state)
{
    long before = blocks;
    void *memory = vow_allocate(0);
    (void)state;
    assert_non_null(memory);
    assert_int_equal(blocks, before + 1);
    vow_deallocate(memory);
    vow_deallocate(NULL);
    assert_int_equal(blocks, before);
}

static vow_value make_box(void)
{
    return vow_box_new(&type, 1000);
}

static vow_value make_text(void)
{
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    return vow_text(text);
}

static vow_value make_formatted_text(void)
{
    return vow_text_format("%01000d", 1);
}

static vow_value make_bytes(void)
{
    static const char zeros[1000];
    return vow_bytes(zeros, sizeof zeros);
}

static vow_value make_list(void)
{
    return vow_list_new(100);
}

static void constructors_survive_the_failure_of_each_allocation(void **state)
{
    (void)state;
    assert_int_equal(sweep(make_box), 1);
    assert_int_equal(drops, 1);
    assert_int_equal(sweep(make_text), 1);
    assert_int_equal(sweep(make_formatted_text), 1);
    assert_int_equal(sweep(make_bytes), 1);
    assert_true(sweep(make_list) >= 1);
}

/* Objects of one size that the allocator must give, because this thread's magazine for it is empty. */
static void small_objects_survive_the_failure_of_the_allocator(void **state)
{
    void *held[3 * OBJECT_MAGAZINE];
    int count = 0;
    (void)state;
    until_failure = 5;
    while (count < (int)(3 * OBJECT_MAGAZINE) && (held[count] = vow_object_new(200)) != NULL)
        count++;
    assert_true(count >= 5 && count < (int)(3 * OBJECT_MAGAZINE));
    until_failure = -1;
    while (count > 0)
        vow_object_delete(held[--count], 200);
}

static void small_objects_need_no_large_block(void **state)
{
    enum { COUNT = 5000 };
    static void *held[COUNT];
    int count = 0;
    (void)state;
    largest = 150000;
    while (count < COUNT && (held[count] = vow_object_new(256)) != NULL)
        count++;
    largest = SIZE_MAX;
    assert_int_equal(count, COUNT);
    while (count > 0)
        vow_object_delete(held[--count], 256);
}

static void an_object_that_cannot_be_adopted_is_dropped(void **state)
{
    static char content;
    vow_value held[1000];
    int count = 0, object_drops = drops;
    (void)state;
    until_failure = 0;
    while (count < 1000 && vow_is_box(held[count] = vow_box_adopt(&type, &content)))
        count++;
    until_failure = -1;
    assert_true(count < 1000);
    assert_int_equal(vow_error_status(held[count]), VOW_NO_MEMORY);
    assert_string_equal(vow_last_error(), "vow_box_adopt: out of memory");
    assert_int_equal(drops, object_drops + 1);
    while (count > 0)
        vow_release(held[--count]);
}

static void an_item_that_cannot_be_appended_is_released(void **state)
{
    vow_value list = vow_list_new(1);
    (void)state;
    assert_int_equal(vow_list_append(list, vow_integer(1)), VOW_OK);
    vow_value item = make_box();
    drops = 0;
    until_failure = 0;
    assert_int_equal(vow_list_append(list, item), VOW_NO_MEMORY);
    until_failure = -1;
    assert_int_equal(drops, 1);
    assert_int_equal(vow_list_count(list), 1);
    assert_int_equal(vow_list_append(list, vow_integer(2)), VOW_OK);
    assert_int_equal(vow_list_count(list), 2);
    vow_release(list);
}

static void an_error_without_memory_keeps_its_status(void **state)
{
    (void)state;
    until_failure = 0;
    vow_value error = vow_fail(VOW_TIMED_OUT, "%01000d", 1);
    vow_value users = vow_fail(VOW_USER, "%01000d", 1);
    errno = ECANCELED;
    vow_value systems = vow_fail_errno("%01000d", 1);
    until_failure = -1;
    assert_int_equal(vow_error_status(error), VOW_TIMED_OUT);
    assert_string_equal(vow_error_message(error), vow_status_text(VOW_TIMED_OUT));
    assert_int_equal(vow_error_status(users), VOW_NO_MEMORY);
    assert_int_equal(vow_error_status(systems), VOW_CANCELED);
    assert_int_equal(errno, ECANCELED);
    vow_release(error);
    vow_release(users);
    vow_release(systems);
}

static void an_error_without_memory_releases_its_cause(void **state)
{
    vow_value cause = vow_fail(VOW_CLOSED, "%01000d", 1);
    long live = vow_live_objects();
    (void)state;
    until_failure = 0;
    vow_value error = vow_fail_because(cause, VOW_SYSTEM, "%01000d", 1);
    until_failure = -1;
    assert_int_equal(vow_error_status(error), VOW_SYSTEM);
    assert_int_equal(vow_live_objects(), live - 1);
}

static vow_value nested(int depth)
{
    vow_value value = vow_integer(1);
    for (int i = 0; i < depth; i++) {
        vow_value list = vow_list_new(1);
        assert_int_equal(vow_list_append(list, value), VOW_OK);
        value = list;
    }
    return value;
}

static void comparing_deep_lists_without_memory_says_so(void **state)
{
    vow_value one = nested(100), other = nested(100);
    (void)state;
    until_failure = 0;
    assert_false(vow_value_equal(one, other));
    until_failure = -1;
    assert_string_equal(vow_last_error(), "vow_value_equal: out of memory");
    assert_true(vow_value_equal(one, other));
    vow_release(one);
    vow_release(other);
}

static void *fail_once(void *unused)
{
    (void)unused;
    (void)vow_as_integer(vow_none());
    return NULL;
}

static void a_thread_that_ends_gives_its_buffer_back(void **state)
{
    pthread_t thread;
    long before = blocks;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, fail_once, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(blocks, before);
}

/* The library's destructor runs after main's: by then it must have given everything back. */
__attribute__((destructor(101))) static void everything_came_back(void)
{
    if (blocks != 0)
        _Exit(99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_allocator_refuses_what_is_incomplete_and_takes_a_whole_one),
        cmocka_unit_test(without_memory_the_sentence_is_the_statuss_own),
        cmocka_unit_test(set_allocator_is_refused_after_the_first_allocation),
        cmocka_unit_test(allocate_and_deallocate_use_the_allocator),
        cmocka_unit_test(constructors_survive_the_failure_of_each_allocation),
        cmocka_unit_test(small_objects_survive_the_failure_of_the_allocator),
        cmocka_unit_test(small_objects_need_no_large_block),
        cmocka_unit_test(an_object_that_cannot_be_adopted_is_dropped),
        cmocka_unit_test(an_item_that_cannot_be_appended_is_released),
        cmocka_unit_test(an_error_without_memory_keeps_its_status),
        cmocka_unit_test(an_error_without_memory_releases_its_cause),
        cmocka_unit_test(comparing_deep_lists_without_memory_says_so),
        cmocka_unit_test(a_thread_that_ends_gives_its_buffer_back),
    };
    until_failure = -1;
    return cmocka_run_group_tests_name("no_memory", tests, NULL, NULL);
}
