/*
 * task_stages.h - the functions of the stages that test_task.c puts together: they pass numbers on, as they are or boxed.
 */
#ifndef VOW_TESTS_STRESS_TASK_STAGES_H
#define VOW_TESTS_STRESS_TASK_STAGES_H

#include "control/control_testing.h"

#include <vow.h>

static _Atomic int64_t failing_number; /* `pass` fails for it; negative: for none */

static const struct vow_type item_type = {.name = "item"};

static inline vow_value boxed(int64_t number)
{
    vow_value box = vow_box_new(&item_type, sizeof(number));
    *(int64_t *)vow_box_as(&item_type, box) = number;
    return box;
}

static inline int64_t number_of(vow_value item)
{
    return vow_is_integer(item) ? vow_as_integer(item) : *(int64_t *)vow_box_as(&item_type, item);
}

static vow_value pass(vow_value item, void *context)
{
    (void)context;
    return number_of(item) == atomic_load(&failing_number) ? vow_fail(VOW_USER, "it fails") : item;
}

static vow_value box_up(vow_value item, void *context)
{
    (void)context;
    return boxed(number_of(item));
}

static vow_value leave_out_multiples(vow_value item, void *context)
{
    (void)context;
    return number_of(item) % 7 == 3 ? vow_skip() : item;
}

static vow_value compute_for_a_while(vow_value item, void *context)
{
    (void)context;
    volatile int64_t work = number_of(item) % 16 * 20;
    while (work > 0)
        work--;
    return item;
}

static vow_value let_others_go_first(vow_value item, void *context)
{
    (void)context;
    if (number_of(item) % 5 == 0)
        (void)vow_reschedule();
    return item;
}

static vow_value give_number(vow_value number, void *context)
{
    (void)context;
    return number;
}

static vow_value promise_it(vow_value item, void *context)
{
    if (number_of(item) % 3 != 0)
        return item;
    return vow_promise_value(
        vow_submit(vow_pool_scheduler(context), give_number, vow_integer(number_of(item)), NULL));
}

static vow_value list_through(vow_value list, void *context)
{
    (void)context;
    return list;
}

/* Without those that leave_out_multiples leaves out. */
static vow_value list_less(vow_value list, void *context)
{
    (void)context;
    vow_value result = vow_list_new(0);
    for (size_t i = 0; i < vow_list_count(list); i++)
        if (number_of(vow_list_at(list, i)) % 7 != 3)
            require(vow_list_append(result, vow_retain(vow_list_at(list, i))) == VOW_OK);
    return result;
}

/* A list of lists: what is in them. */
static vow_value join_lists(vow_value lists, void *context)
{
    (void)context;
    vow_value result = vow_list_new(0);
    for (size_t i = 0; i < vow_list_count(lists); i++) {
        vow_value list = vow_list_at(lists, i);
        for (size_t k = 0; k < vow_list_count(list); k++)
            require(vow_list_append(result, vow_retain(vow_list_at(list, k))) == VOW_OK);
    }
    return result;
}

struct kind {
    vow_fn *fn;
    bool batch;
};

static const struct kind kinds[] = {
    {NULL, false},
    {pass, false},
    {box_up, false},
    {leave_out_multiples, false},
    {compute_for_a_while, false},
    {let_others_go_first, false},
    {promise_it, false},
    {list_through, true},
    {list_less, true},
};

#endif
