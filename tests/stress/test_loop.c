/*
 * test_loop.c - everything at once on loops that come and go: posts, timers, stops and owed promises from several
 * threads. Every call ends exactly once, run or dropped.
 */
#include "../execution/loop_testing.h"

#include <sched.h>
#include <uv.h>

#define THREADS 3
#define ERRANDS 400
#define ROUNDS 40

enum errand_kind { POST, POST_TO_IT, TIMER, STOPPED_TIMER, OWE, STOP_RUN, ERRAND_KINDS };

/* One call, and who knows of its end. */
struct errand {
    struct vow_call call;
    struct team *team;
    _Atomic int ends;
    bool owes;
};

struct team {
    struct worker {
        struct errand errands[ERRANDS];
        struct team *team;
        uint32_t random;
    } workers[THREADS];
    vow_loop *loop;
    vow_scheduler *scheduler;
    _Atomic int working; /* threads that still make errands */
};

static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

static void end(struct errand *errand)
{
    if (errand->owes)
        vow_loop_owe(errand->team->scheduler, -1);
    errand->ends++;
}

static void errand_ends(struct vow_call *call)
{
    end(vow_container_of(call, struct errand, call));
}

/* Goes through the loop's own list once before it ends. */
static void errand_goes_on(struct vow_call *call)
{
    struct errand *errand = vow_container_of(call, struct errand, call);

    call->run = errand_ends;
    vow_scheduler_call(errand->team->scheduler, call);
}

static void give(struct errand *errand, enum errand_kind kind, uint32_t random)
{
    struct team *team = errand->team;

    errand->call =
        (struct vow_call){NULL, kind == POST_TO_IT ? errand_goes_on : errand_ends, errand_ends};
    errand->owes = kind == OWE;
    if (errand->owes)
        vow_loop_owe(team->scheduler, 1);
    if (kind != TIMER && kind != STOPPED_TIMER) {
        vow_scheduler_call(team->scheduler, &errand->call);
        if (kind == STOP_RUN)
            vow_loop_stop(vow_loop_of(team->scheduler));
        return;
    }
    struct loop_timer *timer =
        vow_loop_timer_start(vow_loop_of(team->scheduler), random % VOW_MS(2), &errand->call);
    if (timer == NULL)
        abort();
    if (random % 3 == 0)
        sched_yield();
    if (kind == STOPPED_TIMER)
        vow_loop_timer_stop(timer);
    vow_loop_timer_release(timer);
}

static void *work(void *context)
{
    struct worker *worker = context;

    for (int i = 0; i < ERRANDS; i++) {
        uint32_t random = next_random(&worker->random);
        worker->errands[i].team = worker->team;
        give(&worker->errands[i], random % ERRAND_KINDS, random >> 8);
        if (random % 31 == 0)
            sched_yield();
    }
    worker->team->working--;
    return NULL;
}

static void begin(struct team *team, pthread_t threads[THREADS], vow_loop *loop, uint32_t seed)
{
    memset(team, 0, sizeof *team);
    team->loop = loop;
    team->scheduler = vow_scheduler_retain(vow_loop_scheduler(loop));
    team->working = THREADS;
    for (uint32_t i = 0; i < THREADS; i++) {
        team->workers[i].team = team;
        team->workers[i].random = seed * THREADS + i + 1;
        threads[i] = thread_start(work, &team->workers[i]);
    }
}

static void finish(struct team *team, pthread_t threads[THREADS])
{
    for (int i = 0; i < THREADS; i++) {
        thread_end(threads[i]);
        for (int j = 0; j < ERRANDS; j++)
            assert_int_equal(team->workers[i].errands[j].ends, 1);
    }
    vow_scheduler_release(team->scheduler);
}

static struct team team;

static void calls_end_once_on_an_own_loop(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    int64_t enough = vow_now() + VOW_S(60); /* on a machine that has other things to do */
    for (uint32_t round = 0; round < ROUNDS && vow_now() < enough; round++) {
        vow_loop *loop = vow_loop_new(NULL);
        begin(&team, threads, loop, round);
        while (team.working > (round % 2 == 0 ? 0 : 1)) /* odd ones are freed in the middle */
            assert_int_equal(vow_loop_run_until_idle(loop), VOW_OK);
        vow_loop_free(loop);
        finish(&team, threads);
    }
}

static bool all_work_done(void *unused)
{
    (void)unused;
    return team.working == 0;
}

static void calls_end_once_while_the_thread_waits(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    int64_t enough = vow_now() + VOW_S(60); /* on a machine that has other things to do */
    for (uint32_t round = 0; round < ROUNDS && vow_now() < enough; round++) {
        vow_loop *loop = vow_loop_new(NULL);
        begin(&team, threads, loop, round);
        while (vow_loop_run_until(loop, "test", all_work_done, NULL, vow_after(VOW_US(300))) !=
               VOW_OK)
            ;
        vow_loop_free(loop);
        finish(&team, threads);
    }
}

static void calls_end_once_over_a_user_s_loop(void **state)
{
    pthread_t threads[THREADS];
    uv_loop_t uv;
    (void)state;
    int64_t enough = vow_now() + VOW_S(60); /* on a machine that has other things to do */
    for (uint32_t round = 0; round < ROUNDS && vow_now() < enough; round++) {
        assert_int_equal(uv_loop_init(&uv), 0);
        struct vow_loop_options options = {.size = sizeof options, .uv = &uv};
        vow_loop *loop = vow_loop_new(&options);
        begin(&team, threads, loop, round);
        while (team.working > (round % 2 == 0 ? 0 : 1))
            uv_run(&uv, UV_RUN_DEFAULT);
        vow_loop_free(loop);
        uv_run(&uv, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&uv), 0);
        finish(&team, threads);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(calls_end_once_on_an_own_loop),
        loop_test(calls_end_once_while_the_thread_waits),
        loop_test(calls_end_once_over_a_user_s_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
