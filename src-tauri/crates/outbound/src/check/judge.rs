//! What an answer says about the endpoint.

use std::borrow::Cow;
use std::time::Duration;

use super::State;
use super::cases::Wants;
use super::life;
use crate::client::{Answer, Exchange};
use crate::problem::ProblemCode;
use crate::target::Target;

/// Characters of an answer's text that are shown.
const EXCERPT: usize = 120;
/// This many characters of a secret in a row count as part of it; fewer may occur anywhere.
const PART: usize = 8;

/// The outcome of a line.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) state: State,
    pub(super) got: String,
    pub(super) status: Option<u16>,
    pub(super) took: Option<Duration>,
    /// Replaces what the line says.
    pub(super) mend: Option<Cow<'static, str>>,
    /// Whether no answer arrived in time.
    pub(super) silent: bool,
    /// Whether it ended the endpoint.
    pub(super) ended: bool,
    /// The line that failed instead, if this one only follows from it.
    pub(super) cause: Option<String>,
}

impl Outcome {
    pub(super) fn new(state: State, got: impl Into<String>) -> Self {
        Self { state, got: got.into(), status: None, took: None, mend: None, silent: false, ended: false, cause: None }
    }

    /// Follows from the failure of the line `cause`.
    pub(super) fn skipped(why: impl Into<String>, cause: &str) -> Self {
        Self { cause: Some(cause.to_owned()), ..Self::new(State::Skipped, why) }
    }

    /// The same, for one that was sent.
    pub(super) fn follows(self, why: impl Into<String>, cause: &str) -> Self {
        Self { state: State::Skipped, got: why.into(), cause: Some(cause.to_owned()), mend: None, ended: false, ..self }
    }

    /// The class of the answer: 2 for 2xx, 0 for none.
    pub(super) fn class(&self) -> u16 {
        self.status.map_or(0, |status| status / 100)
    }

    /// Whether it was answered with 2xx.
    pub(super) fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// For an address without a handler, or one that redirects.
const ADDRESS: &str = "Give the whole address of the handler, with its path, as registered with the service. If the \
    answer is a redirect, give the address it leads to: a trailing slash and https:// matter.";
/// For a forgery that causes a 5xx.
const CATCH: &str = "Check that a header is present before you use it, catch what the library raises if a delivery is \
    not genuine, and answer 400 or 401. Whatever the framework has to catch becomes a 500.";

/// For a plain good delivery that causes a 5xx.
pub(super) const LOG: &str = "Look in the log of your handler: it says what went wrong, with the line of \
    code. Often the body was read before it (express.json() in front of a route that wants the raw bytes), a setting is not \
    there where it runs, or a package is missing.";
/// For a delivery that ends the process.
const UNCAUGHT: &str = "Its log says what ended it: mostly an exception that nothing caught (in Node also a promise that was \
    rejected in a callback or an async function without try), process.exit or a panic. Catch what the library raises, and \
    answer 400 or 401. If the log shows that it ended before this one came, look at the one before.";
/// It ended at this delivery.
pub(super) const ENDED_HERE: &str =
    "This delivery ended your handler: it gave no answer, and nothing was listening any more.";
/// It ended after its answer.
pub(super) const LATE: &str = "This delivery ended your handler, right after its answer: nothing was listening any \
    more.";

/// It was found to have ended, and does not come back, so no more can be known.
pub(super) const PERHAPS_LATE: &str = "Your handler ended right after it answered this delivery, or because of one of \
    the few before it: nothing is listening any more.";

/// Why lines after that are skipped.
pub(super) fn gone(line: &str) -> String {
    format!("Your handler is not running any more: see {line}.")
}

/// It closes the connection but lives on.
pub(super) fn cut(target: &Target) -> String {
    format!(
        "{} closed the connection without an answer, twice, and goes on listening: whatever handles this delivery \
         crashes (a worker, a thread), or cuts it off.",
        target.authority()
    )
}

/// It ended, although it had answered.
pub(super) fn late(said: String) -> Outcome {
    Outcome { ended: true, mend: Some(UNCAUGHT.into()), ..Outcome::new(State::Failed, said) }
}

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
            (State::Passed, "Refused it with 413, as it should if that is over its limit.".into())
        }
        (Wants::Either, 300..400) => (State::Passed, format!("Answered {status}.")),
        (Wants::Refuse, 500..) => (State::Failed, format!("Refused it, but by crashing: answered {status}.")),
        (_, 300..400) => (State::Failed, redirect(answer, secrets)),
        (_, 404 | 405 | 410) => (
            State::Failed,
            format!(
                "Answered {status}: no handler accepts a POST at this \
            address."
            ),
        ),
        (_, 413) => (State::Failed, "Refused it with 413: the body is over its limit.".into()),
        (_, 429) => (State::Failed, "Answered 429, too many requests. The sender has to try again.".into()),
        (_, 500..) => (State::Failed, format!("Crashed: answered {status}{}", excerpt(answer, secrets))),
        _ => (State::Failed, format!("Refused it with {status}{}", excerpt(answer, secrets))),
    };
    let mend = match (wants, status) {
        (Wants::Take, 300..400 | 404 | 405 | 410 | 501) => Some(ADDRESS),
        (Wants::Refuse, 500..) => Some(CATCH),
        _ => None,
    };
    let mend = mend.map(Cow::Borrowed);
    Outcome { status: Some(status), took: Some(answer.first), mend, ..Outcome::new(state, got) }
}

fn unanswered(wants: Wants, exchange: &Exchange) -> Outcome {
    let (code, got) = match &exchange.problem {
        Some(problem) => (problem.code, problem.message.clone()),
        None => (ProblemCode::NoAnswer, "There was no answer.".to_owned()),
    };
    if code == life::ENDED {
        return late(got);
    }
    let cut = matches!(code, ProblemCode::NoAnswer | ProblemCode::ConnectionReset | life::CUT);
    let (state, got) = match wants {
        Wants::TakeOrTooLarge if cut => {
            (State::Open, format!("{got} If that is its limit, 413 would say so; this looks like an outage."))
        }
        _ => (State::Failed, got),
    };
    let mend = (code == life::CUT && state == State::Failed).then_some(Cow::Borrowed(UNCAUGHT));
    Outcome { silent: code == ProblemCode::TimedOut, mend, ..Outcome::new(state, got) }
}

/// Nobody is there, so nothing can be said about the endpoint, and why.
pub(super) fn unreachable(exchange: &Exchange) -> Option<String> {
    /// The answers of a handler that is there.
    const THERE: [ProblemCode; 7] = [
        ProblemCode::TimedOut,
        ProblemCode::NoAnswer,
        ProblemCode::ConnectionReset,
        ProblemCode::NotSendable,
        life::ENDED,
        life::GONE,
        life::CUT,
    ];
    let problem = exchange.problem.as_ref().filter(|_| exchange.answer.is_none())?;
    (!THERE.contains(&problem.code)).then(|| problem.message.clone())
}

fn redirect(answer: &Answer, secrets: &[String]) -> String {
    let to = answer.header("location").filter(|to| !tells(to, secrets));
    let to = to.map(|to| format!(" to {}", shown(to))).unwrap_or_default();
    format!("Answered {}{to}: senders do not follow redirects; they count it as a failure (SW-50).", answer.status)
}

/// What the endpoint itself says, if that is a short text, and the end of the sentence.
fn excerpt(answer: &Answer, secrets: &[String]) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let is_page = text.trim().starts_with('<');
    // A handler that is being fixed may well print what it compared with. Check all of it: what is shown may end in the
    // middle of a secret.
    if is_page || tells(&text, secrets) {
        return ".".to_owned();
    }
    let text = shown(text.trim());
    if text.is_empty() { ".".to_owned() } else { format!(": \"{text}\".") }
}

/// Whether a handler's text contains part of a secret, as it is or behind JSON or URL escapes.
fn tells(text: &str, secrets: &[String]) -> bool {
    let plain = without_json_escapes(text);
    let readings =
        [without_percents(text), without_percents(&plain), without_json_escapes(&without_percents(text)), plain];
    secrets.iter().any(|secret| {
        let bytes = secret.as_bytes();
        let runs = bytes.windows(PART.min(bytes.len()).max(1));
        let mut runs = runs.filter_map(|run| std::str::from_utf8(run).ok());
        runs.any(|run| text.contains(run) || readings.iter().any(|reading| reading.contains(run)))
    })
}

/// Decodes `\/` and `\u002f`.
fn without_json_escapes(text: &str) -> String {
    let mut undone = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        undone.push_str(before);
        let code = behind.strip_prefix(['u', 'U']).and_then(|digits| digits.get(..4));
        match code.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32) {
            Some(c) => {
                undone.push(c);
                rest = behind.get(5..).unwrap_or_default();
            }
            // The character after it stands for itself; the letters of line ends and the like do not occur in secrets.
            None => rest = behind,
        }
    }
    undone.push_str(rest);
    undone
}

/// Decodes `%2F`.
fn without_percents(text: &str) -> String {
    let mut undone = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                undone.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                undone.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&undone).into_owned()
}

/// In one line, without anything that steers a terminal.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(EXCERPT).collect();
    if text.chars().nth(EXCERPT).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "q/Zk3+Tn8vLx0Pw2Yb7Hd/5Rc1Jm6Ue9Gs4Af+KiOoE=";

    fn refused(status: u16, location: &str, body: &str) -> String {
        let answer = Answer {
            status,
            version: "HTTP/1.1",
            headers: vec![("location".to_owned(), location.as_bytes().to_vec())],
            first: Duration::ZERO,
            body: body.as_bytes().to_vec(),
            body_len: body.len() as u64,
        };
        let exchange = Exchange { answer: Some(answer), problem: None, total: Duration::ZERO };
        judge(Wants::Take, &exchange, &[SECRET.to_owned()]).got
    }

    #[test]
    fn nothing_is_shown_of_a_text_that_holds_a_part_of_a_secret() {
        assert_eq!(refused(401, "", "no such key"), "Refused it with 401: \"no such key\".");
        assert_eq!(refused(401, "", "q/Zk3+T is short"), "Refused it with 401: \"q/Zk3+T is short\".");
        let escaped: String = SECRET.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
        let percents: String = SECRET.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for told in [
            format!("does not match whsec_{SECRET}"),
            // It begins before the cut, or lies entirely after it.
            format!("{}{SECRET}", "x".repeat(EXCERPT - 20)),
            format!("{} {SECRET}", "x".repeat(4000)),
            SECRET[..8].to_owned(),
            SECRET[20..30].to_owned(),
            format!("{{\"expected\":\"{}\"}}", SECRET[..9].replace('/', "\\/")),
            format!("{{\"expected\":\"{escaped}\"}}"),
            format!("/login?why={percents}"),
            format!("{{\"to\":\"{}\"}}", percents.replace('%', "\\u0025")),
        ] {
            assert_eq!(refused(401, "", &told), "Refused it with 401.", "{told}");
            assert_eq!(refused(500, "", &told), "Crashed: answered 500.", "{told}");
            let redirected = refused(302, &told, "");
            assert!(redirected.starts_with("Answered 302: senders"), "{redirected}");
        }
        assert!(refused(302, "/login", "").starts_with("Answered 302 to /login: senders"));
    }
}
