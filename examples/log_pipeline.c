/*
 * log_pipeline.c - a log analyser: lines → parse → aggregate, over 100 MB, in bounded memory.
 *
 * The log is made first, in a temporary file. Then three tasks of a pool work on it when the last one is read: the lines of the
 * file; a parse of each, by all workers; and the sums, in order, by one at a time. However large the file is, only some chunks
 * of lines are in memory. MEGABYTES=… changes how large it is.
 */
#define _POSIX_C_SOURCE 200809L /* fileno, also where a C library is strict */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vow.h>

enum { MEGABYTES = 100, MOST_MEMORY = 50, PLACES = 4 };

static const char *const places[PLACES] = {"/index", "/search", "/login", "/image"};

/* The log --------------------------------------------------------------------------------------------------------- */

static void fail(const char *what)
{
    (void)fprintf(stderr, "log_pipeline: %s: %s\n", what, vow_last_error());
    exit(1);
}

static size_t megabytes(void)
{
    const char *wanted = getenv("MEGABYTES");
    return wanted != NULL ? strtoul(wanted, NULL, 10) : MEGABYTES;
}

/* Requests, one for each line; gives how many. */
static int64_t write_log(FILE *log)
{
    int64_t count = 0;
    size_t written = 0, size = megabytes() << 20;
    for (unsigned dice = 1; written < size; count++) {
        dice = dice * 1664525u + 1013904223u;
        int length = fprintf(log, "10.0.%u.%u GET %s/%08x status=%d bytes=%u agent=\"example\"\n",
                             dice >> 28, dice >> 27 & 7, places[dice >> 24 & 3], dice,
                             (dice >> 20 & 15) == 0 ? 404 : 200, dice >> 16 & 1023);
        written += length > 0 ? (size_t)length : size;
    }
    return fflush(log) == 0 ? count : -1;
}

/* The pipeline ---------------------------------------------------------------------------------------------------- */

/* What is in a line: an integer with the place, whether it was found, and how many bytes. */
static vow_value parse(vow_value line, void *context)
{
    const char *text = vow_as_text(line);
    const char *place = text != NULL ? strstr(text, "GET ") : NULL;
    const char *status = place != NULL ? strstr(place, "status=") : NULL;
    const char *bytes = status != NULL ? strstr(status, "bytes=") : NULL;
    (void)context;
    if (bytes == NULL)
        return vow_fail(VOW_INVALID, "not a line of this log: %s", text != NULL ? text : "?");
    for (int i = 0; i < PLACES; i++)
        if (strncmp(place + 4, places[i], strlen(places[i])) == 0)
            return vow_integer(i | (status[7] == '2' ? 0 : 4) | strtol(bytes + 6, NULL, 10) << 3);
    return vow_skip();
}

struct sums {
    int64_t requests[PLACES];
    int64_t missing;
    int64_t bytes;
};

/* One at a time, so it needs no lock. */
static vow_value aggregate(vow_value request, void *context)
{
    struct sums *sums = context;
    int64_t word = vow_as_integer(request);
    sums->requests[word & 3]++;
    sums->missing += word >> 2 & 1;
    sums->bytes += word >> 3;
    return vow_skip();
}

static void analyse(int fd, struct sums *sums)
{
    vow_pool *pool = vow_pool_new(VOW_EVERY_CPU, NULL);
    vow_task_options serial = {.size = sizeof serial, .concurrency = 1};
    vow_reader *requests =
        vow_pool_add_task(pool, vow_task_new("parse", vow_source_lines(fd), parse, NULL, NULL));
    vow_reader *rest = vow_pool_add_task(
        pool, vow_task_new("aggregate", vow_source_reader(requests), aggregate, sums, &serial));
    vow_value nothing = vow_read_all(rest, VOW_FOREVER);
    if (vow_is_error(nothing) || vow_is_error(vow_reader_error(rest)))
        fail("the pipeline");
    vow_release(nothing);
    vow_reader_release(rest);
    vow_pool_free(pool);
}

int main(void)
{
    struct sums sums = {.missing = 0};
    struct rusage usage;
    FILE *log = tmpfile();
    int64_t lines = log != NULL ? write_log(log) : -1;
    if (lines < 0 || lseek(fileno(log), 0, SEEK_SET) != 0)
        fail("the log");
    analyse(fileno(log), &sums);
    (void)fclose(log);
    int64_t requests = 0;
    for (int i = 0; i < PLACES; i++)
        requests += sums.requests[i];
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("every line was counted: %s\n", requests == lines ? "yes" : "no");
    printf("one in sixteen was not found: %s\n",
           sums.missing * 20 > requests && sums.missing * 13 < requests ? "yes" : "no");
    printf("in less than %d MB of memory: %s\n", MOST_MEMORY,
           usage.ru_maxrss < MOST_MEMORY * 1024L ? "yes" : "no");
    return 0;
}
