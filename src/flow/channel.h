/*
 * channel.h - what a channel is inside: a ring of items, two queues of those who wait, and three ways in.
 *
 * A place is somebody's part in a queue: a line's that waits (on its stack), a promise's, or one of several of a select.
 * Items pass between the ring and places, or from place to place, inside the channel; who has got all that it waits for
 * is taken out of the queue there, and told outside.
 *
 *      place:   queued --- the last item passed: claimed DONE --> woken, or the promise fired
 *                  |------ closed: claimed CLOSED --------------> woken, or the promise fired
 *                  '------ its waiter comes back otherwise -----> takes itself out, and keeps what has passed
 *
 * A line that waits alone need not be claimed before items pass to it or from it: whatever ended its wait, it comes by
 * the channel before it looks at what has passed. A select is claimed first, because only one of its places may pass
 * anything; a promise's place lives and dies inside the channel.
 *
 * Ways in. What everybody may use at any time goes by the lock. Two frequent cases need no atomic operation; which one it is
 * shows in use (leave_slowly), and is written in `mode`:
 *
 *   LOCKED      everybody takes the lock
 *   a thread    all ends are used by lines of that thread: it notes the channel in its record (`inside`), then looks at
 *               the mode again; one item at a time has a way of its own there (channel_here.h)
 *   RING        one writer's end and one reader's, nobody waits: each side moves its index of the ring, having set
 *               its mark and looked at the mode again; all else goes by the lock
 *   SHARED      the same with several ends on a side: those of a side take turns by a lock of their own, so that what
 *               goes from core to core is what has to, the items and now and then an index
 *   SERIAL      unsynchronised, for ever
 *
 *                     often used by one thread alone, reading and writing
 *            LOCKED ----------------------------------------------------> thread
 *             |  ^  <---------------------------------------------------    |
 *             |  |            somebody comes by the lock                    |
 *             |  '------------------------------------------- RING, SHARED  |
 *             '--- often used, nobody waits ------------------^
 *
 * A side of the ring that has to wait ends the mode as well, but only for as long as somebody waits; and the ring grows
 * between two such modes.
 *
 * Who comes by the lock and finds another mode sets LOCKED, has every running thread execute a fence, and waits until
 * those who are inside without the lock have left (base/barrier.h). Where that barrier is not available the mode stays
 * LOCKED.
 *
 * Who looks at the mode and is then kept from going on for long may come when that mode has ended and another one has begun.
 * It sets its mark, finds out, and takes the mark back; by that nobody else's mark may go, or who ends the new mode
 * would not wait for them. So no two that may be under way at once have the same mark (invariant 7).
 *
 * Invariants
 * 1. Inside is one at a time; in RING and SHARED one of each side, who touches that side's index and the slots that are
 *    its own.
 * 2. No user's code runs inside, no value is dropped there, nobody is woken there. (The allocator is called.)
 * 3. While somebody waits to read the ring is empty; while somebody waits to write it is full. In RING and
 *    SHARED nobody waits, and the channel is open.
 * 4. A place is in a queue exactly while it is `queued`, which changes inside only.
 * 5. An item is at each time in one place: the writer's array, the ring, or the reader's array.
 * 6. The channel lives until its last end has gone; a promise's place holds its end.
 * 7. A mark is set and taken back by one at a time, also by who comes too late: a thread's, in its record, by that thread,
 *    which is inside of one channel at a time (2); RING's by who uses the only end of that side, which is there until
 *    then; SHARED's by who has that side's lock.
 *
 * Ways in, waiting and closing are model-checked: tests/models/channel.cc.
 */
#ifndef VOW_FLOW_CHANNEL_H
#define VOW_FLOW_CHANNEL_H

#include <vow/channel.h>

#include "base/counted.h"
#include "base/fail.h"
#include "base/lock.h"
#include "base/value.h"
#include "execution/fence.h"
#include "execution/park.h"

/* Else a struct thread *, which is even: those that are odd are rings. */
enum { CHANNEL_LOCKED = 0, CHANNEL_RING = 1, CHANNEL_SERIAL = 2, CHANNEL_SHARED = 3 };

struct channel_place {
    struct channel_place *next; /* in its queue, then among those who are told */
    struct channel_place *previous;
    struct waiter *waiter;   /* NULL: a promise's */
    struct thread *here;     /* of a line that waits alone, for one item; NULL: other places */
    vow_value *items;        /* to read into … */
    const vow_value *source; /* … or to write from */
    size_t count;
    size_t done; /* how many have passed */
    bool queued;
    bool selects; /* one of several: claimed before anything passes */
    bool closed;  /* claimed because the channel was closed */
};

struct place_queue {
    struct channel_place *first;
    struct channel_place *last; /* meaningful while first is not NULL */
};

/* Who fills a channel when somebody reads: a task. Both are called outside. */
struct channel_feed {
    /* Somebody wants items: those who wait, and one who does not, for `extra`, less what lies there. */
    void (*want)(struct channel_feed *feed, size_t extra);
    /* The last reader has gone: the last call. */
    void (*left)(struct channel_feed *feed);
    /* It waits for room: `want` is to be called when items have been read and fewer than so many are left. Looked at outside,
       after that. */
    _Atomic size_t low;
    /* Others are at work on items for it, and will be done soon: a hint. */
    _Atomic bool busy;
};

/* One side of a ring. */
struct ring_side {
    struct lock lock;                        /* SHARED */
    _Atomic bool inside[CHANNEL_SHARED + 1]; /* by mode: somebody is */
};

struct channel {
    /* Read by all: */
    _Atomic uintptr_t mode;
    vow_value *items; /* a ring of mask + 1; NULL: none yet */
    size_t mask;
    size_t capacity;
    _Atomic size_t limit; /* of a ring: how many items it takes */
    bool
        cheap; /* vow_barrier_available(), and no detours (execution/detour.h): it may be other than LOCKED */
    bool serial;
    struct channel_feed *feed;  /* NULL: those who write, write */
    _Atomic unsigned reads_all; /* how many want everything that will come */
    _Atomic bool closed;
    char apart[VOW_CACHE_LINE];
    /* The reading side: */
    _Atomic size_t head;
    size_t known_tail; /* of a ring: at least so far */
    struct ring_side reading;
    char apart_from_reading[VOW_CACHE_LINE];
    /* The writing side: */
    _Atomic size_t tail;
    size_t known_head; /* of a ring: at least so far */
    struct ring_side writing;
    char apart_from_writing[VOW_CACHE_LINE];
    /* Inside: */
    struct lock lock;
    bool read_here;      /* `last` has read, … */
    bool written_here;   /* … has written */
    struct thread *last; /* who came by the lock last … */
    unsigned streak;     /* … how often without another one */
    unsigned quiet;      /* how often somebody came by the lock in this mode */
    unsigned patience;   /* how often that has to be before the mode changes */
    bool interrupted;    /* who is inside now has ended the mode RING or SHARED … */
    bool
        resumes; /* … in order to wait, or to let the ring grow: it comes back when nobody waits any more */
    struct place_queue readers_waiting;
    struct place_queue writers_waiting;
    size_t readers; /* ends */
    size_t writers;
    vow_value error; /* why it was closed; none: for no reason */
};

/* What both kinds of ends begin with. */
struct channel_end {
    struct counted counted;
    struct channel *channel;
    _Atomic bool busy; /* a line uses it */
};

/* Each is used at every turn: they keep away from what lies next to them, which may be the other side's. */
struct vow_reader {
    struct channel_end end;
    vow_read_begin_hook before;
    vow_read_end_hook after;
    char apart[VOW_CACHE_LINE];
};

struct vow_writer {
    struct channel_end end;
    vow_write_hook hook;
    char apart[VOW_CACHE_LINE];
};

static inline uintptr_t vow_channel_mode(const struct channel *channel)
{
    /* M1 acquire: pairs with M2 (channel_mode.c): who finds a mode sees what was done before it began */
    return atomic_load_explicit(&channel->mode, memory_order_acquire);
}

static inline bool vow_mode_is_ring(uintptr_t mode)
{
    return (mode & 1) != 0;
}

/* The mark of who is inside at `side`, in that mode of a ring. */
static inline _Atomic bool *vow_ring_mark(struct ring_side *side, uintptr_t mode)
{
    return &side->inside[mode];
}

/* Inside, or as a hint. */
static inline size_t vow_channel_head(const struct channel *channel)
{
    return atomic_load_explicit(&channel->head, memory_order_relaxed); /* relaxed: see above */
}

static inline size_t vow_channel_tail(const struct channel *channel)
{
    return atomic_load_explicit(&channel->tail, memory_order_relaxed); /* relaxed: see above */
}

static inline size_t vow_channel_count(const struct channel *channel)
{
    return vow_channel_tail(channel) - vow_channel_head(channel);
}

static inline bool vow_channel_is_closed(const struct channel *channel)
{
    /* relaxed: inside it is exact; outside nothing is read by it */
    return atomic_load_explicit(&channel->closed, memory_order_relaxed);
}

/* How many items the ring takes: in one of its modes, or as a hint. */
static inline size_t vow_channel_limit(const struct channel *channel)
{
    return atomic_load_explicit(&channel->limit, memory_order_relaxed); /* relaxed: see above */
}

/* With a ledger each writer without a hook has this one: what is left in a channel is told with who wrote. Gives `item` back. */
vow_value vow_channel_note_write(vow_value item, void *channel);

/* Going inside (channel_mode.c) -------------------------------------------------------------------------------------- */

void vow_channel_enter_slowly(struct channel *channel);
void vow_channel_leave_slowly(struct channel *channel);

/* Whether `self`, the calling thread, is inside of some channel whose mode it is. */
static inline bool vow_thread_is_inside(const struct thread *self)
{
    /* relaxed: this thread wrote it */
    return atomic_load_explicit(&self->inside, memory_order_relaxed) != NULL;
}

/* Gives whether it was by the lock, for vow_channel_leave. */
static inline bool vow_channel_enter(struct channel *channel)
{
    struct thread *self = vow_here.thread;
    uintptr_t mode = vow_channel_mode(channel);
    if (mode == CHANNEL_SERIAL)
        return false;
    if (vow_likely(mode == (uintptr_t)self && self != NULL)) {
        vow_check(!vow_thread_is_inside(self));
        /* relaxed: ordered before the look at the mode by the barrier of who changes that */
        atomic_store_explicit(&self->inside, channel, memory_order_relaxed);
        vow_compiler_fence();
        if (vow_likely(vow_channel_mode(channel) == mode))
            return false;
        /* M6 release: pairs with M4: nothing was done, but this stands for what was done here before */
        atomic_store_explicit(&self->inside, NULL, memory_order_release);
    }
    vow_channel_enter_slowly(channel);
    return true;
}

/* The channel whose mode is the calling thread, `self`. */
static inline void vow_channel_leave_here(struct thread *self)
{
    /* M3 release: pairs with M4 (channel_mode.c) */
    atomic_store_explicit(&self->inside, NULL, memory_order_release);
}

static inline void vow_channel_leave(struct channel *channel, bool locked)
{
    struct thread *self = vow_here.thread;
    if (locked)
        vow_channel_leave_slowly(channel);
    else if (vow_likely(self != NULL)) /* else it is SERIAL */
        vow_channel_leave_here(self);
}

/* Passing items, inside (channel_pass.c) ------------------------------------------------------------------------------ */

/* Passes items on, to those who wait and into the ring; gives how many. Takes those. */
size_t vow_channel_put(struct channel *channel, const vow_value *items, size_t count,
                       struct place_queue *told);

/* The same for items that are kept already: each is owned, or a plain word. */
size_t vow_channel_put_kept(struct channel *channel, const vow_value *items, size_t count,
                            struct place_queue *told);

/* As vow_channel_put, but only to those who wait to read. */
size_t vow_channel_hand(struct channel *channel, const vow_value *items, size_t count,
                        struct place_queue *told);

/* Takes items, out of the ring and from those who wait to write; gives how many. */
size_t vow_channel_take(struct channel *channel, vow_value *items, size_t count,
                        struct place_queue *told);

/* Puts an item that was taken back where it was, before all others, also where there is no room any more: then the channel
   holds more than its capacity for a while. False, and it is still the caller's: no memory, or a rendezvous. */
bool vow_channel_put_back(struct channel *channel, vow_value item, struct place_queue *told);

/* There is room for one more item, but the ring could not grow. */
static inline bool vow_channel_needs_memory(const struct channel *channel)
{
    size_t held = vow_channel_count(channel);
    return held < channel->capacity && (channel->items == NULL || held > channel->mask);
}

/* A line's place, with `done` items passed. Its arrays are the caller's to set. */
static inline void vow_place_init(struct channel_place *place, struct waiter *waiter, size_t count,
                                  size_t done)
{
    place->waiter = waiter;
    place->here = NULL;
    place->count = count;
    place->done = done;
    place->selects = false;
    place->closed = false;
}

void vow_place_append(struct place_queue *queue, struct channel_place *place);
void vow_place_remove(struct place_queue *queue, struct channel_place *place);

/* Nobody reads or writes any more but what is there. Gives whether it was open. */
bool vow_channel_shut(struct channel *channel, struct place_queue *told);

/* Outside: waits in `queue`, where the place of a line stands; afterwards it stands there no more. */
enum outcome vow_place_stay(struct channel *channel, struct place_queue *queue,
                            struct channel_place *place, vow_deadline deadline);

/* Outside: nothing has passed, and nobody waits, because the channel is `state` ("empty", "full"): why. */
vow_status vow_channel_refuse_to_wait(const struct channel *channel, vow_deadline deadline,
                                      const char *state, const char *function);

/* Outside: wakes and fires. */
void vow_places_tell(struct place_queue *told);

static inline void vow_channel_leave_and_tell(struct channel *channel, bool locked,
                                              struct place_queue *told)
{
    struct channel_place *first = told->first;
    vow_channel_leave(channel, locked);
    if (first == NULL)
        return;
    if (vow_likely(first->next == NULL && first->waiter != NULL))
        vow_waiter_wake(first->waiter);
    else
        vow_places_tell(told);
}

/* Demand (channel_feed.c) ---------------------------------------------------------------------------------------------- */

/* Has `feed` fill the channel of `reader`, which is new: it goes by the lock, and holds any number of items. */
void vow_reader_feed(vow_reader *reader, struct channel_feed *feed);

/* What those who read ask of who fills the channel. */
struct demand {
    size_t missing;  /* items that they wait for */
    size_t expected; /* items on their way, at that moment */
    size_t ready;    /* items that lie there for those who want all */
    size_t room;     /* for so many more */
    bool all;        /* everything that will come is wanted */
};

/* What is asked at one moment: by those who wait, and by one who does not wait and wants `extra`. */
struct demand vow_channel_demand(struct channel *channel, size_t extra,
                                 const _Atomic size_t *expected);

/* Items that a task has made. */
struct supply {
    vow_value **items;
    size_t count;
    size_t *room; /* of their array, which may be exchanged for another one; NULL: it may not */
};

/* Items for the readers, taken; they are as many as `asked` of those that were expected. Gives how many found room: fewer
   without memory, or when it is closed. */
size_t vow_channel_supply(struct channel *channel, struct supply *supply, _Atomic size_t *expected,
                          size_t asked);

/* One who wants everything that will come begins to read, and ends. */
void vow_channel_read_all_begin(struct channel *channel);
void vow_channel_read_all_end(struct channel *channel);

/* Waits for one item, and takes what else is there: at most `count`. In the name of `function`; no hooks. */
vow_status vow_read_some(vow_reader *reader, vow_value *items, size_t count, vow_deadline deadline,
                         size_t *ret_count, const char *function);

/* Outside, after somebody stood in the queue to read. */
static inline void vow_channel_want(struct channel *channel, size_t extra)
{
    if (vow_unlikely(channel->feed != NULL))
        channel->feed->want(channel->feed, extra);
}

/* Outside, after items have been read. */
static inline void vow_channel_was_read(struct channel *channel)
{
    struct channel_feed *feed = channel->feed;
    /* relaxed: who has set it looks at the channel, inside, afterwards */
    if (vow_unlikely(feed != NULL) &&
        vow_channel_count(channel) < atomic_load_explicit(&feed->low, memory_order_relaxed))
        feed->want(feed, 0);
}

/* Promises (channel_promise.c) ---------------------------------------------------------------------------------------- */

/* Inside: nobody will hear of an item that this promise is given. */
bool vow_place_is_unheard(const struct channel_place *place);

/* Inside: how the place's promise ends. */
void vow_place_decide(struct channel_place *place, enum outcome outcome);

/* Outside: fires the promises of a list of places. */
void vow_places_fire(struct channel_place *first);

/* Ends ----------------------------------------------------------------------------------------------------------------- */

/* Why reading gives nothing any more: VOW_CLOSED, or the error's status, with its sentence. Outside. */
vow_status vow_channel_closed_status(const struct channel *channel, bool reading,
                                     const char *function);

/* The same as an error value. */
vow_value vow_channel_closed_error(const struct channel *channel, bool reading,
                                   const char *function);

/* Each time that a reader is about to read; not inside. */
static inline void vow_reader_before(vow_reader *reader, size_t count)
{
    if (vow_unlikely(reader->before.call != NULL))
        reader->before.call(reader, count, reader->before.context);
}

static inline bool vow_end_is_used(const struct channel_end *end)
{
    /* relaxed: as in vow_end_use */
    return atomic_load_explicit(&end->busy, memory_order_relaxed);
}

static inline void vow_end_begin(struct channel_end *end)
{
    /* relaxed: as in vow_end_use */
    atomic_store_explicit(&end->busy, true, memory_order_relaxed);
}

/* Begins the use of an end by this line. VOW_INVALID: another one uses it. */
static inline bool vow_end_use(struct channel_end *end)
{
    /* relaxed, and no swap: it finds lines that wait at the end, for the user's sake */
    if (vow_unlikely(vow_end_is_used(end)))
        return false;
    vow_end_begin(end);
    return true;
}

static inline void vow_end_leave(struct channel_end *end)
{
    /* relaxed: as above */
    atomic_store_explicit(&end->busy, false, memory_order_relaxed);
}

#endif
