/*
 * alarm.c - keepers of alarms (alarm.h).
 */
#include "control/alarm.h"
#include "base/child.h"
#include "control/references.h"

#include "execution/pool.h"
#include <pthread.h>
#include <string.h>
#include <vow/event.h>
#include <vow/memory.h>
#include <vow/pool.h>

struct keeper {
    struct vow_call call;
    struct references references; /* the home's; each alarm's */
    struct lock lock;
    struct wheel wheel; /* under the lock, with all that follows but `home` and `news` */
    struct timer *due;  /* alarms whose moment has come: a list as the wheel's */
    struct timer **due_end;
    int64_t sleeps_until; /* while it waits; otherwise INT64_MIN */
    bool ending;          /* the process is */
    bool queued;          /* its call is on its way to its place, or looks round there */
    vow_scheduler *home;  /* whose keeper it is; NULL: the one in the default pool */
    vow_event news;       /* something sooner than what it sleeps for; or nothing is left */
};

static void keep(struct vow_call *call);
static void give_up(struct vow_call *call);

/* Life --------------------------------------------------------------------------------------------------------------- */

static void keeper_init(struct keeper *keeper, vow_scheduler *home)
{
    memset(keeper, 0, sizeof(*keeper));
    keeper->call = (struct vow_call){.run = keep, .dropped = give_up};
    vow_references_set(&keeper->references, 1);
    vow_wheel_init(&keeper->wheel, vow_now());
    keeper->due_end = &keeper->due;
    keeper->sleeps_until = INT64_MIN;
    keeper->home = home;
}

/* The one in the default pool stays: its home never forgets it. */
static struct keeper shared;

/* Before the default pool closes, which waits for all of its calls. */
static void end_shared(void)
{
    vow_lock_take(&shared.lock);
    shared.ending = true;
    vow_lock_give(&shared.lock);
    (void)vow_event_set(&shared.news);
}

static void make_shared(void)
{
    keeper_init(&shared, NULL);
    vow_process_at_exit(end_shared); /* after the pool's: so it runs before that */
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* In a forked child: the job that kept them is not there. The next alarm brings another one. */
static void begin_child(void)
{
    shared.queued = false;
    shared.sleeps_until = INT64_MIN;
    memset(&shared.news, 0, sizeof(shared.news));
}

VOW_CHILD_CARE(child_care, {.locks = &shared.lock,
                            .stride = sizeof(shared.lock),
                            .count = 1,
                            .begin = begin_child});

static struct keeper *shared_keeper(void)
{
    (void)pthread_once(&once, make_shared);
    return &shared;
}

/* `home` is this thread's. */
static struct keeper *own_keeper(vow_scheduler *home)
{
    if (home->keeper == NULL) {
        struct keeper *keeper = vow_allocate(sizeof(*keeper));
        if (keeper != NULL)
            keeper_init(keeper, home);
        home->keeper = keeper;
    }
    return home->keeper;
}

static void keeper_release(struct keeper *keeper)
{
    if (vow_references_drop(&keeper->references))
        vow_deallocate(keeper);
}

/* On the home's thread. */
static void forget(struct keeper *keeper)
{
    if (keeper->home == NULL)
        return;
    keeper->home->keeper = NULL;
    keeper_release(keeper);
}

/* What is due: under the lock ---------------------------------------------------------------------------------------- */

static void become_due(struct timer *timer)
{
    struct alarm *alarm = vow_container_of(timer, struct alarm, timer);
    struct keeper *keeper = alarm->keeper;
    alarm->due = true;
    timer->next = NULL;
    timer->link = keeper->due_end;
    *keeper->due_end = timer;
    keeper->due_end = &timer->next;
}

static void take_from_due(struct keeper *keeper, struct alarm *alarm)
{
    struct timer *timer = &alarm->timer;
    if (timer->link == NULL)
        return;
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    else
        keeper->due_end = timer->link;
    timer->link = NULL;
    alarm->due = false;
}

static bool is_empty(const struct keeper *keeper)
{
    return keeper->due == NULL && keeper->wheel.count == 0;
}

static struct alarm *next_due(struct keeper *keeper, int64_t now)
{
    if (keeper->wheel.count != 0)
        (void)vow_wheel_advance(&keeper->wheel, now);
    if (keeper->due == NULL)
        return NULL;
    struct alarm *alarm = vow_container_of(keeper->due, struct alarm, timer);
    take_from_due(keeper, alarm);
    return alarm;
}

/* Any one, whatever its moment. */
static struct alarm *take_any(struct keeper *keeper)
{
    struct timer *timer = keeper->due != NULL ? keeper->due : vow_wheel_any(&keeper->wheel);
    if (timer == NULL)
        return NULL;
    struct alarm *alarm = vow_container_of(timer, struct alarm, timer);
    if (alarm->due)
        take_from_due(keeper, alarm);
    else
        (void)vow_wheel_stop(&keeper->wheel, timer);
    return alarm;
}

/* Keeping ------------------------------------------------------------------------------------------------------------ */

/* Where an immediate home is closed, or was never, the call is dropped. */
static void send(struct keeper *keeper)
{
    vow_scheduler *home = keeper->home;
    if (home == NULL)
        vow_scheduler_call(vow_default_pool(), &keeper->call);
    else if (!home->kind->immediate)
        vow_scheduler_call(home, &keeper->call);
    else if (!vow_immediate_post(vow_container_of(home, struct immediate, scheduler),
                                 &keeper->call))
        keeper->call.dropped(&keeper->call);
}

/* One alarm, with the rest handed on before. Under the lock on entry, without it on return. */
static void ring(struct keeper *keeper, struct alarm *alarm, vow_status status)
{
    bool more = !is_empty(keeper);
    keeper->queued = more;
    vow_lock_give(&keeper->lock);
    if (more)
        send(keeper);
    else
        forget(keeper);
    alarm->ring(alarm, status);
}

/* Nothing will come here any more: all ring with `status`. Under the lock on entry, without it on return. */
static void ring_all(struct keeper *keeper, vow_status status)
{
    struct alarm *alarm;
    if (keeper->home != NULL) /* who comes meanwhile finds another one, and is told in its turn */
        keeper->home->keeper = NULL;
    while ((alarm = take_any(keeper)) != NULL) {
        vow_lock_give(&keeper->lock);
        alarm->ring(alarm, status);
        vow_lock_take(&keeper->lock);
    }
    keeper->queued = false;
    vow_lock_give(&keeper->lock);
    if (keeper->home != NULL)
        keeper_release(keeper);
}

/* Sleeps until the next moment, or until there is news. Under the lock on entry and on return. */
static vow_status sleep_until_next(struct keeper *keeper)
{
    int64_t until = vow_wheel_next(&keeper->wheel);
    if (vow_carrier_here == NULL || vow_carrier_here->line == NULL)
        return VOW_NO_MEMORY; /* this call should have had a stack of its own */
    keeper->sleeps_until = until;
    (void)vow_event_clear(&keeper->news);
    vow_lock_give(&keeper->lock);
    vow_status status = vow_event_wait(&keeper->news, vow_at(until));
    vow_lock_take(&keeper->lock);
    keeper->sleeps_until = INT64_MIN;
    if (keeper->ending)
        return VOW_CANCELED;
    return status == VOW_TIMED_OUT ? VOW_OK : status;
}

static void keep(struct vow_call *call)
{
    struct keeper *keeper = vow_container_of(call, struct keeper, call);
    vow_status status = VOW_OK;
    struct alarm *alarm;
    vow_lock_take(&keeper->lock);
    while ((alarm = next_due(keeper, vow_now())) == NULL && !is_empty(keeper) && status == VOW_OK)
        status = sleep_until_next(keeper);
    if (status != VOW_OK) {
        if (alarm != NULL)
            become_due(&alarm->timer);
        ring_all(keeper, status);
        return;
    }
    if (alarm != NULL) {
        ring(keeper, alarm, VOW_OK);
        return;
    }
    keeper->queued = false;
    vow_lock_give(&keeper->lock);
    forget(keeper);
}

static void give_up(struct vow_call *call)
{
    struct keeper *keeper = vow_container_of(call, struct keeper, call);
    vow_lock_take(&keeper->lock);
    ring_all(keeper, VOW_CANCELED);
}

/* Alarms ------------------------------------------------------------------------------------------------------------- */

static struct keeper *keeper_for(vow_scheduler *home)
{
    if (vow_scheduler_is_mine(home))
        return own_keeper(home);
    if (vow_default_pool_has_workers())
        return shared_keeper();
    struct thread *thread = vow_thread_here();
    return thread != NULL ? own_keeper(&thread->immediate->scheduler) : NULL;
}

bool vow_alarm_start(struct alarm *alarm, vow_scheduler *home, vow_deadline deadline)
{
    struct keeper *keeper = keeper_for(home);
    if (keeper == NULL)
        return false;
    vow_references_add(&keeper->references);
    alarm->keeper = keeper;
    vow_wheel_timer_init(&alarm->timer, become_due);
    vow_lock_take(&keeper->lock);
    /* what is never to come is kept all the same: it can be stopped */
    int64_t at = deadline.at < INT64_MAX ? deadline.at : INT64_MAX - 1;
    vow_wheel_start(&keeper->wheel, &alarm->timer, at > 0 ? at : 0);
    bool send_it = !keeper->queued;
    bool wake = deadline.at < keeper->sleeps_until;
    keeper->queued = true;
    vow_lock_give(&keeper->lock);
    if (wake)
        (void)vow_event_set(&keeper->news);
    if (send_it)
        send(keeper);
    return true;
}

bool vow_alarm_stop(struct alarm *alarm)
{
    struct keeper *keeper = alarm->keeper;
    if (keeper == NULL)
        return false;
    vow_lock_take(&keeper->lock);
    bool stopped = alarm->timer.link != NULL;
    if (alarm->due)
        take_from_due(keeper, alarm);
    else if (stopped)
        (void)vow_wheel_stop(&keeper->wheel, &alarm->timer);
    bool wake = stopped && is_empty(keeper) && keeper->sleeps_until != INT64_MIN;
    vow_lock_give(&keeper->lock);
    if (wake)
        (void)vow_event_set(&keeper->news);
    return stopped;
}

void vow_alarm_end(struct alarm *alarm)
{
    if (alarm->keeper != NULL)
        keeper_release(alarm->keeper);
}
