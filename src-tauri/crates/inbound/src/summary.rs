//! Event type and pointer of a body for its row, whatever its size or encoding, and however much of it was kept.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use gemini::event::{Kept, Part, Summary, summary_of};

/// Larger bodies are read off the async threads.
const LARGE: usize = 128 * 1024;
/// How much of a compressed body is decompressed: there may be no end to it.
const UNFOLDED: u64 = 1024 * 1024;

/// What a row says of a body. `len`: the length of the whole body, as far as known.
pub(crate) async fn of_body(headers: &[(String, Vec<u8>)], bytes: &Bytes, len: u64, whole: bool) -> Summary {
    let part = if whole { Part::Whole } else { Part::KeptOf(len) };
    let encoding = packing(headers);
    if bytes.len() < LARGE && encoding.is_none() {
        return summary_of(Kept { bytes, part });
    }
    let bytes = bytes.clone();
    let read = tokio::task::spawn_blocking(move || match encoding.and_then(|encoding| unfold(&bytes, &encoding)) {
        Some((unfolded, all)) => {
            let part = if all && whole { Part::Whole } else { Part::Unfolded };
            summary_of(Kept { bytes: &unfolded, part })
        }
        None => summary_of(Kept { bytes: &bytes, part }),
    });
    read.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a body could not be read");
        Summary::default()
    })
}

/// What is read off a delivery for its row, whether it came through a listener or out of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// The `webhook-id`, if there is exactly one.
    pub message_id: Option<String>,
    /// The event type of the payload.
    pub event_type: Option<String>,
    /// What it points to.
    pub pointer: Option<String>,
}

/// Reads it. Blocks for as long as the body takes: milliseconds for a megabyte. `len`: the length of the whole body, as
/// far as known.
#[must_use]
pub fn describe(headers: &[(String, Vec<u8>)], bytes: &[u8], len: u64, whole: bool) -> Described {
    let part = if whole { Part::Whole } else { Part::KeptOf(len) };
    let summary = match packing(headers).and_then(|encoding| unfold(bytes, &encoding)) {
        Some((unfolded, all)) => {
            let part = if all && whole { Part::Whole } else { Part::Unfolded };
            summary_of(Kept { bytes: &unfolded, part })
        }
        None => summary_of(Kept { bytes, part }),
    };
    let message_id = crate::receive::only(headers, "webhook-id");
    Described { message_id, event_type: summary.event_type, pointer: summary.pointer }
}

fn packing(headers: &[(String, Vec<u8>)]) -> Option<String> {
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-encoding"))?;
    let value = std::str::from_utf8(value).ok()?.trim();
    (!value.eq_ignore_ascii_case("identity")).then(|| value.to_owned())
}

/// The beginning of a decompressed body, 1 MiB at most, and whether that is all of it. `None` if nothing comes of it:
/// an encoding other than gzip and deflate, or bytes that are not compressed.
pub fn unfold(bytes: &[u8], encoding: &str) -> Option<(Vec<u8>, bool)> {
    let mut unfolded = Vec::new();
    let mut read = |decoder: &mut dyn Read| decoder.take(UNFOLDED + 1).read_to_end(&mut unfolded);
    let ended = match encoding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => read(&mut MultiGzDecoder::new(bytes)),
        "deflate" => read(&mut ZlibDecoder::new(bytes)),
        _ => return None,
    };
    // What precedes a cut can be read all the same.
    let all = ended.is_ok() && unfolded.len() as u64 <= UNFOLDED;
    unfolded.truncate(UNFOLDED as usize);
    (all || !unfolded.is_empty()).then_some((unfolded, all))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    }

    #[tokio::test]
    async fn a_packed_body_has_a_type_whole_and_cut() {
        let rows: String = (0..40_000_u32).map(|n| format!("{},", n.wrapping_mul(2_654_435_761))).collect();
        let text = format!(r#"{{"type":"batch.failed","data":{{"id":"batches/b","rows":[{rows}0]}}}}"#);
        let packed = Bytes::from(gzip(&text));
        for (coding, bytes, whole, expected) in [
            ("gzip", packed.clone(), true, Some("batch.failed")),
            ("GZIP", packed.slice(..20_000), false, Some("batch.failed")),
            ("gzip", packed.slice(..4), false, None),
            ("br", packed.clone(), true, None),
            ("gzip", Bytes::from(text.clone()), true, None),
            ("identity", Bytes::from(text.clone()), true, Some("batch.failed")),
            ("identity", Bytes::from(text.clone()).slice(..65_536), false, Some("batch.failed")),
        ] {
            let headers = [("content-encoding".to_owned(), coding.as_bytes().to_vec())];
            let summary = of_body(&headers, &bytes, packed.len() as u64, whole).await;
            // What says that it is packed and is not is read as it came.
            let expected = if bytes == text { Some("batch.failed") } else { expected };
            assert_eq!(summary.event_type.as_deref(), expected, "{coding} {whole} {}", bytes.len());
        }
    }

    #[test]
    fn a_bomb_unfolds_to_its_beginning() {
        let (unfolded, all) = unfold(&gzip(&" ".repeat(5 << 20)), "gzip").unwrap();
        assert_eq!((unfolded.len() as u64, all), (UNFOLDED, false));
    }
}
