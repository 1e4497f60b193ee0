/*
 * word.cc - model of a promise's state word (control/promise.h): producers that fire, resolve or leave, on several threads, and
 * a consumer that cancels and leaves. The promise is settled once, by one of them; each firing is told the truth; who
 * waits for an end that nobody gives gets ABANDONED; the promise dies once, after everybody; so does its canceller.
 *
 * The promise has no bias (bias.cc is about that), no links, and follows no other promise.
 */
#include "model.hpp"

typedef int vow_value;
typedef int vow_status;
typedef struct promise vow_promise;
typedef struct promise vow_deferred;
enum { VOW_OK, VOW_ALREADY_FIRED, VOW_INVALID, VOW_ABANDONED, VOW_LIMIT };
enum { NOTHING = 0, FIRST = 1, SECOND = 2, ABANDONED = 10, CANCELED = 11, CANCELLER = 20 };
#define VOW_OWNED_BIT 0
#define vow_own(value) (value)
#define vow_none() NOTHING
#define vow_release(value) ((void)0)
#define vow_is_promise(value) false
#define vow_is_pointer(value) ((value) == CANCELLER)
#define vow_as_pointer(value) (&the_scene->canceller)
#define vow_pointer(canceller) CANCELLER
#define vow_fail_status(status, ...) (status)
#define vow_fail_literal(status, ...) (status)
#define fired_before(promise, function) VOW_ALREADY_FIRED
#define no_deferred(function, value) VOW_INVALID
#define vow_canceled_error() CANCELED
#define vow_error_value(error) ABANDONED
#define vow_object_delete(object, size) ((void)0)
#define vow_promise_adopt_in(promise, value, firing) VOW_OK
#define vow_cancel(promise) ((void)0)
#define deliver(promise, value) false
#define vow_promise_visit(promise) ((void)0)
#define vow_promise_may_enter(promise) true
#define vow_promise_enter(promise) vow_lock_take(&(promise)->lock)
#define vow_promise_enter_if_may(promise) (vow_promise_enter(promise), true)
#define vow_promise_leave(promise) vow_lock_give(&(promise)->lock)
#define vow_promise_run_held vow_promise_leave
enum running { NOT_RUNNING, TOLD, FIRED_BEFORE };
#define cancel_if_running(promise) NOT_RUNNING

//@ weaken the right to fire is looked at, then taken: \
//@     atomic_fetch_or_explicit(&promise->counted.word, PROMISE_FIRED, memory_order_acq_rel) => \
//@     claim_in_two_steps(promise)
//@ weaken a cancel looks at the right to fire, then takes it: \
//@     !atomic_compare_exchange_weak_explicit(word, &now, now | PROMISE_FIRED | flags, \
//@         memory_order_acq_rel, memory_order_relaxed) => \
//@     (atomic_store_explicit(word, now | PROMISE_FIRED | flags, memory_order_release), false)
//@ weaken a cancel has nothing swallowed: \
//@     claim(promise, [[PROMISE_SWALLOW | PROMISE_CANCELED]]) => PROMISE_CANCELED
//@ weaken every firing after a cancel is swallowed: \
//@     atomic_fetch_and_explicit(word, ~PROMISE_SWALLOW, memory_order_relaxed) => \
//@     atomic_load_explicit(word, memory_order_relaxed)
//@ weaken the only producer fires what has settled: \
//@     if (vow_unlikely([[vow_promise_phase(promise) != PROMISE_PENDING || \
//@         !is_last(promise)]])) => false
//@ weaken who fires does not look whether it has settled: \
//@     if (vow_unlikely([[vow_promise_phase(promise) != PROMISE_PENDING]])) => false
//@ weaken who cancels does not look whether it has settled: \
//@     if ([[vow_promise_phase(promise) != PROMISE_PENDING]]) => false
//@ weaken the only producer leaves without a read-modify-write: \
//@     while (now >> 32 != 1 && [[!atomic_compare_exchange_weak_explicit(word, &now, \
//@         (now - COUNTED_ONE - PROMISE_PRODUCER) | PROMISE_FIRED, memory_order_acq_rel, memory_order_acquire)]]) => \
//@     (atomic_store_explicit(word, (now - COUNTED_ONE - PROMISE_PRODUCER) | PROMISE_FIRED, \
//@         memory_order_release), false)
//@ weaken the only producer leaves without a release: \
//@     (now - COUNTED_ONE - PROMISE_PRODUCER) | PROMISE_FIRED, [[memory_order_acq_rel]] => memory_order_acquire
//@ weaken the only producer is the last to leave and acquires nothing: \
//@     uint64_t now = atomic_load_explicit(word, [[memory_order_acquire]]); while => memory_order_relaxed
//@ weaken a producer leaves without a release: \
//@     now = atomic_fetch_sub_explicit(&promise->counted.word, COUNTED_ONE + PROMISE_PRODUCER, \
//@         [[memory_order_acq_rel]]) => memory_order_acquire
//@ weaken a producer is the last to leave and acquires nothing: \
//@     uint64_t now = atomic_load_explicit(word, [[memory_order_acquire]]); if => memory_order_relaxed
//@ weaken nobody is asked to fire when the last producer leaves: \
//@     if ([[(now & (PROMISE_PRODUCERS | PROMISE_FIRED | PROMISE_JOB)) == PROMISE_PRODUCER]]) => false
//@ weaken two producers that leave at once look before they count themselves out: \
//@     now = [[atomic_fetch_sub_explicit(word, PROMISE_PRODUCER, memory_order_acq_rel)]]; => \
//@     (atomic_fetch_sub_explicit(word, PROMISE_PRODUCER, memory_order_acq_rel), now)
//@ weaken the last producer gives its reference back before it abandons: \
//@     abandon(promise); => vow_promise_ref(promise); vow_promise_unref(promise); vow_promise_unref(promise); \
//@     abandon(promise); return;
//@ weaken the last reference is given back without a release: \
//@     vow_promise_unrefs(all), [[memory_order_acq_rel]] => memory_order_acquire
//@ weaken the last holder acquires nothing from others: \
//@     uint64_t word = atomic_load_explicit(&promise->counted.word, [[memory_order_acquire]]); \
//@     if (word >> 32 != (uint32_t)all) => memory_order_relaxed
//@ weaken a canceller is set after the promise has fired: \
//@     pending = [[(now & PROMISE_FIRED) == 0 && vow_promise_phase(promise) == PROMISE_PENDING]] => true
//@ weaken who fires forgets the canceller: \
//@     if (vow_unlikely((vow_promise_word(promise) & PROMISE_CANCELLER) != 0)) \
//@         vow_canceller_drop(vow_canceller_take(promise)); =>
//@ weaken the only producer forgets the canceller: \
//@     const uint64_t state = [[PROMISE_PRODUCERS | PROMISE_FIRED | PROMISE_CANCELLER]]; => \
//@     PROMISE_PRODUCERS | PROMISE_FIRED
//@ weaken a canceller is taken twice: \
//@     promise->value = vow_none(); =>

//@ file src/base/lock.h
//@ take src/base/lock.c: vow_lock_take_slowly vow_lock_wake
struct counted {
    word<uint64_t> word;
};
//@ take src/base/counted.h: COUNTED_ONE COUNTED_FLAGS vow_counted_retain

struct promise {
    struct counted counted;
    plain<vow_value> value;
    struct lock lock;
    plain<uint8_t> bits;
};

//@ take src/control/promise.h: PROMISE_FIRED PROMISE_SWALLOW PROMISE_CANCELLER PROMISE_CANCELED PROMISE_JOB PROMISE_BEGUN
//@ take src/control/promise.h: PROMISE_PRODUCER PROMISE_PRODUCERS PROMISE_PRODUCERS_LIMIT
enum { PROMISE_PENDING, PROMISE_ADOPTING, PROMISE_SETTLED, PROMISE_PHASE };
//@ take src/control/promise.h: vow_promise_phase vow_promise_word vow_promise_ref
struct firing;
//@ take src/control/canceller.h: canceller

static void idle(void *)
{
}

static void dropped(void *context);
struct scene;
static scene *the_scene;

/* The promise, and what became of it. */
struct scene {
    struct promise promise;
    struct canceller canceller;
    unsigned consumer; /* the thread that has no deferred */
    int settled_with = NOTHING;
    int ends = 0;
    int cancellers = 0; /* that were set and have not been dropped */
    bool canceled = false;
    int firings = 0;
    int accepted = 0;

    void begin(unsigned producers)
    {
        unsigned references = producers + 1;
        scenario_begins();
        the_scene = this;
        consumer = producers;
        canceller.run = idle;
        canceller.context = NULL;
        canceller.drop = dropped;
        canceller.patient = false;
        promise.counted.word.store(references * COUNTED_ONE + producers * PROMISE_PRODUCER,
                                   memory_order_relaxed);
    }

    void end()
    {
        RL_ASSERT(ends == 1 && cancellers == 0);
        RL_ASSERT(settled_with != NOTHING);
        if (settled_with == FIRST || settled_with == SECOND)
            RL_ASSERT(accepted == 1);
        else if (settled_with == ABANDONED)
            RL_ASSERT(firings == 0);
        else
            RL_ASSERT(canceled && accepted <= 1);
    }
};

static void dropped(void *)
{
    RL_ASSERT(--the_scene->cancellers == 0);
}

static void vow_promise_end(vow_promise *promise)
{
    RL_ASSERT(++the_scene->ends == 1);
    RL_ASSERT(vow_promise_phase(promise) == PROMISE_SETTLED);
    RL_ASSERT((int)promise->value == the_scene->settled_with);
    promise->value = NOTHING;
    promise->bits = 0;
    promise->counted.word.end();
}

static void vow_settle_inside(vow_promise *promise, vow_value value)
{
    RL_ASSERT(vow_promise_phase(promise) == PROMISE_PENDING);
    RL_ASSERT((int)promise->value != CANCELLER);
    promise->value = value;
    promise->bits = PROMISE_SETTLED;
    the_scene->settled_with = value;
}

static uint64_t claim_in_two_steps(vow_promise *promise)
{
    uint64_t before = vow_promise_word(promise);
    if ((before & PROMISE_FIRED) == 0)
        atomic_fetch_or_explicit(&promise->counted.word, PROMISE_FIRED, memory_order_seq_cst);
    return before;
}

//@ take src/control/promise.h: vow_promise_unrefs vow_promise_unref_all vow_promise_unref vow_promise_ref_unseen
bool vow_promise_claim_too_late(vow_promise *promise);
static void vow_promise_run(vow_promise *promise);
#define vow_promise_run_canceled vow_promise_run
//@ take src/control/run.h: vow_promise_claim
//@ take src/control/canceller.c: vow_canceller_take vow_canceller_drop swap
//@ take src/control/fire.c: vow_promise_claim_too_late fire_here vow_promise_fire vow_promise_fire_entering
vow_status vow_resolve(vow_deferred *deferred, vow_value value);

/* A link of the producer's own fires once more, in vain; that is inside of vow_fire. */
static void vow_promise_run(vow_promise *promise)
{
    vow_promise_leave(promise);
    if (rl::thread_index() != the_scene->consumer)
        (void)vow_resolve(promise, SECOND);
}

vow_deferred *vow_deferred_retain(vow_deferred *deferred);
void vow_deferred_release(vow_deferred *deferred);
//@ take src/control/deferred.c: promise_of fire vow_resolve release_producer is_last fire_last end_as_fired vow_fire
//@ take src/control/deferred.c: vow_deferred_fired vow_deferred_retain abandon vow_deferred_release
//@ take src/control/promise.h: vow_promise_unref_unseen
//@ take src/control/cancel.c: claim has_fired run_taken run_canceller cancel_root

/* Scenarios -------------------------------------------------------------------------------------------------------- */

/* A producer, with one deferred. */
static void produce(scene *scene, int value, bool fires)
{
    vow_deferred *deferred = &scene->promise;
    unsigned way = fires ? rl::rand(2) : rl::rand(4);
    if (way < 2)
        scene->firings++;
    if (way == 0) {
        scene->accepted += vow_fire(deferred, value) == VOW_OK;
        return;
    }
    if (way == 1)
        scene->accepted += vow_resolve(deferred, value) == VOW_OK;
    if (way == 2)
        vow_deferred_release(vow_deferred_retain(deferred));
    vow_deferred_release(deferred);
}

static void set_canceller(scene *scene)
{
    struct canceller *former = NULL;
    scene->cancellers++;
    if (!swap(&scene->promise, &scene->canceller, &former))
        scene->cancellers--;
}

/* As vow_cancel does with a promise that is nobody's consumer. */
static void cancel(scene *scene)
{
    vow_promise_enter(&scene->promise);
    bool pending = vow_promise_phase(&scene->promise) == PROMISE_PENDING;
    vow_promise_leave(&scene->promise);
    scene->canceled = true;
    if (pending)
        (void)cancel_root(&scene->promise);
}

/* Who searches for rings, say; perhaps the last one that counts among the producers. */
static void look(scene *scene)
{
    vow_promise_ref_unseen(&scene->promise);
    vow_promise_unref_unseen(&scene->promise);
}

/* Threads 0 and 1 produce; thread 2 looks, or cancels, and leaves. */
template <bool cancels, bool cancelable, bool fires>
struct producers : rl::test_suite<producers<cancels, cancelable, fires>, 3>, scene {
    void before() { begin(2); }
    void after() { end(); }
    void thread(unsigned index)
    {
        thread_begins();
        if (index == 2) {
            if (cancels)
                cancel(this);
            else
                look(this);
            vow_promise_unref(&promise);
            return;
        }
        if (cancelable && index == 0)
            set_canceller(this);
        produce(this, index == 0 ? FIRST : SECOND, fires);
    }
};

/* Thread 0 is the only producer, thread 1 cancels. */
template <bool cancelable> struct one : rl::test_suite<one<cancelable>, 2>, scene {
    void before() { begin(1); }
    void after()
    {
        if (firings == 1 && !cancelable)
            RL_ASSERT(accepted == 1);
        end();
    }
    void thread(unsigned index)
    {
        thread_begins();
        if (index == 1) {
            cancel(this);
            vow_promise_unref(&promise);
            return;
        }
        if (cancelable)
            set_canceller(this);
        produce(this, FIRST, false);
    }
};

MODEL("word", {"one producer, and a cancel", (rl::simulate<one<false>>), rl::sched_random, 15000},
      {"one producer with a canceller, and a cancel", (rl::simulate<one<true>>), rl::sched_random, 15000},
      {"two producers", (rl::simulate<producers<false, false, false>>), rl::sched_random, 15000},
      {"two firings, and a cancel", (rl::simulate<producers<true, false, true>>), rl::sched_random, 15000},
      {"two producers, and a cancel", (rl::simulate<producers<true, false, false>>), rl::sched_random, 15000},
      {"two producers, a canceller, and a cancel", (rl::simulate<producers<true, true, false>>), rl::sched_random, 15000})
