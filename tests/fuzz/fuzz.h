/*
 * fuzz.h - what the files of the fuzzer share: the input, two logs that have to be alike, tokens that are dropped once.
 *
 * An input is a string of bytes; the first one chooses the subject, the others drive a random program over the public
 * interface. Where bytes are missing, zeros are read: every string is a program. The program is run twice, step by step:
 * by the library, and by a model, which is plain sequential code that says what must come out. Both note what happens
 * (functions called, with what, in which order; statuses; states), and after each step the notes have to be alike.
 *
 * Rules
 * 1. The library's side and the model's are told the same, and neither looks at the other.
 * 2. What is given away is a token: a box, or a context, with a number. At the end each has been dropped once.
 * 3. At the end as many objects live as at the beginning.
 * 4. A fault prints what was noted, and aborts: that is what a fuzzer looks for.
 *
 * VOW_FUZZ_WORKERS=0 makes no program with workers, =1 makes all of them have some; otherwise one in 16 has: threads take
 * time, and where a machine is busy, most of it. VOW_FUZZ_TRACE=1 prints the steps. VOW_FUZZ_BEND=n bends the n-th rule of
 * the model, of those listed below: then the fuzzer has to find a fault (test_faults.py).
 */
#ifndef VOW_TESTS_FUZZ_H
#define VOW_TESTS_FUZZ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vow.h>

/* Rules of models that can be bent, to see that it is found. */
enum bend {
    STRAIGHT,
    BEND_PAUSE,     /* a second pause does not count */
    BEND_SWALLOW,   /* a late firing after a cancel is refused */
    BEND_FINALLY,   /* the result of vow_finally's function takes the value's place */
    BEND_CONSUMERS, /* a cancel reaches the source whoever else listens */
    BEND_CAPACITY,  /* a channel keeps one item more */
    BEND_CLOSE,     /* a closed channel gives up what it holds */
    BEND_SOME,      /* vow_some lists values in the order of the promises */
    BEND_THROW,     /* what is thrown into a coroutine that has not begun reaches its body */
    BEND_TASK,      /* the item that failed does not end the stream */
    BEND_READER,    /* who is canceled while it reads loses an item */
    BEND_TIMER,     /* timers of the same moment happen in the opposite order */
    BEND_GROUP,     /* an error leaves the other members of a group alone */
    BEND_CANCEL,    /* a job that is canceled comes to its own end all the same */
    BEND_SELECT,    /* a channel that is closed is nothing that can happen */
    BEND_LOCK,      /* who comes to a lock passes those who wait */
    BEND_MESSAGE,   /* what a handler publishes overtakes what is under way */
    BEND_AGAIN,     /* a try more than there may be */
    BEND_NOTIFY,    /* who was canceled still hears of progress */
    BEND_PIECES,    /* a piece of progress passes those that wait to be told */
    BEND_GATE,      /* a barrier waits for a party more */
    BEND_CONDITION, /* a signal lets all go on */
    BENDS
};

extern enum bend fuzz_bend;

/* Whether a program is to have workers: `choice` is a byte of it. */
bool fuzz_has_workers(unsigned choice);

/* Input ----------------------------------------------------------------------------------------------------------- */

struct bytes {
    const uint8_t *at;
    const uint8_t *end;
};

static inline unsigned next_byte(struct bytes *bytes)
{
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

static inline unsigned next_below(struct bytes *bytes, unsigned limit)
{
    return next_byte(bytes) % limit;
}

static inline bool bytes_left(const struct bytes *bytes)
{
    return bytes->at < bytes->end;
}

/* Notes ----------------------------------------------------------------------------------------------------------- */

enum side { REAL, MODEL };

void note_on(enum side side, const char *what, long first, long second);
void compare_notes(void); /* they are alike, and are forgotten */
void trace(const char *format, ...) VOW_PRINTF(1, 2);
_Noreturn void fault(const char *file, int line, const char *what);

#define must(condition) ((condition) ? (void)0 : fault(__FILE__, __LINE__, #condition))

/* A value as a number: its kind, and its number or status. */
enum { KIND = 100000 };
long value_number(vow_value value); /* borrows */

/* Tokens ---------------------------------------------------------------------------------------------------------- */

struct token {
    int number;
    _Atomic int drops;
};

struct token *token_new(void);   /* a context: token_drop is its drop function; any thread */
vow_value token_box(int number); /* a box of a new token, with its number in notes */
void token_drop(void *token);
void tokens_check(void); /* each was dropped once */

/* Subjects -------------------------------------------------------------------------------------------------------- */

typedef void subject_fn(struct bytes *bytes);

subject_fn fuzz_promises, fuzz_combine, fuzz_channel, fuzz_coroutine, fuzz_task, fuzz_group,
    fuzz_timer, fuzz_pool, fuzz_select, fuzz_lock, fuzz_message, fuzz_again, fuzz_notify, fuzz_gate,
    fuzz_condition;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
