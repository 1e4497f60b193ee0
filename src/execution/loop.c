/*
 * loop.c - the event loop: made and freed, given calls, told what is owed to it.
 *
 * loop_internal.h has the whole picture and the invariants.
 *
 * The life of the two ends. Other threads reach a loop through its scheduler, which they hold a reference on; the
 * structure lives until the last of these goes. Its handles go earlier, in vow_loop_free; from then on the inbox
 * is closed, calls are dropped by those who bring them, and waking does nothing.
 *
 * Who posts a call, or stops the loop, needs no reference beyond that moment: the call may be the one after which
 * the loop's thread frees it. So a poster touches nothing after its push, unless it found the mark of a sleeper;
 * these are counted on both sides, and free awaits them.
 */
#include <sched.h>

#include "base/fail.h"
#include "base/ledger.h"
#include "base/object.h"
#include "execution/async.h"
#include "execution/loop_event.h"
#include "execution/park.h"

#define SPIN_DEFAULT VOW_US(50)

static void take_call(vow_scheduler *scheduler, struct vow_call *call);
static void destroy(vow_scheduler *scheduler);

static const struct scheduler_kind loop_kind = {
    .name = "loop",
    .immediate = false,
    .loop = true,
    .call = take_call,
    .destroy = destroy,
};

struct vow_loop *vow_loop_of(vow_scheduler *scheduler)
{
    vow_check(scheduler->kind == &loop_kind);
    return vow_container_of(scheduler, struct vow_loop, scheduler);
}

vow_scheduler *vow_loop_scheduler(vow_loop *loop)
{
    return loop != NULL ? &loop->scheduler : NULL;
}

/* Calls come in */

void vow_loop_append(struct vow_loop *loop, struct vow_call *call)
{
    bool first = loop->ready.first == NULL;

    vow_queue_append(&loop->ready, call);
    if (!first || loop->draining || loop->handles == NULL)
        return;
    if (loop->in_uv) {
        uv_stop(loop->uv); /* loop_run.c goes on with it; after a timer libuv might sleep first */
    } else if (!loop->own) {
        vow_loop_reference(loop);
        if (loop->handles->polling) /* our prepare callback, which would find it, has been */
            vow_bell_ring(&loop->handles->bell);
    }
}

static void take_call(vow_scheduler *scheduler, struct vow_call *call)
{
    struct vow_loop *loop = vow_loop_of(scheduler);

    if (vow_scheduler_is_mine(scheduler)) {
        vow_loop_append(loop, call);
        return;
    }
    switch (vow_inbox_push(&loop->inbox, call)) {
    case INBOX_TAKEN:
        break;
    case INBOX_WAKE:
        vow_loop_wake(loop);
        /* K1 release: pairs with K2: our last touch of the loop, which free awaits */
        atomic_fetch_add_explicit(&loop->wakes_done, 1, memory_order_release);
        break;
    case INBOX_REFUSED:
        call->dropped(call);
        break;
    }
}

/* With `handles_lock`. */
static void ring_bell(struct vow_loop *loop)
{
    if (loop->handles == NULL)
        return;
    vow_bell_ring(&loop->handles->bell);
}

void vow_loop_wake(struct vow_loop *loop)
{
    vow_lock_take(&loop->handles_lock);
    ring_bell(loop);
    vow_lock_give(&loop->handles_lock);
}

/* As soon as the stop is seen, the loop's thread may free the loop, which takes the lock: so giving it back is our
   last touch. */
static void stop_from_afar(struct vow_loop *loop)
{
    vow_lock_take(&loop->handles_lock);
    /* T1 release: pairs with T2 in loop_run.c: who sees the stop sees what was done before it */
    atomic_store_explicit(&loop->stopping, true, memory_order_release);
    ring_bell(loop);
    vow_lock_give(&loop->handles_lock);
}

void vow_loop_stop(vow_loop *loop)
{
    if (loop == NULL)
        return;
    if (!vow_scheduler_is_mine(&loop->scheduler)) {
        stop_from_afar(loop);
        return;
    }
    /* relaxed: read by this thread */
    atomic_store_explicit(&loop->stopping, true, memory_order_relaxed);
    if (loop->in_uv)
        uv_stop(loop->uv);
}

/* Promises are owed */

int64_t vow_loop_owed(struct vow_loop *loop)
{
    /* O1 seq_cst: pairs with O2: see `watched` */
    return loop->owed + atomic_load_explicit(&loop->owed_elsewhere, memory_order_seq_cst);
}

/* Counts for all threads. An own loop wants to hear of it only while it sleeps and waits to be idle: it sets
   `watched` and then looks at the count, we change the count and then look at `watched`; one of us sees the
   other. Over a user's loop the bell's reference follows the count. */
static void owe_shared(struct vow_loop *loop, int change, bool mine)
{
    /* O2 seq_cst: pairs with O1 */
    int64_t before = atomic_fetch_add_explicit(&loop->owed_elsewhere, change, memory_order_seq_cst);

    if (mine)
        vow_loop_reference(loop);
    else if (loop->own) {
        /* O3 seq_cst: pairs with O4 in loop_run.c */
        if (atomic_load_explicit(&loop->watched, memory_order_seq_cst))
            vow_loop_wake(loop);
    } else if ((before == 0) != (before + change == 0)) {
        vow_loop_wake(loop);
    }
}

void vow_loop_owe(vow_scheduler *scheduler, int change)
{
    struct vow_loop *loop = vow_loop_of(scheduler);
    bool mine = vow_scheduler_is_mine(scheduler);

    if (vow_likely(mine && loop->own))
        loop->owed += change;
    else
        owe_shared(loop, change, mine);
}

/* Making */

void vow_loop_make_current(struct thread *thread)
{
    vow_here.outside = thread->loop != NULL ? &thread->loop->scheduler : NULL;
}

static bool options_are_valid(const struct vow_loop_options *options)
{
    if (options == NULL)
        return true;
    if (options->size < sizeof(struct vow_loop_options)) {
        vow_fail_literal(VOW_INVALID, "vow_loop_new: options->size is too small: set it to "
                                      "sizeof(struct vow_loop_options)");
        return false;
    }
    size_t stack = options->stack_size;
    if (stack == 0 || (stack >= STACK_SMALLEST && stack <= STACK_LARGEST))
        return true;
    vow_fail_status(VOW_INVALID,
                    "vow_loop_new: options->stack_size is %zu, not between %zu and %zu", stack,
                    STACK_SMALLEST, STACK_LARGEST);
    return false;
}

static size_t stack_size(const struct vow_loop_options *options)
{
    return options != NULL && options->stack_size != 0 ? options->stack_size : STACK_DEFAULT;
}

static int64_t spin_time(const struct vow_loop_options *options)
{
    int64_t wanted = options != NULL ? options->spin : 0;

    if (wanted < 0 || vow_processors() == 1)
        return 0;
    return wanted > 0 ? wanted : SPIN_DEFAULT;
}

static struct vow_loop *make(struct thread *thread, const struct vow_loop_options *options)
{
    struct vow_loop *loop = vow_object_new(sizeof *loop);

    if (loop == NULL) {
        vow_fail_literal(VOW_NO_MEMORY, "vow_loop_new: the allocator gave no memory");
        return NULL;
    }
    *loop = (struct vow_loop){.thread = thread, .patience = 1, .stack_size = stack_size(options)};
    vow_ledger_name(loop, "loop");
    vow_scheduler_init(&loop->scheduler, &loop_kind, thread);
    vow_loop_init_timers(loop);
    loop->spin_most = loop->spin_now = spin_time(options);
    return loop;
}

vow_loop *vow_loop_new(const struct vow_loop_options *options)
{
    if (!options_are_valid(options))
        return NULL;
    struct thread *thread = vow_thread_here();
    if (thread == NULL) {
        vow_fail_literal(VOW_NO_MEMORY, "vow_loop_new: the allocator gave no memory");
        return NULL;
    }
    (void)vow_async_is_disabled(); /* settled from now on */
    struct vow_loop *loop = make(thread, options);
    if (loop == NULL)
        return NULL;
    loop->previous = thread->loop;
    thread->loop = loop;
    if (!vow_loop_open(loop, options != NULL ? options->uv : NULL)) {
        thread->loop = loop->previous;
        vow_object_delete(loop, sizeof *loop);
        return NULL;
    }
    vow_loop_make_current(thread);
    return loop;
}

/* Freeing */

static vow_status may_free(struct vow_loop *loop)
{
    if (!vow_scheduler_is_mine(&loop->scheduler))
        return vow_fail_literal(VOW_INVALID,
                                "vow_loop_free: loop belongs to another thread, which made it");
    if (vow_loop_is_inside(loop))
        return vow_fail_literal(VOW_INVALID, "vow_loop_free: loop is running the calling call: "
                                             "stop it, and free it where it was run");
    if (loop->running || loop->in_uv)
        return vow_fail_literal(VOW_INVALID, "vow_loop_free: loop is being run: stop it first");
    return VOW_OK;
}

/* Takes the loop from its thread's list, wherever it stands in it. */
static void unlink_from_thread(struct vow_loop *loop)
{
    struct vow_loop **link = &loop->thread->loop;

    while (*link != loop)
        link = &(*link)->previous;
    *link = loop->previous;
    vow_loop_make_current(loop->thread);
}

/* Who replaced the mark of a sleeping inbox is on its way to wake us; perhaps somebody else did so first, the call
   that it brought has run, and here we are. It holds no reference. */
static void await_wakers(struct vow_loop *loop)
{
    /* K2 acquire: pairs with K1 */
    while (atomic_load_explicit(&loop->wakes_done, memory_order_acquire) != loop->wakes_due)
        sched_yield();
}

bool vow_loop_is_going(vow_scheduler *scheduler)
{
    return vow_container_of(scheduler, struct vow_loop, scheduler)->closing;
}

static bool lines_have_ended(void *context)
{
    struct vow_loop *loop = context;

    return vow_carrier_cancel(&loop->thread->carrier, loop) == 0;
}

/* Cancels the calls that are parked. Those behind shields may wait for what only the loop can bring: it runs for them. */
static void end_lines(struct vow_loop *loop)
{
    if (vow_thread_cancel_lines(loop->thread, loop))
        return;
    if (vow_loop_run_until(loop, "vow_loop_free", lines_have_ended, loop, VOW_FOREVER) != VOW_OK)
        vow_thread_end_lines(loop->thread, loop);
}

vow_status vow_loop_free(vow_loop *loop)
{
    if (loop == NULL)
        return VOW_OK;
    if (loop->lost) {
        vow_home_release(&loop->scheduler);
        return VOW_OK;
    }
    vow_status status = may_free(loop);
    if (status != VOW_OK)
        return status;
    end_lines(loop);
    loop->closing = true;
    unlink_from_thread(loop);
    vow_event_stop_all(loop);
    vow_loop_stop_timers(loop);
    vow_loop_drop_calls(loop);
    vow_loop_close(loop);
    await_wakers(loop);
    vow_scheduler_disown(&loop->scheduler);
    vow_home_release(&loop->scheduler);
    return VOW_OK;
}

void vow_loop_end_all(struct thread *thread)
{
    while (thread->loop != NULL) {
        struct vow_loop *loop = thread->loop;
        vow_home_retain(&loop->scheduler); /* for good: nobody will free it any more */
        if (vow_loop_free(loop) == VOW_OK)
            continue;
        unlink_from_thread(loop); /* the process exits inside one of its calls */
        vow_scheduler_disown(&loop->scheduler);
    }
}

static void destroy(vow_scheduler *scheduler)
{
    struct vow_loop *loop = vow_loop_of(scheduler);

    vow_check(loop->handles == NULL);
    vow_object_delete(loop, sizeof *loop);
}
