/*
 * test_fork_before.c - fork(2): what was there before goes on in the parent, and says in the child why it does not.
 */
#include "fork_testing.h"

#include <uv.h>

static vow_pool *old_pool;
static vow_loop *old_loop;

static void use_old_pool(void)
{
    vow_value value =
        vow_await(vow_submit(vow_pool_scheduler(old_pool), twice, vow_none(), NULL), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_CLOSED);
    CHECK(strstr(vow_error_message(value), "before fork()") != NULL);
    vow_release(value);
    CHECK(vow_pool_size(old_pool) == 0);
    CHECK(vow_pool_resize(old_pool, 2) == VOW_CLOSED);
    CHECK(strstr(vow_last_error(), "before fork()") != NULL);
    CHECK(vow_pool_close(old_pool, VOW_DRAIN, VOW_FOREVER) == VOW_OK);
    CHECK(vow_pool_free(old_pool) == VOW_OK);
}

static void pool_body(void)
{
    old_pool = vow_pool_new(2, NULL);
    CHECK(works(vow_pool_scheduler(old_pool)));
    CHECK_PROCESS(use_old_pool, 0);
    CHECK(works(vow_pool_scheduler(old_pool)));
    CHECK(vow_pool_free(old_pool) == VOW_OK);
}
test_in_process(pool_from_before_takes_nothing_in_the_child_and_says_why, pool_body);

static void use_empty_pool(void)
{
    CHECK(works(vow_pool_scheduler(old_pool)));
    CHECK(vow_pool_free(old_pool) == VOW_OK);
}

static void empty_pool_body(void)
{
    old_pool = vow_pool_new(0, NULL);
    CHECK(works(vow_pool_scheduler(old_pool)));
    CHECK_PROCESS(use_empty_pool, 0);
    CHECK(vow_pool_free(old_pool) == VOW_OK);
}
test_in_process(pool_of_size_0_goes_on_in_the_child, empty_pool_body);

static void use_old_loop(void)
{
    CHECK(vow_loop_run_until_idle(old_loop) == VOW_INVALID);
    CHECK(strstr(vow_last_error(), "before fork()") != NULL);
    vow_value value = vow_await(vow_signal(old_loop, SIGUSR1), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_INVALID);
    vow_release(value);
    value = vow_await(vow_call_later(old_loop, 0, twice, vow_none(), NULL), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_INVALID);
    vow_release(value);
    value =
        vow_await(vow_submit(vow_loop_scheduler(old_loop), twice, vow_none(), NULL), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_CLOSED);
    vow_release(value);
    CHECK(vow_loop_free(old_loop) == VOW_OK);
}

static void loop_body(void)
{
    old_loop = vow_loop_new(NULL);
    CHECK(works(vow_loop_scheduler(old_loop)));
    CHECK_PROCESS(use_old_loop, 0);
    CHECK(works(vow_loop_scheduler(old_loop)));
    CHECK(vow_loop_free(old_loop) == VOW_OK);
}
test_in_process(loop_from_before_does_nothing_in_the_child_and_says_why, loop_body);

/* The user's loop is libuv's default one. */
static bool works_over_users(void)
{
    struct vow_loop_options options = {.size = sizeof(options), .uv = uv_default_loop()};
    return works(vow_loop_scheduler(vow_loop_new(&options)));
}

static void lay_anew(void)
{
    CHECK(uv_loop_fork(uv_default_loop()) == 0 && works_over_users());
}

static void users_loop_body(void)
{
    CHECK(works_over_users());
    CHECK_PROCESS(lay_anew, 0);
}
test_in_process(loop_of_the_user_has_a_new_one_laid_over_it_in_the_child, users_loop_body);

static vow_deferred *old_deferred;
static vow_promise *old_promise;

static void fire_old(void)
{
    CHECK(vow_resolve(old_deferred, vow_integer(21)) == VOW_OK);
    CHECK(vow_as_integer(vow_await(old_promise, VOW_FOREVER)) == 42);
}

static void promise_body(void)
{
    CHECK(works(NULL));
    old_deferred = vow_deferred_new(&old_promise);
    old_promise = vow_then(old_promise, twice, NULL);
    CHECK_PROCESS(fire_old, 0);
    fire_old();
}
test_in_process(promise_of_the_thread_that_forks_is_its_own_on_both_sides, promise_body);

/* Another thread's loop: the parent's goes on, and hears nothing of the child. */

static void *run_other(void *context)
{
    struct other *other = context;
    other->loop = vow_loop_new(NULL);
    CHECK(other->loop != NULL);
    old_loop = other->loop;
    atomic_store(&other->ready, true);
    CHECK(vow_loop_run(other->loop) == VOW_OK);
    CHECK(vow_loop_free(other->loop) == VOW_OK);
    return NULL;
}

static void use_others_loop(void)
{
    vow_value value = vow_await(
        vow_submit(vow_loop_scheduler(old_loop), twice, vow_integer(1), NULL), VOW_FOREVER);
    CHECK(vow_error_status(value) == VOW_CLOSED);
    vow_loop_stop(old_loop);
    CHECK(vow_loop_free(old_loop) == VOW_OK);
}

static void others_loop_body(void)
{
    struct other other = {.loop = NULL};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run_other, &other) == 0);
    while (!atomic_load(&other.ready))
        (void)sched_yield();
    CHECK_PROCESS(use_others_loop, 0);
    CHECK(works(vow_loop_scheduler(other.loop)));
    vow_loop_stop(other.loop);
    CHECK(pthread_join(thread, NULL) == 0);
}
test_in_process(others_loop_refuses_in_the_child_and_goes_on_in_the_parent, others_loop_body);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_from_before_takes_nothing_in_the_child_and_says_why),
        cmocka_unit_test(pool_of_size_0_goes_on_in_the_child),
        cmocka_unit_test(loop_from_before_does_nothing_in_the_child_and_says_why),
        cmocka_unit_test(loop_of_the_user_has_a_new_one_laid_over_it_in_the_child),
        cmocka_unit_test(promise_of_the_thread_that_forks_is_its_own_on_both_sides),
        cmocka_unit_test(others_loop_refuses_in_the_child_and_goes_on_in_the_parent),
    };
    if (!children_can_be_tested())
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
