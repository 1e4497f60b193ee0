/*
 * news.cc - model of progress (control/notify.c, news.c) beside what else happens to a promise: pieces are heard in the
 * order in which they were sent, one at a time, each once; the result behind all that was sent before it, here and at a
 * promise that derives from it; each link is executed, or taken out, once. A listener that waits holds nobody up.
 *
 * Two workers of a pool run whatever calls there are; one that waits in a listener looks after other calls meanwhile, as if
 * it had another stack. After two pieces of a walk others have their turn.
 */
#include "model.hpp"

struct vow_call {
    plain<struct vow_call *> next;
    void (*run)(struct vow_call *);
    void (*dropped)(struct vow_call *);
};

typedef int vow_value;
typedef struct promise vow_promise;
typedef struct promise vow_deferred;
typedef struct scheduler vow_scheduler;
typedef vow_value vow_fn(vow_value value, void *context);
#define vow_borrow(value) (value)
#define vow_retain(value) (value)
#define vow_release(value) ((void)(value))
#define vow_allocate(size) NULL
#define vow_deallocate(memory) ((void)0)
#define vow_promise_enter(promise) vow_lock_take(&(promise)->lock)
#define vow_promise_leave(promise) vow_lock_give(&(promise)->lock)
#define vow_deferred_release(deferred)                                                             \
    atomic_fetch_sub_explicit(&(deferred)->counted.word, PROMISE_PRODUCER, memory_order_acq_rel)
#define vow_home_retain(home) ((void)0)
#define vow_home_release(home) ((void)0)

//@ change struct news ** => plain<struct news *> *
//@ change *news = (struct news){...}; => news->promise = promise; news->next = NULL; news->last = news;
//@ change struct news *next; struct news *last; struct news *next_in_bucket; => \
//@     plain<struct news *> next; plain<struct news *> last; plain<struct news *> next_in_bucket;
//@ change bool heard; => plain<bool> heard;
//@ change last == NULL ? link : last->next => last == NULL ? link : (struct link *)last->next
//@ change link->flags |= LINK_DEAD; => link->flags = (uint16_t)(link->flags | LINK_DEAD);
//@ change link->flags |= LINK_TO_HEAR; => link->flags = (uint16_t)(link->flags | LINK_TO_HEAR);
//@ change link->flags &= (uint16_t)~LINK_TO_HEAR; => link->flags = (uint16_t)(link->flags & ~LINK_TO_HEAR);
//@ change !home->kind->immediate => true
//@ change vow_is_pool(home) => true
//@ change bool returns = ...; => const bool returns = true;

//@ weaken a piece behind others is taken for the head: \
//@     return [[head == NULL]]; => true
//@ weaken nothing says that pieces are on their way: \
//@     atomic_fetch_or_explicit(&promise->counted.word, PROMISE_NOTIFIED, memory_order_relaxed); =>
//@ weaken who appends does not lock: \
//@     [[vow_lock_take(&bucket->lock);]] plain<struct news *> *at = find(bucket, promise); =>
//@ weaken a new one is not the last: \
//@     head->last = news; =>
//@ weaken who takes the head out does not lock: \
//@     [[vow_lock_take(&bucket->lock);]] plain<struct news *> *at = find(bucket, head->promise); =>
//@ weaken the new head does not know the last one: \
//@     next->last = head->last; =>
//@ weaken the new head forgets the other promise of its bucket: \
//@     next->next_in_bucket = head->next_in_bucket; => next->next_in_bucket = NULL;
//@ weaken the last piece of a promise takes another one's along: \
//@     *at = head->next_in_bucket; => *at = NULL;
//@ weaken nothing says that all have been told: \
//@     atomic_fetch_and_explicit(&head->promise->counted.word, ~PROMISE_NOTIFIED, memory_order_relaxed); =>
//@ weaken the head is taken out outside of the promise: \
//@     [[vow_promise_enter(promise);]] struct news *next = vow_news_next(&head->news); =>
//@ weaken who told the last piece does not go on with the links: \
//@     if (next == NULL) [[go_on_with_links(promise);]] => vow_promise_leave(promise);
//@ weaken links are executed before their promise's progress was told: \
//@     [[!vow_promise_is_notified(promise)]]; => true
//@ weaken a listener beyond the first few hears a piece twice: \
//@     link->flags = (uint16_t)(link->flags & ~LINK_TO_HEAR); =>
//@ weaken a listener hears although it was not there when the piece came: \
//@     if ([[marked]] && copy_listener(link, &listeners[count])) => true
//@ weaken a link is taken out while its listener hears: \
//@     if ([[vow_promise_is_notified(promise)]] || vow_promise_has(promise, PROMISE_RUNNING)) { => false
//@ weaken a link that was canceled meanwhile stays: \
//@     [[promise->links == NULL]] || vow_promise_has(promise, PROMISE_RUNNING) => true
//@ weaken a listener that waits keeps what has been told: \
//@     send_all_home(&walk->heard); =>
//@ weaken a listener that waits keeps what is to be told: \
//@     send_all_home(&walk->todo); =>
//@ weaken what was told and comes home is told again: \
//@     [[of_call(call)->heard ? &walk.heard : &walk.todo]] => &walk.todo
//@ weaken a home that is closed drops the head alone: \
//@     while (head != NULL) head = end_head(head); => (void)end_head(head);

//@ file src/base/lock.h
//@ take src/base/lock.c: vow_lock_take_slowly vow_lock_wake
//@ take src/execution/queue.h: call_queue vow_queue_append vow_queue_take

struct link {
    plain<struct link *> next;
    plain<vow_promise *> peer; /* the promise that derives from it, or NULL */
    plain<uint16_t> flags;
    uint16_t kind;
    void *context;
};
struct full_link {
    struct link link;
    vow_fn *notified;
};
enum { LINK_THEN, LINK_TOLD };
enum { LINK_FULL = 2, LINK_DEAD = 8, LINK_FORWARD = 64, LINK_TO_HEAR = 128 };
#define vow_link_target(link) ((vow_promise *)(link)->peer)

/* control/promise.h's, with what two threads may touch made plain. */
struct promise {
    struct {
        word<uint64_t> word;
    } counted;
    struct scheduler *home;
    plain<struct link *> links;
    struct lock lock;
    int pauses = 0;
    plain<uint8_t> bits;
};
enum { PROMISE_PENDING, PROMISE_ADOPTING, PROMISE_SETTLED, PROMISE_PHASE, PROMISE_RUNNING };
//@ take src/control/promise.h: PROMISE_NOTIFIED PROMISE_PRODUCER

#define vow_promise_unref_unseen vow_deferred_release
static vow_promise *vow_link_waits(struct link *link)
{
    vow_promise *target = vow_link_target(link);
    if (target != NULL)
        atomic_fetch_add_explicit(&target->counted.word, PROMISE_PRODUCER, memory_order_relaxed);
    return target;
}
//@ take src/control/promise.h: vow_promise_phase vow_promise_set_phase vow_promise_set vow_promise_clear vow_promise_has
//@ take src/control/promise.h: vow_promise_word vow_promise_is_notified vow_link_push vow_link_first vow_link_pop
//@ take src/control/link.c: before vow_link_remove vow_link_take_out vow_link_find
//@ take src/control/settle.h: vow_is_runnable
//@ take src/control/news.h: news

struct interrupted {
    void (*hand_over)(struct interrupted *);
    struct interrupted *outer;
    struct {
        vow_promise *promise;
    } running;
};
//@ take src/control/notify.c: notification listener walk
enum { FEW_LISTENERS = 1, MOST_AT_ONCE = 2 };

static struct here {
    struct interrupted *firing;
    vow_scheduler *home;
} heres[THREADS_MOST];
#define vow_locals (heres[rl::thread_index()])

/* The home: calls that either worker takes. */
struct scheduler {
    struct lock lock;
    struct call_queue queue = {NULL, NULL};
    word<uint32_t> bell;
    bool closed = false;

    void changed()
    {
        atomic_fetch_add_explicit(&bell, 1u, memory_order_relaxed);
        vow_futex_wake(&bell, INT32_MAX);
    }
};

static void vow_scheduler_call(struct scheduler *home, struct vow_call *call)
{
    vow_lock_take(&home->lock);
    vow_queue_append(&home->queue, call);
    vow_lock_give(&home->lock);
    home->changed();
}
#define vow_pool_call_shared vow_scheduler_call
#define vow_immediate_post(immediate, call) false
#define vow_call_drop(call) ((void)0)

struct bucket {
    struct lock lock;
    plain<struct news *> first;
};

/* A link of the source or of the derived promise, and what its listener heard. */
struct listening {
    struct full_link link;
    vow_promise *promise;
    plain<int> last[2]; /* the last piece of each sender */
    plain<int> ended;
    int pieces = 0;
};

enum { PIECES_MOST = 8, CANCELED = 7, RESULT = 42 };
struct scene;
static scene *the_scene;

struct scene {
    struct bucket bucket; /* all promises have the same */
    struct scheduler home;
    struct promise source, derived;
    struct listening listenings[3]; /* in the source, in the derived one, behind the first one in the source */
    plain<bool> hears[2];           /* the source, the derived promise: a listener of its own */
    struct notification pieces[PIECES_MOST];
    word<int> made;
    int deleted = 0, links = 0, links_ended = 0, done = 0;
    bool canceled = false;
    const struct listening *patient = NULL; /* its listener waits, once */

    plain<bool> &hears_now(const vow_promise *promise) { return hears[promise == &derived]; }
};

static struct bucket *bucket_of(const vow_promise *)
{
    return &the_scene->bucket;
}

bool vow_news_append(struct news *news, vow_promise *promise);
struct news *vow_news_next(struct news *head);
//@ take src/control/news.c: find vow_news_append vow_news_next

static void come_home(struct vow_call *call);
static void dropped(struct vow_call *call);

static struct notification *make(vow_promise *promise, vow_value value)
{
    int index = atomic_fetch_add_explicit(&the_scene->made, 1, memory_order_relaxed);
    RL_ASSERT(index < PIECES_MOST);
    struct notification *notification = &the_scene->pieces[index];
    notification->call.run = come_home;
    notification->call.dropped = dropped;
    notification->news.promise = promise;
    notification->value = value;
    notification->posted = true;
    return notification;
}

static void delete_notification(struct notification *notification)
{
    RL_ASSERT(notification->value != 0);
    notification->value = 0;
    the_scene->deleted++;
    the_scene->home.changed();
}

/* Links ------------------------------------------------------------------------------------------------------------ */

static struct listening *listening_of(struct link *link)
{
    return (struct listening *)link->context;
}

static void end_link(struct link *link)
{
    RL_ASSERT(listening_of(link)->ended == 0);
    listening_of(link)->ended = 1;
    the_scene->links_ended++;
    the_scene->home.changed();
}

static void vow_links_let_go(vow_promise *, struct link *links)
{
    while (links != NULL) {
        struct link *next = links->next;
        end_link(links);
        links = next;
    }
}

static void settle(vow_promise *promise, vow_value value);

/* All that was sent before the firing has been heard. */
static void execute(vow_promise *promise, struct link *link)
{
    bool dead = (link->flags & LINK_DEAD) != 0;
    vow_promise *target = link->peer;
    RL_ASSERT(!the_scene->hears_now(promise));
    if (!dead && !the_scene->canceled && !the_scene->home.closed)
        RL_ASSERT(listening_of(link)->last[0] == 2);
    end_link(link);
    if (target != NULL && !dead)
        settle(target, RESULT);
}

/* Inside on entry, left on return. As run.c does it for one place. */
static void vow_promise_run(vow_promise *promise)
{
    while (vow_is_runnable(promise)) {
        struct link *link = vow_link_pop(promise);
        vow_promise_set(promise, PROMISE_RUNNING);
        vow_promise_leave(promise);
        execute(promise, link);
        vow_promise_enter(promise);
        vow_promise_clear(promise, PROMISE_RUNNING);
    }
    vow_promise_leave(promise);
}

/* The first one settles it. */
static void settle(vow_promise *promise, vow_value)
{
    vow_promise_enter(promise);
    if (vow_promise_phase(promise) == PROMISE_PENDING)
        vow_promise_set_phase(promise, PROMISE_SETTLED);
    vow_promise_run(promise);
}

//@ take src/control/notify.c: of_call count_links mark_links copy_listener copy_listeners take_dead pass_on tell_listeners
//@ take src/control/notify.c: tell_some tell_all tell
//@ take src/control/notify.c: go_on_with_links end_head dropped send_home_again may_go_on go_on send_all_home hand_over
//@ take src/control/notify.c: tell_or_send go_through come_home
//@ take src/control/cancel.c: take_out

/* Scenarios -------------------------------------------------------------------------------------------------------- */

static bool serve(struct scheduler *home)
{
    vow_lock_take(&home->lock);
    struct vow_call *call = vow_queue_take(&home->queue);
    vow_lock_give(&home->lock);
    if (call != NULL && home->closed)
        call->dropped(call);
    else if (call != NULL)
        call->run(call);
    return call != NULL;
}

template <class Condition> static void serve_until(struct scheduler *home, Condition condition)
{
    for (;;) {
        uint32_t seen = atomic_load_explicit(&home->bell, memory_order_relaxed);
        if (condition())
            return;
        if (!serve(home))
            (void)vow_futex_wait(&home->bell, seen, VOW_FOREVER);
    }
}

/* What a listener that waits waits for: the one in the derived promise for all pieces of the source, the second one in the
   source for the derived promise's first one. */
static bool is_heard(const struct listening *listening)
{
    const struct listening *all = the_scene->listenings;
    return listening == &all[1] ? all[0].pieces == 3 : all[1].pieces != 0;
}

static void await(const struct listening *listening)
{
    vow_locals.firing->hand_over(vow_locals.firing);
    serve_until(&the_scene->home, [=] { return is_heard(listening); });
}

/* Of sender 0 the pieces 1 and 2, of sender 1 the pieces 11 and 12. */
static vow_value listen(vow_value piece, void *context)
{
    struct listening *listening = (struct listening *)context;
    plain<bool> &hears = the_scene->hears_now(listening->promise);
    RL_ASSERT(!hears && listening->ended == 0);
    hears = true;
    RL_ASSERT(listening->last[piece / 10] == piece % 10 - 1);
    listening->last[piece / 10] = piece % 10;
    listening->pieces++;
    the_scene->home.changed();
    if (listening == the_scene->patient && piece == 1)
        await(listening);
    RL_ASSERT(listening->ended == 0);
    hears = false;
    return 0;
}

static void send(vow_promise *promise, int piece)
{
    struct notification *notification = make(promise, piece);
    if (vow_news_append(&notification->news, promise))
        vow_scheduler_call(promise->home, &notification->call);
}

/* As vow_cancel does with a promise that derives from another one. */
static void cancel(scene &s)
{
    s.canceled = true;
    struct link *link = take_out(&s.source, &s.derived);
    if (link != NULL)
        vow_links_let_go(&s.source, link);
    settle(&s.derived, CANCELED);
}

enum way { ALONE, DERIVED, LAST_WAITS, FIRST_WAITS, OTHER, CLOSED, CANCEL, CANCEL_ALONE };

/* Thread 2 sends two pieces and fires; threads 0 and 1 work. Before, thread 1 sends pieces, too, or cancels. */
template <way w> struct progress : rl::test_suite<progress<w>, 3>, scene {
    static const bool derives = w != ALONE && w != OTHER && w != CLOSED;

    void before()
    {
        scenario_begins();
        the_scene = this;
        home.closed = w == CLOSED;
        made.store(0, memory_order_relaxed);
        add_link(&source, derives ? &derived : NULL);
        add_link(&derived, NULL);
        if (w == FIRST_WAITS)
            add_link(&source, NULL);
        if (w == LAST_WAITS || w == FIRST_WAITS)
            patient = &listenings[w == LAST_WAITS ? 1 : 2];
    }

    void add_link(vow_promise *promise, vow_promise *target)
    {
        struct listening *listening = &listenings[links++];
        struct full_link *full = &listening->link;
        promise->home = &home;
        listening->promise = promise;
        full->link.flags = LINK_FULL;
        full->link.kind = LINK_THEN;
        full->link.context = listening;
        full->link.peer = target;
        full->notified = listen;
        vow_link_push(promise, &full->link);
    }

    void thread(unsigned index)
    {
        thread_begins();
        if (index == 2)
            produce();
        else if (index == 1)
            act();
        done++;
        home.changed();
        if (index < 2)
            serve_until(&home, [this] { return is_over(); });
    }

    void produce()
    {
        send(&source, 1);
        send(&source, 2);
        if (w != CANCEL_ALONE)
            settle(&source, RESULT);
    }

    void act()
    {
        if (w == CANCEL || w == CANCEL_ALONE)
            cancel(*this);
        else if (w == OTHER)
            act_on_another();
        else
            send_more();
    }

    void send_more()
    {
        send(&source, 11);
        if (w == ALONE)
            send(&source, 12);
    }

    void act_on_another()
    {
        send(&derived, 1);
        send(&derived, 2);
        settle(&derived, RESULT);
    }

    bool is_over()
    {
        int expected = derives || w == OTHER ? links : 1;
        return done == 3 && deleted == made.newest() && links_ended == expected;
    }

    void after()
    {
        RL_ASSERT(source.counted.word.newest() == 0 && derived.counted.word.newest() == 0);
        if (w == DERIVED)
            RL_ASSERT(listenings[1].pieces >= 2);
    }
};

MODEL("news", {"two senders", (rl::simulate<progress<ALONE>>), rl::sched_random, 15000},
      {"a promise that derives from it", (rl::simulate<progress<DERIVED>>), rl::sched_random, 15000},
      {"a listener of the last promise waits", (rl::simulate<progress<LAST_WAITS>>), rl::sched_random, 15000},
      {"a listener of the first promise waits", (rl::simulate<progress<FIRST_WAITS>>), rl::sched_random, 15000},
      {"another promise in the same bucket", (rl::simulate<progress<OTHER>>), rl::sched_random, 15000},
      {"a home that is closed", (rl::simulate<progress<CLOSED>>), rl::sched_random, 15000},
      {"a cancel, and a result", (rl::simulate<progress<CANCEL>>), rl::sched_random, 15000},
      {"a cancel, and no result", (rl::simulate<progress<CANCEL_ALONE>>), rl::sched_random, 15000})
