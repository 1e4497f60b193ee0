/*
 * line_write.c - writes lines of manifests, byte for byte as sha256sum does.
 */
#include "line.h"

#include <string.h>

static void write_digest(FILE *stream, const unsigned char *digest, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        putc(digits[digest[i] >> 4], stream);
        putc(digits[digest[i] & 15], stream);
    }
}

void line_write_name(FILE *stream, const char *name, bool escaped)
{
    for (; *name != '\0'; name++) {
        if (escaped && *name == '\\')
            fputs("\\\\", stream);
        else if (escaped && *name == '\n')
            fputs("\\n", stream);
        else if (escaped && *name == '\r')
            fputs("\\r", stream);
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
