/*
 * clock_rest.c - who is at rest while time stands (clock_rest.h).
 */
#include "execution/clock_rest.h"

#include "base/barrier.h"
#include "execution/loop.h"
#include "execution/world.h"

/* Who drives the clock; under the lock. */
static struct {
    struct waiter *waiter; /* NULL: nobody */
    int64_t target;
    bool runs; /* by itself, where nobody does */
} drive;

/* All that follows, up to the next heading, under the lock ---------------------------------------------------------- */

static bool is_at_rest(const struct thread *thread)
{
    return thread->clock_part == CLOCK_OUT || (thread->clock_part == CLOCK_RESTING &&
                                               vow_world_is_uncalled(thread, thread->clock_loop));
}

static bool are_all_at_rest(void)
{
    const struct thread *thread = vow_world.living;
    while (thread != NULL && is_at_rest(thread))
        thread = thread->next_living;
    return thread == NULL;
}

static int64_t earliest(void)
{
    int64_t moment = INT64_MAX;
    for (const struct thread *thread = vow_world.living; thread != NULL;
         thread = thread->next_living)
        if (thread->clock_part == CLOCK_RESTING && thread->clock_until < moment)
            moment = thread->clock_until;
    return moment;
}

/* The calling thread sees it by itself. */
static void call(struct thread *thread)
{
    thread->clock_part = CLOCK_ACTIVE;
    if (thread != vow_here.thread)
        vow_thread_wake(thread);
}

static void move_to(int64_t moment)
{
    if (moment > vow_now())
        vow_clock_set(moment);
    for (struct thread *thread = vow_world.living; thread != NULL; thread = thread->next_living)
        if (thread->clock_part == CLOCK_RESTING && thread->clock_until <= moment)
            call(thread);
}

/* Nothing is left to be done before the drive's end. */
static struct waiter *arrive(void)
{
    struct waiter *waiter = drive.waiter;
    if (drive.target > vow_now())
        vow_clock_set(drive.target);
    drive.waiter = NULL;
    call(vow_container_of(waiter->carrier, struct thread, carrier));
    return vow_waiter_claim(waiter, WAITER_DONE) ? waiter : NULL;
}

struct waiter *vow_clock_look(void)
{
    if ((drive.waiter == NULL && !drive.runs) || !vow_clock_stands() || !are_all_at_rest())
        return NULL;
    int64_t moment = earliest();
    if (drive.waiter != NULL && moment > drive.target)
        return arrive();
    if (moment <= CLOCK_NEVER)
        move_to(moment);
    return NULL;
}

/* Threads ------------------------------------------------------------------------------------------------------------ */

static void let_go(struct waiter *waiter)
{
    vow_lock_give(&vow_world.lock);
    if (waiter != NULL)
        vow_waiter_wake(waiter);
}

bool vow_clock_rest(struct thread *thread, struct vow_loop *loop, vow_deadline until)
{
    struct waiter *arrived = NULL;
    vow_lock_take(&vow_world.lock);
    bool rests = vow_clock_stands();
    if (rests) {
        thread->clock_part = CLOCK_RESTING;
        thread->clock_until = until.at;
        thread->clock_loop = loop;
        arrived = vow_clock_look();
        rests = thread->clock_part == CLOCK_RESTING && until.at > vow_now();
        if (!rests)
            thread->clock_part = CLOCK_ACTIVE;
    }
    let_go(arrived);
    return rests;
}

void vow_clock_rise(struct thread *thread)
{
    vow_lock_take(&vow_world.lock);
    thread->clock_part = CLOCK_ACTIVE;
    vow_lock_give(&vow_world.lock);
}

void vow_clock_leave_slowly(struct thread *thread)
{
    vow_lock_take(&vow_world.lock);
    if (!thread->clock_bound)
        thread->clock_part = CLOCK_OUT;
    let_go(vow_clock_look());
}

/* Stopping and moving ------------------------------------------------------------------------------------------------ */

/* Who was about to sleep by one clock, and looked at the course before it changed, has its bell rung after that. */
static void call_all(void)
{
    if (vow_barrier_available())
        vow_barrier_everywhere();
    for (struct thread *thread = vow_world.living; thread != NULL; thread = thread->next_living)
        vow_thread_wake(thread);
}

void vow_clock_begin(struct thread *thread)
{
    vow_lock_take(&vow_world.lock);
    for (struct thread *other = vow_world.living; other != NULL; other = other->next_living)
        other->clock_part = other->clock_bound ? CLOCK_ACTIVE : CLOCK_OUT;
    thread->clock_part = CLOCK_OUT;
    vow_clock_stop();
    call_all();
    vow_lock_give(&vow_world.lock);
}

void vow_clock_end(void)
{
    vow_lock_take(&vow_world.lock);
    vow_clock_go_on();
    drive.runs = false;
    call_all();
    vow_lock_give(&vow_world.lock);
}

void vow_clock_drive(struct thread *thread, struct waiter *waiter, int64_t target)
{
    vow_lock_take(&vow_world.lock);
    thread->clock_part = CLOCK_ACTIVE;
    drive.waiter = waiter;
    drive.target = target;
    vow_lock_give(&vow_world.lock);
}

void vow_clock_end_drive(void)
{
    vow_lock_take(&vow_world.lock);
    drive.waiter = NULL;
    vow_lock_give(&vow_world.lock);
}

int64_t vow_clock_earliest(void)
{
    vow_lock_take(&vow_world.lock);
    int64_t moment = earliest();
    vow_lock_give(&vow_world.lock);
    return moment;
}

void vow_clock_let_run(bool run)
{
    vow_lock_take(&vow_world.lock);
    drive.runs = run;
    let_go(vow_clock_look());
}
