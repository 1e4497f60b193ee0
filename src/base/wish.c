/*
 * wish.c - reading VOW_DEBUG (wish.h).
 */
#include "base/wish.h"

#include <stdlib.h>
#include <string.h>

bool vow_debug_asks_for(const char *word)
{
    const char *wish = getenv("VOW_DEBUG");
    size_t length = strlen(word);
    while (wish != NULL) {
        if (strncmp(wish, word, length) == 0 && (wish[length] == '\0' || wish[length] == ','))
            return true;
        wish = strchr(wish, ',');
        wish = wish != NULL ? wish + 1 : NULL;
    }
    return false;
}
