/*
 * test_deque.c - a worker's deque, seen by its owner and by a thief.
 */
#include "pool_testing.h"

#define COUNT 1000u

static struct vow_call calls[COUNT];

static void fill(struct deque *deque, size_t count)
{
    vow_deque_init(deque);
    for (size_t i = 0; i < count; i++)
        assert_true(vow_deque_push(deque, &calls[i]));
}

static void the_owner_gets_back_what_it_pushed_last(void **state)
{
    struct deque deque;
    (void)state;
    fill(&deque, COUNT);
    for (size_t i = COUNT; i-- > 0;)
        assert_ptr_equal(vow_deque_pop(&deque), &calls[i]);
    assert_null(vow_deque_pop(&deque));
    assert_null(vow_deque_pop_surely(&deque));
    vow_deque_free(&deque);
}

static void a_thief_gets_what_was_pushed_first(void **state)
{
    struct deque deque;
    struct vow_call *stolen = NULL;
    (void)state;
    fill(&deque, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(vow_deque_steal(&deque, &stolen, 1, false), 1);
        assert_ptr_equal(stolen, &calls[i]);
    }
    assert_int_equal(vow_deque_steal(&deque, &stolen, 1, false), 0);
    assert_int_equal(vow_deque_steal(&deque, &stolen, 1, true), 0);
    vow_deque_free(&deque);
}

static void a_thief_gets_half_at_most(void **state)
{
    struct deque deque;
    struct vow_call *stolen[COUNT];
    (void)state;
    fill(&deque, 9);
    assert_int_equal(vow_deque_steal(&deque, stolen, COUNT, false), 5);
    assert_ptr_equal(stolen[0], &calls[0]);
    assert_ptr_equal(stolen[4], &calls[4]);
    assert_int_equal(vow_deque_steal(&deque, stolen, COUNT, false), 2);
    assert_int_equal(vow_deque_seems(&deque), 2);
    assert_ptr_equal(vow_deque_pop(&deque), &calls[8]);
    assert_ptr_equal(vow_deque_pop(&deque), &calls[7]);
    assert_null(vow_deque_pop(&deque));
    vow_deque_free(&deque);
}

static void indices_may_wrap(void **state)
{
    struct deque deque;
    struct vow_call *stolen = NULL;
    (void)state;
    vow_deque_init(&deque);
    atomic_store(&deque.head, SIZE_MAX - 50);
    atomic_store(&deque.bottom, SIZE_MAX - 50);
    deque.room = SIZE_MAX - 50;
    for (size_t i = 0; i < 100; i++)
        assert_true(vow_deque_push(&deque, &calls[i]));
    assert_int_equal(vow_deque_seems(&deque), 100);
    assert_int_equal(vow_deque_steal(&deque, &stolen, 1, false), 1);
    assert_ptr_equal(stolen, &calls[0]);
    for (size_t i = 100; i-- > 1;)
        assert_ptr_equal(vow_deque_pop(&deque), &calls[i]);
    assert_null(vow_deque_pop(&deque));
    vow_deque_free(&deque);
}

static void room_is_found_again_after_thefts(void **state)
{
    struct deque deque;
    struct vow_call *stolen = NULL;
    (void)state;
    vow_deque_init(&deque);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(vow_deque_push(&deque, &calls[i]));
        assert_int_equal(vow_deque_steal(&deque, &stolen, 1, false), 1);
        assert_ptr_equal(stolen, &calls[i]);
    }
    assert_int_equal(deque.array->size, 64);
    vow_deque_free(&deque);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_owner_gets_back_what_it_pushed_last),
        cmocka_unit_test(a_thief_gets_what_was_pushed_first),
        cmocka_unit_test(a_thief_gets_half_at_most),
        cmocka_unit_test(indices_may_wrap),
        cmocka_unit_test(room_is_found_again_after_thefts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
