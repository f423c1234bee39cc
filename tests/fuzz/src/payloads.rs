//! Payloads as the service's events are read, whole, cut and compressed, and the pointers in them: nothing may panic,
//! what is shown is short and steers nothing, every way of reading finds the same, and a command is safe in any shell.

use gemini::event::{self, EventView, Kept, Part, Summary, read_kept, summary_of};
use gemini::pointers::{self, Pointer};
use serde_json::Value;

use super::rig::is_shown;

/// A character that steers is written in up to ten others, and an ellipsis may follow.
const fn escaped(characters: usize) -> usize {
    characters * 10 + 1
}

/// The body.
pub fn run(data: &[u8]) {
    let view = event::read(data);
    let (again, found) = event::read_with_pointers(data);
    assert_eq!(view, again);
    assert_eq!(pointers::find(data), found);
    check(&view, &found);
    let _ = event::user_metadata(data);

    for bytes in [data, &data[..data.len() / 2]] {
        for part in [Part::Whole, Part::KeptOf(bytes.len() as u64 + 1), Part::Unfolded] {
            let kept = Kept { bytes, part };
            let (view, found) = read_kept(kept);
            check(&view, &found);
            check_summary(&summary_of(kept));
        }
    }
    // A row is read without a tree, and must say what the tree says.
    if data.len() <= super::mutation::LONGEST && serde_json::from_slice::<Value>(data).is_ok_and(|it| it.is_object()) {
        let row = event::summary(data);
        assert_eq!(row.event_type, view.event_type);
        assert_eq!(row, summary_of(Kept { bytes: data, part: Part::KeptOf(data.len() as u64) }));
    }

    if let Ok(text) = std::str::from_utf8(data)
        && let Some(name) = pointers::file_name(text)
    {
        assert!(name.strip_prefix("files/").is_some_and(|id| !id.is_empty() && !id.contains('/')), "{name}");
        assert_eq!(pointers::file_name(&name).as_deref(), Some(&*name));
    }

    for coding in ["gzip", "deflate", "br"] {
        if let Some((unfolded, _)) = inbound::unfold(data, coding) {
            assert!(unfolded.len() <= 1 << 20);
        }
        let headers = [("content-encoding", coding), ("webhook-id", "msg_1")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        let described = inbound::describe(&headers, data, data.len() as u64, true);
        assert_eq!(described.message_id.as_deref(), Some("msg_1"));
        check_summary(&Summary { event_type: described.event_type, pointer: described.pointer });
    }
}

fn check_summary(summary: &Summary) {
    let Summary { event_type, pointer } = summary;
    for text in [event_type, pointer].into_iter().flatten() {
        assert!(is_shown(text, escaped(200)), "{text:?}");
    }
}

fn check(view: &EventView, found: &[Pointer]) {
    assert!(view.unknown_fields.len() <= 51);
    assert!(found.len() <= pointers::POINTERS_LIMIT);
    for text in [&view.event_type, &view.timestamp, &view.version].into_iter().flatten() {
        assert!(is_shown(text, escaped(200)), "{text:?}");
    }
    for text in view.unknown_fields.iter().chain(&view.problems) {
        assert!(is_shown(text, escaped(400)), "{text:?}");
    }
    if let Some(metadata) = &view.user_metadata {
        assert!(is_shown(metadata, escaped(8 * 1024)), "{metadata:?}");
    }
    for pointer in found {
        let Pointer { path, field, value, kind: _, label, note, command } = pointer;
        assert!(is_shown(value, escaped(pointers::VALUE_LIMIT)), "{pointer:?}");
        for text in [path, field, label] {
            assert!(is_shown(text, escaped(200)), "{pointer:?}");
        }
        if let Some(note) = note {
            assert!(is_shown(note, escaped(2_048)), "{pointer:?}");
        }
        if let Some(command) = command {
            assert!(command.starts_with("gcloud storage cp gs://"), "{pointer:?}");
            let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/=+: ".contains(&byte);
            assert!(command.bytes().all(safe), "{pointer:?}");
        }
    }
}
