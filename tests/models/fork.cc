/*
 * fork.cc - model of fork and join (vow/fork.h, execution/fork.h): each fork is run once, by its line or by a thief, the line
 * sees what was done when it joins, waits of thieves are woken, and a node is touched no more once its line goes on.
 */
#include "model.hpp"

struct vow_fork_node;
typedef word<struct vow_fork_node *> fork_slot; /* a place in a lane */
typedef void vow_fork_run(struct vow_fork_node *node);

#undef __ATOMIC_RELAXED
#undef __ATOMIC_ACQUIRE
#undef __ATOMIC_RELEASE
#undef __ATOMIC_ACQ_REL
#define __ATOMIC_RELAXED memory_order_relaxed
#define __ATOMIC_ACQUIRE memory_order_acquire
#define __ATOMIC_RELEASE memory_order_release
#define __ATOMIC_ACQ_REL memory_order_acq_rel
#define __atomic_load_n(object, order) ((object)->load(order))
#define __atomic_store_n(object, value, order) ((object)->store(value, order))
#define __atomic_exchange_n(object, value, order) ((object)->exchange(value, order))
#define __atomic_compare_exchange_n(object, expected, value, weak, order, otherwise)               \
    ((object)->compare(weak, expected, value, order, otherwise))
#define __atomic_signal_fence(order) ((void)0)

#define VOW_FORK_INLINE static inline
#define VOW_FORK_RARELY(condition) (condition)
#define VOW_FORK_MOST 4
#define VOW_FORK_RAN 4u
#define VOW_FORK_GONE ((fork_slot *)1)

/* Places are larger here than pointers. */
//@ change (uintptr_t)slot + sizeof(void *) => (uintptr_t)slot + sizeof(fork_slot)
//@ change slot % sizeof(void *) == 0 => true
//@ change vow_fork_run *run; struct vow_fork_node **slot; uint32_t state; uint32_t floor; void *thief; => \
//@     plain<vow_fork_run *> run; fork_slot *slot; word<uint32_t> state; plain<uint32_t> floor; plain<void *> thief;
//@ change struct vow_fork_node **top; => word<fork_slot *> top;
//@ change struct vow_fork_node **limit; struct vow_fork_node **split; => word<fork_slot *> limit; word<fork_slot *> split;
//@ change struct vow_fork_node **head; => word<fork_slot *> head;
//@ change struct vow_fork_node *slots[VOW_FORK_MOST]; => fork_slot slots[VOW_FORK_MOST];
//@ change struct vow_fork_node ** => fork_slot *
//@ change struct lane *lane = node->thief; => struct lane *lane = (struct lane *)(void *)node->thief;
//@ change struct waiter *waiter = node->thief; => struct waiter *waiter = (struct waiter *)(void *)node->thief;
//@ change node->run(node) => ((vow_fork_run *)node->run)(node)
//@ change node->slot == NULL => node->slot == nullptr
//@ change announce(lane->worker); =>
//@ change extern struct vow_fork_lane vow_fork_outside; =>
//@ change vow_waiter_init(...); =>

//@ weaken a push publishes nothing: \
//@     __atomic_store_n(&lane->top, slot + 1, [[__ATOMIC_RELEASE]]) => __ATOMIC_RELAXED
//@ weaken a thief who moves the split acquires nothing: \
//@     __atomic_load_n(&lane->open.top, [[__ATOMIC_ACQUIRE]]) => __ATOMIC_RELAXED
//@ weaken a thief who moves the split has no barrier: \
//@     vow_fence_rare(true); =>
//@ weaken a thief who moves the split does not look at the top again: \
//@     top < wanted => false
//@ weaken a thief moves the split back below where it was: \
//@     top > split ? top : split => top
//@ weaken a pop does not look at the split: \
//@     VOW_FORK_RARELY((uintptr_t)slot < (uintptr_t)__atomic_load_n(&lane->split, __ATOMIC_RELAXED)) => false
//@ weaken a pop looks at the split before it has lowered the top: \
//@     __atomic_store_n(&lane->top, slot, __ATOMIC_RELEASE); __atomic_signal_fence(__ATOMIC_SEQ_CST); => \
//@     if ((uintptr_t)slot >= (uintptr_t)__atomic_load_n(&lane->split, __ATOMIC_RELAXED)) { \
//@         __atomic_store_n(&lane->top, slot, __ATOMIC_RELEASE); return true; } \
//@     __atomic_store_n(&lane->top, slot, __ATOMIC_RELEASE);
//@ weaken a pop of what is shared takes nothing back: \
//@     if (ours) { [[take_back(lane, slot);]] } =>
//@ weaken a pop of what a thief has leaves the head above the top: \
//@     vow_lane_set_head(lane, slot); => 
//@ weaken a thief does not note what it has taken: \
//@     vow_lane_set_head(lane, head + 1); =>
//@ weaken who ran it acquires nothing of who waits: \
//@     __atomic_exchange_n(&node->state, FORK_DONE, [[__ATOMIC_ACQ_REL]]) => __ATOMIC_RELEASE
//@ weaken who waits releases nothing: \
//@     &taken, FORK_WAITED, false, [[__ATOMIC_RELEASE]] => __ATOMIC_RELAXED
//@ weaken who joins acquires nothing: \
//@     __atomic_load_n(&node->state, [[__ATOMIC_ACQUIRE]]) => __ATOMIC_RELAXED
//@ weaken who joins does not wait for the thief: \
//@     node->slot = VOW_FORK_GONE; if (!ours) [[vow_fork_wait(node);]] =>

/* What the library's code finds here ------------------------------------------------------------------------------ */

struct vow_call {
};

struct waiter {
    plain<bool> shielded;
    word<uint32_t> bell;
};

struct worker {
    struct {
        bool cheap;
    } own;
    struct {
        int processors;
    } *pool;
};

#define LANES 3
static struct vow_fork_lane *fork_here[LANES];
#define vow_fork_here (fork_here[rl::ctx().threadx_->index_])
static struct worker worker;
#define vow_worker_here (&worker)
#define vow_fork_outside (*(struct vow_fork_lane *)64) /* nobody is there */

#define SPIN_LONGEST 0
#define SPIN_CLOCK 2u
#define PATIENCE 1u
#define WAITER_DONE 1
#define VOW_INVALID 1

static int vow_fail_literal(int status, const char *text)
{
    RL_ASSERT(text == nullptr);
    return status;
}

static int64_t vow_real_now(void)
{
    return 1;
}

static bool vow_waiter_claim(struct waiter *waiter, uint32_t state)
{
    return !waiter->shielded || state == WAITER_DONE;
}

static void vow_waiter_wake(struct waiter *waiter)
{
    atomic_store_explicit(&waiter->bell, 1u, memory_order_release);
    vow_futex_wake(&waiter->bell, 1);
}

static int vow_wait_end(struct waiter *waiter, vow_deadline deadline)
{
    while (atomic_load_explicit(&waiter->bell, memory_order_acquire) == 0)
        (void)vow_futex_wait(&waiter->bell, 0, deadline);
    return 0;
}

/* The library's rare halves. */
void vow_fork_push_slowly(struct vow_fork_node *node);
bool vow_fork_pop_shared(fork_slot **place, fork_slot *slot);
bool vow_fork_pop_other(fork_slot **place);

/* The library's code ------------------------------------------------------------------------------------------------ */

//@ file src/base/lock.h
//@ take src/base/lock.c: vow_lock_take_slowly vow_lock_wake
//@ take src/execution/fence.h: vow_fence_hot vow_fence_rare
//@ take include/vow/fork.h: vow_fork_node vow_fork_lane
//@ file src/execution/fork.h

static struct vow_fork_lane *vow_fork_find_lane(void)
{
    return vow_fork_here;
}

static struct lane *lane_of(struct vow_fork_lane *open)
{
    return vow_container_of(open, struct lane, open);
}

struct lane *vow_fork_lane(void)
{
    return lane_of(vow_fork_here);
}

static bool may_nest(const struct lane *here)
{
    return here->working < 2;
}

//@ take include/vow/fork.h: vow_fork_push vow_fork_pop
//@ take src/execution/fork.c: is_empty share run_at_once vow_fork_push_slowly take_back node_of vow_fork_pop_shared remove_slot
//@ take src/execution/fork.c: is_in pop_older vow_fork_pop_other
//@ take src/execution/fork_steal.c: force take_oldest is_promising lock_lane steal_from_lane finish run_taken state_of take_part
//@ take src/execution/fork_steal.c: wait_for_thief look_on vow_fork_wait

/* Scenarios --------------------------------------------------------------------------------------------------------- */

/* What is forked: its work forks and joins as many parts. */
struct part {
    struct vow_fork_node node;
    plain<int> work; /* 1: forked, 2: done */
    struct part *parts;
    int count;
};

static void fork_part(struct part *part);
static void join_part(struct part *part);

static void work(struct part *part)
{
    RL_ASSERT(part->work == 1);
    for (int i = 0; i < part->count; i++)
        fork_part(&part->parts[i]);
    for (int i = part->count; i-- > 0;)
        join_part(&part->parts[i]);
    part->work = 2;
}

static void run_part(struct vow_fork_node *node)
{
    work(vow_container_of(node, struct part, node));
}

static void fork_part(struct part *part)
{
    part->work = 1;
    vow_fork_push(&part->node, run_part);
}

/* What a part lies in goes when it is joined. */
static void join_part(struct part *part)
{
    if (vow_fork_pop(&part->node))
        work(part);
    RL_ASSERT(part->work == 2);
    part->node.state.end();
    part->node.floor = 0;
    part->node.thief = nullptr;
}

enum order { NEWEST_FIRST, OLDEST_FIRST, WITH_PARTS };

template <bool cheap, int thieves, order how> struct joined : rl::test_suite<joined<cheap, thieves, how>, 1 + thieves> {
    struct lane lanes[LANES];
    struct part parts[4];
    struct part inner[2];

    void before()
    {
        scenario_begins();
        worker.own.cheap = cheap;
        worker.pool = (decltype(worker.pool))&processors;
        for (int i = 0; i < LANES; i++)
            begin(&lanes[i], i);
        parts[0].parts = inner;
        parts[0].count = how == WITH_PARTS ? 2 : 0;
    }

    void begin(struct lane *lane, int index)
    {
        lane->worker = &worker;
        lane->head = lane->slots;
        lane->open.top = lane->slots;
        lane->open.split = lane->slots;
        vow_lane_ask(lane);
        fork_here[index] = &lane->open;
    }

    void after()
    {
        for (struct lane &lane : lanes)
            RL_ASSERT(is_empty(&lane));
    }

    void thread(unsigned index)
    {
        thread_begins();
        if (index == 0)
            own();
        else
            rob(index == 1 ? FORK_FORCE : FORK_SURELY);
    }

    void own()
    {
        fork_part(&parts[0]);
        fork_part(&parts[1]);
        if (how == OLDEST_FIRST) {
            join_part(&parts[0]);
            fork_part(&parts[2]);
            join_part(&parts[1]);
            join_part(&parts[2]);
            return;
        }
        join_part(&parts[1]);
        fork_part(&parts[2]);
        fork_part(&parts[3]);
        join_part(&parts[3]);
        join_part(&parts[2]);
        join_part(&parts[0]);
    }

    void rob(fork_haste haste)
    {
        for (int i = 0; i < 3; i++) {
            struct vow_fork_node *node = steal_from_lane(&lanes[0], haste);
            if (node != NULL)
                run_taken(node);
        }
    }

    int processors = 2;
};

MODEL("fork", {"a thief", (rl::simulate<joined<true, 1, NEWEST_FIRST>>), rl::sched_random, 20000},
      {"two thieves", (rl::simulate<joined<true, 2, NEWEST_FIRST>>), rl::sched_random, 20000},
      {"joined oldest first", (rl::simulate<joined<true, 1, OLDEST_FIRST>>), rl::sched_random, 20000},
      {"what was stolen forks, too", (rl::simulate<joined<true, 2, WITH_PARTS>>), rl::sched_random, 20000},
      {"without the barrier", (rl::simulate<joined<false, 2, WITH_PARTS>>), rl::sched_random, 20000})
