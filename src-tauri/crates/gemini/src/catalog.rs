//! The nine event types that Google has named, and the payload fields that have been seen with them.
//!
//! Seven can be subscribed to (the enum of the SDKs, and what the server accepts). The two `…cancelled` types are only
//! in the webhooks guide, but are recognised all the same.

use serde::Serialize;

/// An event type of the service, with what to expect in its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value of the payload's `type`.
    pub name: &'static str,
    /// Its meaning, in one plain sentence.
    pub meaning: &'static str,
    /// Whether the service accepts it in `subscribed_events`.
    pub subscribable: bool,
    /// The fields of `data` that have been documented or seen. Any may be missing except `id`.
    pub data: &'static [&'static str],
}

/// An event type as the window lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct EventType {
    /// The value of the payload's `type`.
    pub name: &'static str,
    /// Its meaning, in one plain sentence.
    pub meaning: &'static str,
    /// Whether the service accepts it in `subscribed_events`.
    pub subscribable: bool,
}

/// The value of `version` in payloads.
pub const VERSION: &str = "v1";

/// The `type` of a ping as the emulator sends it. The service's own name for it has not been published. A ping is not
/// an event, so it is in no list of types that can be subscribed to.
pub const PING: &str = "ping";

/// The fields at the top level of a payload. `user_metadata` is read there and in `data`, since nobody has published
/// where it goes; both spellings are accepted.
pub const TOP_LEVEL: [&str; 6] = ["type", "version", "timestamp", "data", "user_metadata", "userMetadata"];

/// Fields that may be in the `data` of every event.
pub const IN_ALL_DATA: [&str; 2] = ["user_metadata", "userMetadata"];

/// Every event type, batches first.
pub static ALL: [Entry; 9] = [
    Entry {
        name: "batch.succeeded",
        meaning: "A batch job has finished and its results can be read.",
        subscribable: true,
        data: &["id", "output_file_uri"],
    },
    Entry {
        name: "batch.failed",
        meaning: "A batch job has stopped with a system or validation error.",
        subscribable: true,
        data: &["id", "error_code", "error_message"],
    },
    Entry {
        name: "batch.expired",
        meaning: "A batch job did not finish within the service's time limit (24 or 48 hours; Google's pages differ).",
        subscribable: true,
        data: &["id"],
    },
    Entry {
        name: "batch.cancelled",
        meaning: "A batch job was cancelled by its user.",
        subscribable: false,
        data: &["id"],
    },
    Entry {
        name: "interaction.completed",
        meaning: "An interaction has succeeded and its output can be read.",
        subscribable: true,
        data: &["id"],
    },
    Entry {
        name: "interaction.requires_action",
        meaning: "An interaction waits for the result of a function call.",
        subscribable: true,
        data: &["id"],
    },
    Entry {
        name: "interaction.failed",
        meaning: "An interaction has stopped with an error.",
        subscribable: true,
        data: &["id", "error_code", "error_message"],
    },
    Entry {
        name: "interaction.cancelled",
        meaning: "An interaction was cancelled by its user.",
        subscribable: false,
        data: &["id"],
    },
    Entry {
        name: "video.generated",
        meaning: "A video has been generated and can be downloaded.",
        subscribable: true,
        data: &["id", "output_file_uri", "file_name", "file_id", "video_uri"],
    },
];

/// The event type of this name, if the service has one.
#[must_use]
pub fn lookup(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name)
}

/// Whether this is a field in the `data` of some event type.
pub(crate) fn is_data_field(field: &str) -> bool {
    ALL.iter().any(|entry| entry.data.contains(&field))
}

/// All event types, in the form for the window.
#[must_use]
pub fn event_types() -> Vec<EventType> {
    ALL.iter()
        .map(|entry| EventType { name: entry.name, meaning: entry.meaning, subscribable: entry.subscribable })
        .collect()
}
