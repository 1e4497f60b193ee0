/*
 * loop_straight.c - an instrument is controlled by straight code inside one call of a loop, while a timer of the same
 * loop ticks on.
 *
 * The call waits: for the oven to be hot, for a reading. It parks, the loop goes on, and the call continues where it
 * was, with its local variables: no state machine, no chain of callbacks, no thread, and no lock either, since all of
 * it is one thread's.
 */
#include <stdio.h>
#include <vow.h>

struct oven {
    struct vow_timer clock;
    vow_event ticked;
    bool heating;
    int degrees;
};

/* The loop's timer: the oven lives on, whatever the program below is waiting for. */
static void tick(struct vow_timer *timer)
{
    struct oven *oven = (struct oven *)(void *)((char *)timer - offsetof(struct oven, clock));
    oven->degrees += oven->heating ? 20 : -10;
    printf("    %d degrees\n", oven->degrees);
    vow_event_set(&oven->ticked); /* who waits goes on ... */
    vow_event_clear(&oven->ticked);
}

static vow_status wait_until_above(struct oven *oven, int degrees)
{
    vow_status status = VOW_OK;
    while (status == VOW_OK && oven->degrees < degrees)
        status = vow_event_wait(&oven->ticked, vow_after(VOW_S(10)));
    return status;
}

static vow_value bake(vow_value input, void *context)
{
    struct oven *oven = context;
    printf("heating\n");
    oven->heating = true;
    vow_status status = wait_until_above(oven, 80);
    for (int reading = 1; reading <= 2 && status == VOW_OK; reading++) {
        printf("reading %d at %d degrees\n", reading, oven->degrees);
        status = vow_event_wait(&oven->ticked, VOW_FOREVER);
    }
    oven->heating = false;
    if (status == VOW_OK)
        status = vow_event_wait(&oven->ticked, VOW_FOREVER);
    printf("off at %d degrees\n", oven->degrees);
    vow_timer_stop(&oven->clock);
    return status == VOW_OK ? input : vow_fail(status, "bake: %s", vow_last_error());
}

int main(void)
{
    struct oven oven = {.ticked = VOW_EVENT_INIT, .degrees = 20};
    vow_loop *loop = vow_loop_new(NULL);
    if (loop == NULL || vow_timer_init(&oven.clock, tick) != VOW_OK) {
        fprintf(stderr, "%s\n", vow_last_error());
        return 1;
    }
    vow_promise *baked = vow_submit(vow_loop_scheduler(loop), bake, vow_none(), &oven);
    if (vow_timer_repeat(loop, &oven.clock, vow_after(VOW_MS(2)), VOW_MS(1)) != VOW_OK)
        vow_cancel(baked);                            /* it would wait for ever */
    vow_value result = vow_await(baked, VOW_FOREVER); /* runs the loop meanwhile */
    bool failed = vow_is_error(result);
    if (failed)
        fprintf(stderr, "%s\n", vow_error_message(result));
    vow_release(result);
    vow_timer_stop(&oven.clock); /* where nothing was baked */
    vow_loop_free(loop);
    return failed;
}
