/*
 * boss_polling.c - three calls at once, twice: with threads that set flags, and a boss who looks at them again and again;
 * then with promises.
 *
 * The first half is where people come from: a flag for each call, memory that is shared, a loop that keeps a processor busy
 * while nothing happens, and a handler that runs when the boss comes round. In the second half each handler is named where
 * its call is made. It runs in the boss's thread as well, while that waits, and nobody looks at anything.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <vow.h>

enum { CALLS = 3 };

/* The call: finds out how many steps the Collatz sequence of a number takes. */
static int steps_from(int64_t number)
{
    int steps = 0;
    for (; number != 1; steps++)
        number = number % 2 == 0 ? number / 2 : 3 * number + 1;
    return steps;
}

static const int64_t numbers[CALLS] = {27, 97, 871};

/* With flags --------------------------------------------------------------------------------------------------------------- */

static int
    answers[CALLS]; /* written by a thread before it sets the flag, read by the boss after that */
static atomic_bool flags[CALLS];

static void *get_data(void *context)
{
    int id = *(int *)context;
    answers[id] = steps_from(numbers[id]);
    atomic_store(&flags[id], true);
    return NULL;
}

/* The boss's handler; one for all is enough here. */
static void handle_data(int id, int steps, int *handled)
{
    handled[id] = steps;
}

static bool boss_polls(int *handled)
{
    static int ids[CALLS] = {0, 1, 2};
    pthread_t threads[CALLS];
    int begun = 0;
    while (begun < CALLS && pthread_create(&threads[begun], NULL, get_data, &ids[begun]) == 0)
        begun++;
    for (int left = begun; left > 0; sched_yield())
        for (int id = 0; id < CALLS; id++)
            if (atomic_exchange(&flags[id], false)) {
                handle_data(id, answers[id], handled);
                left--;
            }
    for (int id = 0; id < begun; id++)
        pthread_join(threads[id], NULL);
    if (begun < CALLS)
        fprintf(stderr, "there are threads for %d calls only\n", begun);
    return begun == CALLS;
}

/* With promises ------------------------------------------------------------------------------------------------------------ */

static vow_value count_steps(vow_value number, void *context)
{
    (void)context;
    return vow_integer(steps_from(vow_as_integer(number)));
}

static vow_value handle_steps(vow_value steps, void *handled)
{
    *(int *)handled = (int)vow_as_integer(steps);
    return vow_none();
}

static vow_status boss_waits(int *handled)
{
    vow_promise *done[CALLS];
    for (int id = 0; id < CALLS; id++)
        done[id] = vow_then(vow_submit(NULL, count_steps, vow_integer(numbers[id]), NULL),
                            handle_steps, &handled[id]);
    vow_status status = VOW_OK;
    for (int id = 0; id < CALLS;
         id++) { /* for each, whatever became of the others: they write to `handled` */
        vow_value value = vow_await(done[id], VOW_FOREVER);
        if (vow_is_error(value)) {
            fprintf(stderr, "%s\n", vow_error_message(value));
            status = vow_error_status(value);
        }
        vow_release(value);
    }
    return status;
}

/* -------------------------------------------------------------------------------------------------------------------------- */

static void show(const char *how, const int *handled)
{
    printf("%s:", how);
    for (int id = 0; id < CALLS; id++)
        printf(" %d", handled[id]);
    printf("\n");
}

int main(void)
{
    int polled[CALLS] = {0};
    int waited[CALLS] = {0};
    if (!boss_polls(polled))
        return 1;
    show("flags", polled);
    if (boss_waits(waited) != VOW_OK)
        return 1;
    show("promises", waited);
    return 0;
}
