/*
 * channel.c - programs over a channel: read, and played by the library (channel.h).
 */
#include "channel.h"

static vow_writer *writers[ENDS];
static vow_reader *readers[ENDS];
static vow_promise *promises[PROMISES];

static void note(const char *what, long first, long second)
{
    note_on(REAL, what, first, second);
}

static vow_value make_item(const struct channel_act *act, int index)
{
    int number = act->number + index;
    switch ((enum item_kind)act->kind) {
    case ITEM_BOX:
        return token_box(number);
    case ITEM_ERROR:
        return vow_fail(VOW_USER + number, "an item");
    case ITEM_END:
        return vow_end();
    default:
        return vow_integer(number);
    }
}

static void note_item(vow_value item)
{
    note("item", value_number(item), 0);
    vow_release(item);
}

static void begin(size_t capacity, bool serial)
{
    const vow_channel_options options = {.size = sizeof(options), .serial = serial};
    must(vow_channel_new(capacity, &options, &writers[0], &readers[0]) == VOW_OK);
}

/* Writing and reading --------------------------------------------------------------------------------------------- */

static void write_one(const struct channel_act *act, vow_writer *writer)
{
    vow_value item = make_item(act, 0);
    vow_status status = vow_write(writer, item, VOW_POLL);
    note("write", status, 0);
    if (status != VOW_OK)
        vow_release(item);
}

static void write_many(const struct channel_act *act, vow_writer *writer)
{
    vow_value items[MOST_AT_ONCE];
    size_t written = 0;
    for (int i = 0; i < act->count; i++)
        items[i] = make_item(act, i);
    vow_status status = vow_write_many(writer, items, act->count, VOW_POLL, &written);
    note("write many", status, (long)written);
    for (size_t i = written; i < act->count; i++)
        vow_release(items[i]);
}

static void read_one(vow_reader *reader)
{
    vow_value item;
    vow_status status = vow_read(reader, VOW_POLL, &item);
    note("read", status, 0);
    if (status == VOW_OK)
        note_item(item);
}

static void read_many(const struct channel_act *act, vow_reader *reader)
{
    vow_value items[MOST_AT_ONCE];
    size_t count = 0;
    vow_status status = vow_read_many(reader, items, act->count, VOW_POLL, &count);
    note("read many", status, (long)count);
    for (size_t i = 0; i < count; i++)
        note_item(items[i]);
}

static void read_all(vow_reader *reader)
{
    if (!vow_reader_is_closed(reader))
        return;
    vow_value list = vow_read_all(reader, VOW_POLL);
    note("read all", vow_error_status(list), 0);
    for (size_t i = 0; !vow_is_error(list) && i < vow_list_count(list); i++)
        note("item", value_number(vow_list_at(list, i)), 0);
    vow_release(list);
}

/* Promises -------------------------------------------------------------------------------------------------------- */

static void release_promise(int slot)
{
    vow_promise *promise = promises[slot];
    promises[slot] = NULL;
    vow_promise_release(promise);
}

/* Acts ------------------------------------------------------------------------------------------------------------ */

static void act_on_writer(const struct channel_act *act, vow_writer *writer)
{
    if (writer == NULL)
        return;
    if (act->code == WRITE)
        write_one(act, writer);
    if (act->code == WRITE_MANY)
        write_many(act, writer);
    if (act->code == WRITE_PROMISE) {
        release_promise(act->slot);
        promises[act->slot] = vow_write_promise(writer, make_item(act, 0));
    }
    if (act->code == CLOSE_WRITER)
        note("close", vow_writer_close(writer), 0);
    if (act->code == FAIL)
        note("fail", vow_writer_fail(writer, vow_fail(VOW_USER + act->number, "failed")), 0);
    if (act->code == ANOTHER_WRITER && writers[act->slot % ENDS] == NULL)
        writers[act->slot % ENDS] = vow_writer_another(writer);
    if (act->code == RELEASE_WRITER) {
        writers[act->end] = NULL;
        vow_writer_release(writer);
    }
}

static void act_on_reader(const struct channel_act *act, vow_reader *reader)
{
    if (reader == NULL)
        return;
    if (act->code == READ)
        read_one(reader);
    if (act->code == READ_MANY)
        read_many(act, reader);
    if (act->code == READ_ALL)
        read_all(reader);
    if (act->code == READ_PROMISE) {
        release_promise(act->slot);
        promises[act->slot] = vow_read_promise(reader);
    }
    if (act->code == CLOSE_READER)
        note("close", vow_reader_close(reader), 0);
    if (act->code == ANOTHER_READER && readers[act->slot % ENDS] == NULL)
        readers[act->slot % ENDS] = vow_reader_another(reader);
    if (act->code == RELEASE_READER) {
        readers[act->end] = NULL;
        vow_reader_release(reader);
    }
}

static void act_real(const struct channel_act *act)
{
    act_on_writer(act, writers[act->end]);
    act_on_reader(act, readers[act->end]);
    if (act->code == CANCEL_PROMISE && promises[act->slot] != NULL)
        vow_cancel(promises[act->slot]);
    if (act->code == RELEASE_PROMISE)
        release_promise(act->slot);
}

static void states(void)
{
    for (int i = 0; i < ENDS; i++) {
        if (writers[i] != NULL)
            note("writer", (long)vow_writer_size(writers[i]), vow_writer_is_closed(writers[i]));
        if (readers[i] != NULL)
            note("reader", (long)vow_reader_size(readers[i]), vow_reader_is_closed(readers[i]));
    }
    for (int i = 0; i < PROMISES; i++) {
        vow_value value = vow_none();
        if (promises[i] != NULL && vow_peek(promises[i], &value))
            note("promise", i, value_number(value));
        vow_release(value);
    }
}

static void end(void)
{
    for (int i = 0; i < ENDS; i++) {
        vow_reader_release(readers[i]);
        vow_writer_release(writers[i]);
        readers[i] = NULL;
        writers[i] = NULL;
    }
    for (int i = 0; i < PROMISES; i++)
        release_promise(i);
}

/* The program ----------------------------------------------------------------------------------------------------- */

static struct channel_act read_act(struct bytes *bytes)
{
    struct channel_act act = {.code = (uint8_t)next_below(bytes, CHANNEL_CODES)};
    unsigned choice = next_byte(bytes);
    act.end = (uint8_t)(choice % ENDS);
    act.slot = (uint8_t)(choice / ENDS % PROMISES);
    if (act.code <= WRITE_PROMISE || act.code == FAIL) {
        choice = next_byte(bytes);
        act.kind = (uint8_t)(choice % ITEM_KINDS);
        act.number = (uint8_t)(choice / ITEM_KINDS);
        act.count = (uint8_t)(choice / ITEM_KINDS % (MOST_AT_ONCE + 1));
    }
    return act;
}

void fuzz_channel(struct bytes *bytes)
{
    static const size_t capacities[] = {0, 1, 2, 5, VOW_UNBOUNDED};
    unsigned which = next_below(bytes, 7);
    bool serial = which >= 5; /* 1 and 2 items */
    size_t capacity = capacities[serial ? which - 4 : which];
    trace("capacity %zu serial %d", capacity, serial);
    begin(capacity, serial);
    channel_model.begin(capacity, serial);
    for (int i = 0; i < MOST_CHANNEL_ACTS && bytes_left(bytes); i++) {
        struct channel_act act = read_act(bytes);
        trace("act %d: code %u end %u slot %u kind %u count %u number %u", i, act.code, act.end,
              act.slot, act.kind, act.count, act.number);
        act_real(&act);
        states();
        channel_model.act(&act);
        channel_model.states();
        compare_notes();
    }
    end();
    channel_model.end();
    compare_notes();
}
