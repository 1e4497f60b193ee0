/*
 * fibonacci_blocking.c - what promises do not do: make code asynchronous.
 *
 * The port of Twisted's first example in "Generating Deferreds". The function returns a promise, but calculates before
 * it returns: the callback is added when all is over. fibonacci_thread.c does better.
 */
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <vow.h>

#define TARGET 10000

static void number_drop(void *number)
{
    mpz_clear(number);
}

/* A number of GMP's in a box, so that it can be a value. */
static const struct vow_type number_type = {.name = "number", .drop = number_drop};

static vow_value number_new(unsigned long start)
{
    vow_value number = vow_box_new(&number_type, sizeof(mpz_t));
    if (!vow_is_error(number))
        mpz_init_set_ui(vow_box_as(&number_type, number), start);
    return number;
}

static vow_promise *large_fibonacci_number(void)
{
    vow_value first = number_new(0);
    vow_value second = number_new(1);
    if (vow_is_error(first) || vow_is_error(second)) {
        vow_release(second);
        vow_release(first);
        return vow_failed(vow_fail(VOW_NO_MEMORY, "large_fibonacci_number: %s", vow_last_error()));
    }
    mpz_t *a = vow_box_as(&number_type, first);
    mpz_t *b = vow_box_as(&number_type, second);
    for (int i = 0; i < TARGET - 1; i++) {
        mpz_add(*a, *a, *b);
        mpz_swap(*a, *b);
        if (i % 1000 == 0)
            printf("Progress: calculating the %dth Fibonacci number\n", i);
    }
    vow_release(first);
    return vow_succeeded(second);
}

static vow_value print_number(vow_value number, void *context)
{
    (void)context;
    mpz_t *n = vow_box_as(&number_type, number);
    if (n == NULL)
        return vow_fail(VOW_INVALID, "%s", vow_last_error());
    gmp_printf("The %dth Fibonacci number is %Zd\n", TARGET, *n);
    return vow_none();
}

int main(void)
{
    vow_promise *promise = large_fibonacci_number();

    printf("The call has returned; its promise is %s.\n",
           vow_state(promise) == VOW_PENDING ? "pending" : "settled already");
    printf("Adding the callback now.\n");
    vow_value printed = vow_await(vow_then(promise, print_number, NULL), VOW_FOREVER);
    if (vow_is_error(printed))
        fprintf(stderr, "%s\n", vow_error_message(printed));
    int status = vow_is_error(printed) ? EXIT_FAILURE : EXIT_SUCCESS;
    vow_release(printed);
    return status;
}
