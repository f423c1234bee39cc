//! What follows from the differences, in a sentence. It says only what is known: a signature that could not be tried
//! proves nothing, and what was not kept is not equal.

use serde::Serialize;
use signature::Outcome;

use crate::Planes;
use crate::bytes::Sameness;
use crate::plane::Form;
use crate::transport::Proxy;
use crate::trial::{Fits, Trial};
use crate::words::{rewriting, short};

/// What two messages are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "CompareRelation"))]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Two attempts of one event: they must carry the same bytes.
    Attempts,
    /// Two deliveries of different events.
    Deliveries,
    /// Two answers to requests that were sent on.
    Answers,
}

/// How a side was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Its verdict.
    pub outcome: Outcome,
    /// The cause in a few words, empty if it is verified.
    pub cause: String,
    /// HTTP status of an answer.
    pub status: Option<u16>,
}

/// How a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "FindingTone"))]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// As it should be.
    Good,
    /// A fact.
    Plain,
    /// It should not be so.
    Warning,
}

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "FindingPiece"))]
pub struct Piece {
    /// Its text. That of a value is as it came.
    pub text: String,
    /// Whether it is a value.
    pub code: bool,
}

impl Piece {
    pub(crate) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), code: false }
    }

    pub(crate) fn code(text: &str) -> Self {
        Self { text: text.to_owned(), code: true }
    }
}

/// What follows from the differences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Finding {
    /// Stable code: `rewritten_b`, `rewritten_a`, `two_bodies_signed`, `fits_neither`…
    pub code: String,
    /// How it is meant.
    pub tone: Tone,
    /// One sentence.
    pub headline: String,
    /// What is behind it; may be empty.
    pub text: Vec<Piece>,
    /// A header by which a proxy shows itself, where only one side has it.
    pub proxy: Option<Proxy>,
}

/// The finding. `trial`: both signatures tried over both bodies; only two attempts need it.
#[must_use]
pub fn find(relation: Relation, planes: &Planes, trial: Option<&Trial>, judged: &[Judged; 2]) -> Finding {
    let body = planes.bytes.body;
    let (code, tone, headline, text) = match (relation, body) {
        (Relation::Answers, _) => answers(planes, judged),
        (_, Sameness::EqualAsKept) => (
            "equal_as_kept",
            Tone::Plain,
            "As far as both bodies were kept, they are equal.".to_owned(),
            plain("The rest was not kept, so whether they differ there is not known."),
        ),
        (Relation::Attempts, Sameness::Equal) => same_bytes(planes, judged),
        (Relation::Attempts, Sameness::Differ) => other_bytes(planes, trial),
        (Relation::Deliveries, Sameness::Equal) => {
            ("same_body", Tone::Plain, "Two deliveries of different events with the same body.".to_owned(), Vec::new())
        }
        (Relation::Deliveries, Sameness::Differ) => (
            "other_events",
            Tone::Plain,
            "Two deliveries of different events, each with its own body.".to_owned(),
            between(planes),
        ),
    };
    Finding { code: code.to_owned(), tone, headline, text, proxy: planes.transport.proxy.clone() }
}

type Said = (&'static str, Tone, String, Vec<Piece>);

fn plain(text: &str) -> Vec<Piece> {
    vec![Piece::plain(text)]
}

fn same_bytes(planes: &Planes, judged: &[Judged; 2]) -> Said {
    let headline = "Both attempts carry the same bytes.".to_owned();
    let verified = |side: &Judged| side.outcome == Outcome::Verified;
    let [a, b] = judged;
    let text = match (verified(a), verified(b)) {
        // What is verified proves the body; so the other was refused for something else.
        (true, false) if b.outcome == Outcome::Rejected => not_the_body("B", &b.cause),
        (false, true) if a.outcome == Outcome::Rejected => not_the_body("A", &a.cause),
        _ if planes.transport.counts.all() == 0 => plain("Nothing differs but what is another for each delivery."),
        _ => Vec::new(),
    };
    ("same_bytes", Tone::Good, headline, text)
}

fn not_the_body(name: &str, cause: &str) -> Vec<Piece> {
    let why = if cause.is_empty() { String::new() } else { format!(": {}", short(cause)) };
    plain(&format!("So the body is not why {name} was rejected{why}."))
}

fn other_bytes(planes: &Planes, trial: Option<&Trial>) -> Said {
    let at = planes.bytes.equal_start;
    let headline = format!("Two attempts of one event must carry the same bytes. These do not, from byte {at} on.");
    let Some(Trial { a_over_a, a_over_b, b_over_a, b_over_b }) = trial.copied() else {
        return ("other_bytes", Tone::Warning, headline, Vec::new());
    };
    let all = [a_over_a, a_over_b, b_over_a, b_over_b];
    let yes = |fits| fits == Fits::Yes;
    let (code, text) = match () {
        () if (yes(a_over_a) && yes(a_over_b)) || (yes(b_over_a) && yes(b_over_b)) => (
            "event_not_bytes",
            plain("A token holds the event and not its bytes, so it fits both: which of them were sent is not known."),
        ),
        () if yes(b_over_a) => ("rewritten_b", rewritten("B", "A", planes, false)),
        () if yes(a_over_b) => ("rewritten_a", rewritten("A", "B", planes, true)),
        () if yes(a_over_a) && yes(b_over_b) => (
            "two_bodies_signed",
            plain(
                "Each signature fits its own body, so the sender signed two bodies with one webhook-id. One id names one \
                 message: compare the two before you act on either.",
            ),
        ),
        () if all.contains(&Fits::Cut) => (
            "other_bytes_cut",
            plain(
                "A body was kept only in part, so the signatures cannot be tried over both: which bytes were sent is not known.",
            ),
        ),
        () if yes(a_over_a) => ("unexplained_b", one_fits("B", "A", b_over_b)),
        () if yes(b_over_b) => ("unexplained_a", one_fits("A", "B", a_over_a)),
        () if all.contains(&Fits::No) && !all.contains(&Fits::NoKey) => (
            "fits_neither",
            plain("With the keys known here, neither signature fits either body: which bytes were sent is not known."),
        ),
        () if all.contains(&Fits::NoKey) => (
            "no_key",
            plain("No key that could have signed them is known here (any more): which bytes were sent is not known."),
        ),
        () => ("other_bytes", plain("No signature says which bytes were sent.")),
    };
    (code, Tone::Warning, headline, text)
}

/// The signature of `made` fits the body of `original`.
fn rewritten(made: &str, original: &str, planes: &Planes, backwards: bool) -> Vec<Piece> {
    let mut text = plain(&format!(
        "{made}'s signature fits {original}'s body, so the sender sent the same bytes both times and something on the way \
         to {made} "
    ));
    let how = rewriting(&planes.meaning, backwards);
    match how.is_empty() {
        true => text.push(Piece::plain("changed them")),
        false => {
            text.push(Piece::plain("wrote them again: "));
            text.extend(how);
        }
    }
    text.push(Piece::plain(". Pass the raw bytes on."));
    text
}

/// The signature of `good` fits its own body; that of `other` was tried as well, or could not be.
fn one_fits(other: &str, good: &str, fits: Fits) -> Vec<Piece> {
    plain(&match fits {
        Fits::No => format!(
            "{good}'s signature fits its body. {other}'s fits neither, with the keys known here: what the sender signed \
             for {other} is not known."
        ),
        Fits::NoKey => format!("{good}'s signature fits its body. For {other}'s there is no key here."),
        _ => format!("{good}'s signature fits its body. {other} has none that says which bytes were sent."),
    })
}

fn between(planes: &Planes) -> Vec<Piece> {
    let meaning = &planes.meaning;
    match meaning.form {
        Form::Json if meaning.counts.all() == 0 => {
            plain("They mean the same and are written differently: other order, white space or marks.")
        }
        _ => Vec::new(),
    }
}

fn answers(planes: &Planes, judged: &[Judged; 2]) -> Said {
    let [a, b] = judged;
    if a.status != b.status {
        let words = |status: Option<u16>| status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let headline = format!("The answers differ: {} and {}.", words(a.status), words(b.status));
        return ("answers_differ", Tone::Warning, headline, Vec::new());
    }
    match (planes.bytes.body, planes.differ()) {
        (Sameness::Equal, false) => ("answers_equal", Tone::Good, "Both answers are the same.".to_owned(), Vec::new()),
        (Sameness::Equal, true) => (
            "answers_differ",
            Tone::Plain,
            "The answers have the same status and body, and other headers.".to_owned(),
            Vec::new(),
        ),
        (Sameness::EqualAsKept, _) => (
            "equal_as_kept",
            Tone::Plain,
            "As far as they were kept, the answers are equal.".to_owned(),
            plain("The rest was not kept, so whether they differ there is not known."),
        ),
        (Sameness::Differ, _) => {
            ("answers_differ", Tone::Plain, "The answers have the same status and other bodies.".to_owned(), Vec::new())
        }
    }
}
