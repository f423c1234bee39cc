//! Says in sentences what was found and what to do about it.

use super::bodies::BodyForm;
use super::search::{Derivation, Form, Hit, Spelling, Whose};
use crate::standard::Content;
use crate::wording::{distance, life, short, span};
use crate::{Diagnosis, MatchedKey};

/// The diagnosis for a hit. The body's form outweighs the content, the content outweighs the derivation, and that
/// outweighs the key's owner; the sentence names all of them.
pub(super) fn diagnosis(hit: &Hit<'_>, content: &Content<'_>, now: i64) -> Diagnosis {
    let (code, fix) = match (&hit.body, hit.form, hit.derivation) {
        (Some(form), ..) => (form.code, body_fix(form)),
        (None, Form::Standard, Derivation::Decoded) => key_code(hit),
        (None, Form::Standard, Derivation::Encoded) => (
            "secret_not_base64_decoded",
            "The sender used the secret's text as the key. The key is what base64 decoding of the text after whsec_ gives.",
        ),
        (None, Form::Standard, Derivation::Whole) => (
            "secret_used_with_prefix_as_text",
            "The sender used the whole text, whsec_ and all, as the key. The key is what base64 decoding of the text after whsec_ gives.",
        ),
        (None, Form::Standard, Derivation::Public) => (
            "hmac_with_public_key",
            "A public key is no secret: anyone can make this signature. Do not accept it; the sender must sign with v1a.",
        ),
        (None, form, _) => (
            form_code(form),
            "The signed content must be the id, a full stop, the timestamp, a full stop, and the raw body.",
        ),
    };
    let mut finding = format!("The signature matches {}", short(&hit.key.matched.hint));
    match &hit.key.whose {
        Whose::Live => {}
        Whose::Expired => finding.push_str(&format!(", which {}", life_words(&hit.key.matched, now))),
        Whose::Project(project) => finding.push_str(&format!(", a secret of the project {project}")),
    }
    match hit.derivation {
        Derivation::Decoded => {}
        Derivation::Encoded => finding.push_str(" when its base64 text, not decoded, is the key"),
        Derivation::Whole => finding.push_str(" when its whole text with whsec_ is the key"),
        Derivation::Public => finding.push_str(" when the bytes of the public key are taken for an HMAC secret"),
    }
    let comma = if hit.key.whose == Whose::Live { "" } else { "," };
    match &hit.body {
        Some(form) => {
            finding.push_str(&format!("{comma} over {}{}", form.words(), sizes(form.len, content.body.len())))
        }
        None if hit.form != Form::Standard => finding.push_str(&format!("{comma} over {}", form_words(hit.form))),
        None => {}
    }
    match hit.spelling {
        Spelling::Right => {}
        Spelling::Version => finding.push_str("; it is labelled with the wrong version"),
        Spelling::Encoding => finding.push_str("; it is not written as padded base64"),
    }
    finding.push('.');
    Diagnosis { code: code.to_owned(), finding, fix: fix.to_owned(), key: Some(hit.key.matched.clone()) }
}

/// ` (214 instead of 231 bytes)`, if the sizes differ.
pub(super) fn sizes(signed: usize, received: usize) -> String {
    if signed == received { String::new() } else { format!(" ({signed} instead of {received} bytes)") }
}

/// The advice when key, derivation and content are right: about the key's owner, or the notation of the signature.
fn key_code(hit: &Hit<'_>) -> (&'static str, &'static str) {
    match (&hit.key.whose, hit.spelling) {
        (Whose::Expired, _) => (
            "secret_expired",
            "The sender still signs with a secret that was replaced. Let it take the new one, or rotate again with a grace of 24 h.",
        ),
        (Whose::Project(_), _) => (
            "secret_of_another_project",
            "The webhook of another project calls this address. Point it to the path of its own project, or copy the secret here.",
        ),
        (Whose::Live, Spelling::Version) => (
            "signature_version_label",
            "The signature is right, but its version is not: HMAC-SHA256 is v1 and Ed25519 is v1a.",
        ),
        (Whose::Live, Spelling::Encoding) => (
            "signature_encoding",
            "The signature is right, but it is written in hexadecimal, in the URL-safe alphabet or without padding: it must be padded standard base64.",
        ),
        (Whose::Live, Spelling::Right) => (
            "signature_list_malformed",
            "The signature is right, but the list is not: each entry is a version, a comma and base64, and entries are joined by one space.",
        ),
    }
}

fn form_code(form: Form) -> &'static str {
    match form {
        Form::Standard => "signature_list_malformed",
        Form::BodyOnly => "signed_content_body_only",
        Form::TimestampBody => "signed_content_timestamp_body",
        Form::IdBody => "signed_content_id_body",
        Form::Order => "signed_content_order",
        Form::NoDelimiter => "signed_content_no_delimiter",
        Form::OtherDelimiter => "signed_content_other_delimiter",
        Form::Milliseconds => "signed_content_ms_timestamp",
    }
}

fn form_words(form: Form) -> &'static str {
    match form {
        Form::Standard => "id, timestamp and body",
        Form::BodyOnly => "the body alone, without id and timestamp",
        Form::TimestampBody => "timestamp and body, without the id",
        Form::IdBody => "id and body, without the timestamp",
        Form::Order => "id, timestamp and body in another order",
        Form::NoDelimiter => "id, timestamp and body without full stops between them",
        Form::OtherDelimiter => "id, timestamp and body joined by something other than full stops",
        Form::Milliseconds => "the timestamp in milliseconds",
    }
}

pub(super) fn body_fix(form: &BodyForm) -> &'static str {
    match form.code {
        "body_reserialized" => {
            "Likely cause: a proxy or middleware that parses JSON and serialises it again. Pass the raw bytes on; the secret is right."
        }
        "body_trailing_newline" => {
            "Likely cause: something that reads or writes the body as lines of text, such as a shell, a log or an editor. Pass the raw bytes on."
        }
        "body_newline_conversion" => {
            "Likely cause: a transfer in text mode, or an editor or Git that converts line ends. Pass the raw bytes on."
        }
        "body_bom" => {
            "Likely cause: an editor or a decoder that adds or drops the byte order mark. Pass the raw bytes on."
        }
        "body_unicode_normalised" => {
            "Likely cause: a file system, database or proxy that normalises Unicode. Pass the raw bytes on."
        }
        "body_charset" => {
            "Likely cause: something that decoded the body with one character set and wrote it with another. Pass the raw bytes on."
        }
        _ => {
            "Likely cause: a proxy that compresses or decompresses bodies. The signature covers the bytes on one side of it only: switch that off, or verify on the other side."
        }
    }
}

fn life_words(key: &MatchedKey, now: i64) -> String {
    match life(key.state, now).into_owned() {
        words if words.starts_with("expired") => words,
        _ => "is no longer accepted".to_owned(),
    }
}

/// The timestamp counts a unit smaller than seconds.
pub(super) fn milliseconds(then: i64) -> Diagnosis {
    let unit = match then {
        0..10_000_000_000_000 => "milliseconds",
        10_000_000_000_000..10_000_000_000_000_000 => "microseconds",
        _ => "nanoseconds",
    };
    Diagnosis {
        code: "timestamp_looks_like_milliseconds".to_owned(),
        finding: format!("The timestamp {then} is a current time if it is read as {unit}."),
        fix: "The sender must give webhook-timestamp in whole Unix seconds: in JavaScript, Math.floor(Date.now() / 1000).".to_owned(),
        key: None,
    }
}

/// Too old, but signed by a key.
pub(super) fn stale(key: MatchedKey, age: u64, tolerance: u64) -> Diagnosis {
    Diagnosis {
        code: "stale_with_valid_signature".to_owned(),
        finding: format!("The signature matches {}: it is genuine, and {} old.", short(&key.hint), distance(age, tolerance)),
        fix: "Likely cause: a delivery replayed by hand, held up on its way, or a clock that is ahead. To replay it, sign it again with a fresh time."
            .to_owned(),
        key: Some(key),
    }
}

/// An expired token, but signed by a key.
pub(super) fn stale_token(key: MatchedKey, ago: u64) -> Diagnosis {
    Diagnosis {
        code: "stale_with_valid_signature".to_owned(),
        finding: format!("The signature matches {}: the token is genuine, and expired {} ago.", key.hint, span(ago)),
        fix: "Likely cause: a delivery replayed by hand, held up on its way, or a clock that is ahead. To replay it, sign a fresh token."
            .to_owned(),
        key: Some(key),
    }
}

/// Too new, but signed by a key.
pub(super) fn future(key: MatchedKey, ahead: u64, tolerance: u64) -> Diagnosis {
    Diagnosis {
        code: "future_with_valid_signature".to_owned(),
        finding: format!(
            "The signature matches {}: it is genuine, and its time is {} ahead.",
            short(&key.hint),
            distance(ahead, tolerance)
        ),
        fix: "Likely cause: the clock of this computer is behind, or that of the sender ahead. Set both by NTP."
            .to_owned(),
        key: Some(key),
    }
}

/// Header lines joined by commas.
pub(super) fn merged(hit: &Hit<'_>) -> Diagnosis {
    header(
        hit,
        "header_merged",
        "when the headers are taken apart at their commas",
        "Likely cause: a proxy that merges header lines of one name. Signatures are joined by spaces, and id and timestamp come once.",
    )
}

/// Header lines that arrived twice.
pub(super) fn repeated(hit: &Hit<'_>) -> Diagnosis {
    header(
        hit,
        "header_repeated",
        "with one of the repeated header lines",
        "Likely cause: a proxy or client that adds the headers a second time. Send each of them once.",
    )
}

/// A timestamp that was not plain digits.
pub(super) fn timestamp_rewritten(hit: &Hit<'_>, timestamp: &[u8]) -> Diagnosis {
    let with = format!("with the timestamp {}", crate::received::shown(timestamp));
    header(
        hit,
        "timestamp_not_plain",
        &with,
        "Likely cause: a number that was printed with a fraction, a sign, a leading zero or white space. Send plain digits.",
    )
}

fn header(hit: &Hit<'_>, code: &str, with: &str, fix: &str) -> Diagnosis {
    let matched = &hit.key.matched;
    Diagnosis {
        code: code.to_owned(),
        finding: format!("The signature matches {} {with}.", short(&matched.hint)),
        fix: fix.to_owned(),
        key: Some(matched.clone()),
    }
}
