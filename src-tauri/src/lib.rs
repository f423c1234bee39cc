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
    dumps::switch_off();
    memory::give_back();
    let parsed = cli::parse();
    match parsed {
        cli::Parsed::Window if window::has_display() => {
            log::to_stderr(std::io::stderr);
            window::run()
        }
        cli::Parsed::Window => {
            log::to_stderr(cli::Log);
            cli::without_display()
        }
        cli::Parsed::Command(command) => {
            log::to_stderr(cli::Log);
            cli::run(*command)
        }
    }
}
