//! Deliveries of the history as records of a file, and back.

use std::time::Instant;

use exchange::Record;
use inbound::describe;
use serde_json::value::to_raw_value;
use signature::Verdict;
use store::{Delivery, NewDelivery, NewImported};

/// As a file holds it. `project`: the name of its project.
pub(super) fn record(delivery: Delivery, body: Vec<u8>, project: Option<String>) -> Record {
    let Delivery { row, verdict, answer, .. } = delivery;
    let by = answer.by.map(|(by, what)| match by {
        store::AnsweredBy::Rule => (exchange::AnsweredBy::Rule, what),
        store::AnsweredBy::Target => (exchange::AnsweredBy::Target, what),
    });
    let answer = exchange::Answer {
        status: answer.status,
        headers: answer.headers,
        body: answer.body,
        took_us: row.took_us,
        by,
    };
    Record {
        id: Some(row.id),
        received_ns: Some(row.received_ns),
        project,
        method: delivery.method,
        path: delivery.path,
        query: delivery.query,
        http_version: delivery.http_version,
        peer: Some(delivery.peer).filter(|peer| !peer.is_empty()),
        headers: delivery.headers,
        body_len: if row.truncated { row.body_len } else { body.len() as u64 },
        body,
        truncated: row.truncated,
        sha256: delivery.sha256,
        message_id: row.message_id,
        event_type: row.event_type,
        pointer: row.pointer,
        attempt: Some(row.attempt),
        outcome: serde_json::to_value(row.outcome).ok().and_then(|outcome| outcome.as_str().map(str::to_owned)),
        verdict: to_raw_value(&verdict).ok(),
        answer: Some(answer),
        pinned: row.pinned,
        note: delivery.note.or(row.note),
        imported: row.imported,
        left_out: Vec::new(),
    }
}

/// Everything of a record but its verdict, its headers and its body, which are judged first.
pub(super) struct Rest {
    project: i64,
    record: Record,
}

impl Rest {
    pub(super) fn new(project: i64, record: Record) -> Self {
        Self { project, record }
    }

    /// The delivery, with its verdict. Reads the payload, so it belongs off the async threads.
    pub(super) fn delivery(
        self,
        received_ns: i64,
        headers: Vec<(String, Vec<u8>)>,
        body: Vec<u8>,
        verdict: Verdict,
    ) -> NewImported {
        let Self { project, record } = self;
        let described = describe(&headers, &body, record.body_len, !record.truncated);
        let took_us = record.answer.as_ref().and_then(|answer| answer.took_us);
        let answer = record.answer.map(|answer| store::Answer {
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
            by: answer.by.map(|(by, what)| match by {
                exchange::AnsweredBy::Rule => (store::AnsweredBy::Rule, what),
                exchange::AnsweredBy::Target => (store::AnsweredBy::Target, what),
            }),
        });
        let delivery = NewDelivery {
            project,
            received_ns,
            started: Instant::now(),
            method: record.method,
            path: record.path,
            query: record.query,
            http_version: version(&record.http_version),
            peer: record.peer.unwrap_or_default(),
            headers,
            body: body.into(),
            body_len: record.body_len,
            truncated: record.truncated,
            sha256: record.sha256,
            message_id: described.message_id,
            token_id: None,
            event_type: described.event_type,
            pointer: described.pointer,
            verdict,
            answer: answer.unwrap_or_default(),
        };
        NewImported { delivery, took_us, pinned: record.pinned, note: record.note }
    }
}

fn version(written: &str) -> &'static str {
    match written {
        "HTTP/0.9" => "HTTP/0.9",
        "HTTP/1.0" => "HTTP/1.0",
        "HTTP/2.0" | "HTTP/2" => "HTTP/2",
        "HTTP/3.0" | "HTTP/3" => "HTTP/3",
        _ => "HTTP/1.1",
    }
}
