/*
 * files.c - pipelines over descriptors that come and go, over several readers and with several outputs; progress objects that
 * observe them; signals. What a pipeline gives is known unless it is left, its place closed, or one of its items failed.
 */
#include "everything.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

enum { LINES = 40, NUMBERS = 60, OUTPUTS = 3, EACH = 8 };

static bool is_usual(vow_status status)
{
    return status == VOW_OK || status == VOW_TIMED_OUT || status == VOW_CLOSED ||
           status == VOW_CANCELED || status == VOW_USER;
}

/* Reads until the end, or until it has enough of it; true: to the end, and all of it came. */
static bool read_on(vow_reader *reader, void (*see)(vow_value item, void *seen), void *seen)
{
    vow_status status = VOW_OK;
    bool leaves = one_in(4);
    while (status == VOW_OK && !(leaves && one_in(8))) {
        vow_value items[EACH];
        size_t count = 0;
        vow_deadline deadline = one_in(8) ? soon() : VOW_FOREVER;
        status = noted(vow_status, vow_read_many(reader, items, 1 + below(EACH), deadline, &count));
        must(told_unless(is_usual(status), status));
        for (size_t i = 0; i < count; i++) {
            see(items[i], seen);
            vow_release(items[i]);
        }
    }
    return status == VOW_CLOSED;
}

static vow_reader *begin_task(const char *name, vow_source *source, vow_fn *fn)
{
    vow_reader *reader = vow_pool_add_task(NULL, vow_task_new(name, source, fn, NULL, NULL));
    must(reader != NULL);
    return reader;
}

static vow_value pass_item(vow_value item, void *context)
{
    (void)context;
    if (one_in(64))
        act_sleep();
    return item;
}

static vow_value pass_or_fail(vow_value item, void *context)
{
    (void)context;
    return one_in(200) ? vow_fail(VOW_USER, "an item fails") : item;
}

static vow_source *numbers(void)
{
    return vow_source_range(0, NUMBERS, 1);
}

/* ThreadSanitizer takes the number of a descriptor for an object that lives on when it is closed and used again by another
   thread: with it none are opened here. */
#if defined(__SANITIZE_THREAD__)
#define MAY_OPEN false
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MAY_OPEN false
#endif
#endif
#ifndef MAY_OPEN
#define MAY_OPEN true
#endif

/* Files and pipes ------------------------------------------------------------------------------------------------- */

/* A descriptor that its task closes when it has ended: the source has gone by then. */
struct input {
    struct context *context;
    int fd;
};

static void close_input(void *pointer)
{
    struct input *input = pointer;
    must(close(input->fd) == 0);
    context_drop(input->context);
    free(input);
}

static void fill(int fd)
{
    char text[LINES * 4];
    for (int i = 0; i < LINES; i++)
        (void)snprintf(text + (size_t)i * 3, 4, "%02d\n", i);
    must(write(fd, text, (size_t)LINES * 3) == (ssize_t)LINES * 3);
}

static int open_pipe(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        abort();
    fill(ends[1]);
    must(close(ends[1]) == 0);
    return ends[0];
}

static int open_file(void)
{
    FILE *file = tmpfile();
    int fd = file != NULL ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
    if (fd < 0)
        abort();
    (void)fclose(file);
    fill(fd);
    must(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

struct seen {
    long count;
    int64_t sum;
};

static void see_line(vow_value line, void *pointer)
{
    struct seen *seen = pointer;
    must(vow_is_text(line) && strtol(vow_as_text(line), NULL, 10) == seen->count);
    seen->count++;
}

static void see_chunk(vow_value chunk, void *pointer)
{
    struct seen *seen = pointer;
    size_t size = 0;
    must(vow_is_bytes(chunk) && vow_as_bytes(chunk, &size) != NULL);
    seen->count += (long)size;
}

void act_file(void)
{
    bool by_lines = one_in(2);
    if (!MAY_OPEN)
        return;
    struct input *input = calloc(1, sizeof(*input));
    if (input == NULL)
        abort();
    input->context = context_new();
    input->fd = one_in(2) ? open_pipe() : open_file();
    vow_source *source = by_lines ? vow_source_lines(input->fd) : vow_source_chunks(input->fd, 7);
    vow_task_options options = {.size = sizeof(options), .drop = close_input};
    vow_reader *reader =
        vow_pool_add_task(NULL, vow_task_new("read", source, NULL, input, &options));
    must(reader != NULL);
    struct seen seen = {0};
    if (read_on(reader, by_lines ? see_line : see_chunk, &seen))
        must(seen.count == (by_lines ? LINES : LINES * 3));
    vow_reader_release(reader);
}

/* Several readers --------------------------------------------------------------------------------------------------- */

static void see_number(vow_value number, void *pointer)
{
    struct seen *seen = pointer;
    seen->count++;
    seen->sum += vow_as_integer(number);
}

static void see_pair(vow_value pair, void *pointer)
{
    struct seen *seen = pointer;
    must(vow_list_count(pair) == 2);
    must(vow_as_integer(vow_list_at(pair, 0)) == seen->count);
    must(vow_as_integer(vow_list_at(pair, 1)) == seen->count);
    seen->count++;
}

void act_join(void)
{
    bool zipped = one_in(2);
    vow_reader *both[] = {begin_task("one", numbers(), pass_item),
                          begin_task("other", numbers(), one_in(4) ? pass_or_fail : pass_item)};
    vow_reader *reader =
        begin_task("join", zipped ? vow_source_zip(both, 2) : vow_source_merge(both, 2), NULL);
    struct seen seen = {0};
    if (read_on(reader, zipped ? see_pair : see_number, &seen)) {
        must(seen.count == (zipped ? NUMBERS : 2 * NUMBERS));
        must(zipped || seen.sum == (int64_t)NUMBERS * (NUMBERS - 1));
    }
    vow_reader_release(reader);
}

/* Several outputs --------------------------------------------------------------------------------------------------- */

static vow_value choose_output(vow_value item, void *context)
{
    (void)context;
    return vow_integer(vow_as_integer(item) % OUTPUTS);
}

static void must_be_split(const struct seen *seen, int ended, bool parted)
{
    long each = parted ? NUMBERS / OUTPUTS : NUMBERS;
    int64_t sum = 0;
    for (int i = 0; i < OUTPUTS; i++) {
        must(ended < OUTPUTS || seen[i].count == each);
        sum += seen[i].sum;
    }
    must(ended < OUTPUTS || sum == (int64_t)NUMBERS * (NUMBERS - 1) / 2 * (parted ? 1 : OUTPUTS));
}

void act_split(void)
{
    bool parted = one_in(2);
    vow_reader *outputs[OUTPUTS];
    struct seen seen[OUTPUTS] = {{0}};
    vow_task *task = vow_task_new("split", numbers(), pass_item, NULL, NULL);
    vow_status status =
        parted ? vow_pool_add_partition(NULL, task, OUTPUTS, NULL, choose_output, NULL, outputs)
               : vow_pool_add_broadcast(NULL, task, OUTPUTS, NULL, outputs);
    must(status == VOW_OK);
    int ended = 0;
    for (int i = 0; i < OUTPUTS; i++) /* all that others get meanwhile has room there */
        ended += read_on(outputs[i], see_number, &seen[i]);
    for (int i = 0; i < OUTPUTS; i++)
        vow_reader_release(outputs[i]);
    must_be_split(seen, ended, parted);
}

/* Progress ---------------------------------------------------------------------------------------------------------- */

static void look_at(vow_progress *progress)
{
    char line[80];
    struct vow_progress_figures figures = {.size = sizeof(figures)};
    must(vow_progress_measure(progress, 0, vow_now(), &figures) == VOW_OK);
    must(figures.done >= 0 && figures.done <= NUMBERS + 1);
    (void)vow_progress_line(progress, vow_now(), line, sizeof(line));
    (void)vow_progress_draw(progress, vow_now());
}

void act_progress(void)
{
    FILE *stream = MAY_OPEN ? fopen("/dev/null", "we") : NULL;
    if (stream == NULL && MAY_OPEN)
        abort();
    vow_progress_options options = {
        .size = sizeof(options), .stream = stream, .always = MAY_OPEN, .period = 1};
    vow_progress *progress = vow_progress_new(&options, vow_now());
    vow_task *task = vow_task_new("observed", numbers(), pass_item, NULL, NULL);
    must(vow_progress_observe(progress, 0, task) == VOW_OK);
    vow_reader *reader = vow_pool_add_task(NULL, vow_task_retain(task));
    vow_progress_expect(progress, 0, NUMBERS + 1);
    vow_progress_add(progress, 0, 1);
    look_at(progress);
    struct seen seen = {0};
    if (read_on(reader, see_number, &seen))
        must(seen.count == NUMBERS);
    look_at(progress);
    vow_reader_release(reader);
    vow_progress_finish(progress, vow_now(), one_in(2));
    vow_progress_release(progress);
    vow_task_release(task);
    if (stream != NULL)
        (void)fclose(stream);
}

/* Signals ----------------------------------------------------------------------------------------------------------- */

/* One that nobody minds where nobody listens. */
enum { SIGNAL = SIGURG };

static vow_value hear_signal(vow_value number, void *pointer)
{
    struct context *context = pointer;
    atomic_fetch_add(&context->runs, 1);
    must(vow_is_error(number) || vow_as_integer(number) == SIGNAL);
    return vow_none();
}

static vow_value listen_to_signal(vow_value input, void *loop)
{
    struct context *context = context_new();
    vow_handlers heard = {.size = sizeof(heard),
                          .fulfilled = hear_signal,
                          .rejected = hear_signal,
                          .context = context,
                          .drop = context_drop};
    publish(vow_add_callbacks(vow_signal(loop, SIGNAL), &heard));
    return input;
}

void act_signal(void)
{
    vow_loop *loop;
    (void)some_loop(&loop);
    if (one_in(2) && !atomic_load(&everything_ends))
        must(vow_schedule(vow_loop_scheduler(loop), listen_to_signal, vow_none(), loop) == VOW_OK);
    else
        signals_end();
}

/* Nobody is left who waits for one. */
void signals_end(void)
{
    must(kill(getpid(), SIGNAL) == 0);
}
