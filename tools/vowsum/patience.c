/*
 * patience.c - waits for data in small steps.
 *
 * A read from a silent pipe would hold its thread for ever: no cancellation could reach the job. So files are
 * opened without blocking, and what may stay silent is polled, a tenth of a second at a time.
 */
#include "patience.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session.h"

#define STEP_MS 100

int patience_open(const char *name, bool follow)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
    int descriptor = open(name, flags | O_NONBLOCK);
    if (descriptor < 0 && errno == EWOULDBLOCK) /* leased to somebody: worth waiting for */
        descriptor = open(name, flags);
    return descriptor;
}

bool patience_needed(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode);
}

/* Whether there is something to read, or an end or error to be told of, within one step. */
static bool ready(int descriptor)
{
    struct pollfd polled = {.fd = descriptor, .events = POLLIN};
    return poll(&polled, 1, STEP_MS) > 0;
}

ssize_t patience_read(struct session *session, int descriptor, bool patient, off_t place,
                      void *buffer, size_t size)
{
    while (!session_stopped(session)) {
        if (patient && !ready(descriptor))
            continue;
        ssize_t got =
            place < 0 ? read(descriptor, buffer, size) : pread(descriptor, buffer, size, place);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN))
            return got;
        patient = true;
    }
    errno = ECANCELED;
    return -1;
}
