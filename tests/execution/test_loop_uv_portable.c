/*
 * test_loop_uv_portable.c - test_loop_uv.c, with the whole library on the portable bell: its functions are defined here,
 * so the linker has no need of the library's own.
 */
#define VOW_PORTABLE_BELL

#include "execution/bell.c" /* NOLINT(bugprone-suspicious-include) */

#include "test_loop_uv.c" /* NOLINT(bugprone-suspicious-include) */
