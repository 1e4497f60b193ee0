/*
 * barrier.c - barrier.h by Linux's membarrier system call.
 *
 * A process must register before it may use the private expedited command. That is done when the library is
 * loaded, because it is cheap while there is one thread only; and whoever asks earlier (a constructor of the
 * program) decides then. Two who decide at once find the same answer, and registering twice does no harm.
 */
#include "base/barrier.h"

#include "base/platform.h"

#if VOW_LINUX && !VOW_THREAD_SANITIZER
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0, 0) == 0;
}

static bool forbidden(void)
{
    const char *text = getenv("VOW_NO_MEMBARRIER");

    return text != NULL && *text != '\0' && strcmp(text, "0") != 0;
}

static bool ready(void)
{
    return !forbidden() && membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

void vow_barrier_everywhere(void)
{
    bool done = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);

    vow_check(done); /* cannot fail once registered */
    (void)done;
}

#else

static bool ready(void)
{
    return false;
}

void vow_barrier_everywhere(void)
{
    vow_check(false && "vow_barrier_available() said no");
}

#endif

enum { UNDECIDED, AVAILABLE, MISSING };

bool vow_barrier_available(void)
{
    static _Atomic int decision;
    /* relaxed, both: the answer is all that is told; the kernel's registration is for the whole process */
    int decided = atomic_load_explicit(&decision, memory_order_relaxed);

    if (vow_unlikely(decided == UNDECIDED)) {
        decided = ready() ? AVAILABLE : MISSING;
        atomic_store_explicit(&decision, decided, memory_order_relaxed);
    }
    return decided == AVAILABLE;
}

__attribute__((constructor)) static void decide_early(void)
{
    (void)vow_barrier_available();
}
