/*
 * loop_signal.c - the next delivery of a signal, each on a libuv signal handle of its own.
 *
 * Not one of libuv's that end with the first delivery: for these the system's handler would be gone as soon as that has run,
 * and another signal before the loop looks would end the process.
 *
 * libuv keeps all handles that have been started in one tree, and its handler writes into a pipe of the handle's loop. A
 * forked child has a copy of the tree, and the same pipe: so the child stops the handles before a signal can come to it,
 * which gives it the default action back. libuv's lock is a pipe, too, which libuv makes anew in the child; what we have
 * done there is registered later, with the first loop, and comes after that. It comes after what the program had registered
 * before its first loop, too: a signal that such a handler admits is one too early.
 *
 * Invariant: a handle is in the list exactly while it is in libuv's tree. Both change under the lock, which is held during
 * a fork, so that the child finds them whole.
 */
#include "base/child.h"
#include "base/fail.h"
#include "execution/loop_event.h"

#include <pthread.h>

struct loop_signal {
    struct loop_event event;
    uv_signal_t handle;
    struct loop_signal *next, **link; /* of those that are started; `link` is NULL: it is not */
};

static struct lock started_lock;
static struct loop_signal *started;
static struct loop_signal *left; /* by children, so that it is not taken for lost memory */

/* The handles that are started ------------------------------------------------------------------------------- */

/* Both under the lock. */
static void enlist(struct loop_signal *watcher)
{
    watcher->next = started;
    watcher->link = &started;
    if (started != NULL)
        started->link = &watcher->next;
    started = watcher;
}

static void resign(struct loop_signal *watcher)
{
    (void)uv_signal_stop(&watcher->handle);
    *watcher->link = watcher->next;
    if (watcher->next != NULL)
        watcher->next->link = watcher->link;
    watcher->link = NULL;
}

static void leave_all(void)
{
    struct loop_signal *watcher;
    if (started == NULL)
        return;
    while ((watcher = started) != NULL) {
        resign(watcher);
        watcher->next = left;
        left = watcher;
    }
    vow_child_admit_signals();
}

static struct lock watch_lock; /* not held during a fork: pthread_atfork waits for its end */
static bool forks_are_watched; /* under it */

static void begin_child(void)
{
    /* relaxed: nobody else is here */
    atomic_store_explicit(&watch_lock.word, 0, memory_order_relaxed);
    if (started != NULL)
        vow_child_hold_signals(); /* until leave_all */
}

VOW_CHILD_CARE(child_care, {.locks = &started_lock,
                            .stride = sizeof(started_lock),
                            .count = 1,
                            .begin = begin_child});

/* Again in the child of a fork at this very moment: leave_all may be called twice there. */
bool vow_loop_watch_forks(void)
{
    vow_lock_take(&watch_lock);
    if (!forks_are_watched)
        forks_are_watched = pthread_atfork(NULL, NULL, leave_all) == 0;
    bool watched = forks_are_watched;
    vow_lock_give(&watch_lock);
    return watched;
}

static int enter_tree(struct loop_signal *watcher, uv_signal_cb callback, int number)
{
    if (!vow_loop_watch_forks())
        return UV_ENOMEM;
    vow_lock_take(&started_lock);
    int status = uv_signal_start(&watcher->handle, callback, number);
    if (status == 0)
        enlist(watcher);
    vow_lock_give(&started_lock);
    return status;
}

static void leave_tree(struct loop_signal *watcher)
{
    vow_lock_take(&started_lock);
    if (watcher->link != NULL)
        resign(watcher);
    vow_lock_give(&started_lock);
}

/* One of them ------------------------------------------------------------------------------------------------ */

static void on_closed(uv_handle_t *handle)
{
    vow_event_release(&vow_container_of(handle, struct loop_signal, handle)->event);
}

/* The reference from the handle's init goes with it. */
static void close_handle(struct loop_event *event)
{
    struct loop_signal *watcher = vow_container_of(event, struct loop_signal, event);

    leave_tree(watcher);
    uv_close((uv_handle_t *)&watcher->handle, on_closed);
}

static const struct event_kind signal_kind = {sizeof(struct loop_signal), close_handle};

static void on_signal(uv_signal_t *handle, int number)
{
    struct loop_signal *watcher = vow_container_of(handle, struct loop_signal, handle);

    (void)number;
    leave_tree(watcher); /* for others of this number that libuv has in store */
    vow_event_due(&watcher->event);
}

/* 0 or libuv's code. On failure the event is as new, and its handle is made or not: `ret_made` says. */
static int start_handle(struct loop_event *event, int number, bool *ret_made)
{
    struct loop_signal *watcher = vow_container_of(event, struct loop_signal, event);
    int status = uv_signal_init(event->loop->uv, &watcher->handle);

    watcher->link = NULL;
    *ret_made = status == 0;
    if (*ret_made)
        vow_event_retain(event); /* until on_closed */
    return *ret_made ? enter_tree(watcher, on_signal, number) : status;
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
