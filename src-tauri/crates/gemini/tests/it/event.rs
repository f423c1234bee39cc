use gemini::catalog;
use gemini::event::{self, READ_LIMIT};
use proptest::prelude::*;
use serde_json::{Value, json};

const GUIDE: &str = r#"{"type":"batch.succeeded","version":"v1","timestamp":"2026-01-22T12:00:00Z","data":{"id":"batch_123456","output_file_uri":"gs://my-bucket/results.jsonl"}}"#;

#[test]
fn the_catalog_has_nine_types_of_which_seven_can_be_subscribed_to() {
    assert_eq!(catalog::ALL.len(), 9);
    let not: Vec<_> = catalog::ALL.iter().filter(|entry| !entry.subscribable).map(|entry| entry.name).collect();
    assert_eq!(not, ["batch.cancelled", "interaction.cancelled"]);
    assert!(catalog::lookup("batch.completed").is_none());
    assert_eq!(catalog::event_types().len(), 9);
    assert_eq!(
        serde_json::to_value(&catalog::event_types()[0]).unwrap(),
        json!({"name": "batch.succeeded", "meaning": catalog::ALL[0].meaning, "subscribable": true})
    );
}

#[test]
fn the_guides_event_has_nothing_odd_about_it() {
    let view = event::read(GUIDE.as_bytes());
    assert_eq!(view.event_type.as_deref(), Some("batch.succeeded"));
    assert!(view.known && view.subscribable);
    assert_eq!(view.timestamp.as_deref(), Some("2026-01-22T12:00:00Z"));
    assert_eq!(view.version.as_deref(), Some("v1"));
    assert_eq!(view.problems, Vec::<String>::new());
    assert_eq!(view.unknown_fields, Vec::<String>::new());
    assert_eq!(view.user_metadata, None);
}

/// A valid payload with some fields replaced; `null` removes one.
fn with(changes: Value) -> String {
    let mut payload: Value = serde_json::from_str(GUIDE).unwrap();
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            payload.as_object_mut().unwrap().remove(key);
        } else {
            payload[key] = value.clone();
        }
    }
    payload.to_string()
}

#[test]
fn each_oddity_is_one_sentence() {
    let cases: &[(String, &str)] = &[
        (String::new(), "empty"),
        ("not json".to_owned(), "not JSON"),
        (GUIDE[..80].to_owned(), "incomplete"),
        ("\u{feff}{}".to_owned(), "byte order mark"),
        ("[1]".to_owned(), "a list"),
        ("null".to_owned(), "null"),
        ("17".to_owned(), "a number"),
        (with(json!({"type": null})), "no `type`"),
        (with(json!({"type": 5})), "`type` is a number"),
        (with(json!({"type": ""})), "`type` is empty"),
        (with(json!({"type": "batch.completed"})), "it is batch.succeeded"),
        (with(json!({"type": "Batch.Succeeded"})), "case"),
        (with(json!({"type": "batch succeeded"})), "letters, digits"),
        (with(json!({"type": "batch..succeeded"})), "letters, digits"),
        (with(json!({"type": "b\u{202e}atch"})), "letters, digits"),
        (with(json!({"version": null})), "no `version`"),
        (with(json!({"version": "v2"})), "`version` is v2"),
        (with(json!({"version": 1})), "`version` is a number"),
        (with(json!({"timestamp": null})), "no `timestamp`"),
        (with(json!({"timestamp": "yesterday"})), "ISO 8601"),
        (with(json!({"timestamp": "2026-01-22T12:00:00"})), "ISO 8601"),
        (with(json!({"timestamp": "2026-02-30T12:00:00Z"})), "ISO 8601"),
        (with(json!({"timestamp": 1_769_083_200})), "`timestamp` is a number"),
        (with(json!({"data": null})), "no `data`"),
        (with(json!({"data": []})), "`data` is a list"),
        (with(json!({"data": {}})), "no `id`"),
        (with(json!({"data": {"id": 7}})), "`data.id`"),
        (with(json!({"data": {"id": ""}})), "`data.id`"),
        (with(json!({"user_metadata": "x".repeat(21_000)})), "less than 20 KiB"),
        (" ".repeat(READ_LIMIT + 1), "not read as an event"),
        ("[".repeat(5000), "not JSON"),
    ];
    for (body, expected) in cases {
        let shown = &body[..body.len().min(60)];
        let problems = event::read(body.as_bytes()).problems;
        assert_eq!(problems.len(), 1, "{shown}: {problems:?}");
        assert!(problems[0].contains(expected), "{shown}: {problems:?}");
        assert!(problems[0].ends_with('.'), "{problems:?}");
    }
    for body in [&b"\x1f\x8b\x08\0"[..], b"{\"type\":\"caf\xe9\"}"] {
        assert_eq!(event::read(body).problems.len(), 1);
    }
}

#[test]
fn an_unknown_type_is_marked_and_no_problem() {
    let view = event::read(with(json!({"type": "audio.generated"})).as_bytes());
    assert_eq!(view.event_type.as_deref(), Some("audio.generated"));
    assert!(!view.known && !view.subscribable && view.meaning.is_none());
    assert_eq!(view.problems, Vec::<String>::new());
}

#[test]
fn unknown_fields_are_named_by_path() {
    let body = with(
        json!({"colour": 1, "data": {"id": "a", "output_file_uri": "files/b", "error_code": 3, "deep": {"er": 1}, "user_metadata": {}}}),
    );
    assert_eq!(event::read(body.as_bytes()).unknown_fields, ["data.error_code", "data.deep", "colour"]);
    let many: serde_json::Map<String, Value> = (0..80).map(|n| (format!("f{n}"), json!(n))).collect();
    let view = event::read(with(json!({"data": many})).as_bytes());
    assert_eq!(view.unknown_fields.len(), 51);
    assert_eq!(view.unknown_fields[50], "…");
}

#[test]
fn user_metadata_is_found_in_both_places_and_spellings() {
    for (changes, expected) in [
        (json!({"user_metadata": {"a": 1}}), Some(r#"{"a":1}"#)),
        (json!({"userMetadata": "x"}), Some(r#""x""#)),
        (json!({"data": {"id": "a", "user_metadata": {"b": 2}}, "user_metadata": {"a": 1}}), Some(r#"{"b":2}"#)),
        (json!({"data": {"id": "a", "userMetadata": [1]}}), Some("[1]")),
        (json!({"user_metadata": "\u{202e}"}), Some(r#""\u{202e}""#)),
    ] {
        let view = event::read(with(changes.clone()).as_bytes());
        assert_eq!(view.user_metadata.as_deref(), expected, "{changes}");
        assert_eq!(view.unknown_fields, Vec::<String>::new());
    }
    let nothing = br#"{"type":"batch.failed","user_metadata":null,"data":{"id":"a","user_metadata":null}}"#;
    assert_eq!(event::read(nothing).user_metadata, None);
}

#[test]
fn steering_characters_do_not_get_through() {
    let view =
        event::read(with(json!({"type": "a\u{1b}[2J\u{202e}b", "timestamp": "\u{7}", "x\u{200b}": 1})).as_bytes());
    assert_eq!(view.event_type.as_deref(), Some(r"a\u{1b}[2J\u{202e}b"));
    assert_eq!(view.timestamp.as_deref(), Some(r"\u{7}"));
    assert_eq!(view.unknown_fields, [r"x\u{200b}"]);
}

#[test]
fn the_summary_of_each_form() {
    let cases: &[(&str, Option<&str>, Option<&str>)] = &[
        (GUIDE, Some("batch.succeeded"), Some("gs://my-bucket/results.jsonl")),
        (r#"{"data":{"id":"batches/8x"},"type":"batch.failed"}"#, Some("batch.failed"), Some("batches/8x")),
        (
            r#"{"type":"batch.succeeded","data":{"output_file_uri":"files/batch-8x","id":"batches/8x"}}"#,
            Some("batch.succeeded"),
            Some("files/batch-8x"),
        ),
        (
            r#"{"type":"video.generated","data":{"id":"v","video_uri":"https://generativelanguage.googleapis.com/v1beta/files/v7k:download?alt=media"}}"#,
            Some("video.generated"),
            Some("files/v7k"),
        ),
        (r#"{"type":"video.generated","data":{"id":"v","file_id":"v7k"}}"#, Some("video.generated"), Some("files/v7k")),
        (r#"{"type":"video.generated","id":"top"}"#, Some("video.generated"), Some("top")),
        // Escapes, other types of value, and the last of two.
        (r#"{"\u0074ype":"a\u0062","data":{"id":"\u0063"}}"#, Some("ab"), Some("c")),
        (r#"{"type":{"a":[1,2]},"data":{"id":[{}]}}"#, None, None),
        (r#"{"type":"one","type":"two","data":{"id":"a"},"data":{"id":"b"}}"#, Some("two"), Some("b")),
        (r#"{"type":"one","type":null}"#, None, None),
        (r#"{"type":"t","data":"text"}"#, Some("t"), None),
        (r#"{"type":"t","data":[1,"a",{}]}"#, Some("t"), None),
        (r#"{"type":"t","data":-1.5}"#, Some("t"), None),
        (r#"{"type":"t","data":{"id":true,"file_name":""}}"#, Some("t"), None),
        (r#"{"type":"t""#, None, None),
        ("[]", None, None),
        ("", None, None),
    ];
    for (body, event_type, pointer) in cases {
        let summary = event::summary(body.as_bytes());
        assert_eq!((summary.event_type.as_deref(), summary.pointer.as_deref()), (*event_type, *pointer), "{body}");
    }
    let long = format!(r#"{{"type":"{}"}}"#, "x".repeat(5000));
    assert_eq!(event::summary(long.as_bytes()).event_type.unwrap().chars().count(), 201);
    let large = format!(r#"{{"type":"t","x":"{}"}}"#, "x".repeat(READ_LIMIT));
    assert_eq!(event::summary(large.as_bytes()), event::Summary::default());
}

/// JSON of roughly the right shape, with any values in its places.
fn near_events() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "(https://|gs://|files/|batches/|javascript:)?.{0,30}".prop_map(Value::from),
        Just(Value::Null),
    ];
    let key = prop_oneof![
        Just("type".to_owned()),
        Just("data".to_owned()),
        Just("id".to_owned()),
        Just("output_file_uri".to_owned()),
        Just("user_metadata".to_owned()),
        Just("timestamp".to_owned()),
        ".{0,6}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let (view, pointers) = event::read_with_pointers(&body);
        prop_assert_eq!(&view, &event::read(&body));
        prop_assert_eq!(pointers, gemini::pointers::find(&body));
        let _summary = event::summary(&body);
    }

    #[test]
    fn the_fast_path_agrees_with_the_slow_one(value in near_events()) {
        let body = value.to_string();
        let (view, pointers) = event::read_with_pointers(body.as_bytes());
        let summary = event::summary(body.as_bytes());
        prop_assert_eq!(&summary.event_type, &view.event_type);
        // What the row shows is among the pointers that the detail lists.
        if let Some(pointer) = &summary.pointer {
            let shown = |value: &str| gemini::pointers::file_name(value).unwrap_or_else(|| value.to_owned());
            prop_assert!(
                pointers.iter().any(|found| found.value == *pointer || shown(&found.value) == *pointer),
                "{} not in {:?}", pointer, pointers
            );
        }
        for text in view.problems.iter().chain(&view.unknown_fields).chain(&view.event_type) {
            prop_assert!(!text.chars().any(char::is_control), "{:?}", text);
        }
    }
}

#[test]
fn the_metadata_is_given_as_it_was_sent_wherever_it_stands() {
    let sent = json!({"job_group": "nightly-eval", "n": 18_446_744_073_709_551_615_u64, "deep": [{"a": null}]});
    let read = |payload: Value| event::user_metadata(payload.to_string().as_bytes());
    assert_eq!(read(json!({"data": {"user_metadata": sent}})), Some(sent.clone()));
    assert_eq!(read(json!({"user_metadata": sent, "data": {"id": "1"}})), Some(sent.clone()));
    assert_eq!(read(json!({"user_metadata": "other", "data": {"userMetadata": sent}})), Some(sent.clone()));
    assert_eq!(read(json!({"user_metadata": sent, "data": {"user_metadata": null}})), Some(sent.clone()));
    assert_eq!(event::user_metadata(br#"{"data":{"user\u005fm\u0065tadata":1}}"#), Some(json!(1)));
    assert_eq!(read(json!({"data": {"other": {"user_metadata": 1}}})), None);
    for body in [&b"{}"[..], b"", b"user_metadata", b"[\"user_metadata\"]", b"\xff user_metadata"] {
        assert_eq!(event::user_metadata(body), None);
    }
    let long = json!({"user_metadata": "x".repeat(READ_LIMIT)}).to_string();
    assert_eq!(event::user_metadata(long.as_bytes()), None);
}

#[test]
fn what_steers_a_terminal_or_hides_is_told_from_text() {
    for c in
        ['\0', '\u{1b}', '\n', '\u{7f}', '\u{85}', '\u{9b}', '\u{ad}', '\u{34f}', '\u{61c}', '\u{115f}', '\u{180e}']
    {
        assert!(gemini::steers(c), "{}", c.escape_unicode());
    }
    let ranges = ['\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{206f}', '\u{fe00}'..='\u{fe0f}'];
    for c in ranges.into_iter().flatten().chain(['\u{3164}', '\u{feff}', '\u{fffb}', '\u{1d173}', '\u{e0041}']) {
        assert!(gemini::steers(c), "{}", c.escape_unicode());
    }
    for c in "aZ ~é\u{a0}ß中文日本語한국어العربيةעברית😀🎉→…✓\u{3000}".chars() {
        assert!(!gemini::steers(c), "{c}");
    }
    assert_eq!(gemini::printable("a\u{202e}b\u{9b}中", 10), r"a\u{202e}b\u{9b}中");
}
