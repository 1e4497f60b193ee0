/*
 * offload.c - a service on an event loop that gives its heavy work to a pool and stays ready for the next request.
 *
 * The boss and its workers without flags in shared memory: what a worker returns comes back to the loop's thread, so
 * that all the service's state belongs to one thread and needs no lock.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

#define REQUESTS 4

struct service {
    vow_loop *loop;
    vow_pool *pool;
    int64_t answers[REQUESTS];
    int failed;
    int waiting;
};

struct request {
    struct service *service;
    int number;
};

/* On a worker: heavy, and knows nothing of the service. */
static vow_value sum_of_squares(vow_value input, void *context)
{
    (void)context;
    int64_t sum = 0;
    for (int64_t i = 1; i <= vow_as_integer(input); i++)
        sum += i * i;
    return vow_integer(sum);
}

/* On the loop, in the order in which the answers come. */
static vow_value answer(vow_value sum, void *context)
{
    struct request *request = context;
    request->service->answers[request->number] = vow_as_integer(sum);
    return vow_none();
}

/* On the loop, whatever came. */
static vow_value done(vow_value result, void *context)
{
    struct service *service = ((struct request *)context)->service;
    service->failed += vow_is_error(result);
    if (--service->waiting == 0)
        vow_loop_stop(service->loop);
    return vow_none();
}

/* On the loop: takes a request, and is ready for the next at once. */
static void handle(struct request *request)
{
    struct service *service = request->service;
    vow_promise *sum = vow_submit(vow_pool_scheduler(service->pool), sum_of_squares,
                                  vow_integer(1000 * (request->number + 1)), NULL);
    printf("request %d: taken\n", request->number);
    service->waiting++;
    sum = vow_add_callback(sum, answer, request);
    vow_promise_release(vow_add_both(sum, done, request));
}

static int serve(struct service *service)
{
    struct request requests[REQUESTS];
    for (int i = 0; i < REQUESTS; i++) {
        requests[i] = (struct request){service, i};
        handle(&requests[i]);
    }
    if (vow_loop_run(service->loop) != VOW_OK || service->failed > 0) {
        fprintf(stderr, "%d failed: %s\n", service->failed, vow_last_error());
        return 1;
    }
    for (int i = 0; i < REQUESTS; i++)
        printf("request %d: %" PRId64 "\n", i, service->answers[i]);
    return 0;
}

int main(void)
{
    int status = 1;
    struct service service = {
        .loop = vow_loop_new(NULL),
        .pool = vow_pool_new(VOW_EVERY_CPU, NULL),
    };
    if (service.loop != NULL && service.pool != NULL)
        status = serve(&service);
    else
        fprintf(stderr, "%s\n", vow_last_error());
    vow_pool_free(service.pool);
    vow_loop_free(service.loop);
    return status;
}
