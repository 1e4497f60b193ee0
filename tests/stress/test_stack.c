/*
 * test_stack.c - threads that take, start, run, pass on and give back stacks of many sizes, all at once.
 */
#include "../base/testing.h"

#include <fenv.h>
#include <pthread.h>
#include <stdio.h>

#include "base/lock.h"
#include "wait/stack.h"

enum { THREADS = 4, HELD = 40, SHELF = 64 };

struct runner {
    struct stack *stack, *back;
    uint64_t seed, sum;
    bool ends;
};

/* Stacks that one thread has left to whoever comes: they are given back by another thread than took them. */
static struct lock shelf_lock;
static struct stack *shelf[SHELF];

static unsigned rounds(void)
{
    const char *kind = getenv("VOW_SWITCH");
    bool slow = VOW_SWITCH_TOLD || (kind != NULL && *kind != '\0');
    return slow ? 3000 : 100000;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed >> 33;
}

static uint64_t dig(struct runner *self, unsigned depth)
{
    volatile char frame[200];
    frame[depth % sizeof frame] = (char)depth;
    if (depth == 0)
        vow_stack_switch(self->stack, self->back);
    else
        self->sum += dig(self, depth - 1);
    return (uint64_t)(unsigned char)frame[depth % sizeof frame];
}

static void run(void *argument)
{
    struct runner *self = argument;
    uint64_t seed = self->seed;
    int rounding = next_random(&seed) % 2 == 0 ? FE_TONEAREST : FE_DOWNWARD;
    fesetround(rounding);
    while (!self->ends) {
        dig(self, (unsigned)(next_random(&seed) % 30));
        if (fegetround() != rounding)
            abort();
    }
    fesetround(FE_TONEAREST);
    vow_stack_leave(self->stack, self->back);
}

static struct runner *runner_new(uint64_t *seed, struct stack *back)
{
    struct stack *stack = vow_stack_take(STACK_SMALLEST << next_random(seed) % 5, "stress");
    if (stack == NULL)
        abort();
    struct runner *runner = vow_stack_block(stack);
    *runner = (struct runner){.stack = stack, .back = back, .seed = next_random(seed)};
    vow_stack_start(stack, run, runner);
    return runner;
}

/* Puts a stack where others find it, and gives back the one that lay there. */
static void leave_to_others(struct stack *stack, uint64_t place)
{
    vow_lock_take(&shelf_lock);
    struct stack *found = shelf[place % SHELF];
    shelf[place % SHELF] = stack;
    vow_lock_give(&shelf_lock);
    if (found != NULL)
        vow_stack_give(found);
}

static void *live(void *argument)
{
    uint64_t seed = (uint64_t)(uintptr_t)argument;
    struct runner *held[HELD] = {NULL};
    struct stack here;

    for (unsigned i = 0; i < rounds() + HELD; i++) {
        unsigned place = (unsigned)(next_random(&seed) % HELD);
        if (i >= rounds())
            place = i - rounds(); /* the end: all of them */
        if (held[place] == NULL && i < rounds())
            held[place] = runner_new(&seed, &here);
        if (held[place] == NULL)
            continue;
        held[place]->ends = i >= rounds() || next_random(&seed) % 8 == 0;
        bool ends = held[place]->ends;
        vow_stack_native(&here);
        vow_stack_switch(&here, held[place]->stack);
        if (ends) {
            leave_to_others(held[place]->stack, next_random(&seed));
            held[place] = NULL;
        }
        if (next_random(&seed) % 1000 == 0)
            vow_stack_trim();
    }
    return NULL;
}

static void stacks_of_many_threads_keep_apart(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, live, (void *)(i + 1)), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (uint64_t i = 0; i < SHELF; i++)
        leave_to_others(NULL, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stacks_of_many_threads_keep_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
