//! Requests to the emulator, one after the other, without a socket: nothing may panic, every refusal is JSON with a
//! message and short, and the emulator never fails by itself.
//!
//! The input is text: a request line without a version, headers, an empty line, a body; and the next request behind a
//! line of three dashes. `{id}` and `{upload}` stand for what an answer before named.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use emulator::{Service, ServiceOptions, Settings};
use serde_json::{Value, json};

use super::rig::{block_on, parts};

/// The most requests of one input.
const REQUESTS: usize = 8;
/// How long one may take: some wait on purpose, and some never end.
const PATIENCE: Duration = Duration::from_millis(20);
/// How much of an answer is read: some are as long as they were asked for.
const ANSWER: usize = 1 << 20;
/// Bytes of a refusal: it repeats what was wrong, with escapes.
const REFUSAL: usize = 64 << 10;
/// The longest id that is put into a later request, in bytes.
const ID: usize = 256;
/// 2026-01-22T12:00:00Z.
const NOW: u64 = 1_769_083_200;

struct Rig {
    service: Service,
    began: i64,
}

thread_local! {
    static RIG: RefCell<Option<Rig>> = const { RefCell::new(None) };
}

/// The body.
pub fn run(data: &[u8]) {
    let rig = RIG.take().unwrap_or_else(Rig::new);
    block_on(rig.run(data));
    // A clock that was moved cannot be set back.
    if rig.service.clock().now() == rig.began && rig.service.clock().warp() == 0.0 {
        RIG.set(Some(rig));
    }
}

/// What answers named.
#[derive(Default)]
struct Named {
    id: String,
    upload: String,
}

impl Rig {
    fn new() -> Self {
        let options = ServiceOptions {
            seed: Some(7),
            warp: 0.0,
            wall: Arc::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)),
            ..ServiceOptions::default()
        };
        let service = block_on(Service::start(options)).unwrap();
        let began = service.clock().now();
        Self { service, began }
    }

    async fn run(&self, data: &[u8]) {
        let mut named = Named::default();
        for part in parts(data).into_iter().take(REQUESTS) {
            let Some(request) = request(part, &named) else { continue };
            if !is_left_out(&request, data) {
                // Whoever asked for failures gets them.
                let faults = data.windows(13).any(|some| some == b"server_errors");
                self.ask(request, &mut named, faults).await;
            }
        }
        let mut defaults = json!(Settings::default());
        defaults.as_object_mut().unwrap().values_mut().for_each(|value| *value = Value::Null);
        for (method, target, body) in
            [(Method::POST, "/emulator/reset", json!({})), (Method::PATCH, "/emulator/settings", defaults)]
        {
            let request = Request::builder().method(method).uri(target).header("host", "localhost");
            let request = request.body(Body::from(body.to_string())).unwrap();
            assert_eq!(self.service.answer(request).await.status(), 200, "{target}");
        }
    }

    async fn ask(&self, request: Request, named: &mut Named, faults: bool) {
        let asked = format!("{} {}", request.method(), request.uri());
        let Ok(answer) = tokio::time::timeout(PATIENCE, self.service.answer(request)).await else { return };
        let (head, body) = answer.into_parts();
        let status = head.status.as_u16();
        assert!(status >= 200 && (status < 500 || faults), "{asked}: {status}");
        let url = head.headers.get("x-goog-upload-url").and_then(|url| url.to_str().ok());
        if let Some((_, token)) = url.and_then(|url| url.split_once("upload_id=")) {
            named.upload = token.split('&').next().unwrap_or_default().to_owned();
        }
        // One that is too long, goes on, or is lost on purpose.
        let Ok(Ok(body)) = tokio::time::timeout(PATIENCE, to_bytes(body, ANSWER)).await else { return };
        let json = serde_json::from_slice::<Value>(&body);
        if status >= 400 {
            let error = &json.as_ref().unwrap_or_else(|error| panic!("{asked}: {status}: {error}"))["error"];
            assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{asked}: {error}");
            assert!(body.len() <= REFUSAL, "{asked}: {} bytes", body.len());
        }
        if let Ok(json) = json
            && let Some(id) = [&json["id"], &json["name"], &json["file"]["name"]].iter().find_map(|id| id.as_str())
            && id.len() <= ID
        {
            named.id = id.to_owned();
        }
    }
}

/// The request, if it is one.
fn request(part: &[u8], named: &Named) -> Option<Request> {
    let text = part.windows(2).position(|two| two == b"\n\n");
    let (head, body) = text.map_or((part, &b""[..]), |at| (&part[..at], &part[at + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let line = lines.next()?;
    let at = line.iter().position(|byte| *byte == b' ')?;
    let mut request = Request::new(Body::from(filled(body, named)));
    *request.method_mut() = Method::from_bytes(&line[..at]).ok()?;
    *request.uri_mut() = Uri::try_from(filled(&line[at + 1..], named)).ok()?;
    for line in lines {
        let Some(at) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = HeaderValue::from_bytes(line[at + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(&line[..at]), value) {
            request.headers_mut().append(name, value);
        }
    }
    for (name, value) in [("host", "localhost"), ("x-goog-api-key", "key")] {
        request.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    Some(request)
}

fn filled(text: &[u8], named: &Named) -> Vec<u8> {
    let mut text = text.to_vec();
    for (mark, value) in [(&b"{id}"[..], &named.id), (&b"{upload}"[..], &named.upload)] {
        if let Some(at) = text.windows(mark.len()).position(|window| window == mark) {
            text.splice(at..at + mark.len(), value.bytes());
        }
    }
    text
}

/// A sample goes to a port of this machine, and an RSA key takes a while to make.
fn is_left_out(request: &Request, data: &[u8]) -> bool {
    let path = decoded(request.uri().path());
    let tokens = path.contains("jwks") && data.windows(3).any(|some| some == b"jwt");
    path.contains("deliveries:send") || tokens
}

/// With `%41` and the like decoded, as the emulator does.
fn decoded(path: &str) -> String {
    let mut bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    while let [first, rest @ ..] = bytes {
        let digits = (*first == b'%').then(|| rest.get(..2)).flatten().and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                bytes = &rest[2..];
            }
            None => {
                decoded.push(*first);
                bytes = rest;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
