/*
 * test_wait.c - threads that wait for the same promises, with and without deadlines, while others fire them: no value
 * is lost, no wake-up is missed.
 */
#include "gang.h"

#include <vow/loop.h>

enum { BATCH = 64, ROUNDS = 400 };

static const struct vow_type number_type = {.name = "number"};

static vow_promise *promises[GANG][BATCH];
static vow_deferred *deferreds[GANG][BATCH];

static void make(struct member *member)
{
    for (int i = 0; i < BATCH; i++)
        deferreds[member->number][i] = vow_deferred_new(&promises[member->number][i]);
}

static vow_deadline some_deadline(struct member *member)
{
    switch (random_below(member, 4)) {
    case 0:
        return VOW_POLL;
    case 1:
        return vow_after(VOW_US(random_below(member, 50)));
    default:
        return VOW_FOREVER;
    }
}

static void wait_for(struct member *member, vow_promise *promise, int64_t wanted)
{
    vow_value value = vow_none();
    vow_status status = vow_wait(promise, some_deadline(member), &value);
    if (status == VOW_TIMED_OUT)
        status = vow_wait(promise, VOW_FOREVER, &value);
    require(status == VOW_OK);
    require(vow_is_box(value) && *(int *)vow_box_as(&number_type, value) == wanted);
    vow_release(value);
}

static vow_value numbered(int number)
{
    vow_value value = vow_box_new(&number_type, sizeof(int));
    *(int *)vow_box_as(&number_type, value) = number;
    return value;
}

/* In each round, member `i` fires what member `i + 1` made, and all wait for all. */
static void wait_round(struct member *member)
{
    int self = member->number;
    int other = (self + 1) % GANG;
    make(member);
    meet(member);
    for (int i = 0; i < BATCH; i++) {
        vow_value value = numbered(i);
        if (random_below(member, 4) == 0)
            value = vow_promise_value(vow_succeeded(value));
        require(vow_resolve(deferreds[other][i], value) == VOW_OK);
        vow_deferred_release(deferreds[other][i]);
        for (int maker = 0; maker < GANG; maker++)
            wait_for(member, promises[maker][i], i);
    }
    meet(member);
    (void)vow_run_pending();
    for (int i = 0; i < BATCH; i++)
        vow_promise_release(promises[self][i]);
    meet(member);
}

static void plain_threads(struct member *member)
{
    for (int round = 0; round < fewer(ROUNDS); round++)
        wait_round(member);
}

static void plain_threads_wait_for_each_other(void **state)
{
    (void)state;
    gang_run(plain_threads);
}

static void threads_with_loops(struct member *member)
{
    vow_loop *loop = vow_loop_new(NULL);
    for (int round = 0; round < fewer(ROUNDS); round++)
        wait_round(member);
    require(vow_loop_run_until_idle(loop) == VOW_OK);
    require(vow_loop_free(loop) == VOW_OK);
}

static void threads_with_loops_wait_for_each_other(void **state)
{
    (void)state;
    gang_run(threads_with_loops);
}

/* A ball of promises that goes round: each member waits for its own, and fires the next one's. */
static vow_promise *ball[GANG];
static vow_deferred *throw[GANG];

static void play(struct member *member)
{
    int self = member->number;
    int next = (self + 1) % GANG;
    for (int round = 0; round < fewer(ROUNDS * 4); round++) {
        throw[self] = vow_deferred_new(&ball[self]);
        meet(member);
        vow_deferred *mine = throw[next];
        if (self == 0)
            fire(mine, vow_integer(round));
        vow_value value = vow_await(ball[self], VOW_FOREVER);
        require(vow_as_integer(value) == round);
        if (self != 0)
            fire(mine, value);
        meet(member);
    }
}

static void a_ball_goes_round(void **state)
{
    (void)state;
    gang_run(play);
}

/* Threads that make promises and end before they are fired. */
static void *make_and_end(void *context)
{
    (void)context;
    make(&(struct member){.number = 0});
    for (int i = 0; i < BATCH; i++)
        if (i % 2 == 0)
            promises[0][i] = vow_add_both(promises[0][i], count_run, NULL);
    return NULL;
}

static void *fire_orphans(void *context)
{
    (void)context;
    for (int i = 0; i < BATCH; i++)
        fire(deferreds[0][i], numbered(i));
    return NULL;
}

static void promises_of_threads_that_have_ended_settle(void **state)
{
    (void)state;
    for (int round = 0; round < fewer(ROUNDS); round++) {
        on_another_thread(make_and_end, NULL);
        pthread_t other = start_thread(fire_orphans, NULL);
        for (int i = 0; i < BATCH; i++) {
            vow_value value = vow_await(promises[0][i], VOW_FOREVER);
            require(i % 2 == 0 ? vow_error_is(value, VOW_CANCELED) : vow_is_box(value));
            vow_release(value);
        }
        join_thread(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(plain_threads_wait_for_each_other),
        stress_test(threads_with_loops_wait_for_each_other),
        stress_test(a_ball_goes_round),
        stress_test(promises_of_threads_that_have_ended_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
