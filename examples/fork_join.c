/*
 * fork_join.c - parts of one computation for every worker that has nothing else to do: sorting by merging, and
 * Fibonacci numbers, forked down to the smallest part.
 *
 * The same functions are called from a job of the pool, where they run in parallel, and from `main`, where a fork is a
 * call.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vow.h>

#define NUMBERS 100000
#define SMALL 32

static void insert_all(int *numbers, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int number = numbers[i];
        size_t place = i;
        for (; place > 0 && numbers[place - 1] > number; place--)
            numbers[place] = numbers[place - 1];
        numbers[place] = number;
    }
}

static void merge(int *numbers, size_t middle, size_t count, int *room)
{
    size_t low = 0;
    size_t high = middle;
    for (size_t i = 0; i < count; i++)
        room[i] = low < middle && (high == count || numbers[low] <= numbers[high])
                      ? numbers[low++]
                      : numbers[high++];
    memcpy(numbers, room, count * sizeof(*numbers));
}

VOW_FORKABLE_VOID(sort, int *, numbers, size_t, count, int *, room)
{
    size_t middle = count / 2;
    if (count <= SMALL) {
        insert_all(numbers, count);
        return;
    }
    struct sort_forked lower;
    sort_fork(&lower, numbers, middle, room);
    sort(numbers + middle, count - middle, room + middle);
    sort_join(&lower);
    merge(numbers, middle, count, room);
}

VOW_FORKABLE(long, fibonacci, int, n)
{
    if (n < 2)
        return n;
    struct fibonacci_forked first;
    fibonacci_fork(&first, n - 1);
    long second = fibonacci(n - 2);
    return fibonacci_join(&first) + second;
}

/* Any vow_fn can be forked: an error comes out of the join. */
static vow_value reciprocal(vow_value input, void *context)
{
    (void)context;
    if (vow_as_integer(input) == 0)
        return vow_fail(VOW_INVALID, "nothing is the reciprocal of 0");
    return vow_real(1.0 / (double)vow_as_integer(input));
}

static vow_value sum_of_reciprocals(vow_value from, vow_value to)
{
    struct vow_forked first;
    vow_fork(&first, reciprocal, from, NULL);
    vow_value second = reciprocal(to, NULL);
    vow_value result = vow_join(&first);
    if (vow_is_error(result))
        return result;
    return vow_real(vow_as_real(result) + vow_as_real(second));
}

static bool is_sorted(const int *numbers, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (numbers[i - 1] > numbers[i])
            return false;
    return true;
}

/* A job: what it forks is there for all workers of its pool. */
static vow_value work(vow_value input, void *context)
{
    int *numbers = context;
    sort(numbers, NUMBERS, numbers + NUMBERS);
    printf("sorted: %s\n", is_sorted(numbers, NUMBERS) ? "yes" : "no");
    printf("fibonacci(25) = %ld\n", fibonacci(25));
    return sum_of_reciprocals(vow_integer(0), input);
}

int main(void)
{
    unsigned random = 1;
    int *numbers = malloc(2 * NUMBERS * sizeof(*numbers));
    vow_pool *pool = vow_pool_new(2, NULL);
    if (numbers == NULL || pool == NULL) {
        fprintf(stderr, "%s\n", pool == NULL ? vow_last_error() : strerror(errno));
        vow_pool_free(pool);
        free(numbers);
        return 1;
    }
    for (int i = 0; i < NUMBERS; i++)
        numbers[i] = (int)((random = random * 1103515245u + 12345u) >> 8);
    vow_value result =
        vow_await(vow_submit(vow_pool_scheduler(pool), work, vow_integer(2), numbers), VOW_FOREVER);
    char text[100];
    (void)vow_value_print(result, text, sizeof(text));
    bool expected = vow_error_is(result, VOW_INVALID); /* and no other */
    if (expected)
        printf("1/0 + 1/2 = an error\n");
    else
        fprintf(stderr, "1/0 + 1/2 = %s\n", text);
    vow_release(result);
    printf("without a pool: fibonacci(20) = %ld\n", fibonacci(20));
    vow_pool_free(pool);
    free(numbers);
    return expected ? 0 : 1;
}
