/*
 * scenes_pools.c - pools of all sizes, and what becomes of them.
 */
#include "torture/scene.h"

static _Atomic int started, stopped;

static void count_up(int worker, void *count)
{
    (void)worker;
    ++*(_Atomic int *)(worker < 0 ? NULL : count);
}

static void count_stop(int worker, void *context)
{
    (void)context;
    count_up(worker, &stopped);
}

static const struct vow_pool_options options = {.size = sizeof options,
                                                .name = "tortured",
                                                .started = count_up,
                                                .stopping = count_stop,
                                                .context = &started};

static void a_pool_of_two(void)
{
    vow_pool *pool = vow_pool_new(2, &options);
    need(pool);
    vow_promise *promise =
        vow_submit(vow_pool_scheduler(pool), scene_add_one, vow_integer(1), NULL);
    vow_auto_value value = vow_await(promise, VOW_FOREVER);
    sure(vow_pool_free(pool) == VOW_OK);
    sure(started == stopped);
    need_value(value);
    sure(vow_as_integer(value) == 2);
}

static void a_pool_of_none(void)
{
    vow_auto_pool pool = vow_pool_new(0, NULL);
    need(pool);
    need_integer(vow_submit(vow_pool_scheduler(pool), scene_add_one, vow_integer(1), NULL), 2);
    need_integer(vow_submit(vow_pool_scheduler(pool), scene_sleep_a_little, vow_integer(1), NULL),
                 1);
}

static void resized(void)
{
    vow_auto_pool pool = vow_pool_new(0, &options);
    need(pool);
    vow_status grown = vow_pool_resize(pool, 3);
    if (grown == VOW_OK)
        sure(vow_pool_size(pool) == 3 || vow_async_is_disabled());
    need_integer(vow_submit(vow_pool_scheduler(pool), scene_sleep_a_little, vow_integer(1), NULL),
                 1);
    need_ok(vow_pool_resize(pool, 0));
    need_integer(vow_submit(vow_pool_scheduler(pool), scene_sleep_a_little, vow_integer(2), NULL),
                 2);
    struct vow_pool_statistics statistics = {.size = sizeof statistics};
    need_ok(vow_pool_stats(pool, &statistics));
    need_ok(grown);
    sure(statistics.submitted == 2 && statistics.completed <= 2);
}

/* Many lines at once: stacks, more than a slab's worth. */
static void many_parked(void)
{
    enum { COUNT = 40 };
    static const struct vow_pool_options small = {.size = sizeof small, .stack_size = 32768};
    vow_auto_pool pool = vow_pool_new(1, &small);
    need(pool);
    vow_promise *promises[COUNT];
    for (int i = 0; i < COUNT; i++)
        promises[i] =
            vow_submit(vow_pool_scheduler(pool), scene_sleep_a_little, vow_integer(i), NULL);
    vow_auto_value list = vow_await(vow_all(promises, COUNT), VOW_FOREVER);
    need_value(list);
    sure(vow_list_count(list) == COUNT && vow_as_integer(vow_list_at(list, 39)) == 39);
}

static vow_value sleep_for_ever(vow_value input, void *begun)
{
    (void)input;
    (void)vow_event_set(begun);
    vow_status status = vow_sleep_until(VOW_FOREVER);
    return vow_fail(status, "%s", vow_last_error());
}

static void closed_with_work(void)
{
    vow_event begun = VOW_EVENT_INIT;
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    vow_promise *promise = vow_submit(vow_pool_scheduler(pool), sleep_for_ever, vow_none(), &begun);
    vow_status status = VOW_OK;
    if (vow_state(promise) == VOW_PENDING)
        status = vow_event_wait(&begun, VOW_FOREVER);
    vow_status closed = vow_pool_close(pool, VOW_CANCEL, VOW_FOREVER);
    vow_auto_value value = vow_await(promise, VOW_FOREVER);
    sure(vow_is_error(value));
    if (!vow_error_is(value, VOW_CANCELED))
        need_value(value);
    need_ok(status);
    need_ok(closed);
    vow_auto_value late = vow_await(
        vow_submit(vow_pool_scheduler(pool), scene_add_one, vow_integer(1), NULL), VOW_FOREVER);
    sure(vow_is_error(late));
}

struct guests {
    vow_event begun;
    vow_pool *none; /* without workers */
};

static vow_value sleep_as_guest(vow_value input, void *context)
{
    struct guests *guests = context;
    vow_auto_promise promise =
        vow_submit(vow_pool_scheduler(guests->none), sleep_for_ever, input, &guests->begun);
    if (vow_state(promise) != VOW_PENDING)
        (void)vow_event_set(&guests->begun);
    vow_value value = vow_none();
    if (vow_wait(promise, VOW_FOREVER, &value) == VOW_CANCELED)
        vow_cancel(promise);
    vow_release(value);
    return scene_join(vow_promise_retain(promise));
}

/* A call of a pool without workers waits on another one's thread: closing its own pool ends that. */
static void closed_with_a_guest_elsewhere(void)
{
    struct guests guests = {.begun = VOW_EVENT_INIT};
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    vow_auto_pool none = vow_pool_new(0, NULL);
    need(none);
    guests.none = none;
    vow_auto_promise host =
        vow_submit(vow_pool_scheduler(pool), sleep_as_guest, vow_none(), &guests);
    vow_status status = VOW_OK;
    if (vow_state(host) == VOW_PENDING)
        status = vow_event_wait(&guests.begun, VOW_FOREVER);
    vow_status closed = vow_pool_close(none, VOW_CANCEL, VOW_FOREVER);
    vow_auto_value value = scene_join(vow_promise_retain(host));
    sure(vow_is_error(value));
    need_ok(status); /* else the pool may have been closed before the host came */
    if (!vow_error_is(value, VOW_CANCELED))
        need_value(value);
    need_ok(closed);
}

/* Nothing comes from outside: a wait that nobody can end ends. */
static void a_closed_world(void)
{
    vow_promise *never;
    vow_auto_deferred deferred = vow_deferred_new(&never);
    need(deferred);
    vow_closed_world(true);
    vow_auto_value value = vow_await(never, VOW_FOREVER);
    sure(vow_is_error(value));
    if (!vow_error_is(value, VOW_DEADLOCK))
        need_value(value);
}

const struct scene scenes_of_pools[] = {
    SCENE(a_pool_of_two),
    SCENE(a_pool_of_none),
    SCENE(resized),
    SCENE(many_parked),
    SCENE(closed_with_work),
    SCENE(closed_with_a_guest_elsewhere),
    SCENE_ALONE(a_closed_world),
    {0},
};
