/*
 * message.h - messages: boxes that only this floor makes, known by their class.
 *
 * Each lives in one allocation, and never changes. Mostly nobody keeps it: who published then frees it without more ado.
 */
#ifndef VOW_MESSAGING_MESSAGE_H
#define VOW_MESSAGING_MESSAGE_H

#include <vow/name.h>

#include "base/box.h"
#include "base/object.h"

struct message {
    struct box box; /* `adopted` is the message itself */
    const void *sender;
    const vow_name_handle *name;
    vow_value payload; /* owned, where it is counted */
};

extern const struct counted_class vow_message_class;
extern const struct vow_type vow_message_type;

/* Takes `payload`; NULL without memory, and it is released. */
static inline struct message *vow_message_new(const void *sender, const vow_name_handle *name,
                                              vow_value payload)
{
    struct message *message = vow_object_new(sizeof *message);

    if (vow_unlikely(message == NULL)) {
        vow_value_drop(payload);
        return NULL;
    }
    vow_counted_init(&message->box.counted, &vow_message_class, 1, 0);
    message->box.type = &vow_message_type;
    message->box.adopted = message;
    message->sender = sender;
    message->name = name;
    message->payload = vow_value_take(payload);
    return message;
}

/* For handlers: borrowed. */
static inline vow_value vow_message_value(struct message *message)
{
    return vow_value_borrowing(VOW_BOX, &message->box.counted);
}

static inline void vow_message_free(struct message *message)
{
    vow_value_drop(message->payload);
    vow_object_delete(message, sizeof *message);
}

static inline void vow_message_release(struct message *message)
{
    /* C1 acquire: as vow_counted_release */
    uint64_t word = atomic_load_explicit(&message->box.counted.word, memory_order_acquire);
    if (vow_likely(word >> 32 == 1))
        vow_message_free(message);
    else
        vow_counted_release(&message->box.counted);
}

#endif
