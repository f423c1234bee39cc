//! `pollux`: the command line, over the same engine as the window. It links nothing of a window: without a subcommand it
//! starts `pollux-app`.

/// Says it on standard error, with `pollux: ` before it.
macro_rules! say {
    ($($text:tt)*) => { $crate::say::say(&format!($($text)*)) };
}

/// The same without `pollux: `.
macro_rules! say_plain {
    ($($text:tt)*) => { $crate::say::plain(&format!($($text)*)) };
}

mod app;
mod check;
mod diff;
mod disk;
mod emulator;
mod ending;
mod escape;
mod export;
mod forward;
mod history;
mod import;
mod jobs;
mod keep;
mod keys;
mod listen;
mod manage;
mod print;
mod printer;
mod project;
mod replay;
mod result;
mod sample;
mod say;
mod search;
mod span;
mod temporary;
mod transfer;
mod verify;
mod watch;
mod webhooks;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit codes, for scripts. What an error ends with is said by its code: [`engine::Code::exit`].
pub(crate) mod exit {
    use engine::Exit;

    /// Verified, or done.
    pub(crate) const OK: u8 = 0;
    /// Rejected, not delivered, or refused.
    pub(crate) const REJECTED: u8 = Exit::Refused as u8;
    /// The command line was wrong, or something it names could not be read.
    pub(crate) const USAGE: u8 = Exit::Usage as u8;
    /// There was no key to check with.
    pub(crate) const UNCHECKED: u8 = 3;
    /// Nobody answered.
    pub(crate) const NO_ANSWER: u8 = Exit::NoAnswer as u8;
    /// It is not known whether it was done.
    pub(crate) const UNKNOWN: u8 = Exit::Unknown as u8;
}

/// Inspector for Gemini API webhooks. Without a subcommand it opens the window.
#[derive(Parser)]
#[command(
    name = "pollux",
    version,
    about = "Inspector for Gemini API webhooks. Without a subcommand it opens the window.",
    after_help = "Secrets can also come from the environment (POLLUX_SECRET) or a file (--secret-file), so that they \
    stay out of the process list.\nPOLLUX_DATA_DIR sets the folder of the history and all other state; \
    POLLUX_KEYCHAIN=file keeps secrets in a file there instead of the keychain; POLLUX_LOG=debug logs more."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Arguments after `--`, passed on to the window.
    #[arg(last = true, hide = true)]
    window: Vec<OsString>,
}

/// What to do without a window.
#[derive(Subcommand)]
enum Command {
    /// Verify one delivery: is it genuine, and if not, why not?
    Verify(verify::Arguments),
    /// Send good, odd and forged deliveries to your handler, and report what it gets wrong.
    Check(Box<check::Arguments>),
    /// Receive deliveries and show each with its verdict.
    Listen(listen::Arguments),
    /// Send deliveries from the history again, as received or changed.
    Replay(replay::Arguments),
    /// Find deliveries of the history.
    Search(search::Arguments),
    /// Compare two deliveries of the history: their bytes, what they mean, and how they came.
    Diff(diff::Arguments),
    /// Receive deliveries and forward each to an address.
    Forward(forward::Arguments),
    /// Write deliveries into a file.
    Export(export::Arguments),
    /// Bring deliveries of a file into the history.
    Import(import::Arguments),
    /// Send one signed sample, as the service would.
    Sample(sample::Arguments),
    /// Run the service on this machine: webhooks, jobs, files and signed deliveries, for SDKs and receivers under test.
    Emulator(emulator::Arguments),
    /// Show what the history takes up; set its limits; delete, pin and note deliveries.
    History(history::Arguments),
    /// Add, list and remove projects, each an API key with the service it is for.
    Project(project::Arguments),
    /// List, create, change, ping and delete a project's webhooks, and rotate their secrets.
    Webhooks(webhooks::Arguments),
    /// List, show, watch, cancel and send a project's batches, interactions and videos.
    Jobs(jobs::Arguments),
    /// Fetch a result: the rows of a batch, with what failed and what is missing, a file, or an interaction's steps.
    Result(result::Arguments),
    /// Find out what should have been told and was not: jobs that ended without an event that counts.
    Watch(watch::Arguments),
}

fn main() -> ExitCode {
    // Ends the process on `--help`, `--version` and wrong usage (2).
    let Arguments { command, window } = Arguments::parse();
    match command {
        Some(command) => run(command),
        None if window.is_empty() && !system::display::is_there() => without_display(),
        None => app::open(&window),
    }
}

/// Runs a subcommand.
fn run(command: Command) -> ExitCode {
    system::log::to_stderr(say::Log);
    system::dumps::switch_off();
    system::memory::give_back();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("pollux: the runtime could not start: {error}");
            return ExitCode::from(exit::USAGE);
        }
    };
    let result = runtime.block_on(async {
        match command {
            Command::Verify(arguments) => verify::run(arguments).await,
            Command::Check(arguments) => check::run(*arguments).await,
            Command::Listen(arguments) => listen::run(arguments).await,
            Command::Replay(arguments) => replay::run(arguments).await,
            Command::Search(arguments) => search::run(arguments).await,
            Command::Diff(arguments) => diff::run(arguments).await,
            Command::Forward(arguments) => forward::run(arguments).await,
            Command::Export(arguments) => export::run(arguments).await,
            Command::Import(arguments) => import::run(arguments).await,
            Command::Sample(arguments) => sample::run(arguments).await,
            Command::Emulator(arguments) => emulator::run(arguments).await,
            Command::History(arguments) => history::run(arguments).await,
            Command::Project(arguments) => project::run(arguments).await,
            Command::Webhooks(arguments) => webhooks::run(arguments).await,
            Command::Jobs(arguments) => jobs::run(arguments).await,
            Command::Result(arguments) => result::run(arguments).await,
            Command::Watch(arguments) => watch::run(arguments).await,
        }
    });
    // A read of the terminal that is still waiting must not delay the end.
    runtime.shutdown_background();
    let code = match result {
        Ok(code) => ExitCode::from(code),
        Err(message) => fail(&message),
    };
    say::finish();
    code
}

/// The window was asked for, and there is no display to open it on: the live view in the terminal, Sandbox on.
fn without_display() -> ExitCode {
    say_plain!("No display: DISPLAY and WAYLAND_DISPLAY are not set, so the window cannot open.");
    say_plain!("Here is the live view in the terminal instead (the same as `pollux listen --sandbox`).\n");
    run(Command::Listen(listen::Arguments::sandbox()))
}

fn fail(message: &str) -> ExitCode {
    say!("{message}");
    ExitCode::from(exit::USAGE)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
