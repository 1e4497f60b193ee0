/*
 * places.c - where things run: pools that are resized, closed and replaced, loops, a scheduler that loses calls, and
 * threads that come and go with lines parked on them.
 */
#include "everything.h"

#include <sched.h>
#include <semaphore.h>

static struct {
    pthread_mutex_t mutex;
    vow_pool *pool;
} pools[POOLS];

static vow_pool *steady; /* never closed while anything runs */
static vow_scheduler *loop_homes[LOOPS];
static vow_loop *_Atomic loops[LOOPS];
static pthread_t loop_threads[LOOPS];
static sem_t loops_ready;
static vow_scheduler *loser_home;

pthread_t thread_new(void *(*function)(void *), void *context)
{
    pthread_t thread;
    pthread_attr_t attributes;
    bool ready = pthread_attr_init(&attributes) == 0;
    if (ready && sizeof(void *) < 8) /* stacks of 8 MiB would take all addresses that there are */
        ready = pthread_attr_setstacksize(&attributes, 1024 * 1024) == 0;
    if (!ready || pthread_create(&thread, &attributes, function, context) != 0)
        abort();
    (void)pthread_attr_destroy(&attributes);
    return thread;
}

vow_scheduler *some_home(void)
{
    unsigned which = below(12);
    if (which < POOLS) {
        (void)pthread_mutex_lock(&pools[which].mutex);
        vow_scheduler *home = vow_scheduler_retain(vow_pool_scheduler(pools[which].pool));
        (void)pthread_mutex_unlock(&pools[which].mutex);
        return home;
    }
    if (which < POOLS + LOOPS)
        return vow_scheduler_retain(loop_homes[which - POOLS]);
    if (which == POOLS + LOOPS)
        return vow_scheduler_retain(loser_home);
    return NULL;
}

vow_scheduler *steady_place(void)
{
    return vow_pool_scheduler(steady);
}

vow_scheduler *some_place(void)
{
    vow_scheduler *home = some_home();
    return home != NULL ? home : vow_scheduler_retain(vow_immediate());
}

int some_loop(vow_loop **ret_loop)
{
    int which = (int)below(LOOPS);
    *ret_loop = atomic_load(&loops[which]);
    return which;
}

/* Pools ----------------------------------------------------------------------------------------------------------- */

void act_resize(void)
{
    unsigned which = below(POOLS);
    if (pthread_mutex_trylock(&pools[which].mutex) != 0)
        return;
    (void)vow_pool_resize(pools[which].pool, (int)below(4));
    (void)pthread_mutex_unlock(&pools[which].mutex);
}

static void close_pool(vow_pool *pool)
{
    if (one_in(2)) {
        enum vow_close_mode mode = one_in(2) ? VOW_CANCEL : VOW_DRAIN;
        (void)noted(vow_status, vow_pool_close(pool, mode, soon()));
    }
    if (one_in(2))
        must(noted(vow_status, vow_pool_close(pool, VOW_CANCEL, VOW_FOREVER)) == VOW_OK);
    must(noted(vow_status, vow_pool_free(pool)) == VOW_OK);
}

/* A thread's own: what closes a pool must not be one of its calls. */
void act_replace_pool(void)
{
    unsigned which = below(POOLS);
    vow_pool *made = vow_pool_new((int)below(4), NULL);
    if (made == NULL)
        return;
    (void)pthread_mutex_lock(&pools[which].mutex);
    vow_pool *former = pools[which].pool;
    pools[which].pool = made;
    (void)pthread_mutex_unlock(&pools[which].mutex);
    close_pool(former);
}

/* What only the end of its place ends. */
static vow_value wait_for_the_end(vow_value input, void *pointer)
{
    struct context *context = pointer;
    vow_promise *never;
    vow_deferred *deferred = vow_deferred_new(&never);
    atomic_fetch_add(&context->runs, 1);
    must(noted(vow_status, vow_wait(never, VOW_FOREVER, NULL)) == VOW_CANCELED);
    if (one_in(4))
        act_shield();
    vow_deferred_release(deferred);
    vow_promise_release(never);
    return input;
}

/* A pool with parked jobs that nothing but a cancel ends. */
void act_close_parked(void)
{
    struct vow_pool_options options = {.size = sizeof(options),
                                       .stack_size = one_in(2) ? 64 << 10 : 0};
    vow_pool *pool = vow_pool_new((int)below(3), &options);
    if (pool == NULL)
        return;
    for (unsigned i = 1 + below(4); i > 0; i--)
        vow_promise_release(submit_to(vow_pool_scheduler(pool), wait_for_the_end));
    if (one_in(2))
        (void)vow_pool_resize(pool, (int)below(3));
    if (one_in(2)) {
        (void)noted(vow_status, vow_pool_close(pool, VOW_DRAIN, soon()));
        (void)noted(vow_status, vow_pool_close(pool, VOW_CANCEL, soon()));
    }
    must(noted(vow_status, vow_pool_close(pool, VOW_CANCEL, VOW_FOREVER)) == VOW_OK);
    must(noted(vow_status, vow_pool_free(pool)) == VOW_OK);
}

/* Threads that come and go ------------------------------------------------------------------------------------------ */

enum { MOST_PASSING = 4000, PASSING_AT_A_TIME = 4 };

static pthread_t passing
    [MOST_PASSING]; /* joined when all is over: nobody is to sleep in the system with parked lines */
static _Atomic int passing_begun;
static _Atomic int passing_now;

bool passing_threads_have_ended(void)
{
    return atomic_load(&passing_now) == 0;
}

/* ThreadSanitizer takes the number of a descriptor for an object that lives on when it is closed and used again by another
   thread: so loops that come and go do it one after the other. Who has to wait for that serves its lines meanwhile. */
static pthread_mutex_t loops_mutex = PTHREAD_MUTEX_INITIALIZER;

static void lock_loops(void)
{
    while (pthread_mutex_trylock(&loops_mutex) != 0)
        if (vow_run_pending() == 0)
            (void)usleep(50);
}

static void use_passing_loop(void)
{
    enum { TIMERS = 3 };
    struct vow_timer timers[TIMERS];
    lock_loops();
    vow_loop *loop = vow_loop_new(NULL);
    (void)pthread_mutex_unlock(&loops_mutex);
    must(loop != NULL);
    timers_init(timers, TIMERS);
    for (unsigned i = below(4); i > 0; i--)
        timers_use(loop, timers, TIMERS);
    for (unsigned i = below(4); i > 0; i--)
        vow_promise_release(submit_to(vow_loop_scheduler(loop), wait_for_the_end));
    for (unsigned i = below(4); i > 0; i--)
        vow_promise_release(submit_to(vow_loop_scheduler(loop), run_job));
    for (unsigned i = below(4); i > 0; i--)
        (void)noted(vow_status, vow_loop_run_once(loop, soon()));
    if (one_in(2))
        act_wait();
    lock_loops();
    must(noted(vow_status, vow_loop_free(loop)) == VOW_OK);
    (void)pthread_mutex_unlock(&loops_mutex);
}

/* Ends with promises at home on it, whose calls are perhaps on their way to it, and with lines that are parked. */
static void *pass(void *context)
{
    for (unsigned i = below(6); i > 0; i--) {
        struct cell former;
        replace_some(NULL, &former);
        (void)vow_fire(former.deferred, some_value());
        vow_promise_release(former.promise);
        act_a_little();
    }
    for (unsigned i = below(3); i > 0; i--)
        act_spawn();
    for (unsigned i = below(3); i > 0; i--) {
        struct context *counted = context_new();
        vow_handlers at_end = {.size = sizeof(at_end), .context = counted, .drop = context_drop};
        vow_promise_release(vow_add_callbacks(
            vow_spawn(vow_immediate(), wait_for_the_end, vow_none(), counted), &at_end));
    }
    act_submit();
    if (one_in(3))
        use_passing_loop();
    atomic_fetch_sub(&passing_now, 1);
    return context;
}

void act_pass(void)
{
    if (atomic_load(&everything_ends) || atomic_load(&passing_now) >= PASSING_AT_A_TIME)
        return;
    int which = atomic_fetch_add(&passing_begun, 1);
    if (which >= MOST_PASSING)
        return;
    atomic_fetch_add(&passing_now, 1);
    passing[which] = thread_new(pass, NULL);
}

/* The scheduler that loses calls ------------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    struct vow_call *first;
    struct vow_call **end;
    bool over;
    bool dropped;
    pthread_t thread;
} loser;

static vow_status loser_schedule(struct vow_call *call, void *self)
{
    (void)self;
    (void)pthread_mutex_lock(&loser.mutex);
    bool refused = loser.over || one_in(16);
    if (!refused) {
        call->next = NULL;
        *loser.end = call;
        loser.end = &call->next;
        (void)pthread_cond_signal(&loser.condition);
    }
    (void)pthread_mutex_unlock(&loser.mutex);
    return refused ? VOW_CLOSED : VOW_OK;
}

static void loser_drop(void *self)
{
    (void)self;
    must(!loser.dropped);
    loser.dropped = true;
}

static struct vow_call *loser_take(void)
{
    struct vow_call *call = loser.first;
    if (call == NULL)
        return NULL;
    loser.first = call->next;
    if (loser.first == NULL)
        loser.end = &loser.first;
    return call;
}

static void *loser_main(void *context)
{
    (void)pthread_mutex_lock(&loser.mutex);
    while (!loser.over || loser.first != NULL) {
        struct vow_call *call = loser_take();
        if (call == NULL && !loser.over) { /* it looks after its parked lines, too */
            struct timespec until;
            (void)clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec = (until.tv_nsec + 500000) % 1000000000;
            (void)pthread_cond_timedwait(&loser.condition, &loser.mutex, &until);
        }
        (void)pthread_mutex_unlock(&loser.mutex);
        if (call != NULL && one_in(8))
            vow_call_drop(call);
        else if (call != NULL)
            vow_call_run(loser_home, call);
        (void)vow_run_pending();
        (void)pthread_mutex_lock(&loser.mutex);
    }
    (void)pthread_mutex_unlock(&loser.mutex);
    return context;
}

static void begin_loser(void)
{
    static const struct vow_scheduler_ops ops = {
        .size = sizeof(ops), .name = "loser", .schedule = loser_schedule, .drop = loser_drop};
    loser.end = &loser.first;
    loser.over = loser.dropped = false;
    loser_home = vow_scheduler_new(&ops, &loser);
    if (loser_home == NULL)
        abort();
    loser.thread = thread_new(loser_main, NULL);
}

static void end_loser(void)
{
    (void)pthread_mutex_lock(&loser.mutex);
    loser.over = true;
    (void)pthread_cond_signal(&loser.condition);
    (void)pthread_mutex_unlock(&loser.mutex);
    (void)pthread_join(loser.thread, NULL);
    vow_scheduler_release(loser_home);
}

/* Loops, and all of it ---------------------------------------------------------------------------------------------- */

static void *loop_main(void *context)
{
    int which = (int)(intptr_t)context;
    vow_loop *loop = vow_loop_new(NULL);
    if (loop == NULL)
        abort();
    loop_homes[which] = vow_scheduler_retain(vow_loop_scheduler(loop));
    atomic_store(&loops[which], loop);
    (void)sem_post(&loops_ready);
    must(vow_loop_run(loop) == VOW_OK);
    must(vow_loop_free(loop) == VOW_OK);
    return NULL;
}

/* They stay from round to round: what ends last still looks at them. */
static void init_places(void)
{
    (void)pthread_mutex_init(&loser.mutex, NULL);
    (void)pthread_cond_init(&loser.condition, NULL);
    for (int i = 0; i < POOLS; i++)
        (void)pthread_mutex_init(&pools[i].mutex, NULL);
    (void)sem_init(&loops_ready, 0, 0);
}

void places_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_places);
    begin_loser();
    steady = vow_pool_new(2, NULL);
    for (int i = 0; i < LOOPS; i++)
        loop_threads[i] = thread_new(loop_main, (void *)(intptr_t)i);
    for (int i = 0; i < LOOPS; i++)
        while (sem_wait(&loops_ready) != 0) {
        }
    for (int i = 0; i < POOLS; i++)
        pools[i].pool = vow_pool_new(i, NULL);
}

void places_grow(void)
{
    for (int i = 0; i < POOLS; i++)
        (void)vow_pool_resize(pools[i].pool, 1);
}

void places_end(void)
{
    int begun = atomic_load(&passing_begun);
    for (int i = 0; i < begun && i < MOST_PASSING; i++)
        (void)pthread_join(passing[i], NULL);
    atomic_store(&passing_begun, 0);
    for (int i = 0; i < POOLS; i++)
        must(vow_pool_free(pools[i].pool) == VOW_OK);
    must(vow_pool_free(steady) == VOW_OK);
    for (int i = 0; i < LOOPS; i++) {
        vow_loop_stop(atomic_load(&loops[i]));
        (void)pthread_join(loop_threads[i], NULL);
        vow_scheduler_release(loop_homes[i]);
    }
    end_loser();
}

bool places_have_gone(void)
{
    return loser.dropped;
}
