/*
 * delay.c - promises that come later: an alarm that fires a deferred.
 */
#include <vow/delay.h>

#include "base/error.h"
#include "control/alarm.h"
#include "control/job.h"
#include "control/references.h"

struct delay {
    struct alarm alarm;
    struct references references; /* the canceller's; the alarm's; its maker's */
    vow_deferred *deferred;       /* the alarm's */
    vow_value value;
};

static void release(void *context)
{
    struct delay *delay = context;
    if (!vow_references_drop(&delay->references))
        return;
    vow_alarm_end(&delay->alarm);
    vow_release(delay->value);
    vow_object_delete(delay, sizeof(*delay));
}

static void end(struct delay *delay, vow_value value)
{
    (void)vow_fire(delay->deferred, value);
    release(delay);
}

static void ring(struct alarm *alarm, vow_status status)
{
    struct delay *delay = vow_container_of(alarm, struct delay, alarm);
    vow_value value = delay->value;
    delay->value = vow_none();
    if (status != VOW_OK) {
        vow_release(value);
        value = vow_fail(status, "vow_delay: whoever kept the time has ended: %s",
                         vow_status_text(status));
    }
    end(delay, value);
}

static struct error canceled = ERROR_STATIC(VOW_CANCELED, "vow_delay: canceled");

/* The canceller: the promise is rejected at once. */
static void stop(void *context)
{
    struct delay *delay = context;
    if (!vow_alarm_stop(&delay->alarm))
        return;
    end(delay, vow_error_value(&canceled));
}

static struct delay *delay_new(vow_promise **ret_promise)
{
    struct delay *delay = vow_object_new(sizeof(*delay));
    if (delay == NULL)
        return NULL;
    *delay = (struct delay){.deferred = vow_deferred_new(ret_promise)};
    if (delay->deferred == NULL) {
        vow_object_delete(delay, sizeof(*delay));
        return NULL;
    }
    vow_alarm_init(&delay->alarm, ring);
    vow_references_set(&delay->references, 3);
    return delay;
}

static vow_promise *refuse(vow_value value, vow_status status)
{
    struct vow_job job = {.input = value};
    return vow_job_refuse(&job, status);
}

vow_promise *vow_delay(int64_t nanoseconds, vow_value value)
{
    if (nanoseconds < 0)
        return refuse(value, vow_fail_literal(VOW_INVALID, "vow_delay: nanoseconds is negative"));
    vow_promise *promise = NULL;
    struct delay *delay = delay_new(&promise);
    if (delay == NULL)
        return refuse(value, vow_fail_literal(VOW_NO_MEMORY, "vow_delay: out of memory"));
    delay->value = vow_own(value);
    if (vow_set_canceller(delay->deferred, stop, delay, release) != VOW_OK ||
        !vow_alarm_start(&delay->alarm, vow_home_here(), vow_after(nanoseconds)))
        end(delay, vow_error_static(VOW_NO_MEMORY));
    release(delay);
    return promise;
}
