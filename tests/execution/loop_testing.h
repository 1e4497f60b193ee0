/*
 * loop_testing.h - what the tests of the loop share: calls that write down when they ran, and threads.
 */
#ifndef VOW_TESTS_EXECUTION_LOOP_TESTING_H
#define VOW_TESTS_EXECUTION_LOOP_TESTING_H

#include "base/testing.h"

#include <pthread.h>

#include "execution/loop.h"

/* The numbers of the calls that ran, in order; the sum of those that were dropped. */
struct record {
    int count;
    int numbers[64];
    int drops;
};

/* A call that writes its number down, and then does `also`. */
struct step {
    struct vow_call call;
    struct record *record;
    int number;
    int runs;
    int drops;
    void (*also)(struct step *step);
    void *context;
};

static inline struct step *step_of(struct vow_call *call)
{
    return vow_container_of(call, struct step, call);
}

static inline void step_run(struct vow_call *call)
{
    struct step *step = step_of(call);

    step->runs++;
    if (step->record != NULL && step->record->count < 64)
        step->record->numbers[step->record->count++] = step->number;
    if (step->also != NULL)
        step->also(step);
}

static inline void step_dropped(struct vow_call *call)
{
    struct step *step = step_of(call);

    step->drops++;
    if (step->record != NULL)
        step->record->drops++;
}

/* A step; `also` may be NULL. */
static inline struct step step_new(struct record *record, int number, void (*also)(struct step *),
                                   void *context)
{
    return (struct step){.call = {.run = step_run, .dropped = step_dropped},
                         .record = record,
                         .number = number,
                         .also = also,
                         .context = context};
}

static inline void step_on(vow_loop *loop, struct step *step)
{
    vow_scheduler_call(vow_loop_scheduler(loop), &step->call);
}

static inline void stop_loop(struct step *step)
{
    vow_loop_stop(step->context);
}

static inline void run_until_idle(vow_loop *loop)
{
    assert_int_equal(vow_loop_run_until_idle(loop), VOW_OK);
}

/* A step for the inbox of a thread, which another one posts. */
struct post {
    struct immediate *immediate;
    struct step *step;
};

static inline void *post_to_thread(void *context)
{
    struct post *post = context;
    if (!vow_immediate_post(post->immediate, &post->step->call))
        abort();
    return NULL;
}

static inline pthread_t thread_start(void *(*function)(void *), void *context)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, function, context) != 0)
        abort();
    return thread;
}

static inline void thread_end(pthread_t thread)
{
    if (pthread_join(thread, NULL) != 0)
        abort();
}

static inline void on_another_thread(void *(*function)(void *), void *context)
{
    thread_end(thread_start(function, context));
}

#define assert_order(record, ...)                                                                  \
    do {                                                                                           \
        const int wanted_[] = {__VA_ARGS__};                                                       \
        assert_int_equal((record)->count, sizeof wanted_ / sizeof wanted_[0]);                     \
        assert_memory_equal((record)->numbers, wanted_, sizeof wanted_);                           \
    } while (0)

/* The thread's record is made before the objects are counted. */
static inline int begin_with_a_thread(void **state)
{
    if (vow_thread_here() == NULL)
        return -1;
    return begin_counting(state);
}

#define loop_test(function)                                                                        \
    cmocka_unit_test_setup_teardown(function, begin_with_a_thread, nothing_is_left)

#endif
