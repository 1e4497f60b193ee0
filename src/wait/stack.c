/*
 * stack.c - stacks that are kept for the next user: per thread, and in a depot.
 *
 * A thread has, per size, a loaded pile and a spare one, each of at most STACK_PILE stacks. Taking and giving work on
 * the loaded one; where it is empty (full) the two change places, and where both are, a whole pile comes from (goes to)
 * the depot. So stacks that one thread makes and another gives back travel in piles, and one lock pays for many. The
 * depot holds DEPOT_PILES of each size; what is beyond goes back to the system. Threads that have nothing to do let it
 * shrink to DEPOT_KEPT, and give back the memory of stacks that ran deep (vow_stack_trim). A thread's piles go to the depot
 * when it ends, the depot's to the system when the process ends; what is given back later goes there, too.
 *
 * So the number of stacks follows the most that were in use at a time, which rises slowly as a program runs on, and comes
 * down again, where all is idle, to at most DEPOT_KEPT * STACK_PILE of each size. Kept stacks that ran no deeper than their
 * first page have that one page; those never used again cost no more than addresses once they were trimmed.
 *
 * With threads as backend (VOW_SWITCH=threads) stacks go to the depot one by one: there the thread that takes or gives
 * is any stack's.
 *
 * Invariants
 * 1. A thread's piles are its own; the depot's are under its lock.
 * 2. A pile in the depot is not empty.
 * 3. Trimmed stacks lie below those that ran since (`touched`) in each pile.
 */
#include "wait/stack.h"

#include <errno.h>
#include <pthread.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/locals.h"
#include "base/threads.h"
#include "wait/stack_overflow.h"
#include "wait/stack_slab.h"

#define DEPOT_PILES 1024u /* in busy times … */
#define DEPOT_KEPT 64u    /* … and in idle ones */
#define TRIM_PILES 4u     /* so many at a time */

struct pile {
    struct stack *first;
    unsigned count;
};

struct cache {
    struct pile loaded, spare;
};

struct thread_stacks {
    struct cache caches[STACK_CLASSES];
    unsigned limit; /* STACK_PILE; 0: the thread keeps nothing (not yet, or no more) */
    bool begun, ended;
    vow_status refusal;
    struct thread_exit exit;
};

static VOW_THREAD_LOCAL struct thread_stacks mine;

struct depot {
    struct lock lock;
    bool closed;    /* the process ends: what is given back now goes to the system */
    unsigned count; /* of piles */
    struct pile piles[DEPOT_PILES];
};

static struct depot depots[STACK_CLASSES];
VOW_CHILD_CARE(child_care,
               {.locks = &depots[0].lock, .stride = sizeof(depots[0]), .count = STACK_CLASSES});
static pthread_once_t once = PTHREAD_ONCE_INIT;

const char *(*vow_stack_name)(const struct stack *stack, char *room, const char **ret_advice);

/* --- piles --- */

static inline void push(struct pile *pile, struct stack *stack)
{
    stack->next = pile->first;
    pile->first = stack;
    pile->count++;
}

static inline struct stack *pop(struct pile *pile)
{
    struct stack *stack = pile->first;
    pile->first = stack->next;
    pile->count--;
    return stack;
}

static void pile_free(struct pile pile)
{
    while (pile.count != 0)
        vow_slab_give(pop(&pile));
}

static void pile_trim(struct pile pile)
{
    struct stack *stack = pile.first;

    for (unsigned i = 0; i < pile.count && stack->touched; i++, stack = stack->next) {
        stack->touched = false;
        vow_slab_trim(stack);
    }
}

/* --- the depot --- */

/* False: it is full, or closed. */
static bool depot_put(struct depot *depot, struct pile pile)
{
    if (pile.count == 0)
        return true;
    vow_lock_take(&depot->lock);
    bool room = depot->count < DEPOT_PILES && !depot->closed;
    if (room)
        depot->piles[depot->count++] = pile;
    vow_lock_give(&depot->lock);
    return room;
}

/* One of more than `least` piles. An empty one: there are no more. */
static struct pile depot_take_beyond(struct depot *depot, unsigned least)
{
    struct pile pile = {NULL, 0};

    vow_lock_take(&depot->lock);
    if (depot->count > least)
        pile = depot->piles[--depot->count];
    vow_lock_give(&depot->lock);
    return pile;
}

static struct pile depot_take(struct depot *depot)
{
    return depot_take_beyond(depot, 0);
}

/* A pile with stacks that ran since they were trimmed. An empty one: it has none. */
static struct pile depot_take_touched(struct depot *depot)
{
    struct pile pile = {NULL, 0};

    vow_lock_take(&depot->lock);
    for (unsigned i = depot->count; i-- > 0 && pile.count == 0;) {
        if (depot->piles[i].first->touched) {
            pile = depot->piles[i];
            depot->piles[i] = depot->piles[--depot->count];
        }
    }
    vow_lock_give(&depot->lock);
    return pile;
}

static void pile_keep(unsigned class, struct pile pile)
{
    if (!depot_put(&depots[class], pile))
        pile_free(pile);
}

static void depots_free(void)
{
    for (unsigned class = 0; class < STACK_CLASSES; class ++)
        for (struct pile pile; (pile = depot_take(&depots[class])).count != 0;)
            pile_free(pile);
}

/* Other hooks of the process may run behind this one, and give stacks back: the default pool's end, where it was made before
   its workers took any. */
static void depots_close(void)
{
    for (unsigned class = 0; class < STACK_CLASSES; class ++) {
        vow_lock_take(&depots[class].lock);
        depots[class].closed = true;
        vow_lock_give(&depots[class].lock);
    }
    depots_free();
}

static void *address_of_host(void)
{
    return &vow_host_other;
}

static void process_begin(void)
{
    vow_stack_carry(address_of_host, sizeof(void *));
    vow_process_at_exit(depots_close);
    vow_overflow_watch();
}

/* --- threads --- */

static void thread_flush(void)
{
    for (unsigned class = 0; class < STACK_CLASSES; class ++) {
        struct cache *cache = &mine.caches[class];
        pile_keep(class, cache->loaded);
        pile_keep(class, cache->spare);
        *cache = (struct cache){{NULL, 0}, {NULL, 0}};
    }
}

static void thread_end(struct thread_exit *self)
{
    (void)self;
    mine.limit = 0;
    mine.ended = true;
    thread_flush();
    vow_overflow_thread_end();
}

/* The first stack that this thread takes or gives. */
static void thread_begin(void)
{
    mine.begun = true;
    pthread_once(&once, process_begin);
    mine.exit.run = thread_end;
    if (vow_thread_at_exit(&mine.exit)) {
        (void)vow_stack_most(); /* decides on the backend */
        if (vow_switch_kind_now() != SWITCH_THREADS)
            mine.limit = STACK_PILE;
        vow_overflow_thread_begin();
    }
}

/* --- taking --- */

static unsigned class_of(size_t size)
{
    if (size <= STACK_SMALLEST)
        return 0;
    return (unsigned)(63 - __builtin_clzll((size - 1) / STACK_SMALLEST)) + 1;
}

static VOW_COLD struct stack *refused(vow_status status, size_t size, const char *function)
{
    mine.refusal = status;
    if (status == VOW_INVALID)
        (void)vow_fail_status(status, "%s: a stack of %zu bytes: at most %zu", function, size,
                              STACK_LARGEST);
    else if (status == VOW_LIMIT)
        (void)vow_fail_status(status, "%s: there are %zu stacks, as many as may be", function,
                              vow_stack_most());
    else
        (void)vow_fail_status(status, "%s: no memory for a stack of %zu KiB", function,
                              size / 1024);
    return NULL;
}

static VOW_COLD struct stack *take_slowly(unsigned class, size_t size, const char *function)
{
    struct cache *cache = &mine.caches[class];
    vow_status status;

    if (!mine.begun && !mine.ended)
        thread_begin();
    if (cache->spare.count != 0) {
        cache->loaded = cache->spare;
        cache->spare = (struct pile){NULL, 0};
        return pop(&cache->loaded);
    }
    struct pile pile = depot_take(&depots[class]);
    if (pile.count != 0) {
        struct stack *stack = pop(&pile);
        if (mine.limit != 0)
            cache->loaded = pile;
        else
            pile_keep(class, pile);
        return stack;
    }
    struct stack *stack = vow_slab_take(class, &status);
    if (stack == NULL) { /* those of other sizes, kept here and in the depot, may be in the way */
        thread_flush();
        depots_free();
        stack = vow_slab_take(class, &status);
    }
    return stack != NULL ? stack : refused(status, size, function);
}

vow_status vow_stack_refusal(void)
{
    return mine.refusal;
}

struct stack *vow_stack_take(size_t size, const char *function)
{
    if (vow_unlikely(size > STACK_LARGEST))
        return refused(VOW_INVALID, size, function);
    unsigned class = class_of(size);
    struct pile *loaded = &mine.caches[class].loaded;
    if (vow_likely(loaded->count != 0))
        return pop(loaded);
    return take_slowly(class, size, function);
}

/* --- giving --- */

static VOW_COLD void give_slowly(struct stack *stack)
{
    unsigned class = stack->class;
    struct cache *cache = &mine.caches[class];

    if (!mine.begun && !mine.ended)
        thread_begin();
    if (mine.limit == 0) {
        stack->next = NULL;
        pile_keep(class, (struct pile){stack, 1});
        return;
    }
    if (cache->loaded.count == STACK_PILE) {
        pile_keep(class, cache->spare);
        cache->spare = cache->loaded;
        cache->loaded = (struct pile){NULL, 0};
    }
    push(&cache->loaded, stack);
}

void vow_stack_give(struct stack *stack)
{
    vow_check(stack->slab != NULL);
    stack->touched = true;
    struct pile *loaded = &mine.caches[stack->class].loaded;
    if (vow_likely(loaded->count < mine.limit))
        push(loaded, stack);
    else
        give_slowly(stack);
}

/* --- looking after them --- */

/* True: `*budget` piles were too few. */
static bool depot_trim(unsigned class, unsigned *budget)
{
    struct depot *depot = &depots[class];

    for (struct pile pile; (pile = depot_take_beyond(depot, DEPOT_KEPT)).count != 0;) {
        pile_free(pile);
        if (--*budget == 0)
            return true;
    }
    for (struct pile pile; (pile = depot_take_touched(depot)).count != 0;) {
        pile_trim(pile);
        pile_keep(class, pile);
        if (--*budget == 0)
            return true;
    }
    return false;
}

bool vow_stack_trim(void)
{
    unsigned budget = TRIM_PILES;

    for (unsigned class = 0; class < STACK_CLASSES; class ++) {
        pile_trim(mine.caches[class].loaded);
        pile_trim(mine.caches[class].spare);
        if (depot_trim(class, &budget))
            return true;
    }
    return false;
}

static size_t depot_count(struct depot *depot)
{
    size_t stacks = 0;

    vow_lock_take(&depot->lock);
    for (unsigned i = 0; i < depot->count; i++)
        stacks += depot->piles[i].count;
    vow_lock_give(&depot->lock);
    return stacks;
}

size_t vow_stack_kept(void)
{
    size_t stacks = 0;

    for (unsigned class = 0; class < STACK_CLASSES; class ++) {
        stacks += mine.caches[class].loaded.count + mine.caches[class].spare.count;
        stacks += depot_count(&depots[class]);
    }
    return stacks;
}

/* The lowest address of the calling thread's own stack; NULL: unknown. */
static const char *own_lowest(void)
{
    static VOW_THREAD_LOCAL const char *known;
    pthread_attr_t attributes;
    void *lowest = NULL;
    size_t size;

    if (known == NULL && pthread_getattr_np(pthread_self(), &attributes) == 0) {
        if (pthread_attr_getstack(&attributes, &lowest, &size) == 0)
            known = lowest;
        pthread_attr_destroy(&attributes);
    }
    return known;
}

size_t vow_stack_left(const struct stack *stack)
{
    const char *here = __builtin_frame_address(0);
    const char *lowest = stack->lowest != NULL ? stack->lowest : own_lowest();

    return lowest != NULL && here > lowest ? (size_t)(here - lowest) : 0;
}
