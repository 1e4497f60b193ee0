/*
 * async_function.c - asynchronous functions, as in Concert: a call gives a future at once; the caller asks whether it is
 * done, waits for one or for all, takes the result; an error that is raised inside comes out of the wait.
 *
 * The future is a promise. On immediate, as here, the functions run by turns on main's own thread; with a pool as the
 * first argument of vow_spawn they run on its workers, and nothing else changes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

/* The function itself: straight code, which waits where it has to. */
static vow_value square_slowly(vow_value number, void *context)
{
    (void)context;
    int64_t n = vow_as_integer(number);
    vow_status status = vow_sleep(VOW_MS(2 + n));
    if (status != VOW_OK)
        return vow_fail(status, "%s", vow_last_error());
    if (n == 13)
        return vow_fail(VOW_USER, "%" PRId64 " brings bad luck", n); /* raise */
    return vow_integer(n * n);
}

/* What callers see. */
static vow_promise *square(int64_t number)
{
    return vow_spawn(vow_immediate(), square_slowly, vow_integer(number), NULL);
}

static vow_value sum_of_squares(vow_value input, void *context)
{
    (void)context;
    vow_promise *three = square(3); /* both are under way at the same time */
    vow_promise *four = square(4);
    vow_value nine = vow_await(three, VOW_FOREVER);
    vow_value sixteen = vow_await(four, VOW_FOREVER);
    if (vow_is_error(nine) || vow_is_error(sixteen))
        return vow_is_error(nine) ? nine : sixteen;
    (void)input;
    return vow_integer(vow_as_integer(nine) + vow_as_integer(sixteen));
}

/* False, with a sentence: what failed is not the function, but what it needs. */
static bool print(const char *what, vow_value result)
{
    bool well = !vow_is_error(result) || vow_error_is(result, VOW_USER);
    if (!well)
        fprintf(stderr, "%s: %s\n", what, vow_error_message(result));
    else if (vow_is_error(result))
        printf("%s: raised \"%s\"\n", what, vow_error_message(result));
    else
        printf("%s: %" PRId64 "\n", what, vow_as_integer(result));
    vow_release(result);
    return well;
}

int main(void)
{
    vow_promise *future = square(5);
    if (vow_state(future) == VOW_FULFILLED)
        fprintf(stderr, "there was no stack for it: it has come to its end before this goes on\n");
    printf("done: %s\n", vow_state(future) == VOW_PENDING ? "not yet" : "yes");
    bool well = print("square(5)", vow_await(future, VOW_FOREVER));

    vow_promise *several[3] = {square(1), square(2), square(3)};
    if (vow_wait_all(several, 3, vow_after(VOW_S(60))) != VOW_OK) {
        fprintf(stderr, "%s\n", vow_last_error());
        return 1;
    }
    for (int i = 0; i < 3; i++)
        well &= print("of three", vow_await(several[i], VOW_POLL)); /* they are there */

    well &= print("one asynchronous function that uses another",
                  vow_await(vow_spawn(NULL, sum_of_squares, vow_none(), NULL), VOW_FOREVER));
    well &= print("square(13)", vow_await(square(13), VOW_FOREVER));
    return well ? 0 : 1;
}
