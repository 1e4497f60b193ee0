/*
 * line_write.c - writes lines of manifests, byte for byte as sha256sum does.
 */
#include "line.h"

#include <string.h>

static void write_digest(FILE *stream, const unsigned char *digest, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * DIGEST_LARGEST + 1];
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * size] = '\0';
    fputs(text, stream);
}

/* What stands for a character in an escaped name; NULL: the character itself. */
static const char *escape_of(char character)
{
    switch (character) {
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    default:
        return NULL;
    }
}

void line_write_name(FILE *stream, const char *name, bool escaped)
{
    if (!escaped) {
        fputs(name, stream);
        return;
    }
    for (; *name != '\0'; name++) {
        if (escape_of(*name) != NULL)
            fputs(escape_of(*name), stream);
        else
            putc(*name, stream);
    }
}

void line_write(FILE *stream, const struct options *options, const struct file *file)
{
    bool escaped = !options->zero && strpbrk(file->name, "\\\n\r") != NULL;
    if (escaped)
        putc('\\', stream);
    if (options->tag) {
        fprintf(stream, "%s (", options->algorithm->tag);
        line_write_name(stream, file->name, escaped);
        fputs(") = ", stream);
        write_digest(stream, file->digest, options->algorithm->size);
    } else {
        write_digest(stream, file->digest, options->algorithm->size);
        fputs(options->marking == BINARY ? " *" : "  ", stream);
        line_write_name(stream, file->name, escaped);
    }
    putc(options->zero ? '\0' : '\n', stream);
}
