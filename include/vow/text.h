/**
 * vow/text.h - text and bytes: immutable boxes that carry their content.
 */
#ifndef VOW_TEXT_H
#define VOW_TEXT_H

#include <vow/box.h>

VOW_BEGIN_DECLARATIONS

/**
 * A text: copies the zero-terminated `text`. An owned value; an error value (VOW_NO_MEMORY, or VOW_INVALID for
 * NULL) where it cannot be made. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_text(const char *text);

/**
 * A text made as printf makes it. An owned value; an error value (VOW_NO_MEMORY, VOW_INVALID) where it cannot
 * be made. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_text_format(const char *format, ...) VOW_PRINTF(1, 2);

/** Whether `value` is a text. Borrows. Any thread; never waits. */
VOW_API bool vow_is_text(vow_value value);

/**
 * The zero-terminated text in `value`, borrowed; NULL if it is none, and `vow_last_error` says what it is.
 * Any thread; never waits.
 */
VOW_API const char *vow_as_text(vow_value value);

/**
 * Bytes: copies `size` bytes from `data`, which may be NULL where `size` is 0. An owned value; an error value
 * (VOW_NO_MEMORY, VOW_INVALID) where it cannot be made. Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_bytes(const void *data, size_t size);

/** Whether `value` is bytes. Borrows. Any thread; never waits. */
VOW_API bool vow_is_bytes(vow_value value);

/**
 * The content of the bytes, or of the text without its closing zero, in `value`, borrowed; its length in
 * `*ret_size` (which may be NULL). NULL if it is neither, and `vow_last_error` says what it is.
 * Any thread; never waits.
 */
VOW_API const void *vow_as_bytes(vow_value value, size_t *ret_size);

VOW_END_DECLARATIONS

#endif
