//! Which keys there were: the 64-bit hash of each, and a number with it, in eleven bytes.
//!
//! Two different keys are taken for one if their hashes are equal: 2⁻⁶⁴ for a pair, so about 3 in 100,000,000 for a
//! file of a million keys. The hash is SipHash, seeded at random, so nobody can write a file in which it happens.

use std::hash::{BuildHasher, RandomState};

/// Entries of one bucket on average before the buckets are split.
const FULL: usize = 64;
/// An entry has 56 bits of the hash, and the bucket tells the other eight.
const BUCKET_BITS: u32 = 8;
const KEPT: u64 = (1 << 56) - 1;

type Entry = [u8; 11];

/// Numbers by key.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    hasher: RandomState,
    bits: u32,
    buckets: Vec<Vec<Entry>>,
    len: usize,
}

impl Keys {
    pub(crate) fn new(hasher: RandomState) -> Self {
        let mut buckets = Vec::new();
        buckets.resize_with(1 << BUCKET_BITS, Vec::new);
        Self { hasher, bits: BUCKET_BITS, buckets, len: 0 }
    }

    pub(crate) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    pub(crate) fn get(&self, key: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        find(self.buckets.get(bucket(hash, self.bits))?, hash)
    }

    /// The number that the key already had; otherwise it now has this one.
    pub(crate) fn insert(&mut self, key: &str, number: u32) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        let entries = self.buckets.get_mut(bucket(hash, self.bits))?;
        if let Some(number) = find(entries, hash) {
            return Some(number);
        }
        push(entries, entry(hash & KEPT, number));
        self.len += 1;
        if self.len > self.buckets.len() * FULL {
            self.split();
        }
        None
    }

    /// Every bucket becomes two.
    fn split(&mut self) {
        // The bit that now tells the bucket was among those kept all the time.
        let bit = 63 - self.bits;
        let mut buckets = Vec::with_capacity(self.buckets.len() * 2);
        for entries in std::mem::take(&mut self.buckets) {
            let of = |wanted: u64| {
                let mut some: Vec<Entry> =
                    entries.iter().copied().filter(|entry| head(entry) >> bit & 1 == wanted).collect();
                some.shrink_to_fit();
                some
            };
            buckets.push(of(0));
            buckets.push(of(1));
        }
        self.buckets = buckets;
        self.bits += 1;
    }

    pub(crate) fn memory(&self) -> usize {
        let entries: usize = self.buckets.iter().map(Vec::capacity).sum();
        self.buckets.capacity() * size_of::<Vec<Entry>>() + entries * size_of::<Entry>()
    }
}

fn bucket(hash: u64, bits: u32) -> usize {
    (hash >> (64 - bits)) as usize
}

fn push(entries: &mut Vec<Entry>, entry: Entry) {
    if entries.len() == entries.capacity() {
        entries.reserve_exact(4);
    }
    entries.push(entry);
}

fn entry(kept: u64, number: u32) -> Entry {
    let mut entry = [0; 11];
    let whole = u128::from(kept) | u128::from(number) << 56;
    entry.copy_from_slice(whole.to_le_bytes().first_chunk::<11>().unwrap_or(&[0; 11]));
    entry
}

fn head(entry: &Entry) -> u64 {
    let [a, b, c, d, e, f, g, ..] = *entry;
    u64::from_le_bytes([a, b, c, d, e, f, g, 0])
}

fn find(entries: &[Entry], hash: u64) -> Option<u32> {
    let kept = hash & KEPT;
    entries.iter().find(|entry| head(entry) == kept).map(|entry| {
        let [.., a, b, c, d] = *entry;
        u32::from_le_bytes([a, b, c, d])
    })
}
