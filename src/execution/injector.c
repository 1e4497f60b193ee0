/*
 * injector.c - the workers' side of injector.h.
 */
#include "execution/injector.h"
#include "base/threads.h"

/* One shard for two processors, as a power of two: more would only be more to look at. */
static unsigned shards_wanted(void)
{
    unsigned wanted = 1;
    while (wanted < INJECTOR_SHARDS && wanted * 2 < (unsigned)vow_processors())
        wanted *= 2;
    return wanted;
}

static void shard_init(struct injector_shard *shard)
{
    shard->stubs[0].next = shard->stubs[1].next = NULL;
    /* relaxed, all: not published yet */
    atomic_store_explicit(&shard->tail, &shard->stubs[0], memory_order_relaxed);
    atomic_store_explicit(&shard->in_hand, false, memory_order_relaxed);
    atomic_store_explicit(&shard->taken, 0, memory_order_relaxed);
    shard->lock = (struct lock){0};
    shard->stub = 0;
    shard->first = shard->last = shard->returned = NULL;
}

void vow_injector_init(struct injector *injector)
{
    for (unsigned i = 0; i < INJECTOR_SHARDS; i++)
        shard_init(&injector->shards[i]);
    injector->mask = shards_wanted() - 1;
    injector->cheap = vow_barrier_available();
}

/* Takes the submitters' chain in hand. False if there is none. Invariant 2: nothing is in hand. */
static bool take_chain(struct injector_shard *shard)
{
    struct vow_call *stub = &shard->stubs[shard->stub];
    struct vow_call *other = &shard->stubs[shard->stub ^ 1];
    /* relaxed: only a glance, to leave the submitters' line alone */
    if (atomic_load_explicit(&shard->tail, memory_order_relaxed) == stub)
        return false;
    /* relaxed: published by J4 */
    __atomic_store_n(&other->next, NULL, __ATOMIC_RELAXED);
    /* relaxed: published by J4, to those who then look through the tail (J5): the shard never seems empty in between */
    atomic_store_explicit(&shard->in_hand, true, memory_order_relaxed);
    /* J4 acq_rel: as J3; the release pairs with J5 */
    shard->last = atomic_exchange_explicit(&shard->tail, other, memory_order_acq_rel);
    shard->first = NULL;
    shard->stub ^= 1;
    return true;
}

static struct vow_call *take_returned(struct injector_shard *shard)
{
    struct vow_call *call = shard->returned;
    if (call != NULL)
        shard->returned = call->next;
    return call;
}

/* The next call of the chain in hand; NULL if there is none before a gap (invariant 1). */
static struct vow_call *take_linked(struct injector_shard *shard)
{
    if (shard->last == NULL && !take_chain(shard))
        return NULL;
    if (shard->first == NULL) /* the stub before the one at the tail now */
        shard->first = vow_call_next(&shard->stubs[shard->stub ^ 1]);
    struct vow_call *call = shard->first;
    if (call == NULL)
        return NULL;
    if (call == shard->last) {
        shard->last = NULL;
        shard->first = NULL;
        return call;
    }
    struct vow_call *next = vow_call_next(call);
    if (next == NULL)
        return NULL;
    /* both lines of a job that will run here, and be written to: its function lies behind its call */
    vow_ask_to_write(next);
    vow_ask_to_write((const char *)next + VOW_CACHE_LINE);
    shard->first = next;
    return call;
}

static struct vow_call *take_one(struct injector_shard *shard, uint64_t *taken)
{
    struct vow_call *call = take_returned(shard);
    if (call != NULL)
        return call;
    call = take_linked(shard);
    *taken += call != NULL;
    return call;
}

static size_t take_some(struct injector_shard *shard, struct vow_call **into, size_t most)
{
    size_t count = 0;
    vow_lock_take(&shard->lock);
    uint64_t taken =
        atomic_load_explicit(&shard->taken, memory_order_relaxed); /* relaxed: a figure */
    while (count < most && (into[count] = take_one(shard, &taken)) != NULL)
        count++;
    atomic_store_explicit(&shard->taken, taken, memory_order_relaxed); /* relaxed: as above */
    /* relaxed: a guess for those without the lock */
    atomic_store_explicit(&shard->in_hand, shard->last != NULL || shard->returned != NULL,
                          memory_order_relaxed);
    vow_lock_give(&shard->lock);
    return count;
}

size_t vow_injector_take(struct injector *injector, unsigned *cursor, struct vow_call **into,
                         size_t most)
{
    for (unsigned i = 0; i <= injector->mask; i++) {
        struct injector_shard *shard = &injector->shards[(*cursor)++ & injector->mask];
        if (!vow_injector_shard_seems(shard))
            continue;
        size_t count = take_some(shard, into, most);
        if (count != 0)
            return count;
    }
    return 0;
}

void vow_injector_give_back(struct injector *injector, struct vow_call *oldest)
{
    if (oldest == NULL)
        return;
    struct injector_shard *shard = &injector->shards[0];
    struct vow_call *newest = oldest;
    while (newest->next != NULL)
        newest = newest->next;
    vow_lock_take(&shard->lock);
    newest->next = shard->returned;
    shard->returned = oldest;
    /* seq_cst: the caller looks for sleepers next, as after vow_injector_push */
    atomic_store_explicit(&shard->in_hand, true, memory_order_seq_cst);
    vow_lock_give(&shard->lock);
}

uint64_t vow_injector_taken(const struct injector *injector)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i <= injector->mask; i++) /* relaxed: a figure */
        sum += atomic_load_explicit(&injector->shards[i].taken, memory_order_relaxed);
    return sum;
}
