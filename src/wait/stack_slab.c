/*
 * stack_slab.c - maps stacks, many at a time, and puts guards below them.
 *
 * A slab is one mapping of up to 64 stacks of one size:
 *
 *   | guard | stack 0 … | guard | stack 1 … | …
 *
 * A guard is SLAB_GUARD pages that fault. Where the kernel has MADV_GUARD_INSTALL (Linux 6.13) they cost nothing but
 * marks in the page table, and slabs of one kind merge into one mapping of the kernel's. Elsewhere mprotect makes them,
 * each two mappings more, of 65,530 that a process may have: after SLAB_PROTECTED guards a slab has only the one at
 * its lower end. VOW_STACK_GUARD=mprotect in the environment does that everywhere, for tests. An emulator that takes
 * whatever advice it is given, and does nothing, is found out by one that does not exist.
 *
 * Guard and stack are an odd number of pages together: then the tops of the stacks are spread over all sets of the
 * processor's larger caches, instead of a few.
 *
 * What is free in a slab has no memory but page tables; a slab that is free altogether is unmapped, unless it is the
 * only one with room of its size. The records of slabs lie apart from them, in mappings that are kept: nothing is taken
 * from vow's allocator, so stacks do not count as live objects.
 *
 * Invariants (under `lock`)
 * 1. A slab is in `rooms[class]` exactly while its `free` is not 0, and in `all` while it is mapped.
 * 2. `count` is the number of slots that are not free.
 */
#include "wait/stack_slab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"
#include "base/threads.h"
#include "wait/stack_told.h"

#define SLAB_STACKS 64u
#define SLAB_BYTES ((size_t)16 << 20) /* of large stacks as many as fit here, at least one */
#define SLAB_GUARD 3u                 /* pages */
#define SLAB_PROTECTED 8192u
#define SLAB_RECORDS ((size_t)64 * 1024)
#define SLAB_COLOURS 8u
#define SLAB_TOLD ((size_t)64 * 1024)    /* frames are larger where a sanitizer watches them */
#define SLAB_THREAD ((size_t)256 * 1024) /* what a thread, and a sanitizer's, wants of its stack */

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#define NO_ADVICE (-1)
#ifndef MAP_STACK
#define MAP_STACK 0
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

struct slab {
    struct slab *next, **link;           /* in `all`; `next` alone: among the spare records */
    struct slab *room_next, **room_link; /* in `rooms` */
    char *memory;
    size_t stride; /* guard and stack */
    uint64_t free; /* slots that nobody has */
    uint64_t guarded;
    unsigned slots, class;
};

static struct lock lock;
VOW_CHILD_LOCK(lock);
static struct slab *all, *rooms[STACK_CLASSES], *records;
#define THREADS_MOST 2000u

static size_t page, count, most; /* `most` 0: not begun */
static bool cheap_guards;
static unsigned protected_guards;

static size_t class_bytes(unsigned class)
{
    size_t bytes = STACK_SMALLEST << class;
    if (vow_switch_kind_now() == SWITCH_THREADS)
        bytes += SLAB_THREAD;
    else if (VOW_SWITCH_TOLD)
        bytes += SLAB_TOLD;
    else if (vow_switch_kind_now() == SWITCH_UCONTEXT)
        bytes += vow_ucontext_room();
    return (bytes + page - 1) / page * page;
}

static uint64_t all_slots(const struct slab *slab)
{
    return slab->slots == SLAB_STACKS ? UINT64_MAX : (UINT64_C(1) << slab->slots) - 1;
}

/* As many stacks as the machine has pages: each that runs takes one. Where each takes a thread of the system, far fewer:
   other programs want some, too. */
static size_t most_allowed(void)
{
    const char *wish = getenv("VOW_STACKS_MOST");
    long pages = sysconf(_SC_PHYS_PAGES);
    size_t allowed = pages > 0 ? (size_t)pages : 1u << 20;

    if (vow_switch_kind == SWITCH_THREADS && allowed > THREADS_MOST)
        allowed = THREADS_MOST;

    if (wish != NULL) {
        unsigned long long number = strtoull(wish, NULL, 10);
        if (number > 0 && number < allowed)
            allowed = (size_t)number;
    }
    return allowed;
}

static bool advice_is_taken(void)
{
    return VOW_LINUX && madvise(NULL, 0, NO_ADVICE) != 0;
}

static void begin(void)
{
    const char *wish = getenv("VOW_STACK_GUARD");

    page = (size_t)sysconf(_SC_PAGESIZE);
    cheap_guards = (wish == NULL || strcmp(wish, "mprotect") != 0) && advice_is_taken();
    vow_switch_decide();
    most = most_allowed();
}

/* --- records --- */

static struct slab *record_new(void)
{
    if (records == NULL) {
        struct slab *made =
            mmap(NULL, SLAB_RECORDS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (made == MAP_FAILED)
            return NULL;
        for (size_t i = SLAB_RECORDS / sizeof *made; i-- > 0;) {
            made[i].next = records;
            records = &made[i];
        }
    }
    struct slab *slab = records;
    records = slab->next;
    return slab;
}

static void record_delete(struct slab *slab)
{
    slab->next = records;
    records = slab;
}

/* --- lists --- */

static void list_add(struct slab *slab)
{
    slab->next = all;
    slab->link = &all;
    if (all != NULL)
        all->link = &slab->next;
    all = slab;
}

static void list_remove(struct slab *slab)
{
    *slab->link = slab->next;
    if (slab->next != NULL)
        slab->next->link = slab->link;
}

static void room_add(struct slab *slab)
{
    struct slab **rooms_first = &rooms[slab->class];

    slab->room_next = *rooms_first;
    slab->room_link = rooms_first;
    if (*rooms_first != NULL)
        (*rooms_first)->room_link = &slab->room_next;
    *rooms_first = slab;
}

static void room_remove(struct slab *slab)
{
    *slab->room_link = slab->room_next;
    if (slab->room_next != NULL)
        slab->room_next->room_link = slab->room_link;
}

/* --- mappings --- */

static char *map(size_t bytes)
{
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
#ifdef MADV_NOHUGEPAGE
    (void)madvise(memory, bytes, MADV_NOHUGEPAGE); /* fails only where there are no huge pages */
#endif
    return memory;
}

static size_t stride_of(unsigned class)
{
    size_t bytes = class_bytes(class) + SLAB_GUARD * page;
    return (bytes / page) % 2 == 0 ? bytes + page : bytes;
}

/* A slab of `class` with at least one stack: where memory is short, fewer. NULL: there is none. */
static struct slab *slab_new(unsigned class)
{
    size_t stride = stride_of(class), slots = SLAB_BYTES / stride;
    struct slab *slab = record_new();

    if (slab == NULL)
        return NULL;
    slots = slots < 1 ? 1 : slots > SLAB_STACKS ? SLAB_STACKS : slots;
    while ((slab->memory = map(slots * stride)) == NULL && slots > 1)
        slots /= 2;
    if (slab->memory == NULL) {
        record_delete(slab);
        return NULL;
    }
    slab->stride = stride;
    slab->slots = (unsigned)slots;
    slab->class = class;
    slab->free = all_slots(slab);
    slab->guarded = 0;
    list_add(slab);
    room_add(slab);
    return slab;
}

/* The slab has no stacks. */
static void slab_free(struct slab *slab)
{
    if (munmap(slab->memory, slab->slots * slab->stride) != 0)
        return; /* too many mappings to make a hole: it is kept, and used again */
    if (!cheap_guards)
        protected_guards -= (unsigned)__builtin_popcountll(slab->guarded);
    list_remove(slab);
    room_remove(slab);
    record_delete(slab);
}

/* Where it fails the stack has no guard: that is all. */
static void guard(struct slab *slab, unsigned slot)
{
    char *lowest = slab->memory + slot * slab->stride;
    size_t bytes = SLAB_GUARD * page;
    uint64_t bit = UINT64_C(1) << slot;

    if ((slab->guarded & bit) != 0)
        return;
    if (cheap_guards) {
        if (madvise(lowest, bytes, MADV_GUARD_INSTALL) == 0) {
            slab->guarded |= bit;
            return;
        }
        if (errno != EINVAL)
            return;
        cheap_guards = false; /* before the first success: an older kernel */
    }
    if (slot != 0 && protected_guards >= SLAB_PROTECTED)
        return;
    if (mprotect(lowest, bytes, PROT_NONE) == 0) {
        slab->guarded |= bit;
        protected_guards++;
    }
}

/* --- stacks --- */

static struct stack *stack_at(const struct slab *slab, unsigned slot)
{
    size_t colour = (size_t)slot % SLAB_COLOURS * VOW_CACHE_LINE;
    char *end = slab->memory + ((size_t)slot + 1) * slab->stride;
    return (struct stack *)(void *)(end - colour - STACK_BLOCK - sizeof(struct stack));
}

static void stack_init(struct slab *slab, unsigned slot)
{
    struct stack *stack = stack_at(slab, slot);

    memset(stack, 0, sizeof *stack);
    stack->slab = slab;
    stack->class = (uint8_t)slab->class;
    stack->lowest = slab->memory + slot * slab->stride + SLAB_GUARD * page;
    stack->highest = (char *)stack;
    vow_told_mapped(stack);
}

static struct stack *take(unsigned class, vow_status *ret_status)
{
    struct slab *slab;

    if (most == 0)
        begin();
    *ret_status = VOW_LIMIT;
    if (count >= most)
        return NULL;
    *ret_status = VOW_NO_MEMORY;
    slab = rooms[class] != NULL ? rooms[class] : slab_new(class);
    if (slab == NULL)
        return NULL;
    unsigned slot = (unsigned)__builtin_ctzll(slab->free);
    guard(slab, slot);
    slab->free &= slab->free - 1;
    if (slab->free == 0)
        room_remove(slab);
    count++;
    stack_init(slab, slot);
    return stack_at(slab, slot);
}

static void give(struct stack *stack)
{
    struct slab *slab = stack->slab;

    vow_told_unmapped(stack);
    vow_lock_take(&lock);
    char *lowest = stack->lowest, *end = lowest + slab->stride - SLAB_GUARD * page;
    unsigned slot = (unsigned)((size_t)(lowest - slab->memory) / slab->stride);
    (void)madvise(lowest, (size_t)(end - lowest), MADV_DONTNEED);
    if (slab->free == 0)
        room_add(slab);
    slab->free |= UINT64_C(1) << slot;
    count--;
    if (slab->free == all_slots(slab) && (rooms[slab->class] != slab || slab->room_next != NULL))
        slab_free(slab);
    vow_lock_give(&lock);
}

struct stack *vow_slab_take(unsigned class, vow_status *ret_status)
{
    int kept = errno;

    vow_lock_take(&lock);
    struct stack *stack = take(class, ret_status);
    vow_lock_give(&lock);
    if (stack != NULL && !vow_switch_remember(stack)) {
        give(stack);
        *ret_status = VOW_LIMIT;
        stack = NULL;
    }
    errno = kept;
    return stack;
}

void vow_slab_give(struct stack *stack)
{
    int kept = errno;

    vow_switch_forget(stack); /* may wait for a thread, which may give stacks: no lock */
    give(stack);
    errno = kept;
}

void vow_slab_trim(struct stack *stack)
{
    int kept = errno;
    uintptr_t upper = (uintptr_t)stack / page * page; /* the page where frames begin, too */

    if (vow_switch_kind_now() == SWITCH_THREADS) /* its thread sleeps on it */
        return;
    if (upper > (uintptr_t)stack->lowest)
        (void)madvise(stack->lowest, upper - (uintptr_t)stack->lowest, MADV_DONTNEED);
    errno = kept;
}

size_t vow_stack_count(void)
{
    vow_lock_take(&lock);
    size_t stacks = count;
    vow_lock_give(&lock);
    return stacks;
}

size_t vow_stack_most(void)
{
    vow_lock_take(&lock);
    if (most == 0)
        begin();
    vow_lock_give(&lock);
    return most;
}

/* Whose guard is it? A signal handler's thread may itself hold the lock: it does not wait for it. */
struct stack *vow_slab_guarding(const void *address, bool *ret_sure)
{
    struct stack *stack = NULL;
    bool held = false;

    for (int i = 0; i < 10000 && !(held = vow_lock_try(&lock)); i++)
        vow_pause_processor();
    *ret_sure = held;
    if (!held)
        return NULL;
    for (struct slab *slab = all; slab != NULL && stack == NULL; slab = slab->next) {
        uintptr_t offset = (uintptr_t)address - (uintptr_t)slab->memory;
        unsigned slot = (unsigned)(offset / slab->stride);
        if (offset < slab->slots * slab->stride && offset % slab->stride < SLAB_GUARD * page &&
            (slab->free >> slot & 1) == 0)
            stack = stack_at(slab, slot);
    }
    vow_lock_give(&lock);
    return stack;
}
