/*
 * driver.c - runs a fuzzer's target without libFuzzer: over files, over folders of files, over random inputs.
 *
 *     fuzz corpus/                  each file
 *     fuzz -n 3000 -s 1 corpus/     and 3000 random inputs from seed 1 on, some of them bent out of the files
 *
 * A fault leaves the input in the file ./fuzz-fault (or what -o names), to be run again.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 512, MOST_FILES = 4096 };

static struct input {
    size_t size;
    uint8_t data[LONGEST];
} current, files[MOST_FILES];

static size_t file_count;
static const char *fault_path = "fuzz-fault";
static uint64_t state;

static void say(const char *text)
{
    ssize_t done = write(STDERR_FILENO, text, strlen(text));
    (void)done;
}

/* With nothing but what a signal's handler may call. */
static void on_abort(int number)
{
    int file = open(fault_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file >= 0 && write(file, current.data, current.size) == (ssize_t)current.size) {
        say("the input is in ");
        say(fault_path);
        say("\n");
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void run_current(void)
{
    (void)LLVMFuzzerTestOneInput(current.data, current.size);
}

static bool read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    current.size = fread(current.data, 1, LONGEST, file);
    (void)fclose(file);
    if (file_count < MOST_FILES)
        files[file_count++] = current;
    run_current();
    return true;
}

static int by_name(const struct dirent **first, const struct dirent **second)
{
    return strcmp((*first)->d_name, (*second)->d_name);
}

static bool read_path(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, by_name);
    if (count < 0)
        return read_file(path);
    for (int i = 0; i < count; i++) {
        char name[4096];
        (void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            (void)read_file(name);
        free(entries[i]);
    }
    free(entries);
    return true;
}

static unsigned below(unsigned limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % limit;
}

/* Half of them small numbers: most choices are between few. */
static uint8_t random_byte(void)
{
    return (uint8_t)below(below(2) != 0 ? 16 : 256);
}

static void make_input(void)
{
    if (file_count > 0 && below(2) != 0)
        current = files[below((unsigned)file_count)];
    else
        current.size = 1 + below(LONGEST / 2);
    bool bent = current.size > 0 && file_count > 0 && below(2) != 0;
    for (size_t i = 0; i < current.size; i++)
        if (!bent || below(16) == 0)
            current.data[i] = random_byte();
}

int main(int argc, char **argv)
{
    long count = 0;
    uint64_t seed = 1;
    for (int option; (option = getopt(argc, argv, "n:s:o:")) >= 0;) {
        if (option == 'n')
            count = strtol(optarg, NULL, 10);
        else if (option == 's')
            seed = strtoull(optarg, NULL, 10);
        else if (option == 'o')
            fault_path = optarg;
        else
            return 2;
    }
    (void)signal(SIGABRT, on_abort);
    (void)signal(SIGSEGV, on_abort);
    for (; optind < argc; optind++)
        if (!read_path(argv[optind]))
            return 2;
    for (long i = 0; i < count; i++) {
        state = (seed + (uint64_t)i) * UINT64_C(0x9e3779b97f4a7c15) | 1;
        (void)below(2);
        make_input();
        run_current();
    }
    printf("%zu files, %ld random inputs\n", file_count, count);
    return 0;
}
