//! Starts the window, a separate program, if it is installed beside this one.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::{exit, say};

const APP: &str = "pollux-app";

/// Opens the window with these arguments, this environment and this folder, and ends with its exit code.
pub(crate) fn open(arguments: &[OsString]) -> ExitCode {
    let folders = folders();
    let name = format!("{APP}{EXE_SUFFIX}");
    let code = match folders.iter().map(|folder| folder.join(&name)).find(|path| path.is_file()) {
        Some(app) => become_it(Command::new(&app).args(arguments)).unwrap_or_else(|error| {
            say!("{} could not be started: {error}.", app.display());
            ExitCode::from(exit::USAGE)
        }),
        None => missing(&folders),
    };
    say::finish();
    code
}

/// Gives where this program is installed: the folder of its file, and that of a link to it.
fn folders() -> Vec<PathBuf> {
    let Ok(started) = std::env::current_exe() else { return Vec::new() };
    let real = started.canonicalize().ok();
    let mut folders: Vec<PathBuf> =
        [Some(started), real].into_iter().flatten().filter_map(|file| Some(file.parent()?.to_owned())).collect();
    folders.dedup();
    folders
}

/// Replaces this process with the window's, so that whoever waits for it or sends it a signal reaches the window.
/// Returns only with an error.
#[cfg(unix)]
fn become_it(app: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(app.exec())
}

/// Waits for the window: on other systems a process cannot become another.
#[cfg(not(unix))]
fn become_it(app: &mut Command) -> io::Result<ExitCode> {
    let ended = app.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(ended.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn missing(folders: &[PathBuf]) -> ExitCode {
    let place = folders.last().map(|folder| format!(" in {}", folder.display())).unwrap_or_default();
    say!("the window is a separate program, {APP}, which is not installed beside this one{place}.");
    say_plain!("Install the Pollux app, which has both; from source, `make run` builds and starts them.");
    say_plain!(
        "Without a window: `pollux listen --sandbox` shows the live view in this terminal, `pollux --help` the rest."
    );
    ExitCode::from(exit::USAGE)
}
