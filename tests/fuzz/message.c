/*
 * message.c - programs over a dispatcher: handlers subscribe to senders and names, or to all, and publish, subscribe, end each other,
 * fail or give a promise; and a model of who is called with what, in which order (vow/dispatcher.h).
 */
#include "fuzz.h"

#include <string.h>

enum { SLOTS = 6, NAMES = 3, SENDERS = 3, MOST_DEPTH = 3, MOST_SUBSCRIBED = 100 };
/* A handler may wait from the first event to the last, and each call publishes once at most. */
enum { MOST_EVENTS = 40, MOST_CALLS = 16, MOST_QUEUED = (MOST_EVENTS + 1) * (MOST_CALLS + 2) };

/* What a handler does. */
enum habit { NOTHING, PUBLISHES, SUBSCRIBES, ENDS, FAILS, WAITS, HABITS };

/* A subscription, as the program wants it; sender or name 0: any. */
static struct wish {
    int sender, name; /* each less one */
    enum habit habit;
    int other; /* a slot; a number of what is published */
} wishes[SLOTS];

/* The library's side ---------------------------------------------------------------------------------------------- */

/* The context of a subscription: its end drops it. */
struct handler {
    int slot;
    struct wish wish;
    struct token *token;
};

static vow_dispatcher *dispatcher;
static const vow_name_handle *names[NAMES];
static const int senders[SENDERS];
static struct {
    struct handler handlers[MOST_SUBSCRIBED];
    int made, depth, calls, dropped;
    vow_subscription *subscriptions[SLOTS];
    vow_deferred *gates[SLOTS]; /* what a handler waits for that had the slot */
    vow_promise *nexts[SLOTS];
} real;

static const void *sender_of(int number)
{
    return number > 0 ? &senders[number - 1] : VOW_ANY_SENDER;
}

static void subscribe_real(int slot);

static void publish_real(int sender, int name, int number)
{
    if (real.depth > MOST_DEPTH || real.calls > MOST_CALLS)
        return;
    real.depth++;
    must(vow_publish(dispatcher, sender_of(sender), names[name], token_box(number)) == VOW_OK);
    real.depth--;
}

static void end_real(int slot)
{
    vow_subscription *subscription = real.subscriptions[slot];
    real.subscriptions[slot] = NULL;
    if (subscription != NULL)
        note_on(REAL, "unsubscribe", vow_unsubscribe(subscription), 0);
    vow_subscription_release(subscription);
}

static vow_value wait_real(int slot)
{
    vow_promise *promise;
    if (real.gates[slot] != NULL)
        return vow_none();
    real.gates[slot] = vow_deferred_new(&promise);
    return vow_promise_value(promise);
}

static int name_of(vow_value message)
{
    int number = 0;
    while (number < NAMES && names[number] != vow_message_name(message))
        number++;
    return number;
}

static vow_value handle(vow_value message, void *context)
{
    const struct handler *handler = context;
    int other = handler->wish.other;
    const int *sender = vow_message_sender(message);
    real.calls++;
    note_on(REAL, "handler", handler->slot, value_number(vow_message_payload(message)));
    note_on(REAL, "of", sender != NULL ? sender - senders + 1 : 0, name_of(message));
    switch (handler->wish.habit) {
    case PUBLISHES:
        publish_real(handler->wish.sender, other % NAMES, other);
        break;
    case SUBSCRIBES:
        subscribe_real(other);
        break;
    case ENDS:
        end_real(other);
        break;
    case FAILS:
        return vow_fail(VOW_USER, "a handler");
    case WAITS:
        return wait_real(handler->slot);
    default:
        break;
    }
    return vow_none();
}

static void drop_handler(void *context)
{
    real.dropped++;
    token_drop(((struct handler *)context)->token);
}

static void subscribe_real(int slot)
{
    const struct wish *wish = &wishes[slot];
    struct handler *handler = &real.handlers[real.made];
    if (real.subscriptions[slot] != NULL || real.made == MOST_SUBSCRIBED)
        return;
    real.made++;
    *handler = (struct handler){slot, *wish, token_new()};
    real.subscriptions[slot] = vow_subscribe(
        dispatcher, sender_of(wish->sender),
        wish->name > 0 ? names[wish->name - 1] : VOW_ANY_MESSAGE, handle, handler, drop_handler);
}

static void fire_real(int slot, unsigned choice)
{
    vow_deferred *gate = real.gates[slot];
    real.gates[slot] = NULL;
    if (gate != NULL)
        (void)vow_fire(gate, choice % 2 == 0 ? vow_none() : vow_fail(VOW_USER, "later"));
}

static void next_real(int slot)
{
    const struct wish *wish = &wishes[slot];
    vow_promise_release(real.nexts[slot]);
    real.nexts[slot] = vow_next_message(dispatcher, sender_of(wish->sender),
                                        wish->name > 0 ? names[wish->name - 1] : VOW_ANY_MESSAGE);
}

static void states_real(void)
{
    note_on(REAL, "dropped", real.dropped, 0);
    for (int i = 0; i < SLOTS; i++) {
        vow_value value = vow_none();
        if (real.nexts[i] != NULL && vow_peek(real.nexts[i], &value))
            note_on(REAL, "next", i,
                    vow_is_error(value) ? vow_error_status(value)
                                        : value_number(vow_message_payload(value)));
        vow_release(value);
    }
}

/* The model ------------------------------------------------------------------------------------------------------- */

struct message {
    int sender, name, number;
};

struct subscription {
    int slot;
    struct wish wish;
    bool once; /* a promise of the next message */
    bool ended, busy, dropped;
    struct message queue[MOST_QUEUED];
    int queued;
};

/* What is being published: the subscriptions that were there, and those to which it was brought. */
struct delivery {
    struct delivery *outer;
    struct message message;
    int to[MOST_SUBSCRIBED];
    int count, next;
};

enum { NONE = -1 };

static struct subscription all[MOST_SUBSCRIBED];
static struct {
    int made, depth, calls, dropped;
    struct delivery *under_way;
    int has[SLOTS], waits[SLOTS], nexts[SLOTS]; /* subscriptions */
    long told[SLOTS];                           /* the next messages; NONE */
} model;

static void subscribe_model(int slot, bool once)
{
    if (model.made == MOST_SUBSCRIBED || (!once && model.has[slot] != NONE))
        return;
    *(once ? &model.nexts[slot] : &model.has[slot]) = model.made;
    struct subscription *it = &all[model.made++];
    it->slot = slot;
    it->wish = wishes[slot];
    it->once = once;
    it->ended = it->busy = it->dropped = false;
    it->queued = 0;
}

static void drop_model(struct subscription *it)
{
    if (it->ended && !it->busy && !it->dropped && !it->once) {
        it->dropped = true;
        model.dropped++;
    }
}

static void end_model(int slot)
{
    if (model.has[slot] == NONE)
        return;
    struct subscription *it = &all[model.has[slot]];
    model.has[slot] = NONE;
    it->ended = true;
    it->queued = 0;
    drop_model(it);
    note_on(MODEL, "unsubscribe", VOW_OK, 0);
}

static void publish_model(struct message message);

static void call_model(struct subscription *it, struct message message)
{
    int other = it->wish.other;
    it->busy = true;
    model.calls++;
    note_on(MODEL, "handler", it->slot, (long)VOW_BOX * KIND + message.number);
    note_on(MODEL, "of", message.sender, message.name);
    if (it->wish.habit == PUBLISHES)
        publish_model((struct message){it->wish.sender, other % NAMES, other});
    else if (it->wish.habit == SUBSCRIBES)
        subscribe_model(other, false);
    else if (it->wish.habit == ENDS)
        end_model(other);
    else if (it->wish.habit == WAITS && model.waits[it->slot] == NONE) {
        model.waits[it->slot] = (int)(it - all);
        return;
    }
    it->busy = false;
}

static void drain(struct subscription *it)
{
    while (!it->busy && !it->ended && it->queued > 0) {
        struct message message = it->queue[0];
        memmove(it->queue, it->queue + 1, (size_t)--it->queued * sizeof(message));
        call_model(it, message);
    }
    drop_model(it);
}

static void bring(struct subscription *it, struct message message)
{
    if (it->once && !it->ended) {
        it->ended = true;
        if (model.nexts[it->slot] == it - all)
            model.told[it->slot] = (long)VOW_BOX * KIND + message.number;
    }
    if (it->ended)
        return;
    must(it->queued < MOST_QUEUED);
    it->queue[it->queued++] = message;
    drain(it);
}

static void bring_rest(struct delivery *delivery)
{
    while (delivery->next < delivery->count)
        bring(&all[delivery->to[delivery->next++]], delivery->message);
}

static bool is_heard(const struct subscription *it, struct message message)
{
    return !it->ended && (it->wish.sender == 0 || it->wish.sender == message.sender) &&
           (it->wish.name == 0 || it->wish.name - 1 == message.name);
}

/* What is under way comes to all others first. */
static void publish_model(struct message message)
{
    struct delivery delivery = {.outer = model.under_way, .message = message};
    if (model.depth > MOST_DEPTH || model.calls > MOST_CALLS)
        return;
    for (int i = 0; i < model.made; i++)
        if (is_heard(&all[i], message))
            delivery.to[delivery.count++] = i;
    if (delivery.count == 0)
        return;
    model.depth++;
    for (struct delivery *outer = delivery.outer; outer != NULL; outer = outer->outer)
        if (fuzz_bend != BEND_MESSAGE)
            bring_rest(outer);
    model.under_way = &delivery;
    bring_rest(&delivery);
    model.under_way = delivery.outer;
    model.depth--;
}

static void fire_model(int slot)
{
    if (model.waits[slot] == NONE)
        return;
    struct subscription *it = &all[model.waits[slot]];
    model.waits[slot] = NONE;
    it->busy = false;
    drain(it);
}

static void cancel_model(int slot)
{
    if (model.nexts[slot] == NONE || model.told[slot] != NONE)
        return;
    all[model.nexts[slot]].ended = true;
    model.told[slot] = VOW_CANCELED;
}

static void free_model(void)
{
    for (int i = 0; i < model.made; i++) {
        if (!all[i].ended && all[i].once && model.nexts[all[i].slot] == i)
            model.told[all[i].slot] = VOW_CLOSED;
        all[i].ended = true;
        all[i].queued = 0;
        drop_model(&all[i]);
    }
}

static void states_model(void)
{
    note_on(MODEL, "dropped", model.dropped, 0);
    for (int i = 0; i < SLOTS; i++)
        if (model.told[i] != NONE)
            note_on(MODEL, "next", i, model.told[i]);
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void read_wish(struct bytes *bytes, int slot)
{
    unsigned choice = next_byte(bytes), habit = next_byte(bytes);
    wishes[slot] = (struct wish){.sender = (int)(choice % SENDERS),
                                 .name = (int)(choice / SENDERS % (NAMES + 1)),
                                 .habit = habit % HABITS,
                                 .other = (int)(habit / HABITS % SLOTS)};
    trace("slot %d: sender %d name %d habit %d other %d", slot, wishes[slot].sender,
          wishes[slot].name, wishes[slot].habit, wishes[slot].other);
}

static void subscribe_both(struct bytes *bytes, int slot)
{
    read_wish(bytes, slot);
    subscribe_real(slot);
    subscribe_model(slot, false);
}

static void publish_both(unsigned choice)
{
    struct message message = {(int)(choice % SENDERS), (int)(choice / SENDERS % NAMES),
                              (int)choice};
    real.calls = model.calls = 0;
    publish_real(message.sender, message.name, message.number);
    publish_model(message);
}

static void next_both(struct bytes *bytes, int slot)
{
    read_wish(bytes, slot);
    if (real.made == MOST_SUBSCRIBED || model.made == MOST_SUBSCRIBED)
        return;
    real.made++; /* the model has one more as well */
    next_real(slot);
    model.told[slot] = NONE;
    subscribe_model(slot, true);
}

static void do_event(struct bytes *bytes)
{
    unsigned choice = next_byte(bytes), rest = choice / 8;
    int slot = (int)(rest % SLOTS);
    trace("event %u about %u", choice % 8, rest);
    if (choice % 8 < 2)
        subscribe_both(bytes, slot);
    else if (choice % 8 < 5)
        publish_both(rest);
    else if (choice % 8 == 5 && rest < 24) {
        real.calls = model.calls = 0;
        fire_real(slot, rest);
        (void)vow_run_pending();
        fire_model(slot);
    } else if (choice % 8 == 5) {
        vow_cancel(real.nexts[slot]);
        cancel_model(slot);
    } else if (choice % 8 == 6) {
        end_real(slot);
        end_model(slot);
    } else if (rest < 16) {
        next_both(bytes, slot);
    } else {
        vow_subscription_release(real.subscriptions[slot]);
        real.subscriptions[slot] = NULL;
        model.has[slot] = NONE;
    }
}

static void compare(void)
{
    (void)vow_run_pending();
    states_real();
    states_model();
    compare_notes();
}

static void begin(void)
{
    static const char *const texts[NAMES] = {"moved", "closed", "renamed"};
    memset(&real, 0, sizeof(real));
    memset(&model, 0, sizeof(model));
    dispatcher = vow_dispatcher_new(vow_immediate());
    for (int i = 0; i < NAMES; i++)
        names[i] = vow_name(texts[i]);
    for (int i = 0; i < SLOTS; i++)
        model.has[i] = model.waits[i] = model.nexts[i] = NONE, model.told[i] = NONE;
}

void fuzz_message(struct bytes *bytes)
{
    begin();
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        do_event(bytes);
        compare();
    }
    vow_dispatcher_free(dispatcher);
    free_model();
    for (int i = 0; i < SLOTS; i++) {
        fire_real(i, 0);
        fire_model(i);
        compare();
        vow_promise_release(real.nexts[i]);
        vow_subscription_release(real.subscriptions[i]);
        real.nexts[i] = NULL;
        model.told[i] = NONE;
    }
    must(model.dropped == real.dropped);
}
