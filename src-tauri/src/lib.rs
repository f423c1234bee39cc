//! The desktop shell: wiring only. The only crate that knows Tauri.

mod clipboard;
mod clock;
mod commands;
mod desktop;
mod export;
mod feed;
mod leaving;
mod start;
mod tray;
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
    #[cfg(target_os = "linux")]
    drawn_without_opengl();
    system::dumps::switch_off();
    system::memory::give_back();
    window::run()
}

/// Where OpenGL is only emulated, starts this program once more, in its own place, with the setting of WebKit that draws
/// without it: the first picture comes sooner, and each frame takes less. Whoever set it has decided.
#[cfg(target_os = "linux")]
fn drawn_without_opengl() {
    use std::os::unix::process::CommandExt as _;
    const SETTING: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(SETTING).is_some() || !system::display::emulates_opengl() {
        return;
    }
    // Returns only if that failed. A variable of this process cannot be set safely: others may read it meanwhile.
    let error = match std::env::current_exe() {
        Ok(program) => std::process::Command::new(program).env(SETTING, "1").exec(),
        Err(error) => error,
    };
    tracing::warn!(%error, "the window is drawn with emulated OpenGL, which is slow");
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
