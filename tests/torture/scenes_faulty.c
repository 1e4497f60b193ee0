/*
 * scenes_faulty.c - scenes that bear faults badly, each in a way of its own, and one that is as it should be: by these
 * test_faulty.sh knows that the torture finds what it is for. Played with --faulty alone.
 */
#include "torture/scene.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void refuse(const char *sentence)
{
    scene_refused(SCENE_HERE, VOW_NO_MEMORY, sentence);
}

static void bears_it(void)
{
    char *memory = malloc(10);
    if (memory == NULL)
        refuse("there is no memory");
    free(memory);
}

static void leaks(void)
{
    char *volatile kept = malloc(10);
    char *memory = malloc(10);
    if (kept == NULL || memory == NULL)
        refuse("there is no memory");
    else
        free(kept);
    free(memory);
}

static void crashes(void)
{
    volatile char *memory = malloc(10);
    *memory = 0;
    free((void *)(uintptr_t)memory);
}

static void leaves_a_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char *memory = malloc(10);
    if (memory == NULL) {
        refuse("there is no memory");
        return;
    }
    free(memory);
    (void)close(fd);
}

static void is_silent(void)
{
    char *memory = malloc(10);
    if (memory == NULL)
        refuse("");
    free(memory);
}

static void goes_on_wrongly(void)
{
    char *volatile memory = malloc(10);
    int sum = memory == NULL ? 0 : 1;
    free(memory);
    sure(sum == 1);
}

static void hangs(void)
{
    char *memory = malloc(10);
    while (memory == NULL)
        (void)pause();
    free(memory);
}

/* What strdup takes is the C library's own call: it is not counted as given. */
static void gives_back_too_much(void)
{
    char *memory = malloc(10);
    if (memory == NULL) {
        refuse("there is no memory");
        free(strdup("not ours"));
    }
    free(memory);
}

/* The system ------------------------------------------------------------------------------------------------- */

static void bears_a_lack_of_descriptors(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);
    if (fd < 0)
        scene_refused(SCENE_HERE, VOW_SYSTEM, "there is no descriptor");
    else
        (void)close(fd);
}

static void takes_any_descriptor(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);
    sure(fd >= 0);
    (void)close(fd);
}

/* Cancels ---------------------------------------------------------------------------------------------------- */

static void bears_a_cancel(void)
{
    char *memory = malloc(10);
    need(memory);
    vow_status status = vow_sleep(VOW_MS(1));
    free(memory);
    need_ok(status);
}

static void overlooks_a_cancel(void)
{
    sure(vow_sleep(VOW_MS(1)) == VOW_OK);
}

static void leaks_when_canceled(void)
{
    char *memory = malloc(10);
    need(memory);
    need_ok(vow_sleep(VOW_MS(1)));
    free(memory);
}

const struct scene scenes_faulty[] = {
    SCENE(bears_it),
    SCENE(leaks),
    SCENE(crashes),
    SCENE(leaves_a_descriptor),
    SCENE(is_silent),
    SCENE(goes_on_wrongly),
    SCENE(hangs),
    SCENE(gives_back_too_much),
    SCENE(bears_a_lack_of_descriptors),
    SCENE(takes_any_descriptor),
    SCENE(bears_a_cancel),
    SCENE(overlooks_a_cancel),
    SCENE(leaks_when_canceled),
    {0},
};
