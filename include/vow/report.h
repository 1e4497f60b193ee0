/**
 * vow/report.h - the one place where vow tells of errors that nobody looked at.
 *
 * When the last reference to a promise goes and its error was never looked at (waited for, peeked at, given to
 * a `rejected` function, handed on to another promise), the error is reported. vow prints nowhere else.
 */
#ifndef VOW_REPORT_H
#define VOW_REPORT_H

#include <vow/value.h>

VOW_BEGIN_DECLARATIONS

/** What happens to an error that nobody looked at. */
enum vow_unhandled_policy {
    VOW_UNHANDLED_REPORT, /**< it goes to the hook: the default */
    VOW_UNHANDLED_IGNORE, /**< nothing */
    VOW_UNHANDLED_ABORT   /**< it goes to the hook, then the process aborts */
};

/** What a report is about. */
enum vow_report_kind {
    VOW_REPORT_UNHANDLED, /**< an error that nobody looked at */
    VOW_REPORT_FINDING    /**< misuse that was found in debug mode */
};

/**
 * The hook: gets each report, on the thread where it arises, which may be any; `subject` is borrowed.
 * It may call vow, but not wait.
 */
typedef void vow_report_hook(enum vow_report_kind kind, vow_value subject, void *context);

/**
 * Replaces the hook of the process; `hook` is called on the thread where the report arises, which may be any: for
 * programs, never for libraries. Borrows `context` for good. NULL puts the one back that writes a line to standard
 * error. Any thread; never waits.
 */
VOW_API void vow_set_report_hook(vow_report_hook *hook, void *context);

/**
 * Chooses the policy of the process: for programs, never for libraries.
 * VOW_INVALID: no such policy. Any thread; never waits.
 */
VOW_API vow_status vow_set_unhandled_policy(enum vow_unhandled_policy policy);

VOW_END_DECLARATIONS

#endif
