//! What came first: the deliveries that a newcomer's first steps are ticked by.

use rusqlite::{Connection, OptionalExtension as _};

use crate::table::delivery;
use crate::{Error, Row, Store};

/// Of the Sandbox's (1) or of all others (0). Reads in the order of the ids, and stops at the first.
const FIRST_VERIFIED: &str = "
SELECT id FROM delivery
WHERE outcome = 0 AND imported = 0 AND deleted = 0 AND project IN (SELECT id FROM project WHERE sandbox = ?1)
ORDER BY id LIMIT 1
";

impl Store {
    /// The first verified delivery that is kept: the Sandbox's, or with `false` that of any other project. What was
    /// imported is left out. Where there is none all rows are read (0.1 s per million), else those before it.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn first_verified(&self, sandbox: bool) -> Result<Option<Row>, Error> {
        self.read(move |conn, _| {
            let Some(id) = first_verified(conn, sandbox)? else { return Ok(None) };
            Ok(delivery::row(conn, id)?)
        })
        .await
    }
}

fn first_verified(conn: &Connection, sandbox: bool) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached(FIRST_VERIFIED)?.query_row([sandbox], |row| row.get(0)).optional()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_kind_is_found_past_what_does_not_count() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migration::run(&mut conn).unwrap();
        conn.execute_batch(
            "INSERT INTO project (id, name, sandbox, path) VALUES (1, 'Mine', 0, 'mine'), (2, 'Sandbox', 1, 'sandbox')",
        )
        .unwrap();
        assert_eq!((first_verified(&conn, true).unwrap(), first_verified(&conn, false).unwrap()), (None, None));
        // Id, project, outcome, imported, deleted.
        let deliveries = [
            (1, 1, 2, 0, 0),
            (2, 1, 0, 1, 0),
            (3, 1, 0, 0, 1),
            (4, 2, 1, 0, 0),
            (5, 2, 0, 0, 0),
            (6, 1, 0, 0, 0),
            (7, 2, 0, 0, 0),
        ];
        for (id, project, outcome, imported, deleted) in deliveries {
            conn.execute(
                "INSERT INTO delivery (id, project, received_ns, outcome, scheme, reason, cause, attempt, duplicate,
                                       warnings, status, body_len, truncated, imported, deleted)
                 VALUES (?1, ?2, ?1, ?3, 0, '', '', 1, 0, 0, 200, 0, 0, ?4, ?5)",
                (id, project, outcome, imported, deleted),
            )
            .unwrap();
        }
        assert_eq!((first_verified(&conn, true).unwrap(), first_verified(&conn, false).unwrap()), (Some(5), Some(6)));
    }

    #[test]
    fn they_are_read_in_the_order_of_ids_and_never_sorted() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migration::run(&mut conn).unwrap();
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {FIRST_VERIFIED}")).unwrap();
        let plan: Vec<String> =
            statement.raw_query().mapped(|row| row.get(3)).collect::<rusqlite::Result<_>>().unwrap();
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
    }
}
