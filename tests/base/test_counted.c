/*
 * test_counted.c - destruction: once, in order of release, in constant stack.
 */
#include "testing.h"

#include <limits.h>
#include <pthread.h>

#include "base/counted.h"
#include "base/object.h"

#define CHAIN 1000000

/* A box that holds another value: its drop releases that. */
static void holder_drop(void *object)
{
    probe_drops++;
    vow_release(*(vow_value *)object);
}

static const struct vow_type holder_type = {.name = "holder", .drop = holder_drop};

static vow_value hold(vow_value value)
{
    vow_value holder = vow_box_new(&holder_type, sizeof value);
    *(vow_value *)vow_box_as(&holder_type, holder) = value;
    return holder;
}

static void *release_chain(void *chain)
{
    vow_release(*(vow_value *)chain);
    return NULL;
}

/* In a thread whose stack is as small as the system allows, and at least 64 KiB. */
static void run_on_a_small_stack(void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t size = 64 * 1024;

    if (size < (size_t)PTHREAD_STACK_MIN)
        size = (size_t)PTHREAD_STACK_MIN;
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, size), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run, argument), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

static void a_chain_of_a_million_boxes_dies_in_constant_stack(void **state)
{
    vow_value chain = vow_none();
    (void)state;
    for (int i = 0; i < CHAIN; i++)
        chain = hold(chain);
    run_on_a_small_stack(release_chain, &chain);
    assert_int_equal(probe_drops, CHAIN);
}

static void a_list_of_lists_a_million_deep_dies_in_constant_stack(void **state)
{
    vow_value chain = probe_new();
    (void)state;
    for (int i = 0; i < CHAIN; i++) {
        vow_value list = vow_list_new(1);
        assert_int_equal(vow_list_append(list, chain), VOW_OK);
        chain = list;
    }
    run_on_a_small_stack(release_chain, &chain);
    assert_int_equal(probe_drops, 1);
}

/* Objects of a class of their own, which note when they die and with which flags. */
struct node {
    struct counted counted;
    int number;
    struct node *children[3];
};

static int order[8];
static uint32_t flags[8];
static int destroyed, nesting, deepest;

static void node_destroy(struct counted *object)
{
    struct node *node = (struct node *)object;

    deepest = ++nesting > deepest ? nesting : deepest;
    order[destroyed] = node->number;
    flags[destroyed] = (uint32_t)atomic_load(&object->word);
    destroyed++;
    for (int i = 0; i < 3; i++) {
        if (node->children[i] != NULL)
            vow_counted_release(&node->children[i]->counted);
    }
    nesting--;
    vow_object_delete(node, sizeof *node);
}

static const struct counted_class node_class = {.name = "node", .destroy = node_destroy};

static struct node *node_new(int number)
{
    struct node *node = vow_object_new(sizeof *node);

    memset(node, 0, sizeof *node);
    vow_counted_init(&node->counted, &node_class, 1, 0xF0000000u + (uint32_t)number);
    node->number = number;
    return node;
}

static void nested_releases_are_destroyed_in_order_of_release_with_their_flags(void **state)
{
    struct node *root = node_new(0);
    (void)state;
    destroyed = nesting = deepest = 0;
    for (int i = 0; i < 3; i++)
        root->children[i] = node_new(i + 1);
    root->children[0]->children[0] = node_new(4);
    root->children[0]->children[1] = node_new(5);
    vow_counted_release(&root->counted);
    assert_int_equal(destroyed, 6);
    assert_int_equal(deepest, 1);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(order[i], i);
        assert_int_equal(flags[i], 0xF0000000u + (uint32_t)i);
    }
}

static void an_object_lives_until_its_last_reference_goes(void **state)
{
    struct node *node = node_new(7);
    (void)state;
    destroyed = 0;
    vow_counted_retain(&node->counted);
    vow_counted_retain(&node->counted);
    vow_counted_release(&node->counted);
    vow_counted_release(&node->counted);
    assert_int_equal(destroyed, 0);
    vow_counted_release(&node->counted);
    assert_int_equal(destroyed, 1);
}

#define SHARERS 4
#define ROUNDS 20000

static _Atomic int shared_drops;

static void shared_drop(void *object)
{
    (void)object;
    atomic_fetch_add(&shared_drops, 1);
}

static const struct vow_type shared_type = {.name = "shared", .drop = shared_drop};
static vow_value shared[ROUNDS];

static void *release_all(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++)
        vow_release(shared[i]);
    return NULL;
}

static void threads_that_share_an_object_drop_it_once(void **state)
{
    pthread_t threads[SHARERS];
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        shared[i] = vow_box_new(&shared_type, 1);
        for (int k = 1; k < SHARERS; k++)
            shared[i] = vow_retain(shared[i]);
    }
    for (int i = 0; i < SHARERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, release_all, NULL), 0);
    for (int i = 0; i < SHARERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&shared_drops), ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_leaving_nothing(a_chain_of_a_million_boxes_dies_in_constant_stack),
        test_leaving_nothing(a_list_of_lists_a_million_deep_dies_in_constant_stack),
        test_leaving_nothing(nested_releases_are_destroyed_in_order_of_release_with_their_flags),
        test_leaving_nothing(an_object_lives_until_its_last_reference_goes),
        test_leaving_nothing(threads_that_share_an_object_drop_it_once),
    };
    return cmocka_run_group_tests_name("counted", tests, NULL, NULL);
}
