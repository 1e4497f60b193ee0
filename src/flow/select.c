/*
 * select.c - waiting for the first of several (vow/select.h).
 *
 * First every case is tried, in random order. If none can happen, all get a place in their queues with one waiter between
 * them, and whoever claims that makes its case the one that happens. While the places are being taken, a case may turn out
 * to be possible: then the select claims its own waiter first, and goes on only if it got it.
 *
 *     try all ---> take places ---> wait ---> leave all places ---> one has happened: done
 *                      ^  '--- one can happen: claim oneself ---'         '--- none, ourselves claimed: again
 *                      '----------------------------------------------------------'
 *
 * Invariants
 * 1. Nothing passes through a place before its waiter was claimed for it; so one case at most takes effect.
 * 2. A select never meets itself: its own places do not make its other cases possible.
 * 3. When it returns, none of its places is in a queue, and nobody looks at them.
 */
#include <vow/select.h>

#include "control/waiter.h"
#include "execution/detour.h"
#include "flow/channel_ring.h"

#include <vow/memory.h>

enum { FEW = 8 }; /* cases that need no memory */

struct choice {
    struct channel_place place;
    struct promise_waiter waiting;
    vow_value item; /* read; or to be written */
    bool hooked;    /* `item` was made by the hook, and is owned */
    bool stands;    /* it has a place */
    size_t number;  /* of a case: a random order of all */
};

struct selection {
    vow_case *cases;
    size_t count;
    struct choice *choices;
    struct waiter waiter;
    size_t chosen; /* SIZE_MAX: none yet */
    bool by_close; /* `chosen` happened because its channel is closed */
    bool no_memory;
};

static const char function[] = "vow_select";

/* Beginning ------------------------------------------------------------------------------------------------------- */

static struct channel_end *end_of(const vow_case *of)
{
    if (of->reader != NULL)
        return &of->reader->end;
    return of->writer != NULL ? &of->writer->end : NULL;
}

static uint32_t random_number(void)
{
    static VOW_THREAD_LOCAL uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void shuffle(struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++) {
        size_t other = random_number() % (i + 1);
        selection->choices[i].number = selection->choices[other].number;
        selection->choices[other].number = i;
    }
}

static vow_status check_cases(const vow_case *cases, size_t count, const size_t *ret_index)
{
    if (ret_index == NULL || (cases == NULL && count != 0))
        return vow_fail_status(VOW_INVALID, "%s: %s is NULL", function,
                               ret_index == NULL ? "ret_index" : "cases");
    for (size_t i = 0; i < count; i++) {
        int set =
            (cases[i].reader != NULL) + (cases[i].writer != NULL) + (cases[i].promise != NULL);
        if (set > 1)
            return vow_fail_status(VOW_INVALID,
                                   "%s: case %zu has more than one of reader, writer "
                                   "and promise",
                                   function, i);
    }
    return VOW_OK;
}

static void leave_ends(const vow_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (end_of(&cases[i]) != NULL)
            vow_end_leave(end_of(&cases[i]));
}

static vow_status use_ends(const vow_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct channel_end *end = end_of(&cases[i]);
        if (end != NULL && !vow_end_use(end)) {
            leave_ends(cases, i);
            return vow_fail_status(VOW_INVALID,
                                   "%s: another line, or case, uses the end of case "
                                   "%zu",
                                   function, i);
        }
    }
    return VOW_OK;
}

/* Hooks before, and what is to be written. */
static void prepare(const struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++) {
        const vow_case *of = &selection->cases[i];
        struct choice *choice = &selection->choices[i];
        *choice = (struct choice){.number = i};
        if (of->reader != NULL)
            vow_reader_before(of->reader, 1);
        if (of->writer == NULL)
            continue;
        choice->item = of->value;
        if (of->writer->hook.call != NULL) {
            choice->item = vow_value_take(
                of->writer->hook.call(vow_borrow(of->value), of->writer->hook.context));
            choice->hooked = true;
        }
    }
}

/* Trying ---------------------------------------------------------------------------------------------------------- */

/* Inside: passes the item, or finds the channel closed. */
static bool pass(struct selection *selection, size_t i, struct place_queue *told)
{
    const vow_case *of = &selection->cases[i];
    struct channel *channel = end_of(of)->channel;
    vow_value *item = &selection->choices[i].item;
    bool closed = vow_channel_is_closed(channel);
    size_t done = 0;
    if (of->reader != NULL)
        done = vow_channel_take(channel, item, 1, told);
    else if (!closed)
        done = vow_channel_put(channel, item, 1, told);
    if (done == 0 && !closed) {
        if (of->writer != NULL && vow_channel_needs_memory(channel))
            selection->no_memory = true;
        return false;
    }
    selection->chosen = i;
    selection->by_close = done == 0;
    return true;
}

static bool try_channel(struct selection *selection, size_t i)
{
    const vow_case *of = &selection->cases[i];
    struct channel *channel = end_of(of)->channel;
    struct place_queue told = {NULL, NULL};
    vow_value *item = &selection->choices[i].item;
    if (of->reader != NULL ? vow_ring_read_one(channel, item)
                           : vow_ring_write_one(channel, *item)) {
        selection->chosen = i;
        return true;
    }
    bool locked = vow_channel_enter(channel);
    bool happened = pass(selection, i, &told);
    vow_channel_leave_and_tell(channel, locked, &told);
    if (happened && of->reader != NULL)
        vow_channel_was_read(channel);
    return happened;
}

static bool try_case(struct selection *selection, size_t i)
{
    const vow_case *of = &selection->cases[i];
    if (end_of(of) != NULL)
        return try_channel(selection, i);
    if (of->promise == NULL || !vow_peek(of->promise, &selection->choices[i].item))
        return false;
    selection->chosen = i;
    return true;
}

/* Places ---------------------------------------------------------------------------------------------------------- */

/* Inside: whether somebody else, who has not given up, waits on the other side. */
static bool has_partner(const struct place_queue *queue, const struct waiter *waiter)
{
    const struct channel_place *place = queue->first;
    while (place != NULL &&
           (place->waiter == waiter ||
            (place->selects && vow_waiter_outcome(place->waiter) != WAITER_WAITING)))
        place = place->next;
    return place != NULL;
}

static bool can_happen(const struct selection *selection, const vow_case *of,
                       const struct channel *channel)
{
    if (vow_channel_is_closed(channel))
        return true;
    if (of->reader != NULL)
        return vow_channel_count(channel) != 0 ||
               has_partner(&channel->writers_waiting, &selection->waiter);
    return vow_channel_count(channel) < channel->capacity ||
           has_partner(&channel->readers_waiting, &selection->waiter);
}

/* Takes a place. False: the select is decided, by somebody or by itself. */
static bool stand_at_channel(struct selection *selection, size_t i)
{
    const vow_case *of = &selection->cases[i];
    struct choice *choice = &selection->choices[i];
    struct channel *channel = end_of(of)->channel;
    struct place_queue told = {NULL, NULL};
    bool claimed = false, stands = false;
    if (channel->serial)
        return true;
    bool locked = vow_channel_enter(channel);
    bool possible = can_happen(selection, of, channel);
    if (possible) {
        claimed = vow_waiter_claim(&selection->waiter, WAITER_DONE);
        if (claimed)
            (void)pass(selection, i, &told);
    } else {
        bool reads = of->reader != NULL;
        choice->place = (struct channel_place){.waiter = &selection->waiter,
                                               .items = reads ? &choice->item : NULL,
                                               .source = &choice->item,
                                               .count = 1,
                                               .selects = true};
        vow_place_append(reads ? &channel->readers_waiting : &channel->writers_waiting,
                         &choice->place);
        stands = true;
    }
    vow_channel_leave_and_tell(channel, locked, &told);
    choice->stands = stands;
    if (claimed && of->reader != NULL)
        vow_channel_was_read(channel);
    if (claimed)
        vow_waiter_wake(&selection->waiter);
    else if (stands && of->reader != NULL)
        vow_channel_want(channel, 0);
    return stands;
}

static bool stand(struct selection *selection, size_t i)
{
    const vow_case *of = &selection->cases[i];
    struct choice *choice = &selection->choices[i];
    if (end_of(of) != NULL)
        return stand_at_channel(selection, i);
    if (of->promise == NULL)
        return true;
    choice->waiting.waiter = &selection->waiter;
    choice->stands = true;
    vow_promise_wait_begin(of->promise, &choice->waiting);
    return vow_waiter_outcome(&selection->waiter) == WAITER_WAITING;
}

/* Afterwards nobody looks at the place. Notes whether it is the one that has happened. */
static void unstand(struct selection *selection, size_t i)
{
    const vow_case *of = &selection->cases[i];
    struct choice *choice = &selection->choices[i];
    choice->stands = false;
    if (of->promise != NULL) {
        vow_promise_wait_withdraw(of->promise, &choice->waiting);
        if (!choice->waiting.told)
            return;
        choice->item = choice->waiting.value;
        selection->chosen = i;
        return;
    }
    struct channel *channel = end_of(of)->channel;
    bool locked = vow_channel_enter(channel);
    if (choice->place.queued)
        vow_place_remove(of->reader != NULL ? &channel->readers_waiting : &channel->writers_waiting,
                         &choice->place);
    vow_channel_leave(channel, locked);
    if (choice->place.done == 0 && !choice->place.closed)
        return;
    selection->chosen = i;
    selection->by_close = choice->place.done == 0;
}

/* Whether waiting can help at all. */
static bool can_wait(const struct selection *selection, vow_deadline deadline)
{
    if (deadline.at != INT64_MAX)
        return true;
    for (size_t i = 0; i < selection->count; i++) {
        const vow_case *of = &selection->cases[i];
        if (of->promise != NULL || (end_of(of) != NULL && !end_of(of)->channel->serial))
            return true;
    }
    return false;
}

/* In an order of its own each time: two selects that want to meet would else miss each other again and again. */
static vow_status wait_once(struct selection *selection, vow_deadline deadline)
{
    vow_status status = vow_wait_begin(&selection->waiter, function, selection->cases);
    if (status != VOW_OK)
        return status;
    shuffle(selection);
    for (size_t i = 0; i < selection->count; i++)
        if (!stand(selection, selection->choices[i].number))
            break;
    enum outcome outcome = vow_wait_end(&selection->waiter, deadline);
    for (size_t i = 0; i < selection->count; i++)
        if (selection->choices[i].stands)
            unstand(selection, i);
    if (outcome == WAITER_DONE || outcome == WAITER_CLOSED)
        return VOW_OK;
    return vow_wait_failed(&selection->waiter, outcome);
}

/* Nobody will wait: asks the tasks behind the readers once, and tries again. */
static bool want_each(struct selection *selection)
{
    for (size_t i = 0; i < selection->count && selection->chosen == SIZE_MAX; i++) {
        const vow_case *of = &selection->cases[i];
        if (of->reader == NULL || of->reader->end.channel->feed == NULL)
            continue;
        vow_channel_want(of->reader->end.channel, 1);
        (void)try_channel(selection, i);
    }
    return selection->chosen != SIZE_MAX;
}

static vow_status wait_for_one(struct selection *selection, vow_deadline deadline)
{
    vow_status status = VOW_OK;
    if (selection->no_memory)
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    if (deadline.at <= 0 && !want_each(selection))
        return vow_fail_status(VOW_TIMED_OUT, "%s: the deadline passed first", function);
    if (selection->chosen != SIZE_MAX)
        return VOW_OK;
    if (!can_wait(selection, deadline))
        return vow_fail_status(VOW_DEADLOCK, "%s: no case can ever happen", function);
    while (status == VOW_OK && selection->chosen == SIZE_MAX && !selection->no_memory)
        status = wait_once(selection, deadline);
    if (status == VOW_OK && selection->chosen == SIZE_MAX)
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    return status;
}

/* Ending ---------------------------------------------------------------------------------------------------------- */

static void conclude(struct selection *selection, vow_status status)
{
    for (size_t i = 0; i < selection->count; i++) {
        const struct choice *choice = &selection->choices[i];
        bool written = status == VOW_OK && i == selection->chosen && !selection->by_close;
        if (choice->hooked)
            vow_value_drop(written ? selection->cases[i].value : choice->item);
    }
    if (status != VOW_OK)
        return;
    vow_case *chosen = &selection->cases[selection->chosen];
    struct choice *choice = &selection->choices[selection->chosen];
    chosen->status = VOW_OK;
    if (selection->by_close)
        chosen->status =
            vow_channel_closed_status(end_of(chosen)->channel, chosen->reader != NULL, function);
    else if (chosen->writer != NULL)
        chosen->value = vow_none();
    else
        chosen->value = choice->item;
}

static vow_status run(struct selection *selection, vow_deadline deadline)
{
    vow_status status = VOW_OK;
    prepare(selection);
    shuffle(selection);
    for (size_t i = 0; i < selection->count && selection->chosen == SIZE_MAX; i++)
        (void)try_case(selection, selection->choices[i].number);
    if (selection->chosen == SIZE_MAX)
        status = wait_for_one(selection, deadline);
    conclude(selection, status);
    return status;
}

vow_status vow_select(vow_case *cases, size_t count, vow_deadline deadline, size_t *ret_index)
{
    struct choice few[FEW];
    struct selection selection = {
        .cases = cases, .count = count, .choices = few, .chosen = SIZE_MAX};
    vow_status status = check_cases(cases, count, ret_index);
    if (status != VOW_OK)
        return status;
    vow_detour(deadline);
    if (count > FEW && (count > SIZE_MAX / sizeof *few ||
                        (selection.choices = vow_allocate(count * sizeof *few)) == NULL))
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    status = use_ends(cases, count);
    if (status == VOW_OK) {
        status = run(&selection, deadline);
        leave_ends(cases, count);
    }
    if (selection.choices != few)
        vow_deallocate(selection.choices);
    if (status != VOW_OK)
        return status;
    const vow_case *chosen = &cases[selection.chosen];
    if (chosen->reader != NULL && chosen->reader->after.call != NULL && chosen->status == VOW_OK)
        chosen->reader->after.call(chosen->reader, &cases[selection.chosen].value, 1,
                                   chosen->reader->after.context);
    *ret_index = selection.chosen;
    return VOW_OK;
}
