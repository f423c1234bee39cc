//! What `make sdk` installs: programs of other people's packages. Without them a test fails, it is not skipped.

use std::path::Path;
use std::process::{Command, Stdio};

const TESTS: &str = env!("CARGO_MANIFEST_DIR");

/// A program of one of the Python environments.
pub fn installed(environment: &str, program: &str) -> Command {
    let path = Path::new(TESTS).join("../target/sdk").join(environment).join("bin").join(program);
    assert!(path.is_file(), "{} is not installed: make sdk", path.display());
    let mut command = Command::new(path);
    // Nothing of these tests leaves this machine.
    command.env("NO_PROXY", "*").env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
    command
}

/// A script in a folder of `tests`, with Python and the packages of an environment.
pub fn python(environment: &str, folder: &str, script: &str) -> Command {
    let mut command = installed(environment, "python");
    command.arg(Path::new(TESTS).join(folder).join(script));
    command
}

/// A script in a folder of `tests`, with Node and the packages beside it.
pub fn node(folder: &str, script: &str) -> Command {
    let path = Path::new(TESTS).join(folder);
    assert!(path.join("node_modules").is_dir(), "tests/{folder} is not installed: make sdk");
    let mut command = Command::new("node");
    command.arg(path.join(script)).stdin(Stdio::null());
    command
}
