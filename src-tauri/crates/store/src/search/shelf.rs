//! The signatures that there are: complete segments in their files, the newest in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use rusqlite::{Connection, OptionalExtension};

use super::grams::{self, Signature};
use super::segment::{self, Blocks, FILE, SEGMENT, SEGMENT_BLOCKS, Segment, Witness};
use crate::Error;

/// Nobody writes a file for so long.
const UNFINISHED: Duration = Duration::from_secs(600);

/// What a block must have in it, or nothing in it matches: one of the needles of each group, each as its bits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needed(Vec<Vec<Vec<u16>>>);

impl Needed {
    /// `groups`: pieces of text, of each group one of which a delivery that matches has.
    pub(crate) fn new(groups: &[Vec<Vec<u8>>]) -> Self {
        let group = |pieces: &Vec<Vec<u8>>| {
            let bits: Vec<Vec<u16>> = pieces.iter().map(|piece| grams::of_needle(piece)).collect();
            // One that is too short to look up may be anywhere.
            (!bits.iter().any(Vec::is_empty)).then_some(bits)
        };
        Self(groups.iter().filter_map(group).collect())
    }

    /// Whether it excludes anything.
    pub(crate) fn tells(&self) -> bool {
        !self.0.is_empty()
    }

    fn within(&self, signature: &Signature) -> bool {
        let has = |bits: &Vec<u16>| bits.iter().all(|bit| signature.has(*bit));
        self.0.iter().all(|group| group.iter().any(has))
    }

    fn of_segment(&self, segment: &Segment) -> io::Result<Blocks> {
        let mut result = [!0; SEGMENT_BLOCKS / 64];
        for group in &self.0 {
            let mut any = Blocks::default();
            for bits in group {
                let mut all = result;
                for bit in bits {
                    let blocks = segment.blocks_with(*bit)?;
                    all.iter_mut().zip(blocks).for_each(|(word, more)| *word &= more);
                    if all.iter().all(|word| *word == 0) {
                        break;
                    }
                }
                any.iter_mut().zip(all).for_each(|(word, more)| *word |= more);
            }
            result = any;
        }
        Ok(result)
    }
}

/// A segment in memory, as far as it is made: its blocks from the first on.
#[derive(Clone)]
pub(crate) struct Partial {
    pub(crate) number: i64,
    pub(crate) blocks: Vec<Arc<Signature>>,
    /// The newest delivery of each block that has any.
    pub(crate) witnesses: Vec<Witness>,
}

impl Partial {
    pub(crate) fn new(number: i64) -> Self {
        Self { number, blocks: Vec::new(), witnesses: Vec::new() }
    }
}

#[derive(Clone, Default)]
struct Inner {
    files: BTreeMap<i64, Arc<Segment>>,
    /// Segments in which there are no deliveries.
    empty: BTreeSet<i64>,
    open: Option<Partial>,
}

/// The signatures of one history.
pub(crate) struct Shelf {
    folder: PathBuf,
    inner: RwLock<Inner>,
}

/// A snapshot of them.
pub(crate) struct Signatures(Inner);

impl Signatures {
    /// The blocks of a segment that may have what is needed: all of them where there is no signature.
    pub(crate) fn may_have(&self, number: i64, needed: &Needed) -> Blocks {
        let everything = [!0; SEGMENT_BLOCKS / 64];
        if !needed.tells() {
            return everything;
        }
        if let Some(segment) = self.0.files.get(&number) {
            // What cannot be read excludes nothing.
            return needed.of_segment(segment).unwrap_or(everything);
        }
        let Some(open) = self.0.open.as_ref().filter(|open| open.number == number) else { return everything };
        let mut blocks = everything;
        for (at, signature) in open.blocks.iter().enumerate() {
            if !needed.within(signature) {
                blocks[at / 64] &= !(1 << (at % 64));
            }
        }
        blocks
    }
}

impl Shelf {
    /// The folder is made when there is something to put into it.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, inner: RwLock::default() }
    }

    pub(crate) fn snapshot(&self) -> Signatures {
        Signatures(self.inner.read().clone())
    }

    /// How many segments are in files, and how many blocks have a signature.
    pub(crate) fn signed(&self) -> (usize, u64) {
        let inner = self.inner.read();
        let open = inner.open.as_ref().map_or(0, |open| open.blocks.len());
        (inner.files.len(), (inner.files.len() * SEGMENT_BLOCKS + open) as u64)
    }

    /// Bytes of the files.
    pub(crate) fn bytes(&self) -> u64 {
        self.inner.read().files.len() as u64 * FILE
    }

    /// Opens the files that are there and are of this history, and leaves all others alone.
    pub(crate) fn open(&self, conn: &Connection, last_id: i64) -> Result<(), Error> {
        self.each(|_, number, _| {
            if let Some(segment) = self.opened(conn, number, last_id)? {
                self.inner.write().files.insert(number, Arc::new(segment));
            }
            Ok(())
        })
    }

    /// Likewise, and deletes the others.
    pub(crate) fn load(&self, conn: &Connection, last_id: i64) -> Result<(), Error> {
        self.each(|entry, number, unfinished| {
            if unfinished {
                discard_unfinished(entry);
                return Ok(());
            }
            match self.opened(conn, number, last_id)? {
                Some(segment) => {
                    self.inner.write().files.insert(number, Arc::new(segment));
                }
                None => {
                    let _ = fs::remove_file(entry.path());
                }
            }
            Ok(())
        })
    }

    fn each(&self, mut take: impl FnMut(&fs::DirEntry, i64, bool) -> Result<(), Error>) -> Result<(), Error> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Ok(()) };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if segment::is_unfinished(&name) {
                take(&entry, -1, true)?;
            } else if let Some(number) = segment::number(&name)
                && !self.inner.read().files.contains_key(&number)
            {
                take(&entry, number, false)?;
            }
        }
        Ok(())
    }

    fn opened(&self, conn: &Connection, number: i64, last_id: i64) -> Result<Option<Segment>, Error> {
        let Some(segment) = Segment::open(&self.folder, number).ok().flatten() else { return Ok(None) };
        Ok(is_of(conn, &segment, number, last_id)?.then_some(segment))
    }

    /// Deletes the files of segments before this one: nothing is left of them.
    pub(crate) fn forget_before(&self, number: i64) {
        let gone: Vec<i64> = self.inner.read().files.range(..number).map(|(number, _)| *number).collect();
        if gone.is_empty() {
            return;
        }
        let mut inner = self.inner.write();
        for number in gone {
            inner.files.remove(&number);
            let _ = fs::remove_file(segment::path(&self.folder, number));
        }
        inner.empty.retain(|empty| *empty >= number);
    }

    /// The highest segment of these that is not made.
    pub(crate) fn missing(&self, from: i64, to: i64) -> Option<i64> {
        let inner = self.inner.read();
        (from..to).rev().find(|number| !inner.files.contains_key(number) && !inner.empty.contains(number))
    }

    /// Shows the newest segment as far as it is made.
    pub(crate) fn show(&self, partial: &Partial) {
        self.inner.write().open = Some(partial.clone());
    }

    /// Adds a block to the newest segment.
    pub(crate) fn show_block(&self, number: i64, signature: &Arc<Signature>) {
        if let Some(open) = self.inner.write().open.as_mut().filter(|open| open.number == number) {
            open.blocks.push(Arc::clone(signature));
        }
    }

    /// Puts a complete segment into its file.
    pub(crate) fn put(&self, partial: &Partial) -> io::Result<()> {
        if partial.witnesses.is_empty() {
            self.inner.write().empty.insert(partial.number);
            return Ok(());
        }
        files::make_folder(&self.folder)?;
        let witnesses = segment::witnesses(&partial.witnesses);
        segment::write(&self.folder, partial.number, &witnesses, &partial.blocks)?;
        let segment = Segment::open(&self.folder, partial.number)?
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "what was written is not what is read"))?;
        let mut inner = self.inner.write();
        inner.files.insert(partial.number, Arc::new(segment));
        if inner.open.as_ref().is_some_and(|open| open.number == partial.number) {
            inner.open = None;
        }
        Ok(())
    }
}

/// Another process may be writing it right now.
fn discard_unfinished(entry: &fs::DirEntry) {
    let at = entry.metadata().and_then(|metadata| metadata.modified()).ok();
    if at.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > UNFINISHED) {
        let _ = fs::remove_file(entry.path());
    }
}

/// Whether a segment was made of this history: its last delivery is there, and all that it names and that are there
/// arrived when it says.
fn is_of(conn: &Connection, segment: &Segment, number: i64, last_id: i64) -> Result<bool, Error> {
    let Some((last, _)) = segment.witnesses.last() else { return Ok(false) };
    // The number is that of a file.
    if number.saturating_add(1).saturating_mul(SEGMENT).saturating_sub(1) > last_id {
        return Ok(false);
    }
    let mut statement = conn.prepare_cached("SELECT received_ns FROM delivery WHERE id = ?1")?;
    for (id, received_ns) in &segment.witnesses {
        let found: Option<i64> = statement.query_row([id], |row| row.get(0)).optional()?;
        match found {
            Some(found) if found != *received_ns => return Ok(false),
            None if id == last => return Ok(false),
            _ => {}
        }
    }
    Ok(true)
}
