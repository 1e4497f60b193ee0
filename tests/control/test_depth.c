/*
 * test_depth.c - long chains and deep recursion, on small stacks.
 *
 * A stack of 64 KiB must do wherever no function of the user's nests; where callbacks fire further promises,
 * VOW_NESTING of them nest in place, and need room for that.
 */
#include "control_testing.h"

enum { LONG = 100000, SMALL = 64 * 1024, NESTED = 512 * 1024 };

static vow_value count_up(vow_value input, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(input) + 1);
}

static void *many_callbacks(void *unused)
{
    (void)unused;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    for (int i = 0; i < LONG; i++)
        promise = vow_add_callback(promise, count_up, NULL);
    fire(deferred, vow_integer(0));
    require(vow_as_integer(vow_await(promise, VOW_POLL)) == LONG);
    return NULL;
}

static void many_callbacks_on_one_promise(void **state)
{
    (void)state;
    on_small_stack(SMALL, many_callbacks, NULL);
}

static void *many_thens(void *unused)
{
    (void)unused;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    for (int i = 0; i < LONG; i++)
        promise = vow_then(promise, count_up, NULL);
    fire(deferred, vow_integer(0));
    require(vow_as_integer(vow_await(promise, VOW_POLL)) == LONG);
    return NULL;
}

static void many_derived_promises(void **state)
{
    (void)state;
    on_small_stack(SMALL, many_thens, NULL);
}

static void *pass_through(void *unused)
{
    (void)unused;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    for (int i = 0; i < LONG; i++)
        promise = i % 2 == 0 ? vow_then(promise, NULL, NULL) : vow_finally(promise, count_up, NULL);
    fire(deferred, vow_fail(VOW_USER, "no"));
    vow_value result = vow_await(promise, VOW_POLL);
    require(vow_error_is(result, VOW_USER));
    vow_release(result);
    return NULL;
}

static void an_error_passes_many_derived_promises(void **state)
{
    (void)state;
    on_small_stack(SMALL, pass_through, NULL);
    assert_int_equal(unhandled, 0);
}

static void *wide(void *unused)
{
    (void)unused;
    static vow_promise *derived[LONG];
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    for (int i = 0; i < LONG; i++)
        derived[i] = vow_then(vow_promise_retain(promise), count_up, NULL);
    vow_promise_release(promise);
    fire(deferred, vow_integer(1));
    for (int i = 0; i < LONG; i++)
        require(vow_as_integer(vow_await(derived[i], VOW_POLL)) == 2);
    return NULL;
}

static void many_derived_promises_of_one(void **state)
{
    (void)state;
    on_small_stack(SMALL, wide, NULL);
}

/* Chains of promises resolved with promises ---------------------------------------------------------------- */

/* The order in which the edges of a chain are made. */
enum order { FORWARDS, BACKWARDS, RANDOM };

static void fill_order(int *order, int count, enum order kind)
{
    uint32_t random = 12345;
    for (int i = 0; i < count; i++)
        order[i] = kind == BACKWARDS ? count - 1 - i : i;
    for (int i = count - 1; i > 0 && kind == RANDOM; i--) {
        random = random * 1664525u + 1013904223u;
        int other = (int)(random % (uint32_t)(i + 1));
        int saved = order[i];
        order[i] = order[other];
        order[other] = saved;
    }
}

static void *adopt_chain(void *context)
{
    static vow_promise *promise[LONG + 1];
    static vow_deferred *deferred[LONG + 1];
    static int order[LONG];
    enum order kind = *(enum order *)context;
    for (int i = 0; i <= LONG; i++)
        deferred[i] = vow_deferred_new(&promise[i]);
    fill_order(order, LONG, kind);
    for (int i = 0; i < LONG; i++) {
        int at = order[i];
        require(vow_resolve(deferred[at], vow_promise_value(vow_promise_retain(promise[at + 1]))) ==
                VOW_OK);
    }
    require(vow_state(promise[0]) == VOW_PENDING);
    require(vow_resolve(deferred[LONG], vow_integer(9)) == VOW_OK);
    vow_value value = vow_none();
    require(vow_peek(promise[0], &value) && vow_as_integer(value) == 9);
    for (int i = 0; i <= LONG; i++) {
        vow_deferred_release(deferred[i]);
        vow_promise_release(promise[i]);
    }
    return NULL;
}

static void a_long_chain_of_adoptions_built_forwards(void **state)
{
    (void)state;
    enum order order = FORWARDS;
    on_small_stack(SMALL, adopt_chain, &order);
}

static void a_long_chain_of_adoptions_built_backwards(void **state)
{
    (void)state;
    enum order order = BACKWARDS;
    on_small_stack(SMALL, adopt_chain, &order);
}

static void a_long_chain_of_adoptions_built_in_random_order(void **state)
{
    (void)state;
    enum order order = RANDOM;
    on_small_stack(SMALL, adopt_chain, &order);
}

/* A function that gives a promise whose function gives a promise … */
static vow_value descend(vow_value input, void *context)
{
    int64_t left = vow_as_integer(input);
    if (left == 0)
        return vow_integer(77);
    return vow_promise_value(vow_then(vow_succeeded(vow_integer(left - 1)), descend, context));
}

static void *promise_loop(void *unused)
{
    (void)unused;
    vow_promise *promise = vow_then(vow_succeeded(vow_integer(200)), descend, NULL);
    require(vow_as_integer(vow_await(promise, VOW_POLL)) == 77);
    return NULL;
}

static void functions_that_give_promises_nest_up_to_the_limit(void **state)
{
    (void)state;
    on_small_stack(NESTED, promise_loop, NULL);
}

static void *deep_promise_loop(void *unused)
{
    (void)unused;
    vow_promise *promise = vow_then(vow_succeeded(vow_integer(LONG)), descend, NULL);
    require(vow_as_integer(vow_await(promise, VOW_POLL)) == 77);
    return NULL;
}

static void functions_that_give_promises_go_on_beyond_the_limit(void **state)
{
    (void)state;
    on_small_stack(NESTED, deep_promise_loop, NULL);
}

/* Recursion: a callback that fires the next ----------------------------------------------------------------- */

static vow_deferred *ladder[LONG];
static int climbed;

static vow_value fire_next(vow_value input, void *context)
{
    intptr_t next = (intptr_t)context;
    require(climbed == next - 1);
    climbed++;
    if (next < LONG)
        require(vow_resolve(ladder[next], vow_none()) == VOW_OK);
    return input;
}

static void *climb(void *unused)
{
    (void)unused;
    static vow_promise *promise[LONG];
    climbed = 0;
    for (intptr_t i = 0; i < LONG; i++) {
        ladder[i] = vow_deferred_new(&promise[i]);
        promise[i] = vow_add_callback(promise[i], fire_next, (void *)(i + 1));
    }
    require(vow_resolve(ladder[0], vow_none()) == VOW_OK);
    require(climbed == LONG);
    for (int i = 0; i < LONG; i++) {
        vow_deferred_release(ladder[i]);
        vow_promise_release(promise[i]);
    }
    return NULL;
}

static void callbacks_that_fire_the_next_run_in_order(void **state)
{
    (void)state;
    on_small_stack(NESTED, climb, NULL);
}

/* Destruction ------------------------------------------------------------------------------------------------ */

static void *destroy_paused_chain(void *unused)
{
    (void)unused;
    vow_promise *root;
    vow_deferred *deferred = vow_deferred_new(&root);
    vow_promise *promise = root;
    for (int i = 0; i < LONG; i++)
        promise = vow_then(promise, count_up, NULL);
    vow_promise_release(promise);
    vow_deferred_release(deferred); /* abandoned: the error runs through, and all go */
    return NULL;
}

static void a_long_chain_that_nobody_holds_goes_at_once(void **state)
{
    (void)state;
    on_small_stack(SMALL, destroy_paused_chain, NULL);
    assert_int_equal(unhandled, 1);
    assert_int_equal(unhandled_status, VOW_ABANDONED);
}

static void *destroy_nested_values(void *unused)
{
    (void)unused;
    vow_value value = vow_integer(1);
    for (int i = 0; i < LONG; i++) {
        vow_value list = vow_list_new(1);
        require(vow_list_append(list, vow_promise_value(vow_succeeded(value))) == VOW_OK);
        value = list;
    }
    vow_release(value);
    return NULL;
}

static void promises_nested_in_values_go_in_constant_stack(void **state)
{
    (void)state;
    on_small_stack(SMALL, destroy_nested_values, NULL);
}

static void *cancel_chain(void *unused)
{
    (void)unused;
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    for (int i = 0; i < LONG; i++)
        promise = vow_then(promise, count_up, NULL);
    vow_cancel(promise);
    vow_value result = vow_await(promise, VOW_POLL);
    require(vow_error_is(result, VOW_CANCELED));
    vow_release(result);
    vow_deferred_release(deferred);
    return NULL;
}

static void canceling_the_end_of_a_long_chain_reaches_its_beginning(void **state)
{
    (void)state;
    on_small_stack(SMALL, cancel_chain, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(many_callbacks_on_one_promise),
        control_test(many_derived_promises),
        control_test(an_error_passes_many_derived_promises),
        control_test(many_derived_promises_of_one),
        control_test(a_long_chain_of_adoptions_built_forwards),
        control_test(a_long_chain_of_adoptions_built_backwards),
        control_test(a_long_chain_of_adoptions_built_in_random_order),
        control_test(functions_that_give_promises_nest_up_to_the_limit),
        control_test(functions_that_give_promises_go_on_beyond_the_limit),
        control_test(callbacks_that_fire_the_next_run_in_order),
        control_test(a_long_chain_that_nobody_holds_goes_at_once),
        control_test(promises_nested_in_values_go_in_constant_stack),
        control_test(canceling_the_end_of_a_long_chain_reaches_its_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
