//! Why a token is refused.

use crate::Text;
use crate::sentences::Words;

/// The stable code, and words.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: Text,
    pub(crate) words: Words,
    /// What the rung shows.
    pub(crate) seen: Text,
}

impl Refusal {
    pub(crate) fn new(
        reason: impl Into<Text>,
        cause: impl Into<Text>,
        sentence: impl Into<String>,
        seen: impl Into<Text>,
    ) -> Self {
        Self {
            reason: reason.into(),
            words: Words::new(cause, format!("Rejected: {}", sentence.into())),
            seen: seen.into(),
        }
    }
}
