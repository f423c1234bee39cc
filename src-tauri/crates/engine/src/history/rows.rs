//! Translates between the store's rows and hits and the window's.

use std::collections::HashMap;

use crate::dto::{AnsweredBy, Hit, HitPlace, Outbound, OutboundKind, OutboundProblem, PingBy, RequestLine, Row, Tried};
use crate::error::Code;
use crate::registry::Registry;

const NS_PER_MS: i64 = 1_000_000;

/// A row for the window.
pub(crate) fn row(row: &store::Row, registry: &Registry) -> Row {
    Row {
        id: row.id,
        project: row.project,
        sandbox: registry.is_sandbox(row.project),
        received_ms: row.received_ns / NS_PER_MS,
        outcome: row.outcome,
        scheme: row.scheme,
        reason: row.reason.to_string(),
        cause: row.cause.to_string(),
        grace_until: row.grace_until,
        known_type: row.event_type.as_deref().is_some_and(|name| gemini::catalog::lookup(name).is_some()),
        event_type: row.event_type.clone(),
        pointer: row.pointer.clone(),
        message_id: row.message_id.clone(),
        attempt: row.attempt,
        attempts: row.attempts,
        duplicate: row.duplicate,
        warnings: row.warnings,
        status: row.status,
        answered_by: row.answered_by.map(answered_by),
        took_us: row.took_us,
        body_len: row.body_len,
        truncated: row.truncated,
        judged_ms: row.judged_ms,
        ping: ping(row, registry),
        pinned: row.pinned,
        note: row.note.clone(),
        imported: row.imported,
        hit: None,
        request: row.request.as_ref().map(|line| RequestLine { method: line.method.clone(), path: line.path.clone() }),
        tries: Vec::new(),
    }
}

/// Attempts by their events.
pub(crate) fn by_event(tried: &[store::Tried]) -> HashMap<i64, Vec<Tried>> {
    let mut events: HashMap<i64, Vec<Tried>> = HashMap::new();
    for one in tried {
        events.entry(one.event).or_default().push(Tried {
            id: one.id,
            received_ms: one.received_ns / NS_PER_MS,
            outcome: one.outcome,
            status: one.status,
            answered_by: one.answered_by.map(answered_by),
        });
    }
    events
}

/// An unknown type alone does not make a ping: it has to come from the emulator, or Pollux has to have asked for one.
fn ping(row: &store::Row, registry: &Registry) -> Option<PingBy> {
    if row.pinged {
        return Some(PingBy::Asked);
    }
    let name = row.event_type.as_deref()?;
    (name == gemini::catalog::PING || registry.is_sandbox_ping(row.project, name)).then_some(PingBy::Type)
}

pub(crate) fn answered_by(by: store::AnsweredBy) -> AnsweredBy {
    match by {
        store::AnsweredBy::Rule => AnsweredBy::Rule,
        store::AnsweredBy::Target => AnsweredBy::Target,
    }
}

pub(crate) fn hit(hit: store::Hit) -> Hit {
    let store::Hit { place, name, before, text, after, offset } = hit;
    let place = match place {
        store::HitPlace::Path => HitPlace::Path,
        store::HitPlace::Query => HitPlace::Query,
        store::HitPlace::HeaderName => HitPlace::HeaderName,
        store::HitPlace::Header => HitPlace::Header,
        store::HitPlace::Body => HitPlace::Body,
        store::HitPlace::Note => HitPlace::Note,
    };
    Hit { place, name, before, text, after, offset }
}

/// A request that was sent on, for the window.
pub(crate) fn outbound(row: store::OutboundRow) -> Outbound {
    Outbound {
        id: row.id,
        delivery: row.delivery,
        kind: outbound_kind(row.kind),
        run: None,
        number: row.number,
        url: row.url,
        at_ms: row.at_ms,
        changes: row.changes,
        rejected: row.rejected,
        status: row.status,
        first_us: row.first_us,
        total_us: Some(row.total_us),
        answer_len: row.answer_len,
        problem: outbound_problem(row.problem),
    }
}

pub(crate) fn outbound_kind(kind: store::OutboundKind) -> OutboundKind {
    match kind {
        store::OutboundKind::Replay => OutboundKind::Replay,
        store::OutboundKind::Forward => OutboundKind::Forward,
    }
}

pub(crate) fn outbound_problem(problem: Option<(String, String)>) -> Option<OutboundProblem> {
    // A name from an earlier version may be unknown now: its sentence still says what it was.
    problem.map(|(code, message)| OutboundProblem { code: Code::named(&code).unwrap_or(Code::NoAnswer), message })
}
