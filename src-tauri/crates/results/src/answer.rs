//! A line of responses, read: whose it is, and what became of it.

use std::borrow::Cow;

use serde::Serialize;

use crate::json::{Maybe, Raw, count, filled, holds, members, scalar};
use crate::line::{Line, Response, Status, leading_key};
use crate::parts;
use crate::state::{RowState, means_blocked};

/// Tokens of one answer, as far as it tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Tokens {
    /// Of the prompt (`promptTokenCount`, or the `tokenCount` of an embedding). The cached ones are among them.
    pub input: Option<u64>,
    /// Of the candidates (`candidatesTokenCount`).
    pub output: Option<u64>,
    /// Of the model's thoughts (`thoughtsTokenCount`).
    pub thinking: Option<u64>,
    /// Of the prompt that came out of a cache (`cachedContentTokenCount`).
    pub cached: Option<u64>,
}

impl Tokens {
    pub(crate) fn none(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a line is no answer.
#[derive(Debug)]
pub(crate) enum Problem {
    Long,
    NotUtf8,
    NotJson(serde_json::Error),
    NoObject,
    Neither,
}

/// An error that stands in place of a response.
#[derive(Debug, Default)]
pub(crate) struct Failure<'a> {
    pub(crate) code: Option<i64>,
    pub(crate) status: Option<Cow<'a, str>>,
    pub(crate) message: Option<Cow<'a, str>>,
}

/// What a line says.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) key: Option<Cow<'a, str>>,
    pub(crate) state: RowState,
    pub(crate) problem: Option<Problem>,
    pub(crate) failure: Option<Failure<'a>>,
    pub(crate) finish: Option<Cow<'a, str>>,
    /// Why the prompt was blocked.
    pub(crate) block: Option<Cow<'a, str>>,
    pub(crate) tokens: Tokens,
    pub(crate) embedding: bool,
    /// What was read, for what is shown of it.
    pub(crate) response: Option<Response<'a>>,
}

impl<'a> Answer<'a> {
    fn new(key: Option<Cow<'a, str>>, state: RowState) -> Self {
        Self {
            key,
            state,
            problem: None,
            failure: None,
            finish: None,
            block: None,
            tokens: Tokens::default(),
            embedding: false,
            response: None,
        }
    }

    fn unparsable(key: Option<Cow<'a, str>>, problem: Problem) -> Self {
        Self { problem: Some(problem), ..Self::new(key, RowState::Unparsable) }
    }

    /// Reads a line; of a `long` one, `bytes` are the beginning.
    pub(crate) fn read(bytes: &'a [u8], long: bool) -> Self {
        if long {
            return Self::unparsable(leading_key(bytes), Problem::Long);
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Self::unparsable(leading_key(bytes), Problem::NotUtf8);
        };
        let line = match serde_json::from_str::<Maybe<Line<'a>>>(text) {
            Ok(Maybe(Some(line))) => line,
            Ok(Maybe(None)) => return Self::unparsable(None, Problem::NoObject),
            Err(problem) => return Self::unparsable(leading_key(bytes), Problem::NotJson(problem)),
        };
        let key = line.key();
        if let Some(failure) = line.error.and_then(failure) {
            return Self { failure: Some(failure), ..Self::new(key, RowState::Error) };
        }
        if let Some(response) = line.response.0 {
            return Self::of_response(key, response);
        }
        match line.status.and_then(failure) {
            Some(failure) => Self { failure: Some(failure), ..Self::new(key, RowState::Error) },
            None => Self::unparsable(key, Problem::Neither),
        }
    }

    fn of_response(key: Option<Cow<'a, str>>, response: Response<'a>) -> Self {
        let candidate = response.candidates.0.as_ref();
        let finish = candidate.and_then(|one| one.finish_reason).and_then(scalar);
        let block = response.feedback.0.as_ref().and_then(|feedback| feedback.block_reason).and_then(scalar);
        let block = block.filter(|reason| reason != "BLOCK_REASON_UNSPECIFIED");
        let embedding = response.embedding.0.as_ref().and_then(|one| one.values).is_some_and(filled)
            || response.embeddings.is_some_and(filled);
        let parts = candidate.and_then(|one| one.content.0.as_ref()?.parts);
        let state = if block.is_some() || finish.as_deref().is_some_and(means_blocked) {
            RowState::Blocked
        } else if finish.as_deref() == Some("MAX_TOKENS") {
            RowState::CutOff
        } else if embedding || parts.is_some_and(parts::any) {
            RowState::Good
        } else {
            RowState::Empty
        };
        let mut tokens = response.usage.0.as_ref().map_or_else(Tokens::default, |usage| Tokens {
            input: usage.input.and_then(count),
            output: usage.output.and_then(count),
            thinking: usage.thinking.and_then(count),
            cached: usage.cached.and_then(count),
        });
        tokens.input = tokens.input.or_else(|| response.token_count.and_then(count));
        Self { finish, block, tokens, embedding, response: Some(response), ..Self::new(key, state) }
    }
}

/// An error if there is one: an object with anything in it, or the text that some services write in its place. A code
/// of 0 is gRPC's OK.
fn failure(raw: Raw<'_>) -> Option<Failure<'_>> {
    if raw.get().starts_with('"') {
        return scalar(raw).map(|message| Failure { message: Some(message), ..Failure::default() });
    }
    let status = members::<Status<'_>>(raw)?;
    let code = status.code.and_then(scalar).and_then(|code| code.parse().ok());
    let message = status.message.and_then(scalar);
    let name = status.status.and_then(scalar);
    if code.unwrap_or(0) == 0 && name.is_none() && message.is_none() && (code == Some(0) || !holds(raw)) {
        return None;
    }
    let name = name.or_else(|| Some(Cow::Borrowed(grpc_name(code?)?)));
    Some(Failure { code, status: name, message })
}

/// The name of a code of `google.rpc.Code`.
fn grpc_name(code: i64) -> Option<&'static str> {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    NAMES.get(usize::try_from(code).ok()?).copied()
}
