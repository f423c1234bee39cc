//! Why rows could not be read or written.

use std::io;

/// Why something could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read. An unexpected end means that it is shorter than when it was scanned.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What was read could not be written.
    #[error("{0}")]
    Unwritten(io::Error),
    /// There is no such row, or no such request.
    #[error("There is no row {0}.")]
    NoRow(u32),
}
