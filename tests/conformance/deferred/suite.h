/*
 * suite.h - what the rules are written with: callbacks that take notes, and questions about what has happened.
 *
 * A rule is a function without arguments, named after what it says. What it makes by `keep` is freed behind it. Callbacks
 * may run on other threads: they take notes, which any thread may, and expect nothing themselves. The first thing that is
 * not as a rule expects it ends the rule.
 */
#ifndef CONFORMANCE_DEFERRED_SUITE_H
#define CONFORMANCE_DEFERRED_SUITE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "conformance/deferred/adapter.h"

/* Rules ----------------------------------------------------------------------------------------------------------------- */

struct rule {
    const char *name;
    void (*check)(void);
};

#define RULE(function)                                                                             \
    {                                                                                              \
#function, function                                                                        \
    }

/* The rules of one file. */
struct rules {
    const char *about;
    const struct rule *rules;
    size_t count;
};

#define RULES(about, rules)                                                                        \
    {                                                                                              \
        about, rules, sizeof(rules) / sizeof(rules)[0]                                             \
    }

extern const struct rules chain_rules;
extern const struct rules returned_rules;
extern const struct rules deep_rules;
extern const struct rules pause_rules;
extern const struct rules once_rules;
extern const struct rules cancel_rules;
extern const struct rules cancel_inwards_rules;
extern const struct rules list_rules;
extern const struct rules list_cancel_rules;
extern const struct rules ready_rules;
extern const struct rules timeout_rules;
extern const struct rules line_rules;
extern const struct rules lock_rules;
extern const struct rules queue_rules;
extern const struct rules unhandled_rules;

/* Making ---------------------------------------------------------------------------------------------------------------- */

/* The rule's own failures. */
enum { BAD = 1, WORSE, WORST };

/* Has the deferred freed behind the rule; gives it back. */
struct deferred *keep(struct deferred *deferred);

/* One that has not fired. */
struct deferred *a_deferred(void);

/* Results. */
struct result nothing(void);
struct result number(int64_t number);
struct result failure(int failure);
struct result waiting_for(struct deferred *deferred);

/* A number as a context. */
void *with(int64_t number);

/* In Twisted's words ------------------------------------------------------------------------------------------------------ */

void callback(struct deferred *deferred, int64_t number);
void errback(struct deferred *deferred, int failure);
void add_callback(struct deferred *deferred, step *function, void *context);
void add_errback(struct deferred *deferred, step *function, void *context);
void add_both(struct deferred *deferred, step *function, void *context);

/* Steps ------------------------------------------------------------------------------------------------------------------- */

/* Notes the input, and passes it on. */
struct result noting(struct result input, void *context);

/* Notes the number in the context, and passes the input on. */
struct result marking(struct result input, void *context);

/* The input, a number, plus the one in the context. */
struct result adding(struct result input, void *context);

/* The number in the context, whatever comes. */
struct result giving(struct result input, void *context);

/* The failure that the context says. */
struct result failing(struct result input, void *context);

/* The deferred in the context. */
struct result returning(struct result input, void *context);

/* Notes ------------------------------------------------------------------------------------------------------------------- */

/* How a failure, and no result at all, are noted. */
#define failed(which) (-1000 - (which))
#define none_given INT64_MIN

/* Cancellers: one that notes its context and stays silent, and two that fire with it. */
void cancel_silently(struct deferred *deferred, void *context);
void cancel_with_number(struct deferred *deferred, void *context);
void cancel_with_failure(struct deferred *deferred, void *context);

/* Notes `number`. Any thread. */
void note(int64_t number);

/* Lets everything happen that can; then these are the notes, and no others. */
#define expect_notes(...)                                                                          \
    check_notes((const int64_t[]){__VA_ARGS__},                                                    \
                sizeof(const int64_t[]){__VA_ARGS__} / sizeof(int64_t), __FILE__, __LINE__)

/* The same, at this moment: of what callbacks do at once, or on this thread alone. */
#define expect_notes_now(...)                                                                      \
    check_notes_now((const int64_t[]){__VA_ARGS__},                                                \
                    sizeof(const int64_t[]){__VA_ARGS__} / sizeof(int64_t), __FILE__, __LINE__)

#define expect_no_notes() check_notes(NULL, 0, __FILE__, __LINE__)
#define expect_no_notes_now() check_notes_now(NULL, 0, __FILE__, __LINE__)

void check_notes(const int64_t *wanted, size_t count, const char *file, int line);
void check_notes_now(const int64_t *wanted, size_t count, const char *file, int line);

/* Questions ------------------------------------------------------------------------------------------------------------- */

/* Lets everything happen that can; then the chain has come to its end, with this. */
#define expect_number(deferred, wanted) check_result(deferred, number(wanted), __FILE__, __LINE__)
#define expect_failure(deferred, which) check_result(deferred, failure(which), __FILE__, __LINE__)
#define expect_nothing(deferred) check_result(deferred, nothing(), __FILE__, __LINE__)

/* Lets everything happen that can; the chain has not come to its end. */
#define expect_pending(deferred) check_pending(deferred, __FILE__, __LINE__)

/* How many failures nobody looked at, after all has happened. */
#define expect_told(count) check_told(count, __FILE__, __LINE__)

#define expect(condition) check_that(condition, #condition, __FILE__, __LINE__)
#define expect_equal(is, wanted) check_equal(is, wanted, #is, __FILE__, __LINE__)

void check_that(bool so, const char *what, const char *file, int line);
void check_equal(int64_t is, int64_t wanted, const char *what, const char *file, int line);
void check_result(struct deferred *deferred, struct result wanted, const char *file, int line);
void check_pending(struct deferred *deferred, const char *file, int line);
void check_told(int count, const char *file, int line);

#endif
