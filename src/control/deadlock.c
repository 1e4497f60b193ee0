/*
 * deadlock.c - where a promise comes from: the hook by which rings of waits are found (wait/known.h).
 *
 *   the promise                      its root
 *   -----------------------------    ------------------------------------------------------------------------------
 *   is a key of a known wait         itself
 *   a job that has not fired         itself: when the job has begun, and waits, it will be a key
 *   adopting                         that of what it adopts
 *   derived, pending                 that of its source
 *   settled, its links are run, or   itself: if the one who does so waits, it will be a key
 *   wait for progress to be told
 *   else                             none: a deferred, a pause, a call on its way: from outside
 */
#include "control/deadlock.h"

#include "control/run.h"
#include "execution/world.h"
#include "wait/known.h"
#include <vow/wait.h>

/* Whether it comes from a deferred, as far as can be told without entering, which would cost the home its bias. */
static bool is_deferred(uint64_t word)
{
    return (word & (PROMISE_FIRED | PROMISE_JOB)) == 0;
}

static bool is_job(uint64_t word)
{
    return (word & (PROMISE_FIRED | PROMISE_JOB)) == PROMISE_JOB;
}

/* The promise that `promise` waits for, with an unseen reference; NULL: none, and it is a root or not; or a deferred's. That is
   not held: the walk ends with it, and who gives back a trail cannot abandon anything, which may run links. */
static vow_promise *step(vow_promise *promise, bool *ret_root)
{
    vow_promise *next = NULL;
    vow_promise_enter(promise);
    unsigned phase = vow_promise_phase(promise);
    if (phase == PROMISE_ADOPTING)
        next = vow_promise_in(promise->value);
    else if (phase == PROMISE_PENDING && vow_promise_has(promise, PROMISE_DERIVED))
        next = promise->own.link.peer;
    *ret_root = phase == PROMISE_SETTLED &&
                (vow_promise_has(promise, PROMISE_RUNNING) || vow_promise_is_notified(promise));
    if (next != NULL && is_deferred(vow_promise_word(next)))
        next = NULL;
    if (next != NULL)
        vow_promise_ref_unseen(next);
    vow_promise_leave(promise);
    return next;
}

static const void *follow(void *from, struct trail *trail)
{
    vow_promise *promise = from;
    bool root = false;
    while (!vow_known_has(promise) && !is_job(vow_promise_word(promise))) {
        if (is_deferred(vow_promise_word(promise)) || !vow_trail_reserve(trail))
            return NULL;
        vow_promise *next = step(promise, &root);
        if (next == NULL)
            return root ? promise : NULL;
        vow_trail_add(trail, next);
        promise = next;
    }
    return promise;
}

static void release(void *held)
{
    vow_promise_unref_unseen(held);
}

/* Waits for oneself --------------------------------------------------------------------------------------------------- */

/* Whether this line is inside of a visit to `promise` that runs its links, or tells its listeners of progress. */
static bool visits(const vow_promise *promise)
{
    const struct interrupted *at = vow_locals.firing;
    while (at != NULL && at->running.promise != promise)
        at = at->outer;
    return at != NULL;
}

/* Whether this line runs links of `promise` without a visit: the quick way for plain ones (run.c), at home on this thread's
   immediate and by its bias. Then no other line of this thread may be doing so. (Nothing runs like that at depth 0.) */
static bool runs_plain_links_of(vow_promise *promise)
{
    const struct thread *thread = vow_here.thread;
    if (vow_likely(vow_locals.depth == 0) || !promise->home->kind->immediate ||
        !vow_scheduler_is_mine(promise->home))
        return false;
    vow_promise_enter(promise);
    bool running =
        vow_promise_is_held(promise, thread) && vow_promise_has(promise, PROMISE_RUNNING);
    vow_promise_leave(promise);
    return running && vow_carrier_others_are_quiet(&thread->carrier);
}

bool vow_deadlock_is_sure(vow_promise *promise)
{
    return visits(promise) || runs_plain_links_of(promise);
}

/* ----------------------------------------------------------------------------------------------------------------------- */

void vow_closed_world(bool closed)
{
    vow_world_close(closed);
}

__attribute__((constructor)) static void name_hooks(void)
{
    vow_known_follow = follow;
    vow_known_release = release;
}
