/**
 * bench/memory.c - memory prepared before the clock starts, and memory counted.
 */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

void *bench_memory_touched(size_t count, size_t size)
{
    void *memory = malloc(count * size);
    bench_require(memory != NULL, "memory for the job");
    memset(memory, 0xa5,
           count *
               size); /* a compiler may fold malloc and zeroes into calloc: touch by other bytes */
    bench_keep_pointer(memory);
    memset(memory, 0, count * size);
    return memory;
}

double bench_in_child(double (*measure)(void))
{
    double figure = 0;
    int ends[2];
    bench_require(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    bench_require(child >= 0, "fork");
    if (child == 0) {
        figure = measure();
        _exit(write(ends[1], &figure, sizeof figure) == sizeof figure ? 0 : 1);
    }
    bench_require(read(ends[0], &figure, sizeof figure) == sizeof figure, "the child's figure");
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return figure;
}

long bench_resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    bench_require(file != NULL && fscanf(file, "%*d %ld", &pages) == 1, "reading /proc/self/statm");
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}
