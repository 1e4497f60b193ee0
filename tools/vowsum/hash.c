/*
 * hash.c - hashes a batch of files, piece by piece.
 *
 * 1. A piece stays within a processor's second-level cache: what read() has copied is hashed from there.
 * 2. Between pieces the job asks whether it is still wanted.
 * 3. A file that cannot be read keeps its errno; the batch goes on.
 */
#include "hash.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "batch.h"
#include "patience.h"
#include "session.h"

#define PIECE ((size_t)64 << 10)

/* What a job hashes with. */
struct hasher {
    struct session *session;
    EVP_MD_CTX *state;
    unsigned char *piece;
};

/* Hashes all that `descriptor` still gives. 0 or an errno. */
static int hash_content(struct hasher *hasher, int descriptor, bool patient)
{
    for (;;) {
        ssize_t got = patience_read(hasher->session, descriptor, patient, hasher->piece, PIECE);
        if (got <= 0)
            return got == 0 ? 0 : errno;
        if (EVP_DigestUpdate(hasher->state, hasher->piece, (size_t)got) != 1)
            return ENOTRECOVERABLE;
        progress_add_bytes(&hasher->session->progress, (size_t)got);
    }
}

static int hash_named(struct hasher *hasher, const struct file *file)
{
    int descriptor = patience_open(file->name);
    if (descriptor < 0)
        return errno;
    int error = hash_content(hasher, descriptor, file->patient);
    close(descriptor);
    return error;
}

static int hash_origin(struct hasher *hasher, const struct file *file)
{
    switch (file->origin) {
    case BY_NAME:
        return hash_named(hasher, file);
    case STANDARD_INPUT:
        return hash_content(hasher, STDIN_FILENO, file->patient);
    case NOTHING_LEFT:
        return 0;
    case NOWHERE:
    default:
        return file->error;
    }
}

static void hash_file(struct hasher *hasher, struct file *file)
{
    if (EVP_DigestInit_ex2(hasher->state, hasher->session->digest, NULL) == 1)
        file->error = hash_origin(hasher, file);
    else
        file->error = ENOTRECOVERABLE;
    if (file->error == 0 && EVP_DigestFinal_ex(hasher->state, file->digest, NULL) != 1)
        file->error = ENOTRECOVERABLE;
    progress_add_file(&hasher->session->progress);
}

static vow_value hash_files(struct hasher *hasher, vow_value input)
{
    struct batch *batch = batch_of(input);
    for (int i = 0; i < batch->count; i++) {
        hash_file(hasher, &batch->files[i]);
        if (session_stopped(hasher->session))
            return vow_fail(VOW_CANCELED, "the session was stopped");
    }
    return input;
}

vow_value hash_batch(vow_value input, void *context)
{
    struct hasher hasher = {
        .session = context,
        .state = EVP_MD_CTX_new(),
        .piece = malloc(PIECE),
    };
    vow_value result;
    if (hasher.state != NULL && hasher.piece != NULL)
        result = hash_files(&hasher, input);
    else
        result = vow_fail(VOW_NO_MEMORY, "no memory to hash with");
    EVP_MD_CTX_free(hasher.state);
    free(hasher.piece);
    return result;
}
