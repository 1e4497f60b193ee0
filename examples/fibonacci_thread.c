/*
 * fibonacci_thread.c - a function that blocks, run in another thread while the event loop goes on.
 *
 * The port of Twisted's deferToThread example in "Generating Deferreds". The callback runs on the loop and stops it.
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

/* Whatever came, the loop ends here. */
static vow_value fibonacci_callback(vow_value result, void *context)
{
    vow_loop *loop = context;
    vow_loop_stop(loop);
    if (vow_is_error(result))
        return result;
    gmp_printf("large_fibonacci_number's result = %Zd\n",
               *(mpz_t *)vow_box_as(&number_type, result));
    return vow_none();
}

static void run(vow_loop *loop)
{
    vow_promise *promise = vow_submit(NULL, large_fibonacci_number, vow_none(), NULL);
    promise = vow_add_both(promise, fibonacci_callback, loop);
    printf("1st line after the addition of the callback\n");
    printf("2nd line after the addition of the callback\n");
    vow_promise_release(promise); /* nobody else listens; an error would be reported */
}

int main(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    if (loop == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return EXIT_FAILURE;
    }
    run(loop);
    vow_status status = vow_loop_run(loop);
    if (status != VOW_OK)
        fprintf(stderr, "%s\n", vow_last_error());
    vow_loop_free(loop);
    return status == VOW_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
