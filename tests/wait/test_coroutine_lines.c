/*
 * test_coroutine_lines.c - coroutines in jobs and in a loop's calls: what their bodies wait for parks the line that
 * resumed them, with the coroutine's stack on top.
 */
#include "coroutine_testing.h"

#include <vow/loop.h>
#include <vow/pool.h>
#include <vow/submit.h>

struct scene {
    vow_scheduler *scheduler;
    vow_coroutine *coroutine;
    vow_promise *promise;
    vow_deferred *deferred;
};

static void prepare(struct scene *scene, vow_scheduler *scheduler, vow_coroutine *coroutine)
{
    scene->scheduler = scheduler;
    scene->coroutine = coroutine;
    scene->deferred = vow_deferred_new_at(scheduler, &scene->promise);
    assert_non_null(scene->deferred);
}

static void clear(struct scene *scene)
{
    vow_coroutine_release(scene->coroutine);
    vow_promise_release(scene->promise);
    vow_deferred_release(scene->deferred);
}

/* Yields what the context's promise gives, then 1, 2 … */
static vow_value await_then_count(vow_value input, void *context)
{
    struct scene *scene = context;
    (void)input;
    vow_value sent = vow_yield(vow_await(vow_promise_retain(scene->promise), VOW_FOREVER));
    for (int i = 1; !vow_is_error(sent); i++)
        sent = vow_yield(vow_integer(i));
    return sent;
}

static vow_value resume_twice(vow_value input, void *context)
{
    struct scene *scene = context;
    (void)input;
    int64_t first = number_of(vow_next(scene->coroutine));
    return vow_integer(first * 10 + number_of(vow_next(scene->coroutine)));
}

static vow_value fire_here(vow_value input, void *context)
{
    struct scene *scene = context;
    require(vow_resolve(scene->deferred, vow_integer(7)) == VOW_OK);
    return input;
}

/* One thread: the second call has to run while the first one waits. */
static void a_call_waits_inside_while_the_next_one_fires(vow_scheduler *scheduler)
{
    struct scene scene;
    prepare(&scene, scheduler, vow_coroutine_new(await_then_count, &scene));
    vow_promise *waits = vow_submit(scheduler, resume_twice, vow_none(), &scene);
    vow_promise *fires = vow_submit(scheduler, fire_here, vow_none(), &scene);
    assert_int_equal(number_of(vow_await(waits, VOW_FOREVER)), 71);
    vow_release(vow_await(fires, VOW_FOREVER));
    assert_int_equal(number_of(vow_next(scene.coroutine)), 2); /* and here it goes on */
    clear(&scene);
}

static void a_body_that_waits_parks_the_job_that_resumed_it(void **state)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    for (int i = 0; i < 20; i++)
        a_call_waits_inside_while_the_next_one_fires(vow_pool_scheduler(pool));
    vow_pool_free(pool);
}

static void a_body_that_waits_parks_the_loops_call_that_resumed_it(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    for (int i = 0; i < 20; i++)
        a_call_waits_inside_while_the_next_one_fires(vow_loop_scheduler(loop));
    vow_loop_free(loop);
}

/* Two jobs with a coroutine each, which wait for each other's firing, several levels deep. */
static vow_value resume_below(vow_value input, void *context)
{
    int64_t levels = vow_as_integer(input);
    if (levels == 0)
        return await_then_count(vow_none(), context);
    vow_coroutine *below = vow_coroutine_new(resume_below, context);
    vow_value item = vow_send(below, vow_integer(levels - 1));
    vow_value sent = vow_yield(item);
    while (!vow_is_error(sent))
        sent = vow_yield(vow_next(below));
    vow_coroutine_release(below);
    return sent;
}

static vow_value resume_deep(vow_value input, void *context)
{
    (void)input;
    struct scene *scene = context;
    vow_release(vow_send(scene->coroutine, vow_integer(5)));
    return vow_next(scene->coroutine);
}

static void coroutines_in_coroutines_may_wait(void **state)
{
    enum { JOBS = 10 };
    struct scene scenes[JOBS];
    vow_promise *jobs[JOBS];
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    for (int i = 0; i < JOBS; i++) {
        prepare(&scenes[i], vow_pool_scheduler(pool), vow_coroutine_new(resume_below, &scenes[i]));
        jobs[i] = vow_submit(scenes[i].scheduler, resume_deep, vow_none(), &scenes[i]);
    }
    for (int i = JOBS - 1; i >= 0; i--)
        vow_release(vow_await(vow_submit(scenes[i].scheduler, fire_here, vow_none(), &scenes[i]),
                              VOW_FOREVER));
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(number_of(vow_await(jobs[i], VOW_FOREVER)), 1);
        clear(&scenes[i]);
    }
    vow_pool_free(pool);
}

static vow_value close_inside(vow_value input, void *context)
{
    struct scene *scene = context;
    (void)input;
    vow_release(vow_next(scene->coroutine));
    return vow_integer(vow_coroutine_close(scene->coroutine));
}

static vow_value await_in_the_clean_up(vow_value input, void *context)
{
    struct scene *scene = context;
    (void)input;
    while (!vow_is_error(vow_yield(vow_none())))
        ;
    return vow_await(vow_promise_retain(scene->promise), VOW_FOREVER);
}

static void a_clean_up_may_wait(void **state)
{
    struct scene scene;
    vow_pool *pool = vow_pool_new(1, NULL);
    (void)state;
    prepare(&scene, vow_pool_scheduler(pool), vow_coroutine_new(await_in_the_clean_up, &scene));
    vow_promise *closes = vow_submit(scene.scheduler, close_inside, vow_none(), &scene);
    vow_release(vow_await(vow_submit(scene.scheduler, fire_here, vow_none(), &scene), VOW_FOREVER));
    assert_int_equal(number_of(vow_await(closes, VOW_FOREVER)), VOW_OK);
    assert_int_equal(vow_as_integer(vow_coroutine_result(scene.coroutine)), 7);
    clear(&scene);
    vow_pool_free(pool);
}

static vow_value yield_here(vow_value input, void *context)
{
    (void)context;
    note(vow_error_status(vow_yield(vow_none())));
    return input;
}

static vow_value run_loop(vow_value input, void *context)
{
    vow_loop *loop = context;
    vow_promise *call = vow_submit(vow_loop_scheduler(loop), yield_here, vow_integer(3), NULL);
    (void)input;
    return vow_yield(vow_await(call, VOW_FOREVER));
}

static void calls_that_run_while_a_body_waits_cannot_yield_for_it(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_coroutine *coroutine = vow_coroutine_new(run_loop, loop);
    (void)state;
    assert_int_equal(number_of(vow_next(coroutine)), 3);
    assert_logged(VOW_INVALID);
    vow_coroutine_release(coroutine);
    vow_loop_free(loop);
}

static vow_value yield_in_job(vow_value input, void *context)
{
    (void)input;
    vow_promise *job = vow_submit(context, yield_here, vow_integer(3), NULL);
    return vow_yield(vow_await(job, VOW_FOREVER));
}

static void a_job_that_runs_in_place_inside_a_body_cannot_yield_for_it(void **state)
{
    vow_pool *pool = vow_pool_new(0, NULL);
    vow_coroutine *coroutine = vow_coroutine_new(yield_in_job, vow_pool_scheduler(pool));
    (void)state;
    assert_int_equal(number_of(vow_next(coroutine)), 3);
    assert_logged(VOW_INVALID);
    vow_coroutine_release(coroutine);
    vow_pool_free(pool);
}

/* More than the smallest stack has. */
static vow_value use_much_stack(vow_value input, void *context)
{
    volatile char much[40 * 1024];
    (void)context;
    for (size_t i = 0; i < sizeof(much); i += 64)
        much[i] = 1;
    return vow_integer(vow_as_integer(input) + much[64]);
}

static vow_value await_one_with_much_stack(vow_value input, void *scheduler)
{
    (void)input;
    return vow_await(vow_submit(scheduler, use_much_stack, vow_integer(1), NULL), VOW_FOREVER);
}

static vow_value resume_context(vow_value input, void *coroutine)
{
    (void)input;
    vow_release(vow_next(coroutine));
    return vow_retain(vow_coroutine_result(coroutine));
}

static void a_job_does_not_run_in_place_on_a_bodys_small_stack(void **state)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_scheduler *scheduler = vow_pool_scheduler(pool);
    struct vow_coroutine_options options = {.size = sizeof(options),
                                            .body = await_one_with_much_stack,
                                            .context = scheduler,
                                            .stack_size = 16 * 1024};
    /* made first: its stack lies above the lines', as a rule */
    vow_coroutine *coroutine = vow_coroutine_new_with(&options);
    (void)state;
    assert_int_equal(
        number_of(
            vow_await(vow_submit(scheduler, resume_context, vow_none(), coroutine), VOW_FOREVER)),
        2);
    vow_coroutine_release(coroutine);
    vow_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_body_that_waits_parks_the_job_that_resumed_it),
        control_test(a_body_that_waits_parks_the_loops_call_that_resumed_it),
        control_test(coroutines_in_coroutines_may_wait),
        control_test(a_clean_up_may_wait),
        control_test(calls_that_run_while_a_body_waits_cannot_yield_for_it),
        control_test(a_job_that_runs_in_place_inside_a_body_cannot_yield_for_it),
        control_test(a_job_does_not_run_in_place_on_a_bodys_small_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
