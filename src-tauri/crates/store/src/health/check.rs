//! Looks whether the history is whole, and says what of it cannot be read.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use tokio::sync::watch;

use super::mark::{Began, Mark};
use super::reading::{Span, Way, is_damage, sweep};
use crate::phrases::Phrases;
use crate::table::{phrase, tally};
use crate::{Error, Store, encode, migration, open, readers, verdict_blob};

/// The most lines of SQLite's own that are kept.
const LINES: usize = 20;
/// The most stretches of numbers that are kept.
const STRETCHES: usize = 100;
/// Instructions of SQLite's machine after which it is asked whether anybody still waits.
const STEPS: i32 = 100_000;

/// Whether the history is whole, as far as was looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Nobody has looked.
    #[default]
    NotChecked,
    /// Somebody is looking.
    Checking,
    /// Nothing wrong was found.
    Sound,
    /// Something is wrong.
    Damaged(Damage),
}

/// What is wrong with a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// What SQLite says, at most 20 lines.
    pub says: Vec<String>,
    /// Deliveries that the history counts; `None` if its count cannot be read.
    pub deliveries: Option<u64>,
    /// Deliveries that can be read back whole.
    pub readable: u64,
    /// Numbers (from, to; both included) of deliveries that cannot, the first 100 stretches. Some of them may never have
    /// been stored, or have left before.
    pub unreadable: Vec<(i64, i64)>,
}

impl Damage {
    /// How many deliveries are lost; `None` if the history's own count cannot be read.
    #[must_use]
    pub fn lost(&self) -> Option<u64> {
        self.deliveries.map(|all| all.saturating_sub(self.readable))
    }
}

/// What a history file says of itself, without opening it for anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Another process has it open.
    pub in_use: bool,
    /// How the last run of it ended.
    pub began: Began,
    /// Its format; `None` if that cannot be read.
    pub format: Option<i64>,
    /// Deliveries that it counts; `None` if its count cannot be read.
    pub deliveries: Option<u64>,
    /// What a check found; [`Health::NotChecked`] if none was asked for.
    pub health: Health,
}

/// Looks at a history without opening it for anything else, damaged or not; with `thorough` given, checks it as
/// [`Store::check`] does. Blocks; ends early once `gone` is set. Nothing in the file is changed.
///
/// # Errors
/// [`Error::NotAHistory`], [`Error::DatabaseTooNew`], [`Error::Unreachable`]; any SQLite error but damage.
pub fn look_at(path: &Path, thorough: Option<bool>, gone: &AtomicBool) -> Result<Found, Error> {
    std::fs::metadata(path).map_err(|source| Error::Unreachable { path: path.to_owned(), source })?;
    let mark = Mark::take(path);
    let conn = readers::open_alone(path)?;
    let found = looked_at(&conn, path, thorough, &mark, gone);
    drop(conn);
    open::let_go(path);
    found
}

fn looked_at(
    conn: &Connection,
    path: &Path,
    thorough: Option<bool>,
    mark: &Mark,
    gone: &AtomicBool,
) -> Result<Found, Error> {
    let known = match migration::check(conn, path) {
        Err(Error::Sqlite(error)) if is_damage(&error) => false,
        checked => checked.map(|()| true)?,
    };
    let format = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).ok().filter(|_| known);
    let counted = tally::read(conn).ok();
    let began = counted.map_or_else(Began::default, |tally| mark.began(tally.last_id));
    let health = match thorough {
        None => Health::NotChecked,
        Some(thorough) => look(conn, &Phrases::default(), thorough, gone)?,
    };
    Ok(Found { in_use: mark.is_shared(), began, format, deliveries: counted.map(|tally| tally.counts.total), health })
}

/// The result of the latest check.
#[derive(Clone, Debug)]
pub(crate) struct Checking(watch::Sender<Health>);

impl Default for Checking {
    fn default() -> Self {
        Self(watch::Sender::new(Health::NotChecked))
    }
}

impl Store {
    /// The result of the latest check, and each later one.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.checking().0.subscribe()
    }

    /// Checks the file, beside everything else that goes on. Only SQLite's own structure (`PRAGMA quick_check`), unless
    /// that is damaged or `thorough` is set: then every delivery is read back, which takes as long as reading the file.
    /// It ends early when nobody waits for it any more.
    ///
    /// # Errors
    /// Any SQLite error but damage; [`Error::Closed`].
    pub async fn check(&self, thorough: bool) -> Result<Health, Error> {
        let before = self.checking().0.send_replace(Health::Checking);
        // A look at the structure alone does not take back what reading every delivery found.
        let known = before.clone();
        let undo = Undo { checking: self.checking(), before: Some(before) };
        let (path, phrases) = (self.path().to_owned(), std::sync::Arc::clone(self.phrases()));
        let looked = self.read(move |_, gone| look(&readers::open(&path)?, &phrases, thorough, gone)).await;
        let found = match (looked?, known) {
            (Health::Sound, Health::Damaged(damage)) if !thorough => Health::Damaged(damage),
            (found, _) => found,
        };
        undo.done(found.clone());
        Ok(found)
    }
}

/// A check that does not come to its end says nothing: what was known before stays.
struct Undo<'a> {
    checking: &'a Checking,
    before: Option<Health>,
}

impl Undo<'_> {
    fn done(mut self, found: Health) {
        self.before = None;
        self.checking.0.send_replace(found);
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            self.checking.0.send_replace(before);
        }
    }
}

/// Checks a history through a connection of its own.
fn look(conn: &Connection, phrases: &Phrases, thorough: bool, gone: &AtomicBool) -> Result<Health, Error> {
    let says = structure(conn, gone)?;
    if says.is_empty() && !thorough {
        return Ok(Health::Sound);
    }
    let damage = Damage { says, ..survey(conn, phrases, gone)? };
    let whole = damage.says.is_empty() && damage.unreadable.is_empty() && damage.lost() == Some(0);
    Ok(if whole { Health::Sound } else { Health::Damaged(damage) })
}

/// What SQLite finds wrong.
fn structure(conn: &Connection, gone: &AtomicBool) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    let read = (|| {
        let mut statement = conn.prepare(&format!("PRAGMA quick_check({LINES})"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text: String = row.get(0)?;
            // A page's problems come as one text.
            lines.extend(text.lines().filter(|line| *line != "ok").map(str::to_owned));
            if gone.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
        Ok(())
    })();
    match read {
        Ok(()) if gone.load(Ordering::Relaxed) => return Err(Error::Closed),
        Ok(()) => {}
        Err(error) if is_damage(&error) => lines.push(error.to_string()),
        Err(error) => return Err(error.into()),
    }
    lines.truncate(LINES);
    Ok(lines)
}

/// Reads every delivery back.
fn survey(conn: &Connection, phrases: &Phrases, gone: &AtomicBool) -> Result<Damage, Error> {
    let counted = tally::read(conn);
    let last = counted.as_ref().map_or_else(|_| last(conn), |tally| tally.last_id);
    let mut damage = Damage { deliveries: counted.ok().map(|tally| tally.counts.total), ..Damage::default() };
    let mut odd = Vec::new();
    let mut gaps = sweep((0, last.saturating_add(1)), &mut |span| {
        if gone.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        go(conn, phrases, span, &mut damage.readable, &mut odd, gone)
    })?;
    gaps.extend(odd.into_iter().map(|id| (id, id)));
    gaps.sort_unstable();
    gaps.truncate(STRETCHES);
    damage.unreadable = gaps;
    Ok(damage)
}

/// The newest delivery, where the count of them cannot be read.
pub(super) fn last(conn: &Connection) -> i64 {
    let newest = |table: &str| {
        let sql = format!("SELECT id FROM {table} ORDER BY id DESC LIMIT 1");
        conn.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap_or(0)
    };
    newest("delivery").max(newest("delivery_content"))
}

/// What tells whether a delivery can be read back: everything but the body is decoded, and the body is as long as it was.
const WHOLE: &str = "SELECT d.id, d.deleted, c.headers, coalesce(l.verdict, c.verdict), c.answer, c.body,
                            CASE WHEN d.truncated THEN NULL ELSE d.body_len END, c.id
                     FROM delivery d LEFT JOIN delivery_content c ON c.id = d.id
                     LEFT JOIN later_verdict l ON l.delivery = d.id
                     WHERE d.id > ?1 AND d.id < ?2 ORDER BY d.id";

fn go(
    conn: &Connection,
    phrases: &Phrases,
    span: Span,
    readable: &mut u64,
    odd: &mut Vec<i64>,
    gone: &AtomicBool,
) -> Result<Way, Error> {
    let order = if span.backwards { " DESC" } else { "" };
    let mut reached = if span.backwards { span.before } else { span.after };
    let phrase = |number| {
        let known = phrases.known().text(number).map(str::to_owned);
        known.or_else(|| phrase::text(conn, number).ok().flatten())
    };
    let read = (|| {
        let mut statement = conn.prepare_cached(&format!("{WHOLE}{order}"))?;
        let mut rows = statement.query((span.after, span.before))?;
        let mut steps = 0;
        while let Some(row) = rows.next()? {
            steps += 1;
            if steps % STEPS == 0 && gone.load(Ordering::Relaxed) {
                break;
            }
            let id: i64 = row.get(0)?;
            let hidden = row.get::<_, i64>(1)? != 0;
            let has_content = row.get::<_, Option<i64>>(7)?.is_some();
            let whole = has_content && {
                let length: Option<i64> = row.get(6)?;
                let body = row.get_ref(5)?.as_blob()?.len();
                encode::take_headers(row.get_ref(2)?.as_blob()?).is_some()
                    && verdict_blob::decode(row.get_ref(3)?.as_blob()?, &phrase).is_some()
                    && encode::take_answer(0, row.get_ref(4)?.as_blob()?).is_some()
                    && length.is_none_or(|length| usize::try_from(length) == Ok(body))
            };
            match (whole, hidden) {
                (true, false) => *readable += 1,
                (true, true) => {}
                (false, _) => odd.push(id),
            }
            reached = id;
        }
        Ok(())
    })();
    match read {
        Ok(()) => Ok(Way { reached, whole: true }),
        Err(error) if is_damage(&error) => Ok(Way { reached, whole: false }),
        Err(error) => Err(error.into()),
    }
}
