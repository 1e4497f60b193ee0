/*
 * bell.h - wakes a libuv loop from another thread.
 *
 * As uv_async_t does, and cheaper where both threads share a processor. Who is woken by a write mostly runs at once, in the
 * place of the writer; libuv's own handle then spins until that one has run on and said that it has done with it: some
 * ten microseconds at each wake-up. A bell has nothing but the descriptor.
 */
#ifndef VOW_EXECUTION_BELL_H
#define VOW_EXECUTION_BELL_H

#include <uv.h>

struct bell {
    uv_poll_t poll; /* its handle: uv_ref, uv_unref, uv_close and their like are its users' */
    int listens;    /* becomes readable when it has rung */
    int rings;      /* the same one, or the other end */
    void (*rung)(struct bell *bell);
};

/* Opens it; `rung` is called by the loop. A libuv error if it cannot be. */
int vow_bell_open(struct bell *bell, uv_loop_t *uv, void (*rung)(struct bell *bell));

/* From any thread, also several times: it is heard once or more. What was done before it is seen by whoever hears it. */
void vow_bell_ring(struct bell *bell);

/* After its handle was closed. */
void vow_bell_close(struct bell *bell);

#endif
