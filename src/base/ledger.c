/*
 * ledger.c - entering what is made, and striking out what is freed (ledger.h).
 */
#include "base/ledger.h"

#include <vow/debug.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/ledger_entries.h"
#include "base/object.h"
#include "base/threads.h"
#include "base/wish.h"

enum { UNKNOWN, STRANGER, OURS };

bool vow_ledger_kept;
struct ledger vow_ledger;

static VOW_THREAD_LOCAL int thread_is;
static VOW_THREAD_LOCAL struct thread_exit exit_hook;

/* Before all that might make something in a constructor of its own. */
__attribute__((constructor(101))) static void ask_environment(void)
{
    vow_ledger_kept = vow_debug_asks_for("ledger");
}

vow_status vow_set_ledger(bool keep)
{
    if (vow_objects_have_begun())
        return vow_fail_literal(VOW_INVALID, "vow_set_ledger: too late, something was made");
    vow_ledger_kept = keep;
    return VOW_OK;
}

/* Threads ----------------------------------------------------------------------------------------------------------- */

static void count_strangers(int change)
{
    vow_lock_take(&vow_ledger.lock);
    vow_ledger.strangers += (size_t)change;
    vow_lock_give(&vow_ledger.lock);
}

static void thread_end(struct thread_exit *hook)
{
    (void)hook;
    thread_is = UNKNOWN;
    count_strangers(-1);
}

/* A thread that runs on behalf of another one is not counted: that one is. */
static void know_thread(void)
{
    if (thread_is != UNKNOWN)
        return;
    thread_is = OURS;
    exit_hook.run = thread_end;
    if (vow_host_here() != &vow_host_own || !vow_thread_at_exit(&exit_hook))
        return;
    thread_is = STRANGER;
    count_strangers(1);
}

/* In the child of a fork the other strangers are not there. */
static void child_begin(void)
{
    vow_ledger.strangers = thread_is == STRANGER;
}
VOW_CHILD_CARE(child_care, {.locks = &vow_ledger.lock,
                            .stride = sizeof(struct lock),
                            .count = 1,
                            .begin = child_begin});

VOW_COLD void vow_ledger_thread_begin(void)
{
    thread_is = OURS;
}

/* Entries: under the lock ------------------------------------------------------------------------------------------- */

/* NOLINTBEGIN(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult): uthash's macros are long */

static struct entry *find(const void *object)
{
    struct entry *entry = NULL;

    HASH_FIND_PTR(vow_ledger.entries, &object, entry);
    return entry;
}

static void add(struct entry *entry)
{
    bool table_full = false;

    HASH_ADD_PTR(vow_ledger.entries, object, entry);
    if (table_full) {
        vow_deallocate(entry);
        vow_ledger.missed++;
    }
}

static struct entry *take_out(const void *object)
{
    struct entry *entry = find(object);

    if (entry != NULL)
        HASH_DEL(vow_ledger.entries, entry);
    return entry;
}

/* NOLINTEND(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult) */

/* What happens ------------------------------------------------------------------------------------------------------ */

static void miss(void)
{
    vow_lock_take(&vow_ledger.lock);
    vow_ledger.missed++;
    vow_lock_give(&vow_ledger.lock);
}

VOW_COLD void vow_ledger_enter(const void *object, size_t size, const char *name)
{
    know_thread();
    struct entry *entry = vow_allocate(sizeof *entry);
    if (entry == NULL) {
        miss();
        return;
    }
    *entry = (struct entry){.object = object, .size = size, .name = name};
    vow_place_note(&entry->made);
    vow_lock_take(&vow_ledger.lock);
    add(entry);
    vow_lock_give(&vow_ledger.lock);
}

VOW_COLD void vow_ledger_strike(const void *object)
{
    vow_lock_take(&vow_ledger.lock);
    struct entry *entry = take_out(object);
    vow_lock_give(&vow_ledger.lock);
    vow_deallocate(entry);
}

VOW_COLD void vow_ledger_rename(const void *object, const char *name)
{
    vow_lock_take(&vow_ledger.lock);
    struct entry *entry = find(object);
    if (entry != NULL)
        entry->name = name;
    vow_lock_give(&vow_ledger.lock);
}

VOW_COLD void vow_ledger_rename_holder(const void *object, const char *name,
                                       size_t (*items)(const void *object))
{
    vow_lock_take(&vow_ledger.lock);
    struct entry *entry = find(object);
    if (entry != NULL) {
        entry->name = name;
        entry->items = items;
    }
    vow_lock_give(&vow_ledger.lock);
}

VOW_COLD void vow_ledger_note(const void *object, const char *did)
{
    struct place place;
    vow_place_note(&place);
    vow_lock_take(&vow_ledger.lock);
    struct entry *entry = find(object);
    if (entry != NULL) {
        entry->did = did;
        entry->also = place;
    }
    vow_lock_give(&vow_ledger.lock);
}

VOW_COLD void vow_ledger_note_origin(const void *object, const char *did, const void *origin)
{
    vow_lock_take(&vow_ledger.lock);
    struct entry *entry = find(object);
    const struct entry *from = find(origin);
    if (entry != NULL && from != NULL) {
        entry->did = did;
        entry->also = from->made;
    }
    vow_lock_give(&vow_ledger.lock);
}

VOW_COLD bool vow_ledger_enter_origin(const void *stand_in, const void *origin)
{
    struct entry *entry = vow_allocate(sizeof *entry);
    if (entry == NULL)
        return false;
    vow_lock_take(&vow_ledger.lock);
    const struct entry *from = find(origin);
    bool enters = from != NULL && find(stand_in) == NULL;
    if (enters) {
        *entry = (struct entry){.object = stand_in, .excused = true, .made = from->made};
        add(entry);
    }
    vow_lock_give(&vow_ledger.lock);
    if (!enters)
        vow_deallocate(entry);
    return enters;
}

VOW_COLD void vow_ledger_forgive(const void *inside)
{
    vow_lock_take(&vow_ledger.lock);
    for (struct entry *entry = vow_ledger.entries; entry != NULL; entry = entry->hh.next)
        if ((uintptr_t)inside - (uintptr_t)entry->object < entry->size)
            entry->excused = true;
    vow_lock_give(&vow_ledger.lock);
}
