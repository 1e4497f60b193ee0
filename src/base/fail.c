/*
 * fail.c - the last sentence of each line of execution.
 *
 * A literal is kept by its address. A formatted sentence goes to a buffer that the line gets with its first one and
 * gives back at its end, a thread's own line at the thread's; where there is no memory for it, the status's own sentence
 * must do.
 *
 * Invariant: `sentence` is NULL (nothing went wrong yet), a static text, or `sentence_buffer`.
 */
#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <vow/error.h>
#include <vow/memory.h>

#include "base/locals.h"
#include "base/threads.h"

#define SENTENCE_SIZE 512 /* longer ones are cut */

/* The thread's own line ends with it. */
static void forget(void)
{
    vow_deallocate(vow_locals_own.sentence_buffer);
    vow_locals_own.sentence_buffer = NULL;
    vow_locals_own.sentence = NULL;
}

/* The line's buffer; NULL if there is no memory for it, or nobody would free it: the thread's end does, where the line's
   end does not. */
static char *buffer(void)
{
    if (vow_locals.sentence_buffer == NULL && vow_host_at_exit(forget))
        vow_locals.sentence_buffer = vow_allocate(SENTENCE_SIZE);
    return vow_locals.sentence_buffer;
}

vow_status vow_fail_status(vow_status status, const char *format, ...)
{
    char sentence[SENTENCE_SIZE]; /* the arguments may point into the buffer */
    va_list arguments;
    char *target = buffer();

    if (target == NULL)
        return vow_fail_literal(status, vow_status_text(status));
    va_start(arguments, format);
    int length = vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (length < 0)
        return vow_fail_literal(status, vow_status_text(status));
    memcpy(target, sentence, strlen(sentence) + 1);
    vow_locals.sentence = target;
    return status;
}

vow_status vow_fail_literal(vow_status status, const char *sentence)
{
    vow_locals.sentence = sentence;
    return status;
}

const char *vow_last_error(void)
{
    return vow_locals.sentence != NULL ? vow_locals.sentence : "";
}

vow_value vow_error_from_last(const char *file, int line, vow_status status)
{
    return vow_error_new(file, line, status, "%s", vow_last_error());
}
