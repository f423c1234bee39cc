//! The content of a probe: everything that is easily broken on the way, and headers like those of a delivery.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::PROBE_HEADER;

/// Bytes in a probe's body: more than the buffers through which web servers read a body (nginx: 16 KiB).
pub(super) const LEN: usize = 64 * 1024;

/// Starts with a BOM and ends with white space, so that tools that treat it as text give themselves away.
const START: &[u8] = b"\xef\xbb\xbf{\"probe\": \"caf\xc3\xa9\", \"n\": 1.0,\r\n\t\"n\": 1}\r\n\n\r\0\0\x1f\x8b\x08\0";
const END: &[u8] = b"\r\n--boundary--\r\n0\r\n\r\n \n";

/// The body for a seed.
pub(super) fn bytes(seed: &[u8]) -> Bytes {
    let mut body = Vec::with_capacity(LEN + 32);
    body.extend_from_slice(START);
    body.extend(0..=u8::MAX);
    body.extend((0..=u8::MAX).rev());
    let mut counter = 0_u32;
    while body.len() < LEN - END.len() {
        body.extend_from_slice(&Sha256::new().chain_update(seed).chain_update(counter.to_be_bytes()).finalize());
        counter += 1;
    }
    body.truncate(LEN - END.len());
    body.extend_from_slice(END);
    body.into()
}

/// The headers: the mark, those of a delivery with values that verify nowhere, and one that appears twice.
pub(super) fn headers(nonce: &str, mark: String) -> Vec<(&'static str, String)> {
    vec![
        (PROBE_HEADER, mark),
        ("content-type", "application/octet-stream".to_owned()),
        ("accept", "*/*".to_owned()),
        ("user-agent", "Pollux-Probe".to_owned()),
        ("webhook-id", format!("probe_{nonce}")),
        ("webhook-timestamp", "0".to_owned()),
        ("webhook-signature", "v1,UHJvYmU= v1a,UHJvYmU=".to_owned()),
        ("x-pollux-twice", "one".to_owned()),
        ("x-pollux-twice", "two, and  a  comma".to_owned()),
    ]
}
