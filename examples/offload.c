/*
 * offload.c - a service on an event loop that gives its heavy work to a pool and stays ready for the next request.
 *
 * The boss and its workers without flags in shared memory: what a worker returns comes back to the loop's thread, so
 * that all the service's state belongs to one thread and needs no lock. The loop runs while the service waits for the
 * promises of its answers: so whatever goes wrong on the way to one of them ends the wait, too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

#define REQUESTS 4

struct service {
    vow_loop *loop;
    vow_pool *pool;
    int64_t answers[REQUESTS];
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
static vow_value answer(vow_value sum, void *ret_answer)
{
    *(int64_t *)ret_answer = vow_as_integer(sum);
    return vow_none();
}

/* Takes a request, and is ready for the next at once. */
static vow_promise *handle(struct service *service, int request)
{
    vow_promise *sum = vow_submit(vow_pool_scheduler(service->pool), sum_of_squares,
                                  vow_integer(1000 * (request + 1)), NULL);
    printf("request %d: taken\n", request);
    return vow_then(sum, answer, &service->answers[request]);
}

static int serve(struct service *service)
{
    vow_promise *answers[REQUESTS];
    for (int i = 0; i < REQUESTS; i++)
        answers[i] = handle(service, i);
    vow_value all =
        vow_await(vow_all(answers, REQUESTS), VOW_FOREVER); /* runs the loop meanwhile */
    bool failed = vow_is_error(all);
    if (failed)
        fprintf(stderr, "%s\n", vow_error_message(all));
    vow_release(all);
    if (failed)
        return 1;
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
