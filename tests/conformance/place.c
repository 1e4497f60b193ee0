/*
 * place.c - making the places, and knowing when they are quiet.
 *
 * Quiet is found by vow itself. In a closed world (vow_closed_world) a wait for what never comes ends with VOW_DEADLOCK
 * as soon as nothing is left anywhere that could bring it: no queued call, no running one, no timer. So that is what
 * place_run_until_quiet waits for.
 */
#include "conformance/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vow/async.h>
#include <vow/deferred.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/wait.h>

#include "wait/known.h"

enum kind { IMMEDIATE, LOOP, POOL };

static const struct place {
    const char *name;
    enum kind kind;
    int workers;
} places[] = {
    {"immediate", IMMEDIATE, 0}, {"loop", LOOP, 0},   {"pool_0", POOL, 0},
    {"pool_1", POOL, 1},         {"pool_2", POOL, 2},
};

enum { PLACES = sizeof places / sizeof places[0] };

static const struct place *here = &places[IMMEDIATE];
static vow_loop *loop;
static vow_pool *pool;

/* Choosing ---------------------------------------------------------------------------------------------------------------- */

static bool choose(const char *name)
{
    for (size_t i = 0; name != NULL && i < PLACES; i++)
        if (strcmp(name, places[i].name) == 0) {
            here = &places[i];
            return true;
        }
    (void)fprintf(stderr,
                  "There is no place %s; there are:", name != NULL ? name : "without a name");
    for (size_t i = 0; i < PLACES; i++)
        (void)fprintf(stderr, " %s", places[i].name);
    (void)fprintf(stderr, "\n");
    return false;
}

/* Takes `count` arguments out, from `index` on; the NULL behind the last one moves along. */
static void take_out(int *argc, char **argv, int index, int count)
{
    for (int i = index; i + count <= *argc; i++)
        argv[i] = argv[i + count];
    *argc -= count;
}

bool place_choose(int *argc, char **argv)
{
    const char *named = getenv("VOW_PLACE");
    if (vow_test_arguments(argc, argv) != VOW_OK)
        return false;
    for (int i = 1; i < *argc; i++)
        if (strcmp(argv[i], "--place") == 0) {
            bool chosen = choose(argv[i + 1]);
            take_out(argc, argv, i, argv[i + 1] != NULL ? 2 : 1);
            return chosen;
        }
    return named == NULL || choose(named);
}

/* The place ----------------------------------------------------------------------------------------------------------------- */

static void require(bool made)
{
    if (made)
        return;
    (void)fprintf(stderr, "The place %s cannot be made: %s\n", here->name, vow_last_error());
    exit(2);
}

/* What is found does not depend on how long threads have had nothing to do by then. Usually that is a millisecond before
   vow looks; a suite is quiet thousands of times, and each sleep takes as long as a loaded machine likes. */
void place_begin(void)
{
    vow_known_grace = 1;
    if (here->kind == LOOP) {
        loop = vow_loop_new(NULL);
        require(loop != NULL);
    } else if (here->kind == POOL) {
        pool = vow_pool_new(here->workers, NULL);
        require(pool != NULL);
        vow_set_scheduler(vow_pool_scheduler(pool));
    }
}

void place_end(void)
{
    place_run_until_quiet();
    if (here->kind == LOOP)
        require(vow_loop_free(loop) == VOW_OK);
    if (here->kind == POOL) {
        vow_scheduler *former = vow_pool_scheduler(pool);
        vow_set_scheduler(NULL);
        require(vow_pool_free(pool) == VOW_OK);
        vow_scheduler_release(
            former); /* what was a default keeps a reference for good: nobody looks at it any more */
    }
    loop = NULL;
    pool = NULL;
}

const char *place_name(void)
{
    return here->name;
}

vow_scheduler *place_scheduler(void)
{
    return vow_current_scheduler();
}

bool place_runs_at_once(void)
{
    return here->kind == IMMEDIATE || (here->kind == POOL && !place_has_workers());
}

bool place_has_workers(void)
{
    return pool != NULL && vow_pool_size(pool) > 0;
}

/* What never comes is at home on immediate, so that its end is found on this thread alone. */
void place_run_until_quiet(void)
{
    vow_promise *never = NULL;
    vow_deferred *deferred = vow_deferred_new_at(vow_immediate(), &never);
    require(deferred != NULL);
    vow_closed_world(true);
    vow_status status = vow_wait(never, VOW_FOREVER, NULL);
    vow_closed_world(false);
    if (status != VOW_DEADLOCK) {
        (void)fprintf(stderr, "What never comes has come, with status %d: %s\n", status,
                      vow_last_error());
        abort();
    }
    (void)vow_fire(deferred, vow_none());
    vow_promise_release(never);
}
