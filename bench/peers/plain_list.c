/**
 * bench/peers/plain_list.c - a promise as a singly linked list of callbacks, each with memory from
 * malloc.
 *
 * It stands in a file of its own so that the compiler calls it as it would call a library.
 */
#include "plain_list.h"

#include <stddef.h>
#include <stdlib.h>

struct link {
    struct link *next;
    plain_callback *callback;
    void *context;
};

struct plain_promise {
    struct link *first;
    struct link **end;
    int64_t value;
    int references;
};

struct plain_promise *plain_promise_new(void)
{
    struct plain_promise *promise = malloc(sizeof *promise);
    if (promise == NULL)
        return NULL;
    *promise = (struct plain_promise){.end = &promise->first, .references = 2};
    return promise;
}

void plain_promise_add(struct plain_promise *promise, plain_callback *callback, void *context)
{
    struct link *link = malloc(sizeof *link);
    if (link == NULL)
        abort();
    *link = (struct link){.callback = callback, .context = context};
    *promise->end = link;
    promise->end = &link->next;
}

void plain_promise_fire(struct plain_promise *promise, int64_t value)
{
    while (promise->first != NULL) {
        struct link *link = promise->first;
        value = link->callback(value, link->context);
        promise->first = link->next;
        free(link);
    }
    promise->value = value;
    promise->end = &promise->first;
}

void plain_promise_release(struct plain_promise *promise)
{
    if (--promise->references == 0)
        free(promise);
}
