/**
 * vow/name.h - names: interned, so that equal names are one pointer.
 *
 *     static const vow_name_handle *moved;
 *     moved = vow_name("moved");                 once; from then on names are compared as pointers
 */
#ifndef VOW_NAME_H
#define VOW_NAME_H

#include <vow/compiler.h>

VOW_BEGIN_DECLARATIONS

/** A name. Lives as long as the process; never freed. */
typedef struct vow_name_handle vow_name_handle;

/**
 * The name that is written `text`: the same pointer each time, on every thread. Copies `text` where the name is new;
 * names are kept for good, so make them of a bounded set of texts. Looks the text up: keep the pointer where speed matters.
 * NULL on VOW_INVALID (`text` is NULL), VOW_NO_MEMORY. Any thread; never waits.
 */
VOW_API const vow_name_handle *vow_name(const char *text);

/** How `name` is written. Borrowed for good; "" for NULL. Any thread; never waits. */
VOW_API const char *vow_name_text(const vow_name_handle *name);

VOW_END_DECLARATIONS

#endif
