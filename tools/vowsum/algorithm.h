/**
 * algorithm.h - the digests that vowsum knows, and what each is called where.
 */
#ifndef VOWSUM_ALGORITHM_H
#define VOWSUM_ALGORITHM_H

#include <stddef.h>

/** The longest digest, in bytes. */
#define DIGEST_LARGEST 64

struct algorithm {
    const char *name;      /**< on the command line: -a sha256 */
    const char *tag;       /**< in lines of --tag, and in warnings */
    const char *libcrypto; /**< how libcrypto calls it */
    size_t size;           /**< of a digest, in bytes */
};

/** The algorithm called `name` on the command line; NULL if there is none. */
const struct algorithm *algorithm_find(const char *name);

#endif
