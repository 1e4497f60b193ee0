/*
 * scene.c - playing a scene, and seeing that no descriptor of it is left. (Memory: run.c.)
 */
#include "torture/scene.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "torture/faults.h"

static _Atomic bool refused;

void scene_wrong(const char *place, const char *what)
{
    (void)fprintf(stderr, "%s: not so: %s (%s)\n", place, what, vow_last_error());
    (void)fflush(stderr);
    _exit(SCENE_WRONG);
}

/* The system refuses for want of memory, too, and a stack that it does not give counts towards a limit. */
static bool says_what_failed(vow_status status)
{
    switch (faults_planned()) {
    case FAULT_CANCEL:
        return status == VOW_CANCELED;
    case FAULT_MEMORY:
        return status == VOW_NO_MEMORY;
    default:
        return status == VOW_NO_MEMORY || status == VOW_SYSTEM || status == VOW_LIMIT;
    }
}

void scene_refused(const char *place, vow_status status, const char *sentence)
{
    (void)fprintf(stderr, "%s: refused: %s: %s\n", place, vow_status_text(status), sentence);
    if (faults_injected() == 0)
        scene_wrong(place, "nothing has failed, and yet it refuses");
    if (!says_what_failed(status))
        scene_wrong(place, "the status says what has failed");
    if (sentence[0] == '\0')
        scene_wrong(place, "there is a sentence");
    refused = true;
}

bool scene_refuses(const char *place, vow_value value)
{
    if (!vow_is_error(value))
        return false;
    scene_refused(place, vow_error_status(value), vow_error_message(value));
    return true;
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

/* The library has read it when the program began, before the way was chosen. */
static void ask_for_debug(const char *wish)
{
    vow_set_debug(strcmp(wish, "1") == 0);
    if (vow_set_slow(strcmp(wish, "slow") == 0) != VOW_OK ||
        vow_set_ledger(strcmp(wish, "ledger") == 0) != VOW_OK)
        scene_wrong("VOW_DEBUG", "nothing was made before");
}

void scene_prepare(void)
{
    const char *wish = getenv("VOW_DEBUG");
    uv_loop_t loop;
    if (wish != NULL)
        ask_for_debug(wish);
    if (uv_loop_init(&loop) == 0)
        (void)uv_loop_close(&loop);
}

/* In a job, so that each of its waits is one that can be canceled. */
static vow_value play_in_job(vow_value input, void *context)
{
    const struct scene *scene = context;
    scene->play();
    return input;
}

static void play_on(vow_scheduler *scheduler, const struct scene *scene)
{
    vow_promise *promise = vow_submit(scheduler, play_in_job, vow_none(), (void *)(uintptr_t)scene);
    vow_status status = vow_wait(promise, VOW_FOREVER, NULL);
    if (status != VOW_OK && faults_injected() == 0)
        scene_wrong(scene->name, "a scene that is a job ends as one that is none");
    vow_promise_release(promise);
}

static void play_at(const char *place, const struct scene *scene)
{
    if (strcmp(place, "loop") == 0) {
        vow_loop *loop = vow_loop_new(NULL);
        play_on(vow_loop_scheduler(loop), scene);
        (void)vow_loop_free(loop);
    } else if (strcmp(place, "pool") == 0) {
        vow_pool *pool = vow_pool_new(1, NULL);
        play_on(vow_pool_scheduler(pool), scene);
        (void)vow_pool_free(pool);
    } else {
        play_on(vow_immediate(), scene);
    }
}

int scene_play(const struct scene *scene)
{
    int descriptors = open_descriptors();
    const char *place = getenv(SCENE_PLACE);

    if (place != NULL && !scene->alone)
        play_at(place, scene);
    else
        scene->play();
    if (open_descriptors() != descriptors)
        scene_wrong(scene->name, "none of its descriptors are left");
    return refused ? SCENE_REFUSED : SCENE_RIGHT;
}

static bool has_failed(enum fault_kind kind)
{
    return faults_injected() != 0 && faults_planned() == kind;
}

bool scene_was_canceled(void)
{
    return has_failed(FAULT_CANCEL);
}

bool scene_lacked_memory(void)
{
    return has_failed(FAULT_MEMORY);
}

vow_value scene_join(vow_promise *promise)
{
    if (vow_wait(promise, VOW_FOREVER, NULL) != VOW_CANCELED)
        return vow_await(promise, VOW_FOREVER);
    vow_shield_begin();
    vow_value value = vow_await(promise, VOW_FOREVER);
    vow_shield_end();
    return value;
}

vow_value scene_add_one(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) + 1);
}

vow_value scene_sleep_a_little(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_sleep(VOW_US(50));
    return status == VOW_OK ? input : vow_fail(status, "%s", vow_last_error());
}
