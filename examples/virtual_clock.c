/*
 * virtual_clock.c - the test of a client that is patient for minutes, in no time: it tries again after growing pauses, and gives
 * up a minute after it began.
 *
 * Time stands; the test moves it, looks, and moves it on. Each line begins with the second at which it happened.
 */
#include <stdio.h>
#include <vow.h>

enum { UNREACHABLE = VOW_USER };

static int64_t began;

static double seconds(void)
{
    return (double)(vow_now() - began) / 1e9;
}

/* The client ------------------------------------------------------------------------------------------------------- */

static vow_value connect_once(vow_value name, void *context)
{
    (void)context;
    printf("%7.3f  trying\n", seconds());
    if (vow_is_error(name)) /* there was no memory for it */
        return name;
    return vow_fail(UNREACHABLE, "%s cannot be reached", vow_as_text(name));
}

static bool is_unreachable(vow_value error, unsigned tries, void *context)
{
    (void)tries;
    (void)context;
    return vow_error_status(error) == UNREACHABLE;
}

static vow_promise *connect_patiently(const char *name)
{
    struct vow_retrying retrying = {
        .size = sizeof retrying, .pause = VOW_S(1), .growth = 2.5, .worth = is_unreachable};
    return vow_timeout(vow_retry(connect_once, vow_text(name), NULL, &retrying),
                       vow_after(VOW_S(60)));
}

/* Its test --------------------------------------------------------------------------------------------------------- */

static void move(vow_clock *clock, int64_t nanoseconds, vow_promise *connected)
{
    vow_clock_advance(clock, nanoseconds);
    printf("%7.3f  %s\n", seconds(),
           vow_state(connected) == VOW_PENDING ? "still trying" : "has given up");
}

int main(void)
{
    vow_clock *clock = vow_clock_new();
    if (clock == NULL || vow_clock_install(clock) != VOW_OK) {
        fprintf(stderr, "%s\n", vow_last_error());
        return 1;
    }
    began = vow_now();
    vow_promise *connected = connect_patiently("example.org");
    move(clock, VOW_S(4), connected);
    move(clock, VOW_S(60) - VOW_S(4) - 1, connected);
    move(clock, 1, connected);
    vow_value error = vow_await(connected, VOW_POLL);
    vow_status status = vow_error_status(error);
    if (status == VOW_TIMED_OUT)
        printf("%s\n", vow_status_text(status));
    else
        fprintf(stderr, "it gave up for another reason: %s\n", vow_error_message(error));
    vow_release(error);
    vow_clock_free(clock);
    return status == VOW_TIMED_OUT ? 0 : 1;
}
