/*
 * scene.h - what a scene of the torture is written with (torture.c).
 *
 * A scene is a small program over the public interface. It does what it does while calls fail under it, and ends in one
 * of two ways: what it was to show is so, or a function has refused, with a status and a sentence. Its checks see to that:
 *
 *     need(pointer)        refused, and the scene is over, if it is NULL
 *     need_ok(status)      … if it is not VOW_OK
 *     need_value(value)    … if it is an error
 *     sure(condition)      wrong, if it is not so: nothing had refused
 *
 * The first three leave the scene by `return`; what it holds is released by the variables of vow/cleanup.h. In functions
 * that give values, refusing is returning the error.
 */
#ifndef VOW_TESTS_TORTURE_SCENE_H
#define VOW_TESTS_TORTURE_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <vow.h>
#include <vow/cleanup.h>

#include "torture/faults.h"

/* How a process with a scene ends. */
enum {
    SCENE_RIGHT = 0,
    SCENE_REFUSED = 3, /* 1 and 2 are what others end with */
    SCENE_WRONG = 4,
};

struct scene {
    const char *name;
    void (*play)(void);
    long keeps; /* blocks of memory that the library keeps for good, by contract */
    bool
        alone; /* what it does is done before all else, or by a thread outside of calls: it cannot be a job */
};

#define SCENE(function)                                                                            \
    {                                                                                              \
        .name = #function, .play = function                                                        \
    }

#define SCENE_ALONE(function)                                                                      \
    {                                                                                              \
        .name = #function, .play = function, .alone = true                                         \
    }

#define SCENE_KEEPS(function, blocks)                                                              \
    {                                                                                              \
        .name = #function, .play = function, .keeps = (blocks)                                     \
    }

/* Each ends with one without a name. */
extern const struct scene scenes_of_channels[], scenes_of_clocks[], scenes_of_combinators[],
    scenes_of_coroutines[], scenes_of_jobs[], scenes_of_locks[], scenes_of_loops[],
    scenes_of_messages[], scenes_of_pools[], scenes_of_promises[], scenes_of_tasks[],
    scenes_of_values[];

/* The name of the environment variable that says where scenes are played as jobs: immediate, loop, pool. Not there: as no job. */
#define SCENE_PLACE "VOW_TORTURE_PLACE"

/* Has libuv open what it keeps for the process, and ends it by itself if it cannot, and has the library do what VOW_DEBUG
   says: before anything fails. */
void scene_prepare(void);

/* Plays it in this process: the status to end with. */
int scene_play(const struct scene *scene);

/* Notes that a function refused. It must have been given a reason, and have one of its own. Any thread. */
void scene_refused(const char *place, vow_status status, const char *sentence);
/* The same for a value: whether it is an error. */
bool scene_refuses(const char *place, vow_value value);
/* Ends the process. Any thread. */
_Noreturn void scene_wrong(const char *place, const char *what);

#define SCENE_TEXT_OF(line) #line
#define SCENE_TEXT(line) SCENE_TEXT_OF(line)
#define SCENE_HERE __FILE__ ":" SCENE_TEXT(__LINE__)

#define need(pointer)                                                                              \
    do {                                                                                           \
        if ((const void *)(pointer) == NULL) {                                                     \
            scene_refused(SCENE_HERE, VOW_NO_MEMORY, vow_last_error());                            \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#define need_ok(status)                                                                            \
    do {                                                                                           \
        vow_status scene_status = (status);                                                        \
        if (scene_status != VOW_OK) {                                                              \
            scene_refused(SCENE_HERE, scene_status, vow_last_error());                             \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#define need_value(value)                                                                          \
    do {                                                                                           \
        if (scene_refuses(SCENE_HERE, value))                                                      \
            return;                                                                                \
    } while (0)

#define sure(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            scene_wrong(SCENE_HERE, #condition);                                                   \
    } while (0)

/* Waits for a promise, which it takes: whether it gave the integer, or else refused. For the ends of scenes. */
#define need_integer(promise, number)                                                              \
    do {                                                                                           \
        vow_auto_value scene_value = vow_await(promise, VOW_FOREVER);                              \
        need_value(scene_value);                                                                   \
        sure(vow_as_integer(scene_value) == (number));                                             \
    } while (0)

/* Whether a job of the scene was canceled, perhaps the scene itself: its waits may have ended before what it waited for. */
bool scene_was_canceled(void);

/* Whether memory was refused: for conveniences, of which there may then be less though nothing says so. */
bool scene_lacked_memory(void);

/* Waits for a promise (taken) to the end: a cancel of who waits does not end it before. NULL is refused. */
vow_value scene_join(vow_promise *promise);

/* Jobs that many scenes give: the input and one; the input after a short sleep. */
vow_value scene_add_one(vow_value input, void *context);
vow_value scene_sleep_a_little(vow_value input, void *context);

#endif
