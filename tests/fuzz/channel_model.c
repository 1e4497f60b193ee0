/*
 * channel_model.c - what a channel has to do when one thread uses it: a sequential model of the contracts of vow/channel.h.
 *
 * Items lie in one array, of those that were written; those of promises that wait to be written lie behind them, as long as
 * there is no room. Readers that wait have a queue of their own: either there are items, or there are readers that wait.
 */
#include "channel.h"

#include <string.h>

enum { MOST_WAITING = 2 * MOST_CHANNEL_ACTS, MOST_ITEMS = MOST_CHANNEL_ACTS * MOST_AT_ONCE };

struct item {
    long number; /* as value_number says it */
    int status;  /* of an error */
};

/* A promise: of a slot, or forgotten. */
struct promise {
    bool settled;
    long number;
    bool held; /* by its slot */
    int end;   /* the end that it keeps while it waits: its index among all that ever were */
    struct item item;
};

struct end {
    int references; /* the slot's, and those of promises that wait */
};

static size_t capacity;
static bool serial, closed;
static int error; /* its status; 0: none */
static struct item items[MOST_ITEMS];
static int first, count;
static struct promise all[MOST_WAITING];
static int promises_made;
static struct promise *reading[MOST_WAITING], *writing[MOST_WAITING];
static int reading_count, writing_count;
static struct end all_writers[MOST_WAITING], all_readers[MOST_WAITING];
static int writers_made, readers_made, writers_left, readers_left;
static struct end *writers[ENDS], *readers[ENDS];
static struct promise *slots[PROMISES];

/* Ends that promises have let go; they go when the act has done what it does. */
static struct end *going_writers[MOST_WAITING], *going_readers[MOST_WAITING];
static int writers_going, readers_going;

static void note(const char *what, long one, long two)
{
    note_on(MODEL, what, one, two);
}

static long error_number(int status)
{
    return (long)VOW_ERROR * KIND + status;
}

static struct item make_item(const struct channel_act *act, int index)
{
    int number = act->number + index;
    switch ((enum item_kind)act->kind) {
    case ITEM_BOX:
        return (struct item){(long)VOW_BOX * KIND + number, 0};
    case ITEM_ERROR:
        return (struct item){error_number(VOW_USER + number), VOW_USER + number};
    case ITEM_END:
        return (struct item){(long)VOW_END * KIND, 0};
    default:
        return (struct item){(long)VOW_INTEGER * KIND + number, 0};
    }
}

/* Closing --------------------------------------------------------------------------------------------------------- */

static void settle(struct promise *promise, long number);

static int end_status(void)
{
    return error != 0 ? error : VOW_CLOSED;
}

static struct promise *take_first(struct promise **queue, int *queued)
{
    struct promise *promise = queue[0];
    memmove(queue, queue + 1, (size_t)-- * queued * sizeof(struct promise *));
    return promise;
}

static void release_writer(struct end *writer);
static void release_reader(struct end *reader);

static void close_all(void)
{
    closed = true;
    if (fuzz_bend == BEND_CLOSE)
        count = 0;
    while (reading_count > 0) {
        struct promise *promise = take_first(reading, &reading_count);
        settle(promise, error_number(end_status()));
        release_reader(&all_readers[promise->end]);
    }
    while (writing_count > 0) {
        struct promise *promise = take_first(writing, &writing_count);
        settle(promise, error_number(VOW_CLOSED));
        release_writer(&all_writers[promise->end]);
    }
}

static void release_writer(struct end *writer)
{
    if (--writer->references == 0 && --writers_left == 0 && !closed)
        close_all();
}

static void release_reader(struct end *reader)
{
    if (--reader->references > 0 || --readers_left > 0)
        return;
    if (!closed)
        close_all();
    count = 0;
}

/* Passing --------------------------------------------------------------------------------------------------------- */

static void settle(struct promise *promise, long number)
{
    promise->settled = true;
    promise->number = number;
}

static size_t room(void)
{
    return fuzz_bend == BEND_CAPACITY ? capacity + 1 : capacity;
}

static void let_ends_go(void)
{
    while (writers_going > 0)
        release_writer(going_writers[--writers_going]);
    while (readers_going > 0)
        release_reader(going_readers[--readers_going]);
}

/* To the first reader that waits; those whose promise nobody has any more take nothing. */
static bool give_to_reader(struct item item)
{
    while (reading_count > 0) {
        struct promise *promise = take_first(reading, &reading_count);
        if (promise->held)
            settle(promise, item.number);
        going_readers[readers_going++] = &all_readers[promise->end];
        if (promise->held)
            return true;
    }
    return false;
}

static bool put(struct item item)
{
    if (give_to_reader(item))
        return true;
    if (closed || (size_t)count >= room())
        return false;
    items[(first + count++) % MOST_ITEMS] = item;
    return true;
}

static bool take(struct item *ret_item)
{
    struct promise *promise = writing_count > 0 ? take_first(writing, &writing_count) : NULL;
    if (count == 0 && promise == NULL)
        return false;
    if (promise != NULL) {
        items[(first + count++) % MOST_ITEMS] = promise->item;
        settle(promise, 0);
    }
    *ret_item = items[first];
    first = (first + 1) % MOST_ITEMS;
    count--;
    if (promise != NULL)
        going_writers[writers_going++] = &all_writers[promise->end];
    return true;
}

/* Acts ------------------------------------------------------------------------------------------------------------ */

static void write_many(const struct channel_act *act, int wanted, const char *what)
{
    int written = 0;
    while (written < wanted && !closed && put(make_item(act, written)))
        written++;
    vow_status status = written == wanted ? VOW_OK : closed ? VOW_CLOSED : VOW_TIMED_OUT;
    note(what, status, what[5] == '\0' ? 0 : written);
}

static vow_status status_of_none(void)
{
    return closed ? end_status() : VOW_TIMED_OUT;
}

static void read_some(int wanted, const char *what, bool all_of_it)
{
    static struct item found[MOST_ITEMS];
    int taken = 0;
    while (taken < wanted && take(&found[taken]))
        taken++;
    vow_status status = taken > 0 || wanted == 0 ? VOW_OK : status_of_none();
    if (all_of_it && status == VOW_CLOSED)
        status = VOW_OK; /* an empty list */
    note(what, status, all_of_it || what[4] == '\0' ? 0 : taken);
    for (int i = 0; i < taken; i++)
        note("item", found[i].number, 0);
}

static struct promise *promise_new(int slot, struct item item, int end)
{
    if (slots[slot] != NULL)
        slots[slot]->held = false;
    must(promises_made < MOST_WAITING);
    slots[slot] = &all[promises_made++];
    *slots[slot] = (struct promise){.held = true, .item = item, .end = end};
    return slots[slot];
}

static void write_promise(const struct channel_act *act, struct end *writer)
{
    struct item item = make_item(act, 0);
    struct promise *promise = promise_new(act->slot, item, (int)(writer - all_writers));
    if (closed)
        settle(promise, error_number(VOW_CLOSED));
    else if (put(item))
        settle(promise, 0);
    else if (serial)
        settle(promise, error_number(VOW_DEADLOCK));
    else {
        writer->references++;
        writing[writing_count++] = promise;
    }
}

static void read_promise(const struct channel_act *act, struct end *reader)
{
    struct item item = {0, 0};
    struct promise *promise = promise_new(act->slot, item, (int)(reader - all_readers));
    if (take(&item))
        settle(promise, item.number);
    else if (closed)
        settle(promise, error_number(end_status()));
    else if (serial)
        settle(promise, error_number(VOW_DEADLOCK));
    else {
        reader->references++;
        reading[reading_count++] = promise;
    }
}

static bool take_out(struct promise **queue, int *queued, const struct promise *promise)
{
    for (int i = 0; i < *queued; i++)
        if (queue[i] == promise) {
            memmove(queue + i, queue + i + 1, (size_t)(--*queued - i) * sizeof(struct promise *));
            return true;
        }
    return false;
}

static void cancel_promise(struct promise *promise)
{
    if (promise == NULL || promise->settled)
        return;
    settle(promise, error_number(VOW_CANCELED));
    if (take_out(reading, &reading_count, promise))
        release_reader(&all_readers[promise->end]);
    if (take_out(writing, &writing_count, promise))
        release_writer(&all_writers[promise->end]);
}

static void release_promise(int slot)
{
    if (slots[slot] != NULL)
        slots[slot]->held = false;
    slots[slot] = NULL;
}

static void close_with(int status, const char *what)
{
    if (closed && status != 0) {
        note(what, VOW_CLOSED, 0);
        return;
    }
    if (!closed) {
        error = status;
        close_all();
    }
    note(what, VOW_OK, 0);
}

static struct end *end_new(struct end *ends, int *made, int *left)
{
    ends[*made] = (struct end){1};
    ++*left;
    return &ends[(*made)++];
}

static void act_on_writer(const struct channel_act *act, struct end *writer)
{
    if (writer == NULL)
        return;
    if (act->code == WRITE)
        write_many(act, 1, "write");
    if (act->code == WRITE_MANY)
        write_many(act, act->count, "write many");
    if (act->code == WRITE_PROMISE)
        write_promise(act, writer);
    if (act->code == CLOSE_WRITER)
        close_with(0, "close");
    if (act->code == FAIL)
        close_with(VOW_USER + act->number, "fail");
    if (act->code == ANOTHER_WRITER && writers[act->slot % ENDS] == NULL)
        writers[act->slot % ENDS] = end_new(all_writers, &writers_made, &writers_left);
    if (act->code == RELEASE_WRITER) {
        writers[act->end] = NULL;
        release_writer(writer);
    }
}

static void act_on_reader(const struct channel_act *act, struct end *reader)
{
    if (reader == NULL)
        return;
    if (act->code == READ)
        read_some(1, "read", false);
    if (act->code == READ_MANY)
        read_some(act->count, "read many", false);
    if (act->code == READ_ALL && closed)
        read_some(MOST_ITEMS, "read all", true);
    if (act->code == READ_PROMISE)
        read_promise(act, reader);
    if (act->code == CLOSE_READER)
        close_with(0, "close");
    if (act->code == ANOTHER_READER && readers[act->slot % ENDS] == NULL)
        readers[act->slot % ENDS] = end_new(all_readers, &readers_made, &readers_left);
    if (act->code == RELEASE_READER) {
        readers[act->end] = NULL;
        release_reader(reader);
    }
}

static void act_model(const struct channel_act *act)
{
    act_on_writer(act, writers[act->end]);
    let_ends_go();
    act_on_reader(act, readers[act->end]);
    let_ends_go();
    if (act->code == CANCEL_PROMISE)
        cancel_promise(slots[act->slot]);
    if (act->code == RELEASE_PROMISE)
        release_promise(act->slot);
}

static void states(void)
{
    for (int i = 0; i < ENDS; i++) {
        if (writers[i] != NULL)
            note("writer", count, closed);
        if (readers[i] != NULL)
            note("reader", count, closed);
    }
    for (int i = 0; i < PROMISES; i++)
        if (slots[i] != NULL && slots[i]->settled)
            note("promise", i, slots[i]->number);
}

static void begin(size_t with_capacity, bool is_serial)
{
    capacity = with_capacity;
    serial = is_serial;
    closed = false;
    error = first = count = promises_made = reading_count = writing_count = 0;
    writers_made = readers_made = writers_left = readers_left = 0;
    memset(slots, 0, sizeof(slots));
    memset(writers, 0, sizeof(writers));
    memset(readers, 0, sizeof(readers));
    writers[0] = end_new(all_writers, &writers_made, &writers_left);
    readers[0] = end_new(all_readers, &readers_made, &readers_left);
}

static void end(void)
{
}

const struct channel_playing channel_model = {begin, act_model, states, end};
