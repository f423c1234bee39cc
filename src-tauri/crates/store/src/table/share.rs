//! `share`: what each project has of the history, updated with the tally, so that nobody ever counts a million rows.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::table::{signed, unsigned};

/// Deliveries, and bytes of their headers and bodies, by project.
#[derive(Default)]
pub(crate) struct Shares(BTreeMap<i64, (u64, u64)>);

impl Shares {
    pub(crate) fn add(&mut self, project: i64, deliveries: u64, bytes: u64) {
        let share = self.0.entry(project).or_default();
        share.0 += deliveries;
        share.1 += bytes;
    }

    /// Of all projects together.
    pub(crate) fn sum(&self) -> (u64, u64) {
        self.0.values().fold((0, 0), |(deliveries, bytes), one| (deliveries + one.0, bytes + one.1))
    }

    /// Adds them to what is stored.
    pub(crate) fn put(&self, conn: &Connection) -> rusqlite::Result<()> {
        let sql = "INSERT INTO share (project, deliveries, bytes) VALUES (?1, ?2, ?3)
                   ON CONFLICT (project) DO UPDATE
                   SET deliveries = deliveries + excluded.deliveries, bytes = bytes + excluded.bytes";
        let mut statement = conn.prepare_cached(sql)?;
        for (project, (deliveries, bytes)) in &self.0 {
            statement.execute((project, signed(*deliveries), signed(*bytes)))?;
        }
        Ok(())
    }

    /// Takes them off what is stored. The bytes of what an older version stored are estimates, so they end at 0.
    pub(crate) fn take(&self, conn: &Connection) -> rusqlite::Result<()> {
        let sql =
            "UPDATE share SET deliveries = max(0, deliveries - ?2), bytes = max(0, bytes - ?3) WHERE project = ?1";
        let mut statement = conn.prepare_cached(sql)?;
        for (project, (deliveries, bytes)) in &self.0 {
            statement.execute((project, signed(*deliveries), signed(*bytes)))?;
        }
        Ok(())
    }
}

/// Project, deliveries, bytes.
pub(crate) fn all(conn: &Connection) -> rusqlite::Result<Vec<(i64, u64, u64)>> {
    conn.prepare_cached("SELECT project, deliveries, bytes FROM share ORDER BY project")?
        .query_map([], |row| Ok((row.get(0)?, unsigned(row.get(1)?), unsigned(row.get(2)?))))?
        .collect()
}
