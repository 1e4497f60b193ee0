/*
 * known_table.c - the table of known waits (known_table.h): a list of them all, and their keys by promise.
 */
#include "wait/known_table.h"

#include "base/child.h"

#define BUCKETS 4096u
#define BUCKET_SHIFT 52 /* of 64 bits */

struct lock vow_known_lock;
struct known *vow_known_first;
static struct known_key *table[BUCKETS];

/* Keys -------------------------------------------------------------------------------------------------------------- */

static struct known_key **bucket(const void *promise)
{
    uint64_t mixed = (uint64_t)(uintptr_t)promise * UINT64_C(0x9e3779b97f4a7c15);
    return &table[mixed >> BUCKET_SHIFT];
}

static struct known_key *find_key(const void *promise)
{
    struct known_key *key = *bucket(promise);
    while (key != NULL && key->promise != promise)
        key = key->next;
    return key;
}

bool vow_known_has(const void *promise)
{
    return find_key(promise) != NULL;
}

struct known *vow_known_with_key(const void *promise)
{
    const struct known_key *key = find_key(promise);
    return key != NULL ? key->known : NULL;
}

static void insert_key(struct known_key *key, struct known *known)
{
    key->link = NULL;
    if (key->promise == NULL)
        return;
    struct known_key **first = bucket(key->promise);
    key->known = known;
    key->next = *first;
    key->link = first;
    if (*first != NULL)
        (*first)->link = &key->next;
    *first = key;
}

static void remove_key(struct known_key *key)
{
    if (key->link == NULL)
        return;
    *key->link = key->next;
    if (key->next != NULL)
        key->next->link = key->link;
    key->link = NULL;
}

/* Known waits ------------------------------------------------------------------------------------------------------- */

void vow_known_insert(struct known *known)
{
    struct waiter *waiter = known->waiter;
    known->next = vow_known_first;
    known->link = &vow_known_first;
    if (vow_known_first != NULL)
        vow_known_first->link = &known->next;
    vow_known_first = known;
    insert_key(&known->job, known);
    for (struct interrupted *at = known->firing; at != known->firing_end; at = at->outer)
        insert_key(&at->running, known);
    known->walk = 0;
    known->line = waiter->line;
    waiter->known = known;
    waiter->line = NULL;
    waiter->notice = WAITER_KNOWN;
}

static void take_out(struct known *known)
{
    *known->link = known->next;
    if (known->next != NULL)
        known->next->link = known->link;
    known->link = NULL;
    remove_key(&known->job);
    for (struct interrupted *at = known->firing; at != known->firing_end; at = at->outer)
        remove_key(&at->running);
}

/* In a forked child: waits of threads that are not there lie in memory that will be others'. Those of the only one left are
   looked at no more, either. */
static void begin_child(void)
{
    while (vow_known_first != NULL)
        take_out(vow_known_first);
}

VOW_CHILD_CARE(child_care, {.locks = &vow_known_lock,
                            .stride = sizeof(vow_known_lock),
                            .count = 1,
                            .begin = begin_child});

void vow_known_forget(struct known *known)
{
    vow_lock_take(&vow_known_lock);
    if (known->link != NULL)
        take_out(known);
    vow_lock_give(&vow_known_lock);
}

const char *vow_known_text(const struct waiter *waiter)
{
    return waiter->notice == WAITER_KNOWN ? waiter->known->text : "";
}
