/**
 * options.h - the command line.
 */
#ifndef VOWSUM_OPTIONS_H
#define VOWSUM_OPTIONS_H

#include <stdbool.h>

#include "algorithm.h"

/** How names are marked. */
enum marking { UNMARKED, TEXT, BINARY };

struct options {
    const struct algorithm *algorithm;
    int workers;          /**< threads that hash: 0 for none, VOW_EVERY_CPU for one per processor */
    bool check;           /**< verify manifests instead of writing one */
    bool tag;             /**< lines in BSD's form */
    enum marking marking; /**< BINARY: with '*', else with ' ' */
    bool zero;            /**< end lines with a zero byte, and escape nothing */
    bool progress;        /**< draw a bar on standard error */
    struct {
        bool ignore_missing; /**< pass over listed files that are not there */
        bool quiet;          /**< do not say OK */
        bool status;         /**< say nothing, but by the exit status */
        bool strict;         /**< fail on malformed lines */
        bool warn;           /**< tell of each malformed line */
    } checking;
    char *const *names; /**< what is to be hashed or checked, ended by NULL; never empty */
};

/**
 * Reads the command line. Ends the program where all is said with that: after --help and --version with
 * status 0, after a mistake with status 1.
 */
void options_read(struct options *options, int count, char *const *arguments);

#endif
