/*
 * Sources over descriptors: lines and chunks of files and pipes.
 */
#include "flow/task_testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* A file with `size` bytes, at its beginning. */
static int file_of(const char *content, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int fd = dup(fileno(file));
    assert_true(fd >= 0);
    (void)fclose(file);
    assert_int_equal(write(fd, content, size), size);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static vow_value all_of(const struct setting *setting, vow_source *source)
{
    vow_reader *reader = add(setting, "bytes", source, NULL, NULL, NULL);
    vow_value all = vow_read_all(reader, VOW_FOREVER);
    vow_reader_release(reader);
    return all;
}

/* The lines of `content` are `wanted`, which ends with NULL. */
static void expect_lines(const struct setting *setting, const char *content,
                         const char *const *wanted)
{
    int fd = file_of(content, strlen(content));
    vow_value all = all_of(setting, vow_source_lines(fd));
    size_t count = 0;
    for (; wanted[count] != NULL; count++)
        assert_string_equal(vow_as_text(vow_list_at(all, count)), wanted[count]);
    assert_int_equal(vow_list_count(all), count);
    vow_release(all);
    (void)close(fd);
}

static void lines_come_without_their_newlines(void **state)
{
    expect_lines(*state, "one\ntwo\n\nfour\n", (const char *[]){"one", "two", "", "four", NULL});
}

static void a_last_line_without_newline_counts(void **state)
{
    expect_lines(*state, "one\ntwo", (const char *[]){"one", "two", NULL});
}

static void an_empty_file_has_no_lines(void **state)
{
    expect_lines(*state, "", (const char *[]){NULL});
}

static void a_carriage_return_stays(void **state)
{
    expect_lines(*state, "one\r\n\xff\xfe\n", (const char *[]){"one\r", "\xff\xfe", NULL});
}

static void a_line_with_a_zero_in_it_is_bytes(void **state)
{
    int fd = file_of("a\0b\nc\n", 6);
    vow_value all = all_of(*state, vow_source_lines(fd));
    size_t size;
    assert_int_equal(vow_list_count(all), 2);
    assert_true(vow_is_bytes(vow_list_at(all, 0)));
    assert_memory_equal(vow_as_bytes(vow_list_at(all, 0), &size), "a\0b", 3);
    assert_int_equal(size, 3);
    assert_string_equal(vow_as_text(vow_list_at(all, 1)), "c");
    vow_release(all);
    (void)close(fd);
}

static void lines_may_be_longer_than_any_buffer(void **state)
{
    enum { LENGTH = 1000000 };
    char *content = malloc(2 * LENGTH);
    assert_non_null(content);
    memset(content, 'x', 2 * LENGTH);
    content[LENGTH] = '\n';
    int fd = file_of(content, 2 * LENGTH);
    vow_value all = all_of(*state, vow_source_lines(fd));
    assert_int_equal(vow_list_count(all), 2);
    assert_int_equal(strlen(vow_as_text(vow_list_at(all, 0))), LENGTH);
    assert_int_equal(strlen(vow_as_text(vow_list_at(all, 1))), LENGTH - 1);
    vow_release(all);
    free(content);
    (void)close(fd);
}

static void many_lines_come_in_order(void **state)
{
    enum { LINES = 60000, EACH = 8 };
    char *content = malloc((size_t)LINES * EACH + 1);
    assert_non_null(content);
    for (int i = 0; i < LINES; i++)
        (void)snprintf(content + (size_t)i * EACH, EACH + 1, "%07d\n", i);
    int fd = file_of(content, (size_t)LINES * EACH);
    vow_value all = all_of(*state, vow_source_lines(fd));
    assert_int_equal(vow_list_count(all), LINES);
    for (int i = 0; i < LINES; i++)
        assert_int_equal(atoi(vow_as_text(vow_list_at(all, (size_t)i))), i);
    vow_release(all);
    free(content);
    (void)close(fd);
}

/* Chunks ------------------------------------------------------------------------------------------------------------ */

static void expect_chunks(const struct setting *setting, size_t size, size_t chunk)
{
    char *content = malloc(size + 1);
    assert_non_null(content);
    for (size_t i = 0; i < size; i++)
        content[i] = (char)(i * 7 + i / 251);
    int fd = file_of(content, size);
    vow_value all = all_of(setting, vow_source_chunks(fd, chunk));
    size_t count = (size + chunk - 1) / chunk, got;
    assert_int_equal(vow_list_count(all), count);
    for (size_t i = 0; i < count; i++) {
        const void *bytes = vow_as_bytes(vow_list_at(all, i), &got);
        assert_int_equal(got, i + 1 < count ? chunk : size - i * chunk);
        assert_memory_equal(bytes, content + i * chunk, got);
    }
    vow_release(all);
    free(content);
    (void)close(fd);
}

static void chunks_have_their_size_and_the_last_one_the_rest(void **state)
{
    expect_chunks(*state, 10, 4);
    expect_chunks(*state, 12, 4);
    expect_chunks(*state, 0, 4);
    expect_chunks(*state, 3, SIZE_MAX / 2);
}

static void chunks_may_be_larger_than_any_buffer(void **state)
{
    expect_chunks(*state, 1500000, 700001);
}

/* Pipes ------------------------------------------------------------------------------------------------------------- */

static void a_pipe_gives_its_lines_as_they_come(void **state)
{
    int ends[2];
    vow_value item;
    assert_int_equal(pipe(ends), 0);
    vow_reader *reader = add(*state, "lines", vow_source_lines(ends[0]), NULL, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(write(ends[1], "line\n", 5), 5);
        assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
        assert_string_equal(vow_as_text(item), "line");
        vow_release(item);
    }
    assert_int_equal(write(ends[1], "rest", 4), 4);
    (void)close(ends[1]);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
    assert_string_equal(vow_as_text(item), "rest");
    vow_release(item);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_CLOSED);
    vow_reader_release(reader);
    (void)close(ends[0]);
}

static void *write_later(void *end)
{
    int fd = (int)(intptr_t)end;
    (void)sched_yield();
    if (write(fd, "late\n", 5) != 5)
        abort();
    (void)close(fd);
    return NULL;
}

static void a_pipe_that_has_nothing_yet_is_waited_for(void **state)
{
    int ends[2];
    vow_value item;
    pthread_t thread;
    assert_int_equal(pipe(ends), 0);
    vow_reader *reader = add(*state, "lines", vow_source_lines(ends[0]), NULL, NULL, NULL);
    assert_int_equal(pthread_create(&thread, NULL, write_later, (void *)(intptr_t)ends[1]), 0);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
    assert_string_equal(vow_as_text(item), "late");
    vow_release(item);
    assert_int_equal(pthread_join(thread, NULL), 0);
    vow_reader_release(reader);
    (void)close(ends[0]);
}

static void a_wait_for_a_pipe_ends_when_nobody_reads_any_more(void **state)
{
    const struct setting *setting = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    if (vow_pool_size(setting->pool) !=
        0) { /* without workers it is the reader itself that waits */
        vow_reader *reader = add(setting, "lines", vow_source_lines(ends[0]), NULL, NULL, NULL);
        vow_value item;
        assert_int_equal(vow_read(reader, VOW_POLL, &item), VOW_TIMED_OUT);
        vow_reader_release(reader);
        assert_int_equal(vow_pool_close(setting->pool, VOW_DRAIN, VOW_FOREVER), VOW_OK);
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* Failures ---------------------------------------------------------------------------------------------------------- */

static void what_cannot_be_read_fails_with_its_number(void **state)
{
    int ends[2];
    vow_value item;
    assert_int_equal(pipe(ends), 0);
    vow_reader *reader = add(*state, "lines", vow_source_lines(ends[1]), NULL, NULL, NULL);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_SYSTEM);
    vow_value error = vow_reader_error(reader);
    assert_int_equal(vow_error_errno(error), EBADF);
    assert_non_null(strstr(vow_error_message(error), "vow_source_lines"));
    vow_reader_release(reader);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

#if defined(__GLIBC__) && defined(SYS_preadv2)
static bool system_is_old; /* it cannot read without waiting */

/* In the place of the C library's. */
ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t at, int flags)
{
    if (!system_is_old)
        return syscall(SYS_preadv2, fd, parts, count, (long)at, (long)at, flags);
    errno = ENOSYS;
    return -1;
}

static void what_cannot_be_read_fails_where_the_system_always_waits_too(void **state)
{
    system_is_old = true;
    what_cannot_be_read_fails_with_its_number(state);
    system_is_old = false;
}
#endif

static void a_folder_has_no_lines(void **state)
{
    FILE *folder = fopen("/", "r");
    vow_value item;
    assert_non_null(folder);
    vow_reader *reader =
        add(*state, "chunks", vow_source_chunks(fileno(folder), 10), NULL, NULL, NULL);
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_SYSTEM);
    assert_int_equal(vow_error_errno(vow_reader_error(reader)), EISDIR);
    vow_reader_release(reader);
    (void)fclose(folder);
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    assert_null(vow_source_lines(-1));
    assert_string_equal(vow_last_error(), "vow_source_lines: fd is negative");
    assert_null(vow_source_chunks(-1, 10));
    assert_string_equal(vow_last_error(), "vow_source_chunks: fd is negative");
    assert_null(vow_source_chunks(0, 0));
    assert_string_equal(vow_last_error(), "vow_source_chunks: size is 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(lines_come_without_their_newlines),
        at_all_sizes(a_last_line_without_newline_counts),
        at_all_sizes(an_empty_file_has_no_lines),
        at_all_sizes(a_carriage_return_stays),
        at_all_sizes(a_line_with_a_zero_in_it_is_bytes),
        at_all_sizes(lines_may_be_longer_than_any_buffer),
        at_all_sizes(many_lines_come_in_order),
        at_all_sizes(chunks_have_their_size_and_the_last_one_the_rest),
        at_all_sizes(chunks_may_be_larger_than_any_buffer),
        at_all_sizes(a_pipe_gives_its_lines_as_they_come),
        at_all_sizes(a_pipe_that_has_nothing_yet_is_waited_for),
        at_all_sizes(a_wait_for_a_pipe_ends_when_nobody_reads_any_more),
        at_all_sizes(what_cannot_be_read_fails_with_its_number),
#if defined(__GLIBC__) && defined(SYS_preadv2)
        at_all_sizes(what_cannot_be_read_fails_where_the_system_always_waits_too),
#endif
        at_all_sizes(a_folder_has_no_lines),
        cmocka_unit_test(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
