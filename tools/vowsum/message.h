/**
 * message.h - what vowsum says on standard error, in the words of sha256sum.
 *
 * One thread at a time: whoever tells of files, or the main thread while nobody does. Jobs leave their errors in the files
 * that they hash.
 */
#ifndef VOWSUM_MESSAGE_H
#define VOWSUM_MESSAGE_H

#include <vow.h>

/** Writes "vowsum: " and a sentence, after what standard output still holds. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Writes "vowsum: ", `name`, quoted where it is odd, and a sentence about it. */
void message_about(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** From now on `progress` is hidden while a message is written; NULL: none is. Borrows it until the next call. */
void message_keep_off(vow_progress *progress);

/** Hides it, and shows it again: for what else is written to the terminal. */
void message_hide_status(void);
void message_show_status(void);

#endif
