//! Bodies of any size, complete or not: what is recognised is read, and what was not read is reported.

use gemini::event::{self, Extent, Kept, Part, READ_LIMIT, Summary};
use gemini::{EventView, Pointer};
use proptest::prelude::*;
use serde_json::{Value, json};

const GUIDE: &str = r#"{"type":"batch.succeeded","version":"v1","timestamp":"2026-01-22T12:00:00Z","data":{"id":"batch_123456","output_file_uri":"gs://my-bucket/results.jsonl"}}"#;

fn read(body: &[u8], part: Part) -> (EventView, Vec<Pointer>) {
    event::read_kept(Kept { bytes: body, part })
}

fn summary(body: &[u8], part: Part) -> Summary {
    event::summary_of(Kept { bytes: body, part })
}

/// Items that add up to more than this many bytes.
fn items(bytes: usize) -> String {
    let item = |n: usize| format!(r#"{{"key":"request-{n}","text":"{}"}}"#, "x".repeat(60));
    (0..bytes / 80).map(item).collect::<Vec<_>>().join(",")
}

#[test]
fn type_and_pointers_are_read_wherever_they_stand_in_a_large_body() {
    let items = items(5 << 20);
    let long = "y".repeat(2 << 20);
    let bodies = [
        format!(
            r#"{{"type":"batch.succeeded","data":{{"id":"batches/b","output_file_uri":"files/f","items":[{items}]}}}}"#
        ),
        format!(
            r#"{{"items":[{items}],"data":{{"items":[{items}],"output_file_uri":"files/f","id":"batches/b"}},"type":"batch.succeeded"}}"#
        ),
        format!(
            r#"{{"data":{{"x":"{long}","id":"batches/b","output_file_uri":"files/f"}},"y":[1e400],"type":"batch.succeeded"}}"#
        ),
        format!(
            r#"{}{{"type":"batch.succeeded","data":{{"id":"batches/b","output_file_uri":"files/f"}}}}"#,
            " ".repeat(10 << 20)
        ),
    ];
    for body in bodies {
        assert!(body.len() > READ_LIMIT);
        let start = &body[..60];
        let (view, pointers) = read(body.as_bytes(), Part::Whole);
        assert_eq!(view.event_type.as_deref(), Some("batch.succeeded"), "{start}");
        assert!(view.known);
        let found: Vec<_> = pointers.iter().map(|pointer| (&*pointer.path, &*pointer.value)).collect();
        assert_eq!(found, [("data.output_file_uri", "files/f"), ("data.id", "batches/b")], "{start}");
        assert!(!view.problems.iter().any(|problem| problem.contains("empty")), "{:?}", view.problems);
        let told = view.problems.iter().any(|problem| problem.contains("not looked through"));
        assert_eq!(told, view.extent == Extent::Fields);
        assert_eq!(told, body.contains("request-60000"), "what was not read is said, and only that: {start}");
        let row = summary(body.as_bytes(), Part::Whole);
        assert_eq!((row.event_type.as_deref(), row.pointer.as_deref()), (Some("batch.succeeded"), Some("files/f")));
    }
}

#[test]
fn of_a_beginning_only_what_stands_there_is_said() {
    let body = format!(r#"{{"type":"batch.failed","data":{{"id":"batches/b","rows":[{}]}}}}"#, items(1 << 20));
    let kept = &body.as_bytes()[..64 << 10];
    let (view, pointers) = read(kept, Part::KeptOf(body.len() as u64));
    assert_eq!((view.event_type.as_deref(), view.extent), (Some("batch.failed"), Extent::Beginning));
    assert_eq!(pointers.iter().map(|pointer| &*pointer.value).collect::<Vec<_>>(), ["batches/b"]);
    assert_eq!(view.problems.len(), 2, "its size and its part, and nothing is missed: {:?}", view.problems);
    assert!(view.problems[1].contains("first 64.0 KiB of the body's 1."), "{:?}", view.problems);
    assert_eq!(summary(kept, Part::KeptOf(body.len() as u64)).event_type.as_deref(), Some("batch.failed"));

    let late = format!(r#"{{"rows":[{}],"type":"batch.failed"}}"#, items(1 << 20));
    let (view, _) = read(&late.as_bytes()[..64 << 10], Part::KeptOf(late.len() as u64));
    assert_eq!((view.event_type, view.extent), (None, Extent::Beginning));
    assert!(view.problems.iter().any(|problem| problem.contains("no type is found there")), "{:?}", view.problems);
    assert!(!view.problems.iter().any(|problem| problem.contains("has no")), "{:?}", view.problems);
}

#[test]
fn empty_is_said_of_an_empty_body_alone() {
    let (view, _) = read(b"", Part::Whole);
    assert!(view.problems[0].contains("The body is empty"));
    assert!(read(b"", Part::KeptOf(0)).0.problems[0].contains("The body is empty"));
    for part in [Part::KeptOf(7), Part::Unfolded] {
        let (view, _) = read(b"", part);
        assert_eq!(view.extent, Extent::Nothing);
        assert!(view.problems[0].contains("No part of the body was kept"), "{:?}", view.problems);
    }
    for (bytes, part) in [(&b"  "[..], Part::KeptOf(9)), (b"\"ab", Part::KeptOf(9)), (b"[", Part::Unfolded)] {
        let (view, _) = read(bytes, part);
        assert!(!format!("{:?}", view.problems).contains("empty"), "{:?}", view.problems);
        assert!(!format!("{:?}", view.problems).contains("null"), "{:?}", view.problems);
    }
}

#[test]
fn what_is_no_json_is_told_at_any_size() {
    let (text, mixed) = ("z".repeat(2 << 20), format!("{GUIDE}{}", "z".repeat(2 << 20)));
    for (body, part) in [(&text, Part::Whole), (&mixed, Part::Whole), (&text, Part::KeptOf(9 << 20))] {
        let (view, pointers) = read(body.as_bytes(), part);
        assert_eq!((view.event_type, pointers.len(), view.extent), (None, 0, Extent::Nothing));
        assert!(view.problems[0].contains("not JSON"), "{:?}", view.problems);
        assert_eq!(summary(body.as_bytes(), part), Summary::default());
    }
    let cut = format!("{}{}", &GUIDE[..80], " ".repeat(2 << 20));
    assert!(read(cut.as_bytes(), Part::Whole).0.problems[0].contains("incomplete"));
}

#[test]
fn metadata_is_shown_whole_or_not_at_all() {
    let of = |count: usize| {
        let many: Vec<_> = (0..count).collect();
        json!({"type": "t", "version": "v1", "user_metadata": {"n": many}, "pad": "x".repeat(READ_LIMIT), "data": {}})
    };
    let (small, _) = read(of(3).to_string().as_bytes(), Part::Whole);
    assert_eq!(small.user_metadata.as_deref(), Some(r#"{"n":[0,1,2]}"#));
    let (large, _) = read(of(100_000).to_string().as_bytes(), Part::Whole);
    assert_eq!((large.user_metadata, large.event_type.as_deref()), (None, Some("t")));
    assert!(large.problems.iter().any(|problem| problem.contains("user_metadata is too large")));
}

#[test]
fn a_hostile_body_costs_a_bounded_tree() {
    let keys: String = (0..300_000).map(|n| format!(r#""k{n}":{n},"#)).collect();
    let body = format!(r#"{{{keys}"type":"t","type":"u"}}"#);
    let (view, _) = read(body.as_bytes(), Part::Whole);
    assert_eq!(view.event_type.as_deref(), Some("u"), "the last one counts");
    assert!(view.unknown_fields.len() <= 51);
    let deep = "[".repeat(2 << 20);
    assert!(read(deep.as_bytes(), Part::Whole).0.problems[0].contains("not JSON"));
}

fn payload() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), "\\PC{0,12}".prop_map(Value::from)];
    let inner = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-z]{1,6}|id|file_name|user_metadata", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    (proptest::option::of("[a-z.é]{0,20}"), inner.clone(), inner).prop_map(|(kind, data, other)| {
        let mut payload = json!({"other": other, "data": data});
        if let Some(kind) = kind {
            payload["type"] = kind.into();
        }
        payload
    })
}

proptest! {
    /// Padded beyond the limit, a payload reads as it does without the padding.
    #[test]
    fn size_makes_no_difference(payload in payload()) {
        let text = payload.to_string();
        let (small, small_pointers) = event::read_with_pointers(text.as_bytes());
        let padded = format!("{}{text}", " ".repeat(READ_LIMIT));
        let (mut large, large_pointers) = read(padded.as_bytes(), Part::Whole);
        large.problems.retain(|problem| !problem.contains("less than 20 KiB"));
        prop_assert_eq!(&large, &small);
        prop_assert_eq!(large_pointers, small_pointers);
        prop_assert_eq!(summary(padded.as_bytes(), Part::Whole), event::summary(text.as_bytes()));
    }

    /// Whatever is read from a beginning is in the whole, too.
    #[test]
    fn a_beginning_never_says_what_the_whole_does_not(payload in payload(), cut in any::<prop::sample::Index>()) {
        let text = payload.to_string();
        let (whole, whole_pointers) = event::read_with_pointers(text.as_bytes());
        let kept = &text.as_bytes()[..cut.index(text.len())];
        let (view, pointers) = read(kept, Part::KeptOf(text.len() as u64));
        prop_assert!(view.event_type.is_none() || view.event_type == whole.event_type);
        prop_assert!(view.user_metadata.is_none() || view.user_metadata == whole.user_metadata);
        for pointer in pointers {
            let known = |other: &Pointer| (&other.path, &other.value) == (&pointer.path, &pointer.value);
            prop_assert!(whole_pointers.iter().any(known), "{pointer:?}");
        }
        let row = summary(kept, Part::KeptOf(text.len() as u64));
        prop_assert_eq!(row.event_type, view.event_type);
    }
}
