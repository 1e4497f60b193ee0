/**
 * vow/value.h - values: a kind and a word, 16 bytes, passed by value.
 *
 *     vow_value n = vow_integer(42);
 *     vow_value t = vow_text("hello");            counted: released once by whoever owns it
 *     if (vow_is_text(t)) puts(vow_as_text(t));
 *     vow_release(t);
 *
 * Boxes, errors and promises are counted objects; the other kinds are plain words. A value knows whether it
 * is *owned*: what a function is given, and what an accessor returns, is borrowed; constructors and
 * `vow_retain` give owned ones. Whoever keeps, returns or passes on a value need not think: the library
 * retains it where it is borrowed and takes it where it is owned. Releasing a borrowed value does nothing.
 */
#ifndef VOW_VALUE_H
#define VOW_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vow/compiler.h>
#include <vow/status.h>

VOW_BEGIN_DECLARATIONS

/** What a value is. */
enum vow_kind {
    VOW_NONE = 0, /**< nothing; also what `{0}` is */
    VOW_INTEGER,  /**< an int64_t */
    VOW_REAL,     /**< a double */
    VOW_POINTER,  /**< a pointer that vow neither follows nor frees */
    VOW_END,      /**< the end of a stream */
    VOW_SKIP,     /**< nothing for this item */
    VOW_BOX,      /**< a counted object with a type: text, bytes, lists, and users' own */
    VOW_ERROR,    /**< a counted error: returning one is raising it */
    VOW_PROMISE   /**< a promise: returning one is waiting for it */
};

/** Set in `vow_value.kind` where the value is owned. Read kinds through `vow_kind_of`. */
#define VOW_OWNED_BIT 0x80u

/** A value. Make and read it through the functions of this header. */
typedef struct vow_value {
    uint32_t kind;     /**< an enum vow_kind, and perhaps VOW_OWNED_BIT */
    uint32_t reserved; /**< 0 */
    union {
        int64_t integer; /**< of VOW_INTEGER */
        double real;     /**< of VOW_REAL */
        void *pointer;   /**< of VOW_POINTER, and of what is counted */
    } as;                /**< the word; read it through the functions below */
} vow_value;

/**
 * The one kind of function: callback, errback, progress listener and job.
 * `input` is borrowed for the call. What it returns is taken: returning an error is raising it, returning a
 * promise is waiting for it. `context` is the pointer that was given along with the function.
 */
typedef vow_value vow_fn(vow_value input, void *context);

/** What `value` is. Any thread; never waits. */
static inline enum vow_kind vow_kind_of(vow_value value)
{
    return (enum vow_kind)(value.kind & ~VOW_OWNED_BIT);
}

/** Whether releasing `value` gives back a reference of the caller's. Any thread; never waits. */
static inline bool vow_is_owned(vow_value value)
{
    return (value.kind & VOW_OWNED_BIT) != 0;
}

/** The word of kind `kind` that holds `integer`: what the constructors below are made of. Any thread; never waits. */
static inline vow_value vow_word(enum vow_kind kind, int64_t integer)
{
    vow_value value;
    value.kind = (uint32_t)kind;
    value.reserved = 0;
    value.as.integer = integer;
    return value;
}

/** Nothing. Any thread; never waits. */
static inline vow_value vow_none(void)
{
    return vow_word(VOW_NONE, 0);
}

/** The end of a stream. Any thread; never waits. */
static inline vow_value vow_end(void)
{
    return vow_word(VOW_END, 0);
}

/** Nothing for this item. Any thread; never waits. */
static inline vow_value vow_skip(void)
{
    return vow_word(VOW_SKIP, 0);
}

/** An integer. Any thread; never waits. */
static inline vow_value vow_integer(int64_t integer)
{
    return vow_word(VOW_INTEGER, integer);
}

/** A floating-point number. Any thread; never waits. */
static inline vow_value vow_real(double real)
{
    vow_value value = vow_word(VOW_REAL, 0);
    value.as.real = real;
    return value;
}

/** A pointer that vow neither follows nor frees. Any thread; never waits. */
static inline vow_value vow_pointer(void *pointer)
{
    vow_value value = vow_word(VOW_POINTER, 0);
    value.as.pointer = pointer;
    return value;
}

/** Whether `value` is nothing. Any thread; never waits. */
static inline bool vow_is_none(vow_value value)
{
    return vow_kind_of(value) == VOW_NONE;
}

/** Whether `value` is an integer. Any thread; never waits. */
static inline bool vow_is_integer(vow_value value)
{
    return vow_kind_of(value) == VOW_INTEGER;
}

/** Whether `value` is a floating-point number. Any thread; never waits. */
static inline bool vow_is_real(vow_value value)
{
    return vow_kind_of(value) == VOW_REAL;
}

/** Whether `value` is a pointer. Any thread; never waits. */
static inline bool vow_is_pointer(vow_value value)
{
    return vow_kind_of(value) == VOW_POINTER;
}

/** Whether `value` is the end of a stream. Any thread; never waits. */
static inline bool vow_is_end(vow_value value)
{
    return vow_kind_of(value) == VOW_END;
}

/** Whether `value` stands for nothing for this item. Any thread; never waits. */
static inline bool vow_is_skip(vow_value value)
{
    return vow_kind_of(value) == VOW_SKIP;
}

/** Whether `value` is a box: text, bytes, a list or a type of the user's. Any thread; never waits. */
static inline bool vow_is_box(vow_value value)
{
    return vow_kind_of(value) == VOW_BOX;
}

/** Whether `value` is an error. Any thread; never waits. */
static inline bool vow_is_error(vow_value value)
{
    return vow_kind_of(value) == VOW_ERROR;
}

/** Whether `value` is a promise. Any thread; never waits. */
static inline bool vow_is_promise(vow_value value)
{
    return vow_kind_of(value) == VOW_PROMISE;
}

/** What `vow_as_integer` does where `value` is no integer: leaves the sentence, gives 0. Any thread; never waits. */
VOW_API int64_t vow_not_an_integer(vow_value value);

/**
 * The integer in `value`, or 0 where it is of another kind: `vow_last_error` then says which.
 * Borrows. Any thread; never waits.
 */
static inline int64_t vow_as_integer(vow_value value)
{
    return vow_is_integer(value) ? value.as.integer : vow_not_an_integer(value);
}

/**
 * The number in `value`: a real, or an integer converted; 0 for another kind, and `vow_last_error` says
 * which. Borrows. Any thread; never waits.
 */
VOW_API double vow_as_real(vow_value value);

/**
 * The pointer in `value`, or NULL where it is of another kind: `vow_last_error` then says which.
 * Borrows. Any thread; never waits.
 */
VOW_API void *vow_as_pointer(vow_value value);

/**
 * An owned value of the same content: counts one more reference to what `value` refers to. If `value` was
 * owned already, the caller then owns two references.
 * Any thread; never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_retain(vow_value value);

/**
 * Gives back the reference in `value` if it is owned; does nothing if it is borrowed or a plain word. The last
 * reference drops the object, on the calling thread.
 * Any thread; never waits; with the last reference calls the `drop` of a box's type, or does what `vow_promise_release` does.
 */
VOW_API void vow_release(vow_value value);

/** `value`, seen as borrowed: for looking, while the owner keeps it. Any thread; never waits. */
static inline vow_value vow_borrow(vow_value value)
{
    value.kind &= ~VOW_OWNED_BIT;
    return value;
}

/**
 * Whether two values are the same: kind and word; text and bytes by content, lists item by item, other
 * objects by identity. Reals are compared by their bits: a NaN is the same as itself, 0.0 is not -0.0.
 * Deeply nested lists need memory: without it, or nested above 1,048,576 deep, they count as different, and
 * `vow_last_error` says why. Borrows both. Any thread; never waits.
 */
VOW_API bool vow_value_equal(vow_value first, vow_value second);

/**
 * Writes `value` for people: `42`, `2.5`, `"text"`, `[1, 2]`, `error(INVALID: …)`, `none`; boxes of a user's
 * type through their `print`; lists nested more than 32 deep as `[…]`. As snprintf: at most `size` bytes with
 * the closing zero, and the length that the whole would have is returned. `buffer` may be NULL.
 * Borrows. Any thread; never waits; calls the `print` of boxes of a user's type.
 */
VOW_API size_t vow_value_print(vow_value value, char *buffer, size_t size);

/** The name of a kind: "integer". Never NULL; a static text. Any thread; never waits. */
VOW_API const char *vow_kind_name(enum vow_kind kind);

VOW_END_DECLARATIONS

#endif
