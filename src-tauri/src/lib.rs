//! The desktop shell: wiring only. The only crate that knows Tauri.

mod cli;
mod clipboard;
mod commands;
mod dumps;
mod export;
mod feed;
mod home;
mod keychain;
mod leaving;
mod log;
mod memory;
mod start;
mod window;

use std::process::ExitCode;

/// A delivery is allocated by the thread that receives it and freed by another one: the system's allocator makes them
/// wait for each other (measured: a tenth of the time of a delivery).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Window or subcommand?
pub fn main() -> ExitCode {
    let parsed = cli::parse();
    let in_window = matches!(parsed, cli::Parsed::Window) && window::has_display();
    if in_window {
        log::to_stderr(std::io::stderr);
    } else {
        log::to_stderr(cli::Log);
    }
    dumps::switch_off();
    memory::give_back();
    match parsed {
        cli::Parsed::Command(command) => cli::run(*command),
        cli::Parsed::Window if in_window => window::run(),
        cli::Parsed::Window => cli::without_display(),
    }
}
