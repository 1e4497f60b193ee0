/**
 * bench/limits_of_threads.h - the limits that need a second thread.
 *
 * Each is one round of a job, in ns. On a machine without a second processor those that need one
 * give NaN.
 */
#ifndef BENCH_LIMITS_OF_THREADS_H
#define BENCH_LIMITS_OF_THREADS_H

/** An atomic addition while another processor does the same: each addition of one thread. */
void measure_contended_atomic(double *ret_figures);

/** A word that one processor writes until another one has seen it. */
void measure_line_transfer(double *ret_figures);

/** A futex wake of an address on which nobody sleeps. */
void measure_wake_of_nobody(double *ret_figures);

/** From a futex wake to the sleeper running, both on one processor. */
void measure_wake_on_one_core(double *ret_figures);

/** From a futex wake to the sleeper running on another, idle processor. */
void measure_wake_on_two_cores(double *ret_figures);

/** Making a thread that does nothing, and joining it. */
void measure_thread(double *ret_figures);

#endif
