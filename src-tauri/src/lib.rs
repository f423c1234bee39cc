//! The desktop shell: wiring only. The only crate that knows Tauri.

mod cli;
mod clipboard;
mod commands;
mod export;
mod feed;
mod home;
mod keychain;
mod leaving;
mod memory;
mod window;

use std::process::ExitCode;

/// A delivery is allocated by the thread that receives it and freed by another one: the system's allocator makes them
/// wait for each other (measured: a tenth of the time of a delivery).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Window or subcommand?
pub fn main() -> ExitCode {
    log_to_stderr();
    memory::give_back();
    match cli::parse() {
        cli::Parsed::Command(command) => cli::run(*command),
        cli::Parsed::Window if window::has_display() => window::run(),
        cli::Parsed::Window => cli::without_display(),
    }
}

/// Warnings by default; `POLLUX_LOG=debug` for more.
fn log_to_stderr() {
    use tracing_subscriber::EnvFilter;
    let mut filter = EnvFilter::try_from_env("POLLUX_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // With more of these, an authtoken would be in the log: in what ngrok answers, and in the frames that are sent.
    for quiet in ["ngrok=warn", "muxado=warn"] {
        if let Ok(directive) = quiet.parse() {
            filter = filter.add_directive(directive);
        }
    }
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
