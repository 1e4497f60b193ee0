/*
 * scenes_messages.c - dispatchers: subscribing, publishing, waiting for the next message.
 */
#include "torture/scene.h"

static int heard, drops;

static vow_value hear(vow_value message, void *sender)
{
    sure(vow_is_message(message) && vow_message_sender(message) == sender);
    sure(vow_message_name(message) == vow_name("moved"));
    heard += (int)vow_as_integer(vow_message_payload(message));
    return vow_none();
}

static void count_drop(void *context)
{
    (void)context;
    drops++;
}

static void published(void)
{
    vow_auto_dispatcher dispatcher = vow_dispatcher_new(NULL);
    need(dispatcher);
    const vow_name_handle *moved = vow_name("moved");
    need(moved);
    vow_auto_subscription all =
        vow_subscribe(dispatcher, VOW_ANY_SENDER, VOW_ANY_MESSAGE, hear, dispatcher, NULL);
    need(all);
    vow_auto_subscription one =
        vow_subscribe(dispatcher, dispatcher, moved, hear, dispatcher, count_drop);
    if (one == NULL)
        sure(drops == 1);
    need(one);
    need_ok(vow_publish(dispatcher, dispatcher, moved, vow_integer(1)));
    sure(heard == 2);
    vow_subscription_release(vow_subscription_retain(one));
    need_ok(vow_unsubscribe(one));
    need_ok(vow_unsubscribe_handler(dispatcher, VOW_ANY_SENDER, VOW_ANY_MESSAGE, hear, dispatcher));
    sure(drops == 1);
}

static void the_next_message(void)
{
    vow_dispatcher *dispatcher = vow_default_dispatcher();
    need(dispatcher);
    const vow_name_handle *moved = vow_name("moved");
    need(moved);
    vow_auto_promise next = vow_next_message(dispatcher, VOW_ANY_SENDER, moved);
    vow_status status = vow_publish(dispatcher, dispatcher, moved, vow_text("payload"));
    if (status != VOW_OK && vow_state(next) == VOW_PENDING)
        vow_cancel(next);
    vow_auto_value message = vow_await(vow_promise_retain(next), VOW_FOREVER);
    need_ok(status);
    need_value(message);
    vow_value payload = vow_message_payload(message);
    need_value(payload);
    sure(vow_is_text(payload));
}

static _Atomic int heard_there;

static vow_value hear_there(vow_value message, void *context)
{
    (void)message;
    (void)context;
    heard_there++;
    return vow_none();
}

/* Many messages for a handler on a pool; what was published has been heard when the pool is closed. */
static void published_elsewhere(void)
{
    vow_auto_pool pool = vow_pool_new(1, NULL);
    need(pool);
    vow_auto_dispatcher dispatcher = vow_dispatcher_new(vow_pool_scheduler(pool));
    need(dispatcher);
    const vow_name_handle *moved = vow_name("moved");
    need(moved);
    vow_auto_subscription subscription =
        vow_subscribe(dispatcher, VOW_ANY_SENDER, moved, hear_there, NULL, NULL);
    need(subscription);
    int published_well = 0;
    vow_status status = VOW_OK;
    for (int i = 0; i < 50 && status == VOW_OK; i++)
        published_well += (status = vow_publish(dispatcher, NULL, moved, vow_integer(i))) == VOW_OK;
    need_ok(vow_pool_close(pool, VOW_DRAIN, VOW_FOREVER));
    sure(heard_there == published_well);
    need_ok(status);
}

const struct scene scenes_of_messages[] = {
    SCENE_ALONE(published),
    SCENE(the_next_message),
    SCENE(published_elsewhere),
    {0},
};
