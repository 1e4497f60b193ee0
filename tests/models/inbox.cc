/*
 * inbox.cc - model of the inbox (execution/inbox.h) and of the sleep of its owner (execution/thread.c): nothing is
 * lost, each maker's calls come in order, the owner does not sleep while there is something, and who is refused has its
 * call untouched.
 */
#include "model.hpp"

struct vow_call {
    plain<struct vow_call *> next;
    plain<int> work;
    int maker, number;
};

//@ change extern struct vow_call vow_inbox_marks[2]; =>
//@ change (&vow_inbox_marks[0]) => ((struct vow_call *)64)
//@ change (&vow_inbox_marks[1]) => ((struct vow_call *)128)
//@ change vow_lock_take(&thread->doorbell_lock); =>
//@ change if (thread->doorbell != NULL) thread->doorbell(thread->doorbell_context); =>
//@ change vow_lock_give(&thread->doorbell_lock); =>

//@ weaken a push releases nothing: \
//@     &head, call, [[memory_order_seq_cst]] => memory_order_relaxed
//@ weaken take acquires nothing: \
//@     (&inbox->head, NULL, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken take does not turn the list round: \
//@     return head == INBOX_SLEEPING ? NULL : vow_inbox_in_order(head); => \
//@     return head == INBOX_SLEEPING ? NULL : head;
//@ weaken close acquires nothing: \
//@     (&inbox->head, INBOX_CLOSED, [[memory_order_acq_rel]]) => memory_order_relaxed
//@ weaken close forgets what was left: \
//@     return head == INBOX_SLEEPING || head == INBOX_CLOSED ? NULL : vow_inbox_in_order(head); => return NULL;
//@ weaken what is empty is looked at, then closed: \
//@     return atomic_compare_exchange_strong_explicit(&inbox->head, &head, INBOX_CLOSED, \
//@         memory_order_relaxed, memory_order_relaxed); => \
//@     atomic_store_explicit(&inbox->head, INBOX_CLOSED, memory_order_relaxed); return true;
//@ weaken the mark is stored, not exchanged: \
//@     return atomic_compare_exchange_strong_explicit(&inbox->head, &head, INBOX_SLEEPING, \
//@         memory_order_seq_cst, memory_order_relaxed); => \
//@     if (vow_inbox_waiting(inbox)) return false; \
//@     atomic_store_explicit(&inbox->head, INBOX_SLEEPING, memory_order_seq_cst); return true;
//@ weaken who replaces the mark does not wake: \
//@     return head == INBOX_SLEEPING ? INBOX_WAKE : INBOX_TAKEN; => return INBOX_TAKEN;
//@ weaken the bell is cleared after the mark: \
//@     return vow_inbox_sleep(&thread->immediate->inbox); => \
//@     bool sleeps = vow_inbox_sleep(&thread->immediate->inbox); \
//@     atomic_store_explicit(&thread->bell, 0, memory_order_relaxed); return sleeps;
//@ weaken the bell rings after the wake-up: \
//@     vow_futex_wake(&thread->bell, 1); => \
//@     atomic_store_explicit(&thread->bell, 0, memory_order_relaxed); vow_futex_wake(&thread->bell, 1); \
//@     atomic_store_explicit(&thread->bell, 1, memory_order_release);

//@ file src/execution/inbox.h
struct carrier {
    int none;
};
#include "thread.hpp"
/* Without the news and the ends of a closed world. */
#define vow_thread_await_bell sleep_on_bell
//@ change vow_clock_stands() ? sleep_while_time_stands(thread, deadline) : sleep_until_rung(thread, deadline) => sleep_until_rung(thread, deadline)
//@ take src/execution/thread.c: vow_thread_wake vow_thread_about_to_sleep sleep_until_rung sleep_on_bell vow_thread_nap vow_thread_sleep
//@ take src/execution/immediate.c: vow_immediate_post

#define MAKERS 2
#define CALLS 2

static void make(struct vow_call *call, int maker, int number)
{
    call->work = 0;
    call->maker = maker;
    call->number = number;
}

/* Two makers, an owner that sleeps in between; each maker rings once for something else, too, and then the owner sleeps again
   with its mark still in the inbox. */
struct delivery : rl::test_suite<delivery, MAKERS + 1> {
    struct post owner;
    struct vow_call calls[MAKERS][CALLS];
    int next[MAKERS] = {0, 0};

    void before() { scenario_begins(); }

    void thread(unsigned index)
    {
        thread_begins();
        if (index < MAKERS)
            push_all((int)index);
        else
            serve();
    }

    void push_all(int maker)
    {
        vow_thread_wake(&owner.thread);
        for (int i = 0; i < CALLS; i++) {
            struct vow_call *call = &calls[maker][i];
            make(call, maker, i);
            call->work = 1 + i;
            RL_ASSERT(vow_immediate_post(&owner.immediate, call));
        }
    }

    void serve()
    {
        int count = 0;
        while (count < MAKERS * CALLS) {
            bool waiting = vow_inbox_waiting(&owner.immediate.inbox);
            struct vow_call *call = waiting ? vow_inbox_take(&owner.immediate.inbox) : NULL;
            if (call == NULL)
                (void)vow_thread_sleep(&owner.thread, VOW_FOREVER);
            for (; call != NULL; count++) {
                struct vow_call *following = call->next;
                RL_ASSERT(call->number == next[call->maker]++);
                RL_ASSERT((int)call->work == 1 + call->number);
                call->next = NULL;
                call->work = 0;
                call = following;
            }
        }
    }
};

/* The owner closes in between, at once or when nothing is left: each call is either taken or refused. */
template <bool at_once> struct closing : rl::test_suite<closing<at_once>, MAKERS + 1> {
    struct post owner;
    struct vow_call calls[MAKERS][CALLS];
    int taken = 0, refused = 0;

    void before() { scenario_begins(); }
    void after() { RL_ASSERT(taken + refused == MAKERS * CALLS); }

    void thread(unsigned index)
    {
        thread_begins();
        if (index < MAKERS)
            push_all((int)index);
        else if (at_once)
            serve_and_close();
        else
            serve_until_closed();
    }

    void push_all(int maker)
    {
        for (int i = 0; i < CALLS; i++) {
            struct vow_call *call = &calls[maker][i];
            make(call, maker, i);
            if (!vow_immediate_post(&owner.immediate, call)) {
                call->next = NULL;
                call->work = 2;
                refused++;
            }
        }
    }

    void run_all(struct vow_call *call)
    {
        while (call != NULL) {
            struct vow_call *following = call->next;
            RL_ASSERT((int)call->work == 0);
            call->work = 1;
            taken++;
            call = following;
        }
    }

    void serve_and_close()
    {
        run_all(vow_inbox_take(&owner.immediate.inbox));
        (void)vow_inbox_sleep(&owner.immediate.inbox);
        run_all(vow_inbox_close(&owner.immediate.inbox));
    }

    void serve_until_closed()
    {
        do
            run_all(vow_inbox_take(&owner.immediate.inbox));
        while (!vow_inbox_close_empty(&owner.immediate.inbox));
    }
};

MODEL("inbox", {"two makers, an owner that sleeps", rl::simulate<delivery>, rl::sched_random, 100000},
      {"an owner that closes", rl::simulate<closing<true>>, rl::sched_random, 100000},
      {"an owner that closes when nothing is left", rl::simulate<closing<false>>, rl::sched_random, 100000})
