/*
 * tree.c - walking a tree with a recursive generator: who asks for the next name need not know that it is a tree.
 *
 * Each directory is a coroutine that yields its own path and then what its children yield. Two walks go on side by side
 * and are compared step by step, which no callback could do; the first difference ends both, in the middle.
 */
#include <stdio.h>
#include <string.h>
#include <vow.h>

struct node {
    const char *name;
    const struct node *children[4];
};

static const struct node log_file = {"log", {NULL}}, state_file = {"state", {NULL}};
static const struct node var = {"var", {&log_file, &state_file}};
static const struct node bin = {"bin", {NULL}};
static const struct node old_root = {"", {&bin, &var}};

static const struct node lib_file = {"lib", {NULL}};
static const struct node new_var = {"var", {&log_file, &lib_file, &state_file}};
static const struct node new_root = {"", {&bin, &new_var}};

/* The path so far comes as input, the node as context. */
static vow_value walk(vow_value path, void *context)
{
    const struct node *node = context;
    if (vow_is_error(path)) /* there was no memory for it */
        return path;
    vow_value own = vow_text_format("%s%s/", vow_as_text(path), node->name);
    vow_value sent = vow_yield(vow_borrow(own));

    for (int i = 0; node->children[i] != NULL && !vow_is_error(sent); i++) {
        vow_coroutine *child = vow_coroutine_new(walk, (void *)(uintptr_t)node->children[i]);
        vow_value item = vow_send(child, vow_borrow(own));
        for (; !vow_is_end(item) && !vow_is_error(sent); item = vow_next(child))
            sent = vow_yield(item);
        vow_release(item);
        vow_coroutine_release(child);
    }
    vow_release(own);
    return vow_is_error(sent) ? sent : vow_none();
}

static vow_coroutine *walk_of(const struct node *root)
{
    return vow_coroutine_new(walk, (void *)(uintptr_t)root);
}

int main(void)
{
    vow_coroutine *left = walk_of(&old_root), *right = walk_of(&new_root);
    vow_value a = vow_send(left, vow_text("")), b = vow_send(right, vow_text(""));

    while (vow_is_text(a) && vow_value_equal(a, b)) {
        printf("both have %s\n", vow_as_text(a));
        vow_release(a);
        vow_release(b);
        a = vow_next(left);
        b = vow_next(right);
    }
    bool well = !vow_is_error(a) && !vow_is_error(b);
    if (well)
        printf("the first has %s, the second %s\n", vow_is_text(a) ? vow_as_text(a) : "no more",
               vow_is_text(b) ? vow_as_text(b) : "no more");
    else
        fprintf(stderr, "%s\n", vow_error_message(vow_is_error(a) ? a : b));

    vow_release(a);
    vow_release(b);
    vow_coroutine_release(left); /* in the middle: the walks below it are closed as well */
    vow_coroutine_release(right);
    printf("%ld objects are left\n", vow_live_objects());
    return well ? 0 : 1;
}
