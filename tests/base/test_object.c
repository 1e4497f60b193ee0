/*
 * test_object.c - the memory of small objects across threads, and the count of live ones.
 */
#include "testing.h"

#include <pthread.h>

#include "base/lock.h"
#include "base/object.h"
#include "base/slab.h"

static void live_objects_are_counted_up_and_down(void **state)
{
    long before = vow_live_objects();
    void *small = vow_object_new(40), *large = vow_object_new(10000);
    (void)state;
    assert_int_equal(vow_live_objects(), before + 2);
    vow_object_delete(small, 40);
    vow_object_delete(large, 10000);
    assert_int_equal(vow_live_objects(), before);
}

static void objects_of_one_class_are_all_apart_and_whole(void **state)
{
    enum { COUNT = 5000 };
    static unsigned char *objects[COUNT];
    (void)state;
    for (size_t size = 1; size <= 300; size += 23) {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < COUNT; i++) {
                objects[i] = vow_object_new(size);
                assert_non_null(objects[i]);
                memset(objects[i], i & 0xff, size);
            }
            for (int i = 0; i < COUNT; i++) {
                assert_int_equal(objects[i][0], i & 0xff);
                assert_int_equal(objects[i][size - 1], i & 0xff);
                vow_object_delete(objects[i], size);
            }
        }
    }
}

static void slabs_give_whole_lines_and_take_them_back_in_any_order(void **state)
{
    enum { COUNT = 5000, PART = 7 };
    static void *objects[COUNT];
    (void)state;
    for (uint32_t size = VOW_CACHE_LINE; size <= SLAB_LARGEST; size += VOW_CACHE_LINE) {
        for (uint32_t i = 0; i < COUNT; i += PART)
            assert_int_equal(
                vow_object_slab_take(size, objects + i, i + PART < COUNT ? PART : COUNT - i),
                i + PART < COUNT ? PART : COUNT - i);
        for (uint32_t i = 0; i < COUNT; i++) {
            assert_int_equal((uintptr_t)objects[i] % VOW_CACHE_LINE, 0);
            memset(objects[i], (int)(i & 0xff), size);
        }
        for (uint32_t step = 0; step < PART; step++) {
            for (uint32_t i = step; i < COUNT; i += PART) {
                assert_int_equal(((unsigned char *)objects[i])[0], i & 0xff);
                assert_int_equal(((unsigned char *)objects[i])[size - 1], i & 0xff);
                vow_object_slab_give(size, &objects[i], 1);
            }
        }
    }
}

static void *make_one(void *ret_object)
{
    *(void **)ret_object = vow_object_new(64);
    return NULL;
}

static void objects_of_an_ended_thread_still_count(void **state)
{
    long before = vow_live_objects();
    pthread_t thread;
    void *object;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, make_one, &object), 0);
    pthread_join(thread, NULL);
    assert_int_equal(vow_live_objects(), before + 1);
    vow_object_delete(object, 64);
    assert_int_equal(vow_live_objects(), before);
}

/* A pipe of values between threads: a lock and an array. */
enum { ROOM = 256, ITEMS = 100000 };

struct pipe {
    struct lock lock;
    int count, taken;
    vow_value items[ROOM];
};

static bool pipe_put(struct pipe *pipe, vow_value value)
{
    vow_lock_take(&pipe->lock);
    bool room = pipe->count < ROOM;
    if (room)
        pipe->items[pipe->count++] = value;
    vow_lock_give(&pipe->lock);
    return room;
}

static int pipe_take_all(struct pipe *pipe, vow_value *items)
{
    vow_lock_take(&pipe->lock);
    int count = pipe->count;
    memcpy(items, pipe->items, (size_t)count * sizeof *items);
    pipe->count = 0;
    vow_lock_give(&pipe->lock);
    return count;
}

static void *producer(void *context)
{
    struct pipe *pipe = context;

    for (int i = 0; i < ITEMS; i++) {
        vow_value value = vow_text_format("item %d", i);
        while (!pipe_put(pipe, value))
            (void)sched_yield();
    }
    return NULL;
}

static void *consumer(void *context)
{
    struct pipe *pipe = context;
    vow_value items[ROOM];

    while (pipe->taken < ITEMS) {
        int count = pipe_take_all(pipe, items);
        pipe->taken += count;
        for (int i = 0; i < count; i++)
            vow_release(items[i]);
        if (count == 0)
            (void)sched_yield();
    }
    return NULL;
}

static void objects_made_in_one_thread_are_freed_in_another(void **state)
{
    enum { PIPES = 3 };
    static struct pipe pipes[PIPES];
    pthread_t threads[2 * PIPES];
    (void)state;
    for (int i = 0; i < PIPES; i++) {
        assert_int_equal(pthread_create(&threads[2 * i], NULL, producer, &pipes[i]), 0);
        assert_int_equal(pthread_create(&threads[2 * i + 1], NULL, consumer, &pipes[i]), 0);
    }
    for (int i = 0; i < 2 * PIPES; i++)
        pthread_join(threads[i], NULL);
}

static void *make_and_free_some(void *unused)
{
    void *objects[200];
    (void)unused;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 200; i++)
            objects[i] = vow_object_new(96);
        for (int i = 0; i < 200; i++)
            vow_object_delete(objects[i], 96);
    }
    return NULL;
}

static void many_short_threads_come_and_go(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        pthread_t threads[4];
        for (int i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, make_and_free_some, NULL), 0);
        (void)vow_live_objects();
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
    }
}

/* A destructor of a key made before vow's runs after vow's hook or before it; it must work either way. */
static void late_use(void *unused)
{
    (void)unused;
    vow_release(vow_text("after the end"));
    (void)vow_as_integer(vow_none());
}

static pthread_key_t late_key;

static void *end_late(void *unused)
{
    (void)unused;
    vow_release(vow_text("before the end"));
    pthread_setspecific(late_key, &late_key);
    return NULL;
}

static void a_thread_may_use_vow_from_its_last_destructors(void **state)
{
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_key_create(&late_key, late_use), 0);
    assert_int_equal(pthread_create(&thread, NULL, end_late, NULL), 0);
    pthread_join(thread, NULL);
    pthread_key_delete(late_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_leaving_nothing(live_objects_are_counted_up_and_down),
        test_leaving_nothing(objects_of_one_class_are_all_apart_and_whole),
        test_leaving_nothing(slabs_give_whole_lines_and_take_them_back_in_any_order),
        test_leaving_nothing(objects_of_an_ended_thread_still_count),
        test_leaving_nothing(objects_made_in_one_thread_are_freed_in_another),
        test_leaving_nothing(many_short_threads_come_and_go),
        test_leaving_nothing(a_thread_may_use_vow_from_its_last_destructors),
    };
    return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
