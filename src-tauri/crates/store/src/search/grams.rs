//! Which pieces of text a block of deliveries has: a bit for each hashed run of 3 and of 6 bytes.
//!
//! ASCII letters are folded first, as the matcher does. A block without one of the bits of a needle has no row with
//! that needle; one with all of them may have, and is read. So signatures never decide that something matches.
//!
//! One multiplication is the hash: a run is at most 6 bytes, so it is a number already, and a hash from a crate would
//! take several times as long and might give other numbers in its next version.

use crate::encode;

/// Bits of a signature: 2 to the power of this. With 64 rows of 630 bytes, 29 of 100 are set (measured).
const BITS_LOG: u32 = 16;
/// Bits of a signature.
pub(crate) const BITS: usize = 1 << BITS_LOG;
/// Words of a signature.
pub(crate) const WORDS: usize = BITS / 64;
/// Grams of a needle that are looked up: more of them exclude hardly anything more.
const MOST: usize = 48;

const SHORT: u64 = 0xff_ffff;
const LONG: u64 = 0xffff_ffff_ffff;
/// Sets a long run apart from a short one that is followed by zeros.
const IS_LONG: u64 = 1 << 56;

/// The bit of a run.
fn bit(run: u64) -> u16 {
    (run.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS_LOG)) as u16
}

/// The signature of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Signature(pub(crate) Box<[u64]>);

impl Default for Signature {
    fn default() -> Self {
        Self(vec![0; WORDS].into_boxed_slice())
    }
}

impl Signature {
    /// Adds a text.
    pub(crate) fn add(&mut self, text: &[u8]) {
        let mut run = 0_u64;
        for (at, byte) in text.iter().enumerate() {
            run = run << 8 | u64::from(byte.to_ascii_lowercase());
            if at >= 2 {
                self.set(bit(run & SHORT));
            }
            if at >= 5 {
                self.set(bit(run & LONG | IS_LONG));
            }
        }
    }

    /// Adds names and values of encoded headers.
    pub(crate) fn add_headers(&mut self, blob: &[u8]) {
        for field in encode::header_fields(blob) {
            self.add(field);
        }
    }

    fn set(&mut self, bit: u16) {
        self.0[usize::from(bit) / 64] |= 1 << (bit % 64);
    }

    pub(crate) fn has(&self, bit: u16) -> bool {
        self.0[usize::from(bit) / 64] >> (bit % 64) & 1 == 1
    }
}

/// The bits that a block with this needle has; empty if it is too short to tell.
pub(crate) fn of_needle(needle: &[u8]) -> Vec<u16> {
    let (mut long, mut short, mut run) = (Vec::new(), Vec::new(), 0_u64);
    for (at, byte) in needle.iter().enumerate() {
        run = run << 8 | u64::from(byte.to_ascii_lowercase());
        if at >= 2 {
            short.push(bit(run & SHORT));
        }
        if at >= 5 {
            long.push(bit(run & LONG | IS_LONG));
        }
    }
    // Long runs are rarer, so they come first; of a long needle, from all over it.
    let step = long.len().div_ceil(MOST).max(1);
    let mut bits: Vec<u16> = long.into_iter().step_by(step).collect();
    let room = MOST - bits.len().min(MOST);
    let step = short.len().div_ceil(room.max(1)).max(1);
    bits.extend(short.into_iter().step_by(step).take(room));
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn may_have(signature: &Signature, needle: &[u8]) -> bool {
        of_needle(needle).iter().all(|bit| signature.has(*bit))
    }

    #[test]
    fn short_needles_tell_nothing_and_long_ones_little_more() {
        assert_eq!((of_needle(b""), of_needle(b"ab")), (vec![], vec![]));
        assert_eq!(of_needle(b"abc").len(), 1);
        assert_eq!(of_needle(b"abcdefgh").len(), 3 + 6);
        assert_eq!(of_needle(&[b'x'; 5_000]).len(), 48);
    }

    proptest! {
        #[test]
        fn a_text_is_never_missed(
            texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..6),
            which in any::<prop::sample::Index>(),
            span in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            upper in any::<bool>(),
        ) {
            let mut signature = Signature::default();
            for text in &texts {
                signature.add(text);
            }
            let text = which.get(&texts);
            let (from, to) = (span.0.index(text.len() + 1), span.1.index(text.len() + 1));
            let mut needle = text[from.min(to)..from.max(to)].to_vec();
            if upper {
                needle.make_ascii_uppercase();
            }
            prop_assert!(may_have(&signature, &needle));
        }
    }
}
