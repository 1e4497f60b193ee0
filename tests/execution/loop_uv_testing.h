/*
 * loop_uv_testing.h - what the tests of loops over a user's uv_loop_t share: each begins with such a loop, and at its
 * end both are closed as users do it.
 */
#ifndef VOW_TESTS_EXECUTION_LOOP_UV_TESTING_H
#define VOW_TESTS_EXECUTION_LOOP_UV_TESTING_H

#include "loop_testing.h"

#include <uv.h>

struct laid {
    uv_loop_t uv;
    vow_loop *loop;
    void *objects; /* begin_counting's */
};

/* One more loop over `uv`. */
static inline vow_loop *lay_over(uv_loop_t *uv)
{
    struct vow_loop_options options = {.size = sizeof options, .uv = uv};
    vow_loop *loop = vow_loop_new(&options);
    assert_non_null(loop);
    return loop;
}

/* Frees the loop, and leaves libuv's to the end of the test. */
static inline void free_loop(struct laid *laid)
{
    vow_loop *loop = laid->loop;
    laid->loop = NULL;
    assert_int_equal(vow_loop_free(loop), VOW_OK);
}

/* Lays another loop instead: newer than what the test has opened meanwhile. */
static inline void lay_anew(struct laid *laid)
{
    free_loop(laid);
    laid->loop = lay_over(&laid->uv);
}

static inline void run_uv(struct laid *laid)
{
    assert_int_equal(uv_run(&laid->uv, UV_RUN_DEFAULT), 0);
}

static inline int begin_laid(void **state)
{
    static struct laid laid;
    if (begin_with_a_thread(state) != 0)
        return -1;
    laid.objects = *state;
    *state = &laid;
    if (uv_loop_init(&laid.uv) != 0)
        return -1;
    laid.loop = lay_over(&laid.uv);
    return 0;
}

/* What a user does at the end: frees the loop, lets the close callbacks run, and closes. */
static inline int end_laid(void **state)
{
    struct laid *laid = *state;
    if (laid->loop != NULL)
        free_loop(laid);
    run_uv(laid);
    if (uv_loop_close(&laid->uv) != 0)
        return -1;
    *state = laid->objects;
    return nothing_is_left(state);
}

#define laid_test(function) cmocka_unit_test_setup_teardown(function, begin_laid, end_laid)

/* A step whose context is its loop is queued there: by a raw timer, by another thread. */
static inline void queue_step_of_timer(uv_timer_t *timer)
{
    struct step *step = timer->data;
    step_on(step->context, step);
    uv_close((uv_handle_t *)timer, NULL);
}

/* The raw timer that does so after a millisecond. */
static inline void start_timer_of_step(struct laid *laid, uv_timer_t *timer, struct step *step)
{
    uv_timer_init(&laid->uv, timer);
    timer->data = step;
    uv_timer_start(timer, queue_step_of_timer, 1, 0);
}

static inline void *post_step(void *context)
{
    struct step *step = context;
    step_on(step->context, step);
    return NULL;
}

#endif
