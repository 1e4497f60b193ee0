/**
 * bench/limits.c - what this machine can do at best: the floor under every figure of the other
 * programs.
 *
 * Each limit is the shortest loop that does one thing, in ns each unless its unit says otherwise.
 * Those between two threads keep each on a processor of its own (on a machine of one processor they
 * are left out), and their figures are for one way.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "limits_of_threads.h"
#include "memory.h"

enum {
    CALLS = 50000000,
    ALLOCATIONS = 10000000,
    ATOMICS = 20000000,
    SYSTEM_CALLS = 1000000,
    EVENTS = 200000,
    VISITS = 2000000,
    LARGE_COPY = 64 << 20,
    MIDDLE_COPY = 256 << 10,
    SMALL_COPY = 8 << 10,
    HALF_PAGE = 2048,
};

static void do_nothing(void)
{
    bench_keep(0);
}

static void (*volatile indirect)(void) = do_nothing;

static void measure_call(double *ret_figures)
{
    long count = bench_count(CALLS);
    int64_t started = bench_start();
    for (long call = 0; call < count; call++)
        indirect();
    ret_figures[0] = bench_each(started, count);
}

static void measure_allocation(double *ret_figures)
{
    long count = bench_count(ALLOCATIONS);
    int64_t started = bench_start();
    for (long allocation = 0; allocation < count; allocation++) {
        void *memory = malloc(64);
        bench_keep_pointer(memory);
        free(memory);
    }
    ret_figures[0] = bench_each(started, count);
}

static void measure_atomic(double *ret_figures)
{
    static atomic_long counter;
    long count = bench_count(ATOMICS);
    int64_t started = bench_start();
    for (long step = 0; step < count; step++)
        atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed); /* only its cost matters */
    ret_figures[0] = bench_each(started, count);
}

/** A line of memory at random, whose place only the former one tells. */
static void measure_visit(double *ret_figures)
{
    size_t places = LARGE_COPY / sizeof(size_t);
    size_t *memory = bench_memory_touched(places, sizeof *memory);
    long count = bench_count(VISITS);
    size_t place = 1;
    int64_t started = bench_start();
    for (long visit = 0; visit < count; visit++)
        place = (place * 6364136223846793005u + 1442695040888963407u + memory[place % places]) >> 3;
    bench_keep((int64_t)place);
    ret_figures[0] = bench_each(started, count);
    free(memory);
}

static void measure_clock(double *ret_figures)
{
    long count = bench_count(SYSTEM_CALLS);
    int64_t started = bench_start();
    for (long reading = 0; reading < count; reading++)
        bench_keep(bench_now());
    ret_figures[0] = bench_each(started, count);
}

static void measure_system_call(double *ret_figures)
{
    long count = bench_count(SYSTEM_CALLS);
    int64_t started = bench_start();
    for (long call = 0; call < count; call++)
        bench_keep(syscall(SYS_getppid));
    ret_figures[0] = bench_each(started, count);
}

static void turn_event(int event, int epoll)
{
    struct epoll_event ready;
    eventfd_t value;
    bench_require(eventfd_write(event, 1) == 0, "eventfd_write");
    bench_require(epoll_wait(epoll, &ready, 1, -1) == 1, "epoll_wait");
    bench_require(eventfd_read(event, &value) == 0, "eventfd_read");
}

static void measure_event(double *ret_figures)
{
    long count = bench_count(EVENTS);
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wanted = {.events = EPOLLIN};
    bench_require(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted) == 0, "epoll_ctl");
    int64_t started = bench_start();
    for (long turn = 0; turn < count; turn++)
        turn_event(event, epoll);
    ret_figures[0] = bench_each(started, count);
    close(epoll);
    close(event);
}

static double copy_speed(size_t size, long total)
{
    /* Half a page apart: at equal offsets in their pages, reads would wait for writes. */
    char *source = bench_memory_touched(2 * size + HALF_PAGE, 1);
    char *target = source + size + HALF_PAGE;
    long count = bench_count(total / (long)size);
    int64_t started = bench_start();
    for (long copy = 0; copy < count; copy++) {
        memcpy(target, source, size);
        bench_keep_pointer(target);
    }
    double each = bench_each(started, count);
    free(source);
    return (double)size / each; /* bytes per ns: GB/s */
}

static void measure_large_copy(double *ret_figures)
{
    ret_figures[0] = copy_speed(LARGE_COPY, 1L << 30);
}

static void measure_middle_copy(double *ret_figures)
{
    ret_figures[0] = copy_speed(MIDDLE_COPY, 4L << 30);
}

static void measure_small_copy(double *ret_figures)
{
    ret_figures[0] = copy_speed(SMALL_COPY, 16L << 30);
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"limit", "indirect call", "ns", {""}, measure_call},
        {"limit", "malloc and free of 64 bytes", "ns", {""}, measure_allocation},
        {"limit", "atomic read-modify-write", "ns", {""}, measure_atomic},
        {"limit", "the same, contended by two threads", "ns", {""}, measure_contended_atomic},
        {"limit", "cache line from core to core", "ns", {""}, measure_line_transfer},
        {"limit", "futex wake without a waiter", "ns", {""}, measure_wake_of_nobody},
        {"limit", "futex wake to running, one core", "ns", {""}, measure_wake_on_one_core},
        {"limit", "futex wake to running, two cores", "ns", {""}, measure_wake_on_two_cores},
        {"limit", "thread create and join", "ns", {""}, measure_thread},
        {"limit", "memory at random, of 64 MB", "ns", {""}, measure_visit},
        {"limit", "reading the clock", "ns", {""}, measure_clock},
        {"limit", "null system call", "ns", {""}, measure_system_call},
        {"limit", "eventfd write, epoll, read", "ns", {""}, measure_event},
        {"limit", "memory copy of 64 MB", "GB/s", {""}, measure_large_copy},
        {"limit", "memory copy of 256 KB", "GB/s", {""}, measure_middle_copy},
        {"limit", "memory copy of 8 KB", "GB/s", {""}, measure_small_copy},
    };
    return bench_main(argc, argv, BENCH_COMPILER, jobs, sizeof jobs / sizeof *jobs);
}
