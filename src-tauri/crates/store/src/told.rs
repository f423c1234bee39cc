//! Reads for those who report each delivery as it arrives: many at once, and only those after a mark.

use std::sync::Arc;

use rusqlite::Connection;

use crate::table::{content, delivery};
use crate::{Delivery, Error, Row, Store};

/// The body of a delivery, as far as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// The bytes; `None` if there are more than requested.
    pub bytes: Option<&'a [u8]>,
    /// How many are kept.
    pub kept: u64,
}

impl Store {
    /// What `take` makes of the deliveries after `after`, oldest first, at most `limit`. `take` is given each with its
    /// body, if that has at most `body` bytes. The cost depends on what it returns, however many deliveries there are.
    ///
    /// # Errors
    /// [`Error::Damaged`] if one cannot be read back; any SQLite error.
    pub async fn behind<T: Send + 'static>(
        &self,
        after: i64,
        limit: u32,
        body: u64,
        take: impl FnMut(Delivery, Body<'_>) -> T + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        let phrases = Arc::clone(self.phrases());
        self.read(move |conn, _| {
            let ids = behind(conn, after, limit)?;
            each(conn, &ids, body, &|number| phrases.known().text(number).map(str::to_owned), take)
        })
        .await
    }

    /// What `take` makes of these deliveries, in this order, as for [`Store::behind`]; missing ones are left out.
    ///
    /// # Errors
    /// [`Error::Damaged`] if one cannot be read back; any SQLite error.
    pub async fn these<T: Send + 'static>(
        &self,
        ids: Vec<i64>,
        body: u64,
        take: impl FnMut(Delivery, Body<'_>) -> T + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        let phrases = Arc::clone(self.phrases());
        self.read(move |conn, _| {
            each(conn, &ids, body, &|number| phrases.known().text(number).map(str::to_owned), take)
        })
        .await
    }

    /// As [`Store::behind`], for those who need no more of a delivery than its row and its body: the headers, the verdict
    /// and the answer are not read.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn rows_behind<T: Send + 'static>(
        &self,
        after: i64,
        limit: u32,
        body: u64,
        take: impl FnMut(Row, Body<'_>) -> T + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        self.read(move |conn, _| each_row(conn, &behind(conn, after, limit)?, body, take)).await
    }

    /// As [`Store::these`], with what [`Store::rows_behind`] reads.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn these_rows<T: Send + 'static>(
        &self,
        ids: Vec<i64>,
        body: u64,
        take: impl FnMut(Row, Body<'_>) -> T + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        self.read(move |conn, _| each_row(conn, &ids, body, take)).await
    }

    /// How many deliveries there are after `after`.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn count_behind(&self, after: i64) -> Result<u64, Error> {
        self.read(move |conn, _| {
            let count: i64 =
                conn.query_row("SELECT count(*) FROM delivery WHERE id > ?1 AND deleted = 0", [after], |row| {
                    row.get(0)
                })?;
            Ok(u64::try_from(count).unwrap_or(0))
        })
        .await
    }
}

/// The first deliveries after `after`, oldest first.
fn behind(conn: &Connection, after: i64, limit: u32) -> rusqlite::Result<Vec<i64>> {
    let mut statement =
        conn.prepare_cached("SELECT id FROM delivery WHERE id > ?1 AND deleted = 0 ORDER BY id LIMIT ?2")?;
    statement.query_map((after, limit), |row| row.get(0))?.collect()
}

fn each<T>(
    conn: &Connection,
    ids: &[i64],
    body: u64,
    known: &dyn Fn(u64) -> Option<String>,
    mut take: impl FnMut(Delivery, Body<'_>) -> T,
) -> Result<Vec<T>, Error> {
    let mut taken = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(delivery) = content::delivery(conn, *id, known)? else { continue };
        let (truncated, len) = (delivery.row.truncated, delivery.row.body_len);
        taken.extend(with_body(conn, (*id, truncated, len), body, |body| take(delivery, body))?);
    }
    Ok(taken)
}

fn each_row<T>(
    conn: &Connection,
    ids: &[i64],
    body: u64,
    mut take: impl FnMut(Row, Body<'_>) -> T,
) -> Result<Vec<T>, Error> {
    let mut taken = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(row) = delivery::row(conn, *id)? else { continue };
        let (truncated, len) = (row.truncated, row.body_len);
        taken.extend(with_body(conn, (*id, truncated, len), body, |body| take(row, body))?);
    }
    Ok(taken)
}

/// Passes the body of a delivery to `take`, if it has at most `most` bytes. `None` if there is no such delivery.
fn with_body<T>(
    conn: &Connection,
    (id, truncated, len): (i64, bool, u64),
    most: u64,
    take: impl FnOnce(Body<'_>) -> T,
) -> rusqlite::Result<Option<T>> {
    let kept = if truncated { content::kept(conn, id)? } else { len };
    if kept > most {
        return Ok(Some(take(Body { bytes: None, kept })));
    }
    content::with_body(conn, id, |bytes| take(Body { bytes: Some(bytes), kept }))
}
