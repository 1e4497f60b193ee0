/*
 * suite.c - the rules' tools, and the running of them: "N rules, N passed".
 *
 *     conformance_deferred [--place NAME] [PATTERN…]        the rules whose names match one of the patterns; all
 */
#include "conformance/deferred/suite.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conformance/report.h"

/* Faults ------------------------------------------------------------------------------------------------------------------ */

static jmp_buf rule_begin;
static char fault[1024];

__attribute__((noreturn, format(printf, 1, 2))) static void end_rule_because(const char *format,
                                                                             ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(fault, sizeof fault, format, arguments);
    va_end(arguments);
    longjmp(rule_begin, 1);
}

static const char *base_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash != NULL ? slash + 1 : file;
}

void check_that(bool so, const char *what, const char *file, int line)
{
    if (!so)
        end_rule_because("%s:%d: not so: %s", base_name(file), line, what);
}

void check_equal(int64_t is, int64_t wanted, const char *what, const char *file, int line)
{
    if (is != wanted)
        end_rule_because("%s:%d: %s is %" PRId64 ", not %" PRId64, base_name(file), line, what, is,
                         wanted);
}

/* Making ------------------------------------------------------------------------------------------------------------------ */

enum { KEPT = 64, NOTES = 64, SECONDS = 240, MOST_RULES = 512 };

static struct deferred *kept[KEPT];
static size_t kept_count;

struct deferred *keep(struct deferred *deferred)
{
    expect(deferred != NULL);
    expect(kept_count < KEPT);
    kept[kept_count++] = deferred;
    return deferred;
}

static void free_kept(void)
{
    while (kept_count > 0)
        deferred_free(kept[--kept_count]);
}

struct deferred *a_deferred(void)
{
    return keep(deferred_new());
}

struct result nothing(void)
{
    return (struct result){.kind = NOTHING};
}

struct result number(int64_t number)
{
    return (struct result){.kind = NUMBER, .number = number};
}

struct result failure(int failure)
{
    return (struct result){.kind = FAILURE, .number = failure};
}

struct result waiting_for(struct deferred *deferred)
{
    return (struct result){.kind = DEFERRED, .deferred = deferred};
}

void *with(int64_t number)
{
    return (void *)(intptr_t)number;
}

/* In Twisted's words ------------------------------------------------------------------------------------------------------ */

void callback(struct deferred *deferred, int64_t value)
{
    expect(deferred_fire(deferred, number(value)));
}

void errback(struct deferred *deferred, int which)
{
    expect(deferred_fire(deferred, failure(which)));
}

void add_callback(struct deferred *deferred, step *function, void *context)
{
    deferred_add(deferred, function, NULL, context);
}

void add_errback(struct deferred *deferred, step *function, void *context)
{
    deferred_add(deferred, NULL, function, context);
}

void add_both(struct deferred *deferred, step *function, void *context)
{
    deferred_add(deferred, function, function, context);
}

/* Steps ------------------------------------------------------------------------------------------------------------------- */

struct result noting(struct result input, void *context)
{
    (void)context;
    note(input.kind == FAILURE  ? failed(input.number)
         : input.kind == NUMBER ? input.number
                                : none_given);
    return input;
}

struct result marking(struct result input, void *context)
{
    note((intptr_t)context);
    return input;
}

struct result adding(struct result input, void *context)
{
    return number(input.number + (intptr_t)context);
}

struct result giving(struct result input, void *context)
{
    (void)input;
    return number((intptr_t)context);
}

struct result failing(struct result input, void *context)
{
    (void)input;
    return failure((int)(intptr_t)context);
}

struct result returning(struct result input, void *context)
{
    (void)input;
    return waiting_for(context);
}

/* Notes -------------------------------------------------------------------------------------------------------------------- */

static pthread_mutex_t notes_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t notes[NOTES];
static size_t notes_count;

void note(int64_t number)
{
    (void)pthread_mutex_lock(&notes_lock);
    if (notes_count < NOTES)
        notes[notes_count] = number;
    notes_count++;
    (void)pthread_mutex_unlock(&notes_lock);
}

/* As text: "1 2 3". */
static const char *as_text(const int64_t *numbers, size_t count, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < count && i < NOTES && used + 24 < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, " %" PRId64, numbers[i]);
    return buffer;
}

void check_notes_now(const int64_t *wanted, size_t count, const char *file, int line)
{
    char is[256];
    char should[256];
    (void)pthread_mutex_lock(&notes_lock);
    bool same =
        notes_count == count && (count == 0 || memcmp(notes, wanted, count * sizeof *notes) == 0);
    (void)as_text(notes, notes_count, is, sizeof is);
    (void)pthread_mutex_unlock(&notes_lock);
    if (!same)
        end_rule_because("%s:%d: the notes are%s, not%s", base_name(file), line, is,
                         as_text(wanted, count, should, sizeof should));
}

void check_notes(const int64_t *wanted, size_t count, const char *file, int line)
{
    adapter_run_until_quiet();
    check_notes_now(wanted, count, file, line);
}

/* Questions ---------------------------------------------------------------------------------------------------------------- */

void check_result(struct deferred *deferred, struct result wanted, const char *file, int line)
{
    struct result result = {.kind = NOTHING};
    adapter_run_until_quiet();
    check_that(deferred_result(deferred, &result), "the chain comes to an end", file, line);
    check_equal(result.kind, wanted.kind, "the kind of the result", file, line);
    check_equal(result.number, wanted.number, "the result", file, line);
}

void check_pending(struct deferred *deferred, const char *file, int line)
{
    adapter_run_until_quiet();
    check_that(deferred_is_pending(deferred), "the chain has not come to its end", file, line);
}

void check_told(int count, const char *file, int line)
{
    int last;
    adapter_run_until_quiet();
    check_equal(failures_told(&last), count, "the number of failures told of", file, line);
}

/* Running ------------------------------------------------------------------------------------------------------------------ */

static const struct rules *const all_rules[] = {
    &chain_rules,   &returned_rules,       &deep_rules, &pause_rules,       &once_rules,
    &cancel_rules,  &cancel_inwards_rules, &list_rules, &list_cancel_rules, &ready_rules,
    &timeout_rules, &line_rules,           &lock_rules, &queue_rules,       &unhandled_rules,
};

enum { TABLES = sizeof all_rules / sizeof all_rules[0] };

/* NULL, or what was wrong. */
static const char *run_rule(const struct rule *rule)
{
    fault[0] = '\0';
    notes_count = 0;
    adapter_begin_rule();
    if (setjmp(rule_begin) == 0)
        rule->check();
    free_kept();
    if (!adapter_end_rule() && fault[0] == '\0')
        (void)snprintf(fault, sizeof fault, "something of it is left");
    return fault[0] != '\0' ? fault : NULL;
}

/* The name of a rule as a sentence. */
static const char *sentence(const char *name)
{
    static char text[256];
    (void)snprintf(text, sizeof text, "%s", name);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '_')
            *at = ' ';
    return text;
}

static bool is_wanted(const struct rule *rule, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (fnmatch(argv[i], rule->name, 0) == 0)
            return true;
    return argc < 2;
}

static void run_and_report(const char *about, size_t index, const struct rule *rule)
{
    static char ids[MOST_RULES][32]; /* the report keeps pointers to them */
    static size_t count;
    char *id = ids[count < MOST_RULES ? count++ : 0];
    (void)snprintf(id, sizeof ids[0], "%s %zu", about, index + 1);
    (void)alarm(SECONDS); /* a rule that hangs is one that fails */
    report_case(id, sentence(rule->name), NULL, run_rule(rule));
}

static void run_rules(const struct rules *rules, int argc, char **argv)
{
    for (size_t i = 0; i < rules->count; i++)
        if (is_wanted(&rules->rules[i], argc, argv))
            run_and_report(rules->about, i, &rules->rules[i]);
}

int main(int argc, char **argv)
{
    if (!adapter_begin(&argc, argv) || setvbuf(stdout, NULL, _IOLBF, 0) != 0)
        return 2;
    for (size_t i = 0; i < TABLES; i++)
        run_rules(all_rules[i], argc, argv);
    int status = report_end("Deferreds, vow", adapter_place());
    adapter_end();
    return status;
}

/* Cancellers ---------------------------------------------------------------------------------------------------------------- */

void cancel_silently(struct deferred *deferred, void *context)
{
    (void)deferred;
    note((intptr_t)context);
}

void cancel_with_number(struct deferred *deferred, void *context)
{
    (void)deferred_fire(deferred, number((intptr_t)context));
}

void cancel_with_failure(struct deferred *deferred, void *context)
{
    (void)deferred_fire(deferred, failure((int)(intptr_t)context));
}
