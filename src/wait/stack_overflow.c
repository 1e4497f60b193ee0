#include "wait/stack_overflow.h"
void vow_overflow_watch(void)
{
}
void vow_overflow_thread_begin(void)
{
}
void vow_overflow_thread_end(void)
{
}
