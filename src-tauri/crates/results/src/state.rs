//! What became of a request.

use serde::{Deserialize, Serialize};

/// What became of a request. Several candidates: the first decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// Answered with something in it: text that is no thought, a function call, data, an embedding. Also if it
    /// finished for a reason that has no state of its own here.
    Good,
    /// An error stands in place of the response.
    Error,
    /// The prompt was blocked, or the answer was: see [`means_blocked`].
    Blocked,
    /// The model reached its limit (`MAX_TOKENS`), whether anything came before that or not.
    CutOff,
    /// Finished with nothing in it.
    Empty,
    /// The line cannot be read, or holds neither response nor error.
    Unparsable,
    /// Asked for, and no line has its key.
    Missing,
}

impl RowState {
    /// Whether the answer is of no use as it is: all but [`RowState::Good`] and [`RowState::Missing`].
    #[must_use]
    pub fn failed(self) -> bool {
        !matches!(self, Self::Good | Self::Missing)
    }

    /// As it is written by serde.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Error => "error",
            Self::Blocked => "blocked",
            Self::CutOff => "cut_off",
            Self::Empty => "empty",
            Self::Unparsable => "unparsable",
            Self::Missing => "missing",
        }
    }
}

/// Whether a `finishReason` says that the answer was held back because of what it is: those of the Gemini API's
/// `FinishReason` whose description names a violation, terms, recitation or a language, and `ESCALATION`,
/// `MODEL_ARMOR` of Vertex AI.
///
/// The others that are no `STOP` or `MAX_TOKENS` (`OTHER`, `IMAGE_OTHER`, `NO_IMAGE`, `MALFORMED_FUNCTION_CALL`,
/// `MALFORMED_RESPONSE`, `UNEXPECTED_TOOL_CALL`, `TOO_MANY_TOOL_CALLS`, `MISSING_THOUGHT_SIGNATURE`, unknown ones) do
/// not decide: what is in the answer does.
#[must_use]
pub fn means_blocked(finish_reason: &str) -> bool {
    matches!(
        finish_reason,
        "SAFETY"
            | "RECITATION"
            | "LANGUAGE"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION"
            | "ESCALATION"
            | "MODEL_ARMOR"
    )
}

/// A row in a byte: what became of it, and how it stands to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed(u8);

impl Packed {
    /// Its key had come before.
    pub(crate) const REPEAT: u8 = 1 << 3;
    /// It answers none of the requests that are known.
    pub(crate) const STRAY: u8 = 1 << 4;
    /// Its key comes again.
    pub(crate) const DOUBLED: u8 = 1 << 5;

    pub(crate) fn new(state: RowState, flags: u8) -> Self {
        Self(state as u8 | flags)
    }

    pub(crate) fn state(self) -> RowState {
        match self.0 & 7 {
            0 => RowState::Good,
            1 => RowState::Error,
            2 => RowState::Blocked,
            3 => RowState::CutOff,
            4 => RowState::Empty,
            5 => RowState::Unparsable,
            _ => RowState::Missing,
        }
    }

    pub(crate) fn is(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    pub(crate) fn set(&mut self, flag: u8) {
        self.0 |= flag;
    }

    /// Whether it is the answer to a request: the first with its key, and asked for as far as is known.
    pub(crate) fn counts(self) -> bool {
        !self.is(Self::REPEAT | Self::STRAY)
    }

    pub(crate) fn failed(self) -> bool {
        self.counts() && self.state().failed()
    }
}
