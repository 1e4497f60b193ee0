/*
 * message.c - what handlers see of messages (message.h).
 */
#include "messaging/message.h"

#include <stdio.h>
#include <vow/dispatcher.h>

#include "base/fail.h"

enum { PRINTED_PAYLOAD = 256 };

static void destroy_message(struct counted *object)
{
    vow_message_free((struct message *)object);
}

static int print_message(const void *object, char *buffer, size_t size)
{
    const struct message *message = object;
    char payload[PRINTED_PAYLOAD];

    (void)vow_value_print(message->payload, payload, sizeof payload);
    return snprintf(buffer, size, "message(%s: %s)", vow_name_text(message->name), payload);
}

const struct counted_class vow_message_class = {.name = "message", .destroy = destroy_message};
COUNTED_KNOWN(vow_message_class)
const struct vow_type vow_message_type = {.name = "message", .print = print_message};

/* The message in `value`, or NULL. */
static struct message *message_of(vow_value value)
{
    struct box *box = vow_box_of(&vow_message_type, value);

    return box != NULL && box->counted.class == &vow_message_class ? (struct message *)box : NULL;
}

static VOW_COLD struct message *refuse(const char *function, vow_value value)
{
    (void)vow_fail_status(VOW_INVALID, "%s: message is %s, not a message", function,
                          vow_value_noun(value));
    return NULL;
}

static struct message *message_for(const char *function, vow_value value)
{
    struct message *message = message_of(value);

    return vow_likely(message != NULL) ? message : refuse(function, value);
}

bool vow_is_message(vow_value value)
{
    return message_of(value) != NULL;
}

const void *vow_message_sender(vow_value message)
{
    struct message *found = message_for("vow_message_sender", message);

    return found != NULL ? found->sender : NULL;
}

const vow_name_handle *vow_message_name(vow_value message)
{
    struct message *found = message_for("vow_message_name", message);

    return found != NULL ? found->name : NULL;
}

vow_value vow_message_payload(vow_value message)
{
    struct message *found = message_for("vow_message_payload", message);

    return found != NULL ? vow_borrow(found->payload) : vow_none();
}
