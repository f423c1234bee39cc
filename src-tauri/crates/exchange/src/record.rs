//! A delivery as files hold it, whatever their format.

use serde_json::value::RawValue;

/// The longest path and query together, in bytes.
const PATH_LIMIT: usize = 64 * 1024;
/// The longest texts of the user's own and of the answer, in bytes.
const NOTE_LIMIT: usize = 64 * 1024;
const NAME_LIMIT: usize = 1024;
const ANSWER_LIMIT: usize = 1024 * 1024;
/// The most header lines.
const HEADERS_LIMIT: usize = 1_000;

/// One delivery.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Its number in the history that it comes from. Means nothing elsewhere.
    pub id: Option<i64>,
    /// When it arrived, Unix nanoseconds. `None` where the file does not say.
    pub received_ns: Option<i64>,
    /// The name of its project.
    pub project: Option<String>,
    /// `POST`.
    pub method: String,
    /// The path as received, without the query. Begins with a slash.
    pub path: String,
    /// What followed the `?`.
    pub query: Option<String>,
    /// `HTTP/1.1`.
    pub http_version: String,
    /// Address and port of the other side.
    pub peer: Option<String>,
    /// Names and values in the order of arrival, duplicates kept, values as raw bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, as far as it was kept.
    pub body: Vec<u8>,
    /// Bytes of the whole body, as far as known: more than `body` holds if only a part was kept.
    pub body_len: u64,
    /// Whether only a part of the body was kept.
    pub truncated: bool,
    /// SHA-256 of the whole body, where only a part of it was kept and it arrived whole.
    pub sha256: Option<[u8; 32]>,
    /// The `webhook-id`, for those who read the file without looking at the headers. Not read back.
    pub message_id: Option<String>,
    /// The event type, such as `batch.succeeded`. Not read back.
    pub event_type: Option<String>,
    /// What the event points to, such as `batches/abc`. Not read back.
    pub pointer: Option<String>,
    /// Which attempt of its event it was, from 1. Not read back.
    pub attempt: Option<u32>,
    /// Whether it was verified, rejected or unchecked. Never believed when it is read back.
    pub outcome: Option<String>,
    /// The whole verdict as JSON, as `pollux verify --json` prints it. Never believed when it is read back.
    pub verdict: Option<Box<RawValue>>,
    /// The answer that was given. `None` where none was, or none is known.
    pub answer: Option<Answer>,
    /// Whether the user has pinned it.
    pub pinned: bool,
    /// The user's note.
    pub note: Option<String>,
    /// Whether it came out of a file and not through the listener.
    pub imported: bool,
    /// What was left out of it when it was written: names of headers, `path token`, parameters of the query.
    pub left_out: Vec<String>,
}

/// The answer to a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status; 0 if the connection was dropped on purpose.
    pub status: u16,
    /// Names and values in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// From arrival to answer, microseconds.
    pub took_us: Option<u64>,
    /// Who made it, and how in words, unless it was the usual one.
    pub by: Option<(AnsweredBy, String)>,
}

/// Who made an answer other than the listener's usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnsweredBy {
    /// A rule of the fault lab.
    Rule,
    /// The target that deliveries are forwarded to.
    Target,
}

impl AnsweredBy {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Target => "target",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Rule, Self::Target].into_iter().find(|by| by.name() == name)
    }
}

impl Record {
    /// Whether there is a header of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.header(name).is_some()
    }

    /// The first header of this name, whatever the case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// The path with the query.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// What a listener could not have received, and what a snippet could not hold: `None` if there is nothing.
    pub(crate) fn impossible(&self) -> Option<String> {
        if !is_token(&self.method) {
            return Some("The method is not a word of HTTP; POST was expected.".into());
        }
        if !self.path.starts_with('/') {
            return Some("The path does not begin with a slash; /hooks/gemini was expected, for instance.".into());
        }
        if self.path.len() + self.query.as_deref().map_or(0, str::len) > PATH_LIMIT {
            return Some(format!("The path is longer than {PATH_LIMIT} bytes."));
        }
        let odd = |text: &str| text.bytes().any(|byte| byte <= b' ' || byte == 0x7f);
        if odd(&self.path) || self.query.as_deref().is_some_and(odd) || self.path.contains('?') {
            return Some("The path holds a space, a control character or a second query; they come escaped.".into());
        }
        if self.http_version.is_empty() || odd(&self.http_version) || self.http_version.len() > 16 {
            return Some("The version of HTTP is not one; HTTP/1.1 was expected.".into());
        }
        if self.headers.len() > HEADERS_LIMIT {
            return Some(format!("It has {} header lines; {HEADERS_LIMIT} at most were expected.", self.headers.len()));
        }
        for (number, (name, value)) in self.headers.iter().enumerate() {
            if !is_token(name) {
                return Some(format!("The name of header {} is not a word of HTTP.", number + 1));
            }
            if value.iter().any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f) {
                return Some(format!("The value of header {} holds a control character.", number + 1));
            }
        }
        let too_long = |what: &str, length: usize, most: usize| {
            (length > most).then(|| format!("{what} has {length} bytes; {most} at most were expected."))
        };
        let names = [&self.project, &self.peer].into_iter().flatten().map(String::len).max().unwrap_or(0);
        let answer = self.answer.as_ref().map_or(0, |answer| {
            let headers = answer.headers.iter().map(|(name, value)| name.len() + value.len());
            answer.body.len() + answer.by.as_ref().map_or(0, |(_, what)| what.len()) + headers.sum::<usize>()
        });
        let long = too_long("Its note", self.note.as_deref().map_or(0, str::len), NOTE_LIMIT)
            .or_else(|| too_long("The name of its project or of the other side", names, NAME_LIMIT))
            .or_else(|| too_long("Its answer", answer, ANSWER_LIMIT));
        if long.is_some() {
            return long;
        }
        if self.truncated && self.body_len < self.body.len() as u64 {
            return Some(format!(
                "Its whole body is said to have {} bytes, and {} of them are here.",
                self.body_len,
                self.body.len()
            ));
        }
        None
    }
}

/// RFC 9110, 5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    let in_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.len() <= 1024 && text.bytes().all(in_token)
}
