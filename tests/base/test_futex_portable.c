/*
 * test_futex_portable.c - test_futex.c, with the whole library on the portable futex: its functions are
 * defined here, so the linker has no need of the library's own.
 */
#define VOW_PORTABLE_FUTEX

#include "base/futex_portable.c" /* NOLINT(bugprone-suspicious-include) */

#include "test_futex.c" /* NOLINT(bugprone-suspicious-include) */
