/*
 * each.c - a function for each item of a list: as many turns side by side as items may be under way.
 *
 * Each turn takes the next item when it has ended one. The one that ends last, with nothing left to begin, finishes. An item
 * that is a promise takes two steps: what it gives, then the function, a job: a cancel ends a derived promise at once, but
 * only tells a job, so that no function runs when the result has settled.
 *
 *   kind     result
 *   ------   -------------------------------------------------------------------------------
 *   MAP      `results`, by index
 *   FILTER   of `asked`, by index: those whose results mean yes
 *   EACH     the list itself
 *   REDUCE   `total`: the only turn's
 */
#include <vow/each.h>

#include "base/list.h"
#include "control/canceller.h"
#include "control/job.h"
#include "control/references.h"
#include "control/turn.h"

enum each_kind { KIND_MAP, KIND_FILTER, KIND_EACH, KIND_REDUCE };

/* What the public functions say. */
struct what {
    enum each_kind kind;
    const char *function;
    vow_value list;
    vow_fn *fn;
    vow_reduce_fn *reduce;
    void *context;
    vow_value first;
    size_t limit;
};

struct each;

struct slot {
    struct turn turn;
    struct each *each;
    size_t index;   /* of its item */
    vow_value item; /* owned, until the function has ended */
    bool awaits;    /* it is a promise, which is waited for */
};

struct each {
    struct references references; /* the canceller's; the turns' together; the maker's */
    struct lock lock;
    struct what what; /* `list` is owned; the first turns' */
    size_t count;
    size_t slots_count;
    size_t next;       /* to begin; under the lock, with what follows */
    size_t running;    /* slots that have not come to their end */
    bool stopped;      /* nothing is begun any more, and `failure` stays as it is */
    vow_value failure; /* the first error */
    vow_value total;   /* REDUCE: the only turn's */
    vow_value results; /* a list, written by index */
    vow_value asked;   /* FILTER with a function: a list of what that was called with, by index */
    vow_deferred *deferred;
    struct slot slots[];
};

/* Memory ------------------------------------------------------------------------------------------------------------- */

static size_t size_of(size_t slots)
{
    return sizeof(struct each) + slots * sizeof(struct slot);
}

static void destroy(struct each *each)
{
    vow_release(each->what.list);
    vow_release(each->what.first);
    vow_release(each->failure);
    vow_release(each->total);
    vow_release(each->results);
    vow_release(each->asked);
    vow_object_delete(each, size_of(each->slots_count));
}

static void release(void *context)
{
    struct each *each = context;
    if (vow_references_drop(&each->references))
        destroy(each);
}

/* Results ------------------------------------------------------------------------------------------------------------ */

static vow_value move(vow_value *from)
{
    vow_value value = *from;
    *from = vow_none();
    return value;
}

static bool means_yes(vow_value value)
{
    return !vow_is_none(value) && !vow_is_skip(value) &&
           !(vow_is_integer(value) && value.as.integer == 0);
}

/* What an answer is about. Without a function it is the answer. */
static vow_value asked_about(struct each *each, size_t index, vow_value answer)
{
    if (each->what.fn == NULL)
        return vow_retain(vow_borrow(answer));
    return move(&vow_list_in(each->asked)->items[index]);
}

/* The items in place of what was said of them. */
static vow_value chosen(struct each *each)
{
    struct list *said = vow_list_in(each->results);
    size_t kept = 0;
    for (size_t i = 0; i < said->count; i++) {
        vow_value answer = move(&said->items[i]);
        if (means_yes(answer))
            said->items[kept++] = asked_about(each, i, answer);
        vow_release(answer);
    }
    said->count = kept;
    return move(&each->results);
}

static vow_value result_of(struct each *each)
{
    if (vow_is_error(each->failure))
        return move(&each->failure);
    switch (each->what.kind) {
    case KIND_MAP:
        return move(&each->results);
    case KIND_FILTER:
        return chosen(each);
    case KIND_EACH:
        return move(&each->what.list);
    case KIND_REDUCE:
        break;
    }
    return move(&each->total);
}

static void finish(struct each *each, struct firing *firing)
{
    vow_fire_with(each->deferred, result_of(each), firing);
    release(each);
}

/* Turns -------------------------------------------------------------------------------------------------------------- */

#define BEFORE_THE_FIRST SIZE_MAX /* the index of what REDUCE starts from */

static vow_value reduce_one(vow_value item, void *context)
{
    struct each *each = ((struct slot *)context)->each;
    return each->what.reduce(vow_borrow(each->total), item, each->what.context);
}

/* What is called for the slot's item; NULL: nothing is, it is the result. */
static vow_fn *function_for(const struct slot *slot)
{
    const struct what *what = &slot->each->what;
    if (slot->index == BEFORE_THE_FIRST || (what->fn == NULL && what->reduce == NULL))
        return NULL;
    return what->kind == KIND_REDUCE ? reduce_one : what->fn;
}

static void take_item(struct slot *slot, vow_value item)
{
    slot->item = vow_retain(vow_borrow(item));
    slot->awaits = vow_is_promise(item);
}

static vow_promise *start(struct turn *turn)
{
    struct slot *slot = vow_container_of(turn, struct slot, turn);
    vow_fn *fn = function_for(slot);
    if (slot->awaits)
        return vow_then(vow_promise_retain(vow_promise_in(slot->item)), NULL, NULL);
    if (fn == NULL)
        return vow_succeeded(vow_borrow(slot->item));
    return vow_turn_call(fn, vow_borrow(slot->item),
                         fn == reduce_one ? slot : slot->each->what.context);
}

/* The item has come to `value`; true: that is taken, and the function is to be called for it. */
static bool arrives(struct slot *slot, vow_value value)
{
    bool arrived = slot->awaits && !vow_is_error(value) && function_for(slot) != NULL;
    slot->awaits = false;
    if (!arrived)
        return false;
    vow_release(slot->item);
    slot->item = value;
    return true;
}

/* The function has ended: gives the item back, or notes that it was asked about, since one that is a promise may be changed by
   others later. */
static void put_item(struct slot *slot)
{
    struct each *each = slot->each;
    vow_value item = move(&slot->item);
    if (vow_is_list(each->asked) && slot->index != BEFORE_THE_FIRST)
        vow_list_in(each->asked)->items[slot->index] = item;
    else
        vow_release(item);
}

/* Under the lock: what the slot's item has come to (taken); gives what nobody wants. */
static vow_value note(struct each *each, const struct slot *slot, vow_value value)
{
    vow_value unwanted = value;
    if (vow_is_error(value) && !each->stopped) {
        each->failure = value;
        unwanted = vow_none();
    } else if (!vow_is_error(value) && each->what.kind == KIND_REDUCE) {
        unwanted = each->total;
        each->total = value;
    } else if (!vow_is_error(value) && each->what.kind != KIND_EACH) {
        vow_list_in(each->results)->items[slot->index] = value;
        unwanted = vow_none();
    }
    return unwanted;
}

/* Under the lock: gives the slot its next item; false if there is none. */
static bool take_next(struct each *each, struct slot *slot)
{
    if (each->stopped || each->next == each->count)
        return false;
    slot->index = each->next++;
    take_item(slot, vow_list_in(each->what.list)->items[slot->index]);
    return true;
}

/* Under the lock: one that ran has come to its end; whether it was the last. A cancel comes too late from then on. */
static bool leave(struct each *each)
{
    bool last = --each->running == 0;
    each->stopped = each->stopped || last;
    return last;
}

static void cancel_turns(struct each *each)
{
    for (size_t i = 0; i < each->slots_count; i++)
        vow_turn_cancel(&each->slots[i].turn);
}

static bool ended(struct turn *turn, vow_value value, struct firing *firing)
{
    struct slot *slot = vow_container_of(turn, struct slot, turn);
    struct each *each = slot->each;
    if (arrives(slot, value))
        return true;
    put_item(slot);
    vow_lock_take(&each->lock);
    bool fails = vow_is_error(value) && !each->stopped;
    vow_value unwanted = note(each, slot, value);
    each->stopped = each->stopped || fails;
    vow_lock_give(&each->lock);
    vow_release(unwanted);
    if (fails)
        cancel_turns(each);
    vow_lock_take(&each->lock);
    bool more = take_next(each, slot);
    bool last = !more && leave(each);
    vow_lock_give(&each->lock);
    if (last)
        finish(each, firing);
    return more;
}

static void cancel(void *context)
{
    struct each *each = context;
    vow_value error = vow_fail(VOW_CANCELED, "%s: canceled", each->what.function);
    vow_lock_take(&each->lock);
    bool first = !each->stopped;
    each->stopped = true;
    if (first)
        each->failure = error;
    vow_lock_give(&each->lock);
    if (first)
        cancel_turns(each);
    else
        vow_release(error);
}

/* Beginning ---------------------------------------------------------------------------------------------------------- */

/* Whose progress it is can be told only where one item at a time is under way. */
static void init_slots(struct each *each)
{
    bool in_order = each->what.kind == KIND_EACH || each->what.kind == KIND_REDUCE;
    for (size_t i = 0; i < each->slots_count; i++) {
        each->slots[i].each = each;
        vow_turn_init(&each->slots[i].turn, each->deferred, in_order ? LINK_FORWARD : 0, start,
                      ended);
    }
}

/* Whether the slot has something to do. */
static bool begin_slot(struct each *each, struct slot *slot)
{
    vow_lock_take(&each->lock);
    bool first = each->what.kind == KIND_REDUCE;
    slot->index = BEFORE_THE_FIRST;
    if (first)
        take_item(slot, each->what.first);
    bool begins = first || take_next(each, slot);
    each->running += begins ? 1 : 0;
    vow_lock_give(&each->lock);
    return begins;
}

/* The maker counts as one that runs, until all have begun. */
static void begin(struct each *each)
{
    for (size_t i = 0; i < each->slots_count; i++)
        if (begin_slot(each, &each->slots[i]))
            vow_turn_run(&each->slots[i].turn, NULL);
    vow_lock_take(&each->lock);
    bool last = leave(each);
    vow_lock_give(&each->lock);
    if (last)
        finish(each, NULL);
}

static bool make_room(struct each *each, vow_promise **ret_promise)
{
    bool lists = each->what.kind == KIND_MAP || each->what.kind == KIND_FILTER;
    if (lists)
        each->results = vow_list_of_none(each->count);
    if (each->what.kind == KIND_FILTER && each->what.fn != NULL)
        each->asked = vow_list_of_none(each->count);
    if (vow_is_error(each->results) || vow_is_error(each->asked))
        return false;
    each->deferred = vow_deferred_new(ret_promise);
    return each->deferred != NULL;
}

static struct each *each_new(const struct what *what, vow_promise **ret_promise)
{
    size_t count = vow_list_in(what->list)->count;
    size_t slots = what->limit == 0 || what->limit > count ? count : what->limit;
    if (what->kind == KIND_REDUCE)
        slots = 1;
    bool fits = slots <= (SIZE_MAX - sizeof(struct each)) / sizeof(struct slot);
    struct each *each = fits ? vow_object_new(size_of(slots)) : NULL;
    if (each == NULL)
        return NULL;
    *each = (struct each){.what = *what, .count = count, .slots_count = slots, .running = 1};
    each->what.list = vow_borrow(what->list); /* not taken yet */
    each->what.first = vow_borrow(what->first);
    if (!make_room(each, ret_promise)) {
        destroy(each);
        return NULL;
    }
    vow_references_set(&each->references, 2);
    init_slots(each);
    return each;
}

static vow_promise *refuse(const struct what *what, vow_status status)
{
    vow_promise *refused = vow_promise_refused(status);
    vow_release(what->list);
    vow_release(what->first);
    return refused;
}

static vow_promise *each_of(struct what *what)
{
    vow_promise *promise = NULL;
    if (!vow_is_list(what->list))
        return refuse(what,
                      vow_fail_status(VOW_INVALID, "%s: list is %s, not a list", what->function,
                                      vow_kind_name(vow_kind_of(what->list))));
    struct each *each = each_new(what, &promise);
    if (each == NULL)
        return refuse(what, vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", what->function));
    each->what.list = vow_own(what->list);
    each->what.first = vow_own(what->first);
    if (vow_set_patient_canceller(each->deferred, cancel, each, release) != VOW_OK) {
        each->stopped = true;
        each->failure = vow_error_static(VOW_NO_MEMORY);
    }
    begin(each);
    return promise;
}

vow_promise *vow_map(vow_value list, vow_fn *fn, void *context, size_t limit)
{
    struct what what = {.kind = KIND_MAP,
                        .function = "vow_map",
                        .list = list,
                        .fn = fn,
                        .context = context,
                        .limit = limit};
    return each_of(&what);
}

vow_promise *vow_filter(vow_value list, vow_fn *fn, void *context, size_t limit)
{
    struct what what = {.kind = KIND_FILTER,
                        .function = "vow_filter",
                        .list = list,
                        .fn = fn,
                        .context = context,
                        .limit = limit};
    return each_of(&what);
}

vow_promise *vow_each(vow_value list, vow_fn *fn, void *context)
{
    struct what what = {.kind = KIND_EACH,
                        .function = "vow_each",
                        .list = list,
                        .fn = fn,
                        .context = context,
                        .limit = 1};
    if (fn == NULL)
        return refuse(&what, vow_fail_literal(VOW_INVALID, "vow_each: fn is NULL"));
    return each_of(&what);
}

vow_promise *vow_reduce(vow_value list, vow_reduce_fn *fn, vow_value first, void *context)
{
    struct what what = {.kind = KIND_REDUCE,
                        .function = "vow_reduce",
                        .list = list,
                        .reduce = fn,
                        .context = context,
                        .first = first};
    if (fn == NULL)
        return refuse(&what, vow_fail_literal(VOW_INVALID, "vow_reduce: fn is NULL"));
    return each_of(&what);
}
