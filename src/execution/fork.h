/*
 * fork.h - fork and join: who has which forks, and who may run them (vow/fork.h has the hot half).
 *
 * A *lane* holds what one line of execution has forked and not joined, in an array of pointers to nodes on that line's
 * stack. It is a split deque (van Dijk and van de Pol: Lace, 2014):
 *
 *        slots          head            split                 top
 *         v              v                v                    v
 *         * * * * * * * * # # # # # # # # o o o o o o o o o o . . . .
 *          being run by    shared: thieves   private: the line pushes and pops without a fence
 *          thieves         take from head
 *
 * The line moves the split up when a thief has asked for work, which it sees in a word that each push reads anyway
 * (`limit`), and down when a join reaches it. A thief whose request stays unanswered, because the line is busy
 * with something long or is parked, moves the split itself: the THE protocol of deque.h, with the split in the place
 * of the head, and a fence in every thread.
 *
 * A lane belongs to a worker. The line that runs there finds it in vow_fork_here; it takes one with its first fork. A
 * line that parks while it has forks, or while it runs somebody else's, keeps the lane (vow_fork_leave), and the worker
 * takes another one; thieves look into all lanes.
 *
 * A node's state. It is not written before a thief comes: whether a node is in its lane, the lane tells.
 *
 *   TAKEN     a thief runs it                                       by the thief, under the lane's lock
 *   WAITED    and its line waits until it is done                   by the line; compare-and-swap from TAKEN
 *   DONE      its result lies beside it                             by who ran it, last of all
 *   RAN       and it has been joined                                by the line
 *   MISUSED   joined when there was nothing to join
 *
 *   TAKEN -> (WAITED) -> DONE -> RAN          DONE -> RAN, and no slot: run by vow_fork
 *
 * Invariants
 * 1. slots <= head <= split <= top, but while a pop or a forced split is under way; only the line writes `top`.
 * 2. `head` and `split` are written under the lock only. What lies below `split` is touched under the lock only.
 * 3. Lanes die with their worker's record: a late look at one is harmless.
 * 4. What lies in a thief's lane at or above the `floor` of a node that it runs was forked by that node's work: those who
 *    wait for the node may run it, and nothing else (leapfrogging: Wagner and Calder, 1993). It holds because a line
 *    that runs a taken node keeps its lane when it parks.
 * 5. A thief touches a node no more once it is DONE: the stack under it goes on.
 */
#ifndef VOW_EXECUTION_FORK_H
#define VOW_EXECUTION_FORK_H

#include "base/lock.h"
#include "base/platform.h"
#include <stdbool.h>
#include <vow/call.h>
#include <vow/fork.h>

struct vow_pool;
struct worker;

enum fork_state { FORK_TAKEN = 1, FORK_WAITED, FORK_DONE, FORK_RAN = VOW_FORK_RAN, FORK_MISUSED };

struct lane {
    struct vow_fork_lane open; /* two cache lines: what the line writes, what it reads */
    struct lock lock;
    struct vow_fork_node **head;
    struct worker *worker;
    struct lane *next; /* in the worker's list; written before it is published */
    /* The worker's thread alone: */
    bool used;
    unsigned working; /* how many taken nodes its line is inside of */
    struct vow_fork_node *slots[VOW_FORK_MOST];
};

/* A worker's part. */
struct forks {
    struct lane *lanes;   /* atomic; all that it ever made */
    struct vow_call call; /* stands for `taken` in the worker's loop; used at once */
    struct vow_fork_node *taken;
};

/* How much a thief wants: to look; to help itself where a request stayed unanswered; to miss nothing. */
enum fork_haste { FORK_GLANCE, FORK_FORCE, FORK_SURELY };

/* The worker, at the top of its loop: a call that runs the oldest fork that thieves of `victim` can have, or NULL. To be
   run at once. `victim` may be the worker itself. */
struct vow_call *vow_fork_steal(struct worker *worker, struct worker *victim,
                                enum fork_haste haste);

/* Any thread: whether a worker has forks that thieves can take. */
bool vow_fork_seems(const struct worker *worker);

/* The calling line is about to stop, or to have other lines run in its midst: what it has forked can be stolen from now on.
   Gives the lane that it keeps, or NULL; to be given to vow_fork_return when it goes on. */
static inline struct lane *vow_fork_leave(void);
static inline void vow_fork_return(struct lane *lane);

/* The calling line is about to block its thread: the same, but the lane stays here. */
void vow_fork_expose(void);

/* The worker's thread ends. */
void vow_fork_end(struct worker *worker);

/* The worker's record goes. */
void vow_fork_free(struct worker *worker);

/* Whether the calling line has joined all that it forked: between two calls it has. */
bool vow_fork_all_joined(void);

/* fork_steal.c, for fork.c: `node`, which the calling line has forked, is run by a thief: returns when that is done. */
void vow_fork_wait(struct vow_fork_node *node);

/* fork.c, for fork_steal.c */

extern struct vow_fork_lane vow_fork_outside;

/* The calling line's lane, taken now if it has none; NULL: outside of a worker, or without memory. */
struct lane *vow_fork_lane(void);

/* relaxed, all that follow: written under the lock, or by the line itself; thieves take a glance */

static inline struct vow_fork_node **vow_lane_split(const struct lane *lane)
{
    return __atomic_load_n(&lane->open.split, __ATOMIC_RELAXED);
}

static inline struct vow_fork_node **vow_lane_head(const struct lane *lane)
{
    return __atomic_load_n(&lane->head, __ATOMIC_RELAXED);
}

static inline struct vow_fork_node **vow_lane_top(const struct lane *lane)
{
    return __atomic_load_n(&lane->open.top, __ATOMIC_RELAXED);
}

static inline void vow_lane_set_split(struct lane *lane, struct vow_fork_node **split)
{
    __atomic_store_n(&lane->open.split, split, __ATOMIC_RELAXED);
}

static inline void vow_lane_set_head(struct lane *lane, struct vow_fork_node **head)
{
    __atomic_store_n(&lane->head, head, __ATOMIC_RELAXED);
}

/* The next push is to take the slow path, which shares. */
static inline void vow_lane_ask(struct lane *lane)
{
    __atomic_store_n(&lane->open.limit, lane->slots, __ATOMIC_RELAXED);
}

static inline bool vow_lane_is_asked(const struct lane *lane)
{
    return __atomic_load_n(&lane->open.limit, __ATOMIC_RELAXED) == lane->slots;
}

struct lane *vow_fork_keep(struct lane *lane);
void vow_fork_take_up(struct lane *lane);

static inline struct lane *vow_fork_leave(void)
{
    if (vow_likely(vow_fork_here == &vow_fork_outside))
        return NULL;
    struct lane *lane = vow_container_of(vow_fork_here, struct lane, open);
    if (vow_likely(vow_lane_top(lane) == lane->slots && lane->working == 0))
        return NULL;
    return vow_fork_keep(lane);
}

static inline void vow_fork_return(struct lane *lane)
{
    if (vow_unlikely(lane != NULL))
        vow_fork_take_up(lane);
}

static inline bool vow_lane_seems(const struct lane *lane)
{
    return vow_lane_head(lane) < vow_lane_split(lane);
}

#endif
