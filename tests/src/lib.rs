//! What the journeys share: the built binary, children that never outlive their test, signed requests.

// A failure in here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod listen;
pub mod sender;
pub mod window;

use std::path::PathBuf;

/// The built `pollux`: `POLLUX_BIN`, or the debug build.
pub fn binary() -> PathBuf {
    let path = std::env::var_os("POLLUX_BIN")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/debug/pollux")), PathBuf::from);
    assert!(path.is_file(), "{} is not built: cargo build -p pollux", path.display());
    path
}

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).join(name)
}
