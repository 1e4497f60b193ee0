/*
 * sleep.c - the changes of the word and of the list of sleepers (sleep.h).
 */
#include "execution/sleep.h"
#include "execution/worker.h"

/* All changes are seq_cst: they pair with W1, and with each other. */
static uint64_t change(struct sleep *sleep, uint64_t add)
{
    return atomic_fetch_add_explicit(&sleep->word, add, memory_order_seq_cst);
}

/* Under the lock: a sleeper becomes the searcher. Sleepers do not change meanwhile, SEARCHING may. */
static bool sleeper_to_searcher(struct sleep *sleep)
{
    /* relaxed: a guess that the exchange checks */
    uint64_t word = atomic_load_explicit(&sleep->word, memory_order_relaxed);
    do {
        if (!vow_sleep_wants_waking(word))
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&sleep->word, &word,
                                                    word - SLEEP_ONE + SLEEP_SEARCHING,
                                                    memory_order_seq_cst, memory_order_relaxed));
    return true;
}

static struct worker *take_first(struct sleep *sleep)
{
    struct worker *worker = sleep->first;
    sleep->first = worker->next_asleep;
    worker->asleep = false;
    return worker;
}

VOW_COLD void vow_sleep_wake_one(struct sleep *sleep)
{
    struct thread *thread = NULL;
    vow_lock_take(&sleep->lock);
    if (sleeper_to_searcher(sleep)) {
        struct worker *worker = take_first(sleep);
        worker->called = true;
        worker->made_searcher = true;
        sleep->coming = worker;
        thread = worker->thread; /* at the end of the process the worker may go before we ring */
    }
    vow_lock_give(&sleep->lock);
    if (thread != NULL)
        vow_thread_wake(thread);
}

void vow_sleep_wake_for_own(struct sleep *sleep, uint64_t word)
{
    if ((word & SLEEP_SEARCHING) != 0) {
        vow_fence_full();
        word = vow_sleep_word(sleep);
    }
    if (vow_sleep_wants_waking(word))
        vow_sleep_wake_one(sleep);
}

/* Under the lock: the flag that goes with `worker`, which is the watchman no longer; or 0. */
static uint64_t watch_of(struct sleep *sleep, const struct worker *worker)
{
    if (worker == NULL || sleep->watchman != worker)
        return 0;
    sleep->watchman = NULL;
    return SLEEP_WATCHED;
}

/* Under the lock: takes `worker` out of the list. False if it is not there. */
static bool take_out(struct sleep *sleep, struct worker *worker)
{
    if (!worker->asleep)
        return false;
    struct worker **link = &sleep->first;
    while (*link != worker)
        link = &(*link)->next_asleep;
    *link = worker->next_asleep;
    worker->asleep = false;
    (void)change(sleep, 0 - SLEEP_ONE - watch_of(sleep, worker));
    return true;
}

void vow_sleep_rouse(struct sleep *sleep, struct worker *worker)
{
    vow_lock_take(&sleep->lock);
    bool slept = take_out(sleep, worker);
    vow_lock_give(&sleep->lock);
    if (slept)
        vow_thread_wake(worker->thread);
}

bool vow_sleep_search(struct sleep *sleep, struct worker *worker)
{
    vow_check(!worker->searching);
    /* relaxed: a glance first, so that the line is not taken from others in vain */
    if ((atomic_load_explicit(&sleep->word, memory_order_relaxed) & SLEEP_SEARCHING) != 0)
        return false;
    uint64_t word = atomic_fetch_or_explicit(&sleep->word, SLEEP_SEARCHING, memory_order_seq_cst);
    worker->searching = (word & SLEEP_SEARCHING) == 0;
    return worker->searching;
}

bool vow_sleep_found(struct sleep *sleep, struct worker *worker)
{
    if (!worker->searching)
        return false;
    worker->searching = false;
    uint64_t word = change(sleep, 0 - SLEEP_SEARCHING);
    vow_check((word & SLEEP_SEARCHING) != 0);
    return vow_sleep_sleepers(word) != 0;
}

/* Nobody who is not in the list now pushes without having seen the caller there: one that leaves it changes the word
   after us, one whose thread begins was counted after us. */
static bool is_last(const struct sleep *sleep, const _Atomic int *living)
{
    /* L2 seq_cst: pairs with L1 in pool_staff.c, which comes before the thread's first look at the word */
    int threads = atomic_load_explicit(living, memory_order_seq_cst);
    return vow_sleep_sleepers(vow_sleep_word(sleep)) >= (uint64_t)threads;
}

void vow_sleep_fence(const struct sleep *sleep, const struct worker *worker,
                     const _Atomic int *living)
{
    if (is_last(sleep, living))
        vow_fence_full();
    else
        vow_fence_rare(worker->own.cheap);
}

/* Under the lock: the worker gives up searching. */
static void list(struct sleep *sleep, struct worker *worker, uint64_t flags)
{
    worker->next_asleep = sleep->first;
    sleep->first = worker;
    worker->asleep = true;
    (void)change(sleep, SLEEP_ONE + flags - (worker->searching ? SLEEP_SEARCHING : 0));
    worker->searching = false;
}

static void prepare(struct worker *worker)
{
    /* relaxed: the lock publishes it (invariant 5) */
    atomic_store_explicit(&worker->thread->bell, 0, memory_order_relaxed);
    /* relaxed: who sees the worker among the sleepers (by its word) sees this */
    atomic_store_explicit(&worker->lines, worker->thread->carrier.parked_count,
                          memory_order_relaxed);
    atomic_store_explicit(&worker->timed, worker->thread->carrier.wheel.count,
                          memory_order_relaxed);
}

/* Under the lock: whether the caller, if it sleeps too, leaves nobody awake. */
static bool would_be_last(const struct sleep *sleep, int at_work)
{
    /* relaxed: sleepers change under the lock only */
    uint64_t word = atomic_load_explicit(&sleep->word, memory_order_relaxed);
    return (int)vow_sleep_sleepers(word) + 1 >= at_work;
}

void vow_sleep_enter(struct sleep *sleep, struct worker *worker, const _Atomic int *living,
                     int at_work)
{
    prepare(worker);
    vow_lock_take(&sleep->lock);
    uint64_t ended = would_be_last(sleep, at_work) ? watch_of(sleep, sleep->watchman) : 0;
    list(sleep, worker, 0 - ended);
    vow_lock_give(&sleep->lock);
    vow_sleep_fence(sleep, worker, living);
}

/* Under the lock. */
static void count_relieved(struct sleep *sleep, struct worker *worker, bool relieved)
{
    if (worker->relieved == relieved)
        return;
    worker->relieved = relieved;
    /* relaxed: written under the lock, others guess */
    atomic_fetch_add_explicit(&sleep->relieved, relieved ? 1 : -1, memory_order_relaxed);
}

bool vow_sleep_leave(struct sleep *sleep, struct worker *worker)
{
    vow_lock_take(&sleep->lock);
    (void)take_out(sleep, worker);
    bool called = worker->called;
    worker->called = false;
    worker->searching = worker->made_searcher;
    worker->made_searcher = false;
    if (sleep->coming == worker)
        sleep->coming = NULL;
    count_relieved(sleep, worker, false);
    vow_lock_give(&sleep->lock);
    /* relaxed: it is no sleeper now; a worker that ends leaves no old figure behind (vow_pool_check_drained) */
    atomic_store_explicit(&worker->lines, 0, memory_order_relaxed);
    return called;
}

bool vow_sleep_take_over(struct sleep *sleep, struct worker *worker)
{
    /* relaxed: a glance; who is woken is the searcher */
    if ((atomic_load_explicit(&sleep->word, memory_order_relaxed) & SLEEP_SEARCHING) == 0)
        return false;
    vow_lock_take(&sleep->lock);
    struct worker *coming = sleep->coming;
    if (coming != NULL) {
        sleep->coming = NULL;
        coming->made_searcher = false;
        count_relieved(sleep, coming, true);
        worker->searching = true;
    }
    vow_lock_give(&sleep->lock);
    return coming != NULL;
}

bool vow_sleep_watch(struct sleep *sleep, struct worker *worker, int at_work)
{
    prepare(worker);
    vow_lock_take(&sleep->lock);
    bool can = sleep->watchman == NULL && !would_be_last(sleep, at_work);
    if (can) {
        sleep->watchman = worker;
        list(sleep, worker, SLEEP_WATCHED);
    }
    vow_lock_give(&sleep->lock);
    return can;
}

bool vow_sleep_end_watch(struct sleep *sleep, const struct worker *worker)
{
    vow_lock_take(&sleep->lock);
    uint64_t flag = watch_of(sleep, worker != NULL ? worker : sleep->watchman);
    if (flag != 0)
        (void)change(sleep, 0 - flag);
    vow_lock_give(&sleep->lock);
    return flag != 0;
}

bool vow_sleep_is_watchman(struct sleep *sleep, const struct worker *worker)
{
    vow_lock_take(&sleep->lock);
    bool is = sleep->watchman == worker;
    vow_lock_give(&sleep->lock);
    return is;
}

void vow_sleep_flags(struct sleep *sleep, uint64_t set, uint64_t clear)
{
    if (set != 0)
        (void)atomic_fetch_or_explicit(&sleep->word, set, memory_order_seq_cst);
    if (clear != 0)
        (void)atomic_fetch_and_explicit(&sleep->word, ~clear, memory_order_seq_cst);
}
