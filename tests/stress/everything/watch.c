/*
 * watch.c - who waits for what: each wait is noted while it lasts, and a thread looks whether one lasts too long. Then it
 * prints all of them and ends the process.
 */
#include "everything.h"

#include <signal.h>

enum { NOTES = 1 << 14, PATIENCE = 40 };

struct watched {
    const char *_Atomic what; /* NULL: free */
    _Atomic int64_t since;
    _Atomic long thread;
};

static struct watched notes[NOTES];
static struct watched lost; /* where there is no more room */
static _Atomic long under_way;
static const char *_Atomic phase;
static _Atomic int64_t phase_since;
static _Atomic bool watching;
static pthread_t watcher;

__attribute__((noinline)) static long this_thread(void)
{
    return (long)gettid();
}

struct watched *wait_begins(const char *what)
{
    unsigned at = below(NOTES);
    atomic_fetch_add(&under_way, 1);
    for (int i = 0; i < 64; i++, at = (at + 1) % NOTES) {
        const char *none = NULL;
        if (atomic_compare_exchange_strong(&notes[at].what, &none, what)) {
            atomic_store(&notes[at].thread, this_thread());
            atomic_store(&notes[at].since, vow_now());
            return &notes[at];
        }
    }
    return &lost;
}

void wait_ends(struct watched *wait)
{
    atomic_store(&wait->since, 0);
    atomic_store(&wait->what, NULL);
    atomic_fetch_sub(&under_way, 1);
}

long waits_under_way(void)
{
    return atomic_load(&under_way);
}

void watch_phase(const char *what)
{
    atomic_store(&phase, what);
    atomic_store(&phase_since, vow_now());
}

static void print_all(int64_t now)
{
    (void)fprintf(stderr, "it hangs in phase '%s' since %.1f s; waits under way: %ld\n",
                  atomic_load(&phase), (double)(now - atomic_load(&phase_since)) / 1e9,
                  waits_under_way());
    for (int i = 0; i < NOTES; i++) {
        const char *what = atomic_load(&notes[i].what);
        int64_t since = atomic_load(&notes[i].since);
        if (what != NULL && since != 0)
            (void)fprintf(stderr, "  %.3f s, begun on thread %ld: %s\n",
                          (double)(now - since) / 1e9, atomic_load(&notes[i].thread), what);
    }
}

static bool lasts_too_long(int64_t now)
{
    int64_t patience =
        VOW_S(setting("VOW_STRESS_PATIENCE", longer(PATIENCE * (SLOWER > 1 ? 3 : 1))));
    for (int i = 0; i < NOTES; i++) {
        int64_t since = atomic_load(&notes[i].since);
        if (since != 0 && now - since > patience)
            return true;
    }
    return false;
}

static void *watch(void *context)
{
    (void)context;
    for (int i = 0; atomic_load(&watching); i++) {
        (void)usleep(20000);
        if (i % 50 == 49 && lasts_too_long(vow_now())) {
            print_all(vow_now());
            abort();
        }
    }
    return NULL;
}

static void on_alarm(int signal)
{
    (void)signal;
    print_all(vow_now());
    abort();
}

void watch_begin(void)
{
    atomic_store(&watching, true);
    (void)signal(SIGALRM, on_alarm);
    if (pthread_create(&watcher, NULL, watch, NULL) != 0)
        abort();
}

void watch_end(void)
{
    atomic_store(&watching, false);
    (void)pthread_join(watcher, NULL);
}
