// P6 by rayon's join: fib(32), without cut-off, two threads.
//
// Counted: the whole, from within the pool: ms. The command line is the one of bench/harness.c.
use std::time::{Duration, Instant};

const WORKERS: usize = 2;
const NUMBER: u64 = 32;
const RESULT: u64 = 2_178_309;

fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (first, second) = rayon::join(|| fib(n - 1), || fib(n - 2));
    first + second
}

fn measure(pool: &rayon::ThreadPool) -> f64 {
    pool.install(|| {
        let started = Instant::now();
        assert_eq!(fib(NUMBER), RESULT);
        started.elapsed().as_secs_f64() * 1e3
    })
}

fn value_of(arguments: &[String], option: &str) -> Option<String> {
    let place = arguments.iter().position(|argument| argument == option)?;
    arguments.get(place + 1).cloned()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    if has("--list") {
        println!("P6");
        return;
    }
    let rounds = value_of(&arguments, "--rounds").and_then(|text| text.parse().ok()).unwrap_or(5);
    let placement = value_of(&arguments, "--placement").unwrap_or_else(|| "free".to_string());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().unwrap();
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(300) {
        measure(&pool);
    }
    let mut samples: Vec<f64> = (0..rounds).map(|_| measure(&pool)).collect();
    if has("--json") {
        let texts: Vec<String> = samples.iter().map(|figure| format!("{figure:.4}")).collect();
        println!(
            "{{\"job\": \"P6\", \"subject\": \"rayon join\", \"metric\": \"\", \"unit\": \"ms\", \
             \"version\": \"1\", \"placement\": \"{}\", \"samples\": [{}]}}",
            placement,
            texts.join(", ")
        );
        return;
    }
    samples.sort_by(|a, b| a.partial_cmp(b).unwrap());
    println!(
        "{:<4} {:<34} {:<4} {:>10.4} {:<5} {:>10.4} to {:.4}",
        "P6", "rayon join", "", samples[samples.len() / 2], "ms", samples[0], samples[samples.len() - 1]
    );
}
