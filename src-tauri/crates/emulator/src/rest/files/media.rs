//! The bytes of a file, whole or one range of them.

use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};

use crate::jobs::filler;
use crate::rest::{ApiError, Call, Reply};
use crate::world::StoredFile;

/// Answers with what the call wants of the file. Without `ranges` that is always the whole.
pub(super) fn answer(call: &Call, file: StoredFile, ranges: bool) -> Reply {
    let length = file.len();
    let range = call.header(header::RANGE.as_str()).filter(|_| ranges);
    match range.and_then(|range| wanted(range, length)) {
        None => Ok(media(StatusCode::OK, file, 0..length, ranges)),
        Some(Some((from, to))) => {
            let mut response = media(StatusCode::PARTIAL_CONTENT, file, from..to + 1, ranges);
            let range = format!("bytes {from}-{to}/{length}").parse();
            response.headers_mut().extend(range.ok().map(|range| (header::CONTENT_RANGE, range)));
            Ok(response)
        }
        Some(None) => {
            let message = format!("The File {} has {length} bytes, none of which is in the requested range.", file.id);
            Err(ApiError::status(StatusCode::RANGE_NOT_SATISFIABLE, message)
                .with_header(header::CONTENT_RANGE, &format!("bytes */{length}")))
        }
    }
}

fn media(status: StatusCode, file: StoredFile, range: Range<u64>, ranges: bool) -> Response {
    let mime_type = file.mime_type.parse();
    let mut response = (status, Body::new(Read { file, range })).into_response();
    let headers = response.headers_mut();
    headers.extend(mime_type.ok().map(|mime_type| (header::CONTENT_TYPE, mime_type)));
    if ranges {
        headers.insert(header::ACCEPT_RANGES, header::HeaderValue::from_static("bytes"));
    }
    response
}

/// What is left to send: the bytes that are stored, then the rows that are made on the way.
struct Read {
    file: StoredFile,
    range: Range<u64>,
}

impl hyper::body::Body for Read {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Range { start, end } = self.range;
        if start >= end {
            return Poll::Ready(None);
        }
        let stored = self.file.bytes.len() as u64;
        let piece = match start < stored {
            true => self.file.bytes.slice(start as usize..end.min(stored) as usize),
            false => filler::piece(&(start - stored..end - stored)),
        };
        self.range.start = start + piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.range.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.range.end.saturating_sub(self.range.start))
    }
}

/// The first and last byte of a `Range` header; `Some(None)` if there is no such byte. Several ranges, or one that
/// cannot be read, count as no header (RFC 9110, 14.2).
fn wanted(header: &str, length: u64) -> Option<Option<(u64, u64)>> {
    let (from, to) = header.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| -> Option<Option<u64>> {
        if text.is_empty() {
            return Some(None);
        }
        text.bytes().all(|b| b.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
    };
    match (number(from)?, number(to)?) {
        (Some(from), Some(to)) if to < from => None,
        (Some(from), to) => {
            let last = to.unwrap_or(u64::MAX).min(length.saturating_sub(1));
            Some((from < length).then_some((from, last)))
        }
        (None, Some(last)) => {
            Some((last > 0 && length > 0).then(|| (length.saturating_sub(last), length.saturating_sub(1))))
        }
        (None, None) => None,
    }
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
}
