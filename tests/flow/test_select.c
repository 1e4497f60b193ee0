/*
 * test_select.c - the first of several: exactly one takes effect.
 */
#include "flow/channel_testing.h"

#include <vow/select.h>

static void a_case_that_can_happen_does(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    size_t index = 9;
    channel_new(1, &writer, &reader);
    vow_case cases[] = {vow_case_read(reader), vow_case_write(writer, vow_integer(5))};
    assert_ok(vow_select(cases, 2, VOW_FOREVER, &index));
    assert_int_equal(index, 1);
    assert_ok(cases[1].status);
    cases[1].value = vow_integer(6);
    assert_ok(vow_select(cases, 2, VOW_FOREVER, &index));
    assert_int_equal(index, 0);
    assert_int_equal(vow_as_integer(cases[0].value), 5);
    assert_read_fails(reader, VOW_TIMED_OUT);
    release_ends(writer, reader);
}

static void none_that_can_happen_is_a_deadline(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    size_t index = 9;
    channel_new(0, &writer, &reader);
    vow_case cases[] = {vow_case_read(reader), vow_case_write(writer, vow_integer(5))};
    assert_int_equal(vow_select(cases, 2, VOW_POLL, &index), VOW_TIMED_OUT);
    assert_int_equal(vow_select(cases, 2, vow_after(VOW_MS(3)), &index), VOW_TIMED_OUT);
    assert_int_equal(waiting_at(&reader->end, true) + waiting_at(&writer->end, false), 0);
    assert_int_equal(index, 9);
    assert_int_equal(vow_select(NULL, 0, vow_after(VOW_MS(1)), &index), VOW_TIMED_OUT);
    assert_int_equal(vow_select(NULL, 0, VOW_FOREVER, &index), VOW_DEADLOCK);
    release_ends(writer, reader);
}

struct selecting {
    struct line_of_test line;
    vow_case cases[3];
    size_t index;
};

static void select_by_line(struct line_of_test *line)
{
    struct selecting *selecting = (struct selecting *)(void *)line;
    line->status = vow_select(selecting->cases, 3, line->deadline, &selecting->index);
}

struct ends {
    vow_writer *in, *out;
    vow_reader *from_in, *from_out;
    vow_deferred *deferred;
    vow_promise *promise;
};

static void begin_selecting(struct selecting *selecting, struct ends *ends, enum how how)
{
    channel_new(0, &ends->in, &ends->from_in);
    channel_new(0, &ends->out, &ends->from_out);
    ends->deferred = vow_deferred_new(&ends->promise);
    *selecting = (struct selecting){.line = {.work = select_by_line, .deadline = VOW_FOREVER},
                                    .cases = {vow_case_read(ends->from_in),
                                              vow_case_write(ends->out, vow_integer(8)),
                                              vow_case_promise(ends->promise)}};
    line_start(&selecting->line, how);
    until_reading(ends->from_in, 1);
    until_writing(ends->out, 1);
}

static void end_selecting(struct selecting *selecting, struct ends *ends, size_t index)
{
    line_end(&selecting->line);
    assert_ok(selecting->line.status);
    assert_int_equal(selecting->index, index);
    assert_int_equal(waiting_at(&ends->from_in->end, true), 0);
    assert_int_equal(waiting_at(&ends->out->end, false), 0);
    release_ends(ends->in, ends->from_in);
    release_ends(ends->out, ends->from_out);
    if (index != 2)
        fire(ends->deferred, vow_none());
    vow_promise_release(ends->promise);
}

static void check_read(enum how how)
{
    struct selecting selecting;
    struct ends ends;
    begin_selecting(&selecting, &ends, how);
    write_numbers(ends.in, 3, 1);
    assert_read_fails(ends.from_out, VOW_TIMED_OUT);
    end_selecting(&selecting, &ends, 0);
    assert_ok(selecting.cases[0].status);
    assert_int_equal(vow_as_integer(selecting.cases[0].value), 3);
}

static void a_select_waits_for_an_item(void **state)
{
    (void)state;
    with_every_line(check_read);
}

static void check_write(enum how how)
{
    struct selecting selecting;
    struct ends ends;
    begin_selecting(&selecting, &ends, how);
    assert_reads(ends.from_out, 8);
    assert_int_equal(vow_write(ends.in, vow_integer(1), VOW_POLL), VOW_TIMED_OUT);
    end_selecting(&selecting, &ends, 1);
}

static void a_select_waits_for_a_reader(void **state)
{
    (void)state;
    with_every_line(check_write);
}

static void check_promise(enum how how)
{
    struct selecting selecting;
    struct ends ends;
    begin_selecting(&selecting, &ends, how);
    fire(ends.deferred, vow_integer(11));
    end_selecting(&selecting, &ends, 2);
    assert_int_equal(vow_as_integer(selecting.cases[2].value), 11);
}

static void a_select_waits_for_a_promise(void **state)
{
    (void)state;
    with_every_line(check_promise);
}

static void check_close(enum how how)
{
    struct selecting selecting;
    struct ends ends;
    begin_selecting(&selecting, &ends, how);
    assert_ok(vow_writer_close(ends.in));
    end_selecting(&selecting, &ends, 0);
    assert_int_equal(selecting.cases[0].status, VOW_CLOSED);
}

static void a_close_ends_a_select(void **state)
{
    (void)state;
    with_every_line(check_close);
}

static void a_closed_channel_can_happen(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    size_t index;
    channel_new(1, &writer, &reader);
    assert_ok(vow_writer_fail(writer, vow_fail(VOW_USER + 9, "broken")));
    vow_case reading = vow_case_read(reader);
    assert_ok(vow_select(&reading, 1, VOW_FOREVER, &index));
    assert_int_equal(reading.status, VOW_USER + 9);
    vow_case writing = vow_case_write(writer, vow_text("kept"));
    assert_ok(vow_select(&writing, 1, VOW_FOREVER, &index));
    assert_int_equal(writing.status, VOW_CLOSED);
    vow_release(writing.value);
    release_ends(writer, reader);
}

static void two_selects_meet(void **state)
{
    (void)state;
    struct selecting selecting;
    struct ends ends;
    size_t index;
    begin_selecting(&selecting, &ends, AS_THREAD);
    vow_case cases[] = {vow_case_read(ends.from_out), vow_case_promise(ends.promise)};
    assert_ok(vow_select(cases, 2, VOW_FOREVER, &index));
    assert_int_equal(index, 0);
    assert_int_equal(vow_as_integer(cases[0].value), 8);
    end_selecting(&selecting, &ends, 1);
}

static void each_case_gets_its_chance(void **state)
{
    (void)state;
    vow_writer *writers[3];
    vow_reader *readers[3];
    vow_case cases[3];
    int chosen[3] = {0, 0, 0};
    size_t index;
    for (int i = 0; i < 3; i++) {
        channel_new(VOW_UNBOUNDED, &writers[i], &readers[i]);
        write_numbers(writers[i], 0, 600);
        cases[i] = vow_case_read(readers[i]);
    }
    for (int i = 0; i < 600; i++) {
        assert_ok(vow_select(cases, 3, VOW_FOREVER, &index));
        chosen[index]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(chosen[i], 100, 300);
        release_ends(writers[i], readers[i]);
    }
}

static void many_cases_are_fine(void **state)
{
    (void)state;
    enum { MANY = 50 };
    vow_writer *writers[MANY];
    vow_reader *readers[MANY];
    vow_case cases[MANY];
    size_t index;
    for (int i = 0; i < MANY; i++) {
        channel_new(1, &writers[i], &readers[i]);
        cases[i] = vow_case_read(readers[i]);
    }
    write_numbers(writers[37], 4, 1);
    assert_ok(vow_select(cases, MANY, VOW_FOREVER, &index));
    assert_int_equal(index, 37);
    for (int i = 0; i < MANY; i++)
        release_ends(writers[i], readers[i]);
}

static void hooks_run_for_the_case_that_happens(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    size_t index;
    channel_new(1, &writer, &reader);
    (void)vow_writer_set_hook(writer, (vow_write_hook){add_context, number_as_context(10)});
    vow_case cases[] = {vow_case_write(writer, vow_integer(1)), vow_case_read(NULL)};
    assert_ok(vow_select(cases, 2, VOW_FOREVER, &index));
    assert_reads(reader, 11);
    release_ends(writer, reader);
}

static void double_items(vow_reader *reader, vow_value *items, size_t count, void *context)
{
    (void)reader;
    (void)context;
    for (size_t i = 0; i < count; i++)
        items[i] = vow_integer(2 * vow_as_integer(items[i]));
}

static void a_readers_hook_changes_what_a_select_reads(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    size_t index;
    channel_new(1, &writer, &reader);
    (void)vow_reader_set_end(reader, (vow_read_end_hook){double_items, NULL});
    write_numbers(writer, 21, 1);
    vow_case of = vow_case_read(reader);
    assert_ok(vow_select(&of, 1, VOW_POLL, &index));
    assert_int_equal(vow_as_integer(of.value), 42);
    release_ends(writer, reader);
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    size_t index;
    channel_new(1, &writer, &reader);
    vow_case both = {.reader = reader, .writer = writer};
    assert_int_equal(vow_select(&both, 1, VOW_FOREVER, &index), VOW_INVALID);
    assert_sentence("vow_select: case 0 has more than one of reader, writer and promise");
    vow_case twice[] = {vow_case_read(reader), vow_case_read(reader)};
    assert_int_equal(vow_select(twice, 2, VOW_FOREVER, &index), VOW_INVALID);
    assert_int_equal(vow_select(twice, 1, VOW_FOREVER, NULL), VOW_INVALID);
    assert_int_equal(vow_select(NULL, 1, VOW_FOREVER, &index), VOW_INVALID);
    write_numbers(writer, 2, 1);
    assert_reads(reader, 2); /* the ends are free again */
    release_ends(writer, reader);
}

static void a_promise_that_is_not_chosen_keeps_nothing(void **state)
{
    (void)state;
    vow_writer *writer;
    vow_reader *reader;
    vow_promise *stop;
    size_t index;
    vow_deferred *deferred = vow_deferred_new(&stop);
    channel_new(0, &writer, &reader);
    vow_case cases[] = {vow_case_promise(stop), vow_case_read(reader)};
    long live = vow_live_objects();
    for (int i = 0; i < 100; i++)
        assert_int_equal(vow_select(cases, 2, vow_after(VOW_US(10)), &index), VOW_TIMED_OUT);
    assert_int_equal(vow_live_objects(), live);
    fire(deferred, vow_none());
    vow_promise_release(stop);
    release_ends(writer, reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(a_case_that_can_happen_does),
        control_test(none_that_can_happen_is_a_deadline),
        control_test(a_select_waits_for_an_item),
        control_test(a_select_waits_for_a_reader),
        control_test(a_select_waits_for_a_promise),
        control_test(a_close_ends_a_select),
        control_test(a_closed_channel_can_happen),
        control_test(two_selects_meet),
        control_test(each_case_gets_its_chance),
        control_test(many_cases_are_fine),
        control_test(hooks_run_for_the_case_that_happens),
        control_test(a_readers_hook_changes_what_a_select_reads),
        control_test(what_is_wrong_is_refused),
        control_test(a_promise_that_is_not_chosen_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
