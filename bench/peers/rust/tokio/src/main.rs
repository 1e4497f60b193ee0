// P1, P5, P7, P8, P10, P12, P15, P16, and many promises, timers, lines and items by tokio.
//
// Counted as vow's. The loop is a runtime of the calling thread, the pool one of one or two workers.
//
// The idioms: `oneshot` for a promise, awaited by who made it; `Handle::spawn`, whose JoinHandle is awaited; `sleep` polled once and
// dropped; `yield_now`; `mpsc` with `send` and `recv`, between threads with `blocking_send` and `blocking_recv`; `Notify`.
#[path = "../../harness.rs"]
mod harness;

use harness::{crowd_costs, each, percentiles, run_all, scaled, timer_plan, Job, CROWD_METRICS};
use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Instant;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, Notify};
use tokio::task::{yield_now, LocalSet};
use tokio::time::{sleep, Sleep};

const CAPACITY: usize = 1024;
const IN_FLIGHT: usize = 10_000;

fn event_loop() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn pool(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).build().unwrap()
}

fn promises(scale: f64) -> Vec<f64> {
    let count = scaled(2_000_000, scale);
    event_loop().block_on(async {
        let started = Instant::now();
        let mut sum = 0;
        for value in 0..count {
            let (writer, reader) = oneshot::channel();
            writer.send(value).unwrap();
            sum += reader.await.unwrap();
        }
        assert_eq!(sum, count * (count - 1) / 2);
        vec![each(started, count)]
    })
}

fn jobs(scale: f64) -> Vec<f64> {
    let count = scaled(1_000_000, scale);
    let pool = pool(2);
    let left = Arc::new((AtomicUsize::new(count), thread::current()));
    let started = Instant::now();
    for _ in 0..count {
        let left = left.clone();
        pool.spawn(async move {
            if left.0.fetch_sub(1, Ordering::AcqRel) == 1 {
                left.1.unpark();
            }
        });
    }
    while left.0.load(Ordering::Acquire) > 0 {
        thread::park();
    }
    vec![each(started, count)]
}

fn trips_one_by_one(scale: f64) -> Vec<f64> {
    let pool = pool(1);
    event_loop().block_on(async {
        let mut times = Vec::new();
        for _ in 0..scaled(100_000, scale) {
            let started = Instant::now();
            pool.spawn(async { 1 }).await.unwrap();
            times.push(started.elapsed().as_secs_f64() * 1e6);
        }
        percentiles(times)
    })
}

fn trips(scale: f64) -> Vec<f64> {
    let pool = Rc::new(pool(2));
    let each_line = (scaled(1_000_000, scale) / IN_FLIGHT).max(1);
    let lines = LocalSet::new();
    let started = Instant::now();
    for _ in 0..IN_FLIGHT {
        let pool = pool.clone();
        lines.spawn_local(async move {
            for _ in 0..each_line {
                pool.spawn(async { 1 }).await.unwrap();
            }
        });
    }
    event_loop().block_on(lines);
    vec![1e3 / each(started, each_line * IN_FLIGHT)]
}

fn timers(count: usize) -> f64 {
    let (after, order) = timer_plan(count);
    event_loop().block_on(async {
        let mut made: Vec<Option<Pin<Box<Sleep>>>> = Vec::with_capacity(count);
        let started = Instant::now();
        for duration in after {
            let mut timer = Box::pin(sleep(duration));
            poll_fn(|context| {
                assert!(timer.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
            made.push(Some(timer));
        }
        for index in order {
            made[index] = None;
        }
        each(started, count)
    })
}

fn yields(scale: f64) -> Vec<f64> {
    let count = scaled(1_000_000, scale);
    let line = move || async move {
        for _ in 0..count {
            yield_now().await;
        }
    };
    event_loop().block_on(async {
        let started = Instant::now();
        let (one, other) = (tokio::spawn(line()), tokio::spawn(line()));
        one.await.unwrap();
        other.await.unwrap();
        vec![each(started, count)]
    })
}

fn ping_pong(scale: f64) -> Vec<f64> {
    let count = scaled(1_000_000, scale);
    let (ping, mut from_ping) = mpsc::channel(1);
    let (pong, mut from_pong) = mpsc::channel(1);
    event_loop().block_on(async move {
        let started = Instant::now();
        let answering = tokio::spawn(async move {
            while let Some(ball) = from_ping.recv().await {
                pong.send(ball).await.unwrap();
            }
        });
        let serving = tokio::spawn(async move {
            for ball in 0..count {
                ping.send(ball).await.unwrap();
                assert_eq!(from_pong.recv().await, Some(ball));
            }
        });
        serving.await.unwrap();
        answering.await.unwrap();
        vec![each(started, count)]
    })
}

fn stream(scale: f64) -> Vec<f64> {
    let count = scaled(4_000_000, scale);
    let (writer, mut reader) = mpsc::channel(CAPACITY);
    let started = Instant::now();
    thread::spawn(move || (1..=count).for_each(|item| writer.blocking_send(item).unwrap()));
    let mut sum = 0;
    while let Some(item) = reader.blocking_recv() {
        sum += item;
    }
    assert_eq!(sum, count * (count + 1) / 2);
    vec![each(started, count)]
}

fn pending(count: usize) -> f64 {
    event_loop().block_on(async {
        let mut made = Vec::with_capacity(count);
        let started = Instant::now();
        for _ in 0..count {
            made.push(oneshot::channel());
        }
        for (index, (writer, reader)) in made.into_iter().enumerate() {
            writer.send(index).unwrap();
            assert_eq!(reader.await, Ok(index));
        }
        each(started, count)
    })
}

fn lines(count: usize) -> f64 {
    event_loop().block_on(async {
        let wake = Arc::new(Notify::new());
        let mut tasks = Vec::with_capacity(count);
        let started = Instant::now();
        for _ in 0..count {
            let wake = wake.clone();
            tasks.push(tokio::spawn(async move { wake.notified().await }));
        }
        tokio::spawn(async {}).await.unwrap(); // the tasks before it have run, and wait
        wake.notify_waiters();
        for task in tasks {
            task.await.unwrap();
        }
        each(started, count)
    })
}

fn items(count: usize) -> f64 {
    let (writer, mut reader) = mpsc::channel(count);
    let started = Instant::now();
    (0..count).for_each(|item| writer.blocking_send(item).unwrap());
    (0..count).for_each(|item| assert_eq!(reader.blocking_recv(), Some(item)));
    each(started, count)
}

fn job<'a>(
    name: &'a str,
    subject: &'a str,
    unit: &'a str,
    metrics: &'a [&'a str],
    measure: &'a dyn Fn(f64) -> Vec<f64>,
) -> Job<'a> {
    Job { name, subject, unit, metrics, measure }
}

fn main() {
    run_all(
        "tokio 1.24",
        &[
            job("P1", "tokio oneshot", "ns", &[""], &promises),
            job("P5", "tokio spawn", "ns", &[""], &jobs),
            job("P7", "tokio spawn", "us", &["p50", "p99"], &trips_one_by_one),
            job("P8", "tokio spawn", "M/s", &[""], &trips),
            job("P10", "tokio sleep", "ns", &[""], &|scale| vec![timers(scaled(1_000_000, scale))]),
            job("P12", "tokio yield_now", "ns", &[""], &yields),
            job("P15", "tokio mpsc of 1", "ns", &[""], &ping_pong),
            job("P16", "tokio mpsc, blocking", "ns", &[""], &stream),
            job("many-promises", "tokio oneshot", "ns", &CROWD_METRICS, &|scale| crowd_costs(scale, pending)),
            job("many-timers", "tokio sleep", "ns", &CROWD_METRICS, &|scale| crowd_costs(scale, timers)),
            job("many-lines", "tokio spawn", "ns", &CROWD_METRICS, &|scale| crowd_costs(scale, lines)),
            job("many-items", "tokio mpsc", "ns", &CROWD_METRICS, &|scale| crowd_costs(scale, items)),
        ],
    );
}
