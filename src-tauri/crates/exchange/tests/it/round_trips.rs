//! What is written is read back.

use exchange::{Format, Record, Source};
use proptest::prelude::*;

use super::{any, found, record, written};

fn same(read: &Record, given: &Record) {
    assert_eq!(read.id, given.id);
    assert_eq!(read.received_ns, given.received_ns);
    assert_eq!(read.project, given.project);
    assert_eq!(read.peer, given.peer);
    assert_eq!(read.answer, given.answer);
    assert_eq!((read.pinned, read.imported, &read.note), (given.pinned, given.imported, &given.note));
    assert_eq!(read.left_out, given.left_out);
    assert_eq!(read.sha256, given.sha256);
    same_request(read, given);
}

fn same_request(read: &Record, given: &Record) {
    assert_eq!((&read.method, &read.path, &read.query), (&given.method, &given.path, &given.query));
    assert_eq!(read.headers, given.headers);
    assert_eq!(read.body, given.body);
    assert_eq!((read.truncated, read.body_len), (given.truncated, given.body_len));
}

proptest! {
    #[test]
    fn ndjson_loses_nothing(records in prop::collection::vec(any::record(), 0..4)) {
        let file = written(&records, Format::Ndjson);
        prop_assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), records.len());
        let found = found(&file);
        prop_assert!(found.problems.is_empty() && found.error.is_none(), "{:?} {:?}", found.problems, found.error);
        prop_assert_eq!(found.records.len(), records.len());
        for (number, ((read, line), given)) in found.records.iter().zip(&records).enumerate() {
            same(read, given);
            prop_assert_eq!(*line, number as u64 + 1);
        }
    }

    #[test]
    fn a_har_loses_nothing_of_a_delivery(records in prop::collection::vec(any::record(), 0..4)) {
        // What has neither a body nor an id is no delivery to whoever reads a HAR.
        let records: Vec<_> = records.into_iter().filter(|one| !one.body.is_empty() || one.has("webhook-id")).collect();
        // A note of white space is none in a HAR.
        let records: Vec<_> = records
            .into_iter()
            .map(|one| Record { note: one.note.filter(|note| !note.trim().is_empty()), ..one })
            .collect();
        let found = found(&written(&records, Format::Har));
        prop_assert!(found.problems.is_empty() && found.error.is_none(), "{:?} {:?}", found.problems, found.error);
        prop_assert_eq!(found.source, Some(Source::Har));
        prop_assert_eq!(found.records.len(), records.len());
        for ((read, line), (number, given)) in found.records.iter().zip(records.iter().enumerate()) {
            same(read, given);
            prop_assert_eq!(*line, number as u64 + 2);
        }
    }

    #[test]
    fn a_curl_command_holds_the_request(records in prop::collection::vec(any::record(), 1..4)) {
        let file = written(&records, Format::Curl);
        let found = found(&file);
        let shown = String::from_utf8_lossy(&file).into_owned();
        prop_assert!(found.problems.is_empty(), "{:?}\n{shown}", found.problems);
        prop_assert!(found.error.is_none(), "{:?}\n{shown}", found.error);
        prop_assert_eq!(found.records.len(), records.len(), "{}", shown);
        for ((read, _), given) in found.records.iter().zip(&records) {
            same_request(read, given);
        }
    }

    /// Anything at all, and valid files with something changed: no panic, and whatever is taken could be written again.
    #[test]
    fn nothing_that_is_read_can_do_harm(
        records in prop::collection::vec(any::record(), 0..3),
        format in prop::sample::select(&[Format::Ndjson, Format::Har, Format::Curl][..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut file = written(&records, format);
        for (at, byte) in changes {
            if !file.is_empty() {
                let at = at.index(file.len());
                file[at] = byte;
            }
        }
        for file in [file, noise.clone(), [b"curl ", &noise[..]].concat(), [b"{\"log\":", &noise[..]].concat()] {
            for (taken, _) in found(&file).records {
                let taken = Record { received_ns: taken.received_ns.or(Some(0)), ..taken };
                let again = found(&written(std::slice::from_ref(&taken), Format::Ndjson));
                prop_assert_eq!(again.records.len(), 1, "{:?}", again.problems);
                same_request(&again.records[0].0, &taken);
            }
        }
    }
}

#[test]
fn an_empty_file_of_each_form_is_read_as_empty() {
    for format in [Format::Ndjson, Format::Har, Format::Curl] {
        let found = found(&written(&[], format));
        assert!(found.records.is_empty() && found.problems.is_empty() && found.error.is_none(), "{format:?}");
    }
}

#[test]
fn cloud_events_are_one_line_each_and_hold_the_body_as_it_is() {
    let mut json = record(b"{\n  \"type\": \"batch.succeeded\",\r\n  \"big\": 123456789012345678901234567890.10 }");
    json.attempt = Some(2);
    let mut binary = record(b"\xff\0");
    (binary.message_id, binary.event_type) = (None, None);
    let text = String::from_utf8(written(&[json, binary], Format::CloudEvents)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains("\"big\": 123456789012345678901234567890.10 }"), "{}", lines[0]);
    let event: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!((&event["specversion"], &event["id"]), (&"1.0".into(), &"msg_1".into()));
    assert_eq!((&event["type"], &event["source"]), (&"batch.succeeded".into(), &"/pollux/projects/Mine".into()));
    assert_eq!((&event["time"], &event["polluxattempt"]), (&"2026-11-29T19:30:00.123456789Z".into(), &2.into()));
    let event: serde_json::Value = serde_json::from_str(lines[1]).unwrap();
    assert_eq!((&event["data_base64"], &event["id"]), (&"/wA=".into(), &"pollux-12".into()));
    assert_eq!(event.get("data"), None);
    assert!(super::found(text.as_bytes()).error.is_some_and(|error| error.to_string().contains("CloudEvents")));
}
