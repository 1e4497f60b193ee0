/**
 * survey.h - how much there is to do: only then can the bar say how long it will take.
 */
#ifndef VOWSUM_SURVEY_H
#define VOWSUM_SURVEY_H

#include "session.h"

/**
 * Begins to add up the sizes of all files that the command line leads to, on the session's pool; tells the
 * bar in the end. Gives its promise, which the caller owns; NULL where there is no bar.
 */
vow_promise *survey_begin(struct session *session);

#endif
