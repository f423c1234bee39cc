//! Names of jobs: what the user pastes, and what an event says.

use gemini::pointers::{self, PointerKind};
use serde_json::json;
use store::JobKind;

use crate::error::{Code, Error, Result};

/// The job that a text names: a name, an id, or an address of the service. A bare id is one of a batch, unless it looks
/// like an interaction's.
///
/// # Errors
/// `invalid_job` with what was expected.
pub(super) fn read(text: &str) -> Result<(JobKind, String)> {
    let text = text.trim();
    // Addresses of the service, copied from a log or a console.
    let address = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let text = address.map_or(text, |rest| rest.split_once('/').map_or("", |(_, path)| path));
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let text = ["v1/", "v1beta/", "v1alpha/"].iter().find_map(|version| text.strip_prefix(version)).unwrap_or(text);
    let wrong = || {
        let message = "This is not the name of a job. Paste one such as batches/k3v9…, interactions/v1_…, \
                       models/veo-3.1/operations/…, or an address of the service that ends with one.";
        Error::new(Code::InvalidJob, message)
    };
    if text.is_empty() || text.starts_with("files/") {
        return Err(wrong());
    }
    let family = match text {
        _ if text.starts_with("batches/") => "batch",
        _ if text.starts_with("interactions/") => "interaction",
        _ if text.contains("operations/") => "video",
        _ if text.starts_with("v1_") || text.starts_with("int_") => "interaction",
        _ => "batch",
    };
    let found = pointers::find_in(&json!({ "type": format!("{family}.x"), "data": { "id": text } }));
    let found = found.into_iter().next().and_then(|pointer| of_pointer(pointer.kind, &pointer.value));
    found.ok_or_else(wrong)
}

/// The job that a pointer leads to.
pub(super) fn of_pointer(kind: PointerKind, value: &str) -> Option<(JobKind, String)> {
    let within = |collection: &str| match value.contains('/') {
        true => value.to_owned(),
        false => format!("{collection}/{value}"),
    };
    match kind {
        PointerKind::Batch => Some((JobKind::Batch, within("batches"))),
        PointerKind::Interaction => Some((JobKind::Interaction, within("interactions"))),
        PointerKind::Video => Some((JobKind::Video, within("operations"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_read_as_the_job_that_it_names() {
        let table = [
            ("batches/k3v9", Some((JobKind::Batch, "batches/k3v9"))),
            ("  k3v9\n", Some((JobKind::Batch, "batches/k3v9"))),
            ("v1_Chc9", Some((JobKind::Interaction, "interactions/v1_Chc9"))),
            ("interactions/abc", Some((JobKind::Interaction, "interactions/abc"))),
            ("models/veo-3.1/operations/5hq2", Some((JobKind::Video, "models/veo-3.1/operations/5hq2"))),
            (
                "https://generativelanguage.googleapis.com/v1beta/batches/k3v9?x=1",
                Some((JobKind::Batch, "batches/k3v9")),
            ),
            ("https://x.example/v1/interactions/v1_a#top", Some((JobKind::Interaction, "interactions/v1_a"))),
            ("http://127.0.0.1:8080/v1beta/batches/k3v9", Some((JobKind::Batch, "batches/k3v9"))),
            ("http://127.0.0.1:8080", None),
            ("", None),
            ("files/abc", None),
            ("batches/../keys", None),
            ("batches/a b", None),
            ("gs://bucket/x", None),
        ];
        for (text, expected) in table {
            let read = read(text).ok();
            assert_eq!(read.as_ref().map(|(kind, name)| (*kind, name.as_str())), expected, "{text}");
        }
    }
}
