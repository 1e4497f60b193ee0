/*
 * adapter.h - what a library has to supply so that the rules of deferreds can be tried on it.
 *
 * The rules know nothing else of it: vow's answers are in adapter_vow.c, and another library's go into a file of that
 * size. A library that lacks something answers NULL, or false, and fails the rules about it, which is what a suite is for.
 *
 * A deferred is here one thing with both ends, as in Twisted: it is fired, and it has a chain of callbacks. A test frees it
 * once, whoever it was given to.
 *
 * Callbacks run where the library runs them, on other threads too. Everything else here is called on the suite's thread,
 * but for what callbacks themselves call.
 */
#ifndef CONFORMANCE_DEFERRED_ADAPTER_H
#define CONFORMANCE_DEFERRED_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deferred;

/* Results ------------------------------------------------------------------------------------------------------------- */

enum kind {
    NOTHING,
    NUMBER,
    FAILURE,
    DEFERRED, /* only given: a chain waits for it */
    LIST      /* only got */
};

/* Which failure: the suite's own are from 1 up, these are the library's. */
enum failure { CANCELED = -1, TIMED_OUT = -2, REFUSED = -3, FIRED_BEFORE = -4, OTHER = -5 };

/* What a callback gets, and what it gives. */
struct result {
    enum kind kind;
    int64_t number;            /* NUMBER: it; FAILURE: which; LIST: how many */
    struct deferred *deferred; /* DEFERRED: it stays the giver's */
};

/* A callback or an errback. What it was given it may give back: the same value, the same failure. */
typedef struct result step(struct result input, void *context);

/* Deferreds ----------------------------------------------------------------------------------------------------------- */

/* What a cancel calls. */
typedef void canceller(struct deferred *deferred, void *context);

struct deferred *deferred_new(void);
struct deferred *deferred_new_with(canceller *function, void *context);

/* Gives back all that the test has of it. */
void deferred_free(struct deferred *deferred);

/* Gives back the chain, and keeps the right to fire. */
void deferred_forget(struct deferred *deferred);

/* The test goes on looking at it, though it is going to be given to a list, or to another one's chain. */
void deferred_share(struct deferred *deferred);

/* Fires, with whatever kind. False: it has fired before. */
bool deferred_fire(struct deferred *deferred, struct result result);

/* addCallbacks; NULL passes through. */
void deferred_add(struct deferred *deferred, step *callback, step *errback, void *context);

void deferred_pause(struct deferred *deferred);
/* False: it is not paused. */
bool deferred_unpause(struct deferred *deferred);
void deferred_cancel(struct deferred *deferred);

/* chainDeferred: `to` fires with what `from` comes to, which is then given away. False: `to` has fired before. */
bool deferred_chain(struct deferred *from, struct deferred *to);

/* Waits until the chain has run to its end; looks at a failure. False: it never does. */
bool deferred_result(struct deferred *deferred, struct result *ret_result);

/* Whether a chain has not come to its end, for now. */
bool deferred_is_pending(struct deferred *deferred);

/* Ready ones ---------------------------------------------------------------------------------------------------------- */

struct deferred *deferred_succeed(struct result result);
struct deferred *deferred_fail(int failure);

/* maybeDeferred: calls `function` at once. */
struct deferred *deferred_maybe(step *function, struct result input, void *context);

/* Lists ---------------------------------------------------------------------------------------------------------------- */

enum list_flags { FIRE_ON_ONE_CALLBACK = 1, FIRE_ON_ONE_ERRBACK = 2, CONSUME_ERRORS = 4 };

/* These are given the deferreds (but see deferred_share). */
struct deferred *deferred_list(struct deferred *const *deferreds, size_t count, unsigned flags);
struct deferred *deferred_gather(struct deferred *const *deferreds, size_t count);
struct deferred *deferred_race(struct deferred *const *deferreds, size_t count);

/* What a list has fired with: its items, as far as there is room; how many there are. */
size_t deferred_items(struct deferred *list, struct result *ret_items, size_t room);

/* Which one a list has fired for: the first value's or the first failure's index; -1: it does not say. */
int64_t deferred_index(struct deferred *list);

/* Time ------------------------------------------------------------------------------------------------------------------ */

/* addTimeout. */
void deferred_add_timeout(struct deferred *deferred, int64_t nanoseconds);

/* deferLater: `function` gets nothing. */
struct deferred *deferred_later(int64_t nanoseconds, step *function, void *context);

/* Lines that wait: inlineCallbacks, coroutines -------------------------------------------------------------------------- */

/* Calls `function` as a line of execution that may wait. */
struct deferred *line_start(step *function, struct result input, void *context);

/* Inside of one: what the deferred, which is given away, comes to. */
struct result line_wait(struct deferred *deferred);

/* Locks ------------------------------------------------------------------------------------------------------------------ */

struct lock;

/* DeferredLock, DeferredSemaphore. */
struct lock *mutex_new(void);
struct lock *semaphore_new(uint32_t tokens);
void lock_free(struct lock *lock);

struct deferred *lock_acquire(struct lock *lock);

/* False: it is not locked. */
bool lock_release(struct lock *lock);

/* How many tokens it has left. */
uint32_t lock_tokens(struct lock *lock);

struct deferred *lock_run(struct lock *lock, step *function, void *context);

/* Queues ------------------------------------------------------------------------------------------------------------------ */

struct queue;

#define WITHOUT_LIMIT SIZE_MAX

/* Keeps at most `size` things that nobody wants yet, and at most `backlog` who want some. */
struct queue *queue_new(size_t size, size_t backlog);
void queue_free(struct queue *queue);

/* False: it is full. */
bool queue_put(struct queue *queue, struct result thing);

/* NULL: too many are waiting. */
struct deferred *queue_get(struct queue *queue);

/* Failures that nobody looked at, and where things come from ---------------------------------------------------------------- */

/* How many were told of since the rule began, and which was the last. */
int failures_told(int *ret_last);

/* Keeps note of where deferreds are made and fired, from now on. */
void debugging(bool on);

/* What is known of one, in lines; `room` bytes at most with the closing zero. */
void deferred_story(struct deferred *deferred, char *buffer, size_t room);

/* How much the last one that was told of knows about where it came from, in lines; 0: nothing. */
int lines_told(void);

/* What a firing that was refused says about it. */
const char *refusal(void);

/* The place ------------------------------------------------------------------------------------------------------------------ */

/* Takes what is its own out of the arguments, and makes the place where callbacks run. False: it cannot. */
bool adapter_begin(int *argc, char **argv);
void adapter_end(void);

/* Begins a rule; ends one: false if something is left of it. */
void adapter_begin_rule(void);
bool adapter_end_rule(void);

/* What the place is called. */
const char *adapter_place(void);

/* Whether callbacks run inside of what fires them, as in Twisted; else never before its caller has returned. */
bool adapter_runs_at_once(void);

/* Lets everything happen that can. */
void adapter_run_until_quiet(void);

#endif
