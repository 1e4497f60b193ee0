/*
 * test_task_begin.c - tasks become a pipeline while others, who had their readers in hand as well, close these and let them go.
 */
#include "gang.h"

#include <vow/task.h>

#if STACK_FACTOR > 1
enum { ROUNDS = 200 };
#else
enum { ROUNDS = 2000 };
#endif

enum { STAGES = 24, ITEMS = 20 };

static vow_pool *pool;
static vow_reader *others[STAGES]; /* as many readers as tasks have, but for the last one's */
static vow_reader *last;

/* Every other one is the same reader once more, the rest are further ones of the same channel. */
static void build(void)
{
    vow_source *source = vow_source_range(0, ITEMS, 1);
    for (int i = 0; i < STAGES; i++) {
        last = vow_pool_add_task(pool, vow_task_new("stage", source, NULL, NULL, NULL));
        others[i] = i % 2 == 0 ? vow_reader_retain(last) : vow_reader_another(last);
        source = vow_source_reader(last);
    }
    last = vow_pool_add_task(pool, vow_task_new("end", source, NULL, NULL, NULL));
}

/* All that comes, until the end or where it was closed. */
static void read_to_the_end(void)
{
    vow_value item;
    int64_t next = 0;
    while (vow_read(last, VOW_FOREVER, &item) == VOW_OK && next < ITEMS)
        require(vow_as_integer(item) == next++);
    vow_reader_release(last);
}

static void close_some(int first)
{
    for (int i = STAGES - 1 - first; i >= 0; i -= 2) {
        (void)vow_reader_close(others[i]);
        vow_reader_release(others[i]);
    }
}

static void work(struct member *member)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (member->number == 0)
            build();
        meet(member);
        if (member->number == 0)
            read_to_the_end();
        else
            close_some(member->number - 1);
        meet(member);
    }
}

static void readers_may_be_closed_while_their_tasks_become_a_pipeline(void **state)
{
    (void)state;
    pool = vow_pool_new(1, NULL);
    gang_run(work);
    while (vow_tasks(pool, NULL, 0) != 0)
        (void)sched_yield();
    assert_int_equal(vow_pool_free(pool), VOW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(readers_may_be_closed_while_their_tasks_become_a_pipeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
