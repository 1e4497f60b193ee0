/**
 * bench/peers/tbb_pool.cpp - P5 by oneTBB's task_group.
 *
 * Counted: submit 1,000,000 empty jobs from one outside thread to two workers, until all have run:
 * each.
 *
 * The idiom: task_group::run from within an arena, then wait. The submitter itself helps while it
 * waits: beside it the arena has two workers.
 */
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <tbb/version.h>

#include "../harness.h"
#include "../sizes.h"

static double run_jobs(long count)
{
    tbb::task_group group;
    int64_t started = bench_start();
    for (long job = 0; job < count; job++)
        group.run([job] { bench_keep(job); });
    group.wait();
    return bench_each(started, count);
}

static void measure_jobs(double *ret_figures)
{
    tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                BENCH_POOL_WORKERS + 1);
    tbb::task_arena arena(BENCH_POOL_WORKERS + 1, 1);
    arena.execute([&] { ret_figures[0] = run_jobs(bench_count(BENCH_JOBS)); });
}

int main(int argc, char **argv)
{
    static const struct bench_job jobs[] = {
        {"P5", "oneTBB task_group", "ns", {"", nullptr}, measure_jobs},
    };
    return bench_main(argc, argv, TBB_runtime_version(), jobs, sizeof jobs / sizeof *jobs);
}
