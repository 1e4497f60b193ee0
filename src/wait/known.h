/*
 * known.h - waits that all threads know of, and rings among them: how deadlocks are found.
 *
 * Nothing is done as long as anything moves. A thread that has had nothing to do for vow_known_grace has the waits that began
 * on it looked at (vow_known_learn): those that could be part of a ring are entered into one table, under one lock. There
 * they stay until they are woken.
 *
 *   a wait is for a promise; the promise comes from a *producer*: a job that has begun, or whoever runs the
 *   promise's links; a known wait has *keys*: the promises that cannot go on before it ends
 *
 *        wait W1 --root--> key of W2 --root--> key of W3 --root--> key of W1: a ring
 *
 * Roots are found by a hook of control's (vow_known_follow): from the promise that is waited for inwards, to what it
 * adopts or is derived from, to one that is a key or may become one. So each ring is found when the last of its waits
 * becomes known, whatever their order.
 *
 * Proof. A wait in a ring must not be given DEADLOCK unless nothing but a cancel could end it. Let W1 ... Wn be in the
 * table, all of them WAITING, without deadlines. While the lock is held
 *   a. none of their lines goes on, even if it is claimed: who is woken has to leave the table before;
 *   b. so no job among the keys ends, and none of the runners goes on: keys stay true;
 *   c. outcomes change once: W that is WAITING at the end was so all the time.
 * What is left are the steps from an awaited promise to its root. They are walked twice; all that is seen is held, so that
 * no address comes back in another role. An edge that is gone can come back only after its target has settled, which a
 * and b exclude, or was canceled, and that is for ever. So edges that are there in both walks were all there between the
 * two, at one moment, and that is a deadlock: each wait in it, and each job, needs another one to go first.
 *
 * One wait of the ring gets DEADLOCK; what its job makes of that reaches the others as any error does.
 *
 * Not found: a ring that is closed by firing a deferred with a promise while all its waits are known; rings through
 * locks, which do not know their holders; waits whose thread is never idle; rings with more steps than a trail holds at first,
 * three times walked, when there is no memory for more: their waits are not looked at again. Those with deadlines end by themselves.
 *
 * Invariants
 * 1. Everything in the table is guarded by the lock; so is the claim of DEADLOCK. Locks of promises are taken under it, and
 *    never the other way round. Users' code does not run under it.
 * 2. A waiter is in the table exactly while its notice is WAITER_KNOWN and it is not awake. Its own thread enters it and
 *    takes it out, so that its memory can be read under the lock.
 * 3. While it is in the table, the keys of its job and of the links that it is in the middle of are, too; but for those that
 *    an outer wait of the same stack is in the middle of: they are that one's.
 * 4. Of waits that do not park, the thread's last one ends first: while one is under way, its stack does not park.
 */
#ifndef VOW_WAIT_KNOWN_H
#define VOW_WAIT_KNOWN_H

#include "wait/waiter.h"
#include <stddef.h>

#define KNOWN_TEXT 240u

extern int64_t vow_known_grace; /* 1 ms; tests are less patient */

struct carrier;
struct known;

/* A promise that cannot go on before a wait ends. */
struct known_key {
    const void *promise; /* NULL: none; it is no key */
    struct known *known;
    struct known_key *next;
    struct known_key **link; /* NULL: it is not in the table */
};

/* Something under way in this line that others may depend on (a firing with promises still to be run): a wait has it
   handed over before the line stops. Innermost in vow_locals.firing. */
struct interrupted {
    void (*hand_over)(struct interrupted *self);
    struct interrupted *outer;
    struct known_key running; /* whose links it runs; its other members are the table's */
};

struct known {
    struct waiter *waiter;
    struct line *line; /* NULL: the thread's own */
    struct known *next;
    struct known **link;
    struct known_key job; /* the promise of the job that waits */
    struct interrupted *firing;
    struct interrupted *firing_end; /* the first one that is an outer wait's; NULL: none is */
    const void *owner;              /* the line's */
    const void *root;               /* only compared: it may be gone */
    uint64_t walk;                  /* which walk came by here last */
    struct known *victim;           /* in the list of those that were claimed */
    char text[KNOWN_TEXT];
};

/* A wait of the thread itself, outside of lines or in one that hosts no other. */
struct outside {
    struct waiter *waiter;
    const void *owner;
    struct running_job *job;
    struct interrupted *firing;
    struct outside *outer;
    struct outside *within; /* the next outer one of the same stack; NULL: none */
    struct known known;
};

/* What was seen on the way to roots, held. */
struct trail {
    void **held;
    size_t count;
    size_t room;
    void *first[16];
};

/* Control's. Under the lock: the root of `promise`, whose producer decides its fate; NULL: it comes from outside, or there
   was no memory for the trail. */
extern const void *(*vow_known_follow)(void *promise, struct trail *trail);

/* Gives back what a trail holds. Not under the lock. */
extern void (*vow_known_release)(void *held);

/* Makes room for one more. False without memory. */
bool vow_trail_reserve(struct trail *trail);

/* Puts `held`, a reference, on the trail, where there is room. */
static inline void vow_trail_add(struct trail *trail, void *held)
{
    trail->held[trail->count++] = held;
}

/* Under the lock: whether a known wait has this key. */
bool vow_known_has(const void *promise);

/* The carrier's thread, outside of lines, before it sleeps: whether there are waits to be looked at. */
bool vow_known_has_news(struct carrier *carrier);

/* The carrier's thread, after it has slept for vow_known_grace in vain: looks at them. Gives whether something of the thread's
   own has been woken. */
bool vow_known_learn(struct carrier *carrier);

/* From waiter.c: a known waiter is awake. Its thread. */
void vow_known_awake(struct waiter *waiter);

/* The thread's: begins and ends a wait of its own; `owner` as a line's. */
void vow_known_outside_begin(struct outside *outside, struct waiter *waiter, const void *owner);
void vow_known_outside_end(struct outside *outside);

/* All waits are to be entered, whether they may be in rings or not; and not any more. Threads that sleep have to be woken
   for it. Any thread. */
void vow_known_want_all(bool wanted);

/* Any thread: writes which functions known waits of `owner` are in ("2 in vow_wait, 1 in vow_mutex_lock for 0x55…"), and gives how
   many there are. */
size_t vow_known_report(const void *owner, char *buffer, size_t size);

/* Any thread: claims, with DEADLOCK, all known waits that are for something of others; if there are none, those for others'
   ends. They are to be woken; their sentences say who else waited, and in what. */
struct known *vow_known_end_all(void);

/* Wakes what was claimed. Gives whether some of it is `own`. */
bool vow_known_wake(struct known *claimed, const struct carrier *own);

/* The sentence of a waiter that was given DEADLOCK, as long as its line, or `struct outside`, is there. */
const char *vow_known_text(const struct waiter *waiter);

#endif
