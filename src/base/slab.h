/*
 * slab.h - memory for small objects on cache line boundaries, cut out of large blocks of the allocator.
 *
 * malloc puts objects 16 bytes behind a line's start: one of 128 bytes lies on three lines, and shares two of them with
 * its neighbours, which other threads may be writing. Here each begins a line. Objects go in and out by the magazine
 * (object.c), so the one lock is seldom taken.
 *
 * A slab is a block of pages, which are slab.h's own, larger than the system's. Each page begins with a line that leads back to
 * the slab; the first page's line is the slab's own record. What comes before the first page, up to its boundary, and pages
 * that nothing was taken from yet, are addresses only: nobody touches them. The first slab of a class has one page, and
 * each has twice as many as the one before, up to SLAB_PAGES; or one again, where the allocator gives no such block.
 *
 *      | record | o | o | o ... || back | o | o | o ... || back | ...          || is a multiple of SLAB_PAGE
 *
 * Invariants (all under the class's lock)
 * 1. A slab is in its class's list while it has a place: freed ones in its own list, or ones never used behind `fresh`.
 * 2. `live` objects of a slab are out. At 0 its block goes back to the allocator.
 * 3. `fresh` is never at the end of a page, unless none are left: then it is NULL.
 */
#ifndef VOW_BASE_SLAB_H
#define VOW_BASE_SLAB_H

#include "base/platform.h"

#define SLAB_PAGE 65536u
#define SLAB_PAGES 16u
#define SLAB_LARGEST 256u /* size of an object */

/* Takes at most `most` objects of `size` bytes, a multiple of VOW_CACHE_LINE; gives how many, 0 without memory. In
   `into` they fall by address as far as they come from fresh memory: who takes from the end goes upwards. Any thread. */
uint32_t vow_object_slab_take(size_t size, void **into, uint32_t most);

/* Gives `count` objects back, which vow_object_slab_take(size) gave. Any thread. */
void vow_object_slab_give(size_t size, void *const *objects, uint32_t count);

#endif
