/*
 * report.c - the hook and the policy for errors that nobody looked at.
 *
 * Hook and context change together, so a lock guards the pair; the hook itself is called outside of it.
 */
#include "base/report.h"

#include "base/child.h"
#include "base/fail.h"
#include <stdio.h>
#include <stdlib.h>
#include <vow/error.h>

enum { REPORT_LINE = 1024 };

static struct lock hook_lock;
VOW_CHILD_LOCK(hook_lock);
static vow_report_hook *current_hook;
static void *current_context;
static _Atomic int current_policy = VOW_UNHANDLED_REPORT;

static void write_line(enum vow_report_kind kind, vow_value subject)
{
    char text[REPORT_LINE];
    (void)vow_value_print(subject, text, sizeof(text));
    (void)fprintf(stderr, "vow: %s: %s\n", kind == VOW_REPORT_UNHANDLED ? "unhandled" : "finding",
                  text);
}

static void report(enum vow_report_kind kind, vow_value subject)
{
    vow_lock_take(&hook_lock);
    vow_report_hook *hook = current_hook;
    void *context = current_context;
    vow_lock_give(&hook_lock);
    if (hook != NULL)
        hook(kind, vow_borrow(subject), context);
    else
        write_line(kind, subject);
}

void vow_report_unhandled(vow_value error)
{
    /* relaxed: a setting, read alone */
    int policy = atomic_load_explicit(&current_policy, memory_order_relaxed);
    if (policy != VOW_UNHANDLED_IGNORE)
        report(VOW_REPORT_UNHANDLED, error);
    if (policy == VOW_UNHANDLED_ABORT)
        abort();
    vow_release(error);
}

void vow_report_finding(vow_value finding)
{
    report(VOW_REPORT_FINDING, finding);
    vow_release(finding);
}

void vow_set_report_hook(vow_report_hook *hook, void *context)
{
    vow_lock_take(&hook_lock);
    current_hook = hook;
    current_context = context;
    vow_lock_give(&hook_lock);
}

vow_status vow_set_unhandled_policy(enum vow_unhandled_policy policy)
{
    if ((int)policy < VOW_UNHANDLED_REPORT || policy > VOW_UNHANDLED_ABORT)
        return vow_fail_status(VOW_INVALID, "vow_set_unhandled_policy: policy %d does not exist",
                               (int)policy);
    atomic_store_explicit(&current_policy, (int)policy,
                          memory_order_relaxed); /* relaxed: as above */
    return VOW_OK;
}
