/*
 * test_coroutine.c - coroutines under stress: handed from thread to thread, given up at random, buffers with slow and
 * fast sides.
 */
#include "gang.h"

#include <vow/coroutine.h>
#include <vow/generator.h>
#include <vow/pool.h>

enum { ROUNDS = 3000 };

/* Bodies ---------------------------------------------------------------------------------------------------------- */

static vow_value count_up(vow_value input, void *context)
{
    (void)input;
    (void)context;
    for (int64_t i = 0;; i++) {
        vow_value sent = vow_yield(vow_integer(i));
        if (vow_is_error(sent))
            return sent;
    }
}

/* Holds boxes across yields; a coroutine inside it now and then. */
static vow_value hold(vow_value input, void *context)
{
    vow_value held = vow_retain(input);
    vow_coroutine *inner = vow_coroutine_new(count_up, context);
    for (;;) {
        vow_release(vow_next(inner));
        vow_value sent = vow_yield(vow_borrow(held));
        if (vow_is_error(sent)) {
            vow_coroutine_release(inner);
            vow_release(held);
            return sent;
        }
        vow_release(held);
        held = vow_retain(sent);
    }
}

/* Handing over ---------------------------------------------------------------------------------------------------- */

struct baton {
    pthread_mutex_t lock;
    vow_coroutine *coroutine;
    int64_t next;
};

static struct baton baton = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void take_turns(struct member *member)
{
    meet(member);
    for (int i = 0; i < fewer(ROUNDS * 10); i++) {
        pthread_mutex_lock(&baton.lock);
        vow_value value = vow_next(baton.coroutine);
        require(vow_is_integer(value) && value.as.integer == baton.next++);
        pthread_mutex_unlock(&baton.lock);
    }
    meet(member);
}

static void one_coroutine_is_resumed_by_all_in_turn(void **state)
{
    (void)state;
    baton.coroutine = vow_coroutine_new(count_up, NULL);
    baton.next = 0;
    gang_run(take_turns);
    assert_int_equal(baton.next, (int64_t)GANG * fewer(ROUNDS * 10));
    vow_coroutine_release(baton.coroutine);
}

/* Lives that begin on one thread and end on another ---------------------------------------------------------------- */

enum { SHELF = 16 };

static _Atomic(vow_coroutine *) shelf[SHELF];

static void use(struct member *member, vow_coroutine *coroutine)
{
    unsigned action = random_below(member, 8);
    if (action == 0) {
        vow_release(vow_throw(coroutine, vow_fail(VOW_USER, "stop")));
    } else if (action == 1) {
        require(vow_coroutine_close(coroutine) == VOW_OK);
    } else {
        for (unsigned i = 0; i < action; i++)
            vow_release(vow_send(coroutine, vow_text("an item")));
    }
}

static void pass_around(struct member *member)
{
    meet(member);
    for (int i = 0; i < fewer(ROUNDS); i++) {
        vow_coroutine *mine = vow_coroutine_new(hold, NULL);
        require(mine != NULL);
        use(member, mine);
        mine = atomic_exchange(&shelf[random_below(member, SHELF)], mine);
        if (mine == NULL)
            continue;
        use(member, mine);
        vow_coroutine_release(mine);
    }
    meet(member);
}

static void lives_begin_on_one_thread_and_end_on_another(void **state)
{
    (void)state;
    gang_run(pass_around);
    for (int i = 0; i < SHELF; i++)
        vow_coroutine_release(atomic_exchange(&shelf[i], NULL));
}

/* Buffers ----------------------------------------------------------------------------------------------------------- */

static vow_value add_up(vow_value item, void *context)
{
    int64_t *sum = context;
    for (; !vow_is_error(item); item = vow_yield(vow_none()))
        *sum += vow_as_integer(item);
    return item;
}

static vow_pool *pool;

static void fill_one(struct member *member)
{
    int64_t sum = 0, sent = 0;
    int64_t count = random_below(member, 200);
    vow_coroutine *consumer = vow_coroutine_new(add_up, &sum);
    vow_coroutine *buffer =
        vow_buffer(consumer, vow_pool_scheduler(pool), random_below(member, 20));
    for (int64_t i = 0; i < count; i++) {
        sent += i;
        vow_release(vow_send(buffer, vow_integer(i)));
    }
    if (random_below(member, 2) == 0)
        require(vow_coroutine_close(buffer) == VOW_OK);
    vow_coroutine_release(buffer);
    require(sum == sent);
    vow_coroutine_release(consumer);
}

static void fill_buffers(struct member *member)
{
    meet(member);
    for (int i = 0; i < ROUNDS / 10; i++)
        fill_one(member);
    meet(member);
}

static void what_is_sent_to_buffers_is_consumed(void **state)
{
    (void)state;
    pool = vow_pool_new(2, NULL);
    gang_run(fill_buffers);
    vow_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(one_coroutine_is_resumed_by_all_in_turn),
        stress_test(lives_begin_on_one_thread_and_end_on_another),
        stress_test(what_is_sent_to_buffers_is_consumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
