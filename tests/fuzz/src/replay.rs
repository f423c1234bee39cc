//! Runs a target over files, and tells of a panic wherever it happened in this thread.

use std::cell::Cell;
use std::fs;
use std::panic;
use std::path::Path;
use std::sync::Once;

use super::Target;

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// A runtime catches the panics of its tasks, so they are counted where they begin.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = PANICS.try_with(|panics| panics.set(panics.get() + 1));
            before(info);
        }));
    });
}

/// Runs one input. False if it is a finding; the panic has been printed by then.
pub fn holds(target: &Target, input: &[u8]) -> bool {
    count_panics();
    let before = PANICS.get();
    let ended = panic::catch_unwind(|| (target.run)(input));
    ended.is_ok() && PANICS.get() == before
}

/// The inputs in a folder with their names, in the order of those. None if there is no such folder.
///
/// # Panics
/// If one cannot be read.
pub fn inputs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut inputs: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap()))
        .collect();
    inputs.sort();
    inputs
}
