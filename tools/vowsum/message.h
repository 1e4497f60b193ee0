/**
 * message.h - what vowsum says on standard error, in the words of sha256sum.
 *
 * For the main thread: jobs leave their errors in the files that they hash.
 */
#ifndef VOWSUM_MESSAGE_H
#define VOWSUM_MESSAGE_H

/** Writes "vowsum: " and a sentence, after what standard output still holds. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Writes "vowsum: ", `name`, quoted where it is odd, and a sentence about it. */
void message_about(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Shows a status line below the messages, in place of a former one, until it is erased or a message comes. */
void message_show_status(const char *line);

/** Erases the status line, if there is one. */
void message_erase_status(void);

#endif
