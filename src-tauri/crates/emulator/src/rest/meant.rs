//! Suggests the call that was probably meant by a path that does not exist: Google's guide prints some such paths, and
//! other clients guess where a verb goes.

use crate::rest::Call;

/// One sentence for the error; `None` if nothing similar is known.
pub(super) fn instead(call: &Call) -> Option<String> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    if call.version.is_empty() {
        let served = ["webhooks", "files", "models", "batches", "interactions", "operations"];
        let first = path.first().filter(|first| served.contains(first))?;
        return Some(format!("Paths begin with the version: /v1/{first} or /v1beta/{first}."));
    }
    let version = &call.version;
    // A verb after a colon and one after a slash are the same mistake.
    let (path, verb) = match (path.as_slice(), call.verb.as_deref()) {
        (path, Some(verb)) => (path.to_vec(), verb),
        ([path @ .., verb], None) => (path.to_vec(), *verb),
        ([], None) => return None,
    };
    let meant = |method: &str, rest: String| Some(format!("Did you mean {method} /{version}/{rest}?"));
    match (path.as_slice(), plain(verb).as_str()) {
        (["webhooks", id], "rotatesecret" | "rotatesigningsecret" | "rotate") => Some(format!(
            "The guide says rotate_secret, but the service rotates with POST /{version}/webhooks/{}:rotateSigningSecret.",
            shown(id, "{webhook}")
        )),
        (["webhooks", id], "ping" | "test") => meant("POST", format!("webhooks/{}:ping", shown(id, "{webhook}"))),
        (["webhooks", _], "deliveries" | "events" | "attempts") => {
            Some("The service lists no deliveries; the emulator's own log is GET /emulator/deliveries.".to_owned())
        }
        (["models", model], "batchcreate" | "createbatch" | "batches" | "batchgenerate") => Some(format!(
            "The guide said batchCreate, but the service creates a batch with \
             POST /{version}/models/{}:batchGenerateContent.",
            shown(model, "{model}")
        )),
        (["models", model], "batchembedcontent" | "batchembedcontents" | "asyncbatchembedcontents") => {
            meant("POST", format!("models/{}:asyncBatchEmbedContent", shown(model, "{model}")))
        }
        (["models", model], "generatevideos" | "generatevideo") => {
            meant("POST", format!("models/{}:predictLongRunning", shown(model, "{model}")))
        }
        (["models", _], "generatecontent" | "streamgeneratecontent" | "embedcontent" | "counttokens") => {
            Some("The emulator runs only what ends with an event: batches, interactions and videos.".to_owned())
        }
        (["batches", id], "cancel") => meant("POST", format!("batches/{}:cancel", shown(id, "{batch}"))),
        (["interactions", id], "cancel") => {
            meant("POST", format!("interactions/{}/cancel", shown(id, "{interaction}")))
        }
        (["files", id], "download" | "content") => {
            meant("GET", format!("files/{}:download?alt=media", shown(id, "{file}")))
        }
        _ => None,
    }
}

/// Matches `rotate_secret`, `rotateSecret` and `rotate-secret` alike.
fn plain(verb: &str) -> String {
    verb.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The id in the call, if it is one.
fn shown<'a>(id: &'a str, otherwise: &'a str) -> &'a str {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !id.is_empty() && id.len() <= 100 && id.chars().all(fits) { id } else { otherwise }
}
