/*
 * fork_steal.c - forks that others run: stealing, leapfrogging, and waiting for a thief (fork.h).
 */
#include "execution/fork.h"

#include "base/clock.h"
#include "execution/park.h"
#include "execution/pool_inside.h"
#include "wait/coroutine.h"
#include "wait/line.h"

#define SPIN_LONGEST VOW_US(20) /* in a join, before sleeping */
#define SPIN_CLOCK 32u          /* looks between two looks at the clock */
#define PATIENCE 64u    /* looks before the split of the one we wait for is moved by force */
#define NESTED_MOST 64u /* taken nodes on one stack */
#define STACK_TO_SPARE ((size_t)64 * 1024) /* for a taken node that runs on top of a join */

/* Taking ------------------------------------------------------------------------------------------------------ */

/* Under the lock: moves the split of a line that does not answer up over half of its private forks. */
static void force(struct lane *lane, bool cheap)
{
    struct vow_fork_node **split = vow_lane_split(lane);
    ptrdiff_t there = vow_lane_top(lane) - split;
    if (!cheap || there <= 0)
        return;
    struct vow_fork_node **wanted = split + (there + 1) / 2;
    vow_lane_set_split(lane, wanted);
    vow_fence_rare(true);
    /* F2 acquire: pairs with F1 and F3 in vow/fork.h. What the line popped without having seen the split lies at or
       above this; when it sees the split, it waits for the lock */
    struct vow_fork_node **top = __atomic_load_n(&lane->open.top, __ATOMIC_ACQUIRE);
    if (top < wanted)
        vow_lane_set_split(lane, top > split ? top : split);
}

/* Under the lock: the oldest that is shared, for the calling thief, whose lane is `thief`; or NULL. */
static struct vow_fork_node *take_oldest(struct lane *lane, struct lane *thief)
{
    struct vow_fork_node **head = vow_lane_head(lane);
    if (head == vow_lane_split(lane)) {
        vow_lane_ask(lane);
        return NULL;
    }
    struct vow_fork_node *node =
        __atomic_load_n(head, __ATOMIC_RELAXED); /* relaxed: the lock, or F2 */
    node->thief = thief;
    node->floor = (uint32_t)(vow_lane_top(thief) - thief->slots);
    /* relaxed: its line looks at it after it has had the lock */
    __atomic_store_n(&node->state, FORK_TAKEN, __ATOMIC_RELAXED);
    vow_lane_set_head(lane, head + 1);
    if (head + 1 == vow_lane_split(lane))
        vow_lane_ask(lane); /* so that there is something for the next one */
    return node;
}

/* Whether a look under the lock is worth the while; asks for work if not. */
static bool is_promising(struct lane *lane, enum fork_haste haste)
{
    if (haste == FORK_SURELY || vow_lane_seems(lane))
        return true;
    if (vow_lane_is_asked(lane))
        return haste == FORK_FORCE && vow_lane_top(lane) > vow_lane_split(lane);
    vow_lane_ask(lane);
    return false;
}

static bool lock_lane(struct lane *lane, enum fork_haste haste)
{
    if (haste != FORK_SURELY)
        return vow_lock_try(&lane->lock);
    vow_lock_take(&lane->lock);
    return true;
}

static struct vow_fork_node *steal_from_lane(struct lane *lane, enum fork_haste haste)
{
    if (!is_promising(lane, haste))
        return NULL;
    struct lane *thief = vow_fork_lane();
    if (thief == NULL || !lock_lane(lane, haste))
        return NULL;
    if (haste != FORK_GLANCE && !vow_lane_seems(lane))
        force(lane, lane->worker->own.cheap);
    struct vow_fork_node *node = take_oldest(lane, thief);
    vow_lock_give(&lane->lock);
    return node;
}

static struct lane *first_lane(const struct worker *worker)
{
    /* F5 acquire: pairs with F4 in fork.c */
    return __atomic_load_n(&worker->forks.lanes, __ATOMIC_ACQUIRE);
}

bool vow_fork_seems(const struct worker *worker)
{
    const struct lane *lane = first_lane(worker);
    while (lane != NULL && !vow_lane_seems(lane))
        lane = lane->next;
    return lane != NULL;
}

/* Running ----------------------------------------------------------------------------------------------------- */

/* The thief: nothing is touched once the node is done, as its line may go on (invariant 5); one that waits goes on only
   when it is woken. */
static void finish(struct vow_fork_node *node)
{
    /* F6 release: pairs with F7; what was run is seen. acquire: pairs with F8 */
    if (__atomic_exchange_n(&node->state, FORK_DONE, __ATOMIC_ACQ_REL) != FORK_WAITED)
        return;
    struct waiter *waiter = node->thief;
    if (vow_waiter_claim(waiter, WAITER_DONE))
        vow_waiter_wake(waiter);
}

static void run_taken(struct vow_fork_node *node)
{
    struct lane *lane = vow_fork_lane();
    lane->working++;
    node->run(node);
    vow_check(vow_fork_lane() == lane && vow_lane_top(lane) == lane->slots + node->floor);
    lane->working--;
    finish(node);
}

static void run_call(struct vow_call *call)
{
    struct forks *forks = vow_container_of(call, struct forks, call);
    run_taken(forks->taken);
}

struct vow_call *vow_fork_steal(struct worker *worker, struct worker *victim, enum fork_haste haste)
{
    struct vow_fork_node *node = NULL;
    struct lane *lane = first_lane(victim);
    for (; lane != NULL && node == NULL; lane = lane->next)
        if (&lane->open != vow_fork_here)
            node = steal_from_lane(lane, haste);
    if (node == NULL)
        return NULL;
    worker->forks.taken = node;
    worker->forks.call.run = run_call;
    worker->forks.call.dropped = run_call; /* never: it is run at once */
    vow_worker_count(&worker->submitted, 1);
    vow_worker_count(&worker->stolen, 1);
    return &worker->forks.call;
}

/* Waiting ----------------------------------------------------------------------------------------------------- */

static uint32_t state_of(const struct vow_fork_node *node)
{
    /* F7 acquire: pairs with F6 */
    return __atomic_load_n(&node->state, __ATOMIC_ACQUIRE);
}

static bool may_nest(const struct lane *here)
{
    const struct line *line = vow_worker_here->thread->carrier.line;
    return here->working < NESTED_MOST &&
           (line == NULL || vow_coroutine_stack_left(line->stack) >= STACK_TO_SPARE);
}

/* Leapfrogging: a fork of the very work that we wait for, if its thief has one to spare. */
static struct vow_fork_node *take_part(const struct vow_fork_node *node, enum fork_haste haste)
{
    struct lane *lane = node->thief;
    struct lane *here = vow_fork_lane();
    struct vow_fork_node *part = NULL;
    if (!may_nest(here) || !is_promising(lane, haste) || !vow_lock_try(&lane->lock))
        return NULL;
    /* Not done yet, as seen under the lock: so what is shared above the floor belongs to it (invariant 4). */
    if (state_of(node) != FORK_DONE && vow_lane_head(lane) >= lane->slots + node->floor) {
        if (haste != FORK_GLANCE && !vow_lane_seems(lane))
            force(lane, lane->worker->own.cheap);
        part = take_oldest(lane, here);
    }
    vow_lock_give(&lane->lock);
    return part;
}

/* Cancels do not end the wait: what is run lies on this stack. */
static void wait_for_thief(struct vow_fork_node *node)
{
    uint32_t taken = FORK_TAKEN;
    struct waiter waiter;
    vow_waiter_init(&waiter, &vow_worker_here->thread->carrier, "vow_join", node);
    waiter.shielded = true;
    // cppcheck-suppress autoVariables ; whoever finds it there wakes it, and this function waits for that
    node->thief = &waiter;
    /* F8 release: pairs with F6; the waiter is seen. relaxed: if it is done, F7 follows */
    if (__atomic_compare_exchange_n(&node->state, &taken, FORK_WAITED, false, __ATOMIC_RELEASE,
                                    __ATOMIC_RELAXED))
        (void)vow_wait_end(&waiter, VOW_FOREVER);
}

/* A part to run meanwhile. NULL: the node is done, or there has been none for `longest`. */
static struct vow_fork_node *look_on(struct vow_fork_node *node, int64_t longest)
{
    struct vow_fork_node *part = NULL;
    int64_t end = 0;
    for (unsigned round = 1; part == NULL && state_of(node) != FORK_DONE; round++) {
        part = take_part(node, round > PATIENCE ? FORK_FORCE : FORK_GLANCE);
        if (round % SPIN_CLOCK == 0) {
            if (end == 0)
                end = vow_real_now() + longest;
            else if (vow_real_now() >= end)
                break;
        }
        vow_pause_processor();
    }
    return part;
}

void vow_fork_wait(struct vow_fork_node *node)
{
    int64_t longest = vow_worker_here->pool->processors > 1 ? SPIN_LONGEST : 0;
    while (state_of(node) != FORK_DONE) {
        struct vow_fork_node *part = look_on(node, longest);
        if (part != NULL)
            run_taken(part);
        else
            wait_for_thief(node);
    }
    /* relaxed: F7 was seen, and nobody else looks any more */
    __atomic_store_n(&node->state, FORK_RAN, __ATOMIC_RELAXED);
}
