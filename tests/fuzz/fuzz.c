/*
 * fuzz.c - the entry, and the parts that all subjects share (fuzz.h).
 */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

enum { MOST_NOTES = 1 << 14, MOST_TOKENS = 1 << 14 };

enum bend fuzz_bend;
static bool tracing;
static const char *workers; /* VOW_FUZZ_WORKERS */

/* Notes ----------------------------------------------------------------------------------------------------------- */

struct note {
    const char *what;
    long first;
    long second;
};

static struct {
    int count;
    struct note notes[MOST_NOTES];
} sides[2];

void note_on(enum side side, const char *what, long first, long second)
{
    if (sides[side].count < MOST_NOTES)
        sides[side].notes[sides[side].count++] = (struct note){what, first, second};
}

static void print_notes(enum side side)
{
    (void)fprintf(stderr, "%s:\n", side == REAL ? "library" : "model");
    for (int i = 0; i < sides[side].count; i++)
        (void)fprintf(stderr, "  %s %ld %ld\n", sides[side].notes[i].what,
                      sides[side].notes[i].first, sides[side].notes[i].second);
}

void fault(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    print_notes(REAL);
    print_notes(MODEL);
    abort();
}

static bool is_alike(const struct note *first, const struct note *second)
{
    return strcmp(first->what, second->what) == 0 && first->first == second->first &&
           first->second == second->second;
}

void compare_notes(void)
{
    must(sides[REAL].count == sides[MODEL].count);
    for (int i = 0; i < sides[REAL].count; i++)
        must(is_alike(&sides[REAL].notes[i], &sides[MODEL].notes[i]));
    sides[REAL].count = sides[MODEL].count = 0;
}

void trace(const char *format, ...)
{
    va_list arguments;
    if (!tracing)
        return;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

/* Tokens ---------------------------------------------------------------------------------------------------------- */

static struct token tokens[MOST_TOKENS];
static _Atomic int tokens_made;

struct token *token_new(void)
{
    int number = atomic_fetch_add(&tokens_made, 1);
    must(number < MOST_TOKENS);
    tokens[number].number = number;
    atomic_store(&tokens[number].drops, 0);
    return &tokens[number];
}

void token_drop(void *token)
{
    must(atomic_fetch_add(&((struct token *)token)->drops, 1) == 0);
}

static const struct vow_type token_type = {.name = "token", .drop = token_drop};

vow_value token_box(int number)
{
    struct token *token = token_new();
    token->number = number;
    return vow_box_adopt(&token_type, token);
}

void tokens_check(void)
{
    for (int i = 0; i < tokens_made; i++)
        must(tokens[i].drops == 1);
    tokens_made = 0;
}

static long word_of(vow_value value)
{
    const struct token *token = vow_is_box(value) ? vow_box_as(&token_type, value) : NULL;
    if (token != NULL)
        return token->number;
    if (vow_is_error(value))
        return vow_error_status(value);
    return vow_is_integer(value) ? (long)vow_as_integer(value) : 0;
}

long value_number(vow_value value)
{
    return (long)vow_kind_of(value) * KIND + word_of(value);
}

/* The entry ------------------------------------------------------------------------------------------------------- */

static subject_fn *const subjects[] = {fuzz_promises, fuzz_combine, fuzz_channel,  fuzz_coroutine,
                                       fuzz_task,     fuzz_group,   fuzz_timer,    fuzz_pool,
                                       fuzz_select,   fuzz_lock,    fuzz_message,  fuzz_again,
                                       fuzz_notify,   fuzz_gate,    fuzz_condition};

bool fuzz_has_workers(unsigned choice)
{
    return workers != NULL ? *workers == '1' : choice >= 240;
}

/* With workers alone, only those subjects that can have some. */
static subject_fn *subject_of(unsigned choice)
{
    static subject_fn *const with_workers[] = {fuzz_task, fuzz_pool};
    if (workers != NULL && *workers == '1')
        return with_workers[choice % 2];
    return subjects[choice % (sizeof(subjects) / sizeof(subjects[0]))];
}

static void begin_once(void)
{
    static bool begun;
    if (begun)
        return;
    begun = true;
    const char *bend = getenv("VOW_FUZZ_BEND");
    fuzz_bend = bend != NULL ? (enum bend)atoi(bend) : STRAIGHT;
    tracing = getenv("VOW_FUZZ_TRACE") != NULL;
    workers = getenv("VOW_FUZZ_WORKERS");
    (void)vow_set_unhandled_policy(VOW_UNHANDLED_IGNORE);
    (void)vow_current_scheduler(); /* the thread's record is made before objects are counted */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin_once();
    if (size == 0)
        return 0;
    struct bytes bytes = {data, data + size};
    trace("input of %zu bytes", size);
    long before = vow_live_objects();
    subject_of(next_byte(&bytes))(&bytes);
    (void)vow_run_pending();
    compare_notes();
    tokens_check();
    must(objects_come_to(before));
    return 0;
}
