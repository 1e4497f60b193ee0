// P16, P17 by crossbeam's bounded channel.
//
// Counted: integers through a channel of capacity 1,024, from one thread that writes to one that reads, or from two to two: an
// item: ns. The command line is the one of bench/harness.c.
use crossbeam_channel::bounded;
use std::thread;
use std::time::{Duration, Instant};

const ITEMS: u64 = 4_000_000;
const CAPACITY: usize = 1024;

fn measure(lines: u64, scale: f64) -> f64 {
    let each = (ITEMS as f64 * scale) as u64 / lines;
    let (writer, reader) = bounded::<u64>(CAPACITY);
    let started = Instant::now();
    for _ in 0..lines {
        let writer = writer.clone();
        thread::spawn(move || (1..=each).for_each(|item| writer.send(item).unwrap()));
    }
    drop(writer);
    let readers: Vec<_> = (0..lines)
        .map(|_| {
            let reader = reader.clone();
            thread::spawn(move || reader.iter().sum::<u64>())
        })
        .collect();
    let sum: u64 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
    let figure = started.elapsed().as_secs_f64() * 1e9 / (each * lines) as f64;
    assert_eq!(sum, lines * each * (each + 1) / 2);
    figure
}

fn value_of(arguments: &[String], option: &str) -> Option<String> {
    let place = arguments.iter().position(|argument| argument == option)?;
    arguments.get(place + 1).cloned()
}

fn run(arguments: &[String], job: &str, lines: u64) {
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let rounds = value_of(arguments, "--rounds").and_then(|text| text.parse().ok()).unwrap_or(5);
    let scale = value_of(arguments, "--scale").and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let placement = value_of(arguments, "--placement").unwrap_or_else(|| "free".to_string());
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(300) {
        measure(lines, scale);
    }
    let mut samples: Vec<f64> = (0..rounds).map(|_| measure(lines, scale)).collect();
    if has("--json") {
        let texts: Vec<String> = samples.iter().map(|figure| format!("{figure:.4}")).collect();
        println!(
            "{{\"job\": \"{job}\", \"subject\": \"crossbeam channel\", \"metric\": \"\", \"unit\": \"ns\", \
             \"version\": \"0.5\", \"placement\": \"{}\", \"samples\": [{}]}}",
            placement,
            texts.join(", ")
        );
        return;
    }
    samples.sort_by(|a, b| a.partial_cmp(b).unwrap());
    println!(
        "{:<4} {:<34} {:<4} {:>10.4} {:<5} {:>10.4} to {:.4}",
        job, "crossbeam channel", "", samples[samples.len() / 2], "ns", samples[0], samples[samples.len() - 1]
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = arguments.iter().any(|argument| argument.starts_with('P'));
    for (job, lines) in [("P16", 1), ("P17", 2)] {
        if named && !arguments.iter().any(|argument| argument == job) {
            continue;
        }
        if arguments.iter().any(|argument| argument == "--list") {
            println!("{job}");
        } else {
            run(&arguments, job, lines);
        }
    }
}
