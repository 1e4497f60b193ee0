/*
 * hash.c - hashes a batch of files, piece by piece.
 *
 * 1. A piece stays within a processor's second-level cache: what read() has copied is hashed from there.
 * 2. Between pieces the job asks whether it is still wanted.
 * 3. A file that cannot be read keeps its errno; the batch goes on.
 * 4. Only the job knows how large its files are. Before it hashes one that takes long, it leaves half of those
 *    behind that one to another job, which an idle worker steals: so large files spread over all workers.
 */
#include "hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch.h"
#include "patience.h"
#include "session.h"

#define PIECE ((size_t)64 << 10)

/* Files of so many bytes take long: about a millisecond. */
#define LONG (INT64_C(1) << 20)

/* What a job hashes with. */
struct hasher {
    struct session *session;
    struct batch *batch;
    int at;        /* the number of the file that it hashes */
    int64_t bytes; /* of the files up to this one */
    EVP_MD_CTX *state;
    unsigned char *piece;
};

/* Leaves half of the files behind this one to another job, if there are any, and a worker for it. */
static void share(struct hasher *hasher)
{
    struct session *session = hasher->session;
    struct batch *batch = hasher->batch;
    int behind = batch->count - hasher->at - 1;
    if (behind == 0 || vow_pool_size(session->pool) < 2)
        return;
    vow_value rest = batch_split(batch, (behind + 1) / 2);
    if (vow_is_error(rest))
        vow_release(rest); /* no memory to share the work: so it is not shared */
    else
        batch->rest = vow_submit(vow_pool_scheduler(session->pool), hash_batch, rest, session);
}

/* Looks at what is about to be hashed. Whether that may keep its reader waiting: it is no regular file. */
static bool look_at(struct hasher *hasher, int descriptor)
{
    struct stat status;
    bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    hasher->bytes += regular && status.st_size < LONG ? status.st_size : LONG;
    if (hasher->bytes >= LONG)
        share(hasher);
    return !regular;
}

/* Hashes all that `descriptor` still gives. 0 or an errno. */
static int hash_content(struct hasher *hasher, int descriptor)
{
    bool patient = look_at(hasher, descriptor);
    for (;;) {
        ssize_t got = patience_read(hasher->session, descriptor, patient, hasher->piece, PIECE);
        if (got <= 0)
            return got == 0 ? 0 : errno;
        if (EVP_DigestUpdate(hasher->state, hasher->piece, (size_t)got) != 1)
            return ENOTRECOVERABLE;
        progress_add_bytes(&hasher->session->progress, (size_t)got);
    }
}

static int hash_named(struct hasher *hasher, const char *name)
{
    int descriptor = patience_open(name);
    if (descriptor < 0)
        return errno;
    int error = hash_content(hasher, descriptor);
    close(descriptor);
    return error;
}

static int hash_origin(struct hasher *hasher, const struct file *file)
{
    switch (file->origin) {
    case BY_NAME:
        return hash_named(hasher, file->name);
    case STANDARD_INPUT:
        return hash_content(hasher, STDIN_FILENO);
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
    struct batch *batch = hasher->batch;
    for (hasher->at = 0; hasher->at < batch->count; hasher->at++) {
        hash_file(hasher, &batch->files[hasher->at]);
        if (session_stopped(hasher->session))
            return vow_fail(VOW_CANCELED, "the session was stopped");
    }
    return input;
}

vow_value hash_batch(vow_value input, void *context)
{
    struct hasher hasher = {
        .session = context,
        .batch = batch_of(input),
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
