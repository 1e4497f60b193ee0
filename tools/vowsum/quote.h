/**
 * quote.h - names in messages: as they are, or quoted for a shell where they hold anything odd.
 */
#ifndef VOWSUM_QUOTE_H
#define VOWSUM_QUOTE_H

/**
 * `name` as the GNU tools show it in their messages: plain, or 'quoted', or "it's quoted", or with
 * escapes: 'a'$'\n''b'. The caller frees it. Control characters never come through.
 */
char *quote(const char *name);

#endif
