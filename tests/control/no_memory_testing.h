/*
 * no_memory_testing.h - functions that give promises, where the allocator gives nothing.
 */
#ifndef VOW_TESTS_CONTROL_NO_MEMORY_TESTING_H
#define VOW_TESTS_CONTROL_NO_MEMORY_TESTING_H

#include "base/starving_testing.h"
#include "control/control_testing.h"

/* `make` with 0, 1, 2 … allocations, until it gives a promise that is not rejected; gives that. */
static unused_here vow_promise *starve(vow_promise *(*make)(void), void (*check)(void))
{
    for (int allocations = 0; allocations < 100; allocations++) {
        until_failure = allocations;
        vow_promise *promise = make();
        until_failure = -1;
        if (vow_state(promise) != VOW_REJECTED)
            return promise;
        assert_rejected(promise, VOW_NO_MEMORY);
        vow_promise_release(promise);
        check();
    }
    fail_msg("it never succeeds");
    return NULL;
}

#endif
