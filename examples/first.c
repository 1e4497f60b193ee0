/* first.c - counts primes on all processors. */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

/* A job, on some worker: how many primes there are among the 2,500 numbers from `input` on. */
static vow_value count_primes(vow_value input, void *context)
{
    int64_t from = vow_as_integer(input), primes = 0;
    (void)context;
    for (int64_t n = from; n < from + 2500; n++) {
        int64_t divisor = 2;
        while (n % divisor != 0)
            divisor++;
        primes += divisor == n;
    }
    return vow_integer(primes);
}

/* A callback, in main's thread, while that waits: `sum` needs no lock. */
static vow_value add(vow_value primes, void *sum)
{
    *(int64_t *)sum += vow_as_integer(primes);
    return vow_none();
}

int main(void)
{
    vow_promise *added[8];
    int64_t sum = 0;
    for (int i = 0; i < 8; i++) {
        vow_promise *primes = vow_submit(NULL, count_primes, vow_integer(2 + 2500 * i), NULL);
        added[i] = vow_then(primes, add, &sum);
    }
    for (int i = 0; i < 8; i++) {
        vow_value result = vow_await(added[i], VOW_FOREVER);
        if (vow_is_error(result)) {
            fprintf(stderr, "%s\n", vow_error_message(result));
            return 1;
        }
    }
    printf("%" PRId64 " primes below 20,002\n", sum);
    return 0;
}
