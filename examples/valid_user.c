/*
 * valid_user.c - promises from functions that know their answer at once: succeeded, failed, attempt.
 *
 * The port of Twisted's synchronous validation, of its immediateIsValidUser, and of maybeDeferred.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <vow.h>

enum { NO_USER = VOW_USER };

static bool is_known(const char *user)
{
    static const char *const known[] = {"Alice", "Angus", "Agnes"};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (strcmp(user, known[i]) == 0)
            return true;
    return false;
}

/* Synchronous: a plain function from a value to a value. */
static vow_value is_valid_user(vow_value user, void *context)
{
    (void)context;
    if (vow_is_error(user)) /* there was no memory for it */
        return user;
    const char *name = vow_as_text(user);
    if (name == NULL)
        return vow_fail(NO_USER, "a user is a text, not %s", vow_kind_name(vow_kind_of(user)));
    return vow_integer(is_known(name));
}

/* The same for callers that expect a promise; one day it may ask a server. */
static vow_promise *immediate_is_valid_user(const char *user)
{
    if (user == NULL)
        return vow_failed(vow_fail(NO_USER, "user is NULL"));
    return vow_succeeded(vow_integer(is_known(user)));
}

static vow_value print_result(vow_value valid, void *context)
{
    (void)context;
    printf("%s\n", vow_as_integer(valid) ? "valid" : "not valid");
    return vow_none();
}

static vow_value print_error(vow_value error, void *context)
{
    (void)context;
    if (!vow_error_is(error, NO_USER)) /* not the user's fault: on to whoever waits */
        return error;
    printf("%s\n", vow_error_message(error));
    return vow_none();
}

/* For promises of either kind. These are settled: the callback runs before this returns. */
static bool print_when_known(const char *what, vow_promise *valid)
{
    vow_handlers handlers = {
        .size = sizeof(handlers),
        .fulfilled = print_result,
        .rejected = print_error,
    };
    printf("%s: ", what);
    vow_value printed = vow_await(vow_add_callbacks(valid, &handlers), VOW_POLL);
    bool well = !vow_is_error(printed);
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(printed));
    vow_release(printed);
    return well;
}

int main(void)
{
    bool well = print_when_known("Alice", immediate_is_valid_user("Alice"));
    well &= print_when_known("Mallory", immediate_is_valid_user("Mallory"));
    well &= print_when_known("nobody", immediate_is_valid_user(NULL));

    /* A function that may be synchronous or not: attempt gives a promise in any case. */
    well &= print_when_known("Agnes", vow_attempt(is_valid_user, vow_text("Agnes"), NULL));
    well &= print_when_known("42", vow_attempt(is_valid_user, vow_integer(42), NULL));
    return well ? 0 : 1;
}
