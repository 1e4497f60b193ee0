/*
 * place_testing.h - tests that are run with each scheduler as the current one: immediate, a loop, pools of 0, 1 and 2
 * workers.
 */
#ifndef VOW_TESTS_CONTROL_PLACE_TESTING_H
#define VOW_TESTS_CONTROL_PLACE_TESTING_H

#include "control/control_testing.h"

#include <sched.h>
#include <vow/loop.h>
#include <vow/pool.h>

enum place_kind { PLACE_IMMEDIATE, PLACE_LOOP, PLACE_POOL };

struct place_of_test {
    enum place_kind kind;
    int workers;
    vow_loop *loop;
    vow_pool *pool;
    void *counted;
};

static struct place_of_test place_immediate = {.kind = PLACE_IMMEDIATE};
static struct place_of_test place_loop = {.kind = PLACE_LOOP};
static struct place_of_test place_pool_0 = {.kind = PLACE_POOL, .workers = 0};
static struct place_of_test place_pool_1 = {.kind = PLACE_POOL, .workers = 1};
static struct place_of_test place_pool_2 = {.kind = PLACE_POOL, .workers = 2};

static unused_here int begin_place(void **state)
{
    struct place_of_test *place = *state;
    (void)vow_default_pool(); /* what keeps the time for pools; it stays */
    (void)begin_control(&place->counted);
    if (place->kind == PLACE_LOOP)
        place->loop = vow_loop_new(NULL);
    if (place->kind == PLACE_POOL) {
        place->pool = vow_pool_new(place->workers, NULL);
        vow_set_scheduler(vow_pool_scheduler(place->pool));
    }
    return 0;
}

/* Workers of the default pool may be giving back the last of what a test looked at. */
static unused_here void until_objects_are(long count)
{
    for (int i = 0; i < 1000000 && vow_live_objects() != count; i++)
        if (vow_run_pending() == 0)
            (void)sched_yield();
}

static unused_here int end_place(void **state)
{
    struct place_of_test *place = *state;
    (void)vow_run_pending();
    vow_set_scheduler(NULL);
    int status = 0;
    if (place->pool != NULL) {
        vow_scheduler *former = vow_pool_scheduler(place->pool);
        if (vow_pool_free(place->pool) != VOW_OK)
            status = -1;
        vow_scheduler_release(
            former); /* a default keeps its reference for good, but here nobody looks any more */
    }
    if (place->loop != NULL && vow_loop_free(place->loop) != VOW_OK)
        status = -1;
    place->pool = NULL;
    place->loop = NULL;
    until_objects_are((long)(intptr_t)place->counted);
    return end_control(&place->counted) == 0 ? status : -1;
}

#define test_at(function, where, place)                                                            \
    {                                                                                              \
#function " (" where ")", function, begin_place, end_place, &(place)                       \
    }

#define everywhere(function)                                                                       \
    test_at(function, "immediate", place_immediate), test_at(function, "loop", place_loop),        \
        test_at(function, "pool of 0", place_pool_0),                                              \
        test_at(function, "pool of 1", place_pool_1), test_at(function, "pool of 2", place_pool_2)

/* Waits for what `promise` (taken) gives, an integer. */
#define assert_gives(promise, number)                                                              \
    do {                                                                                           \
        vow_value given_ = vow_await((promise), VOW_FOREVER);                                      \
        assert_true(vow_is_integer(given_));                                                       \
        assert_int_equal(vow_as_integer(given_), (number));                                        \
    } while (0)

/* Waits for what `promise` (taken) gives, as it is printed. */
#define assert_gives_text(promise, text) assert_prints(vow_await((promise), VOW_FOREVER), text)

/* Waits until `promise` (taken) is rejected with `status`. */
#define assert_raises(promise, status) assert_error(vow_await((promise), VOW_FOREVER), status)

/* Promises that a test fires, in the order in which it likes. */
enum { MANY = 8 };

struct promises {
    vow_deferred *deferred[MANY];
    vow_promise *promise[MANY]; /* for a function that takes them */
};

static unused_here struct promises promises_new(size_t count)
{
    struct promises made = {{NULL}, {NULL}};
    for (size_t i = 0; i < count; i++)
        made.deferred[i] = vow_deferred_new(&made.promise[i]);
    return made;
}

static unused_here void fire_number(struct promises *made, size_t index, int64_t number)
{
    fire(made->deferred[index], vow_integer(number));
}

static unused_here void fire_error(struct promises *made, size_t index, int status)
{
    fire(made->deferred[index], vow_fail(status, "promise %zu", index));
}

#endif
