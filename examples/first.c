/* first.c - counts primes on all processors. */
#include <stdio.h>
#include <vow.h>

/* A job, on some worker: is the number a prime? */
static vow_value is_prime(vow_value number, void *context)
{
    (void)context;
    for (int64_t divisor = 2;; divisor++)
        if (vow_as_integer(number) % divisor == 0)
            return vow_integer(divisor == vow_as_integer(number));
}

/* A callback, in main's thread, while that waits: `count` needs no lock. */
static vow_value add(vow_value prime, void *count)
{
    *(int *)count += (int)vow_as_integer(prime);
    return vow_none();
}

int main(void)
{
    vow_promise *done[100];
    int count = 0;
    for (int i = 0; i < 100; i++)
        done[i] = vow_then(vow_submit(NULL, is_prime, vow_integer(1000000 + i), NULL), add, &count);
    for (int i = 0; i < 100; i++) {
        vow_value result = vow_await(done[i], VOW_FOREVER);
        if (vow_is_error(result)) {
            fprintf(stderr, "%s\n", vow_error_message(result));
            return 1;
        }
    }
    printf("%d primes among 100 numbers from 1,000,000 on\n", count);
}
