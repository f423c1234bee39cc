//! One row of the history against the message that it is of.

use rusqlite::Row as SqlRow;
use sha2::{Digest as _, Sha256};

use super::message::{Key, Maker, Message, STALLED};
use super::oracle::Wrong;

/// A delivery with its content. Left joins, so that one whose content is missing is seen.
pub(super) const SELECT: &str = "
SELECT d.id, e.message_id, d.outcome, d.scheme, d.reason, d.status, d.attempt, d.duplicate, d.truncated, d.body_len,
       c.body, g.sha256
FROM delivery d
LEFT JOIN event e ON e.id = d.event
LEFT JOIN delivery_content c ON c.id = d.id
LEFT JOIN body_digest g ON g.delivery = d.id
WHERE d.id > ?1 AND d.deleted = 0 ORDER BY d.id";

/// Bytes that are kept of a rejected body.
const KEPT: usize = 64 * 1024;
/// Reasons of deliveries of which not all arrived.
const IN_PART: [&str; 2] = ["body_cut_short", "body_timed_out"];

/// What is read of a row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) message_id: Option<String>,
    pub(super) outcome: i64,
    scheme: i64,
    reason: String,
    pub(super) status: i64,
    pub(super) attempt: i64,
    pub(super) duplicate: bool,
    truncated: bool,
    length: i64,
    body: Option<Vec<u8>>,
    sha256: Option<Vec<u8>>,
}

impl Row {
    pub(super) fn read(row: &SqlRow<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            message_id: row.get(1)?,
            outcome: row.get(2)?,
            scheme: row.get(3)?,
            reason: row.get(4)?,
            status: row.get(5)?,
            attempt: row.get(6)?,
            duplicate: row.get(7)?,
            truncated: row.get(8)?,
            length: row.get(9)?,
            body: row.get(10)?,
            sha256: row.get(11)?,
        })
    }

    /// The same without its content, which may be large.
    pub(super) fn without_content(self) -> Self {
        Self { body: None, ..self }
    }

    pub(super) fn key(&self) -> Option<Key> {
        Key::of_id(self.message_id.as_deref()?)
    }

    /// Not all of its body arrived, and it says so.
    pub(super) fn is_part(&self) -> bool {
        IN_PART.contains(&self.reason.as_str())
    }

    /// Verified, and answered with success: what comes after it is a duplicate.
    pub(super) fn is_accepted(&self) -> bool {
        self.outcome == 0 && (200..300).contains(&self.status)
    }

    /// What is wrong with a delivery that was never sent whole.
    pub(super) fn stalled(&self) -> Option<(Wrong, String)> {
        let key = self.key().filter(|key| key.sender == STALLED)?;
        let right = self.is_part() && self.outcome == 1;
        (!right).then(|| {
            let Self { id, outcome, reason, .. } = self;
            (Wrong::Verdict, format!("{} was never sent whole; row {id} has outcome {outcome}, {reason}", key.id()))
        })
    }

    /// What is wrong with it.
    pub(super) fn compare(&self, message: &Message, maker: &Maker) -> Vec<(Wrong, String)> {
        let mut wrong = Vec::new();
        let Self { id: row, outcome, scheme, reason, status, .. } = self;
        let (id, kind) = (message.key.id(), message.kind);
        let part = self.is_part();
        let right = if part {
            *outcome == 1
        } else {
            let scheme = kind.scheme().is_none_or(|of| of == *scheme);
            *outcome == kind.outcome() && scheme && *status == i64::from(kind.status())
        };
        if !right {
            let words = format!("{id} ({kind:?}), row {row}: outcome {outcome}, scheme {scheme}, {reason}, {status}");
            wrong.push((Wrong::Verdict, words));
        }
        if let Some(words) = self.other_bytes(&maker.body(message), kind.outcome() == 1) {
            wrong.push((Wrong::Bytes, format!("{id} ({kind:?}), row {row}: {words}")));
        }
        wrong
    }

    /// How the bytes that were kept differ from those that were sent.
    fn other_bytes(&self, sent: &[u8], rejected: bool) -> Option<String> {
        let Some(kept) = &self.body else { return Some("it has no content".to_owned()) };
        if self.is_part() {
            // Its length is the declared one: the head was whole.
            let right = self.truncated && sent.starts_with(kept) && self.length == sent.len() as i64;
            return (!right).then(|| format!("{} bytes are no beginning of the {}", kept.len(), sent.len()));
        }
        let most = if rejected { KEPT } else { usize::MAX };
        let expected = sent.get(..most).unwrap_or(sent);
        if kept != expected || self.length != sent.len() as i64 {
            return Some(format!("{} of {} bytes kept, not as they were sent", kept.len(), self.length));
        }
        let cut = expected.len() < sent.len();
        let digest = cut.then(|| Sha256::digest(sent).to_vec());
        (self.truncated != cut || self.sha256 != digest)
            .then(|| format!("truncated is {}, and the digest is another", self.truncated))
    }
}
