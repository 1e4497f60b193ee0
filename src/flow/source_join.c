/*
 * source_join.c - sources made of several readers: merge and zip.
 *
 * The readers are asked for what is wanted before anybody waits for one of them, so that those who fill them work at the
 * same time: each for its share in a merge, each for all in a zip.
 *
 * A zip reads the items of a list one after the other; those that it has wait in `held` until the list is whole. So not
 * more than one of each reader is out of its channel, and can be put back when another reader ends.
 *
 * Invariants
 * 1. `cases[i].reader` is an owned reference; NULL: that reader has ended. `live` counts the others.
 * 2. Of a zip the first `held_count` of `held` are there.
 */
#include "flow/source.h"

#include "base/fail.h"
#include "flow/channel.h"
#include <vow/error.h>
#include <vow/list.h>
#include <vow/memory.h>
#include <vow/select.h>

struct joined {
    vow_source *source;
    size_t count;
    size_t live;
    size_t next; /* of a merge: whose turn it is */
    size_t held_count;
    vow_value *held;  /* of a zip */
    vow_case cases[]; /* its readers, as a select wants them */
};

/* Readers --------------------------------------------------------------------------------------------------------- */

static struct channel *channel_of(const struct joined *joined, size_t i)
{
    return joined->cases[i].reader->end.channel;
}

/* Has the channel filled, if a task does that, so that it holds `count`. */
static void want(const struct joined *joined, size_t i, size_t count)
{
    struct channel *channel = channel_of(joined, i);
    size_t there = vow_channel_count(channel);
    if (there < count)
        vow_channel_want(channel, count - there);
}

static void set_eager(vow_source *source, bool eager)
{
    struct joined *joined = source->self;
    for (size_t i = 0; i < joined->count; i++) {
        if (joined->cases[i].reader == NULL)
            continue;
        if (eager)
            vow_channel_read_all_begin(channel_of(joined, i));
        else
            vow_channel_read_all_end(channel_of(joined, i));
    }
}

/* Gives the item back to its channel, if somebody else reads there. */
static void give_back(const vow_reader *reader, vow_value item)
{
    struct channel *channel = reader->end.channel;
    struct place_queue told = {NULL, NULL};
    bool locked = vow_channel_enter(channel);
    bool back = channel->readers > 1 && vow_channel_put_back(channel, item, &told);
    vow_channel_leave_and_tell(channel, locked, &told);
    if (!back)
        vow_value_drop(item);
}

static void give_all_back(struct joined *joined)
{
    for (size_t i = 0; i < joined->held_count; i++)
        give_back(joined->cases[i].reader, joined->held[i]);
    joined->held_count = 0;
}

static void drop_joined(void *self)
{
    struct joined *joined = self;
    give_all_back(joined);
    for (size_t i = 0; i < joined->count; i++)
        vow_reader_release(joined->cases[i].reader);
    vow_deallocate(joined->held);
    vow_deallocate(joined);
}

/* Merge ----------------------------------------------------------------------------------------------------------- */

/* A reader has given `status` instead of items: it goes. None, or the error. */
static vow_value leave_out(struct joined *joined, size_t i, vow_status status)
{
    vow_value ends = vow_source_closed_by(joined->cases[i].reader, status);
    if (!vow_is_end(ends))
        return ends;
    if (joined->source->eager)
        vow_channel_read_all_end(channel_of(joined, i));
    vow_reader_release(joined->cases[i].reader);
    joined->cases[i].reader = NULL;
    joined->live--;
    return vow_none();
}

/* What lies there of one reader's, at most `count`. Adds to `*ret_done`. */
static vow_value take_there(struct joined *joined, size_t i, vow_value *items, size_t count,
                            size_t *ret_done)
{
    const struct channel *channel = channel_of(joined, i);
    size_t got, there = vow_channel_count(channel);
    if (there == 0 && !vow_channel_is_closed(channel))
        return vow_none();
    if (count > there)
        count = there != 0 ? there : 1;
    vow_status status =
        vow_read_many(joined->cases[i].reader, items + *ret_done, count, VOW_POLL, &got);
    if (status == VOW_TIMED_OUT) /* another end was quicker */
        return vow_none();
    if (status != VOW_OK)
        return leave_out(joined, i, status);
    *ret_done += got;
    joined->next = i + 1;
    return vow_none();
}

static size_t share(const struct joined *joined, size_t count)
{
    return joined->live != 0 ? (count + joined->live - 1) / joined->live : 0;
}

/* One round, in which each reader gives what lies there, up to its share. */
static vow_value take_round(struct joined *joined, vow_value *items, size_t count, size_t *ret_done)
{
    size_t most = share(joined, count - *ret_done), first = joined->next;
    vow_value ends = vow_none();
    for (size_t k = 0; k < joined->count && *ret_done < count && vow_is_none(ends); k++) {
        size_t i = (first + k) % joined->count;
        size_t left = count - *ret_done;
        if (joined->cases[i].reader != NULL)
            ends = take_there(joined, i, items, most < left ? most : left, ret_done);
    }
    return ends;
}

/* Nothing lies there. */
static vow_value wait_for_one(struct joined *joined, vow_value *items, size_t count,
                              size_t *ret_done)
{
    size_t index, most = share(joined, count - *ret_done);
    for (size_t i = 0; i < joined->count && !joined->source->eager; i++)
        if (joined->cases[i].reader != NULL)
            want(joined, i, most);
    vow_status status = vow_select(joined->cases, joined->count, VOW_FOREVER, &index);
    if (status != VOW_OK)
        return vow_error_from_last(__FILE__, __LINE__, status);
    if (joined->cases[index].status != VOW_OK)
        return leave_out(joined, index, joined->cases[index].status);
    items[(*ret_done)++] = joined->cases[index].value;
    joined->next = index + 1;
    return vow_none();
}

static vow_value pull_merge(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    struct joined *joined = self;
    vow_value ends = vow_none();
    *ret_count = 0;
    while (*ret_count < count && vow_is_none(ends)) {
        size_t before = *ret_count;
        ends = take_round(joined, items, count, ret_count);
        if (!vow_is_none(ends) || *ret_count != before)
            continue;
        if (joined->live == 0)
            ends = vow_end();
        else if (joined->source->eager && before != 0)
            break;
        else
            ends = wait_for_one(joined, items, count, ret_count);
    }
    return ends;
}

/* Zip ------------------------------------------------------------------------------------------------------------- */

/* Reads what the next list lacks. None, or how it ends. */
static vow_value fill_held(struct joined *joined)
{
    while (joined->held_count < joined->count) {
        size_t i = joined->held_count;
        vow_reader *reader = joined->cases[i].reader;
        vow_status status = vow_read(reader, VOW_FOREVER, &joined->held[i]);
        if (status != VOW_OK) {
            vow_value ends = vow_source_closed_by(reader, status);
            give_all_back(joined);
            return ends;
        }
        joined->held_count++;
    }
    return vow_none();
}

/* Of all that is held; an error without memory. */
static vow_value list_of_held(struct joined *joined)
{
    vow_value list = vow_list_new(joined->count);
    vow_status status = VOW_OK;
    if (vow_is_error(list))
        return list;
    for (size_t i = 0; i < joined->count && status == VOW_OK; i++)
        status = vow_list_append(list, joined->held[i]); /* there is room */
    joined->held_count = 0;
    vow_check(status == VOW_OK);
    return list;
}

/* Whether the next list is there without waiting for anybody. */
static bool is_there(const struct joined *joined)
{
    for (size_t i = joined->held_count; i < joined->count; i++) {
        const struct channel *channel = channel_of(joined, i);
        if (vow_channel_count(channel) == 0 && !vow_channel_is_closed(channel))
            return false;
    }
    return true;
}

static vow_value pull_zip(vow_value *items, size_t count, size_t *ret_count, void *self)
{
    struct joined *joined = self;
    size_t done = 0;
    vow_value ends = joined->count != 0 ? vow_none() : vow_end();
    for (size_t i = 0; i < joined->count && !joined->source->eager; i++)
        want(joined, i, i < joined->held_count ? count - 1 : count);
    while (done < count && vow_is_none(ends)) {
        if (done != 0 && joined->source->eager && !is_there(joined))
            break;
        ends = fill_held(joined);
        vow_value list = vow_is_none(ends) ? list_of_held(joined) : vow_none();
        if (vow_is_error(list))
            ends = list;
        else if (vow_is_none(ends))
            items[done++] = list;
    }
    *ret_count = done;
    return ends;
}

/* Making ---------------------------------------------------------------------------------------------------------- */

static void release_all(vow_reader *const *readers, size_t count)
{
    for (size_t i = 0; readers != NULL && i < count; i++)
        vow_reader_release(readers[i]);
}

static bool all_are_there(vow_reader *const *readers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (readers == NULL || readers[i] == NULL)
            return false;
    return true;
}

static struct joined *joined_new(vow_reader *const *readers, size_t count, bool holds)
{
    struct joined *joined = NULL;
    if (count <= (SIZE_MAX - sizeof(*joined)) / sizeof(vow_case))
        joined = vow_allocate(sizeof(*joined) + count * sizeof(vow_case));
    if (joined == NULL)
        return NULL;
    *joined = (struct joined){.count = count, .live = count};
    if (holds && count != 0) {
        joined->held = vow_allocate(count * sizeof(vow_value));
        if (joined->held == NULL) {
            vow_deallocate(joined);
            return NULL;
        }
    }
    for (size_t i = 0; i < count; i++)
        joined->cases[i] = vow_case_read(readers[i]);
    return joined;
}

static vow_source *join(vow_reader *const *readers, size_t count, bool zips, const char *function)
{
    if (!all_are_there(readers, count)) {
        release_all(readers, count);
        return vow_source_refuse(function,
                                 readers == NULL ? "readers is NULL" : "a reader is NULL");
    }
    struct joined *joined = joined_new(readers, count, zips);
    if (joined == NULL) {
        release_all(readers, count);
        (void)vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
        return NULL;
    }
    vow_source *source = vow_source_make(zips ? "zip" : "merge", zips ? pull_zip : pull_merge,
                                         drop_joined, joined, function);
    if (source == NULL)
        return NULL;
    joined->source = source;
    source->joins = true;
    source->set_eager = set_eager;
    return source;
}

vow_source *vow_source_merge(vow_reader *const *readers, size_t count)
{
    return join(readers, count, false, "vow_source_merge");
}

vow_source *vow_source_zip(vow_reader *const *readers, size_t count)
{
    return join(readers, count, true, "vow_source_zip");
}
