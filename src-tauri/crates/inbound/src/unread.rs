//! Requests that never became one: their head was too large, too slow, or not HTTP. The library answers and closes;
//! what is left in its buffer shows who sent it.

use crate::receive::Parts;
use crate::turned_away::{About, Refusal};

/// The beginning of a TLS connection: a handshake record of any version.
const TLS: [u8; 2] = [0x16, 0x03];
/// The library accepts no longer target.
const TARGET: usize = u16::MAX as usize - 1;

/// Counts and remembers a connection that ended because its head could not be read.
pub(crate) fn note(parts: &Parts, peer: &str, error: &hyper::Error, unread: &[u8]) {
    let Some((refusal, reason)) = why(error, unread, parts.limits.headers) else { return };
    let line = line(unread);
    let method = line.map(|line| line.method);
    // It is not known whether it has the path token, nor whether it is from the internet.
    let path = line.filter(|line| !line.target.is_empty()).map(|line| parts.gate.shown_path(&line.path(), true));
    let about = About { at: (parts.clock)(), method, path: path.as_deref(), peer, reason: &reason };
    parts.tally.turned_away(refusal, &about);
}

fn why(error: &hyper::Error, unread: &[u8], headers: usize) -> Option<(Refusal, String)> {
    if error.is_timeout() {
        let reason = "Its head did not arrive in time.";
        return (!unread.is_empty()).then(|| (Refusal::HeadTooSlow, reason.to_owned()));
    }
    if error.is_parse_version_h2() {
        let reason = "It speaks HTTP/2 from the start; the listener speaks HTTP/1.1.";
        return Some((Refusal::NotHttp, reason.to_owned()));
    }
    if !error.is_parse() {
        return None;
    }
    if unread.starts_with(&TLS) {
        let reason = "It speaks TLS; the listener speaks plain HTTP. Use http:// in the address.";
        return Some((Refusal::NotHttp, reason.to_owned()));
    }
    if !error.is_parse_too_large() {
        return Some((Refusal::NotHttp, format!("It is not valid HTTP/1.1: {error}.")));
    }
    if line(unread).is_some_and(|line| line.target.len() > TARGET) {
        return Some((Refusal::TargetTooLong, format!("Its target is longer than {TARGET} bytes.")));
    }
    let lines = unread.split(|byte| *byte == b'\n').skip(1).count();
    let reason = match lines > headers {
        true => format!("It has more than {headers} header lines."),
        false => format!("Its head is too large: {} KiB arrived without an end.", unread.len() / 1024),
    };
    Some((Refusal::HeadTooLarge, reason))
}

/// The method and the target of a request line.
#[derive(Clone, Copy)]
struct Line<'a> {
    method: &'a str,
    target: &'a [u8],
}

/// As far as it arrived. `None` if it is not a request line.
fn line(unread: &[u8]) -> Option<Line<'_>> {
    let line = unread.split(|byte| *byte == b'\r' || *byte == b'\n').find(|line| !line.is_empty())?;
    let mut words = line.split(|byte| *byte == b' ');
    let method = std::str::from_utf8(words.next()?).ok()?;
    let is_method = !method.is_empty() && method.len() <= 20 && method.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_method.then(|| Line { method, target: words.next().unwrap_or_default() })
}

impl Line<'_> {
    /// Without the query, and without the scheme and host of a target in absolute form.
    fn path(&self) -> String {
        let target = self.target.split(|byte| *byte == b'?' || *byte == b'#').next().unwrap_or_default();
        let target = String::from_utf8_lossy(target.get(..2048).unwrap_or(target)).into_owned();
        match target.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/").to_owned(),
            None => target,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_is_read_without_its_query() {
        let read = |text: &[u8]| line(text).map(|line| (line.method.to_owned(), line.path()));
        let is = |method: &str, path: &str| Some((method.to_owned(), path.to_owned()));
        assert_eq!(read(b"POST /a/b?key=secret HTTP/1.1\r\nhost: x\r\n"), is("POST", "/a/b"));
        assert_eq!(read(b"POST http://u:p@h.example/a?b HTTP/1.1\r\n"), is("POST", "/a"));
        assert_eq!(read(b"\r\nGET /"), is("GET", "/"));
        assert_eq!(read(b"GET /\xff\xfe?x HTTP/1.1"), is("GET", "/\u{fffd}\u{fffd}"));
        assert_eq!(read(b"POST"), is("POST", ""));
        assert_eq!(read(b"\x16\x03\x01\x02\x00\x01"), None);
        assert_eq!(read(b"{\"a\": 1}"), None);
        assert_eq!(read(b""), None);
    }
}
