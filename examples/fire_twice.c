/*
 * fire_twice.c - a deferred fires once; but callbacks may be added afterwards, and go on from where the last one left.
 *
 * The port of Twisted's "Firing Deferreds more than once is impossible". Its AlreadyCalledError is a status here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

static vow_value add_one(vow_value number, void *context)
{
    (void)context;
    printf("got %" PRId64 "\n", vow_as_integer(number));
    return vow_integer(vow_as_integer(number) + 1);
}

static void tell(const char *what, vow_status status)
{
    printf("%s: %s\n", what, status == VOW_OK ? "done" : vow_status_text(status));
}

int main(void)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    if (deferred == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return 1;
    }
    promise = vow_add_callback(promise, add_one, NULL);

    tell("resolve", vow_resolve(deferred, vow_integer(1)));
    tell("resolve again", vow_resolve(deferred, vow_integer(100)));
    tell("reject", vow_reject(deferred, vow_fail(VOW_USER, "too late")));
    vow_deferred_release(deferred);

    promise = vow_add_callback(promise, add_one, NULL);
    promise = vow_add_callback(promise, add_one, NULL);
    vow_value last = vow_await(promise, VOW_POLL); /* it is there */
    bool well = !vow_is_error(last);
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(last));
    vow_release(last);
    return well ? 0 : 1;
}
