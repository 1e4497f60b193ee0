/*
 * deque.cc - model of the deque (execution/deque.h, deque.c): each call is taken exactly once, by who sees what its maker
 * wrote; with the barrier on the thief's side alone (fence.h), and with a full fence on both.
 */
#include "model.hpp"

struct vow_call {
    plain<int> work;
    int number;
};

/* The smallest array, so that it grows, and its slots are used again. */
//@ change #define FIRST_SIZE 64u => #define FIRST_SIZE 2u
//@ change slots[]; => slots[8];
//@ change struct deque_array *array = vow_allocate(sizeof(*array) + size * sizeof(_Atomic(struct vow_call *))); => \
//@     struct deque_array *array = &arrays[array_count++];
//@ change vow_deallocate(old); => if (old != NULL) array_end(old);
//@ change vow_deallocate(deque->array); => array_end(deque->array);
//@ change deque->lock = (struct lock){0}; =>
//@ change struct deque_array *array; bool cheap; => plain<struct deque_array *> array; bool cheap;
//@ change size_t size; => plain<size_t> size;

//@ weaken a push releases nothing: \
//@     atomic_store_explicit(&deque->bottom, bottom + 1, [[memory_order_release]]); return true => memory_order_relaxed
//@ weaken a pop has no fence where the barrier is not to be had: \
//@     vow_fence_hot(deque->cheap); =>
//@ weaken a theft has no barrier: \
//@     if (cheap) vow_barrier_everywhere(); =>
//@ weaken a theft has no fence: \
//@     vow_fence_rare(deque->cheap); =>
//@ weaken the thief acquires nothing: \
//@     bottom = atomic_load_explicit(&deque->bottom, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken the thief does not look again: \
//@     there >= (ptrdiff_t)count => true
//@ weaken the thief gives nothing back: \
//@     count = there > 0 ? (size_t)there : 0; \
//@     atomic_store_explicit(&deque->head, head + count, memory_order_relaxed); => \
//@     count = there > 0 ? (size_t)there : 0;
//@ weaken a pop that met a claim does not give the bottom back: \
//@     [[atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);]] return vow_deque_pop_surely(deque); =>
//@ weaken a pop that met a claim does not ask under the lock: \
//@     return vow_deque_pop_surely(deque); => return vow_deque_slot(deque, bottom);
//@ weaken the owner trusts the room it had: \
//@     bool full = [[deque->array == NULL || bottom - head == deque->array->size]] => deque->array == NULL

static struct deque_array *arrays;
static int array_count;
static void array_end(struct deque_array *array);

//@ file src/base/lock.h
//@ take src/base/lock.c: vow_lock_take_slowly vow_lock_wake
//@ take src/execution/fence.h: vow_fence_hot vow_fence_rare
//@ file src/execution/deque.h
//@ file src/execution/deque.c

/* Its memory is given back. */
static void array_end(struct deque_array *array)
{
    for (auto &slot : array->slots)
        slot.end();
    array->size = 0;
}

#define CALLS 4

template <bool cheap, int thieves> struct theft : rl::test_suite<theft<cheap, thieves>, 1 + thieves> {
    struct deque deque;
    struct deque_array space[4];
    struct vow_call calls[CALLS];
    int taken = 0;

    void before()
    {
        scenario_begins();
        arrays = space;
        array_count = 0;
        vow_deque_init(&deque);
        deque.cheap = cheap;
    }

    void after()
    {
        RL_ASSERT(vow_deque_pop(&deque) == NULL);
        RL_ASSERT(taken == CALLS);
        for (struct vow_call &call : calls)
            RL_ASSERT((int)call.work == 2);
    }

    void take(struct vow_call *call)
    {
        RL_ASSERT(call->work == 1);
        call->work = 2;
        taken++;
    }

    void thread(unsigned index)
    {
        thread_begins();
        if (index == 0)
            own();
        else
            rob(index == 1);
    }

    void push(int number)
    {
        calls[number].work = 1;
        RL_ASSERT(vow_deque_push(&deque, &calls[number]));
    }

    void own()
    {
        struct vow_call *call;
        push(0);
        push(1);
        push(2);
        if ((call = vow_deque_pop(&deque)) != NULL)
            take(call);
        push(3);
        while ((call = vow_deque_pop(&deque)) != NULL)
            take(call);
        while ((call = vow_deque_pop_surely(&deque)) != NULL)
            take(call);
    }

    void rob(bool surely)
    {
        struct vow_call *into[2];
        for (int i = 0; i < 2; i++) {
            size_t count = vow_deque_steal(&deque, into, 2, surely);
            for (size_t k = 0; k < count; k++) {
                RL_ASSERT(k == 0 || into[k]->number >= into[k - 1]->number);
                take(into[k]);
            }
        }
    }
};

MODEL("deque", {"a thief, with the barrier", (rl::simulate<theft<true, 1>>), rl::sched_random, 80000},
      {"a thief, with full fences", (rl::simulate<theft<false, 1>>), rl::sched_random, 80000},
      {"two thieves, with the barrier", (rl::simulate<theft<true, 2>>), rl::sched_random, 80000})
