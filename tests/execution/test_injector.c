/*
 * test_injector.c - calls from outside come out in the order in which each thread put them in.
 */
#include "pool_testing.h"

#define COUNT 1000u

static struct vow_call calls[COUNT];

static void calls_come_out_in_the_order_in_which_they_went_in(void **state)
{
    struct injector injector;
    struct vow_call *taken[COUNT];
    unsigned cursor = 0;
    (void)state;
    vow_injector_init(&injector);
    for (size_t i = 0; i < COUNT; i++)
        vow_injector_push(&injector, &calls[i]);
    assert_int_equal(vow_injector_take(&injector, &cursor, taken, 10), 10);
    assert_true(vow_injector_seems(&injector));
    assert_int_equal(vow_injector_take(&injector, &cursor, taken + 10, COUNT - 10), COUNT - 10);
    assert_false(vow_injector_seems(&injector));
    assert_int_equal(vow_injector_take(&injector, &cursor, taken, COUNT), 0);
    for (size_t i = 0; i < COUNT; i++)
        assert_ptr_equal(taken[i], &calls[i]);
}

static void it_may_be_filled_and_emptied_again_and_again(void **state)
{
    struct injector injector;
    struct vow_call *taken = NULL;
    unsigned cursor = 0;
    (void)state;
    vow_injector_init(&injector);
    for (size_t i = 0; i < COUNT; i++) {
        vow_injector_push(&injector, &calls[i]);
        assert_int_equal(vow_injector_take(&injector, &cursor, &taken, 1), 1);
        assert_ptr_equal(taken, &calls[i]);
        assert_int_equal(vow_injector_take(&injector, &cursor, &taken, 1), 0);
    }
}

static void what_is_given_back_comes_first(void **state)
{
    struct injector injector;
    struct vow_call *taken[4];
    unsigned cursor = 0;
    (void)state;
    vow_injector_init(&injector);
    for (size_t i = 0; i < 4; i++)
        vow_injector_push(&injector, &calls[i]);
    assert_int_equal(vow_injector_take(&injector, &cursor, taken, 2), 2);
    calls[0].next = &calls[1];
    calls[1].next = NULL;
    vow_injector_give_back(&injector, &calls[0]);
    assert_true(vow_injector_seems(&injector));
    size_t count = vow_injector_take(&injector, &cursor, taken, 4);
    count += vow_injector_take(&injector, &cursor, taken + count, 4 - count);
    assert_int_equal(count, 4);
    assert_ptr_equal(taken[0], &calls[0]);
    assert_ptr_equal(taken[1], &calls[1]);
}

/* A submitter between its two steps: the tail is changed, the link is not made yet. */
static void calls_behind_a_gap_wait_until_it_is_closed(void **state)
{
    struct injector injector;
    struct injector_shard *shard = &injector.shards[0];
    struct vow_call *taken[4];
    unsigned cursor = 0;
    (void)state;
    vow_injector_init(&injector);
    injector.mask = 0;
    vow_injector_push(&injector, &calls[0]);
    calls[1].next = NULL;
    struct vow_call *before = atomic_exchange(&shard->tail, &calls[1]);
    vow_injector_push(&injector, &calls[2]);
    assert_int_equal(vow_injector_take(&injector, &cursor, taken, 4), 0);
    before->next = &calls[1];
    assert_int_equal(vow_injector_take(&injector, &cursor, taken, 4), 3);
    assert_ptr_equal(taken[0], &calls[0]);
    assert_ptr_equal(taken[1], &calls[1]);
    assert_ptr_equal(taken[2], &calls[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_come_out_in_the_order_in_which_they_went_in),
        cmocka_unit_test(it_may_be_filled_and_emptied_again_and_again),
        cmocka_unit_test(what_is_given_back_comes_first),
        cmocka_unit_test(calls_behind_a_gap_wait_until_it_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
