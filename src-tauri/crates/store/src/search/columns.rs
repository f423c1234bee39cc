//! The facets of every delivery in memory, column by column: 30 bytes a row.
//!
//! Rows are found by their id. A chunk holds 4,096 ids in a row, whether there are deliveries of all of them or not;
//! [`Columns::clone`] shares the chunks, so that a search reads its own snapshot while others write.

use std::collections::VecDeque;
use std::sync::Arc;

use super::dictionary::{Dictionary, NONE, UNNUMBERED};

/// Ids that one signature covers, and one word of a plane of bits.
pub(crate) const BLOCK: i64 = 64;
/// Blocks in a chunk.
pub(crate) const BLOCKS: usize = 64;
/// Ids in a chunk.
pub(crate) const CHUNK: i64 = BLOCK * BLOCKS as i64;

/// A number that is too large for its column, so that only the row knows it.
pub(crate) const LARGE: u32 = u32::MAX;
/// The time of the answer is not known.
pub(crate) const UNKNOWN: u32 = u32::MAX - 1;
/// More attempts than the column tells: one more attempt would change that many rows.
pub(crate) const MANY: u16 = u16::MAX;

/// What is known of one delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facets {
    /// Unix nanoseconds.
    pub(crate) received_ns: i64,
    /// Bytes of the body, or [`LARGE`].
    pub(crate) size: u32,
    /// Microseconds, [`UNKNOWN`] or [`LARGE`].
    pub(crate) took_us: u32,
    /// Numbers of dictionaries.
    pub(crate) project: u16,
    pub(crate) kind: u16,
    pub(crate) reason: u16,
    pub(crate) signer: u16,
    pub(crate) status: u16,
    /// Attempts of its event, or [`MANY`].
    pub(crate) attempts: u16,
    /// Bits of [`Plane`].
    pub(crate) bits: u16,
}

/// What is yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plane {
    /// There is such a delivery, and nothing hides it.
    Present,
    Verified,
    Rejected,
    /// Verified with a key in its grace.
    Old,
    /// It was signed with `v1`. With neither of these three, the scheme is not known.
    V1,
    V1a,
    Jwt,
    Duplicate,
    Pinned,
    Noted,
    Imported,
    /// It has a message id.
    Event,
    /// A genuine token that does not cover the body.
    Unbound,
}

pub(crate) const PLANES: usize = 13;

impl Plane {
    const ALL: [Self; PLANES] = [
        Self::Present,
        Self::Verified,
        Self::Rejected,
        Self::Old,
        Self::V1,
        Self::V1a,
        Self::Jwt,
        Self::Duplicate,
        Self::Pinned,
        Self::Noted,
        Self::Imported,
        Self::Event,
        Self::Unbound,
    ];

    pub(crate) fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// 4,096 ids in a row.
#[derive(Clone)]
pub(crate) struct Chunk {
    pub(crate) received_ns: Vec<i64>,
    pub(crate) size: Vec<u32>,
    pub(crate) took_us: Vec<u32>,
    pub(crate) project: Vec<u16>,
    pub(crate) kind: Vec<u16>,
    pub(crate) reason: Vec<u16>,
    pub(crate) signer: Vec<u16>,
    pub(crate) status: Vec<u16>,
    pub(crate) attempts: Vec<u16>,
    /// Per plane a word for every block.
    planes: Vec<[u64; PLANES]>,
    /// Nothing arrived before or after these, Unix nanoseconds.
    span: (i64, i64),
}

impl Default for Chunk {
    fn default() -> Self {
        let rows = CHUNK as usize;
        Self {
            received_ns: vec![0; rows],
            size: vec![0; rows],
            took_us: vec![0; rows],
            project: vec![0; rows],
            kind: vec![0; rows],
            reason: vec![0; rows],
            signer: vec![0; rows],
            status: vec![0; rows],
            attempts: vec![0; rows],
            planes: vec![[0; PLANES]; BLOCKS],
            span: (i64::MAX, i64::MIN),
        }
    }
}

impl Chunk {
    /// The plane's bits of a block; bit 0 is its smallest id.
    pub(crate) fn plane(&self, block: usize, plane: Plane) -> u64 {
        self.planes[block][plane as usize]
    }

    /// The least and the greatest arrival, Unix nanoseconds, also of what is no longer there.
    pub(crate) fn span(&self) -> (i64, i64) {
        self.span
    }

    pub(crate) fn has(&self, at: usize, plane: Plane) -> bool {
        self.plane(at / BLOCK as usize, plane) >> (at % BLOCK as usize) & 1 == 1
    }

    fn set(&mut self, at: usize, facets: Facets) {
        let Facets { received_ns, size, took_us, project, kind, reason, signer, status, attempts, bits } = facets;
        self.received_ns[at] = received_ns;
        self.span = (self.span.0.min(received_ns), self.span.1.max(received_ns));
        self.size[at] = size;
        self.took_us[at] = took_us;
        self.project[at] = project;
        self.kind[at] = kind;
        self.reason[at] = reason;
        self.signer[at] = signer;
        self.status[at] = status;
        self.attempts[at] = attempts;
        let (words, bit) = (&mut self.planes[at / BLOCK as usize], 1_u64 << (at % BLOCK as usize));
        for plane in Plane::ALL {
            let word = &mut words[plane as usize];
            *word = if bits & plane.bit() == 0 { *word & !bit } else { *word | bit };
        }
    }

    pub(crate) fn mark(&mut self, at: usize, plane: Plane) {
        self.planes[at / BLOCK as usize][plane as usize] |= 1 << (at % BLOCK as usize);
    }

    /// Nothing is there of these ids, by position.
    fn clear(&mut self, from: usize, to: usize) {
        for at in from..=to {
            self.planes[at / BLOCK as usize][Plane::Present as usize] &= !(1 << (at % BLOCK as usize));
        }
    }

    fn is_empty(&self) -> bool {
        self.planes.iter().all(|words| words[Plane::Present as usize] == 0)
    }
}

/// The facets of all deliveries up to [`Columns::last_id`].
#[derive(Clone, Default)]
pub(crate) struct Columns {
    /// The number of the first chunk: its smallest id divided by [`CHUNK`].
    first: i64,
    /// `None`: there is nothing of these ids.
    chunks: VecDeque<Option<Arc<Chunk>>>,
    pub(crate) last_id: i64,
    pub(crate) kinds: Arc<Dictionary<Box<str>>>,
    pub(crate) reasons: Arc<Dictionary<Box<str>>>,
    /// Ids of projects.
    pub(crate) projects: Arc<Dictionary<i64>>,
    /// Ids of secrets.
    pub(crate) signers: Arc<Dictionary<Box<str>>>,
}

impl Columns {
    /// The number of a text; [`NONE`] without one.
    pub(crate) fn text(dictionary: &mut Arc<Dictionary<Box<str>>>, text: Option<&str>) -> u16 {
        let Some(text) = text else { return NONE };
        match dictionary.number(text) {
            Some(number) => number,
            None if Dictionary::takes(text) => Arc::make_mut(dictionary).add(text.into()),
            None => UNNUMBERED,
        }
    }

    pub(crate) fn number(dictionary: &mut Arc<Dictionary<i64>>, number: Option<i64>) -> u16 {
        let Some(value) = number else { return NONE };
        match dictionary.number(&value) {
            Some(number) => number,
            None => Arc::make_mut(dictionary).add(value),
        }
    }

    /// Puts in a delivery, or what it is now.
    pub(crate) fn put(&mut self, id: i64, facets: Facets) {
        let (chunk, at) = place(id);
        if let Some(chunk) = self.chunk_mut(chunk) {
            chunk.set(at, facets);
        }
        self.last_id = self.last_id.max(id);
    }

    /// Changes what is known of a delivery, if it is there.
    pub(crate) fn change(&mut self, id: i64, change: impl FnOnce(&mut Chunk, usize)) {
        let (chunk, at) = place(id);
        let Ok(index) = usize::try_from(chunk - self.first) else { return };
        if let Some(Some(chunk)) = self.chunks.get_mut(index) {
            change(Arc::make_mut(chunk), at);
        }
    }

    /// These deliveries are no longer there: both ends included.
    pub(crate) fn remove(&mut self, from: i64, to: i64) {
        let (from, to) = (from.max(self.first * CHUNK), to.min(self.last_id));
        if from > to {
            return;
        }
        for number in from.div_euclid(CHUNK).max(self.first)..=to.div_euclid(CHUNK) {
            let Ok(index) = usize::try_from(number - self.first) else { continue };
            let Some(slot) = self.chunks.get_mut(index) else { break };
            let Some(chunk) = slot else { continue };
            let base = number * CHUNK;
            let (from, to) = ((from - base).max(0) as usize, (to - base).min(CHUNK - 1) as usize);
            let chunk = Arc::make_mut(chunk);
            chunk.clear(from, to);
            if chunk.is_empty() {
                *slot = None;
            }
        }
        while self.chunks.len() > 1 && self.chunks.front().is_some_and(Option::is_none) {
            self.chunks.pop_front();
            self.first += 1;
        }
    }

    fn chunk_mut(&mut self, number: i64) -> Option<&mut Chunk> {
        if self.chunks.is_empty() {
            self.first = number;
        }
        while number < self.first {
            self.chunks.push_front(None);
            self.first -= 1;
        }
        let index = usize::try_from(number - self.first).ok()?;
        while self.chunks.len() <= index {
            self.chunks.push_back(None);
        }
        self.chunks.get_mut(index).map(|slot| Arc::make_mut(slot.get_or_insert_default()))
    }

    /// The chunk of an id and the id's place in it, if the delivery is there.
    pub(crate) fn at(&self, id: i64) -> Option<(&Chunk, usize)> {
        let (chunk, at) = place(id);
        let chunk = self.chunk(chunk)?;
        chunk.has(at, Plane::Present).then_some((chunk, at))
    }

    /// A chunk by its number.
    pub(crate) fn chunk(&self, number: i64) -> Option<&Chunk> {
        self.chunks.get(usize::try_from(number - self.first).ok()?)?.as_deref()
    }

    /// The numbers of the first chunk and of the one after the last.
    pub(crate) fn bounds(&self) -> (i64, i64) {
        (self.first, self.first + self.chunks.len() as i64)
    }
}

/// The number of the chunk, and the place in it.
fn place(id: i64) -> (i64, usize) {
    (id.div_euclid(CHUNK), id.rem_euclid(CHUNK) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facets(received_ns: i64) -> Facets {
        Facets { received_ns, bits: Plane::Present.bit() | Plane::Pinned.bit(), ..Facets::default() }
    }

    fn there(columns: &Columns, ids: impl IntoIterator<Item = i64>) -> Vec<i64> {
        ids.into_iter().filter(|id| columns.at(*id).is_some()).collect()
    }

    #[test]
    fn rows_are_found_by_their_ids_until_they_are_removed() {
        let mut columns = Columns::default();
        let ids = [5_000, 5_001, 9_000, 20_000, 3, 8_191, 8_192];
        for id in ids {
            columns.put(id, facets(id * 10));
        }
        assert_eq!(columns.last_id, 20_000);
        for id in ids {
            let (chunk, at) = columns.at(id).unwrap();
            assert_eq!((chunk.received_ns[at], chunk.has(at, Plane::Pinned)), (id * 10, true));
            assert!(!chunk.has(at, Plane::Noted));
        }
        assert_eq!(there(&columns, [0, 4, 4_999, 5_002, 12_288, 19_999, 20_001, -7]), [] as [i64; 0]);
        let before = columns.clone();
        columns.remove(0, 8_191);
        assert_eq!(there(&columns, ids), [9_000, 20_000, 8_192]);
        assert_eq!(columns.bounds(), (2, 5), "chunks of which nothing is left take no space");
        assert_eq!(there(&before, ids), ids, "a snapshot does not change");
        columns.remove(i64::MIN, i64::MAX);
        assert_eq!(there(&columns, ids), [] as [i64; 0]);
        columns.put(20_001, facets(1));
        assert_eq!(there(&columns, [20_000, 20_001]), [20_001]);
    }

    #[test]
    fn a_row_that_changes_keeps_nothing_of_before() {
        let mut columns = Columns::default();
        columns.put(70, facets(1));
        columns.put(70, Facets { status: 200, bits: Plane::Present.bit() | Plane::Noted.bit(), ..facets(2) });
        let (chunk, at) = columns.at(70).unwrap();
        assert_eq!((chunk.status[at], chunk.received_ns[at]), (200, 2));
        assert!(chunk.has(at, Plane::Noted) && !chunk.has(at, Plane::Pinned));
    }

    #[test]
    fn what_a_sender_chooses_fills_no_memory() {
        let mut kinds = Arc::default();
        let numbers: Vec<u16> = (0..10_000).map(|n| Columns::text(&mut kinds, Some(&format!("type {n}")))).collect();
        assert_eq!(numbers[..3], [1, 2, 3]);
        assert_eq!(numbers.iter().filter(|number| **number == UNNUMBERED).count(), 10_000 - 4_096);
        assert_eq!(Columns::text(&mut kinds, Some("type 0")), 1);
        assert_eq!(Columns::text(&mut kinds, None), NONE);
        assert_eq!(Columns::text(&mut Arc::default(), Some(&"x".repeat(201))), UNNUMBERED);
        assert_eq!(kinds.value(2).map(|text| &**text), Some("type 1"));
        assert_eq!((kinds.value(NONE), kinds.value(UNNUMBERED)), (None, None));
    }
}
