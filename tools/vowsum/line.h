/**
 * line.h - the lines of manifests: written, and read back.
 *
 *     HASH  name        HASH *name        \HASH  odd\nname        HASH name (BSD's reversed order)
 *     SHA256 (name) = HASH
 */
#ifndef VOWSUM_LINE_H
#define VOWSUM_LINE_H

#include <stdbool.h>
#include <stdio.h>

#include "file.h"
#include "options.h"

/** Which form the untagged lines read so far had; a process holds one, and mixing the two is refused. */
enum form { FORM_UNKNOWN, FORM_STANDARD, FORM_REVERSED };

/** Writes the line of a file that has been hashed, in the form that `options` ask for. */
void line_write(FILE *stream, const struct options *options, const struct file *file);

/** Writes `name` as it stands in lines: with `escaped`, backslash, newline and return as \\, \n and \r. */
void line_write_name(FILE *stream, const char *name, bool escaped);

/**
 * Reads a line, without its end: writes the expected digest, and points `ret_name` at the name in it.
 * Changes `text`. False: it is malformed.
 */
bool line_read(char *text, const struct algorithm *algorithm, enum form *form,
               unsigned char *ret_digest, char **ret_name);

#endif
