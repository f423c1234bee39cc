//! Rows of a batch that are not as they should be, by request.
//!
//! A text such as `error=3,blocked=1` asks for them by number, and the key of a single request by what it ends in:
//! `row-7#error-429`.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::jobs::answer::tokens;

/// What follows this in a request's key says what becomes of it.
const MARK: char = '#';
/// The errors that `error` stands for, in turn.
const ERRORS: [u16; 3] = [429, 503, 400];
/// The most rows of filler: 2 GiB, the longest file of the Files API.
const MOST_FILLER: u64 = 2 * 1024 * 1024;
/// What a text can ask for.
const NAMES: &str = "'error' (or 'error-400', '-403', '-404', '-429', '-500', '-503', '-504'), 'blocked', 'safety', \
                     'cut_off', 'empty', 'missing', 'doubled', 'unparsable' and 'filler'";

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// An error with this HTTP status.
    Error(u16),
    /// The prompt was blocked: there is no candidate.
    Blocked,
    /// The candidate was stopped for safety and holds nothing.
    Safety,
    /// It ends in the middle, with `MAX_TOKENS`.
    CutOff,
    /// It ends as usual, without a single part.
    Empty,
    /// It is not there.
    Missing,
    /// It is there twice.
    Doubled,
    /// It is not JSON.
    Unparsable,
}

impl Row {
    /// What a request's key asks for.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        let (_, name) = key.rsplit_once(MARK)?;
        if name == "error" { Some(Self::Error(ERRORS[0])) } else { Self::named(name) }
    }

    fn named(name: &str) -> Option<Self> {
        let name = name.replace('-', "_");
        Some(match name.as_str() {
            "blocked" => Self::Blocked,
            "safety" => Self::Safety,
            "cut_off" | "cut" => Self::CutOff,
            "empty" => Self::Empty,
            "missing" => Self::Missing,
            "doubled" => Self::Doubled,
            "unparsable" => Self::Unparsable,
            _ => {
                let status = name.strip_prefix("error_")?.parse().ok()?;
                error(status)?;
                Self::Error(status)
            }
        })
    }

    /// Whether such a row can be among embeddings, and among answers that are inlined.
    pub(crate) fn fits(self, embeds: bool, inlined: bool) -> bool {
        match self {
            Self::Blocked | Self::Safety | Self::CutOff => !embeds,
            Self::Unparsable => !inlined,
            _ => true,
        }
    }

    /// The answer as it is then.
    pub(crate) fn applied(self, mut response: Value) -> Value {
        if response.get("candidates").is_none() {
            if self == Self::Empty {
                response["embedding"] = json!({});
            }
            return response;
        }
        let harm = json!([{ "category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH" }]);
        match self {
            Self::Blocked => {
                if let Some(members) = response.as_object_mut() {
                    members.remove("candidates");
                }
                response["promptFeedback"] = json!({ "blockReason": "SAFETY", "safetyRatings": harm });
                recount(&mut response, 0, true);
            }
            Self::Safety => {
                response["candidates"][0] = json!({ "finishReason": "SAFETY", "index": 0, "safetyRatings": harm });
                recount(&mut response, 0, false);
            }
            Self::CutOff => {
                let text = response["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap_or_default();
                let text: String = text.chars().take(text.chars().count() / 2).collect();
                recount(&mut response, tokens(&text), false);
                response["candidates"][0]["content"]["parts"][0]["text"] = json!(text);
                response["candidates"][0]["finishReason"] = json!("MAX_TOKENS");
            }
            Self::Empty => {
                response["candidates"][0]["content"] = json!({ "role": "model" });
                recount(&mut response, 0, false);
            }
            _ => {}
        }
        response
    }
}

/// Corrects the counts after the answer was changed.
fn recount(response: &mut Value, answered: u64, nothing_thought: bool) {
    let Some(usage) = response.get_mut("usageMetadata").and_then(Value::as_object_mut) else { return };
    usage.remove("candidatesTokenCount");
    usage.remove("candidatesTokensDetails");
    if answered > 0 {
        usage.insert("candidatesTokenCount".to_owned(), json!(answered));
    }
    if nothing_thought {
        usage.remove("thoughtsTokenCount");
    }
    let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or_default();
    let total = count("promptTokenCount") + count("thoughtsTokenCount") + answered;
    usage.insert("totalTokenCount".to_owned(), json!(total));
}

/// The google.rpc.Code, its name and the words of an HTTP status; `None` if no row fails with it.
pub(crate) fn error(status: u16) -> Option<(i32, &'static str, &'static str)> {
    Some(match status {
        400 => (3, "INVALID_ARGUMENT", "Request contains an invalid argument."),
        403 => (7, "PERMISSION_DENIED", "The caller does not have permission."),
        404 => (5, "NOT_FOUND", "Requested entity was not found."),
        429 => (8, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        500 => (13, "INTERNAL", "An internal error has occurred. Please retry."),
        503 => (14, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        504 => (4, "DEADLINE_EXCEEDED", "The request timed out. Please try again."),
        _ => return None,
    })
}

/// What a batch asks for as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    asked: Vec<Row>,
    /// How many rows of filler follow the answers.
    pub(crate) filler: u64,
}

impl Rows {
    /// Reads `error=3,blocked=1`, or says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut rows = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, count) = part.split_once('=').ok_or_else(|| format!("'{part}' has no number"))?;
            let (name, count) = (name.trim(), count.trim());
            let count: u64 = count.parse().map_err(|_| format!("'{count}' is not a number"))?;
            if name == "filler" {
                rows.filler = rows.filler.saturating_add(count);
                continue;
            }
            if count > MOST_FILLER {
                return Err(format!("{count} rows are too many"));
            }
            let named = Row::named(name);
            if named.is_none() && name != "error" {
                return Err(format!("there is no '{name}', only {NAMES}"));
            }
            rows.asked
                .extend((0..count).zip(ERRORS.iter().cycle()).map(|(_, code)| named.unwrap_or(Row::Error(*code))));
            if rows.asked.len() as u64 > MOST_FILLER {
                return Err("these are too many rows".to_owned());
            }
        }
        match rows.filler {
            0..=MOST_FILLER => Ok(rows),
            more => Err(format!("{more} rows of filler are too many, {MOST_FILLER} is the most")),
        }
    }

    /// Whether a batch with this many requests can have them, or why not.
    pub(crate) fn check(&self, requests: usize, embeds: bool, inlined: bool) -> Result<(), String> {
        if self.asked.len() > requests {
            return Err(format!("{} rows are asked for, but the batch has {requests} requests", self.asked.len()));
        }
        if let Some(row) = self.asked.iter().find(|row| !row.fits(embeds, inlined)) {
            let place = if embeds { "among embeddings" } else { "among inlined answers" };
            return Err(format!("{row:?} cannot be {place}"));
        }
        match self.filler > 0 && (embeds || inlined) {
            true => Err("filler needs a file of requests, for a model that answers".to_owned()),
            false => Ok(()),
        }
    }

    /// Which row of this many is what: spread evenly, in the order in which they were asked for.
    pub(crate) fn places(&self, of: usize) -> HashMap<usize, Row> {
        let count = self.asked.len();
        let place = |index: usize| (2 * index + 1) * of / (2 * count.max(1));
        self.asked.iter().enumerate().map(|(index, row)| (place(index), *row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_spread_and_refused() {
        let rows = Rows::parse(" error=4, blocked=1,error-500=1 ,missing=0,filler=3").unwrap();
        let places = rows.places(12);
        assert_eq!((places.len(), rows.filler), (6, 3));
        let seen: Vec<Row> = (0..12).filter_map(|index| places.get(&index).copied()).collect();
        assert_eq!(
            seen,
            [Row::Error(429), Row::Error(503), Row::Error(400), Row::Error(429), Row::Blocked, Row::Error(500)]
        );
        assert_eq!(rows.places(6).len(), 6, "every row is one");
        assert!(rows.check(6, false, false).is_ok() && rows.check(5, false, false).is_err());
        assert!(rows.check(6, true, false).is_err() && rows.check(6, false, true).is_err());
        assert_eq!(Rows::parse("").unwrap(), Rows::default());
        for wrong in ["error", "error=x", "error=-1", "errors=1", "error-418=1", "filler=99999999", "missing=1;empty=2"]
        {
            assert!(Rows::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Rows::parse("missing=18446744073709551615").is_err());
    }

    #[test]
    fn a_key_asks_by_its_end() {
        for (key, row) in [
            ("a#error-429", Some(Row::Error(429))),
            ("a#error", Some(Row::Error(429))),
            ("a#b#cut", Some(Row::CutOff)),
            ("#unparsable", Some(Row::Unparsable)),
            ("a#error-1", None),
            ("a#something", None),
            ("error", None),
        ] {
            assert_eq!(Row::of_key(key), row, "{key}");
        }
    }
}
