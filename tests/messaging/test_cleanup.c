/*
 * Variables that release what they hold: each kind, counted by the objects that live.
 */
#include "control/control_testing.h"
#include "objects.h"
#include <vow.h>
#include <vow/cleanup.h>

static vow_value pass_on(vow_value value, void *context)
{
    (void)context;
    return value;
}

static vow_value finish(vow_value value, void *context)
{
    (void)value;
    (void)context;
    return vow_end();
}

static void hold_values_and_promises(void)
{
    vow_auto_value text = vow_text("a text that is too long to lie in the value itself");
    vow_auto_promise settled = vow_succeeded(vow_retain(text));
    vow_promise *promise;
    vow_auto_deferred deferred = vow_deferred_new(&promise);
    vow_auto_promise pending = promise;
    assert_int_equal(vow_state(settled), VOW_FULFILLED);
    assert_int_equal(vow_resolve(deferred, vow_none()), VOW_OK);
    assert_int_equal(vow_state(pending), VOW_FULFILLED);
}

static void hold_schedulers(void)
{
    vow_auto_loop loop = vow_loop_new(NULL);
    vow_auto_pool pool = vow_pool_new(0, NULL);
    vow_auto_scheduler scheduler = vow_scheduler_retain(vow_pool_scheduler(pool));
    vow_auto_group group = vow_group_new(NULL);
    vow_auto_cooperator cooperator = vow_cooperator_new(NULL);
    vow_auto_iteration iteration = vow_cooperate(cooperator, finish, vow_none(), NULL);
    assert_non_null(loop);
    assert_non_null(scheduler);
    assert_non_null(group);
    assert_non_null(iteration);
}

static void hold_streams(void)
{
    vow_writer *made_writer;
    vow_reader *made_reader;
    assert_int_equal(vow_channel_new(1, NULL, &made_writer, &made_reader), VOW_OK);
    vow_auto_writer writer = made_writer;
    vow_auto_reader reader = made_reader;
    vow_auto_task task = vow_task_new("numbers", vow_source_range(0, 3, 1), pass_on, NULL, NULL);
    vow_auto_coroutine coroutine = vow_coroutine_new(pass_on, NULL);
    vow_auto_progress progress = vow_progress_new(NULL, 0);
    assert_int_equal(vow_write(writer, vow_integer(1), VOW_POLL), VOW_OK);
    assert_non_null(reader);
    assert_non_null(task);
    assert_non_null(coroutine);
    assert_non_null(progress);
}

static void hold_messages(void)
{
    vow_auto_dispatcher dispatcher = vow_dispatcher_new(NULL);
    vow_auto_subscription subscription = vow_subscribe(dispatcher, NULL, NULL, pass_on, NULL, NULL);
    assert_non_null(subscription);
}

static void whatever_a_variable_holds_goes_with_its_scope(void **state)
{
    (void)state;
    long live = objects_at_begin();
    hold_values_and_promises();
    hold_schedulers();
    hold_streams();
    hold_messages();
    assert_true(objects_have_gone(live));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_a_variable_holds_goes_with_its_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
