//! Which header lines of a delivery are passed on to a target, and what happens to the others (RFC 9110, 7.6.1).

use signature::{is_for_a_proxy, is_hop_by_hop};

/// A header or part that is not sent as received, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Altered {
    /// A header's name, or `path`.
    pub name: String,
    /// `left out: it belongs to one connection`.
    pub what: String,
}

impl Altered {
    pub(crate) fn new(name: &str, what: impl Into<String>) -> Self {
        Self { name: name.to_owned(), what: what.into() }
    }
}

/// An API key never travels in a replay.
const KEYS: [&str; 1] = ["x-goog-api-key"];
/// Credentials that were meant for Pollux or for a proxy in front of it: they are sent only within this machine.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "x-api-key"];

/// The lines that are passed on, in order, and what was left out. `host` and `content-length` keep their places; the
/// client sets their values.
pub(crate) fn pass(headers: Vec<(String, Vec<u8>)>, local: bool) -> (Vec<(String, Vec<u8>)>, Vec<Altered>) {
    let named = named_by_connection(&headers);
    let mut altered = Vec::new();
    let mut framed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut passed = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let reason = if stays(&lower) || named.contains(&lower) {
            Some("left out: it belongs to one connection")
        } else if KEYS.contains(&lower.as_str()) {
            Some("left out: API keys never travel in a replay")
        } else if lower == "expect" {
            Some("left out: the body is sent at once")
        } else if !local && CREDENTIALS.contains(&lower.as_str()) {
            Some("left out: credentials stay on this machine")
        } else {
            None
        };
        let Some(reason) = reason else {
            passed.push((name, value));
            continue;
        };
        if lower == "transfer-encoding" && !framed {
            // The body is sent with its length, in the place of the framing header.
            framed = true;
            passed.push(("content-length".to_owned(), Vec::new()));
            altered.push(Altered::new(&lower, "replaced by content-length: the body is sent in one piece"));
        } else {
            altered.push(Altered::new(&lower, reason));
        }
    }
    altered.dedup();
    (passed, altered)
}

/// The lines of an answer that are passed on to somebody else's connection.
#[must_use]
pub fn for_another_connection(headers: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let named = named_by_connection(&headers);
    let stays = |name: &str| stays(name) || named.iter().any(|one| one == name);
    headers.into_iter().filter(|(name, _)| !stays(&name.to_ascii_lowercase())).collect()
}

/// Whether a header belongs to one connection.
fn stays(name: &str) -> bool {
    is_hop_by_hop(name) || is_for_a_proxy(name)
}

/// Names that `Connection` lists: they belong to one connection, too.
fn named_by_connection(headers: &[(String, Vec<u8>)]) -> Vec<String> {
    /// Headers that a sender must not be able to have removed.
    const KEPT: [&str; 6] =
        ["webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "content-length", "host"];
    let lists = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    let names = lists.filter_map(|(_, value)| std::str::from_utf8(value).ok()).flat_map(|value| value.split(','));
    names.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !KEPT.contains(&name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_belongs_to_one_connection_is_left_out_and_named() {
        let received = lines(&[
            ("host", "a"),
            ("connection", "keep-alive, X-Hop, webhook-id"),
            ("webhook-id", "msg_1"),
            ("x-hop", "1"),
            ("x-two", "1"),
            ("x-two", "2"),
            ("te", "trailers"),
            ("content-length", "3"),
        ]);
        let (passed, altered) = pass(received, true);
        let expected =
            lines(&[("host", "a"), ("webhook-id", "msg_1"), ("x-two", "1"), ("x-two", "2"), ("content-length", "3")]);
        assert_eq!(passed, expected);
        let names: Vec<&str> = altered.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["connection", "x-hop", "te"]);
    }

    #[test]
    fn the_length_stands_where_the_framing_stood() {
        let (passed, altered) = pass(lines(&[("transfer-encoding", "chunked"), ("x-a", "1")]), true);
        assert_eq!(passed, lines(&[("content-length", ""), ("x-a", "1")]));
        assert_eq!(altered[0].name, "transfer-encoding");
        let (passed, _) = pass(lines(&[("content-length", "3"), ("transfer-encoding", "chunked")]), true);
        assert_eq!(passed, lines(&[("content-length", "3")]));
    }

    #[test]
    fn keys_stay_here() {
        let received =
            lines(&[("x-goog-api-key", "AIza"), ("authorization", "Bearer x"), ("cookie", "a=b"), ("x-a", "1")]);
        assert_eq!(pass(received.clone(), false).0, lines(&[("x-a", "1")]));
        let (passed, altered) = pass(received, true);
        assert_eq!(passed, lines(&[("authorization", "Bearer x"), ("cookie", "a=b"), ("x-a", "1")]));
        assert_eq!(altered, [Altered::new("x-goog-api-key", "left out: API keys never travel in a replay")]);
    }
}
