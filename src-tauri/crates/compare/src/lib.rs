//! How two deliveries differ, on three planes: the signed bytes, what they mean, and how they came; and what follows
//! from it, in a sentence.
//!
//! Pure functions of bytes, headers and keys. What is given out is bounded, whatever the bodies hold: where more was
//! found than is listed, the counts say so.

mod align;
mod bytes;
mod finding;
mod json;
mod lines;
mod meaning;
mod plane;
mod scalar;
mod shown;
mod side;
mod transport;
mod trial;
mod words;

use std::time::Duration;

use serde::Serialize;

pub use bytes::{Bytes, Part, Sameness, Window};
pub use finding::{Finding, Judged, Piece, Relation, Tone, find};
pub use lines::{Line, Whose};
pub use meaning::{Change, Counts, Kind, Same};
pub use plane::{Form, Meaning};
pub use shown::Value;
pub use side::{Fact, Role, Side};
pub use transport::{About, Proxy, Row, Transport};
pub use trial::{Fits, Trial, try_signature};

/// The three planes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Planes {
    /// The bytes that a signature covers.
    pub bytes: Bytes,
    /// What the bodies mean.
    pub meaning: Meaning,
    /// How they came.
    pub transport: Transport,
}

impl Planes {
    /// Whether anything differs that need not: what is another for each delivery does not count.
    #[must_use]
    pub fn differ(&self) -> bool {
        let id = self.bytes.id.as_ref().is_some_and(|id| !id.equal && (id.a.is_some() || id.b.is_some()));
        self.bytes.body == Sameness::Differ || id || self.meaning.counts.all() > 0 || self.transport.counts.all() > 0
    }
}

/// Compares two messages. `time`: how long the shortest difference of two texts that are not JSON may be looked for;
/// after that a longer one is good enough.
#[must_use]
pub fn compare(a: &Side<'_>, b: &Side<'_>, time: Duration) -> Planes {
    Planes { bytes: bytes::compare(a, b), meaning: plane::compare(a, b, time), transport: transport::compare(a, b) }
}
