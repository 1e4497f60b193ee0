/*
 * foreign_promise.c - orders of a kitchen that knows nothing of vow, as promises.
 *
 * The kitchen is another library: its orders are counted, and call one function back from the cook's thread. Three short
 * functions tell vow how an order says that it is done, how it is called off, and how it is given back; from then on
 * orders are chained, gathered and waited for like everything else.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vow.h>

/* The kitchen ------------------------------------------------------------------------------------------------------------- */

typedef void served_function(const char *plate, void *user);

struct order {
    int references; /* under the kitchen's lock, as all here */
    const char *dish;
    served_function *served;
    void *user;
    struct order *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct order *orders;
static pthread_t cook;

static struct order *order_new(const char *dish)
{
    struct order *order = calloc(1, sizeof *order);
    if (order != NULL)
        *order = (struct order){.references = 1, .dish = dish};
    return order;
}

static void order_release(struct order *order)
{
    pthread_mutex_lock(&lock);
    bool last = --order->references == 0;
    pthread_mutex_unlock(&lock);
    if (last)
        free(order);
}

/* Hands it in: the cook will call `served` back. */
static int order_begin(struct order *order, served_function *served, void *user)
{
    struct order **end = &orders;
    if (strcmp(order->dish, "soup") == 0)
        return -1; /* it is out */
    pthread_mutex_lock(&lock);
    order->references++;
    order->served = served;
    order->user = user;
    while (*end != NULL)
        end = &(*end)->next;
    *end = order;
    pthread_mutex_unlock(&lock);
    return 0;
}

/* Takes the first order, or this one, out of the list; NULL: it is not there. */
static struct order *take(const struct order *wanted)
{
    struct order **link = &orders;
    pthread_mutex_lock(&lock);
    while (*link != NULL && wanted != NULL && *link != wanted)
        link = &(*link)->next;
    struct order *order = *link;
    if (order != NULL)
        *link = order->next;
    pthread_mutex_unlock(&lock);
    return order;
}

static void *cook_all(void *context)
{
    struct order *order;
    (void)context;
    while ((order = take(NULL)) != NULL) {
        char plate[64];
        (void)snprintf(plate, sizeof plate, "a plate of %s", order->dish);
        order->served(plate, order->user);
        order_release(order);
    }
    return NULL;
}

/* What vow has to know of it ---------------------------------------------------------------------------------------------- */

static void served(const char *plate, void *user)
{
    (void)vow_fire(user, vow_text(plate));
}

static vow_value subscribe(void *object, vow_deferred *deferred)
{
    struct order *order = object;
    if (order_begin(order, served, vow_deferred_retain(deferred)) == 0)
        return vow_none();
    vow_deferred_release(deferred); /* the one that nobody keeps now */
    return vow_fail(VOW_USER, "there is no %s today", order->dish);
}

static void call_off(void *object)
{
    struct order *order = take(object);
    if (order == NULL)
        return; /* it is being cooked */
    vow_deferred_release(order->user);
    order_release(order);
}

static void give_back(void *object)
{
    order_release(object);
}

static const struct vow_foreign_ops order_ops = {
    .size = sizeof order_ops, .then = subscribe, .cancel = call_off, .drop = give_back};

static vow_promise *dish(const char *name)
{
    struct order *order = order_new(name);
    if (order == NULL)
        return vow_failed(vow_fail_errno("%s", name));
    return vow_foreign(&order_ops, order);
}

/* A meal ------------------------------------------------------------------------------------------------------------------- */

static vow_value then_cake(vow_value plate, void *context)
{
    (void)context;
    printf("%s\n", vow_as_text(plate));
    return vow_promise_value(dish("cake")); /* is waited for */
}

static vow_value pasta_instead(vow_value error, void *context)
{
    (void)context;
    if (!vow_error_is(error, VOW_USER)) /* not for want of soup */
        return error;
    printf("%s\n", vow_error_message(error));
    return vow_promise_value(dish("pasta"));
}

/* False, with a sentence: neither a plate, nor called off. */
static bool serve(vow_promise *promise)
{
    vow_value plate = vow_await(promise, VOW_FOREVER);
    vow_status status = vow_error_status(plate);
    bool well = status == VOW_OK || status == VOW_CANCELED;
    if (well)
        printf("%s\n", status == VOW_OK ? vow_as_text(plate) : vow_status_text(status));
    else
        fprintf(stderr, "%s\n", vow_error_message(plate));
    vow_release(plate);
    return well;
}

int main(void)
{
    vow_promise *fish = dish("fish");
    vow_promise *meal = vow_catch(dish("soup"), pasta_instead, NULL);
    vow_cancel(fish);
    bool well = serve(fish);
    bool cooks = pthread_create(&cook, NULL, cook_all, NULL) == 0;
    if (!cooks)
        (void)cook_all(NULL); /* the cook is ill: we cook ourselves */
    well &= serve(meal);
    if (cooks)
        pthread_join(cook, NULL);

    meal = vow_then(dish("bread"), then_cake, NULL);
    (void)cook_all(NULL); /* on this thread: a foreign promise does not mind */
    well &= serve(meal);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
