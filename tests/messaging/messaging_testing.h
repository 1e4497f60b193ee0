/*
 * messaging_testing.h - what the tests of messaging share: a dispatcher for each test, two senders, and handlers.
 */
#ifndef VOW_TESTS_MESSAGING_TESTING_H
#define VOW_TESTS_MESSAGING_TESTING_H

#include "control/control_testing.h"

#include <vow/dispatcher.h>

static vow_dispatcher *dispatcher;     /* of the test that runs */
static unused_here char stage, camera; /* senders: only their addresses count */

static const vow_name_handle *name_or_any(const char *name)
{
    return name != NULL ? vow_name(name) : VOW_ANY_MESSAGE;
}

/* Subscribes for as long as the dispatcher lives; NULL: any sender, any name. */
static unused_here void listen(const void *sender, const char *name, vow_fn *fn, void *context)
{
    vow_subscription *made =
        vow_subscribe(dispatcher, sender, name_or_any(name), fn, context, NULL);
    assert_non_null(made);
    vow_subscription_release(made);
}

static unused_here void publish(const void *sender, const char *name, vow_value payload)
{
    assert_ok(vow_publish(dispatcher, sender, vow_name(name), payload));
}

/* Handlers -------------------------------------------------------------------------------------------------- */

struct seen {
    const void *sender;
    const vow_name_handle *name;
    enum vow_kind kind;
    int64_t payload;
};

static unused_here vow_value see(vow_value message, void *context)
{
    vow_value payload = vow_message_payload(message);
    *(struct seen *)context = (struct seen){
        .sender = vow_message_sender(message),
        .name = vow_message_name(message),
        .kind = vow_kind_of(payload),
        .payload = vow_is_integer(payload) ? vow_as_integer(payload) : 0,
    };
    return vow_none();
}

/* Notes the payload plus the number in the context. */
static unused_here vow_value note_payload_plus(vow_value message, void *context)
{
    note(vow_as_integer(vow_message_payload(message)) + (int64_t)(intptr_t)context);
    return vow_none();
}

/* Beginning and end ----------------------------------------------------------------------------------------- */

static unused_here int begin_messaging(void **state)
{
    int status = begin_control(state);
    (void)vow_default_dispatcher(); /* it stays */
    dispatcher = vow_dispatcher_new(NULL);
    return dispatcher != NULL ? status : -1;
}

static unused_here int end_messaging(void **state)
{
    vow_dispatcher_free(dispatcher);
    return end_control(state);
}

#define messaging_test(function)                                                                   \
    cmocka_unit_test_setup_teardown(function, begin_messaging, end_messaging)

#endif
