/*
 * report.h - handing findings to the one hook (vow/report.h).
 */
#ifndef VOW_BASE_REPORT_H
#define VOW_BASE_REPORT_H

#include <vow/report.h>

/* An error that nobody looked at: follows the policy. Takes `error`. */
void vow_report_unhandled(vow_value error);

/* A finding of debug mode. Takes `finding`. */
void vow_report_finding(vow_value finding);

#endif
