/*
 * switches_alone.c - switches to many stacks and to coroutines, without anything but the two lowest floors and the C library:
 * what `scripts/check arm64` runs in an emulator. Says what does not hold, and ends with 1.
 */
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <vow/coroutine.h>

#include "wait/stack.h"

enum { STACKS = 1000, ROUNDS = 20 };

struct runner {
    struct stack *stack;
    int number;
    int rounds;
};

static struct stack home;
static struct runner runners[STACKS];

static void expect(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "it does not hold that %s\n", what);
    exit(1);
}

/* Keeps a number of each kind over the switch, in registers if the compiler has any sense. */
static void run(void *argument)
{
    struct runner *runner = argument;
    double real = runner->number + 0.5;
    uintptr_t given = 0;
    if (runner->number % 2 != 0)
        (void)fesetround(FE_UPWARD);
    for (;;) {
        runner->rounds++;
        struct switch_words words =
            vow_stack_pass(runner->stack, &home, (uintptr_t)runner->number, given);
        given = words.first;
        expect(real == runner->number + 0.5, "floating-point registers are kept");
        expect(fegetround() == (runner->number % 2 != 0 ? FE_UPWARD : FE_TONEAREST),
               "the rounding belongs to the stack");
    }
}

static void all_take_turns(void)
{
    for (uintptr_t round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < STACKS; i++) {
            struct switch_words words = vow_stack_pass(&home, runners[i].stack, round, 0);
            expect(words.first == (uintptr_t)i, "the first word comes back");
            expect(round == 0 || words.second == round, "the other word went there");
            expect(fegetround() == FE_TONEAREST, "the rounding comes back");
        }
    }
}

static void many_stacks(void)
{
    vow_stack_native(&home);
    for (int i = 0; i < STACKS; i++) {
        runners[i] = (struct runner){.stack = vow_stack_take(STACK_SMALLEST, "test"), .number = i};
        expect(runners[i].stack != NULL, "there is a stack");
        vow_stack_start(runners[i].stack, run, &runners[i]);
    }
    all_take_turns();
    for (int i = 0; i < STACKS; i++) {
        expect(runners[i].rounds == ROUNDS, "each has run in each round");
        vow_stack_give(runners[i].stack);
    }
}

static vow_value count(vow_value input, void *context)
{
    (void)input;
    (void)context;
    for (int i = 0; i < ROUNDS; i++)
        if (vow_is_error(vow_yield(vow_integer(i))))
            return vow_none();
    return vow_none();
}

static void coroutines(void)
{
    vow_coroutine *coroutine = vow_coroutine_new(count, NULL);
    expect(coroutine != NULL, "there is a coroutine");
    for (int i = 0; i < ROUNDS; i++)
        expect(vow_as_integer(vow_next(coroutine)) == i, "it counts");
    expect(vow_is_end(vow_next(coroutine)), "it ends");
    vow_coroutine_release(coroutine);
}

int main(void)
{
    many_stacks();
    coroutines();
    puts("switched");
    return 0;
}
