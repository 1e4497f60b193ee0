/*
 * thread.c - the records of threads: made at first use, put by for reuse when the thread ends.
 *
 * They stay when the process ends, too: who has handed something to a thread may be about to wake it (vow_thread_wake), and
 * nobody waits for that. What is kept in the list is not lost to leak checkers.
 *
 * Who starts a thread that cannot do without its record prepares it before, and the thread begins with it.
 */
#include "base/child.h"
#include "base/fail.h"
#include "base/futex.h"
#include "base/report.h"
#include "execution/clock_rest.h"
#include "execution/fork.h"
#include "execution/immediate.h"
#include "execution/loop.h"
#include "execution/park.h"
#include "execution/scheduler.h"
#include "execution/stack_name.h"
#include "execution/worker.h"
#include "execution/world.h"
#include <stdlib.h>
#include <string.h>
#include <vow/error.h>
#include <vow/memory.h>

static struct lock spare_lock;
VOW_CHILD_LOCK(spare_lock);
static struct thread *spare_records;

static struct thread *record_take(void)
{
    vow_lock_take(&spare_lock);
    struct thread *thread = spare_records;
    if (thread != NULL)
        spare_records = thread->next;
    vow_lock_give(&spare_lock);
    if (thread == NULL) {
        thread = vow_allocate(sizeof(*thread));
        if (thread != NULL)
            memset(thread, 0, sizeof(*thread));
    }
    return thread;
}

static void record_put(struct thread *thread)
{
    vow_lock_take(&spare_lock);
    thread->next = spare_records;
    spare_records = thread;
    vow_lock_give(&spare_lock);
}

/* What the thread-backed switch has to take along from thread to thread (wait/stack.h). */

static void *address_of_here(void)
{
    return &vow_here;
}

static void *address_of_carrier(void)
{
    return &vow_carrier_here;
}

static void *address_of_worker(void)
{
    return &vow_worker_here;
}

static void *address_of_forks(void)
{
    return &vow_fork_here;
}

__attribute__((constructor)) static void name_hooks(void)
{
    vow_stack_name = vow_name_of_stack;
    vow_stack_carry(address_of_here, sizeof(vow_here));
    vow_stack_carry(address_of_carrier, sizeof(void *));
    vow_stack_carry(address_of_worker, sizeof(void *));
    vow_stack_carry(address_of_forks, sizeof(void *));
}

/* A job has called pthread_exit, or its thread was canceled. What the worker was doing, and its stacks, cannot be gone on
   with; who waits for it would wait for ever. */
static VOW_COLD void refuse_to_end_worker(void)
{
    vow_report_finding(vow_fail(
        VOW_INVALID, "a job has ended its worker's thread (pthread_exit, pthread_cancel), which "
                     "belongs to the pool: the process ends"));
    abort();
}

/* Gives whether there was anything. What it held may go by users' code, which may publish: with a new one. */
static bool end_messenger(struct thread *thread)
{
    struct messenger *messenger = thread->messenger;
    if (messenger == NULL)
        return false;
    thread->messenger = NULL;
    thread->end_messenger(messenger);
    return true;
}

static void end_calls(struct thread *thread)
{
    (void)vow_thread_cancel_lines(thread, NULL);
    vow_loop_end_all(thread); /* what is behind shields may need them */
    vow_thread_end_lines(thread, NULL);
}

/* The home is whole as long as users' code may run: that may wait, and call and leave here whatever it likes. So its inbox
   is closed only when nothing is left that could run any. */
static void end_home(struct thread *thread)
{
    bool any;
    do {
        end_calls(thread);
        any = end_messenger(thread);
        any |= vow_immediate_drop_calls(thread->immediate);
    } while (any || !vow_inbox_close_empty(&thread->immediate->inbox));
}

static void forget_thread(void)
{
    struct thread *thread = vow_here.thread;
    if (vow_unlikely(vow_worker_here != NULL) && !vow_process_is_ending())
        refuse_to_end_worker();
    end_home(thread);
    vow_world_remove(thread);
    vow_immediate_let_go(thread->immediate); /* not before: who finds the record uses it */
    thread->immediate = NULL;
    vow_here = (struct here){.thread = NULL};
    vow_carrier_here = NULL;
    record_put(thread);
}

static bool post(struct carrier *carrier, struct vow_call *call)
{
    return vow_immediate_post(vow_container_of(carrier, struct thread, carrier)->immediate, call);
}

VOW_COLD struct thread *vow_thread_prepare(bool works)
{
    struct thread *thread = record_take();
    if (thread == NULL)
        return NULL;
    thread->immediate = vow_immediate_make(thread);
    if (thread->immediate == NULL) {
        record_put(thread);
        return NULL;
    }
    thread->loop = NULL;
    thread->clock_bound = works;
    vow_carrier_init(&thread->carrier, post);
    vow_world_add(thread);
    return thread;
}

void vow_thread_unprepare(struct thread *thread)
{
    vow_world_remove(thread);
    vow_immediate_let_go(thread->immediate);
    thread->immediate = NULL;
    record_put(thread);
}

void vow_thread_begin(struct thread *thread)
{
    vow_check(vow_here.thread == NULL);
    /* M7 release: pairs with M4 (flow/channel_mode.c): this stands for what was done by who had the record before */
    atomic_store_explicit(&thread->inside, NULL, memory_order_release);
    vow_here.thread = thread;
    vow_carrier_here = &thread->carrier;
    (void)vow_host_at_exit(forget_thread);
}

void vow_thread_end(void)
{
    if (!vow_host_at_exit(forget_thread)) /* asked again */
        forget_thread();
}

/* Without memory to see the thread's end there is no record: nobody would ever forget it. */
VOW_COLD struct thread *vow_thread_make(void)
{
    struct thread *thread = vow_host_ends() ? vow_thread_prepare(false) : NULL;
    if (thread != NULL)
        vow_thread_begin(thread);
    return thread;
}

void vow_thread_wake(struct thread *thread)
{
    /* T1 release: pairs with T2 */
    atomic_store_explicit(&thread->bell, 1, memory_order_release);
    vow_futex_wake(&thread->bell, 1);
    vow_lock_take(&thread->doorbell_lock);
    if (thread->doorbell != NULL)
        thread->doorbell(thread->doorbell_context);
    vow_lock_give(&thread->doorbell_lock);
}

bool vow_thread_about_to_sleep(struct thread *thread)
{
    return vow_inbox_sleep(&thread->immediate->inbox);
}

static bool sleep_until_rung(struct thread *thread, vow_deadline deadline)
{
    /* T2 acquire: pairs with T1 */
    while (atomic_load_explicit(&thread->bell, memory_order_acquire) == 0)
        if (!vow_futex_wait(&thread->bell, 0, deadline))
            return false;
    return true;
}

/* Whoever moves the time rings when the deadline comes. */
static VOW_COLD bool sleep_while_time_stands(struct thread *thread, vow_deadline deadline)
{
    if (vow_clock_rest(thread, NULL, deadline)) {
        (void)sleep_until_rung(thread, VOW_FOREVER);
        vow_clock_rise(thread);
    }
    return deadline.at == INT64_MAX || vow_now() < deadline.at;
}

static bool sleep_on_bell(struct thread *thread, vow_deadline deadline)
{
    return vow_clock_stands() ? sleep_while_time_stands(thread, deadline)
                              : sleep_until_rung(thread, deadline);
}

/* Others get to know what waits here, when nothing has happened for a while; where time stands, that cannot be told. Gives
   whether the bell rang, or a wait of this thread has ended. */
static VOW_COLD bool tell_news(struct thread *thread, vow_deadline deadline)
{
    bool rung = !vow_clock_stands() &&
                sleep_until_rung(thread, vow_sooner(deadline, vow_after(vow_known_grace)));
    return rung || vow_known_learn(&thread->carrier);
}

static VOW_COLD bool sleep_in_closed_world(struct thread *thread)
{
    bool woken = vow_world_rest(thread, NULL) || sleep_on_bell(thread, VOW_FOREVER);
    vow_world_rise(thread);
    return woken;
}

bool vow_thread_await_bell(struct thread *thread, vow_deadline deadline)
{
    if (vow_unlikely(vow_known_has_news(&thread->carrier)) && tell_news(thread, deadline))
        return true;
    if (vow_world_is_closed() && deadline.at == INT64_MAX)
        return sleep_in_closed_world(thread);
    return sleep_on_bell(thread, deadline);
}

bool vow_thread_nap(struct thread *thread, vow_deadline deadline)
{
    return !vow_thread_about_to_sleep(thread) || vow_thread_await_bell(thread, deadline);
}

bool vow_thread_sleep(struct thread *thread, vow_deadline deadline)
{
    /* relaxed: a ring before this was for something that the inbox has now; one after it is seen below */
    atomic_store_explicit(&thread->bell, 0, memory_order_relaxed);
    return vow_thread_nap(thread, deadline);
}
