/**
 * vow/compiler.h - what the headers need of the compiler: visibility, attributes, C++ linkage.
 */
#ifndef VOW_COMPILER_H
#define VOW_COMPILER_H

#ifdef __cplusplus
#define VOW_BEGIN_DECLARATIONS extern "C" {
#define VOW_END_DECLARATIONS }
#else
/** What follows, up to VOW_END_DECLARATIONS, has the linkage of C, in C++ too. */
#define VOW_BEGIN_DECLARATIONS
/** Ends what VOW_BEGIN_DECLARATIONS begins. */
#define VOW_END_DECLARATIONS
#endif

#if defined(__GNUC__) || defined(__clang__)
/** Marks what the shared library exports. */
#define VOW_API __attribute__((visibility("default")))
/** The result must not be ignored: it is owned by the caller, or tells of an error. */
#define VOW_NODISCARD __attribute__((warn_unused_result))
/** Argument `text` is a printf format, the arguments from `first` on are its values. */
#define VOW_PRINTF(text, first) __attribute__((format(printf, text, first)))
/** A member that is written at once: as 64-bit words are that 32-bit processors would lay out in halves. */
#define VOW_ALIGNED(bytes) __attribute__((aligned(bytes)))
/** Runs `function` on the address of a variable when it leaves its scope. */
#define VOW_CLEANUP(function) __attribute__((cleanup(function)))
#else
#define VOW_API
#define VOW_NODISCARD
#define VOW_PRINTF(text, first)
#define VOW_ALIGNED(bytes)
#endif

#endif
