/*
 * inbox.h - calls that other threads hand to one: a lock-free stack that knows whether its owner sleeps.
 *
 * Any thread pushes; one thread (the owner) takes everything at once and turns it round, so that calls come out
 * in the order in which they were pushed. The head is the whole state:
 *
 *   NULL            empty, and the owner will look again before it sleeps
 *   INBOX_SLEEPING  empty, and the owner sleeps or is about to: who replaces this mark must wake it
 *   INBOX_CLOSED    nothing is taken any more
 *   else            the call pushed last
 *
 *               push                    take                     push (the pusher wakes)
 *      NULL ----------> calls ... ----------------> NULL     SLEEPING -------> calls
 *      NULL --sleep--> SLEEPING --wake up--> NULL            any --close--> CLOSED
 *
 * Invariants
 * 1. Only the owner changes NULL to SLEEPING, and does so as its last look: a push before it makes the change
 *    fail, a push after it sees the mark. No wake-up is lost and no fence is needed: it is one word.
 * 2. A push that returns INBOX_REFUSED has left the call untouched; it is its maker's again.
 *
 * Model-checked, with the sleep of its owner: tests/models/inbox.cc.
 */
#ifndef VOW_EXECUTION_INBOX_H
#define VOW_EXECUTION_INBOX_H

#include "base/platform.h"
#include <stdbool.h>
#include <vow/scheduler.h>

struct inbox {
    _Atomic(struct vow_call *) head;
};

enum inbox_push { INBOX_TAKEN, INBOX_WAKE, INBOX_REFUSED };

extern struct vow_call vow_inbox_marks[2];
#define INBOX_SLEEPING (&vow_inbox_marks[0])
#define INBOX_CLOSED (&vow_inbox_marks[1])

/* Any thread. INBOX_WAKE: taken, and the caller has to wake the owner. */
static inline enum inbox_push vow_inbox_push(struct inbox *inbox, struct vow_call *call)
{
    /* relaxed: a guess that the exchange checks */
    struct vow_call *head = atomic_load_explicit(&inbox->head, memory_order_relaxed);
    do {
        if (head == INBOX_CLOSED)
            return INBOX_REFUSED;
        call->next = head == INBOX_SLEEPING ? NULL : head;
        /* I1 release: pairs with I2, publishes the call and all that its maker wrote. seq_cst, because libuv's
           wake-up flag is read relaxed after it */
    } while (!atomic_compare_exchange_weak_explicit(&inbox->head, &head, call, memory_order_seq_cst,
                                                    memory_order_relaxed));
    return head == INBOX_SLEEPING ? INBOX_WAKE : INBOX_TAKEN;
}

/* Turns a list round. */
static inline struct vow_call *vow_inbox_in_order(struct vow_call *newest)
{
    struct vow_call *oldest = NULL;
    while (newest != NULL) {
        struct vow_call *next = newest->next;
        /* what lies behind the call was written on another processor, too, and is needed soon */
        vow_ask_to_write((const char *)newest + VOW_CACHE_LINE);
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* The owner: whether something is there to take. */
static inline bool vow_inbox_waiting(const struct inbox *inbox)
{
    /* relaxed: take acquires */
    struct vow_call *head = atomic_load_explicit(&inbox->head, memory_order_relaxed);
    return head != NULL && head != INBOX_SLEEPING && head != INBOX_CLOSED;
}

/* The owner: all calls, oldest first, or NULL. Leaves the inbox empty and awake. */
static inline struct vow_call *vow_inbox_take(struct inbox *inbox)
{
    /* relaxed: only the owner writes the marks, and an empty look needs no order */
    struct vow_call *head = atomic_load_explicit(&inbox->head, memory_order_relaxed);
    if (head == NULL || head == INBOX_CLOSED)
        return NULL;
    /* I2 acquire: pairs with I1 */
    head = atomic_exchange_explicit(&inbox->head, NULL, memory_order_acquire);
    return head == INBOX_SLEEPING ? NULL : vow_inbox_in_order(head);
}

/* The owner: marks that it will sleep. False if there is something to take instead. A mark that is still there from the last
   time is made anew: who replaces it then comes after what the owner did before (the bell that it cleared). */
static inline bool vow_inbox_sleep(struct inbox *inbox)
{
    /* relaxed: the exchange checks */
    struct vow_call *head = atomic_load_explicit(&inbox->head, memory_order_relaxed);
    if (head != NULL && head != INBOX_SLEEPING)
        return false;
    /* I3 seq_cst: the last look (invariant 1); pairs with I1 */
    return atomic_compare_exchange_strong_explicit(&inbox->head, &head, INBOX_SLEEPING,
                                                   memory_order_seq_cst, memory_order_relaxed);
}

/* The owner: refuses pushes from now on. False, and nothing has changed, if there is something to take. */
static inline bool vow_inbox_close_empty(struct inbox *inbox)
{
    /* relaxed: the exchange checks */
    struct vow_call *head = atomic_load_explicit(&inbox->head, memory_order_relaxed);
    if (head != NULL && head != INBOX_SLEEPING)
        return false;
    /* relaxed, both: nothing is taken, and who is refused reads nothing of ours */
    return atomic_compare_exchange_strong_explicit(&inbox->head, &head, INBOX_CLOSED,
                                                   memory_order_relaxed, memory_order_relaxed);
}

/* The owner, once: refuses pushes from now on. Gives what was left, oldest first. */
static inline struct vow_call *vow_inbox_close(struct inbox *inbox)
{
    struct vow_call *head =
        atomic_exchange_explicit(&inbox->head, INBOX_CLOSED, memory_order_acq_rel); /* as I2 */
    return head == INBOX_SLEEPING || head == INBOX_CLOSED ? NULL : vow_inbox_in_order(head);
}

#endif
