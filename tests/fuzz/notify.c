/*
 * notify.c - programs over progress: promises, jobs' too, with others derived from them or fired with them, a tree in which each may
 * have listeners; a piece of progress is sent, by a deferred or by a job that runs, and somebody fires, cancels or sends more
 * meanwhile; and a model of who hears it, in which order (vow_notify, vow_report).
 */
#include "fuzz.h"

#include <string.h>

enum { NODES = 12, MOST_LISTENERS = 24, MOST_EVENTS = 50 };
/* Each of the others may have been derived from one promise, and fired with it. */
enum { MOST_LINKS = MOST_LISTENERS + 2 * NODES };
enum { NONE = -1, NOBODY_LISTENS = -1 };

/* What a listener does, besides being noted. */
enum habit { LISTENS, FIRES, LEAVES, SENDS, HABITS };
/* What a listener sends has a number from here on, by which listeners differ, and is not answered by others. */
enum { ANSWER = 16, MOST_NEWS = 2 * MOST_EVENTS };

/* A listener, told to both sides: its number is its place here. */
static struct habit_of {
    enum habit habit;
    int node; /* whose deferred it fires or notifies, or which it cancels */
} listeners[MOST_EVENTS];
static int listeners_made;
static bool chained[NODES]; /* fired with another one */
static int parents[NODES];  /* that it was derived from, or fired with */

static int answer(int listener, long number)
{
    return ANSWER * (1 + listener) + (int)number;
}

/* The library's side ---------------------------------------------------------------------------------------------- */

static struct node {
    vow_promise *promise;
    vow_deferred *deferred;
    bool is_job, stops;
    vow_semaphore pieces; /* a job waits for what it is to report */
    int number;
    vow_status status;
} nodes[NODES];
static int node_count;

/* Not of jobs, nor of what waits for another one, which would be canceled. */
static void cancel_real(int node)
{
    if (!nodes[node].is_job && !chained[node])
        vow_cancel(nodes[node].promise);
}

static void fire_real(int index)
{
    struct node *node = &nodes[index];
    vow_deferred *deferred = node->deferred;
    node->deferred = NULL;
    if (deferred != NULL)
        note_on(REAL, "fire", vow_fire(deferred, token_box(index)), 0);
}

static void notify_real(int index, int number);

static vow_value hear_real(vow_value input, void *context)
{
    const struct habit_of *listener = context;
    note_on(REAL, "heard", listener - listeners, value_number(input));
    if (listener->habit == FIRES)
        fire_real(listener->node);
    else if (listener->habit == LEAVES)
        cancel_real(listener->node);
    else if (listener->habit == SENDS && !nodes[listener->node].is_job &&
             value_number(input) % KIND < ANSWER)
        notify_real(listener->node,
                    answer((int)(listener - listeners), value_number(input) % KIND));
    return vow_fail(VOW_USER, "nobody sees what a listener gives");
}

static vow_value run_job(vow_value input, void *context)
{
    struct node *node = context;
    while (vow_semaphore_acquire(&node->pieces, 1, VOW_FOREVER) == VOW_OK && !node->stops)
        node->status = vow_report(token_box(node->number));
    return input;
}

static void make_real(bool job)
{
    struct node *node = &nodes[node_count++];
    *node = (struct node){.is_job = job, .pieces = VOW_SEMAPHORE_INIT(0)};
    if (job)
        node->promise = vow_spawn(vow_immediate(), run_job, vow_none(), node);
    else
        node->deferred = vow_deferred_new(&node->promise);
}

static vow_handlers handlers_of(int listener)
{
    return (vow_handlers){.size = sizeof(vow_handlers),
                          .notified = hear_real,
                          .context = listener == NOBODY_LISTENS ? NULL : &listeners[listener]};
}

static void derive_real(int from, int listener)
{
    vow_promise *source = vow_promise_retain(nodes[from].promise);
    vow_handlers handlers = handlers_of(listener);
    struct node *node = &nodes[node_count++];
    *node = (struct node){.is_job = false};
    node->promise = listener == NOBODY_LISTENS ? vow_then(source, NULL, NULL)
                                               : vow_then_with(source, &handlers);
}

static void listen_real(int node, int listener)
{
    vow_handlers handlers = handlers_of(listener);
    must(vow_add_callbacks(nodes[node].promise, &handlers) == nodes[node].promise);
}

static void notify_real(int index, int number)
{
    struct node *node = &nodes[index];
    if (node->is_job && !node->stops) {
        node->number = number;
        must(vow_semaphore_release(&node->pieces, 1) == VOW_OK);
        (void)vow_run_pending();
        note_on(REAL, "report", node->status, 0);
    } else if (node->deferred != NULL) {
        note_on(REAL, "notify", vow_notify(node->deferred, token_box(number)), 0);
    }
}

static void end_job_real(int index)
{
    struct node *node = &nodes[index];
    if (!node->is_job || node->stops)
        return;
    node->stops = true;
    must(vow_semaphore_release(&node->pieces, 1) == VOW_OK);
    (void)vow_run_pending();
}

static void chain_real(int node, int with)
{
    vow_deferred *deferred = nodes[node].deferred;
    nodes[node].deferred = NULL;
    vow_promise *promise = vow_promise_retain(nodes[with].promise);
    note_on(REAL, "chain", vow_fire(deferred, vow_promise_value(promise)), 0);
}

static void states_real(void)
{
    for (int i = 0; i < node_count; i++)
        note_on(REAL, "state", i, (long)vow_state(nodes[i].promise));
}

/* The model ------------------------------------------------------------------------------------------------------- */

static struct cell {
    enum { HAS_DEFERRED, IS_JOB, IS_DERIVED } kind;
    enum vow_state state;
    bool open;     /* somebody can fire it, or has it report */
    bool fired;    /* or canceled */
    bool rejected; /* what it settles with */
    bool due;
    int source;          /* that it stands for; NONE */
    int news[MOST_NEWS]; /* the first is being told, or will be: meanwhile it does not settle */
    int news_count;
    struct {
        int listener, target; /* NONE */
    } links[MOST_LINKS];
    int count;
} cells[NODES];

static struct cell *make_model(int node, int source)
{
    struct cell *cell = &cells[node];
    memset(cell, 0, sizeof(*cell));
    cell->state = VOW_PENDING;
    cell->source = source;
    return cell;
}

static void settle(struct cell *cell, bool rejected)
{
    if (cell->state != VOW_PENDING || cell->due)
        return;
    cell->fired = true;
    cell->rejected = rejected;
    cell->due = cell->news_count > 0;
    if (cell->due)
        return;
    cell->state = rejected ? VOW_REJECTED : VOW_FULFILLED;
    for (int i = 0; i < cell->count; i++)
        if (cell->links[i].target != NONE && cells[cell->links[i].target].source == cell - cells)
            settle(&cells[cell->links[i].target], rejected);
    cell->count = 0;
}

static void link_model(int node, int listener, int target)
{
    struct cell *cell = &cells[node];
    if (cell->state != VOW_PENDING) {
        if (target != NONE)
            settle(&cells[target], cell->state == VOW_REJECTED);
        return;
    }
    must(cell->count < MOST_LINKS);
    cell->links[cell->count].listener = listener;
    cell->links[cell->count++].target = target;
}

static void fire_model(int node)
{
    struct cell *cell = &cells[node];
    if (cell->kind != HAS_DEFERRED || !cell->open)
        return;
    cell->open = false;
    if (!cell->fired)
        settle(cell, false);
    note_on(MODEL, "fire", VOW_OK, 0); /* the first one after a cancel is swallowed */
}

/* Others hold its source: it leaves that alone. */
static void cancel_model(int node)
{
    struct cell *cell = &cells[node];
    if (cell->kind == IS_JOB || chained[node])
        return;
    if (cell->kind == IS_DERIVED)
        cell->source = NONE;
    if (!cell->fired)
        settle(cell, true);
}

static void notify_model(int node, int number);

static void hear_model(int listener, int number)
{
    note_on(MODEL, "heard", listener, (long)VOW_BOX * KIND + number);
    if (listeners[listener].habit == FIRES)
        fire_model(listeners[listener].node);
    else if (listeners[listener].habit == LEAVES)
        cancel_model(listeners[listener].node);
    else if (listeners[listener].habit == SENDS && cells[listeners[listener].node].kind != IS_JOB &&
             number < ANSWER)
        notify_model(listeners[listener].node, answer(listener, number));
}

/* What a walk from a promise to those that stand for it has before it, and behind it. */
struct walk {
    int todo[NODES], todo_count;
    int heard[NODES], first, heard_count;
};

/* True: nobody tells the node of other pieces. */
static bool append(int node, int number)
{
    struct cell *cell = &cells[node];
    int place = cell->news_count;
    must(cell->news_count < MOST_NEWS);
    if (fuzz_bend == BEND_PIECES && place > 1)
        place = 1;
    memmove(&cell->news[place + 1], &cell->news[place],
            (size_t)(cell->news_count - place) * sizeof(int));
    cell->news[place] = number;
    return ++cell->news_count == 1;
}

/* Those who are there when progress comes by. */
static void tell(struct walk *walk, int index)
{
    struct cell before = cells[index];
    int number = before.news[0];
    bool gone[MOST_LINKS];
    for (int i = 0; i < before.count; i++) {
        int target = before.links[i].target;
        gone[i] = target != NONE && cells[target].source != index && fuzz_bend != BEND_NOTIFY;
    }
    for (int i = 0; i < before.count; i++) {
        if (before.links[i].listener != NONE && !gone[i])
            hear_model(before.links[i].listener, number);
        if (before.links[i].target != NONE && !gone[i] && append(before.links[i].target, number))
            walk->todo[walk->todo_count++] = before.links[i].target;
    }
    walk->heard[(walk->first + walk->heard_count++) % NODES] = index;
}

static void tell_todo(struct walk *walk)
{
    for (int i = 0; i < walk->todo_count; i++)
        tell(walk, walk->todo[i]);
    walk->todo_count = 0;
}

/* From a promise to its listeners and to those that stand for it, then on to theirs; what was settled meanwhile follows, behind
   what was sent meanwhile. */
static void tell_all(int node)
{
    struct walk walk = {.todo = {node}, .todo_count = 1};
    for (tell_todo(&walk); walk.heard_count > 0; tell_todo(&walk)) {
        int next = walk.heard[walk.first];
        struct cell *cell = &cells[next];
        walk.first = (walk.first + 1) % NODES;
        walk.heard_count--;
        memmove(cell->news, cell->news + 1, (size_t)--cell->news_count * sizeof(int));
        if (cell->news_count > 0) {
            tell(&walk, next);
        } else if (cell->due) {
            cell->due = false;
            settle(cell, cell->rejected);
        }
    }
}

static void notify_model(int node, int number)
{
    struct cell *cell = &cells[node];
    if (cell->kind == IS_DERIVED || !cell->open)
        return;
    bool fired = cell->fired;
    if (!fired && append(node, number))
        tell_all(node);
    note_on(MODEL, cell->kind == IS_JOB ? "report" : "notify", fired ? VOW_ALREADY_FIRED : VOW_OK,
            0);
}

static void end_job_model(int node)
{
    if (cells[node].kind != IS_JOB || !cells[node].open)
        return;
    cells[node].open = false;
    settle(&cells[node], false);
}

static void chain_model(int node, int with)
{
    struct cell *cell = &cells[node];
    bool swallowed = cell->fired;
    cell->open = false;
    cell->fired = true;
    note_on(MODEL, "chain", VOW_OK, 0);
    if (swallowed)
        return;
    cell->source = with;
    link_model(with, NONE, node);
}

static void states_model(void)
{
    for (int i = 0; i < node_count; i++)
        note_on(MODEL, "state", i, (long)cells[i].state);
}

/* The program ----------------------------------------------------------------------------------------------------- */

static int read_listener(struct bytes *bytes, bool may_be_nobody)
{
    unsigned choice = next_byte(bytes);
    if (may_be_nobody && choice % 4 == 0)
        return NOBODY_LISTENS;
    listeners[listeners_made] = (struct habit_of){choice % 16 < 10   ? LISTENS
                                                  : choice % 16 < 12 ? SENDS
                                                  : choice % 2 == 0  ? FIRES
                                                                     : LEAVES,
                                                  (int)(choice / 16) % node_count};
    trace("listener %d: habit %d node %d", listeners_made, listeners[listeners_made].habit,
          listeners[listeners_made].node);
    return listeners_made++;
}

static void make_both(bool job)
{
    if (node_count == NODES)
        return;
    struct cell *cell = make_model(node_count, NONE);
    cell->kind = job ? IS_JOB : HAS_DEFERRED;
    cell->open = true;
    parents[node_count] = NONE;
    make_real(job);
    (void)vow_run_pending();
}

static void derive_both(struct bytes *bytes, int from)
{
    if (node_count == NODES)
        return;
    int listener = read_listener(bytes, true), node = node_count;
    make_model(node, from)->kind = IS_DERIVED;
    parents[node] = from;
    derive_real(from, listener);
    link_model(from, listener, node);
}

static void listen_both(struct bytes *bytes, int node)
{
    int listener = read_listener(bytes, false);
    if (cells[node].count >= MOST_LISTENERS)
        return;
    listen_real(node, listener);
    link_model(node, listener, NONE);
}

/* No ring. */
static void chain_both(int node, int with)
{
    int above = with;
    while (above != NONE && above != node)
        above = parents[above];
    if (above == node || nodes[node].deferred == NULL)
        return;
    chained[node] = true;
    parents[node] = with;
    chain_real(node, with);
    chain_model(node, with);
}

static void do_event(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes), rest = choice / 16;
    int node = (int)(next_byte(bytes) % (unsigned)node_count);
    trace("event %u node %d about %u", choice % 16, node, rest);
    if (choice % 16 < 2)
        make_both(rest % 4 == 0);
    else if (choice % 16 < 5)
        derive_both(bytes, node);
    else if (choice % 16 < 7)
        listen_both(bytes, node);
    else if (choice % 16 < 13) {
        notify_real(node, (int)rest);
        notify_model(node, (int)rest);
    } else if (choice % 16 == 13) {
        cancel_real(node);
        cancel_model(node);
    } else if (choice % 16 == 14 && rest < 8) {
        chain_both(node, (int)rest % node_count);
    } else if (rest < 8) {
        fire_real(node);
        fire_model(node);
    } else {
        end_job_real(node);
        end_job_model(node);
    }
}

static void compare(void)
{
    (void)vow_run_pending();
    states_real();
    states_model();
    compare_notes();
}

void fuzz_notify(struct bytes *bytes)
{
    node_count = listeners_made = 0;
    memset(chained, 0, sizeof(chained));
    make_both(next_byte(bytes) % 4 == 0);
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        do_event(bytes);
        compare();
    }
    for (int i = 0; i < node_count; i++) {
        fire_real(i);
        fire_model(i);
        end_job_real(i);
        end_job_model(i);
        compare();
    }
    for (int i = 0; i < node_count; i++)
        vow_promise_release(nodes[i].promise);
}
