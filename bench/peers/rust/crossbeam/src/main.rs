// P16, P17, many items by crossbeam's bounded channel.
//
// Counted: integers through a channel of capacity 1,024, from one thread that writes to one that reads, or from two to two: an
// item: ns. Many: written into a channel that has room for all, then read, by one thread: each.
#[path = "../../harness.rs"]
mod harness;

use crossbeam_channel::bounded;
use harness::{crowd_costs, each, run_all, scaled, Job, CROWD_METRICS};
use std::thread;
use std::time::Instant;

const ITEMS: usize = 4_000_000;
const CAPACITY: usize = 1024;

fn stream(lines: usize, scale: f64) -> Vec<f64> {
    let share = scaled(ITEMS, scale) / lines;
    let (writer, reader) = bounded::<usize>(CAPACITY);
    let started = Instant::now();
    for _ in 0..lines {
        let writer = writer.clone();
        thread::spawn(move || (1..=share).for_each(|item| writer.send(item).unwrap()));
    }
    drop(writer);
    let readers: Vec<_> = (0..lines)
        .map(|_| {
            let reader = reader.clone();
            thread::spawn(move || reader.iter().sum::<usize>())
        })
        .collect();
    let sum: usize = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
    assert_eq!(sum, lines * share * (share + 1) / 2);
    vec![each(started, share * lines)]
}

fn items(count: usize) -> f64 {
    let (writer, reader) = bounded::<usize>(count);
    let started = Instant::now();
    (0..count).for_each(|item| writer.send(item).unwrap());
    (0..count).for_each(|item| assert_eq!(reader.recv().unwrap(), item));
    each(started, count)
}

fn main() {
    let subject = "crossbeam channel";
    run_all(
        "crossbeam-channel 0.5",
        &[
            Job { name: "P16", subject, unit: "ns", metrics: &[""], measure: &|scale| stream(1, scale) },
            Job { name: "P17", subject, unit: "ns", metrics: &[""], measure: &|scale| stream(2, scale) },
            Job { name: "many-items", subject, unit: "ns", metrics: &CROWD_METRICS, measure: &|scale| crowd_costs(scale, items) },
        ],
    );
}
