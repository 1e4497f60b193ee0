/*
 * bias.cc - model of a promise's bias and of deliveries (control/promise.h, bias.c, deliver in fire.c, arrive in run.c):
 * two threads are never inside at once, and each link runs exactly once, with the value.
 *
 * One thread is the home, another one fires, a third one looks in and leaves a link, which takes the bias away. Links
 * are lines that wait, which anybody may tell: who runs them is simpler here than in run.c.
 */
#include "model.hpp"

struct vow_call {
    plain<struct vow_call *> next;
};

typedef int vow_value;
#define vow_is_promise(value) false
#define vow_release(value) ((void)0)
#define vow_loop_owe(home, count) ((void)0)
#define vow_tracing_now() 0
#define vow_trace_settled(promise) ((void)0)
#define vow_cancel(promise) ((void)0)
enum { VOW_OK, VOW_ALREADY_FIRED };
typedef int vow_status;
typedef struct promise vow_promise;
typedef struct scheduler vow_scheduler;

//@ change extern struct vow_call vow_inbox_marks[2]; =>
//@ change (&vow_inbox_marks[0]) => ((struct vow_call *)64)
//@ change (&vow_inbox_marks[1]) => ((struct vow_call *)128)
//@ change vow_lock_take(&thread->doorbell_lock); =>
//@ change if (thread->doorbell != NULL) thread->doorbell(thread->doorbell_context); =>
//@ change vow_lock_give(&thread->doorbell_lock); =>

//@ change last == NULL ? link : last->next => last == NULL ? link : (struct link *)last->next

//@ weaken the revocation has no barrier: \
//@     memory_order_relaxed); [[vow_barrier_everywhere();]] struct thread *owner => vow_fence_full();
//@ weaken the revocation does not wait until the owner has left: \
//@     wait_until_left(owner, promise); =>
//@ weaken the revocation looks before it sets SHARED: \
//@     atomic_fetch_or_explicit(&promise->counted.word, PROMISE_SHARED, memory_order_relaxed); => \
//@     wait_until_left(atomic_load_explicit(&promise->home->owner, memory_order_acquire), promise); \
//@     atomic_fetch_or_explicit(&promise->counted.word, PROMISE_SHARED, memory_order_relaxed); return;
//@ weaken the owner releases nothing: \
//@     atomic_store_explicit(&self->holding, NULL, [[memory_order_release]]) => memory_order_relaxed
//@ weaken who waits for the owner acquires nothing: \
//@     atomic_load_explicit(&owner->holding, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken the owner looks at SHARED before it notes the promise: \
//@     atomic_store_explicit(&self->holding, promise, memory_order_relaxed); => \
//@     if ((vow_promise_word(promise) & PROMISE_SHARED) == 0) { \
//@         atomic_store_explicit(&self->holding, promise, memory_order_relaxed); return true; }
//@ weaken a delivery releases nothing: \
//@     atomic_store_explicit(&promise->delivery, PROMISE_DELIVERED, [[memory_order_release]]) => memory_order_relaxed
//@ weaken an arrival acquires nothing: \
//@     atomic_load_explicit(&promise->delivery, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken a delivery is not sent home: \
//@     return true; [[vow_scheduler_call(promise->home, &promise->call);]] =>
//@ weaken a delivery looks at SHARED before it stores: \
//@     [[promise->value = value;]] atomic_store_explicit(&promise->delivery => \
//@     if (vow_promise_word(promise) & PROMISE_SHARED) { promise->value = value; \
//@         atomic_store_explicit(&promise->delivery, PROMISE_DELIVERED, memory_order_seq_cst); return true; } \
//@     promise->value = value; \
//@     atomic_store_explicit(&promise->delivery, PROMISE_DELIVERED, memory_order_seq_cst); \
//@     vow_scheduler_call(promise->home, &promise->call); return false;
//@ file src/execution/inbox.h
//@ file src/base/lock.h
//@ take src/base/lock.c: vow_lock_take_slowly vow_lock_wake
struct carrier {
    int none;
};
#include "thread.hpp"
/* Without the news and the ends of a closed world. */
#define vow_thread_await_bell sleep_on_bell
//@ change !vow_promise_pays_later(promise) => true
//@ change if (vow_likely(promise->home->kind->loop)) =>
//@ change vow_clock_stands() ? sleep_while_time_stands(thread, deadline) : sleep_until_rung(thread, deadline) => sleep_until_rung(thread, deadline)
//@ take src/execution/thread.c: vow_thread_wake vow_thread_about_to_sleep sleep_until_rung sleep_on_bell vow_thread_nap
//@ take src/execution/immediate.c: vow_immediate_post

struct here {
    struct thread *thread;
};
static struct here heres[THREADS_MOST];
#define vow_here (heres[rl::thread_index()])

struct scheduler {
    word<struct thread *> owner;
    struct immediate *immediate;
};

struct link {
    plain<struct link *> next;
    plain<int> got;
};

/* control/promise.h's, with what two threads may touch made plain. */
struct promise {
    struct {
        word<uint64_t> word;
    } counted;
    struct scheduler *home;
    struct vow_call call;
    plain<vow_value> value;
    plain<struct link *> links;
    struct lock lock;
    int pauses = 0;
    plain<uint8_t> bits;
    word<uint8_t> delivery;
};

//@ take src/control/promise.h: PROMISE_SHARED PROMISE_CANCELLER PROMISE_CANCELED PROMISE_NOTIFIED
enum { PROMISE_PENDING, PROMISE_ADOPTING, PROMISE_SETTLED, PROMISE_PHASE, PROMISE_RUNNING, PROMISE_SCHEDULED = 8, PROMISE_HANDLED = 16, PROMISE_OWED = 128, PROMISE_DELIVERED = 1 };
//@ take src/control/promise.h: vow_promise_phase vow_promise_set_phase vow_promise_set vow_promise_clear vow_promise_has vow_promise_word vow_promise_is_notified
void vow_promise_enter_slowly(vow_promise *promise);
//@ take src/control/promise.h: vow_promise_hold_at_once vow_promise_hold vow_promise_is_held vow_promise_let_go vow_promise_enter vow_promise_leave
//@ take src/control/promise.h: vow_link_push vow_link_first vow_link_pop
//@ file src/control/bias.c
//@ take src/execution/scheduler.h: vow_scheduler_is_mine
//@ take src/control/settle.h: vow_promise_may_enter vow_promise_paid vow_settle_inside vow_is_runnable
//@ take src/control/run.c: vow_promise_arrive arrive_by_call

static struct promise *the_promise;
static int told, ended;

/* Inside on entry, left on return. */
static void run_links(struct promise *promise)
{
    while (vow_is_runnable(promise)) {
        struct link *link = vow_link_pop(promise);
        vow_promise_set(promise, PROMISE_RUNNING);
        vow_value value = promise->value;
        vow_promise_leave(promise);
        RL_ASSERT((int)link->got == 0);
        link->got = value;
        vow_promise_enter(promise);
        vow_promise_clear(promise, PROMISE_RUNNING);
        told++;
        vow_thread_wake(promise->home->immediate->thread);
    }
    vow_promise_leave(promise);
}

static void vow_promise_visit(struct promise *promise)
{
    vow_promise_enter(promise);
    arrive_by_call(promise);
    run_links(promise);
}

static void vow_scheduler_call(struct scheduler *scheduler, struct vow_call *call)
{
    RL_ASSERT(vow_immediate_post(scheduler->immediate, call));
}

#define vow_canceller_take(promise) 0
#define vow_canceller_drop(canceller) ((void)0)
#define vow_promise_adopt_in(promise, value, firing) VOW_OK
#define vow_promise_run_held run_links
#define vow_promise_ref(promise) ((void)0)
//@ take src/control/fire.c: deliver fire_here vow_promise_fire

#define LINKS 2
#define ABSENT (-1)

template <int looks> struct handshake : rl::test_suite<handshake<looks>, 3> {
    struct post threads[3];
    struct scheduler home;
    struct promise promise;
    struct link links[LINKS];

    void before()
    {
        scenario_begins();
        for (int i = 0; i < 3; i++)
            heres[i].thread = &threads[i].thread;
        home.owner = &threads[0].thread;
        home.immediate = &threads[0].immediate;
        promise.home = &home;
        the_promise = &promise;
        told = ended = 0;
    }

    void after()
    {
        RL_ASSERT((int)links[0].got == 42 && (int)links[1].got == 42);
        RL_ASSERT(promise.bits == PROMISE_SETTLED);
    }

    void thread(unsigned index)
    {
        thread_begins();
        if (index == 0) {
            live();
            return;
        }
        if (index == 1)
            (void)vow_promise_fire(&promise, 42);
        else
            listen(1);
        ended++;
        vow_thread_wake(&threads[0].thread);
    }

    /* As vow_wait does. */
    void listen(int number)
    {
        vow_promise_enter(&promise);
        vow_promise_arrive(&promise);
        vow_link_push(&promise, &links[number]);
        run_links(&promise);
    }

    void look()
    {
        vow_promise_enter(&promise);
        vow_promise_arrive(&promise);
        vow_promise_leave(&promise);
    }

    bool serve()
    {
        struct vow_call *call = vow_inbox_take(&threads[0].immediate.inbox);
        if (call != NULL)
            vow_promise_visit(&promise);
        return call != NULL;
    }

    /* The home does nothing until the others are done: one of them has to run the listener's link. */
    void be_absent()
    {
        while (ended != 2)
            (void)sleep();
        RL_ASSERT(told == 1);
        if (vow_inbox_close(&threads[0].immediate.inbox) != NULL)
            vow_promise_visit(&promise);
        listen(0);
    }

    bool sleep()
    {
        atomic_store_explicit(&threads[0].thread.bell, 0, memory_order_relaxed);
        return ended == 2 || vow_futex_wait(&threads[0].thread.bell, 0, VOW_FOREVER);
    }

    /* The home: listens, looks, and runs the promise's call when it comes. */
    void live()
    {
        struct thread *thread = &threads[0].thread;
        if (looks == ABSENT) {
            be_absent();
            return;
        }
        listen(0);
        for (int i = 0; i < looks; i++)
            look();
        for (;;) {
            atomic_store_explicit(&thread->bell, 0, memory_order_relaxed);
            if (told == LINKS && ended == 2)
                break;
            if (!serve())
                (void)vow_thread_nap(thread, VOW_FOREVER);
        }
        if (vow_inbox_close(&threads[0].immediate.inbox) != NULL)
            vow_promise_visit(&promise);
    }
};

MODEL("bias", {"the home listens once", (rl::simulate<handshake<0>>), rl::sched_random, 80000},
      {"the home listens and looks in", (rl::simulate<handshake<1>>), rl::sched_random, 80000},
      {"the home is busy", (rl::simulate<handshake<ABSENT>>), rl::sched_random, 80000})
