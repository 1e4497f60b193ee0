/*
 * sleep.cc - model of how workers sleep and are woken (execution/sleep.h, invariant 3; sleep.c; worker.c's doze, keep and
 * stop_searching; push_own and push_outside in pool.c; the injector and the deques): no call is left while a worker
 * sleeps that ought to run it.
 *
 * As many workers as calls. A thread outside submits one call or two; the first of them may submit one more, from its
 * worker. All calls but the last do not return until that has run: so each needs a worker of its own, and who stays
 * asleep is missed.
 */
#include "model.hpp"

struct vow_call {
    word<struct vow_call *> next; /* the injector makes it atomic at its uses */
    int number;
};

#undef __ATOMIC_RELAXED
#undef __ATOMIC_ACQUIRE
#undef __ATOMIC_RELEASE
#undef __ATOMIC_SEQ_CST
#define __ATOMIC_RELAXED memory_order_relaxed
#define __ATOMIC_ACQUIRE memory_order_acquire
#define __ATOMIC_RELEASE memory_order_release
#define __ATOMIC_SEQ_CST memory_order_seq_cst
#define __atomic_load_n(object, order) (object)->load(order)
#define __atomic_store_n(object, value, order) (object)->store(value, order)
#define __atomic_exchange_n(object, value, order) (object)->exchange(value, order)

//@ change extern struct vow_call vow_inbox_marks[2]; =>
//@ change (&vow_inbox_marks[0]) => ((struct vow_call *)64)
//@ change (&vow_inbox_marks[1]) => ((struct vow_call *)128)
//@ change vow_lock_take(&thread->doorbell_lock); =>
//@ change if (thread->doorbell != NULL) thread->doorbell(thread->doorbell_context); =>
//@ change vow_lock_give(&thread->doorbell_lock); =>
//@ change #define FIRST_SIZE 64u => #define FIRST_SIZE 4u
//@ change slots[]; => slots[4];
//@ change struct deque_array *array = vow_allocate(...); => struct deque_array *array = &arrays[array_count++];
//@ change vow_deallocate(old); =>
//@ change vow_deallocate(deque->array); =>
//@ change deque->lock = (struct lock){0}; =>
//@ change shard->lock = (struct lock){0}; =>
//@ change #define INJECTOR_SHARDS 8u => #define INJECTOR_SHARDS 1u
//@ change static VOW_THREAD_LOCAL char here; => static char here;
//@ change uintptr_t place = (uintptr_t)&here >> 12; => uintptr_t place = 0;
//@ change #if defined(__x86_64__) || defined(__i386__) => #if 0
//@ change || vow_fork_seems(worker) =>
//@ change if (call == NULL) call = vow_fork_steal(worker, victim, fork_haste(greed)); =>
//@ change gather(worker); =>
//@ change worker->gather = gather_until(worker, count); =>
//@ change worker->thread->carrier.parked_count => 0
//@ change vow_now() => 0
//@ change vow_at(vow_wheel_next(&worker->thread->carrier.wheel)) => VOW_FOREVER
//@ change if (vow_unlikely((word & SLEEP_SPECIAL) != 0)) attend_specially(pool, word, may_run); =>
//@ change if ((vow_sleep_word(&worker->pool->sleep) & SLEEP_CLOSING) != 0) vow_pool_check_drained(worker->pool); =>
//@ change vow_worker_count(...); =>
//@ change if (vow_unlikely(atomic_load_explicit(&worker->pool->lacking, memory_order_relaxed) > 0)) \
//@     vow_pool_reinforce(worker->pool); =>

//@ change &worker->cursor, calls, BATCH) => &worker->cursor, calls, batch)

//@ weaken a chain is in hand a moment after it was taken: \
//@     atomic_store_explicit(&shard->in_hand, true, memory_order_relaxed); =>
//@ weaken who goes to sleep does not look once more: \
//@     struct vow_call *call = [[next_call_surely(worker)]]; if (call == NULL && may_sleep => NULL
//@ weaken who goes to sleep has no fence: \
//@     worker->searching = false; [[vow_fence_rare(worker->own.cheap);]] =>
//@ weaken who goes to sleep has a fence of its own alone: \
//@     vow_fence_full(); [[if (cheap) vow_barrier_everywhere();]] =>
//@ weaken a worker looks for sleepers before it pushes: \
//@     uint64_t word = [[vow_sleep_word(&pool->sleep)]]; if (vow_unlikely(vow_sleep_sleepers => seen_before
//@ weaken who submits finds the searcher and has no fence: \
//@     [[vow_fence_full(); word = vow_sleep_word(sleep);]] } if (vow_sleep_wants_waking(word)) =>
//@ weaken the searcher who finds something does not look for more: \
//@     vow_fence_after_change(); [[if (vow_pool_seems_busy(worker->pool)) vow_sleep_wake_one(sleep);]] =>
//@ weaken the bell is cleared after the worker is in the list: \
//@     return !is_called_away(worker) && vow_thread_about_to_sleep(worker->thread); => \
//@     atomic_store_explicit(&worker->thread->bell, 0, memory_order_relaxed); return !is_called_away(worker);
//@ weaken a sleeper is taken from the list, and not woken: \
//@     if (worker != NULL) vow_thread_wake(worker->thread); =>
//@ weaken a sleeper who found a call does not look for more: \
//@     if (call != NULL && !worker->searching && vow_pool_seems_busy(worker->pool)) vow_sleep_wake_one(sleep); =>
//@ weaken what a worker keeps for itself wakes nobody: \
//@     if (vow_sleep_sleepers(word) != 0) vow_sleep_wake_for_own(&worker->pool->sleep, word); =>

static struct deque_array *arrays;
static int array_count;
static uint64_t seen_before;
static size_t batch;
struct worker;
struct vow_pool;

//@ file src/base/lock.h
//@ take src/base/lock.c: vow_lock_take_slowly vow_lock_wake
//@ take src/execution/fence.h: vow_fence_after_change vow_fence_hot vow_fence_rare
//@ file src/execution/inbox.h
struct carrier {
    int none;
};
#include "thread.hpp"
/* Without the news and the ends of a closed world. */
#define vow_thread_await_bell sleep_on_bell
//@ take src/execution/thread.c: vow_thread_wake vow_thread_about_to_sleep sleep_on_bell
//@ file src/execution/deque.h
//@ file src/execution/deque.c
static int vow_processors(void)
{
    return 2;
}
//@ file src/execution/injector.h
//@ file src/execution/injector.c
//@ file src/execution/sleep.h

enum worker_order { ORDER_STAY, ORDER_END };

struct worker {
    struct deque own, outside;
    struct vow_pool *pool;
    struct thread *thread;
    unsigned cursor = 0, victim = 0;
    unsigned unlooked = 0, patience = 0;
    int64_t spin = 0;
    bool searching = false;
    word<size_t> lines;
    word<int> order;
    plain<bool> asleep, made_searcher;
    struct worker *next_asleep = NULL;
};

struct vow_pool {
    struct sleep sleep;
    struct injector injector;
    word<int> slots;
    word<struct worker *> workers[3];
};

static bool vow_pool_seems_busy(struct vow_pool *pool);
static bool somebody_comes(const struct vow_pool *, uint64_t)
{
    return false;
}

#define BATCH 2u
#define STEAL_MOST 2u
#define SPIN_LONGEST 1
#define SPIN_FIRST 1
//@ file src/execution/sleep.c
//@ take src/execution/worker.c: keep reverse take_batch next_outside
enum greed { SURELY = 0, ANY = 1, HALF_OF_SOME = 2 };
//@ take src/execution/worker.c: rob steal_from steal next_call_surely is_called_away stop_searching may_sleep wait_for_bell doze
//@ take src/execution/pool.c: vow_pool_seems_busy vow_pool_attend push_outside push_own

template <bool cheap, int count, int outside, int taken>
struct pool : rl::test_suite<pool<cheap, count, outside, taken>, count + 1> {
    struct post threads[count];
    struct vow_pool pool_;
    struct worker workers[count];
    struct deque_array space[count * 2];
    struct vow_call calls[count];
    word<uint32_t> last;
    int ran = 0;

    void before()
    {
        scenario_begins();
        arrays = space;
        array_count = 0;
        for (auto &array : space)
            array.size = 4;
        vow_injector_init(&pool_.injector);
        pool_.injector.cheap = cheap;
        pool_.slots = count;
        batch = taken;
        for (int i = 0; i < count; i++) {
            hire(i);
            calls[i].number = i;
        }
    }

    void hire(int i)
    {
        struct worker *worker = &workers[i];
        vow_deque_init(&worker->own);
        vow_deque_init(&worker->outside);
        worker->own.cheap = worker->outside.cheap = cheap;
        (void)vow_deque_make_room(&worker->own);
        (void)vow_deque_make_room(&worker->outside);
        worker->pool = &pool_;
        worker->thread = &threads[i].thread;
        worker->victim = (unsigned)i + 1;
        pool_.workers[i] = worker;
    }

    void after() { RL_ASSERT(ran == count); }

    void thread(unsigned index)
    {
        thread_begins();
        if (index < count) {
            work(&workers[index]);
            return;
        }
        for (int i = 0; i < outside; i++)
            push_outside(&pool_, &calls[i]);
    }

    void run(struct worker *worker, struct vow_call *call)
    {
        if (worker->searching)
            stop_searching(worker);
        if (call->number == 0 && outside < count) {
            seen_before = vow_sleep_word(&pool_.sleep);
            push_own(&pool_, worker, &calls[outside]);
        }
        if (call->number == count - 1) {
            last.store(1, memory_order_release);
            vow_futex_wake(&last, count);
        }
        while (last.load(memory_order_acquire) == 0)
            (void)vow_futex_wait(&last, 0, VOW_FOREVER);
        if (++ran == count)
            end();
    }

    void end()
    {
        for (struct worker &worker : workers) {
            worker.order.store(ORDER_END, memory_order_seq_cst);
            vow_fence_rare(true);
            vow_sleep_rouse(&pool_.sleep, &worker);
        }
    }

    /* Searches a little, or not at all. */
    struct vow_call *search(struct worker *worker)
    {
        if (rl::rand(2) == 0 || (!worker->searching && !vow_sleep_search(&pool_.sleep, worker)))
            return NULL;
        struct vow_call *call = next_outside(worker);
        return call != NULL ? call : steal(worker, rl::rand(2) == 0 ? ANY : HALF_OF_SOME);
    }

    void work(struct worker *worker)
    {
        while (worker->order.load(memory_order_relaxed) == ORDER_STAY) {
            struct vow_call *call = vow_deque_pop(&worker->own);
            if (call == NULL)
                call = next_outside(worker);
            if (call == NULL)
                call = search(worker);
            if (call == NULL && !is_called_away(worker))
                call = doze(worker);
            if (call != NULL)
                run(worker, call);
        }
        if (worker->searching)
            stop_searching(worker);
    }
};

MODEL("sleep", {"a call and its own, barrier", (rl::simulate<pool<true, 2, 1, 2>>), rl::sched_random, 30000},
      {"a call and its own, full fences", (rl::simulate<pool<false, 2, 1, 2>>), rl::sched_random, 30000},
      {"two calls taken at once, barrier", (rl::simulate<pool<true, 2, 2, 2>>), rl::sched_random, 30000},
      {"two calls taken singly, barrier", (rl::simulate<pool<true, 2, 2, 1>>), rl::sched_random, 30000},
      {"two calls taken singly, full fences", (rl::simulate<pool<false, 2, 2, 1>>), rl::sched_random, 30000},
      {"two calls and one's own, barrier", (rl::simulate<pool<true, 3, 2, 1>>), rl::sched_random, 30000},
      {"two calls and one's own, full fences", (rl::simulate<pool<false, 3, 2, 2>>), rl::sched_random, 30000})
