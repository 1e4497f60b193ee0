/*
 * test_cancel_anywhere.c - cancels of anything, from any thread, at any moment: nothing is lost, and each drop function
 * runs exactly once.
 *
 * Members of a gang make whatever can be waited for (deferreds with and without cancellers, chains that wait, lists,
 * timeouts, runs with a lock held, jobs, reads and writes of a channel, maps,
 * repetitions, retries), put it where all find it, and cancel, fire
 * and release what the others have put there. What falls out is fired. At the end each chain has come to its last
 * callback, each canceller and each context was dropped once, and every lock is free.
 *
 * VOW_STRESS=n makes it n times as long: some 60,000 cancels each.
 */
#include "gang.h"

#include <vow/channel.h>
#include <vow/combine.h>
#include <vow/delay.h>
#include <vow/each.h>
#include <vow/line.h>
#include <vow/mutex.h>
#include <vow/pool.h>
#include <vow/repeat.h>
#include <vow/retry.h>
#include <vow/semaphore.h>
#include <vow/submit.h>

enum { SLOTS = 48, CANCELS = 20000, MOST_PAUSE = 200000 };

/* Where all find it: a promise, and what fires it, if there is that. */
struct slot {
    pthread_mutex_t lock;
    vow_promise *promise;
    vow_deferred *deferred;
};

static struct slot slots[SLOTS];
static vow_scheduler *workers;
static vow_mutex mutex = VOW_MUTEX_INIT;
static vow_semaphore semaphore = VOW_SEMAPHORE_INIT(2);
static vow_writer *writers[GANG];
static vow_reader *readers[GANG];

static _Atomic long cancels;
static _Atomic long ends_begun, ends_seen;
static _Atomic long cancellers_set, cancellers_run, cancellers_dropped;

static long length(void)
{
    const char *text = getenv("VOW_STRESS");
    long factor = text != NULL ? strtol(text, NULL, 10) : 1;
    return fewer(CANCELS) * (factor > 0 ? factor : 1);
}

static int64_t a_pause(struct member *member)
{
    return random_below(member, MOST_PAUSE);
}

/* Things to cancel ---------------------------------------------------------------------------------------------------- */

/* The context is the deferred, which the canceller may fire. */
static void cancel_and_fire(void *context)
{
    atomic_fetch_add(&cancellers_run, 1);
    (void)vow_resolve(context, vow_integer(1));
}

static void cancel_silently(void *context)
{
    (void)context;
    atomic_fetch_add(&cancellers_run, 1);
}

static void drop_canceller(void *context)
{
    (void)context;
    atomic_fetch_add(&cancellers_dropped, 1);
}

static vow_promise *a_deferred(struct member *member, vow_deferred **ret_deferred)
{
    vow_promise *promise = NULL;
    vow_scheduler *home = random_below(member, 2) == 0 ? workers : NULL;
    *ret_deferred = vow_deferred_new_at(home, &promise);
    unsigned chance = random_below(member, 3);
    if (chance < 2) {
        atomic_fetch_add(&cancellers_set, 1);
        require(vow_set_canceller(*ret_deferred, chance == 0 ? cancel_and_fire : cancel_silently,
                                  *ret_deferred, drop_canceller) == VOW_OK);
    }
    return promise;
}

/* One that has fired or will soon: its deferred is not given out. */
static vow_promise *a_promise(struct member *member)
{
    vow_deferred *deferred;
    vow_promise *promise = a_deferred(member, &deferred);
    if (random_below(member, 2) == 0)
        (void)vow_fire(deferred, vow_promise_value(vow_delay(a_pause(member), vow_none())));
    else
        vow_deferred_release(deferred); /* abandoned */
    return promise;
}

static vow_promise *a_derived(struct member *member, vow_deferred **ret_deferred)
{
    vow_handlers handlers = counted_link();
    handlers.scheduler = random_below(member, 2) == 0 ? workers : NULL;
    return vow_then_with(a_deferred(member, ret_deferred), &handlers);
}

static vow_value give_away(vow_value input, void *promise)
{
    (void)input;
    return vow_promise_value(promise);
}

static vow_promise *a_waiting(struct member *member, vow_deferred **ret_deferred)
{
    vow_promise *inner = a_deferred(member, ret_deferred);
    return vow_add_callback(vow_succeeded(vow_none()), give_away, inner);
}

static vow_promise *a_chained(struct member *member, vow_deferred **ret_deferred)
{
    vow_deferred *to;
    vow_promise *promise = a_deferred(member, &to);
    require(vow_chain(a_deferred(member, ret_deferred), to) == VOW_OK);
    return promise;
}

static vow_promise *a_list(struct member *member, vow_deferred **ret_deferred)
{
    vow_promise *promises[] = {a_deferred(member, ret_deferred), a_promise(member),
                               a_promise(member)};
    struct vow_gathering how = {.size = sizeof how,
                                .kind = (enum vow_gathering_kind)random_below(member, 4)};
    how.cancel_rest = random_below(member, 2) == 0;
    return vow_gather(promises, 3, &how);
}

static vow_promise *a_timeout(struct member *member, vow_deferred **ret_deferred)
{
    vow_promise *promise = a_deferred(member, ret_deferred);
    return vow_timeout(promise, vow_after(a_pause(member)));
}

/* For so long as the context says. */
static vow_value hold_for_a_moment(vow_value input, void *context)
{
    if (context == NULL)
        return input;
    return vow_promise_value(vow_delay((intptr_t)context, vow_none()));
}

static vow_promise *a_run(struct member *member, vow_deferred **ret_deferred)
{
    bool longer = random_below(member, 16) == 0; /* the others wait as long */
    void *pause = number_as_context(longer ? 1 + a_pause(member) / 20 : 0);
    *ret_deferred = NULL;
    if (random_below(member, 2) == 0)
        return vow_mutex_run(&mutex, hold_for_a_moment, pause);
    return vow_semaphore_run(&semaphore, 1 + random_below(member, 2), hold_for_a_moment, pause);
}

static vow_value work_for_a_moment(vow_value input, void *context)
{
    (void)context;
    while (!vow_canceled() && vow_reschedule() == VOW_OK &&
           vow_sleep(vow_as_integer(input) / 4) == VOW_OK)
        if (vow_as_integer(input) % 2 == 0)
            return input;
    return vow_promise_value(vow_delay(vow_as_integer(input), vow_none()));
}

static vow_promise *a_job(struct member *member, vow_deferred **ret_deferred)
{
    struct vow_job job = {.size = sizeof job,
                          .fn = work_for_a_moment,
                          .input = vow_integer(2 * a_pause(member)),
                          .drop = count_end};
    *ret_deferred = NULL;
    atomic_fetch_add(&links_begun, 1);
    return vow_submit_with(workers, &job);
}

static vow_promise *a_read_or_write(struct member *member, vow_deferred **ret_deferred)
{
    *ret_deferred = NULL;
    if (random_below(member, 2) == 0)
        return vow_read_promise(readers[member->number]);
    return vow_write_promise(writers[member->number], vow_text("item"));
}

static vow_promise *a_map(struct member *member, vow_deferred **ret_deferred)
{
    vow_value list = vow_list_new(4);
    *ret_deferred = NULL;
    for (int i = 0; i < 4; i++)
        (void)vow_list_append(list, vow_integer(i));
    return vow_map(list, hold_for_a_moment, number_as_context(a_pause(member)), 2);
}

/* Ends when the number that is passed on has come to 3. */
static vow_value count_with_pauses(vow_value input, void *context)
{
    int64_t count = vow_as_integer(input);
    if (count == 3)
        return vow_end();
    return vow_promise_value(vow_delay((intptr_t)context, vow_integer(count + 1)));
}

static vow_promise *a_repetition(struct member *member, vow_deferred **ret_deferred)
{
    *ret_deferred = NULL;
    return vow_repeat(count_with_pauses, vow_integer(0), number_as_context(a_pause(member)));
}

static vow_value fail_later(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(vow_delay(
        (intptr_t)context, vow_promise_value(vow_failed(vow_fail(VOW_USER, "tried in vain")))));
}

static vow_promise *a_retry(struct member *member, vow_deferred **ret_deferred)
{
    struct vow_retrying how = {.size = sizeof how, .tries = 3, .pause = 1 + a_pause(member)};
    *ret_deferred = NULL;
    return vow_retry(fail_later, vow_none(), number_as_context(a_pause(member)), &how);
}

static vow_promise *(*const kinds[])(struct member *, vow_deferred **) = {
    a_deferred, a_derived, a_waiting,       a_chained, a_list,       a_timeout,
    a_run,      a_job,     a_read_or_write, a_map,     a_repetition, a_retry,
};

/* What everybody does --------------------------------------------------------------------------------------------------- */

static vow_value see_the_end(vow_value input, void *context)
{
    (void)context;
    atomic_fetch_add(&ends_seen, 1);
    return input;
}

/* The last callback of a chain runs, whatever the chain comes to. */
static vow_promise *with_an_end(vow_promise *promise)
{
    vow_handlers handlers = {.size = sizeof handlers,
                             .fulfilled = see_the_end,
                             .rejected = see_the_end,
                             .drop = count_end};
    atomic_fetch_add(&links_begun, 1);
    atomic_fetch_add(&ends_begun, 1);
    return vow_add_callbacks(promise, &handlers);
}

static struct slot *some_slot(struct member *member)
{
    return &slots[random_below(member, SLOTS)];
}

static void put_in(struct slot *slot, vow_promise *promise, vow_deferred *deferred)
{
    pthread_mutex_lock(&slot->lock);
    vow_promise *former = slot->promise;
    vow_deferred *fires = slot->deferred;
    slot->promise = promise;
    slot->deferred = deferred;
    pthread_mutex_unlock(&slot->lock);
    if (fires != NULL)
        (void)vow_fire(fires, vow_integer(3));
    vow_promise_release(former);
}

static void make_one(struct member *member)
{
    vow_deferred *deferred;
    vow_promise *promise =
        kinds[random_below(member, sizeof kinds / sizeof kinds[0])](member, &deferred);
    put_in(some_slot(member), with_an_end(promise), deferred);
}

static vow_promise *find_promise(struct slot *slot)
{
    pthread_mutex_lock(&slot->lock);
    vow_promise *promise = vow_promise_retain(slot->promise);
    pthread_mutex_unlock(&slot->lock);
    return promise;
}

static void cancel_one(struct member *member)
{
    vow_promise *promise = find_promise(some_slot(member));
    if (promise == NULL)
        return;
    vow_cancel(promise);
    atomic_fetch_add(&cancels, 1);
    vow_promise_release(promise);
}

static void fire_one(struct member *member)
{
    struct slot *slot = some_slot(member);
    pthread_mutex_lock(&slot->lock);
    vow_deferred *deferred = vow_deferred_retain(slot->deferred);
    pthread_mutex_unlock(&slot->lock);
    if (deferred != NULL)
        (void)vow_fire(deferred, random_below(member, 2) == 0 ? vow_text("value")
                                                              : vow_fail(VOW_USER, "failed"));
}

static void act(struct member *member)
{
    unsigned chance = random_below(member, 8);
    if (chance < 3)
        make_one(member);
    else if (chance < 7)
        cancel_one(member);
    else
        fire_one(member);
}

static void empty_slots(void)
{
    for (int i = 0; i < SLOTS; i++) {
        vow_promise *promise = find_promise(&slots[i]);
        vow_cancel(promise);
        vow_promise_release(promise);
        put_in(&slots[i], NULL, NULL);
    }
}

static void cancel_anything(struct member *member)
{
    long wanted = length() * GANG;
    while (atomic_load(&cancels) < wanted) {
        act(member);
        if (random_below(member, 16) == 0)
            (void)vow_run_pending();
    }
    meet(member);
    if (member->number == 0)
        empty_slots();
    vow_reader_release(readers[member->number]);
    vow_writer_release(writers[member->number]);
    finish_links(member);
}

static void make_channel(void)
{
    assert_ok(vow_channel_new(2, NULL, &writers[0], &readers[0]));
    for (int i = 1; i < GANG; i++) {
        writers[i] = vow_writer_another(writers[0]);
        readers[i] = vow_reader_another(readers[0]);
    }
}

static void anything_is_canceled_at_any_moment_and_nothing_is_lost(void **state)
{
    (void)state;
    if (getenv("VOW_STRESS") != NULL)
        alarm(0);
    for (int i = 0; i < SLOTS; i++)
        pthread_mutex_init(&slots[i].lock, NULL);
    vow_pool *pool = vow_pool_new(2, NULL);
    workers = vow_pool_scheduler(pool);
    assert_ok(vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE));
    make_channel();
    gang_run(cancel_anything);
    assert_ok(vow_pool_free(pool));
    assert_all_links_ended();
    assert_int_equal(ends_seen, ends_begun);
    assert_int_equal(cancellers_dropped, cancellers_set);
    assert_true(cancellers_run <= cancellers_set);
    assert_true(vow_mutex_try_lock(&mutex));
    assert_int_equal(vow_semaphore_permits(&semaphore), 2);
    print_message("%ld cancels, %ld chains, %ld cancellers\n", (long)cancels, (long)ends_begun,
                  (long)cancellers_set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(anything_is_canceled_at_any_moment_and_nothing_is_lost),
    };
    (void)vow_default_pool(); /* what keeps the time of pools; it stays */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
