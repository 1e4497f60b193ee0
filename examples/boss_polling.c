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

static void boss_polls(int *handled)
{
    static int ids[CALLS] = {0, 1, 2};
    pthread_t threads[CALLS];
    for (int id = 0; id < CALLS; id++)
        if (pthread_create(&threads[id], NULL, get_data, &ids[id]) != 0)
            return;
    for (int left = CALLS; left > 0; sched_yield())
        for (int id = 0; id < CALLS; id++)
            if (atomic_exchange(&flags[id], false)) {
                handle_data(id, answers[id], handled);
                left--;
            }
    for (int id = 0; id < CALLS; id++)
        pthread_join(threads[id], NULL);
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
    vow_value all = vow_await(vow_all(done, CALLS), VOW_FOREVER);
    vow_status status = vow_error_status(all);
    if (status != VOW_OK)
        fprintf(stderr, "%s\n", vow_error_message(all));
    vow_release(all);
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
    boss_polls(polled);
    show("flags", polled);
    if (boss_waits(waited) != VOW_OK)
        return 1;
    show("promises", waited);
    return 0;
}
