//! A file of signatures: 1,024 blocks of 64 ids, bit-sliced, so that a needle reads 128 bytes for each of its grams.
//!
//! Nothing in it is needed: it is made again from the history when it is missing or wrong. It is written under another
//! name, to the disk, and then renamed; its content has a checksum, and it names deliveries that it was made of, so
//! that it is never used for another history than its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::columns::BLOCK;
use super::grams::{BITS, Signature, WORDS};

/// Blocks of a segment.
pub(crate) const SEGMENT_BLOCKS: usize = 1024;
/// Ids of a segment.
pub(crate) const SEGMENT: i64 = BLOCK * SEGMENT_BLOCKS as i64;
/// A bit for each block of a segment.
pub(crate) type Blocks = [u64; SEGMENT_BLOCKS / 64];

const MAGIC: &[u8; 8] = b"PluxSign";
/// Rises with every change of the layout, of the hash, and of what is signed.
const VERSION: u32 = 1;
/// The head of a file, filled with zeros.
const HEAD: usize = 4096;
/// Bytes that tell of one bit in all blocks.
const SLICE: usize = SEGMENT_BLOCKS / 8;
/// Bytes of a file.
pub(crate) const FILE: u64 = (HEAD + BITS * SLICE) as u64;
/// Deliveries that a file names.
const WITNESSES: usize = 65;

/// A delivery that a segment was made of: its id, and when it arrived in Unix nanoseconds.
pub(crate) type Witness = (i64, i64);

/// A segment in its file.
#[derive(Debug)]
pub(crate) struct Segment {
    file: File,
    /// Ascending; the last is the newest delivery of the segment.
    pub(crate) witnesses: Vec<Witness>,
}

/// The name of a segment's file.
pub(crate) fn path(folder: &Path, number: i64) -> PathBuf {
    folder.join(format!("{number:08}.sign"))
}

/// The number of the segment that a file of this name holds.
pub(crate) fn number(name: &str) -> Option<i64> {
    name.strip_suffix(".sign").filter(|digits| digits.len() >= 8)?.parse().ok()
}

/// Whether a file of this name was left by a process that was ended while it wrote.
pub(crate) fn is_unfinished(name: &str) -> bool {
    name.contains(".sign.new-")
}

/// Some of the deliveries of a segment, evenly spread, the last among them.
pub(crate) fn witnesses(all: &[Witness]) -> Vec<Witness> {
    let step = all.len().div_ceil(WITNESSES - 1).max(1);
    let mut some: Vec<Witness> = all.iter().copied().step_by(step).collect();
    if let Some(last) = all.last().filter(|last| some.last() != Some(last)) {
        some.push(*last);
    }
    some
}

/// Writes a segment, in place of one that is there. `blocks` are in the order of their ids.
pub(crate) fn write(folder: &Path, number: i64, witnesses: &[Witness], blocks: &[Arc<Signature>]) -> io::Result<()> {
    let path = path(folder, number);
    let mut new = path.clone().into_os_string();
    new.push(format!(".new-{}", std::process::id()));
    let new = PathBuf::from(new);
    let written = write_to(&new, number, witnesses, blocks).and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn write_to(path: &Path, number: i64, witnesses: &[Witness], blocks: &[Arc<Signature>]) -> io::Result<()> {
    let _ = fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = BufWriter::with_capacity(1 << 16, options.open(path)?);
    file.write_all(&[0; HEAD])?;
    let mut sum = crc32fast::Hasher::new();
    let mut slices = vec![0_u8; 64 * SLICE];
    for word in 0..WORDS {
        for (group, blocks) in blocks.chunks(64).enumerate() {
            let mut square = [0_u64; 64];
            for (row, block) in square.iter_mut().zip(blocks) {
                *row = block.0[word];
            }
            transpose(&mut square);
            for (bit, row) in square.iter().enumerate() {
                slices[bit * SLICE + group * 8..][..8].copy_from_slice(&row.to_le_bytes());
            }
        }
        sum.update(&slices);
        file.write_all(&slices)?;
    }
    let mut file = file.into_inner()?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&head(number, witnesses, sum.finalize()))?;
    // Renamed before its content is there, a file could be empty after a loss of power.
    file.sync_data()
}

pub(crate) fn head(number: i64, witnesses: &[Witness], sum: u32) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&sum.to_le_bytes());
    head.extend_from_slice(&number.to_le_bytes());
    head.extend_from_slice(&(witnesses.len() as u64).to_le_bytes());
    for (id, received_ns) in witnesses {
        head.extend_from_slice(&id.to_le_bytes());
        head.extend_from_slice(&received_ns.to_le_bytes());
    }
    let own = crc32fast::hash(&head);
    head.resize(HEAD - 4, 0);
    head.extend_from_slice(&own.to_le_bytes());
    head
}

impl Segment {
    /// Opens a file, and reads all of it once. `None` if it is not the segment of this number, whole and of this
    /// version.
    pub(crate) fn open(folder: &Path, number: i64) -> io::Result<Option<Self>> {
        let mut file = File::open(path(folder, number))?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() != FILE {
            return Ok(None);
        }
        let mut read = vec![0; HEAD];
        file.read_exact(&mut read)?;
        let Some((sum, witnesses)) = read_head(&read, number) else { return Ok(None) };
        let mut found = crc32fast::Hasher::new();
        let mut piece = vec![0; 1 << 16];
        loop {
            match file.read(&mut piece)? {
                0 => break,
                length => found.update(&piece[..length]),
            }
        }
        Ok((found.finalize() == sum).then_some(Self { file, witnesses }))
    }

    /// The blocks whose signature has this bit.
    pub(crate) fn blocks_with(&self, bit: u16) -> io::Result<Blocks> {
        let mut slice = [0; SLICE];
        read_at(&self.file, &mut slice, (HEAD + usize::from(bit) * SLICE) as u64)?;
        let mut blocks = Blocks::default();
        for (word, bytes) in blocks.iter_mut().zip(slice.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Ok(blocks)
    }
}

pub(crate) fn read_head(head: &[u8], number: i64) -> Option<(u32, Vec<Witness>)> {
    let mut rest = head;
    let mut take = |length: usize| {
        let (taken, left) = rest.split_at_checked(length)?;
        rest = left;
        Some(taken)
    };
    if take(8)? != MAGIC || u32::from_le_bytes(take(4)?.try_into().ok()?) != VERSION {
        return None;
    }
    let sum = u32::from_le_bytes(take(4)?.try_into().ok()?);
    let found = i64::from_le_bytes(take(8)?.try_into().ok()?);
    let count = usize::try_from(u64::from_le_bytes(take(8)?.try_into().ok()?)).ok()?;
    if found != number || count > WITNESSES {
        return None;
    }
    let mut witnesses = Vec::with_capacity(count);
    for _ in 0..count {
        let id = i64::from_le_bytes(take(8)?.try_into().ok()?);
        witnesses.push((id, i64::from_le_bytes(take(8)?.try_into().ok()?)));
    }
    let own = crc32fast::hash(head.get(..32 + count * 16)?);
    (head.get(HEAD - 4..)? == own.to_le_bytes()).then_some((sum, witnesses))
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

#[cfg(windows)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    match std::os::windows::fs::FileExt::seek_read(file, into, at)? {
        read if read == into.len() => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Turns a square of bits over: bit `c` of row `r` becomes bit `r` of row `c`.
fn transpose(square: &mut [u64; 64]) {
    let (mut width, mut mask) = (32, 0x0000_0000_ffff_ffff_u64);
    while width != 0 {
        let mut at = 0;
        while at < 64 {
            let moved = (square[at] >> width ^ square[at + width]) & mask;
            square[at] ^= moved << width;
            square[at + width] ^= moved;
            at = (at + width + 1) & !width;
        }
        width >>= 1;
        mask ^= mask << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(seed: usize) -> Arc<Signature> {
        let mut signature = Signature::default();
        signature.add(format!("needle number {seed} of many").as_bytes());
        Arc::new(signature)
    }

    fn written(folder: &Path) -> Vec<Arc<Signature>> {
        let blocks: Vec<Arc<Signature>> = (0..SEGMENT_BLOCKS).map(signature).collect();
        write(folder, 7, &[(1, 10), (900, 20)], &blocks).unwrap();
        blocks
    }

    #[test]
    fn what_is_written_is_read_back_bit_by_bit() {
        let folder = tempfile::tempdir().unwrap();
        let blocks = written(folder.path());
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["00000007.sign"]);
        let segment = Segment::open(folder.path(), 7).unwrap().unwrap();
        assert_eq!(segment.witnesses, [(1, 10), (900, 20)]);
        for bit in (0..=u16::MAX).step_by(13) {
            let found = segment.blocks_with(bit).unwrap();
            for (at, block) in blocks.iter().enumerate() {
                assert_eq!(found[at / 64] >> (at % 64) & 1 == 1, block.has(bit), "{bit} {at}");
            }
        }
    }

    #[test]
    fn what_is_not_whole_or_not_ours_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let file = path(folder.path(), 7);
        let whole = fs::read(&file).unwrap();
        fs::copy(&file, path(folder.path(), 8)).unwrap();
        assert!(Segment::open(folder.path(), 8).unwrap().is_none(), "another segment's");
        assert!(Segment::open(folder.path(), 9).is_err(), "not there");
        for at in [0, 8, 12, 16, 24, 33, HEAD - 1, HEAD, HEAD + 5_000_000, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 4;
            fs::write(&file, changed).unwrap();
            assert!(Segment::open(folder.path(), 7).unwrap().is_none(), "byte {at}");
        }
        for length in [0, 100, HEAD, whole.len() - 1] {
            fs::write(&file, &whole[..length]).unwrap();
            assert!(Segment::open(folder.path(), 7).unwrap().is_none(), "{length} bytes");
        }
        fs::write(&file, whole).unwrap();
        assert!(Segment::open(folder.path(), 7).unwrap().is_some());
    }

    #[test]
    fn witnesses_are_few_and_the_last_is_among_them() {
        for length in [0, 1, 2, 63, 64, 65, 66, 1000, 65_536] {
            let all: Vec<Witness> = (0..length).map(|n| (n, n)).collect();
            let some = witnesses(&all);
            assert!(some.len() <= WITNESSES, "{length}");
            assert_eq!((some.first(), some.last()), (all.first(), all.last()));
        }
    }

    #[test]
    fn names() {
        let name = |number| path(Path::new(""), number).to_string_lossy().into_owned();
        for number in [0, 15, 123_456_789_012] {
            assert_eq!(super::number(&name(number)), Some(number));
        }
        assert_eq!((super::number("x.sign"), super::number("1.sign"), super::number("notes.txt")), (None, None, None));
        assert!(is_unfinished("00000007.sign.new-123") && !is_unfinished("00000007.sign"));
    }
}
