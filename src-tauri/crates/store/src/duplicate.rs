//! What is known of earlier deliveries of an id: a rung of the ladder and two warnings, never a refusal.
//!
//! Senders retry, and a retry after a lost 2xx is normal (Standard Webhooks asks receivers to treat `webhook-id` as an
//! idempotency key). So the handler must not act a second time, but must not answer with an error either. One id names
//! one message: two bodies with one id deserve a look, whatever was answered.

use std::collections::BTreeMap;

use signature::{Outcome, StepStatus, Verdict, Warning};

/// The code of the warning of [`mark`].
const DUPLICATE: &str = "duplicate_id";
/// The code of the warning of [`other_body`].
const OTHER_BODY: &str = "same_id_other_body";

/// An earlier delivery of the same id, as far as its row shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Earlier {
    pub(crate) id: i64,
    pub(crate) received_ns: i64,
    pub(crate) outcome: Outcome,
    pub(crate) status: u16,
    pub(crate) body_len: u64,
    pub(crate) truncated: bool,
}

/// Marks a verdict whose message was accepted before. `attempt` counts from 1; the times are Unix seconds. Marking
/// twice has no further effect.
pub(crate) fn mark(verdict: &mut Verdict, attempt: u32, first_seen_s: i64, now_s: i64) {
    let ago = span(now_s.saturating_sub(first_seen_s));
    for step in verdict.steps.iter_mut().filter(|step| step.check == "duplicate") {
        step.status = StepStatus::Warned;
        step.seen = format!("attempt {attempt} of this id, first {ago} ago").into();
    }
    let message = format!(
        "An earlier delivery of this webhook-id was verified and answered with success; this is attempt {attempt}, \
         {ago} after the first. Do not act on it again, and answer with success."
    );
    match verdict.warnings.iter_mut().find(|warning| warning.code == DUPLICATE) {
        Some(warning) => warning.message = message.into(),
        None => verdict.warnings.push(Warning { code: DUPLICATE.into(), message: message.into() }),
    }
}

/// Describes the earlier deliveries of this id when none of them was accepted. `earlier` holds those that were
/// examined, `before` is how many there were.
pub(crate) fn tell(verdict: &mut Verdict, earlier: &[Earlier], before: u32, received_ns: i64) {
    let Some(words) = words(earlier, before, received_ns) else { return };
    for step in verdict.steps.iter_mut().filter(|step| step.check == "duplicate") {
        step.seen = match step.status {
            // A token that arrived before has already been reported.
            StepStatus::Warned => format!("{}; {words}", step.seen).into(),
            _ => words.clone().into(),
        };
    }
}

/// `1 earlier delivery of this id, answered 200 but not verified, 12 s ago`. If there are several, each kind has its
/// number and the time of its last one.
fn words(earlier: &[Earlier], before: u32, received_ns: i64) -> Option<String> {
    let mut kinds: BTreeMap<(u8, u16), (usize, i64)> = BTreeMap::new();
    for one in earlier {
        let (count, last_ns) = kinds.entry((order(one.outcome), one.status)).or_insert((0, i64::MIN));
        *count += 1;
        *last_ns = one.received_ns.max(*last_ns);
    }
    let ago = |last_ns: i64| span(received_ns.saturating_sub(last_ns).div_euclid(1_000_000_000));
    if let ([one], 1) = (earlier, before) {
        let kind = kind(order(one.outcome), one.status);
        return Some(format!("1 earlier delivery of this id, {kind}, {} ago", ago(one.received_ns)));
    }
    let parts: Vec<String> = kinds
        .iter()
        .map(|((outcome, status), (count, last_ns))| match count {
            1 => format!("1 {}, {} ago", kind(*outcome, *status), ago(*last_ns)),
            count => format!("{count} {}, the last {} ago", kind(*outcome, *status), ago(*last_ns)),
        })
        .collect();
    let looked_at = match usize::try_from(before) == Ok(earlier.len()) {
        true => String::new(),
        false => format!(", of {} looked at", earlier.len()),
    };
    (!parts.is_empty()).then(|| format!("{before} earlier deliveries of this id{looked_at}: {}", parts.join("; ")))
}

/// The most important comes first.
fn order(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Verified => 0,
        Outcome::Unbound => 1,
        Outcome::Unchecked => 2,
        Outcome::Rejected => 3,
    }
}

fn kind(outcome: u8, status: u16) -> String {
    let answered = match status {
        0 => "not answered".to_owned(),
        status => format!("answered {status}"),
    };
    match outcome {
        0 => format!("verified and {answered}"),
        1 => format!("{answered}, its token genuine, its body not covered"),
        2 => format!("{answered} but not verified"),
        _ => format!("rejected and {answered}"),
    }
}

/// Warns of another delivery of this id with a different body: an earlier one, or one that arrived later.
pub(crate) fn other_body(verdict: &mut Verdict, which: &'static str) {
    if verdict.warnings.iter().any(|warning| warning.code == OTHER_BODY) {
        return;
    }
    let message = format!(
        "Another delivery of this webhook-id, which came {which}, has another body. One id names one message: compare the \
         two before you act on either."
    );
    verdict.warnings.push(Warning { code: OTHER_BODY.into(), message: message.into() });
}

/// Keeps the warning about another body when this verdict replaces the one that had it.
pub(crate) fn keep_other_body(verdict: &mut Verdict, before: &Verdict) {
    let has = |verdict: &Verdict| verdict.warnings.iter().position(|warning| warning.code == OTHER_BODY);
    if let (Some(at), None) = (has(before), has(verdict)) {
        verdict.warnings.push(before.warnings[at].clone());
    }
}

/// `12 s`, `5 min`, `3 h`, `2 d`.
fn span(seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..120 => format!("{s} s"),
        s @ 120..7_200 => format!("{} min", s / 60),
        s @ 7_200..172_800 => format!("{} h", s / 3_600),
        s => format!("{} d", s / 86_400),
    }
}
