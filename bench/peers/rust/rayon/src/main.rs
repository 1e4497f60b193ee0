// P5, P6 by rayon.
//
// Counted: P5, 1,000,000 empty functions spawned from one outside thread into a pool of two, until all have run: each. P6, fib(32) by join,
// without cut-off, two threads: the whole, from within the pool: ms.
//
// The idioms: `ThreadPool::in_place_scope` with `spawn`, which waits for all; `join`.
#[path = "../../harness.rs"]
mod harness;

use harness::{each, run_all, scaled, Job};
use std::time::Instant;

const WORKERS: usize = 2;
const JOBS: usize = 1_000_000;
const NUMBER: u64 = 32;
const RESULT: u64 = 2_178_309;

fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (first, second) = rayon::join(|| fib(n - 1), || fib(n - 2));
    first + second
}

fn jobs(pool: &rayon::ThreadPool, scale: f64) -> Vec<f64> {
    let count = scaled(JOBS, scale);
    let started = Instant::now();
    pool.in_place_scope(|scope| {
        for _ in 0..count {
            scope.spawn(|_| {});
        }
    });
    vec![each(started, count)]
}

fn fork(pool: &rayon::ThreadPool) -> Vec<f64> {
    pool.install(|| {
        let started = Instant::now();
        assert_eq!(fib(NUMBER), RESULT);
        vec![started.elapsed().as_secs_f64() * 1e3]
    })
}

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().unwrap();
    run_all(
        "rayon 1",
        &[
            Job { name: "P5", subject: "rayon spawn", unit: "ns", metrics: &[""], measure: &|scale| jobs(&pool, scale) },
            Job { name: "P6", subject: "rayon join", unit: "ms", metrics: &[""], measure: &|_| fork(&pool) },
        ],
    );
}
