/*
 * bell.c - a descriptor that libuv polls: an eventfd, or a pipe where there is none.
 */
#include "execution/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

/* -DVOW_PORTABLE_BELL: the pipe, to test it where an eventfd would be used. */
#if defined __linux__ && !defined VOW_PORTABLE_BELL
#define BELL_IS_EVENTFD
#include <sys/eventfd.h>
#endif

/* One function in either case: what counts lines takes a function to be at one place. */
static int open_ends(int ends[2])
{
#ifdef BELL_IS_EVENTFD
    ends[0] = ends[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return ends[0] < 0 ? -errno : 0;
#else
    return uv_pipe(ends, UV_NONBLOCK_PIPE, UV_NONBLOCK_PIPE);
#endif
}

/* What is left over in a pipe makes it ring once more: that does no harm. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct bell *bell = poll->data;
    uint64_t rings[8];
    (void)status;
    (void)events;
    while (read(bell->listens, rings, sizeof rings) < 0 && errno == EINTR)
        ;
    bell->rung(bell);
}

int vow_bell_open(struct bell *bell, uv_loop_t *uv, void (*rung)(struct bell *bell))
{
    int ends[2];
    int status = open_ends(ends);
    if (status != 0)
        return status;
    *bell = (struct bell){.listens = ends[0], .rings = ends[1], .rung = rung};
    status = uv_poll_init(uv, &bell->poll, bell->listens);
    if (status != 0) {
        vow_bell_close(bell);
        return status;
    }
    bell->poll.data = bell;
    (void)uv_poll_start(&bell->poll, UV_READABLE, on_readable); /* it cannot fail */
    return 0;
}

/* Where it cannot be written for being full, it has rung. */
void vow_bell_ring(struct bell *bell)
{
    static const uint64_t once = 1;
    while (write(bell->rings, &once, sizeof once) < 0 && errno == EINTR)
        ;
}

void vow_bell_close(struct bell *bell)
{
    if (bell->rings != bell->listens)
        close(bell->rings);
    close(bell->listens);
}
