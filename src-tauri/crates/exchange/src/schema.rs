//! What payloads really looked like, for each event type: JSON Schema, TypeScript, pydantic.
//!
//! Payloads are looked at one after the other, and only their shapes are kept: names of fields, kinds of values, how
//! often each was seen. A shape never holds a value, except the `type` and the `version` of the payload. How much is
//! kept is bounded ([`TYPES`], [`NODES`], [`DEPTH`], [`FIELDS`]), and what goes beyond is said, not dropped in silence.

mod json;
mod names;
mod note;
mod pydantic;
mod shape;
mod typescript;

use std::collections::BTreeMap;

use serde_json::Value;
use shape::{Budget, Shape};

/// The most event types that are told apart.
pub const TYPES: usize = 200;
/// The most shapes that are kept of all types together.
pub const NODES: usize = 20_000;
/// How deep a payload is looked into.
pub const DEPTH: usize = 16;
/// The most fields of one object.
pub const FIELDS: usize = 200;

/// What is known of an event type beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The value of the payload's `type`.
    pub name: &'static str,
    /// Fields of `data` that have been documented or seen.
    pub data: &'static [&'static str],
}

/// What is known of the service's payloads beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Catalog<'a> {
    /// The event types.
    pub types: &'a [Known],
    /// Fields at the top of every payload.
    pub top: &'a [&'a str],
    /// Fields that may be in the `data` of every event.
    pub in_data: &'a [&'a str],
    /// The value of `version`.
    pub version: &'a str,
}

/// In which language the schemas are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// JSON Schema, draft 2020-12.
    JsonSchema,
    /// TypeScript.
    TypeScript,
    /// Python, pydantic 2.
    Pydantic,
}

/// Shapes of the payloads seen so far.
#[derive(Debug, Default)]
pub struct Schemas {
    types: BTreeMap<String, Seen>,
    budget: Budget,
    /// Payloads that are no JSON object with a `type`, or were not kept whole.
    unread: u64,
    /// Payloads of types beyond [`TYPES`].
    beyond: u64,
}

/// What was seen of one event type.
#[derive(Debug, Default)]
struct Seen {
    payloads: u64,
    shape: Shape,
}

impl Schemas {
    /// Looks at one payload. `whole`: false if only a part of it was kept.
    pub fn see(&mut self, body: &[u8], whole: bool) {
        let parsed = if whole { serde_json::from_slice::<Value>(body).ok() } else { None };
        let kind = parsed.as_ref().and_then(|value| value.get("type")).and_then(Value::as_str).map(str::to_owned);
        let (Some(value), Some(kind)) = (parsed, kind) else {
            self.unread += 1;
            return;
        };
        if kind.len() > 200 || (self.types.len() >= TYPES && !self.types.contains_key(&kind)) {
            self.beyond += 1;
            return;
        }
        let seen = self.types.entry(kind).or_default();
        seen.payloads += 1;
        seen.shape.see(&value, 0, false, &mut self.budget);
    }

    /// How many event types were seen.
    #[must_use]
    pub fn types(&self) -> usize {
        self.types.len()
    }

    /// The schemas as the text of one file.
    #[must_use]
    pub fn write(&self, language: Language, catalog: &Catalog<'_>) -> String {
        match language {
            Language::JsonSchema => json::write(self, catalog),
            Language::TypeScript => typescript::write(self, catalog),
            Language::Pydantic => pydantic::write(self, catalog),
        }
    }

    /// What no schema says, in sentences.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.unread > 0 {
            let deliveries = if self.unread == 1 { "delivery is" } else { "deliveries are" };
            remarks.push(format!(
                "{} {deliveries} not in it: the body is not a JSON object with a type, or only a part was kept.",
                self.unread
            ));
        }
        if self.beyond > 0 {
            remarks.push(format!("{} deliveries are not in it: at most {TYPES} types are told apart.", self.beyond));
        }
        if self.budget.is_spent() {
            remarks.push(format!("Only {NODES} fields are kept of all types together: some are missing."));
        }
        remarks
    }
}
