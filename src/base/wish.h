/*
 * wish.h - what the environment asks of debug mode: VOW_DEBUG, a list of words with commas.
 */
#ifndef VOW_BASE_WISH_H
#define VOW_BASE_WISH_H

#include <stdbool.h>

/* Whether VOW_DEBUG has this word. */
bool vow_debug_asks_for(const char *word);

#endif
