// The command line, the rounds, the rows, and crowds: what bench/harness.c and bench/crowd.c do for C.
#![allow(dead_code)]
use std::time::{Duration, Instant};

pub const CROWD_METRICS: [&str; 4] = ["1,000", "10,000", "100,000", "1,000,000"];
const CROWD: usize = 1_000_000;
const CROWD_IN_ALL: usize = 200_000;

pub struct Job<'a> {
    pub name: &'a str,
    pub subject: &'a str,
    pub unit: &'a str,
    pub metrics: &'a [&'a str],
    pub measure: &'a dyn Fn(f64) -> Vec<f64>, // of the scale
}

pub fn scaled(count: usize, scale: f64) -> usize {
    ((count as f64 * scale) as usize).max(1)
}

pub fn each(started: Instant, count: usize) -> f64 {
    started.elapsed().as_secs_f64() * 1e9 / count as f64
}

pub fn percentiles(mut samples: Vec<f64>) -> Vec<f64> {
    samples.sort_by(|a, b| a.partial_cmp(b).unwrap());
    vec![samples[samples.len() / 2], samples[samples.len() * 99 / 100]]
}

// The ns for each of so many objects; `cost` makes and ends them once.
pub fn crowd_costs(scale: f64, cost: impl Fn(usize) -> f64) -> Vec<f64> {
    (3..=6)
        .map(|power| 10_usize.pow(power))
        .map(|count| {
            if count > scaled(CROWD, scale).max(1000) {
                return f64::NAN;
            }
            let times = (CROWD_IN_ALL / count).max(1);
            (0..times).map(|_| cost(count)).sum::<f64>() / times as f64
        })
        .collect()
}

// Delays of 10 s to 70 s, and every index once.
pub fn timer_plan(count: usize) -> (Vec<Duration>, Vec<usize>) {
    let mut state = 88172645463325252_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let after = (0..count).map(|_| Duration::from_millis(10_000 + random() % 60_000)).collect();
    let mut order: Vec<usize> = (0..count).collect();
    for index in (1..count).rev() {
        order.swap(index, (random() % (index as u64 + 1)) as usize);
    }
    (after, order)
}

fn value_of(arguments: &[String], option: &str) -> Option<String> {
    let place = arguments.iter().position(|argument| argument == option)?;
    arguments.get(place + 1).cloned()
}

fn number(figure: &f64) -> String {
    if figure.is_nan() { "null".to_string() } else { format!("{figure:.4}") }
}

fn sample(job: &Job, rounds: usize, scale: f64) -> Vec<Vec<f64>> {
    let started = Instant::now();
    (job.measure)(scale / 10.0);
    while started.elapsed() < Duration::from_millis(300) {
        (job.measure)(scale);
    }
    (0..rounds).map(|_| (job.measure)(scale)).collect()
}

fn run(job: &Job, version: &str, arguments: &[String]) {
    let rounds = value_of(arguments, "--rounds").and_then(|text| text.parse().ok()).unwrap_or(5);
    let scale = value_of(arguments, "--scale").and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let placement = value_of(arguments, "--placement").unwrap_or_else(|| "free".to_string());
    let as_json = arguments.iter().any(|argument| argument == "--json");
    let samples = sample(job, rounds, scale);
    for (index, metric) in job.metrics.iter().enumerate() {
        let texts: Vec<String> = samples.iter().map(|round| number(&round[index])).collect();
        let (name, subject, unit, list) = (job.name, job.subject, job.unit, texts.join(", "));
        if as_json {
            println!(
                "{{\"job\": \"{name}\", \"subject\": \"{subject}\", \"metric\": \"{metric}\", \"unit\": \"{unit}\", \
                 \"version\": \"{version}\", \"placement\": \"{placement}\", \"samples\": [{list}]}}"
            );
        } else {
            println!("{name:<4} {subject:<34} {metric:<4} {list} {unit}");
        }
    }
}

pub fn run_all(version: &str, jobs: &[Job]) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_named = |job: &Job| arguments.iter().any(|argument| argument == job.name);
    let any = jobs.iter().any(is_named);
    for job in jobs.iter().filter(|job| !any || is_named(job)) {
        if arguments.iter().any(|argument| argument == "--list") {
            println!("{}", job.name);
        } else {
            run(job, version, &arguments);
        }
    }
}
