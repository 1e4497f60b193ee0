/*
 * stage.c - a chunk in a stage: the function for each item, or for lists of them.
 *
 * What comes out takes the place of what went in. Promises stay where they are until all items have been through the
 * function, or as many as the task works on at once; then they are waited for, one after the other: those are under way
 * together.
 */
#include "flow/pipeline.h"

#include "base/clock.h"
#include "base/fail.h"
#include <vow/error.h>
#include <vow/list.h>
#include <vow/wait.h>

/* How a stage goes through a chunk. */
struct pass {
    struct chunk *chunk;
    vow_task *task;
    size_t end;     /* the items up to here go in */
    size_t made;    /* items that have come out */
    size_t settled; /* as many of them are no promises */
    bool promises;
    bool ended; /* no more comes out: for `error`, or by the end */
    vow_value error;
};

static void end_with(struct pass *pass, vow_value value)
{
    pass->ended = true;
    pass->error = vow_is_error(value) ? value : vow_none();
}

/* Drops the items that have not gone in: from `first` on. */
static void drop_rest(struct chunk *chunk, size_t first)
{
    for (size_t i = first; i < chunk->count; i++)
        vow_value_drop(chunk->items[i]);
}

/* What comes out --------------------------------------------------------------------------------------------------- */

/* What is not just a word takes its place, or does something. Owned. */
static void put(struct pass *pass, vow_value value)
{
    switch (vow_kind_of(value)) {
    case VOW_SKIP:
        break;
    case VOW_END:
    case VOW_ERROR:
        end_with(pass, value);
        break;
    case VOW_PROMISE:
        pass->promises = true;
        pass->chunk->items[pass->made++] = value;
        break;
    default:
        pass->chunk->items[pass->made++] = value;
        break;
    }
}

/* Promises --------------------------------------------------------------------------------------------------------- */

/* Each promise among the items that have come out is replaced by its value. */
static void settle(struct pass *pass)
{
    struct chunk *chunk = pass->chunk;
    size_t count = pass->made, i = pass->settled;
    bool before = pass->ended; /* the items are those before an end that has been found already */
    vow_value error = pass->error;
    pass->ended = false;
    pass->promises = false;
    pass->made = pass->settled;
    while (i < count && !pass->ended) {
        vow_value item = chunk->items[i++];
        if (vow_is_promise(item))
            item = vow_await(vow_as_promise(item), VOW_FOREVER);
        put(pass, item);
    }
    if (pass->ended && before)
        vow_release(error);
    for (; i < count; i++)
        vow_value_drop(chunk->items[i]);
    if (!pass->ended && before) {
        pass->ended = true;
        pass->error = error;
    }
    pass->settled = pass->made;
}

/* Items ------------------------------------------------------------------------------------------------------------ */

/* Items that are plain words, from number `first` on, up to one that is something else. Nothing is owned, and what comes out is
   most often a word, too. */
static size_t run_words(struct pass *pass, size_t first)
{
    vow_fn *fn = pass->task->fn;
    void *context = pass->task->context;
    vow_value *items = pass->chunk->items;
    vow_value *out = items + pass->made;
    const vow_value *in = items + first, *end = items + pass->end;
    bool ended = false;
    while (in != end && in->kind <= VOW_POINTER && !ended) {
        vow_value output = fn(*in++, context);
        if (vow_likely(output.kind <= VOW_POINTER)) {
            *out++ = output;
        } else if (output.kind != VOW_SKIP) {
            pass->made = (size_t)(out - items);
            put(pass, vow_value_take(output));
            out = items + pass->made;
            ended = pass->ended;
        }
    }
    pass->made = (size_t)(out - items);
    return (size_t)(in - items);
}

/* The same for those that are counted. */
static size_t run_counted(struct pass *pass, size_t first)
{
    vow_fn *fn = pass->task->fn;
    void *context = pass->task->context;
    const struct chunk *chunk = pass->chunk;
    size_t i = first;
    while (i < pass->end && chunk->items[i].kind > VOW_POINTER && !pass->ended) {
        vow_value input = chunk->items[i++];
        vow_value output = vow_value_take(fn(vow_borrow(input), context));
        vow_value_drop(input);
        put(pass, output);
    }
    return i;
}

/* Gives how often the function was called. No more items than `max_chunk` are under way together, where a chunk has more: for a
   task that makes lists of them, or because one has given longer ones. */
static size_t run_items(struct pass *pass)
{
    size_t count = pass->chunk->count, most = pass->task->max_chunk, i = 0;
    while (i < count && !pass->ended) {
        if (i == pass->end)
            pass->end = most != 0 && count - i > most ? i + most : count;
        i = run_words(pass, i);
        i = run_counted(pass, i);
        if (vow_unlikely(pass->promises) && (i == pass->end || pass->ended))
            settle(pass);
    }
    drop_rest(pass->chunk, i);
    return i;
}

/* Lists ------------------------------------------------------------------------------------------------------------ */

enum { ROOM = 16 };

/* Room for one more of what lists give. */
static bool room_for_another(struct chunk *chunk, size_t made)
{
    if (vow_likely(made < chunk->other_room))
        return true;
    size_t room = made < ROOM ? ROOM : 2 * made;
    return vow_items_grow(&chunk->other, &chunk->other_room, made, room);
}

static void no_memory(struct pass *pass)
{
    end_with(pass, vow_fail(VOW_NO_MEMORY, "task %s: out of memory", pass->task->name));
}

/* The items of a list that the function gave, which is taken. */
static void put_list(struct pass *pass, vow_value list)
{
    size_t count = vow_list_count(list);
    for (size_t i = 0; i < count && !pass->ended; i++) {
        vow_value item = vow_list_at(list, i);
        if (vow_is_skip(item))
            continue;
        if (vow_is_end(item) || vow_is_error(item)) {
            end_with(pass, vow_retain(item));
        } else if (room_for_another(pass->chunk, pass->made)) {
            pass->chunk->other[pass->made] = vow_value_take(item);
            pass->promises = pass->promises || vow_is_promise(item);
            pass->made++;
        } else {
            no_memory(pass);
        }
    }
    vow_release(list);
}

static void put_result(struct pass *pass, vow_value result)
{
    result = vow_value_take(result);
    if (vow_is_promise(result))
        result = vow_await(vow_as_promise(result), VOW_FOREVER);
    if (vow_is_list(result)) {
        put_list(pass, result);
    } else if (vow_is_end(result) || vow_is_error(result)) {
        end_with(pass, result);
    } else if (!vow_is_skip(result)) {
        vow_release(result);
        end_with(pass,
                 vow_fail(VOW_INVALID, "task %s: its function works on lists, and gave no list",
                          pass->task->name));
    }
}

/* `count` items from `first` on, which go into the list. An error value without memory. */
static vow_value list_of(struct chunk *chunk, size_t first, size_t count)
{
    vow_value list = vow_list_new(count);
    vow_status status = vow_is_error(list) ? VOW_NO_MEMORY : VOW_OK;
    for (size_t i = first; i < first + count; i++) {
        if (status == VOW_OK)
            status = vow_list_append(list, chunk->items[i]);
        else
            vow_value_drop(chunk->items[i]);
    }
    if (status == VOW_OK || vow_is_error(list))
        return list;
    vow_release(list);
    return vow_error_from_last(__FILE__, __LINE__, status);
}

/* What came out is the chunk's content now. */
static void swap_items(struct chunk *chunk)
{
    vow_value *items = chunk->items;
    size_t room = chunk->room;
    chunk->items = chunk->other;
    chunk->room = chunk->other_room;
    chunk->other = items;
    chunk->other_room = room;
}

/* Those that lists have given so far are what has come out. */
static void settle_lists(struct pass *pass)
{
    swap_items(pass->chunk);
    settle(pass);
    swap_items(pass->chunk);
}

/* The same. */
static size_t run_lists(struct pass *pass)
{
    struct chunk *chunk = pass->chunk;
    size_t most = pass->task->max_chunk != 0 ? pass->task->max_chunk : SIZE_MAX;
    size_t first = 0, calls = 0;
    while (first < chunk->count && !pass->ended) {
        size_t count = chunk->count - first < most ? chunk->count - first : most;
        vow_value list = list_of(chunk, first, count);
        first += count;
        calls++;
        if (vow_is_error(list)) {
            end_with(pass, list);
            break;
        }
        put_result(pass, pass->task->fn(vow_borrow(list), pass->task->context));
        vow_release(list);
        if (pass->promises)
            settle_lists(pass);
    }
    drop_rest(chunk, first);
    swap_items(chunk);
    return calls;
}

/* ------------------------------------------------------------------------------------------------------------------ */

static inline void add(_Atomic uint64_t *count, uint64_t more)
{
    /* relaxed: a figure */
    atomic_fetch_add_explicit(count, more, memory_order_relaxed);
}

static void note(vow_task *task, size_t taken, size_t given, size_t calls, int64_t began)
{
    add(&task->taken, taken);
    add(&task->given, given);
    add(&task->calls, calls);
    add(&task->chunks, 1);
    /* relaxed: a figure */
    atomic_fetch_add_explicit(&task->nanoseconds, vow_real_now() - began, memory_order_relaxed);
}

void vow_stage_run(struct chunk *chunk, size_t stage)
{
    vow_task *task = chunk->pipeline->stages[stage];
    struct pass pass = {.chunk = chunk, .task = task};
    size_t taken = chunk->count, calls = 0;
    if (taken == 0)
        return;
    int64_t began = vow_real_now();
    if (task->fn == NULL)
        pass.made = taken;
    else if (task->batch)
        calls = run_lists(&pass);
    else
        calls = run_items(&pass);
    chunk->count = pass.made;
    note(task, taken, pass.made, calls, began);
    if (vow_unlikely(pass.ended))
        vow_pipeline_end_at(chunk->pipeline, chunk->number, pass.error, task);
}
