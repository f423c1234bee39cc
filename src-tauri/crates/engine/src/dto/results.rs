//! What a pointer leads to, opened. Times: Unix milliseconds.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum ResultSource {
    /// The result of a job.
    Job {
        /// The project, whose key is used.
        project: i64,
        /// The job.
        name: String,
    },
    /// A pointer of a delivery.
    Pointer {
        /// The delivery.
        delivery: i64,
        /// Where in its payload: `data.output_file_uri`.
        path: String,
        /// The delivery is not verified, and the user was told that the sender may have written this pointer.
        confirmed: bool,
    },
    /// A file or job of a project, by its name or address.
    Name {
        /// The project, whose key is used.
        project: i64,
        /// `files/…`, `batches/…`, an address of the service.
        text: String,
    },
    /// A file of results on this machine.
    File {
        /// The file.
        path: String,
    },
}

/// What was found behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ResultKind {
    /// Not known yet.
    Unknown,
    /// A batch's rows.
    Rows,
    /// A video.
    Video,
    /// An image.
    Image,
    /// JSON.
    Json,
    /// Other text.
    Text,
    /// Anything else.
    Binary,
    /// An interaction: its job shows it.
    Interaction,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ResultState {
    /// The service is being asked what it is.
    Resolving,
    /// Its bytes are on their way.
    Downloading,
    /// They are here, and are being read.
    Reading,
    /// All of it is here.
    Ready,
    /// The user stopped it; what has come stays, and it can go on.
    Stopped,
    /// It could not be fetched; see `error`. What has come stays.
    Failed,
}

/// An opened result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ResultView {
    /// Names it in the other calls and in live messages.
    pub id: u32,
    /// The project.
    pub project: Option<i64>,
    /// The job, where it is known.
    pub job: Option<String>,
    /// `files/…`, or the file on this machine.
    pub name: String,
    /// What it is.
    pub kind: ResultKind,
    /// How far it is.
    pub state: ResultState,
    /// Why it failed.
    pub error: Option<Error>,
    /// `application/jsonl`.
    pub mime_type: Option<String>,
    /// Bytes here.
    pub bytes: u64,
    /// Bytes of the whole, if the service says so.
    pub total: Option<u64>,
    /// How long reading took, in µs; `None` while it is read.
    pub read_us: Option<u64>,
    /// When the service deletes it.
    pub expires_ms: Option<i64>,
    /// The delivery whose pointer it is, where it was opened from one.
    pub delivery: Option<i64>,
    /// Kept with this delivery, and counted in the history's size.
    pub kept_with: Option<i64>,
    /// A batch's rows, so far.
    pub summary: Option<RowsSummary>,
    /// Whether the requests are known, so that missing keys can be named and failed rows sent again.
    pub has_requests: bool,
}

/// What is known of one row, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ResultRowState {
    /// It has its answer.
    Good,
    /// It has an error.
    Error,
    /// The answer was blocked.
    Blocked,
    /// The answer was cut off at its limit of tokens.
    CutOff,
    /// The answer has nothing in it.
    Empty,
    /// It cannot be read as a row.
    Unparsable,
    /// It was asked for, and no line of the output has its key.
    Missing,
}

/// Tokens; `None` where no row says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RowTokens {
    /// Of the prompt.
    pub input: Option<u64>,
    /// Of the answer.
    pub output: Option<u64>,
    /// Of thoughts.
    pub thinking: Option<u64>,
    /// Of the prompt, from a cache.
    pub cached: Option<u64>,
}

/// How many rows have one error code, or one finish reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RowKind {
    /// `429 RESOURCE_EXHAUSTED`, `MAX_TOKENS`.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// A batch's rows, counted. While they are read, all counts are "so far".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RowsSummary {
    /// How many were asked for, as far as that is known: from the requests, or else from the service's count.
    pub asked: Option<u64>,
    /// Lines of the output that are rows.
    pub answered: u64,
    /// Rows with an answer that can be used.
    pub good: u64,
    /// Errors, blocked, cut off, empty and unparsable ones.
    pub failed: u64,
    /// Of the failed ones, those with an error.
    pub errors: u64,
    /// Of the failed ones, those that were blocked, cut off or are empty.
    pub partial: u64,
    /// Of the failed ones, those that cannot be read.
    pub unparsable: u64,
    /// Asked for and not answered; `None` while that is not known.
    pub missing: Option<u64>,
    /// Whether the missing keys can be named: only where the requests are known.
    pub missing_named: bool,
    /// Keys with more than one answer. The first counts.
    pub doubled: u64,
    /// Further answers to such keys.
    pub repeats: u64,
    /// Rows that answer nothing that was asked for.
    pub strays: u64,
    /// Error codes, the most frequent first, 50 at most.
    pub error_kinds: Vec<RowKind>,
    /// Finish reasons, likewise.
    pub finish_reasons: Vec<RowKind>,
    /// Rows that finished with STOP and are empty.
    pub empty_stops: u64,
    /// Rows that are embeddings.
    pub embeddings: u64,
    /// Rows without a key.
    pub keyless: u64,
    /// Tokens, summed.
    pub tokens: RowTokens,
    /// The file ends in the middle of a line.
    pub cut_at_end: bool,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ResultRow {
    /// Its number among all rows, from 0; missing ones come after those of the output.
    pub number: u64,
    /// Its line in the output, or of a missing one in the requests, from 1.
    pub line: u64,
    /// Its key.
    pub key: Option<String>,
    /// What is known of it.
    pub state: ResultRowState,
    /// `429 RESOURCE_EXHAUSTED`, `MAX_TOKENS`, `SAFETY`.
    pub detail: Option<String>,
    /// How many answers its key has; 1 of most.
    pub answers: u32,
    /// A further answer to a key that was answered before.
    pub repeat: bool,
    /// Tokens.
    pub tokens: RowTokens,
    /// Its text, the error's message, or the start of the line; 2,000 characters at most.
    pub text: String,
    /// What the text was cut to.
    pub cut: bool,
}

/// Which rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RowFilter {
    /// All.
    #[default]
    All,
    /// Errors, blocked, cut off, empty, unparsable.
    Failed,
    /// Asked for and not answered.
    Missing,
    /// Keys with more than one answer.
    Doubled,
}

/// Some rows of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ResultRows {
    /// The place of the first in what matches.
    pub first: u64,
    /// How many match, so far.
    pub matched: u64,
    /// No more will be found.
    pub exact: bool,
    /// The rows.
    pub rows: Vec<ResultRow>,
}

/// Failed and missing rows over the whole file, for the strip beside the table: for each of the parts of equal length
/// whether it has a failed row, and whether it has a missing one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ResultStrip {
    /// Parts with failed rows.
    pub failed: Vec<u32>,
    /// Parts with missing rows.
    pub missing: Vec<u32>,
    /// How many parts there are.
    pub parts: u32,
}

/// What to save of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ResultSave {
    /// All, byte for byte.
    All,
    /// The requests of the rows that failed or are missing; where they are not known, the failed rows themselves.
    Failed,
}

/// What was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ResultSaved {
    /// The file.
    pub path: String,
    /// Lines, or 0 of a file that is not JSONL.
    pub lines: u64,
    /// In bytes.
    pub bytes: u64,
    /// Whether the lines are requests, which can be sent again.
    pub requests: bool,
    /// Failed rows whose requests are not known.
    pub unknown: u64,
}
