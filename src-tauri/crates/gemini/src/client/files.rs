//! Files: their descriptions, their bytes, and uploads.

use std::path::Path;

use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use super::read::{member, text, whole};
use super::{ANSWER_LIMIT, Client, ClientError, read, within};
use crate::jwks::http::is_loopback;

/// How many redirects of a download are followed.
const REDIRECTS: usize = 5;

/// Bytes of one part of an upload: a multiple of 256 KiB, as the protocol wants all but the last to be.
const UPLOAD_PART: u64 = 1 << 20;

/// A file, as the service describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// `files/…`.
    pub name: String,
    /// Its display name.
    pub display_name: Option<String>,
    /// `application/jsonl`.
    pub mime_type: Option<String>,
    /// In bytes.
    pub size_bytes: Option<u64>,
    /// `ACTIVE`, `PROCESSING`…; also states that are not known here.
    pub state: String,
    /// Its address as an input of other calls.
    pub uri: Option<String>,
    /// Where its bytes are, if a job wrote it.
    pub download_uri: Option<String>,
    /// When it expires, RFC 3339.
    pub expiration_time: Option<String>,
    /// The whole answer.
    pub raw: Value,
}

impl File {
    fn read(value: &Value) -> Result<Self, ClientError> {
        let file = member(value, &["file"]).unwrap_or(value);
        let name = text(file, &["name"]).ok_or_else(|| ClientError::Unreadable("it names no file".to_owned()))?;
        Ok(Self {
            name,
            display_name: text(file, &["displayName", "display_name"]),
            mime_type: text(file, &["mimeType", "mime_type"]),
            size_bytes: whole(file, &["sizeBytes", "size_bytes"]),
            state: text(file, &["state"]).unwrap_or_default(),
            uri: text(file, &["uri"]),
            download_uri: text(file, &["downloadUri", "download_uri"]),
            expiration_time: text(file, &["expirationTime", "expiration_time"]),
            raw: file.clone(),
        })
    }
}

/// Bytes on their way.
#[derive(Debug)]
pub struct Download {
    response: Response,
    offset: u64,
}

impl Download {
    /// Their content type, according to the service.
    #[must_use]
    pub fn mime_type(&self) -> Option<&str> {
        self.response.headers().get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Which byte of the file is the first of them: 0, unless the service goes on where it was asked to.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many there are, if that is known beforehand.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The next ones; `None` at the end.
    ///
    /// # Errors
    /// If the connection breaks or stalls.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(self.response.chunk().await?.map(|chunk| chunk.to_vec()))
    }

    /// All of them, `limit` bytes at most.
    ///
    /// # Errors
    /// [`ClientError::TooLarge`] beyond the limit; if the connection breaks or stalls.
    pub async fn bytes(self, limit: usize) -> Result<Vec<u8>, ClientError> {
        read(self.response, limit).await
    }
}

impl Client {
    /// The description of a file, with or without `files/` before its id.
    ///
    /// # Errors
    /// As for every call: [`ClientError`].
    pub async fn file_get(&self, name: &str) -> Result<File, ClientError> {
        File::read(&self.call(Method::GET, &within("files", name), None, None).await?)
    }

    /// A file's bytes. Redirects are followed, with the key only if they stay at the base address's origin.
    ///
    /// # Errors
    /// As for every call: [`ClientError`]; [`ClientError::Redirected`] for a redirect to http, or after five.
    pub async fn file_download(&self, name: &str) -> Result<Download, ClientError> {
        self.file_download_from(name, 0).await
    }

    /// The same from a byte on. A service that knows no ranges starts at the beginning: see [`Download::offset`].
    ///
    /// # Errors
    /// As for [`Client::file_download`].
    pub async fn file_download_from(&self, name: &str, offset: u64) -> Result<Download, ClientError> {
        let mut url = self.versioned(self.version, &within("files", name), Some("download"))?;
        url.set_query(Some("alt=media"));
        self.download(url, offset).await
    }

    /// Uploads a file of at most a few hundred MiB in one piece, by the protocol that Google's SDKs use.
    ///
    /// # Errors
    /// As for every call: [`ClientError`]; [`ClientError::Redirected`] if the service names another host to send it to.
    pub async fn file_upload(&self, display_name: &str, mime_type: &str, bytes: Vec<u8>) -> Result<File, ClientError> {
        let place = self.upload_place(display_name, mime_type, bytes.len() as u64).await?;
        let sent = self.upload_part(&place, 0, bytes, true).await?;
        File::read(&self.answer(sent).await?)
    }

    /// The same for a file on this machine, a part at a time, so that it may be larger than memory. `done` is told how
    /// many bytes have gone.
    ///
    /// # Errors
    /// As for [`Client::file_upload`]; [`ClientError::Local`] if the file cannot be read.
    pub async fn file_upload_from(
        &self,
        display_name: &str,
        mime_type: &str,
        path: &Path,
        mut done: impl FnMut(u64) + Send,
    ) -> Result<File, ClientError> {
        let local = |error: std::io::Error| ClientError::Local(error.to_string());
        let mut file = tokio::fs::File::open(path).await.map_err(local)?;
        let length = file.metadata().await.map_err(local)?.len();
        let place = self.upload_place(display_name, mime_type, length).await?;
        let mut offset = 0;
        loop {
            let mut part = Vec::with_capacity(usize::try_from(UPLOAD_PART.min(length - offset)).unwrap_or_default());
            (&mut file).take(UPLOAD_PART).read_to_end(&mut part).await.map_err(local)?;
            let after = offset + part.len() as u64;
            let last = after >= length || part.is_empty();
            let sent = self.upload_part(&place, offset, part, last).await?;
            done(after);
            if last {
                return File::read(&self.answer(sent).await?);
            }
            let status = sent.status();
            if !status.is_success() {
                return Err(self.refused(status.as_u16(), &read(sent, ANSWER_LIMIT).await?));
            }
            offset = after;
        }
    }

    async fn upload_part(&self, place: &Url, offset: u64, bytes: Vec<u8>, last: bool) -> Result<Response, ClientError> {
        let command = if last { "upload, finalize" } else { "upload" };
        let request = self
            .request(Method::POST, place.clone())
            .header("x-goog-upload-command", command)
            .header("x-goog-upload-offset", offset)
            .body(bytes);
        Ok(request.send().await?)
    }

    /// Begins an upload, and returns where its bytes go.
    async fn upload_place(&self, display_name: &str, mime_type: &str, length: u64) -> Result<Url, ClientError> {
        let url = self.address(&format!("upload/{}/files", self.version.as_str()), None)?;
        let started = self
            .request(Method::POST, url)
            .timeout(self.patience.call)
            .header("x-goog-upload-protocol", "resumable")
            .header("x-goog-upload-command", "start")
            .header("x-goog-upload-header-content-length", length)
            .header("x-goog-upload-header-content-type", mime_type)
            .json(&json!({ "file": { "displayName": display_name, "mimeType": mime_type } }))
            .send()
            .await?;
        let status = started.status();
        let named = started.headers().get("x-goog-upload-url").and_then(|value| value.to_str().ok()).map(Url::parse);
        let answer = read(started, ANSWER_LIMIT).await?;
        if !status.is_success() {
            return Err(self.refused(status.as_u16(), &answer));
        }
        let Some(Ok(place)) = named else {
            return Err(ClientError::Unreadable("it names no place to send the file to".to_owned()));
        };
        if place.origin() != self.base.origin() {
            return Err(ClientError::Redirected);
        }
        Ok(place)
    }

    async fn download(&self, mut url: Url, offset: u64) -> Result<Download, ClientError> {
        // Whoever is asked on the way chooses the next address: once it has left the service, no key goes anywhere.
        let mut ours = true;
        for _ in 0..=REDIRECTS {
            ours = ours && url.origin() == self.base.origin();
            let request = if ours { self.request(Method::GET, url.clone()) } else { self.http.get(url.clone()) };
            let mut request = request.header("accept", "*/*");
            if offset > 0 {
                request = request.header(RANGE, format!("bytes={offset}-"));
            }
            let response = request.send().await?;
            let status = response.status();
            if status.is_success() {
                let offset = if status == StatusCode::PARTIAL_CONTENT { first_byte(&response, offset)? } else { 0 };
                return Ok(Download { response, offset });
            }
            let next =
                response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(|text| url.join(text));
            match next {
                Some(Ok(next)) if moved(status) && self.may_follow(&next) => url = next,
                _ => return Err(self.refused(status.as_u16(), &read(response, ANSWER_LIMIT).await?)),
            }
        }
        Err(ClientError::Redirected)
    }

    /// https anywhere; http only from one address on this machine to another.
    fn may_follow(&self, next: &Url) -> bool {
        let safe =
            next.scheme() == "https" || (next.scheme() == "http" && is_loopback(next) && is_loopback(&self.base));
        safe && next.username().is_empty() && next.password().is_none()
    }
}

/// Where a part of a file begins: `Content-Range: bytes 100-199/200` (RFC 9110, 14.4).
fn first_byte(response: &Response, asked: u64) -> Result<u64, ClientError> {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let first = range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok());
    match first {
        Some(first) if first == asked => Ok(first),
        _ => Err(ClientError::Unreadable("it gives another part of the file than it was asked for".to_owned())),
    }
}

fn moved(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
