//! Values of a field that must be read, counted over a sample.

use std::collections::{HashMap, HashSet};

use query::Field;
use rusqlite::{Connection, OptionalExtension};

use super::columns::Columns;
use super::names::Names;
use super::record::{Around, CONTENT, Content, Stored};
use crate::Error;
use crate::phrases::Phrases;

/// Longer values are not offered.
const LONGEST: usize = 200;
/// Different values that are counted.
const MOST: usize = 10_000;

/// Counts in how many of these deliveries the field has which value.
pub(crate) fn count(
    conn: &Connection,
    field: &Field,
    ids: &[i64],
    columns: &Columns,
    names: &Names,
    phrases: &Phrases,
    counts: &mut HashMap<String, u64>,
) -> Result<(), Error> {
    let around = Around { conn, columns, names, phrases };
    let mut statement = conn.prepare_cached(&format!("SELECT {CONTENT} FROM delivery_content WHERE id = ?1"))?;
    for id in ids {
        let Some((chunk, at)) = columns.at(*id) else { continue };
        let mut of_one: HashSet<String> = HashSet::new();
        let failed = statement
            .query_row([id], |row| {
                let stored = Stored::new(around, chunk, at, *id, Content::take(row, 0)?);
                query::values_of(field, &stored, &mut |value| {
                    if value.len() <= LONGEST && of_one.len() < MOST {
                        of_one.insert(value.to_owned());
                    }
                });
                Ok(stored.failed())
            })
            .optional()?
            .flatten();
        if let Some(error) = failed {
            return Err(error);
        }
        for value in of_one {
            if counts.len() < MOST || counts.contains_key(&value) {
                *counts.entry(value).or_default() += 1;
            }
        }
    }
    Ok(())
}
