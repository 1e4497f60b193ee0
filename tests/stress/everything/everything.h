/*
 * everything.h - what the files of test_everything share: random numbers, things to play with, acts, and notes of who waits
 * for what.
 *
 * Rules that keep the test itself free of deadlocks
 * 1. Acts (`act_a_little`) happen anywhere: in links, drop functions, cancellers. Their waits have deadlines.
 * 2. Works (`work`) happen at the bottom of lines and threads, which hold nothing: their waits may be for ever, where an
 *    end is certain: for jobs, for locks.
 * 3. Who holds a lock waits in lines alone (`rest_in_line`), with deadlines: on a thread's own stack it does not wait.
 * 4. Once `everything_ends` nothing new is begun.
 */
#ifndef VOW_TESTS_STRESS_EVERYTHING_H
#define VOW_TESTS_STRESS_EVERYTHING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <vow.h>

#include "pace.h"

enum { CELLS = 48, POOLS = 3, LOOPS = 2, GENERATIONS = 3 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOWER 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOWER 8
#endif
#endif
#ifndef SLOWER
#define SLOWER 1
#endif

/* chance.c: numbers of each thread's own, settings, and what has to be so ------------------------------------- */

extern _Atomic int faults;

#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            atomic_fetch_add(&faults, 1);                                                          \
        }                                                                                          \
    } while (0)

/* `is_usual`; where it is not, says what came of a wait. */
bool told_unless(bool is_usual, vow_status status);

void chance_begin(uint32_t seed);
unsigned below(unsigned limit); /* 0 to limit - 1 */
bool one_in(unsigned limit);
int64_t setting(const char *name, int64_t otherwise);

/* A deadline that passes soon, or has passed. */
vow_deadline soon(void);

/* watch.c: who waits for what ---------------------------------------------------------------------------------- */

struct watched;

struct watched *wait_begins(const char *what);
void wait_ends(struct watched *wait);
long waits_under_way(void);
void watch_begin(void);
void watch_end(void);
void watch_phase(const char *what);

#define AS_TEXT(number) AS_TEXT_NOW(number)
#define AS_TEXT_NOW(number) #number

/* A wait, noted: gives what the expression gives. */
#define noted(type, expression)                                                                    \
    __extension__({                                                                                \
        struct watched *noted_ = wait_begins(__FILE__ ":" AS_TEXT(__LINE__) ": " #expression);     \
        type given_ = (expression);                                                                \
        wait_ends(noted_);                                                                         \
        given_;                                                                                    \
    })

/* things.c: contexts, cells with promises, values ---------------------------------------------------------------- */

/* Counts how it ends. */
struct context {
    _Atomic int runs;
    _Atomic int drops;
    _Atomic int busy; /* functions that have it now */
    _Atomic bool told;
};

struct context *context_new(void);
void context_drop(void *context);
bool contexts_have_ended(void);

struct cell {
    pthread_mutex_t mutex;
    vow_deferred *deferred;
    vow_promise *promise;
};

vow_promise *some_promise(void);
vow_deferred *some_deferred(void);
void replace_some(vow_scheduler *home, struct cell *ret_former); /* home NULL: the current one */
void publish(vow_promise *promise);                              /* takes it */
void cells_begin(void);
void cells_fill(void);
void cells_end(void);

vow_value some_value(void);
vow_value pass_on(vow_value input, void *context);   /* a function that does nothing */
vow_value plain_run(vow_value input, void *context); /* acts, perhaps */
vow_value count_run(vow_value input, void *context); /* with a struct context */
vow_value count_told(vow_value input, void *context);

/* Acts and works, by the files that have them ----------------------------------------------------------------- */

extern _Atomic bool everything_ends;

typedef void act_fn(void);

/* whole.c */
void act_a_little(void);
void work(void);
void everything_warm_up(void); /* before objects are counted */
long everything_at_once(int actors,
                        int64_t until); /* on a thread of its own; gives how many steps */

/* promises.c */
act_fn act_then, act_finally, act_add, act_add_plain, act_cancel, act_resolve, act_notify,
    act_set_canceller, act_fire, act_look, act_pause, act_wait, act_wait_all, act_await_then,
    act_sleep;

/* jobs.c */
bool in_line(void); /* on a stack that parks */
bool in_job(void);
void rest_in_line(void);
vow_promise *submit_to(vow_scheduler *scheduler,
                       vow_fn *fn); /* takes nothing; with a context of its own */
vow_value run_job(vow_value input, void *context);
bool is_end_of_place(
    vow_value value); /* what a call comes to that was canceled, or whose place was */
act_fn act_submit, act_schedule, act_wait_for_job, act_wait_for_call, act_spawn,
    act_cancel_for_ever, act_fork, act_locals, act_blocking, act_shield;

/* locks.c */
void locks_begin(void);
void locks_end(void);
act_fn act_lock, act_lock_for_ever, act_replace_locks;

/* coroutines.c */
void coroutines_end(void);
act_fn act_coroutine, act_flow;

/* messages.c */
void messages_begin(void);
void messages_end(void);
void messages_are_forgotten(
    void); /* by threads that stay: what they remember of boards (messaging/view.h) */
act_fn act_subscribe, act_publish, act_next_message, act_ask, act_replace_board;

/* combinators.c */
act_fn act_gather, act_gather_any, act_fields, act_list, act_again, act_delay, act_within,
    act_group, act_cooperate;

/* files.c */
void signals_end(void);
act_fn act_file, act_join, act_split, act_progress, act_signal;

/* streams.c */
void streams_begin(void);
void streams_end(void);
act_fn act_stream, act_replace_stream, act_pipeline;

/* times.c */
act_fn act_later, act_timer;
void timers_init(struct vow_timer *timers, int count);
void timers_use(vow_loop *loop, struct vow_timer *timers, int count); /* on the loop's thread */

/* places.c: pools, loops, a scheduler that loses calls, threads that come and go */
vow_scheduler *some_home(void);    /* with a reference; NULL stands for the current one */
vow_scheduler *some_place(void);   /* with a reference; never NULL */
vow_scheduler *steady_place(void); /* a pool that stays; borrowed */
int some_loop(vow_loop **ret_loop);
pthread_t thread_new(void *(*function)(void *), void *context);
void places_begin(void);
void places_grow(void); /* what size 0 left queued runs */
void places_end(void);
bool places_have_gone(void);
bool passing_threads_have_ended(void);
act_fn act_resize, act_replace_pool, act_pass, act_close_parked;

#endif
