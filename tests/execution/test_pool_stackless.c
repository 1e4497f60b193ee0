/*
 * test_pool_stackless.c - pools and loops where there is one stack and not a second: calls run on the stack of who makes
 * them.
 */
#include "control/park_testing.h"

#include "execution/detour.h"
#include "wait/line.h"
#include <vow/wait.h>

static vow_value wait_long(vow_value input, void *context)
{
    assert_ok(vow_wait(context, vow_after(VOW_S(3600)), NULL));
    return input;
}

static vow_value submit_to_own_pool(vow_value input, void *context)
{
    struct gate *gate = context;
    vow_promise_release(vow_submit(vow_current_scheduler(), wait_long, vow_none(), gate->promise));
    return input;
}

static vow_value submit_deeper(vow_value input, void *context)
{
    int64_t left = vow_as_integer(input);
    note(left);
    if (left > 0)
        vow_promise_release(
            vow_submit(vow_current_scheduler(), submit_deeper, vow_integer(left - 1), context));
    return input;
}

/* Leaves something else where frames lay. */
static __attribute__((noinline)) void write_over_the_stack(void)
{
    volatile char over[8 * 1024];
    for (size_t i = 0; i < sizeof(over); i++)
        over[i] = 0x55;
}

/* Calls nest on its only stack: without optimisation each of VOW_NESTING has a kilobyte of frames, more than the 256 KiB
   that a stack has otherwise. */
static vow_pool *pool_of_one_large_stack(void)
{
    struct vow_pool_options options = {.size = sizeof(options), .stack_size = 1024 * 1024};
    vow_pool *pool = vow_pool_new(0, &options);
    assert_non_null(pool);
    return pool;
}

static void a_call_that_parks_on_its_makers_stack_leaves_nothing_behind(void **state)
{
    vow_pool *pool = pool_of_one_large_stack();
    struct gate gate = gate_new();
    (void)state;
    vow_promise *maker =
        vow_submit(vow_pool_scheduler(pool), submit_to_own_pool, vow_integer(2), &gate);
    gate_open(&gate);
    assert_int_equal(await_integer(maker), 2);
    write_over_the_stack();
    int depth = VOW_SWITCH_TOLD ? 20 : 300;
    vow_promise *deeper =
        vow_submit(vow_pool_scheduler(pool), submit_deeper, vow_integer(depth), NULL);
    assert_int_equal(await_integer(deeper), depth);
    assert_int_equal(the_log.count, depth + 1);
    free_pool(pool);
    gate_end(&gate);
}

static void a_worker_without_a_second_stack_serves_all(void **state)
{
    (void)state;
    wait_on_a_thread_that_others_use(false);
}

static vow_value wait_in_vain(vow_value input, void *context)
{
    vow_status status = vow_wait(context, VOW_FOREVER, NULL);
    (void)input;
    return vow_integer(vow_canceled() ? (int64_t)status : -1);
}

static void closing_a_pool_ends_the_waits_of_jobs_without_a_stack(void **state)
{
    struct gate first = gate_new();
    struct gate second = gate_new();
    vow_pool *pool = pool_of(1);
    vow_scheduler *there = vow_pool_scheduler(pool);
    (void)state;
    vow_promise *parked = vow_submit(there, wait_in_vain, vow_none(), first.promise);
    until_waited_for(first.promise);
    vow_promise *holding = vow_submit(there, wait_in_vain, vow_none(), second.promise);
    until_waited_for(second.promise);
    assert_ok(vow_pool_close(pool, VOW_CANCEL, VOW_FOREVER));
    assert_int_equal(await_integer(parked), VOW_CANCELED);
    assert_int_equal(await_integer(holding), VOW_CANCELED);
    free_pool(pool);
    gate_end(&first);
    gate_end(&second);
}

/* No memory: neither for another worker nor for its thread. */
static _Atomic bool refusing;

static void *test_allocate(size_t size, void *context)
{
    (void)context;
    return atomic_load(&refusing) ? NULL : malloc(size);
}

static void *test_resize(void *memory, size_t size, void *context)
{
    (void)context;
    return atomic_load(&refusing) ? NULL : realloc(memory, size);
}

static void test_release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

/* What waits for it can only go on if another worker comes. */
struct unmanned {
    vow_promise *behind;
    vow_deadline deadline;
};

/* Gives why it could not wait. */
static vow_value wait_for_one_that_nobody_takes(vow_value input, void *context)
{
    struct unmanned *unmanned = context;
    unmanned->behind = vow_submit(vow_current_scheduler(), give_input, vow_retain(input), NULL);
    assert_int_equal(vow_wait(NULL, VOW_POLL, NULL), VOW_INVALID); /* a place for sentences */
    atomic_store(&refusing, true);
    vow_status status = vow_wait(unmanned->behind, unmanned->deadline, NULL);
    atomic_store(&refusing, false);
    return status == VOW_OK ? vow_none() : vow_fail(status, "%s", vow_last_error());
}

/* The only stack of a pool of one is parked; the job behind that has none, and there is no thread to stand in for it: it is
   refused, as is said, and the pool goes on. */
static void assert_refused(vow_deadline deadline, vow_status expected, const char *sentence)
{
    struct unmanned unmanned = {.deadline = deadline};
    struct gate gate = gate_new();
    vow_pool *pool = pool_of(1);
    vow_scheduler *there = vow_pool_scheduler(pool);
    vow_promise *parked = vow_submit(there, wait_for_context, vow_none(), gate.promise);
    until_waited_for(gate.promise);
    vow_value why = vow_await(
        vow_submit(there, wait_for_one_that_nobody_takes, vow_integer(3), &unmanned), VOW_FOREVER);
    assert_int_equal(vow_error_status(why), expected);
    assert_string_equal(vow_error_message(why), sentence);
    vow_release(why);
    assert_int_equal(await_integer(unmanned.behind), 3);
    gate_open(&gate);
    assert_int_equal(await_integer(parked), 1);
    free_pool(pool);
    gate_end(&gate);
}

static void a_wait_without_a_stack_that_would_stop_its_pool_is_refused(void **state)
{
    (void)state;
    assert_refused(VOW_FOREVER, VOW_LIMIT,
                   "vow_wait: there was neither a stack to park nor a thread to take the place of "
                   "this one, the last at work in its pool");
}

static void a_wait_without_a_stack_that_would_stop_its_pool_lasts_until_its_deadline(void **state)
{
    (void)state;
    assert_refused(vow_after(VOW_MS(1)), VOW_TIMED_OUT, "vow_wait: the deadline passed first");
}

static vow_value wait_without_memory(vow_value input, void *context)
{
    atomic_store(&refusing, true);
    return wait_for_context(input, context);
}

/* Two of three workers are held, at most. */
static void a_wait_without_a_stack_lasts_while_another_worker_is_at_work(void **state)
{
    struct gate first = gate_new();
    struct gate second = gate_new();
    vow_pool *pool = pool_of(3);
    vow_scheduler *there = vow_pool_scheduler(pool);
    (void)state;
    vow_promise *parked = vow_submit(there, wait_for_context, vow_none(), first.promise);
    until_waited_for(first.promise);
    vow_promise *holding = vow_submit(there, wait_without_memory, vow_none(), second.promise);
    until_waited_for(second.promise);
    atomic_store(&refusing, false);
    gate_open(&second);
    assert_int_equal(await_integer(holding), 1);
    gate_open(&first);
    assert_int_equal(await_integer(parked), 1);
    free_pool(pool);
    gate_end(&first);
    gate_end(&second);
}

static vow_value say_why_it_cannot_wait(vow_value input, void *context)
{
    vow_status status = vow_wait(context, VOW_FOREVER, NULL);
    (void)input;
    return status == VOW_OK ? vow_none() : vow_fail(status, "%s", vow_last_error());
}

static void a_loops_call_without_a_stack_is_told_of_the_bound(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    vow_scheduler *scheduler = vow_loop_scheduler(loop);
    struct gate gate = gate_new();
    vow_promise *parked = vow_submit(scheduler, wait_for_context, vow_none(), gate.promise);
    vow_promise *refused = vow_submit(scheduler, say_why_it_cannot_wait, vow_none(), gate.promise);
    vow_value why = vow_await(refused, VOW_FOREVER);
    assert_int_equal(vow_error_status(why), VOW_LIMIT);
    assert_string_equal(vow_error_message(why),
                        "vow_wait: there was no stack to park: there are as many as may be");
    vow_release(why);
    gate_open(&gate);
    assert_int_equal(await_integer(parked), 1);
    gate_end(&gate);
    assert_ok(vow_loop_free(loop));
}

#define LENT                                                                                       \
    "vow_wait: there was no stack to park, and on this one the code that made the call could not " \
    "go on meanwhile"

/* Takes `refused`, which came to its end, or this would have been held up. */
static void assert_lent(vow_promise *refused)
{
    vow_value why = vow_await(refused, VOW_FOREVER);
    assert_int_equal(vow_error_status(why), VOW_LIMIT);
    assert_string_equal(vow_error_message(why), LENT);
    vow_release(why);
}

static void a_call_on_its_makers_stack_cannot_wait_for_its_maker(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(0);
    struct only_stack only = take_only_stack();
    struct gate gate = gate_new();
    assert_lent(
        vow_submit(vow_pool_scheduler(pool), say_why_it_cannot_wait, vow_none(), gate.promise));
    assert_lent(vow_spawn(vow_immediate(), say_why_it_cannot_wait, vow_none(), gate.promise));
    give_only_stack(&only);
    gate_end(&gate);
    free_pool(pool);
}

/* On a thread that made a loop a wait runs that: but not for ever. */
static void a_call_on_its_makers_stack_cannot_wait_for_its_maker_by_running_a_loop(void **state)
{
    (void)state;
    vow_loop *loop = vow_loop_new(NULL);
    struct only_stack only = take_only_stack();
    struct gate gate = gate_new();
    vow_promise *behind = vow_submit(vow_loop_scheduler(loop), give_input, vow_integer(4), NULL);
    assert_lent(vow_spawn(vow_immediate(), say_why_it_cannot_wait, vow_none(), gate.promise));
    assert_int_equal(vow_state(behind), VOW_FULFILLED);
    assert_int_equal(await_integer(behind), 4);
    give_only_stack(&only);
    gate_end(&gate);
    assert_ok(vow_loop_free(loop));
}

/* In a line, which has the only stack. */
static vow_value make_one_that_waits(vow_value input, void *context)
{
    (void)input;
    return vow_promise_value(
        vow_submit(vow_current_scheduler(), say_why_it_cannot_wait, vow_none(), context));
}

static void a_call_on_its_makers_stack_does_not_park_it(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(0);
    struct gate gate = gate_new();
    assert_lent(
        vow_submit(vow_pool_scheduler(pool), make_one_that_waits, vow_none(), gate.promise));
    gate_end(&gate);
    free_pool(pool);
}

static vow_value wait_until_a_deadline(vow_value input, void *context)
{
    const struct unmanned *unmanned = context;
    (void)input;
    return vow_integer(vow_wait(unmanned->behind, unmanned->deadline, NULL));
}

static void a_call_on_its_makers_stack_waits_until_its_deadline(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(0);
    struct only_stack only = take_only_stack();
    struct unmanned unmanned = {.deadline = vow_after(VOW_MS(1))};
    struct gate gate = gate_new();
    unmanned.behind = gate.promise;
    assert_int_equal(await_integer(vow_submit(vow_pool_scheduler(pool), wait_until_a_deadline,
                                              vow_none(), &unmanned)),
                     VOW_TIMED_OUT);
    give_only_stack(&only);
    gate_end(&gate);
    free_pool(pool);
}

static void what_can_go_on_goes_on_before_a_wait_is_refused(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(0);
    struct only_stack only = take_only_stack();
    gate_open(&only.gate);
    assert_int_equal(await_integer(vow_submit(vow_pool_scheduler(pool), wait_for_context,
                                              vow_none(), only.parked)),
                     1);
    give_only_stack(&only);
    free_pool(pool);
}

static vow_value let_others_go_first(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_integer(vow_reschedule());
}

static vow_value submit_one_that_stops(vow_value input, void *context)
{
    return vow_promise_value(
        vow_submit(vow_pool_scheduler(context), let_others_go_first, input, NULL));
}

/* Each was lent the stack of a line, which then was left where it was: if that counted as deeper for ever, the last call
   would be too deep. */
static void lines_that_stop_in_calls_on_their_stacks_do_not_count_as_nested(void **state)
{
    (void)state;
    vow_pool *pool = pool_of(0);
    for (int i = 0; i <= VOW_NESTING; i++) {
        vow_promise *line = vow_spawn(vow_immediate(), submit_one_that_stops, vow_none(), pool);
        assert_int_equal(vow_state(line), VOW_PENDING);
        assert_int_equal(await_integer(line), VOW_OK);
    }
    vow_promise *job = vow_submit(vow_pool_scheduler(pool), give_input, vow_integer(6), NULL);
    assert_int_equal(vow_state(job), VOW_FULFILLED);
    assert_int_equal(await_integer(job), 6);
    free_pool(pool);
}

/* Waits that others begin on the stack of one that has not parked ------------------------------------------------- */

/* A promise of this thread's that another thread has fired: its callback comes when this thread serves. */
static void *fire_from_elsewhere(void *context)
{
    gate_open(context);
    return NULL;
}

static vow_promise *come_when_served(struct gate *gate, vow_fn *fn, void *context)
{
    vow_promise *come = vow_then(vow_promise_retain(gate->promise), fn, context);
    join_thread(start_thread(fire_from_elsewhere, gate));
    return come;
}

/* Its only stack is lent to a job that waits; what is served meanwhile stops, on the same. */
struct held_line {
    vow_pool *pool;
    struct gate served;
    vow_fn *stop;
    vow_promise *come;
    vow_promise *never;
};

static vow_value wait_while_others_stop(vow_value input, void *context)
{
    struct held_line *held = context;
    held->come = come_when_served(&held->served, held->stop, held);
    return say_why_it_cannot_wait(input, held->never);
}

static vow_value lend_to_one_that_waits(vow_value input, void *context)
{
    struct held_line *held = context;
    (void)input;
    return vow_promise_value(
        vow_submit(vow_pool_scheduler(held->pool), wait_while_others_stop, vow_none(), held));
}

/* Who made the line goes on when it has ended, and so when nothing refers to its stack any more. */
static void assert_stays(vow_fn *stop)
{
    struct gate never = gate_new();
    struct held_line held = {
        .pool = pool_of(0), .served = gate_new(), .stop = stop, .never = never.promise};
    vow_promise *line = vow_spawn(vow_immediate(), lend_to_one_that_waits, vow_none(), &held);
    enum vow_state state = vow_state(line);
    assert_ok(vow_sleep(VOW_MS(5)));
    const struct outside *left = vow_carrier_here->outside;
    assert_lent(line);
    assert_int_equal(await_integer(held.come), VOW_OK);
    free_pool(held.pool);
    gate_end(&held.served);
    gate_end(&never);
    assert_null(left);
    if (!vow_slow) /* else its wait lets others go first before it begins */
        assert_int_equal(state, VOW_REJECTED);
}

static vow_value sleep_a_little(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_integer(vow_sleep(VOW_MS(1)));
}

static void what_sleeps_on_the_stack_of_a_wait_does_not_park_it(void **state)
{
    (void)state;
    assert_stays(sleep_a_little);
}

static void what_reschedules_on_the_stack_of_a_wait_does_not_park_it(void **state)
{
    (void)state;
    assert_stays(let_others_go_first);
}

/* A wait in the middle of a firing, and inside of it another one, which ends first. */
struct two_waits {
    struct gate fired;
    struct gate served;
    struct gate wanted;
    vow_promise *come;
};

static vow_value wait_inside_and_let_go(vow_value input, void *context)
{
    struct two_waits *two = context;
    (void)input;
    vow_status status = vow_wait(two->wanted.promise, vow_after(VOW_MS(20)), NULL);
    gate_open(&two->wanted);
    return vow_integer(status);
}

static vow_value wait_around(vow_value input, void *context)
{
    struct two_waits *two = context;
    (void)input;
    two->come = come_when_served(&two->served, wait_inside_and_let_go, two);
    return wait_for_context(vow_none(), two->wanted.promise);
}

/* In a closed world all waits are known. */
static void waits_inside_of_each_other_are_known_by_what_each_is_in_the_middle_of(void **state)
{
    (void)state;
    struct only_stack only = take_only_stack();
    struct two_waits two = {.fired = gate_new(), .served = gate_new(), .wanted = gate_new()};
    vow_promise *around = vow_then(vow_promise_retain(two.fired.promise), wait_around, &two);
    vow_closed_world(true);
    gate_open(&two.fired);
    vow_closed_world(false);
    int64_t outer = await_integer(around);
    int64_t inner = await_integer(two.come);
    bool left = vow_known_has(two.fired.promise);
    give_only_stack(&only);
    gate_end(&two.fired);
    gate_end(&two.served);
    gate_end(&two.wanted);
    assert_false(left);
    assert_int_equal(inner, VOW_TIMED_OUT);
    assert_int_equal(outer, 1);
}

/* Closing ---------------------------------------------------------------------------------------------------------- */

struct elsewhere {
    vow_pool *pool;
    vow_promise *gate;
    vow_promise *job;
    _Atomic bool parked;
};

static vow_value wait_to_be_ended(vow_value input, void *context)
{
    (void)input;
    return vow_integer(vow_wait(context, VOW_FOREVER, NULL));
}

static void *park_elsewhere(void *context)
{
    struct elsewhere *elsewhere = context;
    elsewhere->job = vow_submit(vow_pool_scheduler(elsewhere->pool), wait_to_be_ended, vow_none(),
                                elsewhere->gate);
    atomic_store(&elsewhere->parked, true);
    (void)vow_wait(elsewhere->job, VOW_FOREVER, NULL);
    return NULL;
}

static void closing_a_pool_without_workers_takes_no_memory(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct elsewhere elsewhere = {.pool = pool_of(0), .gate = gate.promise};
    pthread_t thread = start_thread(park_elsewhere, &elsewhere);
    while (!atomic_load(&elsewhere.parked))
        (void)sched_yield();
    atomic_store(&refusing, true);
    vow_status closed = vow_pool_close(elsewhere.pool, VOW_CANCEL, VOW_FOREVER);
    atomic_store(&refusing, false);
    assert_ok(closed);
    join_thread(thread);
    assert_int_equal(await_integer(elsewhere.job), VOW_CANCELED);
    free_pool(elsewhere.pool);
    gate_end(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* before this thread has the stack, and keeps it */
        park_test(closing_a_pool_without_workers_takes_no_memory),
        park_test(a_call_that_parks_on_its_makers_stack_leaves_nothing_behind),
        park_test(a_worker_without_a_second_stack_serves_all),
        park_test(closing_a_pool_ends_the_waits_of_jobs_without_a_stack),
        park_test(a_wait_without_a_stack_that_would_stop_its_pool_is_refused),
        park_test(a_wait_without_a_stack_that_would_stop_its_pool_lasts_until_its_deadline),
        park_test(a_wait_without_a_stack_lasts_while_another_worker_is_at_work),
        park_test(a_loops_call_without_a_stack_is_told_of_the_bound),
        park_test(a_call_on_its_makers_stack_cannot_wait_for_its_maker),
        park_test(a_call_on_its_makers_stack_cannot_wait_for_its_maker_by_running_a_loop),
        park_test(a_call_on_its_makers_stack_does_not_park_it),
        park_test(a_call_on_its_makers_stack_waits_until_its_deadline),
        park_test(what_can_go_on_goes_on_before_a_wait_is_refused),
        park_test(lines_that_stop_in_calls_on_their_stacks_do_not_count_as_nested),
        park_test(what_sleeps_on_the_stack_of_a_wait_does_not_park_it),
        park_test(what_reschedules_on_the_stack_of_a_wait_does_not_park_it),
        park_test(waits_inside_of_each_other_are_known_by_what_each_is_in_the_middle_of),
    };
    static const struct vow_allocator allocator = {.size = sizeof(allocator),
                                                   .allocate = test_allocate,
                                                   .resize = test_resize,
                                                   .release = test_release};
    if (setenv("VOW_STACKS_MOST", "1", 1) != 0 || vow_set_allocator(&allocator) != VOW_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
