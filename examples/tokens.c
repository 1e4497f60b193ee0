/*
 * tokens.c - a pipeline of coroutines: characters become words, words become sums.
 *
 * Each stage is a consumer that sends what it makes to the next one; so the scanner is straight code that asks for the
 * next character, where a callback would have to be a state machine. The sums are printed elsewhere: a buffer hands them
 * to a worker, and closing it waits until all have been printed.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <vow.h>

static int character(vow_value item)
{
    return vow_is_error(item) ? EOF : (int)vow_as_integer(item);
}

/* Characters in, words out. */
static vow_value scan(vow_value item, void *next)
{
    for (int c = character(item); c != EOF;) {
        char word[32];
        size_t length = 0;
        for (; c != EOF && !isspace(c); c = character(vow_yield(vow_none())))
            if (length < sizeof word - 1)
                word[length++] = (char)c;
        word[length] = '\0';
        if (length != 0)
            vow_release(vow_send(next, vow_text(word)));
        if (c != EOF)
            c = character(vow_yield(vow_none()));
    }
    return vow_none();
}

/* Words in; numbers are added up, and each "=" gives a sum. */
static vow_value add(vow_value word, void *next)
{
    int64_t sum = 0;
    for (; !vow_is_error(word); word = vow_yield(vow_none())) {
        const char *text = vow_as_text(word);
        if (text[0] == '=') {
            vow_release(vow_send(next, vow_integer(sum)));
            sum = 0;
        } else {
            sum += strtoll(text, NULL, 10);
        }
    }
    return vow_none();
}

static vow_value print(vow_value sum, void *context)
{
    (void)context;
    for (; !vow_is_error(sum); sum = vow_yield(vow_none()))
        printf("%" PRId64 "\n", vow_as_integer(sum));
    return vow_none();
}

int main(void)
{
    vow_coroutine *printer = vow_coroutine_new(print, NULL);
    vow_coroutine *buffer = vow_buffer(printer, NULL, 16); /* on the default pool */
    vow_coroutine *adder = vow_coroutine_new(add, buffer);
    vow_coroutine *scanner = vow_coroutine_new(scan, adder);

    for (const char *text = "1 2 3 =  40 2 =\n7 ="; *text != '\0'; text++)
        vow_release(vow_send(scanner, vow_integer(*text)));

    vow_coroutine_close(scanner); /* the last word has ended, too */
    vow_coroutine_close(adder);
    vow_coroutine_close(buffer);
    puts("all printed");
    vow_coroutine_release(scanner);
    vow_coroutine_release(adder);
    vow_coroutine_release(buffer);
    vow_coroutine_release(printer);
    return 0;
}
