/*
 * clock.c - virtual clocks, as their users see them (vow/clock.h).
 *
 * Advancing is a wait of the calling thread, which serves meanwhile what any wait would; it ends when time has come to where
 * it is to, and all are at rest (clock_rest.h). Installing is such a wait, too, for no time at all: after it all that
 * sleeps has said until when.
 *
 * Invariant: `installed`, and a clock's `began`, `elapsed` and `advancing`, are guarded by the lock.
 */
#include <vow/clock.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/ledger.h"
#include "base/object.h"
#include "execution/clock_rest.h"
#include "execution/loop_internal.h"
#include "execution/park.h"

struct vow_clock {
    int64_t began;
    int64_t elapsed; /* of one that was uninstalled */
    bool advancing;
};

static struct lock lock;
VOW_CHILD_LOCK(lock);
static vow_clock *installed;

vow_clock *vow_clock_new(void)
{
    vow_clock *clock = vow_object_new(sizeof(*clock));
    if (clock == NULL)
        vow_fail_literal(VOW_NO_MEMORY, "vow_clock_new: the allocator gave no memory");
    else
        *clock = (vow_clock){.advancing = false};
    vow_ledger_name(clock, "clock");
    return clock;
}

static vow_status refuse(const char *function, const char *reason)
{
    return vow_fail_status(VOW_INVALID, "%s: %s", function, reason);
}

/* Advancing -------------------------------------------------------------------------------------------------------- */

static bool is_inside_a_call(const struct thread *thread)
{
    return vow_locals.running != NULL || vow_locals.job != NULL || vow_locals.depth != 0 ||
           vow_locals.firing != NULL || thread->carrier.line != NULL;
}

/* Waits until time has come to `target`, and all are at rest. It has a deadline, as far as others know: nobody need wonder
   whether it will end. */
static vow_status drive_to(int64_t target, const char *function, const vow_clock *clock)
{
    struct waiter waiter;
    vow_status status = vow_wait_begin(&waiter, function, clock);
    if (status != VOW_OK)
        return status;
    vow_clock_drive(vow_here.thread, &waiter, target);
    enum outcome outcome = vow_wait_end(&waiter, vow_at(INT64_MAX - 1));
    vow_clock_end_drive();
    return outcome == WAITER_DONE ? VOW_OK : vow_wait_failed(&waiter, outcome);
}

/* What is wrong, or NULL: then `clock` is being advanced by the caller. */
static const char *begin_advance(vow_clock *clock)
{
    vow_lock_take(&lock);
    const char *wrong = clock != installed ? "clock is not installed"
                        : clock->advancing ? "clock is being advanced already"
                                           : NULL;
    if (wrong == NULL)
        clock->advancing = true;
    vow_lock_give(&lock);
    return wrong;
}

static void end_advance(vow_clock *clock)
{
    vow_lock_take(&lock);
    clock->advancing = false;
    vow_lock_give(&lock);
}

static vow_status step(const vow_clock *clock, int64_t nanoseconds, const char *function,
                       const char *argument)
{
    int64_t target = vow_after(nanoseconds).at;
    if (target > CLOCK_NEVER)
        return vow_fail_status(VOW_LIMIT, "%s: %s is too long: time would come to 146 years",
                               function, argument);
    return drive_to(target, function, clock);
}

static vow_status pump(vow_clock *clock, const int64_t *steps, size_t count, const char *function,
                       const char *argument)
{
    struct thread *thread = vow_thread_here();
    if (thread == NULL)
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    if (is_inside_a_call(thread))
        return refuse(function, "called inside of a callback or a job");
    const char *wrong = begin_advance(clock);
    if (wrong != NULL)
        return refuse(function, wrong);
    vow_status status = VOW_OK;
    for (size_t i = 0; i < count && status == VOW_OK; i++)
        status = step(clock, steps[i], function, argument);
    end_advance(clock);
    return status;
}

vow_status vow_clock_advance(vow_clock *clock, int64_t nanoseconds)
{
    if (clock == NULL)
        return refuse("vow_clock_advance", "clock is NULL");
    if (nanoseconds < 0)
        return refuse("vow_clock_advance", "nanoseconds is negative");
    return pump(clock, &nanoseconds, 1, "vow_clock_advance", "nanoseconds");
}

vow_status vow_clock_pump(vow_clock *clock, const int64_t *steps, size_t count)
{
    static const char function[] = "vow_clock_pump";
    if (clock == NULL)
        return refuse(function, "clock is NULL");
    if (steps == NULL && count != 0)
        return refuse(function, "steps is NULL");
    for (size_t i = 0; i < count; i++)
        if (steps[i] < 0)
            return vow_fail_status(VOW_INVALID, "%s: steps[%zu] is negative", function, i);
    return pump(clock, steps, count, function, "a step of steps");
}

vow_status vow_clock_run_ahead(vow_clock *clock, bool run)
{
    if (clock == NULL)
        return refuse("vow_clock_run_ahead", "clock is NULL");
    vow_lock_take(&lock);
    bool is_installed = clock == installed;
    if (is_installed)
        vow_clock_let_run(run);
    vow_lock_give(&lock);
    return is_installed ? VOW_OK : refuse("vow_clock_run_ahead", "clock is not installed");
}

int64_t vow_clock_elapsed(const vow_clock *clock)
{
    if (clock == NULL)
        return 0;
    vow_lock_take(&lock);
    int64_t elapsed = clock == installed ? vow_now() - clock->began : clock->elapsed;
    vow_lock_give(&lock);
    return elapsed;
}

/* Installing ------------------------------------------------------------------------------------------------------- */

/* What is at home on this thread. */
static bool has_timers(const struct thread *thread)
{
    const struct vow_loop *loop = thread->loop;
    while (loop != NULL && loop->wheel.count == 0 && loop->due == NULL)
        loop = loop->previous;
    return loop != NULL || thread->carrier.wheel.count != 0;
}

/* From then on time stands. */
static bool take_place(vow_clock *clock, struct thread *thread)
{
    vow_lock_take(&lock);
    bool first = installed == NULL;
    if (first) {
        installed = clock;
        clock->advancing = true;
        vow_clock_begin(thread);
        clock->began = vow_now();
    }
    vow_lock_give(&lock);
    return first;
}

/* Under the lock. */
static void give_place(vow_clock *clock)
{
    clock->elapsed = vow_now() - clock->began;
    clock->advancing = false;
    installed = NULL;
    vow_clock_end();
}

static vow_status come_to_rest(const vow_clock *clock, const struct thread *thread,
                               const char *function)
{
    vow_status status = drive_to(vow_now(), function, clock);
    if (status == VOW_OK && (has_timers(thread) || vow_clock_earliest() < CLOCK_NEVER))
        return refuse(function, "something waits for a moment of real time already");
    return status;
}

vow_status vow_clock_install(vow_clock *clock)
{
    static const char function[] = "vow_clock_install";
    struct thread *thread = vow_thread_here();
    if (clock == NULL)
        return refuse(function, "clock is NULL");
    if (thread == NULL)
        return vow_fail_status(VOW_NO_MEMORY, "%s: out of memory", function);
    if (is_inside_a_call(thread))
        return refuse(function, "called inside of a callback or a job");
    if (has_timers(thread))
        return refuse(function, "something waits for a moment of real time already");
    if (!take_place(clock, thread))
        return refuse(function, "a clock is installed already");
    vow_status status = come_to_rest(clock, thread, function);
    vow_lock_take(&lock);
    if (status == VOW_OK)
        clock->advancing = false;
    else
        give_place(clock);
    vow_lock_give(&lock);
    return status;
}

static vow_status uninstall(vow_clock *clock, const char *function)
{
    const char *wrong = NULL;
    vow_lock_take(&lock);
    if (clock != installed)
        wrong = "clock is not installed";
    else if (clock->advancing)
        wrong = "clock is being advanced";
    else
        give_place(clock);
    vow_lock_give(&lock);
    return wrong == NULL ? VOW_OK : refuse(function, wrong);
}

/* The calling thread is not called: it does not sleep. Its loops over users' uv_loop_t have to set their alarms. */
static void arm_loops(void)
{
    struct thread *thread = vow_here.thread;
    struct vow_loop *loop = thread != NULL ? thread->loop : NULL;
    for (; loop != NULL; loop = loop->previous)
        vow_loop_arm(loop);
}

vow_status vow_clock_uninstall(vow_clock *clock)
{
    if (clock == NULL)
        return refuse("vow_clock_uninstall", "clock is NULL");
    vow_status status = uninstall(clock, "vow_clock_uninstall");
    if (status == VOW_OK)
        arm_loops();
    return status;
}

vow_status vow_clock_free(vow_clock *clock)
{
    vow_lock_take(&lock);
    bool in_place = clock != NULL && clock == installed;
    vow_lock_give(&lock);
    vow_status status = in_place ? uninstall(clock, "vow_clock_free") : VOW_OK;
    if (status != VOW_OK || clock == NULL)
        return status;
    if (in_place)
        arm_loops();
    vow_object_delete(clock, sizeof(*clock));
    return VOW_OK;
}
