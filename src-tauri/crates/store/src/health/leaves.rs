//! Rows in the leaves of tables, found without the tree that leads to them (sqlite.org/fileformat2.html, 1.6 and 2.1).
//! Nothing here trusts what it reads: a count, a length or a pointer that leads out of the page ends the row.

use rusqlite::types::Value;

use super::pages::Pages;

/// A row: its rowid and its columns. The column that names the rowid is NULL.
pub(super) struct Leaf {
    pub(super) rowid: i64,
    pub(super) columns: Vec<Value>,
}

const TABLE_LEAF: u8 = 0x0d;
/// The header of a leaf.
const HEADER: usize = 8;
/// The file's own header, before that of the first page.
const FIRST: usize = 100;
/// More than this is no row of ours: a body is at most 64 MiB.
const LARGEST: u64 = 256 << 20;

/// The rows of a page; none if it is not the leaf of a table. `wanted` is asked with the number of columns and the
/// rowid, before anything large is read.
pub(super) fn rows(pages: &mut Pages, number: u32, wanted: impl Fn(usize, i64) -> bool) -> Vec<Leaf> {
    let Some(page) = pages.read(number).map(<[u8]>::to_vec) else { return Vec::new() };
    let start = if number == 1 { FIRST } else { 0 };
    if page.get(start) != Some(&TABLE_LEAF) {
        return Vec::new();
    }
    let cells = be16(&page, start + 3).unwrap_or(0);
    (0..cells)
        .filter_map(|cell| be16(&page, start + HEADER + 2 * cell))
        .filter_map(|at| row(pages, &page, at, &wanted))
        .collect()
}

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])))
}

fn row(pages: &mut Pages, page: &[u8], at: usize, wanted: &impl Fn(usize, i64) -> bool) -> Option<Leaf> {
    let mut cell = Bytes(page.get(at..)?);
    let length = cell.varint()?;
    let rowid = i64::from_ne_bytes(cell.varint()?.to_ne_bytes());
    let length = usize::try_from(length).ok().filter(|length| *length as u64 <= LARGEST)?;
    let local = local(length, pages.size());
    let here = cell.0.get(..local)?;
    if !wanted(types(here)?.len(), rowid) {
        return None;
    }
    if local == length {
        return Some(Leaf { rowid, columns: record(here)? });
    }
    let next = cell.0.get(local..local + 4)?;
    let payload = overflow(pages, here, u32::from_be_bytes(next.try_into().ok()?), length)?;
    Some(Leaf { rowid, columns: record(&payload)? })
}

/// How much of a payload is in the leaf itself.
fn local(length: usize, usable: usize) -> usize {
    let most = usable - 35;
    if length <= most {
        return length;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (length - least) % (usable - 4);
    if fitting <= most { fitting } else { least }
}

fn overflow(pages: &mut Pages, here: &[u8], first: u32, length: usize) -> Option<Vec<u8>> {
    let mut payload = here.to_vec();
    let mut next = first;
    while payload.len() < length {
        let page = pages.read(next)?;
        let (head, rest) = page.split_at_checked(4)?;
        payload.extend_from_slice(rest.get(..rest.len().min(length - payload.len()))?);
        next = u32::from_be_bytes(head.try_into().ok()?);
    }
    Some(payload)
}

/// The serial types of a record; its header is always in the leaf.
fn types(payload: &[u8]) -> Option<Vec<u64>> {
    let mut bytes = Bytes(payload);
    let header = usize::try_from(bytes.varint()?).ok()?;
    let mut bytes = Bytes(payload.get(payload.len() - bytes.0.len()..header)?);
    let mut types = Vec::new();
    while !bytes.0.is_empty() {
        types.push(bytes.varint()?);
    }
    Some(types)
}

/// Everything after the last column must be nothing, and everything within it there.
fn record(payload: &[u8]) -> Option<Vec<Value>> {
    let types = types(payload)?;
    let header = usize::try_from(Bytes(payload).varint()?).ok()?;
    let mut bytes = Bytes(payload.get(header..)?);
    let columns = types.into_iter().map(|kind| bytes.value(kind)).collect::<Option<Vec<_>>>()?;
    bytes.0.is_empty().then_some(columns)
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// At most nine bytes; the ninth holds eight bits.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for at in 0..9 {
            let byte = *self.take(1)?.first()?;
            if at == 8 {
                return Some(value << 8 | u64::from(byte));
            }
            value = value << 7 | u64::from(byte & 0x7f);
            if byte < 0x80 {
                break;
            }
        }
        Some(value)
    }

    fn integer(&mut self, length: usize) -> Option<i64> {
        let bytes = self.take(length)?;
        let fill = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
        let mut whole = [fill; 8];
        whole[8 - length..].copy_from_slice(bytes);
        Some(i64::from_be_bytes(whole))
    }

    fn value(&mut self, kind: u64) -> Option<Value> {
        Some(match kind {
            0 => Value::Null,
            1..=4 => Value::Integer(self.integer(usize::try_from(kind).ok()?)?),
            5 => Value::Integer(self.integer(6)?),
            6 => Value::Integer(self.integer(8)?),
            7 => Value::Real(f64::from_be_bytes(self.take(8)?.try_into().ok()?)),
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            10 | 11 => return None,
            blob if blob % 2 == 0 => Value::Blob(self.take(usize::try_from((blob - 12) / 2).ok()?)?.to_vec()),
            text => {
                let bytes = self.take(usize::try_from((text - 13) / 2).ok()?)?;
                Value::Text(std::str::from_utf8(bytes).ok()?.to_owned())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rusqlite::Connection;

    use super::*;

    fn all(path: &std::path::Path) -> BTreeMap<(usize, i64), Vec<Value>> {
        let mut pages = Pages::open(path).unwrap();
        let mut found = BTreeMap::new();
        for number in 1..=pages.count() {
            for leaf in rows(&mut pages, number, |_, _| true) {
                found.insert((leaf.columns.len(), leaf.rowid), leaf.columns);
            }
        }
        found
    }

    /// SQLite is the peer: every row that it wrote is read back as it is, in the file and in its log.
    #[test]
    fn rows_are_read_as_sqlite_wrote_them() {
        let folder = tempfile::tempdir().unwrap();
        for (page, wal) in [(512, false), (1024, true), (8192, false), (8192, true), (65_536, false)] {
            let path = folder.path().join(format!("{page}-{wal}.db"));
            let conn = Connection::open(&path).unwrap();
            conn.pragma_update(None, "page_size", page).unwrap();
            if wal {
                conn.pragma_update(None, "journal_mode", "WAL").unwrap();
                conn.pragma_update(None, "wal_autocheckpoint", 40).unwrap();
            }
            conn.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f)").unwrap();
            let numbers = [0, 1, -1, 127, -128, 128, 32_767, 8_388_608, -2_147_483_648, 1 << 40, i64::MAX, i64::MIN];
            let mut written = BTreeMap::new();
            for n in 0..400_i64 {
                let at = usize::try_from(n).unwrap();
                let text = "é".repeat(at * at % 1_700);
                let body = vec![at as u8; at * 131 % 70_000];
                let columns = [
                    Value::Null,
                    Value::Integer(numbers[at % numbers.len()]),
                    Value::Real(at as f64 / 3.0),
                    Value::Text(text),
                    Value::Blob(body),
                    Value::Null,
                    Value::Integer(n * n * n * 7919),
                ];
                conn.execute(
                    "INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    rusqlite::params_from_iter([&[Value::Integer(n - 5)], &columns[1..]].concat()),
                )
                .unwrap();
                written.insert((7, n - 5), columns.to_vec());
            }
            let mut found = all(&path);
            found.retain(|(columns, _), _| *columns == 7);
            assert_eq!(found.len(), written.len(), "{page} {wal}");
            // Whole numbers are kept as such.
            let plain = |value: &Value| matches!(value, Value::Real(real) if real.fract() == 0.0);
            for (key, columns) in &written {
                for (one, other) in columns.iter().zip(&found[key]) {
                    assert!(one == other || plain(one), "{page} {wal} {key:?}");
                }
            }
        }
    }

    #[test]
    fn whatever_is_changed_in_the_file_nothing_panics() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let conn = Connection::open(&path).unwrap();
        conn.pragma_update(None, "page_size", 512).unwrap();
        conn.execute_batch(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
             INSERT INTO t SELECT i, 'text ' || i, zeroblob(i * 40) FROM n;",
        )
        .unwrap();
        drop(conn);
        let whole = std::fs::read(&path).unwrap();
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..40 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let at = usize::try_from(state % bytes.len() as u64).unwrap();
                bytes[at] = (state >> 32) as u8;
            }
            let changed = folder.path().join("changed.db");
            std::fs::write(&changed, &bytes).unwrap();
            all(&changed);
        }
    }
}
