/*
 * callers.h - who has called.
 */
#ifndef VOW_BASE_CALLERS_H
#define VOW_BASE_CALLERS_H

#include <stdbool.h>
#include <stdint.h>

#define CALLERS_MOST 1000u /* frames that are looked at */

/* Whether the calling code runs, however deeply, inside of the function at `function`: its frame is on this stack. False
   also where that cannot be told: no frame information, or more than CALLERS_MOST frames between. Takes a microsecond or
   some; async-signal-unsafe. */
bool vow_is_called_by(uintptr_t function);

/* Where those who have called go on, the innermost first: the calling function's own place, then its caller's … Gives how many,
   at most `most`; 0 where that cannot be told. Async-signal-unsafe. */
int vow_callers(void **frames, int most);

#endif
