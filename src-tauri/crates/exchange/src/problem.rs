//! What is wrong with a file, and where.

use std::io;

/// Something that was not taken. The rest of the file was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; in a HAR, the line at which the entry begins.
    pub line: u64,
    /// What was wrong, and what was expected: one or two sentences. Holds nothing of a header or a body.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(line: u64, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// Why a file could not be read on, or written on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What it holds is none of the formats.
    #[error("{0}")]
    Unknown(String),
    /// It ends too early, or is not what its beginning says; nothing after this line can be read.
    #[error("Line {line}: {message}")]
    Broken {
        /// The line, from 1.
        line: u64,
        /// What was wrong, and what was expected.
        message: String,
    },
}
