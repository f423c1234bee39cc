//! Reads cloudflared's output to its end and keeps the gist: the latest lines that are not just information, the
//! address, and counts of the errors that explain a missing connection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::JoinSet;

use crate::words::printable;

/// Lines that are kept.
const LINES: usize = 12;
/// How many bytes of a line are examined; the rest is read and dropped.
const LINE: usize = 4096;

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    lines: VecDeque<String>,
    /// Whether the announcement of the address has begun: addresses before it lead to terms and manuals.
    created: bool,
    hostname: Option<String>,
    quic_errors: u32,
    refusals: u32,
}

impl Seen {
    /// The latest lines that are not just information, oldest first.
    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.iter().cloned().collect()
    }

    /// The address's host, from the announcement.
    pub(super) fn hostname(&self) -> Option<&str> {
        self.hostname.as_deref()
    }

    /// Errors of QUIC since the last [`Seen::forget`].
    pub(super) fn quic_errors(&self) -> u32 {
        self.quic_errors
    }

    /// How often Cloudflare said that it does not know the tunnel, since the last [`Seen::forget`].
    pub(super) fn refusals(&self) -> u32 {
        self.refusals
    }

    /// Starts counting errors from zero.
    pub(super) fn forget(&mut self) {
        (self.quic_errors, self.refusals) = (0, 0);
    }

    pub(super) fn take(&mut self, line: &str) {
        let (news, text) = parse(line);
        if text.contains("quick Tunnel has been created") {
            self.created = true;
        } else if self.created && self.hostname.is_none() {
            self.hostname = text.split_once("https://").map(|(_, rest)| host(rest)).filter(|host| is_host(host));
        }
        if news || text.is_empty() {
            return;
        }
        let lower = text.to_ascii_lowercase();
        // Not every mention of QUIC (small buffers are reported, too), and not "quick".
        if lower.replace("quick", "").contains("quic") && ["dial", "timeout"].iter().any(|word| lower.contains(word)) {
            self.quic_errors = self.quic_errors.saturating_add(1);
        }
        if lower.contains("unauthorized") {
            self.refusals = self.refusals.saturating_add(1);
        }
        // Our own empty file: reported at every start.
        if lower.contains("configuration file") && lower.contains("was empty") {
            return;
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(text);
    }
}

/// The host at the start of what follows `https://`.
fn host(text: &str) -> String {
    text.chars().take_while(|&c| c.is_ascii_alphanumeric() || c == '-' || c == '.').collect()
}

/// Whether it can be used in an address as it is.
pub(super) fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.contains('.') && host.split('.').all(label)
}

/// Whether a line is just information, and its text. Covers both formats, and what the command line parser or a panic
/// writes.
fn parse(line: &str) -> (bool, String) {
    if line.starts_with('{')
        && let Ok(Value::Object(fields)) = serde_json::from_str(line)
    {
        let field = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut text = field("message").to_owned();
        for (name, between) in [("error", ": "), ("status_code", ", status ")] {
            if !field(name).is_empty() {
                text.push_str(between);
                text.push_str(field(name));
            }
        }
        return (matches!(field("level"), "info" | "debug" | "trace"), printable(&text));
    }
    let text = match line.split_once(' ') {
        Some((time, rest)) if time.ends_with('Z') && time.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => line,
    };
    (["INF ", "DBG "].iter().any(|level| text.starts_with(level)), printable(text))
}

/// The child's pipes, being read.
#[derive(Debug, Default)]
pub(super) struct Output {
    seen: Arc<Mutex<Seen>>,
    readers: JoinSet<()>,
}

impl Output {
    /// Reads a pipe to its end.
    pub(super) fn read(&mut self, pipe: impl AsyncRead + Unpin + Send + 'static) {
        self.readers.spawn(lines(pipe, self.seen.clone()));
    }

    /// What was read so far.
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock()
    }

    /// Waits for the pipes to close. `false` if somebody still holds one after `longest`.
    pub(super) async fn ended(&mut self, longest: Duration) -> bool {
        let all = async { while self.readers.join_next().await.is_some() {} };
        tokio::time::timeout(longest, all).await.is_ok()
    }
}

async fn lines(mut pipe: impl AsyncRead + Unpin, seen: Arc<Mutex<Seen>>) {
    let mut line = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(len @ 1..) = pipe.read(&mut chunk).await {
        for &byte in chunk.iter().take(len) {
            if byte == b'\n' {
                whole(&mut line, &seen);
            } else if line.len() < LINE {
                line.push(byte);
            }
        }
    }
    whole(&mut line, &seen);
}

fn whole(line: &mut Vec<u8>, seen: &Mutex<Seen>) {
    seen.lock().take(&String::from_utf8_lossy(line));
    line.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::SHOWN;

    fn seen(lines: &[&str]) -> Seen {
        let mut seen = Seen::default();
        lines.iter().for_each(|line| seen.take(line));
        seen
    }

    #[test]
    fn the_address_is_that_of_the_announcement() {
        let before = r#"{"level":"info","message":"see https://developers.cloudflare.com/x and https://api.trycloudflare.com","time":"t"}"#;
        let json = seen(&[
            before,
            r#"{"level":"info","message":"|  Your quick Tunnel has been created! Visit it at:  |","time":"t"}"#,
            r#"{"level":"info","message":"|  https://four-dashed-word-url.trycloudflare.com        |","time":"t"}"#,
            r#"{"level":"info","message":"|  https://later.trycloudflare.com  |","time":"t"}"#,
        ]);
        assert_eq!(json.hostname(), Some("four-dashed-word-url.trycloudflare.com"));
        let plain = seen(&[
            "2026-11-21T00:48:41Z INF Requesting new quick Tunnel on trycloudflare.com...",
            "2026-11-21T00:48:41Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time):  |",
            "2026-11-21T00:48:41Z INF |  https://four-dashed-word-url.trycloudflare.com       |",
        ]);
        assert_eq!(plain.hostname(), Some("four-dashed-word-url.trycloudflare.com"));
        assert_eq!(seen(&[before]).hostname(), None);
        assert!(plain.lines().is_empty(), "news are not kept");
    }

    #[test]
    fn lines_are_few_short_and_printable() {
        let long = "x".repeat(5000);
        let many: Vec<_> =
            (0..40).map(|n| format!("2026-11-21T00:48:41Z ERR \x1b[31m{n}\u{202e}\x07 {long}")).collect();
        let kept = seen(&many.iter().map(String::as_str).collect::<Vec<_>>()).lines();
        assert_eq!(kept.len(), LINES);
        assert!(kept[0].starts_with("ERR [31m28 x"), "{}", kept[0]);
        assert!(kept.iter().all(|line| line.chars().count() == SHOWN + 1));
    }

    #[tokio::test]
    async fn a_line_without_end_is_bounded_and_read_to_the_end() {
        let (mut to, from) = tokio::io::duplex(512);
        let mut output = Output::default();
        output.read(from);
        use tokio::io::AsyncWriteExt as _;
        to.write_all(&vec![b'a'; 200_000]).await.unwrap();
        to.write_all(b"\nlast without an end").await.unwrap();
        drop(to);
        assert!(output.ended(Duration::from_secs(5)).await);
        assert_eq!(output.seen().lines().last().map(String::as_str), Some("last without an end"));
    }

    #[test]
    fn errors_of_quic_are_those_of_the_connection() {
        let errors = seen(&[
            r#"{"level":"error","error":"failed to dial to edge with quic: timeout: no recent network activity","message":"x"}"#,
            "2026-11-21T00:48:41Z ERR Failed to dial a quic connection error=\"failed to dial to edge with quic\"",
        ]);
        assert_eq!(errors.quic_errors(), 2);
        let others = seen(&[
            "2026/11/21 00:48:41 failed to sufficiently increase receive buffer size. See https://github.com/quic-go/quic-go/wiki",
            r#"{"level":"info","message":"Initial protocol quic, dial timeout 15s"}"#,
            "failed to request quick Tunnel: Post: dial tcp: i/o",
        ]);
        assert_eq!(others.quic_errors(), 0);
    }

    #[test]
    fn hosts() {
        for good in ["a-b.trycloudflare.com", "x.y"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "localhost", "a b.com", "A.com", "-a.com", "a-.com", "a..com", "a.com/x", "a.com:1", "x@a.com"]
        {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
