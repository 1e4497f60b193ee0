/*
 * test_signals.c - signals: a storm of them, whose handler has the system's calls return early (EINTR), changes no result;
 * and what a program hears of the signals that it asks for.
 */
#include "process_testing.h"

#include <fcntl.h>
#include <sys/types.h>

/* The storm ------------------------------------------------------------------------------------------------------------
 *
 * A thread sends SIGUSR1 to all that have enlisted, as fast as it can without keeping them from their work. Workers block
 * signals; those of the pools here let this one in. */

#define STRUCK_MOST 16

static struct {
    pthread_mutex_t lock;
    pthread_t struck[STRUCK_MOST];
    int count;
    bool ended;
    pthread_t thread;
} storm = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Atomic unsigned strikes;

static void on_strike(int number)
{
    (void)number;
    atomic_fetch_add(&strikes, 1);
}

static void enlist(void)
{
    sigset_t let_in;
    (void)sigemptyset(&let_in);
    (void)sigaddset(&let_in, SIGUSR1);
    (void)pthread_sigmask(SIG_UNBLOCK, &let_in, NULL);
    (void)pthread_mutex_lock(&storm.lock);
    CHECK(storm.count < STRUCK_MOST);
    storm.struck[storm.count++] = pthread_self();
    (void)pthread_mutex_unlock(&storm.lock);
}

static void resign(void)
{
    (void)pthread_mutex_lock(&storm.lock);
    for (int i = 0; i < storm.count; i++)
        if (pthread_equal(storm.struck[i], pthread_self()))
            storm.struck[i] = storm.struck[--storm.count];
    (void)pthread_mutex_unlock(&storm.lock);
}

static void enlist_worker(int worker, void *context)
{
    (void)worker;
    (void)context;
    enlist();
}

static void resign_worker(int worker, void *context)
{
    (void)worker;
    (void)context;
    resign();
}

static bool strike_all(void)
{
    (void)pthread_mutex_lock(&storm.lock);
    for (int i = 0; i < storm.count; i++)
        (void)pthread_kill(storm.struck[i], SIGUSR1);
    bool ended = storm.ended;
    (void)pthread_mutex_unlock(&storm.lock);
    return !ended;
}

static void *rage(void *context)
{
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = 50000};
    (void)context;
    while (strike_all())
        (void)nanosleep(&pause, NULL);
    return NULL;
}

static void begin_storm(void)
{
    struct sigaction action = {.sa_handler = on_strike}; /* without SA_RESTART */
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    enlist();
    CHECK(pthread_create(&storm.thread, NULL, rage, NULL) == 0);
    while (atomic_load(&strikes) < 10)
        (void)sched_yield();
}

static void end_storm(void)
{
    resign();
    (void)pthread_mutex_lock(&storm.lock);
    storm.ended = true;
    (void)pthread_mutex_unlock(&storm.lock);
    CHECK(pthread_join(storm.thread, NULL) == 0);
}

/* Until the storm has struck `more` times again. */
static void endure(unsigned more)
{
    unsigned from = atomic_load(&strikes);
    while (atomic_load(&strikes) - from < more)
        (void)sched_yield();
}

static vow_pool *struck_pool(int workers)
{
    struct vow_pool_options options = {
        .size = sizeof(options), .started = enlist_worker, .stopping = resign_worker};
    vow_pool *pool = vow_pool_new(workers, &options);
    CHECK(pool != NULL);
    return pool;
}

/* Waits ----------------------------------------------------------------------------------------------------------------- */

#define ROUNDS 20
#define SHORTLY VOW_US(500)

/* None of them ends early. */
static void wait_with_deadlines(void)
{
    vow_promise *never;
    vow_deferred *deferred = vow_deferred_new(&never);
    vow_semaphore semaphore = VOW_SEMAPHORE_INIT(0);
    vow_value value;
    for (int i = 0; i < ROUNDS; i++) {
        vow_deadline deadline = vow_after(SHORTLY);
        CHECK(vow_wait(never, deadline, &value) == VOW_TIMED_OUT);
        CHECK(vow_now() >= deadline.at);
        deadline = vow_after(SHORTLY);
        CHECK(vow_sleep_until(deadline) == VOW_OK);
        CHECK(vow_now() >= deadline.at);
        deadline = vow_after(SHORTLY);
        CHECK(vow_semaphore_acquire(&semaphore, 1, deadline) == VOW_TIMED_OUT);
        CHECK(vow_now() >= deadline.at);
    }
    CHECK(vow_resolve(deferred, vow_none()) == VOW_OK);
    vow_deferred_release(deferred);
    vow_promise_release(never);
}

/* Nor those of locks and ends. */
static void wait_for_others_with_deadlines(void)
{
    vow_mutex mutex = VOW_MUTEX_INIT;
    vow_condition condition = VOW_CONDITION_INIT;
    vow_rwlock rwlock = VOW_RWLOCK_INIT;
    vow_reader *reader;
    vow_writer *writer;
    CHECK(vow_channel_new(1, NULL, &writer, &reader) == VOW_OK);
    CHECK(vow_mutex_lock(&mutex, VOW_FOREVER) == VOW_OK);
    CHECK(vow_rwlock_read_lock(&rwlock, VOW_FOREVER) == VOW_OK);
    for (int i = 0; i < ROUNDS; i++) {
        vow_case cases[] = {vow_case_read(reader)};
        size_t index;
        vow_deadline deadline = vow_after(SHORTLY);
        CHECK(vow_condition_wait(&condition, &mutex, deadline) == VOW_TIMED_OUT);
        CHECK(vow_now() >= deadline.at);
        deadline = vow_after(SHORTLY);
        CHECK(vow_rwlock_write_lock(&rwlock, deadline) == VOW_TIMED_OUT);
        CHECK(vow_now() >= deadline.at);
        deadline = vow_after(SHORTLY);
        CHECK(vow_select(cases, 1, deadline, &index) == VOW_TIMED_OUT);
        CHECK(vow_now() >= deadline.at);
    }
    vow_rwlock_read_unlock(&rwlock);
    vow_mutex_unlock(&mutex);
    vow_reader_release(reader);
    vow_writer_release(writer);
}

static vow_value wait_in_a_job(vow_value input, void *context)
{
    (void)context;
    wait_with_deadlines();
    wait_for_others_with_deadlines();
    return input;
}

static void waits_body(void)
{
    begin_storm();
    wait_with_deadlines();
    wait_for_others_with_deadlines();
    vow_pool *pool = struck_pool(2);
    struct vow_job job = {.size = sizeof(job), .fn = wait_in_a_job};
    vow_promise *parks = vow_submit_with(vow_pool_scheduler(pool), &job);
    job.blocking = true;
    vow_promise *blocks = vow_submit_with(vow_pool_scheduler(pool), &job);
    vow_release(vow_await(parks, VOW_FOREVER));
    vow_release(vow_await(blocks, VOW_FOREVER));
    CHECK(vow_pool_free(pool) == VOW_OK);
    vow_loop *loop = vow_loop_new(NULL);
    wait_with_deadlines();
    wait_for_others_with_deadlines();
    vow_release(vow_await(vow_submit(vow_loop_scheduler(loop), wait_in_a_job, vow_none(), NULL),
                          VOW_FOREVER));
    CHECK(vow_loop_free(loop) == VOW_OK);
    end_storm();
}
test_in_process(waits_and_sleeps_do_not_end_early, waits_body);

/* What is handed from thread to thread is whole. */
static void jobs_body(void)
{
    int64_t sum = 0;
    begin_storm();
    vow_pool *pool = struck_pool(2);
    vow_loop *loop = vow_loop_new(NULL);
    for (int i = 0; i < 500; i++) {
        vow_promise *job = vow_submit(vow_pool_scheduler(pool), twice, vow_integer(i), NULL);
        sum += vow_as_integer(vow_await(job, VOW_FOREVER));
        if (i % 50 == 0)
            endure(2);
    }
    CHECK(sum == 500 * 499);
    CHECK(vow_loop_free(loop) == VOW_OK);
    CHECK(vow_pool_free(pool) == VOW_OK);
    end_storm();
}
test_in_process(jobs_and_loops_give_what_they_would, jobs_body);

/* Each holds the lock for a moment, and adds to what it guards. */
struct shared {
    vow_mutex lock;
    int64_t count;
};

static vow_value add_often(vow_value input, void *context)
{
    struct shared *shared = context;
    for (int i = 0; i < 200; i++) {
        CHECK(vow_mutex_lock(&shared->lock, VOW_FOREVER) == VOW_OK);
        int64_t seen = shared->count;
        if (i % 10 == 0)
            (void)vow_sleep(VOW_US(1));
        shared->count = seen + 1;
        vow_mutex_unlock(&shared->lock);
    }
    return input;
}

static void mutex_body(void)
{
    struct shared shared = {.lock = VOW_MUTEX_INIT};
    vow_promise *jobs[4];
    begin_storm();
    vow_pool *pool = struck_pool(2);
    for (int i = 0; i < 4; i++)
        jobs[i] = vow_submit(vow_pool_scheduler(pool), add_often, vow_none(), &shared);
    vow_release(add_often(vow_none(), &shared));
    for (int i = 0; i < 4; i++)
        vow_release(vow_await(jobs[i], VOW_FOREVER));
    CHECK(shared.count == 5 * 200);
    CHECK(vow_pool_free(pool) == VOW_OK);
    end_storm();
}
test_in_process(mutex_is_held_by_one_at_a_time, mutex_body);

static void made_in_storm_body(void)
{
    begin_storm();
    for (int i = 0; i < 30; i++) {
        vow_pool *pool = struck_pool(2);
        vow_loop *loop = vow_loop_new(NULL);
        CHECK(works(vow_pool_scheduler(pool)) && works(vow_loop_scheduler(loop)));
        CHECK(vow_loop_free(loop) == VOW_OK);
        CHECK(vow_pool_free(pool) == VOW_OK);
    }
    end_storm();
}
test_in_process(pools_and_loops_are_made_and_freed, made_in_storm_body);

struct passage {
    vow_writer *writer;
    int64_t count;
};

static void *write_all(void *context)
{
    struct passage *passage = context;
    enlist();
    for (int64_t i = 0; i < passage->count; i++) {
        CHECK(vow_write(passage->writer, vow_integer(i), VOW_FOREVER) == VOW_OK);
    }
    vow_writer_release(passage->writer);
    resign();
    return NULL;
}

static void channel_body(void)
{
    struct passage passage = {.count = 5000};
    vow_reader *reader;
    vow_value item;
    int64_t next = 0;
    pthread_t thread;
    CHECK(vow_channel_new(4, NULL, &passage.writer, &reader) == VOW_OK);
    begin_storm();
    CHECK(pthread_create(&thread, NULL, write_all, &passage) == 0);
    while (vow_read(reader, VOW_FOREVER, &item) == VOW_OK)
        CHECK(vow_as_integer(item) == next++);
    CHECK(next == passage.count);
    CHECK(pthread_join(thread, NULL) == 0);
    vow_reader_release(reader);
    end_storm();
}
test_in_process(channels_between_threads_lose_nothing, channel_body);

/* Descriptors ------------------------------------------------------------------------------------------------------------- */

#define LINES 300

static void *write_lines(void *context)
{
    int fd = *(int *)context;
    char line[32];
    for (int i = 0; i < LINES; i++) {
        int length = snprintf(line, sizeof(line), "line %d\n", i);
        for (int done = 0; done < length;) {
            ssize_t put =
                write(fd, line + done, 1); /* in pieces, for who reads to wait between them */
            CHECK(put >= 0 || errno == EINTR);
            done += put > 0;
        }
    }
    CHECK(close(fd) == 0);
    return NULL;
}

/* All lines of `fd` in their order, read by a task on `pool`. */
static void read_lines(int fd, vow_pool *pool)
{
    char line[32];
    vow_value item;
    int next = 0;
    vow_task *task = vow_task_new("lines", vow_source_lines(fd), NULL, NULL, NULL);
    CHECK(task != NULL);
    vow_reader *reader = vow_pool_add_task(pool, task);
    CHECK(reader != NULL);
    while (vow_read(reader, VOW_FOREVER, &item) == VOW_OK) {
        (void)snprintf(line, sizeof(line), "line %d", next++);
        CHECK(strcmp(vow_as_text(item), line) == 0);
        vow_release(item);
    }
    CHECK(next == LINES);
    vow_reader_release(reader);
}

static void pipe_body(void)
{
    begin_storm();
    for (int workers = 0; workers <= 2; workers += 2) {
        int ends[2];
        pthread_t thread;
        vow_pool *pool = struck_pool(workers);
        CHECK(pipe(ends) == 0);
        CHECK(pthread_create(&thread, NULL, write_lines, &ends[1]) == 0);
        read_lines(ends[0], pool);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK(close(ends[0]) == 0);
        CHECK(vow_pool_free(pool) == VOW_OK);
    }
    end_storm();
}
test_in_process(lines_of_a_pipe_are_all_read, pipe_body);

static void file_body(void)
{
    FILE *file = tmpfile();
    CHECK(file != NULL);
    begin_storm();
    int copy = dup(fileno(file));
    (void)write_lines(&copy);
    for (int workers = 0; workers <= 2; workers += 2) {
        vow_pool *pool = struck_pool(workers);
        CHECK(lseek(fileno(file), 0, SEEK_SET) == 0);
        read_lines(fileno(file), pool);
        CHECK(vow_pool_free(pool) == VOW_OK);
    }
    end_storm();
    (void)fclose(file);
}
test_in_process(lines_of_a_file_are_all_read, file_body);

/* Signals that a program asks for ------------------------------------------------------------------------------------------ */

/* A signal that is pending already is not delivered twice: so much is promised, and no more. */
static void every_body(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    for (int i = 0; i < 50; i++) {
        vow_promise *heard = vow_signal(loop, SIGUSR2);
        CHECK(kill(getpid(), SIGUSR2) == 0);
        CHECK(vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGUSR2);
    }
    CHECK(vow_loop_free(loop) == VOW_OK);
}
test_in_process(signal_is_heard_as_often_as_it_is_asked_for, every_body);

static void coalesced_body(void)
{
    vow_value value;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(loop, SIGUSR2);
    for (int i = 0; i < 1000; i++)
        CHECK(kill(getpid(), SIGUSR2) == 0);
    vow_promise *other = vow_signal(loop, SIGURG); /* ignored unless asked for */
    CHECK(vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGUSR2);
    vow_promise *again = vow_signal(loop, SIGUSR2);
    CHECK(kill(getpid(), SIGURG) == 0);
    CHECK(vow_as_integer(vow_await(other, VOW_FOREVER)) == SIGURG);
    CHECK(vow_wait(again, vow_after(0), &value) == VOW_TIMED_OUT);
    CHECK(kill(getpid(), SIGUSR2) == 0);
    CHECK(vow_as_integer(vow_await(again, VOW_FOREVER)) == SIGUSR2);
    CHECK(vow_loop_free(loop) == VOW_OK);
}
test_in_process(thousand_signals_before_the_loop_looks_are_one, coalesced_body);

/* Each of many loops, on as many threads, hears of one. */

#define LOOPS 4

struct listener {
    pthread_t thread;
    _Atomic int *listening;
    bool heard;
};

static void *listen(void *context)
{
    struct listener *listener = context;
    vow_loop *loop = vow_loop_new(NULL);
    vow_promise *heard = vow_signal(loop, SIGUSR2);
    atomic_fetch_add(listener->listening, 1);
    listener->heard = vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGUSR2;
    CHECK(vow_loop_free(loop) == VOW_OK);
    return NULL;
}

static void many_loops_body(void)
{
    struct listener listeners[LOOPS];
    _Atomic int listening = 0;
    for (int i = 0; i < LOOPS; i++) {
        listeners[i] = (struct listener){.listening = &listening};
        CHECK(pthread_create(&listeners[i].thread, NULL, listen, &listeners[i]) == 0);
    }
    while (atomic_load(&listening) < LOOPS)
        (void)sched_yield();
    CHECK(kill(getpid(), SIGUSR2) == 0);
    for (int i = 0; i < LOOPS; i++) {
        CHECK(pthread_join(listeners[i].thread, NULL) == 0);
        CHECK(listeners[i].heard);
    }
}
test_in_process(each_of_many_loops_hears_a_signal, many_loops_body);

static vow_value note_number(vow_value number, void *context)
{
    int **next = context;
    *(*next)++ = (int)vow_as_integer(number);
    return vow_none();
}

static void order_body(void)
{
    static const int sent[] = {SIGUSR2, SIGURG, SIGWINCH, SIGHUP};
    int heard[4] = {0}, *next = heard;
    vow_promise *promises[4];
    vow_loop *loop = vow_loop_new(NULL);
    for (int i = 3; i >= 0; i--)
        promises[i] = vow_then(vow_signal(loop, sent[i]), note_number, &next);
    for (int i = 0; i < 4; i++)
        CHECK(raise(sent[i]) == 0);
    for (int i = 0; i < 4; i++)
        vow_release(vow_await(promises[i], VOW_FOREVER));
    CHECK(memcmp(heard, sent, sizeof(sent)) == 0);
    CHECK(vow_loop_free(loop) == VOW_OK);
}
test_in_process(signals_are_heard_in_the_order_in_which_they_came, order_body);

static void storm_of_asked_body(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    begin_storm();
    for (int i = 0; i < 100; i++) {
        vow_promise *heard = vow_signal(loop, SIGUSR2);
        CHECK(kill(getpid(), SIGUSR2) == 0);
        CHECK(vow_as_integer(vow_await(heard, VOW_FOREVER)) == SIGUSR2);
    }
    end_storm();
    CHECK(vow_loop_free(loop) == VOW_OK);
}
test_in_process(none_is_lost_in_a_storm_of_others, storm_of_asked_body);

/* Stopped and continued ------------------------------------------------------------------------------------------------------ */

static void run_timers(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    vow_pool *pool = vow_pool_new(2, NULL);
    for (int i = 0; i < 20; i++) {
        vow_deadline deadline = vow_after(VOW_MS(1));
        vow_promise *later = vow_call_later(loop, VOW_MS(1), twice, vow_integer(i), NULL);
        CHECK(vow_as_integer(vow_await(later, VOW_FOREVER)) == 2 * i);
        CHECK(vow_now() >= deadline.at);
        CHECK(works(vow_pool_scheduler(pool)));
        deadline = vow_after(VOW_MS(1));
        CHECK(vow_sleep_until(deadline) == VOW_OK && vow_now() >= deadline.at);
    }
    CHECK(vow_loop_free(loop) == VOW_OK);
    CHECK(vow_pool_free(pool) == VOW_OK);
}

/* The calls that sleep return early then, without a handler. */
static void stopped_body(void)
{
    pid_t child = begin_process(run_timers);
    siginfo_t info = {.si_pid = 0};
    while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0) {
        CHECK(kill(child, SIGSTOP) == 0);
        (void)sched_yield();
        CHECK(kill(child, SIGCONT) == 0);
        (void)usleep(200);
    }
    CHECK(end_of(child) == 0);
}
test_in_process(timers_of_a_process_that_is_stopped_and_continued_come, stopped_body);

/* SIGPIPE, on a worker ----------------------------------------------------------------------------------------------- */

static vow_value write_in_vain(vow_value input, void *context)
{
    (void)context;
    errno = 0;
    return vow_integer(write((int)vow_as_integer(input), "x", 1) < 0 ? errno : 0);
}

static void unread_pipe_body(void)
{
    int ends[2];
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR && pipe(ends) == 0 && close(ends[0]) == 0);
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_promise *written =
        vow_submit(vow_pool_scheduler(pool), write_in_vain, vow_integer(ends[1]), NULL);
    CHECK(vow_as_integer(vow_await(written, VOW_FOREVER)) == EPIPE);
    CHECK(vow_pool_free(pool) == VOW_OK);
}
test_in_process(write_to_a_pipe_that_nobody_reads_is_an_error_in_a_job, unread_pipe_body);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_and_sleeps_do_not_end_early),
        cmocka_unit_test(jobs_and_loops_give_what_they_would),
        cmocka_unit_test(mutex_is_held_by_one_at_a_time),
        cmocka_unit_test(pools_and_loops_are_made_and_freed),
        cmocka_unit_test(channels_between_threads_lose_nothing),
        cmocka_unit_test(lines_of_a_pipe_are_all_read),
        cmocka_unit_test(lines_of_a_file_are_all_read),
        cmocka_unit_test(signal_is_heard_as_often_as_it_is_asked_for),
        cmocka_unit_test(thousand_signals_before_the_loop_looks_are_one),
        cmocka_unit_test(each_of_many_loops_hears_a_signal),
        cmocka_unit_test(signals_are_heard_in_the_order_in_which_they_came),
        cmocka_unit_test(none_is_lost_in_a_storm_of_others),
        cmocka_unit_test(timers_of_a_process_that_is_stopped_and_continued_come),
        cmocka_unit_test(write_to_a_pipe_that_nobody_reads_is_an_error_in_a_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
