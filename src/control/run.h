/*
 * run.h - firing promises and running their links.
 *
 * A firing is what one user's call, or one call of a scheduler, sets off on this thread. Promises that become due
 * meanwhile join its list of work instead of nesting, so that chains of any length take constant stack.
 */
#ifndef VOW_CONTROL_RUN_H
#define VOW_CONTROL_RUN_H

#include "control/promise.h"
#include "execution/park.h"
#include "execution/queue.h"

struct firing {
    struct interrupted interrupted; /* for a wait inside of it */
    struct call_queue work; /* promises with links to run, each with a reference, SCHEDULED */
};

/* Begins a firing: a wait inside of it can find its work. */
void vow_firing_begin(struct firing *firing);

/* Runs its work and ends it. */
void vow_firing_end(struct firing *firing);

/* What one visit to a promise knows. */
struct visit {
    struct firing *firing;
    vow_scheduler *at; /* the scheduler in whose call this promise is being run; NULL: none */
    vow_scheduler
        *gone; /* a place that is closed: functions do not run there any more; NULL: none */
    uint64_t
        unrefs; /* given back in the end, all at once (vow_promise_unref_all): the visit's own reference, those of links */
    bool at_home; /* functions whose place is the home run here */
};

/* Runs what is on the firing's list, and what joins it meanwhile. */
void vow_firing_run(struct firing *firing);

/* A firing that comes too late: true if it is the one that a cancel swallows. */
bool vow_promise_claim_too_late(vow_promise *promise) __attribute__((cold));

/* Uses the right to fire. False if it has been used; a late firing after a cancel is swallowed: *ret_swallowed. */
static inline bool vow_promise_claim(vow_promise *promise, bool *ret_swallowed)
{
    /* acq_rel: the one who fires later sees what the one who fired first did before. One bit is asked for, so that
       this is one instruction */
    uint64_t before =
        atomic_fetch_or_explicit(&promise->counted.word, PROMISE_FIRED, memory_order_acq_rel) &
        PROMISE_FIRED;
    *ret_swallowed = vow_unlikely(before != 0) && vow_promise_claim_too_late(promise);
    return vow_likely(before == 0);
}

/* The one who claimed: settles with `value` (taken), or adopts it, and runs what follows; from any thread. */
vow_status vow_promise_fire(vow_promise *promise, vow_value value);

/* vow_fire, by one whose firing is under way: what follows joins its work, so that it does not nest. NULL: there is none. */
void vow_fire_with(vow_deferred *deferred, vow_value value, struct firing *firing);

/* The same for one who cancels, with an error: enters even what is biased to another thread, and leaves the call node
   alone. */
void vow_promise_fire_entering(vow_promise *promise, vow_value value);

/* Settles a derived promise with `value` (taken, no promise); false if its link was first. */
bool vow_promise_settle_derived(vow_promise *promise, vow_value value);

/* The same for a job that its scheduler has run or dropped: the call node and its reference come back with it. */
void vow_promise_fire_job(vow_promise *promise, vow_value value);

/* A job that was canceled has ended: the call node and its reference come back, links that waited for it run. */
void vow_promise_end_job(vow_promise *promise);

/* Settles with `value` (taken), or adopts it. Not inside. The promise is the caller's to settle. */
void vow_promise_settle(vow_promise *promise, vow_value value, struct firing *firing);

/* Inside: makes a settlement that was delivered, but has not arrived, arrive. */
void vow_promise_arrive(vow_promise *promise);

/* Inside: whether it has settled, with nothing left to run. */
bool vow_promise_is_quiet(vow_promise *promise);

/* Inside: puts a promise whose links can run on the firing's list. */
void vow_promise_queue(vow_promise *promise, struct firing *firing);

/* Inside on entry, left on return: runs the links that are due and may run on this thread, posts the rest to where
   they belong; then whatever else became due. Nests at most VOW_NESTING deep. */
void vow_promise_run(vow_promise *promise);

/* The same for a caller whose reference may go meanwhile: one that it only borrowed, which users' functions may give back,
   or one that it handed to a link. */
void vow_promise_run_held(vow_promise *promise);

/* The same for one who cancels: functions that run, and cancel as well, find no consumer in the caller's reference. */
void vow_promise_run_canceled(vow_promise *promise);

/* By the call node, which comes with its reference: what was delivered arrives, links run. */
void vow_promise_visit(vow_promise *promise);

/* For one who holds a reference and has one link in the queue, and comes with a further reference: cancels `promise` if nobody
   else looks at it, and takes that reference. False: somebody does, or it has settled; nothing is taken. */
bool vow_cancel_as_consumer(vow_promise *promise);

/* What a promise gives that was canceled, and has nothing of its own to say. Static. */
vow_value vow_canceled_error(void);

/* What a function gives whose place is closed. */
vow_value vow_link_gone(void);

/* Inside on entry, left on return: runs the links that are due and may run in this visit, posts the rest; then gives back
   the visit's references. */
void vow_promise_run_links(vow_promise *promise, struct visit *visit);

/* Whether a link with a function may run in this visit. Inside. */
bool vow_link_may_run(const vow_promise *promise, const struct link *link,
                      const struct visit *visit);

/* Links that were taken out of the queue of `source`, a chain by `next`, since their targets were canceled, or the promise was
   let go: gives back what they held, and runs their drop functions. Not inside. */
void vow_links_let_go(vow_promise *source, struct link *links);

/* Settles the target of a THEN link with `result` (taken), unless somebody settled it meanwhile; the link has ended. Not
   inside. */
void vow_link_settle(struct link *link, vow_value result, struct visit *visit);

/* Executes a popped link that is not plain, with RUNNING set. Inside, on entry and on return. */
void vow_link_execute(vow_promise *promise, struct link *link, struct visit *visit);

/* Replaces the value, with RUNNING set. Inside, on entry and on return. Without a visit, it is a firing of its own. */
void vow_promise_replace(vow_promise *promise, vow_value result, struct visit *visit);

/* As vow_promise_adopt; without a firing, it is one of its own. */
vow_status vow_promise_adopt_in(vow_promise *promise, vow_value adopted, struct firing *firing);

/* Sends a call of its own to `place`, where the next link runs: the call node is in use by a job. Inside on entry, left
   on return. */
void vow_promise_send_relay(vow_promise *promise, vow_scheduler *place);

/* `promise` takes over what `adopted` (a promise value, taken) gives. Not inside. */
vow_status vow_promise_adopt(vow_promise *promise, vow_value value, struct firing *firing);

/* The functions of a promise's call node. */
void vow_promise_call_run(struct vow_call *call);
void vow_promise_call_dropped(struct vow_call *call);

#endif
