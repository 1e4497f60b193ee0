/**
 * manifest.h - a source: the files that a manifest lists.
 */
#ifndef VOWSUM_MANIFEST_H
#define VOWSUM_MANIFEST_H

#include <stdio.h>

#include "file.h"
#include "line.h"

struct session;

/** Reads one manifest after the other. */
struct manifest {
    struct session *session;
    enum form form;           /**< kept from one manifest to the next */
    bool standard_input_read; /**< by a manifest, or for a file */
    bool from_standard_input; /**< the manifest that is open */
    int descriptor;
    bool patient;
    FILE *stream;
    char *text; /**< the line that we are at */
    size_t room;
    uint64_t line; /**< its number, from 1 */
};

void manifest_begin(struct manifest *manifest, struct session *session);

/** Opens the manifest `name`, "-" for standard input. Gives 0 or an errno. */
int manifest_open(struct manifest *manifest, const char *name);

/** The open manifest as a source. A malformed line comes out as a file without a name, from NOWHERE. */
struct source manifest_source(struct manifest *manifest);

/** Closes the open manifest; false if reading it has failed. */
bool manifest_close(struct manifest *manifest);

void manifest_end(struct manifest *manifest);

#endif
