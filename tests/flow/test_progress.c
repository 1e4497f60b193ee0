/*
 * Progress: what is counted, what that says at times of the test's own, and what stands on the terminal.
 */
#include "flow/task_testing.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS(count) VOW_S(count)

static const struct vow_progress_unit files_and_bytes[] = {{.name = "files"}, {.bytes = true}};

static vow_progress *progress_of(const vow_progress_options *options)
{
    vow_progress *progress = vow_progress_new(options, 0);
    assert_non_null(progress);
    return progress;
}

static struct vow_progress_figures figures_at(vow_progress *progress, size_t unit, int64_t now)
{
    struct vow_progress_figures figures = {.size = sizeof figures};
    assert_int_equal(vow_progress_measure(progress, unit, now, &figures), VOW_OK);
    return figures;
}

static void assert_line(vow_progress *progress, int64_t now, size_t size, const char *wanted)
{
    char line[200];
    assert_in_range(size, 1, sizeof line);
    assert_int_equal(vow_progress_line(progress, now, line, size), strlen(wanted));
    assert_string_equal(line, wanted);
}

/* Counting ---------------------------------------------------------------------------------------------------------- */

static void at_first_nothing_is_done_or_known(void **state)
{
    (void)state;
    vow_progress *progress = progress_of(NULL);
    struct vow_progress_figures figures = figures_at(progress, 0, 0);
    assert_int_equal(figures.done, 0);
    assert_int_equal(figures.total, VOW_PROGRESS_UNKNOWN);
    assert_int_equal(figures.left, VOW_PROGRESS_UNKNOWN);
    assert_true(figures.rate == 0);
    vow_progress_release(progress);
}

enum { THREADS = 4, ADDITIONS = 10000 };

static void *add_many(void *progress)
{
    for (int i = 0; i < ADDITIONS; i++)
        vow_progress_add(progress, (size_t)i % 2, 3);
    return NULL;
}

static void what_all_threads_have_done_is_summed_up(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    vow_progress *progress = progress_of(&(vow_progress_options){
        .size = sizeof(vow_progress_options), .units = files_and_bytes, .count = 2});
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, progress), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(figures_at(progress, 0, 1).done, THREADS * ADDITIONS / 2 * 3);
    assert_int_equal(figures_at(progress, 1, 1).done, THREADS * ADDITIONS / 2 * 3);
    vow_progress_release(progress);
}

static void at_first_the_rate_is_the_average(void **state)
{
    (void)state;
    vow_progress *progress = progress_of(NULL);
    vow_progress_add(progress, 0, 100);
    assert_true(figures_at(progress, 0, SECONDS(1)).rate == 100);
    vow_progress_add(progress, 0, 500);
    assert_true(figures_at(progress, 0, SECONDS(2)).rate == 300);
    vow_progress_release(progress);
}

static void later_the_rate_forgets_what_was_long_ago(void **state)
{
    (void)state;
    vow_progress *progress = progress_of(
        &(vow_progress_options){.size = sizeof(vow_progress_options), .smoothing = SECONDS(4)});
    vow_progress_add(progress, 0, 800);
    assert_true(figures_at(progress, 0, SECONDS(8)).rate == 100);
    assert_true(figures_at(progress, 0, SECONDS(10)).rate ==
                50); /* two seconds weigh half of four */
    assert_true(figures_at(progress, 0, SECONDS(20)).rate == 0);
    vow_progress_release(progress);
}

static void looks_at_the_same_time_say_the_same(void **state)
{
    (void)state;
    vow_progress *progress = progress_of(NULL);
    vow_progress_add(progress, 0, 100);
    assert_true(figures_at(progress, 0, SECONDS(1)).rate == 100);
    vow_progress_add(progress, 0, 100);
    assert_true(figures_at(progress, 0, SECONDS(1)).rate == 100);
    assert_true(figures_at(progress, 0, 0).rate == 100);
    vow_progress_release(progress);
}

static void the_time_left_is_the_rest_at_the_rate(void **state)
{
    (void)state;
    vow_progress *progress = progress_of(NULL);
    vow_progress_expect(progress, 0, 400);
    assert_int_equal(figures_at(progress, 0, 0).left, VOW_PROGRESS_UNKNOWN);
    vow_progress_add(progress, 0, 100);
    assert_int_equal(figures_at(progress, 0, SECONDS(1)).left, SECONDS(3));
    vow_progress_add(progress, 0, 400);
    assert_int_equal(figures_at(progress, 0, SECONDS(2)).left, 0);
    vow_progress_expect(progress, 0, VOW_PROGRESS_UNKNOWN);
    assert_int_equal(figures_at(progress, 0, SECONDS(2)).left, VOW_PROGRESS_UNKNOWN);
    vow_progress_release(progress);
}

static void what_comes_out_of_a_task_counts(void **state)
{
    const struct setting *setting = *state;
    vow_progress *progress = progress_of(NULL);
    vow_task *task = vow_task_new("power", vow_source_range(0, 10, 1), power, NULL, NULL);
    assert_int_equal(vow_progress_observe(progress, 0, task), VOW_OK);
    vow_progress_add(progress, 0, 5);
    vow_reader *reader = vow_pool_add_task(setting->pool, task);
    vow_release(vow_read_all(reader, VOW_FOREVER));
    vow_reader_release(reader);
    assert_int_equal(figures_at(progress, 0, 0).done, 15);
    vow_progress_finish(progress, 0, false);
    assert_int_equal(figures_at(progress, 0, 0).done, 15);
    vow_progress_release(progress);
}

/* Lines ------------------------------------------------------------------------------------------------------------- */

static vow_progress *some_progress(void)
{
    vow_progress *progress = progress_of(&(vow_progress_options){
        .size = sizeof(vow_progress_options), .units = files_and_bytes, .count = 2, .main = 1});
    vow_progress_add(progress, 0, 12);
    vow_progress_add(progress, 1, 30000000);
    return progress;
}

static void a_line_without_a_total_has_amounts_and_the_rate(void **state)
{
    (void)state;
    vow_progress *progress = some_progress();
    assert_line(progress, SECONDS(2), 200, "12 files  30.0 MB  15.0 MB/s");
    vow_progress_release(progress);
}

static void a_line_with_a_total_has_a_bar_and_the_time_left(void **state)
{
    (void)state;
    vow_progress *progress = some_progress();
    vow_progress_expect(progress, 0, 40);
    vow_progress_expect(progress, 1, 90000000);
    assert_line(progress, SECONDS(2), 200,
                "12 of 40 files  30.0 MB of 90.0 MB  [##########                    ]  15.0 MB/s  "
                "0:04 left");
    vow_progress_expect(progress, 1, INT64_C(90000000000));
    assert_line(progress, SECONDS(2), 200,
                "12 of 40 files  30.0 MB of 90.0 GB  [                              ]  15.0 MB/s  "
                "1:39:58 left");
    vow_progress_release(progress);
}

static void the_bar_gets_what_the_rest_leaves(void **state)
{
    (void)state;
    vow_progress *progress = some_progress();
    vow_progress_expect(progress, 1, 60000000);
    assert_line(progress, SECONDS(2), 61,
                "12 files  30.0 MB of 60.0 MB  [###   ]  15.0 MB/s  0:02 left");
    assert_line(progress, SECONDS(2), 55, "12 files  30.0 MB of 60.0 MB  15.0 MB/s  0:02 left");
    vow_progress_release(progress);
}

static void a_line_is_cut_where_it_is_too_long(void **state)
{
    (void)state;
    vow_progress *progress = some_progress();
    assert_line(progress, SECONDS(2), 11, "12 files  ");
    assert_line(progress, SECONDS(2), 1, "");
    vow_progress_release(progress);
}

static void more_than_was_expected_fills_the_bar(void **state)
{
    (void)state;
    vow_progress *progress = progress_of(NULL);
    vow_progress_expect(progress, 0, 10);
    vow_progress_add(progress, 0, 20);
    assert_line(progress, SECONDS(1), 200,
                "20 of 10 items  [##############################]  20.0 items/s  0:00 left");
    vow_progress_release(progress);
}

/* Drawing ----------------------------------------------------------------------------------------------------------- */

struct sheet {
    char *text;
    size_t size;
    FILE *stream;
    vow_progress *progress;
};

static void begin_sheet(struct sheet *sheet)
{
    sheet->stream = open_memstream(&sheet->text, &sheet->size);
    assert_non_null(sheet->stream);
    sheet->progress = progress_of(&(vow_progress_options){.size = sizeof(vow_progress_options),
                                                          .stream = sheet->stream,
                                                          .always = true,
                                                          .period = SECONDS(1)});
}

/* What was written is `wanted`. */
static void end_sheet(struct sheet *sheet, const char *wanted)
{
    vow_progress_release(sheet->progress);
    fclose(sheet->stream);
    assert_string_equal(sheet->text, wanted);
    free(sheet->text);
}

static void a_line_is_drawn_once_in_a_period(void **state)
{
    (void)state;
    struct sheet sheet;
    begin_sheet(&sheet);
    assert_false(vow_progress_draw(sheet.progress, SECONDS(0.5)));
    assert_true(vow_progress_draw(sheet.progress, SECONDS(1)));
    assert_false(vow_progress_draw(sheet.progress, SECONDS(1.5)));
    vow_progress_add(sheet.progress, 0, 4);
    assert_true(vow_progress_draw(sheet.progress, SECONDS(2)));
    end_sheet(&sheet, "\r\033[K0 items  0.0 items/s\r\033[K4 items  2.0 items/s\r\033[K");
}

static void an_erased_line_is_erased_once(void **state)
{
    (void)state;
    struct sheet sheet;
    begin_sheet(&sheet);
    vow_progress_erase(sheet.progress);
    assert_true(vow_progress_draw(sheet.progress, SECONDS(1)));
    vow_progress_erase(sheet.progress);
    vow_progress_erase(sheet.progress);
    end_sheet(&sheet, "\r\033[K0 items  0.0 items/s\r\033[K");
}

static void a_hidden_line_is_drawn_when_it_was_shown_as_often(void **state)
{
    (void)state;
    struct sheet sheet;
    begin_sheet(&sheet);
    assert_true(vow_progress_draw(sheet.progress, SECONDS(1)));
    vow_progress_hide(sheet.progress);
    vow_progress_hide(sheet.progress);
    assert_false(vow_progress_draw(sheet.progress, SECONDS(2)));
    vow_progress_show(sheet.progress);
    assert_false(vow_progress_draw(sheet.progress, SECONDS(3)));
    vow_progress_show(sheet.progress);
    vow_progress_show(sheet.progress);
    assert_true(vow_progress_draw(sheet.progress, SECONDS(4)));
    end_sheet(&sheet, "\r\033[K0 items  0.0 items/s\r\033[K\r\033[K0 items  0.0 items/s\r\033[K");
}

static void a_finished_line_may_stay(void **state)
{
    (void)state;
    struct sheet sheet;
    begin_sheet(&sheet);
    vow_progress_add(sheet.progress, 0, 4);
    vow_progress_finish(sheet.progress, SECONDS(1), true);
    vow_progress_finish(sheet.progress, SECONDS(2), true);
    assert_false(vow_progress_draw(sheet.progress, SECONDS(3)));
    end_sheet(&sheet, "\r\033[K4 items  4.0 items/s\n");
}

static void nothing_is_drawn_where_there_is_no_terminal(void **state)
{
    (void)state;
    FILE *stream = tmpfile();
    assert_non_null(stream);
    vow_progress *progress = progress_of(
        &(vow_progress_options){.size = sizeof(vow_progress_options), .stream = stream});
    assert_false(vow_progress_draw(progress, SECONDS(1)));
    vow_progress_finish(progress, SECONDS(2), true);
    vow_progress_release(progress);
    assert_int_equal(ftell(stream), 0);
    fclose(stream);
}

static void a_loop_draws_by_itself_until_the_end(void **state)
{
    (void)state;
    struct sheet sheet;
    begin_sheet(&sheet);
    vow_progress_release(sheet.progress);
    sheet.progress = progress_of(&(vow_progress_options){.size = sizeof(vow_progress_options),
                                                         .stream = sheet.stream,
                                                         .always = true,
                                                         .period = VOW_MS(1)});
    vow_loop *loop = vow_loop_new(NULL);
    assert_int_equal(vow_progress_start(sheet.progress, loop), VOW_OK);
    assert_int_equal(vow_progress_start(sheet.progress, loop), VOW_INVALID);
    do
        (void)vow_loop_run_once(loop, VOW_FOREVER);
    while (ftell(sheet.stream) == 0);
    vow_progress_finish(sheet.progress, vow_now(), false);
    assert_int_equal(vow_loop_free(loop), VOW_OK);
    vow_progress_release(sheet.progress);
    fclose(sheet.stream);
    assert_non_null(strstr(sheet.text, "0 items  0.0 items/s"));
    free(sheet.text);
}

struct starting {
    vow_progress *progress;
    vow_loop *loop;
};

static void *start_elsewhere(void *context)
{
    const struct starting *starting = context;
    assert_int_equal(vow_progress_start(starting->progress, starting->loop), VOW_INVALID);
    return NULL;
}

static void a_loop_that_was_refused_may_draw_after_all(void **state)
{
    (void)state;
    pthread_t thread;
    struct sheet sheet;
    begin_sheet(&sheet);
    struct starting starting = {sheet.progress, vow_loop_new(NULL)};
    assert_int_equal(pthread_create(&thread, NULL, start_elsewhere, &starting), 0);
    pthread_join(thread, NULL);
    assert_int_equal(vow_progress_start(sheet.progress, starting.loop), VOW_OK);
    vow_progress_finish(sheet.progress, vow_now(), false);
    assert_int_equal(vow_loop_free(starting.loop), VOW_OK);
    vow_progress_release(sheet.progress);
    fclose(sheet.stream);
    free(sheet.text);
}

/* Bad input --------------------------------------------------------------------------------------------------------- */

static void options_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    const vow_progress_options wrong[] = {
        {.size = 1},
        {.size = sizeof(vow_progress_options),
         .units = files_and_bytes,
         .count = VOW_PROGRESS_UNITS + 1},
        {.size = sizeof(vow_progress_options), .units = files_and_bytes, .count = 2, .main = 2},
        {.size = sizeof(vow_progress_options), .count = 2},
        {.size = sizeof(vow_progress_options), .width = -1},
        {.size = sizeof(vow_progress_options), .period = -1},
        {.size = sizeof(vow_progress_options), .smoothing = -1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(vow_progress_new(&wrong[i], 0));
        assert_non_null(strstr(vow_last_error(), "vow_progress_new: options->"));
    }
}

static void what_is_not_there_is_refused_or_does_nothing(void **state)
{
    (void)state;
    vow_progress *progress = progress_of(NULL);
    struct vow_progress_figures figures = {.size = sizeof figures};
    char line[10];
    vow_progress_add(NULL, 0, 1);
    vow_progress_add(progress, 1, 1);
    vow_progress_expect(NULL, 0, 1);
    vow_progress_expect(progress, 1, 1);
    assert_int_equal(vow_progress_observe(NULL, 0, NULL), VOW_INVALID);
    assert_int_equal(vow_progress_observe(progress, 1, NULL), VOW_INVALID);
    assert_int_equal(vow_progress_measure(NULL, 0, 0, &figures), VOW_INVALID);
    assert_int_equal(vow_progress_measure(progress, 0, 0, NULL), VOW_INVALID);
    assert_int_equal(vow_progress_measure(progress, 1, 0, &figures), VOW_INVALID);
    figures.size = 0;
    assert_int_equal(vow_progress_measure(progress, 0, 0, &figures), VOW_INVALID);
    assert_int_equal(vow_progress_line(NULL, 0, line, sizeof line), 0);
    assert_int_equal(vow_progress_line(progress, 0, NULL, 1), 0);
    assert_false(vow_progress_draw(NULL, 0));
    vow_progress_erase(NULL);
    vow_progress_hide(NULL);
    vow_progress_show(NULL);
    assert_int_equal(vow_progress_start(NULL, NULL), VOW_INVALID);
    vow_progress_finish(NULL, 0, true);
    vow_progress_finish(progress, 0, false);
    assert_int_equal(vow_progress_observe(progress, 0, NULL), VOW_INVALID);
    assert_ptr_equal(vow_progress_retain(progress), progress);
    vow_progress_release(progress);
    vow_progress_release(progress);
    vow_progress_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_first_nothing_is_done_or_known),
        cmocka_unit_test(what_all_threads_have_done_is_summed_up),
        cmocka_unit_test(at_first_the_rate_is_the_average),
        cmocka_unit_test(later_the_rate_forgets_what_was_long_ago),
        cmocka_unit_test(looks_at_the_same_time_say_the_same),
        cmocka_unit_test(the_time_left_is_the_rest_at_the_rate),
        at_all_sizes(what_comes_out_of_a_task_counts),
        cmocka_unit_test(a_line_without_a_total_has_amounts_and_the_rate),
        cmocka_unit_test(a_line_with_a_total_has_a_bar_and_the_time_left),
        cmocka_unit_test(the_bar_gets_what_the_rest_leaves),
        cmocka_unit_test(a_line_is_cut_where_it_is_too_long),
        cmocka_unit_test(more_than_was_expected_fills_the_bar),
        cmocka_unit_test(a_line_is_drawn_once_in_a_period),
        cmocka_unit_test(an_erased_line_is_erased_once),
        cmocka_unit_test(a_hidden_line_is_drawn_when_it_was_shown_as_often),
        cmocka_unit_test(a_finished_line_may_stay),
        cmocka_unit_test(nothing_is_drawn_where_there_is_no_terminal),
        cmocka_unit_test(a_loop_draws_by_itself_until_the_end),
        cmocka_unit_test(a_loop_that_was_refused_may_draw_after_all),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(what_is_not_there_is_refused_or_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
