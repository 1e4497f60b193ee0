/*
 * version.c - the version of the library that runs, which may differ from that of the headers.
 */
#include <vow/version.h>

const char *vow_version(void)
{
    return VOW_VERSION_TEXT;
}
