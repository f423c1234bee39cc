//! Uploads: the resumable protocol of the SDKs (`X-Goog-Upload-…`), and the simple and the multipart one.

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::{LONGEST, LONGEST_ID, forbidden, found, keep, multipart, shown};
use crate::rest::jobs::proto;
use crate::rest::{ApiError, Call, Reply, json_response};
use crate::shared::Shared;
use crate::world::World;
use crate::world::upload::Upload;

/// The length of the ids that the service assigns.
const ID_LENGTH: usize = 12;
const TOKEN_LENGTH: usize = 64;

const STATUS: HeaderName = HeaderName::from_static("x-goog-upload-status");
const URL: HeaderName = HeaderName::from_static("x-goog-upload-url");
const RECEIVED: HeaderName = HeaderName::from_static("x-goog-upload-size-received");
const GRANULARITY: HeaderName = HeaderName::from_static("x-goog-upload-chunk-granularity");

/// Members of a File. Output-only ones are ignored.
const FILE: &[&str] = &[
    "name",
    "displayName",
    "mimeType",
    "sizeBytes",
    "createTime",
    "updateTime",
    "expirationTime",
    "sha256Hash",
    "uri",
    "downloadUri",
    "state",
    "source",
    "error",
    "videoMetadata",
];

/// Whether this call continues an upload that was started.
pub(crate) fn continues_upload(shared: &Shared, call: &Call) -> bool {
    match (call.version.as_str(), call.path.first().map(String::as_str), call.query("upload_id")) {
        ("", Some("upload"), Some(token)) => shared.with(|world| world.uploads.get_mut(token).is_some()),
        _ => false,
    }
}

pub(super) async fn handle(shared: &Shared, call: &Call, version: &str) -> Reply {
    if let Some(token) = call.query("upload_id") {
        return go_on(shared, call, version, token).await;
    }
    let header = |name: &str| call.header(name).unwrap_or_default().trim().to_ascii_lowercase();
    match (header("x-goog-upload-protocol").as_str(), call.query("uploadType").unwrap_or_default()) {
        ("resumable", _) => {
            let command = header("x-goog-upload-command");
            if command != "start" {
                return Err(bad(format!("An upload begins with the command 'start', not '{command}'.")));
            }
            start(shared, call, version)
        }
        ("raw", _) | ("", "media") => {
            let mime_type = call.header("x-goog-upload-header-content-type").map(str::to_owned);
            let mime_type = mime_type.or_else(|| content_type(call));
            whole(shared, call, version, Wanted::default(), mime_type, call.body.clone()).await
        }
        ("multipart", _) | ("", "multipart") => {
            let parts = multipart::parts(call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default(), &call.body);
            let (metadata, mime_type, media) = parts
                .ok_or_else(|| bad("A multipart upload is multipart/related: the File as JSON, then its bytes."))?;
            whole(shared, call, version, Wanted::read(&metadata)?, mime_type, media).await
        }
        _ => Err(bad(
            "An upload needs the header X-Goog-Upload-Protocol (resumable, raw or multipart) or the query parameter \
             uploadType (media or multipart).",
        )),
    }
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::status(StatusCode::BAD_REQUEST, message)
}

fn content_type(call: &Call) -> Option<String> {
    call.header(header::CONTENT_TYPE.as_str()).map(str::to_owned)
}

/// What the client says about the file.
#[derive(Debug, Default)]
struct Wanted {
    id: Option<String>,
    display_name: Option<String>,
    mime_type: Option<String>,
}

impl Wanted {
    /// `{"file":{…}}`, or nothing.
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let body = proto::object(body)?;
        proto::check(&body, "", &["file"])?;
        let file = match body.get("file") {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(file) => file,
        };
        proto::check(file, "file", FILE)?;
        let member = |camel: &str, snake: &str| {
            proto::text(file.get(camel).or_else(|| file.get(snake)), &format!("file.{snake}"))
        };
        let id = member("name", "name")?.filter(|name| !name.is_empty()).map(|name| checked_id(&name)).transpose()?;
        Ok(Self {
            id,
            display_name: member("displayName", "display_name")?,
            mime_type: member("mimeType", "mime_type")?,
        })
    }
}

/// `files/abc-1` → `abc-1`.
fn checked_id(name: &str) -> Result<String, ApiError> {
    let good = |id: &&str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        id.len() <= LONGEST_ID
            && id.bytes().all(|b| plain(b) || b == b'-')
            && id.bytes().next().is_some_and(plain)
            && id.bytes().next_back().is_some_and(plain)
    };
    name.strip_prefix("files/").filter(good).map(str::to_owned).ok_or_else(|| {
        bad(format!(
            "Invalid value at 'file.name': '{name}'. Expected 'files/' and up to {LONGEST_ID} lower-case letters, digits \
             and dashes, without a dash at either end."
        ))
    })
}

/// The requested id if it is free, or a new one.
fn free_id(shared: &Shared, world: &World, wanted: Option<String>) -> Result<String, ApiError> {
    if let Some(id) = wanted {
        if world.files.get(&id).is_some() {
            let error = ApiError::status(StatusCode::CONFLICT, format!("The File {id} already exists."));
            return Err(error.with_rpc("ALREADY_EXISTS"));
        }
        return Ok(id);
    }
    loop {
        let id = text(shared, ID_LENGTH)?;
        if world.files.get(&id).is_none() {
            return Ok(id);
        }
    }
}

fn text(shared: &Shared, length: usize) -> Result<String, ApiError> {
    samples::random::id_text(&shared.random, length).map_err(|error| ApiError::no_random(&error))
}

/// The whole file at once.
async fn whole(
    shared: &Shared,
    call: &Call,
    version: &str,
    wanted: Wanted,
    mime_type: Option<String>,
    bytes: Bytes,
) -> Reply {
    let now = shared.clock.now();
    let mime_type = wanted.mime_type.or(mime_type).unwrap_or_else(octets);
    let file = shared.with(|world| {
        let id = free_id(shared, world, wanted.id)?;
        keep(world, &id, wanted.display_name, mime_type, bytes, now);
        found(world, call, &id).cloned()
    })?;
    Ok(json_response(StatusCode::OK, &json!({ "file": shown(call, version, file).await? })))
}

fn octets() -> String {
    "application/octet-stream".to_owned()
}

fn start(shared: &Shared, call: &Call, version: &str) -> Reply {
    let wanted = Wanted::read(&call.body)?;
    let expected = match call.header("x-goog-upload-header-content-length").map(str::trim) {
        None => None,
        Some(text) => {
            let length = text.parse().ok().filter(|length| *length <= LONGEST);
            Some(length.ok_or_else(|| {
                bad(format!("X-Goog-Upload-Header-Content-Length is '{text}': expected at most {LONGEST} bytes."))
            })?)
        }
    };
    let announced = call.header("x-goog-upload-header-content-type").map(str::to_owned);
    let token = shared.with(|world| {
        let file = free_id(shared, world, wanted.id)?;
        let token = text(shared, TOKEN_LENGTH)?;
        world.uploads.insert(Upload {
            token: token.clone(),
            file,
            display_name: wanted.display_name,
            mime_type: wanted.mime_type.or(announced).unwrap_or_else(octets),
            expected,
            bytes: Vec::new(),
            done: false,
        });
        Ok::<_, ApiError>(token)
    })?;
    let url = format!("{}/upload/{version}/files?upload_id={token}&upload_protocol=resumable", call.origin);
    let mut response = told(&json!({}), "active", 0);
    response.headers_mut().extend(HeaderValue::from_str(&url).ok().map(|url| (URL, url)));
    // Chunks may end anywhere; the service's own granularity is 256 KiB.
    response.headers_mut().insert(GRANULARITY, HeaderValue::from_static("1"));
    Ok(response)
}

/// An answer with the state of the upload.
fn told(value: &Value, status: &'static str, received: usize) -> Response {
    let mut response = json_response(StatusCode::OK, value);
    response.headers_mut().insert(STATUS, HeaderValue::from_static(status));
    response.headers_mut().insert(RECEIVED, HeaderValue::from(received));
    response
}

/// The result of a command.
enum Next {
    Answer(Response),
    /// The file with this id is complete.
    Made(String),
}

async fn go_on(shared: &Shared, call: &Call, version: &str, token: &str) -> Reply {
    let command = call.header("x-goog-upload-command").unwrap_or_default().to_ascii_lowercase();
    let words: Vec<&str> = command.split(',').map(str::trim).collect();
    let offset = call.header("x-goog-upload-offset").map(str::trim);
    match shared.with(|world| step(shared, world, token, &words, offset, &call.body))? {
        Next::Answer(response) => Ok(response),
        Next::Made(id) => {
            let file = shared.with(|world| found(world, call, &id).cloned())?;
            let received = file.bytes.len();
            Ok(told(&json!({ "file": shown(call, version, file).await? }), "final", received))
        }
    }
}

fn step(
    shared: &Shared,
    world: &mut World,
    token: &str,
    words: &[&str],
    offset: Option<&str>,
    body: &Bytes,
) -> Result<Next, ApiError> {
    let upload = world.uploads.get_mut(token).ok_or_else(|| {
        ApiError::status(
            StatusCode::NOT_FOUND,
            "There is no such upload: it was cancelled or never started. Start over.",
        )
    })?;
    if upload.done {
        // The answer to the last chunk may have been lost on its way.
        return Ok(Next::Made(upload.file.clone()));
    }
    let (append, finalize) = match words {
        ["query"] => return Ok(Next::Answer(told(&json!({}), "active", upload.bytes.len()))),
        ["cancel"] => {
            world.uploads.remove(token);
            return Ok(Next::Answer(told(&json!({}), "cancelled", 0)));
        }
        ["upload"] => (true, false),
        ["upload", "finalize"] => (true, true),
        ["finalize"] => (false, true),
        other => {
            return Err(bad(format!(
                "X-Goog-Upload-Command is '{}': expected 'upload', 'upload, finalize', 'finalize', 'query' or 'cancel'.",
                other.join(", ")
            )));
        }
    };
    if append {
        let received = upload.bytes.len();
        if offset.and_then(|text| text.parse().ok()) != Some(received) {
            let given = offset.unwrap_or("missing");
            return Err(bad(format!("X-Goog-Upload-Offset is {given}: {received} bytes were received so far.")));
        }
        let most = upload.expected.unwrap_or(LONGEST);
        if received + body.len() > most {
            return Err(bad(format!("The upload is longer than {most} bytes.")));
        }
        upload.bytes.extend_from_slice(body);
    }
    if !finalize {
        return Ok(Next::Answer(told(&json!({}), "active", upload.bytes.len())));
    }
    if let Some(expected) = upload.expected.filter(|expected| *expected != upload.bytes.len()) {
        let received = upload.bytes.len();
        return Err(bad(format!("The upload is incomplete: {received} of {expected} bytes were received.")));
    }
    finish(shared, world, token)
}

fn finish(shared: &Shared, world: &mut World, token: &str) -> Result<Next, ApiError> {
    let now = shared.clock.now();
    let Some(upload) = world.uploads.get_mut(token) else { return Err(forbidden("")) };
    let bytes = Bytes::from(std::mem::take(&mut upload.bytes));
    let (id, display_name, mime_type) = (upload.file.clone(), upload.display_name.take(), upload.mime_type.clone());
    upload.done = true;
    // Another upload may have taken the name meanwhile.
    if let Err(taken) = free_id(shared, world, Some(id.clone())) {
        world.uploads.remove(token);
        return Err(taken);
    }
    keep(world, &id, display_name, mime_type, bytes, now);
    Ok(Next::Made(id))
}
