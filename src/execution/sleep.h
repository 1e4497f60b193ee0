/*
 * sleep.h - which workers sleep, who wakes them, and how no call is left lying while they do.
 *
 * A worker that finds nothing first *searches*: it looks around in a loop for some microseconds. Only one worker of a
 * pool searches at a time. Then it *sleeps*: it enters the list of sleepers, looks everywhere once more, and waits
 * on its bell, a futex word of its own. Whoever makes a call available wakes one sleeper, unless somebody
 * searches, who will find it anyway. A searcher who finds something stops searching, looks whether there is more, and
 * if so wakes the next sleeper, who begins as the searcher: so workers wake one at a time, as many as are of use.
 *
 * Waking takes tens of microseconds, in which a worker that is awake may be done with what it has. Then it takes over
 * the search from the one that has been woken for it (`coming`), which finds itself to be the surplus and sleeps again.
 * A worker searches for its full time only if that leaves a processor for those who bring calls; else very
 * briefly, for falling asleep costs more. And where waking is of no use, calls being short and few, a surplus worker
 * sleeps as the *watchman*: it asks not to be woken and looks by itself from time to time (watch.h).
 *
 * One word tells it all:
 *
 *   bit 0      SEARCHING   a worker searches, or was woken and has not found anything yet
 *   bit 1      INLINE      the pool's size is 0: calls run in the threads that make them
 *   bit 2      CLOSING     calls from outside are dropped
 *   bit 3      CLOSED      all calls are dropped
 *   bit 4      WATCHED     one of the sleepers looks by itself soon: none is to be woken for a call
 *   from 16    sleepers    how many are in the list
 *
 *   a worker           word                                 by
 *   ------------------ ------------------------------------ --------------------------------------------------
 *   works              -
 *   starts to search   SEARCHING 0 -> 1                     itself, if it was 0
 *   finds something    SEARCHING 1 -> 0                     itself, then looks whether there is more
 *   goes to sleep      sleepers + 1, its SEARCHING -> 0     itself, then looks everywhere
 *   is woken           sleepers - 1, SEARCHING 0 -> 1       the waker, on its behalf
 *   takes over         -                                    itself, from the one that was woken; under the lock
 *   goes to watch      sleepers + 1, its SEARCHING -> 0,    itself, if others are awake and none watches
 *                      WATCHED 0 -> 1
 *   ends its watch     WATCHED 1 -> 0                       itself, then looks everywhere; or who lies down last, or
 *                                                           starts to block, who does so too
 *   is roused          sleepers - 1                         who gives it orders, or itself (a call in its inbox)
 *
 * Invariants
 * 1. `sleepers` is the length of the list; both change together, under `lock`.
 * 2. SEARCHING set means that one worker has `searching` set, and will search or clear it; or that `coming`, which
 *    will have it when it gets up.
 * 3. No call is left while a worker sleeps that ought to run it. Who makes a call available stores it, then
 *    loads the word; who goes to sleep changes the word, then looks for calls. The first has a hot fence in
 *    between, the second a rare one (fence.h), so at least one of the two sees the other. The same holds between
 *    who makes a call available and finds SEARCHING, and who clears SEARCHING and looks for more; there the
 *    first pays a full fence, because searchers come and go often. Who clears WATCHED looks behind a rare fence, as
 *    who goes to sleep does.
 *    Where all workers that have a thread are in the list, nobody pushes behind a hot fence: calls come by the
 *    injector alone, whose exchange is a full fence. Who lies down last pays a full fence of its own, not the rare one;
 *    but if it sees a call that is not linked yet, that too.
 * 4. WATCHED is set exactly while `watchman` is not NULL; both change together, under `lock`. The watchman is in the
 *    list, and looks within some hundred microseconds.
 * 5. A worker stores 0 in its bell before it enters the list: a ring after that is not lost.
 *
 * Model-checked, with the injector and the deques: tests/models/sleep.cc.
 */
#ifndef VOW_EXECUTION_SLEEP_H
#define VOW_EXECUTION_SLEEP_H

#include "base/lock.h"
#include "execution/fence.h"
#include <stdbool.h>

struct worker;
struct vow_pool;

#define SLEEP_SEARCHING UINT64_C(1)
#define SLEEP_INLINE UINT64_C(2)
#define SLEEP_CLOSING UINT64_C(4)
#define SLEEP_CLOSED UINT64_C(8)
#define SLEEP_WATCHED UINT64_C(16)
#define SLEEP_SPECIAL (SLEEP_INLINE | SLEEP_CLOSING | SLEEP_CLOSED)
#define SLEEP_ONE (UINT64_C(1) << 16)

struct sleep {
    _Alignas(VOW_CACHE_LINE) _Atomic uint64_t word;
    _Alignas(VOW_CACHE_LINE) struct lock lock;
    struct worker
        *first; /* the list of sleepers: who slept last is woken first, its cache is warm */
    struct worker *watchman;
    struct worker *coming; /* was woken as the searcher, and has not got up yet */
    _Atomic int relieved;  /* were, and are the searcher no longer; written under the lock */
    _Atomic unsigned vain; /* wakes in a row that were not worth it (watch.c) */
};

static inline uint64_t vow_sleep_sleepers(uint64_t word)
{
    return word / SLEEP_ONE;
}

/* The order between W1 and the changes of the word is part of invariant 3. */
static inline uint64_t vow_sleep_word(const struct sleep *sleep)
{
    /* W1 seq_cst: pairs with all changes of the word */
    return atomic_load_explicit(&sleep->word, memory_order_seq_cst);
}

/* Whether a sleeper should be woken for a call that was just made available. */
static inline bool vow_sleep_wants_waking(uint64_t word)
{
    return word >= SLEEP_ONE && (word & (SLEEP_SEARCHING | SLEEP_WATCHED)) == 0;
}

/* Any thread: wakes one sleeper, as the searcher, unless somebody searches or nobody sleeps. */
void vow_sleep_wake_one(struct sleep *sleep);

/* A worker, after it made a call of its own available: `word` was seen behind a hot fence and has sleepers. */
void vow_sleep_wake_for_own(struct sleep *sleep, uint64_t word);

/* Any thread: wakes `worker` if it sleeps, to look at its orders. */
void vow_sleep_rouse(struct sleep *sleep, struct worker *worker);

/* The worker: becomes the searcher if there is none. */
bool vow_sleep_search(struct sleep *sleep, struct worker *worker);

/* The worker: becomes the searcher in place of one that has been woken as such and has not got up yet. */
bool vow_sleep_take_over(struct sleep *sleep, struct worker *worker);

/* The worker, which found something: is the searcher no longer. True if it was and there are sleepers: it should
   look whether there is more, and wake one for it. */
bool vow_sleep_found(struct sleep *sleep, struct worker *worker);

/* The worker: enters the list, with all that invariant 3 asks for. Everything is to be looked at after this. `living`
   counts the workers that have a thread, `at_work` about those that take calls: the last of these ends the watch. */
void vow_sleep_enter(struct sleep *sleep, struct worker *worker, const _Atomic int *living,
                     int at_work);

/* The worker: leaves the list if nobody took it out; else it may be the searcher now. True if it was woken for a call,
   whoever is the searcher now. */
bool vow_sleep_leave(struct sleep *sleep, struct worker *worker);

/* The worker: enters the list as the watchman. False if there is one, or fewer than two of `at_work` workers are awake. */
bool vow_sleep_watch(struct sleep *sleep, struct worker *worker, int at_work);

/* Any thread: ends the watch, of `worker` if it is not NULL. True if there was one; unless all sleep now, the caller has
   to look whether something was left to the watchman, behind a rare fence. */
bool vow_sleep_end_watch(struct sleep *sleep, const struct worker *worker);

/* Whether `worker` is the watchman, as it seems to itself. */
bool vow_sleep_is_watchman(struct sleep *sleep, const struct worker *worker);

/* After the watch was ended: the rare fence, unless all `living` sleep. */
void vow_sleep_fence(const struct sleep *sleep, const struct worker *worker,
                     const _Atomic int *living);

/* Any thread: sets and clears flags of the word. */
void vow_sleep_flags(struct sleep *sleep, uint64_t set, uint64_t clear);

#endif
