/*
 * select.c - a desk that serves whoever comes first: orders by two channels, until both have ended, or the bell rings.
 *
 * Two jobs write orders, each to a channel without capacity: an order passes directly from hand to hand. The desk waits for
 * the first of three: an order from the counter, one by telephone, or a promise. A channel that is closed is a case
 * that happens as well; its status says so, and an empty case never happens again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

enum { COUNTER, TELEPHONE, BELL, CASES };

/* A job: orders 1 to the number that is its input. Gives how many the desk has taken. */
static vow_value place_orders(vow_value count, void *context)
{
    vow_writer *orders = context;
    int64_t placed = 0;
    while (placed < vow_as_integer(count) &&
           vow_write(orders, vow_integer(placed + 1), VOW_FOREVER) == VOW_OK)
        placed++;
    vow_writer_release(orders);
    return vow_integer(placed);
}

/* Serves until the bell rings, or nobody will come any more. False, with a sentence: it could not wait for them. */
static bool serve(vow_case *cases, int64_t *sums)
{
    size_t which;
    int open = 2;
    while (open > 0) {
        if (vow_select(cases, CASES, VOW_FOREVER, &which) != VOW_OK) {
            fprintf(stderr, "%s\n", vow_last_error());
            return false;
        }
        if (which == BELL)
            break;
        if (cases[which].status == VOW_OK) {
            sums[which] += vow_as_integer(cases[which].value);
        } else { /* closed: no more orders this way */
            cases[which] = (vow_case){.reader = NULL};
            open--;
        }
    }
    printf(open == 0 ? "all served\n" : "the bell rang\n");
    return true;
}

int main(void)
{
    vow_writer *writers[2];
    vow_reader *readers[2];
    vow_promise *bell, *customers[2];
    vow_deferred *rope = vow_deferred_new(&bell);
    static const int wanted[2] = {10, 100};
    int64_t sums[CASES] = {0};
    if (rope == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return 1;
    }
    for (int i = 0; i < 2; i++) {
        if (vow_channel_new(0, NULL, &writers[i], &readers[i]) != VOW_OK) {
            fprintf(stderr, "%s\n", vow_last_error());
            return 1;
        }
        customers[i] = vow_submit(NULL, place_orders, vow_integer(wanted[i]), writers[i]);
        if (vow_state(customers[i]) == VOW_REJECTED) /* it was refused, and will not release it */
            vow_writer_release(writers[i]);
    }

    vow_case cases[CASES] = {
        vow_case_read(readers[COUNTER]),
        vow_case_read(readers[TELEPHONE]),
        vow_case_promise(bell),
    };
    bool well = serve(cases, sums);
    printf("counter: %" PRId64 "\ntelephone: %" PRId64 "\n", sums[COUNTER], sums[TELEPHONE]);

    vow_resolve(rope, vow_none());
    vow_deferred_release(rope);
    cases[COUNTER] = (vow_case){.reader = NULL};
    cases[TELEPHONE] = cases[COUNTER];
    well &= serve(cases, sums);

    vow_reader_release(readers[COUNTER]); /* the desk has shut: who still waits is told */
    vow_reader_release(readers[TELEPHONE]);
    for (int i = 0; i < 2; i++) {
        vow_value placed = vow_await(customers[i], VOW_FOREVER);
        if (vow_as_integer(placed) != wanted[i]) {
            fprintf(stderr, "not all of %d orders were placed\n", wanted[i]);
            well = false;
        }
        vow_release(placed);
    }
    vow_promise_release(bell);
    return well ? 0 : 1;
}
