//! Bodies for display. What is kept and signed is always the raw bytes.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::dto::BodyKind;

/// A body that decodes to more is shown as it came: a small one can be made to expand without end.
const DECODED_LIMIT: u64 = 64 * 1024 * 1024;

/// A digest in lower-case hexadecimal.
pub(crate) fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Undoes a `content-encoding`. `Err` holds the reason why not.
pub(crate) fn decode(bytes: &[u8], encoding: &str) -> Result<Vec<u8>, String> {
    decode_within(bytes, encoding, DECODED_LIMIT)
}

/// The same with another limit, in whole MiB.
pub(crate) fn decode_within(bytes: &[u8], encoding: &str, limit: u64) -> Result<Vec<u8>, String> {
    let mut decoded = Vec::new();
    let read = match encoding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut decoded),
        "deflate" => ZlibDecoder::new(bytes).take(limit + 1).read_to_end(&mut decoded),
        other => return Err(format!("Pollux decodes gzip and deflate, not \"{}\".", other.escape_debug())),
    };
    match read {
        Err(error) => Err(format!("The body says it is {encoding}, but it does not decode: {error}.")),
        Ok(len) if len as u64 > limit => Err(format!("The body decodes to more than {} MiB.", limit / 1024 / 1024)),
        Ok(_) => Ok(decoded),
    }
}

/// JSON, text, binary or nothing.
pub(crate) fn kind(bytes: &[u8]) -> BodyKind {
    if bytes.is_empty() {
        return BodyKind::Empty;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return BodyKind::Binary };
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return BodyKind::Json;
    }
    let control = text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if control { BodyKind::Binary } else { BodyKind::Text }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn gzip_is_decoded_and_its_failures_are_told() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(b"{\"a\":1}").unwrap();
        let gzipped = gzip.finish().unwrap();
        assert_eq!(decode(&gzipped, "GZIP").unwrap(), b"{\"a\":1}");
        assert!(decode(&gzipped[..10], "gzip").unwrap_err().contains("does not decode"));
        assert!(decode(&gzipped, "br").unwrap_err().contains("gzip and deflate"));
    }

    #[test]
    fn a_gzip_bomb_is_not_unfolded() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let block = vec![0; 1024 * 1024];
        for _ in 0..=64 {
            gzip.write_all(&block).unwrap();
        }
        assert!(decode(&gzip.finish().unwrap(), "gzip").unwrap_err().contains("more than 64 MiB"));
    }

    #[test]
    fn kinds() {
        let cases: [(&[u8], BodyKind); 6] = [
            (b"", BodyKind::Empty),
            (b"{\"a\": [1e400]}", BodyKind::Json),
            (b"a=1&b=2\n", BodyKind::Text),
            (b"a\0b", BodyKind::Binary),
            (b"\xff\xfe", BodyKind::Binary),
            (b"{\"a\":", BodyKind::Text),
        ];
        for (bytes, expected) in cases {
            assert_eq!(kind(bytes), expected, "{bytes:?}");
        }
    }
}
