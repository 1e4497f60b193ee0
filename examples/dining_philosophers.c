/*
 * dining_philosophers.c - five philosophers at a round table, and five forks between them. (E. W. Dijkstra, 1965.)
 *
 * A philosopher is a job that waits for its forks and its meals in straight code. There are no threads: a pool of size 0
 * runs them on the thread that waits for them, and a philosopher who waits costs its stack, and nothing else.
 *
 * A doorkeeper, a semaphore, lets four of them to the table at a time. So one of them has both its forks, and nobody waits
 * for ever; and since forks and doorkeeper serve who came first, nobody starves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <vow.h>

enum { PHILOSOPHERS = 5, MEALS = 1000 };

struct table {
    vow_semaphore doorkeeper;
    vow_mutex forks[PHILOSOPHERS];
    int eaten_with[PHILOSOPHERS]; /* each fork's meals; guarded by that fork */
};

static vow_status take_forks(struct table *table, int left, int right)
{
    vow_status status = vow_mutex_lock(&table->forks[left], VOW_FOREVER);
    if (status != VOW_OK)
        return status;
    status = vow_mutex_lock(&table->forks[right], VOW_FOREVER);
    if (status != VOW_OK)
        vow_mutex_unlock(&table->forks[left]);
    return status;
}

static vow_status dine(struct table *table, int left, int right)
{
    vow_status status = vow_semaphore_acquire(&table->doorkeeper, 1, VOW_FOREVER);
    if (status != VOW_OK)
        return status;
    status = take_forks(table, left, right);
    if (status == VOW_OK) {
        table->eaten_with[left]++;
        table->eaten_with[right]++;
        vow_mutex_unlock(&table->forks[right]);
        vow_mutex_unlock(&table->forks[left]);
    }
    vow_semaphore_release(&table->doorkeeper, 1);
    return status;
}

static vow_value live(vow_value seat, void *context)
{
    int left = (int)vow_as_integer(seat);
    int right = (left + 1) % PHILOSOPHERS;
    for (int meal = 0; meal < MEALS; meal++) {
        vow_status status = dine(context, left, right);
        if (status != VOW_OK)
            return vow_fail(status, "%s", vow_last_error());
    }
    return vow_integer(MEALS);
}

static int seat_them(struct table *table, vow_scheduler *workers)
{
    vow_promise *lives[PHILOSOPHERS];
    int result = EXIT_SUCCESS;
    for (int seat = 0; seat < PHILOSOPHERS; seat++)
        lives[seat] = vow_submit(workers, live, vow_integer(seat), table);
    for (int seat = 0; seat < PHILOSOPHERS; seat++) {
        vow_value meals = vow_await(lives[seat], VOW_FOREVER);
        if (vow_is_error(meals)) {
            fprintf(stderr, "%s\n", vow_error_message(meals));
            result = EXIT_FAILURE;
        } else {
            printf("philosopher %d has eaten %d times\n", seat, (int)vow_as_integer(meals));
        }
        vow_release(meals);
    }
    return result;
}

int main(void)
{
    struct table table = {.doorkeeper =
                              VOW_SEMAPHORE_INIT(PHILOSOPHERS - 1)}; /* forks: zero is free */
    vow_pool *pool = vow_pool_new(0, NULL); /* no threads: they take turns on this one */
    if (pool == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return EXIT_FAILURE;
    }
    int result = seat_them(&table, vow_pool_scheduler(pool));
    vow_pool_free(pool);
    for (int fork = 0; fork < PHILOSOPHERS; fork++)
        printf("fork %d was used %d times\n", fork, table.eaten_with[fork]);
    return result;
}
