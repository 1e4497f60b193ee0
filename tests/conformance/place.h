/*
 * place.h - the place where a conformance suite runs: which scheduler is the current one, and how to let everything
 * happen there that can.
 *
 *   name        the current scheduler is                  functions of promises run
 *   ---------   ---------------------------------------   ------------------------------------------------------------
 *   immediate   immediate                                 at once, inside of the call that brings them on
 *   loop        a loop of this thread                     when the loop runs: inside of place_run_until_quiet
 *   pool_0      a pool without workers                    at once, as on immediate
 *   pool_1      a pool of one worker                      on the worker, at any time
 *   pool_2      a pool of two                             on the workers, at any time; two promises' at the same time
 *
 * A suite chooses its place from its arguments (`--place NAME`), or else from the environment (`VOW_PLACE=NAME`), or
 * else runs on immediate. It has one place for its whole life: what main does is
 *
 *     if (!place_choose(&argc, argv))
 *         return 2;
 *     place_begin();
 *     … the suite, in which each case ends with place_run_until_quiet() …
 *     place_end();
 */
#ifndef VOW_TESTS_CONFORMANCE_PLACE_H
#define VOW_TESTS_CONFORMANCE_PLACE_H

#include <stdbool.h>
#include <vow/scheduler.h>

/* Takes `--place NAME`, and what is for vow (`--disable-async`), out of the arguments. False: there is no such place, and
   standard error says which there are. */
bool place_choose(int *argc, char **argv);

/* Makes the place: from now on its scheduler is this thread's current one. Ends the process if it cannot be made. */
void place_begin(void);

/* Lets everything happen that can, and frees the place. */
void place_end(void);

/* The name that was chosen. */
const char *place_name(void);

/* The place's scheduler; borrowed. */
vow_scheduler *place_scheduler(void);

/* Whether functions run inside of the call that brings them on: immediate, and a pool without workers, which pools of any
   size are where asynchrony is disabled. */
bool place_runs_at_once(void);

/* Whether functions run on other threads than the suite's, at the same time as it: on a pool with workers. */
bool place_has_workers(void);

/* Lets everything happen that can: returns when nothing is running, queued or about to come any more, neither here nor
   on a worker, and no timer is pending. What ran meanwhile happened before the return. The thread of the suite,
   outside of any call. */
void place_run_until_quiet(void);

#endif
