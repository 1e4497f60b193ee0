/*
 * chunk.c - the way of a chunk: from the source through the stages and out (pipeline.h).
 */
#include "flow/pipeline.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/ledger.h"
#include "control/job.h"
#include "execution/scheduler.h"
#include "flow/split.h"
#include <string.h>
#include <vow/error.h>
#include <vow/memory.h>

/* Chunks ---------------------------------------------------------------------------------------------------------- */

bool vow_items_grow(vow_value **items, size_t *ret_room, size_t count, size_t room)
{
    if (room > SIZE_MAX / sizeof(vow_value))
        return false;
    vow_value *grown = vow_allocate(room * sizeof(vow_value));
    if (grown == NULL)
        return false;
    if (count != 0)
        memcpy(grown, *items, count * sizeof(vow_value));
    vow_deallocate(*items);
    *items = grown;
    *ret_room = room;
    return true;
}

void vow_chunk_empty(struct chunk *chunk)
{
    for (size_t i = 0; i < chunk->count; i++)
        vow_value_drop(chunk->items[i]);
    chunk->count = 0;
}

void vow_chunk_free(struct chunk *chunk)
{
    vow_deallocate(chunk->items);
    vow_deallocate(chunk->other);
    vow_ledger_remove(chunk);
    vow_deallocate(chunk);
}

/* Running --------------------------------------------------------------------------------------------------------- */

/* From here on those who give the chunk up can end its waits. */
static void begin(struct chunk *chunk, struct running_job *running)
{
    struct pipeline *pipeline = chunk->pipeline;
    struct thread *thread = vow_thread_here();
    *running = (struct running_job){.carrier = thread != NULL ? &thread->carrier : NULL,
                                    .function = (uintptr_t)pipeline->stages[0]->fn};
    vow_locals.job = running;
    vow_lock_take(&pipeline->lock);
    chunk->running = running;
    if (vow_chunk_is_vain(chunk)) /* relaxed: nobody else has seen it */
        atomic_store_explicit(&running->canceled, true, memory_order_relaxed);
    vow_lock_give(&pipeline->lock);
}

/* Gates ----------------------------------------------------------------------------------------------------------- */

static bool may_pass(const struct gate *gate, const struct chunk *chunk)
{
    return gate->inside < gate->limit && (!gate->ordered || chunk->number == gate->next);
}

static void pass_gate(struct gate *gate)
{
    gate->inside++;
    gate->next++;
}

/* Stands in the queue of a gate. */
static void wait_at(struct gate *gate, struct chunk *chunk)
{
    struct chunk **link = &gate->waiting;
    while (*link != NULL && (*link)->number < chunk->number)
        link = &(*link)->next;
    chunk->next = *link;
    *link = chunk;
}

/* The next one that waits and may pass now: it has passed. NULL: none. */
static struct chunk *next_at(struct gate *gate)
{
    struct chunk *chunk = gate->waiting;
    if (chunk == NULL || !may_pass(gate, chunk))
        return NULL;
    gate->waiting = chunk->next;
    pass_gate(gate);
    chunk->passed = true;
    return chunk;
}

enum way { WAY_FREE, WAY_WAITS, WAY_VAIN };

/* At the gate before `chunk->stage`. WAY_WAITS: it is left there, in other hands. Another one that may pass now, too, is in
   `*ret_other`, for the pool. */
static enum way enter_gate(struct chunk *chunk, struct chunk **ret_other)
{
    struct pipeline *pipeline = chunk->pipeline;
    struct gate *gate = &pipeline->gates[chunk->stage];
    enum way way = WAY_FREE;
    if (gate->limit == 0)
        return vow_chunk_is_vain(chunk) ? WAY_VAIN : WAY_FREE;
    vow_lock_take(&pipeline->lock);
    if (vow_chunk_is_vain(chunk)) {
        way = WAY_VAIN;
    } else if (may_pass(gate, chunk)) {
        pass_gate(gate);
        *ret_other = next_at(gate);
    } else {
        way = WAY_WAITS;
        chunk->running = NULL;
        wait_at(gate, chunk);
    }
    vow_lock_give(&pipeline->lock);
    return way;
}

/* Gives one that may pass now, for the pool; NULL: none. */
static struct chunk *leave_gate(struct pipeline *pipeline, struct gate *gate)
{
    if (gate->limit == 0)
        return NULL;
    vow_lock_take(&pipeline->lock);
    gate->inside--;
    struct chunk *other = next_at(gate);
    vow_lock_give(&pipeline->lock);
    return other;
}

static void hand_over(struct pipeline *pipeline, struct chunk *chunk)
{
    if (chunk != NULL)
        vow_pipeline_hand_over(pipeline, chunk);
}

/* The source ------------------------------------------------------------------------------------------------------ */

static vow_value refused(const struct chunk *chunk)
{
    return vow_fail(chunk->dropped, "task %s: its pool is closed", chunk->pipeline->end->name);
}

/* Gives what `pull` gives; none, or what ends the pipeline. */
static vow_value pull(struct chunk *chunk)
{
    struct pipeline *pipeline = chunk->pipeline;
    vow_source *source = pipeline->source;
    if (vow_chunk_is_vain(chunk))
        return vow_end();
    if (chunk->dropped != VOW_OK)
        return refused(chunk);
    if (chunk->room < chunk->wanted &&
        !vow_items_grow(&chunk->items, &chunk->room, 0, chunk->wanted))
        return vow_fail(VOW_NO_MEMORY, "task %s: out of memory", pipeline->stages[0]->name);
    vow_source_set_eager(source, chunk->eager);
    return source->ops.pull(chunk->items, chunk->wanted, &chunk->count, source->self);
}

static void fill(struct chunk *chunk)
{
    struct pipeline *pipeline = chunk->pipeline;
    vow_value ends = vow_value_take(pull(chunk));
    if (!vow_is_none(ends)) {
        /* the error of a task above is not this one's */
        vow_task *failed = vow_source_passes_on(pipeline->source) ? NULL : pipeline->stages[0];
        vow_pipeline_end_at(pipeline, chunk->number, ends, failed);
    }
    vow_lock_take(&pipeline->lock);
    pipeline->sourcing = false;
    struct chunk *next = vow_pipeline_next(pipeline, 0);
    vow_lock_give(&pipeline->lock);
    chunk->stage = 0;
    hand_over(pipeline, next);
}

/* The way --------------------------------------------------------------------------------------------------------- */

static void write_out(struct chunk *chunk)
{
    struct pipeline *pipeline = chunk->pipeline;
    struct channel *channel = pipeline->end->channel;
    size_t count = chunk->count;
    if (vow_unlikely(pipeline->end->split != NULL)) {
        vow_split_supply(chunk);
        return;
    }
    struct supply supply = {&chunk->items, count, &chunk->room};
    size_t done = vow_channel_supply(channel, &supply, &pipeline->expected, chunk->asked);
    chunk->asked = 0;
    if (done < count)
        memmove(chunk->items, chunk->items + done, (count - done) * sizeof(vow_value));
    chunk->count -= done;
    if (done < count && !vow_channel_is_closed(channel))
        vow_pipeline_end_at(pipeline, chunk->number,
                            vow_fail(VOW_NO_MEMORY, "task %s: out of memory", pipeline->end->name),
                            pipeline->end);
}

/* Through the stage whose gate it has passed, and out of it. */
static void go_through(struct chunk *chunk)
{
    struct pipeline *pipeline = chunk->pipeline;
    struct gate *gate = &pipeline->gates[chunk->stage];
    if (chunk->stage == pipeline->count)
        write_out(chunk);
    else if (!vow_chunk_is_vain(chunk))
        vow_stage_run(chunk, chunk->stage);
    chunk->stage++;
    hand_over(pipeline, leave_gate(pipeline, gate));
}

/* To the end of its way. False: it was left at a gate, in other hands. */
static bool carry(struct chunk *chunk)
{
    struct pipeline *pipeline = chunk->pipeline;
    enum way way = WAY_FREE;
    while (way == WAY_FREE && chunk->stage <= pipeline->count) {
        struct chunk *other = NULL;
        if (chunk->passed)
            chunk->passed = false;
        else
            way = enter_gate(chunk, &other);
        hand_over(pipeline, other);
        if (way == WAY_FREE)
            go_through(chunk);
    }
    return way != WAY_WAITS;
}

/* Gives the next chunk to run, or NULL. */
static struct chunk *run(struct chunk *chunk)
{
    struct running_job running;
    struct running_job *outer = vow_locals.job;
    begin(chunk, &running);
    int64_t began = vow_real_now();
    bool from_source = chunk->stage == CHUNK_AT_SOURCE;
    if (from_source)
        fill(chunk);
    if (from_source && vow_source_passes_on(chunk->pipeline->source))
        began = vow_real_now(); /* what it waited for there was others' */
    bool whole = carry(chunk);
    if (running.locals != NULL)
        vow_job_locals_drop(&running);
    vow_locals.job = outer;
    if (!whole)
        return NULL;
    return vow_pipeline_return(chunk, from_source ? vow_real_now() - began : -1);
}

/* Calls ----------------------------------------------------------------------------------------------------------- */

static void run_call(struct vow_call *call)
{
    struct chunk *chunk = run(vow_container_of(call, struct chunk, call));
    while (chunk != NULL && vow_pipeline_workers(chunk->pipeline) == 0)
        chunk = run(chunk);
    if (chunk != NULL)
        vow_pipeline_hand_over(chunk->pipeline, chunk);
}

/* The pool will not run it: the pipeline ends here. */
static void drop_call(struct vow_call *call)
{
    struct chunk *chunk = vow_container_of(call, struct chunk, call);
    chunk->dropped = vow_call_refused(call) ? VOW_CLOSED : VOW_CANCELED;
    if (chunk->stage != CHUNK_AT_SOURCE) {
        vow_chunk_empty(chunk);
        vow_pipeline_end_at(chunk->pipeline, chunk->number, refused(chunk), NULL);
    }
    (void)run(chunk);
}

/* On the thread where it ran when this was posted. */
static void tell(struct vow_call *call)
{
    struct chunk *chunk = vow_container_of(call, struct chunk, telling);
    struct pipeline *pipeline = chunk->pipeline;
    vow_lock_take(&pipeline->lock);
    struct running_job *running = chunk->running;
    if (running != NULL && (running->carrier != vow_carrier_here || !vow_job_is_canceled(running)))
        running = NULL;
    chunk->told = false;
    vow_lock_give(&pipeline->lock);
    if (running != NULL) /* it cannot end meanwhile: it runs on this thread */
        vow_job_cancel(running);
    vow_counted_release(&pipeline->counted);
}

struct chunk *vow_chunk_new(struct pipeline *pipeline)
{
    struct chunk *chunk = vow_allocate(sizeof(*chunk));
    if (chunk != NULL)
        *chunk = (struct chunk){.call = {.run = run_call, .dropped = drop_call},
                                .telling = {.run = tell, .dropped = tell},
                                .pipeline = pipeline};
    vow_ledger_add(chunk, sizeof(*chunk), "chunk");
    return chunk;
}
