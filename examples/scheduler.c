/*
 * scheduler.c - a scheduler of one's own: it runs what it was given when it is told to, the newest first.
 *
 * The port of the `deferred` module's AbstractScheduler, whose one method is schedule_call, and of its set_scheduler:
 * the same two lines of control run first on immediate, then on the stack.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <vow.h>

struct stack {
    vow_scheduler *scheduler;
    pthread_mutex_t lock; /* any thread may schedule */
    struct vow_call *newest;
};

/* The call is its maker's memory: taking it needs none, and never fails. */
static vow_status stack_schedule(struct vow_call *call, void *self)
{
    struct stack *stack = self;
    pthread_mutex_lock(&stack->lock);
    call->next = stack->newest;
    stack->newest = call;
    pthread_mutex_unlock(&stack->lock);
    return VOW_OK;
}

static void stack_drop(void *self)
{
    struct stack *stack = self;
    pthread_mutex_destroy(&stack->lock);
    free(stack);
}

static struct stack *stack_new(void)
{
    static const struct vow_scheduler_ops ops = {
        .size = sizeof(ops),
        .name = "stack",
        .schedule = stack_schedule,
        .drop = stack_drop,
    };
    struct stack *stack = calloc(1, sizeof(*stack));
    if (stack == NULL)
        return NULL;
    pthread_mutex_init(&stack->lock, NULL);
    stack->scheduler = vow_scheduler_new(&ops, stack);
    if (stack->scheduler == NULL) {
        stack_drop(stack);
        return NULL;
    }
    return stack;
}

static struct vow_call *stack_pop(struct stack *stack)
{
    pthread_mutex_lock(&stack->lock);
    struct vow_call *call = stack->newest;
    if (call != NULL)
        stack->newest = call->next;
    pthread_mutex_unlock(&stack->lock);
    return call;
}

static void stack_run(struct stack *stack)
{
    struct vow_call *call;
    while ((call = stack_pop(stack)) != NULL)
        vow_call_run(stack->scheduler, call);
}

static vow_value say(vow_value word, void *context)
{
    (void)context;
    printf("  %s, on %s\n", vow_as_text(word), vow_scheduler_name(vow_current_scheduler()));
    return vow_none();
}

/* The program: it does not know where it will run. */
static void say_both(vow_promise *said[2])
{
    said[0] = vow_then(vow_succeeded(vow_text("first")), say, NULL);
    said[1] = vow_then(vow_succeeded(vow_text("second")), say, NULL);
    printf("  both promised\n");
}

/* False, with a sentence: it was not said. */
static bool was_said(vow_promise *said)
{
    vow_value result = vow_await(said, VOW_POLL);
    bool well = !vow_is_error(result);
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(result));
    vow_release(result);
    return well;
}

int main(void)
{
    struct stack *stack = stack_new();
    if (stack == NULL) {
        fprintf(stderr, "no scheduler: %s\n", vow_last_error());
        return 1;
    }
    vow_promise *said[4];
    printf("immediate:\n");
    say_both(said);

    printf("stack:\n");
    vow_set_scheduler(stack->scheduler); /* the process's default from here on, until it ends */
    say_both(said + 2);
    stack_run(stack);

    bool well = true;
    for (int i = 0; i < 4; i++)
        well &= was_said(said[i]);
    vow_scheduler_release(stack->scheduler);
    return well ? 0 : 1;
}
