//! Compares what arrived with what was sent.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};
use signature::{is_for_a_proxy, is_hop_by_hop};

use super::{Echo, ProbeRequest, hex};

/// Whether a header belongs to one connection or frames the body, or is `Host`: each proxy has its own.
fn is_of_the_connection(name: &str) -> bool {
    is_hop_by_hop(name) || is_for_a_proxy(name) || matches!(name, "content-length" | "host")
}

/// Headers that a delivery needs to verify.
const OF_THE_SIGNATURE: [&str; 3] = ["webhook-id", "webhook-signature", "webhook-timestamp"];

/// How the headers differ; each list is in the order of the names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Headers {
    pub(super) added: Vec<String>,
    pub(super) dropped: Vec<String>,
    pub(super) changed: Vec<String>,
}

impl Headers {
    /// Compares them; names are as the listener saw them, in lower case.
    pub(super) fn of(sent: &ProbeRequest, echo: &Echo) -> Self {
        let came: Vec<_> = echo.headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let sent: Vec<_> = sent.headers.iter().map(|(name, value)| (*name, BASE64_STANDARD.encode(value))).collect();
        let mut names: Vec<&str> = sent.iter().chain(&came).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let mut headers = Self::default();
        for name in names.into_iter().filter(|name| !is_of_the_connection(name)) {
            let (sent, came) = (values(&sent, name), values(&came, name));
            let list = match (sent.is_empty(), came.is_empty()) {
                _ if sent == came => continue,
                (true, _) => &mut headers.added,
                (_, true) => &mut headers.dropped,
                _ => &mut headers.changed,
            };
            list.push(name.to_owned());
        }
        headers
    }

    /// Those that verification needs and that did not arrive as sent.
    pub(super) fn of_the_signature(&self) -> Vec<&str> {
        let lost = self.dropped.iter().chain(&self.changed).map(String::as_str);
        lost.filter(|name| OF_THE_SIGNATURE.contains(name)).collect()
    }
}

fn values<'a>(headers: &'a [(&str, String)], name: &str) -> Vec<&'a str> {
    headers.iter().filter(|(header, _)| *header == name).map(|(_, value)| value.as_str()).collect()
}

/// What happened to the body; `None` if it arrived as sent.
pub(super) fn body(sent: &[u8], echo: &Echo) -> Option<String> {
    if echo.whole && echo.sha256 == hash(sent) {
        return None;
    }
    let (len, came) = (sent.len(), echo.length);
    if came == 0 {
        return Some(format!("none of its {len} bytes arrived"));
    }
    if !echo.whole {
        return Some(format!("it broke off: {came} bytes were announced or seen, {len} were sent"));
    }
    let how = if let Some(made) = makings(sent).into_iter().find(|(_, made)| hash(made) == echo.sha256) {
        made.0.to_owned()
    } else if usize::try_from(came).ok().and_then(|came| sent.get(..came)).map(hash).as_ref() == Some(&echo.sha256) {
        format!("only its first {came} bytes came")
    } else {
        "what changed it is not known".to_owned()
    };
    Some(format!("{len} bytes were sent, {came} arrived: {how}"))
}

/// Common changes to a body, and the result of each.
fn makings(sent: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let latin = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes();
    vec![
        (
            "bytes that are not text were replaced (it was read as UTF-8)",
            String::from_utf8_lossy(sent).into_owned().into(),
        ),
        ("it was read as Latin-1 and written as UTF-8", latin(sent)),
        ("its byte order mark was removed", sent.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sent).to_vec()),
        ("line ends CR LF became LF", replaced(sent, b"\r\n", b"\n")),
        ("line ends LF became CR LF", replaced(&replaced(sent, b"\r\n", b"\n"), b"\n", b"\r\n")),
        ("zero bytes were removed", sent.iter().copied().filter(|byte| *byte != 0).collect()),
        ("it was cut at its first zero byte", sent.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()),
        ("trailing white space was removed", sent.trim_ascii_end().to_vec()),
        ("a line end was added", [sent, b"\n"].concat()),
        ("it was written as base64", BASE64_STANDARD.encode(sent).into_bytes()),
    ]
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len() * 2);
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        if let Some(after) = rest.strip_prefix(from) {
            made.extend_from_slice(to);
            rest = after;
        } else {
            made.push(*first);
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    made
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
