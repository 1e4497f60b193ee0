/*
 * route.h - the table of a dispatcher: for each sender and name that anybody subscribed to, who did, oldest first.
 *
 * VOW_ANY_SENDER and VOW_ANY_MESSAGE are keys like others, so that up to four routes match a message. Everything here is
 * called under the dispatcher's lock.
 *
 * Invariant: a route in the table has a subscription.
 */
#ifndef VOW_MESSAGING_ROUTE_H
#define VOW_MESSAGING_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <vow/dispatcher.h>

struct route;

struct table {
    struct route *routes;
};

/* The routes that match a message: at most these. */
#define ROUTES_MATCHING 4

struct matching {
    vow_subscription *next[ROUTES_MATCHING]; /* of each route, what was not visited yet */
};

/* Appends `subscription` to its route, which is made where it is missing; false without memory. */
bool vow_route_add(struct table *table, const void *sender, const vow_name_handle *name,
                   vow_subscription *subscription);

/* Takes `subscription` out; false if it is in no route any more. */
bool vow_route_remove(struct table *table, vow_subscription *subscription);

/* The oldest subscription of exactly this route; NULL: there is none. The next ones follow by `next`. */
vow_subscription *vow_route_first(const struct table *table, const void *sender,
                                  const vow_name_handle *name);

/* Any subscription; NULL: the table is empty. */
vow_subscription *vow_route_any(const struct table *table);

/* Begins a visit of all who get a message, in the order in which they subscribed; the next one, or NULL. */
void vow_route_match(const struct table *table, const void *sender, const vow_name_handle *name,
                     struct matching *matching);
vow_subscription *vow_route_next(struct matching *matching);

#endif
