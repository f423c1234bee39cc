//! Reading for those who tell of each delivery as it comes: many at once, and only what is behind a mark.

use std::sync::Arc;

use rusqlite::Connection;

use crate::table::content;
use crate::{Delivery, Error, Store};

/// The body of a delivery, as far as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// The bytes; `None` where there are more than were asked for.
    pub bytes: Option<&'a [u8]>,
    /// How many are kept.
    pub kept: u64,
}

impl Store {
    /// What `take` makes of the deliveries behind `after`, oldest first, at most `limit` of them. It is given each with
    /// its body, where that has at most `body` bytes. Costs what it gives, however many
    /// deliveries there are.
    ///
    /// # Errors
    /// [`Error::Damaged`] where one cannot be read back; what SQLite says.
    pub async fn behind<T: Send + 'static>(
        &self,
        after: i64,
        limit: u32,
        body: u64,
        take: impl FnMut(Delivery, Body<'_>) -> T + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        let phrases = Arc::clone(self.phrases());
        self.read(move |conn, _| {
            let mut statement = conn.prepare_cached("SELECT id FROM delivery WHERE id > ?1 ORDER BY id LIMIT ?2")?;
            let ids = statement.query_map((after, limit), |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
            each(conn, &ids, body, &|number| phrases.known().text(number).map(str::to_owned), take)
        })
        .await
    }

    /// What `take` makes of these deliveries, in this order, as of [`Store::behind`]; one that is not there is left out.
    ///
    /// # Errors
    /// [`Error::Damaged`] where one cannot be read back; what SQLite says.
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

    /// How many deliveries there are behind `after`.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn count_behind(&self, after: i64) -> Result<u64, Error> {
        self.read(move |conn, _| {
            let count: i64 =
                conn.query_row("SELECT count(*) FROM delivery WHERE id > ?1", [after], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or(0))
        })
        .await
    }
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
        let kept = if delivery.row.truncated { content::kept(conn, *id)? } else { delivery.row.body_len };
        if kept > body {
            taken.push(take(delivery, Body { bytes: None, kept }));
        } else if let Some(one) =
            content::with_body(conn, *id, |bytes| take(delivery, Body { bytes: Some(bytes), kept }))?
        {
            taken.push(one);
        }
    }
    Ok(taken)
}
