/*
 * text.c - text and bytes: inline boxes whose content never changes.
 *
 * Invariant: a text's content ends with a zero, which its box's size counts and its length does not.
 */
#include <vow/text.h>

#include <stdarg.h>
#include <string.h>
#include <vow/error.h>

#include "base/box.h"
#include "base/fail.h"
#include "base/format.h"

const struct vow_type vow_text_type = {.name = "text"};
const struct vow_type vow_bytes_type = {.name = "bytes"};

static vow_value no_memory(const char *sentence)
{
    vow_fail_literal(VOW_NO_MEMORY, sentence);
    return vow_error_static(VOW_NO_MEMORY);
}

static vow_value invalid(const char *sentence)
{
    vow_fail_literal(VOW_INVALID, sentence);
    return vow_error_from_last(__FILE__, __LINE__, VOW_INVALID);
}

vow_value vow_text(const char *text)
{
    if (text == NULL)
        return invalid("vow_text: text is NULL");
    size_t size = strlen(text) + 1;
    struct box *box = vow_box_inline(&vow_text_type, size);
    if (box == NULL)
        return no_memory("vow_text: out of memory");
    memcpy(vow_box_content(box), text, size);
    return vow_box_value(box);
}

VOW_PRINTF(1, 0)
static vow_value text_from(const char *format, va_list arguments)
{
    struct format measured;

    if (!vow_format_measure(&measured, format, arguments))
        return invalid("vow_text_format: the format cannot be printed");
    struct box *box = vow_box_inline(&vow_text_type, measured.length + 1);
    if (box == NULL)
        return no_memory("vow_text_format: out of memory");
    vow_format_write(&measured, vow_box_content(box), format, arguments);
    return vow_box_value(box);
}

vow_value vow_text_format(const char *format, ...)
{
    va_list arguments;

    if (format == NULL)
        return invalid("vow_text_format: format is NULL");
    va_start(arguments, format);
    vow_value text = text_from(format, arguments);
    va_end(arguments);
    return text;
}

bool vow_is_text(vow_value value)
{
    return vow_box_of(&vow_text_type, value) != NULL;
}

const char *vow_as_text(vow_value value)
{
    struct box *box = vow_box_of(&vow_text_type, value);

    if (vow_likely(box != NULL))
        return vow_box_content(box);
    vow_value_refuse("vow_as_text", value, "a text");
    return NULL;
}

vow_value vow_bytes(const void *data, size_t size)
{
    if (data == NULL && size != 0)
        return invalid("vow_bytes: data is NULL, but size is not 0");
    struct box *box = vow_box_inline(&vow_bytes_type, size);
    if (box == NULL)
        return no_memory("vow_bytes: out of memory");
    if (size != 0)
        memcpy(vow_box_content(box), data, size);
    return vow_box_value(box);
}

bool vow_is_bytes(vow_value value)
{
    return vow_box_of(&vow_bytes_type, value) != NULL;
}

const void *vow_as_bytes(vow_value value, size_t *ret_size)
{
    struct box *bytes = vow_box_of(&vow_bytes_type, value);
    struct box *text = vow_box_of(&vow_text_type, value);
    struct box *box = bytes != NULL ? bytes : text;

    if (box == NULL) {
        vow_value_refuse("vow_as_bytes", value, "bytes or a text");
        return NULL;
    }
    if (ret_size != NULL)
        *ret_size = bytes != NULL ? box->size : box->size - 1;
    return vow_box_content(box);
}
