//! Where random bytes come from.

use std::io;
use std::sync::Arc;

/// A source of random bytes: fills the whole slice or fails.
pub type Random = Arc<dyn Fn(&mut [u8]) -> io::Result<()> + Send + Sync>;

/// The system's cryptographic source.
#[must_use]
pub fn system_random() -> Random {
    Arc::new(|bytes| aws_lc_rs::rand::fill(bytes).map_err(|_| io::Error::other("the system gave no random bytes")))
}

/// `N` random bytes.
///
/// # Errors
/// If `random` fails.
pub fn bytes<const N: usize>(random: &Random) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    random(&mut bytes)?;
    Ok(bytes)
}

/// `len` random characters of `[a-z0-9]`, as in the service's ids.
///
/// # Errors
/// If `random` fails.
pub fn id_text(random: &Random, len: usize) -> io::Result<String> {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = vec![0; len];
    random(&mut bytes)?;
    // The slight bias of the remainder does not matter for a sample's id.
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect())
}
