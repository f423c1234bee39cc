//! The `webhook-signature` value: which scheme its shape indicates, and the entries of a list.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What the value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A list of `version,base64` entries (SW-33).
    List,
    /// A compact JWS, or something meant as one.
    Token,
}

/// One entry of a list, read strictly: canonical base64 of exactly the right length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// `v1,` with 32 bytes.
    V1([u8; 32]),
    /// `v1a,` with 64 bytes.
    V1a([u8; 64]),
    /// `v1` or `v1a` with something else, or no `version,text` at all.
    Malformed(Malformed),
    /// Another version, which is skipped (SW-35).
    Unknown,
}

/// Why an entry is malformed, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// It ends with a comma: a proxy joined the list with `, `.
    TrailingComma,
    /// Its version is `v1`.
    V1,
    /// Its version is `v1a`.
    V1a,
    /// It has no version.
    Other,
}

/// The shape of a value: a single entry with a version makes it a list. `tokens_only` is set if the keys can check
/// nothing but JWTs: then everything that is not clearly a list is a token, however broken.
pub(crate) fn shape(value: &[u8], tokens_only: bool) -> Shape {
    let bare = value.trim_ascii();
    let dots = bare.iter().filter(|byte| **byte == b'.').count();
    let comma = bare.contains(&b',');
    if bare.split(|byte| *byte == b' ').any(is_versioned) {
        Shape::List
    } else if tokens_only
        || (dots >= 2 && !comma)
        || [&b"eyJ"[..], b"Bearer ", b"bearer ", b"{"].iter().any(|start| bare.starts_with(start))
    {
        Shape::Token
    } else {
        Shape::List
    }
}

/// `v1,…`, `V2=…`: a letter v and digits, then a comma or an equals sign, or nothing.
fn is_versioned(value: &[u8]) -> bool {
    let Some((b'v' | b'V', rest)) = value.split_first() else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let letters = rest[digits..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    digits > 0 && matches!(rest.get(digits + letters), None | Some(b',' | b'='))
}

/// The entries of a list, split at spaces; empty ones (from two spaces in a row) are left out.
pub(crate) fn entries(value: &[u8]) -> impl Iterator<Item = (&[u8], Entry)> {
    value.split(|byte| *byte == b' ').filter(|entry| !entry.is_empty()).map(|text| (text, read(text)))
}

/// Whether there is white space that separates nothing.
pub(crate) fn has_extra_space(value: &[u8]) -> bool {
    value.first() == Some(&b' ') || value.last() == Some(&b' ') || value.windows(2).any(|pair| pair == b"  ")
}

fn read(entry: &[u8]) -> Entry {
    let Some(comma) = entry.iter().position(|byte| *byte == b',') else {
        return Entry::Malformed(match entry {
            b"v1" => Malformed::V1,
            b"v1a" => Malformed::V1a,
            _ => Malformed::Other,
        });
    };
    let (version, text) = (&entry[..comma], &entry[comma + 1..]);
    let malformed = |version| {
        if text.len() > 1 && text.last() == Some(&b',') { Malformed::TrailingComma } else { version }
    };
    match version {
        b"v1" => exact::<32, 36>(text, 44).map_or_else(|| Entry::Malformed(malformed(Malformed::V1)), Entry::V1),
        b"v1a" => exact::<64, 68>(text, 88).map_or_else(|| Entry::Malformed(malformed(Malformed::V1a)), Entry::V1a),
        other if !other.is_empty() && other.iter().all(u8::is_ascii_alphanumeric) => Entry::Unknown,
        _ => Entry::Malformed(Malformed::Other),
    }
}

/// Canonical base64 of exactly `BYTES` bytes, without allocating. `ROOM` is what the decoder needs for its estimate.
fn exact<const BYTES: usize, const ROOM: usize>(text: &[u8], chars: usize) -> Option<[u8; BYTES]> {
    if text.len() != chars {
        return None;
    }
    let mut room = [0; ROOM];
    let written = STANDARD.decode_slice(text, &mut room).ok()?;
    room[..written].try_into().ok()
}
