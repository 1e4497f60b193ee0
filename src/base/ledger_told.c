/*
 * ledger_told.c - what the ledger says: the objects that are left, by what they are and where they were made.
 *
 * Entries are gathered into groups, of the same name, detail and place; a group is a line. Where there is no memory for
 * groups, each entry is one.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vow/debug.h>

#include "base/box.h"
#include "base/error.h"
#include "base/ledger_entries.h"
#include "base/wish.h"

enum { LINE_SIZE = 1024, EXAMPLE = 40, FAILED = 98 };

/* What makes two entries alike; compared byte by byte. */
struct likeness {
    const char *name;
    const char *detail;
    const void *made[PLACE_SHOWN];
    const void *also[PLACE_SHOWN];
};

struct group {
    struct likeness likeness; /* the key */
    UT_hash_handle hh;
    const struct entry *first;
    size_t count;
    size_t items;
    size_t bytes;
};

/* What an entry is -------------------------------------------------------------------------------------------------- */

/* The object, if it is a counted one. Another one may happen to look like it only by an address of a class in that place. */
static const struct counted *counted_of(const struct entry *entry)
{
    const struct counted *counted = entry->object;
    bool named = entry->name != NULL || (entry->size != 0 && entry->size < sizeof *counted);

    if (named || !vow_counted_is_known(counted->class))
        return NULL;
    return counted;
}

static const char *name_of(const struct entry *entry)
{
    const struct counted *counted = counted_of(entry);

    if (entry->name != NULL)
        return entry->name;
    return counted != NULL ? counted->class->name : "record";
}

static const char *detail_of(const struct entry *entry)
{
    const struct counted *counted = counted_of(entry);

    return counted != NULL && counted->class->detail != NULL ? counted->class->detail(counted)
                                                             : NULL;
}

static size_t items_of(const struct entry *entry)
{
    return entry->items != NULL ? entry->items(entry->object) : 0;
}

/* Whether what was done besides is of interest: who wrote into an empty channel is not. */
static bool has_also(const struct entry *entry)
{
    return entry->did != NULL && (entry->items == NULL || items_of(entry) != 0);
}

static void list_frames(const void **frames, const struct place *place)
{
    int first = vow_place_begin(place);

    for (int i = 0; i < PLACE_SHOWN && first + i < place->count; i++)
        frames[i] = place->frames[first + i];
}

static struct likeness likeness_of(const struct entry *entry)
{
    struct likeness likeness;

    memset(&likeness, 0, sizeof likeness);
    likeness.name = name_of(entry);
    likeness.detail = detail_of(entry);
    list_frames(likeness.made, &entry->made);
    if (has_also(entry))
        list_frames(likeness.also, &entry->also);
    return likeness;
}

/* Lines ------------------------------------------------------------------------------------------------------------- */

/* "3 promises, pending" */
static void write_what(struct writing *line, const struct group *group)
{
    const char *name = group->likeness.name;
    const char *many = group->count == 1 ? "" : strchr("xs", name[strlen(name) - 1]) ? "es" : "s";

    vow_say(line, "%zu %s%s", group->count, name, many);
    if (group->likeness.detail != NULL)
        vow_say(line, ", %s", group->likeness.detail);
    if (group->items != 0)
        vow_say(line, ", %zu item%s", group->items, group->items == 1 ? "" : "s");
    if (group->bytes != 0)
        vow_say(line, ", %zu bytes", group->bytes);
}

/* The function of vow that the program called: by it objects without a name are known. */
static void write_where(struct writing *line, const struct entry *entry)
{
    int begin = vow_place_begin(&entry->made);
    const char *function = vow_place_function(&entry->made, begin - 1);

    if (function != NULL)
        vow_say(line, ", made by %s", function);
    vow_place_write(line, function != NULL ? " < " : ", made by ", &entry->made, begin);
}

/* ", submitted by main+0x83 (program)" */
static void write_also(struct writing *line, const struct entry *entry)
{
    char what[32];

    if (!has_also(entry))
        return;
    (void)snprintf(what, sizeof what, ", %s by ", entry->did);
    vow_place_write(line, what, &entry->also, vow_place_begin(&entry->also));
}

/* What a text or an error says, from its beginning. */
static void write_example(struct writing *line, const struct entry *entry)
{
    const struct counted *counted = counted_of(entry);
    const char *says = NULL;

    if (counted != NULL && counted->class == &vow_error_class)
        says = ((const struct error *)counted)->message;
    else if (counted != NULL && strcmp(counted->class->name, "box") == 0 &&
             ((const struct box *)counted)->type == &vow_text_type)
        says = vow_box_content((struct box *)(uintptr_t)counted);
    if (says != NULL)
        vow_say(line, ": \"%.*s%s\"", EXAMPLE, says, strlen(says) > EXAMPLE ? "…" : "");
}

struct teller {
    vow_dump_line *line;
    void *context;
};

static void tell_group(const struct teller *teller, const struct group *group)
{
    char buffer[LINE_SIZE];
    struct writing line = {.buffer = buffer, .size = sizeof buffer};

    write_what(&line, group);
    write_where(&line, group->first);
    write_also(&line, group->first);
    write_example(&line, group->first);
    teller->line(buffer, teller->context);
}

/* Groups ------------------------------------------------------------------------------------------------------------ */

/* NOLINTBEGIN(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult): uthash's macros are long */

/* A new group in the table; NULL without memory. */
static struct group *group_add(struct group **groups, const struct likeness *likeness,
                               const struct entry *first)
{
    struct group *group = vow_allocate(sizeof *group);
    bool table_full = false;

    if (group == NULL)
        return NULL;
    memset(group, 0, sizeof *group);
    group->likeness = *likeness;
    group->first = first;
    HASH_ADD(hh, *groups, likeness, sizeof group->likeness, group);
    if (!table_full)
        return group;
    vow_deallocate(group);
    return NULL;
}

static struct group *group_of(struct group **groups, const struct likeness *likeness,
                              const struct entry *entry)
{
    struct group *group = NULL;

    HASH_FIND(hh, *groups, likeness, sizeof *likeness, group);
    return group != NULL ? group : group_add(groups, likeness, entry);
}

static void free_groups(struct group *groups)
{
    struct group *group;
    struct group *next;

    HASH_ITER(hh, groups, group, next)
    {
        HASH_DEL(groups, group);
        vow_deallocate(group);
    }
}

/* NOLINTEND(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult) */

static void gather(struct group **groups, const struct entry *entry, const struct teller *teller)
{
    struct likeness likeness = likeness_of(entry);
    struct group alone = {.likeness = likeness, .first = entry};
    struct group *group = group_of(groups, &likeness, entry);

    if (group == NULL)
        group = &alone;
    group->count++;
    group->items += items_of(entry);
    group->bytes += entry->size;
    if (group == &alone)
        tell_group(teller, group);
}

/* Telling it -------------------------------------------------------------------------------------------------------- */

static void write_line(const char *text, void *context)
{
    (void)context;
    (void)fprintf(stderr, "vow: %s\n", text);
}

size_t vow_dump_ledger(vow_dump_line *line, void *context)
{
    struct teller teller = {line != NULL ? line : write_line, context};
    struct group *groups = NULL;
    size_t count = 0;

    vow_lock_take(&vow_ledger.lock);
    for (const struct entry *entry = vow_ledger.entries; entry != NULL; entry = entry->hh.next)
        if (!entry->excused) {
            gather(&groups, entry, &teller);
            count++;
        }
    for (const struct group *group = groups; group != NULL; group = group->hh.next)
        tell_group(&teller, group);
    vow_lock_give(&vow_ledger.lock);
    free_groups(groups);
    return count;
}

static void write_line_of_end(const char *text, void *headed)
{
    if (!*(bool *)headed)
        write_line("the ledger: what is left at exit", NULL);
    *(bool *)headed = true;
    write_line(text, NULL);
}

/* Where threads of the program's go on, what they hold is no leak, or not yet: nothing is made of it. */
void vow_ledger_end(void)
{
    bool headed = false;

    if (!vow_ledger_kept)
        return;
    size_t left = vow_dump_ledger(write_line_of_end, &headed);
    if (left != 0 && vow_ledger.strangers != 0)
        (void)fprintf(stderr,
                      "vow: the ledger: %zu of the program's threads are running, and may use it\n",
                      vow_ledger.strangers);
    if (vow_ledger.missed != 0)
        (void)fprintf(stderr, "vow: the ledger: there was no memory to enter %zu objects\n",
                      vow_ledger.missed);
    if (left == 0 || vow_ledger.strangers != 0 || !vow_debug_asks_for("fail"))
        return;
    (void)fflush(NULL);
    _exit(FAILED);
}
