/*
 * test_deadlock.c - jobs that wait for each other in all directions while others are canceled and deadlines pass: who is in
 * a ring is told, exactly one of each ring; nobody else ever is.
 */
#include "gang.h"

#include "wait/known.h"
#include <vow/line.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>

#if STACK_FACTOR > 1
enum { ROUNDS = 150, JOBS = 24 };
#else
enum { ROUNDS = 1000, JOBS = 24 };
#endif

enum shape { DIRECTLY, DERIVED, ADOPTED, SHAPES };

struct crowd;

struct guest {
    struct crowd *crowd;
    vow_promise *own;
    vow_promise *awaited[3];
    vow_deadline deadlines[3];
    _Atomic int deadlocks;
};

struct crowd {
    vow_promise *go;
    vow_deferred *starter;
    struct guest guests[JOBS];
};

static vow_loop *loop;
static vow_pool *pools[2];

static vow_value wait_for_all(vow_value input, void *context)
{
    struct guest *guest = context;
    (void)vow_wait(guest->crowd->go, VOW_FOREVER, NULL);
    for (int i = 0; i < 3 && guest->awaited[i] != NULL; i++)
        if (vow_wait(guest->awaited[i], guest->deadlines[i], NULL) == VOW_DEADLOCK)
            atomic_fetch_add(&guest->deadlocks, 1);
    return input;
}

static vow_value pass_on(vow_value input, void *context)
{
    (void)context;
    return input;
}

static vow_value ignore_error(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_none();
}

static vow_scheduler *some_scheduler(struct member *member)
{
    unsigned choice = random_below(member, 5);
    return choice == 0  ? vow_loop_scheduler(loop)
           : choice < 3 ? vow_pool_scheduler(pools[0])
                        : vow_pool_scheduler(pools[1]);
}

static void crowd_begin(struct crowd *crowd, struct member *member)
{
    *crowd = (struct crowd){.go = NULL};
    crowd->starter = vow_deferred_new(&crowd->go);
    for (int i = 0; i < JOBS; i++) {
        struct guest *guest = &crowd->guests[i];
        guest->crowd = crowd;
        guest->own = vow_submit(some_scheduler(member), wait_for_all, vow_none(), guest);
    }
}

/* Another promise that comes from `promise`. */
static vow_promise *shaped(vow_promise *promise, unsigned shape)
{
    vow_promise *made;
    promise = vow_promise_retain(promise);
    if (shape == DIRECTLY)
        return promise;
    if (shape == DERIVED)
        return vow_catch(vow_then(promise, pass_on, NULL), ignore_error, NULL);
    vow_deferred *deferred = vow_deferred_new(&made);
    require(vow_resolve(deferred, vow_promise_value(promise)) == VOW_OK);
    vow_deferred_release(deferred);
    return made;
}

static void have_wait(struct crowd *crowd, int who, int place, int whom, unsigned shape)
{
    crowd->guests[who].awaited[place] = shaped(crowd->guests[whom].own, shape);
    crowd->guests[who].deadlines[place] = VOW_FOREVER;
}

/* Lets them go; gives how many deadlocks were told. */
static int crowd_end(struct crowd *crowd, struct member *member, int cancels)
{
    int deadlocks = 0;
    require(vow_resolve(crowd->starter, vow_none()) == VOW_OK);
    vow_deferred_release(crowd->starter);
    for (int i = 0; i < cancels; i++)
        vow_cancel(crowd->guests[random_below(member, JOBS)].awaited[0]);
    for (int i = 0; i < JOBS; i++)
        require(vow_wait(crowd->guests[i].own, VOW_FOREVER, NULL) == VOW_OK);
    for (int i = 0; i < JOBS; i++) {
        struct guest *guest = &crowd->guests[i];
        deadlocks += atomic_load(&guest->deadlocks);
        for (int k = 0; k < 3; k++)
            if (guest->awaited[k] != NULL)
                vow_promise_release(vow_catch(guest->awaited[k], ignore_error, NULL));
        vow_promise_release(guest->own);
    }
    vow_promise_release(crowd->go);
    return deadlocks;
}

/* Everybody waits for those who came before. */
static void without_rings(struct member *member)
{
    struct crowd crowd;
    crowd_begin(&crowd, member);
    for (int i = 1; i < JOBS; i++)
        for (int k = 0; k < 3; k++)
            have_wait(&crowd, i, k, (int)random_below(member, (unsigned)i),
                      random_below(member, SHAPES));
    require(crowd_end(&crowd, member, (int)random_below(member, 8)) == 0);
}

/* A ring of all, which a deadline opens somewhere. */
static void rings_with_a_deadline(struct member *member)
{
    struct crowd crowd;
    int patient = (int)random_below(member, JOBS);
    crowd_begin(&crowd, member);
    for (int i = 0; i < JOBS; i++)
        have_wait(&crowd, i, 0, (i + 1) % JOBS, random_below(member, SHAPES));
    crowd.guests[patient].deadlines[0] = vow_after(VOW_US(random_below(member, 3000)));
    require(crowd_end(&crowd, member, 0) == 0);
}

/* A permutation: each of its cycles is a ring. */
static void rings(struct member *member)
{
    struct crowd crowd;
    int next[JOBS];
    bool seen[JOBS] = {false};
    int cycles = 0;
    crowd_begin(&crowd, member);
    for (int i = 0; i < JOBS; i++) {
        int j = (int)random_below(member, (unsigned)i + 1);
        next[i] = i;
        next[i] = next[j];
        next[j] = i;
    }
    for (int i = 0; i < JOBS; i++) {
        have_wait(&crowd, i, 0, next[i], random_below(member, SHAPES));
        cycles += !seen[i];
        for (int k = i; !seen[k]; k = next[k])
            seen[k] = true;
    }
    require(crowd_end(&crowd, member, 0) == cycles);
}

static void run_all(void (*shape)(struct member *), int64_t grace)
{
    struct member member = {.random = 2463534242u};
    int64_t usual = vow_known_grace;
    vow_known_grace = grace;
    loop = vow_loop_new(NULL);
    pools[0] = vow_pool_new(1, NULL);
    pools[1] = vow_pool_new(2, NULL);
    int64_t enough = vow_now() + VOW_S(20); /* on a machine that has other things to do */
    for (int i = 0; i < fewer(ROUNDS) && vow_now() < enough; i++)
        shape(&member);
    assert_ok(vow_pool_free(pools[0]));
    assert_ok(vow_pool_free(pools[1]));
    assert_ok(vow_loop_free(loop));
    vow_known_grace = usual;
}

static void without_a_ring_nobody_is_told(void **state)
{
    (void)state;
    run_all(without_rings, 0);
}

/* Some thread is always about to do something, even if all others sleep. */
static void a_closed_world_that_is_not_at_rest_is_left_alone(void **state)
{
    (void)state;
    vow_closed_world(true);
    run_all(without_rings, 0);
    run_all(rings_with_a_deadline, 0);
    vow_closed_world(false);
}

static void a_ring_with_a_deadline_is_not_told(void **state)
{
    (void)state;
    run_all(rings_with_a_deadline, 0);
}

static void of_each_ring_one_is_told(void **state)
{
    (void)state;
    run_all(rings, VOW_US(20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_leaving_nothing(without_a_ring_nobody_is_told),
        test_leaving_nothing(a_closed_world_that_is_not_at_rest_is_left_alone),
        test_leaving_nothing(a_ring_with_a_deadline_is_not_told),
        test_leaving_nothing(of_each_ring_one_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
