/*
 * main.c - vowsum: checksums of files and whole trees, on all processors.
 *
 * It uses vow's public interface only, and is meant to be read as an example of it:
 *
 *     pipeline.c   what follows what: a task, and who reads from it
 *     hash.c       the task's function
 *     session.c    loop and pool, progress, Ctrl-C
 *     survey.c     a job whose result goes to the bar
 *     sum.c, check.c, walk.c, manifest.c, line_*.c …   everything else: no vow in it
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "hash.h"
#include "message.h"
#include "options.h"
#include "session.h"
#include "sum.h"
#include "survey.h"

/* What a shell gives for a program that a signal ended: 130 for Ctrl-C. */
#define STATUS_OF_SIGNAL 128

/* Closes standard output; false if not all that was written got there. */
static bool close_output(void)
{
    bool good = ferror(stdout) == 0;
    good &= fclose(stdout) == 0;
    if (!good)
        message("write error");
    return good;
}

int main(int count, char **arguments)
{
    struct options options;
    struct session session;

    setlocale(LC_CTYPE, "");
    options_read(&options, count, arguments);
    if (!hash_begin() || !session_open(&session, &options))
        return EXIT_FAILURE;
    vow_promise *survey = survey_begin(&session);
    bool well = options.check ? check_all(&session) : sum_all(&session);
    vow_cancel(survey);
    vow_promise_release(survey);
    session_close(&session);
    hash_end();
    well &= close_output();
    if (session_signal(&session) != 0)
        return STATUS_OF_SIGNAL + session_signal(&session);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
