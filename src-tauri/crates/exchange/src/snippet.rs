//! What deliveries are copied as: commands, programs and tests that send them.
//!
//! A delivery was written by whoever sent it, and ends up in a shell or an editor: everything of it is quoted for the
//! language that it stands in, and what cannot be seen is escaped. A snippet holds no credential. Programs and tests
//! sign the delivery when they run, with a secret that they take from the environment.

mod httpie;
mod javascript;
mod literal;
mod python;
mod rust;

use std::fmt::Write as _;

use crate::record::Record;
use crate::{curl, ndjson};

/// The variable of the environment that holds the secret.
const SECRET: &str = "WEBHOOK_SECRET";
/// The variable that holds the address of the user's handler.
const URL: &str = "WEBHOOK_URL";

/// What deliveries are copied as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The body.
    Payload,
    /// A `curl` command, as received.
    Curl,
    /// An HTTPie command, as received.
    Httpie,
    /// A Python program, signed anew.
    Python,
    /// A program for Node.js, signed anew.
    JavaScript,
    /// A Rust program, signed anew.
    Rust,
    /// Tests for pytest, signed anew.
    Pytest,
    /// Tests for Vitest, signed anew.
    Vitest,
    /// Lines of NDJSON.
    Ndjson,
}

/// Where a snippet sends to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places<'a> {
    /// What commands and programs put before the path: `http://127.0.0.1:4710`.
    pub listener: &'a str,
    /// The user's handler, which tests send to unless the environment names another.
    pub handler: &'a str,
}

/// Why there is no snippet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A body is not text, and the form holds nothing else.
    #[error(
        "The body is not text, so it cannot be copied as one. Copy it as cURL or as NDJSON, which carry any bytes."
    )]
    NotText,
}

/// The deliveries in this form. Credentials are left out, so there is nothing to ask for.
///
/// # Errors
/// [`Refused::NotText`] for [`Form::Payload`].
pub fn copy(records: &[Record], form: Form, places: &Places<'_>) -> Result<String, Refused> {
    let commands = |one: &dyn Fn(&Record) -> String| {
        let all: Vec<String> = records.iter().map(one).collect();
        all.join("\n\n")
    };
    Ok(match form {
        Form::Payload => {
            let texts = records.iter().map(|record| std::str::from_utf8(&record.body));
            texts.collect::<Result<Vec<_>, _>>().map_err(|_| Refused::NotText)?.join("\n")
        }
        Form::Curl => commands(&|record| curl::command(record, places.listener)),
        Form::Httpie => commands(&|record| httpie::command(record, places.listener)),
        Form::Python => python::program(records, places.listener),
        Form::JavaScript => javascript::program(records, places.listener),
        Form::Rust => rust::program(records, places.listener),
        Form::Pytest => python::tests(records, places.handler),
        Form::Vitest => javascript::tests(records, places.handler),
        Form::Ndjson => {
            let mut lines = Vec::new();
            for record in records {
                // Memory takes whatever is written.
                let _ = ndjson::write(&mut lines, record);
            }
            String::from_utf8_lossy(&lines).into_owned()
        }
    })
}

/// Headers of a delivery that is signed anew: without those that the signing makes.
fn unsigned(record: &Record) -> Vec<(&str, &[u8])> {
    let made = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    curl::sent(record).filter(|(name, _)| !made.iter().any(|made| made.eq_ignore_ascii_case(name))).collect()
}

/// Its `webhook-id`, or a new one: without an id nothing can be signed.
fn message_id(record: &Record) -> String {
    let given = record.header("webhook-id").map(|id| String::from_utf8_lossy(id).into_owned());
    given.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("msg_{}", record.id.unwrap_or_default()))
}

/// What people call it: `batch.succeeded`.
fn title(record: &Record) -> &str {
    record.event_type.as_deref().filter(|kind| !kind.trim().is_empty()).unwrap_or("delivery")
}

/// Names that are words in every language, each another: `batch_succeeded_12`.
fn names(records: &[Record]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(records.len());
    for (number, record) in records.iter().enumerate() {
        let mut name: String = title(record).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        name.truncate(60);
        let _ = write!(name, "_{}", record.id.unwrap_or(number as i64 + 1));
        name.make_ascii_lowercase();
        if names.contains(&name) {
            let _ = write!(name, "_{}", number + 1);
        }
        names.push(name);
    }
    names
}

/// What the user should know about a delivery, each a line of comment.
fn notes(record: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    if record.truncated {
        notes.push(format!(
            "The first {} of {} bytes of the body: the rest was not kept.",
            record.body.len(),
            record.body_len
        ));
    }
    let left_out = record.headers.iter().filter(|(name, _)| crate::credentials::is_credential(name)).count();
    if left_out > 0 || !record.left_out.is_empty() {
        notes.push("Credentials were left out.".to_owned());
    }
    notes
}

fn is_text(record: &Record) -> bool {
    std::str::from_utf8(&record.body).is_ok()
}
