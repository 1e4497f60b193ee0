/*
 * generator_consumer.c - a generator makes numbers, a consumer prints them; inject connects the two.
 *
 * A port of Concert's example. What is `for i in range(3): yield i` and `while True: item = yield; print(item)` there
 * is a loop around vow_yield here. A consumer gets its first item as the input of its body; an error says that it is
 * being closed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

static vow_value generate(vow_value input, void *context)
{
    (void)input;
    (void)context;
    for (int i = 0; i < 3; i++) {
        vow_value sent = vow_yield(vow_integer(i));
        if (vow_is_error(sent))
            return sent;
    }
    return vow_none();
}

static vow_value consume(vow_value item, void *context)
{
    (void)context;
    for (; !vow_is_error(item); item = vow_yield(vow_none()))
        printf("%" PRId64 "\n", vow_as_integer(item));
    return vow_none();
}

int main(void)
{
    vow_coroutine *generator = vow_coroutine_new(generate, NULL);
    vow_coroutine *consumer = vow_coroutine_new(consume, NULL);

    vow_value error = vow_inject(generator, consumer); /* none, if all went well */
    bool well = !vow_is_error(error);
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(error));
    vow_release(error);

    vow_coroutine_release(generator);
    vow_coroutine_release(consumer);
    return well ? 0 : 1;
}
