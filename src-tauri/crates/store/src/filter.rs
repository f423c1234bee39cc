//! Selects the deliveries that a list shows.

use std::sync::atomic::{AtomicBool, Ordering};

use memchr::{memchr_iter, memchr2_iter};
use rusqlite::Connection;
use rusqlite::params_from_iter;
use rusqlite::types::Value;
use signature::Outcome;

use crate::delivery::message_id_in_row;
use crate::table::{delivery, tally};
use crate::verdict_blob::outcome_number;
use crate::{Arrived, Error, encode};

/// Which deliveries to show: all given conditions must hold. The default shows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this project.
    pub project: Option<i64>,
    /// With one of these outcomes; empty means any.
    pub outcomes: Vec<Outcome>,
    /// Of exactly one of these event types; empty means any.
    pub types: Vec<String>,
    /// Found anywhere in the names and values of the headers, the path, the query, the kept body, or the message id. A
    /// plain piece of text: `A` to `Z` match `a` to `z`, other characters match exactly. Empty means any.
    pub text: String,
}

impl Filter {
    /// Whether everything is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether [`crate::Store::ids`] would return this delivery, which has just been stored.
    #[must_use]
    pub fn matches(&self, arrived: &Arrived) -> bool {
        let row = &arrived.row;
        self.project.is_none_or(|project| project == row.project)
            && (self.outcomes.is_empty() || self.outcomes.contains(&row.outcome))
            && (self.types.is_empty() || row.event_type.as_ref().is_some_and(|kind| self.types.contains(kind)))
            && Needle::new(&self.text).is_none_or(|needle| {
                let message_id = row.message_id.as_deref().unwrap_or_default();
                needle.in_delivery(&arrived.path, arrived.query.as_deref(), message_id, &arrived.headers, &arrived.body)
            })
    }

    /// Ascending ids in the snapshot of `conn`. Stops with [`Error::Closed`] when `gone` becomes true.
    pub(crate) fn ids(&self, conn: &Connection, gone: &AtomicBool) -> Result<Vec<i64>, Error> {
        if self.is_empty()
            && let Some((lowest, highest)) = delivery::bounds(conn)?
            && u64::try_from(highest - lowest).is_ok_and(|gap| gap + 1 == total(conn))
        {
            return Ok((lowest..=highest).collect());
        }
        let (conditions, values) = self.conditions()?;
        let Some(needle) = Needle::new(&self.text) else {
            let mut statement = conn.prepare_cached(&format!("{}{conditions} ORDER BY d.id", delivery::IDS))?;
            let rows = statement.query_map(params_from_iter(values), |row| row.get(0))?;
            return Ok(rows.collect::<Result<_, _>>()?);
        };
        let mut statement = conn.prepare_cached(&format!("{}{conditions} ORDER BY d.id", delivery::SEARCHED))?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            if gone.load(Ordering::Relaxed) {
                return Err(Error::Closed);
            }
            let text = |column| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
            let blob = |column| row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from);
            let message_id = message_id_in_row(text(5)?.unwrap_or_default());
            if needle.in_delivery(text(1)?.unwrap_or_default(), text(2)?, message_id, blob(3)?, blob(4)?) {
                ids.push(row.get(0)?);
            }
        }
        Ok(ids)
    }

    /// The conditions on columns, as SQL and its values.
    fn conditions(&self) -> Result<(String, Vec<Value>), Error> {
        let mut sql = String::from("WHERE d.deleted = 0");
        let mut values = Vec::new();
        if let Some(project) = self.project {
            sql.push_str(" AND d.project = ?");
            values.push(Value::Integer(project));
        }
        if !self.outcomes.is_empty() {
            let outcomes: Vec<u8> = self.outcomes.iter().map(|outcome| outcome_number(*outcome)).collect();
            sql.push_str(" AND d.outcome IN (SELECT value FROM json_each(?))");
            values.push(Value::Text(json(&outcomes)?));
        }
        if !self.types.is_empty() {
            sql.push_str(" AND d.event_type IN (SELECT value FROM json_each(?))");
            values.push(Value::Text(json(&self.types)?));
        }
        Ok((sql, values))
    }
}

fn total(conn: &Connection) -> u64 {
    tally::read(conn).map_or(0, |tally| tally.counts.total)
}

fn json<T: serde::Serialize>(values: &[T]) -> Result<String, Error> {
    serde_json::to_string(values).map_err(|_| Error::Damaged("filter"))
}

/// A piece of text to search for, ASCII letters in either case.
struct Needle<'a>(&'a [u8]);

impl<'a> Needle<'a> {
    fn new(text: &'a str) -> Option<Self> {
        (!text.is_empty()).then_some(Self(text.as_bytes()))
    }

    fn in_delivery(&self, path: &str, query: Option<&str>, message_id: &str, headers: &[u8], body: &[u8]) -> bool {
        self.within(path.as_bytes())
            || query.is_some_and(|query| self.within(query.as_bytes()))
            || self.within(message_id.as_bytes())
            || encode::header_fields(headers).any(|field| self.within(field))
            || self.within(body)
    }

    fn within(&self, hay: &[u8]) -> bool {
        let Some((first, _)) = self.0.split_first() else { return true };
        let Some(last) = hay.len().checked_sub(self.0.len()) else { return false };
        let hit = |at: usize| hay.get(at..at + self.0.len()).is_some_and(|piece| piece.eq_ignore_ascii_case(self.0));
        let starts = &hay[..=last];
        if first.is_ascii_alphabetic() {
            memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), starts).any(hit)
        } else {
            memchr_iter(*first, starts).any(hit)
        }
    }
}
