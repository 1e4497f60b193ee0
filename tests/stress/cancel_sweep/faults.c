/*
 * faults.c - scenarios with a fault, which the sweep has to find: in the library they would be a value that is lost when
 * a wait is canceled, a context that is dropped a second time, one that is dropped in the place of another one, and a
 * status that should not be.
 */
#include "cancel_sweep.h"

vow_value faulty_token;

static void loses_a_token_where_it_is_canceled(void)
{
    vow_value held = token();
    (void)vow_sleep(MOMENT);
    if (vow_sleep(MOMENT) == VOW_OK)
        vow_release(held);
    else
        faulty_token = held; /* where it is found again, for the leak checkers' sake */
}

static void drops_twice_where_it_is_canceled(void)
{
    void *context = token_context();
    if (vow_sleep(MOMENT) != VOW_OK)
        drop_token(context);
    drop_token(context);
}

/* In sum as many are dropped as were made. */
static void drops_one_twice_and_another_never(void)
{
    void *contexts[] = {token_context(), token_context()};
    bool canceled = vow_sleep(MOMENT) != VOW_OK;
    drop_token(contexts[0]);
    drop_token(contexts[canceled ? 0 : 1]);
}

static void requires_what_is_not_so(void)
{
    require(vow_sleep(MOMENT) == VOW_TIMED_OUT);
}

const struct scenario scenarios_with_faults[] = {
    {"loses a token", loses_a_token_where_it_is_canceled, false},
    {"drops twice", drops_twice_where_it_is_canceled, false},
    {"drops one twice and another never", drops_one_twice_and_another_never, false},
    {"requires what is not so", requires_what_is_not_so, false},
    {NULL, NULL, false},
};
