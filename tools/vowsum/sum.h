/**
 * sum.h - what vowsum does without -c: a line for each file.
 */
#ifndef VOWSUM_SUM_H
#define VOWSUM_SUM_H

#include <stdbool.h>

#include "session.h"

/** Writes the lines of all files that the command line names. False: not all could be read. Waits. */
bool sum_all(struct session *session);

#endif
