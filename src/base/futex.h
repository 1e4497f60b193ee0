/*
 * futex.h - sleep while a 32-bit word keeps a value; the only place where a thread blocks in the kernel.
 *
 * Linux's futex; elsewhere a table of mutexes and conditions (futex_portable.c).
 */
#ifndef VOW_BASE_FUTEX_H
#define VOW_BASE_FUTEX_H

#include "base/platform.h"
#include <stdbool.h>
#include <vow/time.h>

/* Sleeps while *word == expected, at most until `deadline`. False if the deadline passed; may wake for no
   reason. errno is kept. */
bool vow_futex_wait(_Atomic uint32_t *word, uint32_t expected, vow_deadline deadline);

/* Wakes at most `count` sleepers on `word`. errno is kept. */
void vow_futex_wake(_Atomic uint32_t *word, int count);

#endif
