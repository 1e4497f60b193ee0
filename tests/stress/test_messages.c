/*
 * stress/test_messages.c - threads publish, subscribe and unsubscribe at once, with handlers on a pool, on their own threads
 * and told once.
 *
 * Each handler holds that it is alone, that each sender's messages come in order, and that none comes after its drop; at the
 * end every drop has run once. Seeds are fixed; the interleaving is what differs from run to run.
 */
#include "gang.h"

#include <vow/dispatcher.h>
#include <vow/pool.h>
#include <vow/submit.h>

enum { ROUNDS = 1500, KEPT = 8 };

static vow_dispatcher *dispatchers[2]; /* handlers on the pool, and where they are subscribed */
static char senders[GANG];
static _Atomic int made, dropped, told;

/* A handler's. */
struct listener {
    _Atomic int inside;
    _Atomic bool ended;
    int64_t last[GANG];
};

static vow_value hear(vow_value message, void *context)
{
    struct listener *listener = context;
    int64_t number = vow_as_integer(vow_message_payload(message));
    int64_t *last = &listener->last[(const char *)vow_message_sender(message) - senders];
    require(atomic_fetch_add(&listener->inside, 1) == 0);
    require(!atomic_load(&listener->ended));
    require(number > *last);
    *last = number;
    atomic_fetch_sub(&listener->inside, 1);
    return vow_none();
}

static void end_listener(void *context)
{
    struct listener *listener = context;
    require(!atomic_exchange(&listener->ended, true));
    require(atomic_load(&listener->inside) == 0);
    atomic_fetch_add(&dropped, 1);
    free(listener);
}

static vow_value count_told(vow_value message, void *context)
{
    (void)context;
    require(vow_is_message(message));
    atomic_fetch_add(&told, 1);
    return vow_none();
}

static const vow_name_handle *any_name(struct member *member)
{
    static const char *const names[] = {"moved", "stopped"};
    return vow_name(names[random_below(member, 2)]);
}

static vow_dispatcher *any_dispatcher(struct member *member)
{
    return dispatchers[random_below(member, 2)];
}

static void subscribe(struct member *member, vow_subscription **place)
{
    struct listener *listener = calloc(1, sizeof *listener);
    const void *sender = &senders[random_below(member, GANG)];
    if (listener == NULL)
        abort();
    if (*place != NULL) {
        require(vow_unsubscribe(*place) == VOW_OK);
        vow_subscription_release(*place);
    }
    atomic_fetch_add(&made, 1);
    *place = vow_subscribe(any_dispatcher(member), random_below(member, 3) == 0 ? NULL : sender,
                           random_below(member, 3) == 0 ? NULL : any_name(member), hear, listener,
                           end_listener);
    require(*place != NULL);
}

static void await_one(struct member *member)
{
    vow_promise *next = vow_next_message(any_dispatcher(member), VOW_ANY_SENDER, any_name(member));
    next = vow_then(next, count_told, NULL);
    if (random_below(member, 2) == 0)
        vow_cancel(next);
    vow_promise_release(next);
}

static void send_one(struct member *member, int64_t number)
{
    require(vow_publish(any_dispatcher(member), &senders[member->number], any_name(member),
                        vow_integer(number)) == VOW_OK);
}

static void take_part(struct member *member)
{
    vow_subscription *kept[KEPT] = {NULL};
    for (int64_t i = 1; i <= fewer(ROUNDS); i++) {
        unsigned what = random_below(member, 10);
        if (what == 0)
            subscribe(member, &kept[random_below(member, KEPT)]);
        else if (what == 1)
            await_one(member);
        else
            send_one(member, i);
        if (what == 2)
            (void)vow_run_pending();
    }
    for (int i = 0; i < KEPT; i++)
        if (kept[i] != NULL && random_below(member, 2) == 0)
            require(vow_unsubscribe(kept[i]) == VOW_OK);
    for (int i = 0; i < KEPT; i++)
        vow_subscription_release(kept[i]);
    meet(member);
    (void)vow_run_pending();
}

static void every_handler_is_alone_in_order_and_dropped_once(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE);
    dispatchers[0] = vow_dispatcher_new(vow_pool_scheduler(pool));
    dispatchers[1] = vow_dispatcher_new(NULL);
    gang_run(take_part);
    vow_dispatcher_free(dispatchers[0]);
    vow_dispatcher_free(dispatchers[1]);
    assert_ok(vow_pool_free(pool));
    (void)vow_run_pending();
    assert_int_equal(atomic_load(&dropped), atomic_load(&made));
    (void)vow_set_unhandled_policy(VOW_UNHANDLED_REPORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(every_handler_is_alone_in_order_and_dropped_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
