/*
 * manifests_model.c - the second reading (manifests.h).
 */
#include "manifests.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The character at `at`; -1 at the end. */
static int look(const struct reading *reading, size_t at)
{
    return at < reading->size ? (unsigned char)reading->text[at] : -1;
}

static size_t skip_blanks(const struct reading *reading, size_t at)
{
    while (look(reading, at) == ' ' || look(reading, at) == '\t')
        at++;
    return at;
}

static bool has_tag(const struct reading *reading, size_t at)
{
    size_t size = strlen(reading->tag);
    return reading->size - at >= size && memcmp(reading->text + at, reading->tag, size) == 0;
}

static bool read_hash(struct reading *reading, size_t at)
{
    for (size_t i = 0; i < reading->digest_size; i++) {
        char digits[3] = {0};
        unsigned value;
        for (size_t j = 0; j < 2; j++) {
            int character = look(reading, at + 2 * i + j);
            if (character < 0 || !isxdigit(character))
                return false;
            digits[j] = (char)character;
        }
        if (sscanf(digits, "%2x", &value) != 1)
            return false;
        reading->digest[i] = (unsigned char)value;
    }
    return true;
}

/* The name from `at` to before `end`; false: an escape in it is none. */
static bool read_name(struct reading *reading, size_t at, size_t end, bool escaped)
{
    static const char letters[] = "\\nr", meanings[] = "\\\n\r";
    size_t length = 0;
    for (; at < end; at++) {
        char character = reading->text[at];
        if (escaped && character == '\\') {
            const char *letter = at + 1 < end ? strchr(letters, reading->text[++at]) : NULL;
            if (letter == NULL || *letter == '\0')
                return false;
            character = meanings[letter - letters];
        }
        reading->name[length++] = character;
    }
    reading->name[length] = '\0';
    return true;
}

static bool read_tagged(struct reading *reading, size_t at, bool escaped)
{
    size_t close = reading->size;
    if (look(reading, at) != '(')
        return false;
    while (close > at && reading->text[close - 1] != ')')
        close--;
    if (close == at)
        return false;
    size_t sign = skip_blanks(reading, close);
    if (look(reading, sign) != '=')
        return false;
    size_t hash = skip_blanks(reading, sign + 1);
    return reading->size - hash == 2 * reading->digest_size && read_hash(reading, hash) &&
           read_name(reading, at + 1, close - 1, escaped);
}

static bool read_untagged(struct reading *reading, size_t at, enum marks *marks, bool escaped)
{
    size_t blank = at + 2 * reading->digest_size;
    if (!read_hash(reading, at) || blank + 1 >= reading->size)
        return false;
    if (look(reading, blank) != ' ' && look(reading, blank) != '\t')
        return false;
    int mark = look(reading, blank + 1);
    bool marked = (mark == ' ' || mark == '*') && blank + 2 < reading->size;
    if (!marked && *marks == WITH_MARKS)
        return false;
    if (!marked)
        *marks = WITHOUT_MARKS;
    else if (*marks == MARKS_UNKNOWN)
        *marks = WITH_MARKS;
    return read_name(reading, blank + (*marks == WITH_MARKS ? 2 : 1), reading->size, escaped);
}

bool read_again(struct reading *reading, enum marks *marks)
{
    size_t at = skip_blanks(reading, 0);
    bool escaped = look(reading, at) == '\\';
    at += escaped;
    if (!has_tag(reading, at))
        return read_untagged(reading, at, marks, escaped);
    at += strlen(reading->tag);
    return read_tagged(reading, at + (look(reading, at) == ' '), escaped);
}
