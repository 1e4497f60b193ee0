/*
 * scenes_jobs.c - functions on schedulers: submitted, spawned, called, waiting, cancelled, forked; schedulers of the user's.
 */
#include "torture/scene.h"

#include <stdlib.h>

/* A failed wait, as a value. */
static vow_value failed(vow_status status)
{
    return vow_fail(status, "%s", vow_last_error());
}

/* Parks. */
static vow_value sleep_a_little(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_sleep(VOW_US(50));
    return status == VOW_OK ? input : failed(status);
}

static void on_the_default_pool(void)
{
    need(vow_default_pool());
    need_integer(vow_submit(NULL, scene_add_one, vow_integer(1), NULL), 2);
    need_integer(vow_submit(NULL, sleep_a_little, vow_integer(1), NULL), 1);
}

static vow_value submit_inside(vow_value input, void *pool)
{
    return vow_await(vow_submit(vow_pool_scheduler(pool), sleep_a_little, input, NULL),
                     VOW_FOREVER);
}

static vow_value without_parking(vow_value input, void *pool)
{
    return vow_promise_value(vow_submit(vow_pool_scheduler(pool), scene_add_one, input, NULL));
}

static void jobs_that_wait_for_jobs(void)
{
    vow_auto_pool pool = vow_pool_new(2, NULL);
    need(pool);
    vow_promise *promises[6];
    for (int i = 0; i < 6; i++)
        promises[i] = vow_submit(vow_pool_scheduler(pool), i % 2 ? submit_inside : without_parking,
                                 vow_integer(i), pool);
    vow_auto_value list = vow_await(vow_all(promises, 6), VOW_FOREVER);
    need_value(list);
    for (size_t i = 0; i < 6; i++)
        sure(vow_as_integer(vow_list_at(list, i)) == (int64_t)(i % 2 ? i : i + 1));
}

static int drops;

static void count_drop(void *context)
{
    (void)context;
    drops++;
}

static void with_everything(void)
{
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    const struct vow_job job = {.size = sizeof job,
                                .fn = sleep_a_little,
                                .input = vow_integer(3),
                                .drop = count_drop,
                                .home = vow_pool_scheduler(pool),
                                .blocking = true};
    vow_auto_value value = vow_await(vow_submit_with(vow_pool_scheduler(pool), &job), VOW_FOREVER);
    need_ok(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER));
    sure(drops == 1);
    need_value(value);
    sure(vow_as_integer(value) == 3);
}

static int pieces;

static vow_value listen(vow_value input, void *context)
{
    (void)context;
    pieces += (int)vow_as_integer(input);
    return vow_none();
}

static vow_value report(vow_value input, void *context)
{
    (void)context;
    vow_status status = vow_report(vow_integer(1));
    return status == VOW_OK ? input : failed(status);
}

static void reporting(void)
{
    static const vow_handlers handlers = {.size = sizeof handlers, .notified = listen};
    vow_auto_loop loop = vow_loop_new(NULL);
    need(loop);
    vow_promise *promise = vow_then_with(
        vow_submit(vow_loop_scheduler(loop), report, vow_integer(2), NULL), &handlers);
    need_integer(promise, 2);
    sure(pieces == 1);
}

static vow_value wait_to_be_cancelled(vow_value input, void *begun)
{
    (void)input;
    (void)vow_event_set(begun);
    vow_status status = vow_sleep_until(VOW_FOREVER);
    sure(status != VOW_CANCELED || vow_canceled());
    vow_shield_begin();
    vow_status shielded = vow_sleep(VOW_US(1));
    vow_shield_end();
    return shielded == VOW_OK ? failed(status) : failed(shielded);
}

static void cancelled(void)
{
    vow_event begun = VOW_EVENT_INIT;
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    vow_promise *promise =
        vow_submit(vow_pool_scheduler(pool), wait_to_be_cancelled, vow_none(), &begun);
    vow_status status = VOW_OK;
    if (vow_state(promise) == VOW_PENDING)
        status = vow_event_wait(&begun, VOW_FOREVER);
    vow_cancel(promise);
    vow_auto_value value = vow_await(promise, VOW_FOREVER);
    sure(vow_is_error(value));
    need_ok(status);
    if (!vow_error_is(value, VOW_CANCELED))
        need_value(value);
}

struct ring {
    vow_event closed;
    vow_promise *end;
};

static vow_value wait_for_the_end(vow_value input, void *context)
{
    struct ring *ring = context;
    (void)input;
    vow_status status = vow_event_wait(&ring->closed, VOW_FOREVER);
    return status == VOW_OK ? vow_await(vow_promise_retain(ring->end), VOW_FOREVER)
                            : failed(status);
}

/* Without memory to follow the ring it is not found: then a cancel opens it. */
static void wait_for_deadlock(vow_promise *end, vow_promise *job)
{
    while (vow_wait(end, vow_after(VOW_MS(50)), NULL) == VOW_TIMED_OUT)
        if (scene_lacked_memory())
            vow_cancel(job);
    if (scene_was_canceled())
        vow_cancel(job);
}

/* A job waits for what comes of its own promise, through so many others that following them takes memory. */
static void a_long_ring(void)
{
    struct ring ring = {.closed = VOW_EVENT_INIT};
    vow_auto_promise end = NULL;
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    vow_auto_promise job =
        vow_submit(vow_pool_scheduler(pool), wait_for_the_end, vow_none(), &ring);
    end = vow_promise_retain(job);
    for (int i = 0; i < 20; i++)
        end = vow_then(end, scene_add_one, NULL);
    ring.end = end;
    sure(vow_event_set(&ring.closed) == VOW_OK);
    wait_for_deadlock(end, job);
    vow_auto_value value = scene_join(vow_promise_retain(end));
    sure(vow_is_error(value));
    if (!vow_error_is(value, VOW_DEADLOCK) &&
        !(vow_error_is(value, VOW_CANCELED) && scene_lacked_memory()))
        need_value(value);
}

static const struct vow_local key = {.name = "key", .drop = free};

static vow_value keep(vow_value input, void *context)
{
    (void)context;
    void *kept = malloc(8);
    if (kept == NULL)
        return vow_fail(VOW_NO_MEMORY, "keep");
    vow_status status = vow_local_set(&key, kept);
    if (status != VOW_OK) {
        free(kept);
        return failed(status);
    }
    status = vow_reschedule();
    sure(vow_local_get(&key) == kept);
    return status == VOW_OK ? input : failed(status);
}

static void job_local_storage(void)
{
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    need_integer(vow_submit(vow_pool_scheduler(pool), keep, vow_integer(4), NULL), 4);
}

static void spawned(void)
{
    vow_promise *first = vow_spawn(NULL, sleep_a_little, vow_integer(1), NULL);
    vow_promise *second = vow_spawn(NULL, sleep_a_little, vow_integer(2), NULL);
    (void)vow_run_pending();
    vow_auto_value one = vow_await(first, VOW_FOREVER);
    vow_auto_value two = vow_await(second, VOW_FOREVER);
    need_value(one);
    need_value(two);
    sure(vow_as_integer(one) == 1 && vow_as_integer(two) == 2);
}

static vow_value block(vow_value input, void *context)
{
    (void)context;
    vow_blocking_begin();
    vow_blocking_end();
    return input;
}

static void blocking_sections(void)
{
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    need_integer(vow_submit(vow_pool_scheduler(pool), block, vow_integer(1), NULL), 1);
}

static void called_from_a_thread(void)
{
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    vow_scheduler *there = vow_pool_scheduler(pool);
    need_integer(vow_call_from_thread(there, scene_add_one, vow_integer(1), NULL), 2);
    vow_auto_value value =
        vow_call_from_thread_wait(there, scene_add_one, vow_integer(2), NULL, VOW_FOREVER);
    need_value(value);
    sure(vow_as_integer(value) == 3);
}

/* Forks ---------------------------------------------------------------------------------------------------------- */

VOW_FORKABLE(long, fibonacci, int, n)
{
    if (n < 2)
        return n;
    struct fibonacci_forked first;
    fibonacci_fork(&first, n - 1);
    long second = fibonacci(n - 2);
    return fibonacci_join(&first) + second;
}

static vow_value fork_values(vow_value input, void *context)
{
    struct vow_forked first;
    vow_fork(&first, sleep_a_little, input, context);
    vow_value second = vow_integer(fibonacci(12));
    vow_value value = vow_join(&first);
    return vow_is_error(value) ? value
                               : vow_integer(vow_as_integer(value) + vow_as_integer(second));
}

static void forked(void)
{
    vow_auto_pool pool = vow_pool_new(2, NULL);
    need(pool);
    need_integer(vow_submit(vow_pool_scheduler(pool), fork_values, vow_integer(1), NULL), 145);
}

/* Joined in the other order, with values that are counted: what the rare halves are for. */
static vow_value fork_two(vow_value input, void *context)
{
    struct vow_forked one, two;
    vow_fork(&one, sleep_a_little, vow_retain(input), context);
    vow_fork(&two, sleep_a_little, input, context);
    vow_value first = vow_join(&one);
    vow_value second = vow_join(&two);
    sure(vow_is_error(first) || vow_is_text(first));
    if (vow_is_error(second)) {
        vow_release(first);
        return second;
    }
    vow_release(second);
    return first;
}

static void forked_in_the_other_order(void)
{
    vow_auto_pool pool = vow_pool_new(2, NULL);
    need(pool);
    vow_auto_value value = vow_await(
        vow_submit(vow_pool_scheduler(pool), fork_two, vow_text("counted"), NULL), VOW_FOREVER);
    need_value(value);
    sure(vow_is_text(value));
    sure(vow_fork_find_slowly() == vow_fork_find_lane());
    vow_auto_value none = vow_fork_nothing(vow_none(), NULL);
    sure(vow_is_error(none));
}

/* Schedulers of the user's --------------------------------------------------------------------------------------- */

static struct vow_call *queue, **queue_end = &queue;

static vow_status take(struct vow_call *call, void *self)
{
    (void)self;
    call->next = NULL;
    *queue_end = call;
    queue_end = &call->next;
    return VOW_OK;
}

static void scheduler_drop(void *self)
{
    sure(queue == NULL);
    count_drop(self);
}

static struct vow_call *next_call(void)
{
    struct vow_call *call = queue;
    queue = call->next;
    if (queue == NULL)
        queue_end = &queue;
    return call;
}

static void run_all(vow_scheduler *scheduler)
{
    while (queue != NULL)
        vow_call_run(scheduler, next_call());
}

static const struct vow_scheduler_ops ops = {
    .size = sizeof ops, .name = "ours", .schedule = take, .drop = scheduler_drop};

static int calls;

static void count_call(struct vow_call *call)
{
    (void)call;
    calls++;
}

/* Who was the default once is kept for good: this is for LeakSanitizer to find it. */
static vow_scheduler *volatile default_once;

static void a_scheduler_of_the_users(void)
{
    vow_auto_scheduler ours = vow_scheduler_new(&ops, NULL);
    need(ours);
    default_once = ours;
    sure(vow_scheduler_name(ours)[0] == 'o');
    vow_set_scheduler(ours);
    sure(vow_current_scheduler() == ours);
    vow_auto_promise promise =
        vow_then(vow_submit(ours, scene_add_one, vow_integer(1), NULL), scene_add_one, NULL);
    vow_status status = vow_schedule(ours, scene_add_one, vow_integer(1), NULL);
    struct vow_call one = {.run = count_call, .dropped = count_call};
    vow_scheduler_call(ours, &one);
    run_all(ours);
    struct vow_call other = {.run = count_call, .dropped = count_call};
    vow_scheduler_call(ours, &other);
    if (queue != NULL)
        vow_call_drop(next_call());
    sure(calls == 2);
    vow_set_scheduler(NULL);
    vow_value value;
    sure(vow_peek(promise, &value));
    vow_auto_value kept = value;
    need_value(kept);
    sure(vow_as_integer(kept) == 3);
    need_ok(status);
}

static void without_asynchrony(void)
{
    char program[] = "program", word[] = "--disable-async";
    char *argv[] = {program, word, NULL};
    int argc = 2;
    need_ok(vow_test_arguments(&argc, argv));
    sure(argc == 1 && vow_async_is_disabled());
    sure(vow_disable_async(false) == VOW_INVALID || !vow_async_is_disabled());
    need_integer(vow_submit(NULL, scene_add_one, vow_integer(1), NULL), 2);
}

const struct scene scenes_of_jobs[] = {
    SCENE(on_the_default_pool),
    SCENE(jobs_that_wait_for_jobs),
    SCENE(with_everything),
    SCENE_ALONE(reporting),
    SCENE(cancelled),
    SCENE(a_long_ring),
    SCENE(job_local_storage),
    SCENE(spawned),
    SCENE(blocking_sections),
    SCENE(called_from_a_thread),
    SCENE(forked),
    SCENE(forked_in_the_other_order),
    {.name = "a_scheduler_of_the_users",
     .play = a_scheduler_of_the_users,
     .keeps = 1,
     .alone = true},
    SCENE_ALONE(without_asynchrony),
    {0},
};
