//! The stored form of a verdict: its fields in order, constants by their number in [`crate::phrases`].
//!
//! A ladder of ten rungs is about 1,500 bytes as JSON and about 150 in this form; at 50,000 deliveries a second that
//! decides whether a disk keeps up.

use std::borrow::Cow;

use signature::{Diagnosis, KeyState, MatchedKey, Outcome, Scheme, Step, StepStatus, Text, Verdict, Warning};

use crate::encode::{Taker, put_bytes, put_int, put_uint};
use crate::phrases::{Known, Phrases};

const FORMAT: u8 = 1;

/// The encoded verdict, and the constants in it that have no number yet.
pub(crate) struct Encoded {
    pub(crate) blob: Vec<u8>,
    pub(crate) unknown: Vec<&'static str>,
}

struct Writer<'a> {
    out: Vec<u8>,
    known: &'a Known,
    unknown: Vec<&'static str>,
}

impl Writer<'_> {
    /// An even number is a length, an odd one a phrase.
    fn str(&mut self, text: &str) -> bool {
        if let Some(number) = self.known.number(text) {
            put_uint(&mut self.out, number << 1 | 1);
            return true;
        }
        put_uint(&mut self.out, (text.len() as u64) << 1);
        self.out.extend_from_slice(text.as_bytes());
        false
    }

    fn text(&mut self, text: &Text) {
        let found = self.str(text);
        if let Cow::Borrowed(constant) = text
            && !found
            && self.known.worth(constant)
            && !self.unknown.contains(constant)
        {
            self.unknown.push(constant);
        }
    }

    fn key(&mut self, key: Option<&MatchedKey>) {
        let Some(MatchedKey { id, index, hint, state }) = key else {
            self.out.push(0);
            return;
        };
        self.out.push(1);
        put_bytes(&mut self.out, id.as_bytes());
        put_uint(&mut self.out, *index as u64);
        put_bytes(&mut self.out, hint.as_bytes());
        match state {
            KeyState::Current => self.out.push(0),
            KeyState::Grace { until } => {
                self.out.push(1);
                put_int(&mut self.out, *until);
            }
            KeyState::Expired { at } => {
                self.out.push(2);
                put_int(&mut self.out, *at);
            }
        }
    }
}

pub(crate) fn encode(verdict: &Verdict, phrases: &Phrases) -> Encoded {
    let Verdict { outcome, scheme, reason, key, warnings, diagnosis, steps, cause, sentence } = verdict;
    let known = phrases.known();
    let mut writer = Writer { out: Vec::with_capacity(512), known: &known, unknown: Vec::new() };
    writer.out.extend_from_slice(&[FORMAT, outcome_number(*outcome), scheme_number(*scheme)]);
    writer.text(reason);
    writer.key(key.as_ref());
    put_uint(&mut writer.out, warnings.len() as u64);
    for Warning { code, message } in warnings {
        writer.text(code);
        writer.text(message);
    }
    match diagnosis {
        None => writer.out.push(0),
        Some(Diagnosis { code, finding, fix, key }) => {
            writer.out.push(1);
            writer.str(code);
            writer.str(finding);
            writer.str(fix);
            writer.key(key.as_ref());
        }
    }
    put_uint(&mut writer.out, steps.len() as u64);
    for Step { check, title, status, expected, seen } in steps {
        writer.text(check);
        writer.text(title);
        writer.out.push(status_number(*status));
        writer.text(expected);
        writer.text(seen);
    }
    writer.text(cause);
    writer.str(sentence);
    Encoded { blob: writer.out, unknown: writer.unknown }
}

/// `phrase` returns the text of a number.
pub(crate) fn decode(blob: &[u8], phrase: &dyn Fn(u64) -> Option<String>) -> Option<Verdict> {
    let mut reader = Reader { taker: Taker(blob), phrase };
    if reader.taker.byte()? != FORMAT {
        return None;
    }
    let outcome = outcome_of(reader.taker.byte()?)?;
    let scheme = scheme_of(reader.taker.byte()?)?;
    let reason = reader.text()?;
    let key = reader.key()?;
    let warnings = (0..reader.taker.count()?)
        .map(|_| Some(Warning { code: reader.text()?, message: reader.text()? }))
        .collect::<Option<Vec<_>>>()?;
    let diagnosis = match reader.taker.byte()? {
        0 => None,
        _ => Some(Diagnosis {
            code: reader.string()?,
            finding: reader.string()?,
            fix: reader.string()?,
            key: reader.key()?,
        }),
    };
    let steps = (0..reader.taker.count()?)
        .map(|_| {
            Some(Step {
                check: reader.text()?,
                title: reader.text()?,
                status: status_of(reader.taker.byte()?)?,
                expected: reader.text()?,
                seen: reader.text()?,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    let cause = reader.text()?;
    let sentence = reader.string()?;
    let verdict = Verdict { outcome, scheme, reason, key, warnings, diagnosis, steps, cause, sentence };
    reader.taker.0.is_empty().then(|| as_today(verdict))
}

/// The code that told of it.
const UNBOUND: &str = "body_not_bound_to_token";

/// Reads a token that does not cover its body as what it is: it was kept as a verification with a warning before.
fn as_today(mut verdict: Verdict) -> Verdict {
    let unbound = |warning: &Warning| warning.code == UNBOUND;
    if verdict.outcome == Outcome::Verified
        && let Some(at) = verdict.warnings.iter().position(unbound)
    {
        verdict.warnings.remove(at);
        verdict.outcome = Outcome::Unbound;
        verdict.reason = UNBOUND.into();
        verdict.cause = "body not covered".into();
    }
    verdict
}

struct Reader<'a> {
    taker: Taker<'a>,
    phrase: &'a dyn Fn(u64) -> Option<String>,
}

impl Reader<'_> {
    fn string(&mut self) -> Option<String> {
        let head = self.taker.uint()?;
        if head & 1 == 1 {
            return (self.phrase)(head >> 1);
        }
        Some(std::str::from_utf8(self.taker.take(head >> 1)?).ok()?.to_owned())
    }

    fn text(&mut self) -> Option<Text> {
        self.string().map(Cow::Owned)
    }

    fn key(&mut self) -> Option<Option<MatchedKey>> {
        if self.taker.byte()? == 0 {
            return Some(None);
        }
        let id = self.taker.text()?;
        let index = usize::try_from(self.taker.uint()?).ok()?;
        let hint = self.taker.text()?;
        let state = match self.taker.byte()? {
            0 => KeyState::Current,
            1 => KeyState::Grace { until: self.taker.int()? },
            2 => KeyState::Expired { at: self.taker.int()? },
            _ => return None,
        };
        Some(Some(MatchedKey { id, index, hint, state }))
    }
}

/// These numbers are in databases: never change one.
pub(crate) fn outcome_number(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Verified => 0,
        Outcome::Rejected => 1,
        Outcome::Unchecked => 2,
        Outcome::Unbound => 3,
    }
}

pub(crate) fn outcome_of(number: u8) -> Option<Outcome> {
    [Outcome::Verified, Outcome::Rejected, Outcome::Unchecked, Outcome::Unbound].get(usize::from(number)).copied()
}

pub(crate) fn scheme_number(scheme: Option<Scheme>) -> u8 {
    match scheme {
        None => 0,
        Some(Scheme::V1) => 1,
        Some(Scheme::V1a) => 2,
        Some(Scheme::Jwt) => 3,
    }
}

pub(crate) fn scheme_of(number: u8) -> Option<Option<Scheme>> {
    [None, Some(Scheme::V1), Some(Scheme::V1a), Some(Scheme::Jwt)].get(usize::from(number)).copied()
}

fn status_number(status: StepStatus) -> u8 {
    match status {
        StepStatus::Passed => 0,
        StepStatus::Failed => 1,
        StepStatus::Skipped => 2,
        StepStatus::Near => 3,
        StepStatus::Warned => 4,
    }
}

fn status_of(number: u8) -> Option<StepStatus> {
    use StepStatus::{Failed, Near, Passed, Skipped, Warned};
    [Passed, Failed, Skipped, Near, Warned].get(usize::from(number)).copied()
}
