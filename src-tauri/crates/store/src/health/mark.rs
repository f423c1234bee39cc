//! The mark beside a history: up to which delivery it was written, and whether it was closed in order. It is only a note,
//! never waited for on the disk, and always behind the history: what it says was committed before.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::table::{signed, unsigned};

/// How often it is written while deliveries arrive.
const EVERY: Duration = Duration::from_secs(1);
/// `pollux-mark 1 open 00000000000000001234 00000001767225600000` and a line feed: always as long, so that one write
/// replaces the other.
const LENGTH: usize = 61;

/// How the run of this history before this one ended, as far as its files tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Began {
    /// The run before did not close the history: it was killed, crashed, or lost its power. False also where another
    /// process has the history open, so that nothing is known.
    pub unclean: bool,
    /// Deliveries that were stored and that the file does not have.
    pub missing: Option<Missing>,
}

/// The file ends before the last delivery that was stored in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The last delivery that was stored.
    pub stored: i64,
    /// When that was noted, Unix milliseconds.
    pub noted_ms: i64,
    /// The last delivery that the file knows.
    pub found: i64,
    /// Whether the log beside the file (`-wal`), in which the newest deliveries are, was missing as well.
    pub log_gone: bool,
}

/// What the mark said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said {
    open: bool,
    last_id: i64,
    at_ms: i64,
}

/// Held as long as the history is open. Every process that has it open has a shared lock on it.
pub(crate) struct Mark {
    file: Option<File>,
    /// What there was before this run, where this process is the only one.
    before: Option<(Option<Said>, bool)>,
    written: Option<(i64, Instant)>,
}

impl Mark {
    /// Takes a place at the mark. Must be called before SQLite opens the history, which may make a log anew. Where there
    /// can be no mark (a full disk, a folder that cannot be written to), nothing is known and nothing noted.
    pub(crate) fn take(history: &Path) -> Self {
        let nothing = Self { file: None, before: None, written: None };
        let fresh = std::fs::metadata(history).map_or(true, |there| there.len() == 0);
        let log = std::fs::metadata(beside(history, "-wal")).map_or(0, |there| there.len());
        let Ok(mut file) = files::open_or_make(&beside(history, "-mark")) else { return nothing };
        let alone = file.try_lock().is_ok();
        let said = read(&mut file).filter(|_| !fresh);
        // Lets others in; without a lock the next start could not tell that this process is there.
        if file.lock_shared().is_err() {
            return nothing;
        }
        Self { file: Some(file), before: alone.then_some((said, log > 0)), written: None }
    }

    /// Whether another process has the history open.
    pub(super) fn is_shared(&self) -> bool {
        self.file.is_some() && self.before.is_none()
    }

    /// How the run before ended. `last_id`: of the newest delivery that the history knows.
    pub(crate) fn began(&self, last_id: i64) -> Began {
        let Some((said, log)) = self.before else { return Began::default() };
        // Another program that has it open (a replication, a shell) keeps the log, so that a log tells only where no mark does.
        let unclean = said.map_or(log, |said| said.open);
        let missing = said.filter(|said| said.last_id > last_id).map(|said| Missing {
            stored: said.last_id,
            noted_ms: said.at_ms,
            found: last_id,
            log_gone: said.open && !log,
        });
        Began { unclean, missing }
    }

    /// Notes how far the history is, at most every second.
    pub(crate) fn note(&mut self, last_id: i64) {
        let is_news = self.written.is_none_or(|(id, at)| id != last_id && at.elapsed() >= EVERY);
        if is_news {
            self.write(true, last_id);
        }
    }

    /// Notes that it was closed in order, unless another process has it open.
    pub(crate) fn close(mut self, last_id: i64) {
        if self.file.as_ref().is_some_and(|file| file.try_lock().is_ok()) {
            self.write(false, last_id);
        }
    }

    fn write(&mut self, open: bool, last_id: i64) {
        let Some(file) = &mut self.file else { return };
        self.written = Some((last_id, Instant::now()));
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let state = if open { "open" } else { "shut" };
        let text = format!("pollux-mark 1 {state} {:020} {:020}\n", unsigned(last_id), now.as_millis());
        // What cannot be noted is missed at the next start, no more.
        let _ = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(text.as_bytes()));
    }
}

fn read(file: &mut File) -> Option<Said> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(LENGTH as u64).read_to_string(&mut text).ok()?;
    parse(&text)
}

fn parse(text: &str) -> Option<Said> {
    let mut parts = text.strip_suffix('\n')?.strip_prefix("pollux-mark 1 ")?.split(' ');
    let open = match parts.next()? {
        "open" => true,
        "shut" => false,
        _ => return None,
    };
    let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok()).map(signed);
    let (last_id, at_ms) = (number()?, number()?);
    parts.next().is_none().then_some(Said { open, last_id, at_ms })
}

pub(super) fn beside(history: &Path, ending: &str) -> PathBuf {
    let mut name = history.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        std::fs::write(&path, "not empty").unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_not_closed_is_known_at_the_next_start() {
        let (_folder, path) = history();
        let mut mark = Mark::take(&path);
        assert_eq!(mark.began(0), Began::default(), "there was no run before");
        mark.note(7);
        drop(mark);
        let mark = Mark::take(&path);
        assert_eq!(mark.began(7), Began { unclean: true, missing: None });
        let Missing { stored, found, log_gone, noted_ms } = mark.began(5).missing.unwrap();
        assert_eq!((stored, found, log_gone), (7, 5, true));
        assert!(noted_ms > 1_700_000_000_000);
        mark.close(7);
        assert_eq!(Mark::take(&path).began(7), Began::default());
        // An older copy in its place is told, too.
        assert_eq!(
            Mark::take(&path).began(3).missing.map(|missing| (missing.stored, missing.log_gone)),
            Some((7, false))
        );
    }

    #[test]
    fn a_log_without_a_mark_is_an_unclean_end() {
        let (_folder, path) = history();
        std::fs::write(beside(&path, "-wal"), "frames").unwrap();
        assert_eq!(Mark::take(&path).began(0), Began { unclean: true, missing: None });
    }

    #[test]
    fn a_log_that_another_program_keeps_is_no_unclean_end() {
        let (_folder, path) = history();
        Mark::take(&path).close(7);
        std::fs::write(beside(&path, "-wal"), "frames").unwrap();
        assert_eq!(Mark::take(&path).began(7), Began::default());
    }

    #[test]
    fn while_another_has_it_open_nothing_is_said() {
        let (_folder, path) = history();
        let mut first = Mark::take(&path);
        first.note(9);
        let second = Mark::take(&path);
        assert_eq!(second.began(0), Began::default());
        second.close(9);
        drop(first);
        assert!(Mark::take(&path).began(9).unclean, "the first never closed it");
    }

    #[test]
    fn the_mark_of_a_file_that_is_gone_says_nothing_of_a_new_one() {
        let (_folder, path) = history();
        Mark::take(&path).note(9);
        std::fs::write(&path, "").unwrap();
        assert_eq!(Mark::take(&path).began(0), Began::default());
    }

    #[test]
    fn anything_else_in_its_place_is_not_believed() {
        for text in ["", "pollux-mark 1 open 1", "pollux-mark 2 open 1 2\n", "pollux-mark 1 ajar 1 2\n", "\0\0\0\n"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        let said = Said { open: true, last_id: 1234, at_ms: 1_767_225_600_000 };
        let text = "pollux-mark 1 open 00000000000000001234 00000001767225600000\n";
        assert_eq!((parse(text), text.len()), (Some(said), LENGTH));
    }
}
