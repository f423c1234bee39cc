//! Files: camelCase proto-JSON, errors as google.rpc.Status.

use axum::body::Bytes;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock::{Millis, rfc3339};
use crate::rest::page::Page;
use crate::rest::{ApiError, Call, Reply, ok};
use crate::shared::Shared;
use crate::world::{StoredFile, World};

mod multipart;
mod upload;

pub(crate) use upload::continues_upload;

/// Rows of a page by default, as in the Files API.
const PAGE: usize = 10;
const MOST: usize = 100;

/// The longest file of the Files API, in bytes.
const LONGEST: usize = 2 * 1024 * 1024 * 1024;

/// The longest id that an upload can choose and that can be deleted, in characters. A batch's output file is called
/// `batch-` and the 36 characters of its batch.
const LONGEST_ID: usize = 40;

/// Answers `/{version}/files…`, `/download/{version}/files…` and `/upload/{version}/files`. `path` begins with `files`,
/// `download` or `upload`.
pub(crate) async fn handle(shared: &Shared, call: &Call, path: &[&str]) -> Reply {
    forget_expired(shared);
    let method = &call.method;
    match (path, call.verb.as_deref()) {
        (["files"], None) => match *method {
            Method::GET => list(shared, call).await,
            _ => Err(ApiError::wrong_method(method, &[Method::GET])),
        },
        (["files", id], None) if !id.is_empty() => match *method {
            Method::GET => get(shared, call, id).await,
            Method::DELETE => delete(shared, id),
            _ => Err(ApiError::wrong_method(method, &[Method::GET, Method::DELETE])),
        },
        (["files", id] | ["download", "v1" | "v1beta", "files", id], Some("download")) => match *method {
            Method::GET => download(shared, call, id),
            _ => Err(ApiError::wrong_method(method, &[Method::GET])),
        },
        // The SDKs extract the id from a video's address only if it begins with https://. Otherwise they put the whole
        // address into the path, query included.
        (["files", "http:", _, "v1" | "v1beta", "files", id], Some("download")) if *method == Method::GET => {
            download(shared, call, id)
        }
        (["upload", version @ ("v1" | "v1beta"), "files"], None) => match *method {
            // Clients continue with PUT as well as with POST.
            Method::POST | Method::PUT => upload::handle(shared, call, version).await,
            _ => Err(ApiError::wrong_method(method, &[Method::POST, Method::PUT])),
        },
        _ => Err(ApiError::unknown_path(call)),
    }
}

/// Expired files: their bytes fill the memory, and clients no longer see them.
fn forget_expired(shared: &Shared) {
    let now = shared.clock.now();
    shared.with(|world| {
        let gone: Vec<String> =
            world.files.iter().filter(|file| file.expires_ms <= now).map(|file| file.id.clone()).collect();
        for id in gone {
            world.files.remove(&id);
        }
    });
}

async fn list(shared: &Shared, call: &Call) -> Reply {
    const KIND: &str = "files";
    let page = Page::read(KIND, call.query("pageSize"), call.query("pageToken"), PAGE, MOST)?;
    let (files, next): (Vec<StoredFile>, _) = shared.with(|world| {
        let (files, next) = page.cut(KIND, world.files.after(page.after));
        (files.into_iter().cloned().collect(), next)
    });
    // As in proto-JSON, an empty list is left out.
    let mut answer = json!({});
    if !files.is_empty() {
        let mut shown_files = Vec::with_capacity(files.len());
        for file in files {
            shown_files.push(shown(call, &call.version, file).await?);
        }
        answer["files"] = Value::Array(shown_files);
    }
    if let Some(next) = next {
        answer["nextPageToken"] = json!(next);
    }
    ok(&answer)
}

async fn get(shared: &Shared, call: &Call, id: &str) -> Reply {
    let file = shared.with(|world| found(world, id).cloned())?;
    ok(&shown(call, &call.version, file).await?)
}

/// The service checks the length of the id first: the output file of a batch cannot be deleted, and stays until it
/// expires (googleapis/python-genai#1759). Reading it works.
fn delete(shared: &Shared, id: &str) -> Reply {
    if id.chars().count() > LONGEST_ID {
        let message = format!(
            "* DeleteFileRequest.name: File ID (name excluding 'files/') cannot be more than {LONGEST_ID} characters.\n"
        );
        return Err(ApiError::status(StatusCode::BAD_REQUEST, message));
    }
    shared.with(|world| world.files.remove(id)).ok_or_else(|| forbidden(id))?;
    ok(&json!({}))
}

fn found<'a>(world: &'a World, id: &str) -> Result<&'a StoredFile, ApiError> {
    world.files.get(id).ok_or_else(|| forbidden(id))
}

/// The service does not distinguish somebody else's file from one that does not exist.
fn forbidden(id: &str) -> ApiError {
    let message = format!("You do not have permission to access the File {id} or it may not exist.");
    ApiError::status(StatusCode::FORBIDDEN, message)
}

/// The bytes, whole or one range of them. Only files that a job wrote can be downloaded, as with the service.
fn download(shared: &Shared, call: &Call, id: &str) -> Reply {
    let file = shared.with(|world| found(world, id).cloned())?;
    if !file.generated {
        let message = format!("The File {id} was uploaded: only generated files can be downloaded.");
        return Err(ApiError::status(StatusCode::BAD_REQUEST, message));
    }
    // The SDKs turn a whole address into `media:download`.
    let alt = call.query("alt").unwrap_or_default();
    if alt != "media" && !alt.starts_with("media:download") {
        // The method's message has no members: the bytes come only with alt=media.
        return ok(&json!({}));
    }
    let length = file.bytes.len();
    match call.header(header::RANGE.as_str()).and_then(|range| wanted(range, length)) {
        None => Ok(media(StatusCode::OK, &file.mime_type, file.bytes)),
        Some(Some((from, to))) => {
            let mut response = media(StatusCode::PARTIAL_CONTENT, &file.mime_type, file.bytes.slice(from..=to));
            let range = format!("bytes {from}-{to}/{length}").parse();
            response.headers_mut().extend(range.ok().map(|range| (header::CONTENT_RANGE, range)));
            Ok(response)
        }
        Some(None) => {
            let message = format!("The File {id} has {length} bytes, none of which is in the requested range.");
            Err(ApiError::status(StatusCode::RANGE_NOT_SATISFIABLE, message)
                .with_header(header::CONTENT_RANGE, &format!("bytes */{length}")))
        }
    }
}

fn media(status: StatusCode, mime_type: &str, bytes: Bytes) -> Response {
    let mut response = (status, [(header::ACCEPT_RANGES, "bytes")], bytes).into_response();
    if let Ok(mime_type) = mime_type.parse() {
        response.headers_mut().insert(header::CONTENT_TYPE, mime_type);
    }
    response
}

/// The first and last byte of a `Range` header; `Some(None)` if there is no such byte. Several ranges, or one that
/// cannot be read, count as no header (RFC 9110, 14.2).
fn wanted(header: &str, length: usize) -> Option<Option<(usize, usize)>> {
    let (from, to) = header.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| -> Option<Option<usize>> {
        if text.is_empty() {
            return Some(None);
        }
        text.bytes().all(|b| b.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(usize::MAX)))
    };
    match (number(from)?, number(to)?) {
        (Some(from), Some(to)) if to < from => None,
        (Some(from), to) => {
            let last = to.unwrap_or(usize::MAX).min(length.saturating_sub(1));
            Some((from < length).then_some((from, last)))
        }
        (None, Some(last)) => {
            Some((last > 0 && length > 0).then(|| (length.saturating_sub(last), length.saturating_sub(1))))
        }
        (None, None) => None,
    }
}

/// A File as the service prints it. Its hash is computed off the async threads: a file may be long.
async fn shown(call: &Call, version: &str, file: StoredFile) -> Result<Value, ApiError> {
    let bytes = file.bytes.clone();
    let hash = tokio::task::spawn_blocking(move || sha256_base64(&bytes)).await.map_err(|error| {
        ApiError::status(StatusCode::INTERNAL_SERVER_ERROR, format!("The file could not be hashed: {error}."))
    })?;
    Ok(printed(&call.origin, version, &file, &hash))
}

fn printed(origin: &str, version: &str, file: &StoredFile, hash: &str) -> Value {
    let uri = format!("{origin}/{version}/files/{}", file.id);
    let mut value = json!({ "name": format!("files/{}", file.id) });
    if let Some(name) = &file.display_name {
        value["displayName"] = json!(name);
    }
    value["mimeType"] = json!(file.mime_type);
    value["sizeBytes"] = json!(file.bytes.len().to_string());
    value["createTime"] = json!(rfc3339(file.created_ms));
    value["updateTime"] = json!(rfc3339(file.created_ms));
    value["expirationTime"] = json!(rfc3339(file.expires_ms));
    value["sha256Hash"] = json!(hash);
    if file.generated {
        value["downloadUri"] = json!(format!("{uri}:download?alt=media"));
    }
    value["uri"] = json!(uri);
    value["state"] = json!("ACTIVE");
    value["source"] = json!(if file.generated { "GENERATED" } else { "UPLOADED" });
    value
}

/// The service encodes the hexadecimal text of the hash, not the hash.
fn sha256_base64(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    STANDARD.encode(hex)
}

/// Stores an uploaded file.
fn keep(world: &mut World, id: &str, display_name: Option<String>, mime_type: String, bytes: Bytes, now: Millis) {
    let expires_ms = now.saturating_add(world.settings.file_lifetime_ms);
    world.files.insert(StoredFile {
        id: id.to_owned(),
        display_name,
        mime_type,
        created_ms: now,
        expires_ms,
        generated: false,
        bytes,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_at_their_edges() {
        for (header, expected) in [
            ("bytes=0-0", Some(Some((0, 0)))),
            ("bytes=0-", Some(Some((0, 9)))),
            ("bytes=9-99", Some(Some((9, 9)))),
            ("bytes=0-99999999999999999999999", Some(Some((0, 9)))),
            ("bytes=-3", Some(Some((7, 9)))),
            ("bytes=-99", Some(Some((0, 9)))),
            ("bytes=10-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("lines=0-1", None),
            ("", None),
        ] {
            assert_eq!(wanted(header, 10), expected, "{header}");
        }
        assert_eq!(wanted("bytes=0-", 0), Some(None));
        assert_eq!(wanted("bytes=-1", 0), Some(None));
    }

    #[test]
    fn the_hash_is_the_one_of_the_service() {
        // printf '' | sha256sum | cut -c1-64 | tr -d '\n' | base64
        assert_eq!(
            sha256_base64(b""),
            "ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ=="
        );
    }
}
