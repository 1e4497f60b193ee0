/*
 * place.c - noting frames, and asking the dynamic linker for their names (place.h).
 */
#include "base/place.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/callers.h"
#include "base/platform.h"

enum { OWN_FRAMES = 2 }; /* innermost ones that are ours in any case */

void vow_say(struct writing *writing, const char *format, ...)
{
    va_list arguments;
    size_t used = writing->length < writing->size ? writing->length : writing->size;
    char *at = writing->buffer != NULL ? writing->buffer + used : NULL;

    va_start(arguments, format);
    int length = vsnprintf(at, writing->size - used, format, arguments);
    va_end(arguments);
    writing->length += length > 0 ? (size_t)length : 0;
}

/* Not inlined: its own frame is known to be the first, and is left out. */
__attribute__((noinline)) void vow_place_note(struct place *place)
{
    void *frames[PLACE_FRAMES + 1];
    int count = vow_callers(frames, PLACE_FRAMES + 1);

    place->count = count > 0 ? count - 1 : 0;
    memcpy(place->frames, frames + 1, (size_t)place->count * sizeof frames[0]);
}

/* Where a frame's call is: behind it lies what the next function may begin with, if the call never returns. */
static bool look_up(const void *frame, Dl_info *info)
{
    return dladdr((const char *)frame - 1, info) != 0 && info->dli_fname != NULL;
}

/* The program or library that we are part of. False where nothing is known of any: in programs that load nothing. */
static bool look_up_own(Dl_info *info)
{
    static const char here;

    return dladdr(&here, info) != 0;
}

/* Whether `info` speaks of a function of ours; a library is told by where this very file is. */
static bool is_ours(const Dl_info *info)
{
    Dl_info own;

    if (info->dli_sname != NULL && strncmp(info->dli_sname, "vow_", 4) == 0)
        return true;
    return look_up_own(&own) && own.dli_fbase == info->dli_fbase &&
           strstr(own.dli_fname, "libvow") != NULL;
}

static bool is_known_as_ours(const struct place *place, int index)
{
    Dl_info info;

    return look_up(place->frames[index], &info) && is_ours(&info);
}

/* Functions of ours without names, in a program that we are part of, are recognised by a named one that called them. */
int vow_place_begin(const struct place *place)
{
    int first = OWN_FRAMES;

    while (first < place->count && !is_known_as_ours(place, first))
        first++;
    if (first >= place->count)
        return place->count < OWN_FRAMES ? place->count : OWN_FRAMES;
    while (first < place->count && is_known_as_ours(place, first))
        first++;
    return first;
}

const char *vow_place_function(const struct place *place, int index)
{
    Dl_info info;

    return index >= 0 && index < place->count && look_up(place->frames[index], &info)
               ? info.dli_sname
               : NULL;
}

static void write_frame(struct writing *writing, const void *frame, const Dl_info *info)
{
    if (info->dli_fname == NULL) {
        vow_say(writing, "0x%jx", (uintmax_t)(uintptr_t)frame); /* for addr2line */
        return;
    }
    const char *slash = strrchr(info->dli_fname, '/');
    const char *module = slash != NULL ? slash + 1 : info->dli_fname;

    if (info->dli_sname != NULL)
        vow_say(writing, "%s+0x%jx (%s)", info->dli_sname,
                (uintmax_t)((uintptr_t)frame - (uintptr_t)info->dli_saddr), module);
    else
        vow_say(writing, "%s+0x%jx", module,
                (uintmax_t)((uintptr_t)frame - (uintptr_t)info->dli_fbase));
}

void vow_place_write(struct writing *writing, const char *what, const struct place *place,
                     int first)
{
    Dl_info info;
    bool names_are_known = look_up_own(&info);
    int shown = 0;

    for (int i = first; i < place->count && shown < PLACE_SHOWN; i++) {
        if (!look_up(place->frames[i], &info)) {
            if (names_are_known)
                continue;
            info.dli_fname = NULL;
        } else if (is_ours(&info)) {
            continue;
        }
        vow_say(writing, "%s", shown++ == 0 ? what : " < ");
        write_frame(writing, place->frames[i], &info);
    }
}
