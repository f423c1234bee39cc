//! When jobs ended, and what the watchdog made of them: what the overview counts.

use super::{KnownJobs, Settled};
use crate::Error;

/// A job that ended, or stopped to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobEnd {
    /// When, Unix milliseconds.
    pub ended_ms: i64,
    /// What the watchdog made of it.
    pub settled: Settled,
    /// The user wants no alarm for it.
    pub aside: bool,
}

impl KnownJobs<'_> {
    /// Those of a project that ended in `from_ms..to_ms` (Unix milliseconds), the newest first.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn ended(&self, project: i64, from_ms: i64, to_ms: i64) -> Result<Vec<JobEnd>, Error> {
        // The place in the list is the end, once there is one, and it has an index.
        let sql = "SELECT ended_ms, settled, aside FROM known_job
                   WHERE project = ?1 AND rank IN (0, 2) AND at_ms >= ?2 AND ended_ms >= ?2 AND ended_ms < ?3
                   ORDER BY ended_ms DESC";
        self.0
            .read(move |conn, _| {
                let rows = conn
                    .prepare_cached(sql)?
                    .query_map((project, from_ms, to_ms), |row| {
                        Ok(JobEnd { ended_ms: row.get(0)?, settled: Settled::read(row, 1)?, aside: row.get(2)? })
                    })?
                    .collect::<Result<_, _>>()?;
                Ok(rows)
            })
            .await
    }
}
