//! The one error of the engine: a stable code, a sentence for a person, and a detail.

mod code;
mod facts;
mod from;

use serde::{Deserialize, Serialize};

pub use code::Code;
pub use facts::{Exit, Fix, Level};

/// What went wrong, as the window and the command line get it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(rename = "IpcError"))]
#[error("{message}")]
pub struct Error {
    /// Stable code that programs branch on.
    pub code: Code,
    /// What was wrong and what to do, in one or two sentences. Never a secret.
    pub message: String,
    /// What the system or a library said, where that helps.
    pub detail: Option<String>,
}

/// A result of the engine.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error without a detail.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None }
    }

    /// The same, with what the system or a library said.
    #[must_use]
    pub fn with_detail(mut self, detail: impl ToString) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// A delivery, secret or view that is not there (any more).
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("This {what} is no longer there."))
    }
}
