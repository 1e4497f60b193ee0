/*
 * hash.c - hashes files, piece by piece.
 *
 * 1. A piece stays within a processor's second-level cache: what read() has copied is hashed from there.
 * 2. Between pieces the worker asks whether the file is still wanted.
 * 3. A file that cannot be read keeps its errno, and goes on.
 * 4. Only who has opened a file knows how large it is. One that takes long is hashed by a job of its own, which an idle
 *    worker steals: its promise holds the file's place, and large files spread over all workers. Where enough of them are
 *    under way, there is nobody to steal it: it is hashed at once. That bounds the descriptors that are open.
 * 5. System calls are half of the work. A regular file is read by place: threads would lock its position otherwise. That
 *    it ends is known from a short read up to the size that it was opened with; all others are read until nothing comes.
 * 6. What it takes to hash is kept for the next file of the same thread: hashing never waits as vow does, so that a file has
 *    its thread to itself.
 */
#include "hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <threads.h>
#include <unistd.h>

#include "file.h"
#include "patience.h"
#include "session.h"

#define PIECE ((size_t)64 << 10)

/* A file of so many bytes takes long: about a millisecond. */
#define LONG ((off_t)1 << 20)

struct hasher {
    EVP_MD_CTX *state;
    unsigned char piece[PIECE];
};

/* Hashers --------------------------------------------------------------------------------------------------------- */

static tss_t hashers;

static void hasher_free(void *object)
{
    struct hasher *hasher = object;
    if (hasher == NULL)
        return;
    EVP_MD_CTX_free(hasher->state);
    free(hasher);
}

bool hash_begin(void)
{
    return tss_create(&hashers, hasher_free) == thrd_success;
}

void hash_end(void)
{
    hasher_free(tss_get(hashers));
    tss_delete(hashers);
}

/* This thread's; NULL without memory. */
static struct hasher *hasher_here(void)
{
    struct hasher *hasher = tss_get(hashers);
    if (hasher != NULL)
        return hasher;
    hasher = malloc(sizeof *hasher);
    if (hasher == NULL)
        return NULL;
    hasher->state = EVP_MD_CTX_new();
    if (hasher->state != NULL && tss_set(hashers, hasher) == thrd_success)
        return hasher;
    hasher_free(hasher);
    return NULL;
}

/* Files ----------------------------------------------------------------------------------------------------------- */

/* Hashes all that the file's descriptor still gives. 0 or an errno. */
static int hash_content(struct session *session, struct hasher *hasher, const struct file *file)
{
    off_t place = file->size < 0 ? -1 : 0;
    for (;;) {
        ssize_t got =
            patience_read(session, file->descriptor, file->patient, place, hasher->piece, PIECE);
        if (got <= 0)
            return got == 0 ? 0 : errno;
        if (EVP_DigestUpdate(hasher->state, hasher->piece, (size_t)got) != 1)
            return ENOTRECOVERABLE;
        vow_progress_add(session->progress, PROGRESS_BYTES, got);
        if (place < 0)
            continue;
        place += got;
        if ((size_t)got < PIECE && place == file->size)
            return 0;
    }
}

/* 0 or an errno. */
static int hash_open(struct session *session, struct hasher *hasher, struct file *file)
{
    if (EVP_DigestInit_ex2(hasher->state, session->digest, NULL) != 1)
        return ENOTRECOVERABLE;
    int error = file->descriptor >= 0 ? hash_content(session, hasher, file) : 0;
    if (error == 0 && EVP_DigestFinal_ex(hasher->state, file->digest, NULL) != 1)
        return ENOTRECOVERABLE;
    return error;
}

/* Hashes an open file, or the nothing that is left of one, and closes it. Gives it back, or why the work ends. */
static vow_value hash_here(struct session *session, vow_value value)
{
    struct file *file = file_of(value);
    struct hasher *hasher = hasher_here();
    if (hasher == NULL)
        return vow_fail(VOW_NO_MEMORY, "no memory to hash with");
    file->error = hash_open(session, hasher, file);
    file_close(file);
    vow_progress_add(session->progress, PROGRESS_FILES, 1);
    return session_stopped(session) ? session_failure() : value;
}

/* Jobs of their own ----------------------------------------------------------------------------------------------- */

static vow_value hash_job(vow_value value, void *context)
{
    struct session *session = context;
    vow_value result = hash_here(session, value);
    atomic_fetch_sub(&session->jobs, 1);
    return result;
}

/* Looks at the open file. */
static bool takes_long(struct file *file)
{
    struct stat status;
    file->patient = fstat(file->descriptor, &status) != 0 || !S_ISREG(status.st_mode);
    if (file->patient)
        return true;
    if (file->origin == BY_NAME)
        file->size = status.st_size;
    return status.st_size >= LONG;
}

/* Whether there may be one more job: then it counts. */
static bool may_leave(struct session *session)
{
    int workers = vow_pool_size(session->pool);
    if (workers > 1 && atomic_fetch_add(&session->jobs, 1) < 2 * workers)
        return true;
    if (workers > 1)
        atomic_fetch_sub(&session->jobs, 1);
    return false;
}

/* The stage ------------------------------------------------------------------------------------------------------- */

/* Opens what is to be read. False: there is no more to do. */
static bool open_file(struct file *file)
{
    if (file->origin == NOWHERE)
        return false;
    if (file->origin == STANDARD_INPUT)
        file->descriptor = STDIN_FILENO;
    if (file->origin != BY_NAME)
        return true;
    file->descriptor = patience_open(file->name, !file->found);
    file->error = file->descriptor < 0 ? errno : 0;
    return file->error == 0;
}

vow_value hash_file(vow_value value, void *context)
{
    struct session *session = context;
    struct file *file = file_of(value);
    if (session_stopped(session))
        return session_failure();
    if (!open_file(file)) {
        vow_progress_add(session->progress, PROGRESS_FILES, 1);
        return value;
    }
    if (file->descriptor < 0 || !takes_long(file) || !may_leave(session))
        return hash_here(session, value);
    vow_scheduler *workers = vow_pool_scheduler(session->pool);
    return vow_promise_value(vow_submit(workers, hash_job, vow_retain(value), session));
}
