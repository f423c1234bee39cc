//! Where the rows lie, packed: what is written of each is its length and what lay between it and the one before, as a
//! rule in two bytes.

use crate::lines::Place;

/// Rows of one block. Reading a place walks through half of them on average.
const ROWS: usize = 128;

/// What a walk begins with.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    /// The end of the row before, without its `\n`.
    end: u64,
    /// The line of the row before.
    line: u64,
    /// Where the next row is written in `packed`.
    at: usize,
}

/// The places of the rows of a file, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    blocks: Vec<Cursor>,
    packed: Vec<u8>,
    last: Cursor,
    rows: usize,
}

impl Places {
    /// Adds the next row of the file.
    pub(crate) fn push(&mut self, place: Place) {
        self.last.at = self.packed.len();
        if self.rows.is_multiple_of(ROWS) {
            grow(&mut self.blocks, 1);
            self.blocks.push(self.last);
        }
        grow(&mut self.packed, 30);
        let gap = place.offset.saturating_sub(self.last.end);
        let lines = place.line.saturating_sub(self.last.line);
        let plain = gap == 1 && lines == 1;
        write(&mut self.packed, place.len << 1 | u64::from(!plain));
        if !plain {
            write(&mut self.packed, gap);
            write(&mut self.packed, lines);
        }
        self.rows += 1;
        self.last = Cursor { end: place.offset + place.len, line: place.line, at: self.packed.len() };
    }

    pub(crate) fn get(&self, row: u32) -> Option<Place> {
        let row = row as usize;
        if row >= self.rows {
            return None;
        }
        let mut walk = Walk { packed: &self.packed, cursor: *self.blocks.get(row / ROWS)? };
        walk.nth(row % ROWS)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Place> + '_ {
        Walk { packed: &self.packed, cursor: Cursor::default() }
    }

    pub(crate) fn memory(&self) -> usize {
        self.blocks.capacity() * size_of::<Cursor>() + self.packed.capacity()
    }
}

struct Walk<'a> {
    packed: &'a [u8],
    cursor: Cursor,
}

impl Iterator for Walk<'_> {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let mut rest = self.packed.get(self.cursor.at..)?;
        let before = rest.len();
        let head = read(&mut rest)?;
        let (gap, lines) = if head & 1 == 0 { (1, 1) } else { (read(&mut rest)?, read(&mut rest)?) };
        let place = Place { offset: self.cursor.end + gap, len: head >> 1, line: self.cursor.line + lines };
        self.cursor =
            Cursor { end: place.offset + place.len, line: place.line, at: self.cursor.at + before - rest.len() };
        Some(place)
    }
}

/// Makes room in steps of an eighth: doubling would leave up to half of what is counted by the million unused.
pub(crate) fn grow<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 8).max(16));
    }
}

/// Seven bits a byte, the lowest first; the highest bit says that another follows.
fn write(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

fn read(from: &mut &[u8]) -> Option<u64> {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 || shift > 63 {
            return Some(value);
        }
    }
}
