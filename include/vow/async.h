/**
 * vow/async.h - tests without asynchrony: everything runs where it is asked for, and promises are still given.
 *
 *     int main(int argc, char **argv)
 *     {
 *         vow_test_arguments(&argc, argv);        takes --disable-async out
 *         …
 *
 * Where asynchrony is disabled, every pool has size 0, and a function that is submitted to a pool or to a loop of this thread
 * runs inside of `vow_submit`: a debugger's stack shows who asked for it, and a test runs the same way each time. One that
 * waits goes on when its thread waits. Loops of other threads and schedulers of the user's run what they are given as ever;
 * timers and descriptors still take their time.
 */
#ifndef VOW_ASYNC_H
#define VOW_ASYNC_H

#include <stdbool.h>
#include <vow/compiler.h>
#include <vow/status.h>

VOW_BEGIN_DECLARATIONS

/**
 * Disables asynchrony in this process, or enables it whatever the environment says (`VOW_DISABLE_ASYNC=1` disables it): for
 * programs, never for libraries. From then on, `vow_pool_new`, `vow_pool_resize` and the default pool have size 0 whatever
 * is asked for, and `vow_submit`, `vow_submit_with`, `vow_schedule` to a loop of the calling thread run the function before
 * they return, on immediate.
 * VOW_INVALID: too late, a pool or a loop was made, or a function submitted. Any thread; never waits.
 */
VOW_API vow_status vow_disable_async(bool disable);

/** Whether asynchrony is disabled. Once asked, it is settled as at the first pool. Any thread; never waits. */
VOW_API bool vow_async_is_disabled(void);

/**
 * Takes the words that are for vow out of a test program's arguments: `--disable-async` calls
 * `vow_disable_async(true)`. The words after `--` stay. `*argc` and `argv` are changed in place. What
 * `vow_disable_async` gave; VOW_INVALID: an argument is NULL. The first thread, first in `main`; never waits.
 */
VOW_API vow_status vow_test_arguments(int *argc, char **argv);

VOW_END_DECLARATIONS

#endif
