/*
 * test_deep.c - handlers that publish, inside of each other, also where no more calls may nest.
 */
#include "messaging/messaging_testing.h"

#include <vow/pool.h>
#include <vow/scheduler.h>
#include <vow/submit.h>

enum { CHAIN = 1000 };

static vow_value publish_up(vow_value message, void *context)
{
    char name[16];
    int number = (int)(intptr_t)context + 1;
    (void)message;
    (void)snprintf(name, sizeof name, "%d", number);
    if (number < CHAIN)
        publish(&stage, name, vow_none());
    else
        note(number);
    return vow_none();
}

static void *publish_chain(void *context)
{
    char name[16];
    for (int i = 0; i < CHAIN; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        listen(&stage, name, publish_up, number_as_context(i));
    }
    publish(&stage, "0", vow_none());
    return context;
}

static void a_long_chain_of_handlers_that_publish_keeps_the_stack_small(void **state)
{
    (void)state;
    on_small_stack(256 * 1024, publish_chain, NULL);
    assert_logged(CHAIN);
}

/* A chain of calls within calls; somebody waits for the message of each, also where no more calls may nest. */
static void a_deep_publish_tells_who_waits_for_the_next_message(void **state)
{
    static vow_promise *told[CHAIN];
    char name[16];
    (void)state;
    for (int i = 0; i < CHAIN; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        told[i] = vow_next_message(dispatcher, &stage, vow_name(name));
        listen(&stage, name, publish_up, number_as_context(i));
    }
    publish(&stage, "0", vow_none());
    assert_logged(CHAIN);
    for (int i = 0; i < CHAIN; i++) {
        assert_int_equal(vow_state(told[i]), VOW_FULFILLED);
        vow_promise_release(told[i]);
    }
}

/* Order ------------------------------------------------------------------------------------------------------------- */

/* Of the chain: at one message somebody at a pool without workers, who is told at once, publishes, too. */
struct aside {
    int64_t at;
    int64_t last; /* of the chain that was heard */
    int64_t heard_after;
};

static vow_value climb(vow_value message, void *last)
{
    char name[16];
    int64_t next = vow_as_integer(vow_message_payload(message)) + 1;
    (void)snprintf(name, sizeof name, "%d", (int)next);
    if (next < (intptr_t)last)
        publish(&stage, name, vow_integer(next));
    return vow_none();
}

static vow_value step_aside(vow_value message, void *context)
{
    const struct aside *aside = context;
    if (vow_as_integer(vow_message_payload(message)) == aside->at)
        publish(&stage, "aside", vow_integer(-1));
    return vow_none();
}

static vow_value hear(vow_value message, void *context)
{
    struct aside *aside = context;
    int64_t number = vow_as_integer(vow_message_payload(message));
    if (number < 0)
        aside->heard_after = aside->last;
    else
        aside->last = number;
    return vow_none();
}

static vow_value listen_here(vow_value input, void *aside)
{
    listen(&stage, NULL, step_aside, aside);
    return input;
}

static void publish_aside(vow_pool *pool, struct aside *aside, int last)
{
    char name[16];
    vow_scheduler *there = vow_pool_scheduler(pool);
    vow_promise *listens = vow_submit(there, listen_here, vow_integer(1), aside);
    assert_fulfilled(listens, 1);
    vow_promise_release(listens);
    listen(&stage, NULL, hear, aside);
    for (int i = 0; i < last; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        listen(&stage, name, climb, number_as_context(last));
    }
    publish(&stage, "0", vow_integer(0));
    vow_dispatcher_free(dispatcher);
    dispatcher = vow_dispatcher_new(NULL);
}

static void what_is_published_while_a_deep_publish_is_under_way_does_not_overtake_it(void **state)
{
    enum { LAST = VOW_NESTING + 16 };
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    for (int64_t at = VOW_NESTING - 8; at < VOW_NESTING + 8; at++) {
        struct aside aside = {.at = at, .heard_after = -1};
        publish_aside(pool, &aside, LAST);
        assert_int_equal(aside.last, LAST - 1);
        assert_true(aside.heard_after >= at);
    }
    vow_dispatcher_free(dispatcher);
    dispatcher = NULL;
    assert_ok(vow_pool_free(pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        messaging_test(a_long_chain_of_handlers_that_publish_keeps_the_stack_small),
        messaging_test(a_deep_publish_tells_who_waits_for_the_next_message),
        messaging_test(what_is_published_while_a_deep_publish_is_under_way_does_not_overtake_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
