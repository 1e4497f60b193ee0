/*
 * fork_testing.h - what the tests of fork(2) share: what a child does that uses all of vow, and one that uses nothing.
 */
#ifndef VOW_TESTS_FORK_TESTING_H
#define VOW_TESTS_FORK_TESTING_H

#include "process_testing.h"

/* AddressSanitizer's allocator may be held by another thread at that moment; a child would wait for it for ever. */
static inline bool children_can_be_tested(void)
{
    return !stacks_are_threads() && !VOW_ADDRESS_SANITIZER;
}

static inline void use_all(void)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    CHECK(pool != NULL);
    CHECK(works(vow_pool_scheduler(pool)));
    CHECK(works(NULL));
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(loop != NULL);
    CHECK(works(vow_loop_scheduler(loop)));
    vow_release(vow_await(vow_delay(VOW_US(10), vow_none()), VOW_FOREVER));
    vow_release(
        vow_await(vow_call_later(loop, VOW_US(10), twice, vow_integer(1), NULL), VOW_FOREVER));
    CHECK(vow_loop_free(loop) == VOW_OK);
    vow_release(vow_await(vow_delay(VOW_US(10), vow_none()), VOW_FOREVER));
    CHECK(works(vow_pool_scheduler(pool)));
    CHECK(vow_pool_free(pool) == VOW_OK);
}

static inline void use_all_and_exit(void)
{
    use_all();
    exit(0);
}

static inline void be_true(void)
{
    (void)execlp("true", "true", (char *)NULL);
    _exit(1);
}

/* A loop of another thread. */
struct other {
    vow_loop *loop;
    _Atomic bool ready;
};

#endif
