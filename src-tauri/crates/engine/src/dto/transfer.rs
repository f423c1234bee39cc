//! Exports and imports, and what is copied of a delivery.

use serde::{Deserialize, Serialize};

/// What an export writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TransferFormat {
    /// Pollux's own lossless form: one line of JSON for each delivery.
    Ndjson,
    /// HTTP Archive 1.2.
    Har,
    /// CloudEvents 1.0, structured, one line of JSON for each delivery.
    Cloudevents,
    /// One `curl` command for each delivery.
    Curl,
    /// JSON Schema of what arrived, for each event type.
    SchemaJson,
    /// The same as TypeScript.
    SchemaTs,
    /// The same as pydantic models.
    SchemaPydantic,
}

/// Out or in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Deliveries go into a file.
    Export,
    /// Deliveries come out of a file.
    Import,
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// Under way.
    Running,
    /// All of it is done.
    Done,
    /// The user ended it. What an import had stored stays; an export leaves no file.
    Stopped,
    /// It could not go on; `error` says why. What an import had stored stays; an export leaves no file.
    Failed,
}

/// Something of a file that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TransferProblem {
    /// The line, from 1; in a HAR, the line at which the entry begins.
    pub line: u64,
    /// What was wrong, and what was expected.
    pub message: String,
}

/// An export or an import. Times: Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Transfer {
    /// Names it in `transfer_stop` and in live messages.
    pub number: u32,
    /// Out or in.
    pub kind: TransferKind,
    /// What is written, or what was found in the file; `None` until that is known.
    pub format: Option<TransferFormat>,
    /// The file.
    pub path: String,
    /// How far it is.
    pub state: TransferState,
    /// Deliveries written, or read.
    pub done: u64,
    /// Deliveries to write; `None` where that is not known, as with an import.
    pub total: Option<u64>,
    /// Bytes written, or read.
    pub bytes: u64,
    /// Bytes to read; `None` with an export.
    pub bytes_total: Option<u64>,
    /// Import: deliveries stored.
    pub new: u64,
    /// Import: deliveries that were in the history already. They were left as they are.
    pub known: u64,
    /// Import: deliveries that could not be taken; see `problems`.
    pub refused: u64,
    /// Import: of the new ones, those that a key of today verifies.
    pub verified: u64,
    /// Import: of the new ones, those that were rejected.
    pub rejected: u64,
    /// Import: of the new ones, those for which there is no key.
    pub unchecked: u64,
    /// Import: of the new ones, those whose token is genuine but does not cover the body.
    pub unbound: u64,
    /// Export: deliveries of which a credential was left out (`authorization`, cookies, path tokens…).
    pub left_out: u64,
    /// Import: projects that the file names and that are not here; their deliveries went to the default project.
    pub unknown_projects: Vec<String>,
    /// The first problems, 100 at most; `refused` counts all.
    pub problems: Vec<TransferProblem>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it began.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
}

/// What deliveries are copied as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CopyForm {
    /// The body.
    Payload,
    /// A `curl` command.
    Curl,
    /// An HTTPie command.
    Httpie,
    /// Python: requests, and standardwebhooks to sign it.
    Python,
    /// JavaScript: fetch, and standardwebhooks to sign it.
    Javascript,
    /// Rust: reqwest, and standardwebhooks to sign it.
    Rust,
    /// A test for pytest that signs the delivery when it runs, and sends it to the handler.
    Pytest,
    /// The same for Vitest.
    Vitest,
    /// A line of NDJSON, as an export writes it.
    Ndjson,
}
