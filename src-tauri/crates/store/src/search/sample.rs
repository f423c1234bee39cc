//! Values, names and places of what must be read, counted over a sample.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use query::{Field, Needle};
use rusqlite::{Connection, OptionalExtension};

use super::Search;
use super::record::{Around, CONTENT, Content, Stored};
use super::values::{Values, sorted};
use crate::Error;

/// Deliveries of which the content is read.
pub(crate) const SAMPLE: usize = 2_000;
/// Longer values are not offered.
const LONGEST: usize = 200;
/// Different values that are counted.
const MOST: usize = 10_000;
/// Places of one delivery.
const PLACES: usize = 20;

impl Search {
    /// How many of these deliveries, newest first, have which name below a field: names of headers, keys of the
    /// metadata, keys of objects in the body. Counted over the newest 2,000.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn keys(&self, field: &Field, ids: Arc<Vec<i64>>, limit: usize) -> Result<Values, Error> {
        let field = field.clone();
        let (counts, counted, exact) = self
            .sampled(ids, SAMPLE, move |stored, each| query::keys_of(&field, stored, &mut |key| each(key.to_owned())))
            .await?;
        Ok(Values { values: sorted(counts, limit), counted: counted as u64, exact })
    }

    /// In which fields the newest `sample` of these deliveries have a piece of text, with what value, and how many have
    /// it there.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn places(
        &self,
        piece: &str,
        ids: Arc<Vec<i64>>,
        sample: usize,
        limit: usize,
    ) -> Result<Vec<(Field, String, u64)>, Error> {
        let needle = Needle::new(piece.as_bytes());
        let (counts, ..) = self
            .sampled(ids, sample, move |stored, each| {
                query::places(stored, &needle, PLACES).into_iter().for_each(&mut *each);
            })
            .await?;
        let mut places: Vec<(Field, String, u64)> =
            counts.into_iter().map(|((field, value), count)| (field, value, count)).collect();
        places.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.1.cmp(&b.1)));
        places.truncate(limit);
        Ok(places)
    }

    async fn sampled<T: Eq + std::hash::Hash + Send + 'static>(
        &self,
        ids: Arc<Vec<i64>>,
        sample: usize,
        take: impl Fn(&Stored<'_>, &mut dyn FnMut(T)) + Send + 'static,
    ) -> Result<(HashMap<T, u64>, usize, bool), Error> {
        let names = self.names().await?;
        let inner = Arc::clone(&self.0);
        let read = move |conn: &Connection, gone: &std::sync::atomic::AtomicBool| {
            let columns = inner.known.catch_up(conn, gone)?;
            let some = ids.get(..sample.min(ids.len())).unwrap_or_default();
            let waiting = inner.parts.keeping.waiting();
            let around =
                Around { conn, columns: &columns, names: &names, phrases: &inner.parts.phrases, waiting: &waiting };
            Ok((count(around, some, take)?, some.len(), some.len() == ids.len()))
        };
        self.0.parts.readers.read(read).await
    }
}

/// Counts in how many of these deliveries the field has which value.
pub(crate) fn values(around: Around<'_>, field: &Field, ids: &[i64]) -> Result<HashMap<String, u64>, Error> {
    count(around, ids, |stored, each| {
        query::values_of(field, stored, &mut |value| {
            if value.len() <= LONGEST {
                each(value.to_owned());
            }
        });
    })
}

fn count<T: Eq + std::hash::Hash>(
    around: Around<'_>,
    ids: &[i64],
    take: impl Fn(&Stored<'_>, &mut dyn FnMut(T)),
) -> Result<HashMap<T, u64>, Error> {
    let mut counts = HashMap::new();
    let mut statement = around.conn.prepare_cached(&format!("SELECT {CONTENT} FROM delivery_content WHERE id = ?1"))?;
    for id in ids {
        let Some((chunk, at)) = around.columns.at(*id) else { continue };
        let mut of_one = HashSet::new();
        let failed = statement
            .query_row([id], |row| {
                let stored = Stored::new(around, chunk, at, *id, Content::take(row, 0)?);
                take(&stored, &mut |value| {
                    if of_one.len() < MOST {
                        of_one.insert(value);
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
    Ok(counts)
}
