/*
 * promises_cells.h - the model's promises: cells that settle and run their links (promises_cells.c), for those who act on them
 * (promises_model.c).
 */
#ifndef VOW_TESTS_FUZZ_PROMISES_CELLS_H
#define VOW_TESTS_FUZZ_PROMISES_CELLS_H

#include "promises.h"

enum { MOST_PROMISES = 1000, MOST_LINKED = 2000 };

struct cell;

struct value {
    enum vow_kind kind;
    int number;
    struct cell *promise;
};

enum link_kind { REPLACES, SETTLES, ADOPTS, GIVES_BACK };

struct link {
    struct link *next;
    enum link_kind kind;
    struct cell *target; /* not of REPLACES */
    int number;          /* -1: of a nested act */
    struct act act;
    bool wants_values, wants_errors; /* what its function is for */
    bool keeps;                      /* as vow_finally */
    bool drops;                      /* has a drop function */
    bool dead;                       /* the target was canceled while the queue ran */
    struct value kept;               /* of GIVES_BACK */
};

enum phase { PENDING, ADOPTING, SETTLED };

struct cell {
    enum phase phase;
    struct value value; /* ADOPTING: the promise */
    struct link *first, *last;
    struct cell *source; /* derived from it, and its link has not ended */
    int holders, busy, producers, pauses;
    bool fired, swallows, running, queued;
    int canceller; /* the slot of the act that set it + 1; 0: none */
    struct act canceling;
};

/* What the acts give to the cells: a value as a program makes it, and what a function does that acts. */
struct value model_make_value(enum made made, int number, int from);
void model_act_nested(const struct nested *nested);

static inline struct value model_error(int status)
{
    return (struct value){VOW_ERROR, status, NULL};
}

static inline long model_number(struct value value)
{
    return (long)value.kind * KIND + value.number;
}

struct cell *cell_new(void); /* with one holder */
struct link *link_new(enum link_kind kind, struct cell *target);
void cells_clear(void);

bool cell_is_quiet(const struct cell *cell);
void cell_push_and_run(struct cell *cell, struct link *link);
void cell_run_held(struct cell *cell);
vow_status cell_fire(struct cell *cell, struct value value); /* takes it */
void cell_abandon(struct cell *cell);                        /* a producer goes */
void cell_drop_canceller(struct cell *cell);
void cell_cancel(struct cell *cell);

#endif
