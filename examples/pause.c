/*
 * pause.c - hold a promise while its callbacks are added.
 *
 * The port of Twisted's "Synchronous callback execution": a promise that has its result already may run a callback
 * as soon as it is added. Where callbacks share state that must be complete first, pause; and whoever pauses must
 * unpause.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

static vow_value serve(vow_value guests, void *plates)
{
    int64_t missing = vow_as_integer(guests) - *(int64_t *)plates;
    printf("  serving %" PRId64 " guests, %" PRId64 " plates are missing\n", vow_as_integer(guests),
           missing);
    return guests;
}

int main(void)
{
    int64_t plates = 0;
    vow_promise *guests = vow_succeeded(vow_integer(3));

    printf("not paused:\n");
    guests = vow_add_callback(guests, serve, &plates); /* runs here */
    plates = 3;
    printf("  the plates are there\n");

    plates = 0;
    printf("paused:\n");
    if (vow_pause(guests) != VOW_OK) {
        fprintf(stderr, "%s\n", vow_last_error());
        return 1;
    }
    guests = vow_add_callback(guests, serve, &plates);
    plates = 3;
    printf("  the plates are there\n");
    vow_unpause(guests); /* and here */

    vow_promise_release(guests);
    return 0;
}
