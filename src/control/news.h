/*
 * news.h - the pieces of progress of each promise that have not been told yet, in the order in which they were sent.
 *
 * A promise is NOTIFIED while it has any. The first one is its head: it is being told, or on its way to the home, and
 * the others follow it.
 */
#ifndef VOW_CONTROL_NEWS_H
#define VOW_CONTROL_NEWS_H

#include "control/promise.h"

/* In memory of the caller's; intrusive. */
struct news {
    vow_promise *promise;        /* the caller's reference */
    struct news *next;           /* of the same promise */
    struct news *last;           /* of a head: the last one, itself perhaps */
    struct news *next_in_bucket; /* of a head: another promise's */
};

/* Any thread. True: it is the head, which the caller brings to the home. False: it may be gone already. */
bool vow_news_append(struct news *news, vow_promise *promise);

/* Inside, when the head has been told, or dropped: takes it out. Gives the next one, the head from now on; NULL: there is
   none, and the promise is NOTIFIED no more. */
struct news *vow_news_next(struct news *head);

#endif
