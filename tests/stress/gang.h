/*
 * gang.h - what the stress tests of control share: a gang of threads that meet at a barrier, random numbers, and
 * links that count how they end.
 */
#ifndef VOW_TESTS_STRESS_GANG_H
#define VOW_TESTS_STRESS_GANG_H

#include "control/control_testing.h"

#include <sched.h>

enum { GANG = 3 };

struct gang;

struct member {
    struct gang *gang;
    pthread_t thread;
    int number;
    uint32_t random;
};

struct gang {
    pthread_barrier_t barrier;
    struct member member[GANG];
    void (*work)(struct member *member);
};

static unused_here void meet(struct member *member)
{
    (void)pthread_barrier_wait(&member->gang->barrier);
}

static unused_here unsigned random_below(struct member *member, unsigned limit)
{
    member->random ^= member->random << 13;
    member->random ^= member->random >> 17;
    member->random ^= member->random << 5;
    return member->random % limit;
}

static unused_here void *gang_main(void *context)
{
    struct member *member = context;
    member->gang->work(member);
    return NULL;
}

/* Member 0 is the calling thread. */
static unused_here void gang_run(void (*work)(struct member *))
{
    static struct gang gang;
    gang.work = work;
    if (pthread_barrier_init(&gang.barrier, NULL, GANG) != 0)
        abort();
    for (int i = 0; i < GANG; i++)
        gang.member[i] =
            (struct member){.gang = &gang, .number = i, .random = 2463534242u + (uint32_t)i};
    for (int i = 1; i < GANG; i++)
        gang.member[i].thread = start_thread(gang_main, &gang.member[i]);
    work(&gang.member[0]);
    for (int i = 1; i < GANG; i++)
        join_thread(gang.member[i].thread);
    (void)pthread_barrier_destroy(&gang.barrier);
}

/* Links whose functions and ends are counted. */
static _Atomic int links_begun;
static _Atomic int links_ended;
static _Atomic int functions_run;

static unused_here vow_value count_run(vow_value input, void *context)
{
    (void)context;
    atomic_fetch_add(&functions_run, 1);
    return input;
}

static unused_here void count_end(void *context)
{
    (void)context;
    atomic_fetch_add(&links_ended, 1);
}

static unused_here vow_handlers counted_link(void)
{
    atomic_fetch_add(&links_begun, 1);
    return (vow_handlers){.size = sizeof(vow_handlers),
                          .fulfilled = count_run,
                          .rejected = count_run,
                          .drop = count_end};
}

/* Each member runs what others fired at its promises, until all links have ended. */
static unused_here void finish_links(struct member *member)
{
    meet(member);
    while (atomic_load(&links_ended) < atomic_load(&links_begun)) {
        if (vow_run_pending() == 0)
            (void)sched_yield();
    }
    meet(member);
    (void)vow_run_pending();
    meet(member);
}

static unused_here void assert_all_links_ended(void)
{
    assert_int_equal(links_ended, links_begun);
}

static unused_here int begin_stress(void **state)
{
    int status = begin_control(state);
    alarm((unsigned)longer(280));
    atomic_store(&links_begun, 0);
    atomic_store(&links_ended, 0);
    atomic_store(&functions_run, 0);
    return status;
}

#define stress_test(function) cmocka_unit_test_setup_teardown(function, begin_stress, end_control)

#endif
