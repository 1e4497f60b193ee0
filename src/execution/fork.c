/*
 * fork.c - the rare half of fork and join on the side of the line that forks (fork.h).
 */
#include "execution/fork.h"
#include "base/fail.h"
#include "execution/pool_inside.h"

static struct vow_fork_node *nowhere[1];

/* Where a line that has no lane pushes: always the slow path. Never written. */
struct vow_fork_lane vow_fork_outside = {.top = nowhere, .limit = nowhere, .split = nowhere};

VOW_FORK_THREAD struct vow_fork_lane *vow_fork_here = &vow_fork_outside;

struct vow_fork_lane *vow_fork_find_slowly(void)
{
    return vow_fork_here;
}

/* Lanes ------------------------------------------------------------------------------------------------------- */

static inline struct lane *lane_of(struct vow_fork_lane *open)
{
    return vow_container_of(open, struct lane, open);
}

static struct lane *lane_new(struct worker *worker)
{
    struct lane *lane = vow_lines_new(sizeof(*lane), NULL);
    if (lane == NULL)
        return NULL;
    lane->worker = worker;
    lane->head = lane->open.top = lane->open.split = lane->slots;
    vow_lane_ask(lane);
    /* relaxed: only this thread writes it */
    lane->next = __atomic_load_n(&worker->forks.lanes, __ATOMIC_RELAXED);
    /* F4 release: pairs with F5 in fork_steal.c; publishes the lane */
    __atomic_store_n(&worker->forks.lanes, lane, __ATOMIC_RELEASE);
    return lane;
}

static VOW_COLD struct lane *take_lane(struct worker *worker)
{
    /* relaxed: as above */
    struct lane *lane = __atomic_load_n(&worker->forks.lanes, __ATOMIC_RELAXED);
    while (lane != NULL && lane->used)
        lane = lane->next;
    if (lane == NULL)
        lane = lane_new(worker);
    if (lane != NULL) {
        lane->used = true;
        vow_fork_here = &lane->open;
    }
    return lane;
}

struct lane *vow_fork_lane(void)
{
    if (vow_likely(vow_fork_here != &vow_fork_outside))
        return lane_of(vow_fork_here);
    return vow_worker_here != NULL ? take_lane(vow_worker_here) : NULL;
}

static bool is_empty(const struct lane *lane)
{
    return vow_lane_top(lane) == lane->slots;
}

bool vow_fork_all_joined(void)
{
    return vow_fork_here == &vow_fork_outside || is_empty(lane_of(vow_fork_here));
}

void vow_fork_end(struct worker *worker)
{
    /* relaxed: this thread wrote it */
    struct lane *lane = __atomic_load_n(&worker->forks.lanes, __ATOMIC_RELAXED);
    for (; lane != NULL; lane = lane->next) {
        vow_check(is_empty(lane));
        lane->used = false;
    }
    vow_fork_here = &vow_fork_outside;
}

void vow_fork_free(struct worker *worker)
{
    struct lane *lane = worker->forks.lanes;
    while (lane != NULL) {
        struct lane *next = lane->next;
        vow_lines_delete(lane, sizeof(*lane));
        lane = next;
    }
}

/* Sharing ----------------------------------------------------------------------------------------------------- */

/* The line, after it shared forks: wakes a sleeper for them (invariant 3 of sleep.h). */
static void announce(struct worker *worker)
{
    struct sleep *sleep = &worker->pool->sleep;
    vow_fence_hot(worker->own.cheap);
    uint64_t word = vow_sleep_word(sleep);
    if (vow_sleep_sleepers(word) != 0)
        vow_sleep_wake_for_own(sleep, word);
}

/* The line: has at least half of its private forks shared, or `all`; what it has been asked for is answered. */
static void share(struct lane *lane, bool all)
{
    vow_lock_take(&lane->lock);
    struct vow_fork_node **top = vow_lane_top(lane);
    struct vow_fork_node **split = vow_lane_split(lane);
    if (all)
        vow_lane_set_split(lane, top);
    else if (vow_lane_head(lane) == split)
        vow_lane_set_split(lane, split + (top - split + 1) / 2);
    /* relaxed: a glance of thieves */
    __atomic_store_n(&lane->open.limit, lane->slots + VOW_FORK_MOST, __ATOMIC_RELAXED);
    vow_lock_give(&lane->lock);
    announce(lane->worker);
}

static void run_at_once(struct vow_fork_node *node)
{
    node->slot = NULL;
    node->run(node);
    /* relaxed: nobody else has seen the node */
    __atomic_store_n(&node->state, FORK_DONE, __ATOMIC_RELAXED);
}

VOW_COLD void vow_fork_push_slowly(struct vow_fork_node *node)
{
    struct lane *lane = vow_fork_lane();
    if (lane == NULL || vow_lane_top(lane) == lane->slots + VOW_FORK_MOST) {
        run_at_once(node);
        return;
    }
    struct vow_fork_node **top = vow_lane_top(lane);
    node->slot = top;
    /* relaxed: published by the next */
    __atomic_store_n(top, node, __ATOMIC_RELAXED);
    __atomic_store_n(&lane->open.top, top + 1, __ATOMIC_RELEASE); /* as F1 */
    share(lane, false);
}

/* Leaving the worker ------------------------------------------------------------------------------------------ */

void vow_fork_expose(void)
{
    if (!vow_fork_all_joined())
        share(lane_of(vow_fork_here), true);
}

VOW_COLD struct lane *vow_fork_keep(struct lane *lane)
{
    if (!is_empty(lane))
        share(lane, true);
    vow_fork_here = &vow_fork_outside;
    return lane;
}

VOW_COLD void vow_fork_take_up(struct lane *lane)
{
    vow_check(vow_fork_all_joined());
    if (vow_fork_here != &vow_fork_outside)
        lane_of(vow_fork_here)->used = false;
    vow_fork_here = &lane->open;
}

/* Taking back ------------------------------------------------------------------------------------------------- */

/* Under the lock: what thieves cannot take any more includes `slot`: half of what was shared. */
static void take_back(struct lane *lane, struct vow_fork_node **slot)
{
    struct vow_fork_node **head = vow_lane_head(lane);
    if (slot < vow_lane_split(lane))
        vow_lane_set_split(lane, head + (slot - head) / 2);
}

static struct vow_fork_node *node_of(struct vow_fork_node ***place)
{
    return vow_container_of(place, struct vow_fork_node, slot);
}

VOW_COLD bool vow_fork_pop_shared(struct vow_fork_node ***place, struct vow_fork_node **slot)
{
    struct lane *lane = lane_of(vow_fork_here);
    vow_lock_take(&lane->lock);
    bool ours = slot >= vow_lane_head(lane);
    if (ours) {
        take_back(lane, slot);
    } else {
        vow_lane_set_head(lane, slot);
        vow_lane_set_split(lane, slot);
    }
    vow_lock_give(&lane->lock);
    if (!ours)
        vow_fork_wait(node_of(place));
    return ours;
}

/* Under the lock: takes the node in `slot` out, and moves those above it down. */
static void remove_slot(struct lane *lane, struct vow_fork_node **slot)
{
    struct vow_fork_node **top = vow_lane_top(lane) - 1;
    for (struct vow_fork_node **to = slot; to < top; to++) { /* relaxed: the lock */
        struct vow_fork_node *moved = __atomic_load_n(to + 1, __ATOMIC_RELAXED);
        __atomic_store_n(to, moved, __ATOMIC_RELAXED);
        moved->slot = to;
    }
    if (slot < vow_lane_split(lane))
        vow_lane_set_split(lane, vow_lane_split(lane) - 1);
    if (slot < vow_lane_head(lane))
        vow_lane_set_head(lane, vow_lane_head(lane) - 1);
    __atomic_store_n(&lane->open.top, top, __ATOMIC_RELEASE); /* as F3 */
}

/* The line: whether `node` is in `lane`. */
static bool is_in(const struct lane *lane, const struct vow_fork_node *node)
{
    uintptr_t slot = (uintptr_t)node->slot;
    return slot >= (uintptr_t)lane->slots && slot < (uintptr_t)vow_lane_top(lane) &&
           slot % sizeof(void *) == 0 &&
           __atomic_load_n(node->slot, __ATOMIC_RELAXED) == node; /* relaxed: we wrote it */
}

static bool pop_older(struct lane *lane, struct vow_fork_node *node)
{
    vow_lock_take(&lane->lock);
    bool ours = node->slot >= vow_lane_head(lane);
    remove_slot(lane, node->slot);
    vow_lock_give(&lane->lock);
    node->slot = VOW_FORK_GONE;
    if (!ours)
        vow_fork_wait(node);
    return ours;
}

VOW_COLD bool vow_fork_pop_other(struct vow_fork_node ***place)
{
    struct vow_fork_node *node = node_of(place);
    struct vow_fork_lane *here = vow_fork_here;
    if (here != &vow_fork_outside && is_in(lane_of(here), node))
        return pop_older(lane_of(here), node);
    /* relaxed, both: what has run in vow_fork has run here; anything else is misuse */
    bool done = node->slot == NULL && __atomic_load_n(&node->state, __ATOMIC_RELAXED) == FORK_DONE;
    node->slot = VOW_FORK_GONE;
    __atomic_store_n(&node->state, done ? FORK_RAN : FORK_MISUSED, __ATOMIC_RELAXED);
    if (!done)
        (void)vow_fail_literal(VOW_INVALID,
                               "vow_join: fork has been joined, or was not forked by this line");
    return false;
}
