/**
 * vow/fork.h - fork and join: parts of one computation, for every worker that has nothing else to do.
 *
 * A forked function may be run by another worker until it is joined; where nobody has come for it by then, joining calls
 * it, as if there had been no fork. What is forked lies on the caller's stack: nothing is allocated, and a fork and its
 * join cost about two nanoseconds more than the call. So programs fork wherever they can, down to the smallest parts.
 *
 *     VOW_FORKABLE(long, fibonacci, int, n)            a function `long fibonacci(int n)` that can be forked
 *     {
 *         if (n < 2)
 *             return n;
 *         struct fibonacci_forked first;
 *         fibonacci_fork(&first, n - 1);                perhaps another worker does this …
 *         long second = fibonacci(n - 2);               … while we do that
 *         return fibonacci_join(&first) + second;
 *     }
 *
 * Any `vow_fn` can be forked, too, with a value as its input and its result:
 *
 *     struct vow_forked left;
 *     vow_fork(&left, sort, vow_pointer(&lower_half), NULL);
 *     vow_value right = sort(vow_pointer(&upper_half), NULL);
 *     vow_value result = vow_join(&left);
 *
 * Rules
 * 1. Each fork is joined once, by the line of execution that forked it, before what it lies in goes out of scope. Newest
 *    first is quick; any other order is right, and slower.
 * 2. Forks run in parallel inside the jobs of a pool. Anywhere else (a plain thread, a loop's call, a pool of size 0) a
 *    fork is an ordinary call: `vow_fork` runs the function before it returns.
 * 3. At most VOW_FORK_MOST forks of one line wait to be joined; what is forked above that runs at once, too.
 * 4. A forked function may run on another thread and on another line of execution: what belongs to the job that forked it
 *    (`vow_report`, `vow_canceled`, `vow_last_error`, thread-locals) is not to be found there. It may wait and park, as
 *    a job may.
 * 5. Joining what another worker is running: this line first runs parts of just that work, then waits as `vow_wait` does.
 *    It never begins anything that the join does not need. So a mutex may be held over a join only if nothing forked
 *    meanwhile takes it.
 * 6. A coroutine joins what it has forked before it yields.
 * 7. Stack: a line's nesting of forks is its nesting of calls. Joining may run parts of the awaited work on top of it,
 *    which at most doubles the depth; the stack size of a pool is an option (`vow/pool.h`).
 *
 * Misuse (joined twice, never forked, joined elsewhere) runs nothing: `vow_join` gives a VOW_INVALID error, the join of a
 * VOW_FORKABLE a zero; `vow_last_error` tells. A fork that is never joined leaves a pointer to a dead stack behind, as
 * an address of a local variable does that outlives its function; debug builds of the library find it.
 */
#ifndef VOW_FORK_H
#define VOW_FORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vow/compiler.h>
#include <vow/promise.h>
#include <vow/time.h>
#include <vow/value.h>
#include <vow/wait.h>

VOW_BEGIN_DECLARATIONS

/** The most forks of one line that can wait to be joined. */
#define VOW_FORK_MOST 1000

/* What follows up to the next line of stars is what fork and join are made of: programs need not look at it. ***** */

struct vow_fork_node;

/** Runs what a node is part of, and keeps the result beside it. */
typedef void vow_fork_run(struct vow_fork_node *node);

/** What each fork begins with; its fields are the library's. */
struct vow_fork_node {
    vow_fork_run *run;           /**< what runs it */
    struct vow_fork_node **slot; /**< where it lies in the lane; NULL: it was run at once */
    uint32_t state;              /**< atomic; not written where nobody else comes near */
    uint32_t floor;              /**< of the thief's lane: what lies above it is this node's */
    void *thief;                 /**< who took it, or the waiter of who joins it */
};

/**
 * The forks of one line that have not been joined, oldest first: slots[0] … top. Those from `split` on are private:
 * pushing and popping them takes no fence and no read-modify-write.
 */
struct vow_fork_lane {
    struct vow_fork_node **top;      /**< written by the line alone */
    char apart[64 - sizeof(void *)]; /**< keeps what others write off the line's cache line */
    struct vow_fork_node **limit;    /**< pushing from here on is slow; others lower it to ask */
    struct vow_fork_node **split;    /**< popping below it is slow */
};

/* One instruction finds a thread's variable, in programs and in libraries; other C libraries than GNU's do not load by dlopen
   what asks for that. */
#ifdef __GLIBC__
#define VOW_FORK_THREAD __thread __attribute__((tls_model("initial-exec")))
#else
#define VOW_FORK_THREAD __thread
#endif

/** The lane of the calling line. */
extern VOW_API VOW_FORK_THREAD struct vow_fork_lane *vow_fork_here;

/**
 * The rare half of a push: the first one, one after a thief has asked for work, or one too many. The line that
 * forks; never waits, but runs the function where there is no room.
 */
VOW_API void vow_fork_push_slowly(struct vow_fork_node *node);

/**
 * The rare half of a pop whose node can be seen by thieves. True: the caller is to run it. It gets the address of
 * the node's field, not of the node: so compilers do not keep that in a register from the push to the pop. The line
 * that forked; waits for a thief that has it. Cancel: does not end the wait.
 */
VOW_API bool vow_fork_pop_shared(struct vow_fork_node ***place, struct vow_fork_node **slot);

/**
 * The rare half of a pop of what is not the newest: it has run, or newer ones are there. As above. The line that
 * forked; waits for a thief that has it. Cancel: does not end the wait.
 */
VOW_API bool vow_fork_pop_other(struct vow_fork_node ***place);

/** In `slot` of a node that was joined. */
#define VOW_FORK_GONE ((struct vow_fork_node **)(uintptr_t)1)

/** In `state` of a node that was joined, when its result lies beside it. */
#define VOW_FORK_RAN 4u

/** Runs a `struct vow_forked` for a thief. The thread of the thief; waits as long as the function does; runs it. */
VOW_API void vow_fork_run_value(struct vow_fork_node *node);

/** A function for those who forked none: an error. Any thread; never waits. */
VOW_API vow_value vow_fork_nothing(vow_value input, void *context);

#define VOW_FORK_INLINE static inline __attribute__((always_inline))

/* Out of the way of what joins. Where nothing is inlined, "inline" is what keeps the compiler from making the function in
   each program that includes this header, which would then have to be linked with the library. */
#ifdef __NO_INLINE__
#define VOW_FORK_OUTSIDE static inline
#else
#define VOW_FORK_OUTSIDE __attribute__((unused, noinline, cold)) static
#endif

#define VOW_FORK_RARELY(condition) __builtin_expect(!!(condition), 0)

/** The lane of the calling line, for processors without instructions of their own below. Any thread; never waits. */
VOW_API struct vow_fork_lane *vow_fork_find_slowly(void);

/**
 * The lane of the calling line. Compilers keep the address of a thread-local in a register over calls, and do not know
 * that behind a vow_yield a coroutine may be on another thread: it would fork into the lane of the one before. So it is
 * computed anew each time, by instructions that stay together, or by a function that is never inlined. Any thread; never
 * waits.
 */
VOW_FORK_INLINE struct vow_fork_lane *vow_fork_find_lane(void)
{
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__LP64__)
    struct vow_fork_lane *lane;
    __asm__ volatile("movq vow_fork_here@GOTTPOFF(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(lane));
    return lane;
#elif defined(__aarch64__) && defined(__GLIBC__) && defined(__LP64__)
    struct vow_fork_lane *lane;
    uintptr_t offset;
    __asm__ volatile("adrp %1, :gottprel:vow_fork_here\n\t"
                     "ldr %1, [%1, #:gottprel_lo12:vow_fork_here]\n\t"
                     "mrs %0, tpidr_el0\n\t"
                     "ldr %0, [%0, %1]"
                     : "=&r"(lane), "=&r"(offset));
    return lane;
#else
    return vow_fork_find_slowly();
#endif
}

/**
 * Makes `node` available to thieves, or runs it. Any thread; never waits; runs the function where there is no room.
 */
VOW_FORK_INLINE void vow_fork_push(struct vow_fork_node *node, vow_fork_run *run)
{
    struct vow_fork_lane *lane = vow_fork_find_lane();
    /* relaxed: only this line writes it */
    struct vow_fork_node **slot = __atomic_load_n(&lane->top, __ATOMIC_RELAXED);
    node->run = run;
    node->slot = slot;
    /* relaxed: a request that is seen late is answered late */
    if (VOW_FORK_RARELY((uintptr_t)slot >=
                        (uintptr_t)__atomic_load_n(&lane->limit, __ATOMIC_RELAXED))) {
        vow_fork_push_slowly(node);
        return;
    }
    /* relaxed: published by F1 */
    __atomic_store_n(slot, node, __ATOMIC_RELAXED);
    /* F1 release: pairs with F2 in execution/fork_steal.c; publishes the slot and the node */
    __atomic_store_n(&lane->top, slot + 1, __ATOMIC_RELEASE);
}

/**
 * Takes `node` back. True: nobody has run it, the caller is to. False: its result lies beside it; or it is misuse.
 * The line that forked; waits for a thief that has it. Cancel: does not end the wait.
 */
VOW_FORK_INLINE bool vow_fork_pop(struct vow_fork_node *node)
{
    struct vow_fork_lane *lane = vow_fork_find_lane();
    struct vow_fork_node **slot = node->slot;
    /* relaxed: only this line writes it. Compared only, so that the next push need not wait for this load */
    uintptr_t top = (uintptr_t)__atomic_load_n(&lane->top, __ATOMIC_RELAXED);
    if (VOW_FORK_RARELY(top != (uintptr_t)slot + sizeof(void *)))
        return vow_fork_pop_other(&node->slot);
    node->slot = VOW_FORK_GONE;
    /* F3 release: keeps what F1 published to those who read this later value. A thief who moves the split has every
       thread execute a fence between that and its look at the top, so either it sees this store or we see the split */
    __atomic_store_n(&lane->top, slot, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    /* relaxed: what was shared is looked at under the lock */
    if (VOW_FORK_RARELY((uintptr_t)slot <
                        (uintptr_t)__atomic_load_n(&lane->split, __ATOMIC_RELAXED)))
        return vow_fork_pop_shared(&node->slot, slot);
    return true;
}

/* ************************************************************************************************************** */

/** A forked `vow_fn`. It lies on the stack; its fields are the library's. */
struct vow_forked {
    struct vow_fork_node node; /**< what lanes know of it */
    vow_fn *fn;                /**< what to run */
    void *context;             /**< its context */
    vow_value input;           /**< as the function sees it: borrowed */
    vow_value result;          /**< what it gave, once it is done */
    uint32_t owned;            /**< VOW_OWNED_BIT: the input is to be released */
};

/**
 * What `vow_join` does with anything but plain words: `result` owned, the input given back. The line that forked;
 * never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_fork_settle(struct vow_forked *fork, vow_value result);

/** The same, and a promise is awaited. */
VOW_FORK_OUTSIDE vow_value vow_fork_await(struct vow_forked *fork, vow_value result)
{
    result = vow_fork_settle(fork, result);
    return vow_is_promise(result) ? vow_await(vow_as_promise(result), VOW_FOREVER) : result;
}

/**
 * The result of a fork that the caller need not run: another worker's, or the error of misuse. The line that forked;
 * never waits.
 */
VOW_API VOW_NODISCARD vow_value vow_fork_result(struct vow_forked *fork);

/**
 * Forks `fn(input, context)`: from now on another worker of the pool may run it, until `vow_join(fork)`, which has to
 * follow. Uses `fork` until then. Takes `input`; what is borrowed has to stay until the join. Borrows `context` until
 * the join. Outside of a pool's jobs, and above VOW_FORK_MOST, it runs `fn` here. Cannot fail: without `fn` the
 * join gives VOW_INVALID. Any thread; never waits, but as long as `fn` does here; runs `fn` before it returns outside of a
 * pool's jobs, and above VOW_FORK_MOST; elsewhere another worker runs it, or the join.
 */
VOW_FORK_INLINE void vow_fork(struct vow_forked *fork, vow_fn *fn, vow_value input, void *context)
{
    fork->fn = fn != NULL ? fn : vow_fork_nothing;
    fork->context = context;
    fork->input = vow_borrow(input);
    fork->owned = input.kind & VOW_OWNED_BIT;
    vow_fork_push(&fork->node, vow_fork_run_value);
}

/**
 * What the forked function gave, owned: runs it here if nobody has yet, or waits for the worker that does. An error
 * is passed through; a promise is awaited. VOW_INVALID: `fork` has been joined, or was not forked by this line. The
 * line that forked; waits; runs the function if nobody has yet, else parts of what the other worker runs. Cancel: does not
 * end the wait for another worker, because what it runs lies on this stack.
 */
VOW_FORK_INLINE VOW_NODISCARD vow_value vow_join(struct vow_forked *fork)
{
    if (VOW_FORK_RARELY(!vow_fork_pop(&fork->node)))
        return vow_fork_await(fork, vow_fork_result(fork));
    vow_value result = fork->fn(fork->input, fork->context);
    if (VOW_FORK_RARELY(result.kind >= VOW_BOX || fork->owned != 0))
        return vow_fork_await(fork, result);
    return result;
}

VOW_END_DECLARATIONS

/**
 * VOW_FORKABLE(type, name, T1, a1, …) followed by a body in braces: defines `static type name(T1 a1, …)` with one to four
 * parameters, and beside it
 *
 *     struct name_forked                                         what lies on the stack of who forks it
 *     void name_fork(struct name_forked *fork, T1 a1, …)          as vow_fork
 *     type name_join(struct name_forked *fork)                    as vow_join, calling `name` directly
 *
 * The compiler sees all of it, and inlines what it likes. VOW_FORKABLE_VOID(name, T1, a1, …) has no result.
 */
#define VOW_FORKABLE(type, name, ...)                                                              \
    VOW_FORK_BY_COUNT(VOW_FORKABLE_, __VA_ARGS__, 4, 0, 3, 0, 2, 0, 1, 0, 0)                       \
    (type, name, __VA_ARGS__)

/** VOW_FORKABLE for what has no result. */
#define VOW_FORKABLE_VOID(name, ...)                                                               \
    VOW_FORK_BY_COUNT(VOW_FORKABLE_VOID_, __VA_ARGS__, 4, 0, 3, 0, 2, 0, 1, 0, 0)                  \
    (name, __VA_ARGS__)

/* The pieces, each for a number of parameters. They get lists in parentheses: parameters, fields, stores, arguments. */
#define VOW_FORK_BY_COUNT(prefix, a, b, c, d, e, f, g, h, count, ...) VOW_FORK_PASTE(prefix, count)
#define VOW_FORK_PASTE(prefix, count) prefix##count
#define VOW_FORK_LIST(...) __VA_ARGS__

#define VOW_FORKABLE_1(type, name, T1, a1)                                                         \
    VOW_FORK_DEFINE(type, name, (T1 a1), (T1 a1;), (vow_self->a1 = a1;), (vow_self->a1))
#define VOW_FORKABLE_2(type, name, T1, a1, T2, a2)                                                 \
    VOW_FORK_DEFINE(type, name, (T1 a1, T2 a2), (T1 a1; T2 a2;),                                   \
                    (vow_self->a1 = a1; vow_self->a2 = a2;), (vow_self->a1, vow_self->a2))
#define VOW_FORKABLE_3(type, name, T1, a1, T2, a2, T3, a3)                                         \
    VOW_FORK_DEFINE(type, name, (T1 a1, T2 a2, T3 a3), (T1 a1; T2 a2; T3 a3;),                     \
                    (vow_self->a1 = a1; vow_self->a2 = a2; vow_self->a3 = a3;),                    \
                    (vow_self->a1, vow_self->a2, vow_self->a3))
#define VOW_FORKABLE_4(type, name, T1, a1, T2, a2, T3, a3, T4, a4)                                 \
    VOW_FORK_DEFINE(type, name, (T1 a1, T2 a2, T3 a3, T4 a4), (T1 a1; T2 a2; T3 a3; T4 a4;),       \
                    (vow_self->a1 = a1; vow_self->a2 = a2; vow_self->a3 = a3; vow_self->a4 = a4;), \
                    (vow_self->a1, vow_self->a2, vow_self->a3, vow_self->a4))

#define VOW_FORKABLE_VOID_1(name, T1, a1)                                                          \
    VOW_FORK_DEFINE_VOID(name, (T1 a1), (T1 a1;), (vow_self->a1 = a1;), (vow_self->a1))
#define VOW_FORKABLE_VOID_2(name, T1, a1, T2, a2)                                                  \
    VOW_FORK_DEFINE_VOID(name, (T1 a1, T2 a2), (T1 a1; T2 a2;),                                    \
                         (vow_self->a1 = a1; vow_self->a2 = a2;), (vow_self->a1, vow_self->a2))
#define VOW_FORKABLE_VOID_3(name, T1, a1, T2, a2, T3, a3)                                          \
    VOW_FORK_DEFINE_VOID(name, (T1 a1, T2 a2, T3 a3), (T1 a1; T2 a2; T3 a3;),                      \
                         (vow_self->a1 = a1; vow_self->a2 = a2; vow_self->a3 = a3;),               \
                         (vow_self->a1, vow_self->a2, vow_self->a3))
#define VOW_FORKABLE_VOID_4(name, T1, a1, T2, a2, T3, a3, T4, a4)                                  \
    VOW_FORK_DEFINE_VOID(                                                                          \
        name, (T1 a1, T2 a2, T3 a3, T4 a4), (T1 a1; T2 a2; T3 a3; T4 a4;),                         \
        (vow_self->a1 = a1; vow_self->a2 = a2; vow_self->a3 = a3; vow_self->a4 = a4;),             \
        (vow_self->a1, vow_self->a2, vow_self->a3, vow_self->a4))

#define VOW_FORK_DEFINE_VOID(name, parameters, fields, stores, arguments)                          \
    static void name parameters;                                                                   \
    struct name##_forked {                                                                         \
        struct vow_fork_node vow_node;                                                             \
        VOW_FORK_LIST fields                                                                       \
    };                                                                                             \
    static void name##_fork_run(struct vow_fork_node *node)                                        \
    {                                                                                              \
        struct name##_forked *vow_self = (struct name##_forked *)(void *)node;                     \
        name arguments;                                                                            \
    }                                                                                              \
    VOW_FORK_INLINE void name##_fork(struct name##_forked *vow_self, VOW_FORK_LIST parameters)     \
    {                                                                                              \
        do {                                                                                       \
            VOW_FORK_LIST stores                                                                   \
        } while (0);                                                                               \
        vow_fork_push(&vow_self->vow_node, name##_fork_run);                                       \
    }                                                                                              \
    VOW_FORK_INLINE void name##_join(struct name##_forked *vow_self)                               \
    {                                                                                              \
        if (!VOW_FORK_RARELY(!vow_fork_pop(&vow_self->vow_node)))                                  \
            name arguments;                                                                        \
    }                                                                                              \
    static void name parameters

#define VOW_FORK_DEFINE(type, name, parameters, fields, stores, arguments)                         \
    static type name parameters;                                                                   \
    struct name##_forked {                                                                         \
        struct vow_fork_node vow_node;                                                             \
        VOW_FORK_LIST fields type vow_result;                                                      \
    };                                                                                             \
    static void name##_fork_run(struct vow_fork_node *node)                                        \
    {                                                                                              \
        struct name##_forked *vow_self = (struct name##_forked *)(void *)node;                     \
        vow_self->vow_result = name arguments;                                                     \
    }                                                                                              \
    VOW_FORK_INLINE void name##_fork(struct name##_forked *vow_self, VOW_FORK_LIST parameters)     \
    {                                                                                              \
        do {                                                                                       \
            VOW_FORK_LIST stores                                                                   \
        } while (0);                                                                               \
        vow_fork_push(&vow_self->vow_node, name##_fork_run);                                       \
    }                                                                                              \
    VOW_FORK_INLINE type name##_join(struct name##_forked *vow_self)                               \
    {                                                                                              \
        if (!VOW_FORK_RARELY(!vow_fork_pop(&vow_self->vow_node)))                                  \
            return name arguments;                                                                 \
        static type vow_zero;                                                                      \
        return vow_self->vow_node.state == VOW_FORK_RAN ? vow_self->vow_result : vow_zero;         \
    }                                                                                              \
    static type name parameters

#endif
