/*
 * waiter.cc - model of the waiter (wait/waiter.h) and of the two ways to wait (execution/park.c): one outcome, one wake,
 * no lost wake-up, and nobody touches the waiter once the wait is over.
 *
 * The source of what is waited for is a queue of one place under a lock, as a promise's: who completes takes the waiter
 * out and claims it inside, and wakes it outside; who waited for nothing takes it out before it returns.
 */
#include "model.hpp"

struct vow_call {
    plain<struct vow_call *> next;
    plain<void (*)(struct vow_call *)> run;
    plain<void (*)(struct vow_call *)> dropped;
};

//@ change extern struct vow_call vow_inbox_marks[2]; =>
//@ change (&vow_inbox_marks[0]) => ((struct vow_call *)64)
//@ change (&vow_inbox_marks[1]) => ((struct vow_call *)128)
//@ change vow_lock_take(&thread->doorbell_lock); =>
//@ change if (thread->doorbell != NULL) thread->doorbell(thread->doorbell_context); =>
//@ change vow_lock_give(&thread->doorbell_lock); =>
//@ change bool awake; => plain<bool> awake;
//@ change struct carrier *carrier; struct line *line; => plain<struct carrier *> carrier; plain<struct line *> line;
//@ change vow_thread_serve(thread) || vow_pool_help(NULL) => serve(thread)
//@ change if (begins) vow_pool_blocking_begin(); =>
//@ change if (blocking) vow_pool_blocking_end(); =>
//@ change next_look(&thread->carrier, deadline) => deadline

//@ change waiter->awake = true; => RL_ASSERT(!waiter->awake); waiter->awake = true;

//@ weaken two may claim: \
//@     return atomic_compare_exchange_strong_explicit(&waiter->outcome, &waiting, (uint32_t)outcome, \
//@         memory_order_acq_rel, memory_order_acquire); => \
//@     if (atomic_load_explicit(&waiter->outcome, memory_order_acquire) != WAITER_WAITING) return false; \
//@     atomic_store_explicit(&waiter->outcome, (uint32_t)outcome, memory_order_release); return true;
//@ weaken the winner touches the waiter after the wake: \
//@     (void)carrier->post(carrier, &waiter->call); => \
//@     (void)carrier->post(carrier, &waiter->call); (void)vow_waiter_outcome(waiter);
//@ weaken a winner on another thread wakes by itself: \
//@     carrier == vow_carrier_here => true
//@ weaken the winner does not wake: \
//@     won_times++; vow_waiter_wake(waiter); => won_times++;
//@ weaken the loser wakes too: \
//@     waiter != NULL && vow_waiter_claim(waiter, WAITER_CANCELED) => \
//@     waiter != NULL && (vow_waiter_claim(waiter, WAITER_CANCELED), true)
//@ weaken whose deadline passed does not wait for the one who was first: \
//@     if (vow_waiter_claim(waiter, WAITER_TIMED_OUT)) break; deadline = VOW_FOREVER; => \
//@     if (vow_waiter_claim(waiter, WAITER_TIMED_OUT), true) break;
//@ weaken a thread sleeps although what it served has woken it: \
//@     if (waiter->awake) break; =>
//@ weaken a line's timer wakes without a claim: \
//@     if (vow_waiter_claim(waiter, WAITER_TIMED_OUT)) vow_waiter_wake(waiter); => vow_waiter_wake(waiter);
//@ weaken the wait leaves its place in the queue: \
//@     withdraw(); =>
//@ weaken the thread itself claims without a swap what others know of: \
//@     if (vow_unlikely(waiter->notice == WAITER_KNOWN)) return vow_waiter_claim(waiter, WAITER_DONE); =>
//@ weaken the claim is made outside of the lock: \
//@     won = waiter != NULL && vow_waiter_claim(waiter, outcome); => \
//@     vow_lock_give(&queue.lock); won = waiter != NULL && vow_waiter_claim(waiter, outcome); \
//@     vow_lock_take(&queue.lock);

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

static struct carrier *carriers[THREADS_MOST];
#define vow_carrier_here (carriers[rl::thread_index()])

static void vow_line_ready(struct line *line)
{
    RL_ASSERT(!line->ready);
    line->ready = true;
}

/* Any time may be too late. */
static bool has_passed(vow_deadline deadline)
{
    return deadline.at != INT64_MAX && rl::rand(2) != 0;
}

static bool serve(struct thread *thread);

void vow_waiter_call_run(struct vow_call *call);
static void vow_known_awake(struct waiter *waiter);
//@ take src/wait/waiter.h: outcome waiter_source waiter_notice waiter vow_waiter_init vow_waiter_claim vow_waiter_claim_here vow_waiter_outcome
struct running_job {
    struct waiter *waiter;
    unsigned shields;
    word<bool> canceled;
};
//@ take src/wait/line.h: vow_waiter_wake_here
//@ take src/wait/waiter.c: vow_waiter_call_run vow_waiter_wake vow_job_cancel
/* Without the news and the ends of a closed world. */
#define vow_thread_await_bell sleep_on_bell
//@ change vow_clock_stands() ? sleep_while_time_stands(thread, deadline) : sleep_until_rung(thread, deadline) => sleep_until_rung(thread, deadline)
//@ take src/execution/thread.c: vow_thread_wake vow_thread_about_to_sleep sleep_until_rung sleep_on_bell vow_thread_nap vow_thread_sleep
//@ take src/execution/immediate.c: vow_immediate_post
struct timer {
    bool armed;
};
#define serve_rounds() 2u
/* No pool is closed here, and so no line canceled. */
static bool vow_pool_ends_waits(struct thread *thread)
{
    atomic_store_explicit(&thread->bell, 0, memory_order_relaxed);
    return false;
}
static bool is_line_canceled(const struct thread *)
{
    return false;
}
/* Or nobody stands in for the thread that sleeps, or it sleeps on its maker's stack. */
static bool may_be_refused(const struct waiter *, const struct running_job *)
{
    return rl::rand(2) != 0;
}
#define vow_pool_is_unmanned() true
#define is_lent() false
//@ take src/execution/park.c: line_deadline time_out end_with_pool ends_with_pool stops_others sleep_until_awake

static bool post(struct carrier *carrier, struct vow_call *call)
{
    return vow_immediate_post(&vow_container_of(carrier, struct post, carrier)->immediate, call);
}

static bool serve(struct thread *thread)
{
    struct vow_call *call = vow_inbox_take(&thread->immediate->inbox);
    bool any = call != NULL;
    while (call != NULL) {
        struct vow_call *following = call->next;
        void (*run)(struct vow_call *) = call->run;
        run(call);
        call = following;
    }
    return any;
}

struct queue {
    struct lock lock;
    plain<struct waiter *> first;
    plain<bool> settled; /* what comes to wait does not */
};

/* Thread 0 waits; thread 1 completes; thread 2 closes the queue and leaves it as it is, or cancels the waiting job. */
template <bool parks, bool cancels, bool timed> struct waiting : rl::test_suite<waiting<parks, cancels, timed>, 3> {
    struct post owner;
    struct carrier nowhere;
    struct queue queue;
    struct waiter waiter;
    struct running_job job = {NULL, 0};
    struct vow_call telling;
    struct line line = {false};
    struct line_deadline deadline = {{false}, NULL};
    plain<int> value;
    bool told = false;
    int won_times = 0;

    static struct running_job *told_job;
    static bool *told_flag;

    static void tell(struct vow_call *)
    {
        vow_job_cancel(told_job);
        *told_flag = true;
    }

    void before()
    {
        scenario_begins();
        owner.carrier.post = post;
        carriers[0] = &owner.carrier;
        carriers[1] = carriers[2] = NULL;
        told_job = &job;
        told_flag = &told;
    }

    void after() { RL_ASSERT(won_times <= 1); }

    void thread(unsigned index)
    {
        thread_begins();
        if (index == 0)
            wait();
        else if (index == 1)
            decide(WAITER_DONE, true);
        else if (cancels)
            cancel();
        else
            decide(WAITER_CLOSED, false);
    }

    void decide(enum outcome outcome, bool takes_out)
    {
        vow_lock_take(&queue.lock);
        struct waiter *waiter = queue.first;
        queue.settled = true;
        if (takes_out)
            queue.first = NULL;
        bool won = false;
        won = waiter != NULL && vow_waiter_claim(waiter, outcome);
        if (won && outcome == WAITER_DONE)
            value = 42;
        vow_lock_give(&queue.lock);
        if (won) {
            won_times++;
            vow_waiter_wake(waiter);
        }
    }

    void cancel()
    {
        telling.run = tell;
        RL_ASSERT(vow_immediate_post(&owner.immediate, &telling));
    }

    void withdraw()
    {
        vow_lock_take(&queue.lock);
        queue.first = NULL;
        vow_lock_give(&queue.lock);
    }

    /* As a worker does, or a loop: what comes in, and the wheel, until the line can go on. */
    void park()
    {
        waiter.line = &line;
        deadline.waiter = &waiter;
        deadline.timer.armed = timed;
        while (!line.ready) {
            if (deadline.timer.armed && rl::rand(2) != 0) {
                deadline.timer.armed = false;
                time_out(&deadline.timer);
            } else if (!serve(&owner.thread)) {
                (void)vow_thread_sleep(&owner.thread, deadline.timer.armed ? VOW_SOON : VOW_FOREVER);
            }
        }
    }

    void wait()
    {
        vow_waiter_init(&waiter, &owner.carrier, "wait", NULL);
        job.waiter = &waiter;
        if (publish()) {
            if (parks)
                park();
            else
                sleep_until_awake(&waiter, &owner.thread, NULL, timed ? VOW_SOON : VOW_FOREVER);
            end();
        }
        job.waiter = NULL;
        gone();
        while (cancels && !told)
            if (!serve(&owner.thread))
                (void)vow_thread_sleep(&owner.thread, VOW_FOREVER);
    }

    bool publish()
    {
        vow_lock_take(&queue.lock);
        bool settled = queue.settled;
        if (!settled)
            queue.first = &waiter;
        vow_lock_give(&queue.lock);
        return !settled;
    }

    void end()
    {
        enum outcome outcome = vow_waiter_outcome(&waiter);
        RL_ASSERT(outcome != WAITER_WAITING);
        if (outcome != WAITER_DONE)
            withdraw();
        else
            RL_ASSERT((int)value == 42);
    }

    /* The stack on which the waiter lies goes on to be used by others. */
    void gone()
    {
        waiter.outcome.end();
        waiter.awake = true;
        waiter.carrier = NULL;
        waiter.line = NULL;
        waiter.call.next = NULL;
        waiter.call.run = NULL;
    }
};
template <bool p, bool c, bool t> struct running_job *waiting<p, c, t>::told_job;
template <bool p, bool c, bool t> bool *waiting<p, c, t>::told_flag;

/* The table of known waits, of one entry (wait/known.h). */
struct table {
    struct lock lock;
    plain<struct waiter *> first;
    plain<struct line *> line;
};
static struct table *table_of_all;

static void vow_known_awake(struct waiter *)
{
    vow_lock_take(&table_of_all->lock);
    table_of_all->first = NULL;
    vow_lock_give(&table_of_all->lock);
    vow_line_ready(table_of_all->line);
}

/* Thread 0 has two lines: one waits, the other ends that wait without an atomic operation; before that, perhaps, the wait
   becomes known, and thread 1 gives it DEADLOCK; or a call of the thread's own cancels it. */
struct at_home : rl::test_suite<at_home, 2> {
    struct post owner;
    struct table table;
    struct waiter waiter;
    struct line line = {false};
    struct running_job job = {NULL, 0};
    int won_times = 0;

    void before()
    {
        scenario_begins();
        owner.carrier.post = post;
        carriers[0] = &owner.carrier;
        carriers[1] = NULL;
        table_of_all = &table;
    }

    void after() { RL_ASSERT(won_times == 1 && line.ready); }

    void thread(unsigned index)
    {
        thread_begins();
        if (index == 0)
            stay_at_home();
        else
            give_deadlock();
    }

    void become_known()
    {
        vow_lock_take(&table.lock);
        table.first = &waiter;
        table.line = &line;
        waiter.line = NULL;
        waiter.notice = WAITER_KNOWN;
        vow_lock_give(&table.lock);
    }

    void give_deadlock()
    {
        vow_lock_take(&table.lock);
        struct waiter *known = table.first;
        bool won = known != NULL && vow_waiter_claim(known, WAITER_DEADLOCK);
        vow_lock_give(&table.lock);
        if (won) {
            won_times++;
            vow_waiter_wake(known);
        }
    }

    void stay_at_home()
    {
        vow_waiter_init(&waiter, &owner.carrier, "wait", NULL);
        waiter.line = &line;
        job.waiter = &waiter;
        if (rl::rand(2) != 0)
            become_known();
        if (rl::rand(2) != 0)
            vow_job_cancel(&job);
        if (vow_waiter_claim_here(&waiter)) {
            won_times++;
            vow_waiter_wake_here(&waiter);
        } else if (vow_waiter_outcome(&waiter) == WAITER_CANCELED) {
            won_times++;
        }
        while (!line.ready)
            if (!serve(&owner.thread))
                (void)vow_thread_sleep(&owner.thread, VOW_FOREVER);
    }
};

MODEL("waiter", {"a line, by another line of its thread", (rl::simulate<at_home>), rl::sched_random, 50000},
      {"a thread, completed or closed", (rl::simulate<waiting<false, false, false>>), rl::sched_random, 50000},
      {"a thread, completed or canceled or late", (rl::simulate<waiting<false, true, true>>), rl::sched_random, 50000},
      {"a thread, completed or closed or late", (rl::simulate<waiting<false, false, true>>), rl::sched_random, 50000},
      {"a line, completed or closed", (rl::simulate<waiting<true, false, false>>), rl::sched_random, 50000},
      {"a line, completed or canceled or late", (rl::simulate<waiting<true, true, true>>), rl::sched_random, 50000},
      {"a line, completed or closed or late", (rl::simulate<waiting<true, false, true>>), rl::sched_random, 50000})
