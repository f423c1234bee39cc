//! The bytes of a body as they arrive.
//!
//! A large body gets its own pages from the system, as many as it will need. A page exists only once it is written, so
//! a promised length costs nothing; growing copies nothing; and the system has all of it back as soon as the last
//! reader lets go. An allocator would hold on to blocks of every size that bodies grew through.

use std::io;

use bytes::Bytes;
use memmap2::MmapMut;

/// A body up to this many bytes is copied out of the connection's buffer. That buffer is larger, and is free for the
/// next request, while a delivery lives until everyone who follows has seen it.
const COPIED: usize = 64 * 1024;
/// A body of this size or more has its own pages.
const LARGE: usize = 256 * 1024;

/// A body that is being received.
pub(crate) struct Buffer {
    bytes: Held,
    /// The longest it may become.
    most: usize,
}

enum Held {
    /// The usual case: one frame.
    Single(Bytes),
    Joined(Vec<u8>),
    Pages(Pages),
}

struct Pages {
    map: MmapMut,
    len: usize,
}

impl Buffer {
    /// For a body of at most `most` bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self { bytes: Held::Joined(Vec::new()), most }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.bytes {
            Held::Single(frame) => frame.len(),
            Held::Joined(joined) => joined.len(),
            Held::Pages(pages) => pages.len,
        }
    }

    pub(crate) fn push(&mut self, data: Bytes) {
        match &mut self.bytes {
            Held::Joined(joined) if joined.is_empty() => self.bytes = Held::Single(data),
            Held::Single(first) => {
                let first = std::mem::take(first);
                self.bytes = Held::Joined(Vec::new());
                self.join(&first);
                self.join(&data);
            }
            Held::Joined(_) | Held::Pages(_) => self.join(&data),
        }
    }

    /// Reserves memory for what arrived, and as much again: a declared length is only a promise.
    fn join(&mut self, data: &[u8]) {
        let len = self.len() + data.len();
        if let Held::Joined(joined) = &self.bytes
            && len > LARGE
            // If the system has no pages to give, the allocator may.
            && let Ok(pages) = Pages::of(self.most.max(len), joined)
        {
            self.bytes = Held::Pages(pages);
        }
        match &mut self.bytes {
            Held::Pages(pages) => {
                if !pages.push(data) {
                    // It is longer than announced. Keep everything: the caller decides what to do with it.
                    let mut joined = pages.as_ref().to_vec();
                    joined.extend_from_slice(data);
                    self.bytes = Held::Joined(joined);
                }
            }
            Held::Joined(joined) => {
                if len > joined.capacity() {
                    let wanted = joined.capacity().saturating_mul(2).min(self.most).max(len);
                    joined.reserve_exact(wanted - joined.len());
                }
                joined.extend_from_slice(data);
            }
            Held::Single(_) => {}
        }
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        match self.bytes {
            Held::Single(frame) if frame.len() <= COPIED => Bytes::copy_from_slice(&frame),
            Held::Single(frame) => frame,
            Held::Joined(joined) => joined.into(),
            Held::Pages(pages) => Bytes::from_owner(pages),
        }
    }
}

impl Pages {
    /// Room for `most` bytes, with these at its beginning.
    fn of(most: usize, beginning: &[u8]) -> io::Result<Self> {
        let map = MmapMut::map_anon(most)?;
        // With huge pages the first byte would cost 2 MiB. On a system without them, there is nothing to switch off.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::NoHugePage);
        let mut pages = Self { map, len: 0 };
        if pages.push(beginning) { Ok(pages) } else { Err(io::ErrorKind::OutOfMemory.into()) }
    }

    /// False if it does not fit; nothing is written then.
    fn push(&mut self, data: &[u8]) -> bool {
        let end = self.len.saturating_add(data.len());
        let Some(free) = self.map.get_mut(self.len..end) else { return false };
        free.copy_from_slice(data);
        self.len = end;
        true
    }
}

impl AsRef<[u8]> for Pages {
    fn as_ref(&self) -> &[u8] {
        self.map.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of `len` bytes, in frames of `frame` bytes.
    fn joined(len: usize, frame: usize, most: usize) -> (Bytes, Vec<u8>) {
        let whole: Vec<u8> = (0..=u8::MAX).cycle().take(len).collect();
        let mut buffer = Buffer::new(most);
        for part in whole.chunks(frame) {
            buffer.push(Bytes::copy_from_slice(part));
        }
        assert_eq!(buffer.len(), len);
        (buffer.into_bytes(), whole)
    }

    #[test]
    fn every_byte_is_there_whatever_the_size_and_the_frames() {
        let sizes = [0, 1, COPIED, COPIED + 1, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 17];
        for len in sizes {
            for frame in [1_000, 16 * 1024, LARGE, LARGE + 1, 10 * LARGE] {
                let (bytes, whole) = joined(len, frame, len);
                assert!(bytes == whole, "{len} in frames of {frame}");
            }
        }
    }

    #[test]
    fn one_that_is_longer_than_it_was_to_be_is_whole_too() {
        let (bytes, whole) = joined(3 * LARGE, 100_000, 2 * LARGE);
        assert!(bytes == whole);
    }

    #[test]
    fn a_body_lives_as_long_as_a_part_of_it_is_used() {
        let (bytes, whole) = joined(2 * LARGE, 50_000, 2 * LARGE);
        let end = bytes.slice(2 * LARGE - 100..);
        drop(bytes);
        assert_eq!(end, whole[2 * LARGE - 100..]);
    }
}
