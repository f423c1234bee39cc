//! Files of deliveries: what is written is read back, and what was written by others, or by nobody in their right mind.

// Clippy's exception for tests ends at functions with the attribute; what they share is test code, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod any;
mod foreign;
mod refusals;
mod round_trips;
mod schemas;
mod shell;
mod snippets;

use exchange::{Error, Format, Item, Limits, Problem, Record, Source, Writer, read};

const LIMITS: Limits = Limits { body: 1 << 20, record: 8 << 20 };

/// What is in a file.
struct Found {
    source: Option<Source>,
    records: Vec<(Record, u64)>,
    problems: Vec<Problem>,
    error: Option<Error>,
}

fn found(file: &[u8]) -> Found {
    found_within(file, LIMITS)
}

fn found_within(file: &[u8], limits: Limits) -> Found {
    let (mut source, mut records, mut problems) = (None, Vec::new(), Vec::new());
    let error = read(file, &limits, &mut |found| source = Some(found), &mut |item| {
        match item {
            Item::Record(record, line) => records.push((*record, line)),
            Item::Problem(problem) => problems.push(problem),
        }
        true
    })
    .err();
    Found { source, records, problems, error }
}

fn written(records: &[Record], format: Format) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), format, "0.1.0", "http://127.0.0.1:4710/");
    for record in records {
        writer.write(record).unwrap();
    }
    writer.end().unwrap()
}

fn record(body: &[u8]) -> Record {
    Record {
        id: Some(12),
        received_ns: Some(1_795_980_600_123_456_789),
        project: Some("Mine".into()),
        method: "POST".into(),
        path: "/hooks/gemini".into(),
        http_version: "HTTP/1.1".into(),
        headers: vec![
            ("Host".into(), b"127.0.0.1:4710".to_vec()),
            ("Content-Type".into(), b"application/json".to_vec()),
            ("webhook-id".into(), b"msg_1".to_vec()),
        ],
        body: body.to_vec(),
        body_len: body.len() as u64,
        event_type: Some("batch.succeeded".into()),
        message_id: Some("msg_1".into()),
        ..Record::default()
    }
}
