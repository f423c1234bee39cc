//! What the journeys share: the built binary, children that never outlive their test, signed requests.

// A failure in here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod damage;
pub mod edge;
pub mod emulating;
pub mod handlers;
pub mod installed;
pub mod listen;
pub mod managing;
pub mod peers;
pub mod pictures;
pub mod receiver;
pub mod sender;
pub mod soak;
pub mod window;

use std::path::PathBuf;

/// The built `pollux`: `POLLUX_BIN`, or the one of the same build as this program.
pub fn binary() -> PathBuf {
    built("pollux", "POLLUX_BIN", "cli")
}

/// The built `pollux-app`: `POLLUX_APP_BIN`, or the one of the same build as this program.
pub fn app() -> PathBuf {
    built("pollux-app", "POLLUX_APP_BIN", "pollux-app")
}

fn built(name: &str, variable: &str, package: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a program knows where it is");
    // Tests are one folder deeper, in `deps`.
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    let path = std::env::var_os(variable).map(PathBuf::from).or(beside).unwrap_or_else(|| PathBuf::from(name));
    assert!(path.is_file(), "{} is not built: cargo build -p {package}", path.display());
    path
}

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).join(name)
}
