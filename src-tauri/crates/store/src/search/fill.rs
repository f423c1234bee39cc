//! Reads the facets of deliveries from the tables: of all, of those that are new, of those that changed.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, OptionalExtension, Row};
use signature::Outcome;

use super::columns::{Columns, Facets, LARGE, MANY, Plane, UNKNOWN};
use super::dictionary::NONE;
use crate::Error;
use crate::table::{delivery, unsigned};
use crate::verdict_blob::{outcome_number, scheme_number};

macro_rules! facets {
    ($attempts:literal, $noted:literal, $tail:literal) => {
        concat!(
            "SELECT d.id, d.project, d.received_ns, d.outcome, d.scheme, d.reason, d.grace_until IS NOT NULL, d.event,
                    d.event_type, d.duplicate, d.status, d.took_us, d.body_len, d.signer, d.pinned, d.imported, ",
            $attempts,
            ", ",
            $noted,
            " FROM delivery d ",
            $tail
        )
    };
}

/// All of them: attempts and notes are put in from their own tables, which is faster than to look up each.
const ALL: &str = facets!("1", "0", "WHERE d.deleted = 0 ORDER BY d.id");
const FEW: &str = facets!(
    "coalesce(e.attempts, 1)",
    "EXISTS (SELECT 1 FROM note n WHERE n.delivery = d.id)",
    "LEFT JOIN event e ON e.id = d.event WHERE d.id > ?1 AND d.id <= ?2 AND d.deleted = 0 ORDER BY d.id"
);

/// From this many attempts on, their number is not kept: each further one would change that many rows.
const ATTEMPTS: u16 = 200;

/// Events with so many attempts that their rows say [`MANY`].
pub(crate) type ManyAttempts = HashSet<i64>;

/// The facets of every delivery.
pub(crate) fn all(conn: &Connection, last_id: i64, gone: &AtomicBool) -> Result<(Columns, ManyAttempts), Error> {
    let mut columns = Columns::default();
    let again: HashMap<i64, u16> = conn
        .prepare_cached("SELECT id, attempts FROM event WHERE attempts > 1")?
        .query_map([], |row| Ok((row.get(0)?, attempts(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?;
    let mut signers = signers(conn)?;
    let mut statement = conn.prepare_cached(ALL)?;
    let mut rows = statement.query([])?;
    let mut read = 0_u32;
    while let Some(row) = rows.next()? {
        read = read.wrapping_add(1);
        if read.is_multiple_of(4096) && gone.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        let (id, event, mut facets) = take(conn, row, &mut columns, &mut signers)?;
        if let Some(attempts) = event.and_then(|event| again.get(&event)) {
            facets.attempts = *attempts;
        }
        columns.put(id, facets);
    }
    columns.last_id = last_id;
    let mut notes = conn.prepare_cached("SELECT delivery FROM note")?;
    for id in notes.query_map([], |row| row.get(0))? {
        columns.change(id?, |chunk, at| chunk.mark(at, Plane::Noted));
    }
    let many = again.into_iter().filter(|(_, attempts)| *attempts == MANY).map(|(event, _)| event).collect();
    Ok((columns, many))
}

/// Puts in the deliveries with ids above `after`, up to `to`, and what they change in earlier attempts of their events.
pub(crate) fn few(
    conn: &Connection,
    columns: &mut Columns,
    many: &mut ManyAttempts,
    after: i64,
    to: i64,
) -> Result<(), Error> {
    let mut signers = signers(conn)?;
    let mut again = HashSet::new();
    {
        let mut statement = conn.prepare_cached(FEW)?;
        let mut rows = statement.query((after, to))?;
        while let Some(row) = rows.next()? {
            let (id, event, mut facets) = take(conn, row, columns, &mut signers)?;
            facets.attempts = attempts(row.get(16)?);
            if row.get(17)? {
                facets.bits |= Plane::Noted.bit();
            }
            again.extend(event.filter(|_| facets.attempts > 1));
            columns.put(id, facets);
        }
    }
    for event in again {
        attempts_of(conn, columns, many, event)?;
    }
    Ok(())
}

/// Puts in how many attempts an event has, for each of them.
pub(crate) fn attempts_of(
    conn: &Connection,
    columns: &mut Columns,
    many: &mut ManyAttempts,
    event: i64,
) -> Result<(), Error> {
    if many.contains(&event) {
        return Ok(());
    }
    let count = conn
        .prepare_cached("SELECT attempts FROM event WHERE id = ?1")?
        .query_row([event], |row| row.get(0))
        .optional()?;
    let Some(attempts) = count.map(attempts) else { return Ok(()) };
    if attempts == MANY {
        many.insert(event);
    }
    let first = crate::table::event::first_delivery(conn, event)?;
    let mut later = conn.prepare_cached("SELECT id FROM delivery WHERE event = ?1 AND attempt > 1")?;
    for id in later.query_map([event], |row| row.get(0))?.chain(first.map(Ok)) {
        columns.change(id?, |chunk, at| chunk.attempts[at] = attempts);
    }
    Ok(())
}

/// How many attempts a column tells.
pub(crate) fn attempts(attempts: i64) -> u16 {
    u16::try_from(attempts).ok().filter(|attempts| *attempts < ATTEMPTS).unwrap_or(MANY)
}

/// Keys of secrets by their number in the table `signer`.
type Signers = HashMap<i64, Box<str>>;

fn signers(conn: &Connection) -> rusqlite::Result<Signers> {
    conn.prepare_cached("SELECT number, key FROM signer")?
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.into_boxed_str())))?
        .collect()
}

fn take(
    conn: &Connection,
    row: &Row<'_>,
    columns: &mut Columns,
    signers: &mut Signers,
) -> rusqlite::Result<(i64, Option<i64>, Facets)> {
    let text = |column: usize| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
    let event: Option<i64> = row.get(7)?;
    let took_us: i64 = row.get(11)?;
    let signer = match row.get::<_, Option<i64>>(13)? {
        None => NONE,
        Some(number) => {
            let key = match signers.entry(number) {
                std::collections::hash_map::Entry::Occupied(known) => Some(known.into_mut()),
                std::collections::hash_map::Entry::Vacant(new) => {
                    crate::table::signer::key(conn, number)?.map(|key| new.insert(key.into()))
                }
            };
            Columns::text(&mut columns.signers, key.map(|key| &**key))
        }
    };
    let flags = Flags {
        outcome: row.get(3)?,
        scheme: row.get(4)?,
        old: row.get(6)?,
        duplicate: row.get(9)?,
        pinned: row.get(14)?,
        imported: row.get(15)?,
        event: event.is_some(),
    };
    let facets = Facets {
        received_ns: row.get(2)?,
        size: size(unsigned(row.get(12)?)),
        took_us: took(u64::try_from(took_us).ok()),
        project: Columns::number(&mut columns.projects, Some(row.get(1)?)),
        kind: Columns::text(&mut columns.kinds, text(8)?),
        reason: Columns::text(&mut columns.reasons, text(5)?),
        signer,
        status: row.get(10)?,
        attempts: 1,
        bits: flags.bits(),
    };
    Ok((row.get(0)?, event, facets))
}

pub(crate) fn size(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(LARGE)
}

pub(crate) fn took(us: Option<u64>) -> u32 {
    us.map_or(UNKNOWN, |us| u32::try_from(us).ok().filter(|us| *us < UNKNOWN).unwrap_or(LARGE))
}

/// What becomes bits. Numbers as in the table.
pub(crate) struct Flags {
    pub(crate) outcome: u8,
    pub(crate) scheme: u8,
    pub(crate) old: bool,
    pub(crate) duplicate: bool,
    pub(crate) pinned: bool,
    pub(crate) imported: bool,
    pub(crate) event: bool,
}

impl Flags {
    pub(crate) fn of(row: &crate::Row) -> Self {
        Self {
            outcome: outcome_number(row.outcome),
            scheme: scheme_number(row.scheme),
            old: row.grace_until.is_some(),
            duplicate: row.duplicate,
            pinned: row.pinned,
            imported: row.imported,
            event: row.event.is_some(),
        }
    }

    pub(crate) fn bits(&self) -> u16 {
        let mut bits = Plane::Present.bit();
        let mut set = |is: bool, plane: Plane| bits |= if is { plane.bit() } else { 0 };
        set(self.outcome == outcome_number(Outcome::Verified), Plane::Verified);
        set(self.outcome == outcome_number(Outcome::Rejected), Plane::Rejected);
        set(self.outcome == outcome_number(Outcome::Unbound), Plane::Unbound);
        set(self.old, Plane::Old);
        set(self.scheme == 1, Plane::V1);
        set(self.scheme == 2, Plane::V1a);
        set(self.scheme == 3, Plane::Jwt);
        set(self.duplicate, Plane::Duplicate);
        set(self.pinned, Plane::Pinned);
        set(self.imported, Plane::Imported);
        set(self.event, Plane::Event);
        bits
    }
}

/// The smallest and the largest id in the file, also of what is hidden.
pub(crate) fn bounds(conn: &Connection) -> rusqlite::Result<Option<(i64, i64)>> {
    delivery::bounds(conn)
}
