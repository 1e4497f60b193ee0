/*
 * scenes_coroutines.c - coroutines, and what connects them.
 */
#include "torture/scene.h"

static vow_value count_to_three(vow_value input, void *context)
{
    (void)context;
    for (int i = 1; i <= 3; i++) {
        input = vow_yield(vow_integer(i));
        if (vow_is_error(input))
            return input;
    }
    return vow_integer(4);
}

static void a_generator(void)
{
    vow_auto_coroutine coroutine = vow_coroutine_new(count_to_three, NULL);
    need(coroutine);
    sure(vow_coroutine_state(coroutine) == VOW_COROUTINE_NEW);
    for (int i = 1; i <= 3; i++) {
        vow_auto_value item = vow_next(coroutine);
        need_value(item);
        sure(vow_as_integer(item) == i);
    }
    vow_auto_value end = vow_send(coroutine, vow_integer(1));
    sure(vow_is_end(end) && vow_coroutine_done(coroutine));
    sure(vow_as_integer(vow_coroutine_result(coroutine)) == 4);
    vow_coroutine_release(vow_coroutine_retain(coroutine));
}

static int drops;

static void count_drop(void *context)
{
    (void)context;
    drops++;
}

static const struct vow_coroutine_options with_all = {.size = sizeof with_all,
                                                      .body = count_to_three,
                                                      .drop = count_drop,
                                                      .stack_size = 65536,
                                                      .name = "tortured"};

static void thrown_at(void)
{
    vow_coroutine *coroutine = vow_coroutine_new_with(&with_all);
    if (coroutine == NULL)
        sure(drops == 1);
    need(coroutine);
    vow_auto_value first = vow_next(coroutine);
    vow_auto_value thrown = vow_throw(coroutine, vow_fail(VOW_USER, "stop"));
    vow_status closed = vow_coroutine_close(coroutine);
    vow_coroutine_release(coroutine);
    sure(drops == 1 && vow_is_error(thrown));
    need_value(first);
    if (!vow_error_is(thrown, VOW_USER)) /* there was no memory for the error itself */
        need_value(thrown);
    sure(closed == VOW_OK); /* it was done */
}

static void closed_in_the_middle(void)
{
    vow_auto_coroutine coroutine = vow_coroutine_new(count_to_three, NULL);
    need(coroutine);
    vow_auto_value first = vow_next(coroutine);
    need_value(first);
    need_ok(vow_coroutine_close(coroutine));
    sure(vow_coroutine_done(coroutine));
}

/* It waits in the middle, on whichever line resumes it. */
static vow_value wait_and_yield(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_sleep(VOW_US(10));
    if (status != VOW_OK)
        return vow_fail(status, "%s", vow_last_error());
    return vow_yield(vow_borrow(input));
}

static vow_value resume(vow_value input, void *coroutine)
{
    return vow_send(coroutine, input);
}

static void that_waits(void)
{
    vow_auto_coroutine coroutine = vow_coroutine_new(wait_and_yield, NULL);
    need(coroutine);
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    need_integer(vow_submit(vow_pool_scheduler(pool), resume, vow_integer(3), coroutine), 3);
}

/* Consumers -------------------------------------------------------------------------------------------------------- */

static vow_value add_up(vow_value input, void *sum)
{
    while (!vow_is_error(input)) {
        *(_Atomic int64_t *)sum += vow_as_integer(input);
        input = vow_yield(vow_none());
    }
    return vow_error_is(input, VOW_CLOSED) ? vow_none() : input;
}

static void injected(void)
{
    _Atomic int64_t sum = 0;
    vow_auto_coroutine generator = vow_coroutine_new(count_to_three, NULL);
    need(generator);
    vow_auto_coroutine consumer = vow_coroutine_new(add_up, &sum);
    need(consumer);
    vow_auto_value end = vow_inject(generator, consumer);
    need_value(end);
    need_ok(vow_coroutine_close(consumer));
    sure(sum == 6);
}

static void broadcast(void)
{
    _Atomic int64_t sums[2] = {0, 0};
    vow_auto_coroutine one = vow_coroutine_new(add_up, &sums[0]);
    need(one);
    vow_auto_coroutine other = vow_coroutine_new(add_up, &sums[1]);
    need(other);
    vow_coroutine *both[] = {one, other};
    vow_auto_coroutine all = vow_broadcast(both, 2);
    need(all);
    for (int i = 1; i <= 3; i++) {
        vow_auto_value sent = vow_send(all, vow_integer(i));
        need_value(sent);
    }
    need_ok(vow_coroutine_close(all));
    sure(sums[0] == 6 && sums[1] == 6);
}

static void buffered(void)
{
    _Atomic int64_t sum = 0;
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    vow_auto_coroutine consumer = vow_coroutine_new(add_up, &sum);
    need(consumer);
    vow_auto_coroutine buffer = vow_buffer(consumer, vow_pool_scheduler(pool), 4);
    need(buffer);
    for (int i = 1; i <= 20; i++) {
        vow_auto_value sent = vow_send(buffer, vow_integer(i));
        need_value(sent);
    }
    need_ok(vow_coroutine_close(buffer));
    sure(sum == 210);
}

const struct scene scenes_of_coroutines[] = {
    SCENE(a_generator),
    SCENE(thrown_at),
    SCENE(closed_in_the_middle),
    SCENE(that_waits),
    SCENE(injected),
    SCENE(broadcast),
    SCENE(buffered),
    {0},
};
