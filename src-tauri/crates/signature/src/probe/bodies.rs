//! Other forms that the body may have had when it was signed.

use std::io::{Read, Write as _};
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use unicode_normalization::UnicodeNormalization as _;

use super::json_forms::{JsonForm, Node, forms};

/// The largest size to which a body is decompressed.
const MOST_INFLATED: u64 = 4 << 20;

/// The mark that some editors put before UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A form of the body, by its code and in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BodyForm {
    /// The code of the diagnosis.
    pub(super) code: &'static str,
    kind: Kind,
    /// How many bytes it has.
    pub(super) len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain(&'static str),
    Json(JsonForm),
}

impl BodyForm {
    /// Its words: `the same JSON without spaces`.
    pub(super) fn words(&self) -> String {
        match self.kind {
            Kind::Plain(words) => words.to_owned(),
            Kind::Json(form) => form.words(),
        }
    }
}

type Visit<'v> = &'v mut dyn FnMut(BodyForm, &[u8]) -> ControlFlow<()>;

/// Makes each form in turn, until `visit` breaks off. A form that equals the body is left out.
pub(crate) fn each_form(body: &[u8], visit: Visit<'_>) -> ControlFlow<()> {
    let mut plain = |code, words, bytes: &[u8]| {
        if bytes == body {
            ControlFlow::Continue(())
        } else {
            visit(BodyForm { code, kind: Kind::Plain(words), len: bytes.len() }, bytes)
        }
    };
    edges(body, &mut plain)?;
    unpacked(body, &mut plain)?;
    json(body, visit)?;
    let mut plain = |code, words, bytes: &[u8]| {
        if bytes == body {
            ControlFlow::Continue(())
        } else {
            visit(BodyForm { code, kind: Kind::Plain(words), len: bytes.len() }, bytes)
        }
    };
    letters(body, &mut plain)?;
    packed(body, &mut plain)
}

type Plain<'v> = &'v mut dyn FnMut(&'static str, &'static str, &[u8]) -> ControlFlow<()>;

/// Newlines and the byte order mark.
fn edges(body: &[u8], plain: Plain<'_>) -> ControlFlow<()> {
    let line = "body_trailing_newline";
    plain(line, "the body with a newline at its end", &[body, b"\n"].concat())?;
    if let Some(cut) = body.strip_suffix(b"\n") {
        plain(line, "the body without the newline at its end", cut.strip_suffix(b"\r").unwrap_or(cut))?;
    }
    plain(line, "the body with CR LF at its end", &[body, b"\r\n"].concat())?;
    plain(line, "the body without the white space around it", body.trim_ascii())?;

    let unix = replace(body, b"\r\n", b"\n");
    let newlines = "body_newline_conversion";
    plain(newlines, "the body with LF in place of CR LF", &unix)?;
    plain(newlines, "the body with CR LF in place of LF", &replace(&unix, b"\n", b"\r\n"))?;
    plain(newlines, "the body with LF in place of CR", &replace(body, b"\r", b"\n"))?;
    plain(newlines, "the body without its line breaks", &replace(&unix, b"\n", b""))?;

    match body.strip_prefix(BOM) {
        Some(cut) => plain("body_bom", "the body without the byte order mark before it", cut),
        None => plain("body_bom", "the body with a byte order mark before it", &[BOM, body].concat()),
    }
}

/// The body written as JSON again.
fn json(body: &[u8], visit: Visit<'_>) -> ControlFlow<()> {
    let Some(node) = Node::parse(body.strip_prefix(BOM).unwrap_or(body)) else { return ControlFlow::Continue(()) };
    for form in forms(&node, body) {
        let text = node.write(form);
        if text.as_bytes() != body {
            visit(BodyForm { code: "body_reserialized", kind: Kind::Json(form), len: text.len() }, text.as_bytes())?;
        }
    }
    ControlFlow::Continue(())
}

/// Unicode forms and character sets.
fn letters(body: &[u8], plain: Plain<'_>) -> ControlFlow<()> {
    let set = "body_charset";
    match std::str::from_utf8(body) {
        Ok(text) => {
            if !text.is_ascii() {
                plain(
                    "body_unicode_normalised",
                    "the body in Unicode form NFC",
                    text.nfc().collect::<String>().as_bytes(),
                )?;
                plain(
                    "body_unicode_normalised",
                    "the body in Unicode form NFD",
                    text.nfd().collect::<String>().as_bytes(),
                )?;
                let latin: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                if let Some(latin) = latin {
                    plain(set, "the body in Latin-1", &latin)?;
                }
                let unknown: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
                plain(set, "the body in Latin-1, with ? for what it lacks", &unknown)?;
                if let Some(windows) = to_windows_1252(text, None) {
                    plain(set, "the body in Windows-1252", &windows)?;
                }
                if let Some(windows) = to_windows_1252(text, Some(b'?')) {
                    plain(set, "the body in Windows-1252, with ? for what it lacks", &windows)?;
                }
            }
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            plain(set, "the body in UTF-16, little end first", &little)?;
            plain(set, "the body in UTF-16, big end first", &big)?;
            plain(set, "the body in UTF-16 with a byte order mark", &[b"\xff\xfe", &little[..]].concat())?;
            plain(set, "the body in UTF-16 with a byte order mark", &[b"\xfe\xff", &big[..]].concat())?;
        }
        Err(_) => {
            let from_latin: String = body.iter().map(|byte| char::from(*byte)).collect();
            plain(set, "the body turned from Latin-1 into UTF-8", from_latin.as_bytes())?;
            let from_windows: String = body.iter().copied().map(from_windows_1252).collect();
            plain(set, "the body turned from Windows-1252 into UTF-8", from_windows.as_bytes())?;
            plain(
                set,
                "the body with a replacement character for what is not UTF-8",
                String::from_utf8_lossy(body).as_bytes(),
            )?;
        }
    }
    let turned = [(u16::from_le_bytes as fn([u8; 2]) -> u16, &b"\xff\xfe"[..]), (u16::from_be_bytes, b"\xfe\xff")];
    for (read, mark) in turned {
        let bare = body.strip_prefix(mark).unwrap_or(body);
        if bare.is_empty() || !bare.len().is_multiple_of(2) || (bare.len() == body.len() && !bare.contains(&0)) {
            continue;
        }
        let units: Vec<u16> = bare.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        if let Ok(text) = String::from_utf16(&units) {
            plain(set, "the body turned from UTF-16 into UTF-8", text.as_bytes())?;
        }
    }
    ControlFlow::Continue(())
}

/// What Windows-1252 has from 0x80 to 0x9f; the five bytes that it leaves open are control characters, as browsers read it.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn from_windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

/// `None` if the text contains a letter that the set lacks and there is no replacement.
fn to_windows_1252(text: &str, unknown: Option<u8>) -> Option<Vec<u8>> {
    let byte = |c: char| match WINDOWS_1252.iter().zip(0x80..).find(|(known, _)| **known == c) {
        Some((_, byte)) => Some(byte),
        None => u8::try_from(u32::from(c)).ok().filter(|byte| !matches!(byte, 0x80..=0x9f)).or(unknown),
    };
    text.chars().map(byte).collect()
}

/// The decompressed body.
fn unpacked(body: &[u8], plain: Plain<'_>) -> ControlFlow<()> {
    let code = "body_content_encoding";
    if body.starts_with(&[0x1f, 0x8b])
        && let Some(open) = inflate(MultiGzDecoder::new(body))
    {
        return plain(code, "the body after gzip is undone", &open);
    }
    if body.len() > 2
        && body[0] & 0x0f == 8
        && u16::from_be_bytes([body[0], body[1]]).is_multiple_of(31)
        && let Some(open) = inflate(ZlibDecoder::new(body))
    {
        return plain(code, "the body after deflate (zlib) is undone", &open);
    }
    match inflate(DeflateDecoder::new(body)) {
        Some(open) => plain(code, "the body after raw deflate is undone", &open),
        None => ControlFlow::Continue(()),
    }
}

/// The compressed body, in case it was signed in that form: only what a common encoder writes can be guessed.
fn packed(body: &[u8], plain: Plain<'_>) -> ControlFlow<()> {
    for level in [Compression::default(), Compression::best(), Compression::fast()] {
        let gzip = |operating_system| {
            let mut encoder = GzEncoder::new(Vec::new(), level);
            encoder.write_all(body).ok()?;
            let mut packed = encoder.finish().ok()?;
            *packed.get_mut(9)? = operating_system;
            Some(packed)
        };
        for operating_system in [255, 3, 0] {
            if let Some(packed) = gzip(operating_system) {
                plain("body_content_encoding", "the body compressed with gzip", &packed)?;
            }
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), level);
        if encoder.write_all(body).is_ok()
            && let Ok(packed) = encoder.finish()
        {
            plain("body_content_encoding", "the body compressed with deflate", &packed)?;
        }
    }
    ControlFlow::Continue(())
}

fn inflate(reader: impl Read) -> Option<Vec<u8>> {
    let mut open = Vec::new();
    let read = reader.take(MOST_INFLATED + 1).read_to_end(&mut open).ok()?;
    (read > 0 && read as u64 <= MOST_INFLATED).then_some(open)
}

fn replace(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(byte) = rest.first() {
        match rest.strip_prefix(from) {
            Some(after) => {
                out.extend_from_slice(to);
                rest = after;
            }
            None => {
                out.push(*byte);
                rest = &rest[1..];
            }
        }
    }
    out
}
