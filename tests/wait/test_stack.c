/*
 * test_stack.c - stacks and the switch between them: what runs where, and what survives.
 */
#include "../base/testing.h"

#include <fenv.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
#include <vow/status.h>

#include "wait/stack.h"

#define MANY 1000

/* How many stacks at a time: fewer where each is a thread of the system. */
static int many(void)
{
    return vow_switch_kind_now() == SWITCH_THREADS ? 100 : MANY;
}

/* What runs on a stack of its own: a player, who was begun by whoever plays. */
struct player {
    struct stack *stack;
    struct stack *back; /* where it goes when it is done with a turn */
    uint64_t turns;
    int number;
};

static struct stack home;

static struct player *player_new(size_t size, void (*entry)(void *), struct stack *back)
{
    struct stack *stack = vow_stack_take(size, "test");
    assert_non_null(stack);
    struct player *player = vow_stack_block(stack);
    *player = (struct player){.stack = stack, .back = back};
    vow_stack_start(stack, entry, player);
    return player;
}

static void take_turns(void *argument)
{
    struct player *self = argument;
    for (;;) {
        self->turns++;
        vow_stack_switch(self->stack, self->back);
    }
}

static void a_stack_runs_its_function_and_goes_back_and_forth(void **state)
{
    (void)state;
    struct player *player = player_new(STACK_DEFAULT, take_turns, &home);
    vow_stack_native(&home);
    for (unsigned i = 1; i <= MANY; i++) {
        vow_stack_switch(&home, player->stack);
        assert_int_equal(player->turns, i);
    }
    vow_stack_give(player->stack);
}

static void add_what_is_passed(void *argument)
{
    struct player *self = argument;
    uint64_t sum = 0, count = 0;
    for (;;) {
        struct switch_words words = vow_stack_pass(self->stack, self->back, sum, count);
        sum += words.first * words.second;
        count++;
    }
}

static void a_switch_passes_two_words_each_way(void **state)
{
    uintptr_t sum = 0;
    (void)state;
    struct player *player = player_new(STACK_DEFAULT, add_what_is_passed, &home);
    vow_stack_native(&home);
    vow_stack_switch(&home, player->stack);
    for (uintptr_t i = 1; i <= MANY; i++) {
        struct switch_words words = vow_stack_pass(&home, player->stack, i, 3);
        sum += i * 3;
        assert_int_equal(words.first, sum);
        assert_int_equal(words.second, i);
    }
    vow_stack_give(player->stack);
}

static void end_at_once(void *argument)
{
    struct player *self = argument;
    self->turns++;
    vow_stack_leave(self->stack, self->back);
}

static void a_stack_that_was_left_serves_again(void **state)
{
    uint64_t turns = 0;
    (void)state;
    vow_stack_native(&home);
    for (int i = 0; i < MANY; i++) {
        struct player *player = player_new(STACK_SMALLEST, end_at_once, &home);
        vow_stack_switch(&home, player->stack);
        turns += player->turns;
        vow_stack_give(player->stack);
    }
    assert_int_equal(turns, MANY);
}

static void the_control_block_lies_above_the_frames_and_is_aligned(void **state)
{
    (void)state;
    struct stack *stack = vow_stack_take(STACK_DEFAULT, "test");
    char *block = vow_stack_block(stack);
    assert_true(block >= stack->highest);
    assert_int_equal((uintptr_t)block % 64, 0);
    assert_ptr_equal(vow_stack_of_block(block), stack);
    assert_true((size_t)(block + STACK_BLOCK - stack->lowest) >= STACK_DEFAULT - 4096);
    memset(block, 0xff, STACK_BLOCK);
    vow_stack_give(stack);
}

static struct player *chain[MANY];

static void call_the_next(void *argument)
{
    struct player *self = argument;
    for (;;) {
        self->turns++;
        if (self->number + 1 < many())
            vow_stack_switch(self->stack, chain[self->number + 1]->stack);
        vow_stack_switch(self->stack, self->number > 0 ? chain[self->number - 1]->stack : &home);
    }
}

static void a_chain_of_a_thousand_stacks_is_walked_to_its_end_and_back(void **state)
{
    (void)state;
    vow_stack_native(&home);
    for (int i = 0; i < many(); i++) {
        chain[i] = player_new(STACK_SMALLEST, call_the_next, NULL);
        chain[i]->number = i;
    }
    vow_stack_switch(&home, chain[0]->stack);
    for (int i = 0; i < many(); i++) {
        assert_int_equal(chain[i]->turns, 1);
        vow_stack_give(chain[i]->stack);
    }
}

static unsigned random_state = 12345;

static unsigned next_random(void)
{
    random_state = random_state * 1103515245u + 12345u;
    return random_state >> 16;
}

static unsigned hops;

static void hop_about(void *argument)
{
    struct player *self = argument;
    double own = self->number * 0.5;
    char text[64];
    snprintf(text, sizeof text, "player %d", self->number);
    for (;;) {
        char expected[64];
        snprintf(expected, sizeof expected, "player %d", self->number);
        if (strcmp(text, expected) != 0 || own != self->number * 0.5 + (double)self->turns)
            abort();
        self->turns++;
        own += 1;
        if (--hops == 0)
            vow_stack_switch(self->stack, &home);
        struct player *next = chain[next_random() % (unsigned)many()];
        if (next != self)
            vow_stack_switch(self->stack, next->stack);
    }
}

static void values_survive_random_switches_between_a_thousand_stacks(void **state)
{
    uint64_t turns = 0;
    (void)state;
    vow_stack_native(&home);
    for (int i = 0; i < many(); i++) {
        chain[i] = player_new(STACK_SMALLEST, hop_about, NULL);
        chain[i]->number = i;
    }
    hops = 20 * (unsigned)many();
    vow_stack_switch(&home, chain[0]->stack);
    for (int i = 0; i < many(); i++) {
        turns += chain[i]->turns;
        vow_stack_give(chain[i]->stack);
    }
    assert_int_equal(turns, 20 * (unsigned)many());
}

/* 1/3 as this thread rounds it now, by the vector unit and, where there is one, by the x87. */
static double third(void)
{
    volatile double one = 1, three = 3,
                    quotient = one / three; /* in memory: the x87 has more digits */
    return quotient;
}

static long double long_third(void)
{
    volatile long double one = 1, three = 3;
    return one / three;
}

static void round_upward(void *argument)
{
    struct player *self = argument;
    fesetround(FE_UPWARD);
    double before = third();
    long double long_before = long_third();
    for (;;) {
        self->turns +=
            third() == before && long_third() == long_before && fegetround() == FE_UPWARD;
        vow_stack_switch(self->stack, self->back);
    }
}

static void rounding_belongs_to_the_stack(void **state)
{
    (void)state;
    vow_stack_native(&home);
    assert_int_equal(fegetround(), FE_TONEAREST);
    double before = third();
    long double long_before = long_third();
    struct player *player = player_new(STACK_DEFAULT, round_upward, &home);
    struct player *plain = player_new(STACK_DEFAULT, take_turns, &home);
    for (unsigned i = 1; i <= 5; i++) {
        vow_stack_switch(&home, player->stack);
        assert_int_equal(player->turns, i);
        assert_int_equal(fegetround(), FE_TONEAREST);
        assert_true(third() == before && long_third() == long_before);
        vow_stack_switch(&home, plain->stack);
    }
    vow_stack_give(player->stack);
    vow_stack_give(plain->stack);
}

static size_t descend(const struct stack *stack, size_t depth);
static size_t (*volatile deeper)(const struct stack *, size_t) = descend;

/* What is left of the stack, `depth` bytes further down. */
static size_t descend(const struct stack *stack, size_t depth)
{
    char frame[1024];
    memset(frame, (char)depth, sizeof frame);
    __asm__ volatile("" : : "r"(frame) : "memory");
    size_t left =
        depth > sizeof frame ? deeper(stack, depth - sizeof frame) : vow_stack_left(stack);
    return left + (size_t)(frame[0] - frame[sizeof frame - 1]);
}

static void run_deep(void *argument)
{
    struct player *self = argument;
    for (;;) {
        self->turns = deeper(self->stack, STACK_DEFAULT / 2);
        vow_stack_switch(self->stack, self->back);
    }
}

static void what_is_left_of_a_stack_is_known(void **state)
{
    struct stack record;
    (void)state;
    vow_stack_native(&home);
    struct player *player = player_new(STACK_DEFAULT, run_deep, &home);
    vow_stack_switch(&home, player->stack);
    size_t whole = (size_t)(player->stack->highest - player->stack->lowest);
    assert_in_range(player->turns, 1, whole - STACK_DEFAULT / 2);
    vow_stack_give(player->stack);
    vow_stack_native(&record);
    assert_in_range(vow_stack_left(&record), 64 * 1024, SIZE_MAX / 2);
}

static void a_stack_too_large_is_refused(void **state)
{
    (void)state;
    assert_null(vow_stack_take(STACK_LARGEST + 1, "vow_test"));
    assert_string_equal(vow_last_error(),
                        "vow_test: a stack of 1073741825 bytes: at most 1073741824");
    assert_null(vow_stack_take(SIZE_MAX, "vow_test"));
}

static void stacks_of_every_size_run(void **state)
{
    (void)state;
    vow_stack_native(&home);
    for (size_t size = 1; size <= (size_t)1 << 26; size *= 4) {
        struct player *player = player_new(size, take_turns, &home);
        vow_stack_switch(&home, player->stack);
        assert_int_equal(player->turns, 1);
        vow_stack_give(player->stack);
    }
}

static void *use_a_stack(void *argument)
{
    struct stack here;
    (void)argument;
    vow_stack_native(&here);
    struct player *player = player_new(STACK_DEFAULT, take_turns, &here);
    for (int i = 0; i < MANY; i++)
        vow_stack_switch(&here, player->stack);
    uint64_t turns = player->turns;
    vow_stack_give(player->stack);
    return turns == MANY ? argument : NULL;
}

static void threads_use_stacks_of_their_own(void **state)
{
    pthread_t threads[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_a_stack, &home), 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
}

static void what_is_kept_in_idle_times_is_bounded(void **state)
{
    enum { COUNT = 3000 };
    static struct stack *stacks[COUNT];
    (void)state;
    if (vow_switch_kind_now() == SWITCH_THREADS)
        skip(); /* as many threads of the system */
    for (int i = 0; i < COUNT; i++)
        assert_non_null(stacks[i] = vow_stack_take(32768, "test"));
    size_t before = vow_stack_count();
    assert_true(before >= COUNT);
    for (int i = 0; i < COUNT; i++)
        vow_stack_give(stacks[i]);
    while (vow_stack_trim())
        ;
    assert_in_range(before - vow_stack_count(), COUNT - 66 * STACK_PILE, COUNT);
    assert_non_null(stacks[0] = vow_stack_take(32768, "test"));
    vow_stack_give(stacks[0]);
}

/* A thread-local that belongs to the carrier: the same on all its stacks, with every backend. */
static VOW_THREAD_LOCAL struct {
    uint64_t number;
    const char *text;
} carried;

static void *carried_address(void)
{
    return &carried;
}

static void count_what_is_carried(void *argument)
{
    struct player *self = argument;
    for (;;) {
        self->turns = carried.number++;
        carried.text = "from the stack";
        vow_stack_switch(self->stack, self->back);
    }
}

static void thread_locals_that_are_carried_are_the_same_on_all_stacks(void **state)
{
    (void)state;
    vow_stack_native(&home);
    struct player *one = player_new(STACK_DEFAULT, count_what_is_carried, &home);
    struct player *other = player_new(STACK_DEFAULT, count_what_is_carried, &home);
    carried.number = 100;
    for (unsigned i = 0; i < 50; i++) {
        carried.text = "from the thread";
        vow_stack_switch(&home, one->stack);
        assert_int_equal(one->turns, 100 + 2 * i);
        assert_string_equal(carried.text, "from the stack");
        vow_stack_switch(&home, other->stack);
        assert_int_equal(other->turns, 101 + 2 * i);
    }
    assert_int_equal(carried.number, 200);
    vow_stack_give(one->stack);
    vow_stack_give(other->stack);
}

int main(void)
{
    vow_stack_carry(carried_address, sizeof carried);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_runs_its_function_and_goes_back_and_forth),
        cmocka_unit_test(a_switch_passes_two_words_each_way),
        cmocka_unit_test(a_stack_that_was_left_serves_again),
        cmocka_unit_test(the_control_block_lies_above_the_frames_and_is_aligned),
        cmocka_unit_test(a_chain_of_a_thousand_stacks_is_walked_to_its_end_and_back),
        cmocka_unit_test(values_survive_random_switches_between_a_thousand_stacks),
        cmocka_unit_test(rounding_belongs_to_the_stack),
        cmocka_unit_test(what_is_left_of_a_stack_is_known),
        cmocka_unit_test(a_stack_too_large_is_refused),
        cmocka_unit_test(stacks_of_every_size_run),
        cmocka_unit_test(threads_use_stacks_of_their_own),
        cmocka_unit_test(thread_locals_that_are_carried_are_the_same_on_all_stacks),
        cmocka_unit_test(what_is_kept_in_idle_times_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
