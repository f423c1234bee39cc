//! Which deliveries were replayed or forwarded: read from their table when a query asks for it, as it changes with
//! every delivery that is sent on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use query::{Expr, Field, Forwarded, Term};
use rusqlite::Connection;

use super::columns::BLOCK;
use crate::retention::AT_ARRIVAL;
use crate::{Error, Waiting};

/// Nothing is known of it.
const NOT: u8 = 0;
const REPLAYED: u8 = 1;
const DONE: u8 = 2;
const FAILED: u8 = 4;
const WAITING: u8 = 8;
/// Tried, and not settled: it waits if a rule says so, and has failed otherwise.
const TRIED: u8 = 16;

/// Bits of each delivery that was sent on, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    /// Ascending.
    bits: Arc<Vec<(i64, u8)>>,
    waiting: Arc<[Waiting]>,
}

impl Sent {
    /// Whether a query asks for it.
    pub(crate) fn wanted(expr: &Expr) -> bool {
        expr.terms().iter().any(|term| matches!(term.field, Field::Replayed | Field::Forwarded))
    }

    /// Of the deliveries from one id to another. `waiting`: what waits to be forwarded, tried or not.
    pub(crate) fn read(
        conn: &Connection,
        (from, to): (i64, i64),
        waiting: Arc<[Waiting]>,
        gone: &AtomicBool,
    ) -> Result<Self, Error> {
        let mut all: Vec<(i64, u8)> = Vec::new();
        let mut statement =
            conn.prepare_cached(&format!("{SELECT} WHERE delivery BETWEEN ?1 AND ?2 ORDER BY delivery, id"))?;
        let mut rows = statement.query((from, to))?;
        while let Some(row) = rows.next()? {
            if gone.load(Ordering::Relaxed) {
                return Err(Error::Closed);
            }
            add(&mut all, row)?;
        }
        let tried = all.len();
        for one in waiting.iter() {
            let mut statement = conn.prepare_cached(&format!("{WAITS} {AT_ARRIVAL} <= ?3"))?;
            let mut ids =
                statement.query((one.project, one.after.max(from.saturating_sub(1)), one.which.most(), to))?;
            while let Some(row) = ids.next()? {
                if gone.load(Ordering::Relaxed) {
                    return Err(Error::Closed);
                }
                all.push((row.get(0)?, WAITING));
            }
        }
        if all.len() > tried {
            all.sort_by_key(|(id, _)| *id);
            all.dedup_by(|later, first| {
                let same = later.0 == first.0;
                first.1 |= if same { later.1 } else { 0 };
                same
            });
        }
        Ok(Self { bits: Arc::new(all), waiting })
    }

    /// What waits to be forwarded.
    pub(crate) fn waiting(&self) -> Arc<[Waiting]> {
        Arc::clone(&self.waiting)
    }

    /// What is known of one delivery.
    pub(crate) fn of(conn: &Connection, id: i64, waiting: &[Waiting]) -> rusqlite::Result<(bool, Option<Forwarded>)> {
        let mut all = Vec::new();
        let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE delivery = ?1 ORDER BY id"))?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            add(&mut all, row)?;
        }
        let mut bits = all.first().map_or(NOT, |(_, bits)| *bits);
        for one in waiting.iter().filter(|one| one.after < id) {
            let mut one_waits = conn.prepare_cached(&format!("{ONE_WAITS} {AT_ARRIVAL} <= ?3"))?;
            if one_waits.exists((one.project, id, one.which.most()))? {
                bits |= WAITING;
            }
        }
        Ok((bits & REPLAYED != 0, forwarded(bits)))
    }

    /// The deliveries of a block of which the bits say yes.
    pub(crate) fn marks(&self, first: i64, says: &[(u8, bool)]) -> u64 {
        let holds = |bits: u8| says.iter().find(|(mask, _)| bits & mask == *mask).is_some_and(|(_, holds)| *holds);
        let mut marks = if holds(NOT) { !0 } else { 0 };
        let from = self.bits.partition_point(|(id, _)| *id < first);
        for (id, bits) in self.bits.get(from..).unwrap_or_default() {
            let bit = id - first;
            if bit >= BLOCK {
                break;
            }
            marks = marks & !(1 << bit) | u64::from(holds(*bits)) << bit;
        }
        marks
    }

    /// What a term says of the bits: the first whose bits are all there counts.
    pub(crate) fn replayed(term: &Term) -> Vec<(u8, bool)> {
        vec![(REPLAYED, term.of_flag(true)), (NOT, term.of_flag(false))]
    }

    pub(crate) fn forwarded(term: &Term) -> Vec<(u8, bool)> {
        let of = |bits: u8| (bits, term.of_text(forwarded(bits).map(Forwarded::word)));
        vec![of(DONE), of(FAILED), of(WAITING), of(TRIED), of(NOT)]
    }
}

const SELECT: &str = "SELECT delivery, kind, settled, status FROM outbound";
/// Those of a project after an id and up to another; the third parameter: [`crate::WhichWait::most`].
const WAITS: &str = "SELECT id FROM delivery WHERE id > ?2 AND id <= ?4 AND project = ?1 AND deleted = 0
                     AND imported = 0 AND";
const ONE_WAITS: &str = "SELECT 1 FROM delivery WHERE id = ?2 AND project = ?1 AND imported = 0 AND";

fn add(all: &mut Vec<(i64, u8)>, row: &rusqlite::Row<'_>) -> rusqlite::Result<()> {
    let (id, kind, settled, status): (i64, u8, bool, Option<u16>) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    let bits = match (kind, settled, status) {
        (0, ..) => REPLAYED,
        (_, true, Some(200..=299)) => DONE,
        (_, true, _) => FAILED,
        (_, false, _) => TRIED,
    };
    match all.last_mut().filter(|(last, _)| *last == id) {
        Some((_, before)) => *before |= bits,
        None => all.push((id, bits)),
    }
    Ok(())
}

fn forwarded(bits: u8) -> Option<Forwarded> {
    match bits {
        _ if bits & DONE != 0 => Some(Forwarded::Done),
        _ if bits & FAILED != 0 => Some(Forwarded::Failed),
        _ if bits & WAITING != 0 => Some(Forwarded::Waiting),
        _ if bits & TRIED != 0 => Some(Forwarded::Failed),
        _ => None,
    }
}
