/*
 * stress/test_deque.c - an owner that pushes and pops at random, and thieves: each call is taken exactly once.
 */
#include "execution/pool_testing.h"

#include <pthread.h>

#define COUNT 200000
#define THIEVES 3

struct item {
    struct vow_call call;
    _Atomic int taken;
};

struct race {
    struct deque deque;
    struct item *items;
    _Atomic int taken;
    _Atomic bool over;
};

static void take(struct race *race, struct vow_call *call)
{
    struct item *item = vow_container_of(call, struct item, call);
    atomic_fetch_add(&item->taken, 1);
    atomic_fetch_add(&race->taken, 1);
}

static void *steal_all_the_time(void *context)
{
    struct race *race = context;
    struct vow_call *calls[16];
    for (size_t most = 1; !atomic_load(&race->over); most = most % 16 + 1) {
        size_t count = vow_deque_steal(&race->deque, calls, most, most % 3 == 0);
        for (size_t i = 0; i < count; i++)
            take(race, calls[i]);
    }
    return NULL;
}

/* The owner: pushes `up` calls at a time, then pops up to `down`. */
static void own(struct race *race, int up, int down)
{
    for (int i = 0; i < COUNT;) {
        struct vow_call *call;
        for (int j = 0; j < up && i < COUNT; j++) {
            race->items[i].call.next = NULL;
            assert_true(vow_deque_push(&race->deque, &race->items[i++].call));
        }
        for (int j = 0; j < down && (call = vow_deque_pop(&race->deque)) != NULL; j++)
            take(race, call);
    }
    struct vow_call *call;
    while ((call = vow_deque_pop_surely(&race->deque)) != NULL)
        take(race, call);
}

static void race_with(int up, int down)
{
    struct race *race = aligned_alloc(VOW_CACHE_LINE, sizeof(*race));
    pthread_t thieves[THIEVES];
    memset(race, 0, sizeof(*race));
    race->items = calloc(COUNT, sizeof(*race->items));
    vow_deque_init(&race->deque);
    for (int i = 0; i < THIEVES; i++)
        (void)pthread_create(&thieves[i], NULL, steal_all_the_time, race);
    own(race, up, down);
    atomic_store(&race->over, true);
    for (int i = 0; i < THIEVES; i++)
        (void)pthread_join(thieves[i], NULL);
    assert_int_equal(atomic_load(&race->taken), COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(atomic_load(&race->items[i].taken), 1);
    vow_deque_free(&race->deque);
    free(race->items);
    free(race);
}

static void each_call_is_taken_once_at_the_edge_of_emptiness(void **state)
{
    (void)state;
    race_with(1, 1);
}

static void each_call_is_taken_once_with_a_few_queued(void **state)
{
    (void)state;
    race_with(3, 2);
}

static void each_call_is_taken_once_with_many_queued_and_growth(void **state)
{
    (void)state;
    race_with(1000, 900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_is_taken_once_at_the_edge_of_emptiness),
        cmocka_unit_test(each_call_is_taken_once_with_a_few_queued),
        cmocka_unit_test(each_call_is_taken_once_with_many_queued_and_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
