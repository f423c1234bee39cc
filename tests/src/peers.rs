//! What `make peers` installs: other people's libraries. Without them a test fails, it is not skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `tests/peers`.
pub fn folder() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/peers")).to_owned()
}

/// A program of the Python environment: `python`, `pytest`, `http`, `litestream`.
pub fn program(name: &str) -> Command {
    let path = folder().join(".venv/bin").join(name);
    assert!(path.is_file(), "{} is not installed: make peers", path.display());
    quiet(Command::new(path))
}

/// Node, in the folder where the packages are.
pub fn node(arguments: &[&str]) -> Command {
    assert!(folder().join("node_modules").is_dir(), "tests/peers is not installed: make peers");
    let mut command = quiet(Command::new("node"));
    command.current_dir(folder()).args(arguments);
    command
}

/// Nothing of these tests leaves this machine.
fn quiet(mut command: Command) -> Command {
    command.env("NO_PROXY", "*").env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
    command
}
