/*
 * fail.h - leaving a sentence behind: what vow_last_error() gives.
 */
#ifndef VOW_BASE_FAIL_H
#define VOW_BASE_FAIL_H

#include <vow/status.h>
#include <vow/value.h>

/* Formats the sentence ("vow_box_as: value is text, not a box of type point") and returns `status`. */
vow_status vow_fail_status(vow_status status, const char *format, ...) VOW_PRINTF(2, 3);

/* The same for hot paths: keeps the pointer to a literal, formats nothing. */
vow_status vow_fail_literal(vow_status status, const char *sentence);

/* The error value of `status` whose sentence is the last error's: for functions that give values. */
vow_value vow_error_from_last(const char *file, int line, vow_status status);

/* The preallocated error of `status`, made without memory: never fails, is never freed. */
vow_value vow_error_static(vow_status status);

#endif
