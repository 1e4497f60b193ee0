/*
 * test_ledger.c - the ledger: nothing is named that vow keeps for reuse; threads, the switch, a list at any time, no memory.
 */
#include "ledger_testing.h"

static vow_value add_one(vow_value item, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(item) + 1);
}

/* The ledger has one of its own, which nobody sees. */
static void set_hooks(void)
{
    const vow_write_hook none = {NULL, NULL}, adds = {add_one, NULL};
    vow_writer *writer;
    vow_reader *reader;
    vow_value item;
    begin_ledger();
    if (vow_channel_new(4, NULL, &writer, &reader) != VOW_OK ||
        vow_writer_set_hook(writer, adds).call != NULL)
        _exit(1);
    if (vow_write(writer, vow_integer(1), VOW_FOREVER) != VOW_OK ||
        vow_read(reader, VOW_FOREVER, &item) != VOW_OK || vow_as_integer(item) != 2)
        _exit(2);
    if (vow_writer_set_hook(writer, none).call != add_one ||
        vow_writer_set_hook(writer, none).call != NULL)
        _exit(4);
    _exit(3);
}

static void a_writers_hook_is_the_programs(void **state)
{
    (void)state;
    struct end end = run_child(set_hooks);
    assert_int_equal(WEXITSTATUS(end.status), 3);
}

/* Nothing left -------------------------------------------------------------------------------------------------- */

static vow_value yield_one(vow_value input, void *context)
{
    (void)context;
    vow_release(vow_yield(vow_integer(1)));
    return input;
}

static vow_value wait_a_moment(vow_value input, void *context)
{
    (void)context;
    require(vow_sleep(VOW_US(10)) == VOW_OK);
    return input;
}

static void *use_a_thread(void *argument)
{
    vow_release(vow_await(vow_submit(NULL, wait_a_moment, vow_text("text"), NULL), VOW_FOREVER));
    return argument;
}

/* What vow keeps for reuse, or for good, is made here: threads' records, stacks, names, the defaults. */
static void leave_nothing(void)
{
    pthread_t thread;
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_set_scheduler(vow_pool_scheduler(pool));
    (void)vow_name("a name");
    (void)vow_default_dispatcher();
    require(pthread_create(&thread, NULL, use_a_thread, NULL) == 0);
    (void)use_a_thread(NULL);
    require(pthread_join(thread, NULL) == 0);
    vow_release(vow_await(vow_submit(vow_pool_scheduler(pool), wait_a_moment, vow_none(), NULL),
                          VOW_FOREVER));
    require(vow_pool_free(pool) == VOW_OK);
    vow_loop *loop = vow_loop_new(NULL);
    require(vow_loop_free(loop) == VOW_OK);
    vow_coroutine *coroutine = vow_coroutine_new(yield_one, NULL);
    vow_release(vow_next(coroutine));
    vow_coroutine_release(coroutine);
}

static void nothing_is_named_where_nothing_is_left(void **state)
{
    (void)state;
    struct end end = run_leak(leave_nothing);
    assert_string_equal(end.text, "");
    assert_false(exited_with(&end, FAILED));
}

/* The end of the process is not waited for by jobs of the default pool: it waits for them. */
static void leave_jobs_in_the_default_pool(void)
{
    for (int i = 0; i < 20; i++)
        vow_promise_release(vow_submit(NULL, wait_a_moment, vow_text("input"), NULL));
}

static void jobs_of_the_default_pool_end_before_the_ledger(void **state)
{
    (void)state;
    if (vow_async_is_disabled())
        skip(); /* then it has no worker that would end them */
    struct end end = run_leak(leave_jobs_in_the_default_pool);
    assert_null(strstr(end.text, "ledger"));
}

/* Threads ------------------------------------------------------------------------------------------------------- */

static void *leave_and_end(void *argument)
{
    leave_texts();
    return argument;
}

static void leave_in_a_thread(void)
{
    pthread_t thread;
    require(pthread_create(&thread, NULL, leave_and_end, NULL) == 0);
    require(pthread_join(thread, NULL) == 0);
}

static void what_a_thread_left_is_named_after_it_has_ended(void **state)
{
    (void)state;
    struct end end = run_leak(leave_in_a_thread);
    assert_true(exited_with(&end, FAILED));
    assert_true(has_line(end.text, "3 boxes, text, ", "leave_texts+0x"));
}

static sem_t left;

static void *leave_and_stay(void *argument)
{
    leave_texts();
    require(sem_post(argument) == 0);
    for (;;)
        (void)pause();
    return NULL;
}

static void leave_in_a_thread_that_stays(void)
{
    pthread_t thread;
    require(sem_init(&left, 0, 0) == 0);
    require(pthread_create(&thread, NULL, leave_and_stay, &left) == 0);
    require(pthread_detach(thread) == 0);
    require(sem_wait(&left) == 0);
}

static void what_a_running_thread_may_use_is_no_failure(void **state)
{
    (void)state;
    struct end end = run_leak(leave_in_a_thread_that_stays);
    assert_false(exited_with(&end, FAILED));
    assert_true(has_line(end.text, "3 boxes, text, ", "leave_texts+0x"));
    assert_true(has_line(end.text, "the ledger: 1 of the program's threads", "may use it"));
}

/* The switch ---------------------------------------------------------------------------------------------------- */

static void leave_without_fail(void)
{
    begin_ledger();
    setenv("VOW_DEBUG", "ledger", 1);
    leave_texts();
    exit(0);
}

static void the_status_stays_as_it_is_unless_asked_for(void **state)
{
    (void)state;
    struct end end = run_child(leave_without_fail);
    assert_true(has_line(end.text, "3 boxes, text, ", "leave_texts+0x"));
    assert_true(exited_with(&end, 0));
}

static void set_too_late(void)
{
    vow_value text = vow_text("made");
    if (vow_set_ledger(true) != VOW_INVALID ||
        strstr(vow_last_error(), "vow_set_ledger: too late") == NULL)
        _exit(1);
    vow_release(text);
    _exit(vow_dump_ledger(NULL, NULL) == 0 ? 3 : 1);
}

static void a_ledger_cannot_be_begun_when_something_was_made(void **state)
{
    (void)state;
    struct end end = run_child(set_too_late);
    assert_true(exited_with(&end, 3));
}

static void count_line(const char *text, void *count)
{
    ++*(int *)count;
    if (strstr(text, ", text, ") == NULL)
        _exit(1);
}

static void list_what_lives(void)
{
    int lines = 0;
    begin_ledger();
    vow_value texts[] = {vow_text("one"), vow_text("two"), vow_none()};
    vow_value *last = &texts[2];
    for (int i = 0; i < 2; i++)
        vow_release(texts[i]);
    if (vow_dump_ledger(count_line, &lines) != 0 || lines != 0)
        _exit(1);
    for (volatile int i = 0; i < 3; i++)
        texts[i] = vow_text("alike");
    if (vow_dump_ledger(count_line, &lines) != 3 || lines != 1)
        _exit(2);
    vow_release(*last);
    vow_release(texts[0]);
    _exit(vow_dump_ledger(count_line, &lines) == 1 ? 3 : 4);
}

static void what_lives_is_listed_at_any_time_by_kind_and_place(void **state)
{
    (void)state;
    struct end end = run_child(list_what_lives);
    assert_int_equal(WEXITSTATUS(end.status), 3);
}

/* No memory ----------------------------------------------------------------------------------------------------- */

static int until_failure = -1;

static void *allocate(size_t size, void *context)
{
    (void)context;
    return until_failure >= 0 && until_failure-- == 0 ? NULL : malloc(size);
}

static void *resize(void *memory, size_t size, void *context)
{
    (void)context;
    return realloc(memory, size);
}

static void release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static void starve_the_ledger(void)
{
    const struct vow_allocator allocator = {
        .size = sizeof allocator, .allocate = allocate, .resize = resize, .release = release};
    require(vow_set_allocator(&allocator) == VOW_OK);
    vow_value first = vow_text("entered");
    until_failure = 1; /* the object is made, its entry not */
    vow_value second = vow_text("missed");
    require(vow_is_text(second) && strcmp(vow_as_text(second), "missed") == 0);
    vow_release(second);
    vow_release(first);
}

static void without_memory_for_an_entry_the_ledger_says_so(void **state)
{
    (void)state;
    struct end end = run_leak(starve_the_ledger);
    assert_true(has_line(end.text, "the ledger: there was no memory to enter 1 objects", ""));
    assert_null(strstr(end.text, "left at exit"));
    assert_false(exited_with(&end, FAILED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_writers_hook_is_the_programs),
        cmocka_unit_test(nothing_is_named_where_nothing_is_left),
        cmocka_unit_test(jobs_of_the_default_pool_end_before_the_ledger),
        cmocka_unit_test(what_a_thread_left_is_named_after_it_has_ended),
        cmocka_unit_test(what_a_running_thread_may_use_is_no_failure),
        cmocka_unit_test(the_status_stays_as_it_is_unless_asked_for),
        cmocka_unit_test(a_ledger_cannot_be_begun_when_something_was_made),
        cmocka_unit_test(what_lives_is_listed_at_any_time_by_kind_and_place),
        cmocka_unit_test(without_memory_for_an_entry_the_ledger_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
