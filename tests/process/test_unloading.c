/*
 * test_unloading.c LIBRARY - a program that is not linked with the shared library loads it, uses pools, a loop and a thread,
 * frees all and unloads it, again and again. The library stays (-z nodelete), since threads run its code at their ends; so nothing grows.
 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <vow.h>

#define TIMES 50

static const char *path;

/* What it uses, by name. */
static struct {
    vow_pool *(*pool_new)(int workers, const struct vow_pool_options *options);
    vow_scheduler *(*pool_scheduler)(vow_pool *pool);
    vow_status (*pool_free)(vow_pool *pool);
    vow_loop *(*loop_new)(const struct vow_loop_options *options);
    vow_scheduler *(*loop_scheduler)(vow_loop *loop);
    vow_status (*loop_free)(vow_loop *loop);
    vow_promise *(*submit)(vow_scheduler *scheduler, vow_fn *fn, vow_value input, void *context);
    vow_value (*await)(vow_promise *promise, vow_deadline deadline);
    long (*live_objects)(void);
} vow;

static void find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    assert_non_null(symbol);
    memcpy(function, &symbol, sizeof(symbol));
}

static void *load(void)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        fail_msg("%s", dlerror());
    find(library, "vow_pool_new", &vow.pool_new);
    find(library, "vow_pool_scheduler", &vow.pool_scheduler);
    find(library, "vow_pool_free", &vow.pool_free);
    find(library, "vow_loop_new", &vow.loop_new);
    find(library, "vow_loop_scheduler", &vow.loop_scheduler);
    find(library, "vow_loop_free", &vow.loop_free);
    find(library, "vow_submit", &vow.submit);
    find(library, "vow_await", &vow.await);
    find(library, "vow_live_objects", &vow.live_objects);
    return library;
}

static vow_value twice(vow_value input, void *context)
{
    (void)context;
    return vow_integer(input.as.integer * 2); /* vow_as_integer would have to be found */
}

static bool works(vow_scheduler *scheduler)
{
    vow_value value = vow.await(vow.submit(scheduler, twice, vow_integer(21), NULL), VOW_FOREVER);
    return vow_is_integer(value) && value.as.integer == 42;
}

static void *use_all(void *ret_good)
{
    vow_pool *pool = vow.pool_new(2, NULL);
    vow_loop *loop = vow.loop_new(NULL);
    bool good = pool != NULL && loop != NULL && works(vow.pool_scheduler(pool)) &&
                works(vow.loop_scheduler(loop)) && works(NULL);
    good = vow.loop_free(loop) == VOW_OK && good;
    *(bool *)ret_good = vow.pool_free(pool) == VOW_OK && good;
    return NULL;
}

static bool use_all_in_a_thread(void)
{
    pthread_t thread;
    bool good = false;
    return pthread_create(&thread, NULL, use_all, &good) == 0 && pthread_join(thread, NULL) == 0 &&
           good;
}

/* As many objects live as the first time. Workers of the default pool may be about to give some back. */
static void await_rest(long *live)
{
    if (*live < 0)
        *live = vow.live_objects();
    while (vow.live_objects() > *live)
        (void)sched_yield();
    assert_in_range(vow.live_objects(), 0, *live);
}

static void library_is_loaded_used_and_unloaded_again_and_again(void **state)
{
    (void)state;
    long live = -1;
    for (int i = 0; i < TIMES; i++) {
        bool good = false;
        void *library = load();
        use_all(&good);
        assert_true(good);
        assert_true(use_all_in_a_thread());
        await_rest(&live);
        assert_int_equal(dlclose(library), 0);
    }
}

struct late {
    pthread_mutex_t unloaded;
    bool good;
};

static void *use_and_outlive(void *context)
{
    struct late *late = context;
    use_all(&late->good);
    (void)pthread_mutex_lock(&late->unloaded);
    (void)pthread_mutex_unlock(&late->unloaded);
    return NULL; /* what the library keeps for the thread goes now */
}

static void thread_that_has_used_it_may_end_after_it_was_unloaded(void **state)
{
    struct late late = {.unloaded = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread;
    (void)state;
    void *library = load();
    (void)pthread_mutex_lock(&late.unloaded);
    assert_int_equal(pthread_create(&thread, NULL, use_and_outlive, &late), 0);
    assert_int_equal(dlclose(library), 0);
    (void)pthread_mutex_unlock(&late.unloaded);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(late.good);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library_is_loaded_used_and_unloaded_again_and_again),
        cmocka_unit_test(thread_that_has_used_it_may_end_after_it_was_unloaded),
    };
    if (count != 2)
        return 2;
    path = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
