/*
 * manifests.h - a second reading of manifests, after the rules that sha256sum's manual and its behaviour give, a character at a
 * time: what vowsum reads has to be the same.
 *
 * Blanks at the beginning do not count. A backslash says that the name is escaped: \\, \n, \r, nothing else. Then come the
 * tag, perhaps a blank, the name in parentheses (to the last one that closes), "=" among blanks, the digest and nothing more;
 * or the digest, a blank, and the name, with a mark before it, ' ' or '*'. The first such line with a mark, or without, says for
 * all whether names have marks; where they have not (BSD's reversed order), what looks like one belongs to the name.
 */
#ifndef VOW_TESTS_FUZZ_MANIFESTS_H
#define VOW_TESTS_FUZZ_MANIFESTS_H

#include <stdbool.h>
#include <stddef.h>

enum marks { MARKS_UNKNOWN, WITH_MARKS, WITHOUT_MARKS };

struct reading {
    const char *text; /* of the line, without its end */
    size_t size;
    const char *tag;
    size_t digest_size; /* in bytes */
    unsigned char digest[64];
    char name[4096];
};

/* Reads a line; false: it is malformed. */
bool read_again(struct reading *reading, enum marks *marks);

#endif
