/*
 * aplus.h - how the Promises/A+ suite is written: rules, the cases of each, and the scene in which a case plays.
 *
 * A rule is a function, and a list of *axes*: what it has to hold for. It is run for each combination of what the axes
 * have to offer, in a scene that says which one this is:
 *
 *     static void gets_the_value(struct scene *scene)
 *     {
 *         void *promise = scene_source(scene);          will be fulfilled with the case's value, in the case's way
 *         struct watch *seen = scene_watch(scene, promise);
 *         scene_play(scene);                            settles it, and lets everything happen
 *         expect_fulfilled(scene, seen, scene->value);
 *     }
 *
 *     {"2.2.2.1", "onFulfilled gets the promise's value", gets_the_value, AXIS(WAY) | AXIS(VALUE)},
 *
 * Scenes are played one after the other, by one thread; handlers and then-functions may run on others meanwhile.
 */
#ifndef VOW_TESTS_CONFORMANCE_APLUS_H
#define VOW_TESTS_CONFORMANCE_APLUS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "conformance/adapter.h"

/* The library under test. */
extern const struct adapter *library;

/* Axes -------------------------------------------------------------------------------------------------------------------- */

enum axis {
    WAY,     /* how the source is settled: enum way */
    LATE,    /* the same, but for already: what is pending when the rule sees it */
    VALUE,   /* the forms of values: scene->value */
    REASON,  /* the forms of reasons: scene->reason */
    OUTCOME, /* whether the source is fulfilled or rejected: scene->rejects */
    ROAD,    /* how something comes to be what a promise is resolved with: enum road */
    KIND,    /* what settles a promise, from outside: enum kind */
    OUTER,   /* one that fulfils, with something inside: enum kind, up to FULFILLING */
    INNER,   /* what is inside of it: enum kind */
    MOMENT,  /* when a thenable settles what it was given: enum moment */
    FIRST,   /* what comes first, of two things that settle: enum settlement */
    SECOND,  /* what comes then: enum settlement, the two simple ones */
    GAP,     /* what is between them: enum gap */
    AXES
};

#define AXIS(name) (1u << (name))

enum way { ALREADY, IMMEDIATELY, EVENTUALLY, ELSEWHERE, WAYS };

enum road { RETURNED_AS_VALUE, RETURNED_AS_REASON, RESOLVED, MADE_WITH, ROADS };

enum kind {
    PROMISE_FULFILLED,
    PROMISE_FULFILLED_LATER,
    THENABLE_FULFILLS,
    THENABLE_FULFILLS_LATER,
    THENABLE_FULFILLS_TWICE,
    THENABLE_FULFILLS_AND_THROWS,
    FULFILLING, /* kinds; the others reject */
    PROMISE_REJECTED = FULFILLING,
    PROMISE_REJECTED_LATER,
    THENABLE_REJECTS,
    THENABLE_REJECTS_LATER,
    THENABLE_REJECTS_TWICE,
    THENABLE_THROWS,
    KINDS
};

enum moment { IN_THEN, AFTER_QUIET, ON_ANOTHER_THREAD, MOMENTS };

enum settlement {
    BY_RESOLVE,
    BY_REJECT,
    BY_PENDING_THEN_FULFILLED, /* resolved with a promise that is fulfilled when all is quiet */
    BY_PENDING_THEN_REJECTED,
    SETTLEMENTS
};

enum gap { AT_ONCE, SECOND_AFTER_QUIET, BOTH_AFTER_QUIET, SECOND_ON_ANOTHER_THREAD, GAPS };

/* Scenes ------------------------------------------------------------------------------------------------------------------ */

/* What became of a promise. */
struct watch {
    struct scene *scene;
    _Atomic int fulfilled; /* how often */
    _Atomic int rejected;
    struct thing seen; /* the last of them */
    int order;         /* which call of the scene's it was, from 1 on */
};

struct action {
    void (*act)(struct scene *scene, void *context);
    void *context;
};

enum { FAULT_SIZE = 256 };

/* A list of pointers that grow one by one. */
struct pile {
    void **items;
    size_t count;
};

struct scene {
    int axis[AXES];
    struct thing value;  /* of the case's form; what fulfils the source */
    struct thing reason; /* what rejects it */
    bool rejects;        /* the source is rejected */
    void *source;        /* deferred of scene_source; NULL: it has been settled */
    _Atomic int order;   /* calls of handlers so far */
    _Atomic int
        nested; /* calls of handlers inside of a call of the suite's, or of another handler */
    pthread_mutex_t lock; /* guards what follows */
    struct pile promises; /* to be released at the end */
    struct pile deferreds;
    struct pile memory;
    struct action later[32]; /* to be done when all is quiet */
    size_t later_count;
    char fault[FAULT_SIZE]; /* "": none */
    struct scene *former;   /* of the same rule; all are forgotten together */
};

/* Memory until the scene ends, zeroed. */
void *scene_memory(struct scene *scene, size_t size);

/* The scene's to release at its end; gives it back. */
void *scene_keep(struct scene *scene, void *promise);

/* The library's functions, with a mark that the suite is on the stack. What they make is released at the end. */
void *scene_deferred(struct scene *scene, void **ret_promise);
void *scene_made(struct scene *scene, struct thing thing);
void *scene_then(struct scene *scene, void *promise, handler *fulfilled, handler *rejected,
                 void *context);
void scene_resolve(struct scene *scene, void *deferred, struct thing thing);

/* Resolves with a value, promise or thenable, rejects with a reason. */
void scene_settle(struct scene *scene, void *deferred, struct thing thing);

/* A promise that is settled in the case's way (WAY, LATE) when the scene is played: fulfilled with its value, or rejected
   with its reason (scene->rejects). */
void *scene_source(struct scene *scene);

/* Watches a promise through its then. */
struct watch *scene_watch(struct scene *scene, void *promise);

/* A promise that is resolved with `thing` by the case's ROAD when the scene is played, at the latest. */
void *scene_by_road(struct scene *scene, struct thing thing);

/* Has `act` called by scene_play when all has happened that can; any thread. */
void scene_later(struct scene *scene, void (*act)(struct scene *, void *), void *context);

/* Has `thing` settle `deferred` (retained) then. */
void scene_settle_later(struct scene *scene, void *deferred, struct thing thing);

/* Has `act` called on another thread, and waits for its end. */
void scene_elsewhere(struct scene *scene, void (*act)(struct scene *, void *), void *context);

/* Has `thing` settle `deferred` on another thread. */
void scene_settle_elsewhere(struct scene *scene, void *deferred, struct thing thing);

/* Settles the source, and lets everything happen, what was left for later too. */
void scene_play(struct scene *scene);

/* Things --------------------------------------------------------------------------------------------------------------------- */

/* A value or reason of the first form. */
struct thing value_of(int mark);
struct thing reason_of(int mark);
struct thing promise_thing(void *promise);
struct thing thenable_thing(struct thenable *thenable);

/* Something of `kind` that comes to scene->value or scene->reason (is_rejecting). */
struct thing thing_of_kind(struct scene *scene, enum kind kind);
bool is_rejecting(enum kind kind);

/* A thenable that settles what it is given with `thing`, at the case's MOMENT. */
struct thing thenable_with(struct scene *scene, struct thing thing);

/* A thenable that settles twice, as FIRST, SECOND and GAP say: first with scene->value or scene->reason. Having done what
   it does in its then-function, it throws if `throws`. */
struct thing thenable_twice(struct scene *scene, bool throws);

/* Gives back what it gets: a value is returned, a reason thrown. */
handler pass_on;

/* Expectations: the first that fails is the case's fault ------------------------------------------------------------------- */

void expect(struct scene *scene, bool truth, const char *what);
void expect_count(struct scene *scene, int count, int wanted, const char *what);
void expect_fulfilled(struct scene *scene, const struct watch *watch, struct thing value);
void expect_rejected(struct scene *scene, const struct watch *watch, struct thing reason);
void expect_rejected_somehow(struct scene *scene, const struct watch *watch);
void expect_pending(struct scene *scene, const struct watch *watch);

/* As the source: fulfilled with the scene's value, or rejected with its reason. */
void expect_as_source(struct scene *scene, const struct watch *watch);

/* Rules ---------------------------------------------------------------------------------------------------------------------- */

struct rule {
    const char *number;
    const char *title;
    void (*play)(struct scene *scene);
    unsigned axes;
    bool rejects; /* the source is rejected */
};

struct rules {
    const struct rule *rules;
    size_t count;
};

extern const struct rules aplus_states;       /* 2.1 */
extern const struct rules aplus_then;         /* 2.2.1 to 2.2.6 */
extern const struct rules aplus_then_at_once; /* 2.2.4, where handlers may run at once */
extern const struct rules aplus_then_unwound; /* 2.2.4, where they may not */
extern const struct rules aplus_then_promise; /* 2.2.7 */
extern const struct rules aplus_resolution;   /* 2.3.1, 2.3.2, 2.3.4 */
extern const struct rules aplus_thenables;    /* 2.3.3 */

/* The whole suite for a library: what main returns. */
int aplus_run(const struct adapter *adapter, int argc, char **argv);

#endif
