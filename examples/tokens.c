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

/* Hands what was made to the next stage; an error, if there was no memory for it or that stage has failed. */
static vow_value pass_on(vow_coroutine *next, vow_value item)
{
    return vow_is_error(item) ? item : vow_send(next, item);
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
        vow_value sent = length != 0 ? pass_on(next, vow_text(word)) : vow_none();
        if (vow_is_error(sent))
            return sent;
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
            vow_value sent = pass_on(next, vow_integer(sum));
            if (vow_is_error(sent))
                return sent;
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

/* Closes it; false, with a sentence, if it failed. */
static bool ends_well(vow_coroutine *stage)
{
    bool well = vow_coroutine_close(stage) == VOW_OK;
    if (!well)
        fprintf(stderr, "%s\n", vow_last_error());
    return well;
}

int main(void)
{
    vow_coroutine *printer = vow_coroutine_new(print, NULL);
    vow_coroutine *buffer = vow_buffer(printer, NULL, 16); /* on the default pool */
    vow_coroutine *adder = vow_coroutine_new(add, buffer);
    vow_coroutine *scanner = vow_coroutine_new(scan, adder);

    vow_value sent = vow_none();
    for (const char *text = "1 2 3 =  40 2 =\n7 ="; *text != '\0' && !vow_is_error(sent); text++)
        sent = vow_send(scanner, vow_integer(*text));

    bool well = !vow_is_error(sent);
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(sent));
    vow_release(sent);
    well &= ends_well(scanner); /* the last word has ended, too */
    well &= ends_well(adder);
    well &= ends_well(buffer);
    if (well)
        puts("all printed");
    vow_coroutine_release(scanner);
    vow_coroutine_release(adder);
    vow_coroutine_release(buffer);
    vow_coroutine_release(printer);
    return well ? 0 : 1;
}
