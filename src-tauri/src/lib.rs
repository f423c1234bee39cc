//! The desktop shell: wiring only. The only crate that knows Tauri.

mod clipboard;
mod commands;
mod export;
mod feed;
mod leaving;
mod start;
mod window;

use std::ffi::OsString;
use std::process::ExitCode;

/// The exit code of wrong usage, as on the command line.
const USAGE: u8 = 2;

/// Opens the window.
pub fn main() -> ExitCode {
    if let Some(code) = std::env::args_os().nth(1).map(|argument| answer(&argument)) {
        return code;
    }
    if !system::display::is_there() {
        eprintln!("pollux-app: no display: DISPLAY and WAYLAND_DISPLAY are not set, so the window cannot open.");
        eprintln!("`pollux listen --sandbox` shows the live view in the terminal instead.");
        return ExitCode::FAILURE;
    }
    system::log::to_stderr(std::io::stderr);
    system::dumps::switch_off();
    system::memory::give_back();
    window::run()
}

/// Answers `--version` and `--help`, and refuses other arguments: `pollux` is the one that takes them.
fn answer(argument: &OsString) -> ExitCode {
    match argument.to_str() {
        Some("-V" | "--version") => say(concat!("pollux-app ", env!("CARGO_PKG_VERSION"))),
        Some("-h" | "--help") => say("The Pollux window. It takes no arguments. Command line: pollux --help"),
        _ => {
            eprintln!("pollux-app: the window takes no arguments. Command line: pollux --help");
            ExitCode::from(USAGE)
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is what was asked for")]
fn say(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}
