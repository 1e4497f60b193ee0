/*
 * sources.c - scenarios of tasks and where their items come from: other tasks and channels, coroutines, descriptors.
 */
#include "cancel_sweep.h"

#include <signal.h>

enum { ITEMS = 4 };

static vow_value make_token(vow_value input, void *context)
{
    (void)input;
    (void)context;
    (void)vow_sleep(MOMENT);
    return token();
}

static vow_value pass_slowly(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(MOMENT);
    return input;
}

/* Takes the source. */
static vow_reader *read_from(vow_source *source, vow_fn *fn)
{
    vow_task_options options = {.size = sizeof options, .max_chunk = 2, .drop = drop_token};
    return vow_pool_add_task(sweep_pool,
                             vow_task_new("task", source, fn, token_context(), &options));
}

/* Takes the reader. */
static int count_items(vow_reader *reader)
{
    int count = 0;
    vow_value item;
    for (; vow_read(reader, VOW_FOREVER, &item) == VOW_OK; count++)
        vow_release(item);
    vow_reader_release(reader);
    return count;
}

static vow_reader *read_tokens(int64_t items)
{
    return read_from(vow_source_range(0, items, 1), make_token);
}

/* The context is a writer, which is given back. */
static vow_value write_tokens(vow_value input, void *context)
{
    vow_status status = VOW_OK;
    for (int i = 0; i < ITEMS && status == VOW_OK; i++) {
        vow_value item = token();
        (void)vow_sleep(MOMENT);
        status = vow_write(context, item, VOW_FOREVER);
        if (status != VOW_OK)
            vow_release(item);
    }
    vow_writer_release(context);
    return input;
}

/* A channel that a child writes to. */
static vow_reader *read_from_child(vow_promise **ret_writing)
{
    vow_writer *writer;
    vow_reader *reader;
    require(vow_channel_new(1, NULL, &writer, &reader) == VOW_OK);
    *ret_writing = child(write_tokens, writer);
    return reader;
}

static void reads_what_is_merged(void)
{
    vow_promise *writing;
    vow_reader *readers[] = {read_tokens(ITEMS), read_from_child(&writing)};
    int items = count_items(read_from(vow_source_merge(readers, 2), pass_slowly));
    require(items == 2 * ITEMS || vow_canceled());
    join(writing);
}

/* What there was for a list that could not be whole is read at another end. */
static void reads_what_is_zipped(void)
{
    vow_promise *writing;
    vow_reader *longer = read_from_child(&writing);
    vow_reader *other = vow_reader_another(longer);
    vow_reader *readers[] = {longer, read_tokens(ITEMS - 2)};
    int lists = count_items(read_from(vow_source_zip(readers, 2), pass_slowly));
    int rest = count_items(other);
    require((lists == ITEMS - 2 && lists + rest == ITEMS) || vow_canceled());
    join(writing);
}

static vow_value yield_tokens(vow_value input, void *context)
{
    (void)context;
    for (int i = 0; i < ITEMS && !vow_is_error(input); i++) {
        (void)vow_sleep(MOMENT);
        input = vow_yield(token());
    }
    (void)vow_sleep(MOMENT);
    return vow_none();
}

static void reads_a_coroutine(void)
{
    struct vow_coroutine_options options = {.size = sizeof options,
                                            .body = yield_tokens,
                                            .context = token_context(),
                                            .drop = drop_token};
    vow_source *source = vow_source_coroutine(vow_coroutine_new_with(&options));
    require(count_items(read_from(source, pass_slowly)) == ITEMS || vow_canceled());
}

/* Descriptors ----------------------------------------------------------------------------------------------------- */

/* The reading end of a pipe: it goes with the task, when the source has gone. */
struct piped {
    int fd;
    void *token;
};

static struct piped *a_piped(int fd)
{
    struct piped *piped = calloc(1, sizeof *piped);
    require(piped != NULL);
    *piped = (struct piped){fd, token_context()};
    return piped;
}

static void drop_piped(void *context)
{
    struct piped *piped = context;
    require(close(piped->fd) == 0);
    drop_token(piped->token);
    free(piped);
}

/* Who reads may have gone. */
static void keep_broken_pipes_out(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    require(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
}

/* The argument points to the writing end. A thread, as a line would not go on while its worker reads. */
static void *write_lines(void *argument)
{
    int fd = *(int *)argument;
    bool written = true;
    keep_broken_pipes_out();
    for (int i = 0; i < ITEMS && written; i++) {
        (void)vow_sleep(MOMENT);
        written = write(fd, "line\n", 5) == 5;
    }
    require(close(fd) == 0);
    return NULL;
}

/* In a pool that goes: who stands in for a worker that reads would stay with the default one, as an object that was left. */
static void read_a_pipe(vow_source *source_of(int fd), int wanted)
{
    int ends[2] = {-1, -1};
    vow_pool *pool = sweep_pool != NULL ? NULL : vow_pool_new(1, NULL);
    require(pipe(ends) == 0);
    vow_task_options options = {.size = sizeof options, .drop = drop_piped};
    vow_task *task =
        vow_task_new("pipe", source_of(ends[0]), make_token, a_piped(ends[0]), &options);
    vow_reader *reader = vow_pool_add_task(pool != NULL ? pool : sweep_pool, task);
    pthread_t writing = start_thread(write_lines, &ends[1]);
    int items = count_items(reader);
    join_thread(writing);
    require(vow_pool_free(pool) == VOW_OK);
    require(items == wanted || vow_canceled());
}

static void reads_lines_of_a_pipe(void)
{
    read_a_pipe(vow_source_lines, ITEMS);
}

static vow_source *chunks_of(int fd)
{
    return vow_source_chunks(fd, 8);
}

static void reads_chunks_of_a_pipe(void)
{
    read_a_pipe(chunks_of, 3);
}

const struct scenario scenarios_of_sources[] = {
    {"reads what is merged", reads_what_is_merged, true},
    {"reads what is zipped", reads_what_is_zipped, true},
    {"reads a coroutine", reads_a_coroutine, false},
    {"reads lines of a pipe", reads_lines_of_a_pipe, false},
    {"reads chunks of a pipe", reads_chunks_of_a_pipe, false},
    {NULL, NULL, false},
};
