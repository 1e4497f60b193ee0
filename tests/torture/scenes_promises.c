/*
 * scenes_promises.c - deferreds, promises, what follows from them, and what debug mode knows of them.
 */
#include "torture/scene.h"

#include <string.h>

static vow_value pass(vow_value input, void *context)
{
    (void)context;
    return input;
}

static vow_value to_integer(vow_value input, void *context)
{
    (void)context;
    return vow_error_is(input, VOW_USER) ? vow_integer(5) : input;
}

static void fired(void)
{
    vow_promise *promise;
    vow_auto_deferred deferred = vow_deferred_new(&promise);
    need(deferred);
    vow_deferred_release(vow_deferred_retain(deferred));
    sure(vow_state(promise) == VOW_PENDING && !vow_deferred_fired(deferred));
    need_ok(vow_resolve(deferred, vow_integer(1)));
    sure(vow_deferred_fired(deferred) && vow_resolve(deferred, vow_none()) == VOW_ALREADY_FIRED);
    vow_value value;
    sure(vow_peek(promise, &value) && vow_as_integer(value) == 1);
    vow_promise_release(promise);
}

static void rejected(void)
{
    vow_auto_scheduler home = vow_scheduler_retain(vow_immediate());
    vow_auto_deferred deferred = vow_deferred_new_at(home, NULL);
    need(deferred);
    vow_auto_promise promise = vow_deferred_promise(deferred);
    sure(vow_reject(deferred, vow_fail(VOW_CLOSED, "as it should")) == VOW_OK);
    sure(vow_state(promise) == VOW_REJECTED);
    vow_auto_value error = vow_await(vow_promise_retain(promise), VOW_FOREVER);
    sure(vow_error_status(error) == VOW_CLOSED);
}

/* A chain of `vow_then`, fired at its end. */
static void chain_of_then(void)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    need(deferred);
    for (int i = 0; i < 5; i++)
        promise = vow_then(promise, scene_add_one, NULL);
    promise = vow_tap(vow_finally(vow_catch(promise, pass, NULL), pass, NULL), pass, NULL);
    need_ok(vow_fire(deferred, vow_integer(0)));
    need_integer(promise, 5);
}

static void chain_of_callbacks(void)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    need(deferred);
    for (int i = 0; i < 5; i++)
        promise = vow_add_callback(promise, scene_add_one, NULL);
    promise = vow_add_both(vow_add_errback(promise, pass, NULL), pass, NULL);
    sure(vow_fire(deferred, vow_integer(0)) == VOW_OK);
    need_integer(promise, 5);
}

static int drops, listened;

static void count_drop(void *context)
{
    (void)context;
    drops++;
}

static vow_value listen(vow_value input, void *context)
{
    (void)context;
    listened += (int)vow_as_integer(input);
    return vow_none();
}

static const vow_handlers handlers = {.size = sizeof handlers,
                                      .fulfilled = scene_add_one,
                                      .rejected = pass,
                                      .notified = listen,
                                      .drop = count_drop};

/* Whatever becomes of a link, its drop runs once. */
static void links_with_everything(void)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    need(deferred);
    promise = vow_add_callbacks(vow_then_with(promise, &handlers), &handlers);
    vow_status notified = vow_notify(deferred, vow_integer(1));
    sure(vow_fire(deferred, vow_integer(0)) == VOW_OK);
    vow_auto_value value = vow_await(promise, VOW_FOREVER);
    sure(drops == 2);
    need_value(value);
    sure(vow_as_integer(value) == 2);
    need_ok(notified);
    /* going on to a derived promise takes memory: without it that one's listener does not hear */
    sure(listened == 2 || (listened == 1 && scene_lacked_memory()));
}

/* Each piece that is accepted is heard by all, however many they are. */
static void many_listeners(void)
{
    enum { MANY = 10 };
    vow_promise *promise, *derived[MANY];
    int listening = 0;
    vow_deferred *deferred = vow_deferred_new(&promise);
    need(deferred);
    for (int i = 0; i < MANY; i++) {
        derived[i] = vow_then_with(vow_promise_retain(promise), &handlers);
        listening += vow_state(derived[i]) == VOW_PENDING;
    }
    vow_status first = vow_notify(deferred, vow_integer(1));
    sure(listened == (first == VOW_OK ? listening : 0));
    listened = 0;
    vow_status second = vow_notify(deferred, vow_integer(1));
    sure(listened == (second == VOW_OK ? listening : 0));
    sure(vow_fire(deferred, vow_integer(0)) == VOW_OK);
    vow_promise_release(promise);
    vow_status status = vow_wait_all(derived, MANY, VOW_FOREVER);
    for (int i = 0; i < MANY; i++)
        vow_promise_release(derived[i]);
    sure(drops == MANY);
    need_ok(status);
    need_ok(first);
    need_ok(second);
}

static void links_elsewhere(void)
{
    vow_handlers elsewhere = handlers;
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    elsewhere.scheduler = vow_pool_scheduler(pool);
    vow_promise *promise = vow_then_with(vow_succeeded(vow_integer(3)), &elsewhere);
    vow_auto_value value = vow_await(promise, VOW_FOREVER);
    need_ok(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER));
    sure(drops == 1);
    need_value(value);
    sure(vow_as_integer(value) == 4);
}

/* A promise that is fired with a promise takes what that gives. */
static void adopting(void)
{
    vow_promise *inner, *outer;
    vow_auto_deferred inner_deferred = vow_deferred_new(&inner);
    need(inner_deferred);
    vow_deferred *deferred = vow_deferred_new(&outer);
    if (deferred == NULL)
        vow_promise_release(inner);
    need(deferred);
    vow_promise *derived = vow_then(outer, scene_add_one, NULL);
    vow_status fire_status = vow_fire(deferred, vow_promise_value(inner));
    sure(vow_resolve(inner_deferred, vow_integer(1)) == VOW_OK);
    vow_auto_value value = vow_await(derived, VOW_FOREVER);
    need_ok(fire_status);
    need_value(value);
    sure(vow_as_integer(value) == 2);
}

static void chaining(void)
{
    vow_promise *first, *second;
    vow_deferred *first_deferred = vow_deferred_new(&first);
    need(first_deferred);
    vow_deferred *second_deferred = vow_deferred_new(&second);
    if (second_deferred == NULL) {
        vow_promise_release(first);
        vow_deferred_release(first_deferred);
    }
    need(second_deferred);
    vow_status status = vow_chain(first, second_deferred);
    sure(vow_fire(first_deferred, vow_integer(4)) == VOW_OK);
    vow_auto_value value = vow_await(second, VOW_FOREVER);
    need_ok(status);
    need_value(value);
    sure(vow_as_integer(value) == 4);
}

static void pausing(void)
{
    vow_auto_promise promise = vow_succeeded(vow_integer(1));
    need_ok(vow_pause(promise));
    vow_promise *derived = vow_then(vow_promise_retain(promise), scene_add_one, NULL);
    sure(vow_state(promise) == VOW_PENDING);
    sure(vow_unpause(promise) == VOW_OK);
    need_integer(derived, 2);
}

static int cancels;

static void count_cancel(void *context)
{
    (void)context;
    cancels++;
}

/* Where nobody can cancel, for want of a derived promise, the canceller is dropped by the last release. */
static void cancelling(void)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    need(deferred);
    vow_status status = vow_set_canceller(deferred, count_cancel, NULL, count_drop);
    vow_auto_promise derived = vow_then(vow_then(promise, scene_add_one, NULL), pass, NULL);
    bool canceled = vow_state(derived) == VOW_PENDING;
    if (canceled)
        vow_cancel(derived);
    sure(cancels == (canceled && status == VOW_OK));
    sure(drops == (canceled || status != VOW_OK));
    vow_deferred_release(deferred);
    sure(drops == 1);
    vow_auto_value value = vow_await(vow_promise_retain(derived), VOW_FOREVER);
    sure(vow_is_error(value) && vow_error_is(value, VOW_CANCELED) == canceled);
    if (!canceled)
        need_value(value);
    need_ok(status);
}

static void settled_at_once(void)
{
    need_integer(vow_attempt(scene_add_one, vow_integer(1), NULL), 2);
    need_integer(vow_catch(vow_failed(vow_fail(VOW_USER, "to be caught")), to_integer, NULL), 5);
    vow_auto_value value = vow_promise_value(vow_succeeded(vow_integer(3)));
    sure(vow_is_promise(value) && vow_as_promise(value) != NULL);
}

static vow_value give_promise(vow_value input, void *context)
{
    (void)input;
    (void)context;
    return vow_promise_value(vow_succeeded(vow_integer(9)));
}

/* The value is kept until what the function gave has come. */
static void finally_with_a_promise(void)
{
    need_integer(vow_finally(vow_succeeded(vow_integer(1)), give_promise, NULL), 1);
}

static void waiting_for_all(void)
{
    vow_promise *promises[3];
    for (int i = 0; i < 3; i++)
        promises[i] = vow_then(vow_succeeded(vow_integer(i)), scene_add_one, NULL);
    vow_status status = vow_wait_all(promises, 3, VOW_FOREVER);
    bool as_it_should = true;
    for (int i = 0; i < 3; i++) {
        vow_auto_value value = vow_none();
        vow_status one = vow_wait(promises[i], VOW_POLL, &value);
        if (one == VOW_OK && scene_refuses(SCENE_HERE, value))
            as_it_should = false;
        else if (one == VOW_OK)
            sure(vow_as_integer(value) == i + 1);
        vow_promise_release(promises[i]);
    }
    if (as_it_should)
        need_ok(status);
}

/* A thread without a loop that waits sleeps until another one fires. */
static vow_value fire_it(vow_value input, void *deferred)
{
    (void)vow_resolve(deferred, input);
    return vow_none();
}

static void fired_by_a_worker(void)
{
    vow_promise *promise;
    vow_auto_deferred deferred = vow_deferred_new(&promise);
    need(deferred);
    promise = vow_then(promise, scene_add_one, NULL);
    vow_auto_pool pool = vow_pool_new(1, NULL); /* it goes before what its job uses */
    if (pool == NULL)
        vow_promise_release(promise);
    need(pool);
    vow_status status = vow_schedule(vow_pool_scheduler(pool), fire_it, vow_integer(6), deferred);
    if (status == VOW_OK) {
        need_integer(promise, 7);
    } else {
        vow_promise_release(promise);
        need_ok(status);
    }
}

struct foreign {
    int references;
};

static vow_value foreign_then(void *object, vow_deferred *deferred)
{
    (void)object;
    (void)vow_resolve(deferred, vow_integer(8));
    return vow_none();
}

static void foreign_drop(void *object)
{
    ((struct foreign *)object)->references--;
}

static void foreign(void)
{
    static const struct vow_foreign_ops ops = {
        .size = sizeof ops, .then = foreign_then, .drop = foreign_drop};
    struct foreign object = {.references = 1};
    vow_auto_value value = vow_await(vow_foreign(&ops, &object), VOW_FOREVER);
    sure(object.references == 0);
    need_value(value);
    sure(vow_as_integer(value) == 8);
}

static void read_line(const char *text, void *count)
{
    ++*(int *)count;
    (void)text;
}

/* What debug mode records is a convenience: without memory there is less of it. */
static void recorded(void)
{
    char path[1000];
    int lines = 0;
    vow_set_debug(true);
    vow_promise *promise;
    vow_auto_deferred deferred = vow_deferred_new(&promise);
    if (deferred == NULL)
        vow_set_debug(false);
    need(deferred);
    vow_auto_promise derived = vow_then(promise, scene_add_one, NULL);
    size_t length = vow_promise_path(derived, path, sizeof path);
    bool derives = vow_state(derived) == VOW_PENDING;
    sure(length > 0 || scene_lacked_memory());
    size_t pending = vow_dump_pending(read_line, &lines);
    sure(pending == (size_t)lines && lines <= 1 + derives);
    sure(lines == 1 + derives || scene_lacked_memory());
    sure(vow_resolve(deferred, vow_integer(1)) == VOW_OK);
    sure(vow_resolve(deferred, vow_none()) == VOW_ALREADY_FIRED && vow_last_error()[0] != '\0');
    vow_set_debug(false);
    need_integer(vow_promise_retain(derived), 2);
}

/* Without memory for an entry the ledger knows of less. */
static void in_the_ledger(void)
{
    int lines = 0;
    need_ok(vow_set_ledger(true));
    vow_auto_value text = vow_text("entered");
    need_value(text);
    size_t objects = vow_dump_ledger(read_line, &lines);
    sure(objects >= 1 || scene_lacked_memory());
    sure((lines > 0) == (objects > 0) && (size_t)lines <= objects);
}

static void slowly(void)
{
    static int lock;
    need_ok(vow_set_slow(true));
    vow_note_locked(&lock);
    vow_note_unlocked(&lock);
    need_ok(vow_reschedule());
    need_integer(vow_then(vow_succeeded(vow_integer(1)), scene_add_one, NULL), 2);
}

const struct scene scenes_of_promises[] = {
    SCENE(fired),
    SCENE(rejected),
    SCENE(chain_of_then),
    SCENE(chain_of_callbacks),
    SCENE_ALONE(links_with_everything),
    SCENE_ALONE(many_listeners),
    SCENE(links_elsewhere),
    SCENE(adopting),
    SCENE(chaining),
    SCENE(pausing),
    SCENE(cancelling),
    SCENE(settled_at_once),
    SCENE(finally_with_a_promise),
    SCENE(waiting_for_all),
    SCENE(fired_by_a_worker),
    SCENE(foreign),
    SCENE(recorded),
    SCENE_ALONE(in_the_ledger),
    SCENE_ALONE(slowly),
    {0},
};
