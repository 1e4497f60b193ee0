/*
 * chance.c - random numbers of each thread's own, and settings.
 */
#include "everything.h"

_Atomic int faults;

static _Thread_local uint32_t number;
static uint32_t seed;
static _Atomic uint32_t numbered;

void chance_begin(uint32_t with)
{
    seed = with;
}

/* Never inlined: a line that waits may go on elsewhere, where the address of `number` is another one. */
__attribute__((noinline)) unsigned below(unsigned limit)
{
    if (number == 0)
        number = (seed + atomic_fetch_add(&numbered, 1)) * 2654435761u | 1u;
    number ^= number << 13;
    number ^= number >> 17;
    number ^= number << 5;
    return (number >> 8) % limit;
}

bool one_in(unsigned limit)
{
    return below(limit) == 0;
}

int64_t setting(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

vow_deadline soon(void)
{
    switch (below(8)) {
    case 0:
        return VOW_POLL;
    case 1:
        return vow_after(-VOW_S(1));
    case 2:
        return vow_after(VOW_MS((int64_t)below(5)));
    default:
        return vow_after(VOW_US((int64_t)below(300)));
    }
}

bool told_unless(bool is_usual, vow_status status)
{
    if (!is_usual)
        (void)fprintf(stderr, "status %d: %s\n", status, vow_last_error());
    return is_usual;
}
