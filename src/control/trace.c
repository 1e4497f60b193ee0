/*
 * trace.c - records of promises: where they were made, chained and fired (trace.h).
 */
#include "control/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <vow/error.h>
#include <vow/time.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/place.h"
#include "base/table.h"
#include "base/wish.h"
#include "execution/world.h"

enum { PATH_SIZE = 8192, LINE_SIZE = 1024 };

struct record {
    const vow_promise *promise; /* the key */
    UT_hash_handle hh;
    struct record *from; /* what it was chained to last; a reference */
    unsigned references;
    unsigned depth; /* how many at least lead here, one by one */
    uint64_t number;
    int64_t made_at;
    bool settled;
    struct place made, fired;
};

_Atomic unsigned vow_tracing;

static struct lock lock; /* guards all below, and the records */
VOW_CHILD_LOCK(lock);
static struct record *records;
static uint64_t numbers;

void vow_set_debug(bool record)
{
    unsigned tracing = record ? TRACE_LOOK | TRACE_RECORD : TRACE_LOOK;

    if (record || vow_tracing_now() != 0) /* relaxed: see vow_tracing_now */
        atomic_store_explicit(&vow_tracing, tracing, memory_order_relaxed);
    vow_world_record(record);
}

__attribute__((constructor)) static void ask_environment(void)
{
    if (vow_debug_asks_for("1"))
        vow_set_debug(true);
}

/* Records: under the lock ---------------------------------------------------------------------------------------- */

/* NOLINTBEGIN(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult): uthash's macros are long */

static struct record *find(const vow_promise *promise)
{
    struct record *record = NULL;

    HASH_FIND_PTR(records, &promise, record);
    return record;
}

static void unref(struct record *record)
{
    while (record != NULL && --record->references == 0) {
        struct record *from = record->from;
        vow_deallocate(record);
        record = from;
    }
}

static void add(struct record *record)
{
    bool table_full = false;

    record->number = ++numbers;
    HASH_ADD_PTR(records, promise, record);
    if (table_full)
        vow_deallocate(record);
}

/* What happens ------------------------------------------------------------------------------------------------------- */

VOW_COLD void vow_trace_made(const vow_promise *promise)
{
    struct record *record = vow_allocate(sizeof *record);

    if (record == NULL)
        return;
    *record = (struct record){.promise = promise, .references = 1, .made_at = vow_now()};
    vow_place_note(&record->made);
    vow_lock_take(&lock);
    add(record);
    vow_lock_give(&lock);
}

VOW_COLD void vow_trace_settled(const vow_promise *promise)
{
    struct place place;

    vow_place_note(&place);
    vow_lock_take(&lock);
    struct record *record = find(promise);
    if (record != NULL) {
        record->settled = true;
        record->fired = place;
    }
    vow_lock_give(&lock);
}

VOW_COLD void vow_trace_gone(const vow_promise *promise)
{
    vow_lock_take(&lock);
    struct record *record = find(promise);
    if (record != NULL) {
        HASH_DEL(records, record);
        record->settled = true;
        unref(record);
    }
    vow_lock_give(&lock);
}

/* NOLINTEND(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult) */

/* Neither a ring nor a path without end would come of it. */
static bool may_lead_to(const struct record *record, const struct record *from)
{
    unsigned steps = 0;

    if (record->depth >= TRACE_LONGEST)
        return false;
    for (; from != NULL && from != record && steps < TRACE_LONGEST; from = from->from)
        steps++;
    return from == NULL;
}

static void lead_to(struct record *record, struct record *from)
{
    struct record *former = record->from;

    record->settled = false;
    record->from = NULL;
    if (from != NULL && may_lead_to(record, from)) {
        record->from = from;
        from->references++;
        from->depth = from->depth > record->depth ? from->depth : record->depth + 1;
    }
    unref(former);
}

VOW_COLD void vow_trace_chained(const vow_promise *promise, const vow_promise *source)
{
    vow_lock_take(&lock);
    struct record *record = find(promise);
    if (record != NULL)
        lead_to(record, find(source));
    vow_lock_give(&lock);
}

/* Telling it --------------------------------------------------------------------------------------------------------- */

static void put_place(struct writing *text, const char *what, const struct place *place)
{
    vow_place_write(text, what, place, vow_place_begin(place));
}

static void put_record(struct writing *text, const struct record *record)
{
    vow_say(text, "promise %" PRIu64, record->number);
    put_place(text, ", made by ", &record->made);
    put_place(text, ", fired by ", &record->fired);
}

static void put_path(struct writing *text, const struct record *record)
{
    for (unsigned i = 0; record != NULL && i < TRACE_LONGEST; i++, record = record->from) {
        vow_say(text, "%s", text->length != 0 ? "\n  from " : "");
        put_record(text, record);
    }
}

size_t vow_promise_path(vow_promise *promise, char *buffer, size_t size)
{
    struct writing text = {.buffer = buffer, .size = buffer != NULL ? size : 0};

    if (text.size != 0)
        buffer[0] = '\0';
    vow_lock_take(&lock);
    put_path(&text, find(promise));
    vow_lock_give(&lock);
    return text.length;
}

VOW_COLD vow_value vow_trace_explain(vow_promise *promise, vow_value error)
{
    char *path = vow_allocate(PATH_SIZE);

    if (path != NULL && vow_promise_path(promise, path, PATH_SIZE) != 0)
        error = vow_fail_because(error, vow_error_status(error), "unhandled in %s", path);
    vow_deallocate(path);
    return error;
}

VOW_COLD vow_status vow_trace_fired_before(const vow_promise *promise, const char *function)
{
    char buffer[LINE_SIZE] = "";
    struct writing text = {.buffer = buffer, .size = sizeof buffer};

    vow_lock_take(&lock);
    struct record *record = find(promise);
    if (record != NULL) {
        vow_say(&text, ": ");
        put_record(&text, record);
    }
    vow_lock_give(&lock);
    return vow_fail_status(VOW_ALREADY_FIRED, "%s: deferred has fired before%s", function, buffer);
}

/* What is pending -------------------------------------------------------------------------------------------------------- */

static void write_line(const char *text, void *context)
{
    (void)context;
    (void)fprintf(stderr, "vow: %s\n", text);
}

static void put_pending(struct writing *text, const struct record *record)
{
    const struct record *from = record->from;

    vow_say(text, "promise %" PRIu64 ", pending for %.3f s", record->number,
            (double)(vow_now() - record->made_at) / 1e9);
    put_place(text, ", made by ", &record->made);
    if (from != NULL && !from->settled)
        vow_say(text, ", waits for promise %" PRIu64, from->number);
    else
        vow_say(text, ", waits for whoever fires it");
}

/* A table of uthash is in the order in which it was filled. */
size_t vow_dump_pending(vow_dump_line *line, void *context)
{
    char buffer[LINE_SIZE];
    size_t count = 0;

    vow_lock_take(&lock);
    for (const struct record *record = records; record != NULL; record = record->hh.next) {
        struct writing text = {.buffer = buffer, .size = sizeof buffer};
        if (record->settled)
            continue;
        put_pending(&text, record);
        (line != NULL ? line : write_line)(buffer, context);
        count++;
    }
    vow_lock_give(&lock);
    return count;
}
