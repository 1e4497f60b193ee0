/*
 * point.c - who looks in at points (point.h).
 */
#include "base/point.h"

#if defined(VOW_CHECKS) && VOW_CHECKS
void (*_Atomic vow_point_hook)(const char *what);
#else
extern int vow_point_nothing; /* a file with nothing in it is none */
#endif
