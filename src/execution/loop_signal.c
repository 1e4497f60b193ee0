/*
 * loop_signal.c - the next delivery of a signal, each on a libuv signal handle of its own.
 *
 * Not one of libuv's that end with the first delivery: for these the system's handler would be gone as soon as that has run,
 * and another signal before the loop looks would end the process.
 */
#include "base/fail.h"
#include "execution/loop_event.h"

struct loop_signal {
    struct loop_event event;
    uv_signal_t handle;
};

static void on_closed(uv_handle_t *handle)
{
    vow_event_release(&vow_container_of(handle, struct loop_signal, handle)->event);
}

/* The reference from the handle's init goes with it. */
static void close_handle(struct loop_event *event)
{
    struct loop_signal *watcher = vow_container_of(event, struct loop_signal, event);

    uv_close((uv_handle_t *)&watcher->handle, on_closed);
}

static const struct event_kind signal_kind = {sizeof(struct loop_signal), close_handle};

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    (void)uv_signal_stop(handle); /* for others of this number that libuv has in store */
    vow_event_due(&vow_container_of(handle, struct loop_signal, handle)->event);
}

/* 0 or libuv's code. On failure the event is as new, and its handle is made or not: `ret_made` says. */
static int start_handle(struct loop_event *event, int number, bool *ret_made)
{
    uv_signal_t *handle = &vow_container_of(event, struct loop_signal, event)->handle;
    int status = uv_signal_init(event->loop->uv, handle);

    *ret_made = status == 0;
    if (*ret_made)
        vow_event_retain(event); /* until on_closed */
    return *ret_made ? uv_signal_start(handle, on_signal, number) : status;
}

/* Gives back all that a failed start holds; a handle that was made goes in its close callback. */
static void give_up(struct loop_event *event, bool made)
{
    if (made)
        close_handle(event);
    vow_event_release(event);
    vow_event_release(event);
}

static struct loop_event *start(struct vow_loop *loop, int number, struct vow_call *call,
                                vow_status *ret_status)
{
    bool made;
    struct loop_event *event = vow_event_new(loop, &signal_kind, call);
    if (event == NULL) {
        *ret_status = vow_fail_literal(VOW_NO_MEMORY, "vow_signal: the allocator gave no memory");
        return NULL;
    }
    int status = start_handle(event, number, &made);
    if (status == 0) {
        vow_event_arm(event);
        return event;
    }
    give_up(event, made);
    *ret_status =
        vow_fail_status(vow_status_from_errno(status),
                        "vow_signal: number %d cannot be watched: %s", number, uv_strerror(status));
    return NULL;
}

struct loop_signal *vow_loop_signal_start(struct vow_loop *loop, int number, struct vow_call *call,
                                          vow_status *ret_status)
{
    struct loop_event *event;

    if (loop->lost) {
        *ret_status = vow_loop_refuse_lost("vow_signal");
        return NULL;
    }
    if (!vow_scheduler_is_mine(&loop->scheduler)) {
        *ret_status = vow_fail_literal(VOW_INVALID,
                                       "vow_signal: loop belongs to another thread, which made it");
        return NULL;
    }
    if (loop->closing) {
        *ret_status = vow_fail_literal(VOW_CLOSED, "vow_signal: loop is being freed");
        return NULL;
    }
    event = start(loop, number, call, ret_status);
    return event != NULL ? vow_container_of(event, struct loop_signal, event) : NULL;
}

struct vow_call *vow_loop_signal_stop(struct loop_signal *watcher)
{
    return vow_event_stop(&watcher->event);
}

void vow_loop_signal_release(struct loop_signal *watcher)
{
    if (watcher != NULL)
        vow_event_release(&watcher->event);
}
