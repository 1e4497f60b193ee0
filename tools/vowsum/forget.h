/**
 * forget.h - letting go of promises whose outcome no longer matters.
 */
#ifndef VOWSUM_FORGET_H
#define VOWSUM_FORGET_H

#include <vow.h>

/** Cancels `promise` if it is pending, and lets go of it: its error is no news to anybody. NULL is fine. */
void forget(vow_promise *promise);

#endif
