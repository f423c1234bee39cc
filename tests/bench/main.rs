//! `make bench`: the figures that the product promises, each with its bound.
//!
//! Ratios are taken side by side in one run, in rounds that alternate, and given as medians: a slow or busy machine
//! changes both sides. Loads go to this machine only and are bounded in number and in time. A figure that is missed or
//! cannot be taken makes the exit code 1, after all others were taken.

// A failure in here is a failed bench, and its figures are reported as not taken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bare;
mod capture;
mod child;
mod emulator;
mod load;
mod outbound;
mod peers;
mod report;
mod results;
mod retention;
mod search;
mod search_beside;
mod search_typed;
mod stock;
mod transfer;
mod tunnel;
mod uploads;
mod verify;
mod window;
mod window_jobs;
mod window_large;
mod window_million;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;

use report::{Figure, Report};

type Section = fn() -> Pin<Box<dyn Future<Output = Vec<Figure>> + Send>>;

/// By name, so that one can be run alone: `bench capture`.
const SECTIONS: [(&str, Section); 17] = [
    ("verify", || Box::pin(verify::measure())),
    ("capture", || Box::pin(capture::measure())),
    ("retention", || Box::pin(retention::measure())),
    ("uploads", || Box::pin(uploads::measure())),
    ("tunnel", || Box::pin(tunnel::measure())),
    ("peers", || Box::pin(peers::measure())),
    ("emulator", || Box::pin(emulator::measure())),
    ("replay", || Box::pin(outbound::replay())),
    ("forward", || Box::pin(outbound::forward())),
    ("transfer", || Box::pin(transfer::measure())),
    ("results", || Box::pin(results::measure())),
    ("search", || Box::pin(search::measure())),
    ("window", || Box::pin(window::measure())),
    ("start", || Box::pin(window::start())),
    ("large", || Box::pin(window_large::measure())),
    ("operations", || Box::pin(window_jobs::measure())),
    ("million", || Box::pin(window_million::measure())),
];

/// What this program is when it starts itself once more.
const CHILDREN: [&str; 6] = [
    bare::ARGUMENT,
    emulator::ARGUMENT,
    tunnel::SERVICE,
    tunnel::LISTENER,
    search_beside::LISTENER,
    search_beside::HOLDER,
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = arguments
        .iter()
        .find(|name| !CHILDREN.contains(&name.as_str()) && SECTIONS.iter().all(|(section, _)| section != name))
    {
        eprintln!("bench: no section '{unknown}'; there are {}", SECTIONS.map(|(name, _)| name).join(", "));
        return ExitCode::from(2);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if arguments.iter().any(|argument| argument == bare::ARGUMENT) {
        runtime.block_on(bare::serve());
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == emulator::ARGUMENT) {
        runtime.block_on(emulator::serve());
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == tunnel::SERVICE) {
        runtime.block_on(tunnel::serve_service());
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == tunnel::LISTENER) {
        runtime.block_on(tunnel::serve_listener());
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == search_beside::LISTENER) {
        runtime.block_on(search_beside::serve_listener());
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == search_beside::HOLDER) {
        runtime.block_on(search_beside::hold());
        return ExitCode::SUCCESS;
    }
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    let mut report = Report::start();
    runtime.block_on(async {
        for (name, section) in SECTIONS.into_iter().filter(|(name, _)| wanted(name)) {
            eprintln!("bench: {name} …");
            match tokio::spawn(section()).await {
                Ok(figures) => report.add(figures),
                Err(error) => report.add(vec![Figure::not_taken(name, &error.to_string())]),
            }
        }
    });
    report.finish(&target().join("bench.jsonl"))
}

/// Cargo's target folder, where everything that a run leaves behind is.
fn target() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target"))
}

/// A folder for one section's databases, on the disk that the target folder is on: `/tmp` may be in memory, where a
/// commit costs nothing.
fn scratch() -> tempfile::TempDir {
    let folder = target().join("bench-data");
    std::fs::create_dir_all(&folder).unwrap();
    tempfile::tempdir_in(folder).unwrap()
}

/// The middle one of some values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { (values[middle - 1] + values[middle]) / 2.0 } else { values[middle] }
}

/// The value below or at which `percent` of 100 lie (nearest rank).
fn percentile(mut values: Vec<f64>, percent: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * percent / 100.0).ceil() as usize;
    values[rank.clamp(1, values.len()) - 1]
}
