/*
 * employee.c - first the id of an employee, then with it the details: two calls, one after the other, not nested.
 *
 * A port of the promises' usual cure for callbacks inside callbacks. Each step returns a promise of the next one's
 * input; a failure skips what would have followed and is trapped where somebody knows what to do about it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <vow.h>

enum { UNKNOWN_EMPLOYEE = VOW_USER, NO_DETAILS };

/* Two slow calls: on a worker, as if a server had to be asked. */
static vow_value find_id(vow_value name, void *context)
{
    (void)context;
    if (vow_is_error(name)) /* there was no memory for it */
        return name;
    if (strcmp(vow_as_text(name), "Ada") == 0)
        return vow_integer(1815);
    if (strcmp(vow_as_text(name), "Bob") == 0)
        return vow_integer(7);
    return vow_fail(UNKNOWN_EMPLOYEE, "there is no employee called %s", vow_as_text(name));
}

static vow_value find_details(vow_value id, void *context)
{
    (void)context;
    if (vow_as_integer(id) == 1815)
        return vow_text("writes programs");
    return vow_fail(NO_DETAILS, "employee %" PRId64 " has no details", vow_as_integer(id));
}

/* A callback that returns a promise: what follows waits for it. */
static vow_value get_details(vow_value id, void *context)
{
    (void)context;
    printf("  id %" PRId64 "\n", vow_as_integer(id));
    return vow_promise_value(vow_submit(NULL, find_details, id, NULL));
}

/* Traps one kind of failure; all others go on. */
static vow_value trap_no_details(vow_value error, void *context)
{
    (void)context;
    if (!vow_error_is(error, NO_DETAILS))
        return error;
    printf("  trapped: %s\n", vow_error_message(error));
    return vow_text("works here");
}

/* False, with a sentence: what failed is not the search, but what it needs. */
static bool look_up(const char *name)
{
    printf("%s:\n", name);
    vow_promise *promise = vow_submit(NULL, find_id, vow_text(name), NULL);
    promise = vow_then(promise, get_details, NULL);
    promise = vow_catch(promise, trap_no_details, NULL);

    vow_value details = vow_await(promise, VOW_FOREVER);
    bool well = !vow_is_error(details) || vow_error_is(details, UNKNOWN_EMPLOYEE);
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(details));
    else if (vow_is_error(details))
        printf("  failed: %s\n", vow_error_message(details));
    else
        printf("  %s\n", vow_as_text(details));
    vow_release(details);
    return well;
}

int main(void)
{
    return look_up("Ada") && look_up("Bob") && look_up("Mallory") ? 0 : 1;
}
