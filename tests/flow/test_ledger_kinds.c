/*
 * test_ledger_kinds.c - the ledger: whatever is left at exit is named with its place, of each kind.
 */
#include "ledger_testing.h"

LEAVES(leave_a_list)
{
    vow_value list = vow_list_new(0);
    require(vow_list_append(list, vow_integer(1)) == VOW_OK);
    keep(list.as.pointer);
    STAY();
}

LEAVES(leave_an_error)
{
    keep(vow_fail(VOW_INVALID, "no such thing").as.pointer);
    STAY();
}

LEAVES(leave_a_promise)
{
    vow_promise *promise = NULL;
    keep(vow_deferred_new(&promise));
    STAY();
}

LEAVES(leave_a_settled_promise)
{
    keep(vow_then(vow_succeeded(vow_text("value")), NULL, NULL));
    STAY();
}

LEAVES(leave_an_item_in_a_channel)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(4, NULL, &writer, &reader) == VOW_OK);
    require(vow_write(writer, vow_text("an item"), VOW_FOREVER) == VOW_OK);
    keep(writer);
    keep(reader);
    STAY();
}

void write_numbers(vow_writer *writer);
__attribute__((noinline)) void write_numbers(vow_writer *writer)
{
    for (volatile int i = 0; i < 2; i++)
        require(vow_write(writer, vow_integer(i), VOW_FOREVER) == VOW_OK);
    STAY();
}

LEAVES(leave_numbers_in_a_channel)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(4, NULL, &writer, &reader) == VOW_OK);
    write_numbers(writer);
    keep(writer);
    keep(reader);
    STAY();
}

LEAVES(leave_an_item_written_by_a_promise)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(4, NULL, &writer, &reader) == VOW_OK);
    vow_promise_release(vow_write_promise(writer, vow_integer(1)));
    keep(writer);
    keep(reader);
    STAY();
}

LEAVES(leave_a_selected_item)
{
    vow_writer *writer;
    vow_reader *reader;
    const vow_channel_options serial = {.size = sizeof serial, .serial = true};
    require(vow_channel_new(4, &serial, &writer, &reader) == VOW_OK);
    vow_case write = vow_case_write(writer, vow_integer(1));
    size_t chosen;
    require(vow_select(&write, 1, VOW_FOREVER, &chosen) == VOW_OK);
    keep(writer);
    keep(reader);
    STAY();
}

static vow_value give_input(vow_value input, void *context)
{
    (void)context;
    return input;
}

LEAVES(leave_a_task)
{
    keep(vow_task_new("numbers", vow_source_range(0, 10, 1), give_input, NULL, NULL));
    STAY();
}

static vow_value yield_one(vow_value input, void *context)
{
    (void)context;
    vow_release(vow_yield(vow_integer(1)));
    return input;
}

LEAVES(leave_a_coroutine)
{
    vow_coroutine *coroutine = vow_coroutine_new(yield_one, NULL);
    vow_release(vow_next(coroutine));
    keep(coroutine);
    STAY();
}

static vow_value eat(vow_value input, void *context)
{
    (void)context;
    for (;;)
        vow_release(vow_yield(vow_none()));
    return input;
}

LEAVES(leave_a_buffer)
{
    vow_coroutine *consumer = vow_coroutine_new(eat, NULL);
    vow_release(vow_next(consumer));
    keep(vow_buffer(consumer, NULL, 4));
    vow_coroutine_release(consumer);
    STAY();
}

LEAVES(leave_a_broadcast)
{
    vow_coroutine *consumer = vow_coroutine_new(eat, NULL);
    vow_release(vow_next(consumer));
    keep(vow_broadcast(&consumer, 1));
    vow_coroutine_release(consumer);
    STAY();
}

static vow_reader *reader_of_an_empty_channel(void)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(1, NULL, &writer, &reader) == VOW_OK);
    vow_writer_release(writer);
    return reader;
}

LEAVES(leave_a_merge)
{
    vow_reader *reader = reader_of_an_empty_channel();
    keep(vow_source_merge(&reader, 1));
    STAY();
}

LEAVES(leave_a_zip)
{
    vow_reader *reader = reader_of_an_empty_channel();
    keep(vow_source_zip(&reader, 1));
    STAY();
}

LEAVES(leave_a_file)
{
    keep(vow_source_lines(STDIN_FILENO));
    STAY();
}

LEAVES(leave_a_split)
{
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_reader *readers[2];
    vow_task *task =
        vow_task_new("numbers", vow_source_range(0, 100000, 1), give_input, NULL, NULL);
    require(vow_pool_add_broadcast(pool, task, 2, NULL, readers) == VOW_OK);
    for (size_t i = 0; i < 2; i++) {
        vow_value item;
        require(vow_read(readers[i], VOW_FOREVER, &item) == VOW_OK);
        keep(readers[i]);
    }
    keep(pool);
    STAY();
}

LEAVES(leave_progress)
{
    keep(vow_progress_new(NULL, vow_now()));
    STAY();
}

LEAVES(leave_a_subscription)
{
    vow_dispatcher *dispatcher = vow_dispatcher_new(NULL);
    keep(dispatcher);
    keep(vow_subscribe(dispatcher, NULL, vow_name("news"), give_input, NULL, NULL));
    STAY();
}

LEAVES(leave_a_message)
{
    vow_dispatcher *dispatcher = vow_dispatcher_new(NULL);
    keep(vow_next_message(dispatcher, NULL, vow_name("news")));
    require(vow_publish(dispatcher, NULL, vow_name("news"), vow_integer(1)) == VOW_OK);
    vow_dispatcher_free(dispatcher);
    STAY();
}

LEAVES(leave_an_iteration)
{
    vow_loop *loop = vow_loop_new(NULL);
    const struct vow_cooperating cooperating = {.size = sizeof cooperating,
                                                .scheduler = vow_loop_scheduler(loop)};
    vow_cooperator *cooperator = vow_cooperator_new(&cooperating);
    keep(loop);
    keep(cooperator);
    keep(vow_cooperate(cooperator, give_input, vow_none(), NULL));
    STAY();
}

LEAVES(leave_a_clock)
{
    keep(vow_clock_new());
    STAY();
}

static vow_status refuse_call(struct vow_call *call, void *self)
{
    (void)call;
    (void)self;
    return VOW_CLOSED;
}

static void drop_nothing(void *self)
{
    (void)self;
}

LEAVES(leave_a_scheduler)
{
    const struct vow_scheduler_ops ops = {
        .size = sizeof ops, .schedule = refuse_call, .drop = drop_nothing};
    keep(vow_scheduler_new(&ops, NULL));
    STAY();
}

LEAVES(leave_a_turn_at_a_mutex)
{
    static vow_mutex mutex = VOW_MUTEX_INIT;
    require(vow_mutex_try_lock(&mutex));
    keep(vow_mutex_lock_promise(&mutex));
    STAY();
}

LEAVES(leave_a_loop)
{
    keep(vow_loop_new(NULL));
    STAY();
}

LEAVES(leave_a_pool)
{
    keep(vow_pool_new(1, NULL));
    STAY();
}

LEAVES(leave_a_group)
{
    keep(vow_group_new(NULL));
    STAY();
}

LEAVES(leave_a_dispatcher)
{
    keep(vow_dispatcher_new(NULL));
    STAY();
}

static sem_t parked;

vow_value park_for_ever(vow_value input, void *context);
__attribute__((noinline)) vow_value park_for_ever(vow_value input, void *context)
{
    vow_promise *promise = NULL;
    keep(vow_deferred_new(&promise));
    (void)context;
    require(vow_wait(promise, VOW_FOREVER, NULL) == VOW_OK);
    STAY();
    return input;
}

static vow_value tell_that_it_parked(vow_value input, void *context)
{
    (void)context;
    for (int i = 0; i < 10; i++)
        (void)vow_reschedule();
    require(sem_post(&parked) == 0);
    return input;
}

/* The worker runs the second job when the first has parked, or lets others go first before that (vow/debug.h): so does the
   second then. */
static void wait_until_parked(vow_pool *pool)
{
    require(vow_schedule(vow_pool_scheduler(pool), tell_that_it_parked, vow_none(), NULL) ==
            VOW_OK);
    require(sem_wait(&parked) == 0);
    keep(pool);
}

static vow_pool *begin_parking(void)
{
    require(sem_init(&parked, 0, 0) == 0);
    return vow_pool_new(1, NULL);
}

LEAVES(leave_a_line)
{
    vow_pool *pool = begin_parking();
    require(vow_schedule(vow_pool_scheduler(pool), park_for_ever, vow_none(), NULL) == VOW_OK);
    wait_until_parked(pool);
    STAY();
}

LEAVES(leave_a_job)
{
    vow_pool *pool = begin_parking();
    keep(vow_submit(vow_pool_scheduler(pool), park_for_ever, vow_none(), NULL));
    wait_until_parked(pool);
    STAY();
}

static const struct {
    void (*leaves)(void);
    const char *what;
    const char *place; /* not the function of vow, which may have left for another */
} leaks[] = {
    {leave_texts, "3 boxes, text, ", "leave_texts+0x"},
    {leave_texts, "", "\"left behind\""},
    {leave_a_list, "1 box, list, ", "leave_a_list+0x"},
    {leave_an_error, "1 error, ", "leave_an_error+0x"},
    {leave_an_error, "", "\"no such thing\""},
    {leave_a_promise, "1 promise, pending, ", "leave_a_promise+0x"},
    {leave_a_settled_promise, "1 promise, settled, ", "leave_a_settled_promise+0x"},
    {leave_an_item_in_a_channel, "1 channel, ", "leave_an_item_in_a_channel+0x"},
    {leave_an_item_in_a_channel, "1 reader, ", "leave_an_item_in_a_channel+0x"},
    {leave_an_item_in_a_channel, "1 writer, ", "leave_an_item_in_a_channel+0x"},
    {leave_an_item_in_a_channel, "1 box, text, ", "\"an item\""},
    {leave_an_item_in_a_channel, "1 channel, 1 item, ", "written by leave_an_item_in_a_channel+0x"},
    {leave_numbers_in_a_channel, "1 channel, 2 items, ",
     "made by vow_channel_new < leave_numbers_in_a_channel+0x"},
    {leave_numbers_in_a_channel, "1 channel, 2 items, ", "written by write_numbers+0x"},
    {leave_an_item_written_by_a_promise, "1 channel, 1 item, ",
     "written by leave_an_item_written_by_a_promise+0x"},
    {leave_a_selected_item, "1 channel, 1 item, ", "written by leave_a_selected_item+0x"},
    {leave_a_task, "1 task, ", "leave_a_task+0x"},
    {leave_a_task, "1 source, ", "leave_a_task+0x"},
    {leave_a_coroutine, "1 coroutine, ", "leave_a_coroutine+0x"},
    {leave_a_buffer, "1 buffer, ", "leave_a_buffer+0x"},
    {leave_a_buffer, "1 coroutine, ", "vow_coroutine_new < leave_a_buffer+0x"},
    {leave_a_broadcast, "1 coroutine, ", "leave_a_broadcast+0x"},
    {leave_a_merge, "1 source, ", "leave_a_merge+0x"},
    {leave_a_zip, "1 source, ", "leave_a_zip+0x"},
    {leave_a_file, "1 source, ", "leave_a_file+0x"},
    {leave_a_split, "2 channels, ", "leave_a_split+0x"},
    {leave_a_split, "2 readers, ", "leave_a_split+0x"},
    {leave_a_split, "1 task, ", "leave_a_split+0x"},
    {leave_a_split, "", " pipeline"}, /* made deep in the library: its caller may lie beyond */
    {leave_a_split, "", " chunk"},    /* the frames that are kept */
    {leave_progress, "1 progress, ", "leave_progress+0x"},
    {leave_a_subscription, "1 subscription, ", "leave_a_subscription+0x"},
    {leave_a_message, "1 message, ", "leave_a_message+0x"},
    {leave_an_iteration, "1 iteration, ", "leave_an_iteration+0x"},
    {leave_an_iteration, "1 cooperator, ", "leave_an_iteration+0x"},
    {leave_a_clock, "1 clock, ", "leave_a_clock+0x"},
    {leave_a_scheduler, "1 scheduler, ", "leave_a_scheduler+0x"},
    {leave_a_turn_at_a_mutex, "1 promise, pending, ", "leave_a_turn_at_a_mutex+0x"},
    {leave_a_turn_at_a_mutex, "2 records, ", "leave_a_turn_at_a_mutex+0x"},
    {leave_a_loop, "1 loop, ", "leave_a_loop+0x"},
    {leave_a_pool, "1 pool, ", "leave_a_pool+0x"},
    {leave_a_group, "1 group, ", "leave_a_group+0x"},
    {leave_a_dispatcher, "1 dispatcher, ", "leave_a_dispatcher+0x"},
    {leave_a_line, "1 parked line, ", "park_for_ever+0x"},
    {leave_a_line, "1 parked line, ", "submitted by leave_a_line+0x"},
    {leave_a_line, "1 scheduled call, ", "leave_a_line+0x"},
    {leave_a_job, "1 parked line, ", "park_for_ever+0x"},
    {leave_a_job, "1 parked line, ", "submitted by leave_a_job+0x"},
};

static void whatever_is_left_is_named_with_its_place(void **state)
{
    int missed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof leaks / sizeof leaks[0]; i++) {
        struct end end = run_leak(leaks[i].leaves);
        if (exited_with(&end, FAILED) && has_line(end.text, leaks[i].what, leaks[i].place))
            continue;
        print_error("no \"%s… %s\", status 0x%x, in:\n%s", leaks[i].what, leaks[i].place,
                    (unsigned)end.status, end.text);
        missed++;
    }
    assert_int_equal(missed, 0);
}

LEAVES(leave_an_empty_channel)
{
    vow_writer *writer;
    vow_reader *reader;
    vow_value item;
    require(vow_channel_new(4, NULL, &writer, &reader) == VOW_OK);
    write_numbers(writer);
    for (int i = 0; i < 2; i++)
        require(vow_read(reader, VOW_FOREVER, &item) == VOW_OK);
    keep(writer);
    keep(reader);
    STAY();
}

static void of_an_empty_channel_it_is_not_said_who_wrote(void **state)
{
    (void)state;
    struct end end = run_leak(leave_an_empty_channel);
    assert_true(has_line(end.text, "1 channel, ", "leave_an_empty_channel+0x"));
    assert_null(strstr(end.text, "item"));
    assert_null(strstr(end.text, "written by"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_left_is_named_with_its_place),
        cmocka_unit_test(of_an_empty_channel_it_is_not_said_who_wrote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
