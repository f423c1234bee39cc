//! What the user keeps and what goes: pins, notes, deletions, and what limits would remove.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::{Preview, Which};

use super::{History, bounds};
use crate::dto::{Deletion, KeepLimits, KeepPreview, PreviewBucket, Selection};
use crate::error::{Code, Error, Result};

/// For how long a deletion can be taken back.
const UNDO_MS: i64 = 600_000;

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

    /// Hides deliveries at once, pinned ones as well. For ten minutes they can be taken back; then they leave the file.
    ///
    /// # Errors
    /// `not_found` if nothing is selected.
    pub async fn delete(&self, selection: Selection) -> Result<Deletion> {
        let (which, what) = match selection {
            Selection::All => (Which::All, "all".to_owned()),
            Selection::Ids(ids) => {
                let what = if ids.len() == 1 { "1 delivery".to_owned() } else { format!("{} deliveries", ids.len()) };
                (Which::Ids(ids), what)
            }
            Selection::Query(query) => (Which::Ids(self.found(&query).await?), query),
        };
        if which == Which::Ids(Vec::new()) {
            return Err(Error::not_found("delivery"));
        }
        let now_ms = self.common.now_ms();
        let deleted = self.common.store().delete(which, &what, now_ms, now_ms.saturating_add(UNDO_MS)).await?;
        Ok(deletion(deleted))
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// `cannot_undo` once its time is over.
    pub async fn undo(&self, number: i64) -> Result<()> {
        match self.common.store().undo(number, self.common.now_ms()).await? {
            true => Ok(()),
            false => {
                let message = "These deliveries have left the history and cannot be brought back.";
                Err(Error::new(Code::CannotUndo, message))
            }
        }
    }

    /// What can still be taken back, the latest first.
    pub async fn deletions(&self) -> Result<Vec<Deletion>> {
        let deleted = self.common.store().deletions(self.common.now_ms()).await?;
        Ok(deleted.into_iter().map(deletion).collect())
    }

    /// What would go if these were the limits of a project, or of all.
    ///
    /// # Errors
    /// `invalid_limits`.
    pub async fn preview(&self, project: Option<i64>, limits: KeepLimits) -> Result<KeepPreview> {
        bounds::checked(project.is_some(), &limits)?;
        let in_force = bounds::limits_in_force(&limits);
        let found = self.common.store().preview(project, in_force, self.common.now_ms()).await?;
        let name = project.and_then(|id| self.registry.projects().into_iter().find(|one| one.id == id));
        Ok(preview(&found, name.map(|project| project.name).as_deref()))
    }
}

fn deletion(deleted: store::Deleted) -> Deletion {
    let store::Deleted { number, what, deliveries, bytes, at_ms, until_ms } = deleted;
    Deletion { number, what, deliveries, bytes, at_ms, until_ms }
}

fn preview(found: &Preview, project: Option<&str>) -> KeepPreview {
    let ms = |ns: i64| ns.div_euclid(1_000_000);
    let until = found.until_ns.and_then(|ns| Timestamp::from_nanosecond(ns.into()).ok());
    let until = until.map(|at| at.to_zoned(TimeZone::system()).strftime("until:%Y-%m-%dT%H:%M:%S").to_string());
    let project = project.map(|name| format!("project:\"{}\"", name.replace(['"', '\\'], "")));
    let query = until.map(|until| project.into_iter().chain([until]).collect::<Vec<_>>().join(" "));
    KeepPreview {
        deliveries: found.deliveries,
        bytes: found.bytes,
        until_ms: found.until_ns.map(ms),
        staying_pinned: found.pinned,
        staying_waiting: found.waiting,
        query: query.unwrap_or_default(),
        buckets: found
            .spans
            .iter()
            .map(|span| PreviewBucket { at_ms: ms(span.from_ns), going: span.going, staying: span.staying })
            .collect(),
    }
}
