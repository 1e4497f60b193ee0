/*
 * messages.c - dispatchers that whoever comes subscribes to, publishes at, asks and replaces. A message of a sender that publishes
 * once alone carries a number, so that its order can be seen.
 *
 * A board belongs to who has it at hand; when the last one has gone its servant is unsubscribed, whose drop function frees the
 * dispatcher: nobody uses it then.
 */
#include "everything.h"

#include "messaging/view.h"

enum { BOARDS = 3, ASKED = 2, LISTENERS = 8, NAMES = 3, SENDERS = 4, BURST = 6, SEEN = 4 };
enum { MOST_WORKERS = 256 };

struct board {
    _Atomic int references;
    struct context *context;
    vow_dispatcher *dispatcher;
    vow_subscription *servant;
    vow_subscription *_Atomic listeners[LISTENERS];
};

static struct {
    pthread_mutex_t mutex;
    struct board *board; /* NULL: none yet, or no more */
} boards[BOARDS];

static const vow_name_handle *names[NAMES], *question, *answer;
static char known_senders[SENDERS];
static _Atomic uintptr_t numbered_senders;

/* VOW_CLOSED: the handler's place was closed before. */
static bool is_unsubscribed(vow_status status)
{
    return told_unless(status == VOW_OK || status == VOW_CLOSED, status);
}

/* Never that of anything in memory: nobody follows it. */
static const void *sender_new(void)
{
    return (const void *)(atomic_fetch_add(&numbered_senders, 1) % 1000000000 + 1);
}

static bool is_known(const void *sender)
{
    for (int i = 0; i < SENDERS; i++)
        if (sender == &known_senders[i])
            return true;
    return false;
}

/* Boards -------------------------------------------------------------------------------------------------------- */

static vow_value serve(vow_value message, void *pointer)
{
    struct board *board = pointer;
    int64_t asked = vow_as_integer(vow_message_payload(message));
    must(vow_publish(board->dispatcher, vow_message_sender(message), answer,
                     vow_integer(asked + 1)) == VOW_OK);
    return vow_none();
}

static void board_free(void *pointer)
{
    struct board *board = pointer;
    vow_dispatcher_free(board->dispatcher);
    context_drop(board->context);
    free(board);
}

/* The first ones serve on a pool that stays, so that an answer comes whoever asks; others where they are made. */
static struct board *board_new(int which)
{
    struct board *board = calloc(1, sizeof(*board));
    if (board == NULL)
        abort();
    atomic_init(&board->references, 1);
    board->context = context_new();
    board->dispatcher = vow_dispatcher_new(which < ASKED ? steady_place() : NULL);
    must(board->dispatcher != NULL);
    board->servant =
        vow_subscribe(board->dispatcher, VOW_ANY_SENDER, question, serve, board, board_free);
    must(board->servant != NULL);
    return board;
}

static struct board *some_board(unsigned among)
{
    unsigned which = below(among);
    (void)pthread_mutex_lock(&boards[which].mutex);
    struct board *board = boards[which].board;
    if (board != NULL)
        atomic_fetch_add(&board->references, 1);
    (void)pthread_mutex_unlock(&boards[which].mutex);
    return board;
}

static void end_listener(vow_subscription *subscription)
{
    if (subscription == NULL)
        return;
    if (one_in(2))
        must(is_unsubscribed(vow_unsubscribe(subscription)));
    vow_subscription_release(subscription);
}

static void board_release(struct board *board)
{
    if (board == NULL || atomic_fetch_sub(&board->references, 1) != 1)
        return;
    for (int i = 0; i < LISTENERS; i++)
        end_listener(atomic_exchange(&board->listeners[i], NULL));
    vow_subscription *servant = board->servant; /* the board may go with it */
    must(vow_unsubscribe(servant) == VOW_OK);
    vow_subscription_release(servant);
}

static void put_board(int which, struct board *board)
{
    (void)pthread_mutex_lock(&boards[which].mutex);
    struct board *former = boards[which].board;
    boards[which].board = board;
    (void)pthread_mutex_unlock(&boards[which].mutex);
    board_release(former);
}

void act_replace_board(void)
{
    int which = (int)below(BOARDS);
    put_board(which, atomic_load(&everything_ends) ? NULL : board_new(which));
}

/* Listening ------------------------------------------------------------------------------------------------------- */

struct listener {
    struct context *context;
    const void *sender;
    const vow_name_handle *name;
    struct {
        const void *sender;
        int64_t number;
    } seen[SEEN];
};

/* Several publish at a time in the name of those who are known, or ask. */
static bool has_order(vow_value message)
{
    const vow_name_handle *name = vow_message_name(message);
    return !is_known(vow_message_sender(message)) && name != question && name != answer;
}

static void must_be_in_order(struct listener *listener, vow_value message)
{
    const void *sender = vow_message_sender(message);
    int64_t number = vow_as_integer(vow_message_payload(message));
    unsigned at = (unsigned)((uintptr_t)sender % SEEN);
    if (!has_order(message))
        return;
    must(listener->seen[at].sender != sender || listener->seen[at].number < number);
    listener->seen[at].sender = sender;
    listener->seen[at].number = number;
}

static vow_value hear(vow_value message, void *pointer)
{
    struct listener *listener = pointer;
    const void *sender = vow_message_sender(message);
    must(vow_is_message(message));
    must(atomic_fetch_add(&listener->context->busy, 1) == 0);
    must(atomic_load(&listener->context->drops) == 0);
    must(listener->sender == VOW_ANY_SENDER || listener->sender == sender);
    must(listener->name == VOW_ANY_MESSAGE || listener->name == vow_message_name(message));
    must_be_in_order(listener, message);
    if (one_in(8))
        act_a_little();
    if (one_in(16))
        act_sleep();
    atomic_fetch_sub(&listener->context->busy, 1);
    return one_in(16) ? some_value() : vow_none();
}

static void listener_drop(void *pointer)
{
    struct listener *listener = pointer;
    context_drop(listener->context);
    free(listener);
}

static vow_subscription *listen_at(struct board *board)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL)
        abort();
    listener->context = context_new();
    listener->sender = one_in(2) ? VOW_ANY_SENDER : &known_senders[below(SENDERS)];
    listener->name = one_in(2) ? VOW_ANY_MESSAGE : names[below(NAMES)];
    const void *sender = listener->sender;
    const vow_name_handle *name = listener->name;
    vow_subscription *subscription =
        vow_subscribe(board->dispatcher, sender, name, hear, listener, listener_drop);
    must(subscription != NULL);
    if (one_in(8)) { /* once ended, it may be named by what it was made with: nobody has the same */
        must(is_unsubscribed(
            vow_unsubscribe_handler(board->dispatcher, sender, name, hear, listener)));
        vow_subscription_release(subscription);
        return NULL;
    }
    return subscription;
}

void act_subscribe(void)
{
    struct board *board = some_board(BOARDS);
    if (board == NULL)
        return;
    vow_subscription *former =
        atomic_exchange(&board->listeners[below(LISTENERS)], one_in(4) ? NULL : listen_at(board));
    if (former != NULL) {
        must(is_unsubscribed(vow_unsubscribe(former)));
        must(vow_unsubscribe(former) == VOW_CLOSED);
        vow_subscription_release(former);
    }
    board_release(board);
}

/* Publishing ------------------------------------------------------------------------------------------------------ */

void act_publish(void)
{
    struct board *board = some_board(BOARDS);
    if (board == NULL)
        return;
    const void *sender = one_in(2) ? sender_new() : &known_senders[below(SENDERS)];
    unsigned count = 1 + below(BURST);
    for (unsigned i = 0; i < count; i++)
        must(vow_publish(board->dispatcher, sender, names[below(NAMES)], vow_integer((int64_t)i)) ==
             VOW_OK);
    board_release(board);
}

void act_next_message(void)
{
    struct board *board = some_board(BOARDS);
    if (board == NULL)
        return;
    vow_promise *promise = vow_next_message(
        board->dispatcher, one_in(2) ? VOW_ANY_SENDER : &known_senders[below(SENDERS)],
        names[below(NAMES)]);
    if (one_in(4))
        vow_cancel(promise);
    publish(promise);
    board_release(board);
}

/* A question, and its answer: of the servant to this sender alone. */
void act_ask(void)
{
    struct board *board = some_board(ASKED);
    if (board == NULL)
        return;
    const void *sender = sender_new();
    int64_t asked = (int64_t)below(1000);
    vow_promise *answered = vow_next_message(board->dispatcher, sender, answer);
    must(vow_publish(board->dispatcher, sender, question, vow_integer(asked)) == VOW_OK);
    vow_value value = vow_none();
    vow_status status = noted(vow_status, vow_wait(answered, VOW_FOREVER, &value));
    must(told_unless(status == VOW_OK || (status == VOW_CANCELED && vow_canceled()), status));
    if (status == VOW_OK && vow_is_error(value)) /* its home was closed, or lost the call */
        must(told_unless(is_end_of_place(value), vow_error_status(value)));
    else if (status == VOW_OK)
        must(vow_as_integer(vow_message_payload(value)) == asked + 1);
    vow_release(value);
    vow_promise_release(answered);
    board_release(board);
}

/* The whole ------------------------------------------------------------------------------------------------------- */

static void init_boards(void)
{
    names[0] = vow_name("moved");
    names[1] = vow_name("stopped");
    names[2] = vow_name("turned");
    question = vow_name("question");
    answer = vow_name("answer");
    for (int i = 0; i < BOARDS; i++)
        (void)pthread_mutex_init(&boards[i].mutex, NULL);
}

void messages_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* they stay: whoever ends last looks at them */
    (void)pthread_once(&once, init_boards);
    for (int i = 0; i < BOARDS; i++)
        put_board(i, board_new(i));
}

void messages_end(void)
{
    for (int i = 0; i < BOARDS; i++)
        put_board(i, NULL);
}

static pthread_barrier_t workers_meet;

static vow_value forget_boards(vow_value input, void *context)
{
    (void)context;
    (void)pthread_barrier_wait(&workers_meet); /* each worker has one of these */
    vow_view_forget(NULL);
    return input;
}

void messages_are_forgotten(void)
{
    vow_promise *forgotten[MOST_WORKERS];
    int workers = vow_async_is_disabled() ? 0 : vow_processors();
    must(workers <= MOST_WORKERS);
    if (workers == 0)
        return;
    (void)pthread_barrier_init(&workers_meet, NULL, (unsigned)workers);
    for (int i = 0; i < workers; i++)
        forgotten[i] = vow_submit(vow_default_pool(), forget_boards, vow_none(), NULL);
    must(vow_wait_all(forgotten, (size_t)workers, VOW_FOREVER) == VOW_OK);
    for (int i = 0; i < workers; i++)
        vow_promise_release(forgotten[i]);
    (void)pthread_barrier_destroy(&workers_meet);
}
