/*
 * channel.cc - model of a channel's ways in, of waiting at it and of its end (flow/channel.h, channel_mode.c, channel_ring.h,
 * channel_pass.c, and the inner parts of reading, writing and closing): each item that was accepted is read once, in its
 * writer's order; who reads is told of the end after the last item, with the error that closed the channel; nobody
 * waits for ever.
 *
 * The channel's patience is 0, so that it changes its mode whenever it may. The waiter is simpler here than in
 * wait/waiter.h, which has a model of its own; the ring does not grow. Who has looked at the mode may be kept from going on for
 * long, as a thread that is preempted is.
 */
#include "model.hpp"

typedef plain<int> vow_value;
typedef int vow_status;
enum { VOW_OK, VOW_CLOSED, VOW_TIMED_OUT };
enum { READ_NOTHING = 0, ERROR = 7 };
#define vow_none() (-1)
#define VOW_POLL (vow_deadline{0})

//@ change struct channel_place *first; struct channel_place *last; => \
//@     plain<struct channel_place *> first; plain<struct channel_place *> last;
//@ change struct channel_place *next; struct channel_place *previous; => \
//@     plain<struct channel_place *> next; plain<struct channel_place *> previous;
//@ change size_t done; bool queued; => plain<size_t> done; plain<bool> queued;
//@ change place->done += count; => place->done = place->done + count;
//@ change size_t known_tail; => plain<size_t> known_tail;
//@ change size_t known_head; => plain<size_t> known_head;
//@ change bool read_here; bool written_here; => plain<bool> read_here; plain<bool> written_here;
//@ change bool interrupted; bool resumes; => plain<bool> interrupted; plain<bool> resumes;
//@ change struct place_queue told; => struct place_queue told = {};
//@ change uintptr_t vow_channel_mode(const struct channel *channel) { => \
//@     uintptr_t look_at_mode(const struct channel *channel) {
//@ change queue->first != NULL ? queue->last : NULL => queue->first != NULL ? (struct channel_place *)queue->last : NULL

//@ weaken the revocation has no barrier: \
//@     vow_barrier_everywhere(); => vow_fence_full();
//@ weaken the revocation does not wait until the thread has left: \
//@     wait_for_thread((struct thread *)mode, channel); =>
//@ weaken the revocation does not wait until the reader has left: \
//@     wait_for_side(&channel->reading, mode); =>
//@ weaken the revocation does not wait until the writer has left: \
//@     wait_for_side(&channel->writing, mode); =>
//@ weaken who waits until the thread has left acquires nothing: \
//@     atomic_load_explicit(&thread->inside, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken who waits until a side of the ring is left acquires nothing: \
//@     atomic_load_explicit(vow_ring_mark(side, mode), [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken who leaves the ring releases nothing: \
//@     { atomic_store_explicit(vow_ring_mark(side, mode), false, [[memory_order_release]]) => memory_order_relaxed
//@ weaken the thread that leaves releases nothing: \
//@     { atomic_store_explicit(&self->inside, NULL, [[memory_order_release]]) => memory_order_relaxed
//@ weaken the ring's side looks at the mode before it says that it is in: \
//@     atomic_store_explicit(vow_ring_mark(side, mode), true, memory_order_relaxed); [[vow_compiler_fence();]] \
//@     if (vow_likely(vow_channel_mode(channel) == mode)) return mode; => return mode;
//@ weaken who comes to the ring too late releases nothing: \
//@     return mode; atomic_store_explicit(vow_ring_mark(side, mode), false, [[memory_order_release]]) => memory_order_relaxed
//@ weaken who comes to the ring too late has the mark of those who are there: \
//@     [[&side->inside[mode]]] => &side->inside[CHANNEL_RING]
//@ weaken who comes to its own channel too late takes back the mark of the thread whose it is now: \
//@     return false; [[atomic_store_explicit(&self->inside, NULL, memory_order_release);]] => \
//@     uintptr_t now = look_at_mode(channel); \
//@     atomic_store_explicit(&self->inside, NULL, memory_order_release); \
//@     if (now > CHANNEL_SHARED) atomic_store_explicit(&((struct thread *)now)->inside, NULL, memory_order_release);
//@ weaken the thread looks at the mode before it says that it is in: \
//@     atomic_store_explicit(&self->inside, channel, memory_order_relaxed); [[vow_compiler_fence();]] \
//@     if (vow_likely(vow_channel_mode(channel) == mode)) return false; => return false;
//@ weaken a mode begins without a release: \
//@     atomic_store_explicit(&channel->mode, mode, [[memory_order_release]]) => memory_order_relaxed
//@ weaken who finds a mode acquires nothing: \
//@     atomic_load_explicit(&channel->mode, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken who writes to the ring releases nothing: \
//@     atomic_store_explicit(&channel->tail, tail + 1, [[memory_order_release]]) => memory_order_relaxed
//@ weaken who reads the ring acquires nothing: \
//@     atomic_load_explicit(&channel->tail, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken who has read the ring releases nothing: \
//@     atomic_store_explicit(&channel->head, head + 1, [[memory_order_release]]) => memory_order_relaxed
//@ weaken who finds room in the ring acquires nothing: \
//@     atomic_load_explicit(&channel->head, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken several writers take no turns: \
//@     alone ? CHANNEL_RING : CHANNEL_SHARED => CHANNEL_RING
//@ weaken a ring begins although somebody waits: \
//@     channel->items != NULL && [[!somebody_waits(channel)]] => true
//@ weaken a ring begins although the channel is closed: \
//@     [[!vow_channel_is_closed(channel)]] && vow_channel_count(channel) <= channel->capacity => true
//@ weaken a close forgets those who wait to read: \
//@     finish(&channel->readers_waiting, place, WAITER_CLOSED, told); => \
//@     vow_place_remove(&channel->readers_waiting, place);
//@ weaken a close tells only one of those who wait to read: \
//@     while ([[(place = channel->readers_waiting.first) != NULL]]) => \
//@     told->first == NULL && (place = channel->readers_waiting.first) != NULL
//@ weaken a close forgets those who wait to write: \
//@     finish(&channel->writers_waiting, place, WAITER_CLOSED, told); => \
//@     vow_place_remove(&channel->writers_waiting, place);
//@ weaken a close says so before the error is there: \
//@     channel->error = vow_value_take(error); => \
//@     atomic_store_explicit(&channel->closed, true, memory_order_seq_cst); channel->error = vow_value_take(error); \
//@     atomic_store_explicit(&channel->closed, false, memory_order_relaxed);
//@ weaken a close releases nothing: \
//@     atomic_store_explicit(&channel->closed, true, [[memory_order_release]]) => memory_order_relaxed
//@ weaken who asks for the error acquires nothing: \
//@     atomic_load_explicit(&channel->closed, [[memory_order_acquire]]) => memory_order_relaxed
//@ weaken who reads takes closed for empty: \
//@     if ([[channel->capacity != 0 || channel->writers_waiting.first != NULL]]) \
//@         *ret_done += vow_channel_take(...); => !vow_channel_is_closed(channel)
//@ weaken who reads lets nobody write who waits for room: \
//@     if (channel->writers_waiting.first != NULL && channel->capacity != 0) refill(channel, told); =>
//@ weaken who comes too late leaves its place in the queue: \
//@     if (place->queued) vow_place_remove(queue, place); => (void)0;
//@ weaken who comes too late forgets what it got: \
//@     *ret_done = place.done; if (vow_likely([[place.done != 0]])) => \
//@     outcome == WAITER_DONE && place.done != 0

//@ file src/base/lock.h
//@ take src/base/lock.c: vow_lock_take_slowly vow_lock_wake

//@ take src/wait/waiter.h: outcome

static void *vow_thread_here(void)
{
    return NULL; /* it has been here before */
}

/* The waiter ------------------------------------------------------------------------------------------------------ */

static word<uint32_t> *bells[THREADS_MOST];

struct waiter {
    word<uint32_t> outcome;
    word<uint32_t> *bell;
};

static vow_status vow_wait_begin(struct waiter *waiter, const char *, void *)
{
    waiter->bell = bells[rl::thread_index()];
    atomic_store_explicit(waiter->bell, 0, memory_order_relaxed);
    return VOW_OK;
}

static bool vow_waiter_claim(struct waiter *waiter, enum outcome outcome)
{
    uint32_t waiting = WAITER_WAITING;
    return atomic_compare_exchange_strong_explicit(&waiter->outcome, &waiting, (uint32_t)outcome,
                                                   memory_order_acq_rel, memory_order_acquire);
}

static void vow_waiter_wake(struct waiter *waiter)
{
    word<uint32_t> *bell = waiter->bell;
    atomic_store_explicit(bell, 1, memory_order_release);
    vow_futex_wake(bell, 1);
}

static enum outcome vow_wait_end(struct waiter *waiter, vow_deadline deadline)
{
    while (atomic_load_explicit(waiter->bell, memory_order_acquire) == 0) {
        if (!vow_futex_wait(waiter->bell, 0, deadline) && vow_waiter_claim(waiter, WAITER_TIMED_OUT))
            break;
    }
    return (enum outcome)atomic_load_explicit(&waiter->outcome, memory_order_acquire);
}

#define vow_wait_failed(waiter, outcome) ((outcome) == WAITER_TIMED_OUT ? VOW_TIMED_OUT : -1)

/* The channel ------------------------------------------------------------------------------------------------------ */

struct thread {
    word<void *> inside;
};
static struct {
    struct thread *thread;
} heres[THREADS_MOST];
#define vow_here (heres[rl::thread_index()])

struct channel_feed;
#define vow_channel_want(channel, extra) ((void)0)
#define vow_value_take(value) (value)
#define vow_borrow(value) (value)
#define vow_ask_to_write(address) ((void)0)
#define vow_place_decide(place, outcome) ((void)0)
#define vow_place_is_unheard(place) false
#define vow_places_tell tell
#define vow_channel_needs_memory(channel) false
#define vow_channel_refuse_to_wait(channel, deadline, state, function) VOW_TIMED_OUT

//@ take src/flow/channel.h: channel_place place_queue
enum { CHANNEL_LOCKED = 0, CHANNEL_RING = 1, CHANNEL_SERIAL = 2, CHANNEL_SHARED = 3 };
//@ take src/flow/channel.h: ring_side channel vow_channel_mode

static bool preempts; /* whether that happens in this scenario */

static uintptr_t vow_channel_mode(const struct channel *channel)
{
    uintptr_t mode = look_at_mode(channel);
    if (preempts && rl::rand(4) == 0)
        for (unsigned i = rl::rand(4) * 40; i > 0; i--)
            rl::yield(1, $);
    return mode;
}

//@ take src/flow/channel.h: vow_mode_is_ring vow_ring_mark vow_channel_head vow_channel_tail vow_channel_count
//@ take src/flow/channel.h: vow_channel_is_closed vow_channel_limit
//@ file src/flow/channel_mode.c
//@ take src/flow/channel.h: vow_thread_is_inside vow_channel_enter vow_channel_leave_here vow_channel_leave vow_place_init

static void tell(struct place_queue *told)
{
    struct channel_place *next;
    for (struct channel_place *place = told->first; place != NULL; place = next) {
        next = place->next;
        vow_waiter_wake(place->waiter);
    }
}

//@ take src/flow/channel.h: vow_channel_leave_and_tell
//@ take src/flow/channel_ring.h: vow_ring_begin vow_ring_end vow_ring_room vow_ring_held
enum { RING_AHEAD = 32 };
//@ take src/flow/channel_ring.h: vow_ring_ask_to_write vow_ring_write_one vow_ring_read_one

static void vow_slots_take(vow_value *slots, const vow_value *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        slots[i] = items[i];
}

static void vow_slots_put(vow_value *slots, size_t mask, size_t tail, const vow_value *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        slots[(tail + i) & mask] = items[i];
}
#define vow_slots_move vow_slots_put

static void vow_slots_get(const vow_value *slots, size_t mask, size_t head, vow_value *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        items[i] = slots[(head + i) & mask];
}

static size_t room_for(struct channel *channel, size_t count)
{
    size_t room = channel->capacity - vow_channel_count(channel);
    return count < room ? count : room;
}

//@ take src/flow/channel_pass.c: vow_place_append vow_place_remove tell_later finish first_ready advance hand_to_reader
//@ take src/flow/channel_pass.c: take_from_writer push pop vow_channel_hand put vow_channel_put refill vow_channel_take
//@ take src/flow/channel_pass.c: vow_channel_shut withdraw vow_place_stay
//@ take src/flow/channel.c: close_with error_of count_another

/* Who asks for the error sees it whole. */
static vow_status vow_channel_closed_status(const struct channel *channel, bool, const char *)
{
    RL_ASSERT((int)error_of(channel) == ERROR);
    return VOW_CLOSED;
}

//@ take src/flow/channel_read.c: read_waiting read_inside
#define refuse(channel, closed, no_memory, deadline, function) ((closed) ? VOW_CLOSED : VOW_TIMED_OUT)
//@ take src/flow/channel_write.c: write_waiting write_inside

/* Scenarios -------------------------------------------------------------------------------------------------------- */

enum { CAPACITY = 2, MOST = 4 };

/* What all have: a channel, and what each writer has had accepted. */
struct scene {
    struct channel channel;
    vow_value slots[CAPACITY];
    struct thread threads[THREADS_MOST];
    word<uint32_t> rung[THREADS_MOST];
    int accepted[THREADS_MOST] = {0};
    int seen[THREADS_MOST] = {0};
    bool gone[THREADS_MOST * 10] = {};
    bool ended = false;

    void begin(size_t capacity, size_t writers)
    {
        scenario_begins();
        preempts = false;
        for (int i = 0; i < THREADS_MOST; i++) {
            heres[i].thread = &threads[i];
            bells[i] = &rung[i];
        }
        channel.items = slots;
        channel.mask = CAPACITY - 1;
        channel.capacity = capacity;
        channel.cheap = true;
        channel.serial = false;
        channel.feed = NULL;
        channel.known_tail = channel.known_head = 0;
        channel.read_here = channel.written_here = false;
        channel.last = NULL;
        channel.streak = channel.quiet = channel.patience = 0;
        channel.interrupted = channel.resumes = false;
        channel.readers_waiting.first = channel.writers_waiting.first = NULL;
        channel.readers = 1;
        channel.writers = writers;
        channel.error = vow_none();
    }

    vow_status read(vow_value *ret_item, vow_deadline deadline)
    {
        size_t done = 0;
        if (vow_mode_is_ring(vow_channel_mode(&channel)) && vow_ring_read_one(&channel, ret_item))
            return VOW_OK;
        return read_inside(&channel, ret_item, 1, deadline, &done, "read");
    }

    vow_status write(int value, vow_deadline deadline)
    {
        size_t done = 0;
        vow_value item = value;
        if (vow_mode_is_ring(vow_channel_mode(&channel)) && vow_ring_write_one(&channel, item))
            return VOW_OK;
        return write_inside(&channel, &item, 1, deadline, &done, "write");
    }

    /* Now and then the others come to where they wait. */
    void linger()
    {
        for (unsigned i = rl::rand(2) * 40; i > 0; i--)
            rl::yield(1, $);
    }

    /* Item i of writer w is 10 w + i, from 1 on: they are read in that order. */
    void write_all(unsigned writer, int count, vow_deadline deadline)
    {
        for (int i = 1; i <= count;) {
            linger();
            vow_status status = write((int)writer * 10 + i, deadline);
            if (status == VOW_CLOSED)
                break;
            if (status == VOW_OK)
                accepted[writer] = i++;
        }
    }

    /* At any time, from outside: there is no error yet, or the whole of it. */
    void look()
    {
        int error = error_of(&channel);
        RL_ASSERT(error == vow_none() || error == ERROR);
    }

    void read_all(vow_deadline deadline)
    {
        vow_status status = VOW_OK;
        while (status != VOW_CLOSED) {
            vow_value item = READ_NOTHING;
            linger();
            look();
            status = read(&item, deadline);
            if (status == VOW_OK)
                see(item);
        }
        ended = true;
    }

    void see(int item)
    {
        RL_ASSERT(item != READ_NOTHING);
        int writer = item / 10;
        RL_ASSERT(item % 10 == ++seen[writer]);
    }

    /* Without waiting. */
    void try_write(unsigned writer, int i)
    {
        if (write((int)writer * 10 + i, VOW_POLL) == VOW_OK)
            accepted[writer]++;
    }

    void try_read()
    {
        vow_value item = READ_NOTHING;
        if (read(&item, VOW_POLL) == VOW_OK) {
            RL_ASSERT(item != READ_NOTHING && !gone[item]);
            gone[item] = true;
            seen[item / 10]++;
        }
    }

    void write_before(unsigned writer, int i)
    {
        struct place_queue told = {};
        vow_value item = (int)writer * 10 + i;
        accepted[writer] += (int)vow_channel_put(&channel, &item, 1, &told);
    }

    /* What was accepted has been read, once, or is in the ring. */
    void all_is_there()
    {
        int missing = 0;
        for (int i = 0; i < THREADS_MOST; i++)
            missing += accepted[i] - seen[i];
        RL_ASSERT(missing == (int)vow_channel_count(&channel));
    }

    void close()
    {
        linger();
        (void)close_with(&channel, ERROR);
    }

    void end()
    {
        RL_ASSERT(ended);
        for (int i = 0; i < THREADS_MOST; i++)
            RL_ASSERT(seen[i] == accepted[i]);
        RL_ASSERT((struct channel_place *)channel.readers_waiting.first == NULL);
        RL_ASSERT((struct channel_place *)channel.writers_waiting.first == NULL);
        RL_ASSERT((int)channel.error == ERROR);
    }
};

/* Thread 0 reads until the end, thread 1 writes and closes. */
template <size_t capacity, bool late> struct stream : rl::test_suite<stream<capacity, late>, 2>, scene {
    static vow_deadline deadline() { return late ? VOW_SOON : VOW_FOREVER; }
    void before() { begin(capacity, 1); }
    void after()
    {
        RL_ASSERT(seen[1] == MOST);
        end();
    }
    void thread(unsigned index)
    {
        thread_begins();
        if (index == 0) {
            read_all(deadline());
        } else {
            write_all(1, MOST, deadline());
            close();
        }
    }
};

/* Thread 2 closes while the others write and read. */
template <size_t capacity> struct shut : rl::test_suite<shut<capacity>, 3>, scene {
    void before() { begin(capacity, 1); }
    void after() { end(); }
    void thread(unsigned index)
    {
        thread_begins();
        if (index == 0)
            read_all(VOW_FOREVER);
        else if (index == 1)
            write_all(1, MOST, VOW_FOREVER);
        else
            close();
    }
};

/* Two write, by turns to begin with; who ends last closes. */
struct crowd : rl::test_suite<crowd, 3>, scene {
    word<int> writing = 2;
    void before()
    {
        begin(CAPACITY, 2);
        begin_ring(&channel);
    }
    void after()
    {
        RL_ASSERT(seen[1] == 2 && seen[2] == 2);
        end();
    }
    void thread(unsigned index)
    {
        thread_begins();
        if (index == 0) {
            read_all(VOW_FOREVER);
            return;
        }
        write_all(index, 2, VOW_FOREVER);
        if (atomic_fetch_sub_explicit(&writing, 1, memory_order_acq_rel) == 1)
            close();
    }
};

/* Threads 0 and 1 read, 2 writes and closes. Of each reader's items the order is the writer's. */
template <size_t capacity> struct share : rl::test_suite<share<capacity>, 3>, scene {
    int last[2], told;
    void before()
    {
        begin(capacity, 1);
        channel.readers = 2;
        last[0] = last[1] = told = 0;
    }
    void after()
    {
        RL_ASSERT(told == 2 && accepted[2] == 2);
        ended = true;
        end();
    }
    void thread(unsigned index)
    {
        thread_begins();
        if (index < 2) {
            read_share(index);
            return;
        }
        write_all(2, 2, VOW_FOREVER);
        close();
    }
    void read_share(unsigned index)
    {
        vow_value item = READ_NOTHING;
        linger();
        while (read(&item, VOW_FOREVER) == VOW_OK) {
            RL_ASSERT((int)item > last[index]);
            last[index] = item;
            seen[2]++;
            linger();
        }
        told++;
    }
};

/* There is room for what thread 1 writes as soon as thread 0 has read one item. */
struct room : rl::test_suite<room, 2>, scene {
    void before() { begin(CAPACITY, 1); }
    void after() { RL_ASSERT(seen[1] == 1 && accepted[1] == CAPACITY + 1); }
    void thread(unsigned index)
    {
        thread_begins();
        vow_value item = READ_NOTHING;
        linger();
        if (index == 1)
            write_all(1, CAPACITY + 1, VOW_FOREVER);
        else if (read(&item, VOW_FOREVER) == VOW_OK)
            see(item);
    }
};

/* The channel is thread 0's own, which passes items to itself; thread 1 comes by, and closes. */
struct home : rl::test_suite<home, 2>, scene {
    void before()
    {
        begin(CAPACITY, 2);
        atomic_store_explicit(&channel.mode, (uintptr_t)&threads[0], memory_order_relaxed);
    }
    void after() { end(); }
    void thread(unsigned index)
    {
        thread_begins();
        if (index == 1) {
            write_all(1, 1, VOW_FOREVER);
            close();
            return;
        }
        for (int i = 1; i <= 2; i++) {
            vow_value item = READ_NOTHING;
            linger();
            if (write(i, VOW_FOREVER) == VOW_OK)
                accepted[0] = i;
            if (read(&item, VOW_FOREVER) == VOW_OK)
                see(item);
        }
        read_all(VOW_FOREVER);
    }
};

/* Both threads write and read. The channel is thread 0's own, then the other one's, perhaps while the first one is on its way
   in. */
struct homes : rl::test_suite<homes, 2>, scene {
    enum { TURNS = 3 };
    void before()
    {
        begin(CAPACITY, 2);
        channel.readers = 2;
        channel.patience = 1; /* else it would be a ring */
        preempts = true;
        atomic_store_explicit(&channel.mode, (uintptr_t)&threads[0], memory_order_relaxed);
    }
    void after() { all_is_there(); }
    void thread(unsigned index)
    {
        thread_begins();
        for (int i = 1; i <= TURNS; i++) {
            try_write(index, i);
            try_read();
        }
    }
};

/* A side of a ring has one end, of thread 0; then thread 1 has another one. */
template <bool writes> struct another : rl::test_suite<another<writes>, 2>, scene {
    void before()
    {
        begin(CAPACITY, 1);
        preempts = true;
        for (int i = 1; i <= CAPACITY && !writes; i++)
            write_before(2, i);
        begin_ring(&channel);
    }
    void after() { all_is_there(); }
    void thread(unsigned index)
    {
        thread_begins();
        if (index == 1)
            count_another(&channel, writes ? &channel.writers : &channel.readers);
        for (int i = 1; i <= CAPACITY; i++) {
            if (writes)
                try_write(index, i);
            else
                try_read();
        }
    }
};

MODEL("channel", {"one writes, one reads", (rl::simulate<stream<CAPACITY, false>>), rl::sched_random, 10000},
      {"one writes, one reads, both impatient", (rl::simulate<stream<CAPACITY, true>>), rl::sched_random, 10000},
      {"one writes, one reads, nothing between them", (rl::simulate<stream<0, false>>), rl::sched_random, 8000},
      {"a third one closes", (rl::simulate<shut<CAPACITY>>), rl::sched_random, 10000},
      {"a third one closes a rendezvous", (rl::simulate<shut<0>>), rl::sched_random, 8000},
      {"two write, one reads", (rl::simulate<crowd>), rl::sched_random, 10000},
      {"two read, a third one writes and closes", (rl::simulate<share<CAPACITY>>), rl::sched_random, 10000},
      {"two read a rendezvous, a third one writes and closes", (rl::simulate<share<0>>), rl::sched_random, 8000},
      {"there is room again", (rl::simulate<room>), rl::sched_random, 8000},
      {"a thread's own, until another one comes", (rl::simulate<home>), rl::sched_random, 10000},
      {"a thread's own, then another one's", (rl::simulate<homes>), rl::sched_random, 10000},
      {"a second reader comes", (rl::simulate<another<false>>), rl::sched_random, 10000},
      {"a second writer comes", (rl::simulate<another<true>>), rl::sched_random, 10000})
