//! What a file gives, and what is refused of it: the same for all formats.

use crate::problem::Problem;
use crate::record::Record;

/// What is taken from a file. Each comes with its line, from 1.
#[derive(Debug)]
pub enum Item {
    /// A delivery. Nothing in it is to be believed but its bytes.
    Record(Box<Record>, u64),
    /// One that was not taken.
    Problem(Problem),
}

/// What is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Bytes of one record in the file, which is what is held in memory at once.
    pub record: usize,
}

impl Limits {
    /// Those that follow from the longest body that the listener takes.
    #[must_use]
    pub fn of_body(body: usize) -> Self {
        // Text may be escaped six bytes for one, and head and verdict come on top.
        Self { body, record: body.saturating_mul(6).saturating_add(4 << 20) }
    }

    pub(crate) fn refuses(&self, record: &Record) -> Option<String> {
        (record.body.len() > self.body).then(|| {
            format!(
                "Its body has {} bytes, and the listener takes {} at most (Settings › Longest body).",
                record.body.len(),
                self.body
            )
        })
    }
}
