/*
 * test_threads.c - threads that use vow and end, many times over, and whatever way they end; loops and pools made and freed
 * many times: nothing grows.
 */
#include "process_testing.h"

#include <dirent.h>

/* On a busy machine each thread waits for its turn many times: the full number is for `VOW_TEST_THREADS=10000`. */
static int many(void)
{
    const char *wish = getenv("VOW_TEST_THREADS");
    return wish != NULL ? atoi(wish) : 1000;
}

#define PLACES 1000

/* What the process has ------------------------------------------------------------------------------------------------- */

static _Atomic long allocated; /* by vow, and not given back */

static void *allocate(size_t size, void *context)
{
    (void)context;
    void *memory = malloc(size);
    if (memory != NULL)
        atomic_fetch_add(&allocated, 1);
    return memory;
}

static void *resize(void *memory, size_t size, void *context)
{
    void *larger = realloc(memory, size);
    (void)context;
    if (memory == NULL && larger != NULL)
        atomic_fetch_add(&allocated, 1);
    return larger;
}

static void release(void *memory, void *context)
{
    (void)context;
    atomic_fetch_sub(&allocated, 1);
    free(memory);
}

static void count_allocations(void)
{
    static const struct vow_allocator counting = {
        .size = sizeof(counting), .allocate = allocate, .resize = resize, .release = release};
    CHECK(vow_set_allocator(&counting) == VOW_OK);
}

static int entries(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return 0; /* no such file system: nothing to compare */
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

struct stock {
    long objects, blocks;
    int descriptors, threads;
};

static struct stock take_stock(void)
{
    return (struct stock){vow_live_objects(), atomic_load(&allocated), entries("/proc/self/fd"),
                          entries("/proc/self/task")};
}

/* A thread that was joined may be seen for a moment still; a worker may be about to give something back. */
static void await_stock(struct stock before, long blocks_more)
{
    for (;;) {
        struct stock now = take_stock();
        if (now.objects <= before.objects && now.blocks <= before.blocks + blocks_more &&
            now.descriptors <= before.descriptors && now.threads <= before.threads)
            return;
        (void)sched_yield();
    }
}

/* Threads that end --------------------------------------------------------------------------------------------------------- */

static vow_value nap(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(VOW_US(1));
    return input;
}

static vow_value count_up(vow_value input, void *context)
{
    (void)context;
    for (int64_t i = 0; i < 3; i++)
        vow_release(vow_yield(vow_integer(i)));
    return input;
}

static void *use_all(void *pool)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, twice, NULL);
    CHECK(vow_fire(deferred, vow_integer(2)) == VOW_OK);
    CHECK(vow_as_integer(vow_await(promise, VOW_FOREVER)) == 4);
    CHECK(works(vow_pool_scheduler(pool)));
    vow_release(vow_await(vow_spawn(NULL, nap, vow_none(), NULL), VOW_FOREVER));
    vow_coroutine *coroutine = vow_coroutine_new(count_up, NULL);
    vow_release(vow_next(coroutine));
    vow_coroutine_release(coroutine);
    return NULL;
}

#define AT_ONCE 20
#define KEPT_MOST 5 /* blocks that one leaves for the next, where more meet than did before */

static void run_threads(int count, void *(*body)(void *), void *context)
{
    for (int i = 0; i < count; i += AT_ONCE) {
        pthread_t threads[AT_ONCE];
        for (int j = 0; j < AT_ONCE; j++)
            CHECK(pthread_create(&threads[j], NULL, body, context) == 0);
        for (int j = 0; j < AT_ONCE; j++)
            CHECK(pthread_join(threads[j], NULL) == 0);
    }
}

static void records_body(void)
{
    count_allocations();
    vow_pool *pool = vow_pool_new(1, NULL);
    run_threads(100, use_all, pool);
    struct stock before = take_stock();
    run_threads(many(), use_all, pool);
    await_stock(before, KEPT_MOST * AT_ONCE); /* far less than a block for each of them */
    CHECK(vow_pool_free(pool) == VOW_OK);
}
test_in_process(what_a_thread_had_comes_back_when_it_ends, records_body);

/* Ways to end ------------------------------------------------------------------------------------------------------------- */

static _Atomic unsigned canceled;

static vow_value wait_for_never(vow_value input, void *never)
{
    vow_value value;
    if (vow_wait(never, VOW_FOREVER, &value) == VOW_CANCELED)
        atomic_fetch_add(&canceled, 1);
    return input;
}

static vow_promise *never_fired(void)
{
    static vow_promise *promise;
    if (promise == NULL)
        CHECK(vow_deferred_new_at(vow_immediate(), &promise) != NULL);
    return promise;
}

static void *leave_lines(void *never)
{
    for (int i = 0; i < 3; i++)
        vow_promise_release(vow_spawn(NULL, wait_for_never, vow_none(), never));
    vow_run_pending();
    pthread_exit(NULL);
}

static void lines_body(void)
{
    run_threads(100, leave_lines, never_fired());
    CHECK(atomic_load(&canceled) == 300);
}
test_in_process(waits_of_lines_end_when_their_thread_does, lines_body);

static void *leave_loop(void *context)
{
    (void)context;
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(loop != NULL && works(vow_loop_scheduler(loop)));
    vow_promise_release(vow_call_later(loop, VOW_S(1000), twice, vow_none(), NULL));
    pthread_exit(NULL);
}

static void loop_body(void)
{
    run_threads(AT_ONCE, leave_loop, NULL);
    struct stock before = take_stock();
    run_threads(100, leave_loop, NULL);
    struct stock now = take_stock();
    CHECK(now.descriptors == before.descriptors);
}
test_in_process(loop_that_nobody_freed_is_closed_when_its_thread_ends, loop_body);

static vow_value leave(vow_value input, void *context)
{
    (void)input;
    (void)context;
    pthread_exit(NULL);
}

static void *leave_from_callback(void *context)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    promise = vow_then(promise, leave, NULL);
    (void)vow_fire(deferred, vow_none());
    return context;
}

static void callback_body(void)
{
    run_threads(100, leave_from_callback, NULL);
    CHECK(works(NULL));
}
test_in_process(thread_may_end_in_a_callback, callback_body);

static void *leave_from_line(void *context)
{
    vow_release(vow_await(vow_spawn(NULL, leave, vow_none(), NULL), VOW_FOREVER));
    return context;
}

static void line_body(void)
{
    run_threads(100, leave_from_line, NULL);
    CHECK(works(NULL));
}
test_in_process(thread_may_end_in_a_line, line_body);

static void *leave_from_coroutine(void *context)
{
    vow_release(vow_next(vow_coroutine_new(leave, NULL)));
    return context;
}

static void coroutine_body(void)
{
    run_threads(100, leave_from_coroutine, NULL);
    CHECK(works(NULL));
}
test_in_process(thread_may_end_in_a_coroutine, coroutine_body);

static void leave_from_job(void)
{
    vow_pool *pool = vow_pool_new(2, NULL);
    vow_release(
        vow_await(vow_submit(vow_pool_scheduler(pool), leave, vow_none(), NULL), VOW_FOREVER));
    _exit(1);
}

static void job_body(void)
{
    CHECK_PROCESS(leave_from_job, -SIGABRT);
}
test_in_process(job_that_ends_its_thread_ends_the_process_with_a_sentence, job_body);

/* Loops and pools ----------------------------------------------------------------------------------------------------------- */

static void loops_body(void)
{
    count_allocations();
    struct stock before = {0};
    for (int i = 0; i < PLACES; i++) {
        vow_loop *loop = vow_loop_new(NULL);
        CHECK(loop != NULL && works(vow_loop_scheduler(loop)));
        CHECK(vow_loop_free(loop) == VOW_OK);
        if (i == 10)
            before = take_stock();
    }
    await_stock(before, KEPT_MOST);
}
test_in_process(thousand_loops_leave_nothing, loops_body);

static void pools_body(void)
{
    count_allocations();
    struct stock before = {0};
    for (int i = 0; i < PLACES; i++) {
        vow_pool *pool = vow_pool_new(i % 4, NULL);
        CHECK(pool != NULL && works(vow_pool_scheduler(pool)));
        CHECK(vow_pool_free(pool) == VOW_OK);
        if (i == 20)
            before = take_stock();
    }
    await_stock(before, 4 * KEPT_MOST); /* as many workers may have met */
}
test_in_process(thousand_pools_leave_nothing, pools_body);

static void *make_and_free(void *context)
{
    for (int i = 0; i < 10; i++) {
        vow_pool *pool = vow_pool_new(i % 3, NULL);
        vow_loop *loop = vow_loop_new(NULL);
        CHECK(pool != NULL && works(vow_pool_scheduler(pool)));
        CHECK(loop != NULL && works(vow_loop_scheduler(loop)));
        if (i % 2 == 0)
            CHECK(vow_pool_free(pool) == VOW_OK && vow_loop_free(loop) == VOW_OK);
        else
            CHECK(vow_loop_free(loop) == VOW_OK && vow_pool_free(pool) == VOW_OK);
    }
    return context;
}

static void at_once_body(void)
{
    struct stock before = {0};
    for (int i = 0; i < 5; i++) {
        run_threads(AT_ONCE, make_and_free, NULL);
        if (i == 0)
            before = take_stock();
    }
    struct stock now = take_stock();
    CHECK(now.descriptors == before.descriptors);
}
test_in_process(threads_make_and_free_pools_and_loops_at_the_same_time, at_once_body);

/* Destructors of the thread's own ------------------------------------------------------------------------------------------- */

static pthread_key_t early_key, late_key;
static _Atomic unsigned destructors_run;

/* As often as the system lets a destructor come again: so it also runs when vow has let go of the thread. */
static void use_late(void *key)
{
    static _Thread_local int rounds;
    vow_pool *pool = vow_pool_new(1, NULL);
    vow_loop *loop = vow_loop_new(NULL);
    CHECK(pool != NULL && loop != NULL);
    (void)use_all(pool);
    CHECK(works(vow_loop_scheduler(loop)));
    CHECK(vow_loop_free(loop) == VOW_OK);
    CHECK(vow_pool_free(pool) == VOW_OK);
    atomic_fetch_add(&destructors_run, 1);
    if (++rounds < 6)
        CHECK(pthread_setspecific(*(pthread_key_t *)key, key) == 0);
}

static void *end_with_destructors(void *context)
{
    CHECK(pthread_setspecific(early_key, &early_key) == 0);
    CHECK(works(NULL));
    CHECK(pthread_setspecific(late_key, &late_key) == 0);
    return context;
}

static void destructors_body(void)
{
    CHECK(pthread_key_create(&early_key, use_late) == 0);
    CHECK(works(NULL));
    CHECK(pthread_key_create(&late_key, use_late) == 0);
    run_threads(5 * AT_ONCE, end_with_destructors, NULL);
    CHECK(atomic_load(&destructors_run) >= 2 * 5 * AT_ONCE);
}
test_in_process(destructors_of_a_thread_may_use_all, destructors_body);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_thread_had_comes_back_when_it_ends),
        cmocka_unit_test(waits_of_lines_end_when_their_thread_does),
        cmocka_unit_test(loop_that_nobody_freed_is_closed_when_its_thread_ends),
        cmocka_unit_test(thread_may_end_in_a_callback),
        cmocka_unit_test(thread_may_end_in_a_line),
        cmocka_unit_test(thread_may_end_in_a_coroutine),
        cmocka_unit_test(job_that_ends_its_thread_ends_the_process_with_a_sentence),
        cmocka_unit_test(thousand_loops_leave_nothing),
        cmocka_unit_test(thousand_pools_leave_nothing),
        cmocka_unit_test(threads_make_and_free_pools_and_loops_at_the_same_time),
        cmocka_unit_test(destructors_of_a_thread_may_use_all),
    };
    /* AddressSanitizer takes what pthread_exit leaves on a stack for still in use, when the thread itself goes on there */
    if (stacks_are_threads() || VOW_ADDRESS_SANITIZER)
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
