/*
 * options.c - reads the command line; its options are those of sha256sum and a few more.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <vow.h>

#include "message.h"

/* Long options without a letter. */
enum {
    IGNORE_MISSING = CHAR_MAX + 1,
    QUIET,
    STATUS,
    STRICT,
    TAG,
    PROGRESS,
    NO_PROGRESS,
    HELP,
    VERSION
};

static const char letters[] = "a:bcj:rtwz";

static const struct option words[] = {
    {"algorithm", required_argument, NULL, 'a'},
    {"binary", no_argument, NULL, 'b'},
    {"check", no_argument, NULL, 'c'},
    {"jobs", required_argument, NULL, 'j'},
    {"recursive", no_argument, NULL, 'r'},
    {"text", no_argument, NULL, 't'},
    {"warn", no_argument, NULL, 'w'},
    {"zero", no_argument, NULL, 'z'},
    {"tag", no_argument, NULL, TAG},
    {"ignore-missing", no_argument, NULL, IGNORE_MISSING},
    {"quiet", no_argument, NULL, QUIET},
    {"status", no_argument, NULL, STATUS},
    {"strict", no_argument, NULL, STRICT},
    {"progress", no_argument, NULL, PROGRESS},
    {"no-progress", no_argument, NULL, NO_PROGRESS},
    {"quiet-progress", no_argument, NULL, NO_PROGRESS},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "Usage: vowsum [OPTION]... [FILE|FOLDER]...\n"
    "Print or check checksums, as sha256sum does, of files and whole trees, on all processors.\n"
    "\n"
    "A folder stands for all regular files below it. With no FILE, or when FILE is -, read\n"
    "standard input. Lines come in the order of the arguments, those of a tree sorted by name.\n"
    "\n"
    "  -a, --algorithm=NAME  sha256 (the default), sha1, sha512 or blake2b\n"
    "  -j, --jobs=N          hash on N threads; 0: on none but the program's own;\n"
    "                          by default as many as there are processors\n"
    "  -c, --check           read checksums from the FILEs and check them\n"
    "      --tag             write lines in BSD's form\n"
    "  -z, --zero            end each line with NUL, not newline, and escape no names\n"
    "  -b, --binary          mark names with '*', as sha256sum does\n"
    "  -t, --text            mark names with ' ' (the default); files are read in the same way\n"
    "  -r, --recursive       accepted: folders are always entered\n"
    "      --progress        show a progress bar even where standard error is no terminal\n"
    "      --no-progress, --quiet-progress\n"
    "                        show none even where it is\n"
    "      --help            show this help and exit\n"
    "      --version         show the version and exit\n"
    "\n"
    "When checking:\n"
    "      --ignore-missing  do not fail on, or speak of, files that are missing\n"
    "      --quiet           do not print OK for each file that is right\n"
    "      --status          print nothing; the exit status tells\n"
    "      --strict          fail on lines that are improperly formatted\n"
    "  -w, --warn            warn about each line that is improperly formatted\n"
    "\n"
    "Exit status: 0 all well; 1 a file could not be read, or is not as its checksum says;\n"
    "130 stopped by Ctrl-C; 143 stopped by SIGTERM.\n";

static _Noreturn void misused(void)
{
    fputs("Try 'vowsum --help' for more information.\n", stderr);
    exit(EXIT_FAILURE);
}

static _Noreturn void show_version(void)
{
    printf("vowsum (vow) %s\n", vow_version());
    exit(EXIT_SUCCESS);
}

static _Noreturn void show_help(void)
{
    fputs(help, stdout);
    exit(EXIT_SUCCESS);
}

static const struct algorithm *read_algorithm(const char *text)
{
    const struct algorithm *algorithm = algorithm_find(text);
    if (algorithm == NULL) {
        message_about(text, "no such algorithm; there are sha256, sha1, sha512 and blake2b");
        misused();
    }
    return algorithm;
}

static int read_workers(const char *text)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || number < 0 || number > VOW_POOL_LARGEST) {
        message_about(text, "not a number of threads from 0 to %d", VOW_POOL_LARGEST);
        misused();
    }
    return (int)number;
}

/* As in sha256sum, the last of --quiet, --status and --warn counts. No bar where nothing shall be said. */
static void set_voice(struct options *options, int option)
{
    options->checking.quiet = option == QUIET;
    options->checking.status = option == STATUS;
    options->checking.warn = option == 'w';
    options->progress &= option != STATUS;
}

/* Takes one option; false if it is none. */
static bool take(struct options *options, int option)
{
    switch (option) {
    case 'a':
        options->algorithm = read_algorithm(optarg);
        return true;
    case 'j':
        options->workers = read_workers(optarg);
        return true;
    case 'b':
    case 't':
        options->marking = option == 'b' ? BINARY : TEXT;
        return true;
    case TAG:
        options->tag = true;
        options->marking = BINARY;
        return true;
    case 'c':
        options->check = true;
        return true;
    case 'r':
        return true;
    case 'z':
        options->zero = true;
        return true;
    case 'w':
    case QUIET:
    case STATUS:
        set_voice(options, option);
        return true;
    case IGNORE_MISSING:
        options->checking.ignore_missing = true;
        return true;
    case STRICT:
        options->checking.strict = true;
        return true;
    case PROGRESS:
    case NO_PROGRESS:
        options->progress = option == PROGRESS;
        return true;
    case HELP:
        show_help();
    case VERSION:
        show_version();
    default:
        return false;
    }
}

/* Refuses what makes no sense together, in the words of sha256sum. */
static void hold_together(const struct options *options)
{
    const bool check = options->check;
    const struct {
        bool mistaken;
        const char *sentence;
    } rules[] = {
        {options->tag && options->marking == TEXT, "--tag does not support --text mode"},
        {options->zero && check, "the --zero option is not supported when verifying checksums"},
        {options->tag && check, "the --tag option is meaningless when verifying checksums"},
        {options->marking != UNMARKED && check,
         "the --binary and --text options are meaningless when verifying checksums"},
        {options->checking.ignore_missing && !check,
         "the --ignore-missing option is meaningful only when verifying checksums"},
        {options->checking.status && !check,
         "the --status option is meaningful only when verifying checksums"},
        {options->checking.warn && !check,
         "the --warn option is meaningful only when verifying checksums"},
        {options->checking.quiet && !check,
         "the --quiet option is meaningful only when verifying checksums"},
        {options->checking.strict && !check,
         "the --strict option is meaningful only when verifying checksums"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].mistaken) {
            message("%s", rules[i].sentence);
            misused();
        }
    }
}

void options_read(struct options *options, int count, char *const *arguments)
{
    static char standard_input[] = "-";
    static char *const nothing_named[] = {standard_input, NULL};

    *options = (struct options){
        .algorithm = algorithm_find("sha256"),
        .workers = VOW_EVERY_CPU,
        .progress = isatty(STDERR_FILENO) != 0,
    };
    int option;
    while ((option = getopt_long(count, arguments, letters, words, NULL)) != -1)
        if (!take(options, option))
            misused();
    hold_together(options);
    options->names = optind < count ? arguments + optind : nothing_named;
}
