//! What is kept of a rejected delivery's body: its beginning, its length and its digest. Otherwise whoever sends forged
//! deliveries would decide how fast the disk fills up.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use signature::{Verdict, Warning};

/// Longer bodies are hashed off the async threads.
const LONG: usize = 128 * 1024;

/// The part of a body that is kept.
pub(crate) struct Kept {
    /// Its first bytes, in memory of their own.
    pub(crate) bytes: Bytes,
    /// SHA-256 of the whole body; `None` if all of it is kept, or hashing failed.
    pub(crate) sha256: Option<[u8; 32]>,
}

/// Cuts a body that is longer than `most`, and says so in `verdict`. A shorter one is left alone.
pub(crate) async fn of_rejected(whole: &Bytes, most: usize, verdict: &mut Verdict) -> Option<Kept> {
    let bytes = beginning(whole, most)?;
    let sha256 = digest(whole).await;
    verdict.warnings.push(warning(bytes.len(), whole.len(), sha256.as_ref()));
    Some(Kept { bytes, sha256 })
}

/// The first `most` bytes of a longer body, copied so that they do not keep all of it in memory.
pub(crate) fn beginning(body: &Bytes, most: usize) -> Option<Bytes> {
    (body.len() > most).then(|| Bytes::copy_from_slice(body.get(..most).unwrap_or(body)))
}

async fn digest(body: &Bytes) -> Option<[u8; 32]> {
    if body.len() <= LONG {
        return Some(Sha256::digest(body).into());
    }
    let body = body.clone();
    // This fails only when the process is ending.
    tokio::task::spawn_blocking(move || Sha256::digest(&body).into()).await.ok()
}

fn warning(kept: usize, len: usize, sha256: Option<&[u8; 32]>) -> Warning {
    let (kept, len) = (grouped(kept), grouped(len));
    let digest = sha256.map(|sha256| format!(" SHA-256 of the whole body: {}.", hex(sha256))).unwrap_or_default();
    let message = format!("Pollux kept the first {kept} of {len} bytes of the body, because it was rejected.{digest}");
    Warning { code: "body_kept_in_part".into(), message: message.into() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `1,048,576`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (65_536, "65,536"), (1_048_576, "1,048,576")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn what_is_kept_does_not_hold_the_rest() {
        let body = Bytes::from(vec![7; 100]);
        assert!(beginning(&body, 100).is_none());
        let kept = beginning(&body, 99).unwrap();
        assert!(kept.is_unique() && kept.len() == 99);
    }
}
