/**
 * check.h - what vowsum does with -c: comparing files with manifests.
 */
#ifndef VOWSUM_CHECK_H
#define VOWSUM_CHECK_H

#include <stdbool.h>

#include "session.h"

/** Checks all manifests that the command line names. False: something is not as they say. Waits. */
bool check_all(struct session *session);

#endif
