/*
 * equal.c - whether two values are the same.
 *
 * Lists are compared without recursion: the pairs of lists that are open lie on a stack of our own, which
 * starts small and grows through the allocator, so nesting cannot overflow a line's stack.
 */
#include <string.h>
#include <vow/text.h>

#include "base/fail.h"
#include "base/list.h"
#include "base/memory.h"

#define SHALLOW 16u
#define DEEPEST (1u << 20) /* deeper than this is a ring, or as good as one */

enum verdict { DIFFERENT, SAME, OPEN };

struct pair {
    const struct list *first, *second; /* of one length */
    size_t next;                       /* the items to compare next */
};

struct pairs {
    struct pair *items;
    size_t count, capacity;
    struct pair shallow[SHALLOW];
};

/* The list in a value that is known to be one. */
static const struct list *list_in(vow_value value)
{
    return (const struct list *)vow_box_content((struct box *)value.as.pointer);
}

static bool same_content(vow_value first, vow_value second)
{
    size_t first_size, second_size;
    const void *a = vow_as_bytes(first, &first_size);
    const void *b = vow_as_bytes(second, &second_size);

    return first_size == second_size && memcmp(a, b, first_size) == 0;
}

static enum verdict compare_boxes(vow_value first, vow_value second)
{
    if (vow_box_type(first) != vow_box_type(second))
        return DIFFERENT;
    if (vow_is_text(first) || vow_is_bytes(first))
        return same_content(first, second) ? SAME : DIFFERENT;
    if (!vow_is_list(first))
        return DIFFERENT;
    return list_in(first)->count == list_in(second)->count ? OPEN : DIFFERENT;
}

static enum verdict compare(vow_value first, vow_value second)
{
    enum vow_kind kind = vow_kind_of(first);

    if (kind != vow_kind_of(second))
        return DIFFERENT;
    if (kind == VOW_NONE || kind == VOW_END || kind == VOW_SKIP)
        return SAME;
    if (kind == VOW_INTEGER || kind == VOW_REAL) /* reals bit by bit: a NaN is itself */
        return first.as.integer == second.as.integer ? SAME : DIFFERENT;
    if (first.as.pointer == second.as.pointer)
        return SAME;
    return kind == VOW_BOX ? compare_boxes(first, second) : DIFFERENT;
}

static bool grow(struct pairs *pairs)
{
    bool shallow = pairs->items == pairs->shallow;
    size_t capacity = pairs->capacity * 2;

    if (capacity > DEEPEST) {
        vow_fail_literal(VOW_LIMIT, "vow_value_equal: the lists are nested too deeply");
        return false;
    }
    struct pair *items = vow_reallocate(shallow ? NULL : pairs->items, capacity * sizeof *items);
    if (items == NULL) {
        vow_fail_literal(VOW_NO_MEMORY, "vow_value_equal: out of memory");
        return false;
    }
    if (shallow)
        memcpy(items, pairs->shallow, sizeof pairs->shallow);
    pairs->items = items;
    pairs->capacity = capacity;
    return true;
}

static bool push(struct pairs *pairs, vow_value first, vow_value second)
{
    if (pairs->count == pairs->capacity && !grow(pairs))
        return false;
    pairs->items[pairs->count++] = (struct pair){list_in(first), list_in(second), 0};
    return true;
}

/* One step: compares the next items of the innermost pair, or closes it. False ends all. */
static bool step(struct pairs *pairs)
{
    struct pair *pair = &pairs->items[pairs->count - 1];

    if (pair->next == pair->first->count) {
        pairs->count--;
        return true;
    }
    vow_value first = pair->first->items[pair->next];
    vow_value second = pair->second->items[pair->next];
    pair->next++;
    enum verdict verdict = compare(first, second);
    return verdict == OPEN ? push(pairs, first, second) : verdict == SAME;
}

static bool equal_lists(vow_value first, vow_value second)
{
    struct pairs pairs = {.items = pairs.shallow, .capacity = SHALLOW};
    bool equal = push(&pairs, first, second);

    while (equal && pairs.count > 0)
        equal = step(&pairs);
    if (pairs.items != pairs.shallow)
        vow_deallocate(pairs.items);
    return equal;
}

bool vow_value_equal(vow_value first, vow_value second)
{
    enum verdict verdict = compare(first, second);

    return verdict == OPEN ? equal_lists(first, second) : verdict == SAME;
}
