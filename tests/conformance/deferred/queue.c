/*
 * queue.c - rules of a queue from which deferreds are got (DeferredQueue): its size, its backlog, and who gets what.
 */
#include "conformance/deferred/suite.h"

static struct queue *the_queue;

/* A queue that is freed behind `check`. */
static void with_queue(size_t size, size_t backlog, void (*check)(struct queue *queue))
{
    the_queue = queue_new(size, backlog);
    check(the_queue);
    queue_free(the_queue);
}

static void check_stored(struct queue *queue)
{
    expect(queue_put(queue, number(1)));
    expect(queue_put(queue, number(2)));
    expect_number(keep(queue_get(queue)), 1);
    expect_number(keep(queue_get(queue)), 2);
}

static void what_is_put_is_got_in_its_order(void)
{
    with_queue(WITHOUT_LIMIT, WITHOUT_LIMIT, check_stored);
}

static void check_waiting(struct queue *queue)
{
    struct deferred *first = keep(queue_get(queue));
    struct deferred *second = keep(queue_get(queue));
    expect_pending(first);
    expect(queue_put(queue, number(1)));
    expect_number(first, 1);
    expect_pending(second);
    expect(queue_put(queue, number(2)));
    expect_number(second, 2);
}

static void who_waits_first_gets_first(void)
{
    with_queue(WITHOUT_LIMIT, WITHOUT_LIMIT, check_waiting);
}

static void check_overflow(struct queue *queue)
{
    expect(queue_put(queue, number(1)));
    expect(queue_put(queue, number(2)));
    expect(!queue_put(queue, number(3)));
    expect_number(keep(queue_get(queue)), 1);
    expect(queue_put(queue, number(3)));
    expect(!queue_put(queue, number(4)));
    expect_number(keep(queue_get(queue)), 2);
    expect_number(keep(queue_get(queue)), 3);
}

static void what_does_not_fit_is_refused(void)
{
    with_queue(2, WITHOUT_LIMIT, check_overflow);
}

static void check_size_0(struct queue *queue)
{
    expect(!queue_put(queue, number(1)));
    struct deferred *waiting = keep(queue_get(queue));
    expect(queue_put(queue, number(2)));
    expect_number(waiting, 2);
}

static void a_queue_of_size_0_takes_only_what_somebody_waits_for(void)
{
    with_queue(0, WITHOUT_LIMIT, check_size_0);
}

static void check_underflow(struct queue *queue)
{
    struct deferred *first = keep(queue_get(queue));
    (void)keep(queue_get(queue));
    expect(queue_get(queue) == NULL);
    expect(queue_put(queue, number(1)));
    expect_number(first, 1);
    struct deferred *third = keep(queue_get(queue));
    expect_pending(third);
    expect(queue_get(queue) == NULL);
}

static void more_than_the_backlog_do_not_wait(void)
{
    with_queue(WITHOUT_LIMIT, 2, check_underflow);
}

static void check_backlog_0(struct queue *queue)
{
    expect(queue_get(queue) == NULL);
    expect(queue_put(queue, number(1)));
    expect_number(keep(queue_get(queue)), 1);
    expect(queue_get(queue) == NULL);
}

static void with_a_backlog_of_0_only_what_is_there_is_got(void)
{
    with_queue(WITHOUT_LIMIT, 0, check_backlog_0);
}

static void check_both_limits(struct queue *queue)
{
    struct deferred *waiting[] = {keep(queue_get(queue)), keep(queue_get(queue))};
    expect(queue_get(queue) == NULL);
    for (int i = 0; i < 4; i++)
        expect(queue_put(queue, number(i)));
    expect(!queue_put(queue, number(4)));
    expect_number(waiting[0], 0);
    expect_number(waiting[1], 1);
    expect_number(keep(queue_get(queue)), 2);
    expect_number(keep(queue_get(queue)), 3);
}

static void those_who_wait_are_served_before_anything_is_stored(void)
{
    with_queue(2, 2, check_both_limits);
}

static void check_cancel_waiting(struct queue *queue)
{
    struct deferred *first = keep(queue_get(queue));
    struct deferred *second = keep(queue_get(queue));
    deferred_cancel(first);
    expect_failure(first, CANCELED);
    expect(queue_put(queue, number(1)));
    expect_number(second, 1);
}

static void who_is_canceled_while_waiting_takes_nothing(void)
{
    with_queue(WITHOUT_LIMIT, WITHOUT_LIMIT, check_cancel_waiting);
}

static void check_cancel_got(struct queue *queue)
{
    struct deferred *got = keep(queue_get(queue));
    expect(queue_put(queue, number(1)));
    adapter_run_until_quiet();
    deferred_cancel(got);
    expect_number(got, 1);
}

static void a_cancel_of_what_was_got_changes_nothing(void)
{
    with_queue(WITHOUT_LIMIT, WITHOUT_LIMIT, check_cancel_got);
}

static struct result put_and_get(struct result input, void *context)
{
    struct deferred **next = context;
    (void)input;
    note(queue_put(the_queue, number(7)) ? 1 : -1);
    *next = queue_get(the_queue);
    return waiting_for(*next);
}

static void check_after_cancel(struct queue *queue)
{
    struct deferred *next = NULL;
    struct deferred *got = keep(queue_get(queue));
    deferred_cancel(got);
    add_errback(got, put_and_get, &next);
    expect_number(got, 7);
    expect_notes(1);
    deferred_free(next);
}

static void behind_a_cancel_the_queue_goes_on_as_ever(void)
{
    with_queue(WITHOUT_LIMIT, WITHOUT_LIMIT, check_after_cancel);
}

static void check_backlog_after_cancel(struct queue *queue)
{
    struct deferred *first = keep(queue_get(queue));
    expect(queue_get(queue) == NULL);
    deferred_cancel(first);
    expect_failure(first, CANCELED);
    struct deferred *second = keep(queue_get(queue));
    expect(queue_put(queue, number(1)));
    expect_number(second, 1);
}

static void a_cancel_makes_room_in_the_backlog(void)
{
    with_queue(WITHOUT_LIMIT, 1, check_backlog_after_cancel);
}

static const struct rule table[] = {
    RULE(what_is_put_is_got_in_its_order),
    RULE(who_waits_first_gets_first),
    RULE(what_does_not_fit_is_refused),
    RULE(a_queue_of_size_0_takes_only_what_somebody_waits_for),
    RULE(more_than_the_backlog_do_not_wait),
    RULE(with_a_backlog_of_0_only_what_is_there_is_got),
    RULE(those_who_wait_are_served_before_anything_is_stored),
    RULE(who_is_canceled_while_waiting_takes_nothing),
    RULE(a_cancel_of_what_was_got_changes_nothing),
    RULE(behind_a_cancel_the_queue_goes_on_as_ever),
    RULE(a_cancel_makes_room_in_the_backlog),
};

const struct rules queue_rules = RULES("queues", table);
