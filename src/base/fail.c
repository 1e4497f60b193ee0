/*
 * fail.c - the last sentence of each thread.
 *
 * A literal is kept by its address. A formatted sentence goes to a buffer that the thread gets with its first
 * one and gives back at its end; where there is no memory for it, the status's own sentence must do.
 *
 * Invariant: `sentence` is NULL (nothing went wrong yet), a static text, or `buffer`.
 */
#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <vow/error.h>
#include <vow/memory.h>

#include "base/platform.h"
#include "base/threads.h"

#define SENTENCE_SIZE 512 /* longer ones are cut */

struct last {
    const char *sentence;
    char *buffer;
    struct thread_exit exit;
};

static VOW_THREAD_LOCAL struct last last;

static void forget(struct thread_exit *hook)
{
    (void)hook;
    vow_deallocate(last.buffer);
    last.buffer = NULL;
    last.sentence = NULL;
}

/* The thread's buffer; NULL if there is no memory for it, or nobody would free it. */
static char *buffer(void)
{
    if (last.buffer != NULL)
        return last.buffer;
    char *made = vow_allocate(SENTENCE_SIZE);
    if (made == NULL)
        return NULL;
    last.exit.run = forget;
    if (!vow_thread_at_exit(&last.exit)) {
        vow_deallocate(made);
        return NULL;
    }
    last.buffer = made;
    return made;
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
    last.sentence = target;
    return status;
}

vow_status vow_fail_literal(vow_status status, const char *sentence)
{
    last.sentence = sentence;
    return status;
}

const char *vow_last_error(void)
{
    return last.sentence != NULL ? last.sentence : "";
}

vow_value vow_error_from_last(const char *file, int line, vow_status status)
{
    return vow_error_new(file, line, status, "%s", vow_last_error());
}
