/*
 * test_loop.c - making and freeing loops, and giving them calls.
 */
#include "loop_testing.h"

/* Order */

static void calls_run_in_the_order_in_which_they_were_made(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct record record = {0};
    struct step steps[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        steps[i] = step_new(&record, i, NULL, NULL);
        step_on(loop, &steps[i]);
    }
    assert_int_equal(record.count, 0);
    run_until_idle(loop);
    assert_order(&record, 0, 1, 2);
    assert_int_equal(vow_loop_free(loop), VOW_OK);
    assert_int_equal(record.drops, 0);
}

static struct step inner;

static void call_inner(struct step *step)
{
    step_on(step->context, &inner);
    assert_int_equal(inner.runs, 0);
}

static void a_call_made_in_a_call_runs_after_what_was_queued_before(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct record record = {0};
    struct step first = step_new(&record, 1, call_inner, loop);
    struct step second = step_new(&record, 2, NULL, NULL);
    (void)state;
    inner = step_new(&record, 3, NULL, NULL);
    step_on(loop, &first);
    step_on(loop, &second);
    run_until_idle(loop);
    assert_order(&record, 1, 2, 3);
    vow_loop_free(loop);
}

static void a_node_can_be_queued_again_by_its_own_call_three_times(struct step *step)
{
    if (step->runs < 3)
        step_on(step->context, step);
}

static void a_call_can_queue_itself_again(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step =
        step_new(NULL, 0, a_node_can_be_queued_again_by_its_own_call_three_times, loop);
    (void)state;
    step_on(loop, &step);
    run_until_idle(loop);
    assert_int_equal(step.runs, 3);
    vow_loop_free(loop);
}

/* The current scheduler */

static void a_loop_is_current_on_its_thread_while_it_lives(void **state)
{
    vow_scheduler *before = vow_current_scheduler();
    vow_loop *loop = vow_loop_new(NULL);
    (void)state;
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(loop));
    assert_string_equal(vow_scheduler_name(vow_current_scheduler()), "loop");
    vow_loop_free(loop);
    assert_ptr_equal(vow_current_scheduler(), before);
}

static void the_loop_made_last_that_still_lives_is_current(void **state)
{
    vow_loop *first = vow_loop_new(NULL);
    vow_loop *second = vow_loop_new(NULL);
    vow_loop *third = vow_loop_new(NULL);
    (void)state;
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(third));
    vow_loop_free(second);
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(third));
    vow_loop_free(third);
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(first));
    vow_loop_free(first);
    assert_ptr_equal(vow_current_scheduler(), vow_immediate());
}

static void expect_current(struct step *step)
{
    assert_ptr_equal(vow_current_scheduler(), step->context);
}

static void inside_a_call_its_loop_is_current(void **state)
{
    vow_loop *first = vow_loop_new(NULL);
    vow_loop *second = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, expect_current, vow_loop_scheduler(first));
    (void)state;
    step_on(first, &step);
    run_until_idle(first);
    assert_int_equal(step.runs, 1);
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(second));
    vow_loop_free(first);
    vow_loop_free(second);
}

static void make_and_free_a_loop(struct step *step)
{
    vow_loop *loop = vow_loop_new(NULL);
    (void)step;
    assert_ptr_not_equal(vow_current_scheduler(), vow_loop_scheduler(loop));
    vow_loop_free(loop);
}

static void a_loop_made_inside_a_call_is_not_current_there(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, make_and_free_a_loop, NULL);
    (void)state;
    step_on(loop, &step);
    run_until_idle(loop);
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(loop));
    vow_loop_free(loop);
}

static void make_a_loop(struct step *step)
{
    *(vow_loop **)step->context = vow_loop_new(NULL);
}

static void a_loop_made_inside_a_call_is_current_after_it(void **state)
{
    vow_loop *made;
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, make_a_loop, &made);
    (void)state;
    step_on(loop, &step);
    run_until_idle(loop);
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(made));
    vow_loop_free(made);
    vow_loop_free(loop);
}

static void free_a_loop(struct step *step)
{
    assert_int_equal(vow_loop_free(step->context), VOW_OK);
}

static void a_call_may_free_another_loop(void **state)
{
    vow_loop *first = vow_loop_new(NULL);
    vow_loop *second = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, free_a_loop, second);
    (void)state;
    step_on(first, &step);
    run_until_idle(first);
    assert_ptr_equal(vow_current_scheduler(), vow_loop_scheduler(first));
    vow_loop_free(first);
}

/* Freeing */

static void free_drops_each_queued_call_once(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct record record = {0};
    struct step steps[5];
    (void)state;
    for (int i = 0; i < 5; i++) {
        steps[i] = step_new(&record, i, NULL, NULL);
        step_on(loop, &steps[i]);
    }
    vow_loop_free(loop);
    assert_int_equal(record.count, 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(steps[i].drops, 1);
}

static void *post_step(void *context)
{
    struct step *step = context;
    step_on(step->context, step);
    return NULL;
}

static void free_drops_what_other_threads_posted(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, loop);
    (void)state;
    on_another_thread(post_step, &step);
    vow_loop_free(loop);
    assert_int_equal(step.drops, 1);
    assert_int_equal(step.runs, 0);
}

struct dropping {
    struct vow_call call;
    struct step *queues;
    vow_loop *loop;
};

static void never_run(struct vow_call *call)
{
    (void)call;
    fail();
}

static void queue_when_dropped(struct vow_call *call)
{
    struct dropping *dropping = vow_container_of(call, struct dropping, call);
    step_on(dropping->loop, dropping->queues);
    assert_int_equal(dropping->queues->drops, 0);
}

static void free_drops_what_dropping_queues_but_not_inside_it(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, NULL, NULL);
    struct dropping dropping = {{NULL, never_run, queue_when_dropped}, &step, loop};
    (void)state;
    vow_scheduler_call(vow_loop_scheduler(loop), &dropping.call);
    vow_loop_free(loop);
    assert_int_equal(step.drops, 1);
}

static void a_call_made_after_free_is_dropped_at_once(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_scheduler *scheduler = vow_scheduler_retain(vow_loop_scheduler(loop));
    struct step step = step_new(NULL, 0, NULL, NULL);
    (void)state;
    vow_loop_free(loop);
    vow_scheduler_call(scheduler, &step.call);
    assert_int_equal(step.drops, 1);
    assert_int_equal(step.runs, 0);
    assert_string_equal(vow_scheduler_name(scheduler), "loop");
    vow_scheduler_release(scheduler);
}

static void *post_to_scheduler(void *context)
{
    struct step *step = context;
    vow_scheduler_call(step->context, &step->call);
    vow_scheduler_release(step->context);
    return NULL;
}

static void a_call_posted_from_another_thread_after_free_is_dropped_there(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_scheduler *scheduler = vow_scheduler_retain(vow_loop_scheduler(loop));
    struct step step = step_new(NULL, 0, NULL, scheduler);
    (void)state;
    vow_loop_free(loop);
    on_another_thread(post_to_scheduler, &step); /* gives the last reference back */
    assert_int_equal(step.drops, 1);
}

static void owing_outlives_the_loop(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_scheduler *scheduler = vow_scheduler_retain(vow_loop_scheduler(loop));
    (void)state;
    vow_loop_owe(scheduler, 1);
    vow_loop_free(loop);
    vow_loop_owe(scheduler, -1);
    vow_scheduler_release(scheduler);
}

/* Bad input */

static void no_loop_is_freed_without_complaint(void **state)
{
    (void)state;
    assert_int_equal(vow_loop_free(NULL), VOW_OK);
    assert_null(vow_loop_scheduler(NULL));
}

static void options_without_their_size_are_refused(void **state)
{
    struct vow_loop_options options = {.spin = 1};
    (void)state;
    assert_null(vow_loop_new(&options));
    assert_sentence("vow_loop_new: options->size");
}

static void free_its_loop(struct step *step)
{
    assert_int_equal(vow_loop_free(step->context), VOW_INVALID);
    assert_sentence("vow_loop_free: loop is running the calling call");
}

static void absurd_stack_sizes_are_refused(void **state)
{
    struct vow_loop_options options = {.size = sizeof options, .stack_size = 1};
    (void)state;
    assert_null(vow_loop_new(&options));
    assert_sentence("vow_loop_new: options->stack_size is 1, not between");
    options.stack_size = SIZE_MAX;
    assert_null(vow_loop_new(&options));
    assert_sentence("vow_loop_new: options->stack_size");
}

static void note_stack(struct step *step)
{
    *(size_t *)step->context = STACK_SMALLEST << vow_carrier_here->line->stack->class;
}

/* The bytes of the stack on which a call of a loop with `wanted` runs. */
static size_t stack_of_a_call(size_t wanted)
{
    struct vow_loop_options options = {.size = sizeof options, .stack_size = wanted};
    vow_loop *loop = vow_loop_new(&options);
    size_t size = 0;
    struct step step = step_new(NULL, 0, note_stack, &size);

    assert_non_null(loop);
    step_on(loop, &step);
    run_until_idle(loop);
    vow_loop_free(loop);
    return size;
}

static void calls_run_on_stacks_of_the_size_that_was_asked_for(void **state)
{
    (void)state;
    assert_int_equal(stack_of_a_call(0), STACK_DEFAULT);
    assert_int_equal(stack_of_a_call((size_t)1 << 20), (size_t)1 << 20);
    assert_int_equal(stack_of_a_call(32 * (size_t)1024), 32 * 1024);
    assert_int_equal(stack_of_a_call(0), STACK_DEFAULT); /* one loop's wish is not the next one's */
}

static void freeing_a_loop_from_its_own_call_is_refused(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, free_its_loop, loop);
    (void)state;
    step_on(loop, &step);
    run_until_idle(loop);
    assert_int_equal(step.runs, 1);
    assert_int_equal(vow_loop_free(loop), VOW_OK);
}

static void free_when_dropped(struct vow_call *call)
{
    struct dropping *dropping = vow_container_of(call, struct dropping, call);
    assert_int_equal(vow_loop_free(dropping->loop), VOW_INVALID);
}

static void freeing_a_loop_while_it_drops_its_calls_is_refused(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct dropping dropping = {{NULL, never_run, free_when_dropped}, NULL, loop};
    (void)state;
    vow_scheduler_call(vow_loop_scheduler(loop), &dropping.call);
    assert_int_equal(vow_loop_free(loop), VOW_OK);
}

struct ending {
    vow_loop *loop;
    vow_status run, once, idle, freed;
    bool says_why;
};

static void *misuse(void *context)
{
    struct ending *outcome = context;
    outcome->run = vow_loop_run(outcome->loop);
    outcome->once = vow_loop_run_once(outcome->loop, VOW_POLL);
    outcome->idle = vow_loop_run_until_idle(outcome->loop);
    outcome->says_why = strstr(vow_last_error(), "belongs to another thread") != NULL;
    outcome->freed = vow_loop_free(outcome->loop);
    return NULL;
}

static void another_thread_can_neither_run_nor_free_a_loop(void **state)
{
    struct ending outcome = {.loop = vow_loop_new(NULL)};
    (void)state;
    on_another_thread(misuse, &outcome);
    assert_int_equal(outcome.run, VOW_INVALID);
    assert_int_equal(outcome.once, VOW_INVALID);
    assert_int_equal(outcome.idle, VOW_INVALID);
    assert_int_equal(outcome.freed, VOW_INVALID);
    assert_true(outcome.says_why);
    assert_int_equal(vow_loop_free(outcome.loop), VOW_OK);
}

static void run_its_loop(struct step *step)
{
    assert_int_equal(vow_loop_run(step->context), VOW_INVALID);
    assert_sentence("vow_loop_run: loop is running the calling call");
    assert_int_equal(vow_loop_run_until_idle(step->context), VOW_INVALID);
    assert_int_equal(vow_loop_run_once(step->context, VOW_POLL), VOW_INVALID);
    assert_sentence("vow_loop_run_once");
}

static void a_loop_cannot_be_run_inside_its_own_call(void **state)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct step step = step_new(NULL, 0, run_its_loop, loop);
    (void)state;
    step_on(loop, &step);
    run_until_idle(loop);
    assert_int_equal(step.runs, 1);
    vow_loop_free(loop);
}

static void no_loop_is_not_run(void **state)
{
    (void)state;
    assert_int_equal(vow_loop_run(NULL), VOW_INVALID);
    assert_sentence("vow_loop_run: loop is NULL");
    vow_loop_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(calls_run_in_the_order_in_which_they_were_made),
        loop_test(a_call_made_in_a_call_runs_after_what_was_queued_before),
        loop_test(a_call_can_queue_itself_again),
        loop_test(a_loop_is_current_on_its_thread_while_it_lives),
        loop_test(the_loop_made_last_that_still_lives_is_current),
        loop_test(inside_a_call_its_loop_is_current),
        loop_test(a_loop_made_inside_a_call_is_not_current_there),
        loop_test(a_loop_made_inside_a_call_is_current_after_it),
        loop_test(a_call_may_free_another_loop),
        loop_test(free_drops_each_queued_call_once),
        loop_test(free_drops_what_other_threads_posted),
        loop_test(free_drops_what_dropping_queues_but_not_inside_it),
        loop_test(a_call_made_after_free_is_dropped_at_once),
        loop_test(a_call_posted_from_another_thread_after_free_is_dropped_there),
        loop_test(owing_outlives_the_loop),
        loop_test(no_loop_is_freed_without_complaint),
        loop_test(options_without_their_size_are_refused),
        loop_test(absurd_stack_sizes_are_refused),
        loop_test(calls_run_on_stacks_of_the_size_that_was_asked_for),
        loop_test(freeing_a_loop_from_its_own_call_is_refused),
        loop_test(freeing_a_loop_while_it_drops_its_calls_is_refused),
        loop_test(another_thread_can_neither_run_nor_free_a_loop),
        loop_test(a_loop_cannot_be_run_inside_its_own_call),
        loop_test(no_loop_is_not_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
