/*
 * pipeline.c - demand, the issue of chunks, and the end of a pipeline (pipeline.h).
 */
#include "flow/pipeline.h"

#include "execution/pool_inside.h"
#include "execution/scheduler.h"
#include "flow/split.h"
#include <vow/error.h>

int vow_pipeline_workers(const struct pipeline *pipeline)
{
    return vow_pool_size(vow_pool_of(pipeline->end->home));
}

/* Demand ---------------------------------------------------------------------------------------------------------- */

/* Chunks that may be under way: enough that no worker waits for another; and one where the reader does the work. */
static unsigned most_chunks(const struct pipeline *pipeline)
{
    int workers = vow_pipeline_workers(pipeline);
    unsigned enough = workers == 0 ? 1 : 2 * (unsigned)workers;
    return workers != 0 && pipeline->most > enough ? pipeline->most : enough;
}

/* Items in a chunk of those that somebody has counted, out of `owed`. */
static size_t cut(const struct pipeline *pipeline)
{
    size_t size = pipeline->fixed;
    if (size == 0 && pipeline->counted_whole)
        size = SIZE_MAX;
    if (size == 0)
        size = pipeline->suits;
    return size < pipeline->owed ? size : pipeline->owed;
}

static size_t size_ahead(const struct pipeline *pipeline)
{
    return pipeline->whole ? pipeline->fixed : pipeline->suits;
}

/* Everything is wanted: whether so many chunks lie there or are on their way. */
static bool has_ahead(const struct pipeline *pipeline, const struct demand *demand, size_t chunks)
{
    return (demand->ready + demand->expected) / size_ahead(pipeline) >= chunks;
}

/* Everything is wanted: a chunk, unless enough lies there already, or is on its way; and even then where somebody waits for
   more, at another output. Who does the work itself does none ahead: what it has read already would wait for that. */
static size_t how_many_ahead(const struct pipeline *pipeline, const struct demand *demand)
{
    bool ahead =
        vow_pipeline_workers(pipeline) != 0 && !has_ahead(pipeline, demand, most_chunks(pipeline));
    return ahead || demand->missing > demand->expected ? size_ahead(pipeline) : 0;
}

/* Who wants everything reads without asking, as long as enough is ahead: `low` has it ask when half of that has been read,
   and until then no more is issued, so that workers who found nothing to do are woken for several chunks. Nothing is lost
   where it reads before it can see the mark: it will read again, or stand in the queue and ask. */
static struct demand look_ahead(struct pipeline *pipeline, size_t extra)
{
    struct demand demand = vow_channel_demand(pipeline->end->channel, extra, &pipeline->expected);
    _Atomic size_t *low = &pipeline->end->feed.low;
    /* relaxed, all: see above */
    bool marked = atomic_load_explicit(low, memory_order_relaxed) != 0;
    unsigned half = most_chunks(pipeline) / 2;
    bool enough = demand.all && half != 0 && has_ahead(pipeline, &demand, marked ? half : 2 * half);
    if (enough)
        demand.room = 0;
    if (enough && !marked)
        atomic_store_explicit(low, half * size_ahead(pipeline), memory_order_relaxed);
    else if (!enough && marked)
        atomic_store_explicit(low, 0, memory_order_relaxed);
    return demand;
}

static struct demand demand_of(struct pipeline *pipeline, size_t extra)
{
    if (vow_unlikely(pipeline->end->split != NULL))
        return vow_split_demand(pipeline->end->split, &pipeline->expected);
    return look_ahead(pipeline, extra);
}

/* How many items the next chunk is to have; 0: none is wanted. */
static size_t how_many(struct pipeline *pipeline, size_t extra)
{
    struct demand demand = demand_of(pipeline, extra);
    size_t missing = demand.missing, count;
    pipeline->eager = demand.all;
    if (demand.all) {
        count = how_many_ahead(pipeline, &demand);
        return count < demand.room ? count : demand.room;
    }
    size_t covered = demand.expected + pipeline->owed;
    if (missing > covered) {
        size_t more = missing - covered;
        pipeline->owed += more > pipeline->least ? more : pipeline->least;
    }
    count = pipeline->owed != 0 ? cut(pipeline) : 0;
    return count < demand.room ? count : demand.room;
}

static struct chunk *take_spare(struct pipeline *pipeline)
{
    struct chunk *chunk = pipeline->spare;
    if (chunk != NULL) {
        pipeline->spare = chunk->next;
        return chunk;
    }
    chunk = vow_chunk_new(
        pipeline); /* without memory those that there are must do: there is one at least */
    if (chunk != NULL) {
        chunk->another = pipeline->all;
        pipeline->all = chunk;
    }
    return chunk;
}

static bool is_ending(const struct pipeline *pipeline)
{
    /* relaxed: under the lock */
    return atomic_load_explicit(&pipeline->stopped, memory_order_relaxed) ||
           atomic_load_explicit(&pipeline->last, memory_order_relaxed) != UINT64_MAX;
}

/* Under the lock, when a chunk has been issued, or has come back. */
static void note_busy(struct pipeline *pipeline)
{
    bool busy = pipeline->under_way != 0 && pipeline->quick && vow_pipeline_workers(pipeline) != 0;
    _Atomic bool *noted = &pipeline->end->feed.busy;
    /* relaxed, both: a hint */
    if (atomic_load_explicit(noted, memory_order_relaxed) != busy)
        atomic_store_explicit(noted, busy, memory_order_relaxed);
}

struct chunk *vow_pipeline_next(struct pipeline *pipeline, size_t extra)
{
    if (is_ending(pipeline))
        return NULL;
    size_t count = how_many(pipeline, extra);
    if (count == 0 || pipeline->sourcing || pipeline->under_way >= most_chunks(pipeline))
        return NULL;
    struct chunk *chunk = take_spare(pipeline);
    if (chunk == NULL)
        return NULL;
    if (!pipeline->eager)
        pipeline->owed -= count;
    pipeline->sourcing = true;
    /* relaxed: looked at under the lock, too */
    atomic_fetch_add_explicit(&pipeline->expected, count, memory_order_relaxed);
    pipeline->under_way++;
    note_busy(pipeline);
    chunk->number = pipeline->next_number++;
    chunk->stage = CHUNK_AT_SOURCE;
    chunk->asked = chunk->wanted = count;
    chunk->eager = pipeline->eager;
    chunk->dropped = VOW_OK;
    vow_counted_retain(&pipeline->counted);
    return chunk;
}

void vow_pipeline_hand_over(struct pipeline *pipeline, struct chunk *chunk)
{
    (void)vow_hand_over_by(vow_pool_call_shared, pipeline->end->home, &chunk->call);
}

void vow_pipeline_demand(struct pipeline *pipeline, size_t extra)
{
    vow_lock_take(&pipeline->lock);
    struct chunk *chunk = vow_pipeline_next(pipeline, extra);
    vow_lock_give(&pipeline->lock);
    if (chunk != NULL)
        vow_pipeline_hand_over(pipeline, chunk);
    else if (vow_pipeline_workers(pipeline) == 0) /* one may lie queued since there were workers */
        (void)vow_pool_help(pipeline->end->home);
}

size_t vow_pipeline_expected(struct pipeline *pipeline)
{
    /* relaxed: a figure */
    return atomic_load_explicit(&pipeline->expected, memory_order_relaxed);
}

/* The end --------------------------------------------------------------------------------------------------------- */

/* Nothing is under way, and nothing will be. */
static void end(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->count; i++) {
        vow_task *task = pipeline->stages[i];
        bool own = task == pipeline->failed;
        bool closes = i + 1 == pipeline->count;
        vow_task_end(task, own || closes ? vow_retain(vow_borrow(pipeline->error)) : vow_none(),
                     own);
    }
    for (size_t i = 0; i < pipeline->count; i++)
        vow_task_release(pipeline->stages[i]);
}

/* Under the lock. True, once: the caller is to end it. */
static bool is_over_now(struct pipeline *pipeline)
{
    if (pipeline->over || pipeline->under_way != 0 || !is_ending(pipeline))
        return false;
    pipeline->over = true;
    return true;
}

/* How many items suit from now on: those that take about target. */
static void adapt(struct chunk *chunk, int64_t took)
{
    enum { LARGEST = 16384, LARGEST_HERE = 4096, FASTER = 8 };
    static const int64_t target = VOW_MS(1); /* to wake another processor takes 30 µs */
    struct pipeline *pipeline = chunk->pipeline;
    size_t suits = pipeline->suits;
    /* where there are workers a chunk is to last longer than it takes to wake one; where there are none it need not */
    size_t most = vow_pipeline_workers(pipeline) != 0 ? LARGEST : LARGEST_HERE;
    if (pipeline->fixed != 0)
        most = pipeline->fixed;
    if (chunk->wanted != suits || pipeline->whole)
        return;
    if (took < target / FASTER)
        suits *= FASTER;
    else if (took < target / 2)
        suits *= 2;
    else if (took > target * 2)
        suits /= 2;
    pipeline->suits = suits < 1 ? 1 : suits > most ? most : suits;
}

enum { QUICK = 20000 }; /* nanoseconds: less than a sleep and a wake-up on another processor take */

struct chunk *vow_pipeline_return(struct chunk *chunk, int64_t took)
{
    struct pipeline *pipeline = chunk->pipeline;
    vow_chunk_empty(chunk);
    vow_lock_take(&pipeline->lock);
    if (took >= 0) {
        adapt(chunk, took);
        pipeline->quick = took < QUICK;
    }
    chunk->running = NULL;
    chunk->next = pipeline->spare;
    pipeline->spare = chunk;
    /* relaxed: nothing came of it */
    atomic_fetch_sub_explicit(&pipeline->expected, chunk->asked, memory_order_relaxed);
    pipeline->under_way--;
    struct chunk *next = vow_pipeline_next(pipeline, 0);
    note_busy(pipeline);
    bool over = is_over_now(pipeline);
    vow_lock_give(&pipeline->lock);
    if (over)
        end(pipeline);
    vow_counted_release(&pipeline->counted);
    return next;
}

/* Takes chunks that are in vain out of the gates' queues. */
static struct chunk *take_vain(struct pipeline *pipeline)
{
    struct chunk *vain = NULL;
    for (size_t i = 0; i <= pipeline->count; i++) {
        struct chunk **link = &pipeline->gates[i].waiting;
        while (*link != NULL) {
            struct chunk *chunk = *link;
            if (!vow_chunk_is_vain(chunk)) {
                link = &chunk->next;
                continue;
            }
            *link = chunk->next;
            chunk->next = vain;
            vain = chunk;
        }
    }
    return vain;
}

/* Chunks that run in vain need not wait for anything any more. */
static void tell_vain(struct pipeline *pipeline)
{
    for (struct chunk *chunk = pipeline->all; chunk != NULL; chunk = chunk->another) {
        if (chunk->running == NULL || !vow_chunk_is_vain(chunk))
            continue;
        /* relaxed: as vow_job_is_canceled */
        atomic_store_explicit(&chunk->running->canceled, true, memory_order_relaxed);
        struct carrier *carrier = chunk->running->carrier;
        if (chunk->told || carrier == NULL)
            continue;
        chunk->told = true;
        vow_counted_retain(&pipeline->counted);
        if (carrier->post(carrier, &chunk->telling))
            continue;
        chunk->told = false;
        vow_counted_release(&pipeline->counted);
    }
}

/* Under the lock, which it gives back, after something has come to be in vain. The caller has a reference. */
static void unlock_and_give_up(struct pipeline *pipeline)
{
    struct chunk *vain = take_vain(pipeline);
    tell_vain(pipeline);
    bool over = is_over_now(pipeline);
    vow_lock_give(&pipeline->lock);
    while (vain != NULL) {
        struct chunk *chunk = vain;
        vain = chunk->next;
        (void)vow_pipeline_return(chunk, -1); /* none is issued any more */
    }
    if (over)
        end(pipeline);
}

void vow_pipeline_stop(struct pipeline *pipeline)
{
    vow_counted_retain(&pipeline->counted);
    vow_lock_take(&pipeline->lock);
    /* relaxed: under the lock; elsewhere a hint */
    atomic_store_explicit(&pipeline->stopped, true, memory_order_relaxed);
    unlock_and_give_up(pipeline);
    vow_counted_release(&pipeline->counted);
}

void vow_pipeline_end_at(struct pipeline *pipeline, uint64_t number, vow_value error,
                         vow_task *failed)
{
    error = vow_is_error(error) ? vow_value_take(error) : vow_none();
    vow_lock_take(&pipeline->lock);
    bool first = !atomic_load_explicit(&pipeline->stopped, memory_order_relaxed) &&
                 number <= atomic_load_explicit(&pipeline->last, memory_order_relaxed);
    if (first) {
        vow_value former = pipeline->error;
        pipeline->error = error;
        pipeline->failed = failed;
        error = former;
        /* relaxed: as above */
        atomic_store_explicit(&pipeline->last, number, memory_order_relaxed);
        unlock_and_give_up(pipeline);
    } else {
        vow_lock_give(&pipeline->lock);
    }
    vow_release(error);
}

/* Rings ----------------------------------------------------------------------------------------------------------- */

bool vow_pipeline_waits_for_caller(struct pipeline *pipeline)
{
    const struct running_job *here = vow_locals.job;
    if (here == NULL)
        return false;
    vow_lock_take(&pipeline->lock);
    const struct gate *out = &pipeline->gates[pipeline->count];
    const struct chunk *chunk = pipeline->all;
    while (chunk != NULL && chunk->running != here)
        chunk = chunk->another;
    bool next = chunk != NULL && out->ordered && out->next == chunk->number && out->inside == 0;
    bool alone = chunk != NULL && pipeline->under_way == 1 && chunk->stage == CHUNK_AT_SOURCE;
    bool leaves = chunk != NULL && chunk->stage == pipeline->count;
    vow_lock_give(&pipeline->lock);
    return next || alone || leaves;
}
