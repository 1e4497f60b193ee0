/*
 * The graph of a pool's tasks, in the language of Graphviz.
 */
#include "flow/task_testing.h"

#include <stdlib.h>
#include <string.h>

/* The graph of a pool, to be freed. */
static char *graph_of(vow_pool *pool)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(vow_tasks_dot(pool, stream), VOW_OK);
    fclose(stream);
    return text;
}

/* Reads it as Graphviz would: statements with balanced quotes and brackets in one pair of braces. */
static void assert_well_formed(const char *text)
{
    bool quoted = false;
    int brackets = 0, braces = 0;
    for (; *text != '\0'; text++) {
        if (quoted && *text == '\\')
            assert_true(*++text >= ' ');
        else if (*text == '"')
            quoted = !quoted;
        else if (!quoted) {
            brackets += (*text == '[') - (*text == ']');
            braces += (*text == '{') - (*text == '}');
            assert_in_range(brackets, 0, 1);
            assert_in_range(braces, 0, 1);
        } else {
            assert_true((unsigned char)*text >= ' ');
        }
    }
    assert_false(quoted);
    assert_int_equal(brackets, 0);
    assert_int_equal(braces, 0);
}

static void assert_graph(vow_pool *pool, const char *const *wanted)
{
    char *text = graph_of(pool);
    assert_int_equal(strncmp(text, "digraph tasks {", strlen("digraph tasks {")), 0);
    assert_well_formed(text);
    for (; *wanted != NULL; wanted++)
        if (strstr(text, *wanted) == NULL)
            fail_msg("%s is not in %s", *wanted, text);
    free(text);
}

static void a_pool_without_tasks_is_an_empty_graph(void **state)
{
    const struct setting *setting = *state;
    char *text = graph_of(setting->pool);
    assert_well_formed(text);
    assert_null(strstr(text, "label"));
    free(text);
}

static void each_task_has_its_figures_and_an_edge_to_its_reader(void **state)
{
    const struct setting *setting = *state;
    vow_reader *powers = add(setting, "power", vow_source_range(0, 100, 1), power, NULL, NULL);
    vow_reader *reader = add(setting, "double", vow_source_reader(powers), twice, NULL, NULL);
    assert_graph(setting->pool,
                 (const char *const[]){"t0 [label=\"power\\nfrom range\\n0 in, 0 out",
                                       "t1 [label=\"double\\n0 in, 0 out", "t0 -> t1;",
                                       "not read yet", NULL});
    vow_value item;
    assert_int_equal(vow_read(reader, VOW_FOREVER, &item), VOW_OK);
    assert_graph(setting->pool,
                 (const char *const[]){"power\\nfrom range\\n1 in, 1 out, ",
                                       "double\\n1 in, 1 out, ", "0 ready, ", "a second", NULL});
    vow_reader_release(reader);
}

static void names_cannot_break_out_of_their_quotes(void **state)
{
    const struct setting *setting = *state;
    vow_reader *reader =
        add(setting, "a \"b\" \\ c\nd\\", vow_source_range(0, 1, 1), NULL, NULL, NULL);
    assert_graph(setting->pool,
                 (const char *const[]){"label=\"a \\\"b\\\" \\\\ c?d\\\\\\nfrom range", NULL});
    vow_reader_release(reader);
}

static void a_task_of_another_pool_stands_beside(void **state)
{
    const struct setting *setting = *state;
    vow_pool *other = vow_pool_new(0, NULL);
    vow_reader *far =
        vow_pool_add_task(other, vow_task_new("far", vow_source_range(0, 10, 1), NULL, NULL, NULL));
    vow_reader *reader = add(setting, "near", vow_source_reader(far), NULL, NULL, NULL);
    assert_graph(setting->pool,
                 (const char *const[]){"t0 [label=\"near", "o0 [style=dashed, label=\"far",
                                       "o0 -> t0;", NULL});
    assert_graph(other, (const char *const[]){"t0 [label=\"far", NULL});
    vow_reader_release(reader);
    assert_int_equal(vow_pool_free(other), VOW_OK);
}

static void graphviz_accepts_it_where_it_is_installed(void **state)
{
    const struct setting *setting = *state;
    if (system("command -v dot >/dev/null") != 0)
        skip();
    vow_reader *powers =
        add(setting, "pow \"er\"\\", vow_source_range(0, 100, 1), power, NULL, NULL);
    vow_reader *reader = add(setting, "d\n[}", vow_source_reader(powers), twice, NULL, NULL);
    FILE *dot = popen("dot -Tplain >/dev/null", "w");
    assert_non_null(dot);
    assert_int_equal(vow_tasks_dot(setting->pool, dot), VOW_OK);
    assert_int_equal(pclose(dot), 0);
    vow_reader_release(reader);
}

static void a_stream_that_is_none_or_takes_nothing_is_an_error(void **state)
{
    const struct setting *setting = *state;
    FILE *full = fopen("/dev/full", "w");
    assert_int_equal(vow_tasks_dot(setting->pool, NULL), VOW_INVALID);
    if (full == NULL)
        skip();
    assert_int_equal(vow_tasks_dot(setting->pool, full), VOW_SYSTEM);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        at_all_sizes(a_pool_without_tasks_is_an_empty_graph),
        at_all_sizes(each_task_has_its_figures_and_an_edge_to_its_reader),
        at_all_sizes(names_cannot_break_out_of_their_quotes),
        at_all_sizes(a_task_of_another_pool_stands_beside),
        at_all_sizes(graphviz_accepts_it_where_it_is_installed),
        at_all_sizes(a_stream_that_is_none_or_takes_nothing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
