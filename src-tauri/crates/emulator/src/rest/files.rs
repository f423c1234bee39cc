//! Files: camelCase proto-JSON, errors as google.rpc.Status.

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock::{Millis, rfc3339};
use crate::rest::auth::Sight;
use crate::rest::page::Page;
use crate::rest::{ApiError, Call, Reply, ok};
use crate::shared::Shared;
use crate::world::{StoredFile, World};

mod media;
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
            Method::DELETE => delete(shared, call, id),
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
        let sight = Sight::of(call, &world.settings);
        let visible = world.files.after(page.after).filter(|(_, file)| sight.sees(file.owner.as_deref()));
        let (files, next) = page.cut(KIND, visible);
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
    let file = shared.with(|world| found(world, call, id).cloned())?;
    ok(&shown(call, &call.version, file).await?)
}

/// The service checks the length of the id first: the output file of a batch cannot be deleted, and stays until it
/// expires (googleapis/python-genai#1759). Reading it works.
fn delete(shared: &Shared, call: &Call, id: &str) -> Reply {
    if id.chars().count() > LONGEST_ID {
        let message = format!(
            "* DeleteFileRequest.name: File ID (name excluding 'files/') cannot be more than {LONGEST_ID} characters.\n"
        );
        return Err(ApiError::status(StatusCode::BAD_REQUEST, message));
    }
    shared.with(|world| {
        found(world, call, id)?;
        world.files.remove(id);
        ok(&json!({}))
    })
}

/// The output of another key's batch is not found, as if there were none.
fn found<'a>(world: &'a World, call: &Call, id: &str) -> Result<&'a StoredFile, ApiError> {
    let sight = Sight::of(call, &world.settings);
    world.files.get(id).filter(|file| sight.sees(file.owner.as_deref())).ok_or_else(|| forbidden(id))
}

/// The service does not distinguish somebody else's file from one that does not exist, or from one that has expired.
fn forbidden(id: &str) -> ApiError {
    let message = format!("You do not have permission to access the File {id} or it may not exist.");
    ApiError::status(StatusCode::FORBIDDEN, message)
}

/// The bytes, whole or one range of them. Only files that a job wrote can be downloaded, as with the service, unless
/// the settings say otherwise.
fn download(shared: &Shared, call: &Call, id: &str) -> Reply {
    let (file, form) = shared.with(|world| (found(world, call, id).cloned(), world.settings.rest.clone()));
    let file = file?;
    if !file.generated && !form.download_uploads {
        let message = format!("The File {id} was uploaded: only generated files can be downloaded.");
        return Err(ApiError::status(StatusCode::BAD_REQUEST, message));
    }
    // The SDKs turn a whole address into `media:download`.
    let alt = call.query("alt").unwrap_or_default();
    if alt != "media" && !alt.starts_with("media:download") {
        // The method's message has no members: the bytes come only with alt=media.
        return ok(&json!({}));
    }
    media::answer(call, file, form.ranges)
}

/// A File as the service prints it. Its hash is computed off the async threads: a file may be long.
async fn shown(call: &Call, version: &str, file: StoredFile) -> Result<Value, ApiError> {
    let bytes = file.bytes.clone();
    let hash = match file.filler {
        0 => Some(tokio::task::spawn_blocking(move || sha256_base64(&bytes)).await.map_err(|error| {
            ApiError::status(StatusCode::INTERNAL_SERVER_ERROR, format!("The file could not be hashed: {error}."))
        })?),
        // It would all have to be made.
        _ => None,
    };
    Ok(printed(&call.origin, version, &file, hash.as_deref()))
}

fn printed(origin: &str, version: &str, file: &StoredFile, hash: Option<&str>) -> Value {
    let uri = format!("{origin}/{version}/files/{}", file.id);
    let mut value = json!({ "name": format!("files/{}", file.id) });
    if let Some(name) = &file.display_name {
        value["displayName"] = json!(name);
    }
    value["mimeType"] = json!(file.mime_type);
    value["sizeBytes"] = json!(file.len().to_string());
    value["createTime"] = json!(rfc3339(file.created_ms));
    value["updateTime"] = json!(rfc3339(file.created_ms));
    value["expirationTime"] = json!(rfc3339(file.expires_ms));
    if let Some(hash) = hash {
        value["sha256Hash"] = json!(hash);
    }
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
        filler: 0,
        owner: None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_of_the_service() {
        // printf '' | sha256sum | cut -c1-64 | tr -d '\n' | base64
        assert_eq!(
            sha256_base64(b""),
            "ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ=="
        );
    }
}
