//! What the user keeps: pins and notes.

use super::History;
use crate::error::{Code, Error, Result};

/// Characters of the longest note.
const LONGEST_NOTE: usize = 10_000;
/// Deliveries pinned at once.
const AT_ONCE: usize = 10_000;

impl History {
    /// Pins deliveries, so that no limit of the history removes them, or unpins them. Returns how many there are.
    ///
    /// # Errors
    /// `too_many` beyond 10,000.
    pub async fn pin(&self, ids: Vec<i64>, pinned: bool) -> Result<u64> {
        if ids.len() > AT_ONCE {
            let message = format!("{AT_ONCE} deliveries can be pinned at once, not {}. Select fewer.", ids.len());
            return Err(Error::new(Code::TooMany, message));
        }
        Ok(self.common.store().pin(&ids, pinned).await?)
    }

    /// Writes, replaces or removes the note of a delivery. One of nothing but white space removes it.
    ///
    /// # Errors
    /// `invalid_note` beyond 10,000 characters; `not_found`.
    pub async fn note(&self, id: i64, text: Option<String>) -> Result<()> {
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let length = text.as_ref().map_or(0, |text| text.chars().count());
        if length > LONGEST_NOTE {
            let message = format!("A note can have {LONGEST_NOTE} characters, and this one has {length}. Shorten it.");
            return Err(Error::new(Code::InvalidNote, message));
        }
        match self.common.store().note(id, text, self.common.now_ms()).await? {
            true => Ok(()),
            false => Err(Error::not_found("delivery")),
        }
    }
}
