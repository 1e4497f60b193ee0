/*
 * cooperate.c - long loops on one thread that hold up nobody.
 *
 * Two iterations look for prime numbers on a loop, a step at a time, and take turns; what else falls to the loop has its turn
 * between theirs. A third one stops in the middle for something that it has to wait for, and the others go on meanwhile.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

static bool is_prime(int64_t number)
{
    for (int64_t divisor = 2; divisor * divisor <= number; divisor++)
        if (number % divisor == 0)
            return false;
    return number > 1;
}

struct search {
    const char *name;
    int64_t number, last;
};

/* One step: looks at one number, and gives how many primes there were so far. */
static vow_value look_at_one(vow_value found, void *context)
{
    struct search *search = context;
    if (search->number > search->last)
        return vow_end();
    int64_t count = vow_as_integer(found) + (is_prime(search->number) ? 1 : 0);
    search->number++;
    return vow_integer(count);
}

static vow_value print_count(vow_value found, void *context)
{
    const struct search *search = context;
    printf("%s: %" PRId64 " primes\n", search->name, vow_as_integer(found));
    return vow_none();
}

/* A step that waits gives a promise of what it waits for. */
static vow_value ask_first(vow_value answer, void *question)
{
    if (vow_is_none(answer))
        return vow_promise_value(vow_promise_retain(question));
    printf("the answer is %" PRId64 "\n", vow_as_integer(answer));
    return vow_end();
}

static vow_value say(vow_value word, void *context)
{
    (void)context;
    if (vow_is_error(word)) /* there was no memory for it */
        return word;
    printf("%s\n", vow_as_text(word));
    return vow_none();
}

/* Waits for one of them; false, with a sentence, if it failed. */
static bool ends_well(vow_promise *done)
{
    vow_value result = vow_await(done, VOW_FOREVER);
    bool well = !vow_is_error(result);
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(result));
    vow_release(result);
    return well;
}

int main(void)
{
    vow_loop *loop = vow_loop_new(NULL);
    struct vow_cooperating one_by_one = {.size = sizeof one_by_one, .steps = 1};
    vow_cooperator *cooperator = vow_cooperator_new(&one_by_one);
    vow_promise *question;
    vow_deferred *answer = vow_deferred_new(&question);
    struct search small = {"up to 10", 1, 10}, large = {"up to 10000", 1, 10000};
    if (loop == NULL || cooperator == NULL || answer == NULL) {
        fprintf(stderr, "%s\n", vow_last_error());
        return 1;
    }

    vow_promise *done[] = {
        vow_coiterate(cooperator, ask_first, vow_none(), question),
        vow_then(vow_coiterate(cooperator, look_at_one, vow_integer(0), &large), print_count,
                 &large),
        vow_then(vow_coiterate(cooperator, look_at_one, vow_integer(0), &small), print_count,
                 &small),
        vow_submit(vow_loop_scheduler(loop), say, vow_text("the loop does other things"), NULL),
    };
    bool well = true;
    for (int i = 3; i > 0; i--)
        well &= ends_well(done[i]);
    vow_fire(answer, vow_integer(42));
    well &= ends_well(done[0]);

    vow_promise_release(question);
    vow_cooperator_free(cooperator);
    vow_loop_free(loop);
    return well ? 0 : 1;
}
