/*
 * known.c - the search for rings among known waits, the closed world, and reports (known.h).
 */
#include "wait/known_table.h"
#include "wait/line.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <vow/memory.h>

int64_t vow_known_grace = VOW_MS(1);
const void *(*vow_known_follow)(void *promise, struct trail *trail);
void (*vow_known_release)(void *held);

static _Atomic unsigned wanted_by; /* who wants all waits to be known */
static uint64_t walks;

/* Trails ---------------------------------------------------------------------------------------------------------- */

static bool make_room(struct trail *trail)
{
    size_t room = trail->room * 2;
    void **held = vow_allocate(room * sizeof(*held));
    if (held == NULL)
        return false;
    memcpy(held, trail->held, trail->count * sizeof(*held));
    if (trail->held != trail->first)
        vow_deallocate(trail->held);
    trail->held = held;
    trail->room = room;
    return true;
}

bool vow_trail_reserve(struct trail *trail)
{
    return trail->count < trail->room || make_room(trail);
}

static void trail_begin(struct trail *trail)
{
    trail->held = trail->first;
    trail->count = 0;
    trail->room = sizeof(trail->first) / sizeof(*trail->first);
}

static void trail_end(struct trail *trail)
{
    for (size_t i = 0; i < trail->count; i++)
        vow_known_release(trail->held[i]);
    if (trail->held != trail->first)
        vow_deallocate(trail->held);
}

/* Rings ------------------------------------------------------------------------------------------------------------- */

/* The wait that `known` cannot end before; NULL: none that is known. */
static struct known *next_by_root(const struct known *known)
{
    return known->root != NULL ? vow_known_with_key(known->root) : NULL;
}

static const void *follow(const struct known *known, struct trail *trail)
{
    union {
        const void *given;
        void *promise;
    } object = {.given = known->waiter->object};
    return vow_known_follow(object.promise, trail);
}

/* One walk around the ring by what is so now. */
static bool walk_around(struct known *start, struct trail *trail)
{
    uint64_t number = ++walks;
    struct known *known = start;
    do {
        known->walk = number;
        known->root = follow(known, trail);
        known = next_by_root(known);
    } while (known != NULL && known->walk != number);
    return known == start;
}

static bool all_wait(const struct known *start)
{
    const struct known *known = start;
    do {
        if (vow_waiter_outcome(known->waiter) != WAITER_WAITING)
            return false;
        known = next_by_root(known);
    } while (known != start);
    return true;
}

static bool is_ring(struct known *start, struct trail *trail)
{
    size_t from = trail->count;
    if (!walk_around(start, trail))
        return false;
    size_t steps = trail->count - from;
    if (!walk_around(start, trail) || trail->count - from != 2 * steps)
        return false;
    for (size_t i = from; i < from + steps; i++)
        if (trail->held[i] != trail->held[i + steps])
            return false;
    return all_wait(start);
}

/* Sentences --------------------------------------------------------------------------------------------------------- */

struct text {
    char *at;
    size_t left;
};

static void say(struct text *text, const char *format, ...) VOW_PRINTF(2, 3);

static void say(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= text->left) {
        memcpy(text->at + text->left - 4, "...", 4);
        text->at += text->left - 4;
        text->left = 4;
        return;
    }
    text->at += length;
    text->left -= (size_t)length;
}

/* What `known` waits for: the promise, and where it comes from. */
static void say_what(struct text *text, const struct known *known)
{
    const struct known *next = next_by_root(known);
    if (known->waiter->object != known->root)
        say(text, "promise %p, which needs ", known->waiter->object);
    say(text, known->root == next->job.promise ? "job %p" : "the functions of promise %p",
        known->root);
}

static void describe(struct known *victim)
{
    struct text text = {victim->text, sizeof(victim->text)};
    const struct known *known = victim;
    say(&text, "it waits for ");
    say_what(&text, known);
    while ((known = next_by_root(known)) != victim && text.left > 4) {
        say(&text, ", waiting in %s for ", known->waiter->function);
        say_what(&text, known);
    }
    say(&text, known == victim && victim == next_by_root(victim) ? ": itself" : ": a ring");
}

/* Searching --------------------------------------------------------------------------------------------------------- */

struct search {
    struct trail trail;
    bool all;       /* those that are in no ring, too */
    size_t entered; /* first in the table's list */
    uint64_t first; /* of its walks */
    struct known *victims;
};

static void give_deadlock(struct search *search, struct known *known)
{
    describe(known);
    if (!vow_waiter_claim(known->waiter, WAITER_DEADLOCK))
        return;
    known->victim = search->victims;
    search->victims = known;
}

/* Follows roots until they end, or come to where a walk of this search was before. */
static void walk(struct search *search, struct known *start)
{
    uint64_t number = ++walks;
    struct known *known = start;
    while (known != NULL && known->walk < search->first) {
        known->walk = number;
        known = next_by_root(known);
    }
    if (known != NULL && known->walk == number && is_ring(known, &search->trail))
        give_deadlock(search, known);
}

/* Learning ---------------------------------------------------------------------------------------------------------- */

void vow_known_want_all(bool wanted)
{
    /* relaxed: who wants it wakes the threads that sleep */
    if (wanted)
        atomic_fetch_add_explicit(&wanted_by, 1, memory_order_relaxed);
    else
        atomic_fetch_sub_explicit(&wanted_by, 1, memory_order_relaxed);
}

static bool wants_all(void)
{
    /* relaxed: see vow_known_want_all */
    return atomic_load_explicit(&wanted_by, memory_order_relaxed) != 0;
}

static bool is_new(const struct waiter *waiter)
{
    return waiter->notice == WAITER_NEW;
}

/* A line that has parked, and waits. */
static struct line *next_news(struct carrier *carrier)
{
    struct line *line;
    while ((line = carrier->news) != NULL && (line->waiter == NULL || !is_new(line->waiter)))
        vow_line_is_no_news(line);
    return line;
}

bool vow_known_has_news(struct carrier *carrier)
{
    return next_news(carrier) != NULL ||
           (carrier->outside != NULL && is_new(carrier->outside->waiter)) ||
           (vow_unlikely(wants_all()) && !carrier->told_all);
}

/* Enters a wait that may be part of a ring, or any if all are wanted; `known` has its keys. */
static void look_at(struct search *search, struct known *known, struct waiter *waiter)
{
    bool keyed = known->job.promise != NULL || known->firing != NULL;
    if (waiter->notice == WAITER_KNOWN || vow_waiter_outcome(waiter) != WAITER_WAITING)
        return;
    waiter->notice = WAITER_PASSED;
    known->waiter = waiter;
    known->root = NULL;
    if (waiter->source == WAITER_PROMISE)
        known->root = follow(known, &search->trail);
    if (!search->all && (known->root == NULL || !keyed))
        return;
    vow_known_insert(known);
    search->entered++;
}

static void look_at_line(struct search *search, struct line *line)
{
    const struct locals *locals = &line->locals;
    struct known *known = &line->known;
    known->job.promise = locals->job != NULL ? locals->job->promise : NULL;
    known->firing = locals->firing;
    known->firing_end = NULL;
    known->owner = line->owner;
    look_at(search, known, line->waiter);
}

static void look_at_outside(struct search *search, struct outside *outside)
{
    struct known *known = &outside->known;
    known->job.promise = outside->job != NULL ? outside->job->promise : NULL;
    known->firing = outside->firing;
    known->firing_end = outside->within != NULL ? outside->within->firing : NULL;
    known->owner = outside->owner;
    look_at(search, known, outside->waiter);
}

static void look_at_all(struct search *search, struct carrier *carrier)
{
    struct line *line;
    if (search->all && !carrier->told_all)
        for (line = carrier->lines; line != NULL; line = line->lines_next)
            if (line->waiter != NULL)
                look_at_line(search, line);
    for (; (line = next_news(carrier)) != NULL; vow_line_is_no_news(line))
        look_at_line(search, line);
    for (struct outside *at = carrier->outside; at != NULL; at = at->outer)
        look_at_outside(search, at);
    carrier->told_all = search->all;
}

static void walk_from_those_entered(struct search *search)
{
    struct known *known = vow_known_first;
    search->first = walks + 1;
    for (size_t i = 0; i < search->entered; i++) {
        walk(search, known);
        known = known->next;
    }
}

bool vow_known_wake(struct known *claimed, const struct carrier *own)
{
    bool any = false;
    while (claimed != NULL) {
        struct waiter *waiter = claimed->waiter;
        claimed = claimed->victim;
        any = any || waiter->carrier == own;
        vow_waiter_wake(waiter);
    }
    return any;
}

bool vow_known_learn(struct carrier *carrier)
{
    struct search search = {.all = wants_all()};
    if (vow_known_follow == NULL)
        return false;
    trail_begin(&search.trail);
    vow_lock_take(&vow_known_lock);
    look_at_all(&search, carrier);
    walk_from_those_entered(&search);
    vow_lock_give(&vow_known_lock);
    bool own = vow_known_wake(search.victims, carrier);
    trail_end(&search.trail);
    return own;
}

void vow_known_awake(struct waiter *waiter)
{
    struct known *known = waiter->known;
    vow_known_forget(known);
    if (known->line != NULL)
        vow_line_ready(known->line);
}

/* Reports ----------------------------------------------------------------------------------------------------------- */

struct tally {
    const char *function;
    const void *object; /* of the first one */
    size_t count;
};

#define TALLIES 8u

static void count_one(struct tally *tallies, const struct waiter *waiter)
{
    size_t i = 0;
    while (i < TALLIES - 1 && tallies[i].count != 0 &&
           strcmp(tallies[i].function, waiter->function) != 0)
        i++;
    if (tallies[i].count++ == 0)
        tallies[i].object = waiter->object;
    tallies[i].function = i < TALLIES - 1 ? waiter->function : "others";
}

/* Under the lock. NULL: those of all owners. */
static size_t count_those_of(const void *owner, struct tally *tallies)
{
    size_t count = 0;
    for (const struct known *known = vow_known_first; known != NULL; known = known->next) {
        if ((owner != NULL && known->owner != owner) ||
            vow_waiter_outcome(known->waiter) != WAITER_WAITING)
            continue;
        count_one(tallies, known->waiter);
        count++;
    }
    return count;
}

static void say_tallies(struct text *text, const struct tally *tallies)
{
    for (size_t i = 0; i < TALLIES && tallies[i].count != 0; i++) {
        const struct tally *tally = &tallies[i];
        say(text, "%s%zu in %s", i == 0 ? "" : ", ", tally->count, tally->function);
        if (tally->count == 1 && tally->object != NULL)
            say(text, " for %p", tally->object);
    }
}

size_t vow_known_report(const void *owner, char *buffer, size_t size)
{
    struct tally tallies[TALLIES] = {{.function = NULL}};
    struct text text = {buffer, size};
    vow_lock_take(&vow_known_lock);
    size_t count = count_those_of(owner, tallies);
    vow_lock_give(&vow_known_lock);
    buffer[0] = '\0';
    say_tallies(&text, tallies);
    return count;
}

/* The closed world -------------------------------------------------------------------------------------------------- */

static struct known *end_those(bool of_ends)
{
    struct tally tallies[TALLIES] = {{.function = NULL}};
    struct known *ended = NULL;
    (void)count_those_of(NULL, tallies);
    for (struct known *known = vow_known_first; known != NULL; known = known->next) {
        struct waiter *waiter = known->waiter;
        struct text text = {known->text, sizeof(known->text)};
        if (waiter->source == WAITER_TIMED || (waiter->source == WAITER_END) != of_ends ||
            vow_waiter_outcome(waiter) != WAITER_WAITING)
            continue;
        say(&text, "nothing is left in this closed world that could end it; waiting: ");
        say_tallies(&text, tallies);
        if (!vow_waiter_claim(waiter, WAITER_DEADLOCK))
            continue;
        known->victim = ended;
        ended = known;
    }
    return ended;
}

struct known *vow_known_end_all(void)
{
    vow_lock_take(&vow_known_lock);
    struct known *ended = end_those(false);
    if (ended == NULL)
        ended = end_those(true);
    vow_lock_give(&vow_known_lock);
    return ended;
}

/* Waits of threads -------------------------------------------------------------------------------------------------- */

void vow_known_outside_begin(struct outside *outside, struct waiter *waiter, const void *owner)
{
    outside->waiter = waiter;
    outside->owner = owner;
    outside->job = vow_locals.job;
    outside->firing = vow_locals.firing;
    outside->outer = waiter->carrier->outside;
    outside->within = vow_locals.outside;
    outside->known.link = NULL;
    waiter->carrier->outside = outside;
    vow_locals.outside = outside;
}

void vow_known_outside_end(struct outside *outside)
{
    struct waiter *waiter = outside->waiter;
    vow_check(waiter->carrier->outside == outside && vow_locals.outside == outside);
    waiter->carrier->outside = outside->outer;
    vow_locals.outside = outside->within;
    if (waiter->notice == WAITER_KNOWN)
        vow_known_forget(&outside->known);
}
