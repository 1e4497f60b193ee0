/*
 * name.c - the process's names: a table under a lock, that only grows.
 *
 * Invariant: a name never moves and is freed when the process ends, so that its pointer is its identity.
 */
#include <vow/name.h>

#include <stdbool.h>
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/table.h"
#include "base/threads.h"

struct vow_name_handle {
    UT_hash_handle hh;
    char text[];
};

static struct lock lock; /* guards the next two */
VOW_CHILD_LOCK(lock);
static struct vow_name_handle *names;
static bool registered;

/* NOLINTBEGIN(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult): uthash's macros are long */

static void free_names(void)
{
    struct vow_name_handle *name = NULL;
    struct vow_name_handle *next = NULL;

    HASH_ITER(hh, names, name, next)
    {
        HASH_DEL(names, name);
        vow_deallocate(name);
    }
}

static struct vow_name_handle *name_add(const char *text, size_t length)
{
    bool table_full = false;
    struct vow_name_handle *name = vow_allocate(sizeof *name + length + 1);

    if (name == NULL)
        return NULL;
    memcpy(name->text, text, length + 1);
    HASH_ADD_KEYPTR(hh, names, name->text, length, name);
    if (table_full) {
        vow_deallocate(name);
        return NULL;
    }
    if (!registered)
        vow_process_at_exit(free_names);
    registered = true;
    return name;
}

const vow_name_handle *vow_name(const char *text)
{
    struct vow_name_handle *name = NULL;

    if (text == NULL) {
        (void)vow_fail_literal(VOW_INVALID, "vow_name: text is NULL");
        return NULL;
    }
    size_t length = strlen(text);
    vow_lock_take(&lock);
    HASH_FIND(hh, names, text, length, name);
    if (name == NULL)
        name = name_add(text, length);
    vow_lock_give(&lock);
    if (name == NULL)
        (void)vow_fail_literal(VOW_NO_MEMORY, "vow_name: out of memory");
    return name;
}

/* NOLINTEND(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult) */

const char *vow_name_text(const vow_name_handle *name)
{
    return name != NULL ? name->text : "";
}
