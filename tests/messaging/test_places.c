/*
 * test_places.c - handlers on pools, loops, other threads and users' schedulers: order, no overlap, ends.
 */
#include "messaging/messaging_testing.h"

#include <sched.h>
#include <vow/debug.h>
#include <vow/event.h>
#include <vow/line.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>

enum { MESSAGES = 200 };

/* What a handler has got, and whether it was alone. */
struct record {
    _Atomic int inside;
    _Atomic int count;
    int64_t last[2]; /* of each sender */
};

static vow_value check_order(vow_value message, void *context)
{
    struct record *record = context;
    int64_t number = vow_as_integer(vow_message_payload(message));
    int64_t *last = &record->last[vow_message_sender(message) == &camera];
    require(atomic_fetch_add(&record->inside, 1) == 0);
    require(*last + 1 == number);
    *last = number;
    atomic_fetch_sub(&record->inside, 1);
    atomic_fetch_add(&record->count, 1);
    return vow_none();
}

static void until_count(struct record *record, int count)
{
    while (atomic_load(&record->count) < count)
        (void)sched_yield();
}

/* As a sender that publishes 1, 2, 3 … */
static void *publish_many(void *sender)
{
    for (int i = 1; i <= MESSAGES; i++)
        require(vow_publish(dispatcher, sender, vow_name("moved"), vow_integer(i)) == VOW_OK);
    return NULL;
}

static void at(vow_scheduler *scheduler)
{
    vow_dispatcher_free(dispatcher);
    dispatcher = vow_dispatcher_new(scheduler);
}

static void two_threads_publish(struct record *records, int count)
{
    for (int i = 0; i < count; i++)
        listen(VOW_ANY_SENDER, "moved", check_order, &records[i]);
    pthread_t one = start_thread(publish_many, &stage);
    pthread_t other = start_thread(publish_many, &camera);
    join_thread(one);
    join_thread(other);
}

static void on_a_pool_each_sender_keeps_its_order_and_no_handler_overlaps_itself(void **state)
{
    (void)state;
    struct record records[3] = {0};
    vow_pool *pool = vow_pool_new(2, NULL);
    at(vow_pool_scheduler(pool));
    two_threads_publish(records, 3);
    for (int i = 0; i < 3; i++)
        until_count(&records[i], 2 * MESSAGES);
    assert_ok(vow_pool_free(pool));
}

static void on_immediate_what_other_threads_publish_runs_on_the_subscribers_thread(void **state)
{
    (void)state;
    struct record records[2] = {0};
    two_threads_publish(records, 2);
    assert_int_equal(atomic_load(&records[0].count), 0);
    (void)vow_run_pending();
    assert_int_equal(atomic_load(&records[0].count), 2 * MESSAGES);
    assert_int_equal(atomic_load(&records[1].count), 2 * MESSAGES);
}

static void *publish_one(void *context)
{
    (void)context;
    publish(&stage, "moved", vow_integer(1));
    return NULL;
}

static void what_waits_for_a_thread_is_brought_before_what_it_publishes_itself(void **state)
{
    (void)state;
    listen(&stage, "moved", note_payload_plus, NULL);
    on_another_thread(publish_one, NULL);
    assert_nothing_logged();
    publish(&stage, "moved", vow_integer(2));
    assert_logged(1, 2);
}

static vow_value wait_for_event(vow_value message, void *event)
{
    note(vow_as_integer(vow_message_payload(message)));
    require(vow_event_wait(event, VOW_FOREVER) == VOW_OK);
    note(-vow_as_integer(vow_message_payload(message)));
    return vow_none();
}

static void a_handler_that_waits_gets_no_other_message_meanwhile(void **state)
{
    (void)state;
    vow_event event = VOW_EVENT_INIT;
    vow_loop *loop = vow_loop_new(NULL);
    at(vow_loop_scheduler(loop));
    listen(&stage, "moved", wait_for_event, &event);
    publish(&stage, "moved", vow_integer(1));
    publish(&stage, "moved", vow_integer(2));
    assert_nothing_logged();
    (void)vow_loop_run_once(loop, VOW_FOREVER);
    assert_logged(1);
    assert_ok(vow_event_set(&event));
    while (the_log.count < 4)
        (void)vow_loop_run_once(loop, VOW_FOREVER);
    assert_logged(1, -1, 2, -2);
    vow_dispatcher_free(dispatcher);
    dispatcher = NULL;
    assert_ok(vow_loop_free(loop));
}

static void on_a_loop_a_handler_never_runs_inside_of_publish(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    listen(&stage, "moved", note_payload_plus, NULL); /* the loop is current here */
    publish(&stage, "moved", vow_integer(1));
    assert_nothing_logged();
    (void)vow_loop_run_once(loop, VOW_FOREVER);
    assert_logged(1);
    vow_dispatcher_free(dispatcher);
    dispatcher = NULL;
    assert_ok(vow_loop_free(loop));
}

static void on_a_pool_of_no_worker_a_handler_runs_inside_of_publish(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(0, NULL);
    at(vow_pool_scheduler(pool));
    listen(&stage, "moved", note_payload_plus, NULL);
    publish(&stage, "moved", vow_integer(1));
    assert_logged(1);
    vow_dispatcher_free(dispatcher);
    dispatcher = NULL;
    assert_ok(vow_pool_free(pool));
}

static void on_a_users_scheduler_handlers_run_when_it_runs_them(void **state)
{
    (void)state;
    struct manual *manual = NULL;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    at(scheduler);
    listen(&stage, "moved", note_payload_plus, NULL);
    publish(&stage, "moved", vow_integer(1));
    publish(&stage, "moved", vow_integer(2));
    assert_nothing_logged();
    assert_int_equal(manual_run(scheduler, manual), 1); /* one call for both */
    assert_logged(1, 2);
    vow_dispatcher_free(dispatcher);
    dispatcher = NULL;
    vow_scheduler_release(scheduler);
}

static void a_closed_place_ends_the_subscription_and_drops_its_context(void **state)
{
    (void)state;
    struct manual *manual = NULL;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    at(scheduler);
    vow_subscription *heard =
        vow_subscribe(dispatcher, &stage, vow_name("moved"), note_payload_plus, NULL, count_drop);
    publish(&stage, "moved", vow_text("queued"));
    manual_close(manual);
    assert_int_equal(atomic_load(&drops), 1);
    assert_int_equal(vow_unsubscribe(heard), VOW_CLOSED);
    vow_subscription_release(heard);
    vow_dispatcher_free(dispatcher);
    dispatcher = NULL;
    vow_scheduler_release(scheduler);
}

static void unsubscribing_gives_up_what_waits_and_drops_at_the_place(void **state)
{
    (void)state;
    struct manual *manual = NULL;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    at(scheduler);
    vow_subscription *heard =
        vow_subscribe(dispatcher, &stage, vow_name("moved"), note_payload_plus, NULL, count_drop);
    publish(&stage, "moved", vow_text("given up"));
    assert_ok(vow_unsubscribe(heard));
    assert_int_equal(atomic_load(&drops), 0);
    (void)manual_run(scheduler, manual);
    assert_int_equal(atomic_load(&drops), 1);
    assert_nothing_logged();
    vow_subscription_release(heard);
    vow_dispatcher_free(dispatcher);
    dispatcher = NULL;
    vow_scheduler_release(scheduler);
}

static void *subscribe_and_end(void *context)
{
    *(vow_subscription **)context =
        vow_subscribe(dispatcher, &stage, vow_name("moved"), note_payload_plus, NULL, count_drop);
    return NULL;
}

static void a_thread_that_ended_hears_no_more(void **state)
{
    (void)state;
    vow_subscription *heard = NULL;
    on_another_thread(subscribe_and_end, &heard);
    publish(&stage, "moved", vow_integer(1));
    assert_nothing_logged();
    assert_int_equal(atomic_load(&drops), 1);
    assert_int_equal(vow_unsubscribe(heard), VOW_CLOSED);
    vow_subscription_release(heard);
}

static vow_value await_next(vow_value input, void *context)
{
    vow_value message =
        vow_await(vow_next_message(context, &stage, vow_name("moved")), VOW_FOREVER);
    vow_value payload = vow_retain(vow_message_payload(message));
    (void)input;
    vow_release(message);
    return payload;
}

static void a_line_can_wait_for_the_next_message(void **state)
{
    (void)state;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *waits = vow_submit(vow_pool_scheduler(pool), await_next, vow_none(), dispatcher);
    while (vow_state(waits) == VOW_PENDING) {
        publish(&stage, "moved", vow_integer(1));
        (void)vow_run_pending();
        (void)sched_yield();
    }
    assert_fulfilled(waits, 1);
    vow_promise_release(waits);
    assert_ok(vow_pool_free(pool));
}

/* A, that publishes b, that publishes a, …: each is busy when its turn comes again. */
static vow_value publish_other(vow_value message, void *other)
{
    int64_t number = vow_as_integer(vow_message_payload(message));
    note(number);
    if (number < 10)
        publish(&stage, other, vow_integer(number + 1));
    return vow_none();
}

static void handlers_that_publish_to_each_other_take_turns(void **state)
{
    (void)state;
    char ping[] = "ping";
    char pong[] = "pong";
    listen(&stage, "ping", publish_other, pong);
    listen(&stage, "pong", publish_other, ping);
    publish(&stage, "ping", vow_integer(1));
    assert_logged(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
}

static vow_value publish_two(vow_value message, void *context)
{
    (void)context;
    publish(vow_message_sender(message), "further", vow_integer(2));
    return vow_none();
}

static vow_value note_and_unsubscribe(vow_value message, void *subscription)
{
    (void)note_payload_plus(message, NULL);
    assert_ok(vow_unsubscribe(subscription));
    return vow_none();
}

static void those_who_get_what_is_under_way_first_may_unsubscribe(void **state)
{
    (void)state;
    vow_subscription *ended =
        vow_subscribe(dispatcher, &camera, vow_name("moved"), note_payload_plus, NULL, NULL);
    listen(&stage, "moved", publish_two, NULL);
    listen(&stage, "moved", note_and_unsubscribe, ended);
    listen(&stage, "further", note_payload_plus, number_as_context(10));
    publish(&stage, "moved", vow_integer(1));
    assert_logged(1, 12);
    vow_subscription_release(ended);
}

/* A thread that ends serves what it has, but not for ever: of what makes a call again each time one is dropped in the end. Each
   publishes when it goes. */
static vow_value leave_a_call(vow_value input, void *context);

static void publish_at_end(void *context)
{
    (void)context;
    publish(&stage, "moved", vow_integer(1));
}

static vow_value leave_a_call(vow_value input, void *context)
{
    vow_handlers handlers = {
        .size = sizeof(handlers), .fulfilled = leave_a_call, .drop = publish_at_end};
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    (void)context;
    vow_promise_release(vow_add_callbacks(promise, &handlers));
    assert_ok(fire_elsewhere(deferred, vow_none()));
    vow_deferred_release(deferred);
    return input;
}

static void *leave(void *context)
{
    (void)leave_a_call(vow_none(), NULL);
    return context;
}

static vow_value count_message(vow_value message, void *count)
{
    (void)message;
    ++*(int *)count;
    return vow_none();
}

static void what_a_thread_publishes_in_its_end_keeps_nobody_alive(void **state)
{
    (void)state;
    int count = 0;
    listen(&stage, "moved", count_message, &count);
    on_another_thread(leave, NULL);
    (void)vow_run_pending();
    assert_true(count > 0);
}

/* A thread's view of a dispatcher that is gone holds the last of a scheduler: its `drop` runs where the view goes. */

static struct vow_call *queued;

static vow_status queue_one(struct vow_call *call, void *self)
{
    (void)self;
    queued = call;
    return VOW_OK;
}

static vow_value ignore(vow_value message, void *context)
{
    (void)message;
    (void)context;
    return vow_none();
}

static void *free_elsewhere(void *held)
{
    vow_dispatcher_free(held);
    return NULL;
}

static void hold_scheduler_by_view(void (*drop)(void *))
{
    struct vow_scheduler_ops ops = {
        .size = sizeof ops, .name = "one", .schedule = queue_one, .drop = drop};
    vow_scheduler *scheduler = vow_scheduler_new(&ops, NULL);
    vow_dispatcher *held = vow_dispatcher_new(scheduler);
    vow_subscription_release(vow_subscribe(held, &stage, vow_name("moved"), ignore, NULL, NULL));
    require(vow_publish(held, &stage, vow_name("moved"), vow_none()) == VOW_OK);
    vow_call_run(scheduler, queued);
    vow_scheduler_release(scheduler);
    on_another_thread(free_elsewhere, held);
}

static vow_value note_fired(vow_value input, void *context)
{
    (void)context;
    note(vow_as_integer(input));
    return vow_none();
}

static void hear_from_elsewhere(void *self)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    (void)self;
    vow_promise_release(vow_then(promise, note_fired, NULL));
    require(fire_elsewhere(deferred, vow_integer(1)) == VOW_OK);
    vow_deferred_release(deferred);
    (void)vow_run_pending();
    vow_set_debug(true); /* has a look at all threads */
    vow_set_debug(false);
    publish(&stage, "moved", vow_integer(2));
}

static void *end_with_scheduler(void *context)
{
    hold_scheduler_by_view(hear_from_elsewhere);
    return context;
}

static void what_goes_with_a_thread_may_still_hear_from_others(void **state)
{
    (void)state;
    listen(&stage, "moved", note_payload_plus, number_as_context(10));
    on_another_thread(end_with_scheduler, NULL);
    assert_logged(1);
    (void)vow_run_pending();
    assert_logged(1, 12);
}

static char *sender_now; /* NULL: the scheduler has gone */

static void publish_meanwhile(void *self)
{
    (void)self;
    listen(&camera, "further", note_payload_plus,
           NULL); /* what is known of the dispatcher is old */
    publish(sender_now, "moved", vow_integer(1));
    sender_now = NULL;
}

static void what_goes_with_a_view_may_publish_the_same(void **state)
{
    static char senders[10000]; /* views of some of them take the place of the one before */
    (void)state;
    listen(VOW_ANY_SENDER, "moved", note_payload_plus, NULL);
    hold_scheduler_by_view(publish_meanwhile);
    sender_now = senders;
    for (char *sender = senders; sender_now != NULL; sender++) {
        require(sender < senders + sizeof senders);
        sender_now = sender;
        the_log.count = 0;
        publish(sender, "moved", vow_integer(2));
    }
    assert_logged(1, 2);
}

/* A line publishes, and waits in the first handler; the second is called for it by who publishes next on this thread. */
struct crossing {
    vow_event first_goes_on, line_has_ended;
    vow_subscription *second;
};

static vow_value wait_in_line(vow_value message, void *context)
{
    struct crossing *crossing = context;
    note(vow_as_integer(vow_message_payload(message)));
    require(vow_event_wait(&crossing->first_goes_on, VOW_FOREVER) == VOW_OK);
    note(-vow_as_integer(vow_message_payload(message)));
    return vow_none();
}

static vow_value outlast_line(vow_value message, void *context)
{
    struct crossing *crossing = context;
    note(10 + vow_as_integer(vow_message_payload(message)));
    require(vow_unsubscribe(crossing->second) == VOW_OK);
    vow_subscription_release(crossing->second);
    require(vow_event_set(&crossing->first_goes_on) == VOW_OK);
    require(vow_event_wait(&crossing->line_has_ended, VOW_FOREVER) == VOW_OK);
    note(-10 - vow_as_integer(vow_message_payload(message)));
    return vow_none();
}

static __attribute__((noinline)) void overwrite_stack(void)
{
    volatile unsigned char room[2048];
    for (size_t i = 0; i < sizeof(room); i++)
        room[i] = 0x55;
}

static vow_value publish_in_line(vow_value input, void *context)
{
    struct crossing *crossing = context;
    publish(&stage, "moved", input);
    overwrite_stack();
    require(vow_event_set(&crossing->line_has_ended) == VOW_OK);
    return vow_none();
}

static void who_brings_what_a_line_publishes_may_outlast_it(void **state)
{
    (void)state;
    struct crossing crossing = {.first_goes_on = VOW_EVENT_INIT, .line_has_ended = VOW_EVENT_INIT};
    listen(&stage, "moved", wait_in_line, &crossing);
    crossing.second =
        vow_subscribe(dispatcher, &stage, vow_name("moved"), outlast_line, &crossing, NULL);
    listen(&stage, "moved", note_payload_plus, number_as_context(20));
    listen(&stage, "further", note_payload_plus, number_as_context(30));
    vow_promise *line = vow_spawn(vow_immediate(), publish_in_line, vow_integer(1), &crossing);
    assert_logged(1);
    publish(&stage, "further", vow_integer(2));
    assert_logged(1, 11, -1, 21, -11, 32);
    assert_int_equal(vow_state(line), VOW_FULFILLED);
    vow_promise_release(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        messaging_test(on_a_pool_each_sender_keeps_its_order_and_no_handler_overlaps_itself),
        messaging_test(on_immediate_what_other_threads_publish_runs_on_the_subscribers_thread),
        messaging_test(what_waits_for_a_thread_is_brought_before_what_it_publishes_itself),
        messaging_test(a_handler_that_waits_gets_no_other_message_meanwhile),
        messaging_test(on_a_loop_a_handler_never_runs_inside_of_publish),
        messaging_test(on_a_pool_of_no_worker_a_handler_runs_inside_of_publish),
        messaging_test(on_a_users_scheduler_handlers_run_when_it_runs_them),
        messaging_test(a_closed_place_ends_the_subscription_and_drops_its_context),
        messaging_test(unsubscribing_gives_up_what_waits_and_drops_at_the_place),
        messaging_test(a_thread_that_ended_hears_no_more),
        messaging_test(a_line_can_wait_for_the_next_message),
        messaging_test(handlers_that_publish_to_each_other_take_turns),
        messaging_test(those_who_get_what_is_under_way_first_may_unsubscribe),
        messaging_test(what_a_thread_publishes_in_its_end_keeps_nobody_alive),
        messaging_test(what_goes_with_a_thread_may_still_hear_from_others),
        messaging_test(what_goes_with_a_view_may_publish_the_same),
        messaging_test(who_brings_what_a_line_publishes_may_outlast_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
