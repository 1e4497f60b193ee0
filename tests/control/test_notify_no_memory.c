/*
 * test_notify_no_memory.c - progress where the allocator gives nothing: a piece that was accepted is heard by all listeners of
 * its promise, one that was refused by none.
 */
#include "control/no_memory_testing.h"

enum { LISTENERS = 20 };

struct source {
    vow_deferred *deferred;
    vow_promise *promise;
    vow_promise *derived[LISTENERS + 1];
    int count;
};

static vow_value hear(vow_value input, void *context)
{
    (void)context;
    note(vow_as_integer(input));
    return vow_none();
}

static void listen_to(struct source *source, vow_fn *notified, void *context)
{
    vow_handlers handlers = {.size = sizeof(handlers), .notified = notified, .context = context};
    source->derived[source->count++] =
        vow_then_with(vow_promise_retain(source->promise), &handlers);
}

static void begin(struct source *source)
{
    *source = (struct source){0};
    source->deferred = vow_deferred_new(&source->promise);
    the_log.count = 0;
}

static void end(struct source *source)
{
    assert_ok(vow_fire(source->deferred, vow_none()));
    for (int i = 0; i < source->count; i++)
        vow_promise_release(source->derived[i]);
    vow_promise_release(source->promise);
}

/* With memory for so many allocations; gives whether it was accepted. */
static bool send(struct source *source, int allocations)
{
    until_failure = allocations;
    vow_status status = vow_notify(source->deferred, vow_integer(allocations));
    until_failure = -1;
    assert_true(status == VOW_OK || status == VOW_NO_MEMORY);
    return status == VOW_OK;
}

static void all_of_many_listeners_hear_what_was_accepted(void **state)
{
    (void)state;
    struct source source;
    int accepted = 0;
    begin(&source);
    for (int i = 0; i < LISTENERS; i++)
        listen_to(&source, hear, NULL);
    for (int allocations = 0; allocations < 2 * LISTENERS; allocations++) {
        int before = the_log.count;
        bool taken = send(&source, allocations);
        accepted += taken;
        assert_int_equal(the_log.count - before, taken ? LISTENERS : 0);
    }
    assert_true(accepted > LISTENERS);
    end(&source);
}

/* The first listener adds another one. */
static vow_value add_another(vow_value input, void *context)
{
    struct source *source = context;
    int allocations = until_failure;
    until_failure = -1;
    if (source->count == LISTENERS)
        listen_to(source, hear, NULL);
    until_failure = allocations;
    return hear(input, NULL);
}

static void who_begins_to_listen_meanwhile_does_not_hear_the_piece(void **state)
{
    (void)state;
    struct source source;
    begin(&source);
    listen_to(&source, add_another, &source);
    for (int i = 1; i < LISTENERS; i++)
        listen_to(&source, hear, NULL);
    for (int allocations = 0; the_log.count == 0; allocations++)
        (void)send(&source, allocations);
    assert_int_equal(source.count, LISTENERS + 1);
    assert_int_equal(the_log.count, LISTENERS);
    end(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(all_of_many_listeners_hear_what_was_accepted),
        control_test(who_begins_to_listen_meanwhile_does_not_hear_the_piece),
    };
    return cmocka_run_group_tests(tests, set_allocator, NULL);
}
