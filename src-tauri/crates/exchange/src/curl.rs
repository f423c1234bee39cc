//! A delivery as a `curl` command for a POSIX shell, and back.

use crate::credentials::is_credential;
use crate::record::Record;
use crate::text;

pub(crate) mod read;
mod windows;
mod words;

/// Headers that every client makes itself, or that belong to one connection. In lower case.
const LEFT_OUT: [&str; 12] = [
    "host",
    "content-length",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "accept-encoding",
    "expect",
];
/// Headers that curl adds by itself, unless it is told not to.
const ADDED: [&str; 3] = ["Content-Type", "User-Agent", "Accept"];

/// Whether a client makes this header itself.
pub(crate) fn is_of_the_client(name: &str) -> bool {
    LEFT_OUT.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The headers that a snippet sends. Credentials are no part of a snippet.
pub(crate) fn sent(record: &Record) -> impl Iterator<Item = (&str, &[u8])> {
    let headers = record.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    headers.filter(|(name, _)| !is_of_the_client(name) && !is_credential(name))
}

/// The command. `base`: where it goes to, without a trailing slash. The body goes through `base64` if it is not plain
/// text.
pub(crate) fn command(record: &Record, base: &str) -> String {
    let mut command = format!("curl -X {} {}", word(&record.method), quote(&format!("{base}{}", record.target())));
    for (name, value) in sent(record) {
        command.push_str(" \\\n  -H ");
        command.push_str(&header(name, value));
    }
    for name in ADDED.into_iter().filter(|name| !record.has(name)) {
        command.push_str(&format!(" \\\n  -H '{name}:'"));
    }
    let mut out = String::new();
    if record.truncated {
        out.push_str(&truncated(record.body.len(), record.body_len));
        out.push('\n');
    }
    match plain(&record.body) {
        Some(text) => {
            out.push_str(&command);
            out.push_str(" \\\n  --data-binary ");
            out.push_str(&quote(text));
        }
        None => {
            let packed = text::base64(&record.body);
            out.push_str(&format!("printf %s '{packed}' | base64 -d | {command} \\\n  --data-binary @-"));
        }
    }
    out
}

/// What stands before a command whose body is not whole.
fn truncated(kept: usize, whole: u64) -> String {
    format!("# The first {kept} of {whole} bytes of the body: the rest was not kept.")
}

/// The same, read: the bytes of the whole body.
fn whole_of(comment: &[u8]) -> Option<u64> {
    let comment = std::str::from_utf8(comment).ok()?;
    let rest = comment.trim().strip_prefix("The first ")?.strip_suffix(" bytes of the body: the rest was not kept.")?;
    rest.split_once(" of ")?.1.parse().ok()
}

/// The body as an argument: not if it is none, not if curl would take it for the name of a file, and not if something
/// in it hides, or turns the direction of the text: whoever pastes a command should see what it is.
pub(crate) fn plain(body: &[u8]) -> Option<&str> {
    shown(body).filter(|text| !text.starts_with('@'))
}

/// The bytes as text, if all of it can be seen.
pub(crate) fn shown(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.chars().any(hides))
}

fn hides(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

/// A header line as an argument. curl drops `name:` without a value; `name;` sends it empty.
fn header(name: &str, value: &[u8]) -> String {
    match shown(value) {
        Some("") => quote(&format!("{name};")),
        Some(text) => quote(&format!("{name}: {text}")),
        // A command line holds text: bytes that are none come out of printf.
        None => {
            let mut format = format!("{}: ", name.replace('%', "%%").replace('\'', "'\\''"));
            for byte in value {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b' ' | b'-' | b'_' | b'.' | b',' | b'/' | b'=' => {
                        format.push(char::from(*byte));
                    }
                    _ => format.push_str(&format!("\\{byte:03o}")),
                }
            }
            format!("\"$(printf '{format}')\"")
        }
    }
}

/// A word that needs no quotes, or a quoted one.
fn word(text: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !text.is_empty() && text.bytes().all(safe) { text.to_owned() } else { quote(text) }
}

/// The text as one word of a POSIX shell.
pub(crate) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
