//! When deliveries arrived, and when senders tried again.

use crate::table::delivery;
use crate::{Error, Store, Tried, recent};

/// The most attempts of one event that are read.
const ATTEMPTS: u32 = 50;

impl Store {
    /// The deliveries of a project that arrived in `from_ns..to_ns` (Unix nanoseconds), the newest `most`, oldest first:
    /// id, arrival, whether it is verified. What was imported is left out. The cost depends on what has arrived since
    /// then.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn arrived(
        &self,
        project: i64,
        from_ns: i64,
        to_ns: i64,
        most: usize,
    ) -> Result<Vec<(i64, i64, bool)>, Error> {
        self.read(move |conn, gone| recent::arrived(conn, project, from_ns, to_ns, most, gone)).await
    }

    /// The newest attempts of each of these events, at most `most` of each, oldest first: for many events in one read.
    /// The cost depends on what it returns, however many attempts there are.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn tried(&self, events: &[i64], most: u32) -> Result<Vec<Tried>, Error> {
        let events = events.to_vec();
        self.read(move |conn, _| Ok(delivery::tried(conn, &events, most)?)).await
    }

    /// Of the events of these deliveries, those with more than one attempt.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn retried_among(&self, ids: &[i64]) -> Result<Vec<i64>, Error> {
        let ids = ids.to_vec();
        self.read(move |conn, _| Ok(delivery::retried_among(conn, &ids)?)).await
    }

    /// When the attempts of a project's latest retried events arrived, Unix nanoseconds: an event each, at most `most`
    /// of them, its attempts in the order of their arrival. What was imported is left out.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn retried(&self, project: i64, most: u32) -> Result<Vec<Vec<i64>>, Error> {
        // The index over further attempts names the events; the newest are at its end.
        let events = "SELECT DISTINCT event FROM delivery INDEXED BY delivery_again WHERE attempt > 1 AND project = ?1
                      ORDER BY event DESC LIMIT ?2";
        let arrivals = "SELECT received_ns FROM delivery
                        WHERE project = ?2 AND imported = 0
                          AND (id = (SELECT first_delivery FROM event WHERE id = ?1) OR (event = ?1 AND attempt > 1))
                        ORDER BY received_ns LIMIT ?3";
        self.read(move |conn, _| {
            let mut list = conn.prepare_cached(events)?;
            let events =
                list.query_map((project, most), |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            let mut statement = conn.prepare_cached(arrivals)?;
            let mut found = Vec::new();
            for event in events {
                let rows = statement.query_map((event, project, ATTEMPTS), |row| row.get::<_, i64>(0))?;
                let arrivals = rows.collect::<rusqlite::Result<Vec<_>>>()?;
                if arrivals.len() > 1 {
                    found.push(arrivals);
                }
            }
            Ok(found)
        })
        .await
    }
}
