/*
 * platform.h - the one place that knows compilers, processors and sanitizers.
 */
#ifndef VOW_BASE_PLATFORM_H
#define VOW_BASE_PLATFORM_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define VOW_CACHE_LINE 64

#define vow_likely(condition) __builtin_expect(!!(condition), 1)
#define vow_unlikely(condition) __builtin_expect(!!(condition), 0)
#define VOW_COLD __attribute__((cold, noinline))
#define VOW_FLATTEN __attribute__((flatten))
#define VOW_ALWAYS_INLINE inline __attribute__((always_inline))

/* A variable of each thread; where the GNU C library keeps room for those of what is loaded by dlopen, reached without a
   call: the library's share of that block is small. */
#ifdef __GLIBC__
#define VOW_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define VOW_THREAD_LOCAL _Thread_local
#endif

/* The structure of which `pointer` is member `member`. */
#define vow_container_of(pointer, type, member)                                                    \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#if defined(__SANITIZE_ADDRESS__)
#define VOW_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VOW_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef VOW_ADDRESS_SANITIZER
#define VOW_ADDRESS_SANITIZER 0
#endif

#if defined(__SANITIZE_THREAD__)
#define VOW_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VOW_THREAD_SANITIZER 1
#endif
#endif
#ifndef VOW_THREAD_SANITIZER
#define VOW_THREAD_SANITIZER 0
#endif

/* Linux's futex, or the portable table (-DVOW_PORTABLE_FUTEX, to test it where Linux's would be used). */
#if defined(__linux__) && !defined(VOW_PORTABLE_FUTEX)
#define VOW_LINUX_FUTEX 1
#else
#define VOW_LINUX_FUTEX 0
#endif

#if defined(__linux__)
#define VOW_LINUX 1
#else
#define VOW_LINUX 0
#endif

/* Stacks can be walked by their frame information (base/callers.h). */
#if defined(__has_include)
#if __has_include(<unwind.h>)
#define VOW_UNWIND 1
#endif
#endif
#ifndef VOW_UNWIND
#define VOW_UNWIND 0
#endif

/* A context switch of our own (wait/switch_*.S); elsewhere ucontext, or threads. -DVOW_NO_OWN_SWITCH: not even there. */
#if defined(__x86_64__) && defined(__LP64__) && defined(__ELF__) && !defined(VOW_NO_OWN_SWITCH)
#define VOW_SWITCH_X86_64 1
#else
#define VOW_SWITCH_X86_64 0
#endif
#if defined(__aarch64__) && defined(__LP64__) && defined(__ELF__) && !defined(VOW_NO_OWN_SWITCH)
#define VOW_SWITCH_ARM64 1
#else
#define VOW_SWITCH_ARM64 0
#endif
#define VOW_SWITCH_OWN (VOW_SWITCH_X86_64 || VOW_SWITCH_ARM64)
#if defined(__linux__) && !defined(__GLIBC__) /* musl has the header alone */
#define VOW_SWITCH_UCONTEXT 0
#else
#define VOW_SWITCH_UCONTEXT 1
#endif

/* Sanitizers want to know of each switch. */
#define VOW_SWITCH_TOLD (VOW_ADDRESS_SANITIZER || VOW_THREAD_SANITIZER)

/* strerror_r gives a text (GNU) instead of a number (POSIX). */
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
#define VOW_GNU_STRERROR 1
#else
#define VOW_GNU_STRERROR 0
#endif

/* Internal invariants: checked in debug and sanitizer builds (-DVOW_CHECKS=1), free elsewhere. */
#if defined(VOW_CHECKS) && VOW_CHECKS
#define vow_check(condition) assert(condition)
#else
#define vow_check(condition) ((void)0)
#endif

/* Tells the processor that this is a spin loop. */
static inline void vow_pause_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

/* Asks for the cache line of `pointer`, which will soon be read. For functions that do nothing else, too, whose calls the
   compiler would leave out with its own. */
static inline void vow_ask_to_read(const void *pointer)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetcht0 (%0)" : : "r"(pointer)); /* as below: it never faults */
#else
    __builtin_prefetch(pointer, 0);
#endif
}

/* Asks for the cache line of `pointer`, which will soon be written. Processors that do not know it do nothing; the compiler's
   own would, where it may not assume that they do, ask for a copy to read, which costs a second transfer. */
static inline void vow_ask_to_write(const void *pointer)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetchw (%0)"
                     :
                     : "r"(pointer)); /* the pointer may be no good: it never faults */
#else
    __builtin_prefetch(pointer, 1);
#endif
}

/* Keeps the compiler from moving memory accesses across; no instruction. */
static inline void vow_compiler_fence(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

#endif
