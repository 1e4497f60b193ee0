/*
 * places.c - scenarios of places that are closed, called from elsewhere, or run by a thread of their own.
 */
#include "cancel_sweep.h"

#include <signal.h>

static void closes_a_pool(void)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *jobs[2];
    for (int i = 0; i < 2; i++)
        jobs[i] = vow_submit(vow_pool_scheduler(pool), give_input_later, token(), NULL);
    vow_status status = vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER);
    require_ok_or_canceled(status);
    vow_shield_begin();
    if (status != VOW_OK)
        require(vow_pool_close(pool, VOW_CANCEL, VOW_FOREVER) == VOW_OK);
    vow_shield_end();
    require(vow_pool_free(pool) == VOW_OK);
    join(jobs[0]);
    join(jobs[1]);
}

/* Jobs are parked with workers that are to end, and go on when there are none. */
static void resizes_a_pool(void)
{
    static const int sizes[] = {1, 0, 2};
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_promise *jobs[3];
    for (int i = 0; i < 3; i++) {
        jobs[i] = vow_submit(vow_pool_scheduler(pool), give_input_later, token(), NULL);
        (void)vow_sleep(MOMENT);
        require(vow_pool_resize(pool, sizes[i]) == VOW_OK);
    }
    for (int i = 0; i < 3; i++)
        vow_release(result_of(jobs[i]));
    require(vow_pool_free(pool) == VOW_OK);
}

/* Where the scenario runs in a pool, which then is as before. One with workers keeps one: without any, who cancels by a call
   would do so inside of the point. */
static void resizes_its_own_pool(void)
{
    if (sweep_pool == NULL)
        return;
    int workers = vow_pool_size(sweep_pool);
    const int sizes[] = {workers + 1, workers > 1 ? 1 : workers, workers};
    vow_promise *jobs[3];
    for (int i = 0; i < 3; i++) {
        jobs[i] = child(give_input_later, NULL);
        (void)vow_sleep(MOMENT);
        require(vow_pool_resize(sweep_pool, sizes[i]) == VOW_OK);
    }
    for (int i = 0; i < 3; i++)
        vow_release(result_of(jobs[i]));
}

static void call(vow_scheduler *scheduler)
{
    vow_value value =
        vow_call_from_thread_wait(scheduler, give_input_later, token(), NULL, VOW_FOREVER);
    require(vow_is_box(value) || vow_canceled());
    vow_release(value);
}

static void calls_elsewhere(void)
{
    call(vow_current_scheduler());
    call(vow_default_pool());
    vow_promise *called = vow_call_from_thread(vow_default_pool(), give_input_later, token(), NULL);
    vow_release(result_of(called));
}

/* Ignored unless somebody listens: it may come when nobody does any more. */
enum { SIGNAL = SIGWINCH };

/* A loop with a thread of its own. */
struct driven {
    vow_deferred *ready;
    vow_loop *loop;
    pthread_t thread;
};

/* Where a worker starts it, signals are blocked. */
static void let_signals_in(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGNAL);
    require(pthread_sigmask(SIG_UNBLOCK, &signals, NULL) == 0);
}

static void *drive_loop(void *argument)
{
    struct driven *driven = argument;
    let_signals_in();
    driven->loop = vow_loop_new(NULL);
    (void)vow_fire(driven->ready, vow_none());
    require(vow_loop_run(driven->loop) == VOW_OK);
    vow_status status = vow_loop_run_once(driven->loop, VOW_POLL);
    require(status == VOW_OK || status == VOW_TIMED_OUT);
    require(vow_loop_run_until_idle(driven->loop) == VOW_OK);
    require(vow_loop_free(driven->loop) == VOW_OK);
    return NULL;
}

static void begin_driving(struct driven *driven)
{
    vow_promise *ready = NULL;
    driven->ready = vow_deferred_new(&ready);
    driven->thread = start_thread(drive_loop, driven);
    join(ready);
}

static vow_value stop_loop(vow_value input, void *loop)
{
    vow_loop_stop(loop);
    return input;
}

static void end_driving(struct driven *driven)
{
    require(vow_schedule(vow_loop_scheduler(driven->loop), stop_loop, vow_none(), driven->loop) ==
            VOW_OK);
    join_thread(driven->thread);
}

static void calls_a_loop(void)
{
    struct driven driven;
    begin_driving(&driven);
    call(vow_loop_scheduler(driven.loop));
    vow_release(result_of(vow_call_later(driven.loop, MOMENT, give_input, token(), NULL)));
    vow_promise_release(vow_call_later(driven.loop, MOMENT, give_input, token(), NULL));
    end_driving(&driven); /* it goes on until that has been called, too */
}

/* On the loop, though maybe not on the stack of its thread, or on that thread (VOW_SWITCH=threads). */
static vow_value await_signal(vow_value wanted, void *context)
{
    struct driven *driven = context;
    vow_promise *promise = vow_signal(driven->loop, SIGNAL);
    if (vow_as_integer(wanted) != 0)
        require(pthread_kill(driven->thread, SIGNAL) == 0);
    return vow_promise_value(promise);
}

static void waits_for_signals(void)
{
    struct driven driven;
    begin_driving(&driven);
    vow_scheduler *scheduler = vow_loop_scheduler(driven.loop);
    vow_value number =
        result_of(vow_call_from_thread(scheduler, await_signal, vow_integer(1), &driven));
    require(vow_is_error(number) || vow_as_integer(number) == SIGNAL);
    vow_release(number);
    vow_promise *never = vow_call_from_thread(scheduler, await_signal, vow_integer(0), &driven);
    (void)vow_sleep(MOMENT);
    vow_cancel(never);
    join(never);
    end_driving(&driven);
}

const struct scenario scenarios_of_places[] = {
    {"closes a pool", closes_a_pool, false},
    {"resizes a pool", resizes_a_pool, false},
    {"resizes its own pool", resizes_its_own_pool, false},
    {"calls elsewhere", calls_elsewhere, false},
    {"calls a loop", calls_a_loop, false},
    {"waits for signals", waits_for_signals, false},
    {NULL, NULL, false},
};
