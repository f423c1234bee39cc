//! What an answer says about the endpoint.

use std::time::Duration;

use super::State;
use super::cases::Wants;
use crate::client::{Answer, Exchange};

/// Characters of an answer's text that are shown.
const EXCERPT: usize = 120;

/// How a line came out.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) state: State,
    pub(super) got: String,
    pub(super) status: Option<u16>,
    pub(super) took: Option<Duration>,
    /// In place of what the line says.
    pub(super) mend: Option<&'static str>,
    /// No answer came in time.
    pub(super) silent: bool,
}

impl Outcome {
    pub(super) fn new(state: State, got: impl Into<String>) -> Self {
        Self { state, got: got.into(), status: None, took: None, mend: None, silent: false }
    }

    /// It was answered with 2xx.
    pub(super) fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Where there is no handler, or one that sends senders on.
const ADDRESS: &str = "Give the whole address of the handler, with its path, as it is registered at the service. Where the answer is \
    a redirect, give the address that it leads to: a slash at the end and https:// count.";
/// Where a forgery ends in 5xx.
const CATCH: &str = "Look whether a header is there before it is used, catch what the library raises where a delivery is not \
    genuine, and answer 400 or 401. What the framework has to catch becomes a 500.";

/// Judges one answer.
pub(super) fn judge(wants: Wants, exchange: &Exchange, secrets: &[String]) -> Outcome {
    let Some(answer) = &exchange.answer else { return unanswered(wants, exchange) };
    let status = answer.status;
    let (state, got) = match (wants, status) {
        (Wants::Take | Wants::Either | Wants::TakeOrTooLarge, 200..300) => {
            (State::Passed, format!("Answered {status}."))
        }
        (Wants::Refuse, 200..300) => (State::Failed, format!("Took it: answered {status}.")),
        (Wants::Refuse, 429) => (
            State::Open,
            "Answered 429, too many requests: that says nothing about the signature. Check again later.".into(),
        ),
        (Wants::Either | Wants::Refuse, 400..500) => (State::Passed, format!("Refused it with {status}.")),
        (Wants::TakeOrTooLarge, 413) => {
            (State::Passed, "Refused it with 413, as it should where that is over its limit.".into())
        }
        (Wants::Either, 300..400) => (State::Passed, format!("Answered {status}.")),
        (Wants::Refuse, 500..) => (State::Failed, format!("Refused it, but by crashing: answered {status}.")),
        (_, 300..400) => (State::Failed, redirect(answer)),
        (_, 404 | 405 | 410) => (State::Failed, format!("Answered {status}: no handler takes a POST at this address.")),
        (_, 413) => (State::Failed, "Refused it with 413: the body is over its limit.".into()),
        (_, 429) => (State::Failed, "Answered 429, too many requests. The sender has to come again.".into()),
        (_, 500..) => (State::Failed, format!("Crashed: answered {status}{}", excerpt(answer, secrets))),
        _ => (State::Failed, format!("Refused it with {status}{}", excerpt(answer, secrets))),
    };
    let mend = match (wants, status) {
        (Wants::Take, 300..400 | 404 | 405 | 410) => Some(ADDRESS),
        (Wants::Refuse, 500..) => Some(CATCH),
        _ => None,
    };
    Outcome { state, got, status: Some(status), took: Some(answer.first), mend, silent: false }
}

fn unanswered(wants: Wants, exchange: &Exchange) -> Outcome {
    let (code, got) = match &exchange.problem {
        Some(problem) => (problem.code, problem.message.clone()),
        None => ("no_answer", "There was no answer.".to_owned()),
    };
    let cut = matches!(code, "no_answer" | "connection_reset");
    let (state, got) = match wants {
        Wants::TakeOrTooLarge if cut => {
            (State::Open, format!("{got} Where that is its limit, 413 would say so, and this looks like an outage."))
        }
        _ => (State::Failed, got),
    };
    Outcome { silent: code == "timed_out", took: None, ..Outcome::new(state, got) }
}

/// Nobody is there, so that nothing can be said of the endpoint: why not.
pub(super) fn unreachable(exchange: &Exchange) -> Option<String> {
    /// What a handler does that is there.
    const THERE: [&str; 4] = ["timed_out", "no_answer", "connection_reset", "not_sendable"];
    let problem = exchange.problem.as_ref().filter(|_| exchange.answer.is_none())?;
    (!THERE.contains(&problem.code)).then(|| problem.message.clone())
}

fn redirect(answer: &Answer) -> String {
    let to = answer.header("location").map(|to| format!(" to {}", shown(to))).unwrap_or_default();
    format!("Answered {}{to}: senders do not follow redirects, it is a failure to them (SW-50).", answer.status)
}

/// What the endpoint says itself, where that is a short text, and an end of the sentence.
fn excerpt(answer: &Answer, secrets: &[String]) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let text = shown(text.trim());
    let is_page = text.starts_with('<');
    // A handler that is being mended may well print what it compared with.
    let tells = secrets.iter().any(|secret| text.contains(secret.as_str()));
    if text.is_empty() || is_page || tells { ".".to_owned() } else { format!(": \"{text}\".") }
}

/// In one line, without anything that steers a terminal.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(EXCERPT).collect();
    if text.chars().nth(EXCERPT).is_some() {
        shown.push('…');
    }
    shown
}
