/**
 * message.h - what vowsum says on standard error, in the words of sha256sum.
 *
 * For the main thread: jobs leave their errors in the files that they hash.
 */
#ifndef VOWSUM_MESSAGE_H
#define VOWSUM_MESSAGE_H

#include <vow.h>

/** Writes "vowsum: " and a sentence, after what standard output still holds. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Writes "vowsum: ", `name`, quoted where it is odd, and a sentence about it. */
void message_about(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** From now on `progress` is erased before each message; NULL: none is. Borrows it until the next call. */
void message_keep_off(vow_progress *progress);

/** Erases it, if it is drawn. */
void message_erase_status(void);

#endif
