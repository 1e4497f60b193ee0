/*
 * line_read.c - reads lines of manifests, as liberally and as strictly as `sha256sum -c` does.
 */
#include "line.h"

#include <string.h>

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* The value of a hexadecimal digit; -1 for any other character. */
static int digit(char character)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = character == '\0' ? NULL : strchr(digits, character);
    return found == NULL ? -1 : (int)((found - digits) % 16);
}

/* Reads a digest of `size` bytes; gives where it ends, or NULL if it is none. */
static const char *read_digest(const char *text, unsigned char *ret_digest, size_t size)
{
    for (size_t i = 0; i < size; i++, text += 2) {
        int high = digit(text[0]);
        int low = high < 0 ? -1 : digit(text[1]);
        if (low < 0)
            return NULL;
        ret_digest[i] = (unsigned char)(high << 4 | low);
    }
    return text;
}

/* What the letter behind a backslash stands for; 0 for a letter that line_write_name() never puts there. */
static char meaning(char letter)
{
    switch (letter) {
    case '\\':
        return '\\';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    default:
        return '\0';
    }
}

/* Takes the escapes out of `name`, in place; false if one is wrong. */
static bool unescape(char *name)
{
    char *to = name;
    for (const char *from = name; *from != '\0'; from++) {
        *to = *from == '\\' ? meaning(*++from) : *from;
        if (*to++ == '\0')
            return false;
    }
    *to = '\0';
    return true;
}

/* Reads "(name) = HASH". */
static bool read_tagged(char *text, size_t size, unsigned char *ret_digest, char **ret_name)
{
    char *end = strrchr(text, ')');
    if (*text != '(' || end == NULL)
        return false;
    const char *sign = skip_blanks(end + 1);
    if (*sign != '=')
        return false;
    const char *rest = read_digest(skip_blanks(sign + 1), ret_digest, size);
    *end = '\0';
    *ret_name = text + 1;
    return rest != NULL && *rest == '\0';
}

/*
 * Finds the name behind a digest and its first blank: "*name" and " name" are the standard form; with neither
 * mark it is BSD's reversed one, where all belongs to the name. The first line decides which it is for
 * all, so that nobody can slip in another file by a blank before its name.
 */
static char *find_name(char *rest, enum form *form)
{
    bool marked = strchr(" *", rest[0]) != NULL && rest[1] != '\0';
    if (!marked && *form == FORM_STANDARD)
        return NULL;
    if (*form == FORM_UNKNOWN || !marked)
        *form = marked ? FORM_STANDARD : FORM_REVERSED;
    return *form == FORM_STANDARD ? rest + 1 : rest;
}

/* Reads "HASH  name". */
static bool read_untagged(char *text, size_t size, enum form *form, unsigned char *ret_digest,
                          char **ret_name)
{
    const char *end = read_digest(text, ret_digest, size);
    if (end == NULL || strchr(" \t", *end) == NULL || end[0] == '\0' || end[1] == '\0')
        return false;
    *ret_name = find_name(text + 2 * size + 1, form);
    return *ret_name != NULL;
}

bool line_read(char *text, const struct algorithm *algorithm, enum form *form,
               unsigned char *ret_digest, char **ret_name)
{
    text += strspn(text, " \t");
    bool escaped = *text == '\\';
    text += escaped;
    size_t tag = strlen(algorithm->tag);
    bool right;
    if (strncmp(text, algorithm->tag, tag) == 0)
        right = read_tagged(text + tag + (text[tag] == ' '), algorithm->size, ret_digest, ret_name);
    else
        right = read_untagged(text, algorithm->size, form, ret_digest, ret_name);
    return right && (!escaped || unescape(*ret_name));
}
