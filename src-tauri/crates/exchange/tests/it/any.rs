//! Any delivery that a listener can receive.

use exchange::{Answer, AnsweredBy, Record};
use proptest::prelude::*;

/// A body: text that means something to shells and languages, or any bytes.
pub(crate) fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => prop::collection::vec(any::<u8>(), 0..64),
        3 => "[ -~\n\t]{0,60}".prop_map(String::into_bytes),
        2 => "\\PC{0,40}".prop_map(String::into_bytes),
        2 => prop::sample::select(TRICKY).prop_map(|text| text.to_vec()),
        1 => (prop::sample::select(TRICKY), any::<Vec<u8>>()).prop_map(|(text, more)| [text, &more[..]].concat()),
    ]
}

const TRICKY: &[&[u8]] = &[
    b"",
    b"\0",
    b"a\0b",
    b"@/etc/passwd",
    b"'; rm -rf / #",
    b"$(touch /tmp/x) `id` ${HOME} $HOME !!",
    b"\"\\\"\\n\\",
    b"{\"a\":\"it's\"}\n",
    b"\n\n",
    b"\r\n",
    b"\xff\xfe",
    "\u{202e}\u{2066}é\u{1f600}\u{feff}\u{2028}".as_bytes(),
    b"%s %d \\033 %%",
    b"-d --data",
    b"*/ --> ]]> </script> \"\"\" '''",
    b"#{x} {{x}} ${x} {x}",
];

const VALUES: &[&[u8]] = &[b"=x", b"@x", b":x", b";", b"a;b", b"'", b"\\=", b"$(id)", b"%41 %s"];

const NAMES: &[&str] = &["webhook-id", "Content-Type", "X-A", "x-a", "a!#$%&'*+.^_`|~b"];

fn value() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![8 => 0x20..=0x7e_u8, 1 => Just(b'\t'), 2 => 0x80..=0xff_u8];
    let any = prop_oneof![
        3 => prop::collection::vec(byte, 0..24),
        1 => prop::sample::select(VALUES)
            .prop_map(<[u8]>::to_vec),
    ];
    // White space around a value is no part of it.
    any.prop_map(|value| value.trim_ascii().to_vec())
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let name = prop_oneof![
        2 => "[A-Za-z][A-Za-z0-9-]{0,12}",
        1 => prop::sample::select(NAMES).prop_map(str::to_owned),
    ];
    (name, value())
}

fn answer() -> impl Strategy<Value = Answer> {
    let by = prop_oneof![
        Just(None),
        Just(Some((AnsweredBy::Rule, "500 every time".to_owned()))),
        Just(Some((AnsweredBy::Target, "\u{202e}".to_owned())))
    ];
    (100..600_u16, "\\PC{0,10}", prop::option::of(0..1_u64 << 40), by).prop_map(|(status, body, took_us, by)| Answer {
        status,
        headers: vec![("a".into(), "b".into()), ("a".into(), "c".into())],
        body,
        took_us,
        by,
    })
}

/// Any record, with each of its fields. A header of a client (`Host`) or a credential is in none, as snippets leave
/// those out.
pub(crate) fn record() -> impl Strategy<Value = Record> {
    let place = ("(/[!-~&&[^?#]]{0,12}){1,3}", prop::option::of("[!-~&&[^#]]{0,12}"), prop::option::of("\\PC{1,12}"));
    let flags = (any::<bool>(), any::<bool>(), prop::option::of("\\PC{1,20}"), prop::option::of(answer()));
    let part = prop::option::of((1..1_000_000_u64, any::<[u8; 32]>()));
    let headers = prop::collection::vec(header(), 0..6);
    (any::<i64>(), place, headers, body(), flags, part).prop_map(|(id, place, headers, body, flags, part)| {
        let ((path, query, project), (pinned, imported, note, answer)) = (place, flags);
        let is_sent = |name: &str| {
            !["host", "te", "expect", "upgrade", "trailer", "connection", "api-key", "cookie"]
                .contains(&name.to_ascii_lowercase().as_str())
        };
        Record {
            id: Some(id),
            // Between the years 1700 and 2200.
            received_ns: Some(id.clamp(-8_000_000_000_000_000_000, 7_000_000_000_000_000_000)),
            project,
            method: "POST".into(),
            path,
            query,
            http_version: "HTTP/1.1".into(),
            peer: Some("127.0.0.1:5000".into()),
            headers: headers.into_iter().filter(|(name, _)| is_sent(name)).collect(),
            body_len: body.len() as u64 + part.map_or(0, |(more, _)| more),
            truncated: part.is_some(),
            sha256: part.map(|(_, digest)| digest),
            body,
            outcome: Some("rejected".into()),
            answer,
            pinned,
            imported,
            note,
            left_out: if pinned { vec!["cookie".into()] } else { Vec::new() },
            ..Record::default()
        }
    })
}
