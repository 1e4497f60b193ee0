/*
 * whole.c - everything at once, once: places, cells, locks and streams are set up, actors act until their time is over, then all
 * of it calms down and is taken away. Nothing is left that a further round would meet.
 */
#include "everything.h"

#include <sched.h>

enum { MOST_ACTORS = 256, STEPS = 1000000000 };

_Atomic bool everything_ends;

static act_fn *const little_acts[] = {
    act_then,          act_add_plain, act_cancel,  act_resolve,   act_notify, act_look,
    act_set_canceller, act_fire,      act_pause,   act_resize,    act_wait,   act_await_then,
    act_sleep,         act_lock,      act_publish, act_subscribe, act_delay,  act_gather_any};

static act_fn *const works[] = {
    act_wait_for_job,  act_wait_for_call, act_spawn,         act_cancel_for_ever, act_fork,
    act_fork,          act_locals,        act_blocking,      act_shield,          act_shield,
    act_lock_for_ever, act_lock_for_ever, act_lock_for_ever, act_coroutine,       act_coroutine,
    act_flow,          act_wait,          act_wait_all,      act_sleep,           act_await_then,
    act_stream,        act_stream,        act_stream,        act_stream,          act_pipeline,
    act_ask,           act_ask,           act_gather,        act_gather,          act_fields,
    act_list,          act_list,          act_again,         act_again,           act_within,
    act_group,         act_group,         act_cooperate,     act_cooperate,       act_file,
    act_join,          act_split,         act_progress};

static act_fn *const acts[] = {act_then,
                               act_then,
                               act_finally,
                               act_add,
                               act_add,
                               act_add_plain,
                               act_cancel,
                               act_cancel,
                               act_resolve,
                               act_notify,
                               act_set_canceller,
                               act_fire,
                               act_fire,
                               act_fire,
                               act_look,
                               act_pause,
                               act_submit,
                               act_submit,
                               act_submit,
                               act_schedule,
                               act_resize,
                               act_later,
                               act_timer,
                               act_notify,
                               act_notify,
                               work,
                               work,
                               work,
                               act_publish,
                               act_publish,
                               act_subscribe,
                               act_next_message,
                               act_delay,
                               act_gather_any};

#define one_of(acts) (acts)[below(sizeof(acts) / sizeof((acts)[0]))]()

/* Inside of functions: not too many of them at a time, on top of one another on one stack for instance. */
void act_a_little(void)
{
    enum { MOST = 24 };
    static _Atomic int under_way;
    if (atomic_fetch_add(&under_way, 1) < MOST && !atomic_load(&everything_ends))
        one_of(little_acts);
    atomic_fetch_sub(&under_way, 1);
}

void work(void)
{
    if (!atomic_load(&everything_ends))
        one_of(works);
}

/* Of threads alone, outside of everything. */
static void act(void)
{
    switch (below(400)) {
    case 0:
    case 1:
        act_replace_pool();
        break;
    case 2:
    case 3:
        act_pass();
        break;
    case 4:
        act_close_parked();
        break;
    case 5:
        act_replace_locks();
        break;
    case 6:
    case 7:
        act_replace_stream();
        break;
    case 8:
    case 9:
        act_replace_board();
        break;
    case 10:
    case 11:
        act_signal();
        break;
    default:
        one_of(acts);
    }
}

/* The whole --------------------------------------------------------------------------------------------------- */

static _Atomic int acting;
static _Atomic bool over;
static _Atomic long steps_taken;
static int64_t act_until;

static void *actor_main(void *context)
{
    int64_t steps = setting("VOW_STRESS_STEPS", STEPS);
    long i = 0;
    for (; i < steps && vow_now() < act_until; i++) {
        act();
        if (i % 8 == 0)
            (void)vow_run_pending();
    }
    atomic_fetch_add(&steps_taken, i);
    atomic_fetch_sub(&acting, 1);
    while (!atomic_load(&over)) /* others may still fire what is at home here */
        if (vow_run_pending() == 0)
            (void)usleep(200);
    return context;
}

static bool is_quiet(void)
{
    return contexts_have_ended() && waits_under_way() == 0 && passing_threads_have_ended();
}

/* What still runs sets off no more; cells are emptied until nothing moves. */
static void calm_down(void)
{
    int64_t deadline = vow_now() + VOW_S(longer(40 * SLOWER));
    atomic_store(&everything_ends, true);
    watch_phase("calming down");
    do {
        places_grow();
        cells_fill();
        coroutines_end();
        streams_end();
        messages_end();
        signals_end();
        (void)vow_run_pending();
        (void)sched_yield();
    } while (!is_quiet() && vow_now() < deadline);
    must(is_quiet());
}

static void at_once(int count)
{
    pthread_t actors[MOST_ACTORS];
    watch_begin();
    watch_phase("beginning");
    places_begin();
    cells_begin();
    locks_begin();
    streams_begin();
    messages_begin();
    atomic_store(&acting, count);
    for (int i = 0; i < count; i++)
        actors[i] = thread_new(actor_main, NULL);
    watch_phase("acting");
    while (atomic_load(&acting) > 0)
        if (vow_run_pending() == 0)
            (void)usleep(200);
    calm_down();
    watch_phase("ending places");
    places_end();
    watch_phase("ending threads");
    atomic_store(&over, true);
    for (int i = 0; i < count; i++)
        (void)pthread_join(actors[i], NULL);
    cells_end();
    locks_end();
    (void)vow_run_pending();
    messages_are_forgotten();
    must(is_quiet());
    watch_end();
}

long everything_at_once(int actors, int64_t until)
{
    atomic_store(&everything_ends, false);
    atomic_store(&over, false);
    atomic_store(&steps_taken, 0);
    act_until = until;
    at_once(actors < MOST_ACTORS ? actors : MOST_ACTORS);
    return atomic_load(&steps_taken);
}

static vow_value sleep_a_little(vow_value input, void *context)
{
    (void)context;
    (void)usleep(2000);
    (void)vow_sleep(VOW_MS(2));
    return input;
}

/* What the default pool makes at first use is there before objects are counted. */
void everything_warm_up(void)
{
    (void)vow_default_pool();
    vow_promise *promises[8];
    for (int i = 0; i < 8; i++)
        promises[i] = vow_submit(NULL, sleep_a_little, vow_none(), NULL);
    must(vow_wait_all(promises, 8, VOW_FOREVER) == VOW_OK);
    for (int i = 0; i < 8; i++)
        vow_promise_release(promises[i]);
}
