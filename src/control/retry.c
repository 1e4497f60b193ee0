/*
 * retry.c - trying again: turns that are tries and pauses, by turns.
 *
 *      a try ---- no error, or not worth another, or the last ----> fired
 *        ^ '----- otherwise: a pause ---- canceled ---------------> fired
 *        '------------------------'
 */
#include <vow/retry.h>

#include "control/canceller.h"
#include "control/chance.h"
#include "control/job.h"
#include "control/references.h"
#include "control/turn.h"
#include <vow/delay.h>

struct retry {
    struct turn turn;
    struct references references; /* the canceller's; the turns' */
    bool pausing;
    unsigned tries;
    vow_fn *fn;
    vow_value input;
    void *context;
    struct vow_retrying how;
    double pause; /* the next one, in nanoseconds */
    struct chance chance;
    vow_value error; /* of the last try, while it pauses */
    vow_deferred *deferred;
};

static void release(void *context)
{
    struct retry *retry = context;
    if (!vow_references_drop(&retry->references))
        return;
    vow_release(retry->input);
    vow_release(retry->error);
    vow_object_delete(retry, sizeof(*retry));
}

static void cancel(void *context)
{
    vow_turn_cancel(&((struct retry *)context)->turn);
}

static bool finish(struct retry *retry, vow_value value, struct firing *firing)
{
    vow_fire_with(retry->deferred, value, firing);
    release(retry);
    return false;
}

/* Pauses ------------------------------------------------------------------------------------------------------------- */

static int64_t next_pause(struct retry *retry)
{
    double pause = retry->pause * (1 - retry->how.jitter * vow_chance_part(&retry->chance));
    double longest = (double)retry->how.longest;
    double next = retry->pause * retry->how.growth;
    retry->pause = next < longest ? next : longest;
    return (int64_t)pause;
}

static bool pause_ended(struct retry *retry, vow_value value, struct firing *firing)
{
    vow_value error = retry->error;
    retry->error = vow_none();
    retry->pausing = false;
    if (!vow_is_error(value)) {
        vow_release(error);
        return true;
    }
    vow_status status = vow_error_status(value);
    vow_release(value);
    return finish(
        retry,
        vow_fail_because(error, status, "vow_retry: ended in the pause after try %u", retry->tries),
        firing);
}

/* Tries -------------------------------------------------------------------------------------------------------------- */

static bool is_worth(struct retry *retry, vow_value error)
{
    if (retry->how.tries != 0 && retry->tries >= retry->how.tries)
        return false;
    if (vow_error_status(error) == VOW_CANCELED && vow_turn_is_canceled(&retry->turn))
        return false; /* whatever `worth` says: nothing is tried any more */
    if (retry->how.worth != NULL)
        return retry->how.worth(vow_borrow(error), retry->tries, retry->context);
    return vow_error_status(error) != VOW_CANCELED;
}

/* The error (taken) that it gives up with. */
static vow_value last_error(const struct retry *retry, vow_value error)
{
    if (retry->tries != retry->how.tries || retry->tries < 2)
        return error;
    return vow_fail_because(error, vow_error_status(error), "vow_retry: gave up after %u tries",
                            retry->tries);
}

static bool try_ended(struct retry *retry, vow_value value, struct firing *firing)
{
    if (!vow_is_error(value))
        return finish(retry, value, firing);
    if (!is_worth(retry, value))
        return finish(retry, last_error(retry, value), firing);
    if (retry->how.pause == 0) {
        vow_release(value);
        return true;
    }
    retry->error = value;
    retry->pausing = true;
    return true;
}

/* Turns -------------------------------------------------------------------------------------------------------------- */

static vow_promise *start(struct turn *turn)
{
    struct retry *retry = vow_container_of(turn, struct retry, turn);
    if (retry->pausing)
        return vow_delay(next_pause(retry), vow_none());
    retry->tries++;
    return vow_turn_call(retry->fn, vow_borrow(retry->input), retry->context);
}

static bool ended(struct turn *turn, vow_value value, struct firing *firing)
{
    struct retry *retry = vow_container_of(turn, struct retry, turn);
    return retry->pausing ? pause_ended(retry, value, firing) : try_ended(retry, value, firing);
}

/* Beginning ---------------------------------------------------------------------------------------------------------- */

static vow_status check(vow_fn *fn, const struct vow_retrying *how)
{
    const char *wrong = fn == NULL                                ? "fn is NULL"
                        : how == NULL                             ? NULL
                        : how->size != sizeof(*how)               ? "retrying->size is not set"
                        : how->pause < 0                          ? "retrying->pause is negative"
                        : how->longest < 0                        ? "retrying->longest is negative"
                        : !(how->jitter >= 0 && how->jitter <= 1) ? "retrying->jitter is not 0 to 1"
                        : !(how->growth >= 1 || how->growth == 0) ? "retrying->growth is below 1"
                                                                  : NULL;
    if (wrong != NULL)
        return vow_fail_status(VOW_INVALID, "vow_retry: %s", wrong);
    return VOW_OK;
}

static struct vow_retrying with_defaults(const struct vow_retrying *given)
{
    struct vow_retrying how = given != NULL ? *given : (struct vow_retrying){.tries = 0};
    if (how.growth == 0)
        how.growth = 2;
    if (how.longest == 0)
        how.longest = VOW_S(60);
    if (how.pause > how.longest)
        how.pause = how.longest;
    return how;
}

static struct retry *retry_new(const struct vow_retrying *given, vow_promise **ret_promise)
{
    struct retry *retry = vow_object_new(sizeof(*retry));
    if (retry == NULL)
        return NULL;
    *retry = (struct retry){.deferred = vow_deferred_new(ret_promise)};
    if (retry->deferred == NULL) {
        vow_object_delete(retry, sizeof(*retry));
        return NULL;
    }
    vow_turn_init(&retry->turn, retry->deferred, LINK_FORWARD, start, ended);
    vow_references_set(&retry->references, 2);
    retry->how = with_defaults(given);
    retry->pause = (double)retry->how.pause;
    vow_chance_init(&retry->chance, retry);
    return retry;
}

vow_promise *vow_retry(vow_fn *fn, vow_value input, void *context,
                       const struct vow_retrying *retrying)
{
    struct vow_job job = {.input = input};
    vow_status status = check(fn, retrying);
    if (status != VOW_OK)
        return vow_job_refuse(&job, status);
    vow_promise *promise = NULL;
    struct retry *retry = retry_new(retrying, &promise);
    if (retry == NULL)
        return vow_job_refuse(&job, vow_fail_literal(VOW_NO_MEMORY, "vow_retry: out of memory"));
    retry->fn = fn;
    retry->input = vow_own(input);
    retry->context = context;
    if (vow_set_patient_canceller(retry->deferred, cancel, retry, release) != VOW_OK)
        (void)finish(retry, vow_error_static(VOW_NO_MEMORY), NULL);
    else
        vow_turn_run(&retry->turn, NULL);
    return promise;
}
