/*
 * faults.c - scenarios with a fault, which the sweep has to find: in the library they would be a value that is lost when
 * a wait is canceled, and a context that is dropped a second time.
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

const struct scenario scenarios_with_faults[] = {
    {"loses a token", loses_a_token_where_it_is_canceled, false},
    {"drops twice", drops_twice_where_it_is_canceled, false},
    {NULL, NULL, false},
};
