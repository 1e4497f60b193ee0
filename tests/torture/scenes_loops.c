/*
 * scenes_loops.c - loops, of vow's own and over a uv_loop_t; timers and signals.
 */
#include "torture/scene.h"

#include <signal.h>
#include <uv.h>

static void a_loop(void)
{
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    vow_auto_promise promise =
        vow_then(vow_submit(vow_loop_scheduler(loop), scene_add_one, vow_integer(1), NULL),
                 scene_add_one, NULL);
    need_ok(vow_loop_run_until_idle(loop));
    need_integer(vow_promise_retain(promise), 3);
}

static void lines_on_a_loop(void)
{
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    vow_promise *promises[3];
    for (int i = 0; i < 3; i++)
        promises[i] =
            vow_submit(vow_loop_scheduler(loop), scene_sleep_a_little, vow_integer(i), NULL);
    vow_auto_value list = vow_await(vow_all(promises, 3), VOW_FOREVER);
    need_value(list);
    sure(vow_list_count(list) == 3);
}

static vow_value stop(vow_value input, void *loop)
{
    vow_loop_stop(loop);
    return input;
}

static void stopped_later(void)
{
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    vow_auto_promise promise = vow_call_later(loop, VOW_US(1), stop, vow_integer(1), loop);
    if (vow_state(promise) == VOW_PENDING)
        need_ok(vow_loop_run(loop));
    need_integer(vow_promise_retain(promise), 1);
}

static int ticks;

static void tick(struct vow_timer *timer)
{
    sure(vow_timer_skipped(timer) < 1000000000);
    if (++ticks == 3)
        sure(vow_timer_stop(timer));
}

static void timers(void)
{
    struct vow_timer once, again;
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    need_ok(vow_timer_init(&once, tick));
    need_ok(vow_timer_init(&again, tick));
    need_ok(vow_timer_start(loop, &once, vow_after(VOW_S(1000))));
    sure(vow_timer_started(&once) && vow_timer_stop(&once));
    need_ok(vow_timer_repeat(loop, &again, vow_after(VOW_US(1)), VOW_US(1)));
    need_ok(vow_loop_run_until_idle(loop));
    sure(ticks == 3);
}

static void signals(void)
{
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    vow_auto_promise promise = vow_signal(loop, SIGUSR1);
    if (vow_state(promise) == VOW_PENDING)
        sure(raise(SIGUSR1) == 0);
    need_integer(vow_promise_retain(promise), SIGUSR1);
}

/* The user's own, which was made before anything failed. */
static void close_users(uv_loop_t *users)
{
    (void)uv_run(users, UV_RUN_DEFAULT);
    sure(uv_loop_close(users) == 0);
}

static void over_the_users_loop(void)
{
    uv_loop_t users;
    if (uv_loop_init(&users) != 0)
        return;
    const struct vow_loop_options options = {.size = sizeof options, .uv = &users};
    vow_loop *loop = vow_loop_new(&options);
    if (loop == NULL)
        close_users(&users);
    need(loop);
    vow_auto_promise promise =
        vow_then(vow_submit(vow_loop_scheduler(loop), scene_sleep_a_little, vow_integer(1), NULL),
                 scene_add_one, NULL);
    (void)uv_run(&users, UV_RUN_DEFAULT);
    sure(vow_state(promise) != VOW_PENDING);
    sure(vow_loop_free(loop) == VOW_OK);
    close_users(&users);
    need_integer(vow_promise_retain(promise), 2);
}

static vow_value fire(vow_value input, void *deferred)
{
    (void)vow_resolve(deferred, input);
    return vow_none();
}

/* A loop that waits, and is woken by a worker. */
static void woken_by_a_worker(void)
{
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    vow_promise *promise;
    vow_auto_deferred deferred = vow_deferred_new_at(vow_loop_scheduler(loop), &promise);
    need(deferred);
    vow_auto_promise kept = promise;
    vow_auto_pool pool = vow_pool_new(1, NULL); /* it goes before what its job uses */
    need(pool);
    need_ok(vow_schedule(vow_pool_scheduler(pool), fire, vow_integer(4), deferred));
    need_integer(vow_then(vow_promise_retain(kept), scene_add_one, NULL), 5);
    need_integer(vow_timeout(vow_submit(vow_pool_scheduler(pool), scene_sleep_a_little,
                                        vow_integer(1), NULL),
                             vow_after(VOW_S(600))),
                 1);
}

static void freed_with_work(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    need(loop);
    vow_auto_promise promise =
        vow_submit(vow_loop_scheduler(loop), scene_sleep_a_little, vow_integer(1), NULL);
    vow_auto_promise later = vow_call_later(loop, VOW_S(1000), scene_add_one, vow_none(), NULL);
    sure(vow_loop_free(loop) == VOW_OK);
    vow_auto_value value = vow_await(vow_promise_retain(promise), VOW_FOREVER);
    vow_auto_value other = vow_await(vow_promise_retain(later), VOW_FOREVER);
    sure(vow_is_error(other) && (vow_is_error(value) || vow_async_is_disabled()));
    if (!vow_error_is(value, VOW_CANCELED))
        need_value(value);
    if (!vow_error_is(other, VOW_CANCELED))
        need_value(other);
}

static vow_value count_call(vow_value input, void *calls)
{
    ++*(int *)calls;
    return input;
}

/* Its promise's links run at home once, though its call is still queued elsewhere. */
static void canceled_before_it_begins(void)
{
    int calls = 0;
    const vow_handlers handlers = {
        .size = sizeof handlers, .rejected = count_call, .context = &calls};
    vow_auto_loop there = vow_loop_new(NULL);
    need(there);
    vow_auto_loop home = vow_loop_new(NULL);
    need(home);
    const struct vow_job job = {.size = sizeof job,
                                .fn = scene_add_one,
                                .input = vow_integer(1),
                                .home = vow_loop_scheduler(home)};
    vow_auto_promise promise = vow_submit_with(vow_loop_scheduler(there), &job);
    vow_auto_promise derived = vow_then_with(vow_promise_retain(promise), &handlers);
    bool listens = vow_state(derived) == VOW_PENDING;
    vow_cancel(promise);
    need_ok(vow_loop_run_until_idle(there));
    vow_auto_value value = vow_await(vow_promise_retain(derived), VOW_FOREVER);
    sure(calls == (listens && vow_is_error(value)));
    sure(vow_is_error(value) || vow_async_is_disabled());
    if (!vow_error_is(value, VOW_CANCELED))
        need_value(value);
}

const struct scene scenes_of_loops[] = {
    SCENE(a_loop),
    SCENE_ALONE(lines_on_a_loop),
    SCENE(stopped_later),
    SCENE(timers),
    SCENE_ALONE(signals),
    SCENE_ALONE(over_the_users_loop),
    SCENE_ALONE(woken_by_a_worker),
    SCENE(freed_with_work),
    SCENE_ALONE(canceled_before_it_begins),
    {0},
};
