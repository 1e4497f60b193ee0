/*
 * cancel_sweep.h - what scenarios are made of.
 *
 * A scenario is the body of a job: it waits for things, and gives back all that it has, whatever its waits give. It is
 * run again and again, on each place, and canceled at its first point (base/point.h), its second, its third … until it
 * ends before it comes so far. After each run every token has been dropped, as many objects live as before, and what
 * the scenario looks at itself is in order.
 */
#ifndef VOW_TESTS_STRESS_CANCEL_SWEEP_H
#define VOW_TESTS_STRESS_CANCEL_SWEEP_H

#include "control/control_testing.h"

#include <vow.h>

/* What the tests' own macro counts each file counts for itself; here all together. */
extern _Atomic int sweep_unmet;
#undef require
#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            atomic_fetch_add(&sweep_unmet, 1);                                                     \
        }                                                                                          \
    } while (0)

/* It gives CANCELED, or what it would have given. */
typedef void scenario_body(void);

struct scenario {
    const char *name;
    scenario_body *body;
    bool needs_lines; /* its children meet: not where a job runs in the middle of who submits it */
};

/* A value that is counted; what is made is dropped before the run is over. */
vow_value token(void);

/* As the context of something that has a drop function. */
void *token_context(void);
void drop_token(void *context);

/* Submits `fn` to where the scenario runs; join gives it back. */
vow_promise *child(vow_fn *fn, void *context);

/* Waits for a child (taken) whatever comes, and releases what it gave. */
void join(vow_promise *child);

/* What the promise (taken) comes to, owned; it is canceled where the wait for it is. No error but where the scenario was. */
vow_value result_of(vow_promise *promise);

/* The same of a promise of a lock or the like: whether the caller has it. */
bool has_come(vow_promise *promise);

/* Gives its input, at once or a little later. */
vow_value give_input(vow_value input, void *context);
vow_value give_input_later(vow_value input, void *context);

/* A promise of a token, a little later. */
vow_promise *a_moment(void);

/* A little time, so that what waits has to wait. */
#define MOMENT VOW_US(20)

/* For the body: a wait gave what it may give. */
#define require_ok_or_canceled(status)                                                             \
    do {                                                                                           \
        vow_status status_ = (status);                                                             \
        require(status_ == VOW_OK || status_ == VOW_CANCELED);                                     \
    } while (0)

/* The tables, each in a file of its own; they end with an empty row. */
extern const struct scenario scenarios_of_waits[];
extern const struct scenario scenarios_of_locks[];
extern const struct scenario scenarios_of_closed_locks[];
extern const struct scenario scenarios_of_promised_locks[];
extern const struct scenario scenarios_of_promises[];
extern const struct scenario scenarios_of_lists[];
extern const struct scenario scenarios_of_listeners[];
extern const struct scenario scenarios_of_streams[];
extern const struct scenario scenarios_of_channels[];
extern const struct scenario scenarios_of_sources[];
extern const struct scenario scenarios_of_coroutines[];
extern const struct scenario scenarios_of_places[];
extern const struct scenario scenarios_with_faults[];

/* What the first of them has lost. */
extern vow_value faulty_token;

/* The pool of the scenario, for tasks; NULL: the place has none. */
extern vow_pool *sweep_pool;

/* How long what a run leaves behind may take to go, in nanoseconds. */
extern int64_t sweep_patience;

/* Runs the scenario on all places; how many points were canceled at, in all. */
struct sweep_result {
    long points;   /* the cancels */
    long runs;     /* the runs */
    bool balanced; /* nothing was left, ever, and all was as required */
};

struct sweep_result sweep(const struct scenario *scenario);

#endif
