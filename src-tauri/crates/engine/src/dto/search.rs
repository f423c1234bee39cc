//! What a search shows: the query as it was read, what may complete it, and what it found where.

use serde::{Deserialize, Serialize};

/// A query as it was read: what the search box shows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QueryRead {
    /// Its parts, in order. Only white space lies between them.
    pub parts: Vec<QueryPart>,
    /// What could not be understood; empty if all was.
    pub problems: Vec<QueryProblem>,
    /// The same query as Pollux writes it; empty where there are problems.
    pub canonical: String,
}

/// A piece of a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QueryPart {
    /// Where it begins, in UTF-16 units.
    pub start: u32,
    /// Where it ends, in UTF-16 units.
    pub end: u32,
    /// What it is.
    pub kind: QueryPartKind,
    /// It excludes what it says.
    pub negated: bool,
    /// The field before the colon, as it is written in canonical form.
    pub field: Option<String>,
    /// What a chip says.
    pub label: String,
}

/// What a piece of a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum QueryPartKind {
    /// Free text.
    Text,
    /// A field with a value.
    Chip,
    /// The word `or`, or `and`, which says nothing.
    Or,
    /// A parenthesis that opens.
    Open,
    /// A parenthesis that closes.
    Close,
    /// Not understood.
    Bad,
}

/// A piece of a query that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QueryProblem {
    /// Where it begins, in UTF-16 units.
    pub start: u32,
    /// Where it ends, in UTF-16 units.
    pub end: u32,
    /// What is wrong, and what was expected.
    pub message: String,
    /// What could stand in its place.
    pub nearest: Option<String>,
}

/// What may complete a query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Suggestions {
    /// In the order in which they are shown.
    pub groups: Vec<SuggestionGroup>,
    /// How long it took, in µs.
    pub took_us: u64,
}

/// Suggestions of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SuggestionGroup {
    /// Their kind.
    pub name: SuggestionKind,
    /// The best first.
    pub items: Vec<Suggestion>,
}

/// What a suggestion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// To search for what is typed as text.
    Text,
    /// Values of a field.
    Values,
    /// Fields.
    Fields,
    /// Searches that were made before.
    Recent,
    /// Searches that have a name.
    Saved,
}

/// Something that may complete a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Suggestion {
    /// What is shown.
    pub label: String,
    /// What is put into the query.
    pub insert: String,
    /// What it replaces begins here, in UTF-16 units.
    pub start: u32,
    /// What it replaces ends here, in UTF-16 units.
    pub end: u32,
    /// What it means.
    pub detail: Option<String>,
    /// How many of the present hits have it.
    pub count: Option<u64>,
    /// Their share of the present hits, 0 to 1.
    pub share: Option<f64>,
    /// When it was last used, Unix milliseconds.
    pub at_ms: Option<i64>,
}

/// The part of a query that removes everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Nothing {
    /// The part, as Pollux writes it.
    pub part: String,
    /// How many deliveries match without it.
    pub without: u64,
}

/// How a search was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(rename = "Explained"))]
pub struct SearchExplained {
    /// Blocks of 64 deliveries whose text was read.
    pub blocks_read: u64,
    /// Blocks that there are.
    pub blocks: u64,
}

/// Deliveries of a view over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Histogram {
    /// When the first bucket begins, Unix milliseconds.
    pub from_ms: i64,
    /// When the last bucket ends, Unix milliseconds.
    pub to_ms: i64,
    /// How long a bucket is, in milliseconds.
    pub step_ms: i64,
    /// Oldest first; empty if the view is.
    pub buckets: Vec<HistogramBucket>,
    /// False while older matches are still being looked for.
    pub exact: bool,
}

/// Deliveries of one span of time, by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HistogramBucket {
    /// Verified, but not with an old secret.
    pub verified: u32,
    /// Verified with a secret in its grace period.
    pub old_secret: u32,
    /// A genuine token that does not cover the body.
    pub unbound: u32,
    /// Rejected.
    pub rejected: u32,
    /// Not checked.
    pub unchecked: u32,
}

/// Values of a field, and how often a view has each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ValueCounts {
    /// The most frequent first.
    pub values: Vec<ValueCount>,
    /// How many matches were counted: all, or the newest that were read.
    pub counted: u64,
    /// False if not all matches were counted.
    pub exact: bool,
}

/// A value of a field, and how often a view has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ValueCount {
    /// The value, as it is written after the colon.
    pub value: String,
    /// How many deliveries have it.
    pub count: u64,
}

/// Where a delivery has the text that was searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hit {
    /// The part of the delivery.
    pub place: HitPlace,
    /// The name of the header.
    pub name: Option<String>,
    /// What comes before the hit; bytes that are not UTF-8 are U+FFFD.
    pub before: String,
    /// The hit.
    pub text: String,
    /// What comes after it.
    pub after: String,
    /// Where the hit begins in that part, in bytes.
    pub offset: u64,
}

/// A part of a delivery that is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HitPlace {
    /// The path.
    Path,
    /// What follows the `?`.
    Query,
    /// The `webhook-id`.
    Id,
    /// The name of a header.
    HeaderName,
    /// The value of a header.
    Header,
    /// The body.
    Body,
    /// The note.
    Note,
}

/// A field that a query can ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GrammarField {
    /// As it is written, without the colon.
    pub name: String,
    /// A sentence for the user.
    pub help: String,
    /// Whole terms, each of which can be searched for.
    pub examples: Vec<String>,
}

/// The user's searches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Searches {
    /// The last one first.
    pub recent: Vec<RecentSearch>,
    /// By name.
    pub saved: Vec<SavedSearch>,
}

/// A search that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RecentSearch {
    /// The query.
    pub query: String,
    /// When it was last used, Unix milliseconds.
    pub at_ms: i64,
}

/// A search that has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SavedSearch {
    /// Its name.
    pub name: String,
    /// The query.
    pub query: String,
}
