/*
 * fibonacci_thread.c - a function that blocks, run in another thread while the event loop goes on.
 *
 * The port of Twisted's deferToThread example in "Generating Deferreds". The callback runs on the loop, while main waits
 * for what it gives: a wait outside of calls runs the thread's loop.
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

/* Somebody else's function, which takes its time. */
static vow_value large_fibonacci_number(vow_value input, void *context)
{
    (void)input;
    (void)context;
    vow_value result = number_new(1);
    if (vow_is_error(result))
        return result;
    mpz_t *number = vow_box_as(&number_type, result);
    mpz_t before;
    mpz_init_set_ui(before, 0);
    for (int i = 0; i < TARGET - 1; i++) {
        mpz_add(before, before, *number);
        mpz_swap(before, *number);
    }
    mpz_clear(before);
    return result;
}

/* On the loop. */
static vow_value fibonacci_callback(vow_value result, void *context)
{
    (void)context;
    gmp_printf("large_fibonacci_number's result = %Zd\n",
               *(mpz_t *)vow_box_as(&number_type, result));
    return vow_none();
}

static vow_value run(void)
{
    vow_promise *promise = vow_submit(NULL, large_fibonacci_number, vow_none(), NULL);
    promise = vow_add_callback(promise, fibonacci_callback, NULL);
    printf("1st line after the addition of the callback\n");
    printf("2nd line after the addition of the callback\n");
    return vow_await(promise, VOW_FOREVER);
}

int main(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    if (loop == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return EXIT_FAILURE;
    }
    vow_value printed = run();
    int status = vow_is_error(printed) ? EXIT_FAILURE : EXIT_SUCCESS;
    if (status == EXIT_FAILURE)
        fprintf(stderr, "%s\n", vow_error_message(printed));
    vow_release(printed);
    vow_loop_free(loop);
    return status;
}
