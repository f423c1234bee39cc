//! Prints deliveries: a line each, and what becomes known later.

use std::time::{Duration, Instant};

use engine::{Arrival, Explained, Tail, Told};
use serde_json::{Value, json};

use crate::print::{self, Written};
use crate::printer::{Printer, Text};

/// How long to wait at the end for answers and explanations in progress: the listener has ended, and records what it
/// answered a moment later.
const LAST_NEWS: Duration = Duration::from_secs(1);

/// Prints what there is to tell until the end.
pub(super) async fn follow(tail: &mut Tail, printer: &Printer, as_json: bool) -> Written {
    while tail.wait().await.map_err(|error| error.to_string())? {
        while let Some(told) = tail.first() {
            printer.print(&text(told, as_json)).await?;
            tail.told();
        }
    }
    Ok(())
}

/// Does the same at the end, until this time at most; lines that there is no time for are counted as missing.
pub(super) async fn rest(tail: &mut Tail, printer: &Printer, as_json: bool, until: Instant) -> Written {
    let news = until.min(Instant::now() + LAST_NEWS);
    while Instant::now() < until && tail.wait_for_the_rest(news).await.map_err(|error| error.to_string())? {
        while let Some(told) = tail.first().filter(|_| Instant::now() < until) {
            printer.by(until, &text(told, as_json)).await?;
            tail.told();
        }
    }
    printer.missing(tail.left().await.map_err(|error| error.to_string())?);
    Ok(())
}

fn text(told: &Told, as_json: bool) -> Text {
    match (told, as_json) {
        (Told::Delivery(arrival), true) => Text::Json(delivery_json(arrival)),
        (Told::Delivery(arrival), false) => {
            Text::Human(print::row(&arrival.row, arrival.received.get(11..19).unwrap_or_default()))
        }
        (Told::Explained(explained), true) => Text::Json(json!({ "explained": explained_json(explained) })),
        (Told::Explained(explained), false) => Text::Human(print::explained(explained.id, &explained.verdict)),
        (Told::LeftOut(count), true) => Text::Json(json!({ "explained_left_out": count })),
        (Told::LeftOut(count), false) => {
            Text::Human(format!("          ({count} not explained: too many were rejected at once)\n"))
        }
    }
}

/// What there is to say of a delivery, for scripts.
pub(crate) fn delivery_json(arrival: &Arrival) -> Value {
    let row = &arrival.row;
    json!({
        "id": row.id,
        "received": arrival.received,
        "project": arrival.project,
        "peer": arrival.peer,
        "path": arrival.path,
        "message_id": row.message_id,
        "event_type": row.event_type,
        "ping": row.ping.is_some(),
        "pointer": row.pointer,
        "user_metadata": arrival.user_metadata,
        "attempt": row.attempt,
        "duplicate": row.duplicate,
        "body_len": row.body_len,
        "body_kept": arrival.kept_len,
        "body_sha256": arrival.sha256,
        "truncated": row.truncated,
        "status": row.status,
        "took_us": row.took_us,
        "outcome": row.outcome,
        "reason": row.reason,
        "verdict": print::verdict_json(&arrival.verdict),
    })
}

/// Gives the diagnosis by its code, as in a verdict, and in words.
fn explained_json(Explained { id, message_id, verdict }: &Explained) -> Value {
    let found = verdict.diagnosis.as_ref();
    json!({
        "id": id,
        "message_id": message_id,
        "diagnosis": found.map(|found| &found.code),
        "cause": verdict.cause,
        "sentence": verdict.sentence,
        "finding": found.map(|found| &found.finding),
        "fix": found.map(|found| &found.fix),
        "key": found.and_then(|found| found.key.as_ref()),
    })
}
