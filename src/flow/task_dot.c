/*
 * task_dot.c - the tasks of a pool as a graph (vow_tasks_dot).
 *
 * What there is is looked at first, under the lock of the tasks, and then written with references to it: the stream may be slow.
 * A task has the number of its place in the list; one of another pool, or that is done, that of the task that reads it.
 */
#include "flow/task.h"

#include "base/clock.h"
#include "base/fail.h"
#include <errno.h>
#include <inttypes.h>
#include <vow/memory.h>
#include <vow/time.h>

struct graph {
    FILE *stream;
    int64_t now;
    size_t count;
    struct task_seen *tasks;
};

/* Inside the quotes of a label: a backslash is Graphviz's own, and what cannot be seen cannot be read either. */
static void write_name(FILE *stream, const char *name)
{
    for (; *name != '\0'; name++) {
        unsigned char character = (unsigned char)*name;
        if (character < ' ' || character == 0x7f)
            fputc('?', stream);
        else if (character == '"' || character == '\\')
            fprintf(stream, "\\%c", character);
        else
            fputc(character, stream);
    }
}

static double rate_of(const struct graph *graph, const struct task_seen *seen, uint64_t given)
{
    int64_t passed = graph->now - seen->began;
    return seen->began != 0 && passed > 0 ? (double)given * 1e9 / (double)passed : 0;
}

static void write_task(const struct graph *graph, size_t place)
{
    const struct task_seen *seen = &graph->tasks[place];
    struct vow_task_counts counts = {.size = sizeof counts};
    (void)vow_task_count(seen->task, &counts);
    const char *state = vow_task_is_done(seen->task) ? "done"
                        : seen->began == 0           ? "not read yet"
                        : counts.in_flight != 0      ? "working"
                                                     : "idle";
    fprintf(graph->stream, "  t%zu [label=\"", place);
    write_name(graph->stream, vow_task_name(seen->task));
    if (seen->above == NULL) {
        fputs("\\nfrom ", graph->stream);
        write_name(graph->stream, seen->source);
    }
    fprintf(graph->stream,
            "\\n%" PRIu64 " in, %" PRIu64
            " out, %.1f a second\\n%zu ready, %zu under way\\n%s\"];\n",
            counts.taken, counts.given, rate_of(graph, seen, counts.given), counts.buffered,
            counts.in_flight, state);
}

/* From the task above. */
static void write_edge(const struct graph *graph, size_t place)
{
    const vow_task *above = graph->tasks[place].above;
    if (above == NULL)
        return;
    for (size_t i = 0; i < graph->count; i++) {
        if (graph->tasks[i].task == above) {
            fprintf(graph->stream, "  t%zu -> t%zu;\n", i, place);
            return;
        }
    }
    fprintf(graph->stream, "  o%zu [style=dashed, label=\"", place);
    write_name(graph->stream, vow_task_name(above));
    fprintf(graph->stream, "\"];\n  o%zu -> t%zu;\n", place, place);
}

static vow_status write_graph(const struct graph *graph)
{
    errno = 0;
    fputs("digraph tasks {\n  rankdir=LR;\n  node [shape=box];\n", graph->stream);
    for (size_t i = 0; i < graph->count; i++)
        write_task(graph, i);
    for (size_t i = 0; i < graph->count; i++)
        write_edge(graph, i);
    fputs("}\n", graph->stream);
    if (fflush(graph->stream) == 0 && !ferror(graph->stream))
        return VOW_OK;
    return vow_fail_literal(VOW_SYSTEM, "vow_tasks_dot: stream: not all could be written");
}

static void leave(const struct graph *graph)
{
    for (size_t i = 0; i < graph->count; i++) {
        vow_task_release(graph->tasks[i].task);
        vow_task_release(graph->tasks[i].above);
    }
    vow_deallocate(graph->tasks);
}

/* All tasks, however many are added meanwhile. False without memory. */
static bool look(struct graph *graph, vow_pool *pool)
{
    for (size_t room = vow_tasks_see(pool, NULL, 0);;) {
        graph->tasks = vow_allocate((room + 1) * sizeof(struct task_seen));
        if (graph->tasks == NULL)
            return false;
        size_t count = vow_tasks_see(pool, graph->tasks, room);
        graph->count = count < room ? count : room;
        if (count <= room)
            return true;
        leave(graph);
        room = count;
    }
}

vow_status vow_tasks_dot(vow_pool *pool, FILE *stream)
{
    struct graph graph = {.stream = stream, .now = vow_real_now()};
    if (stream == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_tasks_dot: stream is NULL");
    if (!look(&graph, pool))
        return vow_fail_literal(VOW_NO_MEMORY, "vow_tasks_dot: out of memory");
    vow_status status = write_graph(&graph);
    leave(&graph);
    return status;
}
