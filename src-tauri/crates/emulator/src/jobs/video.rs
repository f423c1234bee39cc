//! Videos: a small real one for every requested sample.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::world::{Job, StoredFile};

/// Two seconds, 160 × 90, H.264.
static VIDEO: &[u8] = include_bytes!("../../assets/video.mp4");

/// What a video's job stores from the start: the ids of the files that it will write. They are drawn with the request,
/// so the order in which jobs end does not matter.
pub(crate) fn planned(files: &[String]) -> Value {
    json!({ "files": files })
}

/// The ids of the files, written or still to be written.
pub(crate) fn file_ids(job: &Job) -> Vec<&str> {
    let files = job.output.as_ref().and_then(|output| output.get("files")).and_then(Value::as_array);
    files.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The files of a successful job.
pub(crate) fn files(job: &Job, created_ms: Millis, expires_ms: Millis) -> Vec<StoredFile> {
    let file = |id: &str| StoredFile {
        id: id.to_owned(),
        display_name: None,
        mime_type: "video/mp4".to_owned(),
        created_ms,
        expires_ms,
        generated: true,
        bytes: Bytes::from_static(VIDEO),
        filler: 0,
        owner: None,
    };
    file_ids(job).into_iter().map(file).collect()
}

/// Where a file can be downloaded with the API key.
pub(crate) fn download_uri(origin: &str, file: &str) -> String {
    format!("{origin}/v1beta/files/{file}:download?alt=media")
}
