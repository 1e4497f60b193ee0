/*
 * quote.c - quoting for a shell, as the GNU tools do it.
 *
 * A name is shown plainly if no shell would mind. Else it stands between single quotes; a single quote in
 * it becomes '\'', what cannot be printed becomes an escape between $' and '. A name whose only oddity is
 * its single quotes stands between double quotes.
 *
 * What can be printed is the locale's to say: main() has called setlocale.
 *
 * Names from manifests may be as long as memory: the time that this takes grows with the length, no more.
 */
#include "quote.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "memory.h"

/* The longest that one byte of a name becomes, and room for the quotes around it all: '$'\377''. */
#define LONGEST_BYTE 9

/* How many bytes at `text` make one character that can be printed; 0 if they make none. */
static size_t printable(const char *text)
{
    wchar_t character;
    mbstate_t state;
    memset(&state, 0, sizeof state);
    size_t length = mbrtowc(&character, text, strnlen(text, MB_LEN_MAX), &state);
    if (length == 0 || length > MB_LEN_MAX || !iswprint((wint_t)character))
        return 0;
    return length;
}

/* Whether a shell would mind the character at `text`, within `name`; single quotes are another matter. */
static bool minds(const char *name, const char *text)
{
    if (strchr("~#", *text) != NULL)
        return text == name;
    if (strchr("{}", *text) != NULL)
        return name[1] == '\0';
    return strchr(" !\"$&()*;<=>[^`|?\\:", *text) != NULL || printable(text) == 0;
}

/* Whether the character at `text`, within `name`, keeps it from standing between double quotes. */
static bool minds_double(const char *name, const char *text)
{
    if (strchr("~#", *text) != NULL)
        return text != name;
    return strchr("!\"$&()*;<=>[^`|?\\{}", *text) != NULL || printable(text) == 0;
}

enum style { PLAIN, SINGLE, DOUBLE };

static enum style style_of(const char *name)
{
    bool odd = *name == '\0', apostrophe = false, doubled = true;
    for (const char *text = name; *text != '\0';) {
        apostrophe |= *text == '\'';
        odd |= minds(name, text);
        doubled &= !minds_double(name, text);
        size_t length = printable(text);
        text += length > 0 ? length : 1;
    }
    if (apostrophe)
        return doubled ? DOUBLE : SINGLE;
    return odd ? SINGLE : PLAIN;
}

/* Writes the escape for one byte that cannot be printed; returns where it ends. */
static char *escape(char *to, unsigned char byte)
{
    static const char letters[] = "abtnvfr"; /* for the bytes 7 to 13 */
    if (byte >= 7 && byte <= 13)
        return to + sprintf(to, "\\%c", letters[byte - 7]);
    return to + sprintf(to, "\\%03o", byte);
}

/* Writes `name` between single quotes; returns where they end. */
static char *write_single(char *to, const char *name)
{
    bool escaping = false;
    *to++ = '\'';
    for (const char *text = name; *text != '\0';) {
        size_t length = printable(text);
        if (length == 0) {
            to = escaping ? to : stpcpy(to, "'$'");
            to = escape(to, (unsigned char)*text++);
            escaping = true;
        } else if (*text == '\'') {
            to = stpcpy(to, "'\\''");
            text++;
            escaping = false;
        } else {
            to = escaping ? stpcpy(to, "''") : to;
            to = mempcpy(to, text, length);
            text += length;
            escaping = false;
        }
    }
    return stpcpy(to, "'");
}

char *quote(const char *name)
{
    size_t length = strlen(name);
    char *quoted = memory_resize(NULL, length + 1, LONGEST_BYTE);
    switch (style_of(name)) {
    case PLAIN:
        memcpy(quoted, name, length + 1);
        break;
    case DOUBLE:
        stpcpy(stpcpy(stpcpy(quoted, "\""), name), "\"");
        break;
    case SINGLE:
        write_single(quoted, name);
        break;
    }
    return quoted;
}
