/*
 * place.h - where in the program something happened: the functions that led there, noted quickly and named later.
 *
 * Functions are named as far as the dynamic linker knows them (a program linked with -rdynamic); else by the offset in their
 * module, which addr2line reads.
 */
#ifndef VOW_BASE_PLACE_H
#define VOW_BASE_PLACE_H

#include <stddef.h>
#include <vow/compiler.h>

#define PLACE_FRAMES 12
#define PLACE_SHOWN 3

struct place {
    void *frames[PLACE_FRAMES]; /* innermost first; [0] is the function of ours that noted it */
    int count;
};

/* A text that grows in a buffer; `length` is that of the whole, as snprintf's. */
struct writing {
    char *buffer;
    size_t size, length;
};

VOW_PRINTF(2, 3) void vow_say(struct writing *writing, const char *format, ...);

/* The calling function, and those that called it. Some hundred nanoseconds for each frame. */
void vow_place_note(struct place *place);

/* Gives the first frame that belongs to the program, as an index, `count` if there is none. Frames of a shared library of ours
   say nothing to its user; where it is part of the program, they are known by their names, those that have one. */
int vow_place_begin(const struct place *place);

/* Writes `what` and the first PLACE_SHOWN of the program's frames from `first` on; nothing where there is none. */
void vow_place_write(struct writing *writing, const char *what, const struct place *place,
                     int first);

/* The name of the function of a frame; NULL: it is not known. */
const char *vow_place_function(const struct place *place, int index);

#endif
