/*
 * loop_uv.c - libuv's handles of a loop, and what its callbacks do.
 *
 * Own loops are driven by loop_run.c; here the bell's callback only notes that it rang. Over a user's
 * uv_loop_t, uv_run is the user's, and the callbacks drain:
 *
 *   timers -> prepare (ours: drain, then fall asleep) -> poll, I/O callbacks, bell (drain) -> check (ours)
 *
 * Timers are looked at in the alarm's callback, and before a drain.
 *
 * The prepare callback comes before every poll, so it is there that the two inboxes are marked as sleeping: from
 * then on whoever pushes rings the bell.
 */
#include "base/clock.h"
#include "base/fail.h"
#include "base/object.h"
#include "execution/clock_rest.h"
#include "execution/loop_internal.h"

#define ALARM_MOST VOW_S(86400) /* beyond it the alarm rings for nothing, and is set anew */
#define ALARM_EARLY (2 * (uint64_t)WHEEL_TICK)

bool vow_loop_uv_idle(struct vow_loop *loop)
{
    return !uv_loop_alive(loop->uv);
}

static bool has_reference(struct loop_handles *handles)
{
    return uv_has_ref((uv_handle_t *)&handles->bell.poll) != 0;
}

void vow_loop_reference(struct vow_loop *loop)
{
    struct loop_handles *handles = loop->handles;
    if (handles == NULL || loop->own || loop->in_uv)
        return;
    bool wanted = loop->ready.first != NULL || vow_loop_owed(loop) != 0;

    if (wanted == has_reference(handles))
        return;
    if (wanted)
        uv_ref((uv_handle_t *)&handles->bell.poll);
    else
        uv_unref((uv_handle_t *)&handles->bell.poll);
}

/* Callbacks */

/* Over a user's loop, inside its uv_run: one round, and the bell if that left something. */
static void visit(struct vow_loop *loop)
{
    if (loop->draining || loop->closing) /* the user runs uv_run inside of a call */
        return;
    if (loop->wheel.count != 0 || loop->alarm_at != INT64_MAX)
        vow_loop_advance(loop, vow_now());
    if (vow_loop_has_calls(loop))
        (void)vow_loop_drain(loop, false);
    if (vow_loop_has_calls(loop) || !vow_loop_mark_asleep(loop) ||
        !vow_inbox_sleep(&loop->thread->immediate->inbox))
        vow_bell_ring(&loop->handles->bell);
    vow_loop_reference(loop);
    vow_loop_arm(loop);
}

static void on_bell(struct bell *bell)
{
    struct vow_loop *loop = vow_container_of(bell, struct loop_handles, bell)->loop;
    if (loop == NULL)
        return;

    loop->rung = true;
    if (!loop->in_uv)
        visit(loop);
}

/* Where time stands: libuv is about to sleep, or to poll, for the user. */
static VOW_COLD void rest(struct loop_handles *handles)
{
    struct vow_loop *loop = handles->loop;

    if (loop == NULL || loop->in_uv || loop->draining)
        return;
    handles->rests = vow_clock_rest(loop->thread, loop, vow_at(vow_loop_next_due(loop)));
    if (handles->rests)
        return;
    vow_clock_leave(loop->thread);
    vow_bell_ring(&handles->bell);
}

static void on_before(uv_prepare_t *before)
{
    struct loop_handles *handles = vow_container_of(before, struct loop_handles, before);

    if (handles->loop != NULL && !handles->loop->in_uv)
        visit(handles->loop);
    handles->polling = true;
    if (vow_clock_stands())
        rest(handles);
}

static void on_after(uv_check_t *after)
{
    struct loop_handles *handles = vow_container_of(after, struct loop_handles, after);

    handles->polling = false;
    if (handles->loop != NULL && handles->rests) {
        handles->rests = false;
        vow_clock_leave(handles->loop->thread);
    }
}

static void on_alarm(uv_timer_t *alarm)
{
    struct vow_loop *loop = vow_container_of(alarm, struct loop_handles, alarm)->loop;
    if (loop == NULL)
        return;

    loop->alarm_at = INT64_MAX;
    if (loop->in_uv) {
        uv_stop(
            loop->uv); /* libuv runs timers before it polls, and must not sleep after this one */
        return;
    }
    vow_loop_advance(loop, vow_now()); /* on_before drains */
    vow_loop_arm(loop);
}

/* Milliseconds from libuv's cached time. From now libuv sleeps whole milliseconds, so what is left is rounded up. But
   its time is rounded down, and the alarm rings once that has come so far: if something else has woken libuv, perhaps
   before the deadline. That does no harm: who hears it looks at the clock, and sets it again. Nor do two ticks of the
   wheel less: without them a sleep of a millisecond, whose moment the wheel rounds up, would take two. */
static uint64_t milliseconds_until(const uv_loop_t *uv, vow_deadline deadline)
{
    int64_t now_here = vow_now();
    int64_t left = deadline.at > now_here ? deadline.at - now_here : 0;
    if (vow_clock_stands()) /* it is moved by who rings the bell; but something is to come */
        left = ALARM_MOST;
    uint64_t due = uv_hrtime() / 1000000 + ((uint64_t)left + 999999 - ALARM_EARLY) / 1000000;
    uint64_t now = uv_now(uv);
    return due > now ? due - now : 0;
}

void vow_loop_set_alarm(struct vow_loop *loop, vow_deadline deadline)
{
    if (deadline.at >= loop->alarm_at)
        return;
    deadline = vow_sooner(deadline, vow_after(ALARM_MOST));
    loop->alarm_at = vow_clock_stands() ? INT64_MAX - 1 : deadline.at;
    (void)uv_timer_start(&loop->handles->alarm, on_alarm, milliseconds_until(loop->uv, deadline),
                         0);
}

void vow_loop_unset_alarm(struct vow_loop *loop)
{
    if (loop->alarm_at == INT64_MAX)
        return;
    loop->alarm_at = INT64_MAX;
    (void)uv_timer_stop(&loop->handles->alarm);
}

/* Opening */

static int open_handles(struct loop_handles *handles, uv_loop_t *uv, bool own)
{
    int status = vow_bell_open(&handles->bell, uv, on_bell);
    if (status != 0)
        return status;
    uv_unref((uv_handle_t *)&handles->bell.poll);
    (void)uv_timer_init(uv, &handles->alarm); /* these cannot fail */
    uv_unref((uv_handle_t *)&handles->alarm);
    handles->open = 2;
    if (own)
        return 0;
    (void)uv_prepare_init(uv, &handles->before);
    (void)uv_prepare_start(&handles->before, on_before);
    uv_unref((uv_handle_t *)&handles->before);
    (void)uv_check_init(uv, &handles->after);
    (void)uv_check_start(&handles->after, on_after);
    uv_unref((uv_handle_t *)&handles->after);
    handles->open = 4;
    return 0;
}

static int open_own(struct loop_handles *handles)
{
    int status = uv_loop_init(&handles->own);
    if (status != 0)
        return status;
    status = open_handles(handles, &handles->own, true);
    if (status != 0)
        (void)uv_loop_close(&handles->own);
    return status;
}

bool vow_loop_open(struct vow_loop *loop, uv_loop_t *users)
{
    struct loop_handles *handles = vow_object_new(sizeof *handles);
    if (handles == NULL) {
        vow_fail_literal(VOW_NO_MEMORY, "vow_loop_new: the allocator gave no memory");
        return false;
    }
    *handles = (struct loop_handles){.loop = loop};
    int status = users == NULL ? open_own(handles) : open_handles(handles, users, false);
    if (status != 0) {
        vow_object_delete(handles, sizeof *handles);
        vow_fail_status(vow_status_from_errno(status),
                        "vow_loop_new: libuv cannot make a loop's handles: %s",
                        uv_strerror(status));
        return false;
    }
    (void)vow_loop_watch_forks(); /* without memory for it: vow_signal tries again */
    loop->own = users == NULL;
    loop->uv = loop->own ? &handles->own : users;
    loop->handles = handles;
    vow_loop_use_doorbell(loop->thread, NULL);
    return true;
}

/* Closing */

static void free_handles(struct loop_handles *handles)
{
    vow_bell_close(&handles->bell);
    vow_object_delete(handles, sizeof *handles);
}

/* The last of a user's loop frees them all; of an own one, vow_loop_close does. */
static void on_closed(uv_handle_t *handle)
{
    struct loop_handles *handles = handle->data;

    if (--handles->open == 0 && handle->loop != &handles->own)
        free_handles(handles);
}

static void close_handle(struct loop_handles *handles, uv_handle_t *handle)
{
    handle->data = handles;
    uv_close(handle, on_closed);
}

void vow_loop_close(struct vow_loop *loop)
{
    struct loop_handles *handles = loop->handles;

    vow_lock_take(&loop->handles_lock);
    loop->handles = NULL;
    vow_lock_give(&loop->handles_lock);
    vow_loop_use_doorbell(loop->thread, NULL);
    if (handles->rests)
        vow_clock_leave(loop->thread);
    handles->loop = NULL;
    close_handle(handles, (uv_handle_t *)&handles->bell.poll);
    close_handle(handles, (uv_handle_t *)&handles->alarm);
    if (!loop->own) {
        close_handle(handles, (uv_handle_t *)&handles->before);
        close_handle(handles, (uv_handle_t *)&handles->after);
        return;
    }
    while (uv_loop_close(&handles->own) == UV_EBUSY)
        (void)uv_run(&handles->own, UV_RUN_NOWAIT);
    free_handles(handles);
}

/* The doorbell of the thread */

static void ring(void *context)
{
    vow_loop_wake(context);
}

/* The newest loop over a user's uv_loop_t on the thread. Its uv_run may sleep at any time; own ones only where
   loop_run.c says so. */
static struct vow_loop *newest_over_users(const struct thread *thread)
{
    struct vow_loop *loop = thread->loop;

    while (loop != NULL && loop->own)
        loop = loop->previous;
    return loop;
}

void vow_loop_use_doorbell(struct thread *thread, struct vow_loop *loop)
{
    if (loop == NULL)
        loop = newest_over_users(thread);
    vow_lock_take(&thread->doorbell_lock);
    thread->doorbell = loop != NULL ? ring : NULL;
    thread->doorbell_context = loop;
    vow_lock_give(&thread->doorbell_lock);
}
