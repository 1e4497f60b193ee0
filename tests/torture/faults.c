/*
 * faults.c - what stands in for malloc, mmap, pthread_create … (faults.h).
 *
 * The linker calls __wrap_NAME for NAME, and NAME for __real_NAME; meson.build lists the names.
 */
#include "torture/faults.h"

#include "torture/cancels.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#include "execution/scheduler.h"

static struct faults *faults; /* NULL: no plan */

void faults_begin(struct faults *planned)
{
    faults = planned;
    if (faults->kind == FAULT_CANCEL)
        cancels_begin();
}

enum fault_kind faults_planned(void)
{
    return faults->kind;
}

long faults_injected(void)
{
    /* relaxed, as all of these: each is a count of its own, and nothing is published by it */
    return faults != NULL ? atomic_load_explicit(&faults->injected, memory_order_relaxed) : 0;
}

/* For a breakpoint: where it stops, a call is about to fail. */
__attribute__((noinline)) static void fault_injected(void)
{
    /* relaxed: see above */
    atomic_fetch_add_explicit(&faults->injected, 1, memory_order_relaxed);
    __asm__ volatile("");
}

bool faults_strike(enum fault_kind kind)
{
    if (faults == NULL || faults->kind != kind)
        return false;
    /* relaxed: see above */
    long number = atomic_fetch_add_explicit(&faults->counted, 1, memory_order_relaxed) + 1;
    if (faults->at == 0 || number < faults->at || (number > faults->at && !faults->onwards))
        return false;
    fault_injected();
    return true;
}

/* The same for functions that set errno. */
static bool fails_with(enum fault_kind kind, int number)
{
    if (!faults_strike(kind))
        return false;
    errno = number;
    return true;
}

/* The records of threads stay when the process ends, by intent (execution/thread.c). */
static void *counted(void *memory, size_t size)
{
    if (faults != NULL && memory != NULL && size != sizeof(struct thread)) /* relaxed: see above */
        atomic_fetch_add_explicit(&faults->blocks, 1, memory_order_relaxed);
    return memory;
}

/* Memory ---------------------------------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __real_free(void *memory);
void __wrap_free(void *memory);

void *__wrap_malloc(size_t size)
{
    return fails_with(FAULT_MEMORY, ENOMEM) ? NULL : counted(__real_malloc(size), size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_with(FAULT_MEMORY, ENOMEM) ? NULL
                                            : counted(__real_calloc(count, size), count * size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    bool fresh = memory == NULL;

    if (fails_with(FAULT_MEMORY, ENOMEM))
        return NULL;
    memory = __real_realloc(memory, size);
    return fresh ? counted(memory, size) : memory;
}

void __wrap_free(void *memory)
{
    if (faults != NULL && memory != NULL) /* relaxed: see above */
        atomic_fetch_sub_explicit(&faults->blocks, 1, memory_order_relaxed);
    __real_free(memory);
}

/* The system ------------------------------------------------------------------------------------------- */

/* STAND_IN(type, name, parameters, arguments, error number, what a failed call gives) */
#define STAND_IN(type, name, parameters, arguments, number, failed)                                \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails_with(FAULT_SYSTEM, number) ? (failed) : __real_##name arguments;              \
    }

STAND_IN(int, pthread_atfork, (void (*before)(void), void (*after)(void), void (*child)(void)),
         (before, after, child), ENOMEM, ENOMEM)

/* With offsets of 64 bits glibc's headers have mmap be called by another name. */
#ifdef __GLIBC__
#define STAND_IN_MMAP(...) STAND_IN(void *, mmap64, __VA_ARGS__)
#else
#define STAND_IN_MMAP(...) STAND_IN(void *, mmap, __VA_ARGS__)
#endif

STAND_IN_MMAP((void *address, size_t size, int protection, int flags, int fd, off_t offset),
              (address, size, protection, flags, fd, offset), ENOMEM, MAP_FAILED)
STAND_IN(int, munmap, (void *address, size_t size), (address, size), ENOMEM, -1)
STAND_IN(int, mprotect, (void *address, size_t size, int protection), (address, size, protection),
         ENOMEM, -1)
STAND_IN(int, madvise, (void *address, size_t size, int advice), (address, size, advice), ENOMEM,
         -1)
STAND_IN(int, sigaction, (int number, const struct sigaction *fresh, struct sigaction *former),
         (number, fresh, former), EINVAL, -1)
STAND_IN(int, sigaltstack, (const stack_t *fresh, stack_t *former), (fresh, former), ENOMEM, -1)
STAND_IN(int, eventfd, (unsigned int count, int flags), (count, flags), EMFILE, -1)
STAND_IN(int, sched_getaffinity, (pid_t process, size_t size, cpu_set_t *ret_processors),
         (process, size, ret_processors), EINVAL, -1)
STAND_IN(int, pthread_create,
         (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *),
          void *argument),
         (thread, attributes, run, argument), EAGAIN, EAGAIN)
STAND_IN(int, pthread_key_create, (pthread_key_t * key, void (*drop)(void *)), (key, drop), EAGAIN,
         EAGAIN)
STAND_IN(int, pthread_setspecific, (pthread_key_t key, const void *value), (key, value), ENOMEM,
         ENOMEM)
STAND_IN(int, pthread_attr_init, (pthread_attr_t * attributes), (attributes), ENOMEM, ENOMEM)
STAND_IN(int, pthread_getattr_np, (pthread_t thread, pthread_attr_t *attributes),
         (thread, attributes), ENOMEM, ENOMEM)
STAND_IN(int, pthread_attr_setstack, (pthread_attr_t * attributes, void *stack, size_t size),
         (attributes, stack, size), EINVAL, EINVAL)
STAND_IN(int, pthread_attr_setstacksize, (pthread_attr_t * attributes, size_t size),
         (attributes, size), EINVAL, EINVAL)

/* libuv: by its contract these give a number of its own. Each may lack memory or a descriptor. */
#define STAND_IN_UV(name, parameters, arguments)                                                   \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        if (faults_strike(FAULT_MEMORY))                                                           \
            return UV_ENOMEM;                                                                      \
        return faults_strike(FAULT_SYSTEM) ? UV_EMFILE : __real_##name arguments;                  \
    }

STAND_IN_UV(uv_loop_init, (uv_loop_t * loop), (loop))
STAND_IN_UV(uv_pipe, (uv_file ends[2], int read_flags, int write_flags),
            (ends, read_flags, write_flags))
STAND_IN_UV(uv_poll_init, (uv_loop_t * loop, uv_poll_t *poll, int fd), (loop, poll, fd))
STAND_IN_UV(uv_signal_init, (uv_loop_t * loop, uv_signal_t *signal), (loop, signal))
STAND_IN_UV(uv_signal_start, (uv_signal_t * signal, uv_signal_cb callback, int number),
            (signal, callback, number))

/* Programs of their own -------------------------------------------------------------------------------- */

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        (void)closedir(folder);
    return count;
}

static int descriptors; /* at the beginning */

/* What libuv keeps open for the process is opened before anything is counted. */
static void count_descriptors(void)
{
    uv_loop_t loop;
    if (__real_uv_loop_init(&loop) == 0)
        (void)uv_loop_close(&loop);
    descriptors = open_descriptors();
}

__attribute__((constructor(101))) static void begin(void)
{
    const char *fd = getenv(FAULTS_VARIABLE);
    if (fd == NULL)
        return;
    void *shared = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
    if (shared == MAP_FAILED)
        return;
    count_descriptors();
    faults_begin(shared);
    faults->counts_descriptors = true;
}

/* After everything else, the library's own end too. */
__attribute__((destructor(101))) static void end(void)
{
    if (faults == NULL)
        return;
    if (faults->counts_descriptors)
        faults->descriptors = open_descriptors() - descriptors;
    /* relaxed: read when the process has ended */
    atomic_store_explicit(&faults->ended, true, memory_order_relaxed);
}
