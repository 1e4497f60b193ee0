/*
 * test_dispatcher_no_memory.c - messaging where the allocator gives nothing: a status or a rejected promise, nothing lost.
 *
 * A program of its own, because the allocator is the whole process's. Each is called with an allocator that fails at its
 * first allocation, then at its second, … until it succeeds.
 */
#include "messaging/messaging_testing.h"

#include <vow/memory.h>

static int until_failure = -1; /* allocations that still succeed; negative: all do */

static bool fails(void)
{
    return until_failure == 0 || (until_failure > 0 && until_failure-- == 0);
}

static void *allocate(size_t size, void *context)
{
    (void)context;
    return fails() ? NULL : malloc(size);
}

static void *resize(void *memory, size_t size, void *context)
{
    (void)context;
    return fails() ? NULL : realloc(memory, size);
}

static void release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static int set_allocator(void **state)
{
    const struct vow_allocator allocator = {
        .size = sizeof allocator, .allocate = allocate, .resize = resize, .release = release};
    (void)state;
    return vow_set_allocator(&allocator) == VOW_OK && vow_current_scheduler() != NULL ? 0 : -1;
}

/* Calls `attempt` with 0, 1, 2 … allocations until it succeeds. */
static void starve(vow_status (*attempt)(void))
{
    vow_status status = VOW_NO_MEMORY;
    for (int allocations = 0; status != VOW_OK && allocations < 100; allocations++) {
        until_failure = allocations;
        status = attempt();
        until_failure = -1;
        assert_true(status == VOW_OK || status == VOW_NO_MEMORY);
    }
    assert_int_equal(status, VOW_OK);
}

static vow_status try_to_subscribe(void)
{
    int before = atomic_load(&drops);
    vow_subscription *made =
        vow_subscribe(dispatcher, &stage, vow_name("moved"), note_payload_plus, NULL, count_drop);
    if (made == NULL) {
        assert_int_equal(atomic_load(&drops), before + 1);
        return VOW_NO_MEMORY;
    }
    vow_subscription_release(made);
    return VOW_OK;
}

static void a_subscription_that_cannot_be_made_drops_its_context(void **state)
{
    (void)state;
    (void)vow_name("moved");
    starve(try_to_subscribe);
    publish(&stage, "moved", vow_integer(1));
    assert_logged(1);
}

static vow_status try_to_publish(void)
{
    return vow_publish(dispatcher, &stage, vow_name("moved"), vow_integer(1));
}

static void a_message_that_cannot_be_made_is_refused(void **state)
{
    (void)state;
    listen(&stage, "moved", note_payload_plus, NULL);
    starve(try_to_publish);
    assert_logged(1);
}

static void a_message_that_cannot_wait_is_refused(void **state)
{
    (void)state;
    struct manual *manual = NULL;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_dispatcher_free(dispatcher);
    dispatcher = vow_dispatcher_new(scheduler);
    listen(&stage, "moved", note_payload_plus, NULL);
    starve(try_to_publish);
    (void)manual_run(scheduler, manual);
    assert_logged(1);
    vow_dispatcher_free(dispatcher);
    dispatcher = NULL;
    vow_scheduler_release(scheduler);
}

static vow_promise *awaited;

static vow_status try_next(void)
{
    awaited = vow_next_message(dispatcher, &stage, vow_name("moved"));
    if (vow_state(awaited) == VOW_PENDING)
        return VOW_OK;
    assert_rejected(awaited, VOW_NO_MEMORY);
    vow_promise_release(awaited);
    return VOW_NO_MEMORY;
}

static void a_next_message_that_cannot_be_awaited_is_a_rejected_promise(void **state)
{
    (void)state;
    starve(try_next);
    publish(&stage, "moved", vow_integer(1));
    assert_int_equal(vow_state(awaited), VOW_FULFILLED);
    vow_promise_release(awaited);
}

static vow_status try_name(void)
{
    return vow_name("a name that is new") != NULL ? VOW_OK : VOW_NO_MEMORY;
}

static void a_name_that_cannot_be_kept_is_none(void **state)
{
    (void)state;
    starve(try_name);
    assert_string_equal(vow_name_text(vow_name("a name that is new")), "a name that is new");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        messaging_test(a_subscription_that_cannot_be_made_drops_its_context),
        messaging_test(a_message_that_cannot_be_made_is_refused),
        messaging_test(a_message_that_cannot_wait_is_refused),
        messaging_test(a_next_message_that_cannot_be_awaited_is_a_rejected_promise),
        messaging_test(a_name_that_cannot_be_kept_is_none),
    };
    return cmocka_run_group_tests(tests, set_allocator, NULL);
}
