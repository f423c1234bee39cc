use gemini::pointers::{self, Pointer, PointerKind, VALUE_LIMIT};
use proptest::prelude::*;
use serde_json::{Value, json};

use PointerKind::{Batch, BatchOutput, File, Gs, Https, Interaction, Other, Video};

fn find(event_type: &str, data: Value) -> Vec<Pointer> {
    pointers::find(json!({"type": event_type, "data": data}).to_string().as_bytes())
}

fn one(event_type: &str, field: &str, value: &str) -> Pointer {
    let found = find(event_type, json!({field: value}));
    assert_eq!(found.len(), 1, "{value}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn ids_follow_the_family_of_the_event() {
    let cases: &[(&str, &str, PointerKind, &str)] = &[
        ("batch.succeeded", "batches/8x2k4q9v", Batch, "batch"),
        ("batch.failed", "batch_123456", Batch, "batch"),
        ("batch.archived", "b-1", Batch, "batch"),
        ("interaction.completed", "v1_Chd2bGF-_x", Interaction, "interaction"),
        ("interaction.failed", "interactions/abc", Interaction, "interaction"),
        ("video.generated", "models/veo-3.1-generate-preview/operations/a1", Video, "video operation"),
        ("video.generated", "operations/a1", Video, "video operation"),
        ("video.generated", "a1", Video, "video operation"),
        ("audio.generated", "batches/a1", Batch, "batch"),
        ("audio.generated", "models/lyria/operations/a1", Video, "video operation"),
        ("audio.generated", "a1", Other, "id"),
        // Not an id of the family, or not an id at all.
        ("batch.succeeded", "files/a1", Other, "id"),
        ("batch.succeeded", "batches/../files/a", Other, "id"),
        ("batch.succeeded", "batches/", Other, "id"),
        ("batch.succeeded", "a b", Other, "id"),
        ("batch.succeeded", "https://example.com/1", Other, "id"),
        ("interaction.completed", "batches/1", Other, "id"),
        ("interaction.completed", "a?key=1", Other, "id"),
        ("video.generated", "models/../operations/a1", Other, "id"),
        ("video.generated", "models/a/b/operations/a1", Other, "id"),
    ];
    for (event_type, id, kind, label) in cases {
        let pointer = one(event_type, "id", id);
        assert_eq!((pointer.kind, pointer.label.as_str()), (*kind, *label), "{event_type} {id}");
        assert_eq!((pointer.path.as_str(), pointer.field.as_str(), pointer.value.as_str()), ("data.id", "id", *id));
        assert_eq!(pointer.note.is_some(), *kind == Other, "{id}: {:?}", pointer.note);
    }
}

#[test]
fn files_in_all_their_forms() {
    let api = "https://generativelanguage.googleapis.com";
    for value in [
        "files/batch-8x2k4q9v".to_owned(),
        "files/batch-8x2k4q9v:download".to_owned(),
        "batch-8x2k4q9v".to_owned(),
        format!("{api}/v1/files/batch-8x2k4q9v"),
        format!("{api}/v1beta/files/batch-8x2k4q9v"),
        format!("{api}/v1beta/files/batch-8x2k4q9v:download"),
        format!("{api}/v1beta/files/batch-8x2k4q9v:download?alt=media"),
        format!("{api}/download/v1beta/files/batch-8x2k4q9v:download?alt=media"),
        format!("{api}:443/download/v1/files/batch-8x2k4q9v?alt=media"),
    ] {
        assert_eq!(pointers::file_name(&value).as_deref(), Some("files/batch-8x2k4q9v"), "{value}");
        let output = one("batch.succeeded", "output_file_uri", &value);
        assert_eq!((output.kind, output.label.as_str()), (BatchOutput, "batch output"), "{value}");
        for field in ["output_file_uri", "file_name", "file_id", "video_uri"] {
            let file = one("video.generated", field, &value);
            assert_eq!((file.kind, file.label.as_str()), (File, "video file"), "{value}");
        }
        assert_eq!(one("audio.generated", "file_name", &value).kind, File);
    }
}

#[test]
fn cloud_storage_comes_with_a_command_where_that_is_safe() {
    let pointer = one("batch.succeeded", "output_file_uri", "gs://my-bucket/a/results.jsonl");
    assert_eq!(pointer.kind, Gs);
    assert_eq!(pointer.command.as_deref(), Some("gcloud storage cp gs://my-bucket/a/results.jsonl ."));
    assert!(pointer.note.unwrap().contains("Gemini API key cannot read"));
    for object in ["a b", "a;reboot", "$(reboot)", "`x`", "a&b", "a|b", "a'b", "a\"b", "%PATH%", "a*", "a>b", "ä", "~"]
    {
        let pointer = one("batch.succeeded", "output_file_uri", &format!("gs://my-bucket/{object}"));
        assert_eq!((pointer.kind, pointer.command), (Gs, None), "{object}");
    }
    for value in ["gs://", "gs://bucket", "gs://bucket/", "gs:///x", "gs://B;x/y", "gs://a b/c"] {
        let pointer = one("batch.succeeded", "output_file_uri", value);
        assert_eq!((pointer.kind, pointer.command), (Other, None), "{value}");
    }
}

#[test]
fn everything_else_is_kept_away_from() {
    let api = "https://generativelanguage.googleapis.com";
    let long = format!("https://example.com/{}", "x".repeat(VALUE_LIMIT));
    let cases: &[(&str, PointerKind, &str)] = &[
        ("https://example.com/a.mp4", Https, "never sent to example.com"),
        ("https://storage.googleapis.com/b/o", Https, "never sent to storage.googleapis.com"),
        ("https://127.0.0.1/files/a", Https, "never sent"),
        ("https://generativelanguage.googleapis.com.evil.example/v1/files/a", Https, "resembles"),
        ("https://generativelanguage-googleapis.com/v1/files/a", Https, "resembles"),
        ("https://generativelanguage.googleapis.com:8443/v1/files/a", Https, "resembles"),
        ("https://generativelanguage.googleapis.com./v1/files/a", Https, "resembles"),
        ("https://gооgleapis.com/v1/files/a", Https, "resembles"), // Cyrillic о
        ("https://evilgoogleapis.com/v1/files/a", Https, "resembles"),
        ("https://generativelanguage.googleapis.com@evil.example/v1/files/a", Other, "user name"),
        ("https://user:pass@generativelanguage.googleapis.com/v1/files/a", Other, "user name"),
        ("https://generativelanguage.googleapis.com\\@evil.example/v1/files/a", Other, "backslash"),
        ("http://generativelanguage.googleapis.com/v1/files/a", Other, "without encryption"),
        ("javascript:alert(1)", Other, "javascript:"),
        ("data:text/html,<script>", Other, "data:"),
        ("file:///etc/passwd", Other, "file:"),
        ("files/../../etc/passwd", Other, "not look like"),
        ("files/a/b", Other, "not look like"),
        ("files/", Other, "not look like"),
        ("files/a?x", Other, "not look like"),
        ("//evil.example/x", Other, "not a known form"),
        ("C:\\x", Other, "not opened"),
        ("a\u{0}b", Other, "control"),
        ("files/a\u{202e}b", Other, "control"),
        ("https://example.com/\n", Other, "control"),
        (&long, Other, "characters"),
    ];
    for (value, kind, note) in cases {
        let pointer = one("video.generated", "video_uri", value);
        assert_eq!(pointer.kind, *kind, "{value}: {pointer:?}");
        assert!(pointer.note.as_deref().is_some_and(|text| text.contains(note)), "{value}: {pointer:?}");
        assert!(!pointer.value.chars().any(char::is_control));
        assert!(pointer.value.chars().count() <= VALUE_LIMIT + 1);
        assert_eq!(pointers::file_name(value), None, "{value}");
    }
    for path in [
        "/v1/files/../batches/a",
        "/v1/files/a%2fb",
        "/v2/files/a",
        "/v1/files/a?key=AIza",
        "/v1/files/a?alt=media&x=1",
        "/v1/batches/a",
        "/upload/v1/files/a",
        "/v1/files/a:delete",
        "//v1/files/a",
    ] {
        let pointer = one("video.generated", "video_uri", &format!("{api}{path}"));
        assert_eq!((pointer.kind, pointer.label.as_str()), (Https, "Google address"), "{path}");
    }
}

#[test]
fn files_come_before_ids_and_other_fields_last() {
    let found = find(
        "video.generated",
        json!({
            "extra": [{"uri": "https://example.com/a"}, "files/b", "plain text"],
            "id": "operations/x", "file_name": "files/a", "output_file_uri": "https://generativelanguage.googleapis.com/v1/files/a",
            "user_metadata": {"link": "https://example.com/mine"},
        }),
    );
    let paths: Vec<_> = found.iter().map(|pointer| (pointer.path.as_str(), pointer.kind)).collect();
    assert_eq!(
        paths,
        [
            ("data.output_file_uri", File),
            ("data.file_name", File),
            ("data.id", Video),
            ("data.extra[0].uri", Https),
            ("data.extra[1]", File),
        ]
    );
    assert_eq!(found[3].field, "uri");
}

#[test]
fn squashed_payloads_and_strangers_are_read() {
    let found = pointers::find(
        br#"{"type":"batch.succeeded","id":"batches/a","result":"gs://abc/d","user_metadata":"https://x.example/"}"#,
    );
    let paths: Vec<_> = found.iter().map(|pointer| (pointer.path.as_str(), pointer.kind)).collect();
    assert_eq!(paths, [("id", Batch), ("result", Gs)]);
    for body in [&b""[..], b"null", b"[\"files/a\"]", b"{\"data\":{\"id\":5}}", b"{"] {
        assert_eq!(pointers::find(body), []);
    }
    let many: Vec<String> = (0..100).map(|n| format!("files/{n}")).collect();
    assert_eq!(find("batch.succeeded", json!({"a": many, "b": many})).len(), pointers::POINTERS_LIMIT);
    let deep = format!("{}\"files/a\"{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(pointers::find(format!(r#"{{"data":{{"x":{deep}}}}}"#).as_bytes()), []);
}

#[test]
fn the_wire_shape() {
    assert_eq!(
        serde_json::to_value(one("batch.succeeded", "output_file_uri", "files/a")).unwrap(),
        json!({"path": "data.output_file_uri", "field": "output_file_uri", "value": "files/a", "kind": "batch_output",
            "label": "batch output", "note": null, "command": null})
    );
}

proptest! {
    #[test]
    fn no_value_panics_or_escapes(value in "(https://|gs://|files/|batches/|http://|https://generativelanguage.googleapis.com/v1/files/)?(.|\\PC){0,80}", kind in "(batch|interaction|video|x)\\.[a-z]{1,4}") {
        for field in ["id", "output_file_uri", "file_name", "file_id", "video_uri", "other"] {
            for pointer in find(&kind, json!({field: value})) {
                prop_assert!(!pointer.value.chars().any(char::is_control));
                // Only a value made of harmless characters ever gets a command.
                if let Some(command) = pointer.command {
                    prop_assert!(command.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" ./:_-=+".contains(&byte)), "{}", command);
                }
                // Whatever counts as a file has a name that is valid in a path.
                if matches!(pointer.kind, File | BatchOutput) {
                    let name = pointers::file_name(&value);
                    prop_assert!(name.is_some_and(|name| name["files/".len()..].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))));
                }
            }
        }
    }
}
