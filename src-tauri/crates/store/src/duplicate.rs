//! Marks a verdict whose message was accepted before: a warning and a rung of the ladder, never a refusal.
//!
//! Senders retry, and a retry after a lost 2xx is normal (Standard Webhooks asks receivers to treat `webhook-id` as an
//! idempotency key), so the handler must do nothing a second time, but must not answer with an error either.

use signature::{StepStatus, Verdict, Warning};

/// `attempt` counts from 1; the times are Unix seconds. Marking twice changes nothing more.
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
    match verdict.warnings.iter_mut().find(|warning| warning.code == "duplicate_id") {
        Some(warning) => warning.message = message.into(),
        None => verdict.warnings.push(Warning { code: "duplicate_id".into(), message: message.into() }),
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
