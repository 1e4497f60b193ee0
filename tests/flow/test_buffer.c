/*
 * test_buffer.c - buffers: consuming elsewhere, back-pressure, ends.
 */
#include "wait/coroutine_testing.h"

#include <vow/generator.h>
#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>

/* Takes `consumer`. */
static vow_coroutine *buffer_of(vow_coroutine *consumer, vow_scheduler *scheduler, size_t capacity)
{
    vow_coroutine *buffer = vow_buffer(consumer, scheduler, capacity);
    assert_non_null(buffer);
    vow_coroutine_release(consumer);
    return buffer;
}

static vow_coroutine *noting(void)
{
    return vow_coroutine_new(note_items, NULL);
}

static void send_number(vow_coroutine *consumer, int64_t number)
{
    assert_true(vow_is_none(vow_send(consumer, vow_integer(number))));
}

static void inject_numbers(int64_t count, vow_coroutine *consumer)
{
    vow_coroutine *generator = counting_to(count);
    assert_true(vow_is_none(vow_inject(generator, consumer)));
    vow_coroutine_release(generator);
}

static void items_are_consumed_when_the_scheduler_runs(void **state)
{
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_coroutine *buffer = buffer_of(noting(), scheduler, 10);
    (void)state;
    inject_numbers(3, buffer);
    assert_nothing_logged();
    manual_run(scheduler, manual);
    assert_logged(0, 1, 2);
    send_number(buffer, 3);
    manual_run(scheduler, manual);
    assert_logged(0, 1, 2, 3);
    manual_close(manual);
    vow_scheduler_release(scheduler);
    assert_int_equal(vow_coroutine_close(buffer), VOW_CANCELED);
    vow_coroutine_release(buffer);
}

static void on_immediate_they_are_consumed_at_once(void **state)
{
    vow_coroutine *buffer = buffer_of(noting(), vow_immediate(), 1);
    (void)state;
    inject_numbers(3, buffer);
    assert_logged(0, 1, 2);
    assert_ok(vow_coroutine_close(buffer));
    assert_logged(0, 1, 2, -VOW_CLOSED);
    vow_coroutine_release(buffer);
}

static vow_value sum_up(vow_value item, void *context)
{
    int64_t *sum = context;
    for (; !vow_is_error(item); item = vow_yield(vow_none()))
        *sum += vow_as_integer(item) + 1;
    return item;
}

static void each_item_is_consumed(vow_scheduler *scheduler, size_t capacity)
{
    const int count = switches_by_threads() ? 100 : 5000;
    int64_t sum = 0;
    vow_coroutine *buffer = buffer_of(vow_coroutine_new(sum_up, &sum), scheduler, capacity);
    inject_numbers(count, buffer);
    assert_ok(vow_coroutine_close(buffer));
    assert_int_equal(sum, (int64_t)count * (count + 1) / 2);
    vow_coroutine_release(buffer);
}

static void closing_waits_until_everything_has_been_consumed(void **state)
{
    const size_t capacities[] = {0, 1, 2, 3, 64, 10000};
    vow_pool *pool = vow_pool_new(2, NULL);
    (void)state;
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++)
        each_item_is_consumed(vow_pool_scheduler(pool), capacities[i]);
    vow_pool_free(pool);
}

static void a_pool_without_threads_will_do(void **state)
{
    vow_pool *pool = vow_pool_new(0, NULL);
    (void)state;
    each_item_is_consumed(vow_pool_scheduler(pool), 4);
    vow_pool_free(pool);
}

static void the_senders_own_loop_will_do(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    each_item_is_consumed(vow_loop_scheduler(loop), 4);
    vow_loop_free(loop);
}

static vow_value send_there(vow_value input, void *context)
{
    (void)input;
    each_item_is_consumed(context, 4);
    return vow_none();
}

/* The sender and the drain are jobs of one worker: the sender parks. */
static void sender_and_consumer_may_share_a_worker(void **state)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    vow_release(vow_await(vow_submit(scheduler, send_there, vow_none(), scheduler), VOW_FOREVER));
    vow_pool_free(pool);
}

static void releasing_closes_too(void **state)
{
    int64_t sum = 0;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_coroutine *buffer =
        buffer_of(vow_coroutine_new(sum_up, &sum), vow_pool_scheduler(pool), 1000);
    (void)state;
    inject_numbers(100, buffer);
    vow_coroutine_release(buffer);
    assert_int_equal(sum, 5050);
    vow_pool_free(pool);
}

struct gate {
    sem_t entered, open;
    int64_t consumed;
};

static vow_value consume_at_gate(vow_value item, void *context)
{
    struct gate *gate = context;
    for (; !vow_is_error(item); item = vow_yield(vow_none())) {
        if (gate->consumed++ == 0) {
            sem_post(&gate->entered);
            sem_wait(&gate->open);
        }
    }
    return item;
}

struct sending {
    vow_coroutine *buffer;
    _Atomic int sent;
};

static void *send_many(void *context)
{
    struct sending *sending = context;
    for (int i = 0; i < 100; i++) {
        require(vow_is_none(vow_send(sending->buffer, vow_integer(i))));
        atomic_fetch_add(&sending->sent, 1);
    }
    return NULL;
}

static void a_sender_waits_while_the_buffer_is_full(void **state)
{
    enum { CAPACITY = 8 };
    struct gate gate = {.consumed = 0};
    struct sending sending = {.sent = 0};
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    sem_init(&gate.entered, 0, 0);
    sem_init(&gate.open, 0, 0);
    sending.buffer =
        buffer_of(vow_coroutine_new(consume_at_gate, &gate), vow_pool_scheduler(pool), CAPACITY);
    pthread_t thread = start_thread(send_many, &sending);
    sem_wait(&gate.entered);
    /* what has been taken out by now, and a full buffer: never more */
    for (int i = 0; i < 100; i++)
        assert_true(atomic_load(&sending.sent) <= 2 * CAPACITY);
    sem_post(&gate.open);
    join_thread(thread);
    assert_int_equal(sending.sent, 100);
    assert_ok(vow_coroutine_close(sending.buffer));
    assert_int_equal(gate.consumed, 100);
    vow_coroutine_release(sending.buffer);
    vow_pool_free(pool);
    sem_destroy(&gate.entered);
    sem_destroy(&gate.open);
}

static void the_consumers_error_comes_out_at_the_next_item(void **state)
{
    vow_coroutine *buffer = buffer_of(vow_coroutine_new(refuse_two, NULL), vow_immediate(), 10);
    (void)state;
    for (int i = 0; i < 3; i++)
        send_number(buffer, i);
    assert_error(vow_send(buffer, probe_new()), VOW_USER);
    assert_int_equal(probe_drops, 1);
    assert_true(vow_coroutine_done(buffer));
    vow_coroutine_release(buffer);
}

static void or_when_it_is_closed(void **state)
{
    vow_coroutine *buffer = buffer_of(vow_coroutine_new(refuse_two, NULL), vow_immediate(), 10);
    (void)state;
    for (int i = 0; i < 3; i++)
        send_number(buffer, i);
    assert_int_equal(vow_coroutine_close(buffer), VOW_USER);
    assert_sentence("not two");
    vow_coroutine_release(buffer);
}

static vow_value take_one(vow_value item, void *context)
{
    (void)context;
    note(vow_as_integer(item));
    return vow_none();
}

static void it_ends_when_its_consumer_has(void **state)
{
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_coroutine *buffer = buffer_of(vow_coroutine_new(take_one, NULL), scheduler, 0);
    (void)state;
    send_number(buffer, 1);
    for (int i = 0; i < 40; i++)
        assert_true(vow_is_none(vow_send(buffer, probe_new())));
    manual_run(scheduler, manual);
    assert_logged(1);
    assert_int_equal(probe_drops, 40);
    assert_end(vow_send(buffer, probe_new()));
    assert_int_equal(probe_drops, 41);
    vow_coroutine_release(buffer);
    vow_scheduler_release(scheduler);
}

static void items_are_lost_with_their_scheduler(void **state)
{
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_coroutine *buffer = buffer_of(noting(), scheduler, 0);
    (void)state;
    vow_release(vow_send(buffer, probe_new()));
    manual_close(manual);
    assert_int_equal(probe_drops, 1);
    assert_error(vow_send(buffer, probe_new()), VOW_CANCELED);
    vow_coroutine_release(buffer);
    vow_scheduler_release(scheduler);
    assert_nothing_logged();
}

struct canceled {
    vow_coroutine *buffer;
    sem_t sent, ended;
    vow_status status;
};

static vow_value send_until_canceled(vow_value input, void *context)
{
    struct canceled *canceled = context;
    vow_value answer = vow_send(canceled->buffer, vow_integer(1));
    require(vow_is_none(answer));
    sem_post(&canceled->sent);
    answer = vow_send(canceled->buffer, probe_new());
    canceled->status = vow_error_status(answer);
    vow_release(answer);
    sem_post(&canceled->ended);
    return input;
}

static void a_sender_that_is_canceled_ends_it_and_what_it_has_is_consumed(void **state)
{
    struct manual *manual;
    struct canceled canceled = {.status = VOW_OK};
    needs_asynchrony(); /* a job that runs while this thread waits for it */
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    sem_init(&canceled.sent, 0, 0);
    sem_init(&canceled.ended, 0, 0);
    canceled.buffer = buffer_of(noting(), scheduler, 1);
    vow_promise *job =
        vow_submit(vow_pool_scheduler(pool), send_until_canceled, vow_none(), &canceled);
    sem_wait(&canceled.sent);
    vow_cancel(job);
    sem_wait(&canceled.ended);
    assert_int_equal(canceled.status, VOW_CANCELED);
    assert_int_equal(probe_drops, 1);
    assert_true(vow_coroutine_done(canceled.buffer));
    manual_run(scheduler, manual);
    assert_logged(1, -VOW_CLOSED);
    vow_coroutine_release(canceled.buffer);
    vow_promise_release(job);
    vow_pool_free(pool);
    vow_scheduler_release(scheduler);
    sem_destroy(&canceled.sent);
    sem_destroy(&canceled.ended);
}

static void a_consumer_is_required(void **state)
{
    (void)state;
    assert_null(vow_buffer(NULL, NULL, 1));
    assert_sentence("vow_buffer: consumer is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(items_are_consumed_when_the_scheduler_runs),
        control_test(on_immediate_they_are_consumed_at_once),
        control_test(closing_waits_until_everything_has_been_consumed),
        control_test(a_pool_without_threads_will_do),
        control_test(the_senders_own_loop_will_do),
        control_test(sender_and_consumer_may_share_a_worker),
        control_test(releasing_closes_too),
        control_test(a_sender_waits_while_the_buffer_is_full),
        control_test(the_consumers_error_comes_out_at_the_next_item),
        control_test(or_when_it_is_closed),
        control_test(it_ends_when_its_consumer_has),
        control_test(items_are_lost_with_their_scheduler),
        control_test(a_sender_that_is_canceled_ends_it_and_what_it_has_is_consumed),
        control_test(a_consumer_is_required),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
