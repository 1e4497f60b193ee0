/*
 * scene.c - playing a scene, and seeing that no descriptor of it is left. (Memory: run.c.)
 */
#include "torture/scene.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
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

void scene_refused(const char *place, vow_status status, const char *sentence)
{
    (void)fprintf(stderr, "%s: refused: %s: %s\n", place, vow_status_text(status), sentence);
    if (faults_injected() == 0)
        scene_wrong(place, "nothing has failed, and yet it refuses");
    if (status != VOW_NO_MEMORY && status != VOW_SYSTEM && status != VOW_LIMIT)
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

void scene_prepare(void)
{
    uv_loop_t loop;
    if (uv_loop_init(&loop) == 0)
        (void)uv_loop_close(&loop);
}

int scene_play(const struct scene *scene)
{
    int descriptors = open_descriptors();

    scene->play();
    if (open_descriptors() != descriptors)
        scene_wrong(scene->name, "none of its descriptors are left");
    return refused ? SCENE_REFUSED : SCENE_RIGHT;
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
