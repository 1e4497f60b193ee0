/*
 * sleep.cc - model of how workers sleep, watch and are woken (execution/sleep.h, invariant 3; sleep.c; watch.c; idle.c but
 * for its loop of searching; look.c; push_own and push_outside in pool.c; the injector and the deques): no call is left
 * while a worker sleeps that ought to run it.
 *
 * As many workers as calls. A thread outside submits one call or two; the first of them may submit one more, from its
 * worker. All calls but the last do not return until that has run: so each needs a worker of its own, and who stays
 * asleep is missed. Whether calls are short, wakes in vain and workers at work is left to chance.
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
//@ change + vow_fork_seems(worker) =>
//@ change if (call == NULL) call = vow_fork_steal(worker, victim, fork_haste(greed)); =>
//@ change gather(worker); =>
//@ change worker->gather = gather_until(worker, count); =>
//@ change worker->thread->carrier.parked_count => 0
//@ change atomic_store_explicit(&worker->timed, worker->thread->carrier.wheel.count, memory_order_relaxed); =>
//@ change vow_now() => 0
//@ change vow_real_now() => 0
//@ change vow_clock_stands() || =>
//@ change vow_at(vow_wheel_next(&worker->thread->carrier.wheel)) => VOW_FOREVER
//@ change vow_sooner(due, vow_after(time)) => VOW_SOON
//@ change vow_known_has_news(&worker->thread->carrier) || => 
//@ change vow_pool_at_work(pool) => chance(1, workers_most)
//@ change calls * SHORT_CALL > now - worker->watched_at => chance(0, 1)
//@ change if (vow_unlikely((word & SLEEP_SPECIAL) != 0)) attend_specially(pool, word, may_run); =>
//@ change if ((vow_sleep_word(&worker->pool->sleep) & SLEEP_CLOSING) != 0) vow_pool_check_drained(worker->pool); =>
//@ change vow_worker_count(...); =>
//@ change if (vow_unlikely(atomic_load_explicit(&pool->lacking, memory_order_relaxed) > 0)) \
//@     vow_pool_reinforce(pool); =>

//@ change &worker->cursor, calls, BATCH) => &worker->cursor, calls, batch)

//@ weaken a chain is in hand a moment after it was taken: \
//@     atomic_store_explicit(&shard->in_hand, true, memory_order_relaxed); =>
//@ weaken who goes to sleep does not look once more: \
//@     struct vow_call *call = [[look_before_sleep(worker)]]; if (call == NULL && may_sleep => NULL
//@ weaken who goes to sleep has no fence: \
//@     list(sleep, worker, 0 - ended); vow_lock_give(&sleep->lock); [[vow_sleep_fence(sleep, worker, living);]] =>
//@ weaken who lies down last has no fence: \
//@     if (is_last(sleep, living)) [[vow_fence_full();]] else =>
//@ weaken who lies down last and sees a gap does not fence everywhere: \
//@     return call; [[vow_fence_rare(worker->own.cheap);]] return vow_look_surely(worker); =>
//@ weaken who lies down last but one pays for the last: \
//@     vow_sleep_sleepers(vow_sleep_word(sleep)) >= [[(uint64_t)threads]]; => (uint64_t)threads - 1
//@ weaken the watchman does not look by himself: \
//@     wait_for_bell(worker, [[VOW_SOON]]); => VOW_FOREVER
//@ weaken the watch ends and its mark stays: \
//@     (void)vow_sleep_end_watch(sleep, worker); =>
//@ weaken the watch ends and there is no fence: \
//@     vow_sleep_fence(sleep, worker, &worker->pool->living); =>
//@ weaken who was taken over from is the searcher too: \
//@     coming->made_searcher = false; =>
//@ weaken who has got up still seems to be coming: \
//@     if (sleep->coming == worker) sleep->coming = NULL; =>
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
//@     if (thread != NULL) vow_thread_wake(thread); =>
//@ weaken a sleeper who found a call does not look for more: \
//@     if (call != NULL && !worker->searching && vow_pool_seems_busy(pool)) vow_sleep_wake_one(&pool->sleep); =>
//@ weaken what a worker keeps for itself wakes nobody: \
//@     if (vow_sleep_sleepers(word) != 0) vow_sleep_wake_for_own(&worker->pool->sleep, word); =>

static struct deque_array *arrays;
static int array_count;
static uint64_t seen_before;
static size_t batch;
static int workers_most;
static int chance(int least, int most)
{
    return least + (int)rl::rand((unsigned)(most - least + 1));
}
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
//@ change vow_clock_stands() ? sleep_while_time_stands(thread, deadline) : sleep_until_rung(thread, deadline) => sleep_until_rung(thread, deadline)
//@ take src/execution/thread.c: vow_thread_wake vow_thread_about_to_sleep sleep_until_rung sleep_on_bell
//@ file src/execution/deque.h
//@ file src/execution/deque.c
static int vow_processors(void)
{
    return 2;
}
//@ file src/execution/injector.h
//@ file src/execution/injector.c
//@ file src/execution/sleep.h

#define VOW_US(time) (time)
#define SPIN_LONGEST 1
#define SPIN_FIRST 1
#define SPIN_SHORTEST 1
enum worker_order { ORDER_STAY, ORDER_END };

struct worker {
    struct deque own, outside;
    struct vow_pool *pool;
    struct thread *thread;
    unsigned cursor = 0, victim = 0;
    unsigned unlooked = 0, patience = 0;
    int64_t spin = SPIN_LONGEST, woken_at = 0, watched_at = 0, watch = 0;
    uint64_t own_before = 0, others_before = 0;
    word<uint64_t> completed, slept;
    bool searching = false;
    word<size_t> lines;
    word<int> order;
    plain<bool> asleep, called, made_searcher, relieved;
    struct worker *next_asleep = NULL;
};

struct vow_pool {
    struct sleep sleep;
    struct injector injector;
    int processors = 2;
    word<int> living;
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
//@ file src/execution/sleep.c
//@ take src/execution/look.h: greed
//@ take src/execution/look.c: keep reverse take_batch vow_look_outside rob steal_from vow_look_steal vow_look_surely
//@ file src/execution/watch.c
//@ take src/execution/idle.c: is_called_away vow_idle_stop_searching may_search may_sleep wait_for_bell next_due sleep_soundly is_rung keep_watch look_before_sleep doze
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
        pool_.sleep.vain = chance(0, 1) * VAIN_ENOUGH;
        batch = taken;
        workers_most = count;
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
        if (index < count)
            atomic_fetch_add_explicit(&pool_.living, 1, memory_order_seq_cst); /* by who starts the thread */
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
            vow_idle_stop_searching(worker);
        if (call->number == 0 && outside < count) {
            seen_before = vow_sleep_word(&pool_.sleep);
            push_own(&pool_, worker, &calls[outside]);
        }
        if (call->number == count - 1) {
            last.store(1, memory_order_release);
            vow_futex_wake(&last, count);
        }
        if (chance(0, 1) == 1)
            vow_watch_leave_alone(worker);
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
        if (chance(0, 1) == 0 || !may_search(worker))
            return NULL;
        struct vow_call *call = vow_look_outside(worker);
        return call != NULL ? call : vow_look_steal(worker, chance(0, 1) == 0 ? ANY : HALF_OF_SOME);
    }

    void work(struct worker *worker)
    {
        while (worker->order.load(memory_order_relaxed) == ORDER_STAY) {
            struct vow_call *call = vow_deque_pop(&worker->own);
            if (call == NULL)
                call = vow_look_outside(worker);
            if (call == NULL)
                vow_watch_weigh(worker);
            if (call == NULL)
                call = search(worker);
            if (call == NULL && !is_called_away(worker))
                call = doze(worker);
            if (call != NULL)
                run(worker, call);
        }
        if (worker->searching)
            vow_idle_stop_searching(worker);
    }
};

MODEL("sleep", {"a call and its own, barrier", (rl::simulate<pool<true, 2, 1, 2>>), rl::sched_random, 30000},
      {"a call and its own, full fences", (rl::simulate<pool<false, 2, 1, 2>>), rl::sched_random, 30000},
      {"two calls taken at once, barrier", (rl::simulate<pool<true, 2, 2, 2>>), rl::sched_random, 30000},
      {"two calls taken singly, barrier", (rl::simulate<pool<true, 2, 2, 1>>), rl::sched_random, 30000},
      {"two calls taken singly, full fences", (rl::simulate<pool<false, 2, 2, 1>>), rl::sched_random, 30000},
      {"two calls and one's own, barrier", (rl::simulate<pool<true, 3, 2, 1>>), rl::sched_random, 30000},
      {"two calls and one's own, full fences", (rl::simulate<pool<false, 3, 2, 2>>), rl::sched_random, 30000})
