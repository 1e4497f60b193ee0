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
        worker->made_searcher = true;
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
    (void)change(sleep, 0 - SLEEP_ONE);
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

void vow_sleep_enter(struct sleep *sleep, struct worker *worker)
{
    /* relaxed: the lock publishes it (invariant 4) */
    atomic_store_explicit(&worker->thread->bell, 0, memory_order_relaxed);
    /* relaxed: who sees the worker among the sleepers (by its word) sees this */
    atomic_store_explicit(&worker->lines, worker->thread->carrier.parked_count,
                          memory_order_relaxed);
    vow_lock_take(&sleep->lock);
    worker->next_asleep = sleep->first;
    sleep->first = worker;
    worker->asleep = true;
    (void)change(sleep, SLEEP_ONE - (worker->searching ? SLEEP_SEARCHING : 0));
    vow_lock_give(&sleep->lock);
    worker->searching = false;
    vow_fence_rare(worker->own.cheap);
}

void vow_sleep_leave(struct sleep *sleep, struct worker *worker)
{
    vow_lock_take(&sleep->lock);
    (void)take_out(sleep, worker);
    worker->searching = worker->made_searcher;
    worker->made_searcher = false;
    vow_lock_give(&sleep->lock);
    /* relaxed: it is no sleeper now; a worker that ends leaves no old figure behind (vow_pool_check_drained) */
    atomic_store_explicit(&worker->lines, 0, memory_order_relaxed);
}

void vow_sleep_flags(struct sleep *sleep, uint64_t set, uint64_t clear)
{
    if (set != 0)
        (void)atomic_fetch_or_explicit(&sleep->word, set, memory_order_seq_cst);
    if (clear != 0)
        (void)atomic_fetch_and_explicit(&sleep->word, ~clear, memory_order_seq_cst);
}
