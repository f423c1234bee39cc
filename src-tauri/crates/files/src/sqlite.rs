//! Checks whether a file is a database of ours before SQLite opens it: SQLite itself may change what it opens, if only
//! by tidying up after another program's crash.
//!
//! The offsets are those of SQLite's file format (sqlite.org/fileformat.html, 1.3, 1.6 and 4.1).

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::{Refusal, Seen};

/// The database's header, and the start of the page that lists its tables.
const HEADER: usize = 108;
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// How many frames of a log are examined: far more than a log of ours has.
const FRAMES: u64 = 1 << 20;
/// How often a log may be replaced while it is being opened.
const SWAPS: u32 = 100;

/// Why a file is not used. It is unchanged, and nothing was created beside it.
#[derive(Debug)]
pub enum Unusable {
    /// It is not a database, or belongs to another program.
    NotOurs,
    /// A later version wrote it: its `user_version`.
    Newer(i64),
    /// It is not a usable file.
    Refused(Refusal),
}

impl From<Refusal> for Unusable {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self::Refused(error.into())
    }
}

/// A file that may be opened: one of ours, an empty one, or one that was just created.
#[derive(Debug)]
pub struct Ready {
    /// Its path, without links.
    pub path: PathBuf,
    seen: std::fs::Metadata,
}

impl Ready {
    /// Whether it is still the file at the path. Must be asked once SQLite has opened it.
    ///
    /// # Errors
    /// [`Refusal::Swapped`].
    pub fn is_still_there(&self) -> Result<(), Refusal> {
        match std::fs::symlink_metadata(&self.path).is_ok_and(|there| crate::same(&there, &self.seen)) {
            true => Ok(()),
            false => Err(Refusal::Swapped),
        }
    }
}

/// Examines the file at `path`, or creates an empty one in an existing folder. If it is ours (its `application_id` is
/// `application`, and its `user_version` at most `newest`), only the user can read it from now on.
///
/// # Errors
/// [`Unusable`].
pub fn make_ready(path: &Path, application: i64, newest: i64) -> Result<Ready, Unusable> {
    let path = crate::resolved(path)?;
    loop {
        let Some(seen) = crate::look(&path)? else {
            match crate::create(&path) {
                Ok(seen) => return Ok(Ready { path, seen: seen.metadata }),
                // Another process created it at the same moment.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error.into()),
            }
        };
        let beside = ["-wal", "-shm", "-journal"].map(|ending| beside(&path, ending));
        for file in &beside {
            if let Ok(found) = std::fs::symlink_metadata(file) {
                crate::regular(file, &found)?;
            }
        }
        match Numbers::read(&seen, &beside[0], application)? {
            Numbers::Nothing | Numbers::Database { application: 0, version: 0, tables: false } => {}
            Numbers::Database { application: found, version, .. } if found == application => {
                if version > newest {
                    return Err(Unusable::Newer(version));
                }
            }
            Numbers::Other | Numbers::Database { .. } => return Err(Unusable::NotOurs),
        }
        seen.tighten()?;
        for file in &beside {
            tighten_if_wide(file)?;
        }
        return Ok(Ready { path, seen: seen.metadata });
    }
}

/// Whether the file at `path` is a database of this application. Changes nothing.
#[must_use]
pub fn is_of(path: &Path, application: i64) -> bool {
    let Ok(Some(seen)) = crate::look(path) else { return false };
    let numbers = Numbers::read(&seen, &beside(path, "-wal"), application);
    matches!(numbers, Ok(Numbers::Database { application: found, .. }) if found == application)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Opens it only if necessary: closing any handle of a file releases all locks that this process has on it.
#[cfg_attr(not(unix), allow(unused_variables))]
fn tighten_if_wide(path: &Path) -> Result<(), Refusal> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let wide = |found: std::fs::Metadata| found.permissions().mode() & 0o077 != 0;
        if std::fs::symlink_metadata(path).is_ok_and(wide)
            && let Some(seen) = look_at(path)?
        {
            seen.tighten()?;
        }
    }
    Ok(())
}

/// What the first page says.
enum Numbers {
    /// The file is empty.
    Nothing,
    /// It is not a database.
    Other,
    Database {
        application: i64,
        version: i64,
        tables: bool,
    },
}

impl Numbers {
    /// As of the last commit, which may still be in the log.
    fn read(seen: &Seen, wal: &Path, ours: i64) -> Result<Self, Refusal> {
        if seen.file.metadata()?.len() == 0 {
            return Ok(Self::Nothing);
        }
        let mut page = [0; HEADER];
        if !read_at(&seen.file, 0, &mut page)? || !page.starts_with(b"SQLite format 3\0") {
            return Ok(Self::Other);
        }
        // Another program's database: there is no need to examine more.
        if [0, ours].contains(&number(&page, 68)) {
            let log = look_at(wal)?;
            // Without a log, what it held is in the database by now, and may not have been when the page was read.
            if log.is_none() && !read_at(&seen.file, 0, &mut page)? {
                return Ok(Self::Other);
            }
            if let Some(log) = log
                && let Some(newer) = first_page_in(&log.file)?
            {
                page = newer;
            }
        }
        // A leaf without cells: no tables.
        let tables = page[100] != 0x0d || page[103..105] != [0, 0];
        Ok(Self::Database { application: number(&page, 68), version: number(&page, 60), tables })
    }
}

/// A file beside the database that is replaced while it is being opened is looked at again: whoever closes the database
/// last removes it, and whoever comes next creates another.
fn look_at(path: &Path) -> Result<Option<Seen>, Refusal> {
    let mut swaps = 0;
    loop {
        match crate::look(path) {
            Err(Refusal::Swapped) if swaps < SWAPS => swaps += 1,
            looked => return looked,
        }
    }
}

/// The beginning of the first page in a write-ahead log, as of its last commit; `None` if it is not there.
fn first_page_in(log: &File) -> io::Result<Option<[u8; HEADER]>> {
    let mut header = [0; WAL_HEADER];
    if !read_at(log, 0, &mut header)? || !matches!(word(&header, 0), 0x377f_0682 | 0x377f_0683) {
        return Ok(None);
    }
    let size = u64::from(word(&header, 8));
    let (mut written, mut committed) = (None, None);
    for index in 0..FRAMES {
        let at = WAL_HEADER as u64 + index * (FRAME_HEADER as u64 + size);
        let mut frame = [0; FRAME_HEADER];
        // After the end are frames of an earlier round, with other salts.
        if !read_at(log, at, &mut frame)? || frame[8..16] != header[16..24] {
            break;
        }
        if word(&frame, 0) == 1 {
            let mut page = [0; HEADER];
            if !read_at(log, at + FRAME_HEADER as u64, &mut page)? {
                break;
            }
            written = Some(page);
        }
        if word(&frame, 4) != 0 {
            committed = written;
        }
    }
    Ok(committed)
}

/// False if the file ends before that.
fn read_at(mut file: &File, at: u64, into: &mut [u8]) -> io::Result<bool> {
    file.seek(SeekFrom::Start(at))?;
    match file.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map_or(0, u32::from_be_bytes)
}

/// As SQLite returns it: signed.
fn number(bytes: &[u8], at: usize) -> i64 {
    i64::from(word(bytes, at).cast_signed())
}
