/*
 * test_loop_threads.c - many threads and one loop: nothing is lost, nothing comes twice, each thread's calls in order.
 */
#include "loop_testing.h"

#include <sched.h>
#include <uv.h>

#define THREADS 4
#define POSTS 2000

struct poster;

struct letter {
    struct vow_call call;
    struct poster *poster;
    int number;
};

struct poster {
    struct letter letters[POSTS];
    vow_scheduler *scheduler;
    vow_loop *stops; /* the loop that the last letter of all stops; or NULL */
    int *left;
    int next; /* the number that has to come */
    bool broken;
    _Atomic int runs;
    _Atomic int drops;
};

static struct poster posters[THREADS];

static void letter_run(struct vow_call *call)
{
    struct letter *letter = vow_container_of(call, struct letter, call);
    struct poster *poster = letter->poster;

    poster->broken |= letter->number != poster->next++;
    poster->runs++;
    if (--*poster->left == 0 && poster->stops != NULL)
        vow_loop_stop(poster->stops);
}

static void letter_dropped(struct vow_call *call)
{
    vow_container_of(call, struct letter, call)->poster->drops++;
}

/* With pauses, so that the loop falls asleep again and again. */
static void *post_all(void *context)
{
    struct poster *poster = context;

    for (int i = 0; i < POSTS; i++) {
        struct letter *letter = &poster->letters[i];
        *letter = (struct letter){{NULL, letter_run, letter_dropped}, poster, i};
        vow_scheduler_call(poster->scheduler, &letter->call);
        if (i % 64 == 0)
            sched_yield();
    }
    vow_scheduler_release(poster->scheduler);
    return NULL;
}

static void start_posters(pthread_t threads[THREADS], vow_loop *loop, vow_loop *stops, int *left)
{
    *left = THREADS * POSTS;
    memset(posters, 0, sizeof posters);
    for (int i = 0; i < THREADS; i++) {
        posters[i].scheduler = vow_scheduler_retain(vow_loop_scheduler(loop));
        posters[i].stops = stops;
        posters[i].left = left;
        threads[i] = thread_start(post_all, &posters[i]);
    }
}

static void posts_of_many_threads_all_arrive_each_thread_s_in_order(void **state)
{
    pthread_t threads[THREADS];
    int left;
    (void)state;
    for (int round = 0; round < 5; round++) {
        vow_loop *loop = vow_loop_new(NULL);
        start_posters(threads, loop, loop, &left);
        assert_int_equal(vow_loop_run(loop), VOW_OK);
        assert_int_equal(left, 0);
        for (int i = 0; i < THREADS; i++) {
            thread_end(threads[i]);
            assert_false(posters[i].broken);
            assert_int_equal(posters[i].runs, POSTS);
            assert_int_equal(posters[i].drops, 0);
        }
        vow_loop_free(loop);
    }
}

static void a_post_that_meets_the_free_is_run_or_dropped_once(void **state)
{
    pthread_t threads[THREADS];
    int left;
    (void)state;
    for (int round = 0; round < 5; round++) {
        vow_loop *loop = vow_loop_new(NULL);
        start_posters(threads, loop, NULL, &left);
        for (int i = 0; i <= round; i++)
            (void)vow_loop_run_once(loop, VOW_POLL);
        assert_int_equal(vow_loop_free(loop), VOW_OK);
        for (int i = 0; i < THREADS; i++) {
            thread_end(threads[i]);
            assert_int_equal(posters[i].runs + posters[i].drops, POSTS);
        }
    }
}

/* The end comes from another thread, which is still on its way out */

struct last {
    struct step step;
    vow_loop *loop;
};

static void *post_the_last_call(void *context)
{
    struct last *last = context;
    vow_scheduler_call(vow_loop_scheduler(last->loop), &last->step.call);
    return NULL;
}

/* Libuv is polled all the time, so that the call is found before the poster has rung the bell. */
static void a_loop_may_be_freed_after_the_call_that_a_thread_has_just_posted(void **state)
{
    uv_loop_t uv;
    (void)state;
    assert_int_equal(uv_loop_init(&uv), 0);
    struct vow_loop_options options = {.size = sizeof options, .uv = &uv};
    for (int i = 0; i < 200; i++) {
        struct last last = {.loop = vow_loop_new(&options)};
        last.step = step_new(NULL, 0, NULL, NULL);
        vow_loop_owe(vow_loop_scheduler(last.loop), 1);
        pthread_t thread = thread_start(post_the_last_call, &last);
        while (last.step.runs == 0)
            uv_run(&uv, UV_RUN_NOWAIT);
        vow_loop_free(last.loop);
        thread_end(thread);
    }
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static void again(struct step *step)
{
    step_on(step->context, step);
}

static void *stop_it(void *loop)
{
    vow_loop_stop(loop);
    return NULL;
}

static void a_loop_may_be_freed_as_soon_as_another_thread_has_stopped_it(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        vow_loop *loop = vow_loop_new(NULL);
        struct step ring = step_new(NULL, 0, again, loop); /* the loop does not sleep */
        step_on(loop, &ring);
        pthread_t thread = thread_start(stop_it, loop);
        assert_int_equal(vow_loop_run(loop), VOW_OK);
        vow_loop_free(loop);
        thread_end(thread);
        assert_int_equal(ring.drops, 1);
    }
}

/* Two loops pass calls to each other */

struct ball {
    struct vow_call call;
    vow_loop *loops[2];
    int at;
    int left;
};

static void ball_run(struct vow_call *call)
{
    struct ball *ball = vow_container_of(call, struct ball, call);

    if (ball->left-- == 0) {
        vow_loop_stop(ball->loops[0]);
        vow_loop_stop(ball->loops[1]);
        return;
    }
    ball->at = 1 - ball->at;
    vow_scheduler_call(vow_loop_scheduler(ball->loops[ball->at]), call);
}

static void ball_dropped(struct vow_call *call)
{
    (void)call;
    abort();
}

static _Atomic(vow_loop *) second_loop;

static void *run_second(void *spin)
{
    struct vow_loop_options options = {.size = sizeof options, .spin = *(int64_t *)spin};
    vow_loop *loop = vow_loop_new(&options);

    vow_loop_owe(vow_loop_scheduler(loop), 1);
    second_loop = loop;
    if (vow_loop_run(loop) != VOW_OK)
        abort();
    second_loop = NULL;
    while (second_loop == NULL) /* until the first one lets go of it as well */
        sched_yield();
    vow_loop_owe(vow_loop_scheduler(loop), -1);
    vow_loop_free(loop);
    return NULL;
}

static void play(int64_t spin, int exchanges)
{
    struct vow_loop_options options = {.size = sizeof options, .spin = spin};
    struct ball ball = {.call = {NULL, ball_run, ball_dropped}, .left = exchanges};
    vow_loop *loop = vow_loop_new(&options);

    second_loop = NULL;
    pthread_t thread = thread_start(run_second, &spin);
    while (second_loop == NULL)
        sched_yield();
    ball.loops[0] = loop;
    ball.loops[1] = second_loop;
    vow_loop_owe(vow_loop_scheduler(loop), 1);
    vow_scheduler_call(vow_loop_scheduler(ball.loops[1]), &ball.call);
    assert_int_equal(vow_loop_run(loop), VOW_OK);
    while (second_loop != NULL)
        sched_yield();
    second_loop = loop;
    thread_end(thread);
    vow_loop_owe(vow_loop_scheduler(loop), -1);
    vow_loop_free(loop);
}

static void two_loops_can_pass_a_call_to_and_fro_spinning(void **state)
{
    (void)state;
    play(0, 5000);
}

static void two_loops_can_pass_a_call_to_and_fro_sleeping(void **state)
{
    (void)state;
    play(-1, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(posts_of_many_threads_all_arrive_each_thread_s_in_order),
        loop_test(a_post_that_meets_the_free_is_run_or_dropped_once),
        loop_test(a_loop_may_be_freed_after_the_call_that_a_thread_has_just_posted),
        loop_test(a_loop_may_be_freed_as_soon_as_another_thread_has_stopped_it),
        loop_test(two_loops_can_pass_a_call_to_and_fro_spinning),
        loop_test(two_loops_can_pass_a_call_to_and_fro_sleeping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
