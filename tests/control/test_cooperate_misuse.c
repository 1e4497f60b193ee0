/*
 * test_cooperate_misuse.c - cooperators and iterations that are used in wrong ways: each has a clear answer.
 */
#include "control/cooperate_testing.h"

static void what_has_ended_can_be_neither_held_nor_stopped(void **state)
{
    (void)state;
    vow_iteration *over = vow_cooperate(cooperator, count_up, vow_integer(0), number_as_context(0));
    assert_gives(vow_iteration_done(over), 0);
    assert_int_equal(vow_iteration_pause(over), VOW_CLOSED);
    assert_int_equal(vow_iteration_resume(over), VOW_CLOSED);
    assert_int_equal(vow_iteration_stop(over), VOW_CLOSED);
    assert_sentence("vow_iteration_stop: iteration has ended");
    vow_iteration_release(over);
}

static void a_resume_without_a_pause_is_refused(void **state)
{
    (void)state;
    vow_iteration *going = vow_cooperate(cooperator, go_on_forever, vow_none(), NULL);
    assert_int_equal(vow_iteration_resume(going), VOW_INVALID);
    assert_sentence("vow_iteration_resume: iteration is not paused");
    assert_int_equal(vow_iteration_stop(going), VOW_OK);
    vow_iteration_release(going);
}

static void missing_arguments_are_named(void **state)
{
    (void)state;
    struct vow_cooperating wrong = {.size = 1};
    assert_null(vow_cooperator_new(&wrong));
    assert_sentence("vow_cooperator_new: cooperating->size is wrong");
    wrong = (struct vow_cooperating){.size = sizeof wrong, .budget = -1};
    assert_null(vow_cooperator_new(&wrong));
    assert_sentence("vow_cooperator_new: cooperating->budget is negative");
    assert_null(vow_cooperate(NULL, count_up, vow_text("released"), NULL));
    assert_sentence("vow_cooperate: cooperator is NULL");
    assert_raises(vow_coiterate(cooperator, NULL, vow_text("released"), NULL), VOW_INVALID);
    assert_sentence("vow_coiterate: step is NULL");
    assert_raises(vow_iteration_done(NULL), VOW_INVALID);
    assert_int_equal(vow_iteration_pause(NULL), VOW_INVALID);
    assert_int_equal(vow_iteration_resume(NULL), VOW_INVALID);
    assert_int_equal(vow_iteration_stop(NULL), VOW_INVALID);
    assert_int_equal(vow_cooperator_count(NULL), 0);
    vow_cooperator_stop(NULL);
    vow_cooperator_free(NULL);
    vow_iteration_release(vow_iteration_retain(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cooperator_tests(what_has_ended_can_be_neither_held_nor_stopped),
        cooperator_test(a_resume_without_a_pause_is_refused),
        cooperator_tests(missing_arguments_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
