/*
 * route.c - the table of a dispatcher (route.h).
 */
#include "messaging/route.h"

#include "base/object.h"
#include "base/table.h"
#include "messaging/subscription.h"

struct key {
    const void *sender;
    const vow_name_handle *name;
};

struct route {
    struct key key;
    vow_subscription *first, *last;
    UT_hash_handle hh;
};

/* NOLINTBEGIN(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult): uthash's macros are long */

static struct route *find(const struct table *table, const void *sender,
                          const vow_name_handle *name)
{
    struct key key = {sender, name};
    struct route *route = NULL;

    HASH_FIND(hh, table->routes, &key, sizeof key, route);
    return route;
}

static struct route *route_new(struct table *table, const void *sender, const vow_name_handle *name)
{
    bool table_full = false;
    struct route *route = vow_object_new(sizeof *route);

    if (route == NULL)
        return NULL;
    *route = (struct route){.key = {sender, name}};
    HASH_ADD(hh, table->routes, key, sizeof route->key, route);
    if (!table_full)
        return route;
    vow_object_delete(route, sizeof *route);
    return NULL;
}

bool vow_route_add(struct table *table, const void *sender, const vow_name_handle *name,
                   vow_subscription *subscription)
{
    struct route *route = find(table, sender, name);

    if (route == NULL)
        route = route_new(table, sender, name);
    if (route == NULL)
        return false;
    subscription->route = route;
    subscription->next = NULL;
    subscription->former = route->last;
    if (route->last != NULL)
        route->last->next = subscription;
    else
        route->first = subscription;
    route->last = subscription;
    return true;
}

bool vow_route_remove(struct table *table, vow_subscription *subscription)
{
    struct route *route = subscription->route;
    vow_subscription *next = subscription->next;
    vow_subscription *former = subscription->former;

    if (route == NULL)
        return false;
    subscription->route = NULL;
    *(former != NULL ? &former->next : &route->first) = next;
    *(next != NULL ? &next->former : &route->last) = former;
    if (route->first == NULL) {
        HASH_DEL(table->routes, route);
        vow_object_delete(route, sizeof *route);
    }
    return true;
}

/* NOLINTEND(readability-function-size,clang-analyzer-core.UndefinedBinaryOperatorResult) */

vow_subscription *vow_route_first(const struct table *table, const void *sender,
                                  const vow_name_handle *name)
{
    struct route *route = find(table, sender, name);

    return route != NULL ? route->first : NULL;
}

vow_subscription *vow_route_any(const struct table *table)
{
    return table->routes != NULL ? table->routes->first : NULL;
}

void vow_route_match(const struct table *table, const void *sender, const vow_name_handle *name,
                     struct matching *matching)
{
    /* nobody is a sender whom only those to every sender hear: the first two are the last two then */
    bool somebody = sender != VOW_ANY_SENDER;

    matching->next[0] = somebody ? vow_route_first(table, sender, name) : NULL;
    matching->next[1] = somebody ? vow_route_first(table, sender, VOW_ANY_MESSAGE) : NULL;
    matching->next[2] = vow_route_first(table, VOW_ANY_SENDER, name);
    matching->next[3] = vow_route_first(table, VOW_ANY_SENDER, VOW_ANY_MESSAGE);
}

vow_subscription *vow_route_next(struct matching *matching)
{
    vow_subscription **oldest = NULL;

    for (int i = 0; i < ROUTES_MATCHING; i++) {
        vow_subscription *next = matching->next[i];
        if (next != NULL && (oldest == NULL || next->serial < (*oldest)->serial))
            oldest = &matching->next[i];
    }
    if (oldest == NULL)
        return NULL;
    vow_subscription *found = *oldest;
    *oldest = found->next;
    return found;
}
