/*
 * messaging.c - objects tell each other what happens, through a dispatcher.
 *
 * A port of Concert's messaging: once there is a dispatcher, objects subscribe to messages of other objects, and are told
 * when those send one. Who sends does not know who listens; the process's own dispatcher serves if no other is named. The
 * rest is what Concert's has not: a payload, every sender, the next message as a promise.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

struct motor {
    const char *name;
};

static vow_value handle_message(vow_value message, void *context)
{
    const struct motor *sender = vow_message_sender(message);
    (void)context;
    printf("%s sent me %s\n", sender->name, vow_name_text(vow_message_name(message)));
    return vow_none();
}

static vow_value watch(vow_value message, void *limit)
{
    int64_t position = vow_as_integer(vow_message_payload(message));
    if (position > *(const int64_t *)limit)
        printf("  watched: %" PRId64 " is too far\n", position);
    return vow_none();
}

static vow_value print_next(vow_value message, void *context)
{
    (void)context;
    printf("  the next one: %" PRId64 "\n", vow_as_integer(vow_message_payload(message)));
    return vow_none();
}

/* False, with a sentence: somebody was not told. */
static bool move(const struct motor *motor, int64_t position)
{
    if (vow_publish(NULL, motor, vow_name("moved"), vow_integer(position)) == VOW_OK)
        return true;
    fprintf(stderr, "%s\n", vow_last_error());
    return false;
}

int main(void)
{
    struct motor linear = {"linear motor"};
    struct motor rotation = {"rotation motor"};
    int64_t limit = 90;
    const vow_name_handle *moved = vow_name("moved");

    vow_subscription *heard = vow_subscribe(NULL, &linear, moved, handle_message, NULL, NULL);
    vow_subscription *watched = vow_subscribe(NULL, VOW_ANY_SENDER, moved, watch, &limit, NULL);
    bool well = heard != NULL && watched != NULL;
    if (!well)
        fprintf(stderr, "%s\n", vow_last_error());
    vow_promise *next = vow_then(vow_next_message(NULL, &rotation, moved), print_next, NULL);

    well &= move(&linear, 10);
    well &= move(&rotation, 95); /* not subscribed to, but watched, and awaited */
    vow_unsubscribe(heard);
    well &= move(&linear, 99);

    vow_unsubscribe_handler(NULL, VOW_ANY_SENDER, moved, watch,
                            &limit); /* by what it was made with */
    well &= move(&linear, 100);

    vow_value told = vow_await(next, VOW_POLL); /* it has come, and was printed */
    if (vow_is_error(told)) {
        fprintf(stderr, "%s\n", vow_error_message(told));
        well = false;
    }
    vow_release(told);
    vow_subscription_release(heard);
    vow_subscription_release(watched);
    return well ? 0 : 1;
}
