/*
 * job.cc - model of a job that begins, waits and ends while others cancel it (control/submit.c J1, J3; control/cancel.c
 * J2, J4; vow_job_cancel in wait/waiter.c): its promise is settled once, a cancel either keeps it from running or ends
 * its wait, and nobody touches what lies on its stack once it has ended.
 */
#include "model.hpp"

struct vow_call {
    plain<struct vow_call *> next;
    plain<void (*)(struct vow_call *)> run;
    plain<void (*)(struct vow_call *)> dropped;
};

typedef int vow_value;
typedef struct promise vow_promise;
typedef struct deferred vow_deferred;
typedef vow_value vow_fn(vow_value input, void *context);
#define vow_none() 0
#define vow_own(value) (value)
#define vow_borrow(value) (value)
#define vow_release(value) ((void)0)
#define VOW_CANCELED_VALUE 7
#define VOW_RESULT 42

//@ change extern struct vow_call vow_inbox_marks[2]; =>
//@ change (&vow_inbox_marks[0]) => ((struct vow_call *)64)
//@ change (&vow_inbox_marks[1]) => ((struct vow_call *)128)
//@ change vow_lock_take(&thread->doorbell_lock); =>
//@ change if (thread->doorbell != NULL) thread->doorbell(thread->doorbell_context); =>
//@ change vow_lock_give(&thread->doorbell_lock); =>
//@ change bool awake; => plain<bool> awake;
//@ change struct carrier *carrier; struct line *line; => plain<struct carrier *> carrier; plain<struct line *> line;
//@ change waiter->awake = true; => RL_ASSERT(!waiter->awake); waiter->awake = true;
//@ change void *promise; struct carrier *carrier; struct waiter *waiter; => \
//@     plain<void *> promise; plain<struct carrier *> carrier; plain<struct waiter *> waiter;
//@ change struct running_job running = {...}; => \
//@     struct running_job &running = *the_running; running.promise = promise;

//@ weaken a job does not wait until it has been told: \
//@     if (vow_unlikely((before & PROMISE_CANCELED) != 0) && begun) wait_until_told(&running); =>
//@ weaken who ends acquires nothing from who told: \
//@     atomic_load_explicit(&running->told, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken who told releases nothing: \
//@     atomic_store_explicit(&running->told, true, [[memory_order_release]]) => memory_order_relaxed
//@ weaken who told says so before: \
//@     atomic_store_explicit(&running->canceled, true, memory_order_relaxed); \
//@     post_telling(promise, running->carrier); => \
//@     atomic_store_explicit(&running->canceled, true, memory_order_relaxed); \
//@     struct carrier *to = running->carrier; \
//@     atomic_store_explicit(&running->told, true, memory_order_release); post_telling(promise, running->carrier);
//@ weaken a beginning releases nothing: \
//@     (&promise->counted.word, PROMISE_BEGUN, [[memory_order_acq_rel]]) => memory_order_acquire
//@ weaken who cancels a running job acquires nothing: \
//@     now | PROMISE_CANCELED, [[memory_order_acq_rel]] => memory_order_release
//@ weaken the job says that it runs before it says where: \
//@     promise->own.begun.running = running; =>
//@ weaken a cancel fires what has begun: \
//@     now & (PROMISE_FIRED | PROMISE_BEGUN) => now & PROMISE_FIRED
//@ weaken a job begins although it was fired: \
//@     (word & PROMISE_FIRED) == 0 => true
//@ weaken a cancel that lost to the beginning gives up: \
//@     return cancel_if_running(promise) == TOLD; => return true;
//@ weaken the call that tells does not look whether the job has ended: \
//@     (vow_promise_word(promise) & PROMISE_FIRED) == 0 => true
//@ weaken two cancels tell: \
//@     if ((now & PROMISE_CANCELED) != 0) return TOLD; =>
//@ weaken the waiting line is not told: \
//@     vow_promise_ref_unseen(promise); if (!carrier->post(carrier, telling)) tell_nobody(telling); =>

//@ file src/execution/inbox.h
//@ file src/base/lock.h
//@ take src/base/lock.c: vow_lock_take_slowly vow_lock_wake

struct carrier {
    bool (*post)(struct carrier *carrier, struct vow_call *call);
};
struct line {
    bool ready;
};
#include "thread.hpp"
/* Without the news and the ends of a closed world. */
#define vow_thread_await_bell sleep_on_bell
//@ change vow_clock_stands() ? sleep_while_time_stands(thread, deadline) : sleep_until_rung(thread, deadline) => sleep_until_rung(thread, deadline)
//@ take src/execution/thread.c: vow_thread_wake vow_thread_about_to_sleep sleep_until_rung sleep_on_bell vow_thread_nap vow_thread_sleep
//@ take src/execution/immediate.c: vow_immediate_post

static struct carrier *carriers[THREADS_MOST];
#define vow_carrier_here (carriers[rl::thread_index()])
static void vow_line_ready(struct line *)
{
}
void vow_waiter_call_run(struct vow_call *call);
#define vow_known_awake(waiter) ((void)0)
//@ take src/wait/waiter.h: outcome waiter_source waiter_notice waiter vow_waiter_init vow_waiter_claim vow_waiter_outcome running_job vow_job_is_canceled
//@ take src/wait/line.h: vow_waiter_wake_here
//@ take src/wait/waiter.c: vow_waiter_call_run vow_waiter_wake vow_job_cancel

//@ take src/control/promise.h: job PROMISE_FIRED PROMISE_SWALLOW PROMISE_CANCELLER PROMISE_CANCELED PROMISE_BEGUN
struct promise {
    struct {
        word<uint64_t> word;
    } counted;
    struct vow_call call;
    struct lock lock;
    plain<vow_value> value;
    struct {
        struct job job;
        struct {
            plain<struct running_job *> running;
            struct vow_call telling;
        } begun;
    } own;
};
//@ take src/control/promise.h: vow_promise_word
#define vow_promise_ref(promise) ((void)0)
#define vow_promise_unref(promise) ((void)0)
#define vow_promise_ref_unseen(promise) ((void)0)
#define vow_promise_unref_all(promise, all) ((void)0)

static struct running_job *the_running;
static struct post *worker;
static struct {
    struct running_job *job;
} vow_locals;
static int settled, ran;


/* The lock is a promise's; FIRED says who may settle. */
static void settle(vow_promise *promise, vow_value value)
{
    vow_lock_take(&promise->lock);
    RL_ASSERT(promise->value == 0);
    promise->value = value;
    settled++;
    vow_lock_give(&promise->lock);
}

static vow_value vow_canceled_error(void)
{
    return VOW_CANCELED_VALUE;
}
#define vow_promise_fire_entering settle
#define vow_promise_fire_job settle
#define vow_promise_end_job(promise) ((void)0)
#define vow_job_locals_drop(running) ((void)0)
static bool run_canceller(vow_promise *)
{
    return true;
}

//@ change struct thread *thread = vow_thread_here(); => struct post *thread = worker;

//@ take src/control/fire.c: vow_promise_claim_too_late
//@ take src/control/submit.c: end_job call_function finish_unwanted begin_job wait_until_told run_job
//@ take src/control/cancel.c: tell tell_nobody post_telling cancel_running running cancel_if_running claim cancel_root

static bool post(struct carrier *carrier, struct vow_call *call)
{
    return vow_immediate_post(&vow_container_of(carrier, struct post, carrier)->immediate, call);
}

static bool serve(void)
{
    struct vow_call *call = vow_inbox_take(&worker->immediate.inbox);
    bool any = call != NULL;
    while (call != NULL) {
        struct vow_call *following = call->next;
        void (*run)(struct vow_call *) = call->run;
        run(call);
        call = following;
    }
    return any;
}

/* The job: waits twice for what never comes, unless it was canceled; `waits` false: it only runs. */
static bool waits;
static struct waiter *the_waiter;

static void wait_once(void)
{
    struct running_job *job = vow_locals.job;
    if (vow_job_is_canceled(job))
        return;
    struct waiter &waiter = *the_waiter;
    vow_waiter_init(&waiter, &worker->carrier, "wait", NULL);
    job->waiter = &waiter;
    while (!waiter.awake)
        if (!serve())
            (void)vow_thread_sleep(&worker->thread, VOW_FOREVER);
    job->waiter = NULL;
    RL_ASSERT(vow_waiter_outcome(&waiter) == WAITER_CANCELED);
    waiter.outcome.end();
}

static vow_value run_it(vow_value, void *)
{
    ran++;
    if (waits)
        wait_once();
    return VOW_RESULT;
}

template <bool waiting, int cancels> struct life : rl::test_suite<life<waiting, cancels>, 1 + cancels> {
    struct post post_;
    struct promise promise;
    struct running_job running;
    struct waiter waiter;
    int ended = 0;

    void before()
    {
        scenario_begins();
        worker = &post_;
        post_.carrier.post = post;
        carriers[0] = &post_.carrier;
        carriers[1] = carriers[2] = NULL;
        the_running = &running;
        the_waiter = &waiter;
        settled = ran = 0;
        waits = waiting;
        vow_locals.job = NULL;
        promise.own.job.fn = run_it;
        promise.own.job.drop = NULL;
    }

    void after()
    {
        RL_ASSERT(settled == 1);
        RL_ASSERT((int)promise.value == (ran ? VOW_RESULT : VOW_CANCELED_VALUE));
    }

    void thread(unsigned index)
    {
        thread_begins();
        if (index == 0) {
            work();
            return;
        }
        cancel_root(&promise);
        ended++;
        vow_thread_wake(&post_.thread);
    }

    void work()
    {
        struct thread *thread = &post_.thread;
        run_job(&promise.call);
        gone();
        for (;;) {
            atomic_store_explicit(&thread->bell, 0, memory_order_relaxed);
            if (ended == cancels)
                break;
            if (!serve())
                (void)vow_thread_nap(thread, VOW_FOREVER);
        }
        struct vow_call *call = vow_inbox_close(&post_.immediate.inbox);
        while (call != NULL) {
            struct vow_call *following = call->next;
            void (*run)(struct vow_call *) = call->run;
            run(call);
            call = following;
        }
    }

    /* The stack on which the job lay goes on to be used by others. */
    void gone()
    {
        running.canceled.end();
        running.told.end();
        running.promise = NULL;
        running.carrier = NULL;
        running.waiter = &waiter;
        waiter.outcome.end();
    }
};

MODEL("job", {"a job that runs, one cancel", (rl::simulate<life<false, 1>>), rl::sched_random, 80000},
      {"a job that waits, one cancel", (rl::simulate<life<true, 1>>), rl::sched_random, 80000},
      {"a job that waits, two cancels", (rl::simulate<life<true, 2>>), rl::sched_random, 80000},
      {"a job that runs, two cancels", (rl::simulate<life<false, 2>>), rl::sched_random, 80000})
