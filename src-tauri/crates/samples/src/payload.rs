//! Sample payloads: every event type in the forms that have been documented or seen.

use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signature::Scheme;

use crate::random::{self, Random};

/// A sample to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleRequest {
    /// One of [`sample_types`].
    pub event_type: String,
    /// One of the type's variants; `None` means the first one.
    pub variant: Option<String>,
    /// How it is signed.
    pub scheme: Scheme,
    /// One of [`crate::broken_kinds`]; `None` means a correct delivery.
    pub broken: Option<String>,
}

/// An event type for which there are samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleType {
    /// The event type.
    pub name: &'static str,
    /// Its meaning, in one plain sentence.
    pub meaning: &'static str,
    /// The forms of its payload, the default one first.
    pub variants: Vec<SampleVariant>,
}

/// One form of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleVariant {
    /// Its id within the event type.
    pub id: &'static str,
    /// Two to five words for a menu.
    pub label: &'static str,
}

/// All event types with their variants, in the order of the catalog.
#[must_use]
pub fn sample_types() -> Vec<SampleType> {
    gemini::catalog::ALL
        .iter()
        .map(|entry| SampleType { name: entry.name, meaning: entry.meaning, variants: variants(entry.name).to_vec() })
        .collect()
}

const fn variant(id: &'static str, label: &'static str) -> SampleVariant {
    SampleVariant { id, label }
}

const METADATA: SampleVariant = variant("metadata", "user_metadata in data");
const METADATA_TOP: SampleVariant = variant("metadata_top", "user_metadata at top level");
const PREFIXED: SampleVariant = variant("prefixed", "id with batches/");
const BARE: SampleVariant = variant("bare_id", "bare id");
const NUMBER: SampleVariant = variant("code_number", "error code as number");
const TEXT: SampleVariant = variant("code_text", "error code as text");
const PLAIN: SampleVariant = variant("plain", "id only");

fn variants(event_type: &str) -> &'static [SampleVariant] {
    match event_type {
        "batch.succeeded" => {
            const {
                &[
                    variant("file", "results in a file"),
                    variant("cloud_storage", "results in Cloud Storage"),
                    variant("inline", "inline results, bare id"),
                    METADATA,
                    METADATA_TOP,
                ]
            }
        }
        "batch.failed" => const { &[NUMBER, TEXT, BARE, METADATA, METADATA_TOP] },
        "batch.expired" | "batch.cancelled" => const { &[PREFIXED, BARE, METADATA, METADATA_TOP] },
        "interaction.failed" => const { &[NUMBER, TEXT, METADATA, METADATA_TOP] },
        "interaction.completed" | "interaction.requires_action" | "interaction.cancelled" => {
            const { &[PLAIN, METADATA, METADATA_TOP] }
        }
        "video.generated" => {
            const {
                &[
                    variant("output_file", "output_file_uri and file_name"),
                    variant("file_id", "file_id and video_uri"),
                    variant("video_uri", "video_uri alone"),
                    METADATA,
                    METADATA_TOP,
                ]
            }
        }
        _ => &[],
    }
}

/// Checks that there is such a sample, and returns the variant's id. `None` for `variant` means the first one.
pub(crate) fn find(event_type: &str, variant: Option<&str>) -> Result<&'static str, Missing> {
    let all = variants(event_type);
    let first = all.first().ok_or(Missing::Type)?;
    match variant {
        None => Ok(first.id),
        Some(id) => all.iter().find(|variant| variant.id == id).map(|variant| variant.id).ok_or(Missing::Variant),
    }
}

/// The part of a request that does not exist.
pub(crate) enum Missing {
    Type,
    Variant,
}

/// The payload of a sample. `now` is in Unix seconds; the event happened three seconds earlier.
pub(crate) fn build(event_type: &str, variant: &str, now: i64, random: &Random) -> io::Result<Value> {
    let mut data = match event_type.split_once('.') {
        Some(("batch", what)) => batch(what, variant, random)?,
        Some(("interaction", what)) => interaction(what, variant, random)?,
        _ => video(variant, random)?,
    };
    let metadata = json!({ "job": "nightly-summaries", "attempt": 1 });
    if variant == METADATA.id {
        data["user_metadata"] = metadata.clone();
    }
    let mut payload = envelope(event_type, now, data);
    if variant == METADATA_TOP.id {
        payload["user_metadata"] = metadata;
    }
    Ok(payload)
}

/// The fields around `data`.
pub(crate) fn envelope(event_type: &str, now: i64, data: Value) -> Value {
    let happened = Timestamp::from_second(now.saturating_sub(3)).unwrap_or(Timestamp::UNIX_EPOCH);
    json!({
        "type": event_type,
        "version": gemini::catalog::VERSION,
        "timestamp": happened.to_string(),
        "data": data,
    })
}

fn batch(what: &str, variant: &str, random: &Random) -> io::Result<Value> {
    let id = random::id_text(random, 12)?;
    let bare = matches!(variant, "bare_id" | "inline");
    let output = match (what, variant) {
        ("succeeded", "inline") => None,
        ("succeeded", "cloud_storage") => Some(format!("gs://my-bucket/batches/{id}/results.jsonl")),
        ("succeeded", _) => Some(format!("files/batch-{id}")),
        _ => None,
    };
    let mut data = batch_data(&if bare { format!("batch_{id}") } else { format!("batches/{id}") }, output);
    if what == "failed" {
        let code = if variant == TEXT.id { json!("INVALID_ARGUMENT") } else { json!(3) };
        add_error(&mut data, code, NO_REQUEST);
    }
    Ok(data)
}

fn interaction(what: &str, variant: &str, random: &Random) -> io::Result<Value> {
    let mut data = json!({ "id": format!("v1_{}", random::id_text(random, 40)?) });
    if what == "failed" {
        let code = if variant == TEXT.id { json!("internal_error") } else { json!(13) };
        add_error(&mut data, code, "The model stopped before it had finished.");
    }
    Ok(data)
}

fn video(variant: &str, random: &Random) -> io::Result<Value> {
    let id = random::id_text(random, 12)?;
    let file = random::id_text(random, 12)?;
    let uri = format!("https://{}/v1beta/files/{file}:download?alt=media", gemini::pointers::API_HOST);
    let operation = format!("models/veo-3.1-generate-preview/operations/{id}");
    let form = match variant {
        "file_id" => VideoFields::Launch,
        "video_uri" => VideoFields::Cookbook,
        _ => VideoFields::Guide,
    };
    Ok(video_data(form, &operation, &file, &uri))
}

/// Which fields point to the video.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VideoFields {
    /// `output_file_uri` and `file_name`, as in the guide since May.
    #[default]
    Guide,
    /// `file_id` and `video_uri`, as at the launch.
    Launch,
    /// Only `video_uri`, as in the cookbook.
    Cookbook,
}

/// Why a batch without requests fails.
pub const NO_REQUEST: &str = "The input file holds no request.";

/// `data` of a batch's event. `output` is where its results are, if they are in a file.
#[must_use]
pub fn batch_data(id: &str, output: Option<String>) -> Value {
    let mut data = json!({ "id": id });
    if let Some(output) = output {
        data["output_file_uri"] = json!(output);
    }
    data
}

/// What `batch.failed` and `interaction.failed` say besides the id.
pub fn add_error(data: &mut Value, code: Value, message: &str) {
    data["error_code"] = code;
    data["error_message"] = json!(message);
}

/// `data` of `video.generated`: the operation's name, the file's id without `files/`, and its download address.
#[must_use]
pub fn video_data(form: VideoFields, operation: &str, file: &str, uri: &str) -> Value {
    match form {
        VideoFields::Guide => json!({ "id": operation, "output_file_uri": uri, "file_name": format!("files/{file}") }),
        VideoFields::Launch => {
            let id = operation.rsplit('/').next().unwrap_or(operation);
            json!({ "id": id, "file_id": file, "video_uri": uri })
        }
        VideoFields::Cookbook => json!({ "id": operation, "video_uri": uri }),
    }
}
