/*
 * deadlock_testing.h - what the tests of deadlocks share: parties of jobs that wait for each other.
 */
#ifndef VOW_TESTS_CONTROL_DEADLOCK_TESTING_H
#define VOW_TESTS_CONTROL_DEADLOCK_TESTING_H

#include "pool_of_one_testing.h"

#define MOST 8

/* Jobs that wait for promises which are made after them. */
struct party {
    vow_promise *go; /* they begin when it has settled */
    vow_deferred *starter;
    vow_promise *awaited[MOST]; /* by the job of that number; borrowed */
    vow_promise *jobs[MOST];
    vow_status statuses[MOST];
    char sentences[MOST][256];
    int count;
};

struct seat {
    struct party *party;
    int number;
};

static struct seat seats[MOST];

static inline void party_begin(struct party *party)
{
    *party = (struct party){.count = 0};
    party->starter = vow_deferred_new(&party->go);
}

/* The next seat, whose job is not there yet. */
static inline struct seat *take_seat(struct party *party)
{
    struct seat *seat = &seats[party->count];
    *seat = (struct seat){.party = party, .number = party->count++};
    return seat;
}

static inline vow_value wait_for_awaited(vow_value input, void *context)
{
    const struct seat *seat = context;
    struct party *party = seat->party;
    (void)input;
    vow_status status = vow_wait(party->go, VOW_FOREVER, NULL);
    if (status == VOW_OK)
        status = vow_wait(party->awaited[seat->number], VOW_FOREVER, NULL);
    party->statuses[seat->number] = status;
    (void)snprintf(party->sentences[seat->number], sizeof(party->sentences[0]), "%s",
                   status == VOW_OK ? "" : vow_last_error());
    return vow_integer(seat->number);
}

static inline vow_promise *join(struct party *party, vow_scheduler *home)
{
    struct seat *seat = take_seat(party);
    party->jobs[seat->number] = vow_submit(home, wait_for_awaited, vow_none(), seat);
    return party->jobs[seat->number];
}

static inline int count_deadlocks(const struct party *party)
{
    int count = 0;
    for (int i = 0; i < party->count; i++) {
        if (party->statuses[i] == VOW_DEADLOCK)
            count++;
        else
            assert_int_equal(party->statuses[i], VOW_OK);
    }
    return count;
}

/* Lets them go, and waits until all have ended. */
static inline void party_meet(struct party *party)
{
    fire(party->starter, vow_none());
    for (int i = 0; i < party->count; i++)
        assert_ok(vow_wait(party->jobs[i], VOW_FOREVER, NULL));
}

static inline void party_leave(struct party *party)
{
    for (int i = 0; i < party->count; i++)
        vow_promise_release(party->jobs[i]);
    vow_promise_release(party->go);
}

/* All meet, and one of them is given the deadlock: its sentence. */
static inline const char *party_end(struct party *party)
{
    static char sentence[256];
    party_meet(party);
    assert_int_equal(count_deadlocks(party), 1);
    for (int i = 0; i < party->count; i++)
        if (party->statuses[i] == VOW_DEADLOCK)
            memcpy(sentence, party->sentences[i], sizeof(sentence));
    party_leave(party);
    return sentence;
}

/* A job: the status of its wait for the promise that the context points to. */
static inline vow_value wait_within(vow_value input, void *context)
{
    (void)input;
    vow_promise **promise = context;
    return vow_integer(vow_wait(*promise, VOW_FOREVER, NULL));
}

#endif
