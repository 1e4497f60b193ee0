/*
 * algorithm.c - the table of digests.
 */
#include "algorithm.h"

#include <string.h>

static const struct algorithm algorithms[] = {
    {.name = "sha256", .tag = "SHA256", .libcrypto = "SHA2-256", .size = 32},
    {.name = "sha1", .tag = "SHA1", .libcrypto = "SHA1", .size = 20},
    {.name = "sha512", .tag = "SHA512", .libcrypto = "SHA2-512", .size = 64},
    {.name = "blake2b", .tag = "BLAKE2b", .libcrypto = "BLAKE2B-512", .size = 64},
};

const struct algorithm *algorithm_find(const char *name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    return NULL;
}
