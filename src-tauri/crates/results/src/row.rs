//! One row, read again for what is shown of it.

use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom};

use serde::Serialize;

use crate::answer::{Answer, Problem, Tokens};
use crate::error::Error;
use crate::index::Index;
use crate::json::{First, scalar};
use crate::line::{Embedding, Response};
use crate::lines::Place;
use crate::parts::{self, Excerpt};
use crate::state::RowState;

/// Characters of the texts of a [`Row`].
pub const TEXT_CHARS: usize = 2_000;

/// Characters of the short ones: key, detail, reason, model.
const SHORT_CHARS: usize = 512;

/// What is shown of a row. Texts are as they came: control characters and marks of direction are still in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Row {
    /// Its number, from 0.
    pub row: u32,
    /// Its line in the file, from 1.
    pub line: u64,
    /// Bytes before it.
    pub offset: u64,
    /// Its bytes, without the `\n`.
    pub bytes: u64,
    /// Whose it is.
    pub key: Option<String>,
    /// What became of it.
    pub state: RowState,
    /// The first row with its key, if it is not this one.
    pub repeat_of: Option<u32>,
    /// It answers none of the requests that are known.
    pub stray: bool,
    /// What its state is about: `429 RESOURCE_EXHAUSTED`, `SAFETY`, `MAX_TOKENS`, why the line cannot be read. Empty
    /// if there is nothing to tell.
    pub detail: String,
    /// Why the model stopped, as it is written.
    pub finish_reason: Option<String>,
    /// The message of the error, or of what blocked it.
    pub message: Option<String>,
    /// Tokens, as far as they are told.
    pub tokens: Tokens,
    /// What was said: the text of all parts but thoughts, calls as `name(args)`, data as `[image/png, 12 KB]`, an
    /// embedding as `768 values: 0.013, -0.2, …`; [`TEXT_CHARS`] at most.
    pub text: String,
    /// There is more text.
    pub text_cut: bool,
    /// The model's version.
    pub model: Option<String>,
}

/// Reads a row.
///
/// # Errors
/// [`Error::NoRow`] if there is none; [`Error::Io`] if the file cannot be read or has become shorter.
pub fn read_row(reader: &mut (impl Read + Seek), index: &Index, row: u32) -> Result<Row, Error> {
    let place = index.place(row).ok_or(Error::NoRow(row))?;
    let bytes = read_bytes(reader, place, place.readable(index.longest))?;
    let answer = Answer::read(&bytes, place.longer_than(index.longest));
    let (text, text_cut) = said(&answer, TEXT_CHARS).end();
    let short = |text: &str| cut(text, SHORT_CHARS);
    Ok(Row {
        row,
        line: place.line,
        offset: place.offset,
        bytes: place.len,
        key: answer.key.as_deref().map(short),
        state: answer.state,
        repeat_of: index.repeat_of(row),
        stray: index.is_stray(row),
        detail: short(&detail(&answer, index.longest)),
        finish_reason: answer.finish.as_deref().map(short),
        message: message(&answer).map(|message| cut(&message, TEXT_CHARS)),
        tokens: answer.tokens,
        text,
        text_cut,
        model: answer.response.as_ref().and_then(|response| response.model).and_then(scalar).as_deref().map(short),
    })
}

/// Reads the bytes of a line as they are, `most` at most.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read or has become shorter.
pub fn read_bytes(reader: &mut (impl Read + Seek), place: Place, most: u64) -> Result<Vec<u8>, Error> {
    let wanted = place.len.min(most);
    reader.seek(SeekFrom::Start(place.offset))?;
    let mut bytes = Vec::new();
    // Nothing is reserved for what the file may not have.
    if reader.take(wanted).read_to_end(&mut bytes)? as u64 != wanted {
        return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
    }
    Ok(bytes)
}

/// What was said, as text.
pub(crate) fn said(answer: &Answer<'_>, chars: usize) -> Excerpt {
    let mut out = Excerpt::new(chars);
    if let Some(response) = &answer.response {
        show(response, &mut out);
    }
    out
}

fn show(response: &Response<'_>, out: &mut Excerpt) {
    if let Some(parts) = response.candidates.0.as_ref().and_then(|one| one.content.0.as_ref()?.parts) {
        parts::show(parts, out);
    }
    let one = response.embedding.0.as_ref().and_then(|one| one.values);
    let first = || {
        let list = serde_json::from_str::<First<Embedding<'_>>>(response.embeddings?.get()).ok()?;
        list.0?.values
    };
    if let Some(values) = one.or_else(first) {
        parts::show_values(values, out);
    }
}

/// The message of the error, or of what blocked it.
pub(crate) fn message<'a>(answer: &'a Answer<'_>) -> Option<Cow<'a, str>> {
    if let Some(failure) = &answer.failure {
        return failure.message.as_deref().map(Cow::Borrowed);
    }
    let response = answer.response.as_ref()?;
    let blocked = response.feedback.0.as_ref().and_then(|feedback| feedback.block_message);
    let finished = response.candidates.0.as_ref().and_then(|candidate| candidate.finish_message);
    blocked.or(finished).and_then(scalar)
}

fn detail(answer: &Answer<'_>, longest: usize) -> String {
    if let Some(problem) = &answer.problem {
        return match problem {
            Problem::Long => format!("longer than {longest} bytes"),
            Problem::NotUtf8 => "not UTF-8".to_owned(),
            Problem::NotJson(problem) => format!("not JSON: {}", without_line(problem)),
            Problem::NoObject => "no JSON object".to_owned(),
            Problem::Neither => "neither response nor error".to_owned(),
        };
    }
    if let Some(failure) = &answer.failure {
        let code = failure.code.map(|code| code.to_string());
        let both = [code.as_deref(), failure.status.as_deref()];
        return both.into_iter().flatten().collect::<Vec<_>>().join(" ");
    }
    let reason = answer.block.as_deref().or(answer.finish.as_deref()).unwrap_or_default();
    if reason == "STOP" && answer.state == RowState::Good { String::new() } else { reason.to_owned() }
}

/// The line is always the first, since only one is given: the column is enough.
fn without_line(problem: &serde_json::Error) -> String {
    problem.to_string().replace(" at line 1 column ", " at character ")
}

fn cut(text: &str, chars: usize) -> String {
    let mut excerpt = Excerpt::new(chars);
    excerpt.push(text);
    excerpt.end().0
}
